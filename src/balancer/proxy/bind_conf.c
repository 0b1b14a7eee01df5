/*
 * `bind` lines, and the `stats socket` lines of global that share their options: addresses
 * (several, with port ranges) become one struct listener_conf each. Rows of the native grammar; at
 * load.
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

#include "balancer/proxy/proxy_parse.h"
#include "core/conf/value.h"

#define AT(member) offsetof(struct listener_conf, member)

static void read_mode(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const char *word = conf_line_word(line, 1);
	char *end;
	long mode = strtol(word, &end, 8);

	if (!isdigit((unsigned char)*word) || *end || mode > 07777)
		conf_ctx_error(ctx, line, 1, "'mode' takes permission bits in octal, such as 660");
	else
		((struct listener_conf *)target)->mode = (int)mode;
}

static void read_user(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	conf_word_user(ctx, line, 1, &((struct listener_conf *)target)->uid);
}

static void read_group(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	conf_word_group(ctx, line, 1, &((struct listener_conf *)target)->gid);
}

static void read_uid(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	int id;

	if (conf_word_int(ctx, line, 1, 0, INT_MAX, &id))
		((struct listener_conf *)target)->uid = (uint32_t)id;
}

static void read_gid(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	int id;

	if (conf_word_int(ctx, line, 1, 0, INT_MAX, &id))
		((struct listener_conf *)target)->gid = (uint32_t)id;
}

static void read_level(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const levels[] = {"user", "operator", "admin", NULL};
	unsigned level;

	if (conf_word_choice(ctx, line, 1, levels, &level))
		((struct listener_conf *)target)->stats_level = (int)level + 1;
}

static void read_proto(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)target;
	if (!conf_line_is(line, 1, "h1") && !conf_line_is(line, 1, "none"))
		conf_ctx_error(ctx, line, 1, "'proto %s' is known but not served yet",
			       conf_line_word(line, 1));
}

#define SERVED(name, type, member, min, max, args, doc, n)                                   \
	{                                                                                    \
		{name, CONF_FE, type,  AT(member), min, max, args, NULL, CONF_EFFECT_RELOAD, \
		 NULL, doc,	"0.1", 0},                                                   \
			n                                                                    \
	}
#define CUSTOM(name, args, fn, doc, n)                                                \
	{                                                                             \
		{name, CONF_FE, CONF_CUSTOM, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, \
		 fn,   doc,	"0.1",	     0},                                      \
			n                                                             \
	}
#define OTHER(type, name, args, doc, n)                                                \
	{                                                                              \
		{                                                                      \
			name, CONF_FE, type,  0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, \
			NULL, doc,     "0.1", 0},                                      \
			n                                                              \
	}
#define WITH_SSL(name, args, n) OTHER(CONF_IGNORED, name, args, "it matters only with 'ssl'", n)

const struct conf_option bind_options[] = {
	SERVED("name", CONF_STRING, name, 0, 0, "<name>", "the listener's name in statistics", 1),
	SERVED("interface", CONF_STRING, interface, 0, 0, "<interface>",
	       "take connections from this interface only", 1),
	SERVED("maxconn", CONF_INT, maxconn, 0, INT_MAX, "<n>", "connections at a time", 1),
	SERVED("backlog", CONF_INT, backlog, 0, INT_MAX, "<n>", "the kernel's queue", 1),
	SERVED("v4v6", CONF_FLAG, v4v6, 0, 0, "", "an IPv6 listener takes IPv4 as well", 0),
	SERVED("v6only", CONF_FLAG, v6only, 0, 0, "", "an IPv6 listener takes no IPv4", 0),
	SERVED("transparent", CONF_FLAG, transparent, 0, 0, "",
	       "take connections for addresses that are not this machine's", 0),
	SERVED("defer-accept", CONF_FLAG, defer_accept, 0, 0, "",
	       "accept once the client has sent something", 0),
	CUSTOM("mode", "<octal>", read_mode, "a Unix socket's permission bits", 1),
	CUSTOM("user", "<name>", read_user, "a Unix socket's owner", 1),
	CUSTOM("uid", "<number>", read_uid, "a Unix socket's owner", 1),
	CUSTOM("group", "<name>", read_group, "a Unix socket's group", 1),
	CUSTOM("gid", "<number>", read_gid, "a Unix socket's group", 1),
	CUSTOM("level", "user|operator|admin", read_level, "what the runtime socket's users may do",
	       1),
	CUSTOM("proto", "h1", read_proto, "the protocol spoken at once", 1),
	OTHER(CONF_UNSERVED, "accept-proxy", "", "the PROXY protocol on this listener", 0),
	OTHER(CONF_UNSERVED, "accept-netscaler-cip", "<magic>", "", 1),
	OTHER(CONF_UNSERVED, "ssl", "", "TLS on this listener", 0),
	OTHER(CONF_UNSERVED, "namespace", "<name>", "", 1),
	OTHER(CONF_UNSERVED, "mss", "<n>", "", 1),
	OTHER(CONF_UNSERVED, "tcp-ut", "<time>", "", 1),
	OTHER(CONF_UNSERVED, "nbconn", "<n>", "", 1),
	OTHER(CONF_UNSERVED, "strict-sni", "", "", 0),
	OTHER(CONF_UNSERVED, "generate-certificates", "", "", 0),
	OTHER(CONF_UNSERVED, "quic-initial", "<actions>", "", 1),
	OTHER(CONF_UNSERVED, "quic-force-retry", "", "", 0),
	OTHER(CONF_UNSERVED, "quic-cc-algo", "<name>", "", 1),
	OTHER(CONF_IGNORED, "tfo", "", "listeners do not use TCP Fast Open", 0),
	OTHER(CONF_IGNORED, "id", "<n>", "listeners have no numbers here", 1),
	OTHER(CONF_IGNORED, "nice", "<n>", "connections have no priorities here", 1),
	OTHER(CONF_IGNORED, "process", "<set>", "every thread serves every listener", 1),
	OTHER(CONF_IGNORED, "thread", "<set>", "every thread serves every listener", 1),
	OTHER(CONF_IGNORED, "shards", "<n>", "every thread serves every listener", 1),
	OTHER(CONF_IGNORED, "expose-fd", "listeners", "the master keeps the sockets over reloads",
	      1),
	OTHER(CONF_IGNORED, "severity-output", "none|number|string",
	      "answers carry no severity here", 1),
	OTHER(CONF_IGNORED, "bind-process", "<set>", "there is one balancer process", 1),
	WITH_SSL("crt", "<file>", 1),
	WITH_SSL("crt-list", "<file>", 1),
	WITH_SSL("crt-ignore-err", "<errors>", 1),
	WITH_SSL("ca-file", "<file>", 1),
	WITH_SSL("ca-ignore-err", "<errors>", 1),
	WITH_SSL("ca-sign-file", "<file>", 1),
	WITH_SSL("ca-sign-pass", "<text>", 1),
	WITH_SSL("ca-verify-file", "<file>", 1),
	WITH_SSL("crl-file", "<file>", 1),
	WITH_SSL("alpn", "<list>", 1),
	WITH_SSL("npn", "<list>", 1),
	WITH_SSL("ciphers", "<list>", 1),
	WITH_SSL("ciphersuites", "<list>", 1),
	WITH_SSL("curves", "<list>", 1),
	WITH_SSL("ecdhe", "<curve>", 1),
	WITH_SSL("verify", "none|optional|required", 1),
	WITH_SSL("ssl-min-ver", "<version>", 1),
	WITH_SSL("ssl-max-ver", "<version>", 1),
	WITH_SSL("force-sslv3", "", 0),
	WITH_SSL("force-tlsv10", "", 0),
	WITH_SSL("force-tlsv11", "", 0),
	WITH_SSL("force-tlsv12", "", 0),
	WITH_SSL("force-tlsv13", "", 0),
	WITH_SSL("no-sslv3", "", 0),
	WITH_SSL("no-tlsv10", "", 0),
	WITH_SSL("no-tlsv11", "", 0),
	WITH_SSL("no-tlsv12", "", 0),
	WITH_SSL("no-tlsv13", "", 0),
	WITH_SSL("no-tls-tickets", "", 0),
	WITH_SSL("no-ca-names", "", 0),
	WITH_SSL("no-alpn", "", 0),
	WITH_SSL("allow-0rtt", "", 0),
	WITH_SSL("prefer-client-ciphers", "", 0),
	WITH_SSL("tls-ticket-keys", "<file>", 1),
	WITH_SSL("ocsp-update", "on|off", 1),
	{.keyword = {.name = NULL}},
};

enum {
	BIND_ADDRESS = CONF_ADDRESS_PORT | CONF_ADDRESS_PORT_NEEDED | CONF_ADDRESS_RANGE |
		       CONF_ADDRESS_UNIX | CONF_ADDRESS_FD | CONF_ADDRESS_RESOLVE,
};

static void add_listener(struct conf_ctx *ctx, const struct listener_conf *tmpl,
			 const struct conf_address *address, unsigned port,
			 struct listener_conf ***tail)
{
	struct listener_conf *l = ARENA_NEW(ctx->arena, struct listener_conf);

	*l = *tmpl;
	l->addr = address->addr;
	l->inherited_fd = address->fd;
	if (port)
		addr_set_port(&l->addr, port);
	**tail = l;
	*tail = &l->next;
}

static bool read_address(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
			 const char *text, const struct listener_conf *tmpl,
			 struct listener_conf ***tail)
{
	struct listener_conf vip;
	struct conf_address address;

	if (strncmp(text, "vip@", 4) == 0) {
		size_t len = strcspn(text + 4, ":");

		vip = *tmpl;
		vip.vip = arena_strndup(ctx->arena, text + 4, len);
		text = arena_printf(ctx->arena, "0.0.0.0%s", text + 4 + len);
		tmpl = &vip;
	}
	if (!conf_address_parse(ctx, conf_line_place(line, i), text, BIND_ADDRESS, &address))
		return false;
	if (address.sockpair && !tmpl->is_stats) {
		conf_ctx_error(ctx, line, i,
			       "'sockpair@' is known but not served on bind lines yet");
		return false;
	}
	proxy_parse_of(ctx)->n_listeners += 1 + address.port_high - address.port_low;
	if (proxy_parse_of(ctx)->n_listeners > PROXY_LISTENERS_MAX) {
		conf_ctx_error(ctx, line, i, "more than %d listeners", PROXY_LISTENERS_MAX);
		return false;
	}
	if (!address.has_port) {
		add_listener(ctx, tmpl, &address, 0, tail);
		return true;
	}
	for (unsigned port = address.port_low; port <= address.port_high; port++)
		add_listener(ctx, tmpl, &address, port, tail);
	return true;
}

bool bind_conf_read(struct conf_ctx *ctx, const struct conf_line *line, struct listener_conf tmpl,
		    const char *kind, struct listener_conf ***tail)
{
	unsigned i = ctx->n_name;
	const char *list = conf_line_word(line, i);
	bool ok;

	if (!list[0]) {
		conf_ctx_error(ctx, line, i, "'%s' needs an address", kind);
		return false;
	}
	ok = conf_options_read(ctx, line, i + 1, bind_options, kind, &tmpl);
	while (*list) {
		size_t len = strcspn(list, ",");

		ok = read_address(ctx, line, i, arena_strndup(ctx->arena, list, len), &tmpl,
				  tail) &&
		     ok;
		list += len + (list[len] == ',');
	}
	return ok;
}

static void bind_line(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_build *b = proxy_build_of(target);
	struct listener_conf tmpl = {
		.proxy = &b->conf,
		.inherited_fd = -1,
		.mode = -1,
		.uid = UINT32_MAX,
		.gid = UINT32_MAX,
		.fd = -1,
		.place = conf_line_place(line, 0),
	};

	bind_conf_read(ctx, line, tmpl, "bind", &b->listener_tail);
}

static const struct conf_keyword rows[] = {
	{"bind", CONF_FE, CONF_CUSTOM, 0, 0, 0, "<address>[,...] [options]", NULL,
	 CONF_EFFECT_RELOAD, bind_line, "addresses where clients connect", "0.1", 0},
	{.name = NULL},
};

const struct conf_part proxy_part_bind = {.name = "bind", .rows = rows};
