/*
 * The runner process: runs the operator's scripts for failover and balancer and does nothing else.
 * Forked by the master, which calls runner_main in the child and makes its result the exit status.
 * What it is asked and answers: core/sys/message.h, MESSAGE_RUN and below.
 */
#ifndef RELAIS_RUNNER_RUNNER_H
#define RELAIS_RUNNER_RUNNER_H

#include <stddef.h>

enum {
	RUNNER_RUNNING_MAX = 64,   /* scripts at a time; lanes have as many again */
	RUNNER_LANE_MAX = 4,	   /* of one lane, where none ends; then the oldest is ended */
	RUNNER_WAITING_MAX = 1024, /* beyond that a request is answered -EAGAIN */
	RUNNER_OUTPUT_MAX = 1024,  /* of a script's output, its end */
	RUNNER_KILL_US = 2000000,  /* from SIGTERM to SIGKILL */
	RUNNER_LEAVE_US = 2000000, /* lanes may finish for so long when it is told to end */
};

struct runner_rights; /* runner_rights.h */

/* rights: what all clients but the first (failover) may ask for; NULL = anything, in tests.
 * client_fds: channels (channel.h). Runs until all of them are closed, or SIGTERM; then it ends
 * what it started, but for lanes, which have RUNNER_LEAVE_US first. */
int runner_main(const int *client_fds, size_t n_clients, const struct runner_rights *rights);

#endif
