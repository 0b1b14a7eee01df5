/*
 * A free list of equal items, for things that come and go with each connection or request. One
 * thread's own. A new item is all zero; one taken again is as it was given, but for its first
 * pointer: whoever takes one initialises it, or finds what it has left there (a warm arena).
 */
#ifndef RELAIS_BASE_POOL_H
#define RELAIS_BASE_POOL_H

#include <stddef.h>

struct pool_item {
	struct pool_item *next;
};

struct pool {
	size_t item_len;
	unsigned n_free, max_free; /* kept for reuse; more go back to the allocator */
	struct pool_item *free;
};

void pool_init(struct pool *p, size_t item_len, unsigned max_free);
/* Items taken must have been given back before. */
void pool_fini(struct pool *p);
void *pool_take_new(struct pool *p);		 /* pool_take's slow half */
void pool_give_back(struct pool *p, void *item); /* pool_give's slow half */

/* NULL when memory is out: refuse the connection, answer 503. */
static inline void *pool_take(struct pool *p)
{
	struct pool_item *item = p->free;

	if (!item)
		return pool_take_new(p);
	p->free = item->next;
	p->n_free--;
	return item;
}

static inline void pool_give(struct pool *p, void *item)
{
	struct pool_item *node = item;

	if (p->n_free >= p->max_free) {
		pool_give_back(p, item);
		return;
	}
	node->next = p->free;
	p->free = node;
	p->n_free++;
}

#endif
