/*
 * A thread of the balancer: builds what belongs to it, beats, and ends when it is told to or, while
 * draining, when its last session is gone. Called by balancer.c.
 *
 * The beat comes from a timer of the same loop that moves the bytes: a loop that hangs does not
 * beat, and the failover process sees it within three beats.
 */
#include "balancer/flow/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "balancer/flow/exchange.h"
#include "core/base/regex.h"

enum { BEAT_US = 20000, SECOND_US = 1000000, KEPT_SESSIONS = 1024, KEPT_BUFFERS = 256 };

static void note_wall_clock(struct worker *w)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	w->wall_offset_us =
		(int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 - loop_clock_us(w->loop);
}

/* Sessions on a server whose kills went up since they were given it. */
static void end_killed(struct worker *w)
{
	struct list *at, *tmp;

	LIST_EACH_SAFE(at, tmp, &w->session_list)
	{
		struct session *s = container_of(at, struct session, link);
		struct exchange *x = s->exchange;

		if (x && x->server && x->server->kills != x->kills_seen) {
			x->reason = x->server->conf->backup && server_is_reachable(x->server)
					    ? REASON_BACKUP_LEFT
					    : REASON_SERVER_DOWN;
			session_run(s);
		}
	}
}

/* Drained and empty. The first thread, which hears the master, stays until the others have ended.
 */
static bool is_done(const struct worker *w)
{
	return w->draining && atomic_load(&w->load) == 0 &&
	       (w->index > 0 || atomic_load(&w->house->n_running) == 1);
}

static void beat(struct loop *loop, struct loop_timer *timer)
{
	struct worker *w = container_of(timer, struct worker, beat);
	int64_t now = loop_now_us(loop);
	unsigned kills = 0;

	if (w->house->slot)
		atomic_store_explicit(&w->house->slot->beat_us[w->index], now,
				      memory_order_relaxed);
	for (unsigned i = 0; i < w->house->n_proxies; i++) {
		struct backend *b = w->house->proxies[i].backend;

		if (!b)
			continue;
		kills += b->kills;
		if (w->index == 0)
			backend_tick(b, now);
	}
	if (kills != w->kills_seen) {
		w->kills_seen = kills;
		end_killed(w);
	}
	if (is_done(w))
		loop_stop(loop);
	loop_timer_set(loop, timer, now + BEAT_US);
}

static void each_second(struct loop *loop, struct loop_timer *timer)
{
	struct worker *w = container_of(timer, struct worker, second);
	int64_t now = loop_now_us(loop);

	note_wall_clock(w);
	if (w->index == 0)
		stick_house_tick(w->house->stick, now);
	for (unsigned i = 0; i < w->house->n_proxies; i++) {
		struct proxy *p = &w->house->proxies[i];

		if (w->index == 0)
			proxy_rate_tick(p);
		for (unsigned n = 0;
		     p->backend && n < p->backend->n_servers && w->servers.n_idle > 0; n++)
			server_idle_expire(&p->backend->servers[n], &w->servers, now);
	}
	loop_timer_set(loop, timer, now + SECOND_US);
}

static unsigned max_accept(const struct flow_house *house)
{
	if (house->conf->global.max_accept > 0)
		return (unsigned)house->conf->global.max_accept;
	return house->n_threads > 1 ? 8 : 64;
}

int worker_init(struct worker *w, struct flow_house *house, unsigned index)
{
	int err;

	*w = (struct worker){.house = house, .index = index};
	list_init(&w->session_list);
	w->loop = loop_new(&loop_epoll_ops);
	w->scratch = malloc(WORKER_SCRATCH_LEN);
	if (!w->loop || !w->scratch)
		return -ENOMEM;
	err = mailbox_init(&w->mailbox, w->loop);
	if (err)
		return err;
	server_thread_init(&w->servers, w->loop, index);
	pool_init(&w->sessions, sizeof(struct session), KEPT_SESSIONS);
	pool_init(&w->exchanges, sizeof(struct exchange), KEPT_BUFFERS);
	pool_init(&w->buffers, sizeof(struct flow_buffer) + house->buffer_len, KEPT_BUFFERS);
	log_sender_init(&w->log);
	note_wall_clock(w);
	w->accept = (struct accept_thread){.loop = w->loop,
					   .on_connection = incoming_accept,
					   .owner = w,
					   .totals = house->totals,
					   .maxconn = house->maxconn,
					   .max_accept = max_accept(house)};
	w->beat.on_expiry = beat;
	w->second.on_expiry = each_second;
	return 0;
}

void worker_fini(struct worker *w)
{
	for (unsigned i = 0; i < w->house->n_proxies; i++) {
		struct backend *b = w->house->proxies[i].backend;

		for (unsigned n = 0; b && n < b->n_servers; n++)
			server_idle_close_all(&b->servers[n], &w->servers);
	}
	accept_fini(&w->accept);
	server_thread_fini(&w->servers);
	pool_fini(&w->sessions);
	exchange_pool_fini(w);
	pool_fini(&w->buffers);
	log_sender_fini(&w->log);
	conn_pipe_drop_pool();
	mailbox_fini(&w->mailbox);
	loop_free(&w->loop);
	free(w->scratch);
}

void worker_run(struct worker *w)
{
	beat(w->loop, &w->beat);
	each_second(w->loop, &w->second);
	loop_run(w->loop);
	conn_pipe_drop_pool();
	regex_thread_end();
}

void worker_hang_up(struct worker *w)
{
	struct list *at, *tmp;

	w->ended = true;
	LIST_EACH_SAFE(at, tmp, &w->session_list)
	session_hang_up(container_of(at, struct session, link));
}

void worker_flush(struct worker *w)
{
	mailbox_flush(&w->mailbox);
}

void worker_drain(struct worker *w)
{
	struct list *at, *tmp;

	if (w->draining)
		return;
	w->draining = true;
	accept_stop(&w->accept);
	LIST_EACH_SAFE(at, tmp, &w->session_list)
	session_drain(container_of(at, struct session, link));
}

struct flow_buffer *worker_buffer_take(struct worker *w, size_t len)
{
	struct flow_buffer *b;

	if (len <= w->house->buffer_len) {
		b = pool_take(&w->buffers);
		if (b)
			b->cap = (uint32_t)w->house->buffer_len;
	} else {
		b = malloc(sizeof(*b) + len);
		if (b)
			b->cap = (uint32_t)len;
	}
	if (b)
		b->at = b->end = 0;
	return b;
}

void worker_buffer_give(struct worker *w, struct flow_buffer **buf)
{
	struct flow_buffer *b = *buf;

	*buf = NULL;
	if (!b)
		return;
	if (b->cap == w->house->buffer_len)
		pool_give(&w->buffers, b);
	else
		free(b);
}

struct proxy *house_proxy(const struct flow_house *house, const struct proxy_conf *conf)
{
	for (unsigned i = 0; i < house->n_proxies; i++)
		if (house->proxies[i].conf == conf)
			return &house->proxies[i];
	return NULL;
}
