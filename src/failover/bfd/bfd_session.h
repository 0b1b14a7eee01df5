/*
 * One BFD session (RFC 5880 6.8): its state variables, its two timers on the loop, what it sends
 * and when. Sockets are behind bfd_session_ops, so scenario tests run it on a simulated clock.
 *
 * Order of calls: new, start; then receive and reconfigure as things happen; stop (it says
 * AdminDown), free. All on the failover's thread.
 */
#ifndef RELAIS_BFD_BFD_SESSION_H
#define RELAIS_BFD_BFD_SESSION_H

#include "core/loop/loop.h"
#include "failover/bfd/bfd_packet.h"
#include "failover/model/vrrp_conf.h"

struct bfd_session;

struct bfd_session_ops {
	/* False: it did not leave. */
	bool (*send)(void *ctx, const uint8_t *bytes, size_t len);
	/* Behind every change of state. Must not free the session. */
	void (*changed)(void *ctx, enum bfd_state from, enum bfd_state to, const char *reason);
	/* Hands over what has arrived already: asked before silence is believed. May be NULL. */
	void (*drain)(void *ctx);
};

struct bfd_session_stats {
	uint64_t n_sent, n_send_failed, n_received;
	uint64_t n_up, n_expired; /* times that it came up; that detection time ran out */
	uint64_t n_frozen;	  /* this process stood still: the silence was ours */
};

/* discriminator: not 0, no other session's of this machine. conf lives until reconfigure or free.
 */
struct bfd_session *bfd_session_new(struct loop *loop, const struct vrrp_bfd_conf *conf,
				    uint32_t discriminator, const struct bfd_session_ops *ops,
				    void *ctx);
void bfd_session_free(struct bfd_session **session); /* without a word on the wire */
void bfd_session_start(struct bfd_session *session);
void bfd_session_stop(struct bfd_session *session);

/* A packet that bfd_packet_parse accepted and that is for this session. */
void bfd_session_receive(struct bfd_session *session, const struct bfd_packet *p);

/* Only the times, the multiplier and what does not concern the wire differ; the state stays, and
 * the neighbor is told by a Poll Sequence (6.8.3). */
void bfd_session_reconfigure(struct bfd_session *session, const struct vrrp_bfd_conf *conf);

enum bfd_state bfd_session_state(const struct bfd_session *session);
enum bfd_state bfd_session_remote_state(const struct bfd_session *session);
uint32_t bfd_session_discriminator(const struct bfd_session *session);
uint32_t bfd_session_remote_discriminator(const struct bfd_session *session); /* 0 = unknown */
unsigned bfd_session_diag(const struct bfd_session *session);
unsigned bfd_session_remote_diag(const struct bfd_session *session);
bool bfd_session_polls(const struct bfd_session *session);
int64_t bfd_session_tx_us(const struct bfd_session *session); /* without jitter; 0 = silent */
int64_t bfd_session_detect_us(const struct bfd_session *session);
const struct bfd_session_stats *bfd_session_stats(const struct bfd_session *session);

#endif
