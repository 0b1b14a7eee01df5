/*
 * Our table of the kernel's packet filter, as one nf_tables transaction. Pure.
 *
 *   table inet relais
 *     chain in, out: packets to and from closed addresses (no_accept) are dropped and counted, but
 *                    never neighbour discovery (RFC 9568 6.4.3 (645))
 *     chain out:     nothing that would teach a switch a virtual MAC leaves by a virtual MAC's
 *                    interface: IGMP, MLD, router solicitations
 */
#ifndef RELAIS_ADDRESS_WALL_MESSAGE_H
#define RELAIS_ADDRESS_WALL_MESSAGE_H

#include "failover/address/rtnl_message.h"

enum { WALL_MESSAGES_MAX = 256 };

struct wall_plan {
	const char *table;
	int priority;		   /* of its chains */
	const struct addr *closed; /* both families */
	size_t n_closed;
	const char *const *vmacs; /* names of interfaces */
	size_t n_vmacs;
};

/* Replaces the table, or makes it. False when it does not fit into m. */
bool wall_message_build(struct rtnl_message *m, const struct wall_plan *plan);
/* Room that a plan needs. */
size_t wall_message_len(const struct wall_plan *plan);
/* The message that removes the table, without its batch: for undo.h. */
bool wall_message_raze(struct rtnl_message *m, const char *table);
/* What stands before (begins) and behind the messages of a transaction. */
void wall_message_batch(struct rtnl_message *m, bool begins);

#endif
