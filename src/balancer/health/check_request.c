/*
 * Writing a check's HTTP request: what http-check send says, over what option httpchk says, over
 * "OPTIONS / HTTP/1.0". Pure.
 */
#include "balancer/health/check.h"
#include "core/base/text.h"

static struct slice first_set(struct slice a, const char *b, const char *fallback)
{
	return a.len ? a : slice_of(b ? b : fallback);
}

size_t check_request_write(const struct check *c, const struct check_step *step, char *buf,
			   size_t cap, bool *head_only)
{
	static const struct check_step none;
	const struct check_step *s = step ? step : &none;
	struct slice method = first_set(s->method, c->kind->method, "OPTIONS");
	struct slice version = first_set(s->version, c->kind->version, "HTTP/1.0");
	struct text t;

	*head_only = slice_eq_str(method, "HEAD");
	text_init(&t, buf, cap);
	text_add(&t, method);
	text_char(&t, ' ');
	text_add(&t, first_set(s->uri, c->kind->uri, "/"));
	text_char(&t, ' ');
	text_add(&t, version);
	text_str(&t, "\r\n");
	if (c->kind->headers)
		text_str(&t, c->kind->headers);
	for (unsigned i = 0; i < s->n_headers; i++) {
		text_add(&t, s->headers[i]);
		text_str(&t, "\r\n");
	}
	if (s->body.len) {
		text_str(&t, "content-length: ");
		text_uint(&t, s->body.len);
		text_str(&t, "\r\n");
	}
	if (slice_eq_str(version, "HTTP/1.1"))
		text_str(&t, "connection: close\r\n");
	text_str(&t, "\r\n");
	text_add(&t, s->body);
	return t.cut ? 0 : t.len;
}
