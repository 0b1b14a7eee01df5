/*
 * The machine's network interfaces as the kernel reports them: kept up to date by netlink events
 * on the loop, told to whoever watches. Interfaces may come later, vanish, or change their name.
 *
 * "Primary" addresses are the interface's own: addresses named with links_set_vips do not count
 * as long as there is another, so that an advertisement never goes out from a virtual address.
 *
 * Failover's thread only. A link's pointer is good until the callback that says LINKS_GONE ends.
 */
#ifndef RELAIS_ADDRESS_LINKS_H
#define RELAIS_ADDRESS_LINKS_H

#include "core/base/list.h"
#include "core/loop/loop.h"
#include "failover/address/rtnl_message.h"

struct links;

struct links_link {
	int ifindex;
	char name[IFNAMSIZ];
	unsigned flags; /* IFF_* */
	bool up;	/* IFF_UP and IFF_RUNNING */
	bool arp;	/* Ethernet-like, and not IFF_NOARP */
	uint8_t mac[8];
	unsigned mac_len;
	uint32_t mtu;
	struct addr ipv4;	 /* primary; len 0 = none, as below */
	struct addr ipv6;	 /* link-local, past duplicate address detection */
	struct addr ipv6_global; /* of any wider scope, likewise */
};

enum { /* what changed, as bits */
       LINKS_NEW = 1,
       LINKS_GONE = 2,
       LINKS_STATE = 4, /* up */
       LINKS_MAC = 8,
       LINKS_ADDRESS = 16, /* ipv4, ipv6 or ipv6_global */
       LINKS_NAME = 32,
       LINKS_MTU = 64,
};

struct links_watcher {
	struct list link;
	void (*on_link)(struct links_watcher *w, const struct links_link *l, unsigned changes);
	/* Every address that comes or goes; NULL when not wanted. */
	void (*on_address)(struct links_watcher *w, const struct rtnl_address *a, bool there);
};

/* Reads all links and addresses before it returns. NULL with errno. */
struct links *links_new(struct loop *loop);
void links_free(struct links **links);

/* Copied. Replaces what was set before. */
void links_set_vips(struct links *links, const struct addr *vips, size_t n);

/* Not told of what is already there. */
void links_watch(struct links *links, struct links_watcher *w);
void links_unwatch(struct links_watcher *w);

/* NULL when there is no such interface now. */
const struct links_link *links_find(const struct links *links, const char *name);
const struct links_link *links_at(const struct links *links, int ifindex);
/* Some interface has this IP address, virtual or not, past duplicate address detection. */
bool links_has_address(const struct links *links, const struct addr *a);
/* One of our own interfaces has this Ethernet address. */
bool links_has_mac(const struct links *links, const uint8_t mac[static 6]);

/* Feeds a message as if it had come from the kernel. For tests without a kernel. */
void links_feed(struct links *links, const struct nlmsghdr *h);
struct links *links_new_unconnected(void);

#endif
