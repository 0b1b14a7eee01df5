/*
 * Names of HTTP: header names and methods by number, status codes with their phrases, all from
 * tables (headers.def, methods.def, status.def). Pure; any thread.
 */
#ifndef RELAIS_HTTP_NAME_H
#define RELAIS_HTTP_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/slice.h"

enum http_header_id {
	HTTP_HEADER_OTHER,
#define HTTP_HEADER(id, name, first, last, flags) HTTP_HEADER_##id,
#include "balancer/http/headers.def"
#undef HTTP_HEADER
	HTTP_HEADER_N
};

enum http_method {
	HTTP_METHOD_OTHER,
#define HTTP_METHOD(id, text) HTTP_METHOD_##id,
#include "balancer/http/methods.def"
#undef HTTP_METHOD
	HTTP_METHOD_N
};

enum http_name_flag {
	HTTP_NAME_HOP = 1,     /* belongs to one connection */
	HTTP_NAME_ONCE = 2,    /* a message has one at most */
	HTTP_NAME_FRAMING = 4, /* says where the message ends */
};

/* A header name looked up once, when the configuration is read, so that finding it in a message
 * compares a number. text is borrowed. */
struct http_name {
	struct slice text;
	enum http_header_id id;
};

/* Any case; OTHER for names that are not in the table. */
enum http_header_id http_header_lookup(const char *name, size_t len);
struct http_name http_name_of(struct slice text);
struct http_name http_name_known(enum http_header_id id);
unsigned http_header_flags(enum http_header_id id);

/* Case-sensitive, as methods are. */
enum http_method http_method_lookup(const char *text, size_t len);
const char *http_method_text(enum http_method method);

/* Standard phrase; the class's name for unknown codes, as HAProxy does. */
const char *http_status_phrase(unsigned status);

/* 256 bits: is this byte allowed in a token (RFC 9110 5.6.2)? */
extern const uint8_t http_token_char[256];
bool http_is_token(struct slice text);

#endif
