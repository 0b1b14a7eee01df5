/*
 * Foreign bytes as signed advertisements. First byte: bit 0 = IPv6, bit 1 = the message is signed
 * here, so that what lies behind the digest is reached; the next eight are the receiver's clock. A
 * trailer that was not made with the key is never right; one that was is right until a bit of it
 * changes, and is admitted once at most.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "failover/wire/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 9, WINDOW_US = 5000000 };

static const struct vrrp_key_conf key = {
	.id = 1, .len = 32, .bytes = "not in any corpus, not in a coin"};

static void admit(const uint8_t *bytes, size_t len, const struct addr *src, int64_t wall_us)
{
	uint64_t sequence = vrrp_signature_sequence(bytes, len);
	struct vrrp_signers signers = {0};

	if (vrrp_signers_admit(&signers, src, sequence, wall_us, WINDOW_US) == VRRP_ACCEPT &&
	    vrrp_signers_admit(&signers, src, sequence, wall_us, WINDOW_US) == VRRP_ACCEPT)
		abort();
	if (vrrp_signers_admit(&signers, src, sequence, wall_us, 0) == VRRP_ACCEPT &&
	    vrrp_signers_admit(&signers, src, sequence, wall_us, 0) == VRRP_ACCEPT)
		abort();
	vrrp_sequence_next(sequence, wall_us, WINDOW_US);
}

static void examine(uint8_t *bytes, size_t size, const struct vrrp_path *path, int64_t wall_us,
		    bool made_here)
{
	struct vrrp_packet p;

	if (vrrp_packet_parse(&p, bytes, size, path) != VRRP_ACCEPT || !p.is_signed)
		return;
	vrrp_signature_key_id(bytes, p.len);
	if (vrrp_signature_is_right(bytes, p.len, &path->src, &key) != made_here)
		abort();
	admit(bytes, p.len, &path->src, wall_us);
	bytes[p.len + VRRP_SIGNATURE_LEN - 1] ^= 1;
	if (vrrp_signature_is_right(bytes, p.len, &path->src, &key))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool v6 = size > 0 && (data[0] & 1), make = size > 0 && (data[0] & 2);
	struct vrrp_path path = {.ttl = 255};
	uint64_t clock;
	int64_t wall_us;
	uint8_t *bytes;
	size_t len;

	if (size < HEAD + 1 || size > 8192)
		return 0;
	memcpy(&clock, data + 1, sizeof(clock));
	wall_us = (int64_t)(clock >> 8); /* not before 1970, not past year 4000 */
	addr_parse_ip(&path.src, v6 ? SLICE("fe80::2") : SLICE("192.0.2.1"), 0);
	addr_parse_ip(&path.dst, v6 ? SLICE("ff02::12") : SLICE("224.0.0.18"), 0);
	len = size - HEAD;
	bytes = malloc(len + VRRP_SIGNATURE_LEN);
	if (!bytes)
		return 0;
	memcpy(bytes, data + HEAD, len);
	if (make && len >= VRRP_HEADER_LEN)
		len = vrrp_signature_put(bytes, len + VRRP_SIGNATURE_LEN, len, v6, &path.src, &key,
					 vrrp_sequence_next(clock, wall_us, WINDOW_US));
	if (len)
		examine(bytes, len, &path, wall_us, make && size - HEAD >= VRRP_HEADER_LEN);
	free(bytes);
	return 0;
}
