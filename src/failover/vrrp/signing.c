/*
 * Signing what an instance sends and checking what it receives (auth_type HMAC): signature.h with
 * the instance's keys, its clock and its memory of who was heard. Called by advertise.c, receive.c
 * and publish.c.
 *
 * allow-old: a router that has signed is not believed unsigned while its signed advertisements keep
 * coming; only one that has stopped signing for two intervals (a rollback) is.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "failover/vrrp/instance_impl.h"

_Static_assert((int)VRRP_SIGNERS_MAX == (int)SHARED_SIGNERS_MAX, "the page has all of them");

static int64_t wall_us(const struct vrrp_instance *inst)
{
	struct timespec ts;

	if (inst->ops->wall_us)
		return inst->ops->wall_us(inst->ctx);
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

size_t vrrp_sign(struct vrrp_instance *inst, uint8_t *buf, size_t cap, size_t len,
		 const struct addr *src)
{
	const struct vrrp_instance_conf *conf = inst->conf;
	bool pseudo = conf->version == 3 && !(conf->family == AF_INET && conf->checksum_as_v2);

	inst->signed_sequence =
		vrrp_sequence_next(inst->signed_sequence, wall_us(inst), conf->signing->window_us);
	return vrrp_signature_put(buf, cap, len, pseudo, src, conf->signing->active,
				  inst->signed_sequence);
}

static enum vrrp_drop check_unsigned(struct vrrp_instance *inst, const struct vrrp_path *path,
				     unsigned *notes)
{
	struct vrrp_signer *at = vrrp_signers_find(&inst->signers, &path->src);

	if (!inst->conf->signing->allow_old)
		return VRRP_DROP_UNSIGNED;
	if (at && loop_now_us(inst->loop) - at->heard_us < 2 * vrrp_instance_advert_us(inst))
		return VRRP_DROP_UNSIGNED;
	*notes |= 1u << VRRP_DROP_UNSIGNED_NOTE;
	return VRRP_ACCEPT;
}

static void tell_clock(struct vrrp_instance *inst, const struct vrrp_path *path, int64_t skew_us)
{
	char text[ADDR_TEXT_MAX];
	unsigned held;

	if (log_gate_open(&inst->clock_gate, loop_now_us(inst->loop), GATE_BURST, GATE_PERIOD_US,
			  &held))
		log_warn("(%s) the clock of %s is %.1f s %s of ours, time_window is %.0f s (%u "
			 "more such)",
			 inst->conf->name, addr_host_text(&path->src, text),
			 (double)(skew_us < 0 ? -skew_us : skew_us) / 1e6,
			 skew_us < 0 ? "behind" : "ahead",
			 (double)inst->conf->signing->window_us / 1e6, held);
}

enum vrrp_drop vrrp_signing_check(struct vrrp_instance *inst, const struct vrrp_packet *p,
				  const uint8_t *bytes, const struct vrrp_path *path,
				  unsigned *notes)
{
	const struct vrrp_signing_conf *signing = inst->conf->signing;
	const struct vrrp_key_conf *key = signing->keys;
	int64_t now_us, skew_us;
	enum vrrp_drop drop;
	uint64_t sequence;

	if (!p->is_signed)
		return check_unsigned(inst, path, notes);
	while (key && key->id != vrrp_signature_key_id(bytes, p->len))
		key = key->next;
	if (!key)
		return VRRP_DROP_KEY;
	if (!vrrp_signature_is_right(bytes, p->len, &path->src, key))
		return VRRP_DROP_AUTH;
	now_us = wall_us(inst);
	sequence = vrrp_signature_sequence(bytes, p->len);
	skew_us = vrrp_sequence_skew_us(sequence, now_us);
	drop = vrrp_signers_admit(&inst->signers, &path->src, sequence, now_us, signing->window_us);
	if (drop == VRRP_DROP_STALE)
		tell_clock(inst, path, skew_us);
	if (drop)
		return drop;
	vrrp_signers_find(&inst->signers, &path->src)->heard_us = loop_now_us(inst->loop);
	if (signing->window_us &&
	    (skew_us > signing->window_us / 2 || skew_us < -signing->window_us / 2)) {
		*notes |= 1u << VRRP_DROP_CLOCK_NOTE;
		tell_clock(inst, path, skew_us);
	}
	return VRRP_ACCEPT;
}

/* ---- for the process that comes after this one ---- */

void vrrp_signing_publish(const struct vrrp_instance *inst, struct shared_vip *v)
{
	if (!inst->conf->signing)
		return;
	v->signed_sequence = inst->signed_sequence;
	for (unsigned i = 0; i < VRRP_SIGNERS_MAX && inst->signers.at[i].sequence; i++) {
		memcpy(v->signers[i].address, inst->signers.at[i].address, 16);
		v->signers[i].sequence = inst->signers.at[i].sequence;
	}
}

void vrrp_signing_remember(struct vrrp_instance *inst, const struct shared_vip *before)
{
	inst->signed_sequence = before->signed_sequence;
	for (unsigned i = 0; i < VRRP_SIGNERS_MAX; i++) {
		memcpy(inst->signers.at[i].address, before->signers[i].address, 16);
		inst->signers.at[i].sequence = before->signers[i].sequence;
		inst->signers.at[i].heard_us = 0;
	}
}
