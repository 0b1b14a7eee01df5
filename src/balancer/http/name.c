/*
 * Header, method and status tables. The header hash is perfect by construction: two rows in one
 * slot are an initialiser written twice, which the compiler refuses.
 */
#include "balancer/http/name.h"

#define HASH(first, last, len) (((unsigned)(first) + (unsigned)(last)*3 + (unsigned)(len)*53) & 255)

static const uint8_t slot_id[256] = {
#define HTTP_HEADER(id, name, first, last, flags) \
	[HASH(first, last, sizeof(name) - 1)] = HTTP_HEADER_##id,
#include "balancer/http/headers.def"
#undef HTTP_HEADER
};

static const struct {
	const char *name;
	uint8_t len;
	uint8_t flags;
} header[HTTP_HEADER_N] = {
#define HTTP_HEADER(id, name, first, last, flags) \
	[HTTP_HEADER_##id] = {name, sizeof(name) - 1, flags},
#include "balancer/http/headers.def"
#undef HTTP_HEADER
};

_Static_assert(HTTP_HEADER_N <= 64, "http_message.seen has 64 bits");

static const struct slice method[HTTP_METHOD_N] = {
	[HTTP_METHOD_OTHER] = {"<OTHER>", 7},
#define HTTP_METHOD(id, text) [HTTP_METHOD_##id] = {text, sizeof(text) - 1},
#include "balancer/http/methods.def"
#undef HTTP_METHOD
};

/* RFC 9110 5.6.2: tchar */
const uint8_t http_token_char[256] = {
	['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1,	    ['&'] = 1,	       ['\''] = 1,
	['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1,	    ['^'] = 1,	       ['_'] = 1,
	['`'] = 1, ['|'] = 1, ['~'] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

static uint64_t load8(const char *p)
{
	uint64_t word;

	memcpy(&word, p, 8);
	return word;
}

/* Compares a received name with a table name in lower case. Setting bit 5 of every byte is exact
 * enough: table names hold letters, digits and '-', and no other token character maps on those
 * ('\r' would map on '-', but is no token character). */
static bool same_name(const char *got, const char *want, size_t len)
{
	const uint64_t bit5 = 0x2020202020202020u;
	size_t i = 0;

	for (; i + 8 <= len; i += 8)
		if ((load8(got + i) | bit5) != load8(want + i))
			return false;
	if (i == len)
		return true;
	if (len >= 8)
		return (load8(got + len - 8) | bit5) == load8(want + len - 8);
	for (; i < len; i++)
		if ((got[i] | 0x20) != want[i])
			return false;
	return true;
}

enum http_header_id http_header_lookup(const char *name, size_t len)
{
	unsigned id;

	if (len < 2)
		return HTTP_HEADER_OTHER;
	id = slot_id[HASH((unsigned char)name[0] | 0x20, (unsigned char)name[len - 1] | 0x20, len)];
	if (header[id].len == len && same_name(name, header[id].name, len))
		return (enum http_header_id)id;
	return HTTP_HEADER_OTHER;
}

struct http_name http_name_of(struct slice text)
{
	return (struct http_name){text, http_header_lookup(text.ptr, text.len)};
}

struct http_name http_name_known(enum http_header_id id)
{
	return (struct http_name){{header[id].name, header[id].len}, id};
}

unsigned http_header_flags(enum http_header_id id)
{
	return header[id].flags;
}

enum http_method http_method_lookup(const char *text, size_t len)
{
	for (unsigned i = HTTP_METHOD_OTHER + 1; i < HTTP_METHOD_N; i++)
		if (method[i].len == len && memcmp(method[i].ptr, text, len) == 0)
			return (enum http_method)i;
	return HTTP_METHOD_OTHER;
}

const char *http_method_text(enum http_method id)
{
	return method[id].ptr;
}

const char *http_status_phrase(unsigned status)
{
	switch (status) {
#define HTTP_STATUS(code, phrase) \
	case code:                \
		return phrase;
#include "balancer/http/status.def"
#undef HTTP_STATUS
	default:
		if (status >= 100 && status < 600 && status % 100)
			return http_status_phrase(status / 100 * 100);
		return "Unknown";
	}
}

bool http_is_token(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!http_token_char[(unsigned char)text.ptr[i]])
			return false;
	return text.len > 0;
}
