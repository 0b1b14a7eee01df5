/*
 * Actions that answer the client: deny, tarpit, return, redirect, auth. The answer is made as
 * complete HTTP/1.1 bytes in the exchange's arena; connection headers are flow's. Bytes and order
 * of the fields are HAProxy 2.6's.
 */
#include "balancer/http/reply.h"
#include "balancer/rules/action.h"
#include "core/base/text.h"

#define RUN(name)                                                                     \
	static enum rule_outcome name(const struct rule *rule, struct rule_input *in, \
				      struct rule_verdict *verdict)

struct reply_field {
	const char *name;
	const struct log_format *value;
};

struct reply {
	unsigned status;
	bool page;	  /* the proxy's own for this status */
	struct slice raw; /* errorfile: whole bytes */
	const char *content_type;
	const struct log_format *body; /* NULL = empty */
	struct reply_field *fields;
	unsigned n_fields;
	const char *realm; /* auth */
};

enum { REPLY_HEAD_MAX = 8192 };

/* ---- reading ------------------------------------------------------------------------------ */

static bool read_status(struct action_parse *p, struct reply *r)
{
	const char *word = action_word(p, "the status");
	unsigned long long n;

	if (!word)
		return false;
	if (!slice_to_uint(slice_of(word), 599, &n) || n < 200) {
		rules_error(p->b, "'%s' is not a status between 200 and 599", word);
		return false;
	}
	r->status = (unsigned)n;
	return true;
}

static bool read_field(struct action_parse *p, struct reply *r)
{
	struct reply_field *f = RULES_PUSH(p->b->arena, r->fields, r->n_fields);

	f->name = action_word(p, "the header's name");
	if (!f->name)
		return false;
	if (!http_is_token(slice_of(f->name))) {
		rules_error(p->b, "'%s' cannot be a header's name", f->name);
		return false;
	}
	return (f->value = action_format(p, "the header's value")) != NULL;
}

enum payload { PAYLOAD_NONE, PAYLOAD_PAGE, PAYLOAD_RAW, PAYLOAD_BODY };

static bool read_file(struct action_parse *p, struct slice *bytes)
{
	const char *path = action_word(p, "the file");

	return path && rules_read_file(p->b, path, bytes);
}

/* One option; false: none of these words. */
static bool read_option(struct action_parse *p, struct reply *r, enum payload *payload, bool *ok)
{
	struct slice bytes;

	*ok = true;
	if (action_accept(p, "status") || action_accept(p, "deny_status")) {
		*ok = read_status(p, r);
	} else if (action_accept(p, "content-type")) {
		*ok = (r->content_type = action_word(p, "the content type")) != NULL;
	} else if (action_accept(p, "default-errorfiles")) {
		*payload = PAYLOAD_PAGE;
	} else if (action_accept(p, "errorfile")) {
		*payload = PAYLOAD_RAW;
		*ok = read_file(p, &r->raw);
	} else if (action_accept(p, "file")) {
		*payload = PAYLOAD_BODY;
		*ok = read_file(p, &bytes) && (r->body = log_format_literal(p->b, bytes.ptr));
	} else if (action_accept(p, "lf-file")) {
		*payload = PAYLOAD_BODY;
		*ok = read_file(p, &bytes) && (r->body = log_format_compile_value(p->b, bytes.ptr));
	} else if (action_accept(p, "string")) {
		*payload = PAYLOAD_BODY;
		p->literal = true;
		*ok = (r->body = action_format(p, "the text")) != NULL;
		p->literal = false;
	} else if (action_accept(p, "lf-string")) {
		*payload = PAYLOAD_BODY;
		*ok = (r->body = action_format(p, "the text")) != NULL;
	} else if (action_accept(p, "hdr")) {
		*ok = read_field(p, r);
	} else if (action_accept(p, "errorfiles")) {
		rules_error(p->b, "'errorfiles' (sections http-errors) is not supported yet");
		*ok = false;
	} else {
		return false;
	}
	return true;
}

static bool check_reply(struct action_parse *p, struct reply *r, enum payload payload)
{
	if (payload == PAYLOAD_PAGE && !http_reply_builtin(r->status)) {
		rules_error(p->b, "there is no error page of status %u", r->status);
		return false;
	}
	if (payload == PAYLOAD_BODY && !r->content_type) {
		rules_error(p->b, "a body needs a 'content-type'");
		return false;
	}
	r->page = payload == PAYLOAD_PAGE;
	return true;
}

static bool parse_reply(struct action_parse *p, struct rule *rule, unsigned status)
{
	struct reply *r = ARENA_NEW(p->b->arena, struct reply);
	enum payload payload = PAYLOAD_NONE;
	bool ok = true;

	rule->data = r;
	r->status = status;
	while (read_option(p, r, &payload, &ok))
		if (!ok)
			return false;
	/* deny without more than a status: the error page. return: an empty body. */
	if (payload == PAYLOAD_NONE && status != 200 && r->n_fields == 0) {
		if (http_reply_builtin(r->status))
			payload = PAYLOAD_PAGE;
	}
	return check_reply(p, r, payload);
}

static bool parse_deny(struct action_parse *p, struct rule *rule)
{
	return parse_reply(p, rule, p->phase == RULE_HTTP_RESPONSE ? 502 : 403);
}

static bool parse_tarpit(struct action_parse *p, struct rule *rule)
{
	return parse_reply(p, rule, 500);
}

static bool parse_return(struct action_parse *p, struct rule *rule)
{
	return parse_reply(p, rule, 200);
}

static bool parse_auth(struct action_parse *p, struct rule *rule)
{
	struct reply *r = ARENA_NEW(p->b->arena, struct reply);

	rule->data = r;
	r->status = 401;
	r->page = true;
	if (action_accept(p, "realm"))
		return (r->realm = action_word(p, "the realm")) != NULL;
	return true;
}

/* ---- making ------------------------------------------------------------------------------- */

static void add_field(struct text *t, const char *name, struct slice value)
{
	text_str(t, name);
	text_str(t, ": ");
	text_add(t, value);
	text_str(t, "\r\n");
}

static void add_start(struct text *t, unsigned status)
{
	const struct http_reply *own = http_reply_builtin(status);

	text_str(t, "HTTP/1.1 ");
	text_uint(t, status);
	text_char(t, ' ');
	if (own && status == 407)
		text_add(t, own->reason);
	else
		text_str(t, http_status_phrase(status));
	text_str(t, "\r\n");
}

static void add_length(struct text *t, size_t len)
{
	text_str(t, "content-length: ");
	text_uint(t, len);
	text_str(t, "\r\n");
}

/* Head and body in one piece. */
static struct slice join(struct rule_input *in, const struct text *head, struct slice body)
{
	bool no_body = in->req && in->req->method == HTTP_METHOD_HEAD;
	size_t len = head->len + (no_body ? 0 : body.len);
	char *buf = head->cut ? NULL : arena_alloc(in->arena, len + 1);

	if (!buf)
		return (struct slice){NULL, 0};
	memcpy(buf, head->buf, head->len);
	if (!no_body)
		memcpy(buf + head->len, body.ptr ? body.ptr : "", body.len);
	return (struct slice){buf, len};
}

static struct slice make_reply(const struct reply *r, struct rule_input *in)
{
	struct slice body = r->body ? log_format_value(r->body, in) : (struct slice){NULL, 0};
	char buf[REPLY_HEAD_MAX];
	struct text head;

	text_init(&head, buf, sizeof(buf));
	add_start(&head, r->status);
	for (unsigned i = 0; i < r->n_fields; i++)
		add_field(&head, r->fields[i].name, log_format_value(r->fields[i].value, in));
	if (r->status != 204)
		add_length(&head, body.len);
	if (r->content_type && body.len > 0)
		add_field(&head, "content-type", slice_of(r->content_type));
	text_str(&head, "\r\n");
	return join(in, &head, body);
}

/* reply of length 0 asks flow for the proxy's page, which knows errorfiles. */
static void decide(const struct reply *r, struct rule_input *in, struct rule_verdict *verdict)
{
	verdict->status = (int)r->status;
	if (r->raw.len > 0)
		verdict->reply = r->raw;
	else if (!r->page)
		verdict->reply = make_reply(r, in);
}

RUN(run_deny)
{
	decide(rule->data, in, verdict);
	return RULE_DENY;
}

RUN(run_tarpit)
{
	decide(rule->data, in, verdict);
	return RULE_TARPIT;
}

static const struct errorfile *errorfile_of(const struct rule_input *in, int status)
{
	const struct proxy_conf *p = in->backend ? in->backend : in->frontend;

	for (const struct errorfile *e = p ? p->errorfiles : NULL; e; e = e->next)
		if (e->status == status)
			return e;
	return NULL;
}

/* The proxy's page as bytes, with one more field if name is not NULL. */
static struct slice make_page(struct rule_input *in, unsigned status, const char *name,
			      struct slice value)
{
	const struct errorfile *own = errorfile_of(in, (int)status);
	const struct http_reply *page = http_reply_get(status);
	char buf[REPLY_HEAD_MAX];
	struct text head;

	if (own && !name)
		return own->bytes;
	text_init(&head, buf, sizeof(buf));
	text_fmt(&head, "HTTP/1.1 %u %.*s\r\n", status, (int)page->reason.len, page->reason.ptr);
	add_length(&head, page->body.len);
	text_str(&head, "cache-control: no-cache\r\ncontent-type: text/html\r\n");
	if (name)
		add_field(&head, name, value);
	text_str(&head, "\r\n");
	return join(in, &head, page->body);
}

RUN(run_return)
{
	const struct reply *r = rule->data;

	decide(r, in, verdict);
	if (r->page)
		verdict->reply = make_page(in, r->status, NULL, SLICE(""));
	return RULE_REPLY;
}

RUN(run_auth)
{
	const struct reply *r = rule->data;
	const char *realm = r->realm	   ? r->realm
			    : in->backend  ? in->backend->name
			    : in->frontend ? in->frontend->name
					   : "";
	/* A client that speaks to a proxy is asked as a proxy asks. */
	bool as_proxy = in->req && in->req->target_form == HTTP_TARGET_ABSOLUTE &&
			http_message_has(in->req, http_name_known(HTTP_HEADER_PROXY_CONNECTION));
	char buf[512];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	text_fmt(&t, "Basic realm=\"%s\"", realm);
	verdict->status = as_proxy ? 407 : 401;
	verdict->reply = make_page(in, (unsigned)verdict->status,
				   as_proxy ? "proxy-authenticate" : "www-authenticate",
				   (struct slice){buf, t.len});
	return RULE_REPLY;
}

/* ---- redirect ----------------------------------------------------------------------------- */

struct redirect {
	enum { REDIRECT_LOCATION, REDIRECT_PREFIX, REDIRECT_SCHEME } kind;
	const struct log_format *format;
	bool bare; /* prefix "/": nothing is put before */
	unsigned code;
	bool drop_query, append_slash, ignore_empty;
	const char *cookie; /* the whole Set-Cookie value */
};

static bool read_code(struct action_parse *p, struct redirect *r)
{
	const char *word = action_word(p, "the code");
	unsigned long long n;

	if (!word)
		return false;
	if (!slice_to_uint(slice_of(word), 308, &n) ||
	    !(n == 301 || n == 302 || n == 303 || n == 307 || n == 308)) {
		rules_error(p->b, "redirect: the code is 301, 302, 303, 307 or 308, not '%s'",
			    word);
		return false;
	}
	r->code = (unsigned)n;
	return true;
}

static bool read_where(struct action_parse *p, struct redirect *r)
{
	static const char *const kinds[] = {"location", "prefix", "scheme"};

	for (unsigned i = 0; i < 3; i++) {
		if (!action_accept(p, kinds[i]))
			continue;
		r->kind = i;
		r->bare = i == REDIRECT_PREFIX && p->at < p->n &&
			  strcmp(p->words[p->at].text, "/") == 0;
		return (r->format = action_format(p, "where to redirect")) != NULL;
	}
	return false;
}

static bool read_cookie(struct action_parse *p, struct redirect *r, bool clear)
{
	const char *word = action_word(p, "the cookie");

	if (!word)
		return false;
	r->cookie = arena_printf(p->b->arena, "%s; path=/;%s", word, clear ? " Max-Age=0;" : "");
	return true;
}

static bool parse_redirect(struct action_parse *p, struct rule *rule)
{
	struct redirect *r = ARENA_NEW(p->b->arena, struct redirect);
	unsigned errors = p->b->diags->n_errors;

	rule->data = r;
	r->code = 302;
	for (;;) {
		if (action_accept(p, "code")) {
			if (!read_code(p, r))
				return false;
		} else if (action_accept(p, "set-cookie")) {
			if (!read_cookie(p, r, false))
				return false;
		} else if (action_accept(p, "clear-cookie")) {
			if (!read_cookie(p, r, true))
				return false;
		} else if (action_accept(p, "drop-query")) {
			r->drop_query = true;
		} else if (action_accept(p, "append-slash")) {
			r->append_slash = true;
		} else if (action_accept(p, "ignore-empty")) {
			r->ignore_empty = true;
		} else if (!read_where(p, r)) {
			break;
		}
	}
	if (p->b->diags->n_errors > errors)
		return false;
	if (!r->format)
		rules_error(p->b, "redirect: 'location', 'prefix' or 'scheme' is missing");
	return r->format != NULL;
}

static void add_path(const struct redirect *r, struct rule_input *in, struct text *t)
{
	struct slice path = http_message_path(in->req);
	size_t query;

	if (!path.ptr || path.len == 0 || slice_eq_str(path, "*"))
		path = SLICE("/");
	else if (!r->drop_query && path.ptr >= in->req->target.ptr &&
		 path.ptr <= in->req->target.ptr + in->req->target.len)
		path.len = (size_t)(in->req->target.ptr + in->req->target.len - path.ptr);
	query = slice_find(path, '?');
	text_add(t, path);
	if (r->drop_query && r->append_slash && path.ptr[query - 1] != '/')
		text_char(t, '/');
}

static bool make_location(const struct redirect *r, struct rule_input *in, struct text *t)
{
	struct slice made = log_format_value(r->format, in);

	if (r->ignore_empty && made.len == 0)
		return false;
	if (!in->req && r->kind != REDIRECT_LOCATION)
		return false;
	if (!r->bare)
		text_add(t, made);
	if (r->kind == REDIRECT_SCHEME) {
		text_str(t, "://");
		text_add(t, http_message_value(in->req, HTTP_HEADER_HOST));
	}
	if (r->kind != REDIRECT_LOCATION)
		add_path(r, in, t);
	return true;
}

RUN(run_redirect)
{
	const struct redirect *r = rule->data;
	char location_buf[REPLY_HEAD_MAX], buf[REPLY_HEAD_MAX * 2];
	struct text location, head;

	text_init(&location, location_buf, sizeof(location_buf));
	if (!make_location(r, in, &location))
		return RULE_CONTINUE;
	text_init(&head, buf, sizeof(buf));
	add_start(&head, r->code);
	text_str(&head, "content-length: 0\r\n");
	add_field(&head, "location", (struct slice){location.buf, location.len});
	if (r->code == 302 || r->code == 303 || r->code == 307)
		add_field(&head, "cache-control", SLICE("no-cache"));
	if (r->cookie)
		add_field(&head, "set-cookie", slice_of(r->cookie));
	text_str(&head, "\r\n");
	verdict->status = (int)r->code;
	verdict->reply = join(in, &head, (struct slice){NULL, 0});
	return RULE_REPLY;
}

#define REPLY_ARGS                                                                        \
	"[status <code>] [content-type <type>] [default-errorfiles | errorfile <file> | " \
	"file <file> | lf-file <file> | string <text> | lf-string <fmt>] [hdr <name> <fmt>]..."
#define REQ ACTION_REQUEST
#define RES ACTION_RESPONSE

const struct action_row action_reply_rows[] = {
	{"deny", false, REQ | RES, parse_deny, run_deny, REPLY_ARGS, "refuses: 403 to a request"},
	{"tarpit", false, REQ, parse_tarpit, run_tarpit, REPLY_ARGS,
	 "refuses after timeout tarpit"},
	{"return", false, REQ | RES, parse_return, run_return, REPLY_ARGS, "answers: 200"},
	{"redirect", false, REQ | RES, parse_redirect, run_redirect,
	 "location|prefix|scheme <fmt> [code <code>] [drop-query] [append-slash] [ignore-empty] "
	 "[set-cookie <text>] [clear-cookie <text>]",
	 "sends the client elsewhere"},
	{"auth", false, REQ, parse_auth, run_auth, "[realm <realm>]", "asks for a password"},
	{.name = NULL},
};
