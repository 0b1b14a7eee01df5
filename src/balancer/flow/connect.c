/*
 * To a server: which one, a place there or in the queue, and a connection. The steps `assign` and
 * `connect` of both tables; they are taken up again by every event until they are through.
 *
 *   assign ──► connect ──ok──► next step
 *     ▲          │ failed: retries left?
 *     │          ├─ redispatch is due ──► another server
 *     └──────────┘ else the same one after a second
 */
#include "balancer/flow/connect.h"

#include <errno.h>
#include <string.h>

#include "balancer/flow/persist.h"
#include "balancer/flow/sticky.h"
#include "core/log/log.h"

enum { TURN_AROUND_US = 1000000 };

static bool is_http(const struct exchange *x)
{
	return x->steps == http_steps;
}

static flow_result again_from_assign(struct exchange *x)
{
	return flow_jump(x, is_http(x) ? (unsigned)HTTP_STEP_ASSIGN : (unsigned)TCP_STEP_ASSIGN);
}

static const struct server_conf *use_server(struct exchange *x)
{
	const struct rule_set *rules = x->backend->conf->rules;

	return rules ? rules_use_server(rules, exchange_rule_input(x)) : NULL;
}

static void make_choice(struct exchange *x, struct server_choice *choice)
{
	const struct proxy_conf *conf = x->backend->conf;
	struct backend *b = x->backend->backend;
	const struct server_conf *forced;

	*choice = (struct server_choice){.balance.avoid = x->avoid};
	if (!x->avoid) { /* persistence, unless that server has just failed */
		forced = use_server(x);
		if (forced)
			choice->want = server_of_conf(b, forced);
		if (is_http(x) && conf->cookie.name)
			persist_choose(x, choice);
		if (conf->stick_rules)
			sticky_choose(x, choice);
		if (!choice->want && conf->options & PROXY_OPT_PREFER_LAST_SERVER &&
		    x->session->last_server && x->session->last_server->backend == b)
			choice->want = x->session->last_server;
		if (choice->want && conf->options & PROXY_OPT_PERSIST)
			choice->want_only = true;
	}
	if (conf->balance && conf->balance->key == BALANCE_KEY_SOURCE)
		choice->balance.has_hash =
			balance_hash_address(exchange_client_addr(x), &choice->balance.hash);
}

/* maxqueue of the server that a request belongs to: with redispatch the others may serve it. */
static enum server_assign_result assign_elsewhere(struct exchange *x, struct server *full)
{
	struct server_choice choice;

	x->avoid = &full->entry;
	x->redispatched = true;
	if (x->cookie_seen == COOKIE_SEEN_VALID)
		x->cookie_seen = COOKIE_SEEN_DOWN;
	x->be->redispatches++;
	atomic_fetch_add_explicit(&full->counters.redispatches, 1, memory_order_relaxed);
	make_choice(x, &choice);
	return server_assign(x->backend->backend, &choice, &x->waiter);
}

static flow_result choose(struct exchange *x)
{
	struct server_choice choice;
	enum server_assign_result got;

	make_choice(x, &choice);
	got = server_assign(x->backend->backend, &choice, &x->waiter);
	if (got == SERVER_QUEUE_FULL && choice.want &&
	    x->backend->conf->options & PROXY_OPT_REDISPATCH)
		got = assign_elsewhere(x, choice.want);
	switch (got) {
	case SERVER_ASSIGNED:
		return FLOW_NEXT;
	case SERVER_QUEUED:
		x->waiting = true;
		exchange_deadline(x, flow_deadline(exchange_now(x),
						   x->backend->conf->timeout.queue
							   ? x->backend->conf->timeout.queue
							   : x->backend->conf->timeout.connect));
		return FLOW_WAIT;
	case SERVER_QUEUE_FULL:
		return flow_fail(REASON_QUEUE_FULL);
	default:
		return flow_fail(REASON_NO_SERVER);
	}
}

/* In the queue, or on the way out of it: leaving it for good needs the queue's consent. */
static flow_result wait_in_queue(struct exchange *x)
{
	enum reason why = x->expired ? REASON_QUEUE_TIMEOUT : REASON_CLIENT_ABORT;

	if (!x->expired && !exchange_client_is_gone(x))
		return FLOW_WAIT;
	if (!server_waiter_cancel(x->backend->backend, &x->waiter)) {
		exchange_deadline(x, EXCHANGE_NEVER_US); /* the letter comes at once */
		return FLOW_WAIT;
	}
	x->waiting = false;
	return flow_fail(why);
}

flow_result step_assign(struct exchange *x)
{
	flow_result r;

	if (x->waiting)
		return wait_in_queue(x);
	if (!x->waiter.server) {
		r = choose(x);
		if (r != FLOW_NEXT)
			return r;
	}
	x->server = x->waiter.server;
	x->waiter.server = NULL;
	x->session->last_server = x->server;
	x->kills_seen = x->server->kills;
	if (!x->assigned_us) {
		x->assigned_us = exchange_now(x);
		x->retries_left = x->backend->conf->retries;
		proxy_count(&x->be->lb_total, 1);
	}
	return FLOW_NEXT;
}

/* ---- connecting -------------------------------------------------------------------------- */

static void report(struct server *s, bool ok, const char *what)
{
	if (s->conf->observe != OBSERVE_NONE && server_observe_hook)
		server_observe_hook(s, false, ok, what);
}

static const struct addr *target_addr(struct exchange *x)
{
	const struct server_conf *conf = x->server->conf;
	int port;

	if (!conf->map_ports && addr_port(&conf->addr) != 0)
		return &conf->addr;
	if (conf->addr.sa.sa_family == AF_UNIX)
		return &conf->addr;
	x->target_addr = conf->addr;
	port = (int)addr_port(exchange_local_addr(x)) + (conf->map_ports ? conf->port_offset : 0);
	addr_set_port(&x->target_addr, (unsigned)port & 0xffff);
	return &x->target_addr;
}

static bool follows_client(const struct exchange *x)
{
	return x->server->conf->source_usesrc_client || x->backend->conf->source_usesrc_client;
}

static void make_target(struct exchange *x, struct conn_target *to)
{
	const struct server_conf *sc = x->server->conf;
	const struct proxy_conf *pc = x->backend->conf;

	*to = (struct conn_target){
		.addr = target_addr(x),
		.source = sc->source.len   ? &sc->source
			  : pc->source.len ? &pc->source
					   : NULL,
		.source_interface =
			sc->source_interface ? sc->source_interface : pc->source_interface,
		.keepalive = pc->options & PROXY_OPT_SRVTCPKA,
	};
	if (follows_client(x)) {
		x->source_addr = *exchange_client_addr(x);
		addr_set_port(&x->source_addr, 0);
		to->source = &x->source_addr;
		to->source_transparent = true;
	}
}

static void server_event(struct conn *c)
{
	struct server_conn *sc = container_of(c, struct server_conn, conn);
	struct exchange *x = sc->owner;

	session_run(x->session);
}

/* Whether a connection that served others before may carry this request: not when its silent end
 * could not be mended by sending the request once more (RFC 9112 9.3.1). */
static bool may_reuse(const struct exchange *x)
{
	if (!is_http(x) || x->never_reuse || follows_client(x))
		return false;
	if (x->backend->conf->http_reuse == PROXY_REUSE_NEVER)
		return false;
	if (x->req.upgrade || x->req.method == HTTP_METHOD_CONNECT)
		return false;
	return x->session->n_requests > 1 || connect_is_replayable(x);
}

bool connect_is_replayable(const struct exchange *x)
{
	switch (x->req.method) {
	case HTTP_METHOD_GET:
	case HTTP_METHOD_HEAD:
	case HTTP_METHOD_OPTIONS:
	case HTTP_METHOD_TRACE:
	case HTTP_METHOD_PUT:
	case HTTP_METHOD_DELETE:
		return !x->body_begun && x->req.body_kind == HTTP_BODY_NONE;
	default:
		return false;
	}
}

static flow_result connected(struct exchange *x)
{
	x->connected_us = x->server_us = exchange_now(x);
	x->sc->n_uses++;
	if (x->backend->conf->stick_rules && !is_http(x))
		sticky_learn(x);
	return FLOW_NEXT;
}

static bool take_idle(struct exchange *x)
{
	x->sc = server_conn_take_idle(x->server, &x->worker->servers);
	if (!x->sc)
		return false;
	x->sc->owner = x;
	x->sc->conn.on_event = server_event;
	x->reused = true;
	proxy_count(&x->be->connect_reused, 1);
	return true;
}

static bool is_our_lack(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -ENOBUFS ||
	       err == -EADDRNOTAVAIL || err == -EAGAIN;
}

static void tell_lack(struct exchange *x, int err)
{
	unsigned held;

	if (log_gate_open(&x->worker->lacks, exchange_now(x), 1, 10000000, &held))
		log_err("cannot connect to %s/%s: %s", x->backend->conf->name,
			x->server->conf->name, strerror(-err));
}

static void pause_before_retry(struct exchange *x)
{
	int64_t pause = TURN_AROUND_US, limit;

	limit = (int64_t)x->backend->conf->timeout.connect * 1000;
	if (limit > 0 && limit < pause)
		pause = limit;
	x->turn_around = true;
	exchange_deadline(x, exchange_now(x) + pause);
}

static bool redispatch_is_due(const struct exchange *x)
{
	const struct proxy_conf *conf = x->backend->conf;
	int every = conf->redispatch_interval;

	if (!(conf->options & PROXY_OPT_REDISPATCH))
		return false;
	if (every > 0)
		return x->n_retries % (unsigned)every == 0;
	if (every < -1)
		return x->retries_left == -1 - every;
	return x->retries_left == 0;
}

static flow_result redispatch(struct exchange *x)
{
	x->avoid = &x->server->entry;
	x->redispatched = true;
	if (x->cookie_seen == COOKIE_SEEN_VALID)
		x->cookie_seen = COOKIE_SEEN_DOWN;
	proxy_count(&x->be->redispatches, 1);
	atomic_fetch_add_explicit(&x->server->counters.redispatches, 1, memory_order_relaxed);
	server_release(x->server);
	x->server = NULL;
	return again_from_assign(x);
}

static flow_result failed(struct exchange *x, enum reason reason)
{
	if (reason != REASON_CONNECT_RESOURCE)
		report(x->server, false,
		       reason == REASON_CONNECT_TIMEOUT ? "connection timed out"
							: "connection refused");
	if (x->sc)
		server_conn_close(x->sc);
	x->sc = NULL;
	if (x->retries_left <= 0) { /* econ counts requests, not attempts */
		atomic_fetch_add_explicit(&x->server->counters.failed_connects, 1,
					  memory_order_relaxed);
		return flow_fail(reason);
	}
	x->retries_left--;
	x->n_retries++;
	if (redispatch_is_due(x))
		return redispatch(x);
	proxy_count(&x->be->retries, 1);
	atomic_fetch_add_explicit(&x->server->counters.retries, 1, memory_order_relaxed);
	if (reason == REASON_CONNECT_TIMEOUT)
		return flow_jump(x, x->step);
	pause_before_retry(x);
	return FLOW_WAIT;
}

static flow_result open_connection(struct exchange *x)
{
	struct conn_target to;
	int err;

	if (x->n_retries > 0 && !server_is_reachable(x->server))
		return redispatch(x); /* found down meanwhile: nothing to wait for there */
	if (may_reuse(x) && take_idle(x))
		return connected(x);
	x->reused = false;
	make_target(x, &to);
	x->sc = server_conn_open(x->server, &x->worker->servers, &to, server_event, &err);
	if (!x->sc) {
		if (is_our_lack(err))
			tell_lack(x, err);
		return failed(x,
			      is_our_lack(err) ? REASON_CONNECT_RESOURCE : REASON_CONNECT_FAILED);
	}
	x->sc->owner = x;
	exchange_deadline(x, flow_deadline(exchange_now(x), x->backend->conf->timeout.connect));
	return FLOW_WAIT;
}

/* `redir`: the client is sent to the server itself. Only what it may ask again. */
static bool connect_redirect(struct exchange *x)
{
	char *text;

	if (x->req.method != HTTP_METHOD_GET && x->req.method != HTTP_METHOD_HEAD)
		return false;
	text = arena_printf(&x->arena,
			    "HTTP/1.1 302 Found\r\nCache-Control: no-cache\r\n"
			    "Content-length: 0\r\nLocation: %s%.*s\r\n\r\n",
			    x->server->conf->redir, (int)x->req.target.len, x->req.target.ptr);
	if (!text)
		return false;
	x->reason = REASON_LOCAL;
	x->phase = 'R';
	reply_bytes(x, slice_of(text), 302, !x->up.body.done);
	return true;
}

flow_result step_connect(struct exchange *x)
{
	if (exchange_client_is_gone(x))
		return flow_fail(REASON_CLIENT_ABORT);
	if (!x->sc) {
		if (x->turn_around && !x->expired)
			return FLOW_WAIT;
		x->turn_around = false;
		if (x->server->conf->redir && is_http(x) && connect_redirect(x))
			return flow_jump(x, HTTP_STEP_REPLY);
		return open_connection(x);
	}
	if (x->sc->conn.flags & CONN_ERROR)
		return failed(x, REASON_CONNECT_FAILED);
	if (x->sc->conn.flags & CONN_CONNECTING)
		return x->expired ? failed(x, REASON_CONNECT_TIMEOUT) : FLOW_WAIT;
	report(x->server, true, "");
	return connected(x);
}

flow_result connect_replace(struct exchange *x)
{
	server_conn_close(x->sc);
	x->sc = NULL;
	x->never_reuse = true;
	x->request_sent = false;
	return flow_jump(x, HTTP_STEP_CONNECT);
}
