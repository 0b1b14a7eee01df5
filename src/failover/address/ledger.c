/*
 * The ledger. See ledger.h.
 */
#include "failover/address/ledger.h"

#include <string.h>

bool ledger_read(const struct shared_page *page, int slot, struct rtnl_address *a)
{
	const struct shared_ledger_entry *e = &page->ledger[slot];

	if (!atomic_load_explicit(&e->in_use, memory_order_acquire))
		return false;
	memset(a, 0, sizeof(*a));
	a->ifindex = (int)e->ifindex;
	a->family = e->family;
	a->prefix_len = e->prefix_len;
	a->has_peer = e->has_peer;
	memcpy(a->local, e->address, sizeof(e->address));
	memcpy(a->peer, e->peer, sizeof(e->peer));
	return true;
}

int ledger_find(const struct shared_page *page, const struct rtnl_address *a)
{
	struct rtnl_address there;

	for (int i = 0; i < SHARED_LEDGER_MAX; i++) {
		if (ledger_read(page, i, &there) && rtnl_address_eq(&there, a, true))
			return i;
	}
	return LEDGER_NONE;
}

int ledger_write(struct shared_page *page, const struct rtnl_address *a)
{
	int slot = ledger_find(page, a);

	for (int i = 0; slot == LEDGER_NONE && i < SHARED_LEDGER_MAX; i++) {
		struct shared_ledger_entry *e = &page->ledger[i];

		if (atomic_load_explicit(&e->in_use, memory_order_acquire))
			continue;
		e->ifindex = (uint32_t)a->ifindex;
		e->family = a->family;
		e->prefix_len = a->prefix_len;
		e->has_peer = a->has_peer;
		memcpy(e->address, a->local, sizeof(e->address));
		memcpy(e->peer, a->peer, sizeof(e->peer));
		atomic_store_explicit(&e->in_use, 1, memory_order_release);
		slot = i;
	}
	return slot;
}

void ledger_erase(struct shared_page *page, int slot)
{
	if (slot != LEDGER_NONE)
		atomic_store_explicit(&page->ledger[slot].in_use, 0, memory_order_release);
}
