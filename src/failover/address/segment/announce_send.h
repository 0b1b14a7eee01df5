/*
 * Sends announcements (announce_packet.h) of addresses that this node holds now, through one
 * packet socket that receives nothing. When and how often is the caller's matter (VRRP's garp_*
 * schedule, the address guard). Failover's thread only.
 */
#ifndef RELAIS_SEGMENT_ANNOUNCE_SEND_H
#define RELAIS_SEGMENT_ANNOUNCE_SEND_H

#include "failover/address/links.h"

struct announce;

/* Needs CAP_NET_RAW. links are borrowed. fd: a segment_socket() to use, owned then; -1 = one is
 * opened. NULL with errno. */
struct announce *announce_new(struct links *links, int fd);
void announce_free(struct announce **a);

/* One gratuitous ARP or unsolicited NA, now. 0 (also on an interface without ARP, where nothing
 * is to be sent) or -errno. */
int announce_send(struct announce *a, int ifindex, const struct addr *vip);

#endif
