/*
 * Frames that tell a network segment where an address lives now: gratuitous ARP (RFC 826, RFC 5227
 * section 3, RFC 9568 section 6.4.1 with erratum 7949) and unsolicited neighbour advertisement
 * (RFC 4861 sections 4.4 and 7.2.6). Pure.
 */
#ifndef RELAIS_SEGMENT_ANNOUNCE_PACKET_H
#define RELAIS_SEGMENT_ANNOUNCE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ANNOUNCE_ARP_LEN = 42, ANNOUNCE_NA_LEN = 86, ANNOUNCE_LEN_MAX = 86 };

/* Ethernet broadcast, ARP request, sender IP = target IP = ip, target hardware address ff:.. */
void announce_arp_build(uint8_t frame[static ANNOUNCE_ARP_LEN], const uint8_t mac[static 6],
			const uint8_t ip[static 4]);
/* Ethernet 33:33:00:00:00:01, from ip to ff02::1, hop limit 255, override set. */
void announce_na_build(uint8_t frame[static ANNOUNCE_NA_LEN], const uint8_t mac[static 6],
		       const uint8_t ip[static 16], bool router);

#endif
