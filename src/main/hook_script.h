/*
 * One script of the master's own, around the whole run: startup_script and shutdown_script. Forked
 * by the master while no other process of ours is there, run like any script of the runner (own
 * group, user, bounded time), and told of when it has ended. The master's thread.
 */
#ifndef RELAIS_MAIN_HOOK_SCRIPT_H
#define RELAIS_MAIN_HOOK_SCRIPT_H

#include "core/loop/loop.h"
#include "failover/model/house.h"

struct runner_job;

struct hook_script { /* a member of its owner; all-zero is idle */
	struct loop *loop;
	const char *name;	/* startup_script, shutdown_script */
	struct runner_job *job; /* owned; NULL = nothing runs */
	struct loop_fd pid_fd;
	_Atomic int *err_word; /* shared with the child */
	/* It has ended, in whatever way (which was logged). May start another. */
	void (*done)(struct hook_script *hook);
};

/* False: there is none, or it could not be started (logged); done is not called then. */
bool hook_script_start(struct hook_script *hook, const struct hook_conf *conf);
/* SIGTERM now, SIGKILL later; done is called at its end. Harmless when nothing runs. */
void hook_script_end(struct hook_script *hook);

#endif
