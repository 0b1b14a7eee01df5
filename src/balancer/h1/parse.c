/*
 * Request and response heads: start line, field lines, and what they say about the message's end.
 * See parse.h for the contract. Each line is scanned once for its name and once for its value;
 * fields that decide framing are judged in fields.c when they are met, and together at the end.
 */
#include "balancer/h1/parse.h"

#include "balancer/h1/fields.h"
#include "balancer/h1/scan.h"

enum stage { STAGE_START, STAGE_FIELDS, STAGE_DONE };

static enum h1_result fail(struct h1_parser *p, enum h1_error error, size_t at)
{
	p->error = (uint8_t)error;
	p->error_at = (uint32_t)at;
	return H1_FAILED;
}

/* The CR at *cr must be followed by LF. MORE if that is not there yet. */
static enum h1_result line_end(struct h1_parser *p, const char *buf, const char *cr,
			       const char *end)
{
	if (cr == end)
		return H1_MORE;
	if (*cr == '\n')
		return fail(p, H1_ERROR_LINE_END, (size_t)(cr - buf));
	if (*cr != '\r')
		return fail(p, H1_ERROR_FIELD_VALUE, (size_t)(cr - buf));
	if (cr + 1 == end)
		return H1_MORE;
	if (cr[1] != '\n')
		return fail(p, H1_ERROR_BARE_CR, (size_t)(cr - buf));
	return H1_DONE;
}

/* "HTTP/1.x" at v, 8 bytes: sets the minor version. */
static enum h1_error read_version(struct http_message *msg, const char *v)
{
	if (memcmp(v, "HTTP/1.", 7) == 0 && (v[7] == '1' || v[7] == '0')) {
		msg->minor = (uint8_t)(v[7] - '0');
		return H1_ERROR_NONE;
	}
	if (memcmp(v, "HTTP/", 5) == 0 && v[5] >= '1' && v[5] <= '9' && v[6] == '.' &&
	    v[7] >= '0' && v[7] <= '9')
		return H1_ERROR_VERSION_NEW;
	return H1_ERROR_VERSION;
}

/* "METHOD " at the start of the line, whose first control character is at stop; where the target
 * begins, or NULL. */
static const char *read_method(struct h1_parser *p, struct http_message *msg, const char *line,
			       const char *stop)
{
	const char *at = line;

	while (at < stop && http_token_char[(unsigned char)*at])
		at++;
	if (at == line || at == stop || *at != ' ') {
		fail(p, H1_ERROR_METHOD, (size_t)(at - msg->received.base));
		return NULL;
	}
	msg->method_text = (struct slice){line, (size_t)(at - line)};
	if (at - line == 3 && memcmp(line, "GET", 3) == 0)
		msg->method = HTTP_METHOD_GET;
	else
		msg->method = (uint8_t)http_method_lookup(line, (size_t)(at - line));
	return at + 1;
}

/* What cannot become a request line is refused before its end is there: a TLS hello on a plain
 * port has no line end to wait for. */
static enum h1_result request_line_begun(struct h1_parser *p, const char *buf, const char *end)
{
	const char *at = buf + p->at;

	if (end - at == 1 && *at == '\r')
		return H1_MORE;
	while (at < end && http_token_char[(unsigned char)*at])
		at++;
	if (at < end && (*at != ' ' || at == buf + p->at))
		return fail(p, H1_ERROR_METHOD, (size_t)(at - buf));
	return H1_MORE;
}

static enum h1_result request_line(struct h1_parser *p, struct http_message *msg, char *buf,
				   const char *end)
{
	const char *line = buf + p->at, *at, *stop, *lf;
	enum h1_error error;

	lf = memchr(buf + p->searched, '\n', (size_t)(end - buf) - p->searched);
	if (!lf) {
		p->searched = (uint32_t)(end - buf);
		return request_line_begun(p, buf, end);
	}
	if (lf == line || lf[-1] != '\r')
		return fail(p, H1_ERROR_LINE_END, (size_t)(lf - buf));
	at = read_method(p, msg, line, lf - 1);
	if (!at)
		return H1_FAILED;
	stop = h1_scan_target(at, lf - 1);
	msg->target = (struct slice){at, (size_t)(stop - at)};
	if (stop < lf - 1 && *stop != ' ')
		return fail(p, H1_ERROR_TARGET, (size_t)(stop - buf));
	if (stop == at || lf - stop != 10)
		return fail(p, H1_ERROR_START_LINE, (size_t)(stop - buf));
	error = read_version(msg, stop + 1);
	if (error)
		return fail(p, error, (size_t)(stop + 1 - buf));
	if (!h1_target_check(msg))
		return fail(p, H1_ERROR_TARGET, (size_t)(at - buf));
	msg->start_line = (struct slice){line, (size_t)(lf + 1 - line)};
	p->at = p->searched = (uint32_t)(lf + 1 - buf);
	return H1_DONE;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 reason", the reason and its blank may be missing (RFC 9112 4). */
static enum h1_result status_line(struct h1_parser *p, struct http_message *msg, char *buf,
				  const char *end)
{
	const char *line = buf + p->at, *cr, *lf;
	enum h1_error error;

	lf = memchr(buf + p->searched, '\n', (size_t)(end - buf) - p->searched);
	if (!lf) {
		p->searched = (uint32_t)(end - buf);
		return H1_MORE;
	}
	if (lf == line || lf[-1] != '\r')
		return fail(p, H1_ERROR_LINE_END, (size_t)(lf - buf));
	cr = lf - 1;
	if (cr - line < 12 || line[8] != ' ')
		return fail(p, H1_ERROR_START_LINE, p->at);
	error = read_version(msg, line);
	if (error)
		return fail(p, error, p->at);
	if (!digit(line[9]) || !digit(line[10]) || !digit(line[11]) || line[9] == '0')
		return fail(p, H1_ERROR_STATUS, p->at + 9);
	if (cr - line > 12 && line[12] != ' ')
		return fail(p, H1_ERROR_STATUS, p->at + 12);
	msg->status = (uint16_t)((line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0');
	msg->reason = (struct slice){cr, 0};
	if (cr - line > 13)
		msg->reason = (struct slice){line + 13, (size_t)(cr - line) - 13};
	for (size_t i = 0; i < msg->reason.len; i++) {
		unsigned char c = (unsigned char)msg->reason.ptr[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return fail(p, H1_ERROR_REASON, (size_t)(msg->reason.ptr + i - buf));
	}
	msg->start_line = (struct slice){line, (size_t)(lf + 1 - line)};
	p->at = p->searched = (uint32_t)(lf + 1 - buf);
	return H1_DONE;
}

/* Where the value's line ends: the first control character that is not TAB. */
static const char *value_stop(const char *at, const char *end)
{
	at = h1_scan_control(at, end);
	while (at < end && *at == '\t')
		at = h1_scan_control(at + 1, end);
	return at;
}

/* What is wrong with a name whose scan stopped at stop. */
static enum h1_result bad_name(struct h1_parser *p, const char *buf, const char *line,
			       const char *stop)
{
	enum h1_error error = H1_ERROR_FIELD_NAME;

	if (*stop == '\n' && stop == line)
		error = H1_ERROR_LINE_END;
	else if (*stop == ' ' || *stop == '\t')
		error = stop == line ? H1_ERROR_FIELD_FOLD : H1_ERROR_FIELD_COLON;
	return fail(p, error, (size_t)(stop - buf));
}

/* One "name: value CRLF" at line. On DONE p->at has moved behind it. */
static inline enum h1_result field_line(struct h1_parser *p, struct http_message *msg, char *buf,
					const char *end)
{
	const char *line = buf + p->at, *colon, *value, *cr, *last;
	struct http_field *f;
	enum h1_result r;
	enum h1_error error;

	colon = h1_scan_name(line, end);
	if (colon == end)
		return H1_MORE;
	if (*colon != ':' || colon == line || colon - line > UINT16_MAX)
		return bad_name(p, buf, line, colon);
	value = colon + 1;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	cr = value_stop(value, end);
	r = line_end(p, buf, cr, end);
	if (r != H1_DONE)
		return r;
	for (last = cr; last > value && (last[-1] == ' ' || last[-1] == '\t');)
		last--;
	if (!http_message_grow(msg))
		return fail(p,
			    msg->received.n < msg->n_max ? H1_ERROR_MEMORY : H1_ERROR_FIELDS_MANY,
			    p->at);
	f = &msg->received.entry[msg->received.n];
	f->line_at = p->at;
	f->value_at = (uint32_t)(value - buf);
	f->value_len = (uint32_t)(last - value);
	f->name_len = (uint16_t)(colon - line);
	f->mark = HTTP_FIELD_KEPT;
	f->id = (uint8_t)http_header_lookup(line, f->name_len);
	if (f->id == HTTP_HEADER_OTHER && !http_is_token((struct slice){line, f->name_len}))
		return fail(p, H1_ERROR_FIELD_NAME, p->at);
	if (H1_JUDGED_FIELDS >> f->id & 1) {
		error = h1_field_judge(p, msg, f, (struct slice){value, f->value_len});
		if (error)
			return fail(p, error, p->at);
	}
	msg->seen |= (uint64_t)1 << f->id;
	msg->received.n++;
	p->at = (uint32_t)(cr + 2 - buf);
	return H1_DONE;
}

/* Field lines until the empty line. A line that is not whole yet is not even begun: searched keeps
 * a sender of single bytes from making us scan the line for each. */
static enum h1_result field_lines(struct h1_parser *p, struct http_message *msg, char *buf,
				  const char *end)
{
	enum h1_result r = H1_MORE;

	if (p->searched > p->at) {
		if (!memchr(buf + p->searched, '\n', (size_t)(end - buf) - p->searched)) {
			p->searched = (uint32_t)(end - buf);
			return H1_MORE;
		}
	}
	while (end - buf > p->at) {
		if (buf[p->at] == '\r') {
			r = line_end(p, buf, buf + p->at, end);
			if (r == H1_DONE)
				msg->received.entry[msg->received.n].line_at = p->at;
			break;
		}
		r = field_line(p, msg, buf, end);
		if (r != H1_DONE)
			break;
		r = H1_MORE;
	}
	p->searched = (uint32_t)(end - buf);
	return r;
}

/* Common to both directions: where we are in the buffer, and whether it moved. */
static bool resume(struct h1_parser *p, struct http_message *msg, char *buf, size_t len)
{
	if (len > UINT32_MAX / 2) {
		fail(p, H1_ERROR_HEAD_LARGE, 0);
		return false;
	}
	if (msg->received.base && msg->received.base != buf)
		http_message_rebase(msg, buf);
	msg->received.base = buf;
	return true;
}

static enum h1_result finish(struct h1_parser *p, struct http_message *msg, enum h1_error error)
{
	if (error)
		return fail(p, error, 0);
	p->stage = STAGE_DONE;
	msg->head_len = p->at + 2;
	return H1_DONE;
}

enum h1_result h1_parse_request(struct h1_parser *p, struct http_message *msg, char *buf,
				size_t len)
{
	enum h1_result r;

	if (!resume(p, msg, buf, len))
		return H1_FAILED;
	if (p->stage == STAGE_START) {
		/* empty lines before a request are passed over (RFC 9112 2.2) */
		while (len - p->at >= 2 && buf[p->at] == '\r' && buf[p->at + 1] == '\n')
			p->at += 2;
		if (p->searched < p->at)
			p->searched = p->at;
		r = request_line(p, msg, buf, buf + len);
		if (r != H1_DONE)
			return r;
		msg->head_len = p->at;
		p->stage = STAGE_FIELDS;
	}
	r = field_lines(p, msg, buf, buf + len);
	if (r != H1_DONE)
		return r;
	return finish(p, msg, h1_request_framing(p, msg));
}

enum h1_result h1_parse_response(struct h1_parser *p, struct http_message *msg,
				 enum http_method request_method, char *buf, size_t len)
{
	enum h1_result r;

	if (!resume(p, msg, buf, len))
		return H1_FAILED;
	msg->method = (uint8_t)request_method;
	if (p->stage == STAGE_START) {
		r = status_line(p, msg, buf, buf + len);
		if (r != H1_DONE)
			return r;
		msg->head_len = p->at;
		p->stage = STAGE_FIELDS;
	}
	r = field_lines(p, msg, buf, buf + len);
	if (r != H1_DONE)
		return r;
	return finish(p, msg, h1_response_framing(p, msg));
}
