/*
 * VRRP's wire format. See packet.h.
 *
 *  0                   1                   2                   3
 * |version| type 1|     VRID      |   priority    |     count     |
 * | v2: auth type | v2: seconds   |           checksum            |
 * | v3: 0 | 12 bits centiseconds  |                               |
 * | addresses: count times 4 or 16 bytes ...                      |
 * | v2: 8 bytes of authentication data                            |
 */
#include "failover/wire/packet.h"

#include <string.h>

#include "failover/wire/signature.h"

enum {
	TYPE_ADVERTISEMENT = 1, /* RFC 9568 5.2.2 */
	PROTOCOL_VRRP = 112,	/* 5.1.1.4 */
	US_PER_S = 1000000,
	US_PER_CS = 10000,
};

static const struct {
	const char *word, *text;
	bool note;
} rows[VRRP_DROP_N] = {
	[VRRP_ACCEPT] = {"accepted", "accepted", false},
#define DROP				      false
#define NOTE				      true
#define VRRP_DROP(name, kind, word, sentence) [VRRP_DROP_##name] = {word, sentence, kind},
#include "failover/wire/drops.def"
#undef VRRP_DROP
#undef DROP
#undef NOTE
};

const char *vrrp_drop_word(enum vrrp_drop drop)
{
	return rows[drop].word;
}

const char *vrrp_drop_text(enum vrrp_drop drop)
{
	return rows[drop].text;
}

bool vrrp_drop_is_note(enum vrrp_drop drop)
{
	return rows[drop].note;
}

size_t vrrp_family_len(int family)
{
	return family == AF_INET6 ? 16 : 4;
}

const uint8_t *vrrp_addr_bytes(const struct addr *a)
{
	if (a->sa.sa_family == AF_INET6)
		return a->in6.sin6_addr.s6_addr;
	return (const uint8_t *)&a->in4.sin_addr;
}

int vrrp_addr_compare(const struct addr *a, const struct addr *b)
{
	return memcmp(vrrp_addr_bytes(a), vrrp_addr_bytes(b), vrrp_family_len(a->sa.sa_family));
}

/* RFC 1071: the running sum of big-endian words; an odd last byte counts as the high one. */
static uint64_t sum_words(uint64_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint64_t)(bytes[i] << 8 | bytes[i + 1]);
	if (len & 1)
		sum += (uint64_t)(bytes[len - 1] << 8);
	return sum;
}

static uint16_t sum_finish(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* RFC 8200 8.1 for IPv6; for IPv4 as RFC 5798 5.2.8 is implemented: src, dst, 0, 112, length. Both
 * amount to the same words. */
static uint64_t sum_pseudo(const struct addr *src, const struct addr *dst, size_t len)
{
	size_t n = vrrp_family_len(src->sa.sa_family);
	uint64_t sum = sum_words(0, vrrp_addr_bytes(src), n);

	sum = sum_words(sum, vrrp_addr_bytes(dst), n);
	return sum + PROTOCOL_VRRP + len;
}

/* Keepalived up to 1.3.6 took the group for a unicast packet's destination. */
static uint64_t sum_pseudo_old(const struct addr *src, size_t len)
{
	struct addr group = {.len = sizeof(group.in4)};

	group.in4.sin_family = AF_INET;
	group.in4.sin_addr.s_addr = htonl(0xe0000012); /* 224.0.0.18 */
	return sum_pseudo(src, &group, len);
}

static bool path_is_whole(const struct addr *src, const struct addr *dst, int family)
{
	return src && dst && src->len && dst->len && src->sa.sa_family == family &&
	       dst->sa.sa_family == family;
}

size_t vrrp_packet_build(uint8_t *buf, size_t cap, const struct vrrp_packet *p,
			 const struct addr *src, const struct addr *dst)
{
	int64_t unit_us = p->version == 2 ? US_PER_S : US_PER_CS;
	int64_t most = p->version == 2 ? 255 : VRRP_V3_ADVERT_MAX_CS;
	int64_t units = p->advert_us / unit_us;
	size_t list_len = p->n_addresses * vrrp_family_len(p->family);
	size_t len = VRRP_HEADER_LEN + list_len + (p->version == 2 ? VRRP_AUTH_LEN : 0);
	bool pseudo = p->version == 3 && !(p->family == AF_INET && p->checksum_as_v2);
	uint64_t pseudo_sum = 0;
	uint16_t sum;

	if ((p->version != 2 && p->version != 3) || p->vrid < 1 || p->vrid > 255 ||
	    p->priority > 255 || p->n_addresses > VRRP_ADDRESSES_MAX || p->auth_type > 255 ||
	    units < 1 || units > most || len > cap)
		return 0;
	if (pseudo && !path_is_whole(src, dst, p->family))
		return 0;
	memset(buf, 0, len);
	buf[0] = (uint8_t)(p->version << 4 | TYPE_ADVERTISEMENT);
	buf[1] = (uint8_t)p->vrid;
	buf[2] = (uint8_t)p->priority;
	buf[3] = (uint8_t)p->n_addresses;
	buf[4] = (uint8_t)(p->version == 2 ? p->auth_type : (unsigned)(units >> 8));
	buf[5] = (uint8_t)units;
	if (list_len)
		memcpy(buf + VRRP_HEADER_LEN, p->addresses, list_len);
	if (p->version == 2)
		memcpy(buf + VRRP_HEADER_LEN + list_len, p->auth, VRRP_AUTH_LEN);
	if (pseudo && p->checksum_old && p->family == AF_INET)
		pseudo_sum = sum_pseudo_old(src, len);
	else if (pseudo)
		pseudo_sum = sum_pseudo(src, dst, len);
	sum = sum_finish(sum_words(pseudo_sum, buf, len));
	buf[6] = (uint8_t)(sum >> 8);
	buf[7] = (uint8_t)sum;
	return len;
}

/* A right checksum makes the whole sum to zero. Version 3 over IPv4 is taken in both forms:
 * RFC 9568 leaves the pseudo-header out, what was built after RFC 5798 has it in; and with the
 * group in it, which is for the configuration to take or not. */
static bool checksum_is_right(struct vrrp_packet *p, const uint8_t *bytes, size_t len,
			      const struct vrrp_path *path)
{
	bool plain = sum_finish(sum_words(0, bytes, len)) == 0;

	p->checksum_as_v2 = p->family == AF_INET && plain;
	if (p->version == 2 || p->checksum_as_v2)
		return plain;
	if (!path_is_whole(&path->src, &path->dst, p->family))
		return false;
	if (sum_finish(sum_words(sum_pseudo(&path->src, &path->dst, len), bytes, len)) == 0)
		return true;
	p->checksum_old = p->family == AF_INET &&
			  sum_finish(sum_words(sum_pseudo_old(&path->src, len), bytes, len)) == 0;
	return p->checksum_old;
}

enum vrrp_drop vrrp_packet_parse(struct vrrp_packet *p, const uint8_t *bytes, size_t len,
				 const struct vrrp_path *path)
{
	size_t need;

	memset(p, 0, sizeof(*p));
	p->family = path->src.sa.sa_family;
	p->authenticated = path->packet != NULL;
	if (len < VRRP_HEADER_LEN)
		return VRRP_DROP_TRUNCATED;
	p->version = bytes[0] >> 4;
	p->vrid = bytes[1];
	p->priority = bytes[2];
	p->n_addresses = bytes[3];
	p->addresses = bytes + VRRP_HEADER_LEN;
	if ((p->version != 2 && p->version != 3) || (p->version == 2 && p->family != AF_INET))
		return VRRP_DROP_VERSION;
	if ((bytes[0] & 15) != TYPE_ADVERTISEMENT)
		return VRRP_DROP_TYPE;
	need = VRRP_HEADER_LEN + p->n_addresses * vrrp_family_len(p->family) +
	       (p->version == 2 ? VRRP_AUTH_LEN : 0);
	if (len < need)
		return VRRP_DROP_LENGTH;
	p->len = need;
	p->is_signed = vrrp_signature_is_there(bytes, len, need);
	if (!checksum_is_right(p, bytes, need, path))
		return VRRP_DROP_CHECKSUM;
	if (p->vrid == 0)
		return VRRP_DROP_VRID;
	if (p->version == 2) {
		p->auth_type = bytes[4];
		p->advert_us = (int64_t)bytes[5] * US_PER_S;
		memcpy(p->auth, bytes + need - VRRP_AUTH_LEN, VRRP_AUTH_LEN);
	} else {
		p->advert_us = (int64_t)((bytes[4] & 15) << 8 | bytes[5]) * US_PER_CS;
	}
	return p->advert_us == 0 ? VRRP_DROP_INTERVAL_ZERO : VRRP_ACCEPT;
}

unsigned vrrp_packet_peek_vrid(const uint8_t *bytes, size_t len)
{
	return len < VRRP_HEADER_LEN ? 0 : bytes[1];
}
