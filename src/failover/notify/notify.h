/*
 * Telling the operator's scripts and FIFOs what becomes of instances and groups, in the formats of
 * Keepalived, measured on 2.2.7:
 *
 *   notify_master COMMAND           run as it is written
 *   notify COMMAND                  then, with four arguments more:
 *                                   INSTANCE|GROUP NAME MASTER|BACKUP|FAULT|STOP PRIORITY
 *   FIFO                            INSTANCE "NAME" MASTER PRIORITY, a line each
 *   lvs_notify_fifo, notify_fifo    VS, RS: see failover/virtual/virtual_told.h
 *   smtp_alert                      a mail (notify_mail.h)
 *
 * Scripts run through the runner, those of one instance or group one after the other. All on the
 * failover's thread.
 */
#ifndef RELAIS_NOTIFY_NOTIFY_H
#define RELAIS_NOTIFY_NOTIFY_H

#include "core/loop/runner_link.h"
#include "failover/model/vrrp_conf.h"

struct notify;

enum notify_event {
	NOTIFY_MASTER,
	NOTIFY_BACKUP,
	NOTIFY_FAULT,
	NOTIFY_STOP,
	NOTIFY_RX_LOWER,	/* a master heard an advert of lower priority */
	NOTIFY_MASTER_PRIORITY, /* only to FIFOs, where priority changes are asked for */
	NOTIFY_BACKUP_PRIORITY,
	NOTIFY_DELETED, /* by a reload: FAULT to those who have not asked for the word */
};

/* conf and link are borrowed; conf until configure or free. Makes and opens the FIFOs, which needs
 * the rights of root, and starts their scripts. */
struct notify *notify_new(struct loop *loop, struct runner_link *link,
			  const struct failover_conf *conf);
/* Removes the FIFOs that were made. */
void notify_free(struct notify **notify);
/* FIFOs that are still configured stay open. */
void notify_configure(struct notify *notify, const struct failover_conf *conf);

void notify_instance(struct notify *notify, const struct vrrp_instance_conf *conf,
		     enum notify_event event, unsigned priority);
/* The same for what the balancer tells of virtual servers. mail_about NULL: no mail. */
void notify_virtual(struct notify *notify, const char *line, const char *mail_about,
		    const char *mail_what, const char *mail_body);
/* As notify_instance, but no script is run. */
void notify_fifos_only(struct notify *notify, const struct vrrp_instance_conf *conf,
		       enum notify_event event, unsigned priority);
void notify_group(struct notify *notify, const struct vrrp_group_conf *conf,
		  enum notify_event event);
void notify_group_fifos_only(struct notify *notify, const struct vrrp_group_conf *conf,
			     enum notify_event event);

#endif
