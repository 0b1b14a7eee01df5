/*
 * The last resort: nobody holds the addresses, and all that is wrong with this node is what the
 * others would have to be better in (compare.c). An address that answers "503" serves more than one
 * that nobody has, and there may be other services on it. So a node in FAULT for nothing else
 * listens on, and takes over when it has heard no master for longer than any well backup waits;
 * from the first word on with priority 1, so that whoever is well preempts it.
 *
 * How long: the slowest backup's down interval (RFC 9568 6.1, with the skew of priority 0), our own
 * skew, so that the first of several is the one that is configured to be, and a margin. A resigned
 * master and one that nudges look alike, and the latter speaks again within that time, so priority
 * 0 makes nothing shorter. Who was found to use our addresses without a word that we hear is given
 * TAKEN_US more: it is we who are deaf, or another has a grudge. Not with a lease or hooks, nor in
 * a sync group with another fault. Called by instance.c and condition.c; failover's thread.
 */
#include "failover/vrrp/instance_impl.h"

#include <stdio.h>

enum { TAKEN_US = 60 * 1000000 };

static int64_t wait_us(const struct vrrp_instance *inst)
{
	const struct vrrp_instance_conf *conf = inst->conf;
	int64_t advert_us = vrrp_instance_advert_us(inst);
	unsigned n_adverts = conf->down_adverts > 3 ? conf->down_adverts : 3;

	return n_adverts * advert_us + vrrp_compare_silence_us(inst) +
	       vrrp_skew_us(conf->version, conf->priority, advert_us);
}

bool vrrp_last_resort_waits(const struct vrrp_instance *inst)
{
	const struct vrrp_hooks_conf *h = &inst->conf->hooks;
	char why[REASON_LEN];

	if (!inst->started || inst->state != VRRP_FAULT || !inst->faulty_us || inst->conf->lease ||
	    h->fence.argv || h->promote.argv || h->demote.argv)
		return false;
	if (inst->group)
		return vrrp_group_spared(inst->group);
	return vrrp_condition_judge(inst, true, why) == VERDICT_CLEAR;
}

void vrrp_last_resort_listen(struct vrrp_instance *inst)
{
	int64_t at_us;

	if (!vrrp_last_resort_waits(inst))
		return;
	inst->master_left = inst->withheld = inst->peer_alive = inst->claimed = false;
	if (inst->last_resort) {
		inst->last_resort = false;
		vrrp_condition_weigh(inst);
	}
	at_us = loop_now_us(inst->loop) + wait_us(inst);
	if (inst->taken_us && at_us < inst->taken_us + TAKEN_US)
		at_us = inst->taken_us + TAKEN_US;
	loop_timer_set(inst->loop, &inst->timer, at_us);
}

void vrrp_last_resort_settle(struct vrrp_instance *inst)
{
	if (inst->state != VRRP_FAULT)
		return;
	if (!vrrp_last_resort_waits(inst))
		loop_timer_clear(inst->loop, &inst->timer);
	else if (!loop_timer_armed(&inst->timer))
		vrrp_last_resort_listen(inst);
}

void vrrp_last_resort_begin(struct vrrp_instance *inst)
{
	if (!inst->faulty_us || inst->last_resort)
		return;
	inst->last_resort = true;
	vrrp_condition_weigh(inst);
}
