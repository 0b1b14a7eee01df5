/*
 * What the balancer says itself: error pages (the proxy's errorfile or the built-in one), answers
 * that rules and the stats page have made, and the pause of a tarpit. The steps `reply`, `tarpit`.
 */
#include "balancer/http/reply.h"

#include "balancer/flow/http.h"
#include "balancer/h1/parse.h"

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

static void run_after_rules(struct exchange *x, const struct proxy *p, struct http_message *msg)
{
	struct rule_verdict verdict = {0};
	struct rule_input *in;

	if (!p || !rules_has(p->conf->rules, RULE_HTTP_AFTER_RESPONSE))
		return;
	in = exchange_rule_input(x);
	in->req = x->head_us ? &x->req : NULL;
	in->res = msg;
	rules_run(p->conf->rules, RULE_HTTP_AFTER_RESPONSE, in, &verdict);
	in->res = NULL;
	if (verdict.log_level)
		x->log_level = verdict.log_level;
}

/* Connection is ours to say, whatever an errorfile has (RFC 9112 9.3, 9.6). */
static bool set_connection(const struct exchange *x, struct http_message *msg)
{
	const struct http_name name = http_name_known(HTTP_HEADER_CONNECTION);

	http_message_drop(msg, name);
	if (msg->minor == 0)
		return true;
	if (x->session->close_after)
		return http_message_add(msg, name, SLICE("close"));
	return x->req.minor > 0 || http_message_add(msg, name, SLICE("keep-alive"));
}

/* An answer that is not a response a client could read (an operator's file) goes out as it is. */
static bool take_head(struct exchange *x, struct http_message *msg, struct slice *bytes)
{
	char *buf = arena_alloc(&x->arena, bytes->len + 1);
	struct h1_parser parser = {0};

	if (!msg || !buf || bytes->len == 0)
		return false;
	memcpy(buf, bytes->ptr, bytes->len);
	http_message_init(msg, &x->arena);
	if (h1_parse_response(&parser, msg, x->req.method, buf, bytes->len) != H1_DONE)
		return false;
	*bytes = (struct slice){bytes->ptr + msg->head_len, bytes->len - msg->head_len};
	return true;
}

static void dress(struct exchange *x, struct slice bytes)
{
	struct http_message *msg = arena_alloc(&x->arena, sizeof(*msg));
	struct session *s = x->session;
	struct slice body = bytes;
	size_t cap;
	char *buf;

	x->reply = bytes;
	if (!take_head(x, msg, &body)) {
		s->close_after = true;
		return;
	}
	if (msg->body_kind == HTTP_BODY_UNTIL_CLOSE)
		s->close_after = true;
	run_after_rules(x, x->backend, msg);
	if (x->backend != x->frontend)
		run_after_rules(x, x->frontend, msg);
	if (x->req.method == HTTP_METHOD_HEAD)
		body.len = 0;
	cap = set_connection(x, msg) ? http_message_len(msg) + body.len : 0;
	buf = cap ? arena_alloc(&x->arena, cap) : NULL;
	if (!buf)
		return;
	x->reply = (struct slice){buf, http_message_write(msg, buf, cap) + body.len};
	memcpy(buf + x->reply.len - body.len, body.ptr, body.len);
	x->status = msg->status;
}

void reply_bytes(struct exchange *x, struct slice bytes, int status, bool close)
{
	struct session *s = x->session;

	x->status = status;
	if (close || x->worker->house->totals->draining)
		s->close_after = true;
	dress(x, bytes);
	if (s->close_after)
		x->linger = true;
}

/* A page that ends the connection says so in its table; else a body that was not read does. */
static bool page_closes(const struct exchange *x, int status)
{
	const struct http_reply *page = http_reply_builtin((unsigned)status);

	return !x->up.body.done || (page && page->close);
}

void reply_status(struct exchange *x, int status)
{
	const struct errorfile *file = find_errorfile(x->backend, status);

	if (!file)
		file = find_errorfile(x->frontend, status);
	reply_bytes(x, file ? file->bytes : builtin_bytes(x, status), status,
		    page_closes(x, status));
}

void reply_error(struct exchange *x, enum reason reason)
{
	(void)reason;
	if (x->reply.len > 0) /* a rule has made it */
		reply_bytes(x, x->reply, x->status, !x->up.body.done);
	else
		reply_status(x, x->status);
}

static void count(struct exchange *x)
{
	unsigned class = (unsigned)x->status / 100u;

	class = class >= 1 && class <= 5 ? class - 1 : 5;
	proxy_count(&x->fe->responses[class], 1);
	if (x->be)
		proxy_count(&x->be->responses[class], 1);
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
