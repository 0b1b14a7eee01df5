/*
 * What an instance does with a packet that came for it: examined in the order of RFC 9568 7.1, then
 * dropped and counted by kind, or made into an event for the one door (vrrp_instance_feed). Called
 * by transport.c for every packet with the VRID, so it is cheap for what is dropped.
 */
#include "failover/vrrp/instance_impl.h"

#include <stdio.h>

#include "failover/wire/ah.h"

static void count_drop(struct vrrp_instance *inst, enum vrrp_drop why, const struct vrrp_path *path)
{
	bool note = vrrp_drop_is_note(why);
	char text[ADDR_TEXT_MAX];
	unsigned held;

	inst->stats.dropped[why]++;
	inst->stats.n_dropped += !note;
	inst->drops_unpublished = true;
	if (!log_gate_open(&inst->gates[why], loop_now_us(inst->loop), GATE_BURST, GATE_PERIOD_US,
			   &held))
		return;
	log_line(note ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
		 "(%s) advertisement from %s %s: %s (%u more such)", inst->conf->name,
		 addr_host_text(&path->src, text), note ? "noted" : "dropped", vrrp_drop_text(why),
		 held);
}

/* Preempt_Mode (6.1), preempt_delay, the hold-down of what flaps, and Keepalived's "nopreempt needs
 * state BACKUP". */
static bool preemption_held(struct vrrp_instance *inst)
{
	int64_t now = loop_now_us(inst->loop);

	if (inst->state != VRRP_BACKUP)
		return false;
	if (inst->held != VRRP_HOLD_NONE || vrrp_compare_in_doubt(inst))
		return true;
	if (inst->conf->nopreempt && !inst->conf->wants_master)
		return true;
	if (vrrp_flap_held(&inst->flap, now))
		return true;
	if (inst->conf->preempt_delay_us <= 0)
		return false;
	if (inst->hold_until_us == 0)
		inst->hold_until_us = now + inst->conf->preempt_delay_us;
	return now < inst->hold_until_us;
}

static enum vrrp_event classify(struct vrrp_instance *inst, const struct vrrp_packet *p,
				const struct vrrp_path *path)
{
	const struct addr *own = vrrp_source_for(inst, &path->src);

	if (p->priority == 0)
		return VRRP_EV_RX_ZERO;
	/* Who speaks while we are silent for it has taken over, whatever its priority. */
	if (inst->state == VRRP_MASTER && vrrp_compare_silent(inst))
		return VRRP_EV_RX_ABOVE;
	if (p->priority < inst->priority)
		return preemption_held(inst) ? VRRP_EV_RX_BELOW_HELD : VRRP_EV_RX_BELOW;
	inst->hold_until_us = 0;
	if (p->priority > inst->priority || !own)
		return VRRP_EV_RX_ABOVE;
	/* 6.4.3 (725): the numerically greater source address wins a tie. */
	return vrrp_addr_compare(&path->src, own) > 0 ? VRRP_EV_RX_ABOVE : VRRP_EV_RX_TIE;
}

/* RFC 2402 3.4.3, in Keepalived's way: one number for all routers of this VRID, and who sends takes
 * the next. So a node that starts anew hears where the others are before it speaks. */
static enum vrrp_drop check_sequence(struct vrrp_instance *inst, const struct vrrp_path *path)
{
	const uint8_t *message;
	struct vrrp_ah ah;
	size_t len;

	if (!path->packet || !vrrp_ah_unwrap(path->packet, path->packet_len, &ah, &message, &len))
		return VRRP_DROP_AUTH_TYPE;
	if (!vrrp_ah_verify(path->packet, path->packet_len, inst->conf->auth_pass))
		return VRRP_DROP_AUTH;
	if (ah.sequence <= inst->sequence)
		return VRRP_DROP_REPLAY;
	inst->sequence = ah.sequence;
	return VRRP_ACCEPT;
}

static enum vrrp_drop examine(struct vrrp_instance *inst, const uint8_t *bytes, size_t len,
			      const struct vrrp_path *path, struct vrrp_packet *p)
{
	bool skip = inst->conf->skip_check_adv_addr && inst->list_ok.len &&
		    addr_eq(&inst->list_ok, &path->src, false);
	enum vrrp_drop drop = vrrp_admit_path(inst->conf, path);
	unsigned notes = 0;

	if (!drop && vrrp_is_own_address(inst, &path->src))
		drop = VRRP_DROP_OWN;
	if (!drop)
		drop = vrrp_packet_parse(p, bytes, len, path);
	if (!drop)
		drop = vrrp_admit(inst->conf, &inst->list, p, skip, &notes);
	if (!drop && inst->conf->auth == VRRP_AUTH_AH)
		drop = check_sequence(inst, path);
	if (!drop && inst->conf->signing)
		drop = vrrp_signing_check(inst, p, bytes, path, &notes);
	if (drop)
		return drop;
	for (enum vrrp_drop row = VRRP_ACCEPT; notes; row++, notes >>= 1)
		if (notes & 1)
			count_drop(inst, row, path);
	inst->list_ok = path->src;
	return VRRP_ACCEPT;
}

/* A master answers lower ones, and whoever resigns, at most eight times an interval: each answer
 * costs packets and maybe a script, and all who spoke hear it. */
static bool is_answered(struct vrrp_instance *inst, enum vrrp_event event)
{
	int64_t now = loop_now_us(inst->loop);

	if (inst->state != VRRP_MASTER || event == VRRP_EV_RX_ABOVE)
		return false;
	if (inst->answered_us && now - inst->answered_us < inst->conf->advert_us / 8) {
		/* It may be the last word of a loser, who was believed until now. */
		if (event != VRRP_EV_RX_ZERO && !inst->conf->lower_prio_no_advert)
			vrrp_announce_lower(&inst->announce);
		return true;
	}
	inst->answered_us = now;
	return false;
}

/* A peer is answered in the form that it speaks itself. */
static void note_checksum(struct vrrp_instance *inst, const struct vrrp_packet *p,
			  const struct vrrp_path *path)
{
	char text[ADDR_TEXT_MAX];
	unsigned held;

	if (inst->heard_old_checksum == p->checksum_old)
		return;
	inst->heard_old_checksum = p->checksum_old;
	if (log_gate_open(&inst->checksum_gate, loop_now_us(inst->loop), GATE_BURST, GATE_PERIOD_US,
			  &held))
		log_notice("(%s) %s has the %s unicast checksum: so do we (%u more such)",
			   inst->conf->name, addr_host_text(&path->src, text),
			   p->checksum_old ? "old" : "new", held);
}

void vrrp_instance_receive(struct vrrp_instance *inst, const uint8_t *bytes, size_t len,
			   const struct vrrp_path *path)
{
	char reason[REASON_LEN], text[ADDR_TEXT_MAX];
	struct vrrp_packet p;
	enum vrrp_drop drop;
	enum vrrp_event event;

	if (!inst->started || path->src.sa.sa_family != inst->conf->family)
		return;
	if (inst->conf->owner_ignores && inst->conf->priority == 255)
		return;
	drop = examine(inst, bytes, len, path, &p);
	if (drop) {
		count_drop(inst, drop, path);
		return;
	}
	inst->stats.n_received++;
	note_checksum(inst, &p, path);
	inst->stats.n_zero_received += p.priority == 0;
	if (p.priority > 0) {
		inst->heard_us = loop_now_us(inst->loop);
		inst->heard_from = path->src;
		inst->heard_priority = p.priority;
	}
	vrrp_publish_heard(inst, &path->src, p.priority);
	event = classify(inst, &p, path);
	if (event != VRRP_EV_RX_ABOVE && event != VRRP_EV_RX_ZERO &&
	    vrrp_mute_gives_up(inst, &path->src))
		return;
	if (is_answered(inst, event))
		return;
	if (event == VRRP_EV_RX_ABOVE && inst->state == VRRP_MASTER &&
	    vrrp_compare_relieve(inst, addr_host_text(&path->src, text)))
		return;
	reason[0] = '\0';
	if (vrrp_fsm_step(inst->state, event)->next != inst->state) /* else nobody is told */
		snprintf(reason, sizeof(reason), "%s advertises priority %u, ours is %u",
			 addr_host_text(&path->src, text), p.priority, inst->priority);
	vrrp_instance_feed_heard(inst, event, p.advert_us, reason);
	if (inst->state == VRRP_BACKUP && event != VRRP_EV_RX_ZERO &&
	    !addr_eq(&inst->master, &path->src, false)) {
		inst->master = path->src;
		vrrp_publish_all(inst);
	}
}

void vrrp_instance_received(struct vrrp_instance *inst)
{
	if (inst->drops_unpublished)
		vrrp_publish_drops(inst);
	else
		vrrp_publish_counts(inst);
}
