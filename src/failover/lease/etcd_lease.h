/*
 * A lease in etcd that at most one node has at a time: a key, put under a lease of a few seconds
 * that is renewed at a third of it. Spoken over plain HTTP to addresses, without ever waiting; one
 * question is under way at a time, and who does not answer in time is followed by the next address.
 * Users of one name share it. Failover's thread only.
 *
 * What is told of it is safe: until_us counts from before the question was asked, less a tenth.
 */
#ifndef RELAIS_LEASE_ETCD_LEASE_H
#define RELAIS_LEASE_ETCD_LEASE_H

#include "core/loop/loop.h"
#include "failover/vrrp/instance.h"

struct etcd_leases;
struct etcd_user; /* of a lease: one instance */

/* until_us 0: not ours. busy: etcd has just said that it is another's. */
typedef void etcd_lease_fn(void *ctx, const struct vrrp_lease_news *news);

/* who: how this node is called in the key's value; a copy is taken. */
struct etcd_leases *etcd_leases_new(struct loop *loop, const char *who);
/* After all users: gives back what is still held, waiting for it at most ETCD_LAST_MS. */
void etcd_leases_free(struct etcd_leases **leases);
enum { ETCD_LAST_MS = 300 };

/* conf is copied. */
struct etcd_user *etcd_user_new(struct etcd_leases *leases, const struct vrrp_lease_conf *conf,
				etcd_lease_fn *tell, void *ctx);
void etcd_user_free(struct etcd_user **user);
/* The lease is asked for, and kept, while one of its users wants it; else given back. */
void etcd_user_want(struct etcd_user *user, bool wanted);
/* An earlier process of this node had it: it is renewed instead of asked for. */
void etcd_user_adopt(struct etcd_user *user, const struct vrrp_lease_news *news);

#endif
