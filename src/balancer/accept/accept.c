/*
 * Accepting. See accept.h. Runs on each balancer thread for itself; only counters are shared.
 *
 * A place is claimed in the three counters before accept4 is called, so that threads that race for
 * the last one cannot pass the limit; without a place the listener leaves the poller until this
 * thread gives one back, or until the timer looks again for places that other threads gave back.
 */
#include "balancer/accept/accept.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { RECHECK_US = 10000, NO_FDS_US = 100000 };

static bool claim_one(_Atomic unsigned *count, unsigned limit)
{
	unsigned now = atomic_fetch_add_explicit(count, 1, memory_order_relaxed) + 1;

	if (limit > 0 && now > limit) {
		atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
		return false;
	}
	return true;
}

/* A claim counts for the maximum once there is a connection behind it. */
static void note_most(const _Atomic unsigned *count, _Atomic unsigned *most)
{
	unsigned now = atomic_load_explicit(count, memory_order_relaxed);

	if (now > atomic_load_explicit(most, memory_order_relaxed))
		atomic_store_explicit(most, now, memory_order_relaxed);
}

static void unclaim_one(_Atomic unsigned *count)
{
	atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
}

static bool claim(struct accept_thread *t, struct listener *l)
{
	struct proxy *p = l->proxy;

	if (!p) /* an operator must always get in */
		return true;
	if (!claim_one(&t->totals->connections, t->maxconn))
		return false;
	if (!claim_one(&p->fe_current, p->conf->maxconn > 0 ? (unsigned)p->conf->maxconn : 0)) {
		unclaim_one(&t->totals->connections);
		return false;
	}
	if (!claim_one(&l->current, l->conf->maxconn > 0 ? (unsigned)l->conf->maxconn : 0)) {
		unclaim_one(&t->totals->connections);
		unclaim_one(&p->fe_current);
		return false;
	}
	return true;
}

static void unclaim(struct accept_thread *t, struct listener *l)
{
	if (!l->proxy)
		return;
	unclaim_one(&t->totals->connections);
	unclaim_one(&l->proxy->fe_current);
	unclaim_one(&l->current);
}

static void note_connection(struct accept_thread *t, struct listener *l)
{
	atomic_fetch_add_explicit(&t->totals->total_connections, 1, memory_order_relaxed);
	note_most(&t->totals->connections, &t->totals->connections_max);
	note_most(&l->proxy->fe_current, &l->proxy->fe_max);
	note_most(&l->current, &l->current_max);
}

static void pause_acceptor(struct acceptor *a, int64_t look_again_us)
{
	struct accept_thread *t = a->thread;

	if (a->paused)
		return;
	loop_fd_del(t->loop, &a->lfd);
	a->paused = true;
	t->n_paused++;
	if (!loop_timer_armed(&t->resume))
		loop_timer_set(t->loop, &t->resume, loop_now_us(t->loop) + look_again_us);
}

static void resume_all(struct accept_thread *t)
{
	for (unsigned i = 0; i < t->n_acceptors && !t->stopped; i++) {
		struct acceptor *a = &t->acceptors[i];

		if (!a->paused)
			continue;
		if (loop_fd_add(t->loop, &a->lfd, (uint32_t)LOOP_IN | (uint32_t)LOOP_EXCLUSIVE))
			continue;
		a->paused = false;
		t->n_paused--;
	}
}

static void look_again(struct loop *loop, struct loop_timer *timer)
{
	struct accept_thread *t = container_of(timer, struct accept_thread, resume);

	resume_all(t);
	if (t->n_paused > 0 && !t->stopped)
		loop_timer_set(loop, timer, loop_now_us(loop) + RECHECK_US);
}

static void no_descriptors(struct acceptor *a, int err)
{
	struct accept_thread *t = a->thread;
	unsigned held;

	if (log_gate_open(&t->gate, loop_now_us(t->loop), 1, 10000000, &held))
		log_err("cannot accept on %s: %s; new connections wait, those we have stay",
			a->listener->proxy ? a->listener->proxy->conf->name : "the stats socket",
			err == EMFILE || err == ENFILE ? "all file descriptors are in use"
						       : "no memory for another socket");
	for (unsigned i = 0; i < t->n_acceptors; i++)
		pause_acceptor(&t->acceptors[i], NO_FDS_US);
}

/* 0: got one; 1: nothing more now; -errno: try later. */
static int accept_one(struct acceptor *a)
{
	struct accept_thread *t = a->thread;
	struct listener *l = a->listener;
	struct addr peer = {.len = sizeof(peer.un)};
	int fd = accept4(a->lfd.fd, &peer.sa, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		if (l->proxy)
			note_connection(t, l);
		atomic_fetch_add_explicit(&l->total, 1, memory_order_relaxed);
		t->on_connection(t, l, fd, &peer);
		return 0;
	}
	unclaim(t, l);
	switch (errno) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return -errno;
	case EINTR:
	case ECONNABORTED:
		return 0;
	default:
		return 1;
	}
}

static void acceptor_ready(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct acceptor *a = container_of(lfd, struct acceptor, lfd);
	struct accept_thread *t = a->thread;
	int done;

	(void)loop, (void)ready;
	for (unsigned n = 0; n < t->max_accept && !t->stopped && !a->paused; n++) {
		if (!claim(t, a->listener)) {
			pause_acceptor(a, RECHECK_US);
			return;
		}
		done = accept_one(a);
		if (done < 0)
			no_descriptors(a, -done);
		if (done != 0)
			return;
	}
}

int accept_start(struct accept_thread *t, struct listener *listeners, unsigned n_listeners)
{
	t->acceptors = calloc(n_listeners ? n_listeners : 1, sizeof(*t->acceptors));
	t->resume.on_expiry = look_again;
	if (!t->acceptors)
		return -ENOMEM;
	t->n_acceptors = n_listeners;
	for (unsigned i = 0; i < n_listeners; i++) {
		struct acceptor *a = &t->acceptors[i];
		int err;

		a->listener = &listeners[i];
		a->thread = t;
		a->lfd = (struct loop_fd){.on_ready = acceptor_ready, .fd = listeners[i].conf->fd};
		err = loop_fd_add(t->loop, &a->lfd, (uint32_t)LOOP_IN | (uint32_t)LOOP_EXCLUSIVE);
		if (err)
			return err;
		atomic_fetch_add(&a->listener->n_watching, 1);
	}
	return 0;
}

void accept_stop(struct accept_thread *t)
{
	if (t->stopped)
		return;
	t->stopped = true;
	loop_timer_clear(t->loop, &t->resume);
	for (unsigned i = 0; i < t->n_acceptors; i++) {
		struct acceptor *a = &t->acceptors[i];

		loop_fd_del(t->loop, &a->lfd);
		if (atomic_fetch_sub(&a->listener->n_watching, 1) == 1)
			close(a->lfd.fd);
	}
}

void accept_fini(struct accept_thread *t)
{
	free(t->acceptors);
	t->acceptors = NULL;
	t->n_acceptors = 0;
}

void accept_release(struct accept_thread *t, struct listener *l)
{
	unclaim(t, l);
	if (t->n_paused > 0)
		resume_all(t);
}
