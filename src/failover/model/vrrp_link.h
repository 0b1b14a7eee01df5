/*
 * What VRRP needs to know of a network interface: a value, handed in by whoever watches links.
 */
#ifndef RELAIS_MODEL_VRRP_LINK_H
#define RELAIS_MODEL_VRRP_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"

struct vrrp_link {
	char name[16];
	unsigned ifindex; /* 0 = no such interface now */
	bool up;	  /* administratively up and running (carrier) */
	bool deaf;	  /* no socket could be opened on it: nothing is heard there */
	/* len 0 = none. Never an address that VRRP itself put there. */
	struct addr ipv4;	    /* primary address */
	struct addr ipv6_linklocal; /* source of IPv6 multicast */
	struct addr ipv6_global;    /* source of IPv6 unicast without unicast_src_ip */
	uint8_t mac[6];
	bool src_missing; /* the configured source address is on no interface */
};

#endif
