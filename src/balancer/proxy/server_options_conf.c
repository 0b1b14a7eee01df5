/*
 * The options of server, default-server and server-template lines, as rows over struct server_conf.
 * What matters only together with something that is not served (TLS to servers, agent checks, run
 * time name resolution) is accepted with a warning: the keyword that switches it on is the error.
 */
#include <limits.h>

#include "balancer/proxy/proxy_parse.h"
#include "core/conf/value.h"

#define AT(member) offsetof(struct server_conf, member)

static void flag_off(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)line;
	*(bool *)((char *)target + ctx->keyword->offset) = false;
}

static void read_address(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct server_conf *s = target;
	struct conf_address a;

	if (conf_address_parse(ctx, conf_line_place(line, 1), conf_line_word(line, 1),
			       CONF_ADDRESS_PORT | CONF_ADDRESS_UNIX | CONF_ADDRESS_RESOLVE, &a)) {
		s->check_addr = a.addr;
		if (a.has_port)
			s->check_port = (int)a.port_low;
	}
}

static void read_observe(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const names[] = {"none", "layer4", "layer7", NULL};
	unsigned n;

	if (conf_word_choice(ctx, line, 1, names, &n))
		((struct server_conf *)target)->observe = (enum server_observe)n;
}

static void read_on_error(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const names[] = {"fastinter", "fail-check", "sudden-death", "mark-down",
					    NULL};
	unsigned n;

	if (conf_word_choice(ctx, line, 1, names, &n))
		((struct server_conf *)target)->on_error = (enum server_on_error)n;
}

static void read_marked_down(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const names[] = {"shutdown-sessions", NULL};
	unsigned n;

	if (conf_word_choice(ctx, line, 1, names, &n))
		((struct server_conf *)target)->shutdown_sessions_down = true;
}

static void read_marked_up(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const names[] = {"shutdown-backup-sessions", NULL};
	unsigned n;

	if (conf_word_choice(ctx, line, 1, names, &n))
		((struct server_conf *)target)->shutdown_backups_up = true;
}

static void read_verify(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const names[] = {"none", "required", NULL};
	unsigned n;

	if (conf_word_choice(ctx, line, 1, names, &n))
		((struct server_conf *)target)->verify_none = n == 0;
}

static void read_check_ssl(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct server_conf *s = target;

	(void)ctx;
	s->check_ssl = !conf_line_is(line, 0, "no-check-ssl");
	s->check_ssl_set = true;
}

static void read_track(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct server_conf *s = target;

	if (conf_word_string(ctx, line, 1, &s->track) && s->track[0] == '/')
		conf_ctx_error(ctx, line, 1, "'track' takes [backend/]server");
}

static void read_notify_up(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	command_conf_read(ctx, line, 1, &((struct server_conf *)target)->notify_up);
}

static void read_notify_down(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	command_conf_read(ctx, line, 1, &((struct server_conf *)target)->notify_down);
}

static void read_init_state(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const names[] = {"up", "fully-up", "down", "fully-down", NULL};
	unsigned n;

	if (conf_word_choice(ctx, line, 1, names, &n))
		((struct server_conf *)target)->init_state = (int)n;
}

static void read_id(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	int id;

	if (conf_word_int(ctx, line, 1, 1, INT_MAX, &id))
		((struct server_conf *)target)->id = (unsigned)id;
}

static void read_slowstart(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct server_conf *s = target;

	conf_word_time_ms(ctx, line, 1, 0, 0, &s->slowstart_ms);
}

/* source ADDRESS[:PORT] [usesrc clientip] [interface NAME] */
static void read_source(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct server_conf *s = target;

	ctx->n_taken = source_conf_read(ctx, line, 1, &s->source, &s->source_interface,
					&s->source_usesrc_client);
}

static void read_init_addr(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct server_conf *s = target;
	const char *list = conf_line_word(line, 1);

	s->init_addr_none = false;
	while (*list) {
		size_t len = strcspn(list, ",");
		struct slice word = {list, len};

		if (slice_eq_str(word, "none"))
			s->init_addr_none = true;
		else if (!slice_eq_str(word, "last") && !slice_eq_str(word, "libc") &&
			 !addr_parse_ip(&s->init_addr, word, 0))
			conf_ctx_error(
				ctx, line, 1,
				"'init-addr' takes last, libc, none and addresses, not '%.*s'",
				(int)len, list);
		list += len + (list[len] == ',');
	}
}

static void read_proto(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)target;
	if (!conf_line_is(line, 1, "h1") && !conf_line_is(line, 1, "none"))
		conf_ctx_error(ctx, line, 1, "'%s %s' is known but not served yet",
			       ctx->keyword->name, conf_line_word(line, 1));
}

#define VALUE(name, type, member, min, max, args, dflt, doc)                   \
	{                                                                      \
		{name, CONF_DBE,	   type, AT(member), min,   max, args, \
		 dflt, CONF_EFFECT_RELOAD, NULL, doc,	     "0.1", 0},        \
			1                                                      \
	}
#define FLAG(name, member, doc)                                                 \
	{                                                                       \
		{name, CONF_DBE,	   CONF_FLAG, AT(member), 0,	 0, "", \
		 NULL, CONF_EFFECT_RELOAD, NULL,      doc,	  "0.1", 0},    \
			0                                                       \
	}
#define NOT(name, member, doc)                                                    \
	{                                                                         \
		{name, CONF_DBE,	   CONF_CUSTOM, AT(member), 0,	   0, "", \
		 NULL, CONF_EFFECT_RELOAD, flag_off,	doc,	    "0.1", 0},    \
			0                                                         \
	}
#define CUSTOM(name, args, fn, doc, n)                                       \
	{                                                                    \
		{name, CONF_DBE,	   CONF_CUSTOM, 0,   0,	    0, args, \
		 NULL, CONF_EFFECT_RELOAD, fn,		doc, "0.1", 0},      \
			n                                                    \
	}
#define OTHER(type, name, args, doc, n)                               \
	{                                                             \
		{name, CONF_DBE,	   type, 0,   0,     0, args, \
		 NULL, CONF_EFFECT_RELOAD, NULL, doc, "0.1", 0},      \
			n                                             \
	}
#define UNSERVED(name, args, n) OTHER(CONF_UNSERVED, name, args, "", n)
#define ONLY_WITH(what, name, args, n) \
	OTHER(CONF_IGNORED, name, args, "it matters only with '" what "'", n)

const struct conf_option server_options[] = {
	FLAG("check", check, "check this server actively"),
	NOT("no-check", check, "do not check it"),
	VALUE("inter", CONF_TIME_MS, inter_ms, 1, INT_MAX, "<time>", "2s", "between two checks"),
	VALUE("fastinter", CONF_TIME_MS, fastinter_ms, 1, INT_MAX, "<time>", NULL,
	      "between two checks while the state changes"),
	VALUE("downinter", CONF_TIME_MS, downinter_ms, 1, INT_MAX, "<time>", NULL,
	      "between two checks of a server that is down"),
	VALUE("rise", CONF_INT, rise, 1, INT_MAX, "<n>", "2", "good checks until it is up"),
	VALUE("fall", CONF_INT, fall, 1, INT_MAX, "<n>", "3", "bad checks until it is down"),
	VALUE("port", CONF_INT, check_port, 1, 65535, "<port>", NULL, "where checks connect"),
	CUSTOM("addr", "<address>", read_address, "where checks connect", 1),
	VALUE("weight", CONF_INT, weight, 0, BALANCE_WEIGHT_MAX, "<n>", "1",
	      "share among the servers"),
	VALUE("maxconn", CONF_INT, maxconn, 0, INT_MAX, "<n>", "0", "connections at a time"),
	VALUE("minconn", CONF_INT, minconn, 0, INT_MAX, "<n>", "0",
	      "maxconn while the backend has little to do"),
	VALUE("maxqueue", CONF_INT, maxqueue, 0, INT_MAX, "<n>", "0", "waiting requests"),
	FLAG("backup", backup, "used when all others are down"),
	NOT("no-backup", backup, "an ordinary server"),
	FLAG("disabled", disabled, "starts in maintenance"),
	NOT("enabled", disabled, "does not start in maintenance"),
	VALUE("cookie", CONF_STRING, cookie, 0, 0, "<value>", NULL,
	      "the cookie's value that leads here"),
	VALUE("redir", CONF_STRING, redir, 0, 0, "<prefix>", NULL,
	      "answer GET and HEAD with a redirect to this"),
	CUSTOM("observe", "none|layer4|layer7", read_observe, "judge by real traffic too", 1),
	CUSTOM("on-error", "fastinter|fail-check|sudden-death|mark-down", read_on_error,
	       "what error-limit errors do", 1),
	VALUE("error-limit", CONF_INT, error_limit, 1, INT_MAX, "<n>", "10",
	      "errors in a row that 'observe' allows"),
	CUSTOM("on-marked-down", "shutdown-sessions", read_marked_down,
	       "what happens to its sessions when it goes down", 1),
	CUSTOM("on-marked-up", "shutdown-backup-sessions", read_marked_up,
	       "what happens to sessions of backups when it comes up", 1),
	CUSTOM("slowstart", "<time>", read_slowstart, "weight grows from little to full", 1),
	CUSTOM("track", "[<backend>/]<server>[,...]", read_track,
	       "take over another server's state; relais' own: up while all of several are", 1),
	CUSTOM("notify-up", "<user>[:<group>] <command>", read_notify_up,
	       "relais' own: run when its checks find it up", 2),
	CUSTOM("notify-down", "<user>[:<group>] <command>", read_notify_down,
	       "relais' own: run when its checks find it down", 2),
	VALUE("quorum-weight", CONF_INT, quorum_weight, 0, INT_MAX, "<n>", "the weight",
	      "relais' own: what it counts for 'quorum'"),
	CUSTOM("init-state", "up|fully-up|down|fully-down", read_init_state,
	       "what a checked server is until its checks have said so", 1),
	CUSTOM("id", "<n>", read_id, "the server's number", 1),
	CUSTOM("source", "<address> [usesrc clientip] [interface <name>]", read_source,
	       "the address that connections leave from", -1),
	CUSTOM("init-addr", "last|libc|none|<address>,...", read_init_addr,
	       "what to do when the name does not resolve at load", 1),
	CUSTOM("check-ssl", "", read_check_ssl, "checks speak TLS", 0),
	CUSTOM("no-check-ssl", "", read_check_ssl, "checks speak no TLS", 0),
	CUSTOM("verify", "none|required", read_verify, "whether the certificate is verified", 1),
	VALUE("check-sni", CONF_STRING, check_sni, 0, 0, "<name>", NULL, "the checks' SNI"),
	VALUE("check-alpn", CONF_STRING, check_alpn, 0, 0, "<list>", NULL, "the checks' ALPN"),
	VALUE("ca-file", CONF_STRING, ca_file, 0, 0, "<file>", NULL, "who may have signed"),
	VALUE("pool-max-conn", CONF_INT, pool_max_conn, -1, INT_MAX, "<n>", "-1",
	      "idle connections kept"),
	VALUE("pool-purge-delay", CONF_TIME_MS, pool_purge_ms, 0, INT_MAX, "<time>", "5s",
	      "how long idle connections are kept"),
	CUSTOM("proto", "h1", read_proto, "the protocol spoken", 1),
	CUSTOM("check-proto", "h1", read_proto, "the protocol that checks speak", 1),
	UNSERVED("ssl", "", 0),
	UNSERVED("send-proxy", "", 0),
	UNSERVED("send-proxy-v2", "", 0),
	UNSERVED("send-proxy-v2-ssl", "", 0),
	UNSERVED("send-proxy-v2-ssl-cn", "", 0),
	UNSERVED("proxy-v2-options", "<list>", 1),
	UNSERVED("check-send-proxy", "", 0),
	UNSERVED("check-via-socks4", "", 0),
	UNSERVED("socks4", "<address>", 1),
	UNSERVED("agent-check", "", 0),
	UNSERVED("resolvers", "<name>", 1),
	UNSERVED("namespace", "<name>", 1),
	UNSERVED("tcp-ut", "<time>", 1),
	UNSERVED("max-reuse", "<n>", 1),
	UNSERVED("ws", "<mode>", 1),
	UNSERVED("hash-key", "<key>", 1),
	UNSERVED("guid", "<text>", 1),
	ONLY_WITH("agent-check", "agent-addr", "<address>", 1),
	ONLY_WITH("agent-check", "agent-inter", "<time>", 1),
	ONLY_WITH("agent-check", "agent-port", "<port>", 1),
	ONLY_WITH("agent-check", "agent-send", "<text>", 1),
	ONLY_WITH("agent-check", "no-agent-check", "", 0),
	ONLY_WITH("resolvers", "resolve-prefer", "ipv4|ipv6", 1),
	ONLY_WITH("resolvers", "resolve-net", "<networks>", 1),
	ONLY_WITH("resolvers", "resolve-opts", "<options>", 1),
	ONLY_WITH("peers", "shard", "<n>", 1),
	ONLY_WITH("peers", "log-proto", "<proto>", 1),
	FLAG("non-stick", non_stick, "no stick table learns it"),
	NOT("stick", non_stick, "stick tables learn it"),
	OTHER(CONF_IGNORED, "pool-low-conn", "<n>", "idle connections belong to their thread", 1),
	OTHER(CONF_IGNORED, "tfo", "", "connections to servers do not use TCP Fast Open", 0),
	OTHER(CONF_IGNORED, "no-tfo", "", "connections to servers do not use TCP Fast Open", 0),
	OTHER(CONF_IGNORED, "no-send-proxy", "", "it is the default", 0),
	OTHER(CONF_IGNORED, "no-send-proxy-v2", "", "it is the default", 0),
	OTHER(CONF_IGNORED, "no-send-proxy-v2-ssl", "", "it is the default", 0),
	OTHER(CONF_IGNORED, "no-send-proxy-v2-ssl-cn", "", "it is the default", 0),
	OTHER(CONF_IGNORED, "no-ssl", "", "it is the default", 0),
	ONLY_WITH("ssl", "sni", "<expression>", 1),
	ONLY_WITH("ssl", "alpn", "<list>", 1),
	ONLY_WITH("ssl", "npn", "<list>", 1),
	ONLY_WITH("ssl", "crt", "<file>", 1),
	ONLY_WITH("ssl", "crl-file", "<file>", 1),
	ONLY_WITH("ssl", "ciphers", "<list>", 1),
	ONLY_WITH("ssl", "ciphersuites", "<list>", 1),
	ONLY_WITH("ssl", "curves", "<list>", 1),
	ONLY_WITH("ssl", "verifyhost", "<name>", 1),
	ONLY_WITH("ssl", "ssl-min-ver", "<version>", 1),
	ONLY_WITH("ssl", "ssl-max-ver", "<version>", 1),
	ONLY_WITH("ssl", "force-sslv3", "", 0),
	ONLY_WITH("ssl", "force-tlsv10", "", 0),
	ONLY_WITH("ssl", "force-tlsv11", "", 0),
	ONLY_WITH("ssl", "force-tlsv12", "", 0),
	ONLY_WITH("ssl", "force-tlsv13", "", 0),
	ONLY_WITH("ssl", "no-sslv3", "", 0),
	ONLY_WITH("ssl", "no-tlsv10", "", 0),
	ONLY_WITH("ssl", "no-tlsv11", "", 0),
	ONLY_WITH("ssl", "no-tlsv12", "", 0),
	ONLY_WITH("ssl", "no-tlsv13", "", 0),
	ONLY_WITH("ssl", "no-tls-tickets", "", 0),
	ONLY_WITH("ssl", "tls-tickets", "", 0),
	ONLY_WITH("ssl", "no-ssl-reuse", "", 0),
	ONLY_WITH("ssl", "ssl-reuse", "", 0),
	ONLY_WITH("ssl", "allow-0rtt", "", 0),
	ONLY_WITH("ssl", "no-verifyhost", "", 0),
	{.keyword = {.name = NULL}},
};
