/*
 * An instance on the shared page, for whoever shows it (runtime socket, live view) and for the
 * failover process that continues when this one dies. Written by the failover's thread only.
 */
#include "failover/vrrp/instance_impl.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

_Static_assert((int)VRRP_DROP_N <= (int)SHARED_DROPS_MAX, "the page has a place for each kind");

static void put_counts(const struct vrrp_instance *inst, struct shared_vip *v)
{
	v->state_mono_us = inst->state == VRRP_MASTER ? inst->last_sent_us : 0;
	v->advert_us = vrrp_instance_advert_us(inst);
	v->down_us = vrrp_instance_down_us(inst);
	v->auth_sequence = inst->sequence;
	vrrp_signing_publish(inst, v);
	v->n_sent = inst->stats.n_sent;
	v->n_received = inst->stats.n_received;
	v->n_dropped = inst->stats.n_dropped;
	v->n_repaired = inst->stats.n_repaired;
	v->n_zero_sent = inst->stats.n_zero_sent;
	v->n_zero_received = inst->stats.n_zero_received;
	v->n_frozen = inst->stats.n_frozen;
	v->n_withheld = inst->stats.n_withheld;
	v->n_peer_alive = inst->stats.n_peer_alive;
	v->n_isolated = inst->stats.n_isolated;
	v->n_rivals = inst->stats.n_rivals;
	v->n_held_on = inst->stats.n_held_on;
	v->n_lease_lost = inst->stats.n_lease_lost;
	v->lease_until_us = inst->lease.news.until_us;
	v->lease_id = inst->lease.news.id;
	if (inst->withheld || inst->peer_alive || inst->rival || inst->lease.waits ||
	    vrrp_compare_lowest(inst))
		memcpy(v->alarm, inst->alarm, sizeof(v->alarm));
	else
		v->alarm[0] = '\0';
	if (inst->drops_unpublished)
		memcpy(v->dropped, inst->stats.dropped, sizeof(inst->stats.dropped));
	v->n_conflicts = inst->stats.n_conflicts;
	v->n_flap_waits = inst->stats.n_flap_waits;
	v->n_become_master = inst->stats.n_become_master;
	v->n_release_master = inst->stats.n_release_master;
}

static void put_master(const struct vrrp_instance *inst, struct shared_vip *v)
{
	char text[ADDR_TEXT_MAX];
	const struct addr *a = inst->state == VRRP_MASTER ? vrrp_source(inst) : &inst->master;

	v->master[0] = '\0';
	if (a && a->len)
		snprintf(v->master, sizeof(v->master), "%s", addr_host_text(a, text));
}

void vrrp_publish_drops(struct vrrp_instance *inst)
{
	struct text t;

	if (!inst->page)
		return;
	shared_vip_begin(inst->page);
	text_init(&t, inst->page->drops, sizeof(inst->page->drops));
	for (enum vrrp_drop why = VRRP_ACCEPT + 1; why < VRRP_DROP_N; why++)
		if (inst->stats.dropped[why])
			text_fmt(&t, "%s%s %llu", t.len ? ", " : "", vrrp_drop_word(why),
				 (unsigned long long)inst->stats.dropped[why]);
	put_counts(inst, inst->page);
	shared_vip_end(inst->page);
	inst->drops_unpublished = false;
}

/* Of the thing itself: `reverse` turns what follows from it, not what it is. */
static const char *status_word(const struct track *t)
{
	bool turned = t->conf->kind != VRRP_TRACK_FILE && vrrp_condition_turns(t->conf);

	if (t->status < TRACK_UP)
		return "unknown";
	return (t->status == TRACK_UP) != turned ? "up" : "down";
}

static void put_track(const struct vrrp_instance *inst, const struct track *t,
		      struct shared_track *out)
{
	snprintf(out->kind, sizeof(out->kind), "%s", vrrp_condition_kind(t->conf->kind));
	snprintf(out->name, sizeof(out->name), "%s", t->conf->name);
	snprintf(out->status, sizeof(out->status), "%s", status_word(t));
	if (t->conf->kind == VRRP_TRACK_FILE && t->status >= TRACK_UP)
		snprintf(out->note, sizeof(out->note), "%lld", t->number);
	else
		snprintf(out->note, sizeof(out->note), "%s", t->note);
	out->weight = (int16_t)t->conf->weight;
	out->adds = (int16_t)vrrp_condition_adds(inst, t);
	out->reverse = t->conf->reverse;
	out->fault = vrrp_condition_is_fault(inst, t);
}

static void put_tracks(const struct vrrp_instance *inst, struct shared_vip *v)
{
	v->n_tracks = 0;
	for (unsigned i = 0; i < inst->n_tracks && i < SHARED_TRACKS_MAX; i++)
		put_track(inst, &inst->tracks[i], &v->tracks[v->n_tracks++]);
}

void vrrp_publish_move(struct vrrp_instance *inst, enum vrrp_state from, enum vrrp_state to)
{
	struct shared_vip *v = inst->page;
	int64_t now = loop_now_us(inst->loop);
	struct shared_move *m;

	if (!v)
		return;
	shared_vip_begin(v);
	m = &v->moves[v->n_moves++ % SHARED_MOVES_MAX];
	m->wall_us = inst->since_wall_us;
	m->lasted_us = v->moved_mono_us ? now - v->moved_mono_us : 0;
	snprintf(m->from, sizeof(m->from), "%s", vrrp_state_word(from));
	snprintf(m->to, sizeof(m->to), "%s", vrrp_state_word(to));
	snprintf(m->reason, sizeof(m->reason), "%.*s", (int)sizeof(m->reason) - 1, inst->reason);
	v->moved_mono_us = now;
	shared_vip_end(v);
}

/* The place of this router, else a free one, else that of the one heard longest ago. */
static struct shared_peer *peer_place(struct shared_vip *v, const char *address)
{
	struct shared_peer *oldest = &v->peers[0];

	for (unsigned i = 0; i < SHARED_PEERS_MAX; i++) {
		struct shared_peer *p = &v->peers[i];

		if (strncmp(p->address, address, sizeof(p->address)) == 0)
			return p;
		if (p->heard_mono_us < oldest->heard_mono_us)
			oldest = p;
	}
	return oldest;
}

void vrrp_publish_heard(struct vrrp_instance *inst, const struct addr *from, unsigned priority)
{
	struct shared_peer *p = inst->peer_heard;
	char text[ADDR_TEXT_MAX];

	if (!inst->page)
		return;
	shared_vip_begin(inst->page);
	if (!p || !addr_eq(&inst->peer_address, from, false)) {
		addr_host_text(from, text);
		p = peer_place(inst->page, text);
		snprintf(p->address, sizeof(p->address), "%.*s", (int)sizeof(p->address) - 1, text);
		inst->peer_heard = p;
		inst->peer_address = *from;
	}
	p->priority = (uint8_t)priority;
	p->heard_mono_us = loop_now_us(inst->loop);
	shared_vip_end(inst->page);
}

void vrrp_publish_remember(struct vrrp_instance *inst, const struct shared_vip *before)
{
	struct shared_vip *v = inst->page;

	if (!v)
		return;
	shared_vip_begin(v);
	memcpy(v->peers, before->peers, sizeof(v->peers));
	inst->peer_heard = NULL;
	memcpy(v->moves, before->moves, sizeof(v->moves));
	v->n_moves = before->n_moves;
	v->moved_mono_us = before->moved_mono_us;
	shared_vip_end(v);
	vrrp_signing_remember(inst, before);
	vrrp_lease_remember(inst, before);
	inst->held = before->hold <= VRRP_HOLD_MAINTENANCE ? (enum vrrp_hold)before->hold
							   : VRRP_HOLD_NONE;
	vrrp_takeover_remember(inst, before);
	vrrp_condition_review(inst);
}

void vrrp_publish_counts(struct vrrp_instance *inst)
{
	if (!inst->page)
		return;
	shared_vip_begin(inst->page);
	put_counts(inst, inst->page);
	shared_vip_end(inst->page);
}

void vrrp_publish_all(struct vrrp_instance *inst)
{
	const struct vrrp_instance_conf *conf = inst->conf;
	struct shared_vip *v = inst->page;
	char text[ADDR_TEXT_MAX];

	if (!v)
		return;
	shared_vip_begin(v);
	snprintf(v->name, sizeof(v->name), "%s", conf->name);
	snprintf(v->interface, sizeof(v->interface), "%s", conf->interface);
	snprintf(v->state, sizeof(v->state), "%s", vrrp_state_word(inst->state));
	snprintf(v->reason, sizeof(v->reason), "%s", inst->reason);
	snprintf(v->lease, sizeof(v->lease), "%s", conf->lease ? conf->lease->name : "");
	v->vrid = (uint8_t)conf->vrid;
	v->family = (uint8_t)conf->family;
	v->version = (uint8_t)conf->version;
	v->priority = (uint8_t)conf->priority;
	v->effective_priority = (uint8_t)inst->priority;
	v->n_transitions = (uint32_t)inst->stats.n_transitions;
	v->since_wall_us = inst->since_wall_us;
	v->n_addresses = 0;
	for (const struct vip_conf *c = conf->vips; c; c = c->next)
		v->n_addresses++;
	for (const struct vip_conf *c = conf->excluded; c; c = c->next)
		v->n_addresses++;
	v->first_address[0] = '\0';
	if (conf->vips)
		snprintf(v->first_address, sizeof(v->first_address), "%s",
			 addr_host_text(&conf->vips->address, text));
	put_master(inst, v);
	put_counts(inst, v);
	put_tracks(inst, v);
	v->hold = (uint8_t)inst->held;
	snprintf(v->phase, sizeof(v->phase), "%s", vrrp_phase_word(inst->takeover.phase));
	v->hooked = conf->hooks.fence.argv || conf->hooks.promote.argv || conf->hooks.demote.argv;
	shared_vip_end(v);
}
