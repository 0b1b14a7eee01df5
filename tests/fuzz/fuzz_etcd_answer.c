/*
 * Foreign bytes as an answer of etcd. First byte: which question, and whether the connection has
 * ended. What is understood must be understood the same once the connection has ended.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "failover/lease/etcd_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct etcd_answer now, then;
	enum etcd_op op;
	char *bytes;
	size_t len;

	if (size < 1 || size > ETCD_REPLY_MAX)
		return 0;
	len = size - 1;
	op = (enum etcd_op)(ETCD_GRANT + (data[0] & 3));
	bytes = malloc(len ? len : 1); /* exact: a byte too far is seen */
	if (!bytes)
		return 0;
	memcpy(bytes, data + 1, len);
	if (etcd_read(bytes, len, data[0] & 4, op, &now) == 1 &&
	    (etcd_read(bytes, len, true, op, &then) != 1 || then.ok != now.ok ||
	     then.id != now.id || then.ttl_s != now.ttl_s))
		abort();
	free(bytes);
	return 0;
}
