/*
 * BFD's wire format (RFC 5880 4.1): a Control packet to and from bytes. Pure: no sockets, no clock,
 * no log. Which session it is for, and whether that one wants it, is bfd.c's.
 */
#ifndef RELAIS_BFD_BFD_PACKET_H
#define RELAIS_BFD_BFD_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BFD_PACKET_LEN = 24 };

enum bfd_state { BFD_ADMIN_DOWN, BFD_DOWN, BFD_INIT, BFD_UP, BFD_STATE_N }; /* as on the wire */

enum bfd_diag { /* 4.1: why the sender left Up; those that are ever sent from here */
		BFD_DIAG_NONE = 0,
		BFD_DIAG_EXPIRED = 1,
		BFD_DIAG_NEIGHBOR = 3,
		BFD_DIAG_ADMIN = 7,
		BFD_DIAG_KEEP = -1, /* in the table of bfd_fsm.c: stays as it is */
};

/* BFD_ACCEPT, or the row of bfd_drops.def that stands against it. */
enum bfd_drop {
	BFD_ACCEPT = 0,
#define BFD_DROP(name, word, sentence) BFD_DROP_##name,
#include "failover/bfd/bfd_drops.def"
#undef BFD_DROP
	BFD_DROP_N,
};

struct bfd_packet {
	enum bfd_state state;
	unsigned diag;
	bool poll, final, demand;
	unsigned multiplier;
	uint32_t mine, yours; /* discriminators, as the sender means the words */
	uint32_t min_tx_us, min_rx_us;
};

void bfd_packet_build(uint8_t buf[static BFD_PACKET_LEN], const struct bfd_packet *p);
/* All of 6.8.6 that can be said without knowing the sessions. */
enum bfd_drop bfd_packet_parse(struct bfd_packet *p, const uint8_t *bytes, size_t len);

const char *bfd_drop_word(enum bfd_drop drop);
const char *bfd_drop_text(enum bfd_drop drop);
const char *bfd_state_word(enum bfd_state state); /* "Up" */
const char *bfd_diag_text(unsigned diag);	  /* of 4.1 */

#endif
