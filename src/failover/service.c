/*
 * Does the balancer serve? See service.h.
 */
#include "failover/service.h"

bool service_well(const struct service *s)
{
	return s->state == SERVICE_UNWATCHED || s->state == SERVICE_UP ||
	       s->state == SERVICE_REPLACING;
}

const char *service_reason(const struct service *s)
{
	switch (s->state) {
	case SERVICE_WAITING:
		return "balancer not ready yet";
	case SERVICE_LOST:
		return "balancer lost";
	case SERVICE_HUNG:
		return "balancer hung";
	default:
		return "balancer serves";
	}
}

static bool beats(const struct service_input *in)
{
	return in->oldest_beat_us > 0 && in->now_us - in->oldest_beat_us <= SERVICE_HUNG_US;
}

/* A balancer that came after the present state did, also when the master's word is still due. */
static bool beats_anew(const struct service *s, const struct service_input *in)
{
	return beats(in) && in->oldest_beat_us > s->since_us;
}

static void enter(struct service *s, enum service_state state, int64_t now_us)
{
	s->state = state;
	s->since_us = now_us;
	s->steady_us = 0;
}

static void take_event(struct service *s, const struct service_input *in)
{
	switch (in->event) {
	case SERVICE_EV_UP:
		/* Its first beat is as old as its start: give it time for the second. */
		s->grace_us = in->now_us + SERVICE_HUNG_US;
		enter(s, SERVICE_UP, in->now_us);
		break;
	case SERVICE_EV_DOWN:
		if (s->state == SERVICE_UP || s->state == SERVICE_UNWATCHED)
			enter(s, SERVICE_REPLACING, in->now_us);
		else if (s->state == SERVICE_HUNG) /* it was killed at last */
			enter(s, SERVICE_LOST, in->now_us);
		break;
	case SERVICE_EV_LOST:
		enter(s, SERVICE_LOST, in->now_us);
		break;
	case SERVICE_EV_LOOK:
		break;
	}
}

static void look_up(struct service *s, const struct service_input *in)
{
	if (in->now_us < s->grace_us || beats(in))
		return;
	/* Not ready and not a word from the master yet: as if it had told us. */
	enter(s, in->oldest_beat_us > 0 ? SERVICE_HUNG : SERVICE_REPLACING, in->now_us);
}

static void look_hung(struct service *s, const struct service_input *in)
{
	if (!beats(in))
		s->steady_us = 0;
	else if (s->steady_us == 0)
		s->steady_us = in->now_us;
	else if (in->now_us - s->steady_us >= SERVICE_STEADY_US)
		enter(s, SERVICE_UP, in->now_us);
}

static void look(struct service *s, const struct service_input *in)
{
	switch (s->state) {
	case SERVICE_UP:
		look_up(s, in);
		break;
	case SERVICE_REPLACING:
		if (beats_anew(s, in))
			enter(s, SERVICE_UP, in->now_us);
		else if (in->now_us - s->since_us >= SERVICE_REPLACE_US)
			enter(s, SERVICE_LOST, in->now_us);
		break;
	case SERVICE_HUNG:
		look_hung(s, in);
		break;
	case SERVICE_UNWATCHED: /* proxies have come with a reload */
		enter(s, beats(in) ? SERVICE_UP : SERVICE_WAITING, in->now_us);
		break;
	case SERVICE_WAITING:
	case SERVICE_LOST:
		if (beats_anew(s, in))
			enter(s, SERVICE_UP, in->now_us);
		break;
	}
}

/* The moment at which looking again can first change something. */
static int64_t next_look(const struct service *s, const struct service_input *in)
{
	int64_t at = in->now_us + SHARED_BEAT_US;

	if (s->state == SERVICE_UP && in->oldest_beat_us > 0)
		at = in->oldest_beat_us + SERVICE_HUNG_US + 1;
	else if (s->state == SERVICE_REPLACING)
		at = s->since_us + SERVICE_REPLACE_US;
	if (s->state == SERVICE_UP && at < s->grace_us)
		at = s->grace_us;
	return at > in->now_us ? at : in->now_us + 1000;
}

static void step(struct service *s, const struct service_input *in)
{
	/* Frozen, or without the processor: what looks old may only be unread. */
	if (s->due_us > 0 && in->now_us - s->due_us > SHARED_BEAT_US &&
	    s->grace_us < in->now_us + SERVICE_HUNG_US) {
		s->grace_us = in->now_us + SERVICE_HUNG_US;
		if (s->state == SERVICE_REPLACING)
			s->since_us = in->now_us;
	}
	if (!in->watched) {
		if (s->state != SERVICE_UNWATCHED)
			enter(s, SERVICE_UNWATCHED, in->now_us);
	} else {
		take_event(s, in);
		look(s, in);
	}
	s->due_us = next_look(s, in);
}

void service_init(struct service *s, const struct service_input *in)
{
	*s = (struct service){.state = SERVICE_UNWATCHED, .since_us = in->now_us};
	step(s, in);
}

bool service_step(struct service *s, const struct service_input *in)
{
	bool well = service_well(s);
	enum service_state state = s->state;

	step(s, in);
	return well != service_well(s) || (!well && state != s->state) ||
	       (state == SERVICE_UNWATCHED) != (s->state == SERVICE_UNWATCHED);
}
