/*
 * The Authentication Header (RFC 2402) with HMAC-MD5-96 (RFC 2403) around a version 2
 * advertisement, as Keepalived's auth_type AH puts it on the wire. Pure: IPv4 packets as bytes.
 *
 * Measured on Keepalived 2.2.7: key = the 8 characters of auth_pass, SPI = source address, one
 * sequence for all that is sent and heard of a virtual router. In the digest the type of service,
 * the fragment word and the checksum are zero, the identification is not; the TTL is zero between
 * unicast peers, as RFC 2402 has it, but stays as it is in multicast.
 */
#ifndef RELAIS_WIRE_AH_H
#define RELAIS_WIRE_AH_H

#include "failover/wire/packet.h"

enum {
	VRRP_AH_PROTOCOL = 51,
	VRRP_AH_LEN = 24,
	VRRP_AH_HEAD_LEN = 20 + VRRP_AH_LEN, /* with the IPv4 header */
	VRRP_AH_PACKET_MAX = VRRP_AH_HEAD_LEN + 8 + VRRP_ADDRESSES_MAX * 4 + VRRP_AUTH_LEN,
};

struct vrrp_ah { /* what is said about a message around it */
	struct addr src, dst;
	int ttl;
	uint32_t sequence;
	const char *key; /* 8 bytes, padded with NUL */
};

/* The whole IPv4 packet around a message. Its length, or 0 when it does not fit or cannot be made.
 */
size_t vrrp_ah_wrap(uint8_t *buf, size_t cap, const struct vrrp_ah *ah, const uint8_t *message,
		    size_t len);

/* Takes a packet apart: src, dst, ttl and sequence into ah, the message's place into *message.
 * False when it is no such packet. Says nothing of the digest. */
bool vrrp_ah_unwrap(const uint8_t *packet, size_t len, struct vrrp_ah *ah, const uint8_t **message,
		    size_t *message_len);
/* Whether the digest is right, in either form of the TTL. */
bool vrrp_ah_verify(const uint8_t *packet, size_t len, const char key[static 8]);

#endif
