/*
 * Proxies: keywords that HAProxy once had and now refuses, with its advice, and those it has and
 * relais does not serve yet. The last part in main/registry.c, so that a room that comes to serve
 * one only needs its own row before these. At load.
 */
#include "balancer/proxy/proxy_parse.h"

static void gone(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)target;
	conf_ctx_error(ctx, line, 0, "'%s' is not supported any more since HAProxy 2.1: %s",
		       ctx->keyword->name, ctx->keyword->doc);
}

#define GONE(name, hint)                                                                           \
	{                                                                                          \
		name, CONF_DPROXY, CONF_CUSTOM, 0, 0, 0, "", NULL, CONF_EFFECT_RELOAD, gone, hint, \
			"0.1", 0                                                                   \
	}
#define UNSERVED(name, sections, args, why)                                                        \
	{                                                                                          \
		name, sections, CONF_UNSERVED, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, NULL, why, \
			"0.1", 0                                                                   \
	}
#define UNSERVED_STRICT(name, sections, args, why)                                                 \
	{                                                                                          \
		name, sections, CONF_UNSERVED, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, NULL, why, \
			"0.1", CONF_STRICT                                                         \
	}
#define IGNORED(name, sections, args, why)                                                        \
	{                                                                                         \
		name, sections, CONF_IGNORED, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, NULL, why, \
			"0.1", 0                                                                  \
	}
#define KEEPALIVE "the kernel's own settings of TCP keep-alive count"

static const struct conf_keyword rows[] = {
	GONE("contimeout", "use 'timeout connect'"),
	GONE("clitimeout", "use 'timeout client'"),
	GONE("srvtimeout", "use 'timeout server'"),
	GONE("reqrep", "use 'http-request replace-path', 'replace-uri' or 'replace-header'"),
	GONE("reqirep", "use 'http-request replace-path', 'replace-uri' or 'replace-header'"),
	GONE("reqdel", "use 'http-request del-header'"),
	GONE("reqidel", "use 'http-request del-header'"),
	GONE("reqadd", "use 'http-request add-header'"),
	GONE("reqdeny", "use 'http-request deny'"),
	GONE("reqideny", "use 'http-request deny'"),
	GONE("reqallow", "use 'http-request allow'"),
	GONE("reqiallow", "use 'http-request allow'"),
	GONE("reqpass", "use 'http-request allow'"),
	GONE("reqipass", "use 'http-request allow'"),
	GONE("reqtarpit", "use 'http-request tarpit'"),
	GONE("reqitarpit", "use 'http-request tarpit'"),
	GONE("reqsetbe", "use 'use_backend'"),
	GONE("reqisetbe", "use 'use_backend'"),
	GONE("rspadd", "use 'http-response add-header'"),
	GONE("rspdel", "use 'http-response del-header'"),
	GONE("rspidel", "use 'http-response del-header'"),
	GONE("rsprep", "use 'http-response replace-header'"),
	GONE("rspirep", "use 'http-response replace-header'"),
	GONE("rspdeny", "use 'http-response deny'"),
	GONE("rspideny", "use 'http-response deny'"),
	GONE("redispatch", "use 'option redispatch'"),
	GONE("block", "use 'http-request deny'"),
	GONE("appsession", "use 'cookie' or 'stick' lines"),
	GONE("timeout clitimeout", "use 'timeout client'"),
	GONE("timeout contimeout", "use 'timeout connect'"),
	GONE("timeout srvtimeout", "use 'timeout server'"),
	GONE("option forceclose", "use 'option httpclose'"),
	GONE("option http-tunnel", "just remove it, it is not needed"),
	GONE("monitor-net", "use 'http-request return' with a condition on src"),
	IGNORED("bind-process", CONF_DPROXY, "<set>", "there is one balancer process"),
	IGNORED("clitcpka-cnt", CONF_DFE, "<n>", KEEPALIVE),
	IGNORED("clitcpka-idle", CONF_DFE, "<time>", KEEPALIVE),
	IGNORED("clitcpka-intvl", CONF_DFE, "<time>", KEEPALIVE),
	IGNORED("srvtcpka-cnt", CONF_DBE, "<n>", KEEPALIVE),
	IGNORED("srvtcpka-idle", CONF_DBE, "<time>", KEEPALIVE),
	IGNORED("srvtcpka-intvl", CONF_DBE, "<time>", KEEPALIVE),
	IGNORED("dynamic-cookie-key", CONF_DBE, "<text>",
		"it matters only with 'cookie ... dynamic'"),
	UNSERVED("compression", CONF_DPROXY, "algo|type|offload ...", ""),
	UNSERVED("dispatch", CONF_BE, "<address>", ""),
	UNSERVED("email-alert", CONF_DPROXY, "...", ""),
	UNSERVED("errorfiles", CONF_DPROXY, "<name> [<status> ...]", ""),
	UNSERVED("filter", CONF_PROXY, "<name> ...", ""),
	UNSERVED("hash-balance-factor", CONF_DBE, "<percent>", ""),
	UNSERVED("http-check", CONF_DBE, "set-var|set-var-fmt|unset-var ...", ""),
	UNSERVED("http-error", CONF_DPROXY, "status <status> ...", ""),
	UNSERVED("http-send-name-header", CONF_DBE, "[<name>]", ""),
	UNSERVED("log-format-sd", CONF_DFE, "<format>", ""),
	UNSERVED("max-keep-alive-queue", CONF_DBE, "<n>", ""),
	UNSERVED("max-session-srv-conns", CONF_DFE, "<n>", ""),
	UNSERVED("persist rdp-cookie", CONF_DBE, "[(<name>)]", ""),
	UNSERVED("rate-limit sessions", CONF_DFE, "<n>", ""),
	UNSERVED("stats http-request", CONF_PROXY, "<action>", ""),
	UNSERVED("tcp-check", CONF_DBE, "set-var|set-var-fmt|unset-var ...", ""),
	UNSERVED_STRICT("tcp-response", CONF_DBE, "content|inspect-delay ...", ""),
	UNSERVED("unique-id-format", CONF_DFE, "<format>", ""),
	UNSERVED("unique-id-header", CONF_DFE, "<name>", ""),
	UNSERVED("use-fcgi-app", CONF_BE, "<name>", "FastCGI"),
	{.name = NULL},
};

const struct conf_part proxy_part_obsolete = {.name = "gone or not served yet", .rows = rows};
