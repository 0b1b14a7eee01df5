/*
 * The Authentication Header. See ah.h.
 *
 *  IPv4 header, protocol 51 | next header 112 | length 4 | 0 | SPI | sequence | 96 bits of digest
 *  | VRRP message
 */
#include "failover/wire/ah.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

#include "core/base/hmac.h"

enum {
	PROTOCOL_VRRP = 112,
	TOS_INTERNETWORK = 0xc0,
	DIGEST_LEN = 12, /* RFC 2403: the first 96 bits */
	DIGEST_AT = 12,	 /* in the AH */
};

static void put_u32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* RFC 2402 3.3.3.1: what may change on the way counts as zero. */
static bool digest(const uint8_t *packet, size_t len, bool ttl_is_zero, const char *key,
		   uint8_t out[static DIGEST_LEN])
{
	uint8_t copy[VRRP_AH_PACKET_MAX], full[HMAC_MD5_LEN];
	struct iphdr ip;

	memcpy(copy, packet, len);
	memcpy(&ip, packet, sizeof(ip));
	ip.tos = 0;
	ip.frag_off = 0;
	ip.check = 0;
	if (ttl_is_zero)
		ip.ttl = 0;
	memcpy(copy, &ip, sizeof(ip));
	memset(copy + sizeof(ip) + DIGEST_AT, 0, DIGEST_LEN);
	if (!hmac_md5((struct slice){key, strnlen(key, 8)}, (struct slice){(const char *)copy, len},
		      full))
		return false;
	memcpy(out, full, DIGEST_LEN);
	return true;
}

static bool is_multicast(const uint8_t *packet)
{
	return (packet[16] & 0xf0) == 0xe0;
}

size_t vrrp_ah_wrap(uint8_t *buf, size_t cap, const struct vrrp_ah *ah, const uint8_t *message,
		    size_t len)
{
	size_t total = VRRP_AH_HEAD_LEN + len;
	uint8_t *head = buf + sizeof(struct iphdr);
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tos = TOS_INTERNETWORK,
		.tot_len = htons((uint16_t)total),
		/* In the digest, so it is ours to choose; 0 would have the kernel choose. */
		.id = htons((uint16_t)(ah->sequence % 0xffff + 1)),
		.ttl = (uint8_t)ah->ttl,
		.protocol = VRRP_AH_PROTOCOL,
		.saddr = ah->src.in4.sin_addr.s_addr,
		.daddr = ah->dst.in4.sin_addr.s_addr,
	};

	if (total > cap || total > VRRP_AH_PACKET_MAX)
		return 0;
	memcpy(buf, &ip, sizeof(ip));
	memset(head, 0, VRRP_AH_LEN);
	head[0] = PROTOCOL_VRRP;
	head[1] = VRRP_AH_LEN / 4 - 2;
	memcpy(head + 4, &ip.saddr, 4);
	put_u32(head + 8, ah->sequence);
	memcpy(buf + VRRP_AH_HEAD_LEN, message, len);
	return digest(buf, total, !is_multicast(buf), ah->key, head + DIGEST_AT) ? total : 0;
}

bool vrrp_ah_unwrap(const uint8_t *packet, size_t len, struct vrrp_ah *ah, const uint8_t **message,
		    size_t *message_len)
{
	struct iphdr ip;

	if (len < VRRP_AH_HEAD_LEN || len > VRRP_AH_PACKET_MAX)
		return false;
	memcpy(&ip, packet, sizeof(ip));
	/* Options would move everything; nobody sends VRRP with any. */
	if (ip.version != 4 || ip.ihl != 5 || ip.protocol != VRRP_AH_PROTOCOL ||
	    ntohs(ip.tot_len) != len || packet[sizeof(ip)] != PROTOCOL_VRRP ||
	    packet[sizeof(ip) + 1] != VRRP_AH_LEN / 4 - 2)
		return false;
	memset(ah, 0, sizeof(*ah));
	ah->ttl = ip.ttl;
	ah->src.len = ah->dst.len = sizeof(ah->src.in4);
	ah->src.in4.sin_family = ah->dst.in4.sin_family = AF_INET;
	ah->src.in4.sin_addr.s_addr = ip.saddr;
	ah->dst.in4.sin_addr.s_addr = ip.daddr;
	ah->sequence = get_u32(packet + sizeof(ip) + 8);
	*message = packet + VRRP_AH_HEAD_LEN;
	*message_len = len - VRRP_AH_HEAD_LEN;
	return true;
}

bool vrrp_ah_verify(const uint8_t *packet, size_t len, const char key[static 8])
{
	const uint8_t *there = packet + sizeof(struct iphdr) + DIGEST_AT;
	uint8_t ours[DIGEST_LEN];

	for (int ttl_is_zero = 0; ttl_is_zero < 2; ttl_is_zero++)
		if (digest(packet, len, ttl_is_zero, key, ours) &&
		    hmac_same(ours, there, DIGEST_LEN))
			return true;
	return false;
}
