/*
 * VRRP's wire format: an advertisement to and from bytes. Pure: no sockets, no clock, no log.
 * Version 2 as RFC 3768 5 (with the 8 bytes of authentication data that are always there),
 * version 3 as RFC 9568 5. Decisions are not here: fsm.h says what an advertisement does.
 */
#ifndef RELAIS_WIRE_PACKET_H
#define RELAIS_WIRE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/addr.h"

enum {
	VRRP_HEADER_LEN = 8,
	VRRP_AUTH_LEN = 8,			       /* version 2, behind the addresses */
	VRRP_ADDRESSES_MAX = 255,		       /* the count is one byte */
	VRRP_PACKET_MAX = 8 + VRRP_ADDRESSES_MAX * 16, /* bytes */
	VRRP_V3_ADVERT_MAX_CS = 4095,		       /* 12 bits of centiseconds */
};

/* VRRP_ACCEPT, or the row of drops.def that stands against it. */
enum vrrp_drop {
	VRRP_ACCEPT = 0,
#define VRRP_DROP(name, kind, word, sentence) VRRP_DROP_##name,
#include "failover/wire/drops.def"
#undef VRRP_DROP
	VRRP_DROP_N,
};

const char *vrrp_drop_word(enum vrrp_drop drop);
const char *vrrp_drop_text(enum vrrp_drop drop);
bool vrrp_drop_is_note(enum vrrp_drop drop);

/* How a packet came: port parts of the addresses are ignored. */
struct vrrp_path {
	struct addr src, dst;
	int ttl; /* TTL or hop limit; -1 = unknown */
	/* The whole packet when it came with an Authentication Header (ah.h), else NULL. */
	const uint8_t *packet;
	size_t packet_len;
};

/* An advertisement. addresses is borrowed: n_addresses times 4 or 16 bytes, network order. */
struct vrrp_packet {
	unsigned version; /* 2 or 3 */
	int family;	  /* AF_INET or AF_INET6 */
	unsigned vrid, priority;
	unsigned auth_type;	     /* version 2 */
	uint8_t auth[VRRP_AUTH_LEN]; /* version 2 */
	bool authenticated;	     /* came behind an Authentication Header, not checked yet */
	bool is_signed;		     /* ends with a trailer (signature.h), not checked yet */
	size_t len;		     /* bytes of the message itself, without trailer or padding */
	int64_t advert_us;	     /* v2: whole seconds, v3: centiseconds */
	unsigned n_addresses;
	const uint8_t *addresses;
	bool checksum_as_v2; /* v3 over IPv4: checksum of the message alone (RFC 9568 5.2.8) */
	bool checksum_old;   /* v3 over IPv4, unicast: as if it went to 224.0.0.18 */
};

/* Bytes written, or 0 when cap is too small or a field is out of range. */
size_t vrrp_packet_build(uint8_t *buf, size_t cap, const struct vrrp_packet *p,
			 const struct addr *src, const struct addr *dst);

/* Everything that can be checked without knowing the configuration, in RFC 9568 7.1's order but
 * for the TTL. The family is the path's. More bytes than the message needs are padding. */
enum vrrp_drop vrrp_packet_parse(struct vrrp_packet *p, const uint8_t *bytes, size_t len,
				 const struct vrrp_path *path);

/* The VRID of bytes that may or may not be good, for finding the instance; 0 = too short. */
unsigned vrrp_packet_peek_vrid(const uint8_t *bytes, size_t len);

size_t vrrp_family_len(int family);		      /* 4 or 16 */
const uint8_t *vrrp_addr_bytes(const struct addr *a); /* network order */
/* As numbers in network order (the tie-break of RFC 9568 6.4.3): <0, 0, >0. Same family. */
int vrrp_addr_compare(const struct addr *a, const struct addr *b);

#endif
