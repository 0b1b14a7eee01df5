/*
 * Header, method and status tables. The header hash is perfect by construction: two rows in one
 * slot are an initialiser written twice, which the compiler refuses.
 */
#include "balancer/http/name.h"

#include "balancer/http/name_lookup.h"

const uint8_t http_header_slot[256] = {
#define HTTP_HEADER(id, name, first, last, flags) \
	[HTTP_HEADER_HASH(first, last, sizeof(name) - 1)] = HTTP_HEADER_##id,
#include "balancer/http/headers.def"
#undef HTTP_HEADER
};

const struct http_header_row http_header_row[HTTP_HEADER_N] = {
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

enum http_header_id http_header_lookup(const char *name, size_t len)
{
	return http_header_find(name, len);
}

struct http_name http_name_of(struct slice text)
{
	return (struct http_name){text, http_header_lookup(text.ptr, text.len)};
}

struct http_name http_name_known(enum http_header_id id)
{
	return (struct http_name){{http_header_row[id].name, http_header_row[id].len}, id};
}

unsigned http_header_flags(enum http_header_id id)
{
	return http_header_row[id].flags;
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
		return status < 200   ? "Informational"
		       : status < 300 ? "Success"
		       : status < 400 ? "Redirection"
		       : status < 500 ? "Client Error"
		       : status < 600 ? "Server Error"
				      : "Unknown";
	}
}

bool http_is_token(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!http_token_char[(unsigned char)text.ptr[i]])
			return false;
	return text.len > 0;
}
