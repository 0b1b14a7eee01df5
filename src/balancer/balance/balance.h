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

#include "core/base/slice.h"

enum { BALANCE_WEIGHT_MAX = 256 };

struct balance_entry { /* a member of struct server; written under the set owner's lock */
	uint32_t id;         /* stable number of the server, for hashing */
	uint32_t weight;     /* effective, 0..256; 0 takes no new sessions */
	bool usable;         /* in the present round: up, and backups only when they are due */
	uint32_t served;     /* sessions it has now; kept by the owner, read by leastconn */
	int64_t key;         /* an algorithm's own: round-robin's credit, ... */
};

struct balance_set {
	struct balance_entry **entries; /* owned by the backend; file order */
	uint32_t n_entries, total_weight, n_usable;
	uint32_t cursor;    /* round-robin's and first's place */
	uint32_t *ring;     /* an algorithm's table, owned; NULL = none */
	uint32_t n_ring;
	uint64_t random;    /* state of the generator */
};

struct balance_request { /* what a choice may depend on */
	uint64_t hash;   /* of the key the algorithm asked for (source address, ...) */
	bool has_hash;   /* false: fall back to round robin */
	const struct balance_entry *avoid; /* not this one if another is usable (redispatch) */
};

struct balance_algorithm {
	const char *name; /* as in the configuration: "roundrobin", "leastconn", ... */
	enum balance_key { BALANCE_KEY_NONE, BALANCE_KEY_SOURCE } key;
	/* Weights or usability changed: rebuild what depends on them. May be NULL. */
	void (*rebuild)(struct balance_set *set);
	/* A usable entry or NULL. */
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

#endif
