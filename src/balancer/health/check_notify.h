/*
 * Commands that are run when a server goes up or down, and when a backend's quorum is reached or
 * lost. Private to health/; on the checks' thread.
 */
#ifndef RELAIS_HEALTH_CHECK_NOTIFY_H
#define RELAIS_HEALTH_CHECK_NOTIFY_H

#include "balancer/health/health.h"
#include "balancer/server/server.h"
#include "core/loop/runner_link.h"

/* Whether the configuration has any such command. */
bool health_notify_wanted(const struct balancer_conf *conf);
/* mailbox, runner: borrowed until health_notify_stop. */
void health_notify_start(const struct health_setup *setup, struct arena *arena,
			 struct mailbox *mailbox, struct runner_link *runner);
void health_notify_stop(void);
/* Of two balancers at a reload one runs commands: the one that leads. */
void health_notify_lead(bool leads);
/* The process is told to stop: `notify-at-stop`. */
void health_notify_last(void);
/* server_state_set, and what is to be run for it. why: the check's own words, for mails. */
void health_state_set(struct server *s, enum server_state to, const char *reason, const char *why,
		      int64_t now_us);

#endif
