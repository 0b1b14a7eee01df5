/*
 * The sections of virtual servers. See virtual_text.h. Called by main/ at each load.
 *
 * Where all real servers of a virtual server have the same one checker, the checker stands in its
 * `listen`. Others have a backend of their own for each checker, and the real server tracks those.
 */
#include "failover/virtual/virtual_text.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/die.h"
#include "failover/virtual/virtual_writer.h"

enum {
	WEIGHT_MAX = 256,
	ADDRESSES_MAX = 1024,
	TCP_S = 900,
	TCP_FIN_S = 120,
	PERSISTENCE_SERVED = 0
};

struct scheduler {
	const char *name, *balance;
	bool weights;	     /* they count */
	bool sorted;	     /* the heaviest first */
	bool limited;	     /* a weight is the most connections */
	const char *instead; /* it is only like it: the warning; NULL = it is the same */
};

static const struct scheduler schedulers[] = {
	{"rr", "roundrobin", false, false, false, NULL},
	{"wrr", "roundrobin", true, false, false, NULL},
	{"lc", "leastconn", false, false, false, NULL},
	{"wlc", "leastconn", true, false, false, NULL},
	{"sed", "leastconn", true, false, false, NULL},
	{"nq", "leastconn", true, false, false, NULL},
	{"sh", "source", true, false, false, NULL},
	{"mh", "source", true, false, false, "source"},
	{"dh", "source", true, false, false, "source"},
	{"lblc", "leastconn", true, false, false, "leastconn"},
	{"lblcr", "leastconn", true, false, false, "leastconn"},
	{"fo", "first", true, true, false, NULL},
	{"ovf", "first", true, true, true, NULL},
	{"twos", "random(2)", true, false, false, NULL},
};

struct section { /* of one virtual server */
	struct virtual_writer *w;
	const struct virtual_server_conf *v;
	const char *name;
	const struct scheduler *scheduler;
	struct virtual_real_conf const **reals; /* in the order of their lines */
	unsigned n_reals;
	long long heaviest;
	bool init_notifies;
};

static const struct scheduler *scheduler_of(struct virtual_writer *w,
					    const struct virtual_server_conf *v)
{
	const struct scheduler *s = schedulers;

	while (strcmp(s->name, v->scheduler) != 0)
		s++; /* the grammar knows the same names */
	if (s->instead)
		conf_advise(
			w->diags, v->scheduler_at.file ? v->scheduler_at : v->place,
			"scheduler '%s' is not served by relais, the nearest is taken: balance %s",
			s->name, s->balance);
	return s;
}

static int heavier(const void *a, const void *b)
{
	const struct virtual_real_conf *x = *(const struct virtual_real_conf *const *)a;
	const struct virtual_real_conf *y = *(const struct virtual_real_conf *const *)b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return x->place.line < y->place.line ? -1 : x->place.line > y->place.line;
}

static void gather_reals(struct section *s)
{
	for (const struct virtual_real_conf *r = s->v->reals; r; r = r->next)
		s->n_reals++;
	s->reals = ARENA_ARRAY(s->w->arena, const struct virtual_real_conf *, s->n_reals);
	s->n_reals = 0;
	for (const struct virtual_real_conf *r = s->v->reals; r; r = r->next) {
		s->reals[s->n_reals++] = r;
		if (r->weight > s->heaviest)
			s->heaviest = r->weight;
	}
	if (s->scheduler->sorted)
		qsort(s->reals, s->n_reals, sizeof(*s->reals), heavier);
}

static int weight_of(const struct section *s, const struct virtual_real_conf *r)
{
	long long weight = r->weight;

	if (weight > 0 && !s->scheduler->weights)
		return 1;
	if (s->heaviest > WEIGHT_MAX)
		weight = (weight * WEIGHT_MAX + s->heaviest - 1) / s->heaviest;
	return (int)weight;
}

static const char *target_text(const struct section *s, const struct virtual_real_conf *r)
{
	char text[ADDR_TEXT_MAX];

	if (addr_port(&r->addr))
		return arena_strdup(s->w->arena, addr_text(&r->addr, text));
	addr_host_text(&r->addr, text); /* a group's, of several ports: the client's is kept */
	return arena_printf(s->w->arena, r->addr.sa.sa_family == AF_INET6 ? "[%s]" : "%s", text);
}

static const char *traffic_words(const struct section *s, const struct virtual_real_conf *r)
{
	struct arena *arena = s->w->arena;
	unsigned long limit = r->uthreshold;
	const char *words = "";
	int weight = weight_of(s, r);

	if (weight != 1)
		words = arena_printf(arena, " weight %d", weight);
	if (weight != r->weight &&
	    (s->v->quorum > 1 || s->v->quorum_up.argv || s->v->quorum_down.argv))
		words = arena_printf(arena, "%s quorum-weight %lld", words, r->weight);
	if (s->scheduler->limited && r->weight > 0 &&
	    (!limit || limit > (unsigned long long)r->weight))
		limit = (unsigned long)r->weight;
	if (limit)
		words = arena_printf(arena, "%s maxconn %lu", words,
				     limit > INT32_MAX ? INT32_MAX : limit);
	if (r->notify_up.argv)
		words = arena_printf(arena, "%s notify-up %s", words,
				     virtual_script(arena, &r->notify_up));
	if (r->notify_down.argv)
		words = arena_printf(arena, "%s notify-down %s", words,
				     virtual_script(arena, &r->notify_down));
	return words;
}

/* ---- checkers ---- */

/* Where a group's addresses have several ports, checks go to the first. */
static bool check_of(const struct section *s, const struct virtual_real_conf *r,
		     const struct virtual_checker_conf *c, struct virtual_check_text *out)
{
	const struct virtual_address_conf *a = s->v->addresses;

	while (a->next && (a->is_fwmark || addr_port(&a->first) == 0))
		a = a->next;
	return virtual_check_write(s->w, r, c, addr_port(&a->first), out);
}

static bool same_lines(const struct virtual_check_text *a, const struct virtual_check_text *b)
{
	bool same = a->n_lines == b->n_lines;

	for (unsigned i = 0; same && i < a->n_lines; i++)
		same = strcmp(a->lines[i], b->lines[i]) == 0;
	return same;
}

static unsigned n_checkers(const struct section *s, const struct virtual_real_conf *r)
{
	unsigned n = 0;

	for (const struct virtual_checker_conf *c = r->checkers; c; c = c->next)
		n += virtual_check_served(s->w, c);
	return n;
}

/* The lines that all checkers share: false when they are not the same, or not one per server. */
static bool shared_check(const struct section *s, struct virtual_check_text *shared)
{
	struct virtual_check_text text;
	bool any = false;

	for (unsigned i = 0; i < s->n_reals; i++) {
		const struct virtual_checker_conf *c = s->reals[i]->checkers;

		if (n_checkers(s, s->reals[i]) > 1)
			return false;
		while (c && !check_of(s, s->reals[i], c, &text))
			c = c->next;
		if (!c)
			continue;
		if (text.apart || (any && !same_lines(shared, &text)))
			return false;
		*shared = text;
		any = true;
	}
	return true;
}

static const char *check_name(const struct section *s, const struct virtual_real_conf *r,
			      unsigned i)
{
	return arena_printf(s->w->arena, "check-%s-%s-%u", s->name, r->name, i + 1);
}

/* A backend for each checker of r; what the real server's line says of them. */
static const char *write_checks_apart(struct section *s, const struct virtual_real_conf *r)
{
	struct virtual_check_text text;
	const char *words = "";
	bool alpha = false;
	unsigned n = 0;

	for (const struct virtual_checker_conf *c = r->checkers; c; c = c->next) {
		const char *name = check_name(s, r, n);

		if (!check_of(s, r, c, &text))
			continue;
		virtual_line(s->w, c->place, "%s", "");
		virtual_line(s->w, c->place, "backend %s from virtual-defaults", name);
		for (unsigned i = 0; i < text.n_lines; i++)
			virtual_line(s->w, c->place, "    %s", text.lines[i]);
		virtual_line(s->w, c->place, "    server real %s %s", target_text(s, r),
			     text.words);
		words = arena_printf(s->w->arena, "%s%s%s/real", words, n ? "," : " track ", name);
		alpha |= c->times.alpha == 1;
		n++;
	}
	return alpha ? arena_printf(s->w->arena, " init-state down%s", words) : words;
}

static const char *words_of_shared(const struct section *s, const struct virtual_real_conf *r)
{
	struct virtual_check_text text;

	for (const struct virtual_checker_conf *c = r->checkers; c; c = c->next)
		if (check_of(s, r, c, &text))
			return arena_printf(s->w->arena, " %s", text.words);
	return "";
}

/* ---- the section ---- */

static bool step(struct addr *a)
{
	uint8_t *bytes =
		a->sa.sa_family == AF_INET ? (uint8_t *)&a->in4.sin_addr : a->in6.sin6_addr.s6_addr;
	size_t i = a->sa.sa_family == AF_INET ? 4 : 16;

	while (i > 0 && ++bytes[i - 1] == 0)
		i--;
	return i > 0;
}

static void write_binds(struct section *s)
{
	unsigned n = 0;

	for (const struct virtual_address_conf *a = s->v->addresses; a; a = a->next) {
		struct addr at = a->first;

		if (a->is_fwmark || addr_port(&at) == 0)
			continue;
		for (unsigned i = 0; i < a->n; i++) {
			char text[ADDR_TEXT_MAX];

			if (n++ == ADDRESSES_MAX) {
				conf_advise(
					s->w->diags, a->place,
					"more than %d addresses of one virtual server: the rest "
					"is not served",
					ADDRESSES_MAX);
				return;
			}
			virtual_line(s->w, a->place, "    bind %s", addr_text(&at, text));
			if (!step(&at))
				break;
		}
	}
}

static void write_persistence(struct section *s)
{
	const struct virtual_server_conf *v = s->v;
	bool v6 = v->addresses->first.sa.sa_family == AF_INET6;
	unsigned all = v6 ? 128 : 32, bits = v->persistence_bits ? v->persistence_bits : all;

	if (!v->persistence_us)
		return;
	virtual_line(s->w, v->place, "    stick-table type %s size 1m expire %s",
		     v6 ? "ipv6" : "ip", virtual_time(s->w->arena, v->persistence_us));
	if (bits >= all)
		virtual_line(s->w, v->place, "    stick on src");
	else if (v6)
		virtual_line(s->w, v->place, "    stick on src,ipmask(32,%u)", bits);
	else
		virtual_line(s->w, v->place, "    stick on src,ipmask(%u)", bits);
}

static void write_quorum(struct section *s)
{
	const struct virtual_server_conf *v = s->v;

	if (v->quorum > 1 || v->quorum_up.argv || v->quorum_down.argv)
		virtual_line(s->w, v->place, "    quorum %lu%s", v->quorum,
			     v->hysteresis
				     ? arena_printf(s->w->arena, " hysteresis %lu", v->hysteresis)
				     : "");
	if (v->quorum_up.argv)
		virtual_line(s->w, v->quorum_up.place, "    quorum-up %s",
			     virtual_script(s->w->arena, &v->quorum_up));
	if (v->quorum_down.argv)
		virtual_line(s->w, v->quorum_down.place, "    quorum-down %s",
			     virtual_script(s->w->arena, &v->quorum_down));
	if (s->init_notifies)
		virtual_line(s->w, v->place, "    notify-at-start");
	if (v->omega)
		virtual_line(s->w, v->place, "    notify-at-stop");
}

/* Nobody stays with it when the quorum is there again. */
static void write_sorry(struct section *s)
{
	const struct virtual_real_conf *r = s->v->sorry;

	if (r)
		virtual_line(s->w, r->place, "    server sorry-%s %s backup%s", r->name,
			     target_text(s, r), s->v->persistence_us ? " non-stick" : "");
}

static void write_section(struct section *s)
{
	struct virtual_check_text shared = {.n_lines = 0};
	const char **words = ARENA_ARRAY(s->w->arena, const char *, s->n_reals + 1);
	bool inside = shared_check(s, &shared);

	for (unsigned i = 0; i < s->n_reals; i++)
		words[i] = inside ? words_of_shared(s, s->reals[i])
				  : write_checks_apart(s, s->reals[i]);
	virtual_line(s->w, s->v->place, "%s", "");
	virtual_line(s->w, s->v->place, "listen %s from virtual-defaults", s->name);
	write_binds(s);
	virtual_line(s->w, s->v->place, "    balance %s", s->scheduler->balance);
	write_persistence(s);
	for (unsigned i = 0; inside && i < shared.n_lines; i++)
		virtual_line(s->w, s->v->place, "    %s", shared.lines[i]);
	write_quorum(s);
	for (unsigned i = 0; i < s->n_reals; i++)
		virtual_line(s->w, s->reals[i]->place, "    server %s %s%s%s", s->reals[i]->name,
			     target_text(s, s->reals[i]), traffic_words(s, s->reals[i]), words[i]);
	write_sorry(s);
}

static void write_head(struct virtual_writer *w, const struct virtual_conf *conf,
		       struct conf_place place, bool alone)
{
	int64_t tcp = conf->tcp_us ? conf->tcp_us : TCP_S * 1000000LL;
	int64_t fin = conf->tcp_fin_us ? conf->tcp_fin_us : TCP_FIN_S * 1000000LL;

	virtual_line(w, place, "# the virtual servers of keepalived.conf, as relais serves them");
	if (alone) {
		virtual_line(w, place, "global");
		virtual_line(w, place, "    uid 65534");
		virtual_line(w, place, "    gid 65534");
		virtual_line(w, place, "%s", "");
	}
	virtual_line(w, place, "defaults virtual-defaults");
	virtual_line(w, place, "    mode tcp");
	virtual_line(w, place, "    option redispatch");
	virtual_line(w, place, "    timeout connect 5s");
	virtual_line(w, place, "    timeout client %s", virtual_time(w->arena, tcp));
	virtual_line(w, place, "    timeout server %s", virtual_time(w->arena, tcp));
	virtual_line(w, place, "    timeout client-fin %s", virtual_time(w->arena, fin));
	virtual_line(w, place, "    timeout server-fin %s", virtual_time(w->arena, fin));
}

static const struct virtual_server_conf *first_served(const struct virtual_server_conf *v)
{
	while (v && !v->served)
		v = v->next;
	return v;
}

bool virtual_text_write(const struct virtual_conf *conf, bool alone, struct arena *arena,
			struct conf_diags *diags, struct virtual_text *out)
{
	struct virtual_writer w = {.arena = arena, .diags = diags, .probe = conf->probe};
	const struct virtual_server_conf *v = first_served(conf->servers);
	char *text = NULL;
	size_t len = 0;

	if (!v)
		return false;
	w.out = open_memstream(&text, &len);
	if (!w.out)
		die_no_memory();
	write_head(&w, conf, v->place, alone);
	for (; v; v = first_served(v->next)) {
		struct section s = {
			.w = &w, .v = v, .name = v->section, .init_notifies = conf->init_notifies};

		s.scheduler = scheduler_of(&w, v);
		gather_reals(&s);
		write_section(&s);
	}
	if (fclose(w.out) != 0)
		die_no_memory();
	*out = (struct virtual_text){.text = arena_slice_dup(arena, (struct slice){text, len}),
				     .places = w.places,
				     .n_lines = w.n_lines};
	free(text);
	return true;
}
