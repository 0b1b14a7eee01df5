/*
 * Writing a message head: as runs of memory for one writev, or copied. Runs that touch are joined,
 * so an untouched head is one run whatever its size, and a head with lines appended is two.
 */
#include "balancer/http/message.h"

static const char crlf[2] = {'\r', '\n'};

struct runs {
	struct iovec *iov;
	int n, max;
};

static bool emit(struct runs *r, const char *ptr, size_t len)
{
	struct iovec *last = r->n ? &r->iov[r->n - 1] : NULL;

	if (len == 0)
		return true;
	if (last && (const char *)last->iov_base + last->iov_len == ptr) {
		last->iov_len += len;
		return true;
	}
	if (r->n == r->max)
		return false;
	r->iov[r->n++] = (struct iovec){.iov_base = (void *)(uintptr_t)ptr, .iov_len = len};
	return true;
}

static bool emit_received(const struct http_message *msg, struct runs *r)
{
	const struct http_fields *t = &msg->received;
	const struct http_field *f = t->entry;

	if (msg->n_edited == 0)
		return emit(r, t->base + f[0].line_at, f[t->n].line_at - f[0].line_at);
	for (uint32_t i = 0; i < t->n; i++) {
		bool ok = true;

		if (f[i].mark == HTTP_FIELD_KEPT)
			ok = emit(r, t->base + f[i].line_at, f[i + 1].line_at - f[i].line_at);
		else if (f[i].mark == HTTP_FIELD_REPLACED)
			ok = emit(r, msg->added.base + f[i].value_at,
				  f[i].name_len + f[i].value_len + 4u);
		if (!ok)
			return false;
	}
	return true;
}

/* Added lines and the empty line that ends the head. */
static bool emit_added(const struct http_message *msg, struct runs *r)
{
	const struct http_fields *t = &msg->added;

	if (t->n == 0) {
		const char *end = crlf;

		if (msg->received.base)
			end = msg->received.base + msg->received.entry[msg->received.n].line_at;
		return emit(r, end, 2);
	}
	if (!msg->added_mixed)
		return emit(r, t->base, msg->added_len + 2);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct http_field *f = &t->entry[i];

		if (f->mark == HTTP_FIELD_DROPPED)
			continue;
		if (!emit(r, t->base + f->line_at, f->name_len + f->value_len + 4u))
			return false;
	}
	return emit(r, crlf, 2);
}

/* Nothing of the received head was changed: it is one run, and what was added another. */
static int iov_unedited(const struct http_message *msg, struct iovec *iov)
{
	const char *start = msg->start_line.ptr;
	const char *end = msg->received.base + msg->received.entry[msg->received.n].line_at;
	bool more = msg->added.n > 0;

	iov[0].iov_base = (void *)(uintptr_t)start;
	iov[0].iov_len = (size_t)(end - start) + (more ? 0 : 2);
	if (more)
		iov[1] = (struct iovec){msg->added.base, msg->added_len + 2};
	return 1 + more;
}

int http_message_iov(const struct http_message *msg, struct iovec *iov, int max)
{
	struct runs r = {.iov = iov, .max = max};

	if (msg->received.n && msg->n_edited == 0 && !msg->added_mixed && max >= 2 &&
	    msg->start_line.ptr + msg->start_line.len ==
		    msg->received.base + msg->received.entry[0].line_at)
		return iov_unedited(msg, iov);
	if (!emit(&r, msg->start_line.ptr, msg->start_line.len))
		return -1;
	if (msg->received.n && !emit_received(msg, &r))
		return -1;
	if (!emit_added(msg, &r))
		return -1;
	return r.n;
}

size_t http_message_len(const struct http_message *msg)
{
	struct http_cursor at = {0};
	const struct http_fields *t = &msg->received;
	size_t len = msg->start_line.len + 2;

	while (http_message_each(msg, &at)) {
		if (at.place < t->n && t->entry[at.place].mark == HTTP_FIELD_KEPT)
			len += t->entry[at.place + 1].line_at - t->entry[at.place].line_at;
		else
			len += at.name.len + at.value.len + 4;
	}
	return len;
}

size_t http_message_write(const struct http_message *msg, char *buf, size_t cap)
{
	struct http_cursor at = {0};
	const struct http_fields *t = &msg->received;
	size_t len = http_message_len(msg);
	char *p = buf;

	if (len > cap)
		return 0;
	memcpy(p, msg->start_line.ptr, msg->start_line.len);
	p += msg->start_line.len;
	while (http_message_each(msg, &at)) {
		const char *line = at.name.ptr;
		size_t n = at.name.len + at.value.len + 4;

		if (at.place < t->n && t->entry[at.place].mark == HTTP_FIELD_KEPT)
			n = t->entry[at.place + 1].line_at - t->entry[at.place].line_at;
		else
			line = at.value.ptr - at.name.len - 2;
		memcpy(p, line, n);
		p += n;
	}
	memcpy(p, crlf, 2);
	return len;
}
