/*
 * The HTTP steps among themselves: request.c, forward.c, response.c, reply.c. Room-private.
 */
#ifndef RELAIS_FLOW_HTTP_H
#define RELAIS_FLOW_HTTP_H

#include "balancer/flow/exchange.h"

enum { HTTP_IOV_MAX = 64 };

flow_result step_send(struct exchange *x);   /* forward.c */
flow_result step_answer(struct exchange *x); /* response.c */
flow_result step_tarpit(struct exchange *x); /* reply.c */

/* forward.c: removes what belongs to the connection the message came on. A lone "keep-alive" stays
 * where our next connection is kept too (keeps); then true: it need not be said again. */
bool forward_drop_hop(struct http_message *msg, bool keeps);

/* What the rules have decided: NEXT, a jump to a local answer, or a failure. */
flow_result http_carry_out(struct exchange *x, enum rule_outcome outcome,
			   const struct rule_verdict *verdict, enum reason denied);
/* The head as runs of memory; a head of too many runs is copied into the arena. Number of runs, 0
 * when the arena is full. */
int http_head_runs(struct exchange *x, const struct http_message *msg, struct iovec *iov);

/* reply.c: x->reply becomes the proxy's errorfile or the built-in page. */
void reply_status(struct exchange *x, int status);

#endif
