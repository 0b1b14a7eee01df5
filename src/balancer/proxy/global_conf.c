/*
 * The `global` section: who the process is, what it may, and the variables of the configuration.
 * Rows over struct global_conf; at load. Tuning has its own file, tuning_conf.c.
 */
#include <limits.h>
#include <unistd.h>

#include "balancer/proxy/proxy_parse.h"
#include "core/conf/conf_env.h"
#include "core/conf/value.h"

#define AT(member) offsetof(struct global_conf, member)

static void read_user(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 1, 1))
		conf_word_user(ctx, line, 1, &((struct global_conf *)target)->uid);
}

static void read_group(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 1, 1))
		conf_word_group(ctx, line, 1, &((struct global_conf *)target)->gid);
}

static void read_id(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	int id;

	if (conf_ctx_args(ctx, line, 1, 1) && conf_word_int(ctx, line, 1, 0, INT_MAX, &id))
		*(uint32_t *)((char *)target + ctx->keyword->offset) = (uint32_t)id;
}

/* HAProxy takes several words. */
static void read_text(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	*(const char **)((char *)target + ctx->keyword->offset) =
		conf_line_join(ctx->arena, line, 1);
}

static void read_send_hostname(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct global_conf *g = target;
	char host[HOST_NAME_MAX + 1] = "";

	if (!conf_ctx_args(ctx, line, 0, 1))
		return;
	if (line->n_words > 1)
		conf_word_string(ctx, line, 1, &g->log_hostname);
	else if (gethostname(host, sizeof(host)) == 0)
		g->log_hostname = arena_strdup(ctx->arena, host);
}

static void read_nbproc(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)target;
	conf_ctx_error(ctx, line, 0,
		       "'nbproc' is not supported any more since HAProxy 2.5: threads do its work, "
		       "remove this line (or see 'nbthread')");
}

static void read_localpeer(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)target;
	if (conf_ctx_args(ctx, line, 1, 1))
		conf_env_set(ctx->env, "HAPROXY_LOCALPEER", conf_line_word(line, 1));
}

static void stats_socket(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct listener_conf tmpl = {
		.inherited_fd = -1,
		.mode = -1,
		.uid = UINT32_MAX,
		.gid = UINT32_MAX,
		.fd = -1,
		.is_stats = true,
		.stats_level = 2,
		.place = conf_line_place(line, 0),
	};

	(void)target;
	bind_conf_read(ctx, line, tmpl, "stats socket", &proxy_parse_of(ctx)->stats_socket_tail);
}

static void ssl_server_verify(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const names[] = {"none", "required", NULL};
	struct proxy_parse *parse = proxy_parse_of(ctx);
	unsigned n;

	(void)target;
	if (conf_ctx_args(ctx, line, 1, 1) && conf_word_choice(ctx, line, 1, names, &n))
		parse->ssl_server_verify_none = n == 0;
}

static void external_check(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const names[] = {"preserve-env", NULL};

	if (conf_ctx_args(ctx, line, 0, 1) &&
	    (line->n_words == 1 || conf_word_choice(ctx, line, 1, names, &(unsigned){0}))) {
		((struct global_conf *)target)->external_check = true;
		((struct global_conf *)target)->external_check_env = line->n_words > 1;
	}
}

#define PLAIN(name, type, member, min, max, args, dflt, effect, doc)                          \
	{                                                                                     \
		name, CONF_GLOBAL, type, AT(member), min, max, args, dflt, effect, NULL, doc, \
			"0.1", 0                                                              \
	}
#define CUSTOM(name, offset, args, effect, fn, doc)                                               \
	{                                                                                         \
		name, CONF_GLOBAL, CONF_CUSTOM, offset, 0, 0, args, NULL, effect, fn, doc, "0.1", \
			0                                                                         \
	}

static const struct conf_keyword rows[] = {
	PLAIN("maxconn", CONF_INT, maxconn, 0, INT_MAX, "<n>", "from the limit of descriptors",
	      CONF_EFFECT_RELOAD, "client connections at a time"),
	PLAIN("nbthread", CONF_INT, nbthread, 1, 64, "<n>", "the cores that may be used",
	      CONF_EFFECT_RELOAD, "threads of the balancer"),
	CUSTOM("user", 0, "<name>", CONF_EFFECT_RELOAD, read_user, "who the balancer runs as"),
	CUSTOM("group", 0, "<name>", CONF_EFFECT_RELOAD, read_group,
	       "which group the balancer runs as"),
	CUSTOM("uid", AT(uid), "<number>", CONF_EFFECT_RELOAD, read_id, "who the balancer runs as"),
	CUSTOM("gid", AT(gid), "<number>", CONF_EFFECT_RELOAD, read_id,
	       "which group the balancer runs as"),
	PLAIN("chroot", CONF_STRING, chroot, 0, 0, "<directory>", NULL, CONF_EFFECT_RELOAD,
	      "the directory that the balancer is shut in"),
	PLAIN("pidfile", CONF_STRING, pidfile, 0, 0, "<file>", NULL, CONF_EFFECT_RESTART,
	      "where process numbers are written"),
	PLAIN("daemon", CONF_FLAG, daemon, 0, 0, "", NULL, CONF_EFFECT_RESTART,
	      "go to the background"),
	PLAIN("quiet", CONF_FLAG, quiet, 0, 0, "", NULL, CONF_EFFECT_RESTART,
	      "no messages at the start"),
	PLAIN("zero-warning", CONF_FLAG, zero_warning, 0, 0, "", NULL, CONF_EFFECT_RELOAD,
	      "warnings stop a start or a reload too"),
	PLAIN("hard-stop-after", CONF_TIME_MS, hard_stop_after_ms, 0, INT_MAX, "<time>", NULL,
	      CONF_EFFECT_RELOAD, "how long old connections may live on after a reload or stop"),
	PLAIN("node", CONF_STRING, node, 0, 0, "<name>", "the host's name", CONF_EFFECT_RELOAD,
	      "this node's name in statistics"),
	CUSTOM("description", AT(description), "<text>", CONF_EFFECT_RELOAD, read_text,
	       "a line shown in statistics"),
	CUSTOM("log-send-hostname", 0, "[<name>]", CONF_EFFECT_RELOAD, read_send_hostname,
	       "log lines carry the host's name"),
	PLAIN("ulimit-n", CONF_INT, ulimit_n, 1, INT_MAX, "<n>", "from maxconn",
	      CONF_EFFECT_RESTART, "the limit of open descriptors"),
	CUSTOM("external-check", 0, "[preserve-env]", CONF_EFFECT_RELOAD, external_check,
	       "allows checks by programs"),
	CUSTOM("stats socket", 0, "<address> [options]", CONF_EFFECT_RELOAD, stats_socket,
	       "the runtime socket"),
	PLAIN("stats timeout", CONF_TIME_MS, stats_timeout_ms, 1, INT_MAX, "<time>", "10s",
	      CONF_EFFECT_RELOAD, "how long the runtime socket waits for a command"),
	CUSTOM("ssl-server-verify", 0, "none|required", CONF_EFFECT_RELOAD, ssl_server_verify,
	       "whether servers' certificates are verified unless their lines say"),
	CUSTOM("nbproc", 0, "<n>", CONF_EFFECT_RESTART, read_nbproc, "gone since HAProxy 2.5"),
	CUSTOM("localpeer", 0, "<name>", CONF_EFFECT_RELOAD, read_localpeer,
	       "this node's name among peers"),
	{.name = NULL},
};

const struct conf_part proxy_part_global = {.name = "global", .rows = rows};
