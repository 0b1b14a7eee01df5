/*
 * The client's end of the channel to the runner process: asks for scripts to be run (MESSAGE_RUN of
 * core/sys/message.h) and gives each report to whom it belongs. Used by failover and balancer, one
 * per loop. The channel outlives both processes, so reports of a former life may come: unknown
 * ones are dropped.
 */
#ifndef RELAIS_LOOP_RUNNER_LINK_H
#define RELAIS_LOOP_RUNNER_LINK_H

#include "core/base/slice.h"
#include "core/loop/loop.h"
#include "core/sys/message.h"

struct runner_link;

struct runner_ask {
	const char *const *argv; /* NULL-terminated; argv[0] is the path */
	const char *const *more; /* further arguments, NULL-terminated; NULL = none */
	const char *const *env;	 /* "NAME=value", added to the runner's; NULL = none */
	uint32_t uid, gid;
	uint32_t timeout_ms; /* 0 = none */
	uint32_t lane;	     /* see message_run */
	bool wants_lines;    /* each line of its output is told at once (runner_call.on_line) */
	bool clean_env;	     /* env is all that it gets */
};

/* A member of who waits for a report; all-zero is a fresh one. */
struct runner_call {
	struct list link;
	uint64_t id; /* 0 = nothing is awaited */
	/* May ask again, and may free the call. output: the last bytes it wrote. A status of -1
	 * with err ECONNRESET: the runner ended meanwhile, there is no result. */
	void (*on_exit)(struct runner_call *call, const struct message_run_exit *exit,
			struct slice output);
	void (*on_line)(struct runner_call *call, struct slice line); /* without its end */
};

/* fd is borrowed; -1 = there is no runner, every ask fails. NULL with errno. */
struct runner_link *runner_link_new(struct loop *loop, int fd);
/* Calls that still wait are forgotten; their scripts go on. */
void runner_link_free(struct runner_link **link);

/* call NULL: no report. 0, -EAGAIN when the runner does not keep up, -ENOTCONN, other -errno. */
int runner_link_run(struct runner_link *link, const struct runner_ask *ask,
		    struct runner_call *call);
/* The same under an id of the caller's choice (not 0), after ending what runs under it already,
 * perhaps since an earlier life of this process. */
int runner_link_replace(struct runner_link *link, const struct runner_ask *ask,
			struct runner_call *call, uint64_t id);
/* Ends the script; no report comes. Harmless when nothing is awaited. */
void runner_link_cancel(struct runner_link *link, struct runner_call *call);
/* No report any more; the script goes on. Harmless when nothing is awaited. */
void runner_link_forget(struct runner_call *call);
/* Reads what is there. Called by the loop; by tests on a simulated one. */
void runner_link_read(struct runner_link *link);

#endif
