/*
 * See server_book.h. Open addressing; a place is claimed with one compare-and-swap. Places of keys
 * that the last two generations did not write are taken for new ones.
 */
#include "core/sys/server_book.h"

#include <stddef.h>
#include <sys/mman.h>

enum { PROBES = 64 };

/* generation 32 | written 1 | up 1 | weight + 1: 14 | health 16 */
static uint64_t pack(uint32_t generation, const struct server_note *n)
{
	return (uint64_t)generation << 32 | 1ull << 31 | (uint64_t)n->up << 30 |
	       (uint64_t)((unsigned)(n->weight + 1) & 0x3fff) << 16 | (n->health & 0xffff);
}

static bool is_written(uint64_t note)
{
	return note & 1ull << 31;
}

struct server_book *server_book_new(void)
{
	void *p = mmap(NULL, sizeof(struct server_book), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void server_book_drop(struct server_book **book)
{
	if (*book)
		munmap(*book, sizeof(**book));
	*book = NULL;
}

static bool is_stale(const struct server_book *book, const struct server_place *p)
{
	uint64_t note = atomic_load(&p->note);

	return is_written(note) && (uint32_t)(note >> 32) + 1 < atomic_load(&book->generation);
}

struct server_place *server_book_place(struct server_book *book, uint64_t key)
{
	struct server_place *usable = NULL;
	uint64_t was = 0;

	for (unsigned i = 0; i < PROBES; i++) {
		struct server_place *p = &book->places[(key + i) % SERVER_BOOK_PLACES];
		uint64_t is = atomic_load(&p->key);

		if (is == key)
			return p;
		if (!usable && (is == 0 || is_stale(book, p))) {
			usable = p;
			was = is;
		}
		if (is == 0)
			break;
	}
	if (!usable)
		return NULL;
	if (atomic_compare_exchange_strong(&usable->key, &was, key)) {
		atomic_store(&usable->note, 0);
		return usable;
	}
	return was == key ? usable : NULL; /* another process was faster */
}

bool server_place_read(const struct server_place *p, uint32_t generation, struct server_note *out)
{
	uint64_t note = atomic_load(&p->note);

	if (!is_written(note) || (uint32_t)(note >> 32) != generation)
		return false;
	*out = (struct server_note){.up = note >> 30 & 1,
				    .health = note & 0xffff,
				    .weight = (int)(note >> 16 & 0x3fff) - 1,
				    .changed_us = atomic_load(&p->changed_us)};
	return true;
}

void server_place_write(struct server_place *p, uint32_t generation, const struct server_note *note)
{
	uint64_t is = atomic_load(&p->note), to = pack(generation, note);

	do {
		if (is_written(is) && (uint32_t)(is >> 32) > generation)
			return;
	} while (!atomic_compare_exchange_weak(&p->note, &is, to));
	atomic_store(&p->changed_us, note->changed_us);
}
