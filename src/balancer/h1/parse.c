/*
 * Request and response heads: start line, field lines, and what they say about the message's end.
 * See parse.h for the contract. Each line is scanned once for its name and once for its value;
 * fields that decide framing are judged in fields.c when they are met, and together at the end.
 */
#include "balancer/h1/parse.h"

#include "balancer/h1/fields.h"
#include "balancer/h1/lines.h"
#include "balancer/h1/scan.h"

enum stage { STAGE_START, STAGE_FIELDS, STAGE_DONE };

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
		h1_fail(p, H1_ERROR_METHOD, (size_t)(at - msg->received.base));
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
		return h1_fail(p, H1_ERROR_METHOD, (size_t)(at - buf));
	return H1_MORE;
}

/* The usual request line, "GET /... HTTP/1.1": everything else takes the careful way. */
static inline bool request_line_usual(struct h1_parser *p, struct http_message *msg, char *buf,
				      const char *end)
{
	const char *line = buf + p->at, *stop;

	if (end - line < 16 || memcmp(line, "GET /", 5) != 0)
		return false;
	stop = h1_scan_target(buf, line + 5, end);
	if (end - stop < 11 || memcmp(stop, " HTTP/1.", 8) != 0 ||
	    memcmp(stop + 8, "1\r\n", 3) != 0)
		return false;
	msg->method = HTTP_METHOD_GET;
	msg->method_text = (struct slice){line, 3};
	msg->target = (struct slice){line + 4, (size_t)(stop - line) - 4};
	msg->target_form = HTTP_TARGET_ORIGIN;
	msg->start_line = (struct slice){line, (size_t)(stop + 11 - line)};
	p->at = p->searched = (uint32_t)(stop + 11 - buf);
	return true;
}

static enum h1_result request_line(struct h1_parser *p, struct http_message *msg, char *buf,
				   const char *end)
{
	const char *line = buf + p->at, *at, *stop, *lf;
	enum h1_error error;

	if (request_line_usual(p, msg, buf, end))
		return H1_DONE;
	lf = memchr(buf + p->searched, '\n', (size_t)(end - buf) - p->searched);
	if (!lf) {
		p->searched = (uint32_t)(end - buf);
		return request_line_begun(p, buf, end);
	}
	if (lf == line || lf[-1] != '\r')
		return h1_fail(p, H1_ERROR_LINE_END, (size_t)(lf - buf));
	at = read_method(p, msg, line, lf - 1);
	if (!at)
		return H1_FAILED;
	stop = h1_scan_target(buf, at, lf - 1);
	msg->target = (struct slice){at, (size_t)(stop - at)};
	if (stop < lf - 1 && *stop != ' ')
		return h1_fail(p, H1_ERROR_TARGET, (size_t)(stop - buf));
	if (stop == at || lf - stop != 10)
		return h1_fail(p, H1_ERROR_START_LINE, (size_t)(stop - buf));
	error = read_version(msg, stop + 1);
	if (error)
		return h1_fail(p, error, (size_t)(stop + 1 - buf));
	if (!h1_target_check(msg))
		return h1_fail(p, H1_ERROR_TARGET, (size_t)(at - buf));
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
		return h1_fail(p, H1_ERROR_LINE_END, (size_t)(lf - buf));
	cr = lf - 1;
	if (cr - line < 12 || line[8] != ' ')
		return h1_fail(p, H1_ERROR_START_LINE, p->at);
	error = read_version(msg, line);
	if (error)
		return h1_fail(p, error, p->at);
	if (!digit(line[9]) || !digit(line[10]) || !digit(line[11]) || line[9] == '0')
		return h1_fail(p, H1_ERROR_STATUS, p->at + 9);
	if (cr - line > 12 && line[12] != ' ')
		return h1_fail(p, H1_ERROR_STATUS, p->at + 12);
	msg->status = (uint16_t)((line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0');
	msg->reason = (struct slice){cr, 0};
	if (cr - line > 13)
		msg->reason = (struct slice){line + 13, (size_t)(cr - line) - 13};
	for (size_t i = 0; i < msg->reason.len; i++) {
		unsigned char c = (unsigned char)msg->reason.ptr[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return h1_fail(p, H1_ERROR_REASON, (size_t)(msg->reason.ptr + i - buf));
	}
	msg->start_line = (struct slice){line, (size_t)(lf + 1 - line)};
	p->at = p->searched = (uint32_t)(lf + 1 - buf);
	return H1_DONE;
}

/* Common to both directions: where we are in the buffer, and whether it moved. */
static bool resume(struct h1_parser *p, struct http_message *msg, char *buf, size_t len)
{
	if (len > UINT32_MAX / 2) {
		h1_fail(p, H1_ERROR_HEAD_LARGE, 0);
		return false;
	}
	if (msg->received.base && msg->received.base != buf)
		http_message_rebase(msg, buf);
	msg->received.base = buf;
	if (msg->received.cap > msg->n_max)
		msg->received.cap = msg->n_max;
	return true;
}

static enum h1_result finish(struct h1_parser *p, struct http_message *msg, enum h1_error error)
{
	if (error)
		return h1_fail(p, error, 0);
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
	r = h1_field_lines(p, msg, buf, buf + len);
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
	r = h1_field_lines(p, msg, buf, buf + len);
	if (r != H1_DONE)
		return r;
	return finish(p, msg, h1_response_framing(p, msg));
}
