/*
 * Builds announcements. See announce_packet.h.
 */
#include "failover/address/segment/announce_packet.h"

#include <string.h>

enum { ETHER_LEN = 14, IP6_LEN = 40, NA_LEN = 32 };

void announce_arp_build(uint8_t frame[static ANNOUNCE_ARP_LEN], const uint8_t mac[static 6],
			const uint8_t ip[static 4])
{
	/* hardware Ethernet, protocol IPv4, lengths 6 and 4, operation request */
	static const uint8_t head[] = {0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, 1};

	memset(frame, 0xff, 6);
	memcpy(frame + 6, mac, 6);
	memcpy(frame + 12, head, sizeof(head));
	memcpy(frame + 22, mac, 6);
	memcpy(frame + 28, ip, 4);
	memset(frame + 32, 0xff, 6);
	memcpy(frame + 38, ip, 4);
}

static uint32_t sum_bytes(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return sum;
}

/* RFC 8200 section 8.1: pseudo-header of source, destination, length, next header 58. */
static uint16_t icmp6_checksum(const uint8_t *ip6)
{
	uint32_t sum = sum_bytes(NA_LEN + 58, ip6 + 8, 32);

	sum = sum_bytes(sum, ip6 + IP6_LEN, NA_LEN);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void announce_na_build(uint8_t frame[static ANNOUNCE_NA_LEN], const uint8_t mac[static 6],
		       const uint8_t ip[static 16], bool router)
{
	enum { ROUTER = 0x80, OVERRIDE = 0x20, TARGET_LINK_LAYER = 2 };
	static const uint8_t all_nodes_mac[] = {0x33, 0x33, 0, 0, 0, 1};
	static const uint8_t ip6_head[] = {0x60, 0, 0, 0, 0, NA_LEN, 58, 255};
	uint8_t *ip6 = frame + ETHER_LEN, *na = ip6 + IP6_LEN;
	uint16_t sum;

	memset(frame, 0, ANNOUNCE_NA_LEN);
	memcpy(frame, all_nodes_mac, 6);
	memcpy(frame + 6, mac, 6);
	frame[12] = 0x86;
	frame[13] = 0xdd;
	memcpy(ip6, ip6_head, sizeof(ip6_head));
	memcpy(ip6 + 8, ip, 16);
	ip6[24] = 0xff; /* ff02::1 */
	ip6[25] = 0x02;
	ip6[39] = 0x01;
	na[0] = 136;
	na[4] = router ? ROUTER | OVERRIDE : OVERRIDE;
	memcpy(na + 8, ip, 16);
	na[24] = TARGET_LINK_LAYER;
	na[25] = 1;
	memcpy(na + 26, mac, 6);
	sum = icmp6_checksum(ip6);
	na[2] = (uint8_t)(sum >> 8);
	na[3] = (uint8_t)sum;
}
