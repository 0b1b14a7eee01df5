/*
 * The other end of a runner's channel, for tests of its clients (core/loop/runner_link.h): shows
 * what was asked as text and answers as told. Everything is here, so that a test needs one include.
 */
#ifndef RELAIS_TESTS_FAKE_RUNNER_H
#define RELAIS_TESTS_FAKE_RUNNER_H

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/loop/loop_sim.h"
#include "core/loop/runner_link.h"
#include "core/sys/channel.h"

struct fake_runner {
	struct loop *loop; /* simulated */
	struct runner_link *link;
	int ends[2]; /* 0: the link's, 1: ours */
	struct channel_message msg;
	struct message_run run; /* the last one asked for */
	char asked[512];	/* its words, joined by a blank; "cancel" */
};

static inline void fake_runner_open(struct fake_runner *f)
{
	memset(f, 0, sizeof(*f));
	f->loop = loop_new(&loop_sim_ops);
	channel_pair(f->ends);
	f->link = runner_link_new(f->loop, f->ends[0]);
}

static inline void fake_runner_close(struct fake_runner *f)
{
	runner_link_free(&f->link);
	close(f->ends[0]);
	close(f->ends[1]);
	loop_free(&f->loop);
}

/* The next request as text; "" when there is none. */
static inline const char *fake_runner_next(struct fake_runner *f)
{
	const char *at = f->msg.payload + sizeof(f->run);
	struct text t;

	text_init(&t, f->asked, sizeof(f->asked));
	if (channel_recv(f->ends[1], &f->msg) != 1)
		return f->asked;
	if (f->msg.type != MESSAGE_RUN) {
		text_str(&t, "cancel");
		return f->asked;
	}
	memcpy(&f->run, f->msg.payload, sizeof(f->run));
	for (unsigned i = 0; i < f->run.n_argv + f->run.n_env; i++) {
		text_fmt(&t, i ? " %s" : "%s", at);
		at += strlen(at) + 1;
	}
	return f->asked;
}

/* Answers the last request. status as waitpid's. */
static inline void fake_runner_answer(struct fake_runner *f, int status, bool timed_out,
				      const char *output)
{
	char payload[sizeof(struct message_run_exit) + 256];
	struct message_run_exit exit = {.id = f->run.id, .status = status, .timed_out = timed_out};
	size_t len = strlen(output);

	memcpy(payload, &exit, sizeof(exit));
	memcpy(payload + sizeof(exit), output, len);
	channel_send(f->ends[1], MESSAGE_RUN_EXIT, payload, sizeof(exit) + len);
	runner_link_read(f->link);
}

/* As a runner that has just started. */
static inline void fake_runner_hello(struct fake_runner *f)
{
	struct message_run_exit exit = {.status = -1, .err = ECONNRESET};

	channel_send(f->ends[1], MESSAGE_RUN_EXIT, &exit, sizeof(exit));
	runner_link_read(f->link);
}

#endif
