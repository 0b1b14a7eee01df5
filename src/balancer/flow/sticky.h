/*
 * Persistence by stick tables: `stick on` and its kin. Room-private.
 */
#ifndef RELAIS_FLOW_STICKY_H
#define RELAIS_FLOW_STICKY_H

#include "balancer/flow/exchange.h"

/* The backend has stick rules: the server that its tables name, unless one is wanted already; and
 * what they are to learn is remembered. */
void sticky_choose(struct exchange *x, struct server_choice *choice);
/* The server has answered (http) or stands (tcp): tables learn it. */
void sticky_learn(struct exchange *x);

#endif
