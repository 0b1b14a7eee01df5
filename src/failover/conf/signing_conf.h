/*
 * Signed adverts in a configuration, between the files of this room: signing_conf.c has the rows,
 * instance_conf.c reads auth_type, instance_finish.c settles.
 */
#ifndef RELAIS_CONF_SIGNING_CONF_H
#define RELAIS_CONF_SIGNING_CONF_H

#include "failover/conf/failover_build.h"

/* auth_type HMAC was written. */
void failover_signing_wanted(struct conf_ctx *ctx, const struct conf_line *line,
			     struct vrrp_instance_conf *inst);
/* After version, strictness and interval are settled. */
void failover_signing_settle(struct conf_ctx *ctx, struct vrrp_instance_conf *inst);

#endif
