/*
 * Balancing: choosing one of several servers. Pure: an algorithm sees only struct balance_entry,
 * one per server, and its own small state; it knows no sockets, no clock, no locks.
 *
 * A backend keeps one struct balance_set. Which entries may be chosen (up, not draining, backups in
 * turn) is decided by the owner and written with balance_set_update; the pick functions are called
 * on every thread under the set's owner's lock.
 */
#ifndef RELAIS_BALANCE_BALANCE_H
#define RELAIS_BALANCE_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"

enum { BALANCE_WEIGHT_MAX = 256 };

struct balance_entry {	     /* a member of struct server; written under the set owner's lock */
	uint32_t id;	     /* stable number of the server, for hashing */
	uint32_t weight;     /* effective, 0..256; 0 takes no new sessions */
	bool usable;	     /* in the present round: up, and backups only when they are due */
	uint32_t served;     /* sessions it has now; kept by the owner, read by leastconn */
	uint32_t max_served; /* no more at a time; 0 = no bound */
	int64_t key;	     /* an algorithm's own: round-robin's credit, ... */
};

struct balance_set {
	struct balance_entry **entries; /* owned by the backend; file order */
	uint32_t n_entries, total_weight, n_usable;
	uint32_t cursor; /* round-robin's and first's place */
	uint32_t *ring;	 /* an algorithm's table, owned; NULL = none */
	uint32_t n_ring;
	uint64_t random; /* state of the generator */
	uint32_t draws;	 /* random: candidates per choice; 0 = 2 */
};

struct balance_request { /* what a choice may depend on */
	uint64_t hash;	 /* of the key the algorithm asked for (source address, ...) */
	bool has_hash;	 /* false: fall back to round robin */
	const struct balance_entry *avoid; /* not this one if another is usable (redispatch) */
};

struct balance_algorithm {
	const char *name; /* as in the configuration: "roundrobin", "leastconn", ... */
	enum balance_key { BALANCE_KEY_NONE, BALANCE_KEY_SOURCE } key;
	/* Weights or usability changed: rebuild what depends on them. May be NULL. */
	void (*rebuild)(struct balance_set *set);
	/* A usable entry. NULL: none is usable, or (n_usable > 0) all are at max_served and the
	 * session waits in the backend's queue. Algorithms that hash stick to their entry even when
	 * it is full: the session then waits in that server's queue. */
	struct balance_entry *(*pick)(struct balance_set *set, const struct balance_request *req);
	/* served changed by one. May be NULL. */
	void (*served_changed)(struct balance_set *set, struct balance_entry *entry);
	const char *doc;
};

/* NULL-terminated, in documentation order: roundrobin static-rr leastconn first source random. */
extern const struct balance_algorithm *const balance_algorithms[];

const struct balance_algorithm *balance_find(struct slice name); /* NULL: none of that name */
/* Counts usable entries and their weights, then the algorithm's rebuild. */
void balance_set_update(struct balance_set *set, const struct balance_algorithm *algo);
void balance_set_fini(struct balance_set *set);

/* The hash that `balance source` wants of a client's address; false for a family without one. */
bool balance_hash_address(const struct addr *a, uint64_t *hash);

/* For algorithms: may this entry be given another session? */
static inline bool balance_entry_is_open(const struct balance_entry *e)
{
	return e->usable && e->weight > 0 && (e->max_served == 0 || e->served < e->max_served);
}

#endif
