/*
 * Rows of virtual_server_group (addresses, ranges of them, fwmarks) and of the block SSL.
 */
#include <stdlib.h>

#include "failover/virtual/virtual_build.h"

enum { RANGE_MAX = 65536 };

/* The last two bytes of the address: what a range "A-B" counts in IPv6; IPv4 counts one. */
static unsigned tail_of(const struct addr *a)
{
	if (a->sa.sa_family == AF_INET)
		return ntohl(a->in4.sin_addr.s_addr) & 0xff;
	return (unsigned)(a->in6.sin6_addr.s6_addr[14] << 8 | a->in6.sin6_addr.s6_addr[15]);
}

/* "A-N", "A-B" or "A/BITS" behind what was read into first. 0: it is none of these. */
static unsigned range_by_end(const struct addr *first, const char *text)
{
	bool v4 = first->sa.sa_family == AF_INET;
	unsigned long end;
	struct addr last;
	char *rest;

	if (addr_parse_ip(&last, slice_of(text), 0) && last.sa.sa_family == first->sa.sa_family) {
		if (!v4)
			return memcmp(&last.in6.sin6_addr, &first->in6.sin6_addr, 14) == 0 &&
					       tail_of(&last) > tail_of(first)
				       ? tail_of(&last) - tail_of(first) + 1
				       : 0;
		end = ntohl(last.in4.sin_addr.s_addr) -
		      (unsigned long)ntohl(first->in4.sin_addr.s_addr);
		return end > 0 && end < RANGE_MAX ? (unsigned)end + 1 : 0;
	}
	end = strtoul(text, &rest, v4 ? 10 : 16);
	if (!*text || *rest || end > (v4 ? 0xff : 0xffff) || end <= tail_of(first))
		return 0;
	return (unsigned)end - tail_of(first) + 1;
}

static unsigned range_by_mask(const struct addr *first, const char *text)
{
	unsigned bits_max = first->sa.sa_family == AF_INET ? 32 : 128, bits, n;
	unsigned long long value;

	if (!slice_to_uint(slice_of(text), bits_max, &value))
		return 0;
	bits = bits_max - (unsigned)value;
	if (bits > 16)
		return 0;
	n = 1u << bits;
	if (first->sa.sa_family == AF_INET)
		return ntohl(first->in4.sin_addr.s_addr) & (n - 1) ? 0 : n;
	return tail_of(first) & (n - 1) ? 0 : n;
}

static bool read_range(struct conf_ctx *ctx, const struct conf_line *line,
		       struct virtual_address_conf *out)
{
	const char *text = line->words[0].text, *sep = strpbrk(text, "-/");
	long long port = 0;

	if (line->n_words > 1 && !failover_value_int(ctx, line, 1, 0, 65535, &port, "left out"))
		return false;
	if (!addr_parse_ip(&out->first,
			   (struct slice){text, sep ? (size_t)(sep - text) : strlen(text)},
			   (unsigned)port)) {
		FAILOVER_WARN(ctx, line, 0, "'%s' is no IP address, left out", text);
		return false;
	}
	out->n = !sep	       ? 1
		 : *sep == '-' ? range_by_end(&out->first, sep + 1)
			       : range_by_mask(&out->first, sep + 1);
	if (!out->n)
		FAILOVER_WARN(ctx, line, 0,
			      "'%s' is no range of addresses: its end must be greater than its "
			      "start, the bits behind a mask 0; left out",
			      text);
	return out->n > 0;
}

static bool read_fwmark(struct conf_ctx *ctx, const struct conf_line *line,
			struct virtual_address_conf *out)
{
	const char *family = line->n_words > 2 ? line->words[2].text : "inet";
	long long mark;

	if (!failover_value_int(ctx, line, 1, 0, 4294967295LL, &mark, "left out"))
		return false;
	if (strcmp(family, "inet") != 0 && strcmp(family, "inet6") != 0) {
		FAILOVER_WARN(ctx, line, 2, "'%s' is neither inet nor inet6, left out", family);
		return false;
	}
	out->is_fwmark = true;
	return true;
}

static void read_group(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;
	struct virtual_group_conf *g = ARENA_NEW(ctx->arena, struct virtual_group_conf), **tail;
	struct virtual_address_conf **last = &g->addresses;

	g->name = line->words[1].text;
	g->place = block_word_place(line, 0);
	failover_rows_extra(ctx, line, 2);
	for (const struct block_node *n = block_node_of(line)->children; n; n = n->next) {
		struct virtual_address_conf *a = ARENA_NEW(ctx->arena, struct virtual_address_conf);
		bool mark = strcmp(n->line.words[0].text, "fwmark") == 0;

		failover_rows_no_block(ctx, n);
		a->place = block_word_place(&n->line, 0);
		if (!(mark ? read_fwmark : read_range)(ctx, &n->line, a))
			continue;
		failover_rows_extra(ctx, &n->line, mark ? 3 : 2);
		*last = a;
		last = &a->next;
	}
	if (!g->addresses) {
		FAILOVER_WARN(ctx, line, 1, "virtual_server_group '%s' has no entries, left out",
			      g->name);
		return;
	}
	for (tail = &b->conf->virtual_servers->groups; *tail; tail = &(*tail)->next) {
		if (strcmp((*tail)->name, g->name) != 0)
			continue;
		FAILOVER_ADVISE(ctx, line, 1,
				"virtual_server_group '%s' is there already: the first counts",
				g->name);
		return;
	}
	*tail = g;
}

static void read_tls(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;

	failover_rows_extra(ctx, line, 1);
	failover_rows_walk(b, block_node_of(line)->children, FAILOVER_SSL, "SSL",
			   b->conf->virtual_servers);
}

/* A client's certificate for SSL_GET: read, and said once that none is shown. */
static void read_tls_word(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct virtual_conf *conf = target;

	if (conf->tls_certificate)
		return;
	conf->tls_certificate = line->words[1].text;
	FAILOVER_ADVISE(ctx, line, 0,
			"'SSL' is without effect: relais' checks show no certificate of their own "
			"and take any of a real server");
}

/* lvs_timeouts [tcp SECS] [tcpfin SECS] [udp SECS] */
static void read_timeouts(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;
	long long n;

	for (unsigned i = 1; i < line->n_words; i += 2) {
		const char *word = line->words[i].text;
		bool tcp = strcmp(word, "tcp") == 0, fin = strcmp(word, "tcpfin") == 0;

		if (!tcp && !fin && strcmp(word, "udp") != 0) {
			FAILOVER_WARN(ctx, line, i,
				      "lvs_timeouts takes tcp, tcpfin and udp, not '%s'", word);
			return;
		}
		if (!failover_value_int(ctx, line, i + 1, 0, 2678400, &n, "left out"))
			continue;
		if (tcp)
			b->conf->virtual_servers->tcp_us = n * 1000000;
		else if (fin)
			b->conf->virtual_servers->tcp_fin_us = n * 1000000;
	}
}

const struct conf_keyword virtual_group_rows[] = {
	VIRTUAL_ROW(FAILOVER_TOP, "virtual_server_group", read_group, "<name> { ... }",
		    "addresses that one virtual_server serves"),
	VIRTUAL_ROW(FAILOVER_TOP, "SSL", read_tls, "{ ... }", "the certificate that SSL_GET shows"),
	VIRTUAL_ROW(FAILOVER_SSL, "password", read_tls_word, "<text>", "of the key"),
	VIRTUAL_ROW(FAILOVER_SSL, "ca", read_tls_word, "<file>", "who may have signed"),
	VIRTUAL_ROW(FAILOVER_SSL, "certificate", read_tls_word, "<file>", "the certificate"),
	VIRTUAL_ROW(FAILOVER_SSL, "key", read_tls_word, "<file>", "its key"),
	VIRTUAL_ROW(FAILOVER_GLOBAL, "lvs_timeouts", read_timeouts,
		    "[tcp <seconds>] [tcpfin <seconds>] [udp <seconds>]",
		    "how long connections to virtual servers may be idle, 900 and 120 by default"),
	VIRTUAL_ROW(FAILOVER_GLOBAL, "checker_log_all_failures", virtual_log_all_read, "[<bool>]",
		    "failed checks are always logged when they change something"),
	{.name = NULL},
};
