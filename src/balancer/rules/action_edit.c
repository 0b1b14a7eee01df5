/*
 * Actions that change a message: its headers, its target, its status.
 */
#include "balancer/rules/action.h"
#include "balancer/rules/substitute.h"

#define RUN(name)                                                                     \
	static enum rule_outcome name(const struct rule *rule, struct rule_input *in, \
				      struct rule_verdict *verdict)
#define UNUSED (void)verdict

static struct http_message *message_of(const struct rule_input *in)
{
	return in->phase == RULE_HTTP_REQUEST ? in->req : in->res;
}

/* ---- headers ------------------------------------------------------------------------------ */

struct header_edit {
	struct http_name name;
	const struct log_format *format;
	struct regex *re;   /* replace-*, del-header -m reg */
	enum match_kind by; /* del-header -m */
};

static bool parse_name(struct action_parse *p, struct header_edit *e)
{
	const char *name = action_word(p, "the header's name");

	if (!name)
		return false;
	if (!http_is_token(slice_of(name))) {
		rules_error(p->b, "'%s' cannot be a header's name", name);
		return false;
	}
	e->name = http_name_of(slice_of(name));
	return true;
}

static bool parse_set(struct action_parse *p, struct rule *rule)
{
	struct header_edit *e = ARENA_NEW(p->b->arena, struct header_edit);

	rule->data = e;
	return parse_name(p, e) && (e->format = action_format(p, "the header's value")) != NULL;
}

static bool parse_replace(struct action_parse *p, struct rule *rule)
{
	struct header_edit *e = ARENA_NEW(p->b->arena, struct header_edit);
	const char *re;

	rule->data = e;
	if (!parse_name(p, e) || !(re = action_word(p, "the regular expression")))
		return false;
	e->re = rules_regex(p->b, slice_of(re), false);
	return e->re && (e->format = action_format(p, "the replacement")) != NULL;
}

static bool parse_del(struct action_parse *p, struct rule *rule)
{
	struct header_edit *e = ARENA_NEW(p->b->arena, struct header_edit);
	const char *name = action_word(p, "the header's name"), *method;
	int kind = MATCH_STR;

	rule->data = e;
	if (!name)
		return false;
	if (action_accept(p, "-m")) {
		if (!(method = action_word(p, "the matching method")))
			return false;
		kind = match_kind_find(slice_of(method));
		if (kind != MATCH_STR && kind != MATCH_BEG && kind != MATCH_END &&
		    kind != MATCH_SUB && kind != MATCH_REG) {
			rules_error(p->b, "del-header: -m is one of str, beg, end, sub and reg");
			return false;
		}
	}
	e->by = (enum match_kind)kind;
	e->name = http_name_of(slice_of(name));
	if (kind == MATCH_REG)
		e->re = rules_regex(p->b, slice_of(name), true);
	return kind != MATCH_REG || e->re;
}

RUN(run_set)
{
	const struct header_edit *e = rule->data;

	UNUSED;
	http_message_set(message_of(in), e->name, log_format_value(e->format, in));
	return RULE_CONTINUE;
}

RUN(run_add)
{
	const struct header_edit *e = rule->data;

	UNUSED;
	http_message_add(message_of(in), e->name, log_format_value(e->format, in));
	return RULE_CONTINUE;
}

static bool name_is(const struct header_edit *e, struct slice name)
{
	size_t n = e->name.text.len;

	switch (e->by) {
	case MATCH_BEG:
		return name.len >= n && slice_case_eq((struct slice){name.ptr, n}, e->name.text);
	case MATCH_END:
		return name.len >= n &&
		       slice_case_eq((struct slice){name.ptr + name.len - n, n}, e->name.text);
	case MATCH_SUB:
		for (size_t i = 0; i + n <= name.len; i++)
			if (slice_case_eq((struct slice){name.ptr + i, n}, e->name.text))
				return true;
		return false;
	default:
		return regex_match(e->re, name);
	}
}

RUN(run_del)
{
	const struct header_edit *e = rule->data;
	struct http_cursor at = {0};

	UNUSED;
	if (e->by == MATCH_STR) {
		http_message_drop(message_of(in), e->name);
		return RULE_CONTINUE;
	}
	while (http_message_each(message_of(in), &at))
		if (name_is(e, at.name))
			http_message_drop_at(message_of(in), &at);
	return RULE_CONTINUE;
}

enum { REPLACED_MAX = 16384 };

/* The replacement with its groups, in the exchange's arena. */
static struct slice replaced(const struct header_edit *e, struct rule_input *in,
			     const struct slice *groups)
{
	struct slice replacement = log_format_value(e->format, in);
	char buf[REPLACED_MAX];
	struct text out;

	text_init(&out, buf, sizeof(buf));
	rules_substitute(&out, replacement, groups);
	return arena_slice_dup(in->arena, (struct slice){buf, out.len});
}

RUN(run_replace_header)
{
	const struct header_edit *e = rule->data;
	struct slice groups[REGEX_GROUPS_MAX];
	struct http_cursor at = {0};

	UNUSED;
	while (http_message_find(message_of(in), e->name, &at))
		if (regex_groups(e->re, at.value, groups) > 0)
			http_message_replace_at(message_of(in), &at, replaced(e, in, groups));
	return RULE_CONTINUE;
}

/* Each element of a list by itself; what stands between them stays. */
static bool replace_elements(const struct header_edit *e, struct rule_input *in, struct slice value,
			     struct slice *out)
{
	struct slice groups[REGEX_GROUPS_MAX], rest = value, element;
	const char *copied = value.ptr;
	char buf[REPLACED_MAX];
	bool changed = false;
	struct text t;

	text_init(&t, buf, sizeof(buf));
	while (http_list_next(&rest, &element)) {
		if (regex_groups(e->re, element, groups) == 0)
			continue;
		text_add(&t, (struct slice){copied, (size_t)(element.ptr - copied)});
		text_add(&t, replaced(e, in, groups));
		copied = element.ptr + element.len;
		changed = true;
	}
	if (!changed)
		return false;
	text_add(&t, (struct slice){copied, (size_t)(value.ptr + value.len - copied)});
	*out = arena_slice_dup(in->arena, (struct slice){buf, t.len});
	return true;
}

RUN(run_replace_value)
{
	const struct header_edit *e = rule->data;
	struct http_cursor at = {0};
	struct slice value;

	UNUSED;
	while (http_message_find(message_of(in), e->name, &at))
		if (replace_elements(e, in, at.value, &value))
			http_message_replace_at(message_of(in), &at, value);
	return RULE_CONTINUE;
}

/* ---- start line --------------------------------------------------------------------------- */

static bool parse_format(struct action_parse *p, struct rule *rule)
{
	struct header_edit *e = ARENA_NEW(p->b->arena, struct header_edit);

	rule->data = e;
	return (e->format = action_format(p, "the value")) != NULL;
}

static bool parse_target_replace(struct action_parse *p, struct rule *rule)
{
	struct header_edit *e = ARENA_NEW(p->b->arena, struct header_edit);
	const char *re = action_word(p, "the regular expression");

	rule->data = e;
	if (!re)
		return false;
	e->re = rules_regex(p->b, slice_of(re), false);
	return e->re && (e->format = action_format(p, "the replacement")) != NULL;
}

static struct slice made(const struct rule *rule, struct rule_input *in)
{
	return log_format_value(((const struct header_edit *)rule->data)->format, in);
}

/* A target with a blank or a control character would be read as two: no change then. */
static bool is_target(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 127)
			return false;
	return true;
}

RUN(run_set_method)
{
	struct slice method = made(rule, in);

	UNUSED;
	if (http_is_token(method))
		http_message_set_method(in->req, method);
	return RULE_CONTINUE;
}

RUN(run_set_path)
{
	struct slice path = made(rule, in);

	UNUSED;
	if (path.len > 0 && is_target(path))
		http_message_set_path(in->req, path);
	return RULE_CONTINUE;
}

RUN(run_set_query)
{
	struct slice query = made(rule, in);

	UNUSED;
	if (is_target(query))
		http_message_set_query(in->req, query);
	return RULE_CONTINUE;
}

RUN(run_set_uri)
{
	struct slice uri = made(rule, in);

	UNUSED;
	if (uri.len > 0 && is_target(uri))
		http_message_set_target(in->req, uri);
	return RULE_CONTINUE;
}

/* Path and query; what stands before them (http://host) stays. */
static struct slice pathq_of(const struct http_message *req)
{
	struct slice path = http_message_path(req);

	if (path.ptr >= req->target.ptr && path.ptr < req->target.ptr + req->target.len)
		path.len = (size_t)(req->target.ptr + req->target.len - path.ptr);
	return path;
}

static void set_pathq(struct rule_input *in, struct slice pathq)
{
	struct slice old = pathq_of(in->req), target = in->req->target;
	size_t before = target.len >= old.len ? target.len - old.len : 0;
	char *buf;

	if (pathq.len == 0 || !is_target(pathq))
		return;
	buf = arena_alloc(in->arena, before + pathq.len + 1);
	if (!buf)
		return;
	memcpy(buf, target.ptr, before);
	memcpy(buf + before, pathq.ptr, pathq.len);
	http_message_set_target(in->req, (struct slice){buf, before + pathq.len});
}

RUN(run_set_pathq)
{
	UNUSED;
	set_pathq(in, made(rule, in));
	return RULE_CONTINUE;
}

static bool target_replaced(const struct rule *rule, struct rule_input *in, struct slice old,
			    struct slice *out)
{
	const struct header_edit *e = rule->data;
	struct slice groups[REGEX_GROUPS_MAX];

	if (!old.ptr || regex_groups(e->re, old, groups) == 0)
		return false;
	*out = replaced(e, in, groups);
	return out->len > 0 && is_target(*out);
}

RUN(run_replace_path)
{
	struct slice path;

	UNUSED;
	if (target_replaced(rule, in, http_message_path(in->req), &path))
		http_message_set_path(in->req, path);
	return RULE_CONTINUE;
}

RUN(run_replace_pathq)
{
	struct slice pathq;

	UNUSED;
	if (target_replaced(rule, in, pathq_of(in->req), &pathq))
		set_pathq(in, pathq);
	return RULE_CONTINUE;
}

RUN(run_replace_uri)
{
	struct slice uri;

	UNUSED;
	if (target_replaced(rule, in, in->req->target, &uri))
		http_message_set_target(in->req, uri);
	return RULE_CONTINUE;
}

struct status_edit {
	unsigned status;
	struct slice reason;
};

static bool parse_status(struct action_parse *p, struct rule *rule)
{
	struct status_edit *e = ARENA_NEW(p->b->arena, struct status_edit);
	const char *word = action_word(p, "the status");
	unsigned long long n;

	rule->data = e;
	if (!word)
		return false;
	if (!slice_to_uint(slice_of(word), 999, &n) || n < 100) {
		rules_error(p->b, "set-status: '%s' is not between 100 and 999", word);
		return false;
	}
	e->status = (unsigned)n;
	if (action_accept(p, "reason")) {
		if (!(word = action_word(p, "the reason")))
			return false;
		e->reason = slice_of(word);
	}
	return true;
}

RUN(run_status)
{
	const struct status_edit *e = rule->data;

	UNUSED;
	http_message_set_status(in->res, e->status, e->reason);
	return RULE_CONTINUE;
}

#define REQ    ACTION_REQUEST
#define RES    (ACTION_RESPONSE | ACTION_AFTER)
#define HEADER "<name> <fmt>"
#define RE     "<name> <regex> <fmt>"

const struct action_row action_edit_rows[] = {
	{"set-header", false, ACTION_HTTP, parse_set, run_set, HEADER, "one field of that name"},
	{"add-header", false, ACTION_HTTP, parse_set, run_add, HEADER, "one more field"},
	{"del-header", false, ACTION_HTTP, parse_del, run_del, "<name> [-m <method>]",
	 "takes fields off"},
	{"replace-header", false, ACTION_HTTP, parse_replace, run_replace_header, RE,
	 "values that match are replaced"},
	{"replace-value", false, ACTION_HTTP, parse_replace, run_replace_value, RE,
	 "list elements that match are replaced"},
	{"set-method", false, REQ, parse_format, run_set_method, "<fmt>", "another method"},
	{"set-path", false, REQ, parse_format, run_set_path, "<fmt>",
	 "another path, the same query"},
	{"set-pathq", false, REQ, parse_format, run_set_pathq, "<fmt>", "another path and query"},
	{"set-query", false, REQ, parse_format, run_set_query, "<fmt>", "another query"},
	{"set-uri", false, REQ, parse_format, run_set_uri, "<fmt>", "another target"},
	{"replace-path", false, REQ, parse_target_replace, run_replace_path, "<regex> <fmt>",
	 "a path that matches is replaced"},
	{"replace-pathq", false, REQ, parse_target_replace, run_replace_pathq, "<regex> <fmt>",
	 "a path with query that matches is replaced"},
	{"replace-uri", false, REQ, parse_target_replace, run_replace_uri, "<regex> <fmt>",
	 "a target that matches is replaced"},
	{"set-status", false, RES, parse_status, run_status, "<status> [reason <str>]",
	 "another status"},
	{.name = NULL},
};
