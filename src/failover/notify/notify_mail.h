/*
 * The mail of one change of state, in Keepalived's words. Used by notify.c.
 */
#ifndef RELAIS_NOTIFY_NOTIFY_MAIL_H
#define RELAIS_NOTIFY_NOTIFY_MAIL_H

#include "core/mail/mail_queue.h"
#include "failover/model/vrrp_conf.h"

/* kind: INSTANCE or GROUP. word: what scripts and FIFOs are told; only states and DELETED are worth
 * a mail, the others are passed over. */
void notify_mail_send(struct mail_queue *queue, const struct failover_conf *conf, const char *kind,
		      const char *name, const char *word);

#endif
