/*
 * Tracked database roles (track_pgsql and its sisters). Without `promote` somebody else decides
 * which server is the primary, and the row follows it: down while the role is another. With
 * `promote` the node makes its server the primary by taking over, so the role cannot be asked of it
 * before:
 *
 *   not master              it has to answer, whatever its role (`cold`: not even that)
 *   fencing, promoting      nothing counts
 *   confirming              the role has to come, as asked after promote's end
 *   serving                 the role has to stay
 *   demoting, by intent     nothing counts
 *
 * Told of by failover_database.c, asked for its word by condition.c and takeover.c.
 */
#include <stdio.h>
#include <string.h>

#include "failover/vrrp/instance_impl.h"

static bool is_role(const struct track *t)
{
	return t->conf->kind == VRRP_TRACK_DATABASE;
}

static enum track_status status_of(const struct vrrp_instance *inst, const struct track *t)
{
	bool promotes = inst->conf->hooks.promote.argv != NULL;

	switch (inst->takeover.phase) {
	case VRRP_PHASE_SERVE:
		if (!promotes || t->asked_us >= inst->takeover.promoted_us)
			return t->role;
		return t->role == TRACK_UNKNOWN ? TRACK_UNKNOWN : TRACK_PASSED;
	case VRRP_PHASE_REST:
	case VRRP_PHASE_AFTER:
		if (!promotes)
			return t->role;
		return t->conf->database && t->conf->database->cold ? TRACK_PASSED : t->answers;
	case VRRP_PHASE_DEMOTE:
		return TRACK_PASSED;
	default:
		return promotes ? TRACK_PASSED : t->role;
	}
}

void vrrp_role_settle(struct vrrp_instance *inst)
{
	for (unsigned i = 0; i < inst->n_tracks; i++) {
		struct track *t = &inst->tracks[i];

		if (is_role(t) && (t->status != TRACK_PASSED || t->role != TRACK_UNKNOWN))
			t->status = status_of(inst, t);
	}
}

bool vrrp_role_is_needed(const struct vrrp_instance *inst)
{
	for (unsigned i = 0; i < inst->n_tracks; i++)
		if (is_role(&inst->tracks[i]) && inst->tracks[i].conf->weight == 0)
			return true;
	return false;
}

/* The first row that does not say so yet; NULL = all do. */
static const struct track *missing(const struct vrrp_instance *inst)
{
	for (unsigned i = 0; i < inst->n_tracks; i++) {
		const struct track *t = &inst->tracks[i];

		if (is_role(t) && t->conf->weight == 0 &&
		    (t->role != TRACK_UP || t->asked_us < inst->takeover.promoted_us))
			return t;
	}
	return NULL;
}

void vrrp_role_say_missing(const struct vrrp_instance *inst, char why[static REASON_LEN])
{
	const struct track *t = missing(inst);

	snprintf(why, REASON_LEN, "promote ended well, but database %.60s is: %.40s",
		 t ? t->conf->name : "", t && t->note[0] ? t->note : "unknown");
}

void vrrp_instance_track_role(struct vrrp_instance *inst, const char *name,
			      const struct vrrp_role *role)
{
	bool mine = false, changed = false;

	for (unsigned i = 0; i < inst->n_tracks; i++) {
		struct track *t = &inst->tracks[i];
		enum track_status was = t->status;

		if (!is_role(t) || strcmp(t->conf->name, name) != 0)
			continue;
		mine = true;
		t->role = role->as_wanted != vrrp_condition_turns(t->conf) ? TRACK_UP : TRACK_DOWN;
		t->answers = role->answers ? TRACK_UP : TRACK_DOWN;
		t->asked_us = role->asked_us;
		t->status = status_of(inst, t);
		changed |= t->status != was || strcmp(t->note, role->note) != 0;
		snprintf(t->note, sizeof(t->note), "%s", role->note);
	}
	if (!mine)
		return;
	if (changed)
		vrrp_publish_all(inst);
	/* Each time: what a phase has changed since is looked at here. */
	vrrp_condition_review(inst);
	if (!missing(inst))
		vrrp_takeover_confirmed(inst);
}
