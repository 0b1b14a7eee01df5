/*
 * The table. See stick_table.h. A shard is a hash of chains and a list of its entries in the order
 * of their last touch, which is the order in which they expire too. Entries are allocated one by
 * one: as many as `size` says and no more, counted over all shards.
 */
#include "balancer/stick/stick_table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "balancer/stick/stick_rate.h"
#include "core/base/list.h"

enum { SHARDS_MAX = 32, SIZE_SHARDED = 4096, EXPIRE_BATCH = 256, BUCKETS_MAX = 1 << 22 };
enum { BUCKETS_AT_ONCE = 64 };

struct stick_entry {
	struct stick_entry *next; /* in its bucket */
	struct list by_age;	  /* in its shard, the oldest first */
	uint64_t hash;
	int64_t touched_us;
	uint32_t refs, key_len;
	/* data at conf->fields, the key behind it */
};

struct stick_shard {
	pthread_mutex_t lock;
	struct stick_entry **buckets;
	struct list ages;
} __attribute__((aligned(64)));

struct stick_table {
	const struct stick_table_conf *conf;
	uint64_t seed, bucket_mask;
	unsigned n_shards; /* a power of two */
	_Atomic uint64_t used;
	struct stick_shard shards[];
};

const struct stick_data_row stick_data_rows[STICK_DATA_TYPES] = {
#define DATA(constant, name, kind, element) {name, element, STICK_##kind},
#include "balancer/stick/stick_data.def"
#undef DATA
};

static size_t element_len(enum stick_kind kind)
{
	return kind == STICK_RATE || kind == STICK_ARRAY_RATE ? sizeof(struct stick_rate)
							      : sizeof(uint64_t);
}

void stick_table_conf_store(struct stick_table_conf *conf, enum stick_data data, unsigned n,
			    unsigned period_ms)
{
	conf->fields[data].n = n;
	conf->fields[data].period_ms = period_ms;
}

void stick_table_conf_seal(struct stick_table_conf *conf)
{
	size_t at = sizeof(struct stick_entry);

	for (unsigned i = 0; i < STICK_DATA_TYPES; i++) {
		conf->fields[i].at = (uint32_t)at;
		at += conf->fields[i].n * element_len(stick_data_rows[i].kind);
	}
	conf->entry_len = (uint32_t)at;
}

const char *stick_key_type_name(enum stick_key_type type)
{
	static const char *const names[] = {"ip", "ipv6", "integer", "string", "binary"};

	return names[type];
}

/* ---- the table ----------------------------------------------------------------------------- */

static bool shard_init(struct stick_shard *s, uint64_t n_buckets)
{
	pthread_mutex_init(&s->lock, NULL);
	list_init(&s->ages);
	s->buckets = calloc(n_buckets, sizeof(*s->buckets)); /* pages come with their entries */
	return s->buckets;
}

struct stick_table *stick_table_new(const struct stick_table_conf *conf)
{
	unsigned n_shards = conf->size >= SIZE_SHARDED ? SHARDS_MAX : 1;
	struct stick_table *t =
		aligned_alloc(64, sizeof(*t) + 64 + n_shards * sizeof(struct stick_shard));
	uint64_t n_buckets = 16;

	if (!t)
		return NULL;
	memset(t, 0, sizeof(*t) + n_shards * sizeof(struct stick_shard));
	t->conf = conf;
	t->n_shards = n_shards;
	while (n_buckets * n_shards < conf->size && n_buckets < BUCKETS_MAX)
		n_buckets *= 2;
	t->bucket_mask = n_buckets - 1;
	if (getrandom(&t->seed, sizeof(t->seed), GRND_NONBLOCK) != sizeof(t->seed))
		t->seed = (uint64_t)(uintptr_t)t;
	for (unsigned i = 0; i < n_shards; i++)
		if (!shard_init(&t->shards[i], n_buckets)) {
			t->n_shards = i + 1;
			stick_table_free(&t);
			return NULL;
		}
	return t;
}

void stick_table_free(struct stick_table **slot)
{
	struct stick_table *t = *slot;

	*slot = NULL;
	for (unsigned i = 0; t && i < t->n_shards; i++) {
		struct list *at, *tmp;

		LIST_EACH_SAFE(at, tmp, &t->shards[i].ages)
		free(container_of(at, struct stick_entry, by_age));
		free(t->shards[i].buckets);
		pthread_mutex_destroy(&t->shards[i].lock);
	}
	free(t);
}

const struct stick_table_conf *stick_table_conf_of(const struct stick_table *table)
{
	return table->conf;
}

uint64_t stick_table_used(const struct stick_table *table)
{
	return atomic_load_explicit(&table->used, memory_order_relaxed);
}

/* ---- entries, under their shard's lock ------------------------------------------------------ */

static struct stick_shard *shard_of(struct stick_table *t, uint64_t hash)
{
	return &t->shards[(hash >> 56) & (t->n_shards - 1)];
}

static struct stick_entry **bucket_of(const struct stick_table *t, const struct stick_shard *s,
				      uint64_t hash)
{
	return &s->buckets[hash & t->bucket_mask];
}

static unsigned char *key_at(const struct stick_table *t, struct stick_entry *e)
{
	return (unsigned char *)e + t->conf->entry_len;
}

static bool is_over(const struct stick_table *t, const struct stick_entry *e, int64_t now_us)
{
	return t->conf->expire_ms > 0 && e->refs == 0 &&
	       now_us - e->touched_us >= (int64_t)t->conf->expire_ms * 1000;
}

static void drop(struct stick_table *t, struct stick_shard *s, struct stick_entry *e)
{
	struct stick_entry **at = bucket_of(t, s, e->hash);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	list_del(&e->by_age);
	free(e);
	atomic_fetch_sub_explicit(&t->used, 1, memory_order_relaxed);
}

static struct stick_entry *find(struct stick_table *t, const struct stick_shard *s, uint64_t hash,
				const struct stick_key *key)
{
	for (struct stick_entry *e = *bucket_of(t, s, hash); e; e = e->next)
		if (e->hash == hash && e->key_len == key->len &&
		    memcmp(key_at(t, e), key->bytes, key->len) == 0)
			return e;
	return NULL;
}

/* A place among `size`: the oldest that nobody refers to makes room. */
static bool claim(struct stick_table *t, struct stick_shard *s)
{
	struct list *at, *tmp;

	if (atomic_fetch_add_explicit(&t->used, 1, memory_order_relaxed) < t->conf->size)
		return true;
	LIST_EACH_SAFE(at, tmp, &s->ages)
	{
		struct stick_entry *e = container_of(at, struct stick_entry, by_age);

		if (t->conf->nopurge || e->refs > 0)
			continue;
		drop(t, s, e);
		return true;
	}
	atomic_fetch_sub_explicit(&t->used, 1, memory_order_relaxed);
	return false;
}

static struct stick_entry *make(struct stick_table *t, struct stick_shard *s, uint64_t hash,
				const struct stick_key *key, int64_t now_us)
{
	struct stick_entry *e, **bucket = bucket_of(t, s, hash);

	if (!claim(t, s))
		return NULL;
	e = calloc(1, t->conf->entry_len + key->len);
	if (!e) {
		atomic_fetch_sub_explicit(&t->used, 1, memory_order_relaxed);
		return NULL;
	}
	e->hash = hash;
	e->touched_us = now_us;
	e->key_len = key->len;
	memcpy(key_at(t, e), key->bytes, key->len);
	e->next = *bucket;
	*bucket = e;
	list_push(&s->ages, &e->by_age);
	return e;
}

bool stick_open(struct stick_table *t, const struct stick_key *key, bool create, int64_t now_us,
		struct stick_hand *hand)
{
	uint64_t hash = XXH3_64bits_withSeed(key->bytes, key->len, t->seed);
	struct stick_shard *s = shard_of(t, hash);
	struct stick_entry *e;

	pthread_mutex_lock(&s->lock);
	e = find(t, s, hash, key);
	if (e && is_over(t, e, now_us)) {
		drop(t, s, e);
		e = NULL;
	}
	if (!e && create)
		e = make(t, s, hash, key, now_us);
	if (!e) {
		pthread_mutex_unlock(&s->lock);
		return false;
	}
	*hand = (struct stick_hand){t, s, e};
	return true;
}

void stick_open_entry(struct stick_table *t, struct stick_entry *e, struct stick_hand *hand)
{
	struct stick_shard *s = shard_of(t, e->hash);

	pthread_mutex_lock(&s->lock);
	*hand = (struct stick_hand){t, s, e};
}

void stick_close(struct stick_hand *hand)
{
	pthread_mutex_unlock(&hand->shard->lock);
	hand->entry = NULL;
}

void stick_touch(const struct stick_hand *hand, int64_t now_us)
{
	hand->entry->touched_us = now_us;
	list_del(&hand->entry->by_age);
	list_push(&hand->shard->ages, &hand->entry->by_age);
}

struct stick_entry *stick_ref(const struct stick_hand *hand)
{
	hand->entry->refs++;
	return hand->entry;
}

void stick_unref(const struct stick_hand *hand)
{
	hand->entry->refs--;
}

void stick_remove(struct stick_hand *hand)
{
	if (hand->entry->refs == 0)
		drop(hand->table, hand->shard, hand->entry);
	stick_close(hand);
}

unsigned stick_refs(const struct stick_hand *hand)
{
	return hand->entry->refs;
}

int64_t stick_left_us(const struct stick_hand *hand, int64_t now_us)
{
	int64_t left =
		(int64_t)hand->table->conf->expire_ms * 1000 - (now_us - hand->entry->touched_us);

	return left > 0 ? left : 0;
}

int64_t stick_idle_us(const struct stick_hand *hand, int64_t now_us)
{
	return now_us - hand->entry->touched_us;
}

void stick_key_of(const struct stick_hand *hand, struct stick_key *key)
{
	key->len = hand->entry->key_len;
	memcpy(key->bytes, key_at(hand->table, hand->entry), key->len);
}

/* ---- data ---------------------------------------------------------------------------------- */

static void *field_at(const struct stick_hand *hand, enum stick_data data, unsigned element)
{
	const struct stick_field *f = &hand->table->conf->fields[data];

	if (element >= f->n)
		return NULL;
	return (char *)hand->entry + f->at + element * element_len(stick_data_rows[data].kind);
}

static bool is_rate(enum stick_data data)
{
	return element_len(stick_data_rows[data].kind) == sizeof(struct stick_rate);
}

uint64_t stick_get(const struct stick_hand *hand, enum stick_data data, unsigned element,
		   int64_t now_us)
{
	const void *at = field_at(hand, data, element);

	if (!at)
		return 0;
	if (is_rate(data))
		return stick_rate_read(at, hand->table->conf->fields[data].period_ms, now_us);
	return *(const uint64_t *)at;
}

void stick_set(const struct stick_hand *hand, enum stick_data data, unsigned element,
	       uint64_t value, int64_t now_us)
{
	void *at = field_at(hand, data, element);

	if (!at)
		return;
	if (stick_data_rows[data].kind != STICK_BIG)
		value = (uint32_t)value;
	if (is_rate(data))
		stick_rate_set(at, (uint32_t)value, now_us);
	else
		*(uint64_t *)at = value;
}

uint64_t stick_add(const struct stick_hand *hand, enum stick_data data, unsigned element, int64_t n,
		   int64_t now_us)
{
	void *at = field_at(hand, data, element);
	uint32_t period_ms = hand->table->conf->fields[data].period_ms;
	uint64_t value;

	if (!at)
		return 0;
	if (is_rate(data)) {
		stick_rate_add(at, n > UINT32_MAX ? UINT32_MAX : (uint32_t)n, period_ms, now_us);
		return stick_rate_read(at, period_ms, now_us);
	}
	value = *(uint64_t *)at;
	if (n < 0 && value < (uint64_t)-n)
		value = 0;
	else
		value += (uint64_t)n;
	stick_set(hand, data, element, value, now_us);
	return *(uint64_t *)at;
}

/* ---- all of them --------------------------------------------------------------------------- */

void stick_table_expire(struct stick_table *t, int64_t now_us)
{
	if (t->conf->expire_ms <= 0)
		return;
	for (unsigned i = 0; i < t->n_shards; i++) {
		struct stick_shard *s = &t->shards[i];

		pthread_mutex_lock(&s->lock);
		for (unsigned n = 0; n < EXPIRE_BATCH && !list_empty(&s->ages); n++) {
			struct stick_hand hand = {
				t, s, container_of(s->ages.next, struct stick_entry, by_age)};

			if (stick_left_us(&hand, now_us) > 0)
				break;
			if (hand.entry->refs > 0) /* in use is not idle */
				stick_touch(&hand, now_us);
			else
				drop(t, s, hand.entry);
		}
		pthread_mutex_unlock(&s->lock);
	}
}

/* Under the lock: all of one bucket. */
static void each_of_bucket(struct stick_table *t, struct stick_shard *s, uint64_t bucket,
			   int64_t now_us, stick_each_fn *fn, void *ctx)
{
	struct stick_entry *next;

	for (struct stick_entry *e = s->buckets[bucket]; e; e = next) {
		struct stick_hand hand = {t, s, e};

		next = e->next;
		if (!is_over(t, e, now_us) && fn(ctx, &hand) && e->refs == 0)
			drop(t, s, e);
	}
}

void stick_table_each(struct stick_table *t, int64_t now_us, stick_each_fn *fn, void *ctx)
{
	for (unsigned i = 0; i < t->n_shards; i++) {
		struct stick_shard *s = &t->shards[i];

		for (uint64_t b = 0; b <= t->bucket_mask; b++) {
			if (b % BUCKETS_AT_ONCE == 0)
				pthread_mutex_lock(&s->lock);
			each_of_bucket(t, s, b, now_us, fn, ctx);
			if (b % BUCKETS_AT_ONCE == BUCKETS_AT_ONCE - 1 || b == t->bucket_mask)
				pthread_mutex_unlock(&s->lock);
		}
	}
}
