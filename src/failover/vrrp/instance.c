/*
 * The life of an instance: what happens becomes an event, vrrp_instance_feed is the one door that
 * changes the state and carries out the actions. See instance.h for who calls, states.def and
 * fsm.c for the machine (RFC 9568 6.4).
 *
 * Freeze guard: a master's advertisements are its own heartbeat. When the last one is older than
 * the down interval, this process or its machine stood still and another node has taken over by
 * now: the door lets a YIELD through before anything else, so nothing leaves us as master.
 */
#include "failover/vrrp/instance_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/die.h"

enum { RESUME_SEQUENCE_GAP = 16, CLAIM_WAIT_US = 50 };

static int64_t wall_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* ---- timers ---- */

int64_t vrrp_instance_advert_us(const struct vrrp_instance *inst)
{
	return inst->learned_us ? inst->learned_us : inst->conf->advert_us;
}

int64_t vrrp_instance_down_us(const struct vrrp_instance *inst)
{
	return vrrp_down_us(inst->conf->version, inst->priority, vrrp_instance_advert_us(inst),
			    inst->conf->down_adverts ? inst->conf->down_adverts : 3);
}

/* With our own interval: what the others wait for when we are the master. The higher their
 * priority, the less. */
int64_t vrrp_instance_own_down_us(const struct vrrp_instance *inst)
{
	unsigned highest = inst->conf->others_highest;

	return vrrp_down_us(inst->conf->version, highest ? highest : inst->priority,
			    inst->conf->advert_us,
			    inst->conf->down_adverts ? inst->conf->down_adverts : 3);
}

/* Whoever has the lowest priority waits the longest. */
unsigned vrrp_lifetime_s(const struct vrrp_instance_conf *conf)
{
	int64_t down_us = vrrp_down_us(conf->version, 1, conf->advert_us,
				       conf->down_adverts ? conf->down_adverts : 3);
	int64_t s = (down_us + 999999) / 1000000;

	if (conf->vip_lifetime_s >= 0)
		return (unsigned)conf->vip_lifetime_s;
	return s < VRRP_LIFETIME_LEAST_S ? VRRP_LIFETIME_LEAST_S : (unsigned)s;
}

static void arm_in(struct vrrp_instance *inst, int64_t span_us)
{
	loop_timer_set(inst->loop, &inst->timer, loop_now_us(inst->loop) + span_us);
}

/* Early by less than an interval when in step with the others: never late. */
static void arm_advert(struct vrrp_instance *inst)
{
	int64_t due = loop_now_us(inst->loop) + inst->conf->advert_us;

	loop_timer_set(inst->loop, &inst->timer,
		       inst->in_step ? due - due % inst->conf->advert_us : due);
}

/* From when it was due, so that intervals do not drift; from now after a delay. */
static void arm_next_advert(struct vrrp_instance *inst)
{
	int64_t next = inst->timer.deadline_us + inst->conf->advert_us;

	if (next <= loop_now_us(inst->loop))
		arm_advert(inst);
	else
		loop_timer_set(inst->loop, &inst->timer, next);
}

/* ---- actions ---- */

static void rebuke(struct vrrp_instance *inst)
{
	if (inst->ops->rx_lower)
		inst->ops->rx_lower(inst->ctx, inst);
	if (inst->conf->lower_prio_no_advert)
		return;
	vrrp_advertise(inst, inst->priority);
	arm_advert(inst);
	vrrp_announce_lower(&inst->announce);
}

static void act(struct vrrp_instance *inst, enum vrrp_action action, int64_t heard_us)
{
	const struct vrrp_instance_conf *conf = inst->conf;
	int64_t most_us = vrrp_admit_interval_most_us(conf);
	int64_t skew_us =
		vrrp_skew_us(conf->version, inst->priority, vrrp_instance_advert_us(inst));

	switch (action) {
	case VRRP_DO_SEND_ADVERT:
		if (vrrp_compare_silent(inst)) /* a beat all the same */
			inst->last_sent_us = loop_now_us(inst->loop);
		else if (!inst->claimed)
			vrrp_advertise(inst, inst->priority);
		inst->claimed = false;
		break;
	case VRRP_DO_SEND_ZERO:
		vrrp_advertise(inst, 0);
		break;
	case VRRP_DO_REPLY_HIGHER:
		if (conf->higher_prio_send_advert)
			vrrp_advertise(inst, inst->priority);
		break;
	case VRRP_DO_REBUKE:
		rebuke(inst);
		break;
	case VRRP_DO_ADD_ADDRESSES:
		vrrp_takeover_begin(inst);
		break;
	case VRRP_DO_DEL_ADDRESSES:
		vrrp_takeover_lose(inst);
		break;
	case VRRP_DO_ANNOUNCE:
		if (inst->takeover.holds) /* else later, when they come */
			vrrp_announce_master(&inst->announce);
		break;
	case VRRP_DO_HUSH:
		vrrp_announce_hush(&inst->announce);
		break;
	case VRRP_DO_LEARN: /* 6.1: version 3 only, version 2 wants equal ones */
		inst->learned_us = conf->version == 3 ? heard_us : 0;
		if (inst->learned_us > most_us)
			inst->learned_us = most_us;
		break;
	case VRRP_DO_FORGET:
		inst->learned_us = 0;
		break;
	case VRRP_DO_ARM_DOWN:
		inst->master_left = inst->withheld = inst->peer_alive = inst->claimed = false;
		vrrp_lease_unneeded(inst);
		arm_in(inst, vrrp_instance_down_us(inst));
		break;
	case VRRP_DO_ARM_SKEW:
		inst->master_left = true;
		inst->withheld = inst->peer_alive = inst->claimed = false;
		/* A master that nudges, and lives, speaks again before that. */
		if (inst->held == VRRP_HOLD_MAINTENANCE || vrrp_compare_in_doubt(inst))
			skew_us += vrrp_compare_silence_us(inst);
		arm_in(inst, skew_us);
		break;
	case VRRP_DO_LISTEN:
		vrrp_last_resort_listen(inst);
		break;
	case VRRP_DO_ARM_ADVERT:
		arm_advert(inst);
		break;
	case VRRP_DO_NEXT_ADVERT:
		arm_next_advert(inst);
		break;
	case VRRP_DO_DISARM:
		inst->claimed = false;
		loop_timer_clear(inst->loop, &inst->timer);
		break;
	case VRRP_DO_END:
	case VRRP_DO_N:
		break;
	}
}

static void note_loss(struct vrrp_instance *inst)
{
	int64_t wait_us =
		vrrp_flap_lost(&inst->flap, loop_now_us(inst->loop), inst->conf->flap_hold_us);

	if (wait_us == 0)
		return;
	inst->stats.n_flap_waits++;
	log_warn("(%s) more than %d takeovers within %d s: no preemption for %lld s",
		 inst->conf->name, FLAP_TAKEOVERS, FLAP_WINDOW_US / 1000000,
		 (long long)(wait_us / 1000000));
}

static void count_move(struct vrrp_instance *inst, enum vrrp_state from)
{
	inst->stats.n_transitions++;
	inst->stats.n_become_master += inst->state == VRRP_MASTER;
	inst->stats.n_release_master += from == VRRP_MASTER;
	inst->since_wall_us = wall_now_us();
	inst->found_silence = inst->state == VRRP_MASTER &&
			      (from == VRRP_BACKUP || from == VRRP_FAULT) && !inst->master_left &&
			      vrrp_withhold_silent(inst);
	if (inst->state == VRRP_MASTER && from == VRRP_BACKUP && !inst->found_silence)
		vrrp_announce_echo(&inst->announce);
	if (inst->state == VRRP_MASTER) {
		inst->master_since_us = loop_now_us(inst->loop);
		vrrp_flap_taken(&inst->flap, inst->master_since_us);
	} else if (from == VRRP_MASTER && inst->state != VRRP_INIT) {
		note_loss(inst);
	}
	if (inst->state == VRRP_MASTER || from == VRRP_FAULT || from == VRRP_INIT)
		inst->master.len = 0;
	if (inst->state == VRRP_MASTER && inst->held == VRRP_HOLD_SWITCH)
		inst->held = VRRP_HOLD_NONE; /* nobody else has it */
	if (inst->state == VRRP_BACKUP && from != VRRP_INIT)
		inst->hold_until_us = 0;
}

static void step(struct vrrp_instance *inst, enum vrrp_event event, int64_t heard_us,
		 const char *reason)
{
	const struct vrrp_step *s = vrrp_fsm_step(inst->state, event);
	enum vrrp_state from = inst->state;

	RELAIS_ASSERT(vrrp_fsm_arrow(from, s->next));
	inst->state = s->next; /* the only place */
	if (s->next != from)
		snprintf(inst->reason, sizeof(inst->reason), "%s", reason);
	for (const enum vrrp_action *a = s->actions; *a != VRRP_DO_END; a++)
		act(inst, *a, heard_us);
	if (s->next == from)
		return;
	count_move(inst, from);
	log_notice("(%s) Entering %s STATE: %s", inst->conf->name, vrrp_state_word(s->next),
		   inst->reason);
	vrrp_publish_all(inst);
	vrrp_publish_move(inst, from, s->next);
	if (inst->ops->state_changed)
		inst->ops->state_changed(inst->ctx, inst, from, s->next, inst->reason);
	vrrp_group_moved(inst, event, from, s->next);
	vrrp_withhold_moved(inst, from);
}

/* ---- the door ---- */

static bool stood_still(struct vrrp_instance *inst, int64_t *gap_us)
{
	if (inst->state != VRRP_MASTER)
		return false;
	*gap_us = loop_clock_us(inst->loop) - inst->last_sent_us;
	return *gap_us > vrrp_instance_own_down_us(inst);
}

bool vrrp_instance_yield_if_frozen(struct vrrp_instance *inst)
{
	char reason[REASON_LEN];
	int64_t gap_us;

	if (!stood_still(inst, &gap_us))
		return vrrp_lease_ended(inst);
	inst->stats.n_frozen++;
	snprintf(reason, sizeof(reason), "stood still for %lld ms, another may be master",
		 (long long)(gap_us / 1000));
	step(inst, VRRP_EV_YIELD, 0, reason);
	return true;
}

void vrrp_instance_feed_heard(struct vrrp_instance *inst, enum vrrp_event event, int64_t heard_us,
			      const char *reason)
{
	if (event != VRRP_EV_YIELD)
		vrrp_instance_yield_if_frozen(inst);
	step(inst, event, heard_us, reason);
}

void vrrp_instance_feed(struct vrrp_instance *inst, enum vrrp_event event, const char *fmt, ...)
{
	char reason[REASON_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	vrrp_instance_feed_heard(inst, event, 0, reason);
}

/* Fifty instances whose master died take over in one turn of the loop, and their addresses take
 * longer than what a third router waits more than we do: so each says first that it takes over, and
 * all else comes behind whatever is due, again each time that another has kept it waiting. */
static bool claim(struct vrrp_instance *inst, int64_t late_us)
{
	if (!inst->in_step || (inst->claimed && late_us < CLAIM_WAIT_US))
		return false;
	if (!inst->claimed)
		vrrp_advertise(inst, inst->priority);
	arm_in(inst, inst->claimed ? 0 : 1);
	inst->claimed = true;
	return true;
}

/* Those of its group are in FAULT too: they come with it. */
static void resort(struct vrrp_instance *inst)
{
	char why[REASON_LEN];

	vrrp_condition_say_fault(inst, why);
	vrrp_instance_feed(inst, VRRP_EV_DOWN_TIMER, "%.80s, but nobody else takes over", why);
	vrrp_condition_review(inst);
}

static void take_over(struct vrrp_instance *inst)
{
	char why[REASON_LEN];

	vrrp_withhold_say_none(inst, why);
	vrrp_instance_feed(inst, VRRP_EV_DOWN_TIMER, "%s", why);
}

static void on_down_timer(struct vrrp_instance *inst, int64_t late_us)
{
	if (inst->takeover.leave == VRRP_LEAVE_STOP) {
		vrrp_instance_stop(inst, inst->takeover.leave_why);
		return;
	}
	if (inst->state == VRRP_FAULT && !vrrp_last_resort_waits(inst))
		return;
	/* We, not the master, were silent: listen once more before taking over. */
	if (late_us > vrrp_instance_down_us(inst)) {
		inst->stats.n_frozen++;
		log_warn("(%s) stood still for %lld ms while %s, listening anew", inst->conf->name,
			 (long long)(late_us / 1000), vrrp_state_word(inst->state));
		inst->claimed = false;
		arm_in(inst, vrrp_instance_down_us(inst));
		vrrp_last_resort_listen(inst);
		return;
	}
	if (!inst->claimed && vrrp_withhold(inst))
		return;
	if (inst->state == VRRP_FAULT)
		vrrp_last_resort_begin(inst);
	if (claim(inst, late_us) || vrrp_mute_still(inst))
		return;
	if (inst->state == VRRP_FAULT)
		resort(inst);
	else
		take_over(inst);
}

static void on_timer(struct loop *loop, struct loop_timer *t)
{
	struct vrrp_instance *inst = container_of(t, struct vrrp_instance, timer);
	int64_t late_us = loop_now_us(loop) - t->deadline_us;
	unsigned held;

	switch (inst->state) {
	case VRRP_INIT:
		inst->started = true;
		vrrp_condition_review(inst);
		return;
	case VRRP_BACKUP:
	case VRRP_FAULT:
		on_down_timer(inst, late_us);
		return;
	case VRRP_MASTER:
		if (late_us > inst->conf->advert_us &&
		    log_gate_open(&inst->late_gate, loop_now_us(loop), GATE_BURST, GATE_PERIOD_US,
				  &held))
			log_warn("(%s) advertisement %lld ms late (%u more such)", inst->conf->name,
				 (long long)(late_us / 1000), held);
		vrrp_instance_feed_heard(inst, VRRP_EV_ADVERT_TIMER, 0, "advertising");
		return;
	default:
		return;
	}
}

static void emit_announcement(struct vrrp_announce *a, const struct vip_conf *vip)
{
	struct vrrp_instance *inst = container_of(a, struct vrrp_instance, announce);

	if (!vrrp_instance_yield_if_frozen(inst) && inst->ops->announce)
		inst->ops->announce(inst->ctx, inst, vip);
}

/* ---- life ---- */

struct vrrp_instance *vrrp_instance_new(const struct vrrp_instance_params *params)
{
	struct vrrp_instance *inst = calloc(1, sizeof(*inst));

	if (!inst)
		die_no_memory();
	inst->loop = params->loop;
	inst->conf = params->conf;
	inst->ops = params->ops;
	inst->ctx = params->ctx;
	inst->page = params->page;
	inst->in_step = params->in_step;
	inst->timer.on_expiry = on_timer;
	inst->priority = inst->conf->priority;
	list_init(&inst->group_link);
	vrrp_takeover_init(inst);
	vrrp_mute_init(inst);
	snprintf(inst->reason, sizeof(inst->reason), "not started");
	inst->since_wall_us = wall_now_us();
	vrrp_list_build(&inst->list, inst->conf);
	vrrp_announce_init(&inst->announce, inst->loop, inst->conf, emit_announcement);
	inst->announce.pace = params->pace;
	vrrp_condition_rebuild(inst, TRACK_UNKNOWN);
	return inst;
}

void vrrp_instance_free(struct vrrp_instance **inst)
{
	struct vrrp_instance *i = *inst;

	*inst = NULL;
	if (!i)
		return;
	vrrp_group_remove(i);
	vrrp_announce_hush(&i->announce);
	vrrp_takeover_fini(i);
	vrrp_mute_fini(i);
	loop_timer_clear(i->loop, &i->compare_timer);
	loop_timer_clear(i->loop, &i->timer);
	free(i->tracks);
	free(i);
}

void vrrp_instance_start(struct vrrp_instance *inst, int64_t delay_us)
{
	if (inst->started)
		return;
	inst->hold_until_us =
		inst->conf->preempt_delay_us > 0
			? loop_now_us(inst->loop) + delay_us + inst->conf->preempt_delay_us
			: 0;
	vrrp_takeover_pay(inst);
	vrrp_publish_all(inst);
	if (delay_us > 0) {
		arm_in(inst, delay_us);
		return;
	}
	inst->started = true;
	vrrp_condition_review(inst);
}

bool vrrp_instance_resume(struct vrrp_instance *inst, const struct shared_vip *before)
{
	const struct vrrp_instance_conf *conf = inst->conf;
	int64_t age_us = loop_now_us(inst->loop) - before->state_mono_us;
	char why[REASON_LEN];

	if (inst->started || strcmp(before->state, vrrp_state_word(VRRP_MASTER)) != 0 ||
	    strncmp(before->name, conf->name, sizeof(before->name) - 1) != 0 ||
	    strncmp(before->interface, conf->interface, sizeof(before->interface) - 1) != 0 ||
	    before->vrid != conf->vrid || before->family != conf->family ||
	    before->version != conf->version || before->state_mono_us <= 0 || age_us < 0 ||
	    age_us > vrrp_instance_own_down_us(inst))
		return false;
	if (vrrp_condition_judge(inst, true, why) == VERDICT_FAULT || inst->awaits ||
	    vrrp_lease_forbids(inst) ||
	    vrrp_phase_of_word(before->phase) == VRRP_PHASE_DEMOTE) /* it was about to leave */
		return false;
	for (unsigned i = 0; i < inst->n_tracks; i++)
		if (inst->tracks[i].status == TRACK_UNKNOWN)
			inst->tracks[i].status = TRACK_PASSED;
	inst->started = true;
	vrrp_last_resort_begin(inst);
	/* What was written last may be older than what was sent last. */
	inst->sequence = before->auth_sequence + RESUME_SEQUENCE_GAP;
	vrrp_instance_feed(inst, VRRP_EV_RESUME, "continues: the last advertisement is %.3f ms old",
			   (double)age_us / 1000);
	inst->since_wall_us = before->since_wall_us;
	inst->stats.n_transitions = before->n_transitions;
	vrrp_publish_all(inst);
	return true;
}

void vrrp_instance_stop(struct vrrp_instance *inst, const char *reason)
{
	inst->started = false;
	vrrp_instance_feed(inst, VRRP_EV_STOP, "%s", reason);
	inst->hold_until_us = 0;
}

void vrrp_instance_speak(struct vrrp_instance *inst)
{
	if (inst->state == VRRP_MASTER && !vrrp_instance_yield_if_frozen(inst))
		vrrp_advertise(inst, inst->priority);
}

void vrrp_instance_note_repair(struct vrrp_instance *inst)
{
	inst->stats.n_repaired++;
	vrrp_publish_counts(inst);
}

void vrrp_instance_note_conflict(struct vrrp_instance *inst)
{
	inst->stats.n_conflicts++;
	vrrp_publish_counts(inst);
}

bool vrrp_instance_found_silence(const struct vrrp_instance *inst)
{
	return inst->found_silence;
}

void vrrp_instance_announce_now(struct vrrp_instance *inst)
{
	if (inst->state == VRRP_MASTER)
		vrrp_announce_round(&inst->announce);
}

enum vrrp_state vrrp_instance_state(const struct vrrp_instance *inst)
{
	return inst->state;
}

const char *vrrp_instance_reason(const struct vrrp_instance *inst)
{
	return inst->reason;
}

const struct vrrp_instance_conf *vrrp_instance_conf(const struct vrrp_instance *inst)
{
	return inst->conf;
}

const struct vrrp_instance_stats *vrrp_instance_stats(const struct vrrp_instance *inst)
{
	return &inst->stats;
}

unsigned vrrp_instance_priority(const struct vrrp_instance *inst)
{
	return inst->priority;
}

const struct addr *vrrp_instance_master(const struct vrrp_instance *inst)
{
	return &inst->master;
}
