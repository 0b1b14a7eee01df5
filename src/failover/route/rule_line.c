/*
 * One line of virtual_rules or static_rules, in the words of `ip rule`. See route_words.h. A rule
 * without a preference gets one from 16384 downwards, as Keepalived gives it.
 */
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>

#include "failover/route/route_words.h"

enum { PRIORITY_SAID = 1, TABLE_SAID = 2 };

/* N or N-M: two is both, or the same one twice. */
static bool take_range(struct route_words *w, unsigned long long most, unsigned long long two[2])
{
	struct slice rest = slice_of(route_words_take(w, "a number or two"));
	struct slice first = slice_cut(&rest, '-');

	if (!w->bad && slice_to_uint(first, most, &two[0]) &&
	    slice_to_uint(rest.len > 0 ? rest : first, most, &two[1]))
		return true;
	route_words_refuse(w, "is not such a number, or two");
	return false;
}

/* MARK[/MASK], each decimal or hexadecimal. */
static bool read_mark(struct route_words *w, void *member, uint32_t argument)
{
	const char *text = route_words_take(w, "a mark");
	unsigned long mark, mask = UINT32_MAX;
	struct rule_conf *r = member;
	char *end;

	(void)argument;
	mark = strtoul(text, &end, 0);
	if (*end == '/' && end != text)
		mask = strtoul(end + 1, &end, 0);
	if (w->bad)
		return false;
	if (end == text || *end || mark > UINT32_MAX || mask > UINT32_MAX)
		route_words_refuse(w, "is no mark");
	r->mark = (uint32_t)mark;
	r->mask = (uint32_t)mask;
	r->mark_set = true;
	return !w->bad;
}

static bool read_uids(struct route_words *w, void *member, uint32_t argument)
{
	struct rule_conf *r = member;
	unsigned long long two[2];

	(void)argument;
	if (!take_range(w, UINT32_MAX, two))
		return false;
	r->uid_first = (uint32_t)two[0];
	r->uid_last = (uint32_t)two[1];
	r->uid_set = true;
	return true;
}

/* argument: the destination's. */
static bool read_ports(struct route_words *w, void *member, uint32_t argument)
{
	struct rule_conf *r = member;
	unsigned long long two[2];

	if (!take_range(w, 65535, two))
		return false;
	*(argument ? &r->dport_first : &r->sport_first) = (uint16_t)two[0];
	*(argument ? &r->dport_last : &r->sport_last) = (uint16_t)two[1];
	return true;
}

static bool read_ip_proto(struct route_words *w, void *member, uint32_t argument)
{
	static const struct {
		const char *name;
		uint8_t number;
	} names[] = {{"icmp", 1}, {"igmp", 2}, {"tcp", 6},    {"udp", 17},
		     {"esp", 50}, {"ah", 51},  {"sctp", 132}, {"ipv6-icmp", 58}};
	uint8_t *ip_proto = member;
	uint32_t n;

	(void)argument;
	for (size_t i = 0; w->at < w->line->n_words && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(w->line->words[w->at].text, names[i].name) == 0) {
			*ip_proto = names[i].number;
			w->at++;
			return true;
		}
	}
	if (!route_words_number(w, "a protocol", 255, &n))
		return false;
	*ip_proto = (uint8_t)n;
	return true;
}

static bool read_tun_id(struct route_words *w, void *member, uint32_t argument)
{
	unsigned long long two[2];

	(void)argument;
	if (!take_range(w, UINT32_MAX, two))
		return false;
	*(uint64_t *)member = two[0];
	return true;
}

static bool read_goto(struct route_words *w, void *member, uint32_t argument)
{
	struct rule_conf *r = member;

	if (!route_words_number(w, "a preference", UINT32_MAX, &r->go_to))
		return false;
	r->action = (uint8_t)argument;
	return true;
}

static bool read_suppress_len(struct route_words *w, void *member, uint32_t argument)
{
	uint32_t n;

	(void)argument;
	if (!route_words_number(w, "a prefix length", 128, &n))
		return false;
	*(int *)member = (int)n;
	return true;
}

static bool read_suppress_group(struct route_words *w, void *member, uint32_t argument)
{
	uint32_t n;

	(void)argument;
	if (!route_words_named(w, "group", INT32_MAX, &n))
		return false;
	*(int *)member = (int)n;
	return true;
}

#define AT(member)     offsetof(struct rule_conf, member)
#define PREFIX(member) route_option_prefix, AT(member), AT(member##_len) - AT(member)

static const struct route_option options[] = {
	{"from", PREFIX(from), 0},
	{"to", PREFIX(to), 0},
	{"iif", route_option_device, AT(iif), 0, 0},
	{"dev", route_option_device, AT(iif), 0, 0},
	{"oif", route_option_device, AT(oif), 0, 0},
	{"table", route_option_table, AT(table), 0, TABLE_SAID},
	{"lookup", route_option_table, AT(table), 0, TABLE_SAID},
	{"priority", route_option_number, AT(priority), 0, PRIORITY_SAID},
	{"preference", route_option_number, AT(priority), 0, PRIORITY_SAID},
	{"pref", route_option_number, AT(priority), 0, PRIORITY_SAID},
	{"order", route_option_number, AT(priority), 0, PRIORITY_SAID},
	{"realms", route_option_realms, AT(realms), 0, 0},
	{"tos", route_option_tos, AT(tos), 0, 0},
	{"dsfield", route_option_tos, AT(tos), 0, 0},
	{"fwmark", read_mark, 0, 0, 0},
	{"protocol", route_option_protocol, AT(protocol), 0, 0},
	{"ip_proto", read_ip_proto, AT(ip_proto), 0, 0},
	{"ipproto", read_ip_proto, AT(ip_proto), 0, 0},
	{"sport", read_ports, 0, 0, 0},
	{"dport", read_ports, 0, 1, 0},
	{"uidrange", read_uids, 0, 0, 0},
	{"tun_id", read_tun_id, AT(tun_id), 0, 0},
	{"goto", read_goto, 0, FR_ACT_GOTO, 0},
	{"nop", route_option_byte, AT(action), FR_ACT_NOP, 0},
	{"blackhole", route_option_byte, AT(action), FR_ACT_BLACKHOLE, 0},
	{"unreachable", route_option_byte, AT(action), FR_ACT_UNREACHABLE, 0},
	{"prohibit", route_option_byte, AT(action), FR_ACT_PROHIBIT, 0},
	{"inet", route_option_family, 0, AF_INET, 0},
	{"inet6", route_option_family, 0, AF_INET6, 0},
	{"suppress_prefixlength", read_suppress_len, AT(suppress_prefix_len), 0, 0},
	{"suppress_prefixlen", read_suppress_len, AT(suppress_prefix_len), 0, 0},
	{"suppress_ifgroup", read_suppress_group, AT(suppress_ifgroup), 0, 0},
	{"not", route_option_flag, AT(invert), 0, 0},
	{"l3mdev", route_option_flag, AT(l3mdev), 0, 0},
	{"no_track", route_option_flag, AT(no_track), 0, 0},
	{"track_group", route_option_name, AT(track_group), 0, 0},
	{NULL, NULL, 0, 0, 0},
};

static void settle(struct route_words *w, struct rule_conf *r)
{
	struct failover_build *b = failover_build_of(w->ctx);
	uint32_t *next;

	r->family = w->family == AF_UNSPEC ? AF_INET : w->family;
	if (r->action == FR_ACT_TO_TBL && !(w->said & TABLE_SAID) && !r->l3mdev)
		route_words_refuse(w, "ends a rule that says no table and does nothing else");
	if (w->bad)
		return;
	if (r->protocol != ROUTE_PROTOCOL && !r->no_track) { /* as with routes */
		FAILOVER_WARN(w->ctx, w->line, 0,
			      "a rule without no_track is of protocol keepalived (%d), another is "
			      "not used",
			      ROUTE_PROTOCOL);
		r->protocol = ROUTE_PROTOCOL;
	}
	if (w->said & PRIORITY_SAID)
		return;
	next = r->family == AF_INET6 ? &b->next_rule6 : &b->next_rule4;
	r->priority = (*next)--;
	FAILOVER_WARN(w->ctx, w->line, 0,
		      "a rule without a preference gets %u, which may not be what is meant",
		      r->priority);
}

struct rule_conf *failover_rule_read(struct conf_ctx *ctx, const struct conf_line *line)
{
	struct route_words w = {.ctx = ctx, .line = line};
	struct rule_conf *r = ARENA_NEW(ctx->arena, struct rule_conf);

	r->action = FR_ACT_TO_TBL;
	r->protocol = ROUTE_PROTOCOL;
	r->suppress_prefix_len = r->suppress_ifgroup = -1;
	r->place = block_word_place(line, 0);
	r->text = route_words_text(&w);
	while (!w.bad && w.at < line->n_words) {
		if (!route_words_option(&w, options, r)) {
			w.at++;
			route_words_refuse(&w, "is no word of a rule");
		}
	}
	if (!w.bad)
		settle(&w, r);
	return w.bad ? NULL : r;
}
