/*
 * A balancer thread: its loop and everything that belongs to it alone, so that the data path shares
 * nothing but published facts. The house is what all threads have in common.
 */
#ifndef RELAIS_FLOW_WORKER_H
#define RELAIS_FLOW_WORKER_H

#include <pthread.h>

#include "balancer/accept/accept.h"
#include "balancer/proxy/stats_page.h"
#include "balancer/rules/rules.h"
#include "balancer/server/server.h"
#include "balancer/stick/stick_rules.h"
#include "core/log/target.h"
#include "core/sys/shared_page.h"

struct flow_house { /* built by balancer.c before threads start; read-only afterwards */
	const struct balancer_conf *conf;
	struct proxy *proxies;
	unsigned n_proxies, n_threads;
	unsigned maxconn;
	struct balancer_totals *totals;
	struct listener *listeners; /* owned by balancer.c */
	unsigned n_listeners;
	struct shared_slot *slot; /* heartbeats; NULL = none */
	void (*admin_accept)(struct loop *loop, int fd, const struct listener_conf *l);
	const struct stats_page_ops *stats_page;
	struct stick_house *stick; /* owned by balancer.c */
	struct worker *workers;
	size_t buffer_len;	    /* tune.bufsize */
	_Atomic unsigned n_running; /* threads in their loops */
};

struct flow_buffer { /* pooled; of ordinary length, or made to measure when one is too short */
	struct pool_item link;
	uint32_t cap, at, end; /* data[at..end) is filled */
	char data[];
};

enum { WORKER_SCRATCH_LEN = 64 * 1024 };

struct worker {
	struct loop *loop; /* owned */
	struct flow_house *house;
	unsigned index;
	struct mailbox mailbox;
	struct accept_thread accept;
	struct server_thread servers;
	struct pool sessions, exchanges, buffers;
	struct log_sender log;
	struct list session_list; /* all of this thread */
	_Atomic unsigned load;	  /* sessions, and connections on their way here */
	bool draining, ended;
	struct loop_timer beat, second;
	unsigned kills_seen; /* sum of the backends' kills */
	uint64_t n_logged;
	struct log_gate refusals; /* lines about what peers sent */
	struct log_gate lacks;	  /* about descriptors, ports, memory that ran out */
	int64_t wall_offset_us;	  /* CLOCK_REALTIME minus loop time, as of the last second */
	pthread_t thread;
	char *scratch; /* WORKER_SCRATCH_LEN: bytes on their way through */
};

int worker_init(struct worker *w, struct flow_house *house, unsigned index); /* 0 or -errno */
void worker_fini(struct worker *w);
/* When all threads have ended, of each worker in turn: what a stop has left open is closed. Then,
 * of each: letters that were under way. Then worker_fini. */
void worker_hang_up(struct worker *w);
void worker_flush(struct worker *w);
/* Accepts and serves until worker_stop, or until drained and empty. On the thread itself. */
void worker_run(struct worker *w);
/* From the worker's own thread (or by letter): no more connections, end when the last is gone. */
void worker_drain(struct worker *w);

struct flow_buffer *worker_buffer_take(struct worker *w, size_t len); /* NULL: no memory */
void worker_buffer_give(struct worker *w, struct flow_buffer **buf);

/* accept_fn: to this thread or, when it has clearly more than another, to that one. */
void incoming_accept(struct accept_thread *t, struct listener *l, int fd, const struct addr *peer);

struct proxy *house_proxy(const struct flow_house *house, const struct proxy_conf *conf);

static inline int64_t worker_now_us(const struct worker *w)
{
	return loop_now_us(w->loop);
}

#endif
