/*
 * Keyword rows of rules: acl, http-request and its kin, tcp-request, redirect, use_backend,
 * use-server, captures, log formats. Rows fill the proxy's rule_set as lines are read (an ACL must
 * stand before its use, as in HAProxy); names of proxies are resolved at the end.
 */
#include "balancer/rules/rules_conf.h"

#include "balancer/rules/action.h"
#include "balancer/rules/log_alias.h"
#include "core/conf/value.h"

#define PARSE(name) \
	static void name(struct conf_ctx *ctx, const struct conf_line *line, void *target)

struct rule_set *rules_set_of(struct arena *arena, struct proxy_conf *proxy)
{
	if (!proxy->rules)
		proxy->rules = ARENA_NEW(arena, struct rule_set);
	return proxy->rules;
}

/* As in HAProxy: what an anonymous defaults section said would be hard to find again. */
static bool may_stand(struct conf_ctx *ctx, const struct conf_line *line)
{
	if (!ctx->section || ctx->section->bit != CONF_DEFAULTS || *ctx->section_name)
		return true;
	conf_ctx_error(ctx, line, 0, "'%s' may stand in a defaults section only if that has a name",
		       ctx->keyword->name);
	return false;
}

static struct rules_build build_for(struct conf_ctx *ctx, const struct conf_line *line,
				    void *target)
{
	return (struct rules_build){
		.arena = ctx->arena,
		.diags = ctx->diags,
		.files = ctx->files,
		.at = conf_line_place(line, 0),
		.set = rules_set_of(ctx->arena, target),
		.place = RULES_AT_REQUEST,
	};
}

/* ---- acl and rules ------------------------------------------------------------------------ */

PARSE(read_acl)
{
	struct rules_build b = build_for(ctx, line, target);

	if (!may_stand(ctx, line))
		return;
	if (line->n_words < 3) {
		conf_ctx_error(ctx, line, 0, "'acl' needs a name and a test");
		return;
	}
	b.any_place = true;
	acl_define(&b, line->words[1].text, line->words + 2, line->n_words - 2);
}

static void read_rule(struct conf_ctx *ctx, const struct conf_line *line, void *target,
		      enum rule_phase phase)
{
	struct rules_build b = build_for(ctx, line, target);

	if (!may_stand(ctx, line))
		return;
	action_parse_rule(&b, phase, line->words + ctx->n_name, line->n_words - ctx->n_name);
}

PARSE(read_http_request)
{
	read_rule(ctx, line, target, RULE_HTTP_REQUEST);
}

PARSE(read_http_response)
{
	read_rule(ctx, line, target, RULE_HTTP_RESPONSE);
}

PARSE(read_http_after_response)
{
	read_rule(ctx, line, target, RULE_HTTP_AFTER_RESPONSE);
}

PARSE(read_tcp_connection)
{
	read_rule(ctx, line, target, RULE_TCP_CONNECTION);
}

PARSE(read_tcp_session)
{
	read_rule(ctx, line, target, RULE_TCP_SESSION);
}

PARSE(read_tcp_request)
{
	read_rule(ctx, line, target, RULE_TCP_REQUEST);
}

PARSE(read_inspect_delay)
{
	if (conf_ctx_args(ctx, line, 1, 1))
		conf_word_time_ms(ctx, line, ctx->n_name, 0, INT32_MAX,
				  &rules_set_of(ctx->arena, target)->inspect_delay_ms);
}

/* The keyword of its own: like http-request redirect behind all of those, its text as it stands. */
PARSE(read_redirect)
{
	struct rules_build b = build_for(ctx, line, target);

	action_parse_redirect(&b, line->words, line->n_words);
}

/* ---- lines that choose -------------------------------------------------------------------- */

static const struct rule_condition *read_condition(struct rules_build *b, struct conf_ctx *ctx,
						   const struct conf_line *line, unsigned at,
						   bool *ok)
{
	const struct rule_condition *c;

	*ok = true;
	if (at >= line->n_words)
		return NULL;
	if (!conf_line_is(line, at, "if") && !conf_line_is(line, at, "unless")) {
		conf_ctx_error(ctx, line, at, "'if' or 'unless' expected instead of '%s'",
			       conf_line_word(line, at));
		*ok = false;
		return NULL;
	}
	c = rule_condition_parse(b, line->words + at, line->n_words - at);
	*ok = c != NULL;
	return c;
}

static bool read_target(struct conf_ctx *ctx, const struct conf_line *line, struct rules_build *b,
			struct rule_target *t)
{
	const char *name = conf_line_word(line, 1);
	bool ok;

	if (!*name) {
		conf_ctx_error(ctx, line, 1, "'%s' needs a name", conf_line_word(line, 0));
		return false;
	}
	t->place = conf_line_place(line, 1);
	t->name = arena_strdup(ctx->arena, name);
	if (strchr(name, '%')) {
		t->format = log_format_compile_value(b, name);
		if (!t->format)
			return false;
	}
	t->cond = read_condition(b, ctx, line, 2, &ok);
	return ok;
}

PARSE(read_use_backend)
{
	struct rules_build b = build_for(ctx, line, target);
	struct rule_target t = {0};

	if (read_target(ctx, line, &b, &t))
		*RULES_PUSH(ctx->arena, b.set->backends, b.set->n_backends) = t;
}

PARSE(read_use_server)
{
	struct rules_build b = build_for(ctx, line, target);
	struct rule_target t = {0};

	if (!read_target(ctx, line, &b, &t))
		return;
	if (!t.cond) {
		conf_ctx_error(ctx, line, 2, "'use-server' needs a condition");
		return;
	}
	*RULES_PUSH(ctx->arena, b.set->servers, b.set->n_servers) = t;
}

PARSE(read_persist)
{
	struct rules_build b = build_for(ctx, line, target);
	struct rule_target t = {.place = b.at, .ignore = conf_line_is(line, 0, "ignore-persist")};
	bool ok;

	t.cond = read_condition(&b, ctx, line, 1, &ok);
	if (!t.cond && ok)
		conf_ctx_error(ctx, line, 1, "'%s' needs a condition", conf_line_word(line, 0));
	if (t.cond)
		*RULES_PUSH(ctx->arena, b.set->persists, b.set->n_persists) = t;
}

PARSE(read_monitor_fail)
{
	struct rules_build b = build_for(ctx, line, target);
	struct rule_target t = {.place = b.at};
	bool ok;

	t.cond = read_condition(&b, ctx, line, ctx->n_name, &ok);
	if (!t.cond && ok)
		conf_ctx_error(ctx, line, ctx->n_name, "'monitor fail' needs a condition");
	if (t.cond)
		*RULES_PUSH(ctx->arena, b.set->monitor_fails, b.set->n_monitor_fails) = t;
}

/* ---- captures ----------------------------------------------------------------------------- */

enum { CAPTURE_LEN_MAX = 65536 };

/* capture request|response header <name> len <n>; declare capture request|response len <n> */
PARSE(read_capture)
{
	bool declared = conf_line_is(line, 0, "declare");
	unsigned at = declared ? 2 : 1, name = at + 2, len_at = declared ? at + 1 : at + 3;
	struct rules_build b = build_for(ctx, line, target);
	struct rule_capture c = {.response = conf_line_is(line, at, "response")};
	int len;

	if (!declared && !*conf_line_word(line, name)) {
		conf_ctx_error(ctx, line, name, "a header's name is missing");
		return;
	}
	if (!conf_line_is(line, len_at, "len")) {
		conf_ctx_error(ctx, line, len_at, "'len <bytes>' is expected");
		return;
	}
	if (!conf_word_int(ctx, line, len_at + 1, 1, CAPTURE_LEN_MAX, &len))
		return;
	c.len = (unsigned)len;
	if (!declared)
		c.header = http_name_of(
			slice_of(arena_strdup(ctx->arena, conf_line_word(line, name))));
	*RULES_PUSH(ctx->arena, b.set->captures, b.set->n_captures) = c;
}

PARSE(read_capture_cookie)
{
	struct rule_set *set = rules_set_of(ctx->arena, target);
	int len;

	if (!conf_ctx_args(ctx, line, 3, 3))
		return;
	if (!conf_line_is(line, 3, "len")) {
		conf_ctx_error(ctx, line, 3, "'len <bytes>' is expected");
		return;
	}
	if (!conf_word_int(ctx, line, 4, 1, CAPTURE_LEN_MAX, &len))
		return;
	set->capture_cookie = arena_strdup(ctx->arena, conf_line_word(line, 2));
	set->capture_cookie_len = (unsigned)len;
}

/* ---- log formats -------------------------------------------------------------------------- */

/* Compiled at the end, when the mode is known. Until then the proxy holds an empty format, so that
 * an `option httplog` behind this line can take it away again. */
static void keep_format(struct conf_ctx *ctx, const struct conf_line *line,
			struct log_format **slot, struct rule_log_text *text)
{
	if (!conf_ctx_args(ctx, line, 1, 1))
		return;
	text->at = conf_line_place(line, 1);
	text->text = arena_strdup(ctx->arena, conf_line_word(line, 1));
	text->slot = *slot = ARENA_NEW(ctx->arena, struct log_format);
}

PARSE(read_log_format)
{
	struct proxy_conf *p = target;

	keep_format(ctx, line, &p->log_format, &rules_set_of(ctx->arena, p)->log_format);
}

PARSE(read_error_log_format)
{
	struct proxy_conf *p = target;

	keep_format(ctx, line, &p->error_log_format,
		    &rules_set_of(ctx->arena, p)->error_log_format);
}

static void finish_format(struct rules_build *b, const struct proxy_conf *p,
			  const struct rule_log_text *text, struct log_format **slot)
{
	if (!*slot || *slot != text->slot)
		return;
	b->at = text->at;
	b->place = RULES_AT_LOG;
	*slot = log_format_compile_log(b, text->text, p->mode);
}

/* ---- the end ------------------------------------------------------------------------------ */

static const struct proxy_conf *find_proxy(const struct balancer_conf *conf, struct slice name,
					   unsigned side)
{
	for (const struct proxy_conf *p = conf->proxies; p; p = p->next)
		if ((p->sides & side) && slice_eq_str(name, p->name))
			return p;
	return NULL;
}

static const struct server_conf *find_server(const struct proxy_conf *p, struct slice name)
{
	for (const struct server_conf *s = p ? p->servers : NULL; s; s = s->next)
		if (slice_eq_str(name, s->name))
			return s;
	return NULL;
}

static const struct userlist_conf *find_userlist(const struct balancer_conf *conf, const char *name)
{
	for (const struct userlist_conf *u = conf->userlists; u; u = u->next)
		if (strcmp(u->name, name) == 0)
			return u;
	return NULL;
}

/* "" is the proxy's own. A rule of a defaults section has one place for all proxies that take it:
 * they must mean the same table. */
static const void *find_table(const struct rule_pending *p, const struct proxy_conf *proxy,
			      const struct balancer_conf *conf, struct conf_diags *diags)
{
	const struct stick_table_conf *table = NULL;

	if (!*p->name)
		table = proxy->stick_table;
	for (const struct proxy_conf *o = conf->proxies; o && *p->name && !table; o = o->next)
		if (strcmp(o->name, p->name) == 0)
			table = o->stick_table;
	if (!table)
		conf_error(diags, p->place,
			   *p->name ? "there is no stick-table '%s'"
				    : "'%s' has no stick-table of its own: name one",
			   *p->name ? p->name : proxy->name);
	else if (*p->out && *p->out != table)
		conf_error(diags, p->place,
			   "a rule for several proxies has to name its stick-table");
	return table;
}

static void resolve_one(const struct rule_pending *p, const struct proxy_conf *proxy,
			const struct balancer_conf *conf, struct conf_diags *diags)
{
	struct slice server = slice_of(p->name), name = slice_cut(&server, '/');

	if (p->kind == 's' && server.len > 0)
		*p->out = find_server(find_proxy(conf, name, PROXY_BACKEND), server);
	else if (p->kind == 's')
		*p->out = find_server(proxy, name);
	else if (p->kind == 'u')
		*p->out = find_userlist(conf, p->name);
	else
		*p->out = find_proxy(conf, slice_of(p->name),
				     p->kind == 'f' ? PROXY_FRONTEND : PROXY_BACKEND);
	if (!*p->out)
		conf_error(diags, p->place, "there is no %s '%s'",
			   p->kind == 's'   ? "server"
			   : p->kind == 'u' ? "userlist"
			   : p->kind == 'f' ? "frontend"
					    : "backend",
			   p->name);
}

static void resolve_pending(struct rule_set *set, const struct proxy_conf *proxy,
			    const struct balancer_conf *conf, struct conf_diags *diags)
{
	for (struct rule_pending *p = set->pending; p; p = p->next) {
		if (p->kind == 't')
			*p->out = find_table(p, proxy, conf, diags);
		else
			resolve_one(p, proxy, conf, diags);
	}
}

static void resolve_targets(struct rule_set *set, const struct proxy_conf *proxy,
			    const struct balancer_conf *conf, struct conf_diags *diags)
{
	for (unsigned i = 0; i < set->n_backends; i++) {
		struct rule_target *t = &set->backends[i];
		const struct proxy_conf *p;

		if (t->format)
			continue;
		t->resolved = p = find_proxy(conf, slice_of(t->name), PROXY_BACKEND);
		if (!p)
			conf_error(diags, t->place, "use_backend: there is no backend '%s'",
				   t->name);
		else if (p->mode != proxy->mode && proxy->mode == PROXY_MODE_HTTP)
			conf_error(diags, t->place,
				   "use_backend: '%s' is in mode tcp, '%s' in mode http", t->name,
				   proxy->name);
	}
	for (unsigned i = 0; i < set->n_servers; i++) {
		struct rule_target *t = &set->servers[i];

		if (t->format)
			continue;
		t->resolved = find_server(proxy, slice_of(t->name));
		if (!t->resolved)
			conf_error(diags, t->place, "use-server: '%s' has no server '%s'",
				   proxy->name, t->name);
	}
}

static void check_captures(const struct rule_set *set, struct conf_diags *diags)
{
	for (unsigned phase = 0; phase < RULE_PHASES; phase++)
		for (unsigned i = 0; i < set->phase[phase].n; i++)
			if (!action_capture_has_slot(&set->phase[phase].rules[i], set))
				conf_error(diags, set->phase[phase].rules[i].place,
					   "capture: there is no slot of that id, see "
					   "'declare capture'");
}

void rules_finish(struct proxy_conf *proxy, const struct balancer_conf *conf, struct arena *arena,
		  struct conf_diags *diags, struct conf_files *files)
{
	struct rule_set *set = proxy->rules;
	struct rules_build b = {.arena = arena, .diags = diags, .files = files, .set = set};

	if (!set)
		return;
	if (proxy->sides & PROXY_FRONTEND) {
		check_captures(set, diags);
		finish_format(&b, proxy, &set->log_format, &proxy->log_format);
		finish_format(&b, proxy, &set->error_log_format, &proxy->error_log_format);
	}
	if (proxy->mode != PROXY_MODE_HTTP) { /* the grammar has warned of each such line */
		set->phase[RULE_HTTP_REQUEST].n = 0;
		set->phase[RULE_HTTP_RESPONSE].n = 0;
		set->phase[RULE_HTTP_AFTER_RESPONSE].n = 0;
		set->redirects.n = 0;
	}
	resolve_pending(set, proxy, conf, diags);
	resolve_targets(set, proxy, conf, diags);
}

static void finish(struct conf_ctx *ctx, void *root)
{
	struct balancer_conf *conf = root;

	for (struct proxy_conf *p = conf->proxies; p; p = p->next) {
		rules_finish(p, conf, ctx->arena, ctx->diags, ctx->files);
		if (!(p->sides & PROXY_FRONTEND) || p->log_format)
			continue;
		if (p->options & PROXY_OPT_HTTPLOG_CLF)
			p->log_format = (struct log_format *)log_format_builtin('c');
		else if (!(p->options & (PROXY_OPT_HTTPLOG | PROXY_OPT_TCPLOG)))
			p->log_format = (struct log_format *)log_format_builtin(
				p->mode == PROXY_MODE_HTTP ? 'D' : 'd');
	}
}

/* Rules of a defaults section come first in each proxy that takes it. The lists are copied, the
 * rules themselves are shared: nothing changes them. */
static void inherit(struct conf_ctx *ctx, void *target, const void *parent)
{
	struct proxy_conf *p = target;
	const struct proxy_conf *from = parent;
	struct rule_set *set;

	p->rules = NULL;
	if (!from || !from->rules)
		return;
	set = rules_set_of(ctx->arena, p);
	*set = *from->rules;
	for (unsigned i = 0; i < RULE_PHASES; i++) {
		struct rule *copy = ARENA_ARRAY(ctx->arena, struct rule, set->phase[i].n * 2 + 1);

		if (set->phase[i].n == 0)
			continue;
		memcpy(copy, set->phase[i].rules, sizeof(*copy) * set->phase[i].n);
		set->phase[i].rules = copy;
	}
	set->acls = NULL; /* names of a defaults section are its own */
}

#define ROW(name, sections, args, parse, doc)                                                     \
	{                                                                                         \
		name, sections, CONF_CUSTOM, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, parse, doc, \
			"0.1", 0                                                                  \
	}
#define HTTP_ROW(name, sections, args, parse, doc)                                                \
	{                                                                                         \
		name, sections, CONF_CUSTOM, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, parse, doc, \
			"0.1", CONF_HTTP_ONLY                                                     \
	}
#define COND "[if|unless <condition>]"

static const struct conf_keyword rows[] = {
	ROW("acl", CONF_DPROXY, "<name> <sample> [flags] [operator] <value>...", read_acl,
	    "names a test for conditions; lines of one name are alternatives"),
	HTTP_ROW("http-request", CONF_DPROXY, "<action> " COND, read_http_request,
		 "what happens to a request"),
	HTTP_ROW("http-response", CONF_DPROXY, "<action> " COND, read_http_response,
		 "what happens to a server's response"),
	HTTP_ROW("http-after-response", CONF_DPROXY, "<action> " COND, read_http_after_response,
		 "what happens to any response, our own too"),
	ROW("tcp-request connection", CONF_DFE, "<action> " COND, read_tcp_connection,
	    "what happens to a connection when it is accepted"),
	ROW("tcp-request session", CONF_DFE, "<action> " COND, read_tcp_session,
	    "what happens to a session when it begins"),
	ROW("tcp-request content", CONF_DPROXY, "<action> " COND, read_tcp_request,
	    "what happens to a session by its first bytes"),
	ROW("tcp-request inspect-delay", CONF_DPROXY, "<time>", read_inspect_delay,
	    "how long tcp-request content may wait for bytes"),
	HTTP_ROW("redirect", CONF_PROXY, "location|prefix|scheme <text> [options] " COND,
		 read_redirect, "sends the client elsewhere, behind all http-request rules"),
	ROW("use_backend", CONF_FE, "<backend> " COND, read_use_backend,
	    "which backend serves; the first line that holds"),
	ROW("use-server", CONF_BE, "<server> if|unless <condition>", read_use_server,
	    "which server serves, when it is up"),
	ROW("force-persist", CONF_BE, "if|unless <condition>", read_persist,
	    "follows the cookie even to a server that is down"),
	ROW("ignore-persist", CONF_BE, "if|unless <condition>", read_persist,
	    "does not follow the cookie"),
	ROW("monitor fail", CONF_FE, "if|unless <condition>", read_monitor_fail,
	    "monitor-uri answers 503"),
	ROW("capture request header", CONF_FE, "<name> len <n>", read_capture,
	    "keeps a request header for the log"),
	ROW("capture response header", CONF_FE, "<name> len <n>", read_capture,
	    "keeps a response header for the log"),
	ROW("capture cookie", CONF_FE, "<name> len <n>", read_capture_cookie,
	    "keeps a cookie for the log"),
	ROW("declare capture request", CONF_FE, "len <n>", read_capture,
	    "a slot for `http-request capture ... id`"),
	ROW("declare capture response", CONF_FE, "len <n>", read_capture,
	    "a slot for `http-response capture ... id`"),
	ROW("log-format", CONF_DFE, "<format>", read_log_format, "what a traffic log line says"),
	ROW("error-log-format", CONF_DFE, "<format>", read_error_log_format,
	    "what the log line of a failed connection says"),
	{.name = NULL},
};

const struct conf_part rules_conf_part = {
	.name = "rules", .rows = rows, .inherit = inherit, .finish = finish};
