/*
 * One line of virtual_routes or static_routes, in the words of `ip route`. See route_words.h.
 * Keepalived's own: gw and or, append, no_track, track_group; it prepends unless told to append.
 */
#include <linux/icmpv6.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdlib.h>

#include "failover/route/route_words.h"

enum { TO_SAID = 1, SCOPE_SAID = 2 };

static bool read_src(struct route_words *w, void *member, uint32_t argument)
{
	(void)argument;
	return route_words_address(w, member);
}

/* The gateway may be of another family, which is said before it. */
static bool read_via(struct route_words *w, void *member, uint32_t argument)
{
	int family = w->family;
	bool read;

	(void)argument;
	if (route_words_skip(w, "inet6"))
		w->family = AF_INET6;
	else if (route_words_skip(w, "inet"))
		w->family = AF_INET;
	read = route_words_address(w, member);
	if (family != AF_UNSPEC)
		w->family = family;
	return read;
}

static struct hop_conf *add_hop(struct route_words *w, struct route_conf *r)
{
	struct hop_conf **tail = &r->hops;

	while (*tail)
		tail = &(*tail)->next;
	*tail = ARENA_NEW(w->ctx->arena, struct hop_conf);
	(*tail)->weight = 1;
	return *tail;
}

static bool read_gw(struct route_words *w, void *member, uint32_t argument)
{
	FAILOVER_WARN(w->ctx, w->line, w->at - 1, "'gw' is the old way to say 'via'");
	return read_via(w, member, argument);
}

/* via A or B: two nexthops. */
static bool read_or(struct route_words *w, void *member, uint32_t argument)
{
	struct route_conf *r = member;

	FAILOVER_WARN(w->ctx, w->line, w->at - 1, "'or' is the old way to say 'nexthop'");
	if (!r->hops)
		add_hop(w, r)->via = r->via;
	r->via.len = 0;
	return read_via(w, &add_hop(w, r)->via, argument);
}

static bool read_nexthop(struct route_words *w, void *member, uint32_t argument)
{
	struct hop_conf *hop = add_hop(w, member);
	uint32_t n;

	while (!w->bad && w->at < w->line->n_words) {
		if (route_words_skip(w, "via")) {
			read_via(w, &hop->via, argument);
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
	return !w->bad;
}

static void note_metric(struct route_conf *r, uint32_t metric, bool locked)
{
	r->metrics_set |= 1u << metric;
	if (locked)
		r->metrics_locked |= 1u << metric;
}

static bool read_metric(struct route_words *w, void *member, uint32_t argument)
{
	bool locked = route_words_skip(w, "lock");
	struct route_conf *r = member;

	if (!route_words_number(w, "a number", UINT32_MAX, &r->metrics[argument]))
		return false;
	note_metric(r, argument, locked);
	return true;
}

/* Of these the kernel knows small numbers only. */
static bool read_small(struct route_words *w, void *member, uint32_t argument)
{
	uint32_t most = argument == RTAX_HOPLIMIT ? 255 : 1;
	struct route_conf *r = member;

	if (!route_words_number(w, "a number", most, &r->metrics[argument]))
		return false;
	note_metric(r, argument, false);
	return true;
}

/* A number in the kernel's own units, or a time: seconds, milliseconds or microseconds. */
static bool read_time(struct route_words *w, void *member, uint32_t argument)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"s", 1000}, {"ms", 1}, {"us", 0.001}};
	bool locked = route_words_skip(w, "lock");
	const char *text = route_words_take(w, "a time");
	double per_ms = argument == RTAX_RTT ? 8 : argument == RTAX_RTTVAR ? 4 : 1, value = -1;
	struct route_conf *r = member;
	char *unit;

	if (w->bad)
		return false;
	if (*text >= '0' && *text <= '9')
		value = strtod(text, &unit);
	for (size_t i = 0; value >= 0 && *unit && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].unit) == 0) {
			value *= units[i].ms * per_ms;
			unit += strlen(unit);
		}
	}
	if (value < 0 || *unit || value > UINT32_MAX) {
		route_words_refuse(w, "is no number and no time");
		return false;
	}
	r->metrics[argument] = (uint32_t)value;
	note_metric(r, argument, locked);
	return true;
}

static bool read_congctl(struct route_words *w, void *member, uint32_t argument)
{
	bool locked = route_words_skip(w, "lock");
	struct route_conf *r = member;

	r->congctl = route_words_take(w, "a name");
	note_metric(r, argument, locked);
	return !w->bad;
}

static bool read_features(struct route_words *w, void *member, uint32_t argument)
{
	struct route_conf *r = member;

	if (!route_words_skip(w, "ecn"))
		route_words_refuse(w, "knows no other word than ecn");
	r->metrics[argument] = RTAX_FEATURE_ECN;
	note_metric(r, argument, false);
	return !w->bad;
}

static bool read_pref(struct route_words *w, void *member, uint32_t argument)
{
	const char *word = route_words_take(w, "low, medium or high");
	int *pref = member;

	(void)argument;
	if (strcmp(word, "low") == 0)
		*pref = ICMPV6_ROUTER_PREF_LOW;
	else if (strcmp(word, "medium") == 0)
		*pref = ICMPV6_ROUTER_PREF_MEDIUM;
	else if (strcmp(word, "high") == 0)
		*pref = ICMPV6_ROUTER_PREF_HIGH;
	else
		route_words_refuse(w, "is neither low, medium nor high");
	return !w->bad;
}

static bool read_ttl_propagate(struct route_words *w, void *member, uint32_t argument)
{
	const char *word = route_words_take(w, "enabled or disabled");

	(void)argument;
	*(int *)member = strcmp(word, "enabled") == 0;
	if (!w->bad && !*(int *)member && strcmp(word, "disabled") != 0)
		route_words_refuse(w, "is neither enabled nor disabled");
	return !w->bad;
}

static bool read_expires(struct route_words *w, void *member, uint32_t argument)
{
	(void)argument;
	return route_words_number(w, "seconds", INT32_MAX, member);
}

static bool read_unserved(struct route_words *w, void *member, uint32_t argument)
{
	(void)member, (void)argument;
	FAILOVER_ERROR(w->ctx, w->line, w->at - 1, "'%s' of a route is not supported by relais yet",
		       w->line->words[w->at - 1].text);
	w->bad = true;
	return false;
}

#define AT(member)     offsetof(struct route_conf, member)
#define PREFIX(member) route_option_prefix, AT(member), AT(member##_len) - AT(member)

static const struct route_option options[] = {
	{"to", PREFIX(to), TO_SAID},
	{"from", PREFIX(from), 0},
	{"src", read_src, AT(src), 0, 0},
	{"via", read_via, AT(via), 0, 0},
	{"gw", read_gw, AT(via), 0, 0},
	{"or", read_or, 0, 0, 0},
	{"nexthop", read_nexthop, 0, 0, 0},
	{"dev", route_option_device, AT(dev), 0, 0},
	{"oif", route_option_device, AT(dev), 0, 0},
	{"table", route_option_table, AT(table), 0, 0},
	{"metric", route_option_number, AT(metric), 0, 0},
	{"priority", route_option_number, AT(metric), 0, 0},
	{"preference", route_option_number, AT(metric), 0, 0},
	{"realms", route_option_realms, AT(realms), 0, 0},
	{"tos", route_option_tos, AT(tos), 0, 0},
	{"dsfield", route_option_tos, AT(tos), 0, 0},
	{"protocol", route_option_protocol, AT(protocol), 0, 0},
	{"proto", route_option_protocol, AT(protocol), 0, 0},
	{"scope", route_option_scope, AT(scope), 0, SCOPE_SAID},
	{"unicast", route_option_byte, AT(type), RTN_UNICAST, 0},
	{"local", route_option_byte, AT(type), RTN_LOCAL, 0},
	{"broadcast", route_option_byte, AT(type), RTN_BROADCAST, 0},
	{"anycast", route_option_byte, AT(type), RTN_ANYCAST, 0},
	{"multicast", route_option_byte, AT(type), RTN_MULTICAST, 0},
	{"blackhole", route_option_byte, AT(type), RTN_BLACKHOLE, 0},
	{"unreachable", route_option_byte, AT(type), RTN_UNREACHABLE, 0},
	{"prohibit", route_option_byte, AT(type), RTN_PROHIBIT, 0},
	{"throw", route_option_byte, AT(type), RTN_THROW, 0},
	{"inet", route_option_family, 0, AF_INET, 0},
	{"inet6", route_option_family, 0, AF_INET6, 0},
	{"mtu", read_metric, 0, RTAX_MTU, 0},
	{"window", read_metric, 0, RTAX_WINDOW, 0},
	{"rtt", read_time, 0, RTAX_RTT, 0},
	{"rttvar", read_time, 0, RTAX_RTTVAR, 0},
	{"ssthresh", read_metric, 0, RTAX_SSTHRESH, 0},
	{"cwnd", read_metric, 0, RTAX_CWND, 0},
	{"advmss", read_metric, 0, RTAX_ADVMSS, 0},
	{"reordering", read_metric, 0, RTAX_REORDERING, 0},
	{"hoplimit", read_small, 0, RTAX_HOPLIMIT, 0},
	{"initcwnd", read_metric, 0, RTAX_INITCWND, 0},
	{"initrwnd", read_metric, 0, RTAX_INITRWND, 0},
	{"rto_min", read_time, 0, RTAX_RTO_MIN, 0},
	{"quickack", read_small, 0, RTAX_QUICKACK, 0},
	{"fastopen_no_cookie", read_small, 0, RTAX_FASTOPEN_NO_COOKIE, 0},
	{"congctl", read_congctl, 0, RTAX_CC_ALGO, 0},
	{"features", read_features, 0, RTAX_FEATURES, 0},
	{"pref", read_pref, AT(pref), 0, 0},
	{"expires", read_expires, AT(expires_s), 0, 0},
	{"ttl-propagate", read_ttl_propagate, AT(ttl_propagate), 0, 0},
	{"onlink", route_option_flag, AT(onlink), 0, 0},
	{"append", route_option_flag, AT(append), 0, 0},
	{"no_track", route_option_flag, AT(no_track), 0, 0},
	{"track_group", route_option_name, AT(track_group), 0, 0},
	{"encap", read_unserved, 0, 0, 0},
	{"vrf", read_unserved, 0, 0, 0},
	{"nhid", read_unserved, 0, 0, 0},
	{"nat", read_unserved, 0, 0, 0},
	{NULL, NULL, 0, 0, 0},
};

/* What Keepalived complains of and takes. */
static void advise(struct route_words *w, struct route_conf *r, bool has_device)
{
	if (!has_device && !r->no_track && !w->bad)
		FAILOVER_WARN(w->ctx, w->line, 0,
			      "a route without an interface: Keepalived does not track it, here it "
			      "is put back all the same");
	if (r->family == AF_INET6 && r->realms) {
		FAILOVER_WARN(w->ctx, w->line, 0, "an IPv6 route has no realms, left out");
		r->realms = 0;
	}
	if (r->family == AF_INET && (r->pref >= 0 || r->expires_s)) {
		FAILOVER_WARN(w->ctx, w->line, 0, "pref and expires are of IPv6 routes, left out");
		r->pref = -1;
		r->expires_s = 0;
	}
	if (r->family == AF_INET && r->from.len)
		route_words_refuse(w, "ends an IPv4 route with 'from', which IPv6 routes have");
}

static void settle(struct route_words *w, struct route_conf *r)
{
	bool bare = r->via.len == 0 && !r->hops, has_device = r->dev != NULL;

	if (!(w->said & TO_SAID))
		route_words_refuse(w, "ends a route without a destination");
	if (r->hops && (r->via.len || r->dev)) {
		for (struct hop_conf *h = r->hops; h; h = h->next)
			h->dev = h->dev ? h->dev : r->dev;
		r->dev = NULL;
	}
	r->family = w->family == AF_UNSPEC ? AF_INET : w->family;
	if (!(w->said & SCOPE_SAID) && r->family == AF_INET) { /* as `ip route` */
		if (r->type == RTN_LOCAL)
			r->scope = RT_SCOPE_HOST;
		else if (r->type == RTN_BROADCAST || r->type == RTN_MULTICAST ||
			 (r->type == RTN_UNICAST && bare))
			r->scope = RT_SCOPE_LINK;
	}
	advise(w, r, has_device);
	if (r->protocol != ROUTE_PROTOCOL && !r->no_track) {
		FAILOVER_WARN(w->ctx, w->line, 0,
			      "a route without no_track is of protocol keepalived (%d), another is "
			      "not used",
			      ROUTE_PROTOCOL);
		r->protocol = ROUTE_PROTOCOL;
	}
}

struct route_conf *failover_route_read(struct conf_ctx *ctx, const struct conf_line *line)
{
	struct route_words w = {.ctx = ctx, .line = line};
	struct route_conf *r = ARENA_NEW(ctx->arena, struct route_conf);

	r->type = RTN_UNICAST;
	r->table = RT_TABLE_MAIN;
	r->protocol = ROUTE_PROTOCOL;
	r->pref = r->ttl_propagate = -1;
	r->place = block_word_place(line, 0);
	r->text = route_words_text(&w);
	while (!w.bad && w.at < line->n_words) {
		if (route_words_option(&w, options, r))
			continue;
		if (w.said & TO_SAID) {
			w.at++;
			route_words_refuse(&w, "is no word of a route");
		} else if (route_words_prefix(&w, &r->to, &r->to_len)) {
			w.said |= TO_SAID;
		}
	}
	if (!w.bad)
		settle(&w, r);
	return w.bad ? NULL : r;
}
