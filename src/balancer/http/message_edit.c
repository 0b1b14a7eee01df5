/*
 * Edits of a message head: fields are dropped by a mark, and what is new is written as whole lines
 * "name: value CRLF" into one growing block of the exchange's arena, so that the usual run of
 * additions goes out as one piece. Called by rules and by flow, on the exchange's thread.
 */
#include "balancer/http/message.h"

#include <stdio.h>

enum { BLOCK_MIN = 256, ENTRIES_MIN = 8, LINE_EXTRA = 4 /* ": " and CRLF */, END_LEN = 2 };

/* Room for len more bytes and the final CRLF. An outgrown block stays readable in the arena, so
 * names and values that callers took from it stay good. */
static bool block_reserve(struct http_message *msg, size_t len)
{
	size_t need = msg->added_len + len + END_LEN;
	size_t cap = msg->added_cap ? msg->added_cap : BLOCK_MIN;
	char *block;

	if (need <= msg->added_cap)
		return true;
	while (cap < need)
		cap *= 2;
	if (cap > UINT32_MAX)
		return false;
	block = arena_alloc(msg->arena, cap);
	if (!block)
		return false;
	if (msg->added_len)
		memcpy(block, msg->added.base, msg->added_len);
	msg->added.base = block;
	msg->added_cap = (uint32_t)cap;
	return true;
}

/* Writes a line at the end of the block; its offset, or -1. */
static int64_t block_line(struct http_message *msg, struct slice name, struct slice value)
{
	uint32_t at = msg->added_len;
	char *p;

	if (name.len > UINT16_MAX || value.len > UINT32_MAX / 2)
		return -1;
	if (!block_reserve(msg, name.len + value.len + LINE_EXTRA))
		return -1;
	p = msg->added.base + at;
	memcpy(p, name.ptr, name.len);
	p += name.len;
	*p++ = ':';
	*p++ = ' ';
	if (value.len)
		memcpy(p, value.ptr, value.len);
	p += value.len;
	memcpy(p, "\r\n\r\n", 4);
	msg->added_len = (uint32_t)(p + 2 - msg->added.base);
	return at;
}

static bool entries_reserve(struct http_message *msg)
{
	struct http_fields *f = &msg->added;
	uint32_t cap = f->cap ? f->cap * 2 : ENTRIES_MIN;
	struct http_field *more;

	if (f->n < f->cap)
		return true;
	more = arena_alloc(msg->arena, cap * sizeof(*more));
	if (!more)
		return false;
	if (f->n)
		memcpy(more, f->entry, f->n * sizeof(*more));
	f->entry = more;
	f->cap = cap;
	return true;
}

bool http_message_add(struct http_message *msg, struct http_name name, struct slice value)
{
	int64_t at;

	if (!entries_reserve(msg))
		return false;
	at = block_line(msg, name.text, value);
	if (at < 0)
		return false;
	msg->added.entry[msg->added.n++] = (struct http_field){
		.line_at = (uint32_t)at,
		.value_at = (uint32_t)(at + (int64_t)name.text.len + 2),
		.value_len = (uint32_t)value.len,
		.name_len = (uint16_t)name.text.len,
		.id = (uint8_t)name.id,
		.mark = HTTP_FIELD_KEPT,
	};
	msg->seen |= (uint64_t)1 << name.id;
	return true;
}

void http_message_drop_at(struct http_message *msg, const struct http_cursor *at)
{
	struct http_field *f;

	if (at->place < msg->received.n) {
		f = &msg->received.entry[at->place];
		if (f->mark == HTTP_FIELD_KEPT)
			msg->n_edited++;
	} else {
		f = &msg->added.entry[at->place - msg->received.n];
		msg->added_mixed = true;
	}
	f->mark = HTTP_FIELD_DROPPED;
}

unsigned http_message_drop(struct http_message *msg, struct http_name name)
{
	struct http_cursor at = {0};
	unsigned n = 0;

	for (; http_message_find(msg, name, &at); n++)
		http_message_drop_at(msg, &at);
	return n;
}

bool http_message_set(struct http_message *msg, struct http_name name, struct slice value)
{
	struct http_cursor at = {0};
	uint32_t added = msg->received.n + msg->added.n;

	/* value may lie in a field of the message, so it is copied before anything goes */
	if (!http_message_add(msg, name, value))
		return false;
	while (http_message_find(msg, name, &at) && at.place < added)
		http_message_drop_at(msg, &at);
	return true;
}

bool http_message_replace_at(struct http_message *msg, struct http_cursor *at, struct slice value)
{
	int64_t line = block_line(msg, at->name, value);
	struct http_field *f;

	if (line < 0)
		return false;
	msg->added_mixed = true;
	if (at->place < msg->received.n) {
		f = &msg->received.entry[at->place];
		if (f->mark == HTTP_FIELD_KEPT)
			msg->n_edited++;
		f->mark = HTTP_FIELD_REPLACED;
		f->value_at = (uint32_t)line;
	} else {
		f = &msg->added.entry[at->place - msg->received.n];
		f->line_at = (uint32_t)line;
		f->value_at = (uint32_t)line + f->name_len + 2;
		at->name.ptr = msg->added.base + line;
	}
	f->value_len = (uint32_t)value.len;
	at->value = (struct slice){msg->added.base + line + f->name_len + 2, value.len};
	return true;
}

/* ---- start line ---------------------------------------------------------------------------- */

static char *put(char *p, struct slice s)
{
	if (s.len)
		memcpy(p, s.ptr, s.len);
	return p + s.len;
}

static bool make_request_line(struct http_message *msg, struct slice method, struct slice target)
{
	size_t len = method.len + target.len + sizeof("  HTTP/1.1\r\n") - 1;
	char *line = arena_alloc(msg->arena, len), *p = line;

	if (!line)
		return false;
	p = put(p, method);
	*p++ = ' ';
	p = put(p, target);
	p = put(p, SLICE(" HTTP/1."));
	*p++ = (char)('0' + msg->minor);
	p = put(p, SLICE("\r\n"));
	msg->method_text = (struct slice){line, method.len};
	msg->target = (struct slice){line + method.len + 1, target.len};
	msg->start_line = (struct slice){line, (size_t)(p - line)};
	return true;
}

static bool make_status_line(struct http_message *msg, unsigned status, struct slice reason)
{
	size_t len = reason.len + sizeof("HTTP/1.1 200 \r\n") - 1;
	char *line = arena_alloc(msg->arena, len), *p = line;

	if (!line)
		return false;
	p = put(p, SLICE("HTTP/1."));
	*p++ = (char)('0' + msg->minor);
	*p++ = ' ';
	*p++ = (char)('0' + status / 100 % 10);
	*p++ = (char)('0' + status / 10 % 10);
	*p++ = (char)('0' + status % 10);
	*p++ = ' ';
	msg->reason = (struct slice){p, reason.len};
	p = put(p, reason);
	p = put(p, SLICE("\r\n"));
	msg->start_line = (struct slice){line, (size_t)(p - line)};
	msg->status = (uint16_t)status;
	return true;
}

static uint8_t form_of(struct slice target, unsigned method)
{
	if (method == HTTP_METHOD_CONNECT)
		return HTTP_TARGET_AUTHORITY;
	if (target.len == 1 && target.ptr[0] == '*')
		return HTTP_TARGET_ASTERISK;
	return target.len && target.ptr[0] != '/' ? HTTP_TARGET_ABSOLUTE : HTTP_TARGET_ORIGIN;
}

bool http_message_set_method(struct http_message *msg, struct slice method)
{
	if (!make_request_line(msg, method, msg->target))
		return false;
	msg->method = (uint8_t)http_method_lookup(method.ptr, method.len);
	return true;
}

bool http_message_set_target(struct http_message *msg, struct slice target)
{
	if (!make_request_line(msg, msg->method_text, target))
		return false;
	msg->target_form = form_of(target, msg->method);
	return true;
}

/* Target from three parts of the old and the new one. */
static bool join_target(struct http_message *msg, struct slice head, struct slice path,
			struct slice query)
{
	size_t len = head.len + path.len + query.len + 1;
	char *text = arena_alloc(msg->arena, len), *p = text;

	if (!text)
		return false;
	p = put(p, head);
	p = put(p, path);
	if (query.len) {
		*p++ = '?';
		p = put(p, query);
	}
	return http_message_set_target(msg, (struct slice){text, (size_t)(p - text)});
}

/* What stands before the path: nothing, or "http://host" of an absolute target. */
static struct slice before_path(const struct http_message *msg)
{
	struct slice host;

	if (msg->target_form != HTTP_TARGET_ABSOLUTE)
		return (struct slice){NULL, 0};
	host = http_message_host(msg);
	return (struct slice){msg->target.ptr, (size_t)(host.ptr + host.len - msg->target.ptr)};
}

bool http_message_set_path(struct http_message *msg, struct slice path)
{
	return join_target(msg, before_path(msg), path, http_message_query(msg));
}

bool http_message_set_query(struct http_message *msg, struct slice query)
{
	return join_target(msg, before_path(msg), http_message_path(msg), query);
}

bool http_message_set_status(struct http_message *msg, unsigned status, struct slice reason)
{
	if (!reason.ptr)
		reason = slice_of(http_status_phrase(status));
	return make_status_line(msg, status, reason);
}

bool http_message_make_response(struct http_message *msg, unsigned status, struct slice reason)
{
	msg->keep_alive = true;
	return http_message_set_status(msg, status, reason);
}

/* ---- hop by hop ---------------------------------------------------------------------------- */

/* Drops what one Connection value names. Fields that we know as end-to-end stay: a client must not
 * be able to strip Host, Cookie or X-Forwarded-For on the way. */
static void drop_named(struct http_message *msg, struct slice list)
{
	struct slice token;

	while (http_list_next(&list, &token)) {
		struct http_name name = http_name_of(token);

		if (name.id == HTTP_HEADER_OTHER && !slice_case_eq(token, SLICE("close")))
			http_message_drop(msg, name);
	}
}

void http_message_drop_hop(struct http_message *msg, bool keep_upgrade)
{
	static const uint8_t always[] = {HTTP_HEADER_CONNECTION, HTTP_HEADER_KEEP_ALIVE,
					 HTTP_HEADER_PROXY_CONNECTION, HTTP_HEADER_TE,
					 HTTP_HEADER_HTTP2_SETTINGS};
	const struct http_name connection = http_name_known(HTTP_HEADER_CONNECTION);
	struct http_cursor at = {0};

	while (http_message_find(msg, connection, &at))
		drop_named(msg, at.value);
	for (size_t i = 0; i < sizeof(always); i++)
		if (msg->seen >> always[i] & 1)
			http_message_drop(msg, http_name_known(always[i]));
	if (!keep_upgrade && msg->seen >> HTTP_HEADER_UPGRADE & 1)
		http_message_drop(msg, http_name_known(HTTP_HEADER_UPGRADE));
}
