/*
 * keepalived's dumps. See keepalived_dump.h. Written by the master from its configuration and from
 * the shared page; each under another name first, so that a reader never sees half of one and a
 * link that somebody laid in /tmp is replaced, not followed.
 */
#include "main/keepalived_dump.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "admin/vip_view.h"
#include "core/log/log.h"
#include "failover/model/house.h"
#include "failover/wire/packet.h"
#include "main/keepalived_data.h"
#include "main/keepalived_words.h"

struct counted { /* in keepalived's words; heading "" = stands alone, NULL = as the one before */
	const char *json, *heading, *label;
	unsigned long long n;
};

enum { COUNTED_N = 14 };

static void count(const struct shared_vip *v, struct counted out[COUNTED_N])
{
	const uint64_t *d = v->dropped;
	const struct counted all[COUNTED_N] = {
		{"advert_rcvd", "Advertisements", "Received", v->n_received},
		{"advert_sent", NULL, "Sent", v->n_sent},
		{"become_master", "", "Became master", v->n_become_master},
		{"release_master", "", "Released master", v->n_release_master},
		{"packet_len_err", "Packet Errors", "Length",
		 d[VRRP_DROP_LENGTH] + d[VRRP_DROP_TRUNCATED]},
		{"ip_ttl_err", NULL, "TTL", d[VRRP_DROP_TTL]},
		{"invalid_type_rcvd", NULL, "Invalid Type", d[VRRP_DROP_TYPE]},
		{"advert_interval_err", NULL, "Advertisement Interval",
		 d[VRRP_DROP_INTERVAL] + d[VRRP_DROP_INTERVAL_ZERO]},
		{"addr_list_err", NULL, "Address List", d[VRRP_DROP_ADDRESS_LIST]},
		{"invalid_authtype", "Authentication Errors", "Invalid Type", 0},
		{"authtype_mismatch", NULL, "Type Mismatch", d[VRRP_DROP_AUTH_TYPE]},
		{"auth_failure", NULL, "Failure", d[VRRP_DROP_AUTH] + d[VRRP_DROP_REPLAY]},
		{"pri_zero_rcvd", "Priority Zero", "Received", v->n_zero_received},
		{"pri_zero_sent", NULL, "Sent", v->n_zero_sent},
	};

	memcpy(out, all, sizeof(all));
}

/* ---- JSON ---- */

static void put_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\' || c == '/')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

/* One element of a list: text, with a comma before it unless it is the first. */
static void put_element(FILE *out, bool *first, const char *text)
{
	fputs(*first ? "" : ",", out);
	put_string(out, text);
	*first = false;
}

static void put_vips(FILE *out, const char *key, const struct vrrp_instance_conf *i,
		     const struct vip_conf *vip, bool set)
{
	char buf[KEEPALIVED_WORDS_MAX];
	bool first = true;

	if (!vip)
		return;
	fprintf(out, ",\"%s\":[", key);
	for (; vip; vip = vip->next) {
		keepalived_words_vip(buf, i, vip, set);
		put_element(out, &first, buf);
	}
	fputc(']', out);
}

static void put_routes(FILE *out, const struct vrrp_instance_conf *i)
{
	char buf[KEEPALIVED_WORDS_MAX];
	bool first = true;

	fputs(i->routes ? ",\"vroutes\":[" : "", out);
	for (const struct route_conf *r = i->routes; r; r = r->next) {
		keepalived_words_route(buf, r);
		put_element(out, &first, buf);
	}
	fputs(i->routes ? "]" : "", out);
	first = true;
	fputs(i->rules ? ",\"vrules\":[" : "", out);
	for (const struct rule_conf *r = i->rules; r; r = r->next) {
		keepalived_words_rule(buf, r);
		put_element(out, &first, buf);
	}
	fputs(i->rules ? "]" : "", out);
}

/* Its own: keepalived leaves out those of its group. */
static void put_tracks(FILE *out, const char *key, const struct vrrp_instance_conf *i,
		       enum vrrp_track_kind kind)
{
	char buf[KEEPALIVED_WORDS_MAX];
	bool first = true;

	for (const struct vrrp_track_conf *t = i->tracks; t; t = t->next) {
		if (t->kind != kind)
			continue;
		if (kind == VRRP_TRACK_SCRIPT && t->script)
			keepalived_words_script(buf, &t->script->script);
		else
			snprintf(buf, sizeof(buf), "%s", t->name);
		if (first)
			fprintf(out, ",\"%s\":[", key);
		put_element(out, &first, buf);
	}
	fputs(first ? "" : "]", out);
}

static void put_script(FILE *out, const char *key, const struct script_conf *script)
{
	char buf[KEEPALIVED_WORDS_MAX];

	if (!script->argv)
		return;
	keepalived_words_script(buf, script);
	fprintf(out, ",\"%s\":", key);
	put_string(out, buf);
}

static const char *boolean(bool b)
{
	return b ? "true" : "false";
}

static void put_conf(FILE *out, const struct vrrp_instance_conf *i)
{
	const struct vrrp_garp_conf *g = &i->garp;

	fprintf(out,
		"\"garp_delay\":%lld,\"garp_refresh\":%lld,\"garp_rep\":%d,"
		"\"garp_refresh_rep\":%d,\"garp_lower_prio_delay\":%lld,"
		"\"garp_lower_prio_rep\":%d,\"lower_prio_no_advert\":%d,"
		"\"higher_prio_send_advert\":%d,\"vrid\":%u,\"base_priority\":%u,",
		(long long)(g->delay_us / 1000000), (long long)(g->refresh_us / 1000000), g->repeat,
		g->refresh_repeat, (long long)(g->lower_prio_delay_us / 1000000),
		g->lower_prio_repeat, i->lower_prio_no_advert, i->higher_prio_send_advert, i->vrid,
		i->priority);
}

static void put_lists(FILE *out, const struct vrrp_instance_conf *i, bool set)
{
	const struct vrrp_notify_conf *n = &i->notify;

	put_script(out, "script_backup", &n->backup);
	put_script(out, "script_master", &n->master);
	put_script(out, "script_fault", &n->fault);
	put_script(out, "script_stop", &n->stop);
	put_script(out, "script", &n->any);
	put_script(out, "script_master_rx_lower_pri", &n->rx_lower);
	put_vips(out, "vips", i, i->vips, set);
	put_vips(out, "evips", i, i->excluded, set);
	put_routes(out, i);
	put_tracks(out, "track_ifp", i, VRRP_TRACK_INTERFACE);
	put_tracks(out, "track_script", i, VRRP_TRACK_SCRIPT);
	fprintf(out, ",\"auth_type\":%d", (int)i->auth);
}

static void put_json(FILE *out, const struct vrrp_instance_conf *i, const struct shared_vip *v)
{
	int64_t learned_us = v->advert_us ? v->advert_us : i->advert_us;
	bool set = keepalived_data_holds(v);
	struct counted all[COUNTED_N];

	fputs("{\"data\":{\"iname\":", out);
	put_string(out, i->name);
	fprintf(out,
		",\"dont_track_primary\":%d,\"skip_check_adv_addr\":%d,\"strict_mode\":%d,"
		"\"vmac_ifname\":",
		i->dont_track_primary, i->skip_check_adv_addr, i->strict);
	put_string(out, i->vmac ? i->vmac : "");
	fputs(",\"ifp_ifname\":", out);
	put_string(out, i->vmac ? i->vmac : i->interface);
	fprintf(out, ",\"master_priority\":%u,\"last_transition\":%.6f,",
		keepalived_data_master_priority(v), (double)v->since_wall_us / 1e6);
	put_conf(out, i);
	fprintf(out,
		"\"effective_priority\":%u,\"vipset\":%s,\"promote_secondaries\":%s,"
		"\"adver_int\":%g,\"master_adver_int\":%g,\"accept\":%d,\"nopreempt\":%s,"
		"\"preempt_delay\":%g,\"state\":%d,\"wantstate\":%d,\"version\":%u,"
		"\"smtp_alert\":%s,\"notify_deleted\":%s",
		v->effective_priority, boolean(set), boolean(i->promote_secondaries),
		(double)i->advert_us / 1e6, (double)learned_us / 1e6, i->accept,
		boolean(i->nopreempt), (double)i->preempt_delay_us / 1e6, keepalived_data_state(v),
		keepalived_data_want(i, v), i->version, boolean(i->smtp_alert),
		boolean(i->notify.says_deleted));
	put_lists(out, i, set);
	fputs("},\"stats\":{", out);
	count(v, all);
	for (int n = 0; n < COUNTED_N; n++)
		fprintf(out, "%s\"%s\":%llu", n ? "," : "", all[n].json, all[n].n);
	fputs("}}", out);
}

/* ---- text ---- */

static void put_stats(FILE *out, const struct vrrp_instance_conf *i, const struct shared_vip *v)
{
	struct counted all[COUNTED_N];

	fprintf(out, "VRRP Instance: %s\n", i->name);
	count(v, all);
	for (int n = 0; n < COUNTED_N; n++) {
		bool alone = all[n].heading && !all[n].heading[0];

		if (all[n].heading && !alone)
			fprintf(out, "  %s:\n", all[n].heading);
		fprintf(out, "  %s%s: %llu\n", alone ? "" : "  ", all[n].label, all[n].n);
	}
}

/* keepalived's lines, which monitoring knows, and ours. */
static void put_data(FILE *out, const struct failover_conf *conf, const struct shared_page *page)
{
	keepalived_data_put(out, conf, page);
	fputs("------< Who holds it and why >------\n", out);
	vip_print(out, page, "detail");
}

static void put_all(FILE *out, const struct failover_conf *conf, const struct shared_page *page,
		    enum keepalived_dump_kind kind)
{
	const struct vrrp_instance_conf *i = conf ? conf->instances : NULL;

	if (kind == KEEPALIVED_DUMP_DATA) {
		put_data(out, conf, page);
		return;
	}
	if (kind == KEEPALIVED_DUMP_JSON)
		fputc('[', out);
	for (bool first = true; i; i = i->next, first = false) {
		struct shared_vip v;

		keepalived_data_find(page, i->name, &v);
		if (kind == KEEPALIVED_DUMP_STATS) {
			put_stats(out, i, &v);
			continue;
		}
		fputs(first ? "" : ",", out);
		put_json(out, i, &v);
	}
	if (kind == KEEPALIVED_DUMP_JSON)
		fputs("]\n", out);
}

/* keepalived puts the instance's name into that of the data only. */
static void dump_path(const struct house_conf *house, enum keepalived_dump_kind kind,
		      const char *dir, char *out, size_t cap)
{
	static const char *const endings[] = {"data", "stats", "json"};
	const char *instance = NULL, *asked = NULL;

	if (house) {
		const char *const files[] = {house->state_dump, house->stats_dump,
					     house->json_dump};

		asked = files[kind];
		if (kind == KEEPALIVED_DUMP_DATA && house->data_use_instance)
			instance = house->instance;
	}
	if (asked)
		snprintf(out, cap, "%s", asked);
	else
		snprintf(out, cap, "%s/keepalived%s%s.%s", dir ? dir : "/tmp", instance ? "." : "",
			 instance ? instance : "", endings[kind]);
}

void keepalived_dump(const struct failover_conf *conf, const struct shared_page *page,
		     enum keepalived_dump_kind kind, const char *dir)
{
	char path[PATH_MAX - 8], next[PATH_MAX];
	FILE *out = NULL;
	int fd;

	dump_path(conf ? conf->house : NULL, kind, dir, path, sizeof(path));
	snprintf(next, sizeof(next), "%s.new", path);
	unlink(next);
	fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		out = fdopen(fd, "w");
	if (!out) {
		log_err("cannot write %s: %s", next, strerror(errno));
		return;
	}
	put_all(out, conf, page, kind);
	if (fclose(out) != 0 || rename(next, path) < 0)
		log_err("cannot write %s: %s", path, strerror(errno));
}
