/*
 * The inside of keep, for keep.c (which keeps) and keep_ask.c (which says what is kept). See
 * keep.h.
 */
#ifndef RELAIS_ADDRESS_KEEP_IMPL_H
#define RELAIS_ADDRESS_KEEP_IMPL_H

#include "failover/address/keep.h"

#include <linux/netlink.h>

enum { KEEP_BATCH_LEN = 32768 }; /* at least RTNL_BATCH_MAX * SHARED_UNDO_LEN */

struct kept {
	struct list link;
	const void *owner;
	const struct route_conf *route; /* borrowed of the owner's list; one of the two */
	const struct rule_conf *rule;
	const char *dev;
	bool present, ours, wanted;
	bool pending;	 /* add_pending is to add it */
	bool fresh;	 /* and really did */
	bool complained; /* that it cannot be added was said */
	int slot;	 /* of shared_page.undo */
	uint32_t undo_len;
	uint8_t undo[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
};

struct keep {
	struct keep_setup setup;
	int fd;			/* for requests */
	struct loop_fd monitor; /* fd -1: nothing was kept yet */
	struct list all;
	struct links_watcher watcher;
	struct loop_task mend;
	struct loop_timer mend_later;
	int64_t period_start_us;
	unsigned n_mended;
	char buf[KEEP_BATCH_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static inline struct kept *kept_of(struct list *pos)
{
	return container_of(pos, struct kept, link);
}

#endif
