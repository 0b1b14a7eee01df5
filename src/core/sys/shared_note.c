/*
 * A page's notes, written and read. See shared_note.h. A note is a magic number and records; a
 * record is a head and as many bytes as it says. Fields of a VIP follow its own record.
 */
#include "core/sys/shared_note.h"

#include <string.h>

enum { MAGIC = 0x524c4e01 }; /* "RLN", layout 1 */

enum record { RECORD_VIP = 1, RECORD_LEDGER, RECORD_UNDO, RECORD_FIELD = 100 };

struct head {
	uint32_t type, len;
};

struct address { /* of the ledger */
	uint32_t ifindex;
	uint8_t family, prefix_len, has_peer, unused;
	uint8_t address[16], peer[16];
};

struct field {
	uint16_t number, offset, len;
};

#define FIELD(number, member)                                                           \
	{                                                                               \
		RECORD_FIELD + (number), (uint16_t)offsetof(struct shared_vip, member), \
			(uint16_t)sizeof(((const struct shared_vip *)0)->member)        \
	}

static const struct field fields[] = {
	FIELD(1, name),
	FIELD(2, interface),
	FIELD(3, state),
	FIELD(4, vrid),
	FIELD(5, family),
	FIELD(6, version),
	FIELD(7, n_transitions),
	FIELD(8, since_wall_us),
	FIELD(9, state_mono_us),
	FIELD(10, auth_sequence),
	FIELD(11, signed_sequence),
	FIELD(12, signers),
	FIELD(13, peers),
	FIELD(14, phase),
	FIELD(15, lease),
	FIELD(16, lease_until_us),
	FIELD(17, lease_id),
	FIELD(18, hold),
	FIELD(19, moved_mono_us),
	FIELD(20, n_moves),
	FIELD(21, moves),
};

_Static_assert(sizeof(struct shared_vip) <= UINT16_MAX, "offsets fit");

enum { N_FIELDS = sizeof(fields) / sizeof(fields[0]) };

struct writer {
	char *at, *end;
	bool full;
};

static void put(struct writer *w, uint32_t type, const void *bytes, size_t len)
{
	struct head head = {type, (uint32_t)len};

	if (w->full || (size_t)(w->end - w->at) < sizeof(head) + len) {
		w->full = true;
		return;
	}
	memcpy(w->at, &head, sizeof(head));
	memcpy(w->at + sizeof(head), bytes, len);
	w->at += sizeof(head) + len;
}

static uint32_t n_vips(const struct shared_page *page)
{
	uint32_t n = atomic_load_explicit(&page->n_vips, memory_order_acquire);

	return n < SHARED_VIPS_MAX ? n : SHARED_VIPS_MAX;
}

size_t shared_note_cap(const struct shared_page *page)
{
	size_t vip = sizeof(struct head) + sizeof(uint32_t) + N_FIELDS * sizeof(struct head) +
		     sizeof(struct shared_vip);

	return sizeof(uint32_t) + n_vips(page) * vip +
	       SHARED_LEDGER_MAX * (sizeof(struct head) + sizeof(struct address)) +
	       SHARED_UNDO_MAX * (sizeof(struct head) + SHARED_UNDO_LEN);
}

/* Whoever writes a note is the page's writer: what it reads does not change meanwhile. */
static void put_vip(struct writer *w, uint32_t at, const struct shared_vip *vip)
{
	if (!vip->name[0])
		return;
	put(w, RECORD_VIP, &at, sizeof(at));
	for (size_t i = 0; i < N_FIELDS; i++)
		put(w, fields[i].number, (const char *)vip + fields[i].offset, fields[i].len);
}

static void put_address(struct writer *w, const struct shared_ledger_entry *e)
{
	struct address a = {e->ifindex, e->family, e->prefix_len, e->has_peer, 0, {0}, {0}};

	if (!atomic_load(&e->in_use))
		return;
	memcpy(a.address, e->address, sizeof(a.address));
	memcpy(a.peer, e->peer, sizeof(a.peer));
	put(w, RECORD_LEDGER, &a, sizeof(a));
}

size_t shared_note_write(const struct shared_page *page, void *bytes, size_t cap)
{
	struct writer w = {bytes, (char *)bytes + cap, cap < sizeof(uint32_t)};
	const uint32_t magic = MAGIC;

	if (w.full)
		return 0;
	memcpy(w.at, &magic, sizeof(magic));
	w.at += sizeof(magic);
	for (uint32_t i = 0; i < n_vips(page); i++)
		put_vip(&w, i, &page->vips[i]);
	for (unsigned i = 0; i < SHARED_LEDGER_MAX; i++)
		put_address(&w, &page->ledger[i]);
	for (unsigned i = 0; i < SHARED_UNDO_MAX; i++) {
		uint32_t len = atomic_load(&page->undo[i].len);

		if (len > 0 && len <= SHARED_UNDO_LEN)
			put(&w, RECORD_UNDO, page->undo[i].bytes, len);
	}
	return w.full ? 0 : (size_t)(w.at - (char *)bytes);
}

/* ---- reading ---- */

struct reader {
	struct shared_page *page;
	struct shared_vip *vip; /* whose fields follow; NULL = of none */
	unsigned n_ledger, n_undo;
};

static bool take_vip(struct reader *r, const char *bytes, uint32_t len)
{
	uint32_t at;

	if (len != sizeof(at))
		return false;
	memcpy(&at, bytes, sizeof(at));
	if (at >= SHARED_VIPS_MAX)
		return false;
	r->vip = &r->page->vips[at];
	if (at >= n_vips(r->page))
		atomic_store(&r->page->n_vips, at + 1);
	return true;
}

static bool take_address(struct reader *r, const char *bytes, uint32_t len)
{
	struct shared_ledger_entry *e = &r->page->ledger[r->n_ledger];
	struct address a;

	if (len != sizeof(a) || r->n_ledger == SHARED_LEDGER_MAX)
		return false;
	r->n_ledger++;
	memcpy(&a, bytes, sizeof(a));
	e->ifindex = a.ifindex;
	e->family = a.family;
	e->prefix_len = a.prefix_len;
	e->has_peer = a.has_peer;
	memcpy(e->address, a.address, sizeof(e->address));
	memcpy(e->peer, a.peer, sizeof(e->peer));
	atomic_store(&e->in_use, 1);
	return true;
}

static bool take_undo(struct reader *r, const char *bytes, uint32_t len)
{
	struct shared_undo *u = &r->page->undo[r->n_undo];

	if (len == 0 || len > SHARED_UNDO_LEN || r->n_undo == SHARED_UNDO_MAX)
		return false;
	r->n_undo++;
	memcpy(u->bytes, bytes, len);
	atomic_store(&u->len, len);
	return true;
}

static void take_field(struct reader *r, uint32_t number, const char *bytes, uint32_t len)
{
	for (size_t i = 0; r->vip && i < N_FIELDS; i++)
		if (fields[i].number == number && fields[i].len == len)
			memcpy((char *)r->vip + fields[i].offset, bytes, len);
}

static bool take(struct reader *r, const struct head *head, const char *bytes)
{
	switch (head->type) {
	case RECORD_VIP:
		return take_vip(r, bytes, head->len);
	case RECORD_LEDGER:
		return take_address(r, bytes, head->len);
	case RECORD_UNDO:
		return take_undo(r, bytes, head->len);
	default:
		take_field(r, head->type, bytes, head->len);
		return true;
	}
}

/* Texts end within their fields, whatever came. */
static void end_texts(struct shared_vip *vip)
{
	vip->name[sizeof(vip->name) - 1] = '\0';
	vip->interface[sizeof(vip->interface) - 1] = '\0';
	vip->state[sizeof(vip->state) - 1] = '\0';
	vip->phase[sizeof(vip->phase) - 1] = '\0';
	vip->lease[sizeof(vip->lease) - 1] = '\0';
	for (unsigned i = 0; i < SHARED_PEERS_MAX; i++)
		vip->peers[i].address[sizeof(vip->peers[i].address) - 1] = '\0';
	for (unsigned i = 0; i < SHARED_MOVES_MAX; i++) {
		struct shared_move *m = &vip->moves[i];

		m->from[sizeof(m->from) - 1] = '\0';
		m->to[sizeof(m->to) - 1] = '\0';
		m->reason[sizeof(m->reason) - 1] = '\0';
	}
}

bool shared_note_read(struct shared_page *page, const void *bytes, size_t len)
{
	const char *at = bytes, *end = at + len;
	struct reader r = {.page = page};
	bool good = true;
	uint32_t magic;

	if (len < sizeof(magic))
		return false;
	memcpy(&magic, at, sizeof(magic));
	at += sizeof(magic);
	if (magic != MAGIC)
		return false;
	while (good && at < end) {
		struct head head;

		good = (size_t)(end - at) >= sizeof(head);
		if (good)
			memcpy(&head, at, sizeof(head));
		good = good && head.len <= (size_t)(end - at) - sizeof(head) &&
		       take(&r, &head, at + sizeof(head));
		if (good)
			at += sizeof(head) + head.len;
	}
	for (uint32_t i = 0; i < n_vips(page); i++)
		end_texts(&page->vips[i]);
	return good;
}
