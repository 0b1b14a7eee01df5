/*
 * Arena allocation. See arena.h for the contract. Small requests come from chunks, requests
 * larger than a quarter chunk get a chunk of their own behind the current one.
 */
#include "core/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/die.h"

enum { CHUNK_DEFAULT = 4096, ALIGN = 16 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t len;
	_Alignas(ALIGN) char data[];
};

struct arena_deferred { /* in the arena itself */
	struct arena_deferred *next;
	void (*fn)(void *arg);
	void *arg;
};

void arena_init(struct arena *a, size_t chunk_len)
{
	*a = (struct arena){.chunk_len = chunk_len ? chunk_len : CHUNK_DEFAULT};
}

void arena_set_limit(struct arena *a, size_t limit_bytes)
{
	a->limit = limit_bytes;
}

static struct arena_chunk *chunk_new(size_t len)
{
	struct arena_chunk *c = malloc(sizeof(*c) + len);

	if (c)
		c->len = len;
	return c;
}

void arena_defer(struct arena *a, void (*fn)(void *arg), void *arg)
{
	struct arena_deferred *d = arena_alloc(a, sizeof(*d));

	RELAIS_ASSERT(d); /* a limit: not for such arenas */
	*d = (struct arena_deferred){a->deferred, fn, arg};
	a->deferred = d;
}

static void run_deferred(struct arena *a)
{
	for (struct arena_deferred *d = a->deferred; d; d = d->next)
		d->fn(d->arg);
	a->deferred = NULL;
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *keep = NULL, *next;

	run_deferred(a);
	for (struct arena_chunk *c = a->head; c; c = next) {
		next = c->next;
		if (!keep && c->len == a->chunk_len)
			keep = c;
		else
			free(c);
	}
	a->head = keep;
	a->at = a->end = NULL;
	a->used = 0;
	if (keep) {
		keep->next = NULL;
		a->at = keep->data;
		a->end = keep->data + keep->len;
	}
}

void arena_fini(struct arena *a)
{
	struct arena_chunk *next;

	run_deferred(a);
	for (struct arena_chunk *c = a->head; c; c = next) {
		next = c->next;
		free(c);
	}
	arena_init(a, a->chunk_len);
}

static void *alloc_own_chunk(struct arena *a, size_t len)
{
	struct arena_chunk *c = chunk_new(len);

	if (!c)
		return NULL;
	if (a->head) {
		c->next = a->head->next;
		a->head->next = c;
	} else {
		c->next = NULL;
		a->head = c;
	}
	return c->data;
}

static void *alloc_slow(struct arena *a, size_t len)
{
	struct arena_chunk *c;

	if (len > a->chunk_len / 4)
		return alloc_own_chunk(a, len);
	c = chunk_new(a->chunk_len);
	if (!c)
		return NULL;
	c->next = a->head;
	a->head = c;
	a->at = c->data + len;
	a->end = c->data + c->len;
	return c->data;
}

void *arena_alloc(struct arena *a, size_t len)
{
	size_t need = (len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	void *p;

	if (need < len)
		return NULL;
	if (a->limit && (need > a->limit || a->used > a->limit - need))
		return NULL;
	if ((size_t)(a->end - a->at) >= need && a->at) {
		p = a->at;
		a->at += need;
	} else {
		p = alloc_slow(a, need ? need : ALIGN);
	}
	if (!p) {
		if (a->limit)
			return NULL;
		die_no_memory();
	}
	a->used += need;
	return p;
}

void *arena_zalloc(struct arena *a, size_t len)
{
	void *p = arena_alloc(a, len);

	if (p)
		memset(p, 0, len);
	return p;
}

char *arena_strndup(struct arena *a, const char *str, size_t len)
{
	char *p = arena_alloc(a, len + 1);

	if (!p)
		return NULL;
	if (len)
		memcpy(p, str, len);
	p[len] = '\0';
	return p;
}

char *arena_strdup(struct arena *a, const char *str)
{
	return arena_strndup(a, str, strlen(str));
}

struct slice arena_slice_dup(struct arena *a, struct slice s)
{
	char *p = arena_strndup(a, s.ptr, s.len);

	return (struct slice){p, p ? s.len : 0};
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	int len;
	char *p;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	p = len < 0 ? NULL : arena_alloc(a, (size_t)len + 1);
	if (p)
		vsnprintf(p, (size_t)len + 1, fmt, again);
	va_end(again);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}
