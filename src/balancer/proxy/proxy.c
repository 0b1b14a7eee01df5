/*
 * A proxy's counters: memory, sums, rates. Built by balancer.c before threads start; sums are read
 * by admin/ on any thread.
 */
#include "balancer/proxy/proxy.h"

#include <errno.h>
#include <stdlib.h>

int proxy_init(struct proxy *p, const struct proxy_conf *conf, unsigned n_threads)
{
	p->conf = conf;
	p->n_threads = n_threads;
	p->counters = aligned_alloc(64, sizeof(*p->counters) * n_threads);
	if (!p->counters)
		return -ENOMEM;
	memset(p->counters, 0, sizeof(*p->counters) * n_threads);
	return 0;
}

void proxy_fini(struct proxy *p)
{
	free(p->counters);
	p->counters = NULL;
}

/* The struct is nothing but 64-bit counters. */
struct proxy_counters proxy_counters_sum(const struct proxy *p, int side)
{
	struct proxy_counters sum;
	uint64_t *to = (uint64_t *)(void *)&sum;

	memset(&sum, 0, sizeof(sum));
	for (unsigned t = 0; t < p->n_threads; t++) {
		const uint64_t *from = (const uint64_t *)(const void *)&p->counters[t][side];

		for (size_t i = 0; i < sizeof(sum) / sizeof(*to); i++)
			to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	}
	return sum;
}

void proxy_rate_tick(struct proxy *p)
{
	struct proxy_counters fe = proxy_counters_sum(p, PROXY_COUNTERS_FRONTEND);
	struct proxy_counters be = proxy_counters_sum(p, PROXY_COUNTERS_BACKEND);

	p->fe_rate = (unsigned)(fe.sessions - p->fe_seen);
	p->be_rate = (unsigned)(be.sessions - p->be_seen);
	p->req_rate = (unsigned)(fe.requests - p->req_seen);
	p->fe_seen = fe.sessions;
	p->be_seen = be.sessions;
	p->req_seen = fe.requests;
	if (p->fe_rate > p->fe_rate_max)
		p->fe_rate_max = p->fe_rate;
	if (p->be_rate > p->be_rate_max)
		p->be_rate_max = p->be_rate;
	if (p->req_rate > p->req_rate_max)
		p->req_rate_max = p->req_rate;
}
