/*
 * The algorithms by name, for balance.c's list; nobody else needs them.
 */
#ifndef RELAIS_BALANCE_ALGORITHMS_H
#define RELAIS_BALANCE_ALGORITHMS_H

#include "balancer/balance/balance.h"

extern const struct balance_algorithm balance_roundrobin, balance_static_rr, balance_leastconn,
	balance_first, balance_source, balance_random;

/* The turn of weighted round robin, also for algorithms that lack their key. */
struct balance_entry *balance_roundrobin_pick(struct balance_set *set,
					      const struct balance_request *req);

#endif
