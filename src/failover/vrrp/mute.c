/*
 * A master that is mute: what it sends does not leave (a packet filter on its own node, no route, a
 * source address that is gone), so another has taken over, and says so. It would hear that one and
 * answer it for ever without being heard, and both would have the addresses: it gives up, and tries
 * again after a while, each time a longer one. Who hears no other master goes on: a segment that is
 * away is not its fault. Called by advertise.c and receive.c; a part of the instance.
 */
#include "failover/vrrp/instance_impl.h"

#include <stdio.h>

enum { RETRY_FIRST_US = 10000000, RETRY_MOST_US = 320000000 };

static void on_retry(struct loop *loop, struct loop_timer *timer)
{
	struct vrrp_instance *inst = container_of(timer, struct vrrp_instance, mute.retry);

	(void)loop;
	inst->mute.on = false;
	vrrp_condition_review(inst);
}

void vrrp_mute_init(struct vrrp_instance *inst)
{
	inst->mute.retry.on_expiry = on_retry;
}

void vrrp_mute_fini(struct vrrp_instance *inst)
{
	loop_timer_clear(inst->loop, &inst->mute.retry);
}

void vrrp_mute_note(struct vrrp_instance *inst, bool left)
{
	inst->mute.fails = !left;
	if (!left)
		return;
	inst->mute.left_us = loop_now_us(inst->loop);
	inst->mute.pause_us = 0;
}

static void give_up(struct vrrp_instance *inst, const struct addr *other)
{
	int64_t *pause_us = &inst->mute.pause_us;
	char text[ADDR_TEXT_MAX];

	*pause_us = *pause_us ? *pause_us * 2 : RETRY_FIRST_US;
	if (*pause_us > RETRY_MOST_US)
		*pause_us = RETRY_MOST_US;
	inst->mute.on = true;
	snprintf(inst->mute.why, sizeof(inst->mute.why),
		 "no advertisement of ours leaves, and %s is master too",
		 addr_host_text(other, text));
	loop_timer_set(inst->loop, &inst->mute.retry, loop_now_us(inst->loop) + *pause_us);
	vrrp_condition_review(inst);
}

bool vrrp_mute_gives_up(struct vrrp_instance *inst, const struct addr *other)
{
	int64_t silence_us = loop_now_us(inst->loop) - inst->mute.left_us;

	if (inst->state != VRRP_MASTER || inst->priority == 255 || !inst->mute.fails ||
	    silence_us <= vrrp_instance_own_down_us(inst))
		return false;
	give_up(inst, other);
	return true;
}

bool vrrp_mute_still(struct vrrp_instance *inst)
{
	int64_t unheard_us = loop_now_us(inst->loop) - inst->heard_us;

	if (!inst->claimed || !inst->mute.fails || inst->mute.pause_us == 0 ||
	    inst->master.len == 0 || unheard_us > vrrp_instance_own_down_us(inst))
		return false;
	give_up(inst, &inst->master);
	return true;
}
