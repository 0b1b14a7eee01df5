/*
 * Holds virtual addresses: puts them on interfaces, keeps them there, takes them away, and leaves
 * everything alone that was there before and is not ours.
 *
 * An owner (a VRRP instance; only its pointer is used) has a set of addresses. Each address that
 * relais adds is written into the shared page's ledger before it is added and erased after it is
 * gone, so that the master can clear up behind a failover process that was killed (hold_sweep).
 * An address that somebody else deletes is put back before the loop sleeps again.
 *
 * Dead man's switch: where the owner says a lifetime, the kernel is told to remove the address
 * after so many seconds, and hold renews that at a third of it. So an address outlives whoever
 * holds it, killed or frozen, by no more than that. Renewing changes nothing that a connection or
 * a route could notice. To be renewed late is no reason to be removed: what expired under an owner
 * that still wants it is put back like anything else that vanished.
 *
 * Failover's thread only; hold_sweep* from any process without a loop.
 */
#ifndef RELAIS_ADDRESS_HOLD_H
#define RELAIS_ADDRESS_HOLD_H

#include "core/sys/shared_page.h"
#include "failover/address/links.h"
#include "failover/model/vrrp_conf.h"

struct hold;

enum hold_why {
	HOLD_REPAIRED, /* somebody had deleted it */
	HOLD_LATE,     /* it could not be added before: its interface has come now */
	HOLD_EXPIRED,  /* its lifetime was over before it was renewed */
};

struct hold_setup {
	struct loop *loop; /* borrowed, as all here */
	struct links *links;
	struct shared_page *page; /* NULL: no ledger (tests) */
	/* An address is on the interface (again): announce it. NULL when not wanted. */
	void (*on_added)(void *ctx, const void *owner, const struct addr *vip, int ifindex,
			 enum hold_why why);
	void *ctx;
	/* Seconds that the kernel keeps an owner's addresses unless they are renewed; 0 = for
	 * ever. Asked at each adding and renewing. NULL = for ever. */
	unsigned (*lifetime_s)(void *ctx, const void *owner);
	/* Before addresses are renewed or put back: an owner that has no right to them any more
	 * (it stood still for too long) gives them up here. NULL when not wanted. */
	void (*before_upkeep)(void *ctx);
	/* An owner's address that is there already is its own from now on: it leaves with the
	 * others. Else what was there before stays. NULL = never. */
	bool (*adopts)(void *ctx, const void *owner);
};

struct hold_stats {
	uint64_t n_renewed, n_renew_failed, n_expired;
};

/* NULL with errno. Freeing removes nothing from interfaces. */
struct hold *hold_new(const struct hold_setup *setup);
void hold_free(struct hold **hold);

/* The owner's addresses are exactly those of both lists from here on (either may be NULL): adds
 * what is new, removes what is no longer there, leaves the rest. dev: where addresses go that name
 * no interface. Copies what it needs. Returns how many could not be added now (each is logged and
 * tried again each second, and when its interface changes). */
unsigned hold_take(struct hold *hold, const void *owner, const char *dev,
		   const struct vip_conf *vips, const struct vip_conf *excluded);
/* Removes all of the owner's addresses. */
void hold_give(struct hold *hold, const void *owner);
void hold_give_all(struct hold *hold);
/* Lifetimes may have changed: all are written anew. */
void hold_renew_all(struct hold *hold);
const struct hold_stats *hold_stats(const struct hold *hold);
/* Each address of the owner that is on an interface now. */
void hold_each(const struct hold *hold, const void *owner,
	       void (*each)(void *ctx, const struct addr *vip, int ifindex), void *ctx);
/* An address that is held now has this slot of the ledger. */
bool hold_claims_slot(const struct hold *hold, int slot);

/* hold_sweep.c: removes every address in the ledger, and before them what undo.h
 * noted; synchronously. How many addresses, or -errno. */
int hold_sweep(struct shared_page *page);
/* After a resumed start: removes what the ledger has and no owner has taken again. */
int hold_sweep_unclaimed(struct shared_page *page, const struct hold *hold);
/* Removes addresses of all instances that do not start as owner (priority 255) from their
 * interfaces, left there by an earlier life that was killed. How many, or -errno. */
int hold_sweep_configured(const struct failover_conf *conf);

#endif
