/*
 * Rows of virtual_server. Target: struct virtual_server_conf.
 */
#include <limits.h>

#include "failover/virtual/virtual_build.h"

enum { PERSISTENCE_DEFAULT_S = 360, PERSISTENCE_MAX_S = 2678400 };

static struct virtual_server_conf *server_of(void *target)
{
	return target;
}

static void read_scheduler(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const names[] = {"rr", "wrr", "lc",	  "wlc", "lblc", "sh",	 "mh", "dh",
					    "fo", "ovf", "lblcr", "sed", "nq",	 "twos", NULL};
	struct virtual_server_conf *v = server_of(target);

	failover_rows_extra(ctx, line, 2);
	for (const char *const *n = names; *n; n++) {
		if (strcmp(*n, line->words[1].text) == 0) {
			v->scheduler = *n;
			v->scheduler_at = block_word_place(line, 1);
			return;
		}
	}
	FAILOVER_WARN(ctx, line, 1, "'%s' is no scheduler, left out", line->words[1].text);
}

/* Behind TUN: type ipip|gue port N|gre, nocsum|csum|remcsum. Read for its mistakes only. */
static void check_tunnel(struct conf_ctx *ctx, const struct conf_line *line)
{
	bool gue = false, port = false;
	long long n;

	for (unsigned i = 2; i < line->n_words; i++) {
		const char *word = line->words[i].text, *next = line->words[i + 1].text;

		if (strcmp(word, "type") == 0 &&
		    (strcmp(next, "ipip") == 0 || strcmp(next, "gue") == 0 ||
		     strcmp(next, "gre") == 0)) {
			gue = strcmp(next, "gue") == 0;
			i++;
		} else if (strcmp(word, "port") == 0) {
			port = failover_value_int(ctx, line, ++i, 1, 65535, &n, "left out");
		} else if (strcmp(word, "nocsum") != 0 && strcmp(word, "csum") != 0 &&
			   strcmp(word, "remcsum") != 0) {
			FAILOVER_WARN(ctx, line, i, "'%s' says nothing of a tunnel", word);
			return;
		}
	}
	if (gue != port)
		FAILOVER_WARN(ctx, line, 1, "tunnels of type gue need a port, others have none");
}

static void read_method_into(struct conf_ctx *ctx, const struct conf_line *line, int *out)
{
	const char *word = line->words[1].text;

	if (strcmp(word, "TUN") == 0) {
		*out = VIRTUAL_TUN;
		check_tunnel(ctx, line);
		return;
	}
	if (line->n_words > 2)
		FAILOVER_WARN(ctx, line, 2, "'%s' says nothing of %s", line->words[2].text, word);
	if (strcmp(word, "NAT") == 0)
		*out = VIRTUAL_NAT;
	else if (strcmp(word, "DR") == 0)
		*out = VIRTUAL_DR;
	else
		FAILOVER_WARN(ctx, line, 1, "'%s' is none of NAT, DR, TUN, left out", word);
}

static void read_method(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (failover_build_of(ctx)->section == FAILOVER_REAL)
		read_method_into(ctx, line, &((struct virtual_real_conf *)target)->method);
	else
		read_method_into(ctx, line, &server_of(target)->method);
}

static void read_protocol(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const names[] = {"TCP", "UDP", "SCTP"};
	struct virtual_server_conf *v = server_of(target);

	failover_rows_extra(ctx, line, 2);
	for (unsigned i = 0; i < 3; i++) {
		if (strcasecmp(names[i], line->words[1].text) == 0) {
			v->protocol = (enum virtual_protocol)(VIRTUAL_TCP + i);
			return;
		}
	}
	FAILOVER_WARN(ctx, line, 1, "'%s' is none of TCP, UDP, SCTP, left out",
		      line->words[1].text);
}

static void read_persistence(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long seconds = PERSISTENCE_DEFAULT_S;

	if (line->n_words > 1 &&
	    !failover_value_int(ctx, line, 1, 1, PERSISTENCE_MAX_S, &seconds, "left out"))
		return;
	server_of(target)->persistence_us = seconds * 1000000;
	failover_rows_extra(ctx, line, 2);
}

/* A mask, or how many bits of it are set. */
static void read_granularity(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const char *text = line->words[1].text;
	unsigned long long bits;
	struct addr mask;
	uint32_t n;

	failover_rows_extra(ctx, line, 2);
	if (slice_to_uint(slice_of(text), 128, &bits) && bits > 0) {
		server_of(target)->persistence_bits = (unsigned)bits;
		return;
	}
	if (!addr_parse_ip(&mask, slice_of(text), 0) || mask.sa.sa_family != AF_INET) {
		FAILOVER_WARN(ctx, line, 1, "'%s' is no netmask, left out", text);
		return;
	}
	n = ntohl(mask.in4.sin_addr.s_addr);
	for (bits = 0; bits < 32 && n & (1u << (31 - bits)); bits++)
		n &= ~(1u << (31 - bits));
	if (n || !bits)
		FAILOVER_ADVISE(ctx, line, 1, "'%s' has holes, left out", text);
	else
		server_of(target)->persistence_bits = (unsigned)bits;
}

static void read_flag(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const char *word = line->words[0].text, *sched = server_of(target)->scheduler;

	if (word[0] == 'f' || (sched && strncmp(word, sched, strlen(sched)) == 0))
		FAILOVER_ADVISE(ctx, line, 0,
				"'%s' is without effect: it is a matter of IPVS' scheduler", word);
	else
		FAILOVER_WARN(ctx, line, 0, "'%s' does not belong to this scheduler, left out",
			      word);
	failover_rows_extra(ctx, line, 1);
}

static void read_suspend(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)target;
	FAILOVER_ADVISE(ctx, line, 0,
			"'ha_suspend' is without effect: checks go on, so that a takeover finds "
			"them done");
	failover_rows_extra(ctx, line, 1);
}

static void read_omega(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	server_of(target)->omega = true;
	failover_rows_extra(ctx, line, 1);
}

static void read_ops(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	server_of(target)->ops = true;
	failover_rows_extra(ctx, line, 1);
}

static void read_count(struct conf_ctx *ctx, const struct conf_line *line, long long least,
		       unsigned long *out)
{
	long long n;

	if (failover_value_int(ctx, line, 1, least, UINT_MAX, &n, "left out"))
		*out = (unsigned long)n;
	failover_rows_extra(ctx, line, 2);
}

static void read_quorum(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_count(ctx, line, 1, &server_of(target)->quorum);
}

static void read_hysteresis(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_count(ctx, line, 0, &server_of(target)->hysteresis);
}

static void read_quorum_up(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	virtual_scripts_read(ctx, line, &server_of(target)->quorum_up);
}

static void read_quorum_down(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	virtual_scripts_read(ctx, line, &server_of(target)->quorum_down);
}

static void read_family(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct virtual_address_conf *a = server_of(target)->addresses;
	const char *word = line->words[1].text;
	int family = strcmp(word, "inet") == 0	  ? AF_INET
		     : strcmp(word, "inet6") == 0 ? AF_INET6
						  : 0;

	if (!family)
		FAILOVER_WARN(ctx, line, 1, "'%s' is neither inet nor inet6, left out", word);
	else if (a && !a->is_fwmark && a->first.sa.sa_family != family)
		FAILOVER_WARN(ctx, line, 1, "'%s' is not the family of this virtual server", word);
}

static void read_sorry_inhibit(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (!server_of(target)->sorry)
		FAILOVER_WARN(ctx, line, 0,
			      "'sorry_server_inhibit' before a sorry_server, left out");
	failover_rows_extra(ctx, line, 1);
}

static void read_sorry_method(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct virtual_real_conf *sorry = server_of(target)->sorry;

	if (sorry)
		read_method_into(ctx, line, &sorry->method);
	else
		FAILOVER_WARN(ctx, line, 0, "'%s' before a sorry_server, left out",
			      line->words[0].text);
}

static void read_weight(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_int(ctx, line, 1, 0, INT_MAX, &server_of(target)->weight, "left out");
	failover_rows_extra(ctx, line, 2);
}

static void read_engine(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)target;
	FAILOVER_ADVISE(ctx, line, 0,
			"'persistence_engine' is without effect: clients are known by "
			"their address");
}

static void read_alert(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	bool real = failover_build_of(ctx)->section == FAILOVER_REAL, on;

	if (failover_value_bool(ctx, line, 1, &on)) {
		if (real)
			((struct virtual_real_conf *)target)->alert = on;
		else
			server_of(target)->alert = on;
	}
	failover_rows_extra(ctx, line, 2);
}

static void read_snmp_name(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)target;
	failover_rows_extra(ctx, line, 2); /* nobody reads it */
}

/* ---- the block ---- */

/* IP [PORT], fwmark N, group NAME. */
static bool read_head(struct conf_ctx *ctx, const struct conf_line *line,
		      struct virtual_server_conf *v)
{
	const char *word = line->words[1].text;
	struct virtual_address_conf *a;
	long long mark;

	v->label = conf_line_join(ctx->arena, line, 1);
	failover_rows_extra(ctx, line, 3);
	if (strcmp(word, "group") == 0) {
		v->group_name = line->words[2].text;
		if (line->n_words < 3)
			FAILOVER_WARN(ctx, line, 1, "a virtual_server of a group without its name");
		return line->n_words > 2;
	}
	a = ARENA_NEW(ctx->arena, struct virtual_address_conf);
	a->n = 1;
	a->place = block_word_place(line, 1);
	v->addresses = a;
	if (strcmp(word, "fwmark") == 0) {
		a->is_fwmark = true;
		return failover_value_int(ctx, line, 2, 0, UINT_MAX, &mark, "left out");
	}
	return virtual_address_read(ctx, line, 1, true, &a->first);
}

static void read_server(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;
	struct virtual_server_conf *v = ARENA_NEW(ctx->arena, struct virtual_server_conf);
	struct virtual_server_conf **tail = &b->conf->virtual_servers->servers;
	bool good = read_head(ctx, line, v);

	virtual_times_init(&v->times);
	v->method = v->alert = VIRTUAL_UNSET;
	v->weight = 1;
	v->quorum = 1;
	v->place = block_word_place(line, 0);
	failover_rows_walk(b, block_node_of(line)->children, FAILOVER_VIRTUAL, "virtual_server", v);
	while (*tail)
		tail = &(*tail)->next;
	if (good)
		*tail = v;
	else
		FAILOVER_WARN(ctx, line, 0, "virtual_server %s is left out", v->label);
}

#define ROW(word, how, what, text) VIRTUAL_ROW(FAILOVER_VIRTUAL, word, how, what, text)

static const char command[] = "<command> [<user> [<group>]]";
static const char ipvs[] = "without effect: a matter of IPVS";

const struct conf_keyword virtual_server_rows[] = {
	VIRTUAL_ROW(FAILOVER_TOP, "virtual_server", read_server,
		    "<address> [<port>] | fwmark <n> | group <name> { ... }",
		    "an address whose TCP connections are spread over real servers"),
	ROW("real_server", virtual_real_read, "<address> [<port>] { ... }", "one that serves"),
	ROW("sorry_server", virtual_sorry_read, "<address> [<port>]",
	    "serves while the quorum is not reached"),
	ROW("sorry_server_inhibit", read_sorry_inhibit, NULL, ipvs),
	ROW("sorry_server_lvs_method", read_sorry_method, "NAT|DR|TUN", ipvs),
	ROW("sorry_server_lb_kind", read_sorry_method, "NAT|DR|TUN", ipvs),
	ROW("lvs_sched", read_scheduler, "<name>", "who is chosen: rr wrr lc wlc sh ..."),
	ROW("lb_algo", read_scheduler, "<name>", "an old name of lvs_sched"),
	VIRTUAL_ROW(VIRTUAL_IN_SERVERS, "lvs_method", read_method, "NAT|DR|TUN [<option> ...]",
		    "without effect: connections are proxied"),
	ROW("lb_kind", read_method, "NAT|DR|TUN [<option> ...]", "an old name of lvs_method"),
	ROW("protocol", read_protocol, "TCP|UDP|SCTP", "only TCP is served"),
	ROW("persistence_timeout", read_persistence, "[<seconds>]",
	    "for so long a client stays with its server, 360 by default"),
	ROW("persistence_granularity", read_granularity, "<netmask>",
	    "clients of one network are one client"),
	ROW("persistence_engine", read_engine, "<name>", ipvs),
	ROW("flag-1", read_flag, NULL, ipvs),
	ROW("flag-2", read_flag, NULL, ipvs),
	ROW("flag-3", read_flag, NULL, ipvs),
	ROW("sh-port", read_flag, NULL, ipvs),
	ROW("sh-fallback", read_flag, NULL, ipvs),
	ROW("mh-port", read_flag, NULL, ipvs),
	ROW("mh-fallback", read_flag, NULL, ipvs),
	ROW("hashed", read_flag, NULL, ipvs),
	ROW("ops", read_ops, NULL, "for UDP, which is not served"),
	ROW("ha_suspend", read_suspend, NULL, "without effect: checks always go on"),
	ROW("omega", read_omega, NULL,
	    "a stop runs quorum_down, and notify_down of servers that are up"),
	ROW("quorum", read_quorum, "<weight>",
	    "of the servers that are up; with less the sorry_server serves"),
	ROW("hysteresis", read_hysteresis, "<weight>", "around the quorum, against flapping"),
	ROW("quorum_up", read_quorum_up, command, "run when the quorum is reached"),
	ROW("quorum_down", read_quorum_down, command, "run when the quorum is lost"),
	ROW("ip_family", read_family, "inet|inet6", "of a fwmark"),
	ROW("weight", read_weight, "<0..2147483647>", "of real servers that say none"),
	VIRTUAL_ROW(VIRTUAL_IN_SERVERS, "smtp_alert", read_alert, "[<bool>]",
		    "mail when it goes down or comes up; a virtual server: when its quorum does"),
	VIRTUAL_ROW(VIRTUAL_IN_SERVERS, "snmp_name", read_snmp_name, "<name>",
		    "without effect: there is no SNMP agent"),
	{.name = NULL},
};
