/*
 * The packet filter's table of relais (wall_message.h): made when the configuration asks for it
 * (no_accept, strict mode, virtual MACs), changed at a reload in one transaction, removed at the
 * end, and by undo_sweep behind a killed process. Nothing is done to it when a VIP moves: a packet
 * to an address that this node does not hold never comes to the chains that look at it.
 */
#ifndef RELAIS_ADDRESS_WALL_H
#define RELAIS_ADDRESS_WALL_H

#include "core/sys/shared_page.h"
#include "failover/model/vrrp_conf.h"

struct wall {			  /* a member of its owner; all-zero but for page is none */
	struct shared_page *page; /* borrowed; NULL = no notes */
	char table[32];		  /* empty = none stands */
	int slot;		  /* in shared_page.undo */
};

/* As the configuration says. 0 or -errno (logged). */
int wall_set(struct wall *wall, const struct failover_conf *conf);
void wall_raze(struct wall *wall);
bool wall_claims_slot(const struct wall *wall, int slot);

#endif
