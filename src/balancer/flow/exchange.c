/*
 * A request's life, and a TCP session's: the corridor that knows the order of the rooms.
 *
 *   client ──► incoming.c: which thread ──► session.c: bytes have come
 *                 │
 *   HTTP          ▼                                          TCP
 *   0 receive   request.c    h1 parser, strict               0 content  tcp.c
 *   1 rules     request.c    frontend: monitor, http-request 1 backend  tcp.c
 *   2 backend   request.c    use_backend; its rules; stats   2 assign   connect.c
 *   3 assign    connect.c    cookie, use-server, balance,    3 connect  connect.c
 *      │                     or a place in the queue         4 tunnel   transfer.c
 *   4 connect   connect.c    an idle connection or a new one; retries, redispatch
 *   5 send      forward.c    edits; head and what there is of the body in one writev
 *   6 answer    response.c   the body goes up meanwhile; 1xx pass; the head comes down,
 *      │                     rules, cookie, edits; one writev
 *   7 transfer  transfer.c   bodies (or a tunnel) in both directions, spliced when long
 *      ▼
 *   finish      below        the server's connection goes idle, the place is handed on, the log
 *                 │          line is written (traffic_log.c), the client's next request begins
 *                 ▼
 *   8 reply     reply.c      local answers: errors, redirects, stats page
 *   9 tarpit    reply.c      the same, later
 *
 * A step returns NEXT, JUMP, WAIT, DONE or a failure with its reason (reasons.def). A failure
 * before anything was answered becomes a local reply; after that the client's connection ends. One
 * thread, the session's. Every event of either connection, the session's timer and letters of the
 * queue end in exchange_run, which takes up the present step again.
 */
#include "balancer/flow/exchange.h"

#include <stdlib.h>

#include "balancer/flow/tracking.h"

enum { ARENA_CHUNK = 4096, ARENA_LIMIT = 1 << 20 };

static void letter_arrived(struct loop *loop, struct letter *letter);

static void raise_count(_Atomic unsigned *count, _Atomic unsigned *most)
{
	unsigned now = atomic_fetch_add_explicit(count, 1, memory_order_relaxed) + 1;

	if (now > atomic_load_explicit(most, memory_order_relaxed))
		atomic_store_explicit(most, now, memory_order_relaxed);
}

struct exchange *exchange_new(struct session *s)
{
	struct worker *w = s->worker;
	struct exchange *x = pool_take(&w->exchanges);
	struct proxy *p = s->listener->proxy;
	bool is_http = p->conf->mode == PROXY_MODE_HTTP;

	if (!x)
		return NULL;
	memset(x, 0, offsetof(struct exchange, arena));
	if (x->arena.chunk_len == 0) {
		arena_init(&x->arena, ARENA_CHUNK);
		arena_set_limit(&x->arena, ARENA_LIMIT);
	}
	x->session = s;
	x->worker = w;
	x->steps = is_http ? http_steps : tcp_steps;
	x->frontend = p;
	x->fe = &p->counters[w->index][PROXY_COUNTERS_FRONTEND];
	x->waiter.letter.deliver = letter_arrived;
	x->waiter.mailbox = &w->mailbox;
	list_init(&x->waiter.link);
	x->deadline_us = EXCHANGE_NEVER_US;
	x->client_us = x->server_us = worker_now_us(w);
	x->log_wanted = p->conf->log_targets != NULL;
	if (is_http) {
		memset(&x->parser, 0, sizeof(x->parser));
		http_message_init(&x->req, &x->arena);
		x->req.n_max = (uint32_t)w->house->conf->global.maxhdr;
	}
	return x;
}

static void exchange_free(struct exchange *x)
{
	struct worker *w = x->worker;

	if (w->exchanges.n_free >= w->exchanges.max_free)
		arena_fini(&x->arena);
	else
		arena_reset(&x->arena);
	pool_give(&w->exchanges, x);
}

void exchange_pool_fini(struct worker *w)
{
	for (struct pool_item *at = w->exchanges.free; at; at = at->next)
		arena_fini(&((struct exchange *)(void *)at)->arena);
	pool_fini(&w->exchanges);
}

const struct proxy_timeouts *exchange_client_timeouts(const struct exchange *x)
{
	return &x->frontend->conf->timeout;
}

const struct proxy_timeouts *exchange_server_timeouts(const struct exchange *x)
{
	return &(x->backend ? x->backend : x->frontend)->conf->timeout;
}

const struct addr *exchange_client_addr(struct exchange *x)
{
	if (!x->have_addr) {
		session_client_addr(x->session, &x->client_addr);
		x->local_addr.len = 0;
		x->have_addr = true;
	}
	return &x->client_addr;
}

const struct addr *exchange_local_addr(struct exchange *x)
{
	exchange_client_addr(x);
	if (x->local_addr.len == 0) {
		x->local_addr.len = sizeof(x->local_addr.un);
		getsockname(x->session->client.lfd.fd, &x->local_addr.sa, &x->local_addr.len);
	}
	return &x->local_addr;
}

struct rule_input *exchange_rule_input(struct exchange *x)
{
	struct rule_input *in = &x->rules;

	if (!in->conf) {
		in->conf = x->worker->house->conf;
		in->frontend = x->frontend->conf;
		in->listener = x->session->listener->conf;
		in->client = exchange_client_addr(x);
		in->local = exchange_local_addr(x);
		in->arena = &x->arena;
		in->facts = &flow_facts;
		in->stick = x->worker->house->stick;
		in->session_tracks = x->session->tracks;
		in->facts_ctx = x->worker->house;
		if (x->frontend->conf->rules) {
			unsigned n = rules_n_captures(x->frontend->conf->rules);

			in->captures = n ? ARENA_ARRAY(&x->arena, struct slice, n) : NULL;
		}
	}
	in->backend = x->backend ? x->backend->conf : NULL;
	in->server = x->server ? x->server->conf : NULL;
	in->now_us = worker_now_us(x->worker);
	in->wall_us = in->now_us + x->worker->wall_offset_us;
	return in;
}

void exchange_set_backend(struct exchange *x, struct proxy *p)
{
	x->backend = p;
	x->be = &p->counters[x->worker->index][PROXY_COUNTERS_BACKEND];
	proxy_count(&x->be->sessions, 1);
	x->counted_be = true;
	raise_count(&p->be_current, &p->be_max);
}

bool exchange_client_is_gone(const struct exchange *x)
{
	const struct conn *c = &x->session->client;
	const struct proxy *p = x->backend ? x->backend : x->frontend;

	if (c->flags & CONN_ERROR)
		return true;
	return c->flags & CONN_HANGUP && p->conf->options & PROXY_OPT_ABORTONCLOSE;
}

static void drop_server(struct exchange *x, bool reusable)
{
	if (x->sc) {
		if (reusable && x->backend->conf->http_reuse == PROXY_REUSE_NEVER)
			/* all was read: no port has to rest in TIME_WAIT */
			server_conn_abort(x->sc);
		else if (reusable)
			server_conn_give_idle(x->sc);
		else if (x->backend->conf->options & PROXY_OPT_NOLINGER)
			server_conn_abort(x->sc);
		else
			server_conn_close(x->sc);
		x->sc = NULL;
	}
	if (x->server) {
		server_release(x->server);
		x->server = NULL;
	}
}

/* A letter of the queue: a server, or word that the server one waited for is gone. */
static void letter_arrived(struct loop *loop, struct letter *letter)
{
	struct exchange *x = container_of(letter, struct exchange, waiter.letter);

	(void)loop;
	x->waiting = false;
	if (x->session) {
		session_run(x->session);
		return;
	}
	if (x->waiter.server)
		server_release(x->waiter.server);
	exchange_free(x);
}

/* Gives back everything; what is left in the client's buffer is its next request. */
static void settle_input(struct exchange *x)
{
	struct session *s = x->session;

	if (s->in && (s->close_after || s->in->at >= s->in->end))
		worker_buffer_give(x->worker, &s->in);
	if (x->next_in) {
		if (!s->in && !s->close_after) {
			s->in = x->next_in;
			x->next_in = NULL;
		} else {
			worker_buffer_give(x->worker, &x->next_in);
		}
	}
}

static void finish(struct exchange *x)
{
	struct session *s = x->session;
	bool whole =
		x->reason == REASON_NONE && x->up_done && x->down_done && x->res_keep && !x->tunnel;

	x->end_us = exchange_now(x);
	if (x->tunnel || x->frontend->conf->mode == PROXY_MODE_TCP)
		s->close_after = true;
	traffic_log_write(x, false);
	if (tracking_is_on(x))
		tracking_end(x);
	way_fini(&x->up, x->worker);
	way_fini(&x->down, x->worker);
	worker_buffer_give(x->worker, &x->back);
	if (x->waiting && server_waiter_cancel(x->backend->backend, &x->waiter))
		x->waiting = false;
	drop_server(x, whole && x->down.n_surplus == 0);
	if (x->counted_be)
		atomic_fetch_sub_explicit(&x->backend->be_current, 1, memory_order_relaxed);
	s->linger = x->linger;
	settle_input(x);
	x->session = NULL;
	if (!x->waiting) /* else the letter frees it */
		exchange_free(x);
}

void exchange_abandon(struct exchange *x)
{
	x->log_wanted = false;
	x->session->close_after = true;
	finish(x);
}

/* The answer has begun, or there is nothing to say: the connections tell of it by how they end. */
static void cut(struct exchange *x)
{
	struct session *s = x->session;
	bool is_tcp = x->frontend->conf->mode == PROXY_MODE_TCP || x->tunnel;

	s->close_after = true;
	s->reset = x->answered && (is_tcp || x->res.body_kind == HTTP_BODY_UNTIL_CLOSE) &&
		   x->reason != REASON_CLIENT_TIMEOUT && x->reason != REASON_SERVER_TIMEOUT;
	x->linger = x->reason == REASON_REUSE_LOST;
}

/* true: there is something to say to the client, the step is set. */
static bool fail(struct exchange *x, enum reason reason)
{
	bool is_http = x->steps == http_steps;

	x->reason = (uint8_t)reason;
	x->phase = (uint8_t)(reason_rows[reason].phase ? reason_rows[reason].phase
						       : x->steps[x->step].phase);
	traffic_count_reason(x, reason);
	if (tracking_is_on(x))
		tracking_failed(x);
	if (is_http && !x->status)
		x->status = reason_rows[reason].status;
	if (is_http && !x->answered && x->step != HTTP_STEP_REPLY && x->status > 0 &&
	    reason != REASON_CLIENT_ABORT && reason != REASON_REQUEST_CUT &&
	    !(x->session->client.flags & CONN_ERROR)) {
		reply_error(x, reason);
		x->step = HTTP_STEP_REPLY;
		return true;
	}
	cut(x);
	return false;
}

enum exchange_outcome exchange_run(struct exchange *x)
{
	if (x->reason && x->steps[x->step].phase != 'L') { /* ended from outside (kills) */
		enum reason why = x->reason;

		x->reason = REASON_NONE;
		if (!fail(x, why)) {
			finish(x);
			return EXCHANGE_OVER;
		}
	}
	for (;;) {
		flow_result r = x->steps[x->step].run(x);

		switch (r) {
		case FLOW_NEXT:
			x->step++;
			break;
		case FLOW_JUMP:
			break;
		case FLOW_WAIT:
			x->expired = false;
			return EXCHANGE_WAITS;
		case FLOW_DONE:
			finish(x);
			return EXCHANGE_OVER;
		default:
			if (!fail(x, r - FLOW_FAIL)) {
				finish(x);
				return EXCHANGE_OVER;
			}
		}
		x->expired = false;
	}
}
