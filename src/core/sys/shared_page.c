/*
 * The shared page. See shared_page.h for who writes what.
 */
#include "core/sys/shared_page.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { READ_SPINS = 200, READ_STEPS = 100, READ_STEP_NS = 50000 };

struct shared_page *shared_page_new(void)
{
	void *p = mmap(NULL, sizeof(struct shared_page), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void shared_page_forget(struct shared_page *page)
{
	atomic_store(&page->n_vips, 0);
	memset(page->vips, 0, sizeof(page->vips));
	for (unsigned i = 0; i < SHARED_LEDGER_MAX; i++)
		atomic_store(&page->ledger[i].in_use, 0);
	for (unsigned i = 0; i < SHARED_UNDO_MAX; i++)
		atomic_store(&page->undo[i].len, 0);
}

/* There is one writer: stores do, and cost nothing beside an atomic addition. */
static void count_up(struct shared_vip *vip, memory_order order)
{
	uint32_t now = atomic_load_explicit(&vip->sequence, memory_order_relaxed);

	atomic_store_explicit(&vip->sequence, now + 1, order);
}

void shared_vip_begin(struct shared_vip *vip)
{
	count_up(vip, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

void shared_vip_end(struct shared_vip *vip)
{
	count_up(vip, memory_order_release);
}

/* A writer that lost its processor in the middle is waited for, or a VIP would be missing from what
 * operators see just when much happens; one that was killed there is not, for longer than that. */
bool shared_vip_read(const struct shared_vip *vip, struct shared_vip *copy)
{
	const struct timespec step = {0, READ_STEP_NS};

	for (int tries = 0; tries < READ_SPINS + READ_STEPS; tries++) {
		uint32_t before;

		if (tries >= READ_SPINS)
			nanosleep(&step, NULL);
		before = atomic_load_explicit(&vip->sequence, memory_order_acquire);
		if (before & 1)
			continue;
		memcpy(copy, vip, sizeof(*copy));
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&vip->sequence, memory_order_relaxed) == before)
			return true;
	}
	return false;
}

int64_t shared_page_oldest_beat_us(const struct shared_page *page)
{
	uint32_t at = atomic_load_explicit(&page->active, memory_order_acquire);
	const struct shared_slot *slot = &page->slots[at % SHARED_SLOTS];
	uint32_t n = atomic_load_explicit(&slot->n_threads, memory_order_acquire);
	int64_t oldest = 0;

	if (atomic_load_explicit(&slot->state, memory_order_acquire) != SHARED_BALANCER_READY)
		return 0;
	for (uint32_t i = 0; i < n && i < SHARED_THREADS_MAX; i++) {
		int64_t beat = atomic_load_explicit(&slot->beat_us[i], memory_order_relaxed);

		if (oldest == 0 || beat < oldest)
			oldest = beat;
	}
	return oldest;
}

void shared_answer_put(struct shared_page *page, uint64_t id, bool ok, const char *text)
{
	struct shared_answer *a =
		&page->answers[atomic_fetch_add(&page->n_answers, 1) % SHARED_ANSWERS];
	size_t len = strnlen(text, sizeof(a->text) - 1);

	atomic_store(&a->id, 0);
	a->ok = ok;
	memcpy(a->text, text, len);
	a->text[len] = '\0';
	atomic_store(&a->id, id);
}

bool shared_answer_get(const struct shared_page *page, uint64_t id, struct shared_answer *copy)
{
	for (unsigned i = 0; i < SHARED_ANSWERS; i++) {
		const struct shared_answer *a = &page->answers[i];

		if (atomic_load(&a->id) != id)
			continue;
		memcpy(copy, a, sizeof(*copy));
		copy->text[sizeof(copy->text) - 1] = '\0';
		if (atomic_load(&a->id) == id)
			return true;
	}
	return false;
}

/* FNV-1a over the kind and the name. */
uint64_t shared_fact_key(enum shared_fact_kind kind, const char *name)
{
	uint64_t h = 0xcbf29ce484222325u ^ (uint64_t)kind;

	h *= 0x100000001b3u;
	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3u;
	return h;
}

/* Places are never given back: a name that is gone from the configuration may return. */
bool shared_note_put(struct shared_page *page, uint64_t key, int64_t value)
{
	for (unsigned i = 0; i < SHARED_NOTES_MAX; i++) {
		struct shared_note *n = &page->notes[i];
		uint64_t has = atomic_load_explicit(&n->key, memory_order_relaxed);

		if (has && has != key)
			continue;
		atomic_store_explicit(&n->value, value, memory_order_relaxed);
		atomic_store_explicit(&n->key, key, memory_order_release);
		return true;
	}
	return false;
}

bool shared_note_get(const struct shared_page *page, uint64_t key, int64_t *value)
{
	for (unsigned i = 0; i < SHARED_NOTES_MAX; i++) {
		const struct shared_note *n = &page->notes[i];
		uint64_t has = atomic_load_explicit(&n->key, memory_order_acquire);

		if (has == key)
			*value = atomic_load_explicit(&n->value, memory_order_relaxed);
		if (has == key || !has)
			return has;
	}
	return false;
}

bool shared_fact_read(const struct shared_page *page, uint64_t key, uint32_t *value)
{
	uint32_t at = atomic_load_explicit(&page->active, memory_order_acquire);
	const struct shared_slot *slot = &page->slots[at % SHARED_SLOTS];
	uint32_t n = atomic_load_explicit(&slot->n_facts, memory_order_acquire);

	if (atomic_load_explicit(&slot->state, memory_order_acquire) != SHARED_BALANCER_READY)
		return false;
	for (uint32_t i = 0; i < n && i < SHARED_FACTS_MAX; i++) {
		if (atomic_load_explicit(&slot->facts[i].key, memory_order_relaxed) != key)
			continue;
		*value = atomic_load_explicit(&slot->facts[i].value, memory_order_acquire);
		return true;
	}
	return false;
}
