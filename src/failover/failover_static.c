/*
 * What is static and tracked (track_group): whoever deletes it, it is put back at once
 * (address/hold.c, address/keep.c), so it counts as lost only where that did not work: a quarter of
 * a second after something happened it is looked at. See failover_impl.h.
 */
#include "failover/failover_impl.h"

enum { SETTLE_US = 250000 };

struct search {
	const struct addr *address;
	bool found;
};

static void look_at(void *ctx, const struct addr *vip, int ifindex)
{
	struct search *s = ctx;

	(void)ifindex;
	s->found |= addr_eq(vip, s->address, false);
}

static bool is_there(struct failover *f, const struct vrrp_static_conf *s)
{
	struct search search = {0};

	if (!s->vip)
		return keep_has(f->keep, f, s->route, s->rule);
	search.address = &s->vip->address;
	hold_each(f->hold, f, look_at, &search);
	return search.found;
}

static void tell_all(struct failover *f)
{
	struct list *pos;

	for (const struct vrrp_static_conf *s = f->conf->statics; s; s = s->next) {
		bool up = is_there(f, s);

		LIST_EACH(pos, &f->nodes)
		vrrp_instance_track_set(container_of(pos, struct node, link)->inst,
					VRRP_TRACK_STATIC, s->name, up);
	}
}

static void on_settled(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	tell_all(container_of(timer, struct failover, statics));
}

void failover_static_look_soon(struct failover *f)
{
	f->statics.on_expiry = on_settled;
	if (f->conf->statics && !loop_timer_armed(&f->statics))
		loop_timer_set(f->loop, &f->statics, loop_now_us(f->loop) + SETTLE_US);
}

void failover_static_tell(struct failover *f)
{
	tell_all(f);
}
