/*
 * When gratuitous ARPs and unsolicited neighbour advertisements go out (garp_*): a burst on
 * becoming master, again after garp_master_delay, refreshes, and bursts against a lower priority
 * that advertises. What a packet looks like is another room's matter: emit sends one.
 * A member of the instance; runs on its loop.
 */
#ifndef RELAIS_ANNOUNCE_ANNOUNCE_H
#define RELAIS_ANNOUNCE_ANNOUNCE_H

#include "core/loop/loop.h"
#include "failover/announce/pace.h"

struct vrrp_announce {
	struct loop *loop;		       /* borrowed */
	const struct vrrp_instance_conf *conf; /* borrowed */
	void (*emit)(struct vrrp_announce *a, const struct vip_conf *vip);
	struct loop_timer pause;       /* until the next packet of the burst under way */
	struct loop_timer again;       /* second burst of a new master */
	struct loop_timer again_lower; /* second burst after a lower priority */
	struct loop_timer refresh;
	struct loop_timer extra; /* addresses on other interfaces (garp_extra_if) */
	struct vrrp_pace *pace;	 /* borrowed; NULL = no pauses */
	struct loop_timer echo;	 /* more rounds behind the first burst */
	unsigned n_echoes;
	const struct vip_conf *next; /* of the round under way */
	bool in_excluded;	     /* next is of conf->excluded */
	int n_rounds_left;
	int64_t lower_us; /* when the last burst against a lower priority began */
	bool echo_wanted;
	bool lower_waits; /* another one came within LOWER_EVERY_US of it */
	bool on;
};

void vrrp_announce_init(struct vrrp_announce *a, struct loop *loop,
			const struct vrrp_instance_conf *conf,
			void (*emit)(struct vrrp_announce *a, const struct vip_conf *vip));
void vrrp_announce_master(struct vrrp_announce *a); /* the whole schedule */
/* Somebody had the addresses until a moment ago, and may have answered for them behind our first
 * burst, before it let go: four more rounds within two seconds. */
void vrrp_announce_echo(struct vrrp_announce *a);
void vrrp_announce_lower(struct vrrp_announce *a); /* garp_lower_prio_* */
void vrrp_announce_round(struct vrrp_announce *a); /* each address once, now */
/* They are where they were, but the interface was away or has another MAC: a round now, and four
 * more within two seconds. */
void vrrp_announce_again(struct vrrp_announce *a);
void vrrp_announce_hush(struct vrrp_announce *a); /* nothing more */
/* Another configuration; a burst under way begins anew with its addresses. */
void vrrp_announce_reconfigure(struct vrrp_announce *a, const struct vrrp_instance_conf *conf);

#endif
