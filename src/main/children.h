/*
 * The master's children: starting them with the right descriptors, and seeing them end. What to do
 * when one ends is master.c's.
 */
#ifndef RELAIS_MAIN_CHILDREN_H
#define RELAIS_MAIN_CHILDREN_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/loop/loop.h"
#include "core/sys/channel.h"

struct child;

struct child_ops {
	/* A message came on its channel. */
	void (*message)(struct child *child, struct channel_message *msg);
	/* It has ended: status as waitpid's. The child is freed by the callee with child_free. */
	void (*ended)(struct child *child, int status);
};

struct child {
	pid_t pid;
	int channel; /* our end; owned */
	struct loop_fd pid_fd, channel_fd;
	const struct child_ops *ops;
	void *owner;
	unsigned slot; /* a balancer's place in the shared page */
};

/*
 * Forks. In the child, run(ctx, channel) is called with signals unblocked, the master's other
 * descriptors closed and a name set; its result is the exit status. NULL with errno.
 */
struct child *child_start(struct loop *loop, const struct child_ops *ops, void *owner,
			  int (*run)(void *ctx, int channel), void *ctx, const char *process_name);
void child_signal(const struct child *child, int signo);
int child_send(const struct child *child, unsigned type, const void *payload, size_t len);
/* Closes and frees; the process must have ended. */
void child_free(struct child **child);
/* Descriptors that belong to the master alone and that no child may inherit open. */
void child_keep_private(int fd);
void child_forget_private(int fd);

#endif
