/*
 * Reload: what a new configuration asks of an instance (KEPT, ADAPTED, REBUILD), and doing it. A
 * master stays master for anything that does not make it another virtual router: VRID, interface,
 * version, family, and how its packets travel. What counts as a difference is reconf_rows.c.
 */
#include "failover/vrrp/instance_impl.h"
#include "failover/vrrp/reconf_rows.h"

static void adapt_master(struct vrrp_instance *inst, const struct vrrp_instance_conf *from)
{
	const struct vrrp_instance_conf *to = inst->conf;
	unsigned changed = vrrp_reconf_touches(from, to);
	bool vips = !(changed & VRRP_TOUCHES_ADDRESSES);

	if (changed &
	    VRRP_TOUCHES_WIRE) { /* those who listen learn it now, not at their down timer */
		vrrp_advertise(inst, inst->priority);
		loop_timer_set(inst->loop, &inst->timer, loop_now_us(inst->loop) + to->advert_us);
	}
	if (!inst->takeover.holds) /* it takes them as they are now, when its hooks are through */
		return;
	if (vips && !(changed & VRRP_TOUCHES_ROUTES))
		return;
	if (inst->ops->addresses_adapt)
		inst->ops->addresses_adapt(inst->ctx, inst, from, to);
	if (!vips)
		vrrp_announce_master(&inst->announce);
}

static void adapt(struct vrrp_instance *inst, const struct vrrp_instance_conf *from)
{
	const struct vrrp_instance_conf *to = inst->conf;

	inst->list_ok.len = 0;
	vrrp_takeover_forgive(inst);
	vrrp_role_settle(inst);
	vrrp_condition_review(inst);
	if (inst->state == VRRP_MASTER)
		adapt_master(inst, from);
	else if (inst->state == VRRP_BACKUP && to->priority == 255)
		vrrp_instance_feed(inst, VRRP_EV_START_OWNER, "made the address owner by a reload");
	else if (inst->state == VRRP_BACKUP && !inst->learned_us &&
		 (from->advert_us != to->advert_us || from->down_adverts != to->down_adverts))
		loop_timer_set(inst->loop, &inst->timer,
			       loop_now_us(inst->loop) + vrrp_instance_down_us(inst));
}

enum vrrp_reconf vrrp_instance_reconfigure(struct vrrp_instance *inst,
					   const struct vrrp_instance_conf *to)
{
	const struct vrrp_instance_conf *from = inst->conf;
	enum vrrp_reconf kind = vrrp_reconf_kind(from, to);

	if (kind == VRRP_REBUILD)
		return kind;
	inst->conf = to; /* also when nothing changed: the old one is about to go */
	vrrp_condition_rebuild(inst, TRACK_PASSED);
	vrrp_announce_reconfigure(&inst->announce, to);
	if (kind == VRRP_ADAPTED) {
		vrrp_list_build(&inst->list, to);
		adapt(inst, from);
		vrrp_publish_all(inst);
	}
	return kind;
}
