/*
 * Foreign bytes as a heartbeat. First byte: bit 0 = there is a key, bit 1 = sign what follows, so
 * that what lies behind the signature is reached. What is accepted must survive being built again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hmac.h"
#include "failover/heart/heart_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice key = {0};
	uint8_t again[HEART_PACKET_MAX], *bytes;
	struct heart_packet p, q;
	size_t len;

	if (size < 1 || size > 4096)
		return 0;
	len = size - 1;
	if (data[0] & 1)
		key = SLICE("0123456789abcdef");
	bytes = malloc(len ? len : 1); /* exact: a byte too far is seen */
	if (!bytes)
		return 0;
	memcpy(bytes, data + 1, len);
	if (key.len && (data[0] & 2) && len == HEART_PACKET_MAX)
		hmac_sha256(key, (struct slice){(const char *)bytes, HEART_PLAIN_LEN},
			    bytes + HEART_PLAIN_LEN);
	if (heart_packet_parse(&p, bytes, len, key) == HEART_OK) {
		size_t n = heart_packet_build(&p, key, again);

		if (n != len || heart_packet_parse(&q, again, n, key) != HEART_OK ||
		    q.sequence != p.sequence || q.word.priority != p.word.priority ||
		    q.word.state != p.word.state || strcmp(q.router, p.router) != 0)
			abort();
	}
	free(bytes);
	return 0;
}
