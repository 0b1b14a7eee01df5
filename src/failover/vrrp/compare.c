/*
 * The comparison with the peers: a move that brings no better service resets every connection for
 * nothing. So what is tracked may be marked (track_backend { web compare }, `compare on`) to be a
 * fault of a master only if a peer is better:
 *
 *   1. such a row goes down: for compare_delay nothing happens, as a peer may be about to find the
 *      same (both check the same servers, not in the same moment);
 *   2. then, if a peer that is able is heard over a second path, priority 0 and FAULT at once;
 *   3. if peers are heard there, but none is able, the master holds on with priority 1, so that any
 *      well backup preempts it, and looks again whenever a peer is heard;
 *   4. if nobody is heard there the peers are asked on the wire, by a nudge: one advertisement of
 *      priority 0, and then silence, with the addresses kept, for as long as the slowest backup
 *      needs (its skew, RFC 9568 6.1, and a margin for the way and the scheduler). Whoever is well
 *      takes over as from a master that resigns, also with nopreempt; who has the fault too is in
 *      FAULT and does not hear it. Whatever is advertised in the silence means that somebody did.
 *      Nobody: as in 3, and nudged again from time to time, for those that preempt nobody.
 *
 * In the silence nothing is sent, as an advertisement of priority 1 puts off a backup that does not
 * preempt. It ends before anybody can miss us: three intervals are the least that others wait.
 *
 * When all servers die, one node is the first to find it. By then the others have seen checks fail,
 * too few of them yet: they are in doubt, and who is takes nothing from a master that lives, nudged
 * or not, until it knows; for DOUBT_US at most.
 *
 * A node that is not MASTER has a fault as ever (but see last_resort.c). Called by condition.c,
 * receive.c and withhold.c; failover's thread.
 */
#include "failover/vrrp/instance_impl.h"

#include <stdio.h>

enum {
	DELAY_US = 1000000, /* compare_delay, where peers say what they find */
	MARGIN_US = 500000, /* of a silence, at most */
	AGAIN_US = 1000000, /* until the next nudge, at least; else so many intervals: */
	AGAIN_ADVERTS = 5,
	DOUBT_US = 30000000, /* what comes again within this is the same doubt */
};

/* With a lease or hooks a takeover is more than what a backup does by itself. */
static bool is_plain(const struct vrrp_instance_conf *conf)
{
	const struct vrrp_hooks_conf *h = &conf->hooks;

	return !conf->lease && !h->fence.argv && !h->promote.argv && !h->demote.argv;
}

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
	return inst->conf->compare < 0 && service &&
	       (inst->conf->heartbeats || is_plain(inst->conf));
}

/* Without a second path there is nothing to wait for: who is nudged decides by its own health. */
static int64_t delay_us(const struct vrrp_instance_conf *conf)
{
	if (conf->compare_delay_us >= 0)
		return conf->compare_delay_us;
	return conf->heartbeats ? DELAY_US : 0;
}

int64_t vrrp_compare_silence_us(const struct vrrp_instance *inst)
{
	int64_t advert_us = vrrp_instance_advert_us(inst);
	int64_t margin_us = advert_us / 2;

	return vrrp_skew_us(inst->conf->version, 0, advert_us) +
	       (margin_us < MARGIN_US ? margin_us : MARGIN_US);
}

/* ---- the nudge ---- */

static void arm(struct vrrp_instance *inst, int64_t span_us)
{
	loop_timer_set(inst->loop, &inst->compare_timer, loop_now_us(inst->loop) + span_us);
}

static int64_t again_us(const struct vrrp_instance *inst)
{
	int64_t us = AGAIN_ADVERTS * inst->conf->advert_us;

	return us > AGAIN_US ? us : AGAIN_US;
}

static void each_master(struct vrrp_instance *inst, void (*fn)(struct vrrp_instance *))
{
	if (inst->group)
		vrrp_group_each_master(inst->group, fn);
	else if (inst->state == VRRP_MASTER)
		fn(inst);
}

static void say_zero(struct vrrp_instance *inst)
{
	vrrp_advertise(inst, 0);
}

static void say_priority(struct vrrp_instance *inst)
{
	vrrp_advertise(inst, inst->priority);
}

static void say_soon(struct vrrp_instance *inst)
{
	loop_timer_set(inst->loop, &inst->timer, loop_now_us(inst->loop));
}

static void hold_on(struct vrrp_instance *inst, const char *why)
{
	if (inst->held_on)
		return;
	inst->held_on = true;
	inst->stats.n_held_on++;
	vrrp_withhold_alarm(inst, &inst->fault_gate, "stays MASTER with a fault, %s", why);
	vrrp_publish_all(inst);
}

static bool may_nudge(const struct vrrp_instance *inst)
{
	return !inst->conf->lease && inst->takeover.phase == VRRP_PHASE_SERVE &&
	       !vrrp_peers_any(inst->peers, loop_now_us(inst->loop));
}

static void nudge(struct vrrp_instance *inst)
{
	char why[REASON_LEN];

	if (!inst->held_on) {
		vrrp_condition_say_fault(inst, why);
		log_notice("(%s) %s: whoever is better may take over", inst->conf->name, why);
	}
	inst->silent = true;
	each_master(inst, say_zero);
	arm(inst, vrrp_compare_silence_us(inst));
}

static void speak_again(struct vrrp_instance *inst)
{
	inst->silent = false;
	each_master(inst, say_priority);
	hold_on(inst, "nobody takes over");
	arm(inst, again_us(inst));
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
	struct vrrp_instance *inst = container_of(timer, struct vrrp_instance, compare_timer);

	(void)loop;
	if (vrrp_instance_yield_if_frozen(inst))
		return;
	vrrp_condition_review(inst);
	if (inst->state != VRRP_MASTER || !vrrp_compare_lowest(inst))
		return;
	if (inst->silent) {
		speak_again(inst);
	} else if (vrrp_compare_silent(inst)) { /* another member of the group does it */
		arm(inst, again_us(inst));
	} else if (may_nudge(inst)) {
		nudge(inst);
	} else {
		hold_on(inst, "no peer is known to be better");
		arm(inst, again_us(inst));
	}
}

/* Members of a group nudge, give way and doubt together. */
static bool any(const struct vrrp_instance *inst, bool (*is_so)(const struct vrrp_instance *inst))
{
	return inst->group ? vrrp_group_any(inst->group, is_so) : is_so(inst);
}

static bool has_nudged(const struct vrrp_instance *inst)
{
	return inst->silent;
}

bool vrrp_compare_silent(const struct vrrp_instance *inst)
{
	return any(inst, has_nudged);
}

bool vrrp_compare_relieve(struct vrrp_instance *inst, const char *who)
{
	char why[REASON_LEN], reason[REASON_LEN];

	if (inst->state != VRRP_MASTER || !any(inst, vrrp_compare_lowest))
		return false;
	vrrp_condition_say_fault(inst, why);
	snprintf(reason, sizeof(reason), "%.60s, and %.45s has taken over", why, who);
	if (inst->group)
		vrrp_group_relieve(inst->group, reason);
	else
		vrrp_instance_feed(inst, VRRP_EV_RELIEVED, "%s", reason);
	return true;
}

/* ---- what condition.c asks and tells ---- */

void vrrp_compare_note(struct vrrp_instance *inst, bool faulty)
{
	if (faulty == (inst->faulty_us > 0))
		return;
	inst->faulty_us = faulty ? loop_now_us(inst->loop) : 0;
	inst->compare_timer.on_expiry = on_timer;
	if (faulty) {
		arm(inst, delay_us(inst->conf));
		return;
	}
	loop_timer_clear(inst->loop, &inst->compare_timer);
	if (inst->silent) /* before somebody takes over for nothing */
		each_master(inst, say_soon);
	inst->silent = inst->held_on = inst->last_resort = false;
}

static bool in_delay(const struct vrrp_instance *inst)
{
	return loop_now_us(inst->loop) - inst->faulty_us < delay_us(inst->conf);
}

bool vrrp_compare_holds_on(const struct vrrp_instance *inst)
{
	if (inst->state != VRRP_MASTER || !inst->faulty_us)
		return false;
	return in_delay(inst) || !vrrp_peers_better(inst->peers, loop_now_us(inst->loop), false);
}

bool vrrp_compare_lowest(const struct vrrp_instance *inst)
{
	if (!inst->faulty_us)
		return false;
	return inst->last_resort || (inst->state == VRRP_MASTER && !in_delay(inst));
}

void vrrp_compare_moved(struct vrrp_instance *inst, enum vrrp_state from)
{
	if (from == VRRP_MASTER) {
		inst->rival = inst->silent = inst->held_on = inst->last_resort = false;
		loop_timer_clear(inst->loop, &inst->compare_timer);
		if (inst->faulty_us)
			vrrp_condition_review(inst);
	} else if (inst->state == VRRP_MASTER && inst->last_resort) {
		hold_on(inst, "nobody else takes over");
		arm(inst, again_us(inst));
	}
}

/* ---- in doubt ---- */

void vrrp_compare_doubt_note(struct vrrp_instance *inst, bool doubts)
{
	int64_t now = loop_now_us(inst->loop);

	if (doubts == inst->doubts)
		return;
	inst->doubts = doubts;
	if (!doubts)
		inst->doubts_until_us = now;
	else if (!inst->doubts_until_us || now - inst->doubts_until_us > DOUBT_US)
		inst->doubts_since_us = now;
}

bool vrrp_compare_doubts(const struct vrrp_instance *inst)
{
	return inst->doubts && loop_now_us(inst->loop) - inst->doubts_since_us < DOUBT_US;
}

bool vrrp_compare_in_doubt(const struct vrrp_instance *inst)
{
	return any(inst, vrrp_compare_doubts);
}

/* ---- for the address room ---- */

bool vrrp_instance_taken_from(struct vrrp_instance *inst, const char *who)
{
	int64_t now = loop_now_us(inst->loop);

	if (inst->state == VRRP_MASTER && vrrp_compare_lowest(inst))
		inst->taken_us = now;
	return vrrp_compare_relieve(inst, who);
}
