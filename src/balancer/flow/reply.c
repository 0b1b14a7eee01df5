/*
 * What the balancer says itself: error pages (the proxy's errorfile or the built-in one), answers
 * that rules and the stats page have made, and the pause of a tarpit. The steps `reply`, `tarpit`.
 */
#include "balancer/http/reply.h"

#include "balancer/flow/http.h"

static const struct errorfile *find_errorfile(const struct proxy *p, int status)
{
	for (const struct errorfile *e = p ? p->conf->errorfiles : NULL; e; e = e->next)
		if (e->status == status)
			return e;
	return NULL;
}

/* Head and page as one run of bytes. */
static struct slice builtin_bytes(struct exchange *x, int status)
{
	const struct http_reply *reply = http_reply_get((unsigned)status);
	struct http_message *msg = arena_alloc(&x->arena, sizeof(*msg));
	size_t head, cap;
	char *buf;

	if (!msg)
		return (struct slice){NULL, 0};
	http_message_init(msg, &x->arena);
	if (!http_reply_make(msg, reply))
		return (struct slice){NULL, 0};
	cap = http_message_len(msg) + reply->body.len;
	buf = arena_alloc(&x->arena, cap);
	if (!buf)
		return (struct slice){NULL, 0};
	head = http_message_write(msg, buf, cap);
	memcpy(buf + head, reply->body.ptr, reply->body.len);
	return (struct slice){buf, head + reply->body.len};
}

static size_t head_length(struct slice bytes)
{
	const char *end = memmem(bytes.ptr, bytes.len, "\r\n\r\n", 4);

	return end ? (size_t)(end - bytes.ptr) + 4 : bytes.len;
}

void reply_bytes(struct exchange *x, struct slice bytes, int status, bool close)
{
	struct session *s = x->session;

	if (x->req.method == HTTP_METHOD_HEAD)
		bytes.len = head_length(bytes);
	x->reply = bytes;
	x->status = status;
	if (close || x->worker->house->totals->draining)
		s->close_after = true;
	if (s->close_after)
		x->linger = true;
}

void reply_status(struct exchange *x, int status)
{
	const struct errorfile *file = find_errorfile(x->backend, status);

	if (!file)
		file = find_errorfile(x->frontend, status);
	reply_bytes(x, file ? file->bytes : builtin_bytes(x, status), status,
		    status != 200 || !x->up.body.done);
}

void reply_error(struct exchange *x, enum reason reason)
{
	(void)reason;
	if (x->reply.len > 0) /* a rule has made it */
		reply_bytes(x, x->reply, x->status, true);
	else
		reply_status(x, x->status);
}

static void count(struct exchange *x)
{
	unsigned class = (unsigned)x->status / 100u;

	class = class >= 1 && class <= 5 ? class - 1 : 5;
	x->fe->responses[class]++;
	if (x->be)
		x->be->responses[class]++;
}

flow_result step_reply(struct exchange *x)
{
	struct iovec iov;
	enum way_result r;

	if (!x->answered) {
		struct session *s = x->session;

		x->answered = true;
		way_fini(&x->down, x->worker);
		way_init(&x->down, &s->client, &s->client);
		x->down.body.done = true;
		count(x);
		iov = (struct iovec){(void *)(uintptr_t)x->reply.ptr, x->reply.len};
		r = way_write(&x->down, x->worker, &iov, 1);
	} else {
		r = way_run(&x->down, x->worker);
	}
	if (r == WAY_WAIT && !x->expired) {
		exchange_deadline(
			x, flow_deadline(exchange_now(x), exchange_client_timeouts(x)->client));
		return FLOW_WAIT;
	}
	if (r != WAY_DONE)
		x->session->close_after = true;
	return FLOW_DONE;
}

/* Held back for `timeout tarpit`, then told the same as if at once. */
flow_result step_tarpit(struct exchange *x)
{
	const struct proxy_timeouts *t = exchange_client_timeouts(x);

	if (x->session->client.flags & (CONN_ERROR | CONN_HANGUP))
		return flow_fail(REASON_CLIENT_ABORT);
	if (x->expired)
		return flow_fail(REASON_TARPITTED);
	if (!x->pause_until_us) {
		x->pause_until_us =
			flow_deadline(exchange_now(x), t->tarpit ? t->tarpit : t->connect);
		if (!t->tarpit && !t->connect)
			x->pause_until_us = exchange_now(x);
	}
	exchange_deadline(x, x->pause_until_us);
	return FLOW_WAIT;
}
