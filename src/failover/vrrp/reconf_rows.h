/*
 * What differs between two configurations of an instance, and what that asks for: the rows behind
 * vrrp_reconf_kind. For reconf.c, which acts on it, and for what tells an operator beforehand.
 */
#ifndef RELAIS_VRRP_RECONF_ROWS_H
#define RELAIS_VRRP_RECONF_ROWS_H

#include "failover/vrrp/instance.h"

enum { /* what of a running master a difference reaches */
       VRRP_TOUCHES_WIRE = 1,
       VRRP_TOUCHES_ADDRESSES = 2,
       VRRP_TOUCHES_ROUTES = 4,
};

unsigned vrrp_reconf_touches(const struct vrrp_instance_conf *from,
			     const struct vrrp_instance_conf *to);

/* The lists of what is tracked; a group has one too. */
bool vrrp_reconf_tracks_same(const struct vrrp_track_conf *a, const struct vrrp_track_conf *b);

enum { VRRP_RECONF_WORDS_MAX = 64 };

/* The words of the differences that need just that (ADAPTED or REBUILD); how many. */
unsigned vrrp_reconf_list(const struct vrrp_instance_conf *from,
			  const struct vrrp_instance_conf *to, enum vrrp_reconf needs,
			  const char **words, unsigned max);

#endif
