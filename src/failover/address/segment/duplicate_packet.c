/*
 * Asks for other holders of an address. See duplicate_packet.h.
 */
#include "failover/address/segment/duplicate_packet.h"

#include <string.h>
#include <sys/socket.h>

enum { ETHER_LEN = 14, IP6_LEN = 40, ND_LEN = 24, ICMP6 = 58, NS = 135, NA = 136 };
enum { SOURCE_LINK_ADDRESS = 1 };
enum { ARP_REQUEST = 1, ARP_REPLY = 2 };

void duplicate_arp_build(uint8_t frame[static DUPLICATE_ARP_LEN], const uint8_t mac[static 6],
			 const uint8_t ip[static 4])
{
	static const uint8_t head[] = {0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, ARP_REQUEST};

	memset(frame, 0, DUPLICATE_ARP_LEN); /* the sender's address stays 0.0.0.0 */
	memset(frame, 0xff, 6);
	memcpy(frame + 6, mac, 6);
	memcpy(frame + 12, head, sizeof(head));
	memcpy(frame + 22, mac, 6);
	memcpy(frame + 38, ip, 4);
}

/* RFC 8200 section 8.1, over the pseudo-header and the message. */
static uint16_t icmp6_checksum(const uint8_t *ip6)
{
	uint32_t sum = ND_LEN + ICMP6;

	for (size_t i = 8; i < IP6_LEN + ND_LEN; i += 2)
		sum += (uint32_t)ip6[i] << 8 | ip6[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void duplicate_ns_build(uint8_t frame[static DUPLICATE_NS_LEN], const uint8_t mac[static 6],
			const uint8_t ip[static 16])
{
	static const uint8_t ip6_head[] = {0x60, 0, 0, 0, 0, ND_LEN, ICMP6, 255};
	uint8_t *ip6 = frame + ETHER_LEN, *group = ip6 + 24, *ns = ip6 + IP6_LEN;
	uint16_t sum;

	memset(frame, 0, DUPLICATE_NS_LEN); /* the source stays :: */
	memcpy(ip6, ip6_head, sizeof(ip6_head));
	group[0] = 0xff; /* ff02::1:ff00:0/104, RFC 4291 section 2.7.1 */
	group[1] = 0x02;
	group[11] = 1;
	group[12] = 0xff;
	memcpy(group + 13, ip + 13, 3);
	frame[0] = frame[1] = 0x33;
	memcpy(frame + 2, group + 12, 4);
	memcpy(frame + 6, mac, 6);
	frame[12] = 0x86;
	frame[13] = 0xdd;
	ns[0] = NS;
	memcpy(ns + 8, ip, 16);
	sum = icmp6_checksum(ip6);
	ns[2] = (uint8_t)(sum >> 8);
	ns[3] = (uint8_t)sum;
}

static bool read_arp(const uint8_t *arp, size_t len, uint8_t *ip, uint8_t *mac)
{
	static const uint8_t head[] = {0, 1, 0x08, 0x00, 6, 4, 0}, none[4];

	if (len < DUPLICATE_ARP_LEN - ETHER_LEN || memcmp(arp, head, sizeof(head)) != 0 ||
	    (arp[7] != ARP_REQUEST && arp[7] != ARP_REPLY) || memcmp(arp + 14, none, 4) == 0)
		return false;
	memcpy(mac, arp + 8, 6);
	memcpy(ip, arp + 14, 4);
	return true;
}

/* A solicitation claims its source where it has that one's hardware address too (RFC 4861 section
 * 7.2.3): whoever hears it takes both. */
static bool read_nd(const uint8_t *ip6, size_t len, uint8_t *ip)
{
	const uint8_t *nd = ip6 + IP6_LEN;
	static const uint8_t none[16];

	/* The hop limit says that no router stood between (RFC 4861 section 7.1.2). */
	if (len < IP6_LEN + ND_LEN || ip6[6] != ICMP6 || ip6[7] != 255)
		return false;
	memcpy(ip, nd[0] == NA ? nd + 8 : ip6 + 8, 16);
	if (nd[0] == NS)
		return len >= IP6_LEN + ND_LEN + 8 && nd[ND_LEN] == SOURCE_LINK_ADDRESS &&
		       memcmp(ip, none, 16) != 0;
	return nd[0] == NA;
}

bool duplicate_claim_read(const uint8_t *frame, size_t len, int *family, uint8_t ip[static 16],
			  uint8_t mac[static 6])
{
	if (len < ETHER_LEN)
		return false;
	memcpy(mac, frame + 6, 6);
	*family = frame[12] == 0x08 ? AF_INET : AF_INET6;
	if (frame[12] == 0x08 && frame[13] == 0x06)
		return read_arp(frame + ETHER_LEN, len - ETHER_LEN, ip, mac);
	if (frame[12] == 0x86 && frame[13] == 0xdd)
		return read_nd(frame + ETHER_LEN, len - ETHER_LEN, ip);
	return false;
}
