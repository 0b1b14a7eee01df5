/*
 * `show vip json`: an array with one object for each VIP. Times are RFC 3339, durations and ages in
 * seconds. See vip_view.h. Runs on a balancer thread; reads only.
 */
#include "admin/vip_view.h"

static void string(FILE *out, const char *name, const char *text)
{
	fprintf(out, "\"%s\":\"", name);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void number(FILE *out, const char *name, long long n)
{
	fprintf(out, ",\"%s\":%lld", name, n);
}

static void text(FILE *out, const char *name, const char *value)
{
	fputc(',', out);
	string(out, name, value);
}

static void when(FILE *out, const char *name, int64_t wall_us)
{
	fprintf(out, ",\"%s\":\"", name);
	vip_print_time(out, wall_us);
	fputc('"', out);
}

static void seconds(FILE *out, const char *name, int64_t us)
{
	fprintf(out, ",\"%s\":%.6f", name, (double)us / 1e6);
}

static void tracks(FILE *out, const struct shared_vip *v)
{
	fputs(",\"tracks\":[", out);
	for (uint32_t i = 0; i < v->n_tracks && i < SHARED_TRACKS_MAX; i++) {
		const struct shared_track *t = &v->tracks[i];

		fputs(i ? ",{" : "{", out);
		string(out, "kind", t->kind);
		text(out, "name", t->name);
		text(out, "status", t->status);
		if (t->note[0])
			text(out, "note", t->note);
		number(out, "weight", t->weight);
		number(out, "adds", t->adds);
		if (t->reverse)
			fputs(",\"reverse\":true", out);
		fprintf(out, ",\"fault\":%s}", t->fault ? "true" : "false");
	}
	fputc(']', out);
}

static void peers(FILE *out, const struct shared_vip *v, int64_t now_us)
{
	bool first = true;

	fputs(",\"peers\":[", out);
	for (unsigned i = 0; i < SHARED_PEERS_MAX; i++) {
		const struct shared_peer *p = &v->peers[i];

		if (!p->heard_mono_us)
			continue;
		fputs(first ? "{" : ",{", out);
		first = false;
		string(out, "address", p->address);
		number(out, "priority", p->priority);
		seconds(out, "age", now_us - p->heard_mono_us);
		fputc('}', out);
	}
	fputc(']', out);
}

static void paths(FILE *out, const struct shared_vip *v, int64_t now_us)
{
	fputs(",\"paths\":[", out);
	for (uint32_t i = 0; i < v->n_paths && i < SHARED_PATHS_MAX; i++) {
		const struct shared_path *p = &v->paths[i];

		fputs(i ? ",{" : "{", out);
		string(out, "name", p->name);
		fprintf(out, ",\"up\":%s", p->up ? "true" : "false");
		if (p->heard_mono_us) {
			seconds(out, "age", now_us - p->heard_mono_us);
			text(out, "peer", p->peer);
			text(out, "state", p->state);
			number(out, "priority", p->priority);
			fprintf(out, ",\"able\":%s,\"hears\":%s", p->able ? "true" : "false",
				p->hears ? "true" : "false");
		}
		number(out, "received", (long long)p->n_received);
		number(out, "dropped", (long long)p->n_dropped);
		number(out, "lost", (long long)p->n_lost);
		fputc('}', out);
	}
	fputc(']', out);
}

static void moves(FILE *out, const struct shared_vip *v)
{
	uint32_t first = vip_moves_first(v);

	fputs(",\"moves\":[", out);
	for (uint32_t i = first; i < v->n_moves; i++) {
		const struct shared_move *m = &v->moves[i % SHARED_MOVES_MAX];

		fputs(i > first ? ",{" : "{", out);
		string(out, "from", m->from);
		text(out, "to", m->to);
		when(out, "at", m->wall_us);
		seconds(out, "lasted", m->lasted_us);
		text(out, "reason", m->reason);
		fputc('}', out);
	}
	fputc(']', out);
}

static void counters(FILE *out, const struct shared_vip *v)
{
	number(out, "transitions", v->n_transitions);
	number(out, "sent", (long long)v->n_sent);
	number(out, "received", (long long)v->n_received);
	number(out, "dropped", (long long)v->n_dropped);
	text(out, "drops", v->drops);
	number(out, "repaired", (long long)v->n_repaired);
	number(out, "resigned_sent", (long long)v->n_zero_sent);
	number(out, "resigned_heard", (long long)v->n_zero_received);
	number(out, "stood_still", (long long)v->n_frozen);
	number(out, "flap_waits", (long long)v->n_flap_waits);
	number(out, "withheld", (long long)v->n_withheld);
	number(out, "peer_alive", (long long)v->n_peer_alive);
	number(out, "isolated", (long long)v->n_isolated);
	number(out, "rivals", (long long)v->n_rivals);
	number(out, "held_on", (long long)v->n_held_on);
	number(out, "conflicts", (long long)v->n_conflicts);
}

static void vip(FILE *out, const struct shared_vip *v, int64_t now_us)
{
	fputc('{', out);
	string(out, "name", v->name);
	text(out, "state", v->state);
	text(out, "reason", v->reason);
	when(out, "since", v->since_wall_us);
	text(out, "interface", v->interface);
	number(out, "vrid", v->vrid);
	number(out, "version", v->version);
	number(out, "priority", v->priority);
	number(out, "effective_priority", v->effective_priority);
	text(out, "address", v->first_address);
	number(out, "addresses", v->n_addresses);
	text(out, "master", v->master);
	seconds(out, "advert_interval", v->advert_us);
	seconds(out, "down_interval", v->down_us);
	if (v->hooked)
		text(out, "phase", v->phase);
	if (v->lease[0]) {
		text(out, "lease", v->lease);
		fprintf(out, ",\"lease_held\":%s", vip_has_lease(v) ? "true" : "false");
		number(out, "lease_lost", (long long)v->n_lease_lost);
	}
	text(out, "alarm", v->alarm);
	text(out, "hold", vip_hold_word(v->hold));
	counters(out, v);
	tracks(out, v);
	peers(out, v, now_us);
	paths(out, v, now_us);
	moves(out, v);
	fputc('}', out);
}

void vip_print_json(FILE *out, const struct shared_page *page, int64_t now_mono_us)
{
	uint32_t n = page ? atomic_load(&page->n_vips) : 0;
	bool first = true;

	fputc('[', out);
	for (uint32_t i = 0; i < n && i < SHARED_VIPS_MAX; i++) {
		struct shared_vip v;

		if (!shared_vip_read(&page->vips[i], &v) || !v.name[0])
			continue;
		fputs(first ? "\n" : ",\n", out);
		first = false;
		vip(out, &v, now_mono_us);
	}
	fputs("\n]\n", out);
}
