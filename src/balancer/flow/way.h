/*
 * One direction of a proxied connection: bytes from one connection to the other until the message
 * or the stream ends. Two of them make a tunnel; both ends are treated alike. Room-private.
 */
#ifndef RELAIS_FLOW_WAY_H
#define RELAIS_FLOW_WAY_H

#include "balancer/flow/worker.h"
#include "balancer/h1/body.h"

enum way_result {
	WAY_WAIT,	/* for either end */
	WAY_TURN_OVER,	/* more could be done at once: others first */
	WAY_DONE,	/* everything has been written */
	WAY_CUT,	/* `from` ended before the message did */
	WAY_FROM_ERROR, /* `from` broke */
	WAY_TO_ERROR,	/* `to` broke */
	WAY_BAD,	/* chunked coding is wrong: body.error */
	WAY_NO_MEMORY,
};

struct way {
	struct conn *from, *to; /* borrowed */
	struct h1_body body;
	const char *pending; /* received, not yet written: into own, or into borrowed bytes */
	uint32_t pending_len;
	struct flow_buffer *own; /* owned; NULL = none */
	struct conn_pipe *pipe;	 /* owned; NULL = copying */
	struct flow_buffer *
		*surplus; /* where bytes behind the message go; NULL: they are counted */
	uint64_t moved;	  /* bytes written to `to` */
	uint32_t burst;	  /* bytes that the pipe may hold now */
	uint32_t n_surplus;
	bool bulk; /* worth a pipe */
	bool no_splice;
	bool dechunk;		     /* pass on the data of a chunked body alone */
	bool turn_over;		     /* the caller's note: did not come to an end by itself */
	bool active_from, active_to; /* bytes came, bytes went: since the caller cleared them */
};

void way_init(struct way *w, struct conn *from, struct conn *to);
void way_fini(struct way *w, struct worker *worker);
enum way_result way_run(struct way *w, struct worker *worker);
/* Bytes to go out before all others; what is not taken at once is copied. */
enum way_result way_write(struct way *w, struct worker *worker, struct iovec *iov, int n_iov);
/* Writes what is held. DONE: nothing is held any more. */
enum way_result way_flush(struct way *w, struct worker *worker);
/* Bytes that were read elsewhere: *body is what of them is to be passed on (in place), what lies
 * behind the message becomes surplus. WAY_DONE, WAY_BAD, WAY_NO_MEMORY. */
enum way_result way_take(struct way *w, struct worker *worker, char *buf, size_t n,
			 struct slice *body);
static inline bool way_is_empty(const struct way *w)
{
	return w->pending_len == 0 && (!w->pipe || w->pipe->len == 0);
}

/* Could way_run do anything now? */
static inline bool way_has_work(const struct way *w)
{
	if (!way_is_empty(w))
		return w->to->flags & CONN_WRITABLE;
	return w->body.done || w->from->flags & (CONN_READABLE | CONN_READ_END);
}

#endif
