/*
 * A heartbeat on the wire: one UDP datagram in which a node says of one virtual router what it is
 * and can do. Network byte order:
 *
 *    0  4  "rlHB"             24 16  address that advertisements come from (IPv4: its first 4)
 *    4  1  version, 1         40  1  state (enum vrrp_state)
 *    5  1  bit 0: signed      41  1  effective priority
 *    6  1  VRID               42  1  bits: able, witnessed, hears
 *    7  1  family, 4 or 6     43  1  how many of the sender's paths bring something
 *    8  8  instance's name    44 20  router id, padded with NUL
 *   16  8  sequence           64 32  HMAC-SHA-256 over all before, when signed
 *
 * Pure; without allocation.
 */
#ifndef RELAIS_HEART_HEART_PACKET_H
#define RELAIS_HEART_HEART_PACKET_H

#include "failover/vrrp/peers.h"

enum { HEART_PLAIN_LEN = 64, HEART_PACKET_MAX = 96, HEART_ROUTER_LEN = 20 };

enum heart_drop {
	HEART_OK,
	HEART_DROP_FORM, /* no heartbeat of this version */
	HEART_DROP_SIGNED,
	HEART_DROP_UNSIGNED,
	HEART_DROP_SIGNATURE,
	HEART_DROP_REPLAY, /* found by the tally, as the next */
	HEART_DROP_CROWD,
	HEART_DROP_N,
};

struct heart_packet {
	unsigned vrid;
	int family;
	uint64_t name; /* heart_name_hash */
	uint64_t sequence;
	struct vrrp_peer_word word; /* without heard_us */
	unsigned n_paths_up;
	char router[HEART_ROUTER_LEN + 1];
};

uint64_t heart_name_hash(const char *name);
/* Signs when there is a key. The bytes written, 0 if they cannot be signed. */
size_t heart_packet_build(const struct heart_packet *p, struct slice key,
			  uint8_t out[static HEART_PACKET_MAX]);
/* Whose it is, before it is checked. False: no heartbeat. */
bool heart_packet_peek(const uint8_t *bytes, size_t len, unsigned *vrid, int *family,
		       uint64_t *name);
enum heart_drop heart_packet_parse(struct heart_packet *p, const uint8_t *bytes, size_t len,
				   struct slice key);
const char *heart_drop_text(enum heart_drop drop);

#endif
