/*
 * One line of virtual_routes or static_routes, in the words of `ip route`. See route_words.h.
 * Keepalived's own: gw and or, append, no_track, track_group; it prepends unless told to append.
 */
#include <linux/icmpv6.h>
#include <linux/rtnetlink.h>

#include "failover/route/route_words.h"

struct route_line {
	struct route_words words; /* first */
	struct route_conf *route;
	bool to_set, scope_set;
	uint32_t argument; /* of the option's row */
};

typedef void option_fn(struct route_line *l);

static struct route_words *W(struct route_line *l)
{
	return &l->words;
}

static void read_to(struct route_line *l)
{
	l->to_set = route_words_prefix(W(l), &l->route->to, &l->route->to_len);
}

static void read_from(struct route_line *l)
{
	route_words_prefix(W(l), &l->route->from, &l->route->from_len);
}

static void read_src(struct route_line *l)
{
	route_words_address(W(l), &l->route->src);
}

/* The gateway may be of another family, which is said before it. */
static void take_gateway(struct route_line *l, struct addr *out)
{
	int family = l->words.family;

	if (route_words_skip(W(l), "inet6"))
		l->words.family = AF_INET6;
	else if (route_words_skip(W(l), "inet"))
		l->words.family = AF_INET;
	route_words_address(W(l), out);
	if (family != AF_UNSPEC)
		l->words.family = family;
}

static void read_via(struct route_line *l)
{
	take_gateway(l, &l->route->via);
}

static struct hop_conf *add_hop(struct route_line *l)
{
	struct hop_conf **tail = &l->route->hops;

	while (*tail)
		tail = &(*tail)->next;
	*tail = ARENA_NEW(l->words.ctx->arena, struct hop_conf);
	(*tail)->weight = 1;
	return *tail;
}

/* via A or B: two nexthops. */
static void read_or(struct route_line *l)
{
	if (!l->route->hops)
		add_hop(l)->via = l->route->via;
	l->route->via.len = 0;
	take_gateway(l, &add_hop(l)->via);
}

static void read_nexthop(struct route_line *l)
{
	struct hop_conf *hop = add_hop(l);
	struct route_words *w = W(l);
	uint32_t n;

	while (!w->bad && w->at < w->line->n_words) {
		if (route_words_skip(w, "via")) {
			take_gateway(l, &hop->via);
		} else if (route_words_skip(w, "dev")) {
			route_words_device(w, &hop->dev);
		} else if (route_words_skip(w, "onlink")) {
			hop->onlink = true;
		} else if (route_words_skip(w, "realms")) {
			route_words_realms(w, &hop->realms);
		} else if (route_words_skip(w, "weight")) {
			if (route_words_number(w, "a weight", 256, &n))
				hop->weight = n > 0 ? n : 1;
		} else {
			break;
		}
	}
}

static void read_dev(struct route_line *l)
{
	route_words_device(W(l), &l->route->dev);
}

static void read_table(struct route_line *l)
{
	route_words_named(W(l), "rt_tables", UINT32_MAX, &l->route->table);
}

static void read_priority(struct route_line *l)
{
	route_words_number(W(l), "a number", UINT32_MAX, &l->route->metric);
}

static void read_realms(struct route_line *l)
{
	route_words_realms(W(l), &l->route->realms);
}

static void read_tos(struct route_line *l)
{
	uint32_t n;

	if (route_words_named(W(l), "rt_dsfield", 255, &n))
		l->route->tos = (uint8_t)n;
}

static void read_protocol(struct route_line *l)
{
	uint32_t n;

	if (route_words_named(W(l), "rt_protos", 255, &n))
		l->route->protocol = (uint8_t)n;
}

static void read_scope(struct route_line *l)
{
	uint32_t n;

	l->scope_set = route_words_named(W(l), "rt_scopes", 255, &n);
	if (l->scope_set)
		l->route->scope = (uint8_t)n;
}

static void read_type(struct route_line *l)
{
	l->route->type = (uint8_t)l->argument;
}

static void read_family(struct route_line *l)
{
	if (l->words.family != AF_UNSPEC && l->words.family != (int)l->argument)
		route_words_refuse(W(l), "does not go with an address of the other family");
	l->words.family = (int)l->argument;
}

static void note_metric(struct route_line *l, bool locked)
{
	l->route->metrics_set |= 1u << l->argument;
	if (locked)
		l->route->metrics_locked |= 1u << l->argument;
}

static void read_metric(struct route_line *l)
{
	bool locked = route_words_skip(W(l), "lock");

	if (route_words_number(W(l), "a number", UINT32_MAX, &l->route->metrics[l->argument]))
		note_metric(l, locked);
}

static void read_congctl(struct route_line *l)
{
	bool locked = route_words_skip(W(l), "lock");

	l->route->congctl = route_words_take(W(l), "a name");
	note_metric(l, locked);
}

static void read_features(struct route_line *l)
{
	if (!route_words_skip(W(l), "ecn"))
		route_words_refuse(W(l), "knows no other word than ecn");
	l->route->metrics[RTAX_FEATURES] = RTAX_FEATURE_ECN;
	note_metric(l, false);
}

static void read_pref(struct route_line *l)
{
	const char *word = route_words_take(W(l), "low, medium or high");

	if (strcmp(word, "low") == 0)
		l->route->pref = ICMPV6_ROUTER_PREF_LOW;
	else if (strcmp(word, "medium") == 0)
		l->route->pref = ICMPV6_ROUTER_PREF_MEDIUM;
	else if (strcmp(word, "high") == 0)
		l->route->pref = ICMPV6_ROUTER_PREF_HIGH;
	else
		route_words_refuse(W(l), "is neither low, medium nor high");
}

static void read_ttl_propagate(struct route_line *l)
{
	const char *word = route_words_take(W(l), "enabled or disabled");

	l->route->ttl_propagate = strcmp(word, "enabled") == 0;
}

static void read_expires(struct route_line *l)
{
	route_words_number(W(l), "seconds", INT32_MAX, &l->route->expires_s);
}

static void read_onlink(struct route_line *l)
{
	l->route->onlink = true;
}

static void read_append(struct route_line *l)
{
	l->route->append = true;
}

static void read_no_track(struct route_line *l)
{
	l->route->no_track = true;
}

static void read_track_group(struct route_line *l)
{
	l->route->track_group = route_words_take(W(l), "a name");
}

static void read_unserved(struct route_line *l)
{
	const struct conf_line *line = l->words.line;

	FAILOVER_ERROR(l->words.ctx, line, l->words.at - 1,
		       "'%s' of a route is not supported by relais yet",
		       line->words[l->words.at - 1].text);
	l->words.bad = true;
}

static const struct option {
	const char *name;
	option_fn *read;
	uint32_t argument;
} options[] = {
	{"to", read_to, 0},
	{"from", read_from, 0},
	{"src", read_src, 0},
	{"via", read_via, 0},
	{"gw", read_via, 0},
	{"or", read_or, 0},
	{"nexthop", read_nexthop, 0},
	{"dev", read_dev, 0},
	{"oif", read_dev, 0},
	{"table", read_table, 0},
	{"metric", read_priority, 0},
	{"priority", read_priority, 0},
	{"preference", read_priority, 0},
	{"realms", read_realms, 0},
	{"tos", read_tos, 0},
	{"dsfield", read_tos, 0},
	{"protocol", read_protocol, 0},
	{"proto", read_protocol, 0},
	{"scope", read_scope, 0},
	{"unicast", read_type, RTN_UNICAST},
	{"local", read_type, RTN_LOCAL},
	{"broadcast", read_type, RTN_BROADCAST},
	{"anycast", read_type, RTN_ANYCAST},
	{"multicast", read_type, RTN_MULTICAST},
	{"blackhole", read_type, RTN_BLACKHOLE},
	{"unreachable", read_type, RTN_UNREACHABLE},
	{"prohibit", read_type, RTN_PROHIBIT},
	{"throw", read_type, RTN_THROW},
	{"inet", read_family, AF_INET},
	{"inet6", read_family, AF_INET6},
	{"mtu", read_metric, RTAX_MTU},
	{"window", read_metric, RTAX_WINDOW},
	{"rtt", read_metric, RTAX_RTT},
	{"rttvar", read_metric, RTAX_RTTVAR},
	{"ssthresh", read_metric, RTAX_SSTHRESH},
	{"cwnd", read_metric, RTAX_CWND},
	{"advmss", read_metric, RTAX_ADVMSS},
	{"reordering", read_metric, RTAX_REORDERING},
	{"hoplimit", read_metric, RTAX_HOPLIMIT},
	{"initcwnd", read_metric, RTAX_INITCWND},
	{"initrwnd", read_metric, RTAX_INITRWND},
	{"rto_min", read_metric, RTAX_RTO_MIN},
	{"quickack", read_metric, RTAX_QUICKACK},
	{"fastopen_no_cookie", read_metric, RTAX_FASTOPEN_NO_COOKIE},
	{"congctl", read_congctl, RTAX_CC_ALGO},
	{"features", read_features, RTAX_FEATURES},
	{"pref", read_pref, 0},
	{"expires", read_expires, 0},
	{"ttl-propagate", read_ttl_propagate, 0},
	{"onlink", read_onlink, 0},
	{"append", read_append, 0},
	{"no_track", read_no_track, 0},
	{"track_group", read_track_group, 0},
	{"encap", read_unserved, 0},
	{"vrf", read_unserved, 0},
	{"nhid", read_unserved, 0},
	{"nat", read_unserved, 0},
	{NULL, NULL, 0},
};

static const struct option *find_option(const char *word)
{
	for (const struct option *o = options; o->name; o++)
		if (strcmp(o->name, word) == 0)
			return o;
	return NULL;
}

static void settle(struct route_line *l)
{
	struct route_conf *r = l->route;
	bool bare = r->via.len == 0 && !r->hops;

	if (!l->to_set)
		route_words_refuse(W(l), "ends a route without a destination");
	if (r->hops && (r->via.len || r->dev)) {
		for (struct hop_conf *h = r->hops; h; h = h->next)
			h->dev = h->dev ? h->dev : r->dev;
		r->dev = NULL;
	}
	r->family = l->words.family == AF_UNSPEC ? AF_INET : l->words.family;
	if (!l->scope_set && r->family == AF_INET) { /* as `ip route` */
		if (r->type == RTN_LOCAL)
			r->scope = RT_SCOPE_HOST;
		else if (r->type == RTN_BROADCAST || r->type == RTN_MULTICAST ||
			 (r->type == RTN_UNICAST && bare))
			r->scope = RT_SCOPE_LINK;
	}
	if (r->protocol != ROUTE_PROTOCOL && !r->no_track) {
		FAILOVER_WARN(l->words.ctx, l->words.line, 0,
			      "a route without no_track is of protocol keepalived (%d), another is "
			      "not used",
			      ROUTE_PROTOCOL);
		r->protocol = ROUTE_PROTOCOL;
	}
}

struct route_conf *failover_route_read(struct conf_ctx *ctx, const struct conf_line *line,
				       bool is_static)
{
	struct route_line l = {.words = {.ctx = ctx, .line = line, .is_static = is_static},
			       .route = ARENA_NEW(ctx->arena, struct route_conf)};
	struct route_words *w = W(&l);

	l.route->type = RTN_UNICAST;
	l.route->table = RT_TABLE_MAIN;
	l.route->protocol = ROUTE_PROTOCOL;
	l.route->pref = l.route->ttl_propagate = -1;
	l.route->place = block_word_place(line, 0);
	l.route->text = route_words_text(w);
	while (!w->bad && w->at < line->n_words) {
		const struct option *o = find_option(line->words[w->at].text);

		if (o) {
			w->at++;
			l.argument = o->argument;
			o->read(&l);
		} else if (!l.to_set) {
			read_to(&l);
		} else {
			w->at++;
			route_words_refuse(w, "is no word of a route");
		}
	}
	if (!w->bad)
		settle(&l);
	return w->bad ? NULL : l.route;
}
