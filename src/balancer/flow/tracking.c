/*
 * See tracking.h. The session's entries hear of each request; the exchange's own were told of
 * theirs when the rule tied them.
 */
#include "balancer/flow/tracking.h"

#include <stdlib.h>

#include "balancer/stick/stick_track.h"

static void count(struct exchange *x, enum stick_event event, uint64_t n)
{
	stick_tracks_count(x->session->tracks, event, (int64_t)n, exchange_now(x));
	stick_tracks_count(x->rules.tracks, event, (int64_t)n, exchange_now(x));
}

void tracking_request(struct exchange *x)
{
	stick_tracks_count(x->session->tracks, STICK_EVENT_REQUEST, 1, exchange_now(x));
}

void tracking_response(struct exchange *x)
{
	int status = x->res.status;

	if (status >= 400 && status < 500)
		count(x, STICK_EVENT_ERROR, 1);
	else if (status >= 500 && status != 501 && status != 505)
		count(x, STICK_EVENT_FAILURE, 1);
}

/* Errors that no server's answer told of. */
void tracking_failed(struct exchange *x)
{
	if (x->steps != http_steps)
		return;
	switch (x->reason) {
	case REASON_REQUEST_TIMEOUT:
	case REASON_REQUEST_CUT:
	case REASON_REQUEST_BAD:
	case REASON_BODY_BAD:
	case REASON_DENIED:
	case REASON_TARPITTED:
		count(x, STICK_EVENT_ERROR, 1);
		break;
	case REASON_SERVER_ABORT:
	case REASON_SERVER_TIMEOUT:
	case REASON_RESPONSE_BAD:
	case REASON_RESPONSE_CUT:
	case REASON_RESPONSE_BODY_BAD:
		count(x, STICK_EVENT_FAILURE, 1);
		break;
	default:
		break;
	}
}

void tracking_end(struct exchange *x)
{
	if (x->reason == REASON_LOCAL && (x->status == 401 || x->status == 407))
		count(x, STICK_EVENT_ERROR, 1);
	count(x, STICK_EVENT_BYTES_IN, x->bytes_in);
	count(x, STICK_EVENT_BYTES_OUT, x->bytes_out);
	stick_tracks_end(x->rules.tracks, exchange_now(x));
	x->rules.tracks = NULL;
}

void tracking_session_begin(struct session *s)
{
	stick_tracks_count(s->tracks, STICK_EVENT_SESSION, 1, worker_now_us(s->worker));
}

void tracking_session_end(struct session *s)
{
	stick_tracks_end(s->tracks, worker_now_us(s->worker));
	free(s->tracks);
	s->tracks = NULL;
}
