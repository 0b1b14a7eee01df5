/*
 * The comparison with the peers: a move that brings no better service resets every connection for
 * nothing. So what is tracked may be marked (track_backend { web compare }, `compare on`) to be a
 * fault of a master only if a peer is known to be better:
 *
 *   1. such a row goes down: for compare_delay nothing happens, as a peer may be about to find the
 *      same (both check the same servers, not in the same moment);
 *   2. then, if a peer that is able is heard over a second path, priority 0 and FAULT at once;
 *   3. else the master holds on with priority 1, so that any well backup preempts it, and looks
 *      again whenever a peer is heard.
 *
 * A node that is not MASTER has a fault as ever, and so does not take over. Called by condition.c
 * and withhold.c; failover's thread.
 */
#include "failover/vrrp/instance_impl.h"

bool vrrp_compare_row(const struct vrrp_instance *inst, const struct vrrp_track_conf *row)
{
	/* Not a database: one that cannot write is of no use, however the others are. */
	bool service = row->kind == VRRP_TRACK_BACKEND || row->kind == VRRP_TRACK_FRONTEND ||
		       row->kind == VRRP_TRACK_SERVER;
	bool tested = row->kind == VRRP_TRACK_SCRIPT || row->kind == VRRP_TRACK_PROCESS ||
		      row->kind == VRRP_TRACK_FILE;

	if (row->weight != 0 || row->compare < 0 || !(service || tested))
		return false;
	if (row->compare > 0 || inst->conf->compare > 0)
		return true;
	return inst->conf->compare < 0 && inst->conf->heartbeats && service;
}

static void on_delay_over(struct loop *loop, struct loop_timer *timer)
{
	struct vrrp_instance *inst = container_of(timer, struct vrrp_instance, compare_timer);

	(void)loop;
	vrrp_condition_review(inst);
	if (!vrrp_compare_holds_on(inst))
		return;
	inst->stats.n_held_on++;
	vrrp_withhold_alarm(inst, &inst->fault_gate,
			    "stays MASTER with a fault, no peer is known to be better");
	vrrp_publish_all(inst);
}

void vrrp_compare_note(struct vrrp_instance *inst, bool faulty)
{
	if (faulty == (inst->faulty_us > 0))
		return;
	inst->faulty_us = faulty ? loop_now_us(inst->loop) : 0;
	inst->compare_timer.on_expiry = on_delay_over;
	if (faulty)
		loop_timer_set(inst->loop, &inst->compare_timer,
			       inst->faulty_us + inst->conf->compare_delay_us);
	else
		loop_timer_clear(inst->loop, &inst->compare_timer);
}

static bool in_delay(const struct vrrp_instance *inst)
{
	return loop_now_us(inst->loop) - inst->faulty_us < inst->conf->compare_delay_us;
}

bool vrrp_compare_holds_on(const struct vrrp_instance *inst)
{
	if (inst->state != VRRP_MASTER || !inst->faulty_us)
		return false;
	return in_delay(inst) || !vrrp_peers_better(inst->peers, loop_now_us(inst->loop), false);
}

bool vrrp_compare_lowest(const struct vrrp_instance *inst)
{
	return inst->state == VRRP_MASTER && inst->faulty_us && !in_delay(inst);
}

void vrrp_compare_left(struct vrrp_instance *inst)
{
	inst->rival = false;
	if (inst->faulty_us)
		vrrp_condition_review(inst);
}
