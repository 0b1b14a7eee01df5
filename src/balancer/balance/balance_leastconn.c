/*
 * leastconn: the open entry with the fewest sessions for its weight; equals take turns, so that
 * idle servers are all used.
 */
#include "balancer/balance/balance_algorithms.h"

/* a.served / a.weight < b.served / b.weight */
static bool is_less_loaded(const struct balance_entry *a, const struct balance_entry *b)
{
	return (uint64_t)a->served * b->weight < (uint64_t)b->served * a->weight;
}

static struct balance_entry *find(struct balance_set *set, const struct balance_entry *avoid)
{
	struct balance_entry *best = NULL;
	uint32_t place = set->cursor < set->n_entries ? set->cursor : 0;
	uint32_t found = 0;

	for (uint32_t n = 0; n < set->n_entries; n++) {
		struct balance_entry *e = set->entries[place];

		place = place + 1 < set->n_entries ? place + 1 : 0;
		if (e == avoid || !balance_entry_is_open(e))
			continue;
		if (!best || is_less_loaded(e, best)) {
			best = e;
			found = place;
		}
	}
	if (best)
		set->cursor = found;
	return best;
}

static struct balance_entry *pick(struct balance_set *set, const struct balance_request *req)
{
	struct balance_entry *e = find(set, req->avoid);

	return e || !req->avoid ? e : find(set, NULL);
}

const struct balance_algorithm balance_leastconn = {
	.name = "leastconn",
	.pick = pick,
	.doc = "the server with the fewest sessions for its weight; for long sessions",
};
