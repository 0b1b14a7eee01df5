/*
 * static-rr and source: both read a ring in which each usable entry stands weight times, spread
 * evenly. static-rr walks it, source points into it by the client's address. The ring is built
 * when weights or usability change, so a choice costs the same for any number of servers.
 */
#include <stdlib.h>

#include "balancer/balance/balance_algorithms.h"
#include "core/base/die.h"

/* Each place, all earn their weight; whoever has whole turns to claim goes first, equals in file
 * order. Measured on HAProxy: the same weights give the same table there, so that with `source`
 * clients keep their servers when relais takes over. */
static void fill(struct balance_set *set)
{
	int64_t total = set->total_weight;

	for (uint32_t i = 0; i < set->n_entries; i++)
		set->entries[i]->key = total;
	for (uint32_t place = 0; place < set->total_weight; place++) {
		uint32_t best = set->n_entries;
		int64_t best_turns = 0;

		for (uint32_t i = 0; i < set->n_entries; i++) {
			struct balance_entry *e = set->entries[i];

			if (!e->usable || e->weight == 0)
				continue;
			e->key += e->weight;
			if (best == set->n_entries || e->key / total > best_turns) {
				best = i;
				best_turns = e->key / total;
			}
		}
		set->entries[best]->key -= total;
		set->ring[place] = best;
	}
}

static void rebuild(struct balance_set *set)
{
	uint32_t *ring;

	set->n_ring = set->total_weight;
	if (set->cursor >= set->n_ring)
		set->cursor = 0;
	if (set->n_ring == 0)
		return;
	ring = realloc(set->ring, set->n_ring * sizeof(*ring));
	if (!ring)
		die_no_memory();
	set->ring = ring;
	fill(set);
}

static struct balance_entry *walk(struct balance_set *set, const struct balance_entry *avoid)
{
	for (uint32_t n = 0; n < set->n_ring; n++) {
		struct balance_entry *e = set->entries[set->ring[set->cursor]];

		set->cursor = set->cursor + 1 < set->n_ring ? set->cursor + 1 : 0;
		if (e != avoid && balance_entry_is_open(e))
			return e;
	}
	return NULL;
}

static struct balance_entry *pick_next(struct balance_set *set, const struct balance_request *req)
{
	struct balance_entry *e = walk(set, req->avoid);

	return e || !req->avoid ? e : walk(set, NULL);
}

static struct balance_entry *pick_hashed(struct balance_set *set, const struct balance_request *req)
{
	uint32_t place;

	if (!req->has_hash)
		return pick_next(set, req);
	if (set->n_ring == 0)
		return NULL;
	place = (uint32_t)(req->hash % set->n_ring);
	if (set->entries[set->ring[place]] != req->avoid || set->n_usable < 2)
		return set->entries[set->ring[place]];
	while (set->entries[set->ring[place]] == req->avoid)
		place = place + 1 < set->n_ring ? place + 1 : 0;
	return set->entries[set->ring[place]];
}

const struct balance_algorithm balance_static_rr = {
	.name = "static-rr",
	.rebuild = rebuild,
	.pick = pick_next,
	.doc = "each server in turn along a table made of the weights",
};

const struct balance_algorithm balance_source = {
	.name = "source",
	.key = BALANCE_KEY_SOURCE,
	.rebuild = rebuild,
	.pick = pick_hashed,
	.doc = "the client's address decides: one client, one server, while the servers stay the "
	       "same",
};
