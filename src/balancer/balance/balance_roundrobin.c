/*
 * roundrobin: each turn every open entry earns its weight, the richest is chosen and pays what all
 * earned. Over total_weight turns each is chosen weight times, as evenly spread as can be, and a
 * weight changed at run time simply earns at the new rate.
 */
#include "balancer/balance/balance_algorithms.h"

static void rebuild(struct balance_set *set)
{
	for (uint32_t i = 0; i < set->n_entries; i++)
		if (!set->entries[i]->usable || set->entries[i]->weight == 0)
			set->entries[i]->key = 0;
}

static struct balance_entry *take_turn(struct balance_set *set, const struct balance_entry *avoid)
{
	struct balance_entry *best = NULL;
	int64_t paid = 0;

	for (uint32_t i = 0; i < set->n_entries; i++) {
		struct balance_entry *e = set->entries[i];

		if (e == avoid || !balance_entry_is_open(e))
			continue;
		e->key += e->weight;
		paid += e->weight;
		if (!best || e->key > best->key)
			best = e;
	}
	if (best)
		best->key -= paid;
	return best;
}

struct balance_entry *balance_roundrobin_pick(struct balance_set *set,
					      const struct balance_request *req)
{
	struct balance_entry *e = take_turn(set, req->avoid);

	return e || !req->avoid ? e : take_turn(set, NULL);
}

const struct balance_algorithm balance_roundrobin = {
	.name = "roundrobin",
	.rebuild = rebuild,
	.pick = balance_roundrobin_pick,
	.doc = "each server in turn, as often as its weight says; weights may change at run time",
};
