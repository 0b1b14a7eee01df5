/*
 * Heartbeats on the wire. See heart_packet.h.
 */
#include "failover/heart/heart_packet.h"

#include <string.h>

#include "core/base/hmac.h"
#include "failover/wire/packet.h"

enum {
	VERSION = 1,
	FLAG_SIGNED = 1,
	BIT_ABLE = 1,
	BIT_WITNESSED = 2,
	BIT_HEARS = 4,
	AT_VRID = 6,
	AT_NAME = 8,
	AT_SEQUENCE = 16,
	AT_ADDRESS = 24,
	AT_STATE = 40,
	AT_ROUTER = 44,
};

static const uint8_t magic[4] = {'r', 'l', 'H', 'B'};

static void put64(uint8_t *at, uint64_t n)
{
	for (int i = 7; i >= 0; i--, n >>= 8)
		at[i] = (uint8_t)n;
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | at[i];
	return n;
}

uint64_t heart_name_hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3u;
	return h;
}

size_t heart_packet_build(const struct heart_packet *p, struct slice key,
			  uint8_t out[static HEART_PACKET_MAX])
{
	const struct vrrp_peer_word *w = &p->word;

	memset(out, 0, HEART_PACKET_MAX);
	memcpy(out, magic, sizeof(magic));
	out[4] = VERSION;
	out[5] = key.len > 0 ? FLAG_SIGNED : 0;
	out[AT_VRID] = (uint8_t)p->vrid;
	out[AT_VRID + 1] = p->family == AF_INET6 ? 6 : 4;
	put64(out + AT_NAME, p->name);
	put64(out + AT_SEQUENCE, p->sequence);
	if (w->address.len)
		memcpy(out + AT_ADDRESS, vrrp_addr_bytes(&w->address),
		       vrrp_family_len(w->address.sa.sa_family));
	out[AT_STATE] = (uint8_t)w->state;
	out[AT_STATE + 1] = (uint8_t)w->priority;
	out[AT_STATE + 2] =
		(uint8_t)((w->able ? BIT_ABLE : 0) | (w->witnessed ? BIT_WITNESSED : 0) |
			  (w->hears ? BIT_HEARS : 0));
	out[AT_STATE + 3] = (uint8_t)p->n_paths_up;
	memcpy(out + AT_ROUTER, p->router, strnlen(p->router, HEART_ROUTER_LEN));
	if (key.len == 0)
		return HEART_PLAIN_LEN;
	if (!hmac_sha256(key, (struct slice){(const char *)out, HEART_PLAIN_LEN},
			 out + HEART_PLAIN_LEN))
		return 0;
	return HEART_PLAIN_LEN + HMAC_SHA256_LEN;
}

bool heart_packet_peek(const uint8_t *bytes, size_t len, unsigned *vrid, int *family,
		       uint64_t *name)
{
	if (len < HEART_PLAIN_LEN || memcmp(bytes, magic, sizeof(magic)) != 0 ||
	    bytes[4] != VERSION)
		return false;
	*vrid = bytes[AT_VRID];
	*family = bytes[AT_VRID + 1] == 6 ? AF_INET6 : AF_INET;
	*name = get64(bytes + AT_NAME);
	return true;
}

static void read_address(struct addr *a, int family, const uint8_t *bytes)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (family == AF_INET6) {
		memcpy(&in6.sin6_addr, bytes, 16);
		addr_from_sockaddr(a, (struct sockaddr *)&in6, sizeof(in6));
	} else {
		memcpy(&in4.sin_addr, bytes, 4);
		addr_from_sockaddr(a, (struct sockaddr *)&in4, sizeof(in4));
	}
}

static enum heart_drop check(const uint8_t *bytes, size_t len, struct slice key)
{
	bool is_signed = bytes[5] & FLAG_SIGNED;
	uint8_t mac[HMAC_SHA256_LEN];

	if (len != HEART_PLAIN_LEN + (is_signed ? (size_t)HMAC_SHA256_LEN : 0) ||
	    (bytes[AT_VRID + 1] != 4 && bytes[AT_VRID + 1] != 6) || bytes[AT_VRID] == 0 ||
	    bytes[AT_STATE] >= VRRP_STATE_N)
		return HEART_DROP_FORM;
	if (key.len == 0)
		return is_signed ? HEART_DROP_SIGNED : HEART_OK;
	if (!is_signed)
		return HEART_DROP_UNSIGNED;
	if (!hmac_sha256(key, (struct slice){(const char *)bytes, HEART_PLAIN_LEN}, mac) ||
	    !hmac_same(mac, bytes + HEART_PLAIN_LEN, sizeof(mac)))
		return HEART_DROP_SIGNATURE;
	return HEART_OK;
}

enum heart_drop heart_packet_parse(struct heart_packet *p, const uint8_t *bytes, size_t len,
				   struct slice key)
{
	struct vrrp_peer_word *w = &p->word;
	enum heart_drop drop;

	memset(p, 0, sizeof(*p));
	if (!heart_packet_peek(bytes, len, &p->vrid, &p->family, &p->name))
		return HEART_DROP_FORM;
	drop = check(bytes, len, key);
	if (drop)
		return drop;
	p->sequence = get64(bytes + AT_SEQUENCE);
	read_address(&w->address, p->family, bytes + AT_ADDRESS);
	w->state = (enum vrrp_state)bytes[AT_STATE];
	w->priority = bytes[AT_STATE + 1];
	w->able = bytes[AT_STATE + 2] & BIT_ABLE;
	w->witnessed = bytes[AT_STATE + 2] & BIT_WITNESSED;
	w->hears = bytes[AT_STATE + 2] & BIT_HEARS;
	p->n_paths_up = bytes[AT_STATE + 3];
	for (int i = 0; i < HEART_ROUTER_LEN; i++) { /* it comes to logs and terminals */
		uint8_t c = bytes[AT_ROUTER + i];

		if (c == 0)
			break;
		p->router[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	return HEART_OK;
}

const char *heart_drop_text(enum heart_drop drop)
{
	static const char *const texts[HEART_DROP_N] = {
		[HEART_OK] = "fine",
		[HEART_DROP_FORM] = "malformed, or of another version",
		[HEART_DROP_SIGNED] = "signed, but there is no heartbeat_key_file here",
		[HEART_DROP_UNSIGNED] = "not signed",
		[HEART_DROP_SIGNATURE] = "signed with another key",
		[HEART_DROP_REPLAY] = "older than one that came before",
		[HEART_DROP_CROWD] = "of one peer too many",
	};

	return texts[drop];
}
