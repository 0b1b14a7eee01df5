/*
 * The master process: opens the listening sockets, starts failover, balancer and runner, replaces
 * those that fail, reloads, stops. It is idle otherwise and holds no traffic.
 */
#ifndef RELAIS_MAIN_MASTER_H
#define RELAIS_MAIN_MASTER_H

#include "main/config.h"
#include "main/handover/handover_take.h"

/* Takes config over, its listeners open. handover: those that it replaces, NULL = none; borrowed.
 * Runs until stopped; exit status for the process. */
int master_run(const struct args *args, struct config **config, struct handover *handover);

#endif
