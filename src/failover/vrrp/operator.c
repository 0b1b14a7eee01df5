/*
 * What an operator wants of an instance: handing its addresses over now, or keeping out of the way
 * until further notice. The state machine is not changed for it: a held instance preempts nobody
 * (instance.c), and in maintenance its priority is 1 (condition.c), so that it takes over when
 * everyone else is gone and gives back to whoever returns. Called by failover_operator.c.
 */
#include "failover/vrrp/instance_impl.h"

void vrrp_instance_hold(struct vrrp_instance *inst, enum vrrp_hold hold)
{
	inst->held = hold;
	if (hold == VRRP_HOLD_NONE)
		vrrp_takeover_forgive(inst);
	if (hold == VRRP_HOLD_NONE || inst->state != VRRP_MASTER)
		return;
	inst->leaves = true;
	if (!inst->conf->hooks.demote.argv) /* with it, when it has ended */
		vrrp_advertise(inst, 0);
}

void vrrp_instance_hold_settle(struct vrrp_instance *inst)
{
	const char *why = inst->held == VRRP_HOLD_MAINTENANCE
				  ? "maintenance, asked for by an operator"
				  : "handed over, asked for by an operator";
	bool leaves = inst->leaves;

	inst->leaves = false;
	if (leaves && vrrp_takeover_leave(inst, VRRP_LEAVE_YIELD, why))
		leaves = false;
	vrrp_condition_review(inst);
	if (leaves && inst->state == VRRP_MASTER)
		vrrp_instance_feed(inst, VRRP_EV_YIELD, "%s", why);
	vrrp_publish_all(inst);
}
