/*
 * A client's connection. Accepted on this thread, it stays on it. An exchange is born when bytes
 * arrive (HTTP) or at once (TCP), and given back when it is over: an idle client is one struct
 * session, one struct conn inside it, no buffer.
 *
 *   accept ──► IDLE ──bytes──► BUSY (exchange.c) ──over──► IDLE … ──► closed
 *                                   └──last word said, client still sending──► LINGER ──► closed
 */
#include "balancer/flow/session.h"

#include <errno.h>
#include <unistd.h>

#include "balancer/flow/exchange.h"
#include "balancer/flow/tracking.h"

enum { LINGER_US = 1000000, DRAIN_GRACE_US = 2000000 };

static void session_event(struct conn *c)
{
	session_run(container_of(c, struct session, client));
}

static void set_deadline(struct session *s, int64_t at_us)
{
	if (at_us != s->timer.deadline_us || !loop_timer_armed(&s->timer))
		loop_timer_set(s->worker->loop, &s->timer, at_us);
}

/* Until when the client may stay silent before a request. */
static int64_t idle_deadline(const struct session *s)
{
	const struct proxy_timeouts *t = &session_conf(s)->timeout;
	int64_t at;

	if (s->n_requests > 0)
		at = flow_deadline(s->idle_us, t->http_keep_alive ? t->http_keep_alive
					       : t->http_request  ? t->http_request
								  : t->client);
	else
		at = flow_deadline(s->accept_us, t->http_request ? t->http_request : t->client);
	if (s->worker->draining && at > s->idle_us + DRAIN_GRACE_US)
		at = s->idle_us + DRAIN_GRACE_US;
	return at;
}

void session_client_addr(const struct session *s, struct addr *out)
{
	if (s->peer_len > 0) {
		out->len = s->peer_len;
		memcpy(&out->sa, &s->peer, s->peer_len);
		return;
	}
	out->len = sizeof(sa_family_t);
	out->sa.sa_family = AF_UNIX;
	out->un.sun_path[0] = '\0';
}

void session_close(struct session *s)
{
	struct worker *w = s->worker;

	loop_timer_clear(w->loop, &s->timer);
	if (s->tracks)
		tracking_session_end(s);
	conn_close(&s->client);
	list_del(&s->link);
	worker_buffer_give(w, &s->in);
	accept_release(&w->accept, s->listener);
	pool_give(&w->sessions, s);
	atomic_fetch_sub_explicit(&w->load, 1, memory_order_relaxed);
}

void session_hang_up(struct session *s)
{
	if (s->exchange)
		exchange_abandon(s->exchange);
	session_close(s);
}

/* The client may not have read our answer yet: closing with unread bytes would reset it. */
static void linger(struct session *s)
{
	ssize_t n;

	if (s->state != SESSION_LINGER) {
		s->state = SESSION_LINGER;
		worker_buffer_give(s->worker, &s->in);
		conn_shut_write(&s->client);
		set_deadline(s, worker_now_us(s->worker) + LINGER_US);
	}
	do {
		if (!(s->client.flags & CONN_READABLE))
			return;
		n = conn_read(&s->client, s->worker->scratch, WORKER_SCRATCH_LEN);
	} while (n > 0);
	if (n != -EAGAIN)
		session_close(s);
}

/* A first request that never came is answered with 408; later ones just end. */
static void end_idle(struct session *s)
{
	if (s->n_requests == 0) {
		s->exchange = exchange_new(s);
		if (s->exchange) {
			s->state = SESSION_BUSY;
			s->exchange->expired = !(s->client.flags & CONN_HANGUP);
			session_run(s);
			return;
		}
	}
	session_close(s);
}

static void session_expired(struct loop *loop, struct loop_timer *timer)
{
	struct session *s = container_of(timer, struct session, timer);

	if (s->state == SESSION_LINGER) {
		session_close(s);
	} else if (s->exchange) {
		s->exchange->expired = s->exchange->deadline_us <= loop_now_us(loop);
		session_run(s);
	} else if (s->n_requests > 0) {
		session_close(s);
	} else {
		end_idle(s);
	}
}

/* false: nothing to begin with (and the session may be gone). */
static bool begin(struct session *s)
{
	if (!s->in && !(s->client.flags & (CONN_READABLE | CONN_ERROR | CONN_HANGUP))) {
		set_deadline(s, idle_deadline(s));
		return false;
	}
	s->exchange = exchange_new(s);
	if (!s->exchange) {
		session_close(s);
		return false;
	}
	s->state = SESSION_BUSY;
	return true;
}

/* An exchange is over. false: no other may follow. */
static bool end(struct session *s)
{
	s->exchange = NULL;
	s->state = SESSION_IDLE;
	s->idle_us = worker_now_us(s->worker);
	if (!s->close_after)
		return true;
	if (s->reset || session_conf(s)->options & PROXY_OPT_NOLINGER)
		conn_abort(&s->client);
	if (s->linger && !s->reset)
		linger(s);
	else
		session_close(s);
	return false;
}

void session_run(struct session *s)
{
	if (s->state == SESSION_LINGER) {
		linger(s);
		return;
	}
	for (;;) {
		if (!s->exchange && !begin(s))
			return;
		if (exchange_run(s->exchange) == EXCHANGE_WAITS) {
			set_deadline(s, s->exchange->deadline_us);
			return;
		}
		if (!end(s))
			return;
	}
}

void session_drain(struct session *s)
{
	if (s->state == SESSION_IDLE) {
		s->idle_us = worker_now_us(s->worker);
		set_deadline(s, idle_deadline(s));
	}
}

/* tcp-request connection and session: before a byte is read. */
static bool is_refused(struct session *s, enum rule_phase phase)
{
	const struct proxy_conf *conf = session_conf(s);
	struct rule_verdict verdict = {0};
	struct addr client, local = {.len = sizeof(local.un)};
	struct rule_input in = {.conf = s->worker->house->conf,
				.frontend = conf,
				.listener = s->listener->conf,
				.client = &client,
				.local = &local,
				.now_us = worker_now_us(s->worker),
				.stick = s->worker->house->stick,
				.session_tracks = s->tracks};
	enum rule_outcome outcome;

	session_client_addr(s, &client);
	getsockname(s->client.lfd.fd, &local.sa, &local.len);
	outcome = rules_run(conf->rules, phase, &in, &verdict);
	s->tracks = in.session_tracks;
	return outcome != RULE_CONTINUE && outcome != RULE_ACCEPT && outcome != RULE_WAIT;
}

static bool passes(struct session *s, enum rule_phase phase)
{
	const struct rule_set *rules = session_conf(s)->rules;

	return !rules || !rules_has(rules, phase) || !is_refused(s, phase);
}

static void set_keepalive(const struct session *s)
{
	int one = 1;

	if (session_conf(s)->options & PROXY_OPT_CLITCPKA)
		setsockopt(s->client.lfd.fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
}

static struct session *session_new(struct worker *w, struct listener *l, const struct addr *peer)
{
	struct session *s = pool_take(&w->sessions);

	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->worker = w;
	s->listener = l;
	s->client.lfd.fd = -1;
	s->timer.on_expiry = session_expired;
	s->accept_us = s->idle_us = worker_now_us(w);
	if (peer->len <= sizeof(s->peer) && peer->sa.sa_family != AF_UNIX) {
		s->peer_len = (uint8_t)peer->len;
		memcpy(&s->peer, &peer->sa, peer->len);
	}
	list_push(&w->session_list, &s->link);
	return s;
}

/* What is to be decided before a byte is read. */
static bool is_admitted(struct session *s)
{
	struct proxy_counters *fe =
		&s->listener->proxy->counters[s->worker->index][PROXY_COUNTERS_FRONTEND];

	proxy_count(&fe->connections, 1);
	if (!passes(s, RULE_TCP_CONNECTION)) {
		proxy_count(&fe->denied_connections, 1);
		return false;
	}
	proxy_count(&fe->sessions, 1);
	if (!passes(s, RULE_TCP_SESSION)) {
		proxy_count(&fe->denied_sessions, 1);
		return false;
	}
	if (s->tracks)
		tracking_session_begin(s);
	return true;
}

void session_begin(struct worker *w, struct listener *l, int fd, const struct addr *peer)
{
	struct session *s = session_new(w, l, peer);

	if (!s) {
		close(fd);
		accept_release(&w->accept, l);
		atomic_fetch_sub_explicit(&w->load, 1, memory_order_relaxed);
		return;
	}
	if (conn_attach(&s->client, w->loop, fd, session_event) || !is_admitted(s)) {
		session_close(s);
		return;
	}
	set_keepalive(s);
	if (l->conf->defer_accept)
		s->client.flags |= CONN_READABLE;
	if (session_conf(s)->mode == PROXY_MODE_TCP) {
		s->exchange = exchange_new(s);
		s->state = SESSION_BUSY;
		s->close_after = true;
		if (!s->exchange) {
			session_close(s);
			return;
		}
	}
	session_run(s);
}
