/*
 * Samples of a message's start line: method, path, query and its parameters, status, version;
 * captures.
 */
#include "balancer/rules/rule_set.h"
#include "balancer/rules/sample.h"

static const struct http_message *request_of(struct rule_input *in)
{
	if (!in->req && in->phase == RULE_TCP_REQUEST && !in->payload_complete)
		in->wants_more = true;
	return in->req;
}

SAMPLE_GET(get_method)
{
	const struct http_message *req = request_of(in);

	return req && sample_give_str(out, req->method_text);
}

/* Most rules look at the path: it is cut once, until a rule gives the request another target. */
SAMPLE_GET(get_path)
{
	const struct http_message *req = request_of(in);

	if (!req)
		return false;
	if (in->path_target.ptr != req->target.ptr || in->path_target.len != req->target.len) {
		in->path = http_message_path(req);
		in->path_target = req->target;
	}
	return in->path.ptr && sample_give_str(out, in->path);
}

SAMPLE_GET(get_pathq)
{
	const struct http_message *req = request_of(in);
	struct slice path;

	if (!req)
		return false;
	path = http_message_path(req);
	if (!path.ptr)
		return false;
	if (path.ptr >= req->target.ptr && path.ptr < req->target.ptr + req->target.len)
		path.len = (size_t)(req->target.ptr + req->target.len - path.ptr);
	return sample_give_str(out, path);
}

SAMPLE_GET(get_query)
{
	const struct http_message *req = request_of(in);
	struct slice query;

	if (!req)
		return false;
	query = http_message_query(req);
	return sample_give_str(out, query.ptr ? query : SLICE(""));
}

SAMPLE_GET(get_url)
{
	const struct http_message *req = request_of(in);

	return req && sample_give_str(out, req->target);
}

/* Host and path, for `base`; with the query for `baseq`. */
static bool give_base(struct rule_input *in, bool with_query, struct sample *out)
{
	const struct http_message *req = request_of(in);
	struct slice host, path, query;
	char *buf, *at;

	if (!req)
		return false;
	host = http_message_value(req, HTTP_HEADER_HOST);
	path = http_message_path(req);
	query = with_query ? http_message_query(req) : (struct slice){NULL, 0};
	buf = at = arena_alloc(in->arena, host.len + path.len + query.len + 2);
	if (!buf)
		return false;
	memcpy(at, host.ptr ? host.ptr : "", host.len);
	at += host.len;
	memcpy(at, path.ptr ? path.ptr : "", path.len);
	at += path.len;
	if (query.ptr) {
		*at++ = '?';
		memcpy(at, query.ptr, query.len);
		at += query.len;
	}
	return sample_give_str(out, (struct slice){buf, (size_t)(at - buf)});
}

SAMPLE_GET(get_base)
{
	return give_base(in, false, out);
}

SAMPLE_GET(get_baseq)
{
	return give_base(in, true, out);
}

SAMPLE_GET(get_url_host)
{
	const struct http_message *req = request_of(in);
	struct slice host;

	if (!req || req->target_form != HTTP_TARGET_ABSOLUTE)
		return false;
	host = http_message_host(req);
	host.len = slice_find(host, ':');
	out->type = SAMPLE_ADDR;
	return sample_addr_parse(&out->addr, host);
}

SAMPLE_GET(get_url_port)
{
	const struct http_message *req = request_of(in);
	struct slice host;
	int64_t port = 80;

	if (!req || req->target_form != HTTP_TARGET_ABSOLUTE)
		return false;
	host = http_message_host(req);
	slice_cut(&host, ':');
	if (host.len > 0 && !sample_text_to_int(host, &port))
		return false;
	return sample_give_num(out, SAMPLE_INT, port);
}

static bool next_param(struct slice *rest, struct slice name, char sep, struct slice *value)
{
	while (rest->len > 0) {
		struct slice pair = slice_cut(rest, sep);
		size_t eq = slice_find(pair, '=');

		if (name.len > 0 && !slice_eq((struct slice){pair.ptr, eq}, name))
			continue;
		*value = eq < pair.len ? (struct slice){pair.ptr + eq + 1, pair.len - eq - 1}
				       : (struct slice){pair.ptr + eq, 0};
		return true;
	}
	return false;
}

static bool get_param(const struct sample_call *c, struct rule_input *in, struct sample_walk *w,
		      struct slice *out)
{
	const struct http_message *req = request_of(in);
	char start = c->args[1].given ? c->args[1].str.ptr[0] : '?';
	struct slice rest;

	if (!req)
		return false;
	if (w && w->inside)
		return next_param(&w->rest, c->args[0].str, '&', out);
	rest = req->target;
	slice_cut(&rest, start);
	if (!w)
		return next_param(&rest, c->args[0].str, start == '?' ? '&' : start, out);
	w->rest = rest;
	w->inside = true;
	return next_param(&w->rest, c->args[0].str, start == '?' ? '&' : start, out);
}

SAMPLE_GET(get_urlp)
{
	struct slice value;

	return get_param(c, in, w, &value) && sample_give_str(out, value);
}

SAMPLE_GET(get_urlp_val)
{
	struct slice value;

	if (!get_param(c, in, w, &value))
		return false;
	sample_give_str(out, value);
	return sample_cast(out, SAMPLE_INT, in);
}

static bool give_version(const struct http_message *msg, struct sample *out)
{
	return msg && sample_give_str(out, msg->minor ? SLICE("1.1") : SLICE("1.0"));
}

SAMPLE_GET(get_req_ver)
{
	return give_version(request_of(in), out);
}

SAMPLE_GET(get_res_ver)
{
	return give_version(in->res, out);
}

SAMPLE_GET(get_status)
{
	return in->res && sample_give_num(out, SAMPLE_INT, in->res->status);
}

SAMPLE_GET(get_proto_http)
{
	const struct http_message *req = request_of(in);

	return sample_give_num(out, SAMPLE_BOOL, req != NULL);
}

SAMPLE_GET(get_first_req)
{
	return sample_give_num(out, SAMPLE_BOOL, !in->later_request);
}

SAMPLE_GET(get_body_size)
{
	const struct http_message *req = request_of(in);

	return req &&
	       sample_give_num(out, SAMPLE_INT,
			       req->body_kind == HTTP_BODY_LENGTH ? (int64_t)req->body_len : 0);
}

SAMPLE_GET(get_res_body_size)
{
	return in->res &&
	       sample_give_num(out, SAMPLE_INT,
			       in->res->body_kind == HTTP_BODY_LENGTH ? (int64_t)in->res->body_len
								      : 0);
}

SAMPLE_GET(get_proto_version)
{
	return sample_give_num(out, SAMPLE_INT, 1);
}

/* The nth slot of that side, counted as the configuration declares them. */
static bool give_capture(struct rule_input *in, bool response, int64_t index, struct sample *out)
{
	const struct rule_set *set = in->frontend ? in->frontend->rules : NULL;

	if (!in->captures || !set || index < 0)
		return false;
	for (unsigned slot = 0; slot < set->n_captures; slot++) {
		if (set->captures[slot].response != response || index-- > 0)
			continue;
		return in->captures[slot].ptr && sample_give_str(out, in->captures[slot]);
	}
	return false;
}

SAMPLE_GET(get_capture_req)
{
	return give_capture(in, false, c->args[0].num, out);
}

SAMPLE_GET(get_capture_res)
{
	return give_capture(in, true, c->args[0].num, out);
}

#define REQ   SAMPLE_FROM_REQUEST
#define RES   SAMPLE_FROM_RESPONSE
#define FORMS SAMPLE_ACL_FORMS
#define MULTI SAMPLE_MULTI

const struct sample_row sample_http_rows[] = {
	{"method", SAMPLE_STR, "", REQ, get_method, NULL, "the request's method"},
	{"path", SAMPLE_STR, "", REQ | FORMS, get_path, NULL, "the path, without the query"},
	{"pathq", SAMPLE_STR, "", REQ, get_pathq, NULL, "the path and the query"},
	{"query", SAMPLE_STR, "", REQ, get_query, NULL, "what stands behind the first ?"},
	{"url", SAMPLE_STR, "", REQ | FORMS, get_url, NULL, "the target as received"},
	{"url_ip", SAMPLE_ADDR, "", REQ, get_url_host, NULL, "address in an absolute target"},
	{"url_port", SAMPLE_INT, "", REQ, get_url_port, NULL, "port in an absolute target"},
	{"base", SAMPLE_STR, "", REQ | FORMS, get_base, NULL, "host and path"},
	{"baseq", SAMPLE_STR, "", REQ, get_baseq, NULL, "host, path and query"},
	{"urlp", SAMPLE_STR, "SS", REQ | MULTI | FORMS, get_urlp, NULL, "a parameter of the query"},
	{"url_param", SAMPLE_STR, "SS", REQ | MULTI | FORMS, get_urlp, NULL, "urlp"},
	{"urlp_val", SAMPLE_INT, "SS", REQ | MULTI, get_urlp_val, NULL, "urlp as integer"},
	{"req.ver", SAMPLE_STR, "", REQ, get_req_ver, NULL, "the request's version: 1.1"},
	{"req_ver", SAMPLE_STR, "", REQ, get_req_ver, NULL, "req.ver"},
	{"res.ver", SAMPLE_STR, "", RES, get_res_ver, NULL, "the response's version"},
	{"resp_ver", SAMPLE_STR, "", RES, get_res_ver, NULL, "res.ver"},
	{"status", SAMPLE_INT, "", RES, get_status, NULL, "the response's status"},
	{"req.proto_http", SAMPLE_BOOL, "", REQ, get_proto_http, NULL, "this is an HTTP request"},
	{"req_proto_http", SAMPLE_BOOL, "", REQ, get_proto_http, NULL, "req.proto_http"},
	{"http_first_req", SAMPLE_BOOL, "", 0, get_first_req, NULL,
	 "the first request of its connection"},
	{"req.body_size", SAMPLE_INT, "", REQ, get_body_size, NULL, "announced length of the body"},
	{"res.body_size", SAMPLE_INT, "", RES, get_res_body_size, NULL,
	 "announced length of the body"},
	{"fc_http_major", SAMPLE_INT, "", 0, get_proto_version, NULL, "HTTP version of the client"},
	{"bc_http_major", SAMPLE_INT, "", 0, get_proto_version, NULL, "HTTP version of the server"},
	{"capture.req.hdr", SAMPLE_STR, "i", 0, get_capture_req, NULL, "a captured request header"},
	{"capture.res.hdr", SAMPLE_STR, "i", 0, get_capture_res, NULL,
	 "a captured response header"},
	{.name = NULL},
};
