/*
 * Heartbeats over second paths (heartbeat { ... } of an instance): every node tells the others at
 * about the advertisement interval what it is and can do, over links of their own, so that a broken
 * segment is told from a dead master. What the instance makes of it is vrrp/withhold.c's and
 * vrrp/compare.c's matter.
 *
 * Order of calls: hearts_new; heart_new before the instance starts; heart_follow and
 * heart_set_router behind each reload; heart_say when its state changed, heart_say_soon when its
 * priority did, heart_advertised when an advertisement left; heart_free before the instance.
 * Failover's thread only.
 */
#ifndef RELAIS_HEART_HEART_H
#define RELAIS_HEART_HEART_H

#include "core/loop/loop.h"
#include "failover/vrrp/instance.h"

struct hearts; /* the sockets, shared by all instances */
struct heart;  /* of one instance */

struct hearts *hearts_new(struct loop *loop);
void hearts_free(struct hearts **hearts); /* after all of their heart */

/* NULL when the instance has no heartbeat. All borrowed; page may be NULL. */
struct heart *heart_new(struct hearts *hearts, struct vrrp_instance *inst, struct shared_vip *page);
void heart_free(struct heart **heart);
/* The instance has another configuration (with heartbeats): paths that stay are kept. */
void heart_follow(struct heart *heart);
/* How this node calls itself; a copy is taken. heart may be NULL, as below. */
void heart_set_router(struct heart *heart, const char *router_id);

/* Over every path: now, as a state has just changed, and at the end of what runs. */
void heart_say(struct heart *heart);
void heart_say_soon(struct heart *heart);
/* So that heartbeats and advertisements fall silent together, one goes with the other. */
void heart_advertised(struct heart *heart);

#endif
