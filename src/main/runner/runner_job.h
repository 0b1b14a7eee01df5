/*
 * One script at work: forked with its user and its own process group, its output kept at the end,
 * its time watched. Used by runner.c, which owns the jobs and decides when each starts.
 */
#ifndef RELAIS_RUNNER_RUNNER_JOB_H
#define RELAIS_RUNNER_RUNNER_JOB_H

#include <sys/types.h>

#include "core/base/slice.h"
#include "core/loop/loop.h"
#include "core/sys/channel.h"
#include "core/sys/message.h"
#include "main/runner/runner.h"

struct runner;

enum runner_job_state {
	RUNNER_JOB_WAITING,
	RUNNER_JOB_RUNNING,
	RUNNER_JOB_ENDED, /* reported or being reported; its output may still be open */
};

struct runner_job {
	struct list link; /* in runner's list of jobs, in the order asked */
	struct runner *runner;
	/* ENDED, and its output is closed now. May free the job. */
	void (*on_closed)(struct runner_job *job);
	void (*on_line)(struct runner_job *job, struct slice line); /* with ask.wants_lines */
	unsigned client;
	enum runner_job_state state;
	struct message_run ask;
	char **argv, **env; /* owned with text, NULL-terminated */
	char *text;
	pid_t pid;
	int64_t asked_us, started_us;
	struct loop_timer timer; /* timeout, then kill; when ENDED: tries its report again */
	bool timed_out, killed, cancelled, reported;
	bool surplus; /* ended because others of its lane had waited too long */
	struct message_run_exit report;
	struct loop_fd output; /* fd -1 = closed */
	size_t output_len;
	char bytes[2 * RUNNER_OUTPUT_MAX];
};

/* From a MESSAGE_RUN; NULL when the message is malformed. */
struct runner_job *runner_job_new(const struct channel_message *msg);
void runner_job_free(struct runner_job **job, struct loop *loop);
/* 0 and RUNNING, or -errno. err_word: shared memory where the child leaves why exec failed. */
int runner_job_start(struct runner_job *job, struct loop *loop, _Atomic int *err_word);
/* SIGTERM now, SIGKILL to its whole group RUNNER_KILL_US later. */
void runner_job_end(struct runner_job *job, struct loop *loop);
/* Its process has ended (not reaped yet): reaps, kills what is left when it was ended by us. */
void runner_job_reap(struct runner_job *job, struct loop *loop, int exec_err);
/* The end of the output. */
struct slice runner_job_output(const struct runner_job *job);

#endif
