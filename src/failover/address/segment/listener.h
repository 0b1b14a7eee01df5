/*
 * Listening to a segment for those who say that they have an address: packet sockets behind a
 * filter, and the frames that get through. What follows from a claim is the caller's matter
 * (duplicate.h, claims.h). Failover's thread only.
 *
 * A socket is opened once and kept: the kernel takes 10 to 30 ms to close a packet socket, in which
 * nothing would be advertised. Give it a filter that drops all instead. For the same reason the
 * master has copies: a failover process that is killed is then gone at once, and the next one goes
 * on with the same sockets (failover_packets.c).
 */
#ifndef RELAIS_SEGMENT_LISTENER_H
#define RELAIS_SEGMENT_LISTENER_H

#include <linux/filter.h>

#include "core/loop/loop.h"
#include "failover/address/hold.h"

struct segment_claim {
	int family, ifindex;
	uint8_t ip[16], mac[6];
	const struct addr *vip; /* what segment_claimed found */
};

/* A packet socket that hears nothing yet, non-blocking; or -errno. */
int segment_socket(void);
/* ARP or IPv6 (ETHERTYPE_*) of all interfaces, with the filter in place before the first frame;
 * where lfd is open already, the filter is exchanged. *spare: the socket to use, which becomes
 * lfd's; -1 = one is opened. 0, or -errno with both as they were. */
int segment_listen(struct loop *loop, struct loop_fd *lfd, int *spare, uint16_t protocol,
		   const struct sock_fprog *filter);
void segment_close(struct loop *loop, struct loop_fd *lfd, int *spare); /* at the end only */

/* Calls hear for each claim that has come, a bounded number in a turn of the loop. */
void segment_read(int fd, void (*hear)(void *ctx, struct segment_claim *claim), void *ctx);
/* The owner's address that the claim names, on its interface; NULL = none. Borrowed from hold. */
const struct addr *segment_claimed(struct segment_claim *claim, const struct hold *hold,
				   const void *owner);

#endif
