/*
 * What the other nodes of a virtual router say of themselves over second paths: a value, written
 * by failover/heart/ and asked by instances. Who was not heard for silent_us is not known.
 */
#ifndef RELAIS_VRRP_PEERS_H
#define RELAIS_VRRP_PEERS_H

#include "core/base/addr.h"
#include "failover/vrrp/fsm.h"

enum { VRRP_PEERS_MAX = 4 };

struct vrrp_peer_word {
	struct addr address; /* where its advertisements come from: its name */
	enum vrrp_state state;
	unsigned priority; /* effective */
	bool able;	   /* would serve if it took over: no fault, no maintenance */
	bool witnessed;	   /* a witness answers it */
	bool hears;	   /* it hears advertisements */
	int64_t heard_us;  /* over whichever path; 0 = a free row */
};

struct vrrp_peers {
	int64_t silent_us;
	struct vrrp_peer_word rows[VRRP_PEERS_MAX];
};

/* The first of them that is MASTER, of the highest priority; NULL = nobody known is. */
const struct vrrp_peer_word *vrrp_peers_master(const struct vrrp_peers *peers, int64_t now_us);
/* Somebody is heard there. */
bool vrrp_peers_any(const struct vrrp_peers *peers, int64_t now_us);
/* One that would take over from a master that resigned, and serve. witnessed: and sees a witness,
 * but no advertisement. */
const struct vrrp_peer_word *vrrp_peers_better(const struct vrrp_peers *peers, int64_t now_us,
					       bool witnessed);

#endif
