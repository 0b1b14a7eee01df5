/*
 * Balancing: the list of algorithms, and what they share: counting who may be chosen and hashing
 * an address. Called by server/ under the backend's lock; pure.
 */
#include "balancer/balance/balance.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "balancer/balance/balance_algorithms.h"

const struct balance_algorithm *const balance_algorithms[] = {
	&balance_roundrobin,
	&balance_static_rr,
	&balance_leastconn,
	&balance_first,
	&balance_source,
	&balance_random,
	NULL,
};

const struct balance_algorithm *balance_find(struct slice name)
{
	for (unsigned i = 0; balance_algorithms[i]; i++)
		if (slice_eq_str(name, balance_algorithms[i]->name))
			return balance_algorithms[i];
	return NULL;
}

void balance_set_update(struct balance_set *set, const struct balance_algorithm *algo)
{
	set->total_weight = 0;
	set->n_usable = 0;
	for (uint32_t i = 0; i < set->n_entries; i++) {
		const struct balance_entry *e = set->entries[i];

		if (e->usable && e->weight > 0) {
			set->total_weight += e->weight;
			set->n_usable++;
		}
	}
	if (algo->rebuild)
		algo->rebuild(set);
}

void balance_set_fini(struct balance_set *set)
{
	free(set->ring);
	set->ring = NULL;
	set->n_ring = 0;
}

/* Words of the address folded together: neighbours land on neighbouring servers, and whoever
 * moves over from HAProxy keeps its clients where they are. */
bool balance_hash_address(const struct addr *a, uint64_t *hash)
{
	uint32_t word, sum = 0;

	if (a->len == 0)
		return false;
	if (a->sa.sa_family == AF_INET) {
		*hash = ntohl(a->in4.sin_addr.s_addr);
		return true;
	}
	if (a->sa.sa_family != AF_INET6)
		return false;
	for (unsigned i = 0; i < 16; i += 4) {
		memcpy(&word, &a->in6.sin6_addr.s6_addr[i], sizeof(word));
		sum ^= ntohl(word);
	}
	*hash = sum;
	return true;
}
