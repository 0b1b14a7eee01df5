/*
 * Listens for others who say that they have an address which we hold: a node that was frozen and
 * whose kernel still asks for its neighbours in the address's name, before its failover process has
 * let go of it. Each such packet turns clients' caches to the wrong node, and nobody would turn
 * them back until they age; so the owner is told, and announces again.
 *
 * It is told a moment later, when the advertisement of a new master that announces itself has been
 * read too, and at growing pauses while the claims go on. The kernel passes up only frames that
 * name a held address; sockets are open while something is held. Failover's thread only.
 */
#ifndef RELAIS_SEGMENT_CLAIMS_H
#define RELAIS_SEGMENT_CLAIMS_H

#include "failover/address/hold.h"

struct claims;

struct claims_setup { /* all borrowed */
	struct loop *loop;
	struct links *links;
	struct hold *hold;
	/* mac said that it has the address of the owner, who still holds it. */
	void (*on_claim)(void *ctx, const void *owner, const struct addr *vip,
			 const uint8_t mac[static 6]);
	void *ctx;
	int arp_fd, nd_fd; /* segment_socket()s to use, owned then; -1 = opened when needed */
};

/* Never fails for lack of rights: sockets are opened later. NULL with errno. */
struct claims *claims_new(const struct claims_setup *setup);
void claims_free(struct claims **claims);

/* The owner holds addresses now, or others than before. */
void claims_watch(struct claims *claims, const void *owner);
void claims_unwatch(struct claims *claims, const void *owner);

#endif
