/*
 * BFD Control packets (RFC 5880 4.1, 6.8.6). See bfd_packet.h.
 */
#include "failover/bfd/bfd_packet.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	VERSION = 1,
	BIT_POLL = 0x20,
	BIT_FINAL = 0x10,
	BIT_AUTH = 0x04,
	BIT_DEMAND = 0x02,
	BIT_MULTIPOINT = 0x01,
	LEAST_WITH_AUTH = 26,
};

static void put32(uint8_t *at, uint32_t value)
{
	value = htonl(value);
	memcpy(at, &value, sizeof(value));
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return ntohl(value);
}

void bfd_packet_build(uint8_t buf[static BFD_PACKET_LEN], const struct bfd_packet *p)
{
	buf[0] = (uint8_t)(VERSION << 5 | (p->diag & 0x1f));
	buf[1] = (uint8_t)((unsigned)p->state << 6 | (p->poll ? BIT_POLL : 0) |
			   (p->final ? BIT_FINAL : 0) | (p->demand ? BIT_DEMAND : 0));
	buf[2] = (uint8_t)p->multiplier;
	buf[3] = BFD_PACKET_LEN;
	put32(buf + 4, p->mine);
	put32(buf + 8, p->yours);
	put32(buf + 12, p->min_tx_us);
	put32(buf + 16, p->min_rx_us);
	put32(buf + 20, 0); /* no echo packets are taken */
}

static enum bfd_drop check_head(const uint8_t *bytes, size_t len)
{
	if (len < BFD_PACKET_LEN)
		return BFD_DROP_TRUNCATED;
	if (bytes[0] >> 5 != VERSION)
		return BFD_DROP_VERSION;
	if (bytes[3] < (bytes[1] & BIT_AUTH ? LEAST_WITH_AUTH : BFD_PACKET_LEN))
		return BFD_DROP_LENGTH;
	if (bytes[3] > len)
		return BFD_DROP_TRUNCATED;
	if (bytes[2] == 0)
		return BFD_DROP_MULTIPLIER;
	return bytes[1] & BIT_MULTIPOINT ? BFD_DROP_MULTIPOINT : BFD_ACCEPT;
}

enum bfd_drop bfd_packet_parse(struct bfd_packet *p, const uint8_t *bytes, size_t len)
{
	enum bfd_drop drop = check_head(bytes, len);

	if (drop)
		return drop;
	*p = (struct bfd_packet){
		.state = (enum bfd_state)(bytes[1] >> 6),
		.diag = bytes[0] & 0x1f,
		.poll = bytes[1] & BIT_POLL,
		.final = bytes[1] & BIT_FINAL,
		.demand = bytes[1] & BIT_DEMAND,
		.multiplier = bytes[2],
		.mine = get32(bytes + 4),
		.yours = get32(bytes + 8),
		.min_tx_us = get32(bytes + 12),
		.min_rx_us = get32(bytes + 16),
	};
	if (p->mine == 0)
		return BFD_DROP_MINE;
	if (p->poll && p->final)
		return BFD_DROP_POLL;
	if (bytes[1] & BIT_AUTH)
		return BFD_DROP_AUTH;
	if (p->yours == 0 && p->state != BFD_DOWN && p->state != BFD_ADMIN_DOWN)
		return BFD_DROP_STATE;
	return BFD_ACCEPT;
}

const char *bfd_drop_word(enum bfd_drop drop)
{
	static const char *const words[] = {
		"accepted",
#define BFD_DROP(name, word, sentence) word,
#include "failover/bfd/bfd_drops.def"
#undef BFD_DROP
	};

	return words[drop < BFD_DROP_N ? drop : 0];
}

const char *bfd_drop_text(enum bfd_drop drop)
{
	static const char *const texts[] = {
		"accepted",
#define BFD_DROP(name, word, sentence) sentence,
#include "failover/bfd/bfd_drops.def"
#undef BFD_DROP
	};

	return texts[drop < BFD_DROP_N ? drop : 0];
}

const char *bfd_state_word(enum bfd_state state)
{
	static const char *const words[] = {"AdminDown", "Down", "Init", "Up"};

	return words[state & 3];
}

const char *bfd_diag_text(unsigned diag)
{
	static const char *const texts[] = {
		"nothing",
		"detection time expired",
		"echo failed",
		"neighbor signaled session down",
		"forwarding plane reset",
		"path down",
		"concatenated path down",
		"administratively down",
		"reverse concatenated path down",
	};

	return diag < sizeof(texts) / sizeof(texts[0]) ? texts[diag] : "unknown";
}
