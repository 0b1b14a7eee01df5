/*
 * VRRP on sockets: one raw socket (IP protocol 112, or 51 for auth_type AH) per interface and
 * family, shared by all instances there and demultiplexed by VRID. Multicast membership, TTL 255,
 * ToS 0xc0 (RFC 9568 5.1). The interface is that of the virtual MAC, where an instance has one. An
 * interface that is missing or comes back is opened again when link_changed says so. Needs
 * CAP_NET_RAW. All on the failover's thread.
 */
#ifndef RELAIS_TRANSPORT_TRANSPORT_H
#define RELAIS_TRANSPORT_TRANSPORT_H

#include "core/loop/loop.h"
#include "failover/model/house.h"
#include "failover/vrrp/instance.h"

struct vrrp_transport;

struct vrrp_transport_stats {
	uint64_t n_received, n_sent, n_send_failed;
	uint64_t n_unknown_vrid, n_malformed; /* without an instance to blame it on */
	uint64_t n_open_failed;
	uint64_t n_overflown; /* the kernel had no room for them */
};

/* Both are borrowed, house until the next configure. */
struct vrrp_transport *vrrp_transport_new(struct loop *loop, const struct house_conf *house);
/* Buffers of sockets that are open stay as they are. */
void vrrp_transport_configure(struct vrrp_transport *t, const struct house_conf *house);
void vrrp_transport_free(struct vrrp_transport **t);

/* Before start: opens the socket when the interface is there (its link was told to the instance
 * or comes later through interface_changed). False: another instance has that VRID there. */
bool vrrp_transport_attach(struct vrrp_transport *t, struct vrrp_instance *inst);
void vrrp_transport_detach(struct vrrp_transport *t, struct vrrp_instance *inst);

/* There is an interface, but no socket could be opened on it. That is tried again each second;
 * on_open is told when it went well, with the interface's name. */
bool vrrp_transport_deaf(struct vrrp_transport *t, const struct vrrp_instance *inst);
void vrrp_transport_watch(struct vrrp_transport *t, void (*on_open)(void *ctx, const char *name),
			  void *ctx);

/* A link appeared, went away (ifindex 0), or changed. Call it before vrrp_instance_link_changed,
 * so that an instance that may start again has its socket. */
void vrrp_transport_interface_changed(struct vrrp_transport *t, const struct vrrp_link *link);

/* For vrrp_instance_ops.send_advert. */
bool vrrp_transport_send(struct vrrp_transport *t, struct vrrp_instance *inst,
			 const struct addr *src, const struct addr *dst, const uint8_t *bytes,
			 size_t len);

const struct vrrp_transport_stats *vrrp_transport_stats(const struct vrrp_transport *t);

#endif
