/*
 * One line of virtual_ipaddress or virtual_ipaddress_excluded: address, prefix, options in any
 * order. What cannot be read is left out as Keepalived leaves it out, with a warning.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>

#include "failover/conf/failover_build.h"

struct option {
	const char *name;
	size_t flag_at; /* of a bool in struct vip_conf; 0 = read takes a word */
	bool (*read)(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
		     struct vip_conf *vip);
};

static bool is_six(const struct vip_conf *vip)
{
	return vip->address.sa.sa_family == AF_INET6;
}

static bool read_dev(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
		     struct vip_conf *vip)
{
	if (vip->dev) {
		FAILOVER_WARN(ctx, line, word, "a second interface: the address is left out");
		return false;
	}
	vip->dev = line->words[word].text;
	return true;
}

/* False: the address is left out. */
static bool read_label(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
		       struct vip_conf *vip)
{
	if (is_six(vip)) {
		FAILOVER_WARN(ctx, line, word, "an IPv6 address has no label, left out");
		return true;
	}
	if (strlen(line->words[word].text) >= IFNAMSIZ) {
		FAILOVER_WARN(ctx, line, word,
			      "label '%s' is longer than %d characters, the address is left out",
			      line->words[word].text, IFNAMSIZ - 1);
		return false;
	}
	vip->label = line->words[word].text;
	return true;
}

static bool read_scope(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
		       struct vip_conf *vip)
{
	static const char *const scopes[] = {"global", "site", "link", "host", "nowhere", NULL};
	const char *text = line->words[word].text;
	unsigned long long n;

	if (is_six(vip) && strcmp(text, "global") != 0 && strcmp(text, "0") != 0) {
		FAILOVER_WARN(ctx, line, word,
			      "the scope of an IPv6 address is in its bits, left out");
		return true;
	}
	vip->scope = slice_to_uint(slice_of(text), 255, &n) ? text : NULL;
	for (unsigned i = 0; scopes[i]; i++)
		if (strcmp(scopes[i], line->words[word].text) == 0)
			vip->scope = scopes[i];
	if (!vip->scope)
		FAILOVER_WARN(ctx, line, word, "there is no scope '%s', global is taken",
			      line->words[word].text);
	return true;
}

static bool read_address(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			 const struct vip_conf *vip, struct addr *out)
{
	struct addr a;

	if (!addr_parse_ip(&a, slice_of(line->words[word].text), 0) ||
	    a.sa.sa_family != vip->address.sa.sa_family) {
		FAILOVER_WARN(ctx, line, word, "'%s' is no address of the same family, left out",
			      line->words[word].text);
		return true;
	}
	*out = a;
	return true;
}

/* `brd -` clears the host's bits where `brd +` sets them. */
static struct addr network_of(const struct vip_conf *vip)
{
	uint32_t mask = vip->prefix_len ? UINT32_MAX << (32 - vip->prefix_len) : 0;
	struct addr a = vip->address;

	a.in4.sin_addr.s_addr &= htonl(mask);
	return a;
}

static bool read_broadcast(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			   struct vip_conf *vip)
{
	if (is_six(vip)) {
		FAILOVER_WARN(ctx, line, word,
			      "an IPv6 address has no broadcast address, it is left out");
		return false;
	}
	if (vip->prefix_len > 30)
		FAILOVER_WARN(ctx, line, word, "a /%u has no broadcast address, left out",
			      vip->prefix_len);
	else if (strcmp(line->words[word].text, "+") == 0)
		vip->broadcast_auto = true;
	else if (strcmp(line->words[word].text, "-") == 0)
		vip->broadcast = network_of(vip);
	else
		return read_address(ctx, line, word, vip, &vip->broadcast);
	return true;
}

static bool read_peer(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
		      struct vip_conf *vip)
{
	const char *text = line->words[word].text;
	unsigned whole = is_six(vip) ? 128 : 32;
	struct addr a;

	if (!failover_value_host(text, &a) || a.sa.sa_family != vip->address.sa.sa_family) {
		FAILOVER_WARN(ctx, line, word, "peer '%s' is no address of the same family", text);
		return true;
	}
	if (strchr(text, '/'))
		FAILOVER_WARN(ctx, line, word, "a peer is one address: '%s' is not used",
			      strchr(text, '/'));
	if (vip->prefix_len != whole)
		FAILOVER_WARN(ctx, line, 0, "an address with a peer has no prefix: /%u is not used",
			      vip->prefix_len);
	vip->prefix_len = whole;
	vip->peer = a;
	return true;
}

static bool read_lifetime(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			  struct vip_conf *vip)
{
	long long n;

	if (strcmp(line->words[word].text, "forever") == 0)
		vip->preferred_lft_s = -1;
	else if (failover_value_int(ctx, line, word, 0, UINT32_MAX - 1, &n, "left out"))
		vip->preferred_lft_s = n;
	return true;
}

static bool read_track_group(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			     struct vip_conf *vip)
{
	(void)ctx;
	vip->track_group = line->words[word].text;
	return true;
}

static const struct option options[] = {
	{"dev", 0, read_dev},
	{"label", 0, read_label},
	{"scope", 0, read_scope},
	{"brd", 0, read_broadcast},
	{"broadcast", 0, read_broadcast},
	{"peer", 0, read_peer},
	{"preferred_lft", 0, read_lifetime},
	{"track_group", 0, read_track_group},
	{"home", offsetof(struct vip_conf, home), NULL},
	{"-nodad", offsetof(struct vip_conf, nodad), NULL},
	{"nodad", offsetof(struct vip_conf, nodad), NULL},
	{"mngtmpaddr", offsetof(struct vip_conf, mngtmpaddr), NULL},
	{"noprefixroute", offsetof(struct vip_conf, noprefixroute), NULL},
	{"autojoin", offsetof(struct vip_conf, autojoin), NULL},
	{"use_vmac", offsetof(struct vip_conf, use_vmac), NULL},
	{"no_track", offsetof(struct vip_conf, no_track), NULL},
	{NULL, 0, NULL},
};

/* "A" or "A/N"; the prefix is the whole address by default. */
static bool read_cidr(struct conf_ctx *ctx, const struct conf_line *line, struct vip_conf *vip)
{
	const char *text = line->words[0].text, *slash = strchr(text, '/');
	struct slice host = {text, slash ? (size_t)(slash - text) : strlen(text)};
	unsigned long long n;
	unsigned whole;

	if (!addr_parse_ip(&vip->address, host, 0)) {
		FAILOVER_WARN(ctx, line, 0, "'%s' is no IP address, it is left out", text);
		return false;
	}
	whole = vip->address.sa.sa_family == AF_INET6 ? 128 : 32;
	vip->prefix_len = whole;
	if (slash && !slice_to_uint(slice_of(slash + 1), whole, &n))
		FAILOVER_WARN(ctx, line, 0, "'%s' is no prefix length, %u is taken", slash + 1,
			      whole);
	else if (slash)
		vip->prefix_len = (unsigned)n;
	/* A whole IPv6 address is deprecated, so that it is never chosen as a source. */
	vip->preferred_lft_s = whole == 128 && vip->prefix_len == 128 ? 0 : -1;
	return true;
}

static const struct option *find_option(const char *word)
{
	for (const struct option *o = options; o->name; o++)
		if (strcmp(o->name, word) == 0)
			return o;
	return NULL;
}

struct vip_conf *failover_vip_read(struct conf_ctx *ctx, const struct conf_line *line)
{
	struct vip_conf *vip = ARENA_NEW(ctx->arena, struct vip_conf);
	bool good = read_cidr(ctx, line, vip);

	vip->place = block_word_place(line, 0);
	for (unsigned i = 1; good && i < line->n_words; i++) {
		const char *word = line->words[i].text;
		const struct option *o = find_option(word);

		if (o && !o->read) {
			*((bool *)((char *)vip + o->flag_at)) = true;
			if (strcmp(word, "nodad") == 0)
				FAILOVER_WARN(ctx, line, i, "it is written '-nodad'");
		} else if (o && i + 1 >= line->n_words) {
			FAILOVER_WARN(ctx, line, i, "'%s' needs an argument, left out", word);
		} else if (o) {
			good = o->read(ctx, line, ++i, vip);
		} else {
			FAILOVER_WARN(ctx, line, i,
				      "'%s' is no option of an address, it and what follows is "
				      "not used",
				      word);
			break;
		}
	}
	if (good && vip->peer.len && (vip->broadcast.len || vip->broadcast_auto)) {
		FAILOVER_WARN(ctx, line, 0, "an address with a peer has no broadcast address");
		vip->broadcast.len = 0;
		vip->broadcast_auto = false;
	}
	return good ? vip : NULL;
}
