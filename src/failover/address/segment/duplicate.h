/*
 * The duplicate guard: after a takeover that nobody resigned to, asks the segment whether somebody
 * else still answers for the addresses: a node that is silent, but not gone. The takeover waits for
 * nothing. Who answers is told with its hardware address; as long as it does, the asking goes on,
 * and the owner is told to announce again. Which of the two has to let go is VRRP's decision.
 *
 * Sockets are open only while somebody is being asked. Our own interfaces do not count as others.
 * Failover's thread only.
 */
#ifndef RELAIS_SEGMENT_DUPLICATE_H
#define RELAIS_SEGMENT_DUPLICATE_H

#include "failover/address/hold.h"

struct duplicate;

struct duplicate_setup { /* all borrowed */
	struct loop *loop;
	struct links *links;
	struct hold *hold; /* whose addresses are asked for */
	/* Somebody else answered for this address, for the first time since the last asking. */
	void (*on_conflict)(void *ctx, const void *owner, const struct addr *vip,
			    const uint8_t mac[static 6]);
	/* Nobody answers any more: announce, so that the last word is ours. */
	void (*on_over)(void *ctx, const void *owner);
	void *ctx;
	int arp_fd, nd_fd; /* segment_socket()s to use, owned then; -1 = opened when needed */
};

/* Never fails for lack of rights: sockets are opened later. NULL with errno. */
struct duplicate *duplicate_new(const struct duplicate_setup *setup);
void duplicate_free(struct duplicate **d);

/* The owner has taken its addresses without having been asked to: begins to ask. */
void duplicate_start(struct duplicate *d, const void *owner);
void duplicate_stop(struct duplicate *d, const void *owner); /* it has given them up */

#endif
