/*
 * Netlink messages about interfaces with a virtual MAC address (macvlan in private mode). Pure.
 */
#ifndef RELAIS_ADDRESS_VMAC_MESSAGE_H
#define RELAIS_ADDRESS_VMAC_MESSAGE_H

#include "failover/address/rtnl_message.h"

struct vmac_link { /* an interface as it is to be, or as the kernel says */
	char name[IFNAMSIZ];
	int ifindex, base; /* base: ifindex of the one below */
	uint8_t mac[6];
	bool is_macvlan;
};

struct vmac_setting {	 /* of net.ipv4.conf.NAME */
	uint16_t number; /* IPV4_DEVCONF_* */
	uint32_t value;
};

bool vmac_message_put_create(struct rtnl_message *m, const struct vmac_link *v);
bool vmac_message_put_delete(struct rtnl_message *m, const char *name);
bool vmac_message_put_up(struct rtnl_message *m, const char *name);
bool vmac_message_put_mtu(struct rtnl_message *m, const char *name, uint32_t mtu);
bool vmac_message_put_settings(struct rtnl_message *m, const char *name,
			       const struct vmac_setting *settings, unsigned n);
/* No link-local address of its own is made of the MAC (RFC 9568 7.4). */
bool vmac_message_put_no_addrgen(struct rtnl_message *m, const char *name);

/* False: it is no message about an interface. */
bool vmac_message_read(const struct nlmsghdr *h, struct vmac_link *v);

#endif
