/*
 * Keyed digests (RFC 2104) for authenticating what other nodes send. A thin door to libcrypto, so
 * that rooms without TLS need not know it. Pure.
 */
#ifndef RELAIS_BASE_HMAC_H
#define RELAIS_BASE_HMAC_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/slice.h"

enum { HMAC_MD5_LEN = 16, HMAC_SHA256_LEN = 32 };

/* False when the library refuses the algorithm (a FIPS policy forbids MD5). */
bool hmac_md5(struct slice key, struct slice data, uint8_t out[static HMAC_MD5_LEN]);
bool hmac_sha256(struct slice key, struct slice data, uint8_t out[static HMAC_SHA256_LEN]);
/* Takes as long whatever differs. */
bool hmac_same(const uint8_t *a, const uint8_t *b, size_t len);

#endif
