/*
 * BFD on UDP (RFC 5881 4, 5883 5): one listening socket per family and port for all sessions, and
 * one sending socket per session, whose source port is its own. A socket that cannot be opened
 * (the port is another's, the interface is not there yet) is tried again. Failover's thread only.
 */
#ifndef RELAIS_BFD_BFD_TRANSPORT_H
#define RELAIS_BFD_BFD_TRANSPORT_H

#include "core/loop/loop.h"
#include "failover/model/vrrp_conf.h"

enum { BFD_PORT = 3784, BFD_PORT_MULTIHOP = 4784 };

struct bfd_transport;

struct bfd_path { /* how a packet came */
	struct addr src;
	int ttl;	  /* TTL or hop limit; -1 = unknown */
	unsigned ifindex; /* 0 = unknown */
	bool multihop;
};

typedef void bfd_transport_fn(void *ctx, const uint8_t *bytes, size_t len,
			      const struct bfd_path *path);

struct bfd_transport *bfd_transport_new(struct loop *loop, bfd_transport_fn *receive, void *ctx);
void bfd_transport_free(struct bfd_transport **t);
/* Listens for what these sessions need, and for nothing else. */
void bfd_transport_listen(struct bfd_transport *t, const struct vrrp_bfd_conf *list);
/* Hands over all that has arrived. */
void bfd_transport_drain(struct bfd_transport *t);

/* The sending side of a session. Opened by the first send. */
struct bfd_sender {
	int fd; /* -1 = closed */
};

/* 0 or -errno. */
int bfd_sender_send(struct bfd_sender *sender, const struct vrrp_bfd_conf *conf,
		    const uint8_t *bytes, size_t len);
void bfd_sender_close(struct bfd_sender *sender);

#endif
