/*
 * Digests of bytes by libcrypto, for rooms that know nothing of TLS. Pure.
 */
#ifndef RELAIS_BASE_DIGEST_H
#define RELAIS_BASE_DIGEST_H

#include <stdbool.h>

#include "core/base/slice.h"

enum { DIGEST_MD5_HEX_LEN = 33 };

/* In small letters, with its NUL. False when the library refuses it (a FIPS policy). */
bool digest_md5_hex(struct slice data, char out[static DIGEST_MD5_HEX_LEN]);

#endif
