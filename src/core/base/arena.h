/*
 * Arena: memory that ends with its owner. Chunks grow as needed; nothing is given back before
 * arena_reset or arena_fini. One arena belongs to one lifetime and one thread.
 * Allocation never returns NULL below arena_set_limit's bound: out of memory ends the process with
 * a message (start-up rule). Rooms that must survive give a limit and then test for NULL.
 */
#ifndef RELAIS_BASE_ARENA_H
#define RELAIS_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "core/base/slice.h"

struct arena_chunk;
struct arena_deferred;

struct arena {
	struct arena_chunk *head; /* owned; newest first */
	char *at, *end;		  /* free room in the newest chunk */
	size_t chunk_len;	  /* bytes of an ordinary chunk */
	size_t used, limit;	  /* bytes handed out; 0 = no limit */
	struct arena_deferred *deferred;
};

/* chunk_len 0 takes 4 KiB. No memory is taken before the first allocation. */
void arena_init(struct arena *a, size_t chunk_len);
void arena_set_limit(struct arena *a, size_t limit_bytes);
/* Forgets everything; keeps one ordinary chunk for reuse. */
void arena_reset(struct arena *a);
void arena_fini(struct arena *a);

/* fn(arg) when the arena is reset or ends, the latest first: for what another library
 * allocated. Not for arenas with a limit. */
void arena_defer(struct arena *a, void (*fn)(void *arg), void *arg);

/* Aligned for any type. arena_alloc leaves the bytes undefined, arena_zalloc clears them. */
void *arena_alloc(struct arena *a, size_t len);
void *arena_zalloc(struct arena *a, size_t len);
/* Copies, NUL-terminated behind the end. */
char *arena_strndup(struct arena *a, const char *str, size_t len);
char *arena_strdup(struct arena *a, const char *str);
struct slice arena_slice_dup(struct arena *a, struct slice s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

#define ARENA_NEW(arena, type)	    ((type *)arena_zalloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, n) ((type *)arena_zalloc((arena), sizeof(type) * (n)))

#endif
