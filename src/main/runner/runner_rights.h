/*
 * What a balancer may have run. The balancer serves strangers and has no rights; the runner may
 * become anybody. So the master writes down, from the configuration, which commands a balancer may
 * ask for (by their digests, in memory that the balancer does not have), and the runner runs no
 * others for it: a balancer that somebody has taken over gains no more than those.
 */
#ifndef RELAIS_RUNNER_RUNNER_RIGHTS_H
#define RELAIS_RUNNER_RUNNER_RIGHTS_H

#include "balancer/proxy/proxy_conf.h"
#include "core/sys/message.h"

struct runner_rights;

/* Shared memory; empty: nothing may be run. NULL with errno. In the master, before any fork. */
struct runner_rights *runner_rights_new(void);
/* Unmapped: in children that only ask. */
void runner_rights_forget(struct runner_rights **rights);
/* All that these configurations say (either may be NULL), in place of what was allowed. False: more
 * than there is room for, the rest is refused. In the master, before a balancer starts. */
bool runner_rights_set(struct runner_rights *rights, const struct balancer_conf *runs,
		       const struct balancer_conf *next);
/* Whether this request is one of them. argv, env: NULL-terminated. In the runner. */
bool runner_rights_permit(const struct runner_rights *rights, const struct message_run *ask,
			  char *const *argv, char *const *env);

#endif
