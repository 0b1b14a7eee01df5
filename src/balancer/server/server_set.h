/*
 * What the files of server/ share: everything here is called with the backend's lock held.
 */
#ifndef RELAIS_SERVER_SERVER_SET_H
#define RELAIS_SERVER_SERVER_SET_H

#include "balancer/server/server.h"

/* States, administration or weights have changed: who may be chosen, with which weight. */
void backend_recompute(struct backend *b, int64_t now_us);
/* Gives free places to those who wait for them. */
void server_queue_hand_on(struct server *s);
/* Those who wait for this server choose again. How many. */
unsigned server_queue_send_back(struct server *s);

struct server_idle *server_idle_new(unsigned n_threads);
void server_idle_free(struct server_idle **idle);

#endif
