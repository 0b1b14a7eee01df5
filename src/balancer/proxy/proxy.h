/*
 * A proxy at run time: counters and limits of one configured frontend/backend/listen in this
 * balancer process. Counters are per thread and summed when shown; limits are shared atomics.
 */
#ifndef RELAIS_PROXY_PROXY_H
#define RELAIS_PROXY_PROXY_H

#include <stdatomic.h>

#include "balancer/proxy/proxy_conf.h"

enum proxy_counters_side { PROXY_COUNTERS_FRONTEND, PROXY_COUNTERS_BACKEND };

struct proxy_counters { /* one per thread and side; its thread adds, anybody reads */
	uint64_t sessions, requests, connections;
	uint64_t bytes_in, bytes_out;
	uint64_t denied_requests, denied_responses, denied_connections, denied_sessions;
	uint64_t failed_requests, failed_connects, failed_responses;
	uint64_t retries, redispatches, client_aborts, server_aborts;
	uint64_t responses[6]; /* 1xx .. 5xx, other */
	uint64_t connect_reused, lb_total;
} __attribute__((aligned(64)));

/* One writer, many readers: no locked instruction, and no reader sees half a number. */
static inline void proxy_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

struct backend;

struct proxy { /* one per proxy_conf */
	const struct proxy_conf *conf;
	struct proxy_counters (*counters)[2]; /* owned; [thread][enum proxy_counters_side] */
	unsigned n_threads;
	_Atomic unsigned fe_current, fe_max, be_current, be_max; /* sessions */
	_Atomic unsigned queued, queued_max;
	_Atomic unsigned fe_rate, be_rate; /* sessions begun in the last full second */
	_Atomic uint64_t fe_rate_max, be_rate_max;
	_Atomic unsigned req_rate, req_rate_max; /* requests likewise */
	uint64_t fe_seen, be_seen, req_seen;	 /* proxy_rate_tick's own */
	struct backend *backend; /* server/server.h; NULL without the backend side */
};

/* Of the whole process; admin/ shows them. */
struct balancer_totals {
	_Atomic unsigned connections; /* open client connections */
	_Atomic unsigned connections_max;
	_Atomic uint64_t total_connections;
	_Atomic bool draining;
};

/* 0 or -ENOMEM. backend is the caller's to fill. */
int proxy_init(struct proxy *p, const struct proxy_conf *conf, unsigned n_threads);
void proxy_fini(struct proxy *p);
struct proxy_counters proxy_counters_sum(const struct proxy *p, int side);
/* Once a second, from one thread. */
void proxy_rate_tick(struct proxy *p);

#endif
