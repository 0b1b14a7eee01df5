/*
 * From a configured virtual address to the netlink message that adds or removes it. Pure.
 */
#ifndef RELAIS_ADDRESS_VIP_MESSAGE_H
#define RELAIS_ADDRESS_VIP_MESSAGE_H

#include "failover/address/rtnl_message.h"
#include "failover/model/vrrp_conf.h"

/* IPv6 addresses skip duplicate address detection always: a takeover cannot wait for it. */
void vip_message_from_conf(struct rtnl_address *a, const struct vip_conf *vip, int ifindex);

#endif
