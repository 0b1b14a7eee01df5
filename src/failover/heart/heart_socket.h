/*
 * UDP sockets for heartbeats: one for each port and family towards named peers, one for each port,
 * family and interface where everybody on a link is meant (broadcast, or all IPv6 nodes). Shared
 * by instances, counted. What cannot be opened or has lost its interface is tried again each
 * second. Failover's thread only.
 */
#ifndef RELAIS_HEART_HEART_SOCKET_H
#define RELAIS_HEART_HEART_SOCKET_H

#include "core/base/addr.h"
#include "core/base/list.h"
#include "core/loop/loop.h"

struct heart_socket;

struct heart_route {
	struct addr to; /* len 0 = everybody on dev */
	char dev[16];
	int family;
	unsigned port;
};

struct heart_arrival {
	struct addr from;
	bool everybody; /* it came by broadcast or multicast */
	char dev[16];	/* of the socket; empty = any */
};

typedef void heart_socket_fn(void *ctx, const struct heart_arrival *from, const uint8_t *bytes,
			     size_t len);

struct heart_sockets {
	struct loop *loop;
	heart_socket_fn *arrived;
	void *ctx;
	struct list all;
};

void heart_sockets_init(struct heart_sockets *s, struct loop *loop, heart_socket_fn *arrived,
			void *ctx);
void heart_sockets_fini(struct heart_sockets *s);
struct heart_socket *heart_socket_take(struct heart_sockets *s, const struct heart_route *route);
void heart_socket_give(struct heart_sockets *s, struct heart_socket *socket);
void heart_socket_send(struct heart_socket *socket, const struct heart_route *route,
		       const uint8_t *bytes, size_t len);
/* What arrived came this way. */
bool heart_route_is(const struct heart_route *route, const struct heart_arrival *from);

#endif
