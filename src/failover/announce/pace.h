/*
 * How close announcements may follow each other on an interface, over all instances there
 * (vrrp_garp_interval, vrrp_gna_interval), and on the interfaces of a garp_group together: switches
 * drop what comes faster. One for the process, on its thread; the clock is the caller's.
 */
#ifndef RELAIS_ANNOUNCE_PACE_H
#define RELAIS_ANNOUNCE_PACE_H

#include "failover/model/vrrp_conf.h"

struct vrrp_pace;

struct vrrp_pace *vrrp_pace_new(void);
void vrrp_pace_free(struct vrrp_pace **pace);
/* The groups in use from here on; borrowed until the next call. NULL = none. */
void vrrp_pace_configure(struct vrrp_pace *pace, const struct garp_group_conf *groups);

/* May one leave on this interface now? 0 = yes, and its place is taken; else when to ask again.
 * own_us: the interval where no group has the interface; 0 = none. */
int64_t vrrp_pace_ask(struct vrrp_pace *pace, const char *interface, bool v6, int64_t own_us,
		      int64_t now_us);

#endif
