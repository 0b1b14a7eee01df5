/*
 * Following a body to its end. See body.h.
 */
#include "balancer/h1/body.h"

void h1_body_start(struct h1_body *b, const struct http_message *msg)
{
	*b = (struct h1_body){.kind = msg->body_kind, .left = msg->body_len};
	if (b->kind == HTTP_BODY_NONE || (b->kind == HTTP_BODY_LENGTH && b->left == 0))
		b->done = true;
}

static size_t advance_chunked(struct h1_body *b, const char *ptr, size_t len)
{
	struct slice in = {ptr, len}, data;
	enum h1_chunk_event event;

	do
		event = h1_chunk_next(&b->chunk, &in, &data);
	while (event == H1_CHUNK_DATA);
	b->done = event == H1_CHUNK_END;
	b->error = b->chunk.error;
	return len - in.len;
}

size_t h1_body_advance(struct h1_body *b, const char *ptr, size_t len)
{
	if (b->done || b->error)
		return 0;
	if (b->kind == HTTP_BODY_CHUNKED) {
		len = advance_chunked(b, ptr, len);
	} else if (b->kind == HTTP_BODY_LENGTH) {
		if (len > b->left)
			len = (size_t)b->left;
		b->left -= len;
		b->done = b->left == 0;
	}
	b->passed += len;
	return len;
}

uint64_t h1_body_opaque(const struct h1_body *b)
{
	if (b->done || b->error)
		return 0;
	switch ((enum http_body_kind)b->kind) {
	case HTTP_BODY_LENGTH:
		return b->left;
	case HTTP_BODY_CHUNKED:
		return h1_chunk_opaque(&b->chunk);
	case HTTP_BODY_UNTIL_CLOSE:
	case HTTP_BODY_TUNNEL:
		return UINT64_MAX;
	case HTTP_BODY_NONE:
		break;
	}
	return 0;
}

void h1_body_passed(struct h1_body *b, uint64_t len)
{
	b->passed += len;
	if (b->kind == HTTP_BODY_CHUNKED) {
		h1_chunk_passed(&b->chunk, len);
	} else if (b->kind == HTTP_BODY_LENGTH) {
		b->left -= len;
		b->done = b->left == 0;
	}
}

bool h1_body_end(struct h1_body *b)
{
	if (b->kind == HTTP_BODY_UNTIL_CLOSE || b->kind == HTTP_BODY_TUNNEL)
		b->done = true;
	return b->done;
}
