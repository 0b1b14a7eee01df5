/*
 * The service's facts on the loop. See service_facts.h.
 */
#include "failover/service_facts.h"

#include <unistd.h>

bool service_fact_kind(const struct vrrp_track_conf *row, enum shared_fact_kind *kind)
{
	switch (row->kind) {
	case VRRP_TRACK_BACKEND:
		*kind = SHARED_FACT_BACKEND;
		return true;
	case VRRP_TRACK_FRONTEND:
		*kind = SHARED_FACT_FRONTEND;
		return true;
	case VRRP_TRACK_SERVER:
		*kind = SHARED_FACT_SERVER;
		return true;
	default:
		return false;
	}
}

static void on_wake(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct service_facts *s = container_of(lfd, struct service_facts, wake);
	uint64_t n;

	(void)loop, (void)ready;
	while (read(lfd->fd, &n, sizeof(n)) == (ssize_t)sizeof(n))
		s->on_change(s);
}

static void on_grace_over(struct loop *loop, struct loop_timer *timer)
{
	struct service_facts *s = container_of(timer, struct service_facts, timer);

	(void)loop;
	s->on_change(s);
}

static void begin_grace(struct service_facts *s)
{
	s->grace_until_us = loop_clock_us(s->loop) + SERVICE_FACTS_GRACE_US;
	loop_timer_set(s->loop, &s->timer, s->grace_until_us);
}

int service_facts_start(struct service_facts *s)
{
	s->timer.on_expiry = on_grace_over;
	s->wake.on_ready = on_wake;
	begin_grace(s);
	return s->wake.fd < 0 ? 0 : loop_fd_add(s->loop, &s->wake, LOOP_IN);
}

void service_facts_stop(struct service_facts *s)
{
	loop_timer_clear(s->loop, &s->timer);
	if (s->wake.fd >= 0)
		loop_fd_del(s->loop, &s->wake);
	s->wake.fd = -1;
}

void service_facts_renew(struct service_facts *s)
{
	begin_grace(s);
	s->on_change(s);
}

int service_facts_ask(void *ctx, const struct vrrp_track_conf *row)
{
	const struct service_facts *s = ctx;
	enum shared_fact_kind kind;
	unsigned min = row->min ? row->min : 1;
	uint32_t value;

	if (!service_fact_kind(row, &kind) ||
	    !shared_fact_read(s->page, shared_fact_key(kind, row->name), &value))
		return -1;
	/* What is down although unproven servers count as up, is down. */
	if (shared_fact_up(value) < min)
		return 0;
	if ((value & SHARED_FACT_UNPROVEN) && loop_clock_us(s->loop) < s->grace_until_us)
		return -1;
	return shared_fact_up(value) < min + shared_fact_doubtful(value) ? 2 : 1;
}
