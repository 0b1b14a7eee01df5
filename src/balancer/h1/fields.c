/*
 * Message framing and the fields that decide it. See fields.h. Requests are judged by the letter:
 * what could be read in two ways is refused. Responses come from the operator's own servers, so a
 * Content-Length beside Transfer-Encoding is removed there instead (RFC 9112 6.3 allows both).
 */
#include "balancer/h1/fields.h"

#include "balancer/h1/scan.h"
#include "balancer/http/name_lookup.h"

/* Bytes of uri-host [":" port] (RFC 3986 3.2.2): unreserved, sub-delims, "%", ":", "[", "]". */
static const uint8_t host_char[256] = {
	['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, ['-'] = 1, ['.'] = 1,	['_'] = 1,
	['~'] = 1,	   ['!'] = 1,	      ['$'] = 1,	 ['&'] = 1, ['\''] = 1, ['('] = 1,
	[')'] = 1,	   ['*'] = 1,	      ['+'] = 1,	 [','] = 1, [';'] = 1,	['='] = 1,
	['%'] = 1,	   [':'] = 1,	      ['['] = 1,	 [']'] = 1,
};

static bool host_ok(struct slice host)
{
	if (h1_scan_plain_host(host.ptr, host.len))
		return true;
	for (size_t i = 0; i < host.len; i++)
		if (!host_char[(unsigned char)host.ptr[i]])
			return false;
	return true;
}

/* Takes the port off: "host:80" gives 80, "host" and "host:" give 0; false if malformed. */
static bool split_port(struct slice *host, unsigned *port)
{
	const char *at = host->ptr + host->len, *first = host->ptr;
	unsigned value = 0, unit = 1;

	for (; at > first && at[-1] >= '0' && at[-1] <= '9'; at--, unit *= 10) {
		if (unit > 10000)
			break;
		value += (unsigned)(at[-1] - '0') * unit;
	}
	*port = 0;
	if (at == first || at[-1] != ':')
		/* no port at all, unless there are too many digits */
		return unit <= 10000 || !memchr(first, ':', host->len);
	if (*first != '[' && memchr(first, ':', (size_t)(at - 1 - first)))
		return false;
	host->len = (size_t)(at - 1 - first);
	*port = value;
	return value <= 65535;
}

static bool scheme_ok(struct slice target, size_t colon)
{
	if (colon == 0 || colon + 3 >= target.len || memcmp(target.ptr + colon, "://", 3) != 0)
		return false;
	for (size_t i = 0; i < colon; i++) {
		char c = target.ptr[i];
		bool alpha = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (!alpha && (i == 0 || !((c >= '0' && c <= '9') || strchr("+-.", c))))
			return false;
	}
	return true;
}

bool h1_target_check(struct http_message *msg)
{
	struct slice t = msg->target, host;
	unsigned port;

	if (msg->method == HTTP_METHOD_CONNECT) {
		msg->target_form = HTTP_TARGET_AUTHORITY;
		return host_ok(t) && split_port(&t, &port) && port && t.len;
	}
	if (t.ptr[0] == '/') {
		msg->target_form = HTTP_TARGET_ORIGIN;
		return true;
	}
	if (t.len == 1 && t.ptr[0] == '*') {
		msg->target_form = HTTP_TARGET_ASTERISK;
		return msg->method == HTTP_METHOD_OPTIONS;
	}
	if (!scheme_ok(t, slice_find(t, ':')))
		return false;
	msg->target_form = HTTP_TARGET_ABSOLUTE;
	host = http_message_host(msg);
	return host.len && host_ok(host) && split_port(&host, &port) && host.len;
}

static enum h1_error judge_host(struct h1_parser *p, struct slice value)
{
	unsigned port;

	if (p->n_host++)
		return H1_ERROR_HOST_TWICE;
	if (!host_ok(value) || !split_port(&value, &port))
		return H1_ERROR_HOST_VALUE;
	return H1_ERROR_NONE;
}

/* One decimal number; up to 18 digits cannot overflow, which is nearly all there are. */
static bool read_length(struct slice value, unsigned long long *length)
{
	unsigned long long n = 0;

	if (value.len == 0 || value.len > 18)
		return slice_to_uint(value, INT64_MAX, length);
	for (const char *p = value.ptr, *end = p + value.len; p < end; p++) {
		unsigned digit = (unsigned)(unsigned char)*p - '0';

		if (digit > 9)
			return false;
		n = n * 10 + digit;
	}
	*length = n;
	return true;
}

static enum h1_error judge_length(struct h1_parser *p, struct http_message *msg,
				  struct http_field *f, struct slice value)
{
	unsigned long long length;

	if (!read_length(value, &length))
		return H1_ERROR_LENGTH_VALUE;
	if (p->has_length) {
		if (length != p->length)
			return H1_ERROR_LENGTH_DIFFERS;
		f->mark = HTTP_FIELD_DROPPED;
		msg->n_edited++;
	}
	p->has_length = true;
	p->length = length;
	return H1_ERROR_NONE;
}

static void judge_coding(struct h1_parser *p, struct slice value)
{
	struct slice coding;

	p->has_coding = true;
	while (http_list_next(&value, &coding)) {
		p->n_coding++;
		if (!p->chunked_at && slice_case_eq(coding, SLICE("chunked")))
			p->chunked_at = p->n_coding;
	}
}

/* Chunked stands last, and nowhere else (RFC 9112 6.1). */
static bool coding_ends_chunked(const struct h1_parser *p)
{
	return p->chunked_at && p->chunked_at == p->n_coding;
}

static void judge_connection(struct h1_parser *p, struct slice value)
{
	struct slice token;

	/* the usual two without the list walk */
	if (value.len == 10 && http_header_same(value.ptr, "keep-alive", 10)) {
		p->keep_alive = true;
		return;
	}
	if (value.len == 5 && http_header_same(value.ptr, "close", 5)) {
		p->close = true;
		return;
	}
	while (http_list_next(&value, &token)) {
		if (slice_case_eq(token, SLICE("close")))
			p->close = true;
		else if (slice_case_eq(token, SLICE("keep-alive")))
			p->keep_alive = true;
		else if (slice_case_eq(token, SLICE("upgrade")))
			p->upgrade = true;
	}
}

enum h1_error h1_field_judge(struct h1_parser *p, struct http_message *msg, struct http_field *f,
			     struct slice value)
{
	switch (f->id) {
	case HTTP_HEADER_HOST:
		return msg->status ? H1_ERROR_NONE : judge_host(p, value);
	case HTTP_HEADER_CONTENT_LENGTH:
		return judge_length(p, msg, f, value);
	case HTTP_HEADER_TRANSFER_ENCODING:
		judge_coding(p, value);
		return H1_ERROR_NONE;
	case HTTP_HEADER_CONNECTION:
		judge_connection(p, value);
		return H1_ERROR_NONE;
	default:
		return H1_ERROR_NONE;
	}
}

/* Does the connection live on, as far as the sender says (RFC 9112 9.3)? */
static void settle_connection(const struct h1_parser *p, struct http_message *msg)
{
	msg->keep_alive = !p->close && (msg->minor > 0 || p->keep_alive);
	msg->upgrade = p->upgrade && msg->minor > 0 && msg->seen & H1_BIT(UPGRADE);
}

static unsigned default_port(struct slice target)
{
	size_t colon = slice_find(target, ':');

	if (slice_case_eq((struct slice){target.ptr, colon}, SLICE("https")))
		return 443;
	return slice_case_eq((struct slice){target.ptr, colon}, SLICE("http")) ? 80 : 0;
}

/* An absolute target and Host name the same host; a port that is left out is the scheme's. */
static bool host_agrees(const struct http_message *msg)
{
	struct slice host = http_message_value(msg, HTTP_HEADER_HOST);
	struct slice authority = http_message_host(msg);
	unsigned port_host, port_authority, usual = 0;

	if (msg->target_form == HTTP_TARGET_ABSOLUTE)
		usual = default_port(msg->target);
	if (!split_port(&host, &port_host) || !split_port(&authority, &port_authority))
		return false;
	if (!slice_case_eq(host, authority))
		return false;
	if (msg->target_form == HTTP_TARGET_AUTHORITY && port_host == 0)
		return true;
	return (port_host ? port_host : usual) == (port_authority ? port_authority : usual);
}

static bool wants_websocket(const struct http_message *msg)
{
	return msg->upgrade && http_message_has_token(msg, HTTP_HEADER_UPGRADE, "websocket");
}

enum h1_error h1_request_framing(const struct h1_parser *p, struct http_message *msg)
{
	const uint64_t speaking = H1_BIT(CONNECTION) | H1_BIT(CONTENT_LENGTH) |
				  H1_BIT(TRANSFER_ENCODING) | H1_BIT(UPGRADE) | H1_BIT(EXPECT);

	if (!(msg->seen & speaking) && msg->target_form == HTTP_TARGET_ORIGIN) {
		msg->keep_alive = msg->minor > 0;
		return H1_ERROR_NONE;
	}
	settle_connection(p, msg);
	if (p->n_host && msg->target_form >= HTTP_TARGET_ABSOLUTE &&
	    msg->target_form <= HTTP_TARGET_AUTHORITY && !host_agrees(msg))
		return H1_ERROR_HOST_DIFFERS;
	if (p->has_coding) {
		if (p->has_length)
			return H1_ERROR_LENGTH_AND_CODING;
		if (msg->minor == 0)
			return H1_ERROR_CODING_OLD;
		if (!coding_ends_chunked(p))
			return H1_ERROR_CODING_LAST;
		if (p->n_coding > 1)
			return H1_ERROR_CODING_UNKNOWN;
		msg->body_kind = HTTP_BODY_CHUNKED;
	} else if (p->has_length && p->length) {
		msg->body_kind = HTTP_BODY_LENGTH;
		msg->body_len = p->length;
	}
	if (msg->upgrade && wants_websocket(msg) && !(msg->seen & H1_BIT(SEC_WEBSOCKET_KEY)))
		return H1_ERROR_WEBSOCKET_KEY;
	if (msg->seen & H1_BIT(EXPECT) && msg->minor > 0)
		msg->expect_continue =
			http_message_has_token(msg, HTTP_HEADER_EXPECT, "100-continue");
	return H1_ERROR_NONE;
}

static bool never_has_body(const struct http_message *msg)
{
	return msg->status < 200 || msg->status == 204 || msg->status == 304 ||
	       msg->method == HTTP_METHOD_HEAD;
}

enum h1_error h1_response_framing(const struct h1_parser *p, struct http_message *msg)
{
	settle_connection(p, msg);
	msg->interim = msg->status < 200 && msg->status != 101;
	if (p->has_coding && msg->minor == 0)
		return H1_ERROR_CODING_OLD;
	if (msg->status == 101 ||
	    (msg->method == HTTP_METHOD_CONNECT && msg->status >= 200 && msg->status < 300)) {
		msg->body_kind = HTTP_BODY_TUNNEL;
		return H1_ERROR_NONE;
	}
	if (p->has_coding && p->has_length) {
		http_message_drop(msg, http_name_known(HTTP_HEADER_CONTENT_LENGTH));
		msg->keep_alive = false;
	}
	if (never_has_body(msg))
		return H1_ERROR_NONE;
	if (p->has_coding && !coding_ends_chunked(p))
		return H1_ERROR_CODING_LAST;
	if (p->has_coding) {
		msg->body_kind = HTTP_BODY_CHUNKED;
	} else if (p->has_length) {
		msg->body_kind = p->length ? HTTP_BODY_LENGTH : HTTP_BODY_NONE;
		msg->body_len = p->length;
	} else {
		msg->body_kind = HTTP_BODY_UNTIL_CLOSE;
		msg->keep_alive = false;
	}
	return H1_ERROR_NONE;
}
