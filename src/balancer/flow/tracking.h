/*
 * What sessions and exchanges that rules track do is counted in stick tables. Room-private; called
 * only where something is tracked.
 */
#ifndef RELAIS_FLOW_TRACKING_H
#define RELAIS_FLOW_TRACKING_H

#include "balancer/flow/exchange.h"

static inline bool tracking_is_on(const struct exchange *x)
{
	return x->session->tracks || x->rules.tracks;
}

void tracking_request(struct exchange *x);  /* a head has come, good or bad */
void tracking_response(struct exchange *x); /* a server's final head */
void tracking_failed(struct exchange *x);   /* x->reason; before anything is answered */
void tracking_end(struct exchange *x);	    /* bytes are counted: the exchange lets go */

void tracking_session_begin(struct session *s); /* it is admitted */
void tracking_session_end(struct session *s);

#endif
