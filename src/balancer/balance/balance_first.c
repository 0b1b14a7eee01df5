/*
 * first: fill the server with the lowest id up to its maxconn, then the next; the others can sleep.
 */
#include "balancer/balance/balance_algorithms.h"

static struct balance_entry *find(struct balance_set *set, const struct balance_entry *avoid)
{
	struct balance_entry *best = NULL;

	for (uint32_t i = 0; i < set->n_entries; i++) {
		struct balance_entry *e = set->entries[i];

		if (e != avoid && balance_entry_is_open(e) && (!best || e->id < best->id))
			best = e;
	}
	return best;
}

static struct balance_entry *pick(struct balance_set *set, const struct balance_request *req)
{
	struct balance_entry *e = find(set, req->avoid);

	return e || !req->avoid ? e : find(set, NULL);
}

const struct balance_algorithm balance_first = {
	.name = "first",
	.pick = pick,
	.doc = "the first server by id that is below its maxconn; the weights do not count",
};
