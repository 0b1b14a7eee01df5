/*
 * Rows of bfd_instance, and track_bfd's list of them (track_conf.c reads that block). What
 * Keepalived 2.2.7 complains of and goes on with is a warning here too. `interface` is
 * relais' own, `multihop` is of Keepalived 2.4. Target: struct bfd_block.
 */
#include <net/if.h>
#include <stdlib.h>

#include "failover/conf/failover_build.h"

enum { NAME_MAX_LEN = 31, HOPS_UNSET = -2, HOPS_ANY = 255 };
#define MS_MOST 4294967.0

struct bfd_block {
	struct vrrp_bfd_conf *conf;
	int ttl, max_hops;
	bool unusable; /* said already */
};

static bool read_ip(struct conf_ctx *ctx, const struct conf_line *line, struct addr *out)
{
	failover_rows_extra(ctx, line, 2);
	return failover_value_host(line->words[1].text, out);
}

static void read_neighbor(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct bfd_block *block = target;

	if (read_ip(ctx, line, &block->conf->neighbor))
		return;
	block->unusable = true;
	FAILOVER_WARN(ctx, line, 1, "'%s' is no IP address: bfd_instance %s is left out",
		      line->words[1].text, block->conf->name);
}

static void read_source(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct addr a;

	if (read_ip(ctx, line, &a))
		((struct bfd_block *)target)->conf->source = a;
	else
		FAILOVER_WARN(ctx, line, 1, "'%s' is no IP address, left out", line->words[1].text);
}

static void read_interface(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (strlen(line->words[1].text) >= IFNAMSIZ)
		FAILOVER_ERROR(ctx, line, 1, "'%s' is too long for an interface's name",
			       line->words[1].text);
	((struct bfd_block *)target)->conf->interface = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

/* Milliseconds, to the microsecond. */
static void read_ms(struct conf_ctx *ctx, const struct conf_line *line, double least, int64_t *out)
{
	const char *text = line->words[1].text, *dot = strchr(text, '.');
	double ms;
	char *end;

	failover_rows_extra(ctx, line, 2);
	ms = strtod(text, &end);
	if (*end || strspn(text, "0123456789.") != strlen(text) || !(ms >= least) || ms > MS_MOST) {
		FAILOVER_WARN(ctx, line, 1,
			      "'%s': '%s' is not a time from %.0f to %.0f ms, the default is taken",
			      line->words[0].text, text, least, MS_MOST);
		return;
	}
	if (dot && strlen(dot + 1) > 3)
		FAILOVER_WARN(ctx, line, 1, "'%s': what is below a microsecond does not count",
			      line->words[0].text);
	*out = (int64_t)(ms * 1000);
}

static void read_min_rx(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_ms(ctx, line, 1, &((struct bfd_block *)target)->conf->min_rx_us);
}

static void read_min_tx(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_ms(ctx, line, 1, &((struct bfd_block *)target)->conf->min_tx_us);
}

static void read_idle_tx(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_ms(ctx, line, 1000, &((struct bfd_block *)target)->conf->idle_tx_us);
}

static void read_multiplier(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, 255, &n, "5 is taken"))
		((struct bfd_block *)target)->conf->multiplier = (unsigned)n;
	failover_rows_extra(ctx, line, 2);
}

static void read_ttl(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, 255, &n, "the default is taken"))
		((struct bfd_block *)target)->ttl = (int)n;
	failover_rows_extra(ctx, line, 2);
}

static void read_max_hops(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, -1, 255, &n, "0 is taken"))
		((struct bfd_block *)target)->max_hops = (int)n;
	failover_rows_extra(ctx, line, 2);
}

/* N [reverse]: the word `weight` stands at 0. */
static void read_weight(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_bfd_conf *conf = ((struct bfd_block *)target)->conf;

	failover_value_weight(ctx, line, 0, 253, &conf->weight, &conf->weight_reverse);
}

static void read_flag(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct bfd_block *block = target;
	const char *word = line->words[0].text;

	if (strcmp(word, "passive") == 0)
		block->conf->passive = true;
	else if (strcmp(word, "vrrp") == 0)
		block->conf->for_vrrp = true;
	else
		block->conf->for_checker = true;
	failover_rows_extra(ctx, line, 1);
}

static void read_multihop(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_bool(ctx, line, 1, &((struct bfd_block *)target)->conf->multihop);
	failover_rows_extra(ctx, line, 2);
}

/* ---- the block ---- */

static bool same_addr(const struct addr *a, const struct addr *b)
{
	return a->len && b->len ? addr_eq(a, b, false) : a->len == b->len;
}

static void settle_hops(struct conf_ctx *ctx, const struct conf_line *line, struct bfd_block *block)
{
	struct vrrp_bfd_conf *conf = block->conf;
	bool v6 = conf->neighbor.sa.sa_family == AF_INET6;

	conf->ttl = block->ttl ? block->ttl : v6 ? 64 : 255;
	if (block->max_hops == HOPS_UNSET)
		block->max_hops = 0;
	if (block->max_hops < 0)
		block->max_hops = HOPS_ANY;
	if (block->max_hops > conf->ttl && block->max_hops != HOPS_ANY)
		FAILOVER_WARN(ctx, line, 1, "%s: max_hops is above the %s %d, which is taken",
			      conf->name, v6 ? "hop limit" : "ttl", conf->ttl);
	conf->min_ttl = block->max_hops == HOPS_ANY ? 0 : conf->ttl - block->max_hops;
	if (conf->min_ttl < 0)
		conf->min_ttl = 0;
	if (!conf->multihop && conf->min_ttl < 255)
		conf_note(ctx->diags, conf->place,
			  "bfd_instance %s takes packets with a %s of %d: only 255 on both sides "
			  "proves that nobody beyond the link sent them (RFC 5881 5)",
			  conf->name, v6 ? "hop limit" : "TTL", conf->min_ttl);
}

/* NULL: it may be used. */
static const char *why_not(const struct failover_build *b, const struct bfd_block *block)
{
	const struct vrrp_bfd_conf *conf = block->conf;

	if (!conf->neighbor.len)
		return "it names no neighbor_ip";
	if (conf->source.len && conf->source.sa.sa_family != conf->neighbor.sa.sa_family)
		return "source_ip and neighbor_ip are of two families";
	for (const struct vrrp_bfd_conf *c = b->conf->bfds; c; c = c->next)
		if (same_addr(&c->neighbor, &conf->neighbor) &&
		    same_addr(&c->source, &conf->source) && c->multihop == conf->multihop &&
		    strcmp(c->interface ? c->interface : "",
			   conf->interface ? conf->interface : "") == 0)
			return "another one has its neighbor_ip and source_ip";
	if (conf->neighbor.sa.sa_family == AF_INET6 && !conf->interface &&
	    IN6_IS_ADDR_LINKLOCAL(&conf->neighbor.in6.sin6_addr))
		return "a link-local neighbor_ip needs `interface`";
	return NULL;
}

static bool is_name(struct conf_ctx *ctx, const struct conf_line *line)
{
	const struct failover_build *b = failover_build_of(ctx);
	const char *name = line->words[1].text;

	if (line->n_words < 2 || !*name || strlen(name) > NAME_MAX_LEN) {
		FAILOVER_WARN(ctx, line, 1,
			      "a bfd_instance needs a name of up to %d characters, this one is not "
			      "used",
			      NAME_MAX_LEN);
		return false;
	}
	for (const struct vrrp_bfd_conf *c = b->conf->bfds; c; c = c->next)
		if (strcmp(c->name, name) == 0) {
			FAILOVER_WARN(ctx, line, 1,
				      "bfd_instance '%s' is there already: the first counts", name);
			return false;
		}
	return true;
}

static void read_bfd(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_bfd_conf *conf = ARENA_NEW(ctx->arena, struct vrrp_bfd_conf), **tail;
	struct bfd_block block = {.conf = conf, .max_hops = HOPS_UNSET};
	struct failover_build *b = target;
	const char *why;

	if (!is_name(ctx, line))
		return;
	failover_rows_extra(ctx, line, 2);
	*conf = (struct vrrp_bfd_conf){.name = line->words[1].text,
				       .min_rx_us = 10000,
				       .min_tx_us = 10000,
				       .idle_tx_us = 1000000,
				       .multiplier = 5,
				       .place = block_word_place(line, 0)};
	failover_rows_walk(b, block_node_of(line)->children, FAILOVER_BFD, "bfd_instance", &block);
	if (block.unusable)
		return;
	why = why_not(b, &block);
	if (why) {
		FAILOVER_WARN(ctx, line, 1, "bfd_instance %s is left out: %s", conf->name, why);
		return;
	}
	settle_hops(ctx, line, &block);
	if (!conf->for_vrrp && !conf->for_checker)
		conf->for_vrrp = conf->for_checker = true;
	for (tail = &b->conf->bfds; *tail; tail = &(*tail)->next)
		;
	*tail = conf;
}

#define ROW(word, how, what, text)                                                         \
	{                                                                                  \
		.name = word, .sections = FAILOVER_BFD, .type = CONF_CUSTOM, .parse = how, \
		.args = what, .doc = text, .since = "0.1"                                  \
	}

const struct conf_keyword failover_bfd_rows[] = {
	{.name = "bfd_instance",
	 .sections = FAILOVER_TOP,
	 .type = CONF_CUSTOM,
	 .parse = read_bfd,
	 .args = "{ ... }",
	 .doc = "a BFD session, for track_bfd",
	 .since = "0.1"},
	ROW("neighbor_ip", read_neighbor, "<address>", "who is to be there"),
	ROW("neighbour_ip", read_neighbor, "<address>", "as neighbor_ip"),
	ROW("source_ip", read_source, "<address>", "where packets come from"),
	ROW("interface", read_interface, "<name>", "the link that packets must use (relais' own)"),
	ROW("min_rx", read_min_rx, "<ms>", "how fast the neighbor may send, 10 by default"),
	ROW("min_tx", read_min_tx, "<ms>", "how fast we want to send, 10 by default"),
	ROW("idle_tx", read_idle_tx, "<ms>",
	    "the same while the session is not up, 1000 by default"),
	ROW("multiplier", read_multiplier, "<1..255>",
	    "packets missed until the neighbor counts as gone, 5 by default"),
	ROW("passive", read_flag, NULL, "says nothing until the neighbor does"),
	ROW("ttl", read_ttl, "<1..255>", "of packets over IPv4, 255 by default"),
	ROW("hoplimit", read_ttl, "<1..255>", "of packets over IPv6, 64 by default"),
	ROW("max_hops", read_max_hops, "<-1..255>",
	    "packets may come with a TTL so much below ours, 0 by default; 255 or -1: with any"),
	ROW("multihop", read_multihop, "[<bool>]",
	    "RFC 5883: UDP port 4784; where there are hops, max_hops says how many"),
	ROW("weight", read_weight, "<-253..253> [reverse]",
	    "added to the priority by track_bfd; 0, the default: a fault"),
	ROW("vrrp", read_flag, NULL, "for track_bfd, as by default"),
	ROW("checker", read_flag, NULL,
	    "for BFD_CHECK only; with vrrp too, as by default, for both"),
	{.name = NULL},
};
