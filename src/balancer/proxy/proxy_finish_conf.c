/*
 * What can be judged only when everything is read: names of backends and tracked servers, settings
 * that need `mode http`, settings taken from global, missing timeouts. Errors and warnings follow
 * what haproxy 2.6 says in the same places. Called once per load through proxy_part_proxy.finish.
 */
#include <stdlib.h>

#include "balancer/proxy/proxy_parse.h"

static const char *kind(const struct proxy_conf *p)
{
	return p->sides == (PROXY_FRONTEND | PROXY_BACKEND) ? "listen"
	       : p->sides & PROXY_FRONTEND		    ? "frontend"
							    : "backend";
}

static void resolve_backend(struct conf_ctx *ctx, struct proxy_conf *p)
{
	const struct balancer_conf *conf = proxy_parse_of(ctx)->conf;
	struct proxy_conf *backend;

	if (!p->default_backend_name || !(p->sides & PROXY_FRONTEND))
		return;
	backend = proxy_conf_find(conf, p->default_backend_name, PROXY_BACKEND);
	if (!backend)
		conf_error(ctx->diags, p->place, "%s '%s': there is no backend '%s'", kind(p),
			   p->name, p->default_backend_name);
	else if (p->mode == PROXY_MODE_HTTP && backend->mode == PROXY_MODE_TCP)
		conf_error(ctx->diags, p->place,
			   "%s '%s' is in mode http, its default_backend '%s' (%s:%u) in mode tcp",
			   kind(p), p->name, backend->name, backend->place.file,
			   backend->place.line);
	else
		p->default_backend = backend;
	/* HAProxy begins such a connection as TCP and goes on as HTTP in the backend. */
	if (backend && p->mode == PROXY_MODE_TCP && backend->mode == PROXY_MODE_HTTP) {
		conf_warn(ctx->diags, p->place,
			  "%s '%s' is in mode tcp, its default_backend '%s' in mode http: it is "
			  "served in mode http",
			  kind(p), p->name, backend->name);
		p->mode = PROXY_MODE_HTTP;
	}
}

/* In mode tcp, what needs http has no effect: it is taken away, with a warning at its line. */
static void strip_http(struct conf_ctx *ctx, struct proxy_build *b)
{
	struct proxy_conf *p = &b->conf;

	if (p->mode == PROXY_MODE_HTTP)
		return;
	for (const struct proxy_http_line *l = b->http_lines; l; l = l->next) {
		if (strcmp(l->row->name, "option httplog") == 0)
			conf_warn(ctx->diags, l->place,
				  "'option httplog' needs 'mode http', '%s' is in mode tcp: taken "
				  "as 'option tcplog'",
				  p->name);
		else
			conf_warn(ctx->diags, l->place,
				  "'%s' has no effect in %s '%s': it needs 'mode http'",
				  l->row->name, kind(p), p->name);
	}
	if (p->options & PROXY_OPT_HTTPLOG)
		p->options |= PROXY_OPT_TCPLOG;
	p->options &= ~(uint64_t)(PROXY_OPT_HTTPLOG | PROXY_OPT_HTTPLOG_CLF | PROXY_OPT_FORWARDFOR |
				  PROXY_OPT_HTTPCLOSE | PROXY_OPT_HTTP_SERVER_CLOSE |
				  PROXY_OPT_HTTP_KEEP_ALIVE | PROXY_OPT_HTTP_BUFFER_REQUEST);
	p->cookie.name = NULL;
	p->monitor_uri = NULL;
	p->stats.enabled = false;
}

static void expand_global_log(struct conf_ctx *ctx, struct proxy_build *b)
{
	const struct global_conf *global = &proxy_parse_of(ctx)->conf->global;
	const struct log_target *from = b->log_global ? global->log_targets : NULL;

	for (; from; from = from->next) {
		struct log_target *t = ARENA_NEW(ctx->arena, struct log_target);

		*t = *from;
		t->next = NULL;
		*b->log_tail = t;
		b->log_tail = &t->next;
	}
	if (!b->conf.log_tag)
		b->conf.log_tag = global->log_tag;
}

/* Numbers for those without `id`: the lowest that nobody has. */
static void number_servers(struct conf_ctx *ctx, struct proxy_conf *p)
{
	/* One more than there are servers is always free. */
	bool *taken = ARENA_ARRAY(ctx->arena, bool, p->n_servers + 2);
	unsigned next = 1;

	for (struct server_conf *s = p->servers; s; s = s->next) {
		if (!s->id || s->id > p->n_servers)
			continue;
		if (taken[s->id])
			conf_error(ctx->diags, s->place, "server '%s/%s': the id %u is taken",
				   p->name, s->name, s->id);
		taken[s->id] = true;
	}
	for (struct server_conf *s = p->servers; s; s = s->next) {
		while (taken[next])
			next++;
		if (!s->id)
			s->id = next++;
	}
}

static int by_name(const void *a, const void *b)
{
	const struct server_conf *x = *(struct server_conf *const *)a,
				 *y = *(struct server_conf *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->place.line > y->place.line) - (x->place.line < y->place.line);
}

static void check_names(struct conf_ctx *ctx, const struct proxy_conf *p)
{
	struct server_conf **sorted = ARENA_ARRAY(ctx->arena, struct server_conf *, p->n_servers);
	size_t n = 0;

	for (struct server_conf *s = p->servers; s; s = s->next)
		sorted[n++] = s;
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
			conf_error(ctx->diags, sorted[i]->place,
				   "%s '%s' has a server '%s' already, at line %u", kind(p),
				   p->name, sorted[i]->name, sorted[i - 1]->place.line);
	}
}

static const struct server_conf *find_server(const struct proxy_conf *p, struct slice name)
{
	for (const struct server_conf *s = p->servers; s; s = s->next) {
		if (slice_eq_str(name, s->name))
			return s;
	}
	return NULL;
}

static bool is_tracked(struct conf_ctx *ctx, const struct server_conf *s, struct slice name)
{
	bool elsewhere = slice_find(name, '/') != name.len;
	struct slice first = elsewhere ? slice_cut(&name, '/') : slice_of(s->proxy->name);
	const struct proxy_conf *p =
		elsewhere ? proxy_conf_find(proxy_parse_of(ctx)->conf,
					    arena_strndup(ctx->arena, first.ptr, first.len),
					    PROXY_BACKEND)
			  : s->proxy;

	return p && find_server(p, name);
}

static void check_track(struct conf_ctx *ctx, const struct server_conf *s)
{
	struct slice rest = slice_of(s->track);

	while (rest.len > 0) {
		struct slice name = slice_cut(&rest, ',');

		if (!is_tracked(ctx, s, name))
			conf_error(ctx->diags, s->place,
				   "server '%s/%s': there is no server '%.*s' to track",
				   s->proxy->name, s->name, (int)name.len, name.ptr);
	}
	if (s->check)
		conf_error(ctx->diags, s->place,
			   "server '%s/%s': 'track' and 'check' exclude each other", s->proxy->name,
			   s->name);
}

static void check_servers(struct conf_ctx *ctx, struct proxy_conf *p)
{
	bool trust = proxy_parse_of(ctx)->ssl_server_verify_none;

	for (struct server_conf *s = p->servers; s; s = s->next) {
		if (s->track)
			check_track(ctx, s);
		s->verify_none = s->verify_none || (trust && !s->ca_file);
		if (s->check && s->check_ssl && !s->verify_none && !s->ca_file)
			conf_error(ctx->diags, s->place,
				   "server '%s/%s': 'check-ssl' verifies by default, but there is "
				   "no 'ca-file'; say 'verify none' where you trust the network",
				   p->name, s->name);
		if (s->minconn > s->maxconn)
			s->minconn = s->maxconn;
	}
	check_names(ctx, p);
	number_servers(ctx, p);
}

static void check_timeouts(struct conf_ctx *ctx, const struct proxy_conf *p)
{
	bool fe = p->sides & PROXY_FRONTEND, be = p->sides & PROXY_BACKEND && p->servers;
	const char *missing = fe && !p->timeout.client	  ? "timeout client"
			      : be && !p->timeout.connect ? "timeout connect"
			      : be && !p->timeout.server  ? "timeout server"
							  : NULL;

	if (missing && (!fe || p->listeners || be))
		conf_warn(ctx->diags, p->place,
			  "%s '%s' has no '%s': a silent peer would hold its connection for ever",
			  kind(p), p->name, missing);
}

/* A tenth of what the frontends before it may bring, as HAProxy has it. */
static void default_fullconn(struct conf_ctx *ctx, struct proxy_conf *p)
{
	const struct balancer_conf *conf = proxy_parse_of(ctx)->conf;
	long long sum = 0;

	if (p->fullconn || !(p->sides & PROXY_BACKEND))
		return;
	for (const struct proxy_conf *f = conf->proxies; f; f = f->next) {
		if (f->sides & PROXY_FRONTEND && (f == p || f->default_backend == p))
			sum += f->maxconn ? f->maxconn : conf->global.maxconn;
	}
	p->fullconn = (int)((sum + 9) / 10);
}

static void check_ids(struct conf_ctx *ctx, const struct proxy_conf *p)
{
	for (const struct proxy_conf *q = p->next; q; q = q->next) {
		if (q->id == p->id && (q->sides & p->sides))
			conf_warn(ctx->diags, q->place, "%s '%s' has the id %u of %s '%s'", kind(q),
				  q->name, q->id, kind(p), p->name);
	}
}

void proxy_conf_finish(struct conf_ctx *ctx, void *root)
{
	struct balancer_conf *conf = root;

	for (struct proxy_conf *p = conf->proxies; p; p = p->next) {
		struct proxy_build *b = proxy_build_of(p);

		strip_http(ctx, b);
		resolve_backend(ctx, p);
		expand_global_log(ctx, b);
		check_servers(ctx, p);
		check_ids(ctx, p);
		if (p->disabled)
			continue;
		if (p->sides == PROXY_FRONTEND && !p->listeners)
			conf_warn(ctx->diags, p->place,
				  "frontend '%s' has no 'bind' line: no client can reach it",
				  p->name);
		check_timeouts(ctx, p);
	}
	for (struct proxy_conf *p = conf->proxies; p; p = p->next)
		default_fullconn(ctx, p);
}
