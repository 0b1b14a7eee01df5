/*
 * vrrp_sync_group: instances that move together. One FAULT takes all; when one becomes MASTER or
 * falls back to BACKUP, so do the others. The group owns nothing of its members.
 */
#ifndef RELAIS_VRRP_GROUP_H
#define RELAIS_VRRP_GROUP_H

#include "failover/vrrp/instance.h"

struct vrrp_group;

struct vrrp_group_ops {
	/* All members have reached the state. */
	void (*state_changed)(void *ctx, struct vrrp_group *group, enum vrrp_state from,
			      enum vrrp_state to, const char *reason);
};

/* conf, ops and ctx are borrowed. ops may be NULL. */
struct vrrp_group *vrrp_group_new(const struct vrrp_group_conf *conf,
				  const struct vrrp_group_ops *ops, void *ctx);
/* Members go on alone, in the state in which they are. */
void vrrp_group_free(struct vrrp_group **group);
/* Before start, or at reload after reconfigure. An instance is in one group at most. */
void vrrp_group_add(struct vrrp_group *group, struct vrrp_instance *inst);
void vrrp_group_remove(struct vrrp_instance *inst); /* also done by vrrp_instance_free */
/* At reload: the group of that name in the new configuration. */
void vrrp_group_reconfigure(struct vrrp_group *group, const struct vrrp_group_conf *conf);

enum vrrp_state vrrp_group_state(const struct vrrp_group *group);
const struct vrrp_group_conf *vrrp_group_conf(const struct vrrp_group *group);

#endif
