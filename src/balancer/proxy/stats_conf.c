/*
 * `stats` lines of proxies: the statistics page. Any of them switches it on, as in HAProxy. Rows
 * over struct stats_conf within struct proxy_conf; at load.
 */
#include <limits.h>

#include "balancer/proxy/proxy_parse.h"
#include "core/conf/value.h"

static void enable(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		((struct proxy_conf *)target)->stats.enabled = true;
}

static void read_text(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;

	p->stats.enabled = true;
	if (conf_ctx_args(ctx, line, 1, 1))
		conf_word_string(ctx, line, 2,
				 (const char **)(void *)((char *)target + ctx->keyword->offset));
}

static void read_flag(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;

	p->stats.enabled = true;
	if (conf_ctx_args(ctx, line, 0, 0))
		*(bool *)((char *)target + ctx->keyword->offset) = true;
}

static void read_legends(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_flag(ctx, line, target);
	conf_ctx_warn(ctx, line, 1, "the statistics page has no more to explain");
}

static void read_refresh(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;

	p->stats.enabled = true;
	if (conf_ctx_args(ctx, line, 1, 1))
		conf_word_time_s(ctx, line, 2, 0, 0, &p->stats.refresh_s);
}

static void read_auth(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;
	const char **list;
	size_t n = 0;

	p->stats.enabled = true;
	if (!conf_ctx_args(ctx, line, 1, 1))
		return;
	if (!strchr(conf_line_word(line, 2), ':')) {
		conf_ctx_error(ctx, line, 2, "'stats auth' takes user:password");
		return;
	}
	while (p->stats.auth && p->stats.auth[n])
		n++;
	/* A copy: the list may be a defaults section's. */
	list = ARENA_ARRAY(ctx->arena, const char *, n + 2);
	if (n)
		memcpy(list, p->stats.auth, n * sizeof(*list));
	list[n] = arena_strdup(ctx->arena, conf_line_word(line, 2));
	p->stats.auth = list;
}

/* The shown name and description: without an argument global's. */
static void read_show(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;
	bool node = conf_line_is(line, 1, "show-node");
	const struct global_conf *g = &proxy_parse_of(ctx)->conf->global;
	const char *text = conf_line_join(ctx->arena, line, 2);

	p->stats.enabled = true;
	if (node)
		p->stats.node = *text ? text : g->node ? g->node : "";
	else
		p->stats.desc = *text ? text : g->description ? g->description : "";
}

static void read_admin(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;

	p->stats.enabled = true;
	if (conf_line_is(line, 2, "if") && conf_line_is(line, 3, "TRUE") && line->n_words == 4)
		conf_ctx_warn(ctx, line, 1,
			      "the statistics page changes no server's state: see relaisctl or the "
			      "stats socket for 'disable server' and the like");
	else
		conf_ctx_error(ctx, line, 1,
			       "'stats admin' is not served yet with any condition but 'if TRUE'");
}

#define ROW(name, member, args, fn, doc) ROW_IN(CONF_DPROXY, name, member, args, fn, doc)
#define ROW_IN(sections, name, member, args, fn, doc)                                            \
	{                                                                                        \
		"stats " name, sections, CONF_CUSTOM, offsetof(struct proxy_conf, member), 0, 0, \
			args, NULL, CONF_EFFECT_RELOAD, fn, doc, "0.1", 0                        \
	}

static const struct conf_keyword rows[] = {
	ROW("enable", stats.enabled, "", enable, "the statistics page is served"),
	ROW("uri", stats.uri, "<prefix>", read_text, "where the page is"),
	ROW("realm", stats.realm, "<text>", read_text, "what the password prompt says"),
	ROW("auth", stats.auth, "<user>:<password>", read_auth, "who may see it"),
	ROW("refresh", stats.refresh_s, "<time>", read_refresh, "how often it reloads"),
	ROW("hide-version", stats.hide_version, "", read_flag, "the page tells no version"),
	ROW("show-legends", stats.enabled, "", read_legends, "the page has no more to explain"),
	ROW("show-node", stats.node, "[<name>]", read_show, "the page names the node"),
	ROW("show-desc", stats.desc, "[<text>]", read_show, "the page shows a description"),
	ROW_IN(CONF_PROXY, "admin", stats.enabled, "if TRUE", read_admin,
	       "without effect: the page changes no server's state"),
	{"stats show-modules", CONF_DPROXY, CONF_IGNORED, 0, 0, 0, "", NULL, CONF_EFFECT_RELOAD,
	 NULL, "the page has no modules", "0.1", 0},
	{"stats scope", CONF_DPROXY, CONF_UNSERVED, 0, 0, 0, "<proxy>|.", NULL, CONF_EFFECT_RELOAD,
	 NULL, "", "0.1", 0},
	{.name = NULL},
};

const struct conf_part proxy_part_stats = {.name = "stats", .rows = rows};
