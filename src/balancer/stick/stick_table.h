/*
 * A table of keys with what is known about each: the server it sticks to, counters, rates, tags.
 * Shared by all threads: keys are spread over shards, each with a lock that is held from
 * stick_open to stick_close, for the few instructions in between. Memory is bounded by `size`:
 * when the table is full the entry that was not touched for longest makes room (or none does:
 * nopurge). Time is the loop's, a parameter.
 */
#ifndef RELAIS_STICK_TABLE_H
#define RELAIS_STICK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/slice.h"
#include "core/conf/diag.h"

enum stick_key_type {
	STICK_KEY_IP,	   /* 4 bytes */
	STICK_KEY_IPV6,	   /* 16 bytes */
	STICK_KEY_INTEGER, /* 4 bytes, host order */
	STICK_KEY_STRING,  /* up to key_len */
	STICK_KEY_BINARY,  /* exactly key_len, zeroes behind what is shorter */
};

enum stick_data {
#define DATA(constant, name, kind, element) STICK_##constant,
#include "balancer/stick/stick_data.def"
#undef DATA
	STICK_DATA_TYPES
};

enum stick_kind { STICK_NUM, STICK_BIG, STICK_RATE, STICK_ARRAY_NUM, STICK_ARRAY_RATE };

struct stick_data_row {
	const char *name, *element;
	enum stick_kind kind;
};

extern const struct stick_data_row stick_data_rows[STICK_DATA_TYPES];

enum { STICK_KEY_MAX = 1024, STICK_ARRAY_MAX = 100 };

struct stick_field {	    /* where an entry holds a kind of data */
	uint32_t at;	    /* bytes into the entry */
	uint32_t n;	    /* elements; 0 = the table does not hold it */
	uint32_t period_ms; /* of a rate */
};

struct stick_table_conf { /* `stick-table`: frozen, in the configuration's arena */
	struct stick_table_conf *next;
	const char *name; /* of its proxy */
	unsigned index;	  /* of the table in the process */
	enum stick_key_type type;
	uint32_t key_len; /* of strings and binaries the most; else as the type says */
	uint64_t size;
	int expire_ms; /* 0 = never */
	bool nopurge;
	struct stick_field fields[STICK_DATA_TYPES];
	uint32_t entry_len; /* without the key: stick_table_conf_seal */
	struct conf_place place;
};

/* Declares that entries hold this; n elements (1 unless an array). Before seal. */
void stick_table_conf_store(struct stick_table_conf *conf, enum stick_data data, unsigned n,
			    unsigned period_ms);
/* Works out offsets. Once, when all is declared. */
void stick_table_conf_seal(struct stick_table_conf *conf);
const char *stick_key_type_name(enum stick_key_type type);

struct stick_table;
struct stick_entry;

struct stick_key {
	uint32_t len;
	unsigned char bytes[STICK_KEY_MAX];
};

/* conf is borrowed. NULL: no memory. */
struct stick_table *stick_table_new(const struct stick_table_conf *conf);
void stick_table_free(struct stick_table **table);
const struct stick_table_conf *stick_table_conf_of(const struct stick_table *table);
uint64_t stick_table_used(const struct stick_table *table);
/* Takes away what is over; a bounded number at a time. From one thread, some times a second. */
void stick_table_expire(struct stick_table *table, int64_t now_us);

struct stick_hand { /* an entry, its shard locked */
	struct stick_table *table;
	struct stick_shard *shard;
	struct stick_entry *entry;
};

/* The entry of a key; true: it is locked until stick_close. create: makes one when there is none
 * (false then: the table is full, or no memory). */
bool stick_open(struct stick_table *table, const struct stick_key *key, bool create, int64_t now_us,
		struct stick_hand *hand);
/* The same for an entry that is referenced (stick_ref): always there. */
void stick_open_entry(struct stick_table *table, struct stick_entry *entry,
		      struct stick_hand *hand);
void stick_close(struct stick_hand *hand);

/* Below: between open and close. */
void stick_touch(const struct stick_hand *hand, int64_t now_us); /* lives `expire` from now on */
struct stick_entry *stick_ref(const struct stick_hand *hand);	 /* it will not go until unref */
void stick_unref(const struct stick_hand *hand);
void stick_remove(struct stick_hand *hand); /* if nobody refers to it; closes */
unsigned stick_refs(const struct stick_hand *hand);
/* Microseconds until it goes; 0 = never, or now. */
int64_t stick_left_us(const struct stick_hand *hand, int64_t now_us);
int64_t stick_idle_us(const struct stick_hand *hand, int64_t now_us); /* since the last touch */
void stick_key_of(const struct stick_hand *hand, struct stick_key *key);

static inline bool stick_holds(const struct stick_table_conf *conf, enum stick_data data,
			       unsigned element)
{
	return element < conf->fields[data].n;
}

/* What the table does not hold reads as 0 and is not written. */
uint64_t stick_get(const struct stick_hand *hand, enum stick_data data, unsigned element,
		   int64_t now_us);
/* Counts up (a rate: n events now); never below 0. Gives the new value. */
uint64_t stick_add(const struct stick_hand *hand, enum stick_data data, unsigned element, int64_t n,
		   int64_t now_us);
void stick_set(const struct stick_hand *hand, enum stick_data data, unsigned element,
	       uint64_t value, int64_t now_us);

/* Entry by entry, in no order, locked while fn looks at it; fn says whether it is to go (if nobody
 * refers to it). Entries that come meanwhile may be missed. */
typedef bool stick_each_fn(void *ctx, const struct stick_hand *hand);
void stick_table_each(struct stick_table *table, int64_t now_us, stick_each_fn *fn, void *ctx);

#endif
