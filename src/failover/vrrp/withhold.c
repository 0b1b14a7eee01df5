/*
 * Silence that is no reason to take over, and what a second path tells of it. The down timer of a
 * backup ran out:
 *
 *   - a peer says over a second path that it is MASTER (peers.h): this segment is broken between
 *     us, or its card is. Two masters would be worse: alarm, and no takeover until the peer says
 *     otherwise or is silent there too;
 *   - there are witnesses and none answers: it is us who are cut off.
 *
 * And a master that neither hears a peer nor a witness gives up if a peer says that it sees one:
 * then it is the master's link that is dead. Two masters that hear of each other only over a second
 * path settle it as if it were by advertisements (RFC 9568 6.4.3). Failover's thread.
 */
#include "failover/vrrp/instance_impl.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- peers ---- */

static bool known(const struct vrrp_peers *peers, const struct vrrp_peer_word *w, int64_t now_us)
{
	return w->heard_us > 0 && now_us - w->heard_us < peers->silent_us;
}

const struct vrrp_peer_word *vrrp_peers_master(const struct vrrp_peers *peers, int64_t now_us)
{
	const struct vrrp_peer_word *best = NULL;

	for (unsigned i = 0; peers && i < VRRP_PEERS_MAX; i++) {
		const struct vrrp_peer_word *w = &peers->rows[i];

		if (known(peers, w, now_us) && w->state == VRRP_MASTER &&
		    (!best || w->priority > best->priority))
			best = w;
	}
	return best;
}

bool vrrp_peers_any(const struct vrrp_peers *peers, int64_t now_us)
{
	for (unsigned i = 0; peers && i < VRRP_PEERS_MAX; i++)
		if (known(peers, &peers->rows[i], now_us))
			return true;
	return false;
}

const struct vrrp_peer_word *vrrp_peers_better(const struct vrrp_peers *peers, int64_t now_us,
					       bool witnessed)
{
	for (unsigned i = 0; peers && i < VRRP_PEERS_MAX; i++) {
		const struct vrrp_peer_word *w = &peers->rows[i];

		if (known(peers, w, now_us) && w->able &&
		    (w->state == VRRP_BACKUP || w->state == VRRP_MASTER) &&
		    (!witnessed || (w->witnessed && !w->hears)))
			return w;
	}
	return NULL;
}

/* ---- a backup ---- */

bool vrrp_withhold_silent(const struct vrrp_instance *inst)
{
	return inst->heard_us == 0 ||
	       loop_now_us(inst->loop) - inst->heard_us >= 2 * vrrp_instance_advert_us(inst);
}

void vrrp_withhold_say_none(const struct vrrp_instance *inst, char why[static REASON_LEN])
{
	const struct addr *left = inst->master.len ? &inst->master : &inst->heard_from;
	double ms = (double)vrrp_instance_down_us(inst) / 1000;
	char text[ADDR_TEXT_MAX];

	if (inst->master_left)
		snprintf(why, REASON_LEN, "the master resigned%s%s", left->len ? ": " : "",
			 left->len ? addr_host_text(left, text) : "");
	else if (!vrrp_withhold_silent(inst) && inst->heard_priority < inst->priority)
		snprintf(why, REASON_LEN, "preempts %s, which advertises priority %u, ours is %u",
			 addr_host_text(&inst->heard_from, text), inst->heard_priority,
			 inst->priority);
	else if (inst->heard_us)
		snprintf(why, REASON_LEN, "no advertisement for %.3f ms, %s was heard last", ms,
			 addr_host_text(&inst->heard_from, text));
	else
		snprintf(why, REASON_LEN, "no advertisement for %.3f ms, nobody was heard yet", ms);
}

static void look_again(struct vrrp_instance *inst, int64_t at_us)
{
	loop_timer_set(inst->loop, &inst->timer, at_us);
}

void vrrp_withhold_alarm(struct vrrp_instance *inst, struct log_gate *gate, const char *fmt, ...)
{
	unsigned held;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(inst->alarm, sizeof(inst->alarm), fmt, ap);
	va_end(ap);
	if (log_gate_open(gate, loop_now_us(inst->loop), GATE_BURST, GATE_PERIOD_US, &held))
		log_warn("(%s) %s (%u more such)", inst->conf->name, inst->alarm, held);
}

static bool master_lives(struct vrrp_instance *inst)
{
	int64_t now = loop_now_us(inst->loop), down_us = vrrp_instance_down_us(inst);
	const struct vrrp_peer_word *w = vrrp_peers_master(inst->peers, now);
	char text[ADDR_TEXT_MAX];

	if (!w)
		return false;
	/* Once it is silent there too, whoever has the highest priority is the first, as ever. */
	look_again(inst, w->heard_us + (down_us > inst->peers->silent_us ? down_us
									 : inst->peers->silent_us));
	if (inst->peer_alive)
		return true;
	inst->peer_alive = true;
	inst->stats.n_peer_alive++;
	vrrp_withhold_alarm(
		inst, &inst->peer_gate,
		"%s is MASTER as a second path says, but its advertisements do not arrive on "
		"%s: no takeover",
		addr_host_text(&w->address, text), inst->conf->interface);
	vrrp_publish_all(inst);
	return true;
}

static bool no_witness(struct vrrp_instance *inst)
{
	int64_t now = loop_now_us(inst->loop);

	if (!inst->conf->witnesses || inst->witnessed_us > now - vrrp_instance_down_us(inst) / 2)
		return false;
	look_again(inst, now + vrrp_instance_advert_us(inst));
	if (inst->withheld)
		return true;
	inst->withheld = true;
	inst->stats.n_withheld++;
	snprintf(inst->reason, sizeof(inst->reason), "hears neither a master nor a witness");
	vrrp_withhold_alarm(inst, &inst->witness_gate, "%s: no takeover", inst->reason);
	vrrp_publish_all(inst);
	return true;
}

bool vrrp_withhold(struct vrrp_instance *inst)
{
	if (!inst->master_left && vrrp_withhold_silent(inst) &&
	    (master_lives(inst) || no_witness(inst))) {
		vrrp_lease_unneeded(inst);
		return true;
	}
	return vrrp_lease_missing(inst);
}

void vrrp_instance_witnessed(struct vrrp_instance *inst, int64_t asked_us)
{
	inst->witnessed_us = asked_us;
	if (!inst->withheld || inst->state != VRRP_BACKUP)
		return;
	/* Where the witness is back the master may be too: hear it out first. */
	inst->withheld = false;
	look_again(inst, loop_now_us(inst->loop) + vrrp_instance_down_us(inst));
}

/* The master whose life kept us from taking over has said that it is none any more. */
static void master_gone(struct vrrp_instance *inst)
{
	int64_t now = loop_now_us(inst->loop);

	if (!inst->peer_alive || vrrp_peers_master(inst->peers, now))
		return;
	inst->peer_alive = false;
	look_again(inst, now + vrrp_skew_us(inst->conf->version, inst->priority,
					    vrrp_instance_advert_us(inst)));
}

/* ---- a master ---- */

static bool beats(const struct vrrp_peer_word *w, const struct vrrp_instance *inst)
{
	const struct addr *own = vrrp_source(inst);

	if (w->priority != inst->priority)
		return w->priority > inst->priority;
	return own && vrrp_addr_compare(&w->address, own) > 0;
}

/* What a peer said while we were taking over from it proves nothing. */
static bool settled(const struct vrrp_instance *inst, const struct vrrp_peer_word *w)
{
	return w->heard_us - inst->master_since_us > inst->peers->silent_us;
}

/* True: it was we who stood down. */
static bool settle_rival(struct vrrp_instance *inst)
{
	const struct vrrp_peer_word *w = vrrp_peers_master(inst->peers, loop_now_us(inst->loop));
	char text[ADDR_TEXT_MAX];

	if (!w && inst->rival) { /* it stood down: clients may have its address */
		inst->rival = false;
		inst->alarm[0] = '\0';
		vrrp_announce_round(&inst->announce);
		vrrp_publish_all(inst);
	}
	if (!w || !settled(inst, w))
		return false;
	if (!inst->rival) {
		inst->rival = true;
		inst->stats.n_rivals++;
		vrrp_withhold_alarm(inst, &inst->peer_gate,
				    "%s is MASTER too, as a second path says",
				    addr_host_text(&w->address, text));
		vrrp_publish_all(inst);
	}
	if (!beats(w, inst))
		return false;
	inst->rival = false;
	vrrp_instance_feed(inst, VRRP_EV_RX_ABOVE,
			   "%s is MASTER with priority %u as a second path says, ours is %u",
			   addr_host_text(&w->address, text), w->priority, inst->priority);
	return true;
}

/* Neither a peer nor a witness for a whole down interval, and somebody else sees one. */
static void give_up_isolated(struct vrrp_instance *inst)
{
	int64_t now = loop_now_us(inst->loop), down_us = vrrp_instance_own_down_us(inst);
	const struct vrrp_peer_word *w;
	char text[ADDR_TEXT_MAX], why[REASON_LEN];

	if (!inst->conf->witnesses || now - inst->witnessed_us < down_us ||
	    now - inst->heard_us < down_us || now - inst->master_since_us < 2 * down_us)
		return;
	w = vrrp_peers_better(inst->peers, now, true);
	if (!w || inst->takeover.phase == VRRP_PHASE_DEMOTE)
		return;
	inst->stats.n_isolated++;
	snprintf(why, sizeof(why),
		 "no witness answers here, but %.45s sees one and hears nothing of us",
		 addr_host_text(&w->address, text));
	if (vrrp_takeover_leave(inst, VRRP_LEAVE_YIELD, why))
		return;
	vrrp_advertise(inst, 0);
	vrrp_instance_feed(inst, VRRP_EV_YIELD, "%s", why);
}

void vrrp_withhold_moved(struct vrrp_instance *inst, enum vrrp_state from)
{
	vrrp_compare_moved(inst, from);
	vrrp_lease_moved(inst);
}

/* ---- what failover/heart/ calls ---- */

void vrrp_instance_peers_set(struct vrrp_instance *inst, const struct vrrp_peers *peers)
{
	inst->peers = peers;
}

void vrrp_instance_peers_changed(struct vrrp_instance *inst)
{
	if (!inst->started)
		return;
	if (inst->state == VRRP_BACKUP) {
		master_gone(inst);
		return;
	}
	if (inst->state != VRRP_MASTER || vrrp_instance_yield_if_frozen(inst) || settle_rival(inst))
		return;
	if (inst->faulty_us)
		vrrp_condition_review(inst);
	if (inst->state == VRRP_MASTER)
		give_up_isolated(inst);
}

void vrrp_instance_word(const struct vrrp_instance *inst, struct vrrp_peer_word *out)
{
	int64_t now = loop_now_us(inst->loop), down_us = vrrp_instance_down_us(inst);
	const struct addr *own = vrrp_source(inst);

	*out = (struct vrrp_peer_word){.state = inst->state, .priority = inst->priority};
	if (own)
		out->address = *own;
	out->able = (inst->state == VRRP_BACKUP || inst->state == VRRP_MASTER) &&
		    !inst->faulty_us && !vrrp_compare_in_doubt(inst) && !inst->resigned &&
		    inst->held != VRRP_HOLD_MAINTENANCE;
	out->witnessed = inst->witnessed_us > 0 && now - inst->witnessed_us < down_us;
	out->hears = inst->heard_us > 0 && now - inst->heard_us < down_us;
}
