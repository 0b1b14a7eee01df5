/*
 * The side that replaces: finds the masters behind the process ids of -sf and -st, takes over their
 * listening sockets before our own are opened, their stick tables and their failover process'
 * place when we are about to serve, and tells them to finish when we do. Whoever does not answer
 * (another program, an older build) gets a signal then, as ever. Blocks, before there is a loop.
 */
#ifndef RELAIS_HANDOVER_HANDOVER_TAKE_H
#define RELAIS_HANDOVER_HANDOVER_TAKE_H

#include "main/args.h"
#include "main/config.h"

struct handover;

/* Asks all that args name; waits for one that another process is just replacing, and goes on to
 * that one. NULL: they name none. args->old_pids are those that are replaced afterwards. */
struct handover *handover_new(struct args *args);
void handover_free(struct handover **h);
/* Sockets that were given, as the listeners of a configuration; for listeners_open. NULL = none. */
const struct balancer_conf *handover_listeners(const struct handover *h);
/* Those that conf did not take over (NULL: all) are let go again. */
void handover_drop_unused(struct handover *h, const struct balancer_conf *conf);
/* In the process that stays. */
void handover_say_pid(struct handover *h);

/* For the stick tables, as master_ask_tables: a memfd or -1. */
int handover_tables(struct handover *h);
bool handover_has_failover(const struct handover *h);
/* Takes the descriptor: the far end of our failover process' channel. */
void handover_meet_failover(struct handover *h, int fd);
/* We serve: they are to finish, or with -st to end. */
void handover_done(struct handover *h, bool terminate);

#endif
