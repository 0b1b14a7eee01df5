/*
 * The side that is replaced: a master that serves answers who comes to take its place, gives it the
 * listening sockets, brings it together with the failover process, and finishes when it serves.
 * Until then nothing ends here: who fails on the way has changed nothing. The master's thread.
 */
#ifndef RELAIS_HANDOVER_HANDOVER_GIVE_H
#define RELAIS_HANDOVER_HANDOVER_GIVE_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/loop/loop.h"

struct master;

enum { HANDOVER_ASKERS_MAX = 8 };

struct handover_asker {
	struct loop_fd lfd; /* fd 0 = free; owned */
	struct master *master;
	pid_t pid;
	bool waits, only_sockets;
};

struct handover_giver { /* a member of the master; all-zero is closed */
	struct loop_fd lfd;
	bool open;
	struct handover_asker askers[HANDOVER_ASKERS_MAX];
	struct handover_asker *heir; /* it replaces us; NULL = nobody */
	pid_t gone_to;		     /* it has replaced us; 0 = nobody */
	bool failover_handed;	     /* what our page says of addresses is the heir's */
};

/* Opens the door; who asks before listen waits. What fails is logged: no one hands over then. */
void handover_give_open(struct master *m);
void handover_give_listen(struct master *m);
void handover_give_close(struct master *m);
/* Whoever waits may have its turn: a reload has ended. */
void handover_give_next(struct master *m);

#endif
