/*
 * random: draw some servers by weight and take the least loaded of them. Two draws are enough to
 * keep the load even without anybody having to know all of it (power of two choices).
 */
#include "balancer/balance/balance_algorithms.h"

/* SplitMix64: any state is a good one, zero too. */
static uint64_t next_random(struct balance_set *set)
{
	uint64_t z = set->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static struct balance_entry *draw(struct balance_set *set, const struct balance_entry *avoid,
				  uint64_t total)
{
	uint64_t left = next_random(set) % total;

	for (uint32_t i = 0; i < set->n_entries; i++) {
		struct balance_entry *e = set->entries[i];

		if (e == avoid || !balance_entry_is_open(e))
			continue;
		if (left < e->weight)
			return e;
		left -= e->weight;
	}
	return NULL;
}

static struct balance_entry *find(struct balance_set *set, const struct balance_entry *avoid)
{
	struct balance_entry *best = NULL;
	uint64_t total = 0;

	for (uint32_t i = 0; i < set->n_entries; i++)
		if (set->entries[i] != avoid && balance_entry_is_open(set->entries[i]))
			total += set->entries[i]->weight;
	if (total == 0)
		return NULL;
	for (uint32_t n = set->draws ? set->draws : 2; n > 0; n--) {
		struct balance_entry *e = draw(set, avoid, total);

		if (!best ||
		    (uint64_t)e->served * best->weight < (uint64_t)best->served * e->weight)
			best = e;
	}
	return best;
}

static struct balance_entry *pick(struct balance_set *set, const struct balance_request *req)
{
	struct balance_entry *e = find(set, req->avoid);

	return e || !req->avoid ? e : find(set, NULL);
}

const struct balance_algorithm balance_random = {
	.name = "random",
	.pick = pick,
	.doc = "the least loaded of two servers drawn by weight",
};
