/*
 * The header table for those who look a name up once per field of every message: the h1 and h2
 * parsers. Others call http_header_lookup(). The hash is perfect by construction (headers.def).
 */
#ifndef RELAIS_HTTP_NAME_LOOKUP_H
#define RELAIS_HTTP_NAME_LOOKUP_H

#include "balancer/http/name.h"

#define HTTP_HEADER_HASH(first, last, len) \
	(((unsigned)(first) + (unsigned)(last)*3 + (unsigned)(len)*53) & 255)

struct http_header_row {
	char name[30]; /* lower case */
	uint8_t len, flags;
};

extern const uint8_t http_header_slot[256]; /* hash to enum http_header_id */
extern const struct http_header_row http_header_row[HTTP_HEADER_N];

static inline uint64_t http_load8(const char *p)
{
	uint64_t word;

	memcpy(&word, p, 8);
	return word;
}

static inline uint32_t http_load4(const char *p)
{
	uint32_t word;

	memcpy(&word, p, 4);
	return word;
}

/* Compares a token with a table name by words that may overlap. Setting bit 5 of every byte is
 * exact enough: table names hold letters, digits and '-', and no other token character maps on
 * those. len >= 2. */
static inline bool http_header_same(const char *got, const char *want, size_t len)
{
	const uint64_t bit5 = 0x2020202020202020u;
	size_t i = 0;

	if (len < 4)
		return (got[0] | 0x20) == want[0] && (got[1] | 0x20) == want[1] &&
		       (got[len - 1] | 0x20) == want[len - 1];
	if (len < 8)
		return (http_load4(got) | (uint32_t)bit5) == http_load4(want) &&
		       (http_load4(got + len - 4) | (uint32_t)bit5) == http_load4(want + len - 4);
	do
		if ((http_load8(got + i) | bit5) != http_load8(want + i))
			return false;
	while ((i += 8) + 8 <= len);
	return (http_load8(got + len - 8) | bit5) == http_load8(want + len - 8);
}

/* A token of any case; OTHER if the table has no such name. */
static inline enum http_header_id http_header_find(const char *name, size_t len)
{
	unsigned first, last, id;

	if (len < 2)
		return HTTP_HEADER_OTHER;
	first = (unsigned char)name[0] | 0x20u;
	last = (unsigned char)name[len - 1] | 0x20u;
	id = http_header_slot[HTTP_HEADER_HASH(first, last, len)];
	if (http_header_row[id].len == len && http_header_same(name, http_header_row[id].name, len))
		return (enum http_header_id)id;
	return HTTP_HEADER_OTHER;
}

#endif
