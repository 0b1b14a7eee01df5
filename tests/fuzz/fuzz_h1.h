/*
 * What the HTTP/1 harnesses share: an assertion that fuzzing sees, and the rules that hold for
 * every head that was accepted.
 */
#ifndef RELAIS_FUZZ_H1_H
#define RELAIS_FUZZ_H1_H

#include <stdlib.h>

#include "balancer/h1/body.h"
#include "balancer/h1/parse.h"

#define MUST(cond) ((cond) ? (void)0 : abort())

static inline enum h1_result fuzz_parse(struct h1_parser *p, struct http_message *msg, char *buf,
					size_t len, bool response)
{
	return response ? h1_parse_response(p, msg, HTTP_METHOD_GET, buf, len)
			: h1_parse_request(p, msg, buf, len);
}

/* Written by runs and by copy it is the same; the body tracker never takes more than there is. */
static inline void fuzz_accepted(struct http_message *msg, const char *buf, size_t len)
{
	struct iovec iov[256];
	struct h1_body body;
	size_t total = http_message_len(msg), at = 0, used;
	char *copy = malloc(total);
	int n = http_message_iov(msg, iov, 256);

	MUST(msg->head_len <= len);
	MUST(http_message_write(msg, copy, total) == total);
	for (int i = 0; i < n; i++) {
		MUST(memcmp(copy + at, iov[i].iov_base, iov[i].iov_len) == 0);
		at += iov[i].iov_len;
	}
	MUST(n < 0 || at == total);
	MUST(memchr(copy, '\0', total) == NULL);
	free(copy);
	h1_body_start(&body, msg);
	used = h1_body_advance(&body, buf + msg->head_len, len - msg->head_len);
	MUST(used <= len - msg->head_len);
	MUST(used == len - msg->head_len || body.done || body.error);
}

/* The first byte says where the input is cut for the second way of feeding it. */
static inline void fuzz_head(const uint8_t *data, size_t size, bool response)
{
	struct h1_parser whole = {0}, parts = {0};
	struct http_message a, b;
	struct arena arena;
	enum h1_result r1, r2;
	char *buf, *early;
	size_t cut, len;

	if (size < 1)
		return;
	/* a line end at the end, for errors are only promised once a line is whole */
	len = size;
	cut = data[0] % (len + 1);
	buf = malloc(len);
	memcpy(buf, data + 1, len - 1);
	buf[len - 1] = '\n';
	early = malloc(cut + 1);
	memcpy(early, buf, cut);
	arena_init(&arena, 0);
	http_message_init(&a, &arena);
	http_message_init(&b, &arena);
	r1 = fuzz_parse(&whole, &a, buf, len, response);
	r2 = fuzz_parse(&parts, &b, early, cut, response);
	if (r2 == H1_MORE)
		r2 = fuzz_parse(&parts, &b, buf, len, response);
	else if (r2 == H1_DONE)
		http_message_rebase(&b, buf);
	free(early);
	MUST(r1 == r2);
	if (r1 == H1_DONE) {
		MUST(a.head_len == b.head_len && a.received.n == b.received.n);
		MUST(a.body_kind == b.body_kind && a.body_len == b.body_len);
		fuzz_accepted(&a, buf, len);
		http_message_drop_hop(&b, false);
		http_message_set(&b, http_name_known(HTTP_HEADER_HOST), SLICE("x"));
		fuzz_accepted(&b, buf, len);
	}
	arena_fini(&arena);
	free(buf);
}

#endif
