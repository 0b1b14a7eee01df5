/*
 * The seam on the loop. See service_watch.h.
 */
#include "failover/service_watch.h"

static struct service_input look_at_page(const struct service_watch *w, enum service_event event)
{
	return (struct service_input){
		.now_us = loop_clock_us(w->loop),
		.event = event,
		.watched = atomic_load_explicit(&w->page->watched, memory_order_acquire) != 0,
		.oldest_beat_us = shared_page_oldest_beat_us(w->page),
	};
}

static void on_due(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	service_watch_tell(container_of(timer, struct service_watch, timer), SERVICE_EV_LOOK);
}

void service_watch_start(struct service_watch *w)
{
	struct service_input in = look_at_page(w, SERVICE_EV_LOOK);

	service_init(&w->service, &in);
	w->timer.on_expiry = on_due;
	loop_timer_set(w->loop, &w->timer, w->service.due_us);
}

void service_watch_tell(struct service_watch *w, enum service_event event)
{
	struct service_input in = look_at_page(w, event);
	bool changed = service_step(&w->service, &in);

	loop_timer_set(w->loop, &w->timer, w->service.due_us);
	if (changed)
		w->on_change(w, service_well(&w->service), service_reason(&w->service));
}

void service_watch_stop(struct service_watch *w)
{
	loop_timer_clear(w->loop, &w->timer);
}
