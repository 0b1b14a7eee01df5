/*
 * What lies between being master and having the addresses: runs the operator's fence, promote and
 * demote in the order of promote.h, with their times. instance.c calls begin and lose where its
 * table says to add and to delete addresses; failover_promote.c runs the scripts and tells their
 * ends. Without such scripts all phases are passed at once, and nothing differs from plain VRRP.
 *
 * begin and lose are called in the midst of a change of state, so what fails there is told by the
 * timer, never at once.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "failover/vrrp/instance_impl.h"

enum { NO_EVENT = VRRP_PHASE_EV_N };

static const struct script_conf *script_of(const struct vrrp_instance *inst, enum vrrp_hook hook)
{
	const struct vrrp_hooks_conf *h = &inst->conf->hooks;

	return hook == VRRP_HOOK_FENCE	   ? &h->fence
	       : hook == VRRP_HOOK_PROMOTE ? &h->promote
					   : &h->demote;
}

static int64_t timeout_of(const struct vrrp_instance *inst, enum vrrp_hook hook)
{
	const struct vrrp_hooks_conf *h = &inst->conf->hooks;

	return hook == VRRP_HOOK_FENCE	   ? h->fence_timeout_us
	       : hook == VRRP_HOOK_PROMOTE ? h->promote_timeout_us
					   : h->demote_timeout_us;
}

const char *vrrp_hook_word(enum vrrp_hook hook)
{
	return hook == VRRP_HOOK_FENCE ? "fence" : hook == VRRP_HOOK_PROMOTE ? "promote" : "demote";
}

static enum vrrp_hook hook_of(enum vrrp_phase phase)
{
	return phase == VRRP_PHASE_FENCE     ? VRRP_HOOK_FENCE
	       : phase == VRRP_PHASE_PROMOTE ? VRRP_HOOK_PROMOTE
					     : VRRP_HOOK_DEMOTE;
}

static int64_t now_of(const struct vrrp_instance *inst)
{
	return loop_now_us(inst->loop);
}

static void wait_until(struct vrrp_instance *inst, int64_t at_us)
{
	loop_timer_set(inst->loop, &inst->takeover.timer, at_us);
}

/* ---- what a phase begins with ---- */

static int run_script(struct vrrp_instance *inst)
{
	struct vrrp_takeover *t = &inst->takeover;
	enum vrrp_hook hook = hook_of(t->phase);

	if (!script_of(inst, hook)->argv)
		return VRRP_PHASE_DONE;
	t->begun_us = now_of(inst);
	t->unstartable = !inst->ops->hook_run || !inst->ops->hook_run(inst->ctx, inst, hook);
	t->running = !t->unstartable;
	log_notice("(%s) %s begins", inst->conf->name, vrrp_hook_word(hook));
	wait_until(inst, t->unstartable ? now_of(inst) : now_of(inst) + timeout_of(inst, hook));
	return NO_EVENT;
}

/* The script says that it is done; a tracked role that is a fault has to agree, asked anew. */
static int ask_role(struct vrrp_instance *inst)
{
	struct vrrp_takeover *t = &inst->takeover;

	t->promoted_us = now_of(inst);
	if (!inst->conf->hooks.promote.argv || !vrrp_role_is_needed(inst))
		return VRRP_PHASE_DONE;
	t->begun_us = now_of(inst);
	t->unstartable = false;
	if (inst->ops->role_ask)
		inst->ops->role_ask(inst->ctx, inst);
	wait_until(inst, now_of(inst) + inst->conf->hooks.promote_timeout_us);
	return NO_EVENT;
}

/* Many addresses may take longer than an interval: that is our own doing and no freeze, and the
 * others must hear of us meanwhile. */
static void add_addresses(struct vrrp_instance *inst)
{
	inst->takeover.holds = true;
	inst->takeover.n_failures = 0;
	if (inst->ops->addresses_add)
		inst->ops->addresses_add(inst->ctx, inst);
	if (loop_clock_us(inst->loop) - inst->last_sent_us >= inst->conf->advert_us)
		vrrp_advertise(inst, inst->priority);
}

static void del_addresses(struct vrrp_instance *inst)
{
	if (!inst->takeover.holds)
		return;
	inst->takeover.holds = false;
	vrrp_announce_hush(&inst->announce);
	if (inst->ops->addresses_del)
		inst->ops->addresses_del(inst->ctx, inst);
}

static void cancel(struct vrrp_instance *inst)
{
	loop_timer_clear(inst->loop, &inst->takeover.timer);
	if (inst->takeover.running && inst->ops->hook_cancel)
		inst->ops->hook_cancel(inst->ctx, inst);
	inst->takeover.running = false;
}

/* ---- steps ---- */

static void on_retry(struct loop *loop, struct loop_timer *timer)
{
	struct vrrp_instance *inst = container_of(timer, struct vrrp_instance, takeover.retry);

	(void)loop;
	inst->takeover.failed = false;
	vrrp_condition_review(inst);
}

static void resign(struct vrrp_instance *inst)
{
	struct vrrp_takeover *t = &inst->takeover;
	int64_t wait_us = vrrp_promote_retry_us(++t->n_failures);

	t->failed = true;
	log_err("(%s) %s: stays away for %lld s, or until 'vip release'", inst->conf->name, t->why,
		(long long)(wait_us / 1000000));
	loop_timer_set(inst->loop, &t->retry, now_of(inst) + wait_us);
	vrrp_condition_review(inst);
}

static void left(struct vrrp_instance *inst)
{
	struct vrrp_takeover *t = &inst->takeover;
	enum vrrp_leave leave = t->leave;

	t->leave = VRRP_LEAVE_NONE;
	if (leave == VRRP_LEAVE_STOP) {
		vrrp_instance_stop(inst, t->leave_why);
	} else if (leave == VRRP_LEAVE_YIELD) {
		vrrp_advertise(inst, 0);
		vrrp_instance_feed(inst, VRRP_EV_YIELD, "%s", t->leave_why);
		vrrp_condition_review(inst);
		vrrp_publish_all(inst);
	}
}

static int one_step(struct vrrp_instance *inst, enum vrrp_phase_event event, bool *added)
{
	struct vrrp_phase_step step = vrrp_phase_step(inst->takeover.phase, event);
	int next = NO_EVENT;

	inst->takeover.phase = step.next;
	if (event == VRRP_PHASE_DONE)
		loop_timer_clear(inst->loop, &inst->takeover.timer);
	if (step.actions & VRRP_PHASE_CANCEL || event == VRRP_PHASE_FAILED)
		cancel(inst);
	if (step.actions & VRRP_PHASE_DEL)
		del_addresses(inst);
	if (step.actions & VRRP_PHASE_ADD) {
		add_addresses(inst);
		*added = true;
	}
	if (step.actions & VRRP_PHASE_RESIGN)
		resign(inst);
	if (step.actions & VRRP_PHASE_RUN)
		next = step.next == VRRP_PHASE_CONFIRM ? ask_role(inst) : run_script(inst);
	if (step.actions & VRRP_PHASE_LEFT)
		left(inst);
	return next;
}

/* True: the addresses were added. */
static bool fire(struct vrrp_instance *inst, enum vrrp_phase_event event)
{
	int next = event;
	bool added = false;

	while (next != NO_EVENT)
		next = one_step(inst, (enum vrrp_phase_event)next, &added);
	vrrp_role_settle(inst);
	vrrp_publish_all(inst);
	return added;
}

/* Outside of any change of state: what follows from it is done here too. */
static void fire_later(struct vrrp_instance *inst, enum vrrp_phase_event event)
{
	bool added = fire(inst, event);

	if (added) {
		log_notice("(%s) promoted: the addresses are taken", inst->conf->name);
		vrrp_announce_master(&inst->announce);
		if (inst->ops->served)
			inst->ops->served(inst->ctx, inst);
	}
	vrrp_condition_review(inst);
	if (inst->takeover.phase == VRRP_PHASE_REST && inst->ops->rested)
		inst->ops->rested(inst->ctx, inst);
}

static void set_why(struct vrrp_instance *inst, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void set_why(struct vrrp_instance *inst, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(inst->takeover.why, sizeof(inst->takeover.why), fmt, ap);
	va_end(ap);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
	struct vrrp_instance *inst = container_of(timer, struct vrrp_instance, takeover.timer);
	struct vrrp_takeover *t = &inst->takeover;
	double s = (double)(loop_now_us(loop) - t->begun_us) / 1e6;

	if (t->phase == VRRP_PHASE_CONFIRM)
		vrrp_role_say_missing(inst, t->why);
	else if (t->unstartable)
		set_why(inst, "%s cannot be run", vrrp_hook_word(hook_of(t->phase)));
	else
		set_why(inst, "%s took more than %.3g s", vrrp_hook_word(hook_of(t->phase)), s);
	if (t->phase >= VRRP_PHASE_DEMOTE)
		log_err("(%s) %s", inst->conf->name, t->why);
	fire_later(inst, VRRP_PHASE_FAILED);
}

/* ---- for the files of this room ---- */

void vrrp_takeover_init(struct vrrp_instance *inst)
{
	inst->takeover.timer.on_expiry = on_timer;
	inst->takeover.retry.on_expiry = on_retry;
}

void vrrp_takeover_fini(struct vrrp_instance *inst)
{
	if (inst->takeover.phase != VRRP_PHASE_AFTER) /* what it lost is demoted all the same */
		cancel(inst);
	loop_timer_clear(inst->loop, &inst->takeover.timer);
	loop_timer_clear(inst->loop, &inst->takeover.retry);
}

void vrrp_takeover_begin(struct vrrp_instance *inst)
{
	struct vrrp_takeover *t = &inst->takeover;

	t->before = inst->master;
	t->owes = false;
	if (t->continues) {
		t->continues = false;
		t->promoted_us = now_of(inst);
		t->phase = VRRP_PHASE_SERVE;
		add_addresses(inst);
		vrrp_role_settle(inst);
		return;
	}
	fire(inst, VRRP_PHASE_TAKE);
}

void vrrp_takeover_lose(struct vrrp_instance *inst)
{
	if (inst->takeover.leave == VRRP_LEAVE_YIELD)
		inst->takeover.leave = VRRP_LEAVE_NONE;
	fire(inst, VRRP_PHASE_LOSE);
}

bool vrrp_takeover_leave(struct vrrp_instance *inst, enum vrrp_leave leave, const char *why)
{
	struct vrrp_takeover *t = &inst->takeover;

	if (!inst->conf->hooks.demote.argv || inst->state != VRRP_MASTER)
		return false;
	if (t->leave != VRRP_LEAVE_STOP)
		t->leave = leave;
	snprintf(t->leave_why, sizeof(t->leave_why), "%s", why);
	fire(inst, VRRP_PHASE_LEAVE);
	return true;
}

void vrrp_takeover_forgive(struct vrrp_instance *inst)
{
	inst->takeover.failed = false;
	inst->takeover.n_failures = 0;
	loop_timer_clear(inst->loop, &inst->takeover.retry);
}

void vrrp_takeover_remember(struct vrrp_instance *inst, const struct shared_vip *before)
{
	enum vrrp_phase phase = vrrp_phase_of_word(before->phase);

	inst->takeover.owes = vrrp_phase_owes_demote(phase);
	inst->takeover.continues = phase == VRRP_PHASE_SERVE;
}

void vrrp_takeover_pay(struct vrrp_instance *inst)
{
	bool owes = inst->takeover.owes;

	inst->takeover.owes = inst->takeover.continues = false;
	if (!owes || !inst->conf->hooks.demote.argv)
		return;
	inst->takeover.phase = VRRP_PHASE_AFTER;
	run_script(inst);
}

/* ---- for those who run the scripts ---- */

void vrrp_instance_hook_ended(struct vrrp_instance *inst, bool success, const char *why)
{
	struct vrrp_takeover *t = &inst->takeover;
	const char *word = vrrp_hook_word(hook_of(t->phase));

	if (!t->running)
		return;
	t->running = false;
	if (success) {
		log_notice("(%s) %s ended well after %.3f s", inst->conf->name, word,
			   (double)(now_of(inst) - t->begun_us) / 1e6);
		fire_later(inst, VRRP_PHASE_DONE);
		return;
	}
	set_why(inst, "%s failed: %s", word, why);
	if (t->phase >= VRRP_PHASE_DEMOTE)
		log_err("(%s) %s", inst->conf->name, t->why);
	fire_later(inst, VRRP_PHASE_FAILED);
}

void vrrp_takeover_confirmed(struct vrrp_instance *inst)
{
	if (inst->takeover.phase == VRRP_PHASE_CONFIRM)
		fire_later(inst, VRRP_PHASE_DONE);
}

bool vrrp_instance_leave(struct vrrp_instance *inst, const char *reason)
{
	if (!vrrp_takeover_leave(inst, VRRP_LEAVE_STOP, reason))
		vrrp_instance_stop(inst, reason);
	return vrrp_instance_rests(inst);
}

bool vrrp_instance_rests(const struct vrrp_instance *inst)
{
	return inst->takeover.phase == VRRP_PHASE_REST;
}

bool vrrp_instance_holds(const struct vrrp_instance *inst)
{
	return inst->takeover.holds;
}

const char *vrrp_instance_hook_reason(const struct vrrp_instance *inst)
{
	return inst->takeover.phase == VRRP_PHASE_DEMOTE ? inst->takeover.leave_why : inst->reason;
}

const struct addr *vrrp_instance_before(const struct vrrp_instance *inst)
{
	return &inst->takeover.before;
}
