/*
 * The seam's decision: does the balancer of this node serve, so that the node may hold virtual
 * addresses? Pure: messages and the age of the oldest heartbeat go in, a verdict comes out.
 * service_watch.h feeds it on the loop.
 *
 *   balancer ended            its replacement has SERVICE_REPLACE_US to be ready; the node keeps
 *                             its addresses meanwhile (connections wait in the backlog)
 *   replacement failed        lost at once
 *   a beat is missed thrice   hung; taken back after SERVICE_STEADY_US of beats without a gap
 *   we stood still ourselves  the balancer has had no chance either: it gets three beats more
 */
#ifndef RELAIS_FAILOVER_SERVICE_H
#define RELAIS_FAILOVER_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/sys/shared_page.h"

enum {
	SERVICE_REPLACE_US = 200000,
	SERVICE_HUNG_US = 3 * SHARED_BEAT_US,
	SERVICE_STEADY_US = 1000000,
};

enum service_state {
	SERVICE_UNWATCHED, /* no proxies: the balancer has no say */
	SERVICE_WAITING,   /* not ready yet since we started */
	SERVICE_UP,
	SERVICE_REPLACING, /* ended, not counted as lost yet */
	SERVICE_LOST,
	SERVICE_HUNG,
};

enum service_event {
	SERVICE_EV_LOOK, /* nothing happened; time passes */
	SERVICE_EV_UP,	 /* MESSAGE_BALANCER_UP, _DOWN, _LOST */
	SERVICE_EV_DOWN,
	SERVICE_EV_LOST,
};

struct service {
	enum service_state state;
	int64_t since_us;  /* of state */
	int64_t steady_us; /* HUNG: since when beats have come without a gap; 0 = not yet */
	int64_t grace_us;  /* no beat is missed before this */
	int64_t due_us;	   /* when we were to look next */
};

struct service_input {
	int64_t now_us;
	enum service_event event;
	bool watched;		/* shared_page.watched */
	int64_t oldest_beat_us; /* of the active balancer; 0 = none is ready */
};

void service_init(struct service *s, const struct service_input *in);
/* True when service_well, the reason, or whether it is asked at all has changed. s->due_us: look
 * again then at the latest. */
bool service_step(struct service *s, const struct service_input *in);
bool service_well(const struct service *s);
/* Why not, as the reason of a resignation: "balancer hung". */
const char *service_reason(const struct service *s);

#endif
