/*
 * From a configured route or rule to the netlink message that adds or removes it, and back as far
 * as knowing it again. Pure.
 */
#ifndef RELAIS_ADDRESS_ROUTE_MESSAGE_H
#define RELAIS_ADDRESS_ROUTE_MESSAGE_H

#include "failover/address/rtnl_message.h"
#include "failover/model/route_conf.h"

/* The number of an interface, 0 = there is none of that name. */
typedef int route_ifindex_fn(const void *ctx, const char *name);

/* Appends the message of type RTM_NEWROUTE or RTM_DELROUTE. dev: of a route that names neither
 * interface nor gateway. False: an interface is not there, or it does not fit. */
bool route_message_put(struct rtnl_message *m, uint16_t type, const struct route_conf *r,
		       const char *dev, route_ifindex_fn *ifindex, const void *ctx);
/* RTM_NEWRULE or RTM_DELRULE. Interfaces are matched by name, so they need not be there. */
bool rule_message_put(struct rtnl_message *m, uint16_t type, const struct rule_conf *r);

/* Whether a message of the kernel (RTM_DELROUTE, RTM_DELRULE) may speak of what `ours`, an
 * RTM_NEW* or RTM_DEL* message made here, does: same family, table, destination, metric, protocol;
 * same preference of rules. */
bool route_message_concerns(const struct nlmsghdr *told, const struct nlmsghdr *ours);

#endif
