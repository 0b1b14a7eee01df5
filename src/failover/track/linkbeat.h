/*
 * Links whose driver does not tell the kernel of a lost carrier (linkbeat_interfaces,
 * linkbeat_use_polling): asked twice a second by MII, ethtool or the interface's flags. A thread of
 * ordinary priority asks, since reading a PHY may take its time; answers come to the failover's
 * loop.
 */
#ifndef RELAIS_TRACK_LINKBEAT_H
#define RELAIS_TRACK_LINKBEAT_H

#include "core/loop/loop.h"
#include "failover/model/vrrp_conf.h"

struct linkbeat;

/* This interface has another answer now. */
typedef void linkbeat_fn(void *ctx, const char *name);

/* conf's links live until configure or free. To be called when the process has only the rights that
 * it keeps: the thread gets the same. */
struct linkbeat *linkbeat_new(struct loop *loop, linkbeat_fn *changed, void *ctx,
			      const struct vrrp_link_conf *list);
void linkbeat_free(struct linkbeat **beat);
void linkbeat_configure(struct linkbeat *beat, const struct vrrp_link_conf *list);
/* False: it was asked, and there is no carrier. What nobody asks, and what gave no answer yet, has
 * one. beat may be NULL. */
bool linkbeat_up(const struct linkbeat *beat, const char *name);

/* One question, now: 1 = carrier, 0 = none, -1 = no way of asking answers. how gets the way that
 * did, beginning with the one that is wanted. */
int linkbeat_ask(int fd, const char *name, enum vrrp_linkbeat want, enum vrrp_linkbeat *how);

#endif
