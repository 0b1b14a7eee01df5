/*
 * Mail to the operator, as Keepalived words it:
 *
 *   Subject: [ROUTER_ID] ABOUT - WHAT          [lb1] VRRP Instance VI_1 - Entering MASTER state
 *   BODY                                       => VRRP Instance is now owning VRRP VIPs <=
 *
 * One queue per process that has a loop and a link to the runner (failover, balancer). Each mail is
 * one run of the helper relais-mail (src/helpers/), so nothing here waits for a server. Bounded:
 * MAIL_RUNNING_MAX at a time, MAIL_WAITING_MAX in the queue, MAIL_PER_MINUTE about one thing; what
 * is over that waits, and the newest takes the place of those that wait with it. Mails about one
 * thing leave in order; what cannot be sent now is tried again MAIL_TRIES times.
 */
#ifndef RELAIS_MAIL_MAIL_QUEUE_H
#define RELAIS_MAIL_MAIL_QUEUE_H

#include "core/loop/runner_link.h"
#include "core/mail/mail_conf.h"

enum {
	MAIL_WAITING_MAX = 256,
	MAIL_RUNNING_MAX = 4,
	MAIL_PER_MINUTE = 20,
	MAIL_TRIES = 4,
};

struct mail_queue;

struct mail_queue_stats {
	uint64_t n_asked, n_sent, n_failed;
	uint64_t n_merged;  /* said by a later one about the same thing */
	uint64_t n_dropped; /* there was no room */
	unsigned n_waiting, n_running;
};

/* All that is needed is allocated here; link is borrowed. tool: the helper's path, copied; NULL =
 * it is looked for (core/sys/tool_path.h). */
struct mail_queue *mail_queue_new(struct loop *loop, struct runner_link *link, const char *tool);
/* What waits is handed to the runner, which finishes it if it can. */
void mail_queue_free(struct mail_queue **queue);
/* conf is borrowed until the next call or free; NULL = no mail is sent. */
void mail_queue_configure(struct mail_queue *queue, const struct mail_conf *conf);
/* Copies the texts. Never waits. Without effect where no mail is configured. */
void mail_queue_send(struct mail_queue *queue, const char *about, const char *what,
		     const char *body);
struct mail_queue_stats mail_queue_stats(const struct mail_queue *queue);

#endif
