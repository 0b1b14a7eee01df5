/*
 * Persistence by cookie: `cookie NAME insert|rewrite|prefix ...`. Room-private.
 */
#ifndef RELAIS_FLOW_PERSIST_H
#define RELAIS_FLOW_PERSIST_H

#include "balancer/flow/exchange.h"

/* The server that the client's cookie names, if it can be had; x->cookie_seen. */
void persist_choose(struct exchange *x, struct server_choice *choice);
/* Takes the cookie out of what the server gets, where the mode says so. false: no memory. */
bool persist_edit_request(struct exchange *x);
/* Inserts, rewrites or removes the cookie of the response; x->cookie_done. false: no memory. */
bool persist_edit_response(struct exchange *x);

#endif
