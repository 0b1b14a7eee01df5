/*
 * Samples of header fields: hdr and its relatives, cookies. Names are looked up once at load, so
 * that finding a known header compares numbers. A fetch serves both ends: whether it means the
 * request or the response is in its row (SAMPLE_FROM_).
 */
#include <ctype.h>

#include "balancer/rules/sample.h"

struct header_arg {	       /* call->data */
	struct http_name name; /* len 0: fields of any name */
	int64_t occ;	       /* 0 = all in an ACL, the last otherwise */
	bool once;	       /* a message has one at most */
};

static bool check_header(struct rules_build *b, struct sample_call *call)
{
	struct header_arg *h = ARENA_NEW(b->arena, struct header_arg);

	if (call->args[0].given)
		h->name = http_name_of(call->args[0].str);
	h->once = h->name.text.len > 0 && h->name.id != HTTP_HEADER_OTHER &&
		  (http_header_flags(h->name.id) & HTTP_NAME_ONCE);
	h->occ = call->args[1].num;
	call->single = h->once && h->occ == 0;
	call->data = h;
	return true;
}

static bool in_response(const struct rule_input *in)
{
	return in->phase == RULE_HTTP_RESPONSE || in->phase == RULE_HTTP_AFTER_RESPONSE;
}

/* A row that is of both means the message that is there now. */
static bool of_response(const struct sample_call *call, const struct rule_input *in)
{
	if (!(call->flags & SAMPLE_FROM_REQUEST))
		return true;
	return (call->flags & SAMPLE_FROM_RESPONSE) && in_response(in);
}

static struct http_message *message_of(const struct sample_call *call, struct rule_input *in)
{
	bool response = of_response(call, in);
	struct http_message *msg = response ? in->res : in->req;

	if (!msg && !response && in->phase == RULE_TCP_REQUEST && !in->payload_complete)
		in->wants_more = true;
	return msg;
}

static bool next_field(const struct header_arg *h, const struct http_message *msg,
		       struct http_cursor *at)
{
	return h->name.text.len ? http_message_find(msg, h->name, at) : http_message_each(msg, at);
}

/* Elements of comma-separated lists, one after the other; a field that has none counts as one. */
static bool next_element(const struct header_arg *h, const struct http_message *msg,
			 struct sample_walk *walk, struct slice *out)
{
	for (;;) {
		if (walk->inside && http_list_next(&walk->rest, out))
			return true;
		walk->inside = false;
		if (walk->done || !next_field(h, msg, &walk->at))
			return false;
		walk->done = h->once;
		if (!memchr(walk->at.value.ptr, ',', walk->at.value.len)) {
			*out = walk->at.value;
			return true;
		}
		walk->rest = walk->at.value;
		walk->inside = true;
	}
}

static bool next_line(const struct header_arg *h, const struct http_message *msg,
		      struct sample_walk *walk, struct slice *out)
{
	if (!next_field(h, msg, &walk->at))
		return false;
	*out = walk->at.value;
	return true;
}

typedef bool next_fn(const struct header_arg *h, const struct http_message *msg,
		     struct sample_walk *walk, struct slice *out);

/* occ > 0 counts from the front, < 0 from the back. */
static bool find_occurrence(const struct header_arg *h, const struct http_message *msg,
			    next_fn *next, int64_t occ, struct slice *out)
{
	struct sample_walk walk = {0};
	struct slice value;
	int64_t n = 0;

	if (occ == -1) {
		bool found = false;

		while (next(h, msg, &walk, &value)) {
			*out = value;
			found = true;
		}
		return found;
	}
	if (occ < 0) {
		while (next(h, msg, &walk, &value))
			n++;
		occ = n + occ + 1;
		if (occ < 1)
			return false;
		memset(&walk, 0, sizeof(walk));
		n = 0;
	}
	while (next(h, msg, &walk, out))
		if (++n == occ)
			return true;
	return false;
}

static bool get_value(const struct sample_call *call, struct rule_input *in, next_fn *next,
		      struct sample_walk *walk, struct slice *out)
{
	const struct header_arg *h = call->data;
	struct http_message *msg = message_of(call, in);

	if (!msg)
		return false;
	if (walk && h->occ == 0)
		return next(h, msg, walk, out);
	if (walk) {
		if (walk->done)
			return false;
		walk->done = true;
	}
	return find_occurrence(h, msg, next, h->occ ? h->occ : -1, out);
}

SAMPLE_GET(get_hdr)
{
	struct slice value;

	return get_value(c, in, next_element, w, &value) && sample_give_str(out, value);
}

SAMPLE_GET(get_fhdr)
{
	struct slice value;

	return get_value(c, in, next_line, w, &value) && sample_give_str(out, value);
}

enum sample_single sample_header_single(const struct sample_call *call, struct rule_input *in,
					struct sample *out)
{
	const struct header_arg *h = call->data;

	if (!in->req || in_response(in))
		return SAMPLE_SINGLE_LIST; /* the long way knows what that means */
	sample_give_str(out, http_message_value(in->req, h->name.id));
	if (!out->str.ptr)
		return SAMPLE_SINGLE_NONE;
	return memchr(out->str.ptr, ',', out->str.len) ? SAMPLE_SINGLE_LIST : SAMPLE_SINGLE_FOUND;
}

static bool count(const struct sample_call *call, struct rule_input *in, next_fn *next,
		  struct sample *out)
{
	struct http_message *msg = message_of(call, in);
	struct sample_walk walk = {0};
	struct slice value;
	int64_t n = 0;

	if (!msg)
		return false;
	while (next(call->data, msg, &walk, &value))
		n++;
	return sample_give_num(out, SAMPLE_INT, n);
}

SAMPLE_GET(count_hdr)
{
	return count(c, in, next_element, out);
}

SAMPLE_GET(count_fhdr)
{
	return count(c, in, next_line, out);
}

/* Values that are no numbers (no addresses) are passed over. */
static bool get_typed(const struct sample_call *call, struct rule_input *in, enum sample_type type,
		      struct sample_walk *walk, struct sample *out)
{
	struct slice value;

	while (get_value(call, in, next_element, walk, &value)) {
		sample_give_str(out, value);
		if (sample_cast(out, type, in))
			return true;
		if (!walk)
			break;
	}
	return false;
}

SAMPLE_GET(get_val)
{
	return get_typed(c, in, SAMPLE_INT, w, out);
}

SAMPLE_GET(get_ip)
{
	return get_typed(c, in, SAMPLE_ADDR, w, out);
}

SAMPLE_GET(get_names)
{
	struct slice delim = c->args[0].given ? c->args[0].str : SLICE(",");
	struct http_message *msg = message_of(c, in);
	struct http_cursor at = {0};
	size_t len = 0, used = 0;
	char *buf;

	if (!msg)
		return false;
	while (http_message_each(msg, &at))
		len += at.name.len + delim.len;
	buf = arena_alloc(in->arena, len + 1);
	if (!buf)
		return false;
	memset(&at, 0, sizeof(at));
	while (http_message_each(msg, &at)) {
		if (used > 0) {
			memcpy(buf + used, delim.ptr, delim.len);
			used += delim.len;
		}
		for (size_t i = 0; i < at.name.len; i++)
			buf[used++] = (char)tolower((unsigned char)at.name.ptr[i]);
	}
	return sample_give_str(out, (struct slice){buf, used});
}

/* The field lines as they will be sent, with the empty line. */
SAMPLE_GET(get_all)
{
	struct http_message *msg = message_of(c, in);
	size_t len, skip;
	char *buf;

	if (!msg)
		return false;
	len = http_message_len(msg);
	skip = msg->start_line.len;
	buf = arena_alloc(in->arena, len + 1);
	if (!buf || http_message_write(msg, buf, len + 1) == 0)
		return false;
	return sample_give_str(out, (struct slice){buf + skip, len - skip});
}

/* ---- cookies ------------------------------------------------------------------------------ */

bool sample_cookie_next(struct slice *rest, struct slice name, bool set_cookie, struct slice *value)
{
	while (rest->len > 0) {
		struct slice pair = slice_trim(slice_cut(rest, ';'));
		size_t eq = slice_find(pair, '=');

		if (set_cookie)
			rest->len = 0; /* what follows are attributes */
		if (eq == pair.len)
			continue;
		*value = slice_trim((struct slice){pair.ptr + eq + 1, pair.len - eq - 1});
		pair = slice_trim((struct slice){pair.ptr, eq});
		if (name.len == 0 || slice_eq(pair, name))
			return true;
	}
	return false;
}

static bool next_cookie(const struct sample_call *call, const struct http_message *msg,
			bool response, struct sample_walk *walk, struct slice *out)
{
	struct http_name field =
		http_name_known(response ? HTTP_HEADER_SET_COOKIE : HTTP_HEADER_COOKIE);
	struct slice name = call->args[0].str;

	for (;;) {
		if (walk->inside && sample_cookie_next(&walk->rest, name, response, out))
			return true;
		if (!http_message_find(msg, field, &walk->at))
			return false;
		walk->rest = walk->at.value;
		walk->inside = true;
	}
}

/* The next one of a walk, the last one otherwise. */
SAMPLE_GET(get_cook)
{
	struct http_message *msg = message_of(c, in);
	bool response = of_response(c, in), found = false;
	struct sample_walk all = {0};
	struct slice value;

	if (!msg)
		return false;
	if (w)
		return next_cookie(c, msg, response, w, &value) && sample_give_str(out, value);
	while (next_cookie(c, msg, response, &all, &value))
		found = sample_give_str(out, value);
	return found;
}

SAMPLE_GET(get_cook_val)
{
	return get_cook(c, in, w, out) && sample_cast(out, SAMPLE_INT, in);
}

SAMPLE_GET(count_cook)
{
	struct http_message *msg = message_of(c, in);
	bool response = of_response(c, in);
	struct sample_walk all = {0};
	struct slice value;
	int64_t n = 0;

	if (!msg)
		return false;
	while (next_cookie(c, msg, response, &all, &value))
		n++;
	return sample_give_num(out, SAMPLE_INT, n);
}

#define REQ	  SAMPLE_FROM_REQUEST
#define RES	  SAMPLE_FROM_RESPONSE
#define REQ_MULTI (SAMPLE_FROM_REQUEST | SAMPLE_MULTI)
#define RES_MULTI (SAMPLE_FROM_RESPONSE | SAMPLE_MULTI)
#define FORMS	  SAMPLE_ACL_FORMS

/* The same fetch under its short name and under that with the message's prefix. */
#define HEADER_ROWS(name, flags, get, doc)                                      \
	{                                                                       \
		name, SAMPLE_STR, "SI", (flags) | FORMS, get, check_header, doc \
	}

const struct sample_row sample_header_rows[] = {
	HEADER_ROWS("hdr", REQ_MULTI | RES, get_hdr, "values of a header field, split at commas"),
	HEADER_ROWS("req.hdr", REQ_MULTI, get_hdr, "values of a request header, split at commas"),
	HEADER_ROWS("res.hdr", RES_MULTI, get_hdr, "values of a response header, split at commas"),
	HEADER_ROWS("shdr", RES_MULTI, get_hdr, "res.hdr"),
	HEADER_ROWS("req.fhdr", REQ_MULTI, get_fhdr, "whole values of a request header"),
	HEADER_ROWS("res.fhdr", RES_MULTI, get_fhdr, "whole values of a response header"),
	{"req.hdr_cnt", SAMPLE_INT, "S", REQ, count_hdr, check_header, "how many values"},
	{"hdr_cnt", SAMPLE_INT, "S", REQ, count_hdr, check_header, "req.hdr_cnt"},
	{"res.hdr_cnt", SAMPLE_INT, "S", RES, count_hdr, check_header, "how many values"},
	{"shdr_cnt", SAMPLE_INT, "S", RES, count_hdr, check_header, "res.hdr_cnt"},
	{"req.fhdr_cnt", SAMPLE_INT, "S", REQ, count_fhdr, check_header, "how many fields"},
	{"res.fhdr_cnt", SAMPLE_INT, "S", RES, count_fhdr, check_header, "how many fields"},
	{"req.hdr_val", SAMPLE_INT, "SI", REQ_MULTI, get_val, check_header, "as integers"},
	{"hdr_val", SAMPLE_INT, "SI", REQ_MULTI, get_val, check_header, "req.hdr_val"},
	{"res.hdr_val", SAMPLE_INT, "SI", RES_MULTI, get_val, check_header, "as integers"},
	{"shdr_val", SAMPLE_INT, "SI", RES_MULTI, get_val, check_header, "res.hdr_val"},
	{"req.hdr_ip", SAMPLE_ADDR, "SI", REQ_MULTI, get_ip, check_header, "as addresses"},
	{"hdr_ip", SAMPLE_ADDR, "SI", REQ_MULTI, get_ip, check_header, "req.hdr_ip"},
	{"res.hdr_ip", SAMPLE_ADDR, "SI", RES_MULTI, get_ip, check_header, "as addresses"},
	{"shdr_ip", SAMPLE_ADDR, "SI", RES_MULTI, get_ip, check_header, "res.hdr_ip"},
	{"req.hdr_names", SAMPLE_STR, "S", REQ, get_names, NULL, "all field names, joined"},
	{"res.hdr_names", SAMPLE_STR, "S", RES, get_names, NULL, "all field names, joined"},
	{"req.hdrs", SAMPLE_STR, "", REQ, get_all, NULL, "all field lines"},
	{"res.hdrs", SAMPLE_STR, "", RES, get_all, NULL, "all field lines"},
	{"req.cook", SAMPLE_STR, "S", REQ_MULTI | FORMS, get_cook, NULL, "value of a cookie"},
	{"cook", SAMPLE_STR, "S", REQ_MULTI | FORMS, get_cook, NULL, "req.cook"},
	{"cookie", SAMPLE_STR, "S", REQ_MULTI, get_cook, NULL, "req.cook"},
	{"res.cook", SAMPLE_STR, "S", RES_MULTI | FORMS, get_cook, NULL, "value of a cookie set"},
	{"scook", SAMPLE_STR, "S", RES_MULTI | FORMS, get_cook, NULL, "res.cook"},
	{"set-cookie", SAMPLE_STR, "S", RES_MULTI, get_cook, NULL, "res.cook"},
	{"req.cook_val", SAMPLE_INT, "S", REQ_MULTI, get_cook_val, NULL, "as integer"},
	{"cook_val", SAMPLE_INT, "S", REQ_MULTI, get_cook_val, NULL, "req.cook_val"},
	{"res.cook_val", SAMPLE_INT, "S", RES_MULTI, get_cook_val, NULL, "as integer"},
	{"scook_val", SAMPLE_INT, "S", RES_MULTI, get_cook_val, NULL, "res.cook_val"},
	{"req.cook_cnt", SAMPLE_INT, "S", REQ, count_cook, NULL, "how many such cookies"},
	{"cook_cnt", SAMPLE_INT, "S", REQ, count_cook, NULL, "req.cook_cnt"},
	{"res.cook_cnt", SAMPLE_INT, "S", RES, count_cook, NULL, "how many are set"},
	{"scook_cnt", SAMPLE_INT, "S", RES, count_cook, NULL, "res.cook_cnt"},
	{.name = NULL},
};
