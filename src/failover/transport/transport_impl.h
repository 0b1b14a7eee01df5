/*
 * The inside of the transport, for transport.c (sockets, sending, who is attached) and
 * transport_receive.c.
 */
#ifndef RELAIS_TRANSPORT_TRANSPORT_IMPL_H
#define RELAIS_TRANSPORT_TRANSPORT_IMPL_H

#include <net/if.h>
#include <sys/socket.h>

#include "core/base/list.h"
#include "core/log/log.h"
#include "failover/wire/ah.h"
#include "failover/wire/signature.h"
#include "failover/transport/transport.h"

enum {
	VRRP_BATCH = 32, /* packets in one call */
	VRRP_BUF_LEN = 60 + VRRP_PACKET_MAX + VRRP_AUTH_LEN + VRRP_SIGNATURE_LEN + 64,
};

struct place {
	struct list link; /* vrrp_transport.places */
	struct vrrp_transport *transport;
	char name[IF_NAMESIZE];
	int family;
	bool ah;		 /* protocol 51, with the IP header in our hands (ah.h) */
	unsigned ifindex;	 /* of the open socket; 0 = closed */
	unsigned wanted_ifindex; /* of the socket that is to be opened, or was */
	bool usable;		 /* the interface is up and has an address, as heard last */
	struct loop_fd lfd;
	struct vrrp_instance *by_vrid[256]; /* borrowed */
	unsigned n_instances;
	int rx_bytes;	      /* of the socket's buffer, as asked for */
	uint64_t touched[4];  /* VRIDs that something was dropped for in this batch */
	uint32_t n_overflown; /* what the kernel said of this socket last */
};

struct vrrp_batch { /* where packets are read to */
	struct mmsghdr messages[VRRP_BATCH];
	struct iovec iov[VRRP_BATCH];
	struct sockaddr_storage from[VRRP_BATCH];
	union {
		char bytes[256];
		struct cmsghdr align;
	} control[VRRP_BATCH];
	uint8_t bytes[VRRP_BATCH][VRRP_BUF_LEN];
};

struct vrrp_transport {
	struct loop *loop; /* borrowed */
	struct list places;
	struct vrrp_transport_stats stats;
	struct log_gate unknown_gate, malformed_gate, open_gate, send_gate, overflow_gate;
	const struct house_conf *house; /* borrowed */
	struct loop_timer retry;	/* of what could not be opened */
	void (*on_open)(void *ctx, const char *name);
	void *ctx;
	struct vrrp_batch batch;
};

/* A few lines of a kind, then one a minute. */
bool vrrp_transport_gate(struct vrrp_transport *t, struct log_gate *gate);
/* transport_receive.c, on_ready of a place's socket. */
void vrrp_transport_on_readable(struct loop *loop, struct loop_fd *lfd, uint32_t ready);

#endif
