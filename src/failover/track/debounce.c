/*
 * Debounced links. See debounce.h.
 */
#include "failover/track/debounce.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/die.h"
#include "core/log/log.h"

struct bouncer {
	struct list link;
	struct debounce *debounce;
	const struct vrrp_link_conf *conf; /* borrowed */
	struct loop_timer delay;
	bool known, counts, is; /* as what it counts, what it is */
};

struct debounce {
	struct loop *loop; /* borrowed */
	debounce_fn *changed;
	void *ctx;
	struct list bouncers;
};

struct debounce *debounce_new(struct loop *loop, debounce_fn *changed, void *ctx)
{
	struct debounce *d = calloc(1, sizeof(*d));

	if (!d)
		die_no_memory();
	d->loop = loop;
	d->changed = changed;
	d->ctx = ctx;
	list_init(&d->bouncers);
	return d;
}

static void take_out(struct bouncer *b)
{
	loop_timer_clear(b->debounce->loop, &b->delay);
	list_del(&b->link);
	free(b);
}

void debounce_free(struct debounce **debounce)
{
	struct debounce *d = *debounce;

	*debounce = NULL;
	if (!d)
		return;
	while (!list_empty(&d->bouncers))
		take_out(container_of(d->bouncers.next, struct bouncer, link));
	free(d);
}

static struct bouncer *find(struct debounce *d, const char *name)
{
	struct list *pos;

	LIST_EACH(pos, &d->bouncers)
	{
		struct bouncer *b = container_of(pos, struct bouncer, link);

		if (strcmp(b->conf->name, name) == 0)
			return b;
	}
	return NULL;
}

static void on_delay(struct loop *loop, struct loop_timer *timer)
{
	struct bouncer *b = container_of(timer, struct bouncer, delay);

	(void)loop;
	b->counts = b->is;
	log_notice("interface %s is %s, and stayed so", b->conf->name, b->is ? "up" : "down");
	b->debounce->changed(b->debounce->ctx, b->conf->name);
}

static bool waits(const struct vrrp_link_conf *c)
{
	return c->down_us > 0 || c->up_us > 0;
}

void debounce_configure(struct debounce *d, const struct vrrp_link_conf *list)
{
	struct list *pos, *tmp;

	LIST_EACH_SAFE(pos, tmp, &d->bouncers)
	{
		struct bouncer *b = container_of(pos, struct bouncer, link);
		const struct vrrp_link_conf *c = list;

		while (c && (!waits(c) || strcmp(c->name, b->conf->name) != 0))
			c = c->next;
		b->conf = c ? c : b->conf;
		if (!c)
			take_out(b);
	}
	for (const struct vrrp_link_conf *c = list; c; c = c->next) {
		struct bouncer *b;

		if (!waits(c) || find(d, c->name))
			continue;
		b = calloc(1, sizeof(*b));
		if (!b)
			die_no_memory();
		b->debounce = d;
		b->conf = c;
		b->delay.on_expiry = on_delay;
		list_push(&d->bouncers, &b->link);
	}
}

bool debounce_up(struct debounce *d, const char *name, bool up)
{
	struct bouncer *b = find(d, name);
	int64_t delay_us;

	if (!b)
		return up;
	if (!b->known) {
		b->known = true;
		b->counts = b->is = up;
		return up;
	}
	if (b->is == up)
		return b->counts;
	b->is = up;
	loop_timer_clear(d->loop, &b->delay);
	delay_us = up ? b->conf->up_us : b->conf->down_us;
	if (delay_us == 0)
		b->counts = up;
	else if (b->counts != up)
		loop_timer_set(d->loop, &b->delay, loop_now_us(d->loop) + delay_us);
	return b->counts;
}

void debounce_forget(struct debounce *d, const char *name)
{
	struct bouncer *b = find(d, name);

	if (!b)
		return;
	loop_timer_clear(d->loop, &b->delay);
	b->known = false;
}
