/*
 * Keyed digests. See hmac.h.
 */
#include "core/base/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

bool hmac_md5(struct slice key, struct slice data, uint8_t out[static HMAC_MD5_LEN])
{
	unsigned len = 0;

	return HMAC(EVP_md5(), key.ptr, (int)key.len, (const uint8_t *)data.ptr, data.len, out,
		    &len) &&
	       len == HMAC_MD5_LEN;
}

bool hmac_sha256(struct slice key, struct slice data, uint8_t out[static HMAC_SHA256_LEN])
{
	unsigned len = 0;

	return HMAC(EVP_sha256(), key.ptr, (int)key.len, (const uint8_t *)data.ptr, data.len, out,
		    &len) &&
	       len == HMAC_SHA256_LEN;
}

bool hmac_same(const uint8_t *a, const uint8_t *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
