/*
 * Where a message's body ends while its bytes pass unchanged: by length, by chunks, by the end of
 * the connection, or never (RFC 9112 6). Called by flow for each direction with every run of bytes
 * that it forwards. Pure; state is the caller's.
 */
#ifndef RELAIS_H1_BODY_H
#define RELAIS_H1_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "balancer/h1/chunk.h"
#include "balancer/http/message.h"

struct h1_body {
	uint8_t kind;  /* enum http_body_kind */
	bool done;     /* the last byte of the message has passed */
	uint8_t error; /* enum h1_error */
	uint64_t left; /* bytes, of a body with a length */
	uint64_t passed;
	struct h1_chunk chunk;
};

void h1_body_start(struct h1_body *b, const struct http_message *msg);
/* How many of the bytes belong to this message: they may be forwarded as they are. done and error
 * are set when they belong there. Fewer than len only when done or on an error. */
size_t h1_body_advance(struct h1_body *b, const char *ptr, size_t len);
/* Bytes from here on that need not be looked at (splice): tell h1_body_passed() how many went.
 * UINT64_MAX for a body that ends with the connection and for a tunnel. */
uint64_t h1_body_opaque(const struct h1_body *b);
void h1_body_passed(struct h1_body *b, uint64_t len);
/* The connection ended: was the message whole? */
bool h1_body_end(struct h1_body *b);

#endif
