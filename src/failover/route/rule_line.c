/*
 * One line of virtual_rules or static_rules, in the words of `ip rule`. See route_words.h. A rule
 * without a preference gets one from 16384 downwards, as Keepalived gives it.
 */
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "failover/route/route_words.h"

struct rule_line {
	struct route_words words; /* first */
	struct rule_conf *rule;
	bool priority_set, table_set;
	uint32_t argument; /* of the option's row */
};

typedef void option_fn(struct rule_line *l);

static struct route_words *W(struct rule_line *l)
{
	return &l->words;
}

static void read_from(struct rule_line *l)
{
	route_words_prefix(W(l), &l->rule->from, &l->rule->from_len);
}

static void read_to(struct rule_line *l)
{
	route_words_prefix(W(l), &l->rule->to, &l->rule->to_len);
}

static void read_iif(struct rule_line *l)
{
	route_words_device(W(l), &l->rule->iif);
}

static void read_oif(struct rule_line *l)
{
	route_words_device(W(l), &l->rule->oif);
}

static void read_table(struct rule_line *l)
{
	l->table_set = route_words_named(W(l), "rt_tables", UINT32_MAX, &l->rule->table);
}

static void read_priority(struct rule_line *l)
{
	l->priority_set = route_words_number(W(l), "a number", UINT32_MAX, &l->rule->priority);
}

static void read_realms(struct rule_line *l)
{
	route_words_realms(W(l), &l->rule->realms);
}

static void read_tos(struct rule_line *l)
{
	uint32_t n;

	if (route_words_named(W(l), "rt_dsfield", 255, &n))
		l->rule->tos = (uint8_t)n;
}

static void read_protocol(struct rule_line *l)
{
	uint32_t n;

	if (route_words_named(W(l), "rt_protos", 255, &n))
		l->rule->protocol = (uint8_t)n;
}

/* Cuts "A<sep>B"; B is A when it is not there. */
static bool take_two(struct rule_line *l, char sep, unsigned long long most,
		     unsigned long long two[2], bool *both)
{
	struct slice rest = slice_of(route_words_take(W(l), "a number or two"));
	struct slice first = slice_cut(&rest, sep);

	*both = rest.len > 0;
	if (!l->words.bad && slice_to_uint(first, most, &two[0]) &&
	    (!*both || slice_to_uint(rest, most, &two[1])))
		return true;
	route_words_refuse(W(l), "is not such a number, or two");
	return false;
}

/* MARK[/MASK], each decimal or hexadecimal. */
static void read_mark(struct rule_line *l)
{
	const char *text = route_words_take(W(l), "a mark");
	unsigned long mark, mask = UINT32_MAX;
	char *end;

	mark = strtoul(text, &end, 0);
	if (*end == '/' && end != text)
		mask = strtoul(end + 1, &end, 0);
	if (l->words.bad)
		return;
	if (end == text || *end || mark > UINT32_MAX || mask > UINT32_MAX)
		route_words_refuse(W(l), "is no mark");
	l->rule->mark = (uint32_t)mark;
	l->rule->mask = (uint32_t)mask;
	l->rule->mark_set = true;
}

static void read_uids(struct rule_line *l)
{
	unsigned long long two[2];
	bool both;

	if (!take_two(l, '-', UINT32_MAX, two, &both))
		return;
	l->rule->uid_first = (uint32_t)two[0];
	l->rule->uid_last = (uint32_t)two[both];
	l->rule->uid_set = true;
}

static void read_ports(struct rule_line *l)
{
	struct rule_conf *r = l->rule;
	unsigned long long two[2];
	bool both;

	if (!take_two(l, '-', 65535, two, &both))
		return;
	*(l->argument ? &r->dport_first : &r->sport_first) = (uint16_t)two[0];
	*(l->argument ? &r->dport_last : &r->sport_last) = (uint16_t)two[both];
}

static void read_ip_proto(struct rule_line *l)
{
	static const struct {
		const char *name;
		uint8_t number;
	} names[] = {{"icmp", 1}, {"igmp", 2}, {"tcp", 6},    {"udp", 17},
		     {"esp", 50}, {"ah", 51},  {"sctp", 132}, {"ipv6-icmp", 58}};
	struct route_words *w = W(l);
	uint32_t n;

	for (size_t i = 0; w->at < w->line->n_words && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(w->line->words[w->at].text, names[i].name) == 0) {
			l->rule->ip_proto = names[i].number;
			w->at++;
			return;
		}
	}
	if (route_words_number(w, "a protocol", 255, &n))
		l->rule->ip_proto = (uint8_t)n;
}

static void read_tun_id(struct rule_line *l)
{
	unsigned long long two[2];
	bool both;

	if (take_two(l, '-', UINT32_MAX, two, &both))
		l->rule->tun_id = two[0];
}

static void read_goto(struct rule_line *l)
{
	if (route_words_number(W(l), "a preference", UINT32_MAX, &l->rule->go_to))
		l->rule->action = FR_ACT_GOTO;
}

static void read_action(struct rule_line *l)
{
	l->rule->action = (uint8_t)l->argument;
}

static void read_family(struct rule_line *l)
{
	if (l->words.family != AF_UNSPEC && l->words.family != (int)l->argument)
		route_words_refuse(W(l), "does not go with an address of the other family");
	l->words.family = (int)l->argument;
}

static void read_suppress_len(struct rule_line *l)
{
	uint32_t n;

	if (route_words_number(W(l), "a prefix length", 128, &n))
		l->rule->suppress_prefix_len = (int)n;
}

static void read_suppress_group(struct rule_line *l)
{
	uint32_t n;

	if (route_words_named(W(l), "group", INT32_MAX, &n))
		l->rule->suppress_ifgroup = (int)n;
}

static void read_not(struct rule_line *l)
{
	l->rule->invert = true;
}

static void read_l3mdev(struct rule_line *l)
{
	l->rule->l3mdev = true;
}

static void read_no_track(struct rule_line *l)
{
	l->rule->no_track = true;
}

static void read_track_group(struct rule_line *l)
{
	l->rule->track_group = route_words_take(W(l), "a name");
}

static const struct option {
	const char *name;
	option_fn *read;
	uint32_t argument;
} options[] = {
	{"from", read_from, 0},
	{"to", read_to, 0},
	{"iif", read_iif, 0},
	{"dev", read_iif, 0},
	{"oif", read_oif, 0},
	{"table", read_table, 0},
	{"lookup", read_table, 0},
	{"priority", read_priority, 0},
	{"preference", read_priority, 0},
	{"pref", read_priority, 0},
	{"order", read_priority, 0},
	{"realms", read_realms, 0},
	{"tos", read_tos, 0},
	{"dsfield", read_tos, 0},
	{"fwmark", read_mark, 0},
	{"protocol", read_protocol, 0},
	{"ip_proto", read_ip_proto, 0},
	{"ipproto", read_ip_proto, 0},
	{"sport", read_ports, 0},
	{"dport", read_ports, 1},
	{"uidrange", read_uids, 0},
	{"tun_id", read_tun_id, 0},
	{"goto", read_goto, 0},
	{"nop", read_action, FR_ACT_NOP},
	{"blackhole", read_action, FR_ACT_BLACKHOLE},
	{"unreachable", read_action, FR_ACT_UNREACHABLE},
	{"prohibit", read_action, FR_ACT_PROHIBIT},
	{"inet", read_family, AF_INET},
	{"inet6", read_family, AF_INET6},
	{"suppress_prefixlength", read_suppress_len, 0},
	{"suppress_prefixlen", read_suppress_len, 0},
	{"suppress_ifgroup", read_suppress_group, 0},
	{"not", read_not, 0},
	{"l3mdev", read_l3mdev, 0},
	{"no_track", read_no_track, 0},
	{"track_group", read_track_group, 0},
	{NULL, NULL, 0},
};

static const struct option *find_option(const char *word)
{
	for (const struct option *o = options; o->name; o++)
		if (strcmp(o->name, word) == 0)
			return o;
	return NULL;
}

static void settle(struct rule_line *l)
{
	struct failover_build *b = failover_build_of(l->words.ctx);
	struct rule_conf *r = l->rule;
	uint32_t *next;

	r->family = l->words.family == AF_UNSPEC ? AF_INET : l->words.family;
	if (r->action == FR_ACT_TO_TBL && !l->table_set && !r->l3mdev)
		r->table = RT_TABLE_MAIN;
	if (l->priority_set)
		return;
	next = r->family == AF_INET6 ? &b->next_rule6 : &b->next_rule4;
	r->priority = (*next)--;
	FAILOVER_WARN(l->words.ctx, l->words.line, 0,
		      "a rule without a preference gets %u, which may not be what is meant",
		      r->priority);
}

struct rule_conf *failover_rule_read(struct conf_ctx *ctx, const struct conf_line *line,
				     bool is_static)
{
	struct rule_line l = {.words = {.ctx = ctx, .line = line, .is_static = is_static},
			      .rule = ARENA_NEW(ctx->arena, struct rule_conf)};
	struct route_words *w = W(&l);

	l.rule->action = FR_ACT_TO_TBL;
	l.rule->protocol = ROUTE_PROTOCOL;
	l.rule->suppress_prefix_len = l.rule->suppress_ifgroup = -1;
	l.rule->place = block_word_place(line, 0);
	l.rule->text = route_words_text(w);
	while (!w->bad && w->at < line->n_words) {
		const struct option *o = find_option(line->words[w->at++].text);

		if (o) {
			l.argument = o->argument;
			o->read(&l);
		} else {
			route_words_refuse(w, "is no word of a rule");
		}
	}
	if (!w->bad)
		settle(&l);
	return w->bad ? NULL : l.rule;
}
