/*
 * Bytes in both directions at once: TCP sessions, upgraded connections, and the bodies of HTTP. The
 * steps `tunnel` and `transfer`, and the upload that goes on while the response is awaited.
 *
 * Either end has its own clock: bytes in either direction over a connection refresh it. Who is
 * being waited for when a clock runs out decides between the client's and the server's timeout.
 */
#include "balancer/flow/exchange.h"

static void note_activity(struct exchange *x)
{
	int64_t now = exchange_now(x);

	if (x->up.active_from || x->down.active_to)
		x->client_us = now;
	if (x->up.active_to || x->down.active_from)
		x->server_us = now;
	x->up.active_from = x->up.active_to = x->down.active_from = x->down.active_to = false;
}

/* The end's own timeout, or that of a connection half closed by us, or the tunnel's. */
static int timeout_of(const struct conn *c, int open_ms, int fin_ms, int tunnel_ms)
{
	if (c->flags & CONN_WRITE_END)
		return fin_ms ? fin_ms : open_ms;
	return tunnel_ms ? tunnel_ms : open_ms;
}

/* Whom we wait for: the source of an empty way, the destination of a full one. */
static void set_deadlines(struct exchange *x, int64_t *client, int64_t *server)
{
	const struct proxy_timeouts *ct = exchange_client_timeouts(x);
	const struct proxy_timeouts *st = exchange_server_timeouts(x);
	bool is_tunnel = x->tunnel || x->steps == tcp_steps;
	int tunnel_ms = !is_tunnel ? 0 : st->tunnel ? st->tunnel : ct->tunnel;
	bool want_client = (!x->up_done && way_is_empty(&x->up)) || !way_is_empty(&x->down);
	bool expects = is_tunnel || x->up_done; /* a server that listens need not speak */
	bool want_server =
		(expects && !x->down_done && way_is_empty(&x->down)) || !way_is_empty(&x->up);

	*client = *server = EXCHANGE_NEVER_US;
	if (want_client)
		*client = flow_deadline(x->client_us, timeout_of(&x->session->client, ct->client,
								 ct->client_fin, tunnel_ms));
	if (want_server)
		*server = flow_deadline(x->server_us, timeout_of(&x->sc->conn, st->server,
								 st->server_fin, tunnel_ms));
}

/* Who is waited for depends on these alone. */
static uint8_t situation(const struct exchange *x)
{
	return (uint8_t)(1 | x->up_done << 1 | x->down_done << 2 | way_is_empty(&x->up) << 3 |
			 way_is_empty(&x->down) << 4);
}

/* While the same is waited for, activity can only put the moment off: the clocks are compared again
 * when it has come. */
flow_result transfer_wait(struct exchange *x, bool turn_over)
{
	int64_t now = exchange_now(x), client, server;
	uint8_t is = situation(x);

	note_activity(x);
	if (is == x->armed_for && !x->expired && !turn_over)
		return FLOW_WAIT;
	set_deadlines(x, &client, &server);
	if (x->expired && now >= client)
		return flow_fail(REASON_CLIENT_TIMEOUT);
	if (x->expired && now >= server)
		return flow_fail(REASON_SERVER_TIMEOUT);
	exchange_deadline(x, turn_over ? now + 1 : client < server ? client : server);
	x->armed_for = turn_over ? 0 : is;
	return FLOW_WAIT;
}

/* ---- tunnels: symmetrical ------------------------------------------------------------------ */

struct tunnel_end { /* what a way's result means depends on which side is its source */
	enum reason from_error, to_error;
};

static const struct tunnel_end upward = {REASON_CLIENT_ABORT, REASON_SERVER_ABORT};
static const struct tunnel_end downward = {REASON_SERVER_ABORT, REASON_CLIENT_ABORT};

static flow_result run_half(struct exchange *x, struct way *w, const struct tunnel_end *end,
			    bool *turn_over)
{
	switch (way_run(w, x->worker)) {
	case WAY_TURN_OVER:
		*turn_over = true;
		return FLOW_WAIT;
	case WAY_WAIT:
		return FLOW_WAIT;
	case WAY_DONE:
	case WAY_CUT:
		conn_shut_write(w->to);
		return FLOW_DONE;
	case WAY_FROM_ERROR:
		return flow_fail(end->from_error);
	case WAY_TO_ERROR:
		return flow_fail(end->to_error);
	default:
		return flow_fail(REASON_NO_MEMORY);
	}
}

static flow_result run_tunnel(struct exchange *x)
{
	bool turn_over = false;
	flow_result r;

	if (!x->down_done &&
	    way_has_work(&x->down)) { /* first: what a server said before it broke is passed on */
		r = run_half(x, &x->down, &downward, &turn_over);
		if (r >= FLOW_FAIL)
			return r;
		x->down_done = r == FLOW_DONE;
	}
	if (!x->up_done && way_has_work(&x->up)) {
		r = run_half(x, &x->up, &upward, &turn_over);
		if (r >= FLOW_FAIL)
			return r;
		x->up_done = r == FLOW_DONE;
	}
	if (x->up_done && x->down_done)
		return FLOW_DONE;
	return transfer_wait(x, turn_over);
}

static void begin_tunnel(struct exchange *x)
{
	struct session *s = x->session;

	way_init(&x->up, &s->client, &x->sc->conn);
	way_init(&x->down, &x->sc->conn, &s->client);
	x->up.no_splice = x->down.no_splice =
		(x->backend->conf->options | x->frontend->conf->options) & PROXY_OPT_SPLICE_OFF;
	if (s->in) { /* read while the rules looked at it */
		x->up.pending = s->in->data + s->in->at;
		x->up.pending_len = s->in->end - s->in->at;
		s->in->at = s->in->end;
	}
	x->client_us = x->server_us = exchange_now(x);
	x->request_sent = x->answered = true;
	if (x->log_wanted && x->frontend->conf->options & PROXY_OPT_LOGASAP)
		traffic_log_write(x, true);
}

flow_result step_tunnel(struct exchange *x)
{
	if (!x->up.from)
		begin_tunnel(x);
	return run_tunnel(x);
}

/* ---- HTTP bodies ------------------------------------------------------------------------- */

flow_result transfer_upload(struct exchange *x)
{
	if (x->up_done)
		return FLOW_NEXT;
	if (!way_has_work(&x->up))
		return FLOW_WAIT;
	x->body_begun = true;
	x->up.turn_over = false;
	switch (way_run(&x->up, x->worker)) {
	case WAY_TURN_OVER:
		x->up.turn_over = true;
		return FLOW_WAIT;
	case WAY_WAIT:
		return FLOW_WAIT;
	case WAY_DONE:
		x->up_done = true;
		return FLOW_NEXT;
	case WAY_CUT:
	case WAY_FROM_ERROR:
		return flow_fail(REASON_CLIENT_ABORT);
	case WAY_BAD:
		x->h1_error = x->up.body.error;
		return flow_fail(REASON_BODY_BAD);
	case WAY_TO_ERROR: /* it may have answered before it stopped listening */
		x->up_done = true;
		x->linger = true;
		x->session->close_after = true;
		x->res_keep = false;
		way_fini(&x->up, x->worker);
		return FLOW_NEXT;
	default:
		return flow_fail(REASON_NO_MEMORY);
	}
}

static flow_result download(struct exchange *x, bool *turn_over)
{
	switch (way_run(&x->down, x->worker)) {
	case WAY_TURN_OVER:
		*turn_over = true;
		return FLOW_WAIT;
	case WAY_WAIT:
		return FLOW_WAIT;
	case WAY_DONE:
		x->down_done = true;
		return FLOW_NEXT;
	case WAY_TO_ERROR:
		return flow_fail(REASON_CLIENT_ABORT);
	case WAY_BAD:
		x->h1_error = x->down.body.error;
		return flow_fail(REASON_RESPONSE_BODY_BAD);
	case WAY_NO_MEMORY:
		return flow_fail(REASON_NO_MEMORY);
	default:
		return flow_fail(REASON_RESPONSE_CUT);
	}
}

flow_result step_transfer(struct exchange *x)
{
	bool turn_over = false;
	flow_result r;

	if (x->tunnel)
		return run_tunnel(x);
	r = transfer_upload(x);
	if (r >= FLOW_FAIL)
		return r;
	turn_over = x->up.turn_over;
	r = download(x, &turn_over);
	if (r == FLOW_WAIT)
		return transfer_wait(x, turn_over);
	if (r >= FLOW_FAIL)
		return r;
	if (!x->up_done) { /* answered before all was asked: nobody needs the rest */
		x->session->close_after = true;
		x->linger = true;
	}
	return FLOW_DONE;
}
