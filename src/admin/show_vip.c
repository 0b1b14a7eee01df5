/*
 * `show vip`: who holds each VIP and why, from the shared page that the failover process writes: a
 * line for each; with a name or `detail`, what makes up the priority, which peers were heard, and
 * the last moves. vip_json.c says the same as JSON. Runs on a balancer thread; reads only.
 */
#include <string.h>
#include <time.h>

#include "admin/command.h"
#include "admin/vip_view.h"
#include "balancer/balancer.h"

void vip_print_time(FILE *out, int64_t wall_us)
{
	time_t s = (time_t)(wall_us / 1000000);
	struct tm tm;

	gmtime_r(&s, &tm);
	fprintf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(wall_us / 1000 % 1000));
}

static int64_t mono_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

unsigned vip_paths_up(const struct shared_vip *v)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < v->n_paths && i < SHARED_PATHS_MAX; i++)
		n += v->paths[i].up;
	return n;
}

bool vip_has_lease(const struct shared_vip *v)
{
	return v->lease_until_us > mono_now_us();
}

const char *vip_hold_word(unsigned hold)
{
	static const char *const words[] = {"none", "switched", "maintenance"};

	return words[hold < sizeof(words) / sizeof(words[0]) ? hold : 0];
}

static void print_line(FILE *out, const struct shared_vip *v)
{
	fprintf(out, "%s %s %s vrid %u v%u priority %u/%u address %s", v->name, v->state,
		v->interface, v->vrid, v->version, v->effective_priority, v->priority,
		v->first_address);
	if (v->n_addresses > 1)
		fprintf(out, " (+%u)", v->n_addresses - 1);
	fputs(" since ", out);
	vip_print_time(out, v->since_wall_us);
	fprintf(out, " transitions %u sent %llu received %llu repaired %llu dropped %llu",
		v->n_transitions, (unsigned long long)v->n_sent, (unsigned long long)v->n_received,
		(unsigned long long)v->n_repaired, (unsigned long long)v->n_dropped);
	if (v->drops[0])
		fprintf(out, " (%s)", v->drops);
	if (v->n_frozen)
		fprintf(out, " frozen %llu", (unsigned long long)v->n_frozen);
	if (v->n_withheld)
		fprintf(out, " withheld %llu", (unsigned long long)v->n_withheld);
	if (v->n_peer_alive)
		fprintf(out, " peer-alive %llu", (unsigned long long)v->n_peer_alive);
	if (v->n_isolated)
		fprintf(out, " isolated %llu", (unsigned long long)v->n_isolated);
	if (v->n_rivals)
		fprintf(out, " rivals %llu", (unsigned long long)v->n_rivals);
	if (v->n_held_on)
		fprintf(out, " held-on %llu", (unsigned long long)v->n_held_on);
	if (v->n_conflicts)
		fprintf(out, " conflicts %llu", (unsigned long long)v->n_conflicts);
	if (v->n_flap_waits)
		fprintf(out, " flap-waits %llu", (unsigned long long)v->n_flap_waits);
	if (v->master[0])
		fprintf(out, " master %s", v->master);
	if (v->hooked)
		fprintf(out, " phase %s", v->phase);
	if (v->hold)
		fprintf(out, " hold %s", vip_hold_word(v->hold));
	if (v->lease[0])
		fprintf(out, " lease %s%s", v->lease, vip_has_lease(v) ? "" : " (not held)");
	if (v->n_lease_lost)
		fprintf(out, " lease-lost %llu", (unsigned long long)v->n_lease_lost);
	if (v->alarm[0])
		fprintf(out, " ALARM \"%s\"", v->alarm);
	fprintf(out, " reason \"%s\"\n", v->reason);
}

static void print_priority(FILE *out, const struct shared_vip *v)
{
	fprintf(out, "  priority: %u configured\n", v->priority);
	for (uint32_t i = 0; i < v->n_tracks && i < SHARED_TRACKS_MAX; i++) {
		const struct shared_track *t = &v->tracks[i];

		fprintf(out, "    %s %s is %s", t->kind, t->name, t->status);
		if (t->note[0])
			fprintf(out, " (%s)", t->note);
		fputs(": ", out);
		if (t->fault || t->weight == 0)
			fprintf(out, "%s%s\n", t->fault ? "a fault" : "no fault",
				t->reverse ? " (reverse)" : "");
		else
			fprintf(out, "%+d (weight %d%s)\n", t->adds, t->weight,
				t->reverse ? " reverse" : "");
	}
	if (v->hold && strcmp(vip_hold_word(v->hold), "maintenance") == 0)
		fputs("    in maintenance: 1, whatever is tracked\n", out);
	fprintf(out, "    effective: %u\n", v->effective_priority);
}

static void print_peers(FILE *out, const struct shared_vip *v, int64_t now_us)
{
	for (unsigned i = 0; i < SHARED_PEERS_MAX; i++) {
		const struct shared_peer *p = &v->peers[i];

		double age_s = (double)(now_us - p->heard_mono_us) / 1e6;

		if (p->heard_mono_us && p->priority == 0)
			fprintf(out, "  peer: %s resigned, heard %.3f s ago\n", p->address, age_s);
		else if (p->heard_mono_us)
			fprintf(out, "  peer: %s priority %u heard %.3f s ago\n", p->address,
				p->priority, age_s);
	}
}

static void print_paths(FILE *out, const struct shared_vip *v, int64_t now_us)
{
	for (uint32_t i = 0; i < v->n_paths && i < SHARED_PATHS_MAX; i++) {
		const struct shared_path *p = &v->paths[i];

		fprintf(out, "  path: %s %s", p->name, p->up ? "up" : "LOST");
		if (p->heard_mono_us)
			fprintf(out, " heard %.3f s ago: %s %s priority %u%s%s",
				(double)(now_us - p->heard_mono_us) / 1e6, p->peer, p->state,
				p->priority, p->able ? "" : ", cannot serve",
				p->hears || p->state[0] == 'M' ? "" : ", hears no advertisement");
		fprintf(out, "; received %llu dropped %llu lost %llu\n",
			(unsigned long long)p->n_received, (unsigned long long)p->n_dropped,
			(unsigned long long)p->n_lost);
	}
}

static void print_moves(FILE *out, const struct shared_vip *v)
{
	for (uint32_t i = vip_moves_first(v); i < v->n_moves; i++) {
		const struct shared_move *m = &v->moves[i % SHARED_MOVES_MAX];

		fputs("  ", out);
		vip_print_time(out, m->wall_us);
		fprintf(out, " %s -> %s", m->from, m->to);
		if (m->lasted_us)
			fprintf(out, " after %.3f s", (double)m->lasted_us / 1e6);
		fprintf(out, ": %s\n", m->reason);
	}
}

static void print_detail(FILE *out, const struct shared_vip *v, int64_t now_us)
{
	print_priority(out, v);
	if (v->down_us)
		fprintf(out,
			"  timers: an advertisement each %.3f s; %.3f s of silence to take over\n",
			(double)v->advert_us / 1e6, (double)v->down_us / 1e6);
	print_peers(out, v, now_us);
	print_paths(out, v, now_us);
	fprintf(out, "  resigned: %llu sent, %llu heard; stood still: %llu\n",
		(unsigned long long)v->n_zero_sent, (unsigned long long)v->n_zero_received,
		(unsigned long long)v->n_frozen);
	print_moves(out, v);
}

uint32_t vip_moves_first(const struct shared_vip *v)
{
	return v->n_moves > SHARED_MOVES_MAX ? v->n_moves - SHARED_MOVES_MAX : 0;
}

/* What was received for none of them. */
static void print_strays(FILE *out, const struct shared_page *page, bool always)
{
	uint64_t unknown = atomic_load(&page->n_vrrp_unknown),
		 malformed = atomic_load(&page->n_vrrp_malformed),
		 overflown = atomic_load(&page->n_vrrp_overflown);

	if (!always && !unknown && !malformed && !overflown)
		return;
	fprintf(out,
		"# packets of no VIP here: unknown VRID %llu malformed %llu; "
		"lost as they came too fast %llu\n",
		(unsigned long long)unknown, (unsigned long long)malformed,
		(unsigned long long)overflown);
}

bool vip_print(FILE *out, const struct shared_page *page, const char *what)
{
	uint32_t n = page ? atomic_load(&page->n_vips) : 0;
	bool detail = what && strcmp(what, "detail") == 0, found = false;
	bool named = what && !detail;

	for (uint32_t i = 0; i < n && i < SHARED_VIPS_MAX; i++) {
		struct shared_vip vip;

		if (!shared_vip_read(&page->vips[i], &vip) || !vip.name[0] ||
		    (named && strcmp(what, vip.name) != 0))
			continue;
		found = true;
		print_line(out, &vip);
		if (what)
			print_detail(out, &vip, mono_now_us());
	}
	if (found && !named)
		print_strays(out, page, detail);
	return found;
}

static void show_vip(struct admin_reply *reply, int argc, char **argv)
{
	const struct shared_page *page = balancer_running()->setup->page;
	const char *what = argc > 0 ? argv[0] : NULL;

	if (!vip_print(reply->out, page, what))
		fputs(what && page && atomic_load(&page->n_vips) > 0
			      ? "There is no such VIP.\n"
			      : "No VIP is configured on this node.\n",
		      reply->out);
}

static void show_vip_json(struct admin_reply *reply, int argc, char **argv)
{
	(void)argc, (void)argv;
	vip_print_json(reply->out, balancer_running()->setup->page, mono_now_us());
}

const struct admin_command admin_vip_commands[] = {
	{"show vip", ADMIN_USER, "[<name>|detail]",
	 "state of each VRRP instance: who holds it, since when, why; priority, peers, last moves",
	 show_vip},
	{"show vip json", ADMIN_USER, "", "the same, all of it, as JSON", show_vip_json},
	{NULL, ADMIN_USER, NULL, NULL, NULL},
};
