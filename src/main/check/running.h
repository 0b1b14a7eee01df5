/*
 * The relais that runs on this machine, seen from another process: which it is, and what it was
 * configured with. The master keeps the very bytes that it read in a memfd; /proc shows it to root.
 * For relais -c --diff; works without a runtime socket.
 */
#ifndef RELAIS_CHECK_RUNNING_H
#define RELAIS_CHECK_RUNNING_H

#include <stdio.h>

#include "main/config.h"

/* The master's side: what runs from now on. Called at the start and when a reload is through.
 * *fd is the one before, or -1; it is replaced. */
void running_publish(const struct config *config, int *fd);

struct running {
	pid_t pid;
	struct args args; /* its command line; borrows words */
	char *words;	  /* owned */
	char **argv;	  /* owned */
};

/* with: a pid, a pid file, or NULL for the one relais in this network namespace, or else on this
 * machine. False: a message went to err. */
bool running_find(struct running *r, const char *with, FILE *err);
/* What it is configured with; NULL with a message. This process is in its network namespace
 * afterwards. */
struct config *running_config(struct running *r, FILE *err);
/* Its command line names the files, when ours has none: relative to where it was started. */
bool running_lend_files(const struct running *r, struct args *args);
void running_free(struct running *r);
/* The parent of a process; 0 = there is no such process. */
pid_t running_parent(pid_t pid);

#endif
