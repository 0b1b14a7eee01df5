/*
 * The signature behind an advertisement. See signature.h.
 */
#include "failover/wire/signature.h"

#include <string.h>

#include "core/base/hmac.h"

enum {
	TYPE_HMAC_SHA256_128 = 1,
	AT_KEY = 1,
	AT_BALANCE = 2,
	AT_SEQUENCE = 4,
	AT_DIGEST = 12,
	DIGEST_LEN = 16,
	PSEUDO_LEN = 20, /* what is signed, but not sent again */
	US_PER_S = 1000000,
};

_Static_assert(AT_DIGEST + DIGEST_LEN == VRRP_SIGNATURE_LEN, "the digest ends the trailer");

bool vrrp_signature_is_there(const uint8_t *bytes, size_t len, size_t message_len)
{
	return len == message_len + VRRP_SIGNATURE_LEN &&
	       bytes[message_len] == TYPE_HMAC_SHA256_128;
}

unsigned vrrp_signature_key_id(const uint8_t *bytes, size_t message_len)
{
	return bytes[message_len + AT_KEY];
}

uint64_t vrrp_signature_sequence(const uint8_t *bytes, size_t message_len)
{
	uint64_t sequence = 0;

	for (unsigned i = 0; i < 8; i++)
		sequence = sequence << 8 | bytes[message_len + AT_SEQUENCE + i];
	return sequence;
}

/* The source stands in the packet around the message; family, version and VRID are bound too, so
 * that no signature fits another router. */
static bool digest(const uint8_t *bytes, size_t message_len, const struct addr *src,
		   const struct vrrp_key_conf *key, uint8_t out[static HMAC_SHA256_LEN])
{
	uint8_t text[PSEUDO_LEN + VRRP_PACKET_MAX + VRRP_AUTH_LEN + AT_DIGEST] = {0};
	size_t len = PSEUDO_LEN + message_len + AT_DIGEST;

	if (len > sizeof(text) || message_len < VRRP_HEADER_LEN)
		return false;
	memcpy(text, vrrp_addr_bytes(src), vrrp_family_len(src->sa.sa_family));
	text[16] = src->sa.sa_family == AF_INET6 ? 6 : 4;
	text[17] = bytes[0] >> 4;
	text[18] = bytes[1];
	memcpy(text + PSEUDO_LEN, bytes, message_len + AT_DIGEST);
	memset(text + PSEUDO_LEN + message_len + AT_BALANCE, 0, 2);
	return hmac_sha256((struct slice){(const char *)key->bytes, key->len},
			   (struct slice){(const char *)text, len}, out);
}

/* What makes the words of the trailer, and its length where that is counted, sum to nothing. */
static void balance(uint8_t *trailer, bool pseudo)
{
	uint32_t sum = pseudo ? VRRP_SIGNATURE_LEN : 0;

	for (unsigned i = 0; i < VRRP_SIGNATURE_LEN; i += 2)
		sum += (uint32_t)trailer[i] << 8 | trailer[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	trailer[AT_BALANCE] = (uint8_t)(~sum >> 8);
	trailer[AT_BALANCE + 1] = (uint8_t)~sum;
}

size_t vrrp_signature_put(uint8_t *buf, size_t cap, size_t len, bool pseudo, const struct addr *src,
			  const struct vrrp_key_conf *key, uint64_t sequence)
{
	uint8_t *trailer = buf + len, sum[HMAC_SHA256_LEN];

	if (len + VRRP_SIGNATURE_LEN > cap)
		return 0;
	trailer[0] = TYPE_HMAC_SHA256_128;
	trailer[AT_KEY] = (uint8_t)key->id;
	memset(trailer + AT_BALANCE, 0, 2);
	for (unsigned i = 0; i < 8; i++)
		trailer[AT_SEQUENCE + i] = (uint8_t)(sequence >> (56 - 8 * i));
	if (!digest(buf, len, src, key, sum))
		return 0;
	memcpy(trailer + AT_DIGEST, sum, DIGEST_LEN);
	balance(trailer, pseudo);
	return len + VRRP_SIGNATURE_LEN;
}

bool vrrp_signature_is_right(const uint8_t *bytes, size_t message_len, const struct addr *src,
			     const struct vrrp_key_conf *key)
{
	uint8_t sum[HMAC_SHA256_LEN];

	return digest(bytes, message_len, src, key, sum) &&
	       hmac_same(sum, bytes + message_len + AT_DIGEST, DIGEST_LEN);
}

/* ---- sequence numbers ---- */

static uint64_t sequence_at(int64_t wall_us)
{
	uint64_t s = (uint64_t)(wall_us / US_PER_S), us = (uint64_t)(wall_us % US_PER_S);

	return s << 32 | us << 12;
}

int64_t vrrp_sequence_wall_us(uint64_t sequence)
{
	return (int64_t)(sequence >> 32) * US_PER_S + (int64_t)(sequence >> 12 & 0xfffff);
}

int64_t vrrp_sequence_skew_us(uint64_t sequence, int64_t wall_us)
{
	uint64_t ours = sequence_at(wall_us);
	int32_t s = (int32_t)((uint32_t)(sequence >> 32) - (uint32_t)(ours >> 32));

	return (int64_t)s * US_PER_S + (int64_t)(sequence >> 12 & 0xfffff) -
	       (int64_t)(ours >> 12 & 0xfffff);
}

/* Serial numbers (RFC 1982): the seconds pass their end in 2106. */
static bool is_above(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) > 0;
}

uint64_t vrrp_sequence_next(uint64_t last, int64_t wall_us, int64_t window_us)
{
	uint64_t now = sequence_at(wall_us);

	if (last == 0 || is_above(now, last) ||
	    (window_us && vrrp_sequence_skew_us(last, wall_us) > window_us))
		return now;
	return last + 1;
}

static void key_of(const struct addr *src, uint8_t key[static 16])
{
	memset(key, 0, 16);
	memcpy(key, vrrp_addr_bytes(src), vrrp_family_len(src->sa.sa_family));
}

struct vrrp_signer *vrrp_signers_find(struct vrrp_signers *s, const struct addr *src)
{
	uint8_t key[16];

	key_of(src, key);
	for (unsigned i = 0; i < VRRP_SIGNERS_MAX; i++)
		if (s->at[i].sequence && memcmp(s->at[i].address, key, sizeof(key)) == 0)
			return &s->at[i];
	return NULL;
}

static bool is_outside(uint64_t sequence, int64_t wall_us, int64_t window_us)
{
	int64_t skew_us = vrrp_sequence_skew_us(sequence, wall_us);

	return window_us && (skew_us > window_us || skew_us < -window_us);
}

/* A free place, or that of one whose number could not be shown again anyway. */
static struct vrrp_signer *place(struct vrrp_signers *s, int64_t wall_us, int64_t window_us)
{
	for (unsigned i = 0; i < VRRP_SIGNERS_MAX; i++)
		if (!s->at[i].sequence)
			return &s->at[i];
	for (unsigned i = 0; i < VRRP_SIGNERS_MAX; i++)
		if (is_outside(s->at[i].sequence, wall_us, window_us))
			return &s->at[i];
	return NULL;
}

enum vrrp_drop vrrp_signers_admit(struct vrrp_signers *s, const struct addr *src, uint64_t sequence,
				  int64_t wall_us, int64_t window_us)
{
	struct vrrp_signer *at = vrrp_signers_find(s, src);

	if (sequence == 0 || is_outside(sequence, wall_us, window_us))
		return VRRP_DROP_STALE;
	/* A number from the future was heard before our clock was set back: it counts no more. */
	if (at && !is_above(sequence, at->sequence) &&
	    !is_outside(at->sequence, wall_us, window_us))
		return VRRP_DROP_REPLAY;
	if (!at)
		at = place(s, wall_us, window_us);
	if (!at)
		return VRRP_DROP_REPLAY;
	key_of(src, at->address);
	at->sequence = sequence;
	return VRRP_ACCEPT;
}
