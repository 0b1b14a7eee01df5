/*
 * Connections to servers: opened, kept idle for reuse, closed. Each thread has its own list per
 * server, newest last: reuse takes the newest, expiry the oldest. Only the owning thread touches a
 * list; the counts are read by whoever shows them.
 */
#include <errno.h>
#include <stdlib.h>

#include "balancer/server/server.h"
#include "balancer/server/server_set.h"

enum { IDLE_MAX = 4096, CONNS_KEPT = 256 };

struct server_idle { /* one per thread and server */
	_Alignas(64) struct list conns;
	_Atomic unsigned n;
	unsigned n_threads; /* in the first */
};

struct server_idle *server_idle_new(unsigned n_threads)
{
	struct server_idle *idle = aligned_alloc(64, sizeof(*idle) * n_threads);

	for (unsigned i = 0; idle && i < n_threads; i++) {
		list_init(&idle[i].conns);
		idle[i].n = 0;
		idle[i].n_threads = n_threads;
	}
	return idle;
}

void server_idle_free(struct server_idle **idle)
{
	free(*idle);
	*idle = NULL;
}

void server_thread_init(struct server_thread *t, struct loop *loop, unsigned index)
{
	*t = (struct server_thread){.loop = loop, .index = index};
	pool_init(&t->conns, sizeof(struct server_conn), CONNS_KEPT);
}

void server_thread_fini(struct server_thread *t)
{
	pool_fini(&t->conns);
}

struct server_conn *server_conn_open(struct server *s, struct server_thread *t,
				     const struct conn_target *to, conn_fn *on_event, int *err)
{
	struct server_conn *sc = pool_take(&t->conns);

	if (!sc) {
		*err = -ENOMEM;
		return NULL;
	}
	*err = conn_open(&sc->conn, t->loop, to, on_event);
	if (*err) {
		pool_give(&t->conns, sc);
		return NULL;
	}
	sc->server = s;
	sc->owner = NULL;
	sc->thread = t;
	sc->n_uses = 0;
	list_init(&sc->link);
	atomic_fetch_add_explicit(&s->counters.connect_new, 1, memory_order_relaxed);
	return sc;
}

static struct server_idle *idle_of(struct server *s, const struct server_thread *t)
{
	return &s->idle[t->index];
}

static void unlink_idle(struct server_conn *sc)
{
	struct server_idle *idle = idle_of(sc->server, sc->thread);

	list_del(&sc->link);
	atomic_store_explicit(&idle->n, idle->n - 1, memory_order_relaxed);
	sc->thread->n_idle--;
}

void server_conn_close(struct server_conn *sc)
{
	conn_close(&sc->conn);
	pool_give(&sc->thread->conns, sc);
}

void server_conn_abort(struct server_conn *sc)
{
	conn_abort(&sc->conn);
	pool_give(&sc->thread->conns, sc);
}

/* Nobody has asked it anything: whatever comes now means that it is of no more use. */
static void idle_event(struct conn *c)
{
	struct server_conn *sc = container_of(c, struct server_conn, conn);

	if (!(c->flags & (CONN_READABLE | CONN_HANGUP | CONN_ERROR)))
		return;
	unlink_idle(sc);
	server_conn_close(sc);
}

struct server_conn *server_conn_take_idle(struct server *s, struct server_thread *t)
{
	struct server_idle *idle = idle_of(s, t);
	struct server_conn *sc;

	if (list_empty(&idle->conns))
		return NULL;
	sc = container_of(idle->conns.prev, struct server_conn, link);
	unlink_idle(sc);
	atomic_fetch_add_explicit(&s->counters.connect_reused, 1, memory_order_relaxed);
	return sc;
}

static unsigned idle_bound(const struct server *s)
{
	int max = s->conf->pool_max_conn;
	unsigned n_threads = s->backend->n_threads;

	if (max < 0)
		return IDLE_MAX;
	return ((unsigned)max + n_threads - 1) / n_threads;
}

void server_conn_give_idle(struct server_conn *sc)
{
	struct server_idle *idle = idle_of(sc->server, sc->thread);

	if (sc->conn.flags & CONN_WRITE_END || !conn_is_quiet(&sc->conn) ||
	    idle->n >= idle_bound(sc->server) || !server_is_reachable(sc->server)) {
		server_conn_close(sc);
		return;
	}
	sc->owner = NULL;
	sc->conn.on_event = idle_event;
	sc->idle_since_us = loop_now_us(sc->thread->loop);
	list_push(&idle->conns, &sc->link);
	atomic_store_explicit(&idle->n, idle->n + 1, memory_order_relaxed);
	sc->thread->n_idle++;
}

static void close_idle_before(struct server *s, struct server_thread *t, int64_t before_us)
{
	struct server_idle *idle = idle_of(s, t);

	while (!list_empty(&idle->conns)) {
		struct server_conn *sc = container_of(idle->conns.next, struct server_conn, link);

		if (sc->idle_since_us > before_us)
			return;
		unlink_idle(sc);
		server_conn_close(sc);
	}
}

void server_idle_expire(struct server *s, struct server_thread *t, int64_t now_us)
{
	int keep_ms = s->conf->pool_purge_ms > 0 ? s->conf->pool_purge_ms : 5000;

	if (!server_is_reachable(s))
		keep_ms = 0;
	close_idle_before(s, t, now_us - (int64_t)keep_ms * 1000);
}

void server_idle_close_all(struct server *s, struct server_thread *t)
{
	close_idle_before(s, t, INT64_MAX);
}

unsigned server_idle_count(const struct server *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->idle[0].n_threads; i++)
		n += s->idle[i].n;
	return n;
}
