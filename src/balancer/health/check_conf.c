/*
 * Rows of checks: which kind a backend uses (option httpchk, tcp-check, mysql-check ...). The steps
 * of http-check and tcp-check lines are in check_steps_conf.c. At load, one thread.
 *
 * http-check and tcp-check lines are kept apart until the end: which of the two counts is said by
 * the option, which may stand before or after them, or in defaults. A proxy's own lines replace
 * those of its defaults.
 */
#include <limits.h>
#include <unistd.h>

#include "balancer/health/check_build.h"
#include "core/conf/value.h"

struct check_build *check_build_of(struct proxy_conf *p)
{
	return proxy_build_of(p)->checks;
}

static void inherit(struct conf_ctx *ctx, void *target, const void *parent)
{
	struct proxy_build *b = proxy_build_of(target);
	struct check_build *c = ARENA_NEW(ctx->arena, struct check_build);

	if (parent)
		*c = *((const struct proxy_build *)parent)->checks;
	for (size_t i = 0; i < CHECK_FAMILIES; i++) {
		c->steps[i].inherited = true;
		c->steps[i].comment = NULL;
	}
	b->checks = c;
}

static struct check_conf *start(void *target, enum server_check_kind kind)
{
	struct check_conf *c = &((struct proxy_conf *)target)->check;

	*c = (struct check_conf){.kind = kind, .command = c->command, .path = c->path};
	return c;
}

/* The old way of adding headers: behind the version, each after a line's end. */
static void split_version(struct conf_ctx *ctx, struct check_conf *c, const char *text)
{
	const char *end = strstr(text, "\r\n");

	c->version = end ? arena_strndup(ctx->arena, text, (size_t)(end - text))
			 : arena_strdup(ctx->arena, text);
	if (end && end[2])
		c->headers = arena_printf(ctx->arena, "%s%s", end + 2,
					  strcmp(end + strlen(end) - 2, "\r\n") ? "\r\n" : "");
}

static void read_httpchk(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct check_conf *c;

	if (!conf_ctx_args(ctx, line, 0, 3))
		return;
	c = start(target, CHECK_HTTP);
	if (line->n_words == 3) {
		conf_word_string(ctx, line, 2, &c->uri);
	} else if (line->n_words > 3) {
		conf_word_string(ctx, line, 2, &c->method);
		conf_word_string(ctx, line, 3, &c->uri);
	}
	if (line->n_words > 4)
		split_version(ctx, c, conf_line_word(line, 4));
}

/* option script-check <user> <command> [timeout <time>] [dynamic] */
static void read_script(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct check_conf *c;

	if (!conf_ctx_args(ctx, line, 2, 5))
		return;
	c = start(target, CHECK_EXTERNAL);
	command_conf_read(ctx, line, 2, &c->script);
	for (unsigned i = 4; i < line->n_words; i++) {
		if (conf_line_is(line, i, "dynamic"))
			c->script_is_weight = true;
		else if (conf_line_is(line, i, "timeout"))
			conf_word_time_ms(ctx, line, ++i, 1, INT_MAX, &c->script_timeout_ms);
		else
			conf_ctx_error(ctx, line, i, "'option script-check' has no use for '%s'",
				       conf_line_word(line, i));
	}
}

static void read_tcp_check(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		start(target, CHECK_TCP_STEPS);
}

static void read_ssl_hello(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		start(target, CHECK_SSL_HELLO);
}

static void read_redis(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		start(target, CHECK_REDIS);
}

/* option failover-check bfd <name> | file <name> [weight <n>] [reverse] */
static void read_failover(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct check_conf *c;

	if (!conf_ctx_args(ctx, line, 2, 5))
		return;
	c = start(target, CHECK_FAILOVER);
	c->seen_is_file = conf_line_is(line, 2, "file");
	c->seen_weight = 1;
	if (!c->seen_is_file && !conf_line_is(line, 2, "bfd"))
		conf_ctx_error(ctx, line, 2, "'option failover-check' takes bfd or file, not '%s'",
			       conf_line_word(line, 2));
	conf_word_string(ctx, line, 3, &c->seen_name);
	for (unsigned i = 4; i < line->n_words; i++) {
		if (c->seen_is_file && conf_line_is(line, i, "reverse"))
			c->seen_reverse = true;
		else if (c->seen_is_file && conf_line_is(line, i, "weight"))
			conf_word_int(ctx, line, ++i, -INT_MAX, INT_MAX, &c->seen_weight);
		else
			conf_ctx_error(ctx, line, i, "'option failover-check' has no use for '%s'",
				       conf_line_word(line, i));
	}
}

static void read_external(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		start(target, CHECK_EXTERNAL);
}

static void read_ldap(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		start(target, CHECK_LDAP);
}

static void read_smtp(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const char *hello = conf_line_word(line, 2);
	struct check_conf *c;

	if (!conf_ctx_args(ctx, line, 0, 2))
		return;
	c = start(target, CHECK_SMTP);
	if (line->n_words == 3)
		conf_ctx_error(ctx, line, 3, "'option smtpchk %s' needs a domain too", hello);
	else if (line->n_words > 3)
		c->domain = arena_printf(ctx->arena, "%s %s",
					 strcmp(hello, "EHLO") == 0 ? "EHLO" : "HELO",
					 conf_line_word(line, 3));
}

static void read_mysql(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct check_conf *c;

	if (!conf_ctx_args(ctx, line, 0, 3))
		return;
	c = start(target, CHECK_MYSQL);
	if (line->n_words == 2)
		return;
	if (!conf_line_is(line, 2, "user"))
		conf_ctx_error(ctx, line, 2, "'option mysql-check' takes 'user', not '%s'",
			       conf_line_word(line, 2));
	else if (conf_word_string(ctx, line, 3, &c->user) && line->n_words > 4 &&
		 !conf_line_is(line, 4, "post-41"))
		conf_ctx_error(ctx, line, 4,
			       "'option mysql-check ... %s' is known but not served yet",
			       conf_line_word(line, 4));
}

static void read_pgsql(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (!conf_ctx_args(ctx, line, 2, 2))
		return;
	if (!conf_line_is(line, 2, "user"))
		conf_ctx_error(ctx, line, 2, "'option pgsql-check' takes 'user', not '%s'",
			       conf_line_word(line, 2));
	else
		conf_word_string(ctx, line, 3, &start(target, CHECK_PGSQL)->user);
}

/* The port that a check of s would connect to is known? */
static bool has_port(const struct proxy_conf *p, const struct server_conf *s)
{
	const struct check_step *first = p->check.steps;

	if (s->check_port || addr_port(&s->addr) || s->check_addr.len)
		return true;
	if (!s->addr.len || s->addr.sa.sa_family == AF_UNIX)
		return true;
	return first && first->kind == CHECK_STEP_CONNECT && first->port;
}

/* A program without a slash is looked for where the checks' PATH says. */
static void find_command(struct conf_ctx *ctx, struct check_conf *c)
{
	struct slice rest = slice_of(c->path ? c->path : "");

	while (rest.len > 0 && !strchr(c->command, '/')) {
		struct slice dir = slice_cut(&rest, ':');
		const char *full =
			arena_printf(ctx->arena, "%.*s/%s", (int)dir.len, dir.ptr, c->command);

		if (access(full, X_OK) == 0)
			c->command = full;
	}
}

static void finish_external(struct conf_ctx *ctx, struct proxy_conf *p, bool is_allowed)
{
	if (p->check.script.argv)
		return;
	if (!is_allowed)
		conf_error(ctx->diags, p->place,
			   "'%s': 'option external-check' needs 'external-check' in global",
			   p->name);
	if (p->check.command)
		find_command(ctx, &p->check);
	else
		conf_error(ctx->diags, p->place,
			   "'%s': 'option external-check' needs an 'external-check command'",
			   p->name);
}

static void finish_proxy(struct conf_ctx *ctx, struct proxy_conf *p, bool is_allowed)
{
	struct check_build *c = check_build_of(p);
	enum server_check_kind kind = p->check.kind;

	if (!c || !(p->sides & PROXY_BACKEND))
		return;
	if (kind == CHECK_EXTERNAL)
		finish_external(ctx, p, is_allowed);
	else if (kind == CHECK_HTTP)
		p->check.steps = c->steps[CHECK_FAMILY_HTTP].first;
	else if (kind == CHECK_TCP_STEPS)
		p->check.steps = c->steps[CHECK_FAMILY_TCP].first;
	for (size_t i = 0; i < CHECK_FAMILIES; i++) {
		const struct check_steps *own = &c->steps[i];
		bool http = i == CHECK_FAMILY_HTTP;

		if (own->first && !own->inherited && kind != (http ? CHECK_HTTP : CHECK_TCP_STEPS))
			conf_warn(ctx->diags, own->first->place,
				  "'%s' lines have no effect without 'option %s'",
				  http ? "http-check" : "tcp-check",
				  http ? "httpchk" : "tcp-check");
	}
	for (const struct server_conf *s = p->servers; s; s = s->next) {
		if (s->check && kind != CHECK_EXTERNAL && kind != CHECK_FAILOVER && !has_port(p, s))
			conf_error(ctx->diags, s->place,
				   "server '%s/%s' has no port that a check could connect to: add "
				   "one to its address, or 'port'",
				   p->name, s->name);
	}
}

static void finish(struct conf_ctx *ctx, void *root)
{
	struct balancer_conf *conf = root;

	for (struct proxy_conf *p = conf->proxies; p; p = p->next)
		finish_proxy(ctx, p, conf->global.external_check);
}

#define OPTION(name, args, fn, doc)                                                             \
	{                                                                                       \
		"option " name, CONF_DBE, CONF_CUSTOM, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, \
			fn, doc, "0.1", 0                                                       \
	}

static const struct conf_keyword rows[] = {
	OPTION("httpchk", "[[<method>] <uri> [<version>]]", read_httpchk,
	       "checks ask for a page; 2xx and 3xx are good"),
	OPTION("tcp-check", "", read_tcp_check, "checks follow the tcp-check lines"),
	OPTION("ssl-hello-chk", "", read_ssl_hello, "checks begin a TLS handshake"),
	OPTION("smtpchk", "[HELO|EHLO <domain>]", read_smtp, "checks greet a mail server"),
	OPTION("mysql-check", "[user <name> [post-41]]", read_mysql, "checks log in to MySQL"),
	OPTION("pgsql-check", "user <name>", read_pgsql, "checks begin a PostgreSQL session"),
	OPTION("redis-check", "", read_redis, "checks send PING to Redis"),
	OPTION("ldap-check", "", read_ldap, "checks bind anonymously to LDAP"),
	OPTION("script-check", "<user>[:<group>] <command> [timeout <time>] [dynamic]", read_script,
	       "relais' own: good when this command ends with 0"),
	OPTION("failover-check", "bfd <name> | file <name> [weight <n>] [reverse]", read_failover,
	       "relais' own: what the failover process sees of a bfd_instance or a track_file"),
	OPTION("external-check", "", read_external, "checks are made by a program"),
	{"external-check command", CONF_DBE, CONF_STRING,
	 offsetof(struct proxy_conf, check.command), 0, 0, "<program>", NULL, CONF_EFFECT_RELOAD,
	 NULL, "the program: proxy address and port, server address and port are its arguments",
	 "0.1", 0},
	{"external-check path", CONF_DBE, CONF_STRING, offsetof(struct proxy_conf, check.path), 0,
	 0, "<path>", "", CONF_EFFECT_RELOAD, NULL, "PATH for the program", "0.1", 0},
	{.name = NULL},
};

const struct conf_part check_part_options = {
	.name = "checks", .rows = rows, .inherit = inherit, .finish = finish};
