/*
 * A connection on the runtime socket (`stats socket`).
 */
#ifndef RELAIS_ADMIN_SOCKET_H
#define RELAIS_ADMIN_SOCKET_H

#include "balancer/proxy/proxy_conf.h"
#include "core/loop/loop.h"

/* Takes fd over: answers one line and closes, or more after `prompt`. Matches
 * balancer_setup.admin_accept. */
void admin_accept(struct loop *loop, int fd, const struct listener_conf *listener);

#endif
