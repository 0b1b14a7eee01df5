/*
 * Persistence by cookie. Called by connect.c (which server?), forward.c and response.c (edits).
 *
 * insert: the balancer makes the cookie, the server need not know of it. rewrite: the server makes
 * it, its value is replaced by ours. prefix: ours goes in front of the server's value, "srv~value".
 */
#include "balancer/flow/persist.h"

#include "balancer/http/cookie.h"

static struct server *server_by_cookie(struct backend *b, struct slice value)
{
	for (unsigned i = 0; i < b->n_servers; i++) {
		const char *cookie = b->servers[i].conf->cookie;

		if (cookie && slice_eq_str(value, cookie))
			return &b->servers[i];
	}
	return NULL;
}

/* The part of the value that names the server. */
static struct slice server_part(const struct cookie_conf *conf, struct slice value)
{
	if (conf->prefix)
		value.len = slice_find(value, '~');
	else if (conf->maxidle_s || conf->maxlife_s)
		value.len = slice_find(value, '|');
	return value;
}

void persist_choose(struct exchange *x, struct server_choice *choice)
{
	const struct proxy_conf *conf = x->backend->conf;
	struct http_cursor at = {0};
	struct http_cookie cookie;
	struct server *s;

	if (!http_cookie_find(&x->req, slice_of(conf->cookie.name), &at, &cookie))
		return;
	s = server_by_cookie(x->backend->backend, server_part(&conf->cookie, cookie.value));
	x->cookie_seen = !s			  ? COOKIE_SEEN_INVALID
			 : server_is_reachable(s) ? COOKIE_SEEN_VALID
						  : COOKIE_SEEN_DOWN;
	if (!s)
		return;
	if (choice->want) {
		x->cookie_seen = COOKIE_SEEN_UNUSED;
		return;
	}
	if (conf->rules && rules_ignore_persist(conf->rules, exchange_rule_input(x))) {
		x->cookie_seen = COOKIE_SEEN_UNUSED;
		return;
	}
	choice->want = s;
}

/* What the server sees of "NAME=srv~value" is "NAME=value". */
static bool strip_prefix(struct exchange *x, struct http_cursor *at,
			 const struct http_cookie *cookie)
{
	size_t tilde = slice_find(cookie->value, '~');
	size_t before = (size_t)(cookie->value.ptr - at->value.ptr), after;
	char *text;

	if (tilde == cookie->value.len)
		return true;
	after = before + tilde + 1;
	text = arena_alloc(&x->arena, at->value.len);
	if (!text)
		return false;
	memcpy(text, at->value.ptr, before);
	memcpy(text + before, at->value.ptr + after, at->value.len - after);
	return http_message_replace_at(&x->req, at,
				       (struct slice){text, at->value.len - tilde - 1});
}

bool persist_edit_request(struct exchange *x)
{
	const struct cookie_conf *conf = &x->backend->conf->cookie;
	struct http_cursor at = {0};
	struct http_cookie cookie;

	if (!(conf->insert && conf->indirect) && !conf->prefix)
		return true;
	if (!http_cookie_find(&x->req, slice_of(conf->name), &at, &cookie))
		return true;
	return conf->prefix ? strip_prefix(x, &at, &cookie)
			    : http_cookie_cut(&x->req, &at, &cookie);
}

/* ---- the response ---------------------------------------------------------------------------- */

static bool find_set_cookie(const struct exchange *x, struct http_cursor *at,
			    struct http_cookie *cookie)
{
	const struct http_name name = http_name_known(HTTP_HEADER_SET_COOKIE);

	while (http_message_find(&x->res, name, at))
		if (http_cookie_set_parse(at->value, cookie) &&
		    slice_eq_str(cookie->name, x->backend->conf->cookie.name))
			return true;
	return false;
}

static bool insert_cookie(struct exchange *x)
{
	const struct cookie_conf *conf = &x->backend->conf->cookie;
	const char *value = x->server->conf->cookie;
	char *text;

	if (!value && x->cookie_seen == COOKIE_SEEN_NONE)
		return true;
	text = value ? arena_printf(
			       &x->arena, "%s=%s; path=/%s%s%s%s%s%s", conf->name, value,
			       conf->domain ? "; domain=" : "", conf->domain ? conf->domain : "",
			       conf->httponly ? "; HttpOnly" : "", conf->secure ? "; Secure" : "",
			       conf->attr ? "; " : "", conf->attr ? conf->attr : "")
		     : arena_printf(&x->arena,
				    "%s=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/%s%s",
				    conf->name, conf->domain ? "; domain=" : "",
				    conf->domain ? conf->domain : "");
	if (!text ||
	    !http_message_add(&x->res, http_name_known(HTTP_HEADER_SET_COOKIE), slice_of(text)))
		return false;
	x->cookie_done = 'I';
	if (conf->nocache)
		return http_message_add(&x->res, http_name_known(HTTP_HEADER_CACHE_CONTROL),
					SLICE("private"));
	return true;
}

/* The server's own cookie of that name, with our value in it or in front of it. */
static bool rewrite_cookie(struct exchange *x, struct http_cursor *at,
			   const struct http_cookie *cookie)
{
	const struct cookie_conf *conf = &x->backend->conf->cookie;
	const char *ours = x->server->conf->cookie;
	size_t before = (size_t)(cookie->value.ptr - at->value.ptr);
	size_t after = conf->prefix ? before : before + cookie->value.len;
	char *text;

	if (!ours)
		return true;
	text = arena_printf(&x->arena, "%.*s%s%s%.*s", (int)before, at->value.ptr, ours,
			    conf->prefix ? "~" : "", (int)(at->value.len - after),
			    at->value.ptr + after);
	x->cookie_done = 'R';
	return text && http_message_replace_at(&x->res, at, slice_of(text));
}

static bool needs_insert(const struct exchange *x, bool theirs)
{
	const struct cookie_conf *conf = &x->backend->conf->cookie;

	if (!conf->insert || (theirs && conf->preserve))
		return false;
	if (conf->postonly && x->req.method != HTTP_METHOD_POST)
		return false;
	return x->cookie_seen != COOKIE_SEEN_VALID;
}

bool persist_edit_response(struct exchange *x)
{
	const struct cookie_conf *conf = &x->backend->conf->cookie;
	struct http_cursor at = {0};
	struct http_cookie cookie;
	bool theirs = find_set_cookie(x, &at, &cookie);

	if (theirs) {
		x->cookie_done = 'P';
		if (conf->rewrite || conf->prefix)
			return rewrite_cookie(x, &at, &cookie);
		if (conf->insert && !conf->preserve) {
			http_message_drop_at(&x->res, &at);
			x->cookie_done = 'D';
		}
	}
	return needs_insert(x, theirs) ? insert_cookie(x) : true;
}
