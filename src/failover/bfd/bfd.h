/*
 * BFD (RFC 5880; single hop RFC 5881, multihop RFC 5883): whether each bfd_instance's neighbor is
 * there, for track_bfd. Sessions run on the failover's loop. Packets are given to their session by
 * its discriminator, or by their source while the neighbor does not know that yet; they count only
 * from the configured neighbor and with a TTL that shows that nobody else sent them.
 *
 * No word is said of a session that is not up yet until three of its slow intervals are over, so
 * that neither a start nor a reload is a fault at once.
 */
#ifndef RELAIS_BFD_BFD_H
#define RELAIS_BFD_BFD_H

#include "core/loop/loop.h"
#include "core/sys/shared_page.h"
#include "failover/bfd/bfd_transport.h"

struct bfd;

/* It is known whether the neighbor is there, or that has changed. */
typedef void bfd_fn(void *ctx, const struct vrrp_bfd_conf *conf, bool up);

/* conf lives until configure or free. page: where sessions are shown. */
struct bfd *bfd_new(struct loop *loop, struct shared_page *page, bfd_fn *changed, void *ctx,
		    const struct failover_conf *conf);
/* Says AdminDown to the neighbors. */
void bfd_free(struct bfd **bfd);
/* Sessions whose lines did not change go on; changed times are told to the neighbor while the
 * session stays up; another neighbor, path or role is another session. Tells all verdicts again. */
void bfd_configure(struct bfd *bfd, const struct failover_conf *conf);
/* Tells every verdict: for an instance that is new. */
void bfd_tell(struct bfd *bfd);

/* For tests: a packet as if it had come over the network. */
void bfd_receive(struct bfd *bfd, const uint8_t *bytes, size_t len, const struct bfd_path *path);

#endif
