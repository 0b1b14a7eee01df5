/*
 * Proxies: mode, limits, timeouts, names, backends, error pages. Rows of the native grammar over
 * struct proxy_conf; at load.
 */
#include <errno.h>
#include <limits.h>

#include "balancer/proxy/proxy_parse.h"
#include "core/conf/value.h"

#define AT(member)	offsetof(struct proxy_conf, member)
#define TIMEOUT(member) offsetof(struct proxy_conf, timeout.member)

static void read_mode(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;
	const char *mode = conf_line_word(line, 1);

	if (!conf_ctx_args(ctx, line, 1, 1))
		return;
	if (strcmp(mode, "tcp") == 0)
		p->mode = PROXY_MODE_TCP;
	else if (strcmp(mode, "http") == 0)
		p->mode = PROXY_MODE_HTTP;
	else if (strcmp(mode, "health") == 0)
		conf_ctx_error(ctx, line, 1,
			       "'mode health' is gone since HAProxy 2.1: use "
			       "'http-request return status 200' in 'mode http'");
	else
		conf_ctx_error(ctx, line, 1, "there is no 'mode %s', only tcp and http", mode);
}

static void read_disabled(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		((struct proxy_conf *)target)->disabled = conf_line_is(line, 0, "disabled");
}

static void read_description(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 1, UINT_MAX))
		((struct proxy_conf *)target)->description = conf_line_join(ctx->arena, line, 1);
}

static void read_id(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	int id;

	if (conf_ctx_args(ctx, line, 1, 1) && conf_word_int(ctx, line, 1, 1, INT_MAX, &id))
		((struct proxy_conf *)target)->id = (unsigned)id;
}

static void add_error(struct conf_ctx *ctx, const struct conf_line *line, struct proxy_conf *p,
		      struct slice bytes)
{
	static const int codes[] = {200, 400, 401, 403, 404, 405, 407, 408, 410,
				    413, 425, 429, 500, 501, 502, 503, 504};
	struct errorfile *e;
	bool known = false;
	int status;

	if (!conf_word_int(ctx, line, 1, 100, 999, &status))
		return;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		known = known || codes[i] == status;
	if (!known) {
		conf_ctx_error(ctx, line, 1, "'%s': no answer of ours has status %d",
			       ctx->keyword->name, status);
		return;
	}
	/* In front: the newest one counts, an inherited one stays behind it. */
	e = ARENA_NEW(ctx->arena, struct errorfile);
	*e = (struct errorfile){p->errorfiles, status, bytes};
	p->errorfiles = e;
}

static void read_errorfile(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct conf_file *file;
	int err;

	if (!conf_ctx_args(ctx, line, 2, 2))
		return;
	err = conf_files_read(ctx->files, conf_line_word(line, 2), &file);
	if (err)
		conf_ctx_error(ctx, line, 2, "'%s' cannot be read: %s", conf_line_word(line, 2),
			       err == -EFBIG ? "too large" : strerror(-err));
	else
		add_error(ctx, line, target, arena_slice_dup(ctx->arena, file->bytes));
}

static void read_errorloc(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const char *head = conf_line_is(line, 0, "errorloc303") ? "303 See Other" : "302 Found";

	if (conf_ctx_args(ctx, line, 2, 2))
		add_error(ctx, line, target,
			  slice_of(arena_printf(ctx->arena,
						"HTTP/1.1 %s\r\ncache-control: no-cache\r\n"
						"content-length: 0\r\nlocation: %s\r\n\r\n",
						head, conf_line_word(line, 2))));
}

static void read_http_reuse(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const names[] = {"safe", "never", "aggressive", "always", NULL};
	unsigned n;

	if (!conf_ctx_args(ctx, line, 1, 1) || !conf_word_choice(ctx, line, 1, names, &n))
		return;
	((struct proxy_conf *)target)->http_reuse = n == 1 ? PROXY_REUSE_NEVER : PROXY_REUSE_SAFE;
	if (n > 1)
		conf_ctx_warn(ctx, line, 1, "'http-reuse %s' is served as 'http-reuse safe'",
			      names[n]);
}

static void read_retry_on(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)target;
	for (unsigned i = 1; i < line->n_words; i++) {
		if (!conf_line_is(line, i, "conn-failure") && !conf_line_is(line, i, "none"))
			conf_ctx_error(ctx, line, i, "'retry-on %s' is known but not served yet",
				       conf_line_word(line, i));
	}
}

#define TIME(name, sections, member, doc)                                            \
	{                                                                            \
		name, sections, CONF_TIME_MS, TIMEOUT(member), 0, 0, "<time>", NULL, \
			CONF_EFFECT_RELOAD, NULL, doc, "0.1", 0                      \
	}
#define PLAIN(name, sections, type, member, min, max, args, dflt, doc, flags)                     \
	{                                                                                         \
		name, sections, type, AT(member), min, max, args, dflt, CONF_EFFECT_RELOAD, NULL, \
			doc, "0.1", flags                                                         \
	}
#define CUSTOM(name, sections, args, fn, doc, flags)                                           \
	{                                                                                      \
		name, sections, CONF_CUSTOM, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, fn, doc, \
			"0.1", flags                                                           \
	}

static const struct conf_keyword rows[] = {
	CUSTOM("mode", CONF_DPROXY, "tcp|http", read_mode, "what is understood of the traffic", 0),
	PLAIN("maxconn", CONF_DFE, CONF_INT, maxconn, 0, INT_MAX, "<n>", "global's maxconn",
	      "client connections at a time", 0),
	PLAIN("fullconn", CONF_DBE, CONF_INT, fullconn, 0, INT_MAX, "<n>",
	      "a tenth of the frontends' maxconn", "load at which servers get their maxconn", 0),
	PLAIN("backlog", CONF_DFE, CONF_INT, backlog, 0, INT_MAX, "<n>", "maxconn",
	      "the kernel's queue of connections", 0),
	PLAIN("retries", CONF_DBE, CONF_INT, retries, 0, 1000000, "<n>", "3",
	      "further attempts to connect to a server", 0),
	TIME("timeout client", CONF_DFE, client, "longest silence of a client"),
	TIME("timeout client-fin", CONF_DFE, client_fin, "the same once one side has ended"),
	TIME("timeout connect", CONF_DBE, connect, "longest wait for a server's connection"),
	TIME("timeout server", CONF_DBE, server, "longest silence of a server"),
	TIME("timeout server-fin", CONF_DBE, server_fin, "the same once one side has ended"),
	TIME("timeout queue", CONF_DBE, queue, "longest wait for a place at a server"),
	TIME("timeout check", CONF_DBE, check, "longest silence in a check after its connect"),
	TIME("timeout http-request", CONF_DPROXY, http_request, "longest wait for a whole head"),
	TIME("timeout http-keep-alive", CONF_DPROXY, http_keep_alive,
	     "longest wait for the next request"),
	TIME("timeout tunnel", CONF_DBE, tunnel, "longest silence of both in a tunnel"),
	TIME("timeout tarpit", CONF_DPROXY, tarpit, "how long a tarpit holds"),
	PLAIN("default_backend", CONF_DFE, CONF_STRING, default_backend_name, 0, 0, "<backend>",
	      NULL, "where requests go that no use_backend takes", 0),
	CUSTOM("disabled", CONF_DPROXY, "", read_disabled, "the proxy is not started", 0),
	CUSTOM("enabled", CONF_DPROXY, "", read_disabled, "the proxy is started", 0),
	CUSTOM("description", CONF_PROXY, "<text>", read_description, "shown in statistics", 0),
	CUSTOM("id", CONF_PROXY, "<n>", read_id, "the proxy's number", 0),
	PLAIN("monitor-uri", CONF_DFE, CONF_STRING, monitor_uri, 0, 0, "<uri>", NULL,
	      "answered with 200 at once", CONF_HTTP_ONLY),
	CUSTOM("errorfile", CONF_DPROXY, "<status> <file>", read_errorfile,
	       "the whole answer sent instead of our own", 0),
	CUSTOM("errorloc", CONF_DPROXY, "<status> <url>", read_errorloc,
	       "where clients are sent instead of an error", 0),
	CUSTOM("errorloc302", CONF_DPROXY, "<status> <url>", read_errorloc,
	       "where clients are sent instead of an error", 0),
	CUSTOM("errorloc303", CONF_DPROXY, "<status> <url>", read_errorloc,
	       "where clients are sent instead of an error, by GET", 0),
	CUSTOM("http-reuse", CONF_DBE, "safe|never", read_http_reuse,
	       "whether idle connections to servers are used again", 0),
	CUSTOM("retry-on", CONF_DBE, "conn-failure|none", read_retry_on,
	       "which failures are retried", CONF_STRICT),
	{.name = NULL},
};

const struct conf_part proxy_part_proxy = {
	.name = "proxies", .rows = rows, .finish = proxy_conf_finish};
