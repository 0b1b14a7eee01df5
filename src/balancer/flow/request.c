/*
 * The request comes in: its head is read and parsed, the rules of frontend and backend look at it,
 * the backend is chosen. The steps `receive`, `rules`, `backend`.
 *
 * The head stays in the session's buffer until the exchange is over: nothing is copied, and the log
 * and a second try find it there. What follows the head in the buffer is the body's beginning, and
 * behind that perhaps the next request.
 */
#include "balancer/flow/http.h"
#include "balancer/flow/tracking.h"

#include <errno.h>

enum got { GOT_SOME, GOT_NOTHING, GOT_END };

/* Moves what is not parsed yet to the front when the buffer is used up. false: it is full. */
static bool make_room(struct flow_buffer *b)
{
	if (b->end < b->cap)
		return true;
	if (b->at == 0)
		return false;
	memmove(b->data, b->data + b->at, b->end - b->at);
	b->end -= b->at;
	b->at = 0;
	return true;
}

static enum got read_some(struct exchange *x)
{
	struct session *s = x->session;
	ssize_t n;

	if (!(s->client.flags & CONN_READABLE))
		return s->client.flags & (CONN_ERROR | CONN_READ_END) ? GOT_END : GOT_NOTHING;
	n = conn_read(&s->client, s->in->data + s->in->end, s->in->cap - s->in->end);
	if (n == -EAGAIN)
		return GOT_NOTHING;
	if (n <= 0)
		return GOT_END;
	s->in->end += (uint32_t)n;
	return GOT_SOME;
}

static bool has_input(const struct session *s)
{
	return s->in && s->in->end > s->in->at;
}

static flow_result refuse(struct exchange *x, enum h1_error error)
{
	if (x->session->tracks)
		tracking_request(x);
	x->h1_error = (uint8_t)error;
	x->status = (int)h1_error_status(error);
	x->linger = true;
	return flow_fail(REASON_REQUEST_BAD);
}

/* Nothing, or not all, has come. */
static flow_result wait_for_head(struct exchange *x)
{
	const struct proxy_timeouts *t = exchange_client_timeouts(x);
	struct session *s = x->session;

	if (x->expired) {
		x->linger = true;
		return flow_fail(t->http_request ? REASON_REQUEST_TIMEOUT : REASON_CLIENT_TIMEOUT);
	}
	if (!has_input(s))
		return FLOW_DONE; /* woken for nothing: idle again */
	if (t->http_request)
		exchange_deadline(x, flow_deadline(s->n_requests ? x->first_byte_us : s->accept_us,
						   t->http_request));
	else
		exchange_deadline(x, flow_deadline(exchange_now(x), t->client));
	return FLOW_WAIT;
}

static flow_result input_ended(struct exchange *x)
{
	struct session *s = x->session;

	s->close_after = true;
	if (!has_input(s) && s->n_requests > 0)
		return FLOW_DONE;
	return flow_fail(REASON_REQUEST_CUT);
}

static flow_result refuse_body(struct exchange *x)
{
	x->linger = true;
	x->h1_error = x->up.body.error;
	return flow_fail(REASON_BODY_BAD);
}

/* option http-buffer-request: the rules want to see the body, as far as the buffer holds it. */
static flow_result buffer_body(struct exchange *x)
{
	struct flow_buffer *b = x->session->in;
	enum got got = GOT_SOME;

	while (!x->up.body.done && got == GOT_SOME && b->end < b->cap) {
		uint32_t before = b->end;

		got = read_some(x);
		if (got == GOT_END)
			return flow_fail(REASON_REQUEST_CUT);
		x->up.pending_len +=
			(uint32_t)h1_body_advance(&x->up.body, b->data + before, b->end - before);
		b->at = (uint32_t)(x->up.pending - b->data) + x->up.pending_len;
		if (x->up.body.error)
			return refuse_body(x);
	}
	if (x->up.body.done || b->end == b->cap)
		return FLOW_NEXT;
	return wait_for_head(x);
}

/* Behind the head: what belongs to this request's body goes up with it. */
static flow_result split_body(struct exchange *x)
{
	struct flow_buffer *b = x->session->in;
	size_t n;

	way_init(&x->up, &x->session->client, NULL);
	x->up.surplus = &x->next_in;
	h1_body_start(&x->up.body, &x->req);
	n = h1_body_advance(&x->up.body, b->data + b->at, b->end - b->at);
	if (x->up.body.error)
		return refuse_body(x);
	x->up.pending = b->data + b->at;
	x->up.pending_len = (uint32_t)n;
	x->body_begun = n > 0;
	b->at += (uint32_t)n;
	if (x->frontend->conf->options & PROXY_OPT_HTTP_BUFFER_REQUEST)
		return buffer_body(x);
	return FLOW_NEXT;
}

static flow_result head_received(struct exchange *x)
{
	struct session *s = x->session;
	struct http_message *req = &x->req;

	x->head_us = exchange_now(x);
	x->request_line = (struct slice){req->start_line.ptr, req->start_line.len - 2};
	x->bytes_in += req->head_len;
	s->in->at += req->head_len;
	s->n_requests++;
	proxy_count(&x->fe->requests, 1);
	if (s->tracks)
		tracking_request(x);
	s->close_after = !req->keep_alive || x->worker->house->totals->draining ||
			 x->frontend->conf->options & PROXY_OPT_HTTPCLOSE;
	return split_body(x);
}

static flow_result step_receive(struct exchange *x)
{
	struct session *s = x->session;
	enum h1_result r;
	enum got got;

	if (x->head_us)
		return buffer_body(x);
	if (!s->in)
		s->in = worker_buffer_take(x->worker, 1);
	if (!s->in)
		return flow_fail(REASON_NO_MEMORY);
	for (;;) {
		if (has_input(s)) {
			if (!x->first_byte_us)
				x->first_byte_us = exchange_now(x);
			r = h1_parse_request(&x->parser, &x->req, s->in->data + s->in->at,
					     s->in->end - s->in->at);
			if (r == H1_DONE)
				return head_received(x);
			if (r == H1_FAILED)
				return refuse(x, x->parser.error);
			if (!make_room(s->in))
				return refuse(x, H1_ERROR_HEAD_LARGE);
		}
		got = read_some(x);
		if (got == GOT_END)
			return input_ended(x);
		if (got == GOT_NOTHING)
			return wait_for_head(x);
	}
}

/* ---- rules --------------------------------------------------------------------------------- */

/* Local answers leave a body unread that was not sent yet. */
static void answer_here(struct exchange *x, struct slice bytes, int status, bool close)
{
	x->reason = REASON_LOCAL;
	x->phase = 'R';
	reply_bytes(x, bytes, status, close || !x->up.body.done);
}

static flow_result answer_stats(struct exchange *x, const struct proxy_conf *conf,
				const char *service)
{
	struct stats_page_request request = {
		.proxy = conf, .service = service, .req = &x->req, .arena = &x->arena};
	struct stats_page_reply reply = {0};

	if (!x->worker->house->stats_page ||
	    !x->worker->house->stats_page->answer(&request, &reply))
		return flow_fail(REASON_NO_MEMORY);
	x->is_stats = true;
	answer_here(x, reply.bytes, reply.status, reply.close);
	return flow_jump(x, HTTP_STEP_REPLY);
}

flow_result http_carry_out(struct exchange *x, enum rule_outcome outcome,
			   const struct rule_verdict *verdict, enum reason denied)
{
	if (verdict->log_level)
		x->log_level = verdict->log_level;
	switch (outcome) {
	case RULE_CONTINUE:
	case RULE_ACCEPT:
	case RULE_WAIT:
		return FLOW_NEXT;
	case RULE_DENY:
		x->status = verdict->status;
		x->reply = verdict->reply;
		return flow_fail(denied);
	case RULE_TARPIT:
		x->status = verdict->status;
		x->reply = verdict->reply;
		return flow_jump(x, HTTP_STEP_TARPIT);
	case RULE_REPLY:
		answer_here(x, verdict->reply, verdict->status, verdict->close);
		return flow_jump(x, HTTP_STEP_REPLY);
	case RULE_SERVICE:
		return answer_stats(x, x->frontend->conf, verdict->service);
	default: /* reject, silent-drop */
		return flow_fail(REASON_REJECTED);
	}
}

static flow_result run_rules(struct exchange *x, const struct rule_set *rules,
			     enum rule_phase phase)
{
	struct rule_verdict verdict = {0};
	struct rule_input *in;

	if (!rules || !rules_has(rules, phase))
		return FLOW_NEXT;
	in = exchange_rule_input(x);
	in->req = &x->req;
	in->payload = (struct slice){x->session->in->data, x->session->in->end};
	in->payload_complete = true;
	return http_carry_out(x, rules_run(rules, phase, in, &verdict), &verdict, REASON_DENIED);
}

static bool is_monitor(const struct exchange *x)
{
	const char *uri = x->frontend->conf->monitor_uri;

	return uri && slice_eq_str(x->req.target, uri);
}

static flow_result answer_monitor(struct exchange *x)
{
	const struct rule_set *rules = x->frontend->conf->rules;
	struct rule_input *in = exchange_rule_input(x);
	bool fails;

	in->req = &x->req;
	fails = rules && rules_monitor_fail(rules, in);
	x->reason = REASON_LOCAL;
	x->phase = 'R';
	x->log_wanted = false;
	x->status = fails ? 503 : 200;
	reply_status(x, x->status);
	return flow_jump(x, HTTP_STEP_REPLY);
}

static bool is_stats(const struct exchange *x, const struct proxy_conf *conf)
{
	const char *uri = conf->stats.uri ? conf->stats.uri : "/haproxy?stats";

	return conf->stats.enabled && slice_starts(x->req.target, slice_of(uri));
}

static flow_result step_rules(struct exchange *x)
{
	const struct proxy_conf *conf = x->frontend->conf;
	flow_result r;

	if (is_monitor(x))
		return answer_monitor(x);
	r = run_rules(x, conf->rules, RULE_TCP_REQUEST);
	if (r == FLOW_NEXT)
		r = run_rules(x, conf->rules, RULE_HTTP_REQUEST);
	if (r == FLOW_NEXT && is_stats(x, conf))
		return answer_stats(x, conf, NULL);
	return r;
}

static struct proxy *choose_backend(struct exchange *x)
{
	const struct proxy_conf *conf = x->frontend->conf, *chosen = NULL;

	if (conf->rules) {
		struct rule_input *in = exchange_rule_input(x);

		in->req = &x->req;
		chosen = rules_use_backend(conf->rules, in);
	}
	if (!chosen)
		chosen = conf->default_backend;
	if (!chosen || chosen == conf)
		return conf->sides & PROXY_BACKEND ? x->frontend : NULL;
	return house_proxy(x->worker->house, chosen);
}

static flow_result step_backend(struct exchange *x)
{
	struct proxy *p = choose_backend(x);
	flow_result r = FLOW_NEXT;

	if (!p || !p->backend)
		return flow_fail(REASON_NO_BACKEND);
	exchange_set_backend(x, p);
	proxy_count(&x->be->requests, 1);
	if (p == x->frontend)
		return FLOW_NEXT;
	if (p->conf->options & PROXY_OPT_HTTPCLOSE)
		x->session->close_after = true;
	r = run_rules(x, p->conf->rules, RULE_HTTP_REQUEST);
	if (r == FLOW_NEXT && is_stats(x, p->conf))
		return answer_stats(x, p->conf, NULL);
	return r;
}

const struct flow_step http_steps[] = {
	[HTTP_STEP_RECEIVE] = {"receive", step_receive, 'R'},
	[HTTP_STEP_RULES] = {"rules", step_rules, 'R'},
	[HTTP_STEP_BACKEND] = {"backend", step_backend, 'R'},
	[HTTP_STEP_ASSIGN] = {"assign", step_assign, 'Q'},
	[HTTP_STEP_CONNECT] = {"connect", step_connect, 'C'},
	[HTTP_STEP_SEND] = {"send", step_send, 'H'},
	[HTTP_STEP_ANSWER] = {"answer", step_answer, 'H'},
	[HTTP_STEP_TRANSFER] = {"transfer", step_transfer, 'D'},
	[HTTP_STEP_REPLY] = {"reply", step_reply, 'L'},
	[HTTP_STEP_TARPIT] = {"tarpit", step_tarpit, 'T'},
};
