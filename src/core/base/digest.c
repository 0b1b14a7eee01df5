/*
 * Digests. See digest.h.
 */
#include "core/base/digest.h"

#include <openssl/evp.h>

bool digest_md5_hex(struct slice data, char out[static DIGEST_MD5_HEX_LEN])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (EVP_Digest(data.ptr, data.len, raw, &len, EVP_md5(), NULL) != 1 || len != 16)
		return false;
	for (unsigned i = 0; i < len; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[32] = '\0';
	return true;
}
