/*
 * Persistence by cookie. Called by connect.c (which server?), forward.c and response.c (edits).
 *
 * insert: the balancer makes the cookie, the server need not know of it. rewrite: the server makes
 * it, its value is replaced by ours. prefix: ours goes in front of the server's value, "srv~value".
 */
#include "balancer/flow/persist.h"

#include "balancer/http/cookie.h"
#include "core/base/text.h"

static struct server *server_by_cookie(struct backend *b, struct slice value)
{
	for (unsigned i = 0; i < b->n_servers; i++) {
		const char *cookie = b->servers[i].conf->cookie;

		if (cookie && slice_eq_str(value, cookie))
			return &b->servers[i];
	}
	return NULL;
}

/* Dates in cookies: five characters of 6 bits, seconds / 4 (as HAProxy writes them, so that cookies
 * outlive a change of program). */
static const char date_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void write_date(char text[static 6], uint32_t date)
{
	for (int i = 0; i < 5; i++)
		text[i] = date_alphabet[date >> (24 - 6 * i) & 63];
	text[5] = '\0';
}

static uint32_t read_date(struct slice text)
{
	uint32_t date = 0;

	if (text.len != 5)
		return 0;
	for (int i = 0; i < 5; i++) {
		const char *at = memchr(date_alphabet, text.ptr[i], 64);

		if (!at)
			return 0;
		date = date << 6 | (uint32_t)(at - date_alphabet);
	}
	return date;
}

static uint32_t date_now(const struct exchange *x)
{
	return (uint32_t)((exchange_now(x) + x->worker->wall_offset_us) / 4000000);
}

static bool is_dated(const struct cookie_conf *conf)
{
	return conf->maxidle_s || conf->maxlife_s;
}

/* Is "name|last|first" too old? */
static enum cookie_seen judge_dates(struct exchange *x, const struct cookie_conf *conf,
				    struct slice value)
{
	uint32_t now = date_now(x);
	struct slice rest = value;

	slice_cut(&rest, '|');
	x->cookie_last = read_date(slice_cut(&rest, '|'));
	x->cookie_first = read_date(slice_cut(&rest, '|'));
	if (conf->maxidle_s && x->cookie_last && x->cookie_last < now &&
	    (int64_t)(now - x->cookie_last) * 4 > conf->maxidle_s)
		return COOKIE_SEEN_EXPIRED;
	if (conf->maxlife_s && x->cookie_first && x->cookie_first < now &&
	    (int64_t)(now - x->cookie_first) * 4 > conf->maxlife_s)
		return COOKIE_SEEN_OLD;
	return COOKIE_SEEN_VALID;
}

/* The part of the value that names the server. */
static struct slice server_part(const struct cookie_conf *conf, struct slice value)
{
	if (conf->prefix)
		value.len = slice_find(value, '~');
	else if (is_dated(conf))
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
	if (is_dated(&conf->cookie)) {
		enum cookie_seen age = judge_dates(x, &conf->cookie, cookie.value);

		if (age != COOKIE_SEEN_VALID) {
			x->cookie_seen = (uint8_t)age;
			return;
		}
	}
	if (choice->want) {
		x->cookie_seen = COOKIE_SEEN_UNUSED;
		return;
	}
	if (conf->rules && rules_ignore_persist(conf->rules, exchange_rule_input(x))) {
		x->cookie_seen = COOKIE_SEEN_UNUSED;
		return;
	}
	choice->want = s;
	choice->want_only = conf->rules && rules_force_persist(conf->rules, exchange_rule_input(x));
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

/* "|last|first" as far as the configuration wants them. */
static const char *dates_text(const struct exchange *x, const struct cookie_conf *conf,
			      char text[static 16])
{
	bool renewed = x->cookie_seen == COOKIE_SEEN_VALID && x->cookie_first;

	text[0] = '\0';
	if (!is_dated(conf))
		return text;
	text[0] = '|';
	write_date(text + 1, date_now(x));
	if (!conf->maxlife_s)
		return text;
	text[6] = '|';
	write_date(text + 7, renewed ? x->cookie_first : date_now(x));
	return text;
}

/* A server without a cookie of its own takes the client's away. */
static bool make_cookie(struct exchange *x, const struct cookie_conf *conf, struct text *out)
{
	const char *value = x->server->conf->cookie;
	char dates[16];

	if (value)
		text_fmt(out, "%s=%s%s; path=/", conf->name, value, dates_text(x, conf, dates));
	else
		text_fmt(out, "%s=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/", conf->name);
	if (conf->domain)
		text_fmt(out, "; domain=%s", conf->domain);
	if (conf->httponly && value)
		text_str(out, "; HttpOnly");
	if (conf->secure && value)
		text_str(out, "; Secure");
	if (conf->attr && value)
		text_fmt(out, "; %s", conf->attr);
	return !out->cut;
}

static bool insert_cookie(struct exchange *x)
{
	const struct cookie_conf *conf = &x->backend->conf->cookie;
	char buf[1024];
	struct text line;

	text_init(&line, buf, sizeof(buf));
	if (!make_cookie(x, conf, &line) ||
	    !http_message_add(&x->res, http_name_known(HTTP_HEADER_SET_COOKIE),
			      (struct slice){buf, line.len}))
		return false;
	x->cookie_done = x->cookie_seen == COOKIE_SEEN_VALID ? 'U' : 'I';
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
	if (x->cookie_seen != COOKIE_SEEN_VALID)
		return true;
	return (conf->maxidle_s && x->cookie_last != date_now(x)) ||
	       (conf->maxlife_s && !x->cookie_first);
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
