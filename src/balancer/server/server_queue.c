/*
 * Who gets which server, and who waits: assignment, places given back, the queues of servers and
 * backend. Called by flow on every thread; everything under the backend's lock, which is held for
 * the few instructions of one choice.
 *
 * A waiter is told by a letter to its thread's mailbox. From the moment the letter is posted the
 * waiter is in no queue any more; server_waiter_cancel then answers false and the letter has to be
 * awaited.
 */
#include "balancer/server/server.h"
#include "balancer/server/server_set.h"

static void served_changed(struct server *s)
{
	const struct balance_algorithm *algo = s->backend->proxy->conf->balance;

	if (algo && algo->served_changed)
		algo->served_changed(&s->backend->set, &s->entry);
	atomic_store_explicit(&s->current, s->entry.served, memory_order_relaxed);
}

/* minconn: few places while the backend is quiet, up to maxconn at fullconn sessions. */
static void move_bound(struct server *s)
{
	const struct proxy *p = s->backend->proxy;
	unsigned full = (unsigned)p->conf->fullconn, now = p->be_current, part;
	const struct server_conf *conf = s->conf;

	if (conf->minconn <= 0 || conf->maxconn <= 0)
		return;
	part = full > 0 && now < full ? (unsigned)((uint64_t)conf->maxconn * now / full)
				      : (unsigned)conf->maxconn;
	s->entry.max_served = part > (unsigned)conf->minconn ? part : (unsigned)conf->minconn;
}

static bool has_room(struct server *s)
{
	if (s->backend->has_minconn)
		move_bound(s);
	return s->entry.max_served == 0 || s->entry.served < s->entry.max_served;
}

static void take_place(struct server *s, struct server_waiter *w)
{
	s->entry.served++;
	served_changed(s);
	if (s->entry.served > atomic_load_explicit(&s->current_max, memory_order_relaxed))
		atomic_store_explicit(&s->current_max, s->entry.served, memory_order_relaxed);
	atomic_fetch_add_explicit(&s->counters.sessions, 1, memory_order_relaxed);
	w->server = s;
	w->queued = false;
}

static void count_queued(struct backend *b, struct server *s, int by)
{
	struct proxy *p = b->proxy;
	unsigned now = atomic_fetch_add(&p->queued, (unsigned)by) + (unsigned)by;

	if (now > p->queued_max)
		p->queued_max = now;
	if (!s)
		return;
	now = atomic_fetch_add(&s->queued, (unsigned)by) + (unsigned)by;
	if (now > s->queued_max)
		s->queued_max = now;
}

static enum server_assign_result enqueue(struct backend *b, struct server *s,
					 struct server_waiter *w)
{
	if (s && s->conf->maxqueue > 0 && s->queued >= (unsigned)s->conf->maxqueue)
		return SERVER_QUEUE_FULL;
	w->queued = true;
	w->queued_at = s;
	w->server = NULL;
	w->ticket = b->next_ticket++;
	list_push(s ? &s->queue : &b->queue, &w->link);
	count_queued(b, s, 1);
	return SERVER_QUEUED;
}

static struct server *pick(struct backend *b, const struct balance_request *req)
{
	struct balance_entry *e;

	if (b->set.n_usable == 0 || !b->proxy->conf->balance)
		return NULL;
	if (b->has_minconn)
		for (unsigned i = 0; i < b->n_servers; i++)
			move_bound(&b->servers[i]);
	e = b->proxy->conf->balance->pick(&b->set, req);
	return e ? container_of(e, struct server, entry) : NULL;
}

static enum server_assign_result assign(struct backend *b, const struct server_choice *choice,
					struct server_waiter *w)
{
	struct server *s = choice->want;

	if (s && !server_is_reachable(s) && !choice->want_only)
		s = NULL;
	if (!s) {
		s = pick(b, &choice->balance);
		if (s)
			atomic_fetch_add_explicit(&s->counters.lb_total, 1, memory_order_relaxed);
		else if (b->set.n_usable == 0)
			return SERVER_NONE_UP;
	}
	if (!s || !has_room(s))
		return enqueue(b, s, w);
	take_place(s, w);
	return SERVER_ASSIGNED;
}

enum server_assign_result server_assign(struct backend *b, const struct server_choice *choice,
					struct server_waiter *w)
{
	enum server_assign_result result;

	pthread_mutex_lock(&b->lock);
	result = assign(b, choice, w);
	pthread_mutex_unlock(&b->lock);
	return result;
}

static void tell(struct server_waiter *w)
{
	count_queued(w->queued_at ? w->queued_at->backend : w->server->backend, w->queued_at, -1);
	list_del(&w->link);
	w->queued = false;
	mailbox_post(w->mailbox, &w->letter);
}

/* Whoever came first, of the server's own queue and the backend's. */
static struct server_waiter *next_waiter(struct server *s)
{
	struct list *own = &s->queue, *common = &s->backend->queue;
	struct server_waiter *a, *b;

	if (!server_is_usable(s) || !s->entry.usable)
		common = own; /* takes only what belongs to it */
	if (list_empty(own) && list_empty(common))
		return NULL;
	if (list_empty(own))
		return container_of(common->next, struct server_waiter, link);
	a = container_of(own->next, struct server_waiter, link);
	if (list_empty(common))
		return a;
	b = container_of(common->next, struct server_waiter, link);
	return a->ticket <= b->ticket ? a : b;
}

void server_queue_hand_on(struct server *s)
{
	struct server_waiter *w;

	if (!server_is_reachable(s))
		return;
	while (has_room(s) && (w = next_waiter(s))) {
		take_place(s, w);
		tell(w);
	}
}

unsigned server_queue_send_back(struct server *s)
{
	unsigned n = 0;

	while (!list_empty(&s->queue)) {
		struct server_waiter *w = container_of(s->queue.next, struct server_waiter, link);

		w->server = NULL;
		tell(w);
		n++;
	}
	return n;
}

void server_release(struct server *s)
{
	struct backend *b = s->backend;

	pthread_mutex_lock(&b->lock);
	s->entry.served--;
	served_changed(s);
	if (!list_empty(&s->queue) || !list_empty(&b->queue))
		server_queue_hand_on(s);
	pthread_mutex_unlock(&b->lock);
}

bool server_waiter_cancel(struct backend *b, struct server_waiter *w)
{
	bool was_queued;

	pthread_mutex_lock(&b->lock);
	was_queued = w->queued;
	if (was_queued) {
		list_del(&w->link);
		w->queued = false;
		count_queued(b, w->queued_at, -1);
	}
	pthread_mutex_unlock(&b->lock);
	return was_queued;
}
