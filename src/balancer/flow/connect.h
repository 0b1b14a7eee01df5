/*
 * What response.c and transfer.c may ask of connect.c beyond its steps. Room-private.
 */
#ifndef RELAIS_FLOW_CONNECT_H
#define RELAIS_FLOW_CONNECT_H

#include "balancer/flow/exchange.h"

/* May the request be sent once more without the client noticing? Idempotent, no body. */
bool connect_is_replayable(const struct exchange *x);
/* The reused connection was dead: back to `connect` for a fresh one, same server. */
flow_result connect_replace(struct exchange *x);

#endif
