/*
 * The signature behind an advertisement: 28 bytes with which whoever holds the key shows that the
 * message is its own, whole and new. Version 2 and 3, IPv4 and IPv6, multicast and unicast alike.
 * Pure: no sockets, no clock, no log. The shape is that of draft-cassen-vrrp-auth-hmac (Keepalived
 * 2.4 auth_hmac): HMAC-SHA-256 cut to 128 bits over family, version, VRID, source, message, key id
 * and a sequence number that is a time.
 *
 *  type 1 | key id | balance | sequence: 32 bits of seconds, 20 of microseconds, 12 of count
 *  | the first 16 bytes of the HMAC
 *
 * The balance makes the trailer nothing to a checksum: the message's is right for the message
 * alone, and for whoever sums (and, in a pseudo-header, counts) all bytes that came.
 */
#ifndef RELAIS_WIRE_SIGNATURE_H
#define RELAIS_WIRE_SIGNATURE_H

#include "failover/wire/packet.h"
#include "failover/model/vrrp_conf.h"

enum { VRRP_SIGNATURE_LEN = 28, VRRP_SIGNERS_MAX = 16 };

/* Whether exactly such a trailer follows the first message_len of len bytes. */
bool vrrp_signature_is_there(const uint8_t *bytes, size_t len, size_t message_len);

/* Puts it behind the message of len bytes; pseudo: its checksum has a pseudo-header. The length
 * with it, 0 when it does not fit or the library refuses. */
size_t vrrp_signature_put(uint8_t *buf, size_t cap, size_t len, bool pseudo, const struct addr *src,
			  const struct vrrp_key_conf *key, uint64_t sequence);

/* These three: there is one behind message_len bytes. */
unsigned vrrp_signature_key_id(const uint8_t *bytes, size_t message_len);
uint64_t vrrp_signature_sequence(const uint8_t *bytes, size_t message_len);
bool vrrp_signature_is_right(const uint8_t *bytes, size_t message_len, const struct addr *src,
			     const struct vrrp_key_conf *key);

/* ---- sequence numbers: times that never repeat ---- */

int64_t vrrp_sequence_wall_us(uint64_t sequence);
/* What a sender takes after `last`. When the clock was set back by more than the window (0 = there
 * is none), those in between were refused anyway, and it follows the clock again. */
uint64_t vrrp_sequence_next(uint64_t last, int64_t wall_us, int64_t window_us);
/* A sender's clock minus ours, for times less than 68 years apart. */
int64_t vrrp_sequence_skew_us(uint64_t sequence, int64_t wall_us);

struct vrrp_signer { /* whose signature was right */
	uint8_t address[16];
	uint64_t sequence; /* the highest; 0 = free */
	int64_t heard_us;  /* by the loop's clock */
};

struct vrrp_signers {
	struct vrrp_signer at[VRRP_SIGNERS_MAX];
};

/* The entry of a source, or NULL. */
struct vrrp_signer *vrrp_signers_find(struct vrrp_signers *s, const struct addr *src);
/* Of one whose signature is right: VRRP_ACCEPT and remembered, or STALE (outside the window around
 * our clock) or REPLAY (not above what was heard of it). heard_us of the entry is the caller's. */
enum vrrp_drop vrrp_signers_admit(struct vrrp_signers *s, const struct addr *src, uint64_t sequence,
				  int64_t wall_us, int64_t window_us);

#endif
