/*
 * The chunked transfer coding (RFC 9112 7.1), decoded as it streams by: nothing is copied or held.
 * Either the bytes are passed on as they are and this only tells where the message ends
 * (h1/body.h), or h1_chunk_next() hands out the runs of data. Strict: hexadecimal size of at most
 * 15 digits, CRLF, bounded extensions, trailers of valid fields. Pure; state is the caller's.
 */
#ifndef RELAIS_H1_CHUNK_H
#define RELAIS_H1_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "balancer/h1/h1_error.h"
#include "core/base/slice.h"

enum {
	H1_CHUNK_DIGITS_MAX = 15,
	H1_CHUNK_EXTENSION_MAX = 256, /* bytes per size line */
	H1_TRAILER_MAX = 16384,	      /* bytes of all trailer lines */
};

enum h1_chunk_event {
	H1_CHUNK_MORE, /* all input is used up */
	H1_CHUNK_DATA, /* *data is a run of the body */
	H1_CHUNK_END,  /* the message is over; what is left of *in belongs to the next */
	H1_CHUNK_BAD,  /* see error; what is left of *in begins with the offending byte */
};

/* Zero-initialised at the start of a body. */
struct h1_chunk {
	uint64_t left; /* of the chunk's data; the size while it is being read */
	uint32_t n;    /* digits, extension bytes or trailer bytes so far */
	uint8_t state; /* private */
	uint8_t error; /* enum h1_error */
};

/* Moves *in forward past what was understood. */
enum h1_chunk_event h1_chunk_next(struct h1_chunk *c, struct slice *in, struct slice *data);

void h1_chunk_passed(struct h1_chunk *c, uint64_t len);

enum h1_chunk_state {
	H1_CHUNK_AT_SIZE,
	H1_CHUNK_AT_EXTENSION,
	H1_CHUNK_AT_SIZE_LF,
	H1_CHUNK_AT_DATA,
	H1_CHUNK_AT_DATA_CR,
	H1_CHUNK_AT_DATA_LF,
	H1_CHUNK_AT_TRAILER, /* first byte of a trailer line */
	H1_CHUNK_AT_TRAILER_NAME,
	H1_CHUNK_AT_TRAILER_VALUE,
	H1_CHUNK_AT_TRAILER_LF,
	H1_CHUNK_AT_LAST_LF,
	H1_CHUNK_AT_END,
	H1_CHUNK_AT_ERROR,
};

/* Bytes of chunk data that may pass unseen from here (spliced): then tell h1_chunk_passed(). 0
 * between chunks. */
static inline uint64_t h1_chunk_opaque(const struct h1_chunk *c)
{
	return c->state == H1_CHUNK_AT_DATA ? c->left : 0;
}

#endif
