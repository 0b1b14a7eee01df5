/*
 * Field lines: the usual ones in a tight loop over words of 16 bytes, all others one by one with
 * every question asked (RFC 9110 5.5-5.6, RFC 9112 2.2, 5). Both fill the same table; what decides
 * framing is judged by fields.c as it is met. Called by parse.c.
 */
#include "balancer/h1/lines.h"

#include "balancer/h1/fields.h"
#include "balancer/h1/scan.h"
#include "balancer/http/name_lookup.h"

enum h1_result h1_fail(struct h1_parser *p, enum h1_error error, size_t at)
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
		return h1_fail(p, H1_ERROR_LINE_END, (size_t)(cr - buf));
	if (*cr != '\r')
		return h1_fail(p, H1_ERROR_FIELD_VALUE, (size_t)(cr - buf));
	if (cr + 1 == end)
		return H1_MORE;
	if (cr[1] != '\n')
		return h1_fail(p, H1_ERROR_BARE_CR, (size_t)(cr - buf));
	return H1_DONE;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What is wrong with a name whose scan stopped at stop. */
static enum h1_result bad_name(struct h1_parser *p, const char *buf, const char *line,
			       const char *stop)
{
	enum h1_error error = H1_ERROR_FIELD_NAME;

	if (*stop == '\n' && stop == line)
		error = H1_ERROR_LINE_END;
	else if (is_blank(*stop))
		error = stop == line ? H1_ERROR_FIELD_FOLD : H1_ERROR_FIELD_COLON;
	return h1_fail(p, error, (size_t)(stop - buf));
}

/* A field whose parts are found goes into the table. */
static inline enum h1_result field_take(struct h1_parser *p, struct http_message *msg,
					const char *line, const char *colon, struct slice value)
{
	struct http_fields *table = &msg->received;
	size_t at = (size_t)(line - table->base), name_len = (size_t)(colon - line);
	struct http_field *f;
	enum h1_error error;
	unsigned id;

	if (table->n >= table->cap && !http_message_grow(msg)) {
		bool many = table->n >= msg->n_max;

		return h1_fail(p, many ? H1_ERROR_FIELDS_MANY : H1_ERROR_MEMORY, at);
	}
	id = http_header_find(line, name_len);
	if (id == HTTP_HEADER_OTHER && !h1_scan_plain_host(line, name_len) &&
	    !http_is_token((struct slice){line, name_len}))
		return h1_fail(p, H1_ERROR_FIELD_NAME, at);
	f = &table->entry[table->n];
	f->line_at = (uint32_t)at;
	f->value_at = (uint32_t)(value.ptr - table->base);
	f->value_len = (uint32_t)value.len;
	f->name_len = (uint16_t)name_len;
	f->id = (uint8_t)id;
	f->mark = HTTP_FIELD_KEPT;
	if (id - HTTP_HEADER_HOST <= HTTP_HEADER_TRANSFER_ENCODING - HTTP_HEADER_HOST) {
		error = h1_field_judge(p, msg, f, value);
		if (error)
			return h1_fail(p, error, at);
	}
	msg->seen |= (uint64_t)1 << id;
	table->n++;
	return H1_DONE;
}

/* One "name: value CRLF" at line. On DONE *next is the line behind it. */
static inline enum h1_result field_line(struct h1_parser *p, struct http_message *msg,
					const char *line, const char *end, const char **next)
{
	const char *buf = msg->received.base, *colon, *value, *cr, *last;

	colon = h1_scan_name(buf, line, end);
	if (colon == end)
		return H1_MORE;
	if (*colon != ':' || (size_t)(colon - line) - 1 >= UINT16_MAX)
		return bad_name(p, buf, line, colon);
	value = colon + 1;
	if (end - value >= 2 && memcmp(colon, ": ", 2) == 0 && value[1] > ' ')
		value++;
	else
		while (value < end && is_blank(*value))
			value++;
	cr = h1_scan_control(buf, value, end);
	while (end - cr < 2 || memcmp(cr, "\r\n", 2) != 0) {
		if (cr == end || *cr != '\t')
			return line_end(p, buf, cr, end);
		cr = h1_scan_control(buf, cr + 1, end);
	}
	last = cr;
	if ((unsigned char)cr[-1] <= ' ')
		while (last > value && is_blank(last[-1]))
			last--;
	*next = cr + 2;
	return field_take(p, msg, line, colon, (struct slice){value, (size_t)(last - value)});
}

/* The usual field lines, as many as there are: known framing, a name of 2 to 16 plain characters,
 * one blank, a value without TAB that ends before the last word of the buffer. Stops in front of
 * the first that is not such, which takes the careful way. NULL when one was refused. */
#ifdef __SSE2__
static const char *usual_lines(struct h1_parser *p, struct http_message *msg, const char *line,
			       const char *end)
{
	struct http_fields *table = &msg->received;
	struct http_field *f = table->entry + table->n, *limit = table->entry + table->cap;
	const char *buf = table->base, *last = end - 16;
	uint64_t seen = 0;

	while (line < last - 2 && f < limit) {
		__m128i word = h1_load(line);
		unsigned len = (unsigned)__builtin_ctz(h1_name_bits(word) | 0x10000), id;
		const char *value = line + len + 2, *at;

		if (value[-2] != ':' || len < 2 || value[-1] != ' ' || value[0] <= ' ')
			break;
		at = h1_scan_control(last, value, end);
		if (end - at < 2 || memcmp(at, "\r\n", 2) != 0 || at[-1] == ' ')
			break;
		id = h1_lookup_word(word, (unsigned char)line[0], (unsigned char)value[-3], len);
		if (id == HTTP_HEADER_OTHER && ~h1_plain_bits(word) & ((1u << len) - 1))
			break;
		f->line_at = (uint32_t)(line - buf);
		f->value_at = (uint32_t)(value - buf);
		f->value_len = (uint32_t)(at - value);
		f->name_len = (uint16_t)len;
		f->id = (uint8_t)id;
		f->mark = HTTP_FIELD_KEPT;
		if (id - HTTP_HEADER_HOST <= HTTP_HEADER_TRANSFER_ENCODING - HTTP_HEADER_HOST) {
			struct slice whole = {value, (size_t)(at - value)};
			enum h1_error error = h1_field_judge(p, msg, f, whole);

			if (error) {
				h1_fail(p, error, (size_t)(line - buf));
				return NULL;
			}
		}
		seen |= (uint64_t)1 << id;
		f++;
		line = at + 2;
	}
	msg->seen |= seen;
	table->n = (uint32_t)(f - table->entry);
	return line;
}
#else
static const char *usual_lines(struct h1_parser *p, struct http_message *msg, const char *line,
			       const char *end)
{
	(void)p;
	(void)msg;
	(void)end;
	return line;
}
#endif

/* Field lines until the empty line. A line that is not whole yet is not even begun: searched keeps
 * a sender of single bytes from making us scan the line for each. */
enum h1_result h1_field_lines(struct h1_parser *p, struct http_message *msg, char *buf,
			      const char *end)
{
	const char *line = buf + p->at;
	enum h1_result r = H1_MORE;

	if (p->searched > p->at &&
	    !memchr(buf + p->searched, '\n', (size_t)(end - buf) - p->searched)) {
		p->searched = (uint32_t)(end - buf);
		return H1_MORE;
	}
	while (line < end && *line != '\r') {
		line = usual_lines(p, msg, line, end);
		if (!line)
			return H1_FAILED;
		if (line == end || *line == '\r')
			break;
		r = field_line(p, msg, line, end, &line);
		if (r != H1_DONE)
			break;
	}
	p->at = (uint32_t)(line - buf);
	p->searched = (uint32_t)(end - buf);
	if (r == H1_FAILED || line == end || *line != '\r')
		return r == H1_FAILED ? r : H1_MORE;
	msg->received.entry[msg->received.n].line_at = p->at;
	return line_end(p, buf, line, end);
}
