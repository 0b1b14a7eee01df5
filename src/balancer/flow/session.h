/*
 * A client's connection: from accept to close, with as many exchanges as it brings. Between two
 * requests it is no more than this struct. Room-private.
 */
#ifndef RELAIS_FLOW_SESSION_H
#define RELAIS_FLOW_SESSION_H

#include "balancer/flow/worker.h"

enum session_state {
	SESSION_IDLE,	/* no request under way */
	SESSION_BUSY,	/* exchange is set */
	SESSION_LINGER, /* we have said our last word; what the client still sends is dropped */
};

struct session {
	struct conn client;
	struct loop_timer timer;
	struct list link; /* worker.session_list */
	struct worker *worker;
	struct listener *listener;
	struct exchange *exchange;   /* owned; NULL between requests */
	struct flow_buffer *in;	     /* owned; received, not yet used up */
	struct server *last_server;  /* borrowed; of the last request */
	int64_t accept_us, idle_us;  /* idle_us: since when no request is under way */
	struct stick_tracks *tracks; /* owned; NULL = no rule tracks it */
	uint32_t n_requests;
	uint8_t state;
	bool close_after; /* no further request is wanted */
	bool linger;	  /* and what the client still sends must not reset our last words */
	bool reset;	  /* close with RST: what the client has got is not whole */
	uint8_t peer_len;
	union { /* the client's address, as short as it can be held; Unix peers have none */
		struct sockaddr sa;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	} peer;
};

/* A connection of this thread, counted in w->load and by accept/ already. Takes fd over. */
void session_begin(struct worker *w, struct listener *l, int fd, const struct addr *peer);
/* Something has happened: goes on with the exchange, or begins one. May free the session. */
void session_run(struct session *s);
void session_close(struct session *s);
/* Whatever it does, it is over. */
void session_hang_up(struct session *s);
/* Idle connections of a draining worker go after a grace. */
void session_drain(struct session *s);
void session_client_addr(const struct session *s, struct addr *out);
static inline const struct proxy_conf *session_conf(const struct session *s)
{
	return s->listener->proxy->conf;
}

#endif
