/*
 * keepalived.data. See keepalived_data.h. The labels are keepalived 2.2.7's; lines about what does
 * not exist here (descriptors, its processes, its own tables of interfaces) are left out.
 */
#include "main/keepalived_data.h"

#include <string.h>
#include <time.h>

#include "failover/vrrp/fsm.h"
#include "main/keepalived_words.h"

void keepalived_data_find(const struct shared_page *page, const char *name, struct shared_vip *out)
{
	uint32_t n = atomic_load(&page->n_vips);

	for (uint32_t i = 0; i < n && i < SHARED_VIPS_MAX; i++)
		if (shared_vip_read(&page->vips[i], out) &&
		    strncmp(out->name, name, sizeof(out->name) - 1) == 0)
			return;
	memset(out, 0, sizeof(*out));
}

int keepalived_data_state(const struct shared_vip *v)
{
	for (int s = 0; s < VRRP_STATE_N; s++)
		if (strcmp(v->state, vrrp_state_word((enum vrrp_state)s)) == 0)
			return s;
	return VRRP_INIT;
}

int keepalived_data_want(const struct vrrp_instance_conf *i, const struct shared_vip *v)
{
	int state = keepalived_data_state(v);

	return state != VRRP_INIT ? state : i->wants_master ? VRRP_MASTER : VRRP_BACKUP;
}

bool keepalived_data_holds(const struct shared_vip *v)
{
	return keepalived_data_state(v) == VRRP_MASTER &&
	       (!v->hooked || strcmp(v->phase, "serve") == 0 || strcmp(v->phase, "demote") == 0);
}

unsigned keepalived_data_master_priority(const struct shared_vip *v)
{
	for (unsigned i = 0; i < SHARED_PEERS_MAX; i++)
		if (v->master[0] && strcmp(v->peers[i].address, v->master) == 0)
			return v->peers[i].priority;
	return 0;
}

/* ---- rows ---- */

static const char *state_word(int state)
{
	return vrrp_state_word((enum vrrp_state)state);
}

static const char *enabled(bool on)
{
	return on ? "enabled" : "disabled";
}

static void put_when(FILE *out, int64_t wall_us)
{
	time_t s = (time_t)(wall_us / 1000000);
	char day[32] = "", year[8] = "";
	struct tm tm;

	if (localtime_r(&s, &tm)) {
		strftime(day, sizeof(day), "%a %b %e %H:%M:%S", &tm);
		strftime(year, sizeof(year), "%Y", &tm);
	}
	fprintf(out, "   Last transition = %lld.%06lld (%s.%06lld %s)\n",
		(long long)(wall_us / 1000000), (long long)(wall_us % 1000000), day,
		(long long)(wall_us % 1000000), year);
}

static void put_state(FILE *out, const struct vrrp_instance_conf *i, const struct shared_vip *v)
{
	int state = keepalived_data_state(v);

	fprintf(out, " VRRP Instance = %s\n   VRRP Version = %u\n", i->name, i->version);
	if (i->group)
		fprintf(out, "   Sync group = %s\n", i->group->name);
	fprintf(out, "   State = %s\n", state_word(state));
	if (state == VRRP_BACKUP && v->master[0]) {
		fprintf(out, "   Master router = %s\n   Master priority = %u\n", v->master,
			keepalived_data_master_priority(v));
		if (i->version == 3)
			fprintf(out, "   Master advert int = %.2f sec\n",
				(double)v->advert_us / 1e6);
	}
	fprintf(out, "   Wantstate = %s\n", state_word(keepalived_data_want(i, v)));
	put_when(out, v->since_wall_us);
	fprintf(out, "   Master down timer = %lld usecs\n", (long long)v->down_us);
}

static void put_wire(FILE *out, const struct vrrp_instance_conf *i)
{
	const char *group = i->family == AF_INET6 ? "ff02::12" : "224.0.0.18";
	char address[ADDR_TEXT_MAX];

	if (i->vmac)
		fprintf(out, "   Use VMAC, i/f name %s, xmit_base = %s\n", i->vmac,
			i->vmac_xmit_base ? "true" : "false");
	fprintf(out, "   Interface = %s\n", i->interface);
	if (i->dont_track_primary)
		fputs("   VRRP interface tracking disabled\n", out);
	if (i->src.len)
		fprintf(out, "   Using src_ip = %s (from configuration)\n",
			addr_host_text(&i->src, address));
	if (!i->peers)
		fprintf(out, "   Multicast address %s\n",
			i->mcast_group.len ? addr_host_text(&i->mcast_group, address) : group);
}

static void put_conf(FILE *out, const struct vrrp_instance_conf *i, const struct shared_vip *v)
{
	static const char *const auth[] = {"none", "SIMPLE_PASSWORD", "IPSEC_AH"};
	const struct vrrp_garp_conf *g = &i->garp;

	fprintf(out, "   Gratuitous ARP delay = %lld\n   Gratuitous ARP repeat = %d\n",
		(long long)(g->delay_us / 1000000), g->repeat);
	fprintf(out, "   Gratuitous ARP refresh = %lld\n   Gratuitous ARP refresh repeat = %d\n",
		(long long)(g->refresh_us / 1000000), g->refresh_repeat);
	fprintf(out,
		"   Gratuitous ARP lower priority delay = %lld\n"
		"   Gratuitous ARP lower priority repeat = %d\n",
		(long long)(g->lower_prio_delay_us / 1000000), g->lower_prio_repeat);
	fprintf(out,
		"   Down timer adverts = %u\n"
		"   Send advert after receive lower priority advert = %s\n"
		"   Send advert after receive higher priority advert = %s\n",
		i->down_adverts ? i->down_adverts : 3, i->lower_prio_no_advert ? "false" : "true",
		i->higher_prio_send_advert ? "true" : "false");
	fprintf(out,
		"   Virtual Router ID = %u\n   Priority = %u\n   Effective priority = %u\n"
		"   Total priority = %u\n",
		i->vrid, i->priority, v->effective_priority, v->effective_priority);
	if (i->version == 3)
		fprintf(out, "   Advert interval = %lld milli-sec\n",
			(long long)(i->advert_us / 1000));
	else
		fprintf(out, "   Advert interval = %lld sec\n",
			(long long)(i->advert_us / 1000000));
	fprintf(out, "   Accept = %s\n   Preempt = %s\n", enabled(i->accept),
		enabled(!i->nopreempt));
	if (i->preempt_delay_us)
		fprintf(out, "   Preempt delay = %g secs\n", (double)i->preempt_delay_us / 1e6);
	fprintf(out, "   Promote_secondaries = %s\n", enabled(i->promote_secondaries));
	if (i->version == 2)
		fprintf(out, "   Authentication type = %s\n", auth[i->auth]);
}

static void put_vips(FILE *out, const struct vrrp_instance_conf *i, const struct vip_conf *vip,
		     bool set)
{
	char buf[KEEPALIVED_WORDS_MAX];

	for (; vip; vip = vip->next) {
		keepalived_words_vip(buf, i, vip, set);
		fprintf(out, "     %s\n", buf);
	}
}

static void put_routes(FILE *out, const struct vrrp_instance_conf *i)
{
	char buf[KEEPALIVED_WORDS_MAX];

	if (i->routes)
		fputs("   Virtual Routes :\n", out);
	for (const struct route_conf *r = i->routes; r; r = r->next) {
		keepalived_words_route(buf, r);
		fprintf(out, "     %s\n", buf);
	}
	if (i->rules)
		fputs("   Virtual Rules :\n", out);
	for (const struct rule_conf *r = i->rules; r; r = r->next) {
		keepalived_words_rule(buf, r);
		fprintf(out, "     %s\n", buf);
	}
}

static void put_addresses(FILE *out, const struct vrrp_instance_conf *i, bool set)
{
	char address[ADDR_TEXT_MAX];
	unsigned n = 0;

	for (const struct vip_conf *vip = i->vips; vip; vip = vip->next)
		n++;
	fprintf(out, "   Virtual IP (%u):\n", n);
	put_vips(out, i, i->vips, set);
	if (i->excluded)
		fputs("   Virtual IP Excluded :\n", out);
	put_vips(out, i, i->excluded, set);
	put_routes(out, i);
	if (i->peers)
		fputs("   Unicast Peer :\n", out);
	for (const struct vrrp_peer_conf *p = i->peers; p; p = p->next)
		fprintf(out, "     %s min_ttl %d max_ttl %d\n",
			addr_host_text(&p->address, address), p->min_ttl,
			p->max_ttl ? p->max_ttl : 255);
}

static void put_tracks(FILE *out, const struct vrrp_track_conf *rows)
{
	static const struct {
		enum vrrp_track_kind kind;
		const char *heading;
	} kinds[] = {
		{VRRP_TRACK_INTERFACE, "interfaces"},
		{VRRP_TRACK_SCRIPT, "scripts"},
		{VRRP_TRACK_PROCESS, "processes"},
		{VRRP_TRACK_FILE, "files"},
		{VRRP_TRACK_BFD, "BFDs"},
		{VRRP_TRACK_BACKEND, "backends"},
		{VRRP_TRACK_FRONTEND, "frontends"},
		{VRRP_TRACK_SERVER, "servers"},
		{VRRP_TRACK_DATABASE, "databases"},
	};

	for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		bool first = true;

		for (const struct vrrp_track_conf *t = rows; t; t = t->next) {
			if (t->kind != kinds[k].kind)
				continue;
			if (first)
				fprintf(out, "   Tracked %s :\n", kinds[k].heading);
			first = false;
			fprintf(out, "     %s weight %d%s\n", t->name, t->weight,
				t->reverse ? " reverse" : "");
		}
	}
}

static void put_script(FILE *out, const char *label, const struct script_conf *script)
{
	char buf[KEEPALIVED_WORDS_MAX];

	if (!script->argv)
		return;
	keepalived_words_script(buf, script);
	fprintf(out, "   %s state transition script = %s, uid:gid %u:%u\n", label, buf, script->uid,
		script->gid);
}

static void put_notify(FILE *out, const struct vrrp_notify_conf *n, bool smtp_alert)
{
	fprintf(out, "   Using smtp notification = %s\n", smtp_alert ? "yes" : "no");
	put_script(out, "Backup", &n->backup);
	put_script(out, "Master", &n->master);
	put_script(out, "Fault", &n->fault);
	put_script(out, "Stop", &n->stop);
	put_script(out, "Generic", &n->any);
	put_script(out, "Master rx lower pri", &n->rx_lower);
}

static void put_group(FILE *out, const struct failover_conf *conf, const struct vrrp_group_conf *g,
		      const struct shared_page *page)
{
	unsigned n = 0, n_in[VRRP_STATE_N] = {0};
	struct shared_vip v;

	for (const struct vrrp_instance_conf *i = conf->instances; i; i = i->next) {
		if (i->group != g)
			continue;
		keepalived_data_find(page, i->name, &v);
		n_in[keepalived_data_state(&v)]++;
		n++;
	}
	fprintf(out, " VRRP Sync Group = %s, %s\n", g->name,
		n_in[VRRP_FAULT]		  ? "FAULT"
		: n_in[VRRP_INIT]		  ? "INIT"
		: n > 0 && n_in[VRRP_MASTER] == n ? "MASTER"
						  : "BACKUP");
	fprintf(out, "   Num member fault %u, num member init %u\n   VRRP member instances :\n",
		n_in[VRRP_FAULT], n_in[VRRP_INIT]);
	for (const char *const *name = g->member_names; name && *name; name++)
		fprintf(out, "     %s\n", *name);
	put_notify(out, &g->notify, g->smtp_alert);
	put_tracks(out, g->tracks);
}

void keepalived_data_put(FILE *out, const struct failover_conf *conf,
			 const struct shared_page *page)
{
	fprintf(out, "------< Global definitions >------\n Router ID = %s\n",
		conf && conf->router_id ? conf->router_id : "");
	if (!conf)
		return;
	if (conf->static_vips)
		fputs("------< Static Addresses >------\n", out);
	put_vips(out, NULL, conf->static_vips, false);
	fputs("------< VRRP Topology >------\n", out);
	for (const struct vrrp_instance_conf *i = conf->instances; i; i = i->next) {
		struct shared_vip v;

		keepalived_data_find(page, i->name, &v);
		put_state(out, i, &v);
		put_wire(out, i);
		put_conf(out, i, &v);
		put_addresses(out, i, keepalived_data_holds(&v));
		put_tracks(out, i->tracks);
		put_notify(out, &i->notify, i->smtp_alert);
	}
	if (conf->groups)
		fputs("------< VRRP Sync groups >------\n", out);
	for (const struct vrrp_group_conf *g = conf->groups; g; g = g->next)
		put_group(out, conf, g, page);
}
