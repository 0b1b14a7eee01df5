/*
 * The lease: where witness { etcd ... } names one, only its holder may be MASTER. An arbiter that
 * all nodes trust (failover/lease/) gives it to one of them for a few seconds at a time.
 *
 *   - BACKUP, its down timer ran out: asks for the lease and takes over when it is granted. From a
 *     master that died it is granted when that one's has run out.
 *   - BACKUP that preempts a lower master that speaks: the arbiter says that somebody has the
 * lease; then one advertisement is enough, a lower master gives up at it and gives the lease back.
 *   - MASTER whose lease could not be renewed: gives up before it ends.
 *
 * Called by instance.c (through withhold.c) and by failover_nodes.c; failover's thread.
 */
#include "failover/vrrp/instance_impl.h"

#include <stdio.h>

enum { BUSY_US = 1000000 }; /* an answer of the arbiter that is no older */

static void want(struct vrrp_instance *inst, bool wanted)
{
	if (inst->lease.wanted == wanted)
		return;
	inst->lease.wanted = wanted;
	inst->lease.waits = false;
	inst->lease.news.until_us = wanted ? inst->lease.news.until_us : 0;
	if (inst->ops->lease)
		inst->ops->lease(inst->ctx, inst, wanted);
}

static bool held(const struct vrrp_instance *inst)
{
	return inst->lease.news.until_us > loop_now_us(inst->loop);
}

bool vrrp_lease_missing(struct vrrp_instance *inst)
{
	int64_t now = loop_now_us(inst->loop);
	bool busy = inst->lease.busy_us > 0 && now - inst->lease.busy_us < BUSY_US;

	if (!inst->conf->lease || held(inst))
		return false;
	want(inst, true);
	if (held(inst)) /* by another instance of this node */
		return false;
	loop_timer_set(inst->loop, &inst->timer, now + vrrp_instance_advert_us(inst));
	if (!inst->lease.waits) {
		inst->lease.waits = true;
		return true;
	}
	if (busy && !inst->master_left && !vrrp_withhold_silent(inst))
		vrrp_advertise(inst, inst->priority);
	vrrp_withhold_alarm(inst, &inst->witness_gate, "waits for the lease %s: %s",
			    inst->conf->lease->name,
			    busy ? "another node has it" : "etcd does not answer");
	vrrp_publish_counts(inst);
	return true;
}

void vrrp_lease_unneeded(struct vrrp_instance *inst)
{
	if (inst->lease.wanted && inst->state != VRRP_MASTER)
		want(inst, false);
}

void vrrp_lease_moved(struct vrrp_instance *inst)
{
	if (!inst->conf->lease)
		return;
	if (inst->state == VRRP_MASTER)
		want(inst, true);
	else
		want(inst, false);
}

bool vrrp_lease_ended(struct vrrp_instance *inst)
{
	int64_t age_us = loop_clock_us(inst->loop) - inst->last_sent_us;

	/* Not yet wanted: in the midst of taking over, with its group. */
	if (inst->state != VRRP_MASTER || !inst->lease.wanted || held(inst))
		return false;
	inst->stats.n_lease_lost++;
	if (age_us <= vrrp_instance_own_down_us(inst)) /* else another speaks by now */
		vrrp_advertise(inst, 0);
	vrrp_instance_feed(inst, VRRP_EV_YIELD, "the lease %s could not be renewed",
			   inst->conf->lease->name);
	return true;
}

void vrrp_instance_lease(struct vrrp_instance *inst, const struct vrrp_lease_news *news)
{
	bool had = held(inst);

	inst->lease.news = *news;
	if (news->busy)
		inst->lease.busy_us = loop_now_us(inst->loop);
	if (!vrrp_lease_ended(inst) && inst->state == VRRP_BACKUP && held(inst) &&
	    inst->lease.wanted) {
		inst->lease.waits = false;
		loop_timer_set(inst->loop, &inst->timer, loop_now_us(inst->loop));
	}
	if (had != held(inst))
		vrrp_publish_all(inst);
	else
		vrrp_publish_counts(inst);
}

void vrrp_lease_remember(struct vrrp_instance *inst, const struct shared_vip *before)
{
	inst->lease.news.until_us = before->lease_until_us;
	inst->lease.news.id = before->lease_id;
}

bool vrrp_lease_forbids(const struct vrrp_instance *inst)
{
	return inst->conf->lease && !held(inst);
}
