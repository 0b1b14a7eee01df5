/*
 * Reading a whole balancer configuration: sections make the targets (global, defaults, proxies)
 * that the rows of all rooms fill; at the end every room resolves its names. See proxy_parse.h.
 * Called by main/registry.c and by tests, at load, in one thread; all memory is in the given arena.
 */
#include <limits.h>
#include <unistd.h>

#include "balancer/proxy/proxy_parse.h"
#include "core/conf/condition.h"
#include "core/conf/conf_env.h"

struct proxy_build *proxy_build_of(struct proxy_conf *conf)
{
	return (struct proxy_build *)(void *)conf;
}

struct proxy_parse *proxy_parse_of(const struct conf_ctx *ctx)
{
	return ctx->extra;
}

struct proxy_conf *proxy_conf_find(const struct balancer_conf *conf, const char *name,
				   unsigned sides)
{
	for (struct proxy_conf *p = conf->proxies; p; p = p->next) {
		if (p->sides & sides && strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

static void init_proxy(struct proxy_conf *p)
{
	*p = (struct proxy_conf){
		.mode = PROXY_MODE_TCP,
		.retries = 3,
		.redispatch_interval = -1,
		.balance = balance_find(SLICE("roundrobin")),
		.forwardfor_header = "X-Forwarded-For",
		.stats = {.uri = "/haproxy?stats", .realm = "HAProxy Statistics"},
	};
}

static struct log_target *copy_targets(struct arena *arena, const struct log_target *from,
				       struct log_target ***tail)
{
	struct log_target *first = NULL;

	*tail = NULL;
	for (struct log_target **at = &first; from; from = from->next) {
		*at = ARENA_NEW(arena, struct log_target);
		**at = *from;
		(*at)->next = NULL;
		at = &(*at)->next;
		*tail = at;
	}
	return first;
}

/* A new proxy or defaults over parent's settings (NULL: the built-in ones). */
static struct proxy_build *new_build(struct conf_ctx *ctx, const struct conf_line *line,
				     struct proxy_build *parent, const char *name)
{
	struct proxy_parse *parse = proxy_parse_of(ctx);
	struct proxy_build *b = ARENA_NEW(ctx->arena, struct proxy_build);

	if (parent) {
		*b = *parent;
		b->conf.log_targets =
			copy_targets(ctx->arena, parent->conf.log_targets, &b->log_tail);
	} else {
		init_proxy(&b->conf);
		server_conf_defaults(&b->default_server);
	}
	b->next = NULL;
	b->is_defaults = false;
	b->checks = NULL;
	b->conf.next = NULL;
	b->conf.name = arena_strdup(ctx->arena, name);
	b->conf.place = conf_line_place(line, 0);
	b->listener_tail = &b->conf.listeners;
	b->server_tail = &b->conf.servers;
	if (!b->conf.log_targets)
		b->log_tail = &b->conf.log_targets;
	*parse->build_tail = b;
	parse->build_tail = &b->next;
	return b;
}

static struct proxy_build *named_defaults(struct conf_ctx *ctx, const char *name)
{
	struct proxy_build *found = NULL;

	for (struct proxy_build *b = proxy_parse_of(ctx)->builds; b; b = b->next) {
		if (b->is_defaults && strcmp(b->conf.name, name) == 0)
			found = b;
	}
	return found;
}

/* [from DEFAULTS] at words[i]; *parent keeps its value without it. */
static bool read_from(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		      struct proxy_build **parent)
{
	if (conf_line_is(line, i, "from")) {
		*parent = named_defaults(ctx, conf_line_word(line, i + 1));
		if (!*parent) {
			conf_ctx_error(ctx, line, i + 1, "there is no 'defaults %s' above",
				       conf_line_word(line, i + 1));
			return false;
		}
		i += 2;
	}
	if (i < line->n_words) {
		conf_ctx_error(ctx, line, i,
			       "'%s' cannot stand on a section's line (addresses belong to 'bind' "
			       "lines)",
			       conf_line_word(line, i));
		return false;
	}
	return true;
}

static bool name_is_fine(struct conf_ctx *ctx, const struct conf_line *line)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.:";
	const char *name = conf_line_word(line, 1);

	if (!name[0]) {
		conf_ctx_error(ctx, line, 1, "a '%s' section needs a name", ctx->section->name);
		return false;
	}
	if (name[strspn(name, allowed)]) {
		conf_ctx_error(ctx, line, 1,
			       "character '%c' cannot stand in a name; allowed are letters, "
			       "digits and - _ . :",
			       name[strspn(name, allowed)]);
		return false;
	}
	return true;
}

static void *begin_global(struct conf_ctx *ctx, const struct conf_line *line)
{
	if (line->n_words > 1)
		conf_ctx_error(ctx, line, 1, "a 'global' section has no name");
	return &proxy_parse_of(ctx)->conf->global;
}

static void *begin_defaults(struct conf_ctx *ctx, const struct conf_line *line)
{
	struct proxy_parse *parse = proxy_parse_of(ctx);
	bool named = line->n_words > 1 && !conf_line_is(line, 1, "from");
	struct proxy_build *parent = NULL, *b;

	if (named && !name_is_fine(ctx, line))
		named = false;
	else if (!read_from(ctx, line, named ? 2 : 1, &parent))
		parent = NULL;
	b = new_build(ctx, line, parent, named ? conf_line_word(line, 1) : "");
	b->is_defaults = true;
	b->conf.sides = 0;
	parse->defaults = b;
	conf_ctx_inherit(ctx, &b->conf, parent ? &parent->conf : NULL);
	return &b->conf;
}

static void check_name(struct conf_ctx *ctx, const struct conf_line *line, unsigned sides)
{
	const char *name = conf_line_word(line, 1);
	struct proxy_conf *twin = proxy_conf_find(proxy_parse_of(ctx)->conf, name, sides);

	if (twin)
		conf_ctx_error(ctx, line, 1,
			       "the name '%s' is taken: a %s of that name is at %s:%u", name,
			       sides & twin->sides & PROXY_FRONTEND ? "frontend" : "backend",
			       twin->place.file, twin->place.line);
}

static void *begin_proxy(struct conf_ctx *ctx, const struct conf_line *line, unsigned sides)
{
	struct proxy_parse *parse = proxy_parse_of(ctx);
	struct proxy_build *parent = parse->defaults, *b;
	bool ok = name_is_fine(ctx, line);

	if (ok) {
		check_name(ctx, line, sides);
		read_from(ctx, line, 2, &parent);
	}
	b = new_build(ctx, line, parent, conf_line_word(line, 1));
	b->conf.sides = sides;
	b->conf.id = ++parse->conf->n_proxies;
	*parse->proxy_tail = &b->conf;
	parse->proxy_tail = &b->conf.next;
	conf_ctx_inherit(ctx, &b->conf, parent ? &parent->conf : NULL);
	return &b->conf;
}

static void *begin_frontend(struct conf_ctx *ctx, const struct conf_line *line)
{
	return begin_proxy(ctx, line, PROXY_FRONTEND);
}

static void *begin_backend(struct conf_ctx *ctx, const struct conf_line *line)
{
	return begin_proxy(ctx, line, PROXY_BACKEND);
}

static void *begin_listen(struct conf_ctx *ctx, const struct conf_line *line)
{
	return begin_proxy(ctx, line, PROXY_FRONTEND | PROXY_BACKEND);
}

static void *begin_userlist(struct conf_ctx *ctx, const struct conf_line *line)
{
	struct proxy_parse *parse = proxy_parse_of(ctx);
	struct userlist_conf *list = ARENA_NEW(ctx->arena, struct userlist_conf);

	name_is_fine(ctx, line);
	for (const struct userlist_conf *l = parse->conf->userlists; l; l = l->next) {
		if (strcmp(l->name, conf_line_word(line, 1)) == 0)
			conf_ctx_error(ctx, line, 1, "there is a 'userlist %s' already", l->name);
	}
	list->name = arena_strdup(ctx->arena, conf_line_word(line, 1));
	*parse->userlist_tail = list;
	parse->userlist_tail = &list->next;
	return list;
}

static void *begin_unserved(struct conf_ctx *ctx, const struct conf_line *line)
{
	conf_ctx_error(ctx, line, 0, "section '%s' is known but not served yet",
		       ctx->section->name);
	return NULL;
}

#define SECTION(name, bit, args, doc, begin, forgiven)       \
	{                                                    \
		name, bit, args, doc, begin, forgiven, false \
	}
#define UNSERVED(name, bit, args, doc) \
	SECTION(name, bit, args, doc " (not served yet)", begin_unserved, 0)
#define FAILOVERS(name, bit, args)                                          \
	{                                                                   \
		name, bit, args, "read by the failover half", NULL, 0, true \
	}

const struct conf_section proxy_sections[] = {
	SECTION("global", CONF_GLOBAL, "", "the process; repeated sections add up", begin_global,
		0),
	SECTION("defaults", CONF_DEFAULTS, "[<name>] [from <defaults>]",
		"settings that the proxies below it start from", begin_defaults, 0),
	SECTION("frontend", CONF_FRONTEND, "<name> [from <defaults>]", "where clients connect",
		begin_frontend, CONF_BACKEND),
	SECTION("backend", CONF_BACKEND, "<name> [from <defaults>]", "servers that answer",
		begin_backend, CONF_FRONTEND),
	SECTION("listen", CONF_LISTEN, "<name> [from <defaults>]",
		"a frontend and its backend in one", begin_listen, 0),
	SECTION("userlist", CONF_USERLIST, "<name>", "users, passwords and groups", begin_userlist,
		0),
	UNSERVED("peers", CONF_PEERS, "<name>", "processes that share tables"),
	UNSERVED("resolvers", CONF_RESOLVERS, "<name>", "name servers asked at run time"),
	UNSERVED("mailers", CONF_MAILERS, "<name>", "mail servers for alerts"),
	UNSERVED("cache", CONF_CACHE, "<name>", "small objects kept in memory"),
	UNSERVED("program", CONF_PROGRAM, "<name>", "programs run by the master"),
	UNSERVED("ring", CONF_RING, "<name>", "log lines kept in memory"),
	SECTION("http-errors", CONF_HTTP_ERRORS, "<name>", "a set of error pages (not served yet)",
		begin_unserved, 0),
	UNSERVED("log-forward", CONF_LOG_FORWARD, "<name>", "a syslog relay"),
	UNSERVED("fcgi-app", CONF_FCGI_APP, "<name>", "a FastCGI application"),
	UNSERVED("crt-store", CONF_OTHER, "[<name>]", "certificates by name"),
	UNSERVED("acme", CONF_OTHER, "<name>", "certificates fetched by ACME"),
	UNSERVED("traces", CONF_OTHER, "", "debugging traces"),
	UNSERVED("log-profile", CONF_OTHER, "<name>", "log formats by step"),
	FAILOVERS("vip", CONF_VIP, "<name>"),
	FAILOVERS("vip-group", CONF_VIP_GROUP, "<name>"),
	FAILOVERS("vip-defaults", CONF_VIP_DEFAULTS, ""),
	{.name = NULL},
};

/* `mode http` may come after what needs it: remember, and judge at the end. */
static void note_http_only(struct conf_ctx *ctx, const struct conf_keyword *row,
			   const struct conf_line *line)
{
	struct proxy_http_line *note;
	struct proxy_build *b;

	if (!(row->flags & CONF_HTTP_ONLY) || ctx->prefix != CONF_PREFIX_NONE ||
	    !(ctx->section->bit & CONF_PROXY))
		return;
	b = proxy_build_of(ctx->target);
	note = ARENA_NEW(ctx->arena, struct proxy_http_line);
	*note = (struct proxy_http_line){b->http_lines, row, conf_line_place(line, 0)};
	b->http_lines = note;
}

static void predefine(struct conf_ctx *ctx, const struct balancer_parse *how)
{
	char host[HOST_NAME_MAX + 1] = "localhost";
	const char *files = "";

	if (!how->local_peer && gethostname(host, sizeof(host)) == 0)
		host[HOST_NAME_MAX] = '\0';
	conf_env_set(ctx->env, "HAPROXY_LOCALPEER", how->local_peer ? how->local_peer : host);
	for (size_t i = 0; i < how->n_paths; i++)
		files = arena_printf(ctx->arena, "%s%s%s", files, i ? ";" : "", how->paths[i]);
	conf_env_set(ctx->env, "HAPROXY_CFGFILES", files);
	conf_env_set(ctx->env, "HAPROXY_STARTUP_VERSION", CONDITION_HAPROXY_VERSION);
	conf_env_set(ctx->env, "HAPROXY_MWORKER", "1");
}

struct balancer_conf *balancer_conf_parse(const struct balancer_parse *how)
{
	struct balancer_conf *conf = ARENA_NEW(how->arena, struct balancer_conf);
	struct proxy_parse parse = {.conf = conf};
	struct conf_diags unread; /* of `vip` sections */
	struct conf_ctx ctx;

	conf->arena = how->arena;
	conf->global = (struct global_conf){.uid = UINT32_MAX,
					    .gid = UINT32_MAX,
					    .bufsize = 16384,
					    .maxhdr = 101,
					    .stats_timeout_ms = 10000};
	parse.build_tail = &parse.builds;
	parse.proxy_tail = &conf->proxies;
	parse.global_log_tail = &conf->global.log_targets;
	parse.stats_socket_tail = &conf->global.stats_sockets;
	parse.userlist_tail = &conf->userlists;
	conf_ctx_init(&ctx, how->files, how->arena, how->diags);
	conf_diags_init(&unread);
	ctx.read = how->diags;
	ctx.unread = &unread;
	ctx.sections = proxy_sections;
	ctx.parts = how->parts;
	ctx.root = conf;
	ctx.extra = &parse;
	ctx.on_keyword = note_http_only;
	ctx.offline = how->offline;
	predefine(&ctx, how);
	conf_native_read_paths(&ctx, how->paths, how->n_paths);
	conf_native_finish(&ctx);
	conf_diags_fini(&unread);
	return conf;
}
