/*
 * Notes of how to undo. See undo.h.
 */
#include "failover/address/undo.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <unistd.h>

#include "core/log/log.h"
#include "failover/address/rtnl.h"
#include "failover/address/wall_message.h"

int undo_find(const struct shared_page *page, const void *bytes, size_t len)
{
	for (int i = 0; page && len > 0 && i < SHARED_UNDO_MAX; i++) {
		const struct shared_undo *u = &page->undo[i];

		if (atomic_load_explicit(&u->len, memory_order_acquire) == len &&
		    memcmp(u->bytes, bytes, len) == 0)
			return i;
	}
	return UNDO_NONE;
}

int undo_note(struct shared_page *page, const void *bytes, size_t len)
{
	int slot = undo_find(page, bytes, len);

	if (!page || len == 0 || len > SHARED_UNDO_LEN || slot != UNDO_NONE)
		return slot;
	for (int i = 0; i < SHARED_UNDO_MAX; i++) {
		struct shared_undo *u = &page->undo[i];

		if (atomic_load_explicit(&u->len, memory_order_acquire) != 0)
			continue;
		memcpy(u->bytes, bytes, len);
		atomic_store_explicit(&u->len, (uint32_t)len, memory_order_release);
		return i;
	}
	log_warn("no room left to note what would have to be undone if this process were killed");
	return UNDO_NONE;
}

void undo_forget(struct shared_page *page, int slot)
{
	if (slot != UNDO_NONE)
		atomic_store_explicit(&page->undo[slot].len, 0, memory_order_release);
}

/* Messages to nf_tables stand in a batch. */
static bool undo_in_batch(const void *bytes, size_t len)
{
	char buf[SHARED_UNDO_LEN + 64] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct rtnl_message m;
	int err = -1, fd = rtnl_open_netfilter();

	if (fd < 0)
		return false;
	rtnl_message_init(&m, buf, sizeof(buf));
	wall_message_batch(&m, true);
	memcpy(m.buf + m.len, bytes, len);
	m.len += NLMSG_ALIGN(len);
	m.n++;
	wall_message_batch(&m, false);
	rtnl_run(fd, &m, &err);
	close(fd);
	return err == 0;
}

bool undo_now(int fd, void *bytes, size_t len)
{
	struct rtnl_message m = {.buf = bytes, .cap = len, .len = len, .n = 1};
	struct nlmsghdr *h = bytes;
	int err;

	if (len < NLMSG_HDRLEN || h->nlmsg_len != len)
		return false;
	h->nlmsg_seq = 0;
	if (h->nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES)
		return undo_in_batch(bytes, len);
	rtnl_run(fd, &m, &err);
	return err == 0;
}

int undo_sweep(struct shared_page *page, undo_claims_fn *claims, const void *ctx)
{
	int fd = rtnl_open(0), n = 0;

	if (fd < 0)
		return fd;
	for (int i = SHARED_UNDO_MAX - 1; i >= 0; i--) {
		uint8_t bytes[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
		struct shared_undo *u = &page->undo[i];
		uint32_t len = atomic_load_explicit(&u->len, memory_order_acquire);

		if (len == 0 || len > sizeof(bytes) || (claims && claims(ctx, i)))
			continue;
		memcpy(bytes, u->bytes, len);
		n += undo_now(fd, bytes, len);
		atomic_store_explicit(&u->len, 0, memory_order_release);
	}
	close(fd);
	if (n > 0)
		log_notice("removed %d routes, rules or interfaces, left behind by a process that "
			   "was killed",
			   n);
	return n;
}
