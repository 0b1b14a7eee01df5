/*
 * Frames that ask whether somebody else has an address, and what answers them: ARP probe (RFC 5227
 * section 2.1.1) and the neighbour solicitation of duplicate address detection (RFC 4862 section
 * 5.4.2). Neither changes anybody's cache. Pure.
 */
#ifndef RELAIS_SEGMENT_DUPLICATE_PACKET_H
#define RELAIS_SEGMENT_DUPLICATE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DUPLICATE_ARP_LEN = 42, DUPLICATE_NS_LEN = 78 };

void duplicate_arp_build(uint8_t frame[static DUPLICATE_ARP_LEN], const uint8_t mac[static 6],
			 const uint8_t ip[static 4]);
void duplicate_ns_build(uint8_t frame[static DUPLICATE_NS_LEN], const uint8_t mac[static 6],
			const uint8_t ip[static 16]);

/* A frame says that its sender has an address: any ARP packet with a sender's address, any
 * neighbour advertisement, any solicitation with source and hardware address. family, ip (4 or 16
 * bytes) and mac are filled. */
bool duplicate_claim_read(const uint8_t *frame, size_t len, int *family, uint8_t ip[static 16],
			  uint8_t mac[static 6]);

#endif
