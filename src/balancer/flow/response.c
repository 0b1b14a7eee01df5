/*
 * The response comes back: while the request's body still goes up, the head is awaited and parsed
 * in the thread's scratch buffer; interim heads (1xx) pass; the rules look at the final one, it is
 * edited and leaves with what there is of the body in one writev. The step `answer`.
 *
 * A head that is not whole yet moves to a buffer of the exchange's own.
 */
#include <errno.h>

#include "balancer/flow/connect.h"
#include "balancer/flow/http.h"
#include "balancer/flow/persist.h"
#include "balancer/flow/sticky.h"
#include "balancer/flow/tracking.h"

struct received { /* of the server, not yet used up */
	char *ptr;
	size_t len;
};

static void count_response(struct exchange *x)
{
	unsigned class = x->res.status / 100u;

	class = class >= 1 && class <= 5 ? class - 1 : 5;
	proxy_count(&x->fe->responses[class], 1);
	proxy_count(&x->be->responses[class], 1);
	atomic_fetch_add_explicit(&x->server->counters.responses[class], 1, memory_order_relaxed);
	if (x->server->conf->observe == OBSERVE_LAYER7 && server_observe_hook)
		server_observe_hook(x->server, true,
				    (x->res.status >= 100 && x->res.status < 500) ||
					    x->res.status == 501 || x->res.status == 505,
				    "Wrong http response");
}

/* ---- the client's half ----------------------------------------------------------------------- */

/* May the client's connection carry another request after this response? */
static void decide_client_connection(struct exchange *x)
{
	struct session *s = x->session;

	if (x->res.body_kind == HTTP_BODY_UNTIL_CLOSE || x->down.dechunk ||
	    s->worker->house->totals->draining)
		s->close_after = true;
}

static bool set_connection(struct exchange *x, bool says_keep)
{
	const struct http_name name = http_name_known(HTTP_HEADER_CONNECTION);

	if (x->tunnel)
		return !x->res.upgrade || http_message_add(&x->res, name, SLICE("Upgrade"));
	if (x->session->close_after)
		return x->req.minor == 0 && !x->req.keep_alive
			       ? true
			       : http_message_add(&x->res, name, SLICE("close"));
	if (x->req.minor == 0 && !says_keep)
		return http_message_add(&x->res, name, SLICE("keep-alive"));
	return true;
}

static bool edit(struct exchange *x)
{
	struct http_message *res = &x->res;
	bool says_keep = forward_drop_hop(res, !x->session->close_after && !x->tunnel);

	if (x->down.dechunk)
		http_message_drop(res, http_name_known(HTTP_HEADER_TRANSFER_ENCODING));
	if (x->backend->conf->cookie.name && !persist_edit_response(x))
		return false;
	return set_connection(x, says_keep);
}

static flow_result run_rules(struct exchange *x, const struct proxy *p, enum rule_phase phase)
{
	const struct rule_set *rules = p->conf->rules;
	struct rule_verdict verdict = {0};
	struct rule_input *in;

	if (!rules || !rules_has(rules, phase))
		return FLOW_NEXT;
	in = exchange_rule_input(x);
	in->req = &x->req;
	in->res = &x->res;
	return http_carry_out(x, rules_run(rules, phase, in, &verdict), &verdict,
			      REASON_RESPONSE_DENIED);
}

static flow_result run_all_rules(struct exchange *x)
{
	static const enum rule_phase phases[] = {RULE_HTTP_RESPONSE, RULE_HTTP_AFTER_RESPONSE};
	flow_result r = FLOW_NEXT;

	for (unsigned i = 0; i < 2 && r == FLOW_NEXT; i++) {
		r = run_rules(x, x->backend, phases[i]);
		if (r == FLOW_NEXT && x->backend != x->frontend)
			r = run_rules(x, x->frontend, phases[i]);
	}
	return r;
}

static void begin_body(struct exchange *x)
{
	if (!x->down.to) /* else interim heads went this way, and may be in it still */
		way_init(&x->down, &x->sc->conn, &x->session->client);
	h1_body_start(&x->down.body, &x->res);
	x->down.no_splice =
		(x->backend->conf->options | x->frontend->conf->options) & PROXY_OPT_SPLICE_OFF;
	x->down.dechunk = x->req.minor == 0 && x->res.body_kind == HTTP_BODY_CHUNKED;
	x->down.bulk =
		x->res.body_kind == HTTP_BODY_LENGTH && x->res.body_len >= WORKER_SCRATCH_LEN;
	x->res_keep =
		x->res.keep_alive && x->res.body_kind != HTTP_BODY_UNTIL_CLOSE && !x->no_reuse;
}

static void begin_tunnel(struct exchange *x)
{
	x->tunnel = true;
	x->session->close_after = true;
	x->up_done = false;
	x->up.body.kind = HTTP_BODY_TUNNEL;
	x->up.body.done = false;
	x->up.surplus = NULL;
	x->client_us = x->server_us = exchange_now(x);
}

/* Head and first bytes of the body, in one go. */
static flow_result write_answer(struct exchange *x, struct received in)
{
	struct iovec iov[HTTP_IOV_MAX + 1];
	int n = http_head_runs(x, &x->res, iov);
	struct slice body = {in.ptr, 0};

	if (n == 0)
		return flow_fail(REASON_NO_MEMORY);
	if (in.len > 0) {
		flow_result r = way_take(&x->down, x->worker, in.ptr, in.len, &body);

		if (r == WAY_BAD) {
			x->h1_error = x->down.body.error;
			return flow_fail(REASON_RESPONSE_BAD);
		}
		if (body.len > 0)
			iov[n++] = (struct iovec){(void *)(uintptr_t)body.ptr, body.len};
	}
	x->answered = true;
	switch (way_write(&x->down, x->worker, iov, n)) {
	case WAY_TO_ERROR:
		return flow_fail(REASON_CLIENT_ABORT);
	case WAY_NO_MEMORY:
		return flow_fail(REASON_NO_MEMORY);
	default:
		break;
	}
	worker_buffer_give(x->worker, &x->back);
	if (x->log_wanted && x->frontend->conf->options & PROXY_OPT_LOGASAP)
		traffic_log_write(x, true);
	return FLOW_NEXT;
}

static flow_result answer(struct exchange *x, struct received in)
{
	flow_result r;

	x->answered_us = exchange_now(x);
	x->status = x->res.status;
	x->server_us = x->answered_us;
	count_response(x);
	if (tracking_is_on(x))
		tracking_response(x);
	if (x->backend->conf->stick_rules)
		sticky_learn(x);
	in.ptr += x->res.head_len;
	in.len -= x->res.head_len;
	begin_body(x);
	if (x->res.body_kind == HTTP_BODY_TUNNEL)
		begin_tunnel(x);
	decide_client_connection(x);
	r = run_all_rules(x);
	if (r != FLOW_NEXT)
		return r;
	if (!edit(x))
		return flow_fail(REASON_NO_MEMORY);
	return write_answer(x, in);
}

/* 1xx: the same exchange goes on. HTTP/1.0 clients do not know them. */
static flow_result pass_interim(struct exchange *x)
{
	struct iovec iov[HTTP_IOV_MAX];
	int n;

	if (x->req.minor == 0)
		return FLOW_NEXT;
	forward_drop_hop(&x->res, false);
	n = http_head_runs(x, &x->res, iov);
	if (!x->down.to)
		way_init(&x->down, &x->sc->conn, &x->session->client);
	if (n == 0)
		return flow_fail(REASON_NO_MEMORY);
	if (way_write(&x->down, x->worker, iov, n) == WAY_TO_ERROR)
		return flow_fail(REASON_CLIENT_ABORT);
	return FLOW_NEXT;
}

/* ---- the server's half ----------------------------------------------------------------------- */

static flow_result server_ended(struct exchange *x)
{
	bool silent = !x->back && !x->interim_seen;

	if (silent && x->reused && connect_is_replayable(x))
		return connect_replace(x);
	atomic_fetch_add_explicit(&x->server->counters.failed_responses, 1, memory_order_relaxed);
	if (x->server->conf->observe == OBSERVE_LAYER7 && server_observe_hook)
		server_observe_hook(x->server, true, false, "No http response");
	if (silent && x->reused && x->session->n_requests > 1)
		return flow_fail(REASON_REUSE_LOST);
	return flow_fail(REASON_SERVER_ABORT);
}

/* Where the next bytes go: behind the half head, or into scratch. */
static char *read_place(struct exchange *x, size_t *room)
{
	if (x->back) {
		*room = x->back->cap - x->back->end;
		return x->back->data + x->back->end;
	}
	*room = WORKER_SCRATCH_LEN;
	return x->worker->scratch;
}

/* The head is not whole: it has to wait somewhere. */
static flow_result keep_half(struct exchange *x, struct received in)
{
	if (!x->back || in.ptr != x->back->data) {
		struct flow_buffer *b = worker_buffer_take(x->worker, in.len + 1);

		if (!b)
			return flow_fail(REASON_NO_MEMORY);
		memcpy(b->data, in.ptr, in.len);
		b->end = (uint32_t)in.len;
		worker_buffer_give(x->worker, &x->back);
		x->back = b;
	}
	if (in.len < x->back->cap)
		return FLOW_NEXT;
	x->h1_error = H1_ERROR_HEAD_LARGE;
	return flow_fail(REASON_RESPONSE_BAD);
}

static void expect_head(struct exchange *x)
{
	memset(&x->parser, 0, sizeof(x->parser));
	http_message_init(&x->res, &x->arena);
	x->res.n_max = x->req.n_max;
	x->awaiting = true;
}

/* NEXT: more is needed. JUMP: the final head went to the client. */
static flow_result parse(struct exchange *x, struct received in)
{
	flow_result r;

	while (in.len > 0) {
		switch (h1_parse_response(&x->parser, &x->res, x->req.method, in.ptr, in.len)) {
		case H1_MORE:
			return keep_half(x, in);
		case H1_FAILED:
			x->h1_error = x->parser.error;
			return flow_fail(REASON_RESPONSE_BAD);
		case H1_DONE:
			break;
		}
		if (!x->res.interim) {
			r = answer(x, in);
			return r == FLOW_NEXT ? flow_jump(x, HTTP_STEP_TRANSFER) : r;
		}
		r = pass_interim(x);
		if (r != FLOW_NEXT)
			return r;
		x->interim_seen = true;
		in.ptr += x->res.head_len;
		in.len -= x->res.head_len;
		expect_head(x);
	}
	worker_buffer_give(x->worker, &x->back);
	return FLOW_NEXT;
}

static flow_result read_head(struct exchange *x)
{
	struct conn *c = &x->sc->conn;

	while (c->flags & CONN_READABLE) {
		size_t room;
		char *place = read_place(x, &room);
		ssize_t n = conn_read(c, place, room);
		flow_result r;

		if (n == -EAGAIN)
			break;
		if (n <= 0)
			return server_ended(x);
		x->server_us = exchange_now(x);
		if (x->back)
			x->back->end += (uint32_t)n;
		r = parse(x, x->back ? (struct received){x->back->data, x->back->end}
				     : (struct received){place, (size_t)n});
		if (r != FLOW_NEXT)
			return r;
	}
	return c->flags & CONN_ERROR ? server_ended(x) : FLOW_WAIT;
}

/* Interim heads that the client did not take at once. */
static flow_result flush_interim(struct exchange *x)
{
	if (x->down.to && !way_is_empty(&x->down) && way_flush(&x->down, x->worker) == WAY_TO_ERROR)
		return flow_fail(REASON_CLIENT_ABORT);
	return FLOW_NEXT;
}

flow_result step_answer(struct exchange *x)
{
	flow_result r;

	if (exchange_client_is_gone(x))
		return flow_fail(REASON_CLIENT_ABORT);
	if (!x->awaiting)
		expect_head(x);
	r = transfer_upload(x);
	if (r >= FLOW_FAIL)
		return r;
	r = flush_interim(x);
	if (r != FLOW_NEXT)
		return r;
	r = read_head(x);
	return r == FLOW_WAIT ? transfer_wait(x, x->up.turn_over) : r;
}
