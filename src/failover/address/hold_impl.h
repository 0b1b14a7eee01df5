/*
 * The inside of what holds addresses, for hold.c (what is held, and the guard over it) and
 * hold_renew.c (lifetimes).
 */
#ifndef RELAIS_ADDRESS_HOLD_IMPL_H
#define RELAIS_ADDRESS_HOLD_IMPL_H

#include <net/if.h>

#include "failover/address/hold.h"
#include "failover/address/rtnl_message.h"

struct held {
	struct list link;
	const void *owner;
	char dev[IFNAMSIZ];
	struct rtnl_address message; /* ifindex 0 while there is no such interface */
	struct addr address;
	bool present, ours, wanted;
	bool pending; /* for add_pending */
	bool fresh;   /* add_pending really added it */
	bool late; /* renewed when it had expired already; the kernel's word of it may come yet */
	bool mending;	 /* vanished or late; mend() is to add it */
	bool complained; /* the kernel refused it: it is to be tried again */
	enum hold_why why;
	int slot;			      /* in the ledger */
	int64_t preferred_s;		      /* as configured; -1 = as long as it is valid */
	uint32_t lifetime_s;		      /* as last told to the kernel; 0 = for ever */
	int64_t since_us, renewed_us, due_us; /* due: of the next renewal; 0 = none */
};

struct hold {
	struct hold_setup setup;
	int fd;
	struct list all;
	struct links_watcher watcher;
	struct loop_task mend;
	struct loop_timer mend_later, retry;
	int64_t period_start_us; /* a war over an address must not take the processor */
	unsigned n_mended;
	struct loop_timer renew;
	struct hold_stats stats;
};

static inline struct held *held_of(struct list *pos)
{
	return container_of(pos, struct held, link);
}

static inline const char *held_text(const struct held *h, char buf[static ADDR_TEXT_MAX])
{
	return addr_host_text(&h->address, buf);
}

static inline int64_t hold_now_us(const struct hold *hold)
{
	return hold->setup.loop ? loop_clock_us(hold->setup.loop) : 0;
}

/* What the kernel is to be told: valid for the owner's lifetime, preferred as long as that, or as
 * what is left of the configured preferred_lft. */
void hold_lifetime_set(struct hold *hold, struct held *h);
bool hold_lifetime_over(struct hold *hold, const struct held *h);
/* When it is to be renewed: what was there already has an unknown rest of its lifetime. */
void hold_renew_due(struct hold *hold, struct held *h);
/* The timer, for the first that is due. */
void hold_renew_arm(struct hold *hold);
void hold_renew_on_timer(struct loop *loop, struct loop_timer *timer);

#endif
