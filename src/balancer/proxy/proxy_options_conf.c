/*
 * `option` keywords of proxies. Most are one bit of proxy_conf.options; those with arguments, and
 * those that exclude each other, have a function. The options of checks (httpchk, tcp-check, ...)
 * are rows of health/check_conf.c. At load.
 */
#include <limits.h>

#include "balancer/proxy/proxy_parse.h"
#include "core/conf/value.h"

static void set(struct proxy_conf *p, uint64_t bits, bool on)
{
	p->options = on ? p->options | bits : p->options & ~bits;
}

/* How a connection is kept or closed: the last one said counts. */
static void read_close_mode(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;
	uint64_t bit = conf_line_is(line, 1, "httpclose")	    ? PROXY_OPT_HTTPCLOSE
		       : conf_line_is(line, 1, "http-server-close") ? PROXY_OPT_HTTP_SERVER_CLOSE
								    : PROXY_OPT_HTTP_KEEP_ALIVE;

	if (!conf_ctx_args(ctx, line, 0, 0))
		return;
	if (ctx->prefix == CONF_PREFIX_NONE)
		set(p,
		    PROXY_OPT_HTTPCLOSE | PROXY_OPT_HTTP_SERVER_CLOSE | PROXY_OPT_HTTP_KEEP_ALIVE,
		    false);
	set(p, bit, ctx->prefix == CONF_PREFIX_NONE);
}

/* The last of httplog, tcplog and log-format counts. */
static void read_log_kind(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;
	bool http = conf_line_is(line, 1, "httplog"), clf = conf_line_is(line, 2, "clf");

	if (!conf_ctx_args(ctx, line, 0, http && clf ? 1 : 0))
		return;
	set(p, PROXY_OPT_HTTPLOG | PROXY_OPT_TCPLOG | PROXY_OPT_HTTPLOG_CLF, false);
	set(p, http ? PROXY_OPT_HTTPLOG : PROXY_OPT_TCPLOG, true);
	set(p, PROXY_OPT_HTTPLOG_CLF, clf);
	p->log_format = NULL;
}

static void read_redispatch(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;

	if (!conf_ctx_args(ctx, line, 0, 1))
		return;
	set(p, PROXY_OPT_REDISPATCH, ctx->prefix == CONF_PREFIX_NONE);
	p->redispatch_interval = -1;
	if (line->n_words > 2)
		conf_word_int(ctx, line, 2, INT_MIN, INT_MAX, &p->redispatch_interval);
}

/* forwardfor [except NETWORK] [header NAME] [if-none] */
static void read_forwardfor(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;

	set(p, PROXY_OPT_FORWARDFOR, true);
	p->forwardfor_header = "X-Forwarded-For";
	p->forwardfor_if_none = false;
	p->forwardfor_except = (struct addr_net){.bits = 0};
	for (unsigned i = 2; i < line->n_words; i++) {
		const char *value = conf_line_word(line, i + 1);

		if (conf_line_is(line, i, "if-none")) {
			p->forwardfor_if_none = true;
		} else if (conf_line_is(line, i, "header")) {
			conf_word_string(ctx, line, ++i, &p->forwardfor_header);
		} else if (conf_line_is(line, i, "except")) {
			if (!addr_net_parse(&p->forwardfor_except, slice_of(value)))
				conf_ctx_error(ctx, line, i + 1,
					       "'except' takes an address or a network, not '%s'",
					       value);
			i++;
		} else {
			conf_ctx_error(ctx, line, i,
				       "'option forwardfor' takes except, header and if-none, not "
				       "'%s'",
				       conf_line_word(line, i));
			return;
		}
	}
}

static void read_tcpka(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		set(target, PROXY_OPT_CLITCPKA | PROXY_OPT_SRVTCPKA,
		    ctx->prefix == CONF_PREFIX_NONE);
}

/* Splicing is on without being asked for; only `no` says something. */
static void read_splice(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		set(target, PROXY_OPT_SPLICE_OFF, ctx->prefix == CONF_PREFIX_NO);
}

#define NEGATABLE (CONF_CAN_NO | CONF_CAN_DEFAULT)
#define BIT(name, sections, bit, doc, flags)                                                 \
	{                                                                                    \
		"option " name, sections, CONF_BIT, offsetof(struct proxy_conf, options), 0, \
			PROXY_OPT_##bit, "", NULL, CONF_EFFECT_RELOAD, NULL, doc, "0.1",     \
			NEGATABLE | (flags)                                                  \
	}
#define CUSTOM(name, sections, args, fn, doc, flags)                                            \
	{                                                                                       \
		"option " name, sections, CONF_CUSTOM, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, \
			fn, doc, "0.1", flags                                                   \
	}
#define OTHER(type, name, sections, args, doc)                                                 \
	{                                                                                      \
		"option " name, sections, type, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, NULL, \
			doc, "0.1", NEGATABLE                                                  \
	}

static const struct conf_keyword rows[] = {
	BIT("abortonclose", CONF_DBE, ABORTONCLOSE,
	    "a client that leaves while waiting is given up", 0),
	BIT("allbackups", CONF_DBE, ALLBACKUPS, "all backup servers share the work", 0),
	BIT("clitcpka", CONF_DFE, CLITCPKA, "TCP keep-alive towards clients", 0),
	BIT("srvtcpka", CONF_DBE, SRVTCPKA, "TCP keep-alive towards servers", 0),
	BIT("dontlog-normal", CONF_DFE, DONTLOG_NORMAL, "log only what went wrong", 0),
	BIT("dontlognull", CONF_DFE, DONTLOGNULL, "do not log connections without a byte", 0),
	BIT("log-health-checks", CONF_DBE, LOG_HEALTH_CHECKS, "log changes of checks", 0),
	BIT("log-separate-errors", CONF_DFE, LOG_SEPARATE_ERRORS, "errors are logged as errors", 0),
	BIT("logasap", CONF_DFE, LOGASAP, "log without waiting for the end", 0),
	BIT("http-buffer-request", CONF_DPROXY, HTTP_BUFFER_REQUEST,
	    "wait for the request's body before choosing", CONF_HTTP_ONLY),
	BIT("nolinger", CONF_DPROXY, NOLINGER, "close by reset", 0),
	BIT("prefer-last-server", CONF_DBE, PREFER_LAST_SERVER,
	    "further requests of a connection go to the same server", 0),
	BIT("persist", CONF_DBE, PERSIST, "cookies lead to servers that are down, too", 0),
	{"transparent", CONF_DBE, CONF_UNSERVED, 0, 0, 0, "", NULL, CONF_EFFECT_RELOAD, NULL, "",
	 "0.1", 0},
	CUSTOM("httpclose", CONF_DPROXY, "", read_close_mode, "one request per connection",
	       NEGATABLE | CONF_HTTP_ONLY),
	CUSTOM("http-server-close", CONF_DPROXY, "", read_close_mode,
	       "one request per connection to a server", NEGATABLE | CONF_HTTP_ONLY),
	CUSTOM("http-keep-alive", CONF_DPROXY, "", read_close_mode,
	       "connections are kept on both sides", NEGATABLE),
	CUSTOM("httplog", CONF_DFE, "[clf]", read_log_kind, "log requests", CONF_HTTP_ONLY),
	CUSTOM("tcplog", CONF_DPROXY, "", read_log_kind, "log connections", 0),
	CUSTOM("redispatch", CONF_DBE, "[<interval>]", read_redispatch,
	       "a failed attempt may go to another server", NEGATABLE),
	CUSTOM("forwardfor", CONF_DPROXY, "[except <network>] [header <name>] [if-none]",
	       read_forwardfor, "tell servers the client's address", CONF_HTTP_ONLY),
	CUSTOM("tcpka", CONF_DPROXY, "", read_tcpka, "TCP keep-alive on both sides", NEGATABLE),
	CUSTOM("splice-auto", CONF_DPROXY, "", read_splice, "bulk is spliced; 'no' forbids it",
	       NEGATABLE),
	CUSTOM("splice-request", CONF_DPROXY, "", read_splice, "bulk is spliced; 'no' forbids it",
	       NEGATABLE),
	CUSTOM("splice-response", CONF_DPROXY, "", read_splice, "bulk is spliced; 'no' forbids it",
	       NEGATABLE),
	OTHER(CONF_IGNORED, "contstats", CONF_DFE, "", "counters always count while data flows"),
	OTHER(CONF_IGNORED, "http-no-delay", CONF_DPROXY, "", "small messages are never delayed"),
	OTHER(CONF_IGNORED, "disable-h2-upgrade", CONF_DFE, "",
	      "HTTP/2 is not spoken on plain connections"),
	OTHER(CONF_IGNORED, "socket-stats", CONF_DFE, "",
	      "listeners have no counters of their own"),
	OTHER(CONF_IGNORED, "tcp-smart-accept", CONF_DFE, "",
	      "the kernel delays ACKs as it sees fit"),
	OTHER(CONF_IGNORED, "tcp-smart-connect", CONF_DBE, "",
	      "the kernel delays ACKs as it sees fit"),
	OTHER(CONF_IGNORED, "idle-close-on-response", CONF_DFE, "",
	      "how idle connections end at a stop is fixed"),
	OTHER(CONF_UNSERVED, "accept-invalid-http-request", CONF_DFE, "",
	      "what can be read in two ways is always refused"),
	OTHER(CONF_UNSERVED, "accept-invalid-http-response", CONF_DBE, "",
	      "what can be read in two ways is always refused"),
	OTHER(CONF_UNSERVED, "accept-unsafe-violations-in-http-request", CONF_DFE, "",
	      "what can be read in two ways is always refused"),
	OTHER(CONF_UNSERVED, "accept-unsafe-violations-in-http-response", CONF_DBE, "",
	      "what can be read in two ways is always refused"),
	OTHER(CONF_UNSERVED, "checkcache", CONF_DBE, "", ""),
	OTHER(CONF_UNSERVED, "forwarded", CONF_DBE, "", ""),
	OTHER(CONF_UNSERVED, "h1-case-adjust-bogus-client", CONF_DFE, "", ""),
	OTHER(CONF_UNSERVED, "h1-case-adjust-bogus-server", CONF_DBE, "", ""),
	OTHER(CONF_UNSERVED, "http-drop-request-trailers", CONF_DBE, "", ""),
	OTHER(CONF_UNSERVED, "http-drop-response-trailers", CONF_DFE, "", ""),
	OTHER(CONF_UNSERVED, "http-ignore-probes", CONF_DFE, "", ""),
	OTHER(CONF_UNSERVED, "http-pretend-keepalive", CONF_DBE, "", ""),
	OTHER(CONF_UNSERVED, "http-restrict-req-hdr-names", CONF_DPROXY, "preserve|delete|reject",
	      ""),
	OTHER(CONF_UNSERVED, "http-use-proxy-header", CONF_DFE, "", ""),
	OTHER(CONF_UNSERVED, "httpslog", CONF_DFE, "", ""),
	OTHER(CONF_UNSERVED, "independent-streams", CONF_DPROXY, "", ""),
	OTHER(CONF_UNSERVED, "transparent", CONF_DBE, "", ""),
	OTHER(CONF_UNSERVED, "originalto", CONF_DPROXY, "[except <network>] [header <name>]", ""),
	OTHER(CONF_UNSERVED, "spop-check", CONF_DBE, "", ""),
	OTHER(CONF_UNSERVED, "use-small-buffers", CONF_DBE, "", ""),
	{.name = NULL},
};

const struct conf_part proxy_part_options = {.name = "options", .rows = rows};
