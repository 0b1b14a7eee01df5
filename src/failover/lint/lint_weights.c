/*
 * Advice on weights. See lint.h. What is checked of one file is what is certain without knowing the
 * other node's: that a tracker, up or down, and whatever all others do, leaves the effective
 * priority as it is (it is held within 1..254, and that of an owner never moves); that nopreempt
 * makes nobody take over from a living master, whatever its priority; that nobody asks a tracker.
 * Whether a weight bridges the distance to the peer is lint_pair.c's to say.
 */
#include <string.h>

#include "failover/lint/lint.h"

/* What a tracker may add: as vrrp/condition.c has it. A file's number may be anything. */
static void reach(const struct vrrp_track_conf *t, int *least, int *most)
{
	*least = t->weight < 0 ? t->weight : 0;
	*most = t->weight > 0 ? t->weight : 0;
	if (t->kind == VRRP_TRACK_FILE && t->weight != 0) {
		*least = -253;
		*most = 253;
	}
}

static unsigned clamp(int priority)
{
	return priority < 1 ? 1 : priority > 254 ? 254 : (unsigned)priority;
}

static bool weights_count(const struct vrrp_instance_conf *inst)
{
	return inst->priority != 255 && (!inst->group || inst->group->tracking_weight);
}

/* The range of all trackers but one. */
static void range_without(const struct vrrp_instance_conf *inst, const struct vrrp_track_conf *but,
			  int *least, int *most)
{
	*least = *most = (int)inst->priority;
	for (const struct vrrp_track_conf *t = inst->tracks; t && weights_count(inst);
	     t = t->next) {
		int low, high;

		if (t == but)
			continue;
		reach(t, &low, &high);
		*least += low;
		*most += high;
	}
}

void lint_weight_range(const struct vrrp_instance_conf *inst, unsigned *least, unsigned *most)
{
	int low, high;

	range_without(inst, NULL, &low, &high);
	*least = inst->priority == 255 ? 255 : clamp(low);
	*most = inst->priority == 255 ? 255 : clamp(high);
}

/* Both ends of what the others come to are beyond the same bound, with this tracker and without. */
static bool never_counts(const struct vrrp_instance_conf *inst, const struct vrrp_track_conf *t)
{
	int least, most, low, high;

	range_without(inst, t, &least, &most);
	reach(t, &low, &high);
	return clamp(least + low) == clamp(least + high) &&
	       clamp(most + low) == clamp(most + high) && clamp(least) == clamp(most);
}

static void check_track(const struct lint *l, const struct vrrp_instance_conf *inst,
			const struct vrrp_track_conf *t)
{
	int low, high, least, most;

	if (t->weight == 0 || !weights_count(inst))
		return; /* a fault; or said where weights do not count */
	reach(t, &low, &high);
	range_without(inst, t, &least, &most);
	if (never_counts(inst, t)) {
		conf_advise(l->diags, t->place,
			    "%s: weight %d of '%s' can never cause a failover: the effective "
			    "priority is %u with it and without (it stays within 1 and 254)",
			    inst->name, t->weight, t->name, clamp(least));
		return;
	}
	if (t->kind != VRRP_TRACK_FILE &&
	    clamp(most + high) - clamp(most + low) < (unsigned)(high - low) &&
	    clamp(least + high) - clamp(least + low) < (unsigned)(high - low))
		conf_advise(l->diags, t->place,
			    "%s: weight %d of '%s' counts %u only: the effective priority stays "
			    "within 1 and 254",
			    inst->name, t->weight, t->name, clamp(most + high) - clamp(most + low));
}

static bool has_weight(const struct vrrp_instance_conf *inst)
{
	for (const struct vrrp_track_conf *t = inst->tracks; t && weights_count(inst); t = t->next)
		if (t->weight != 0)
			return true;
	return false;
}

static bool rows_ask(const struct vrrp_track_conf *t, enum vrrp_track_kind kind, const char *name)
{
	for (; t; t = t->next)
		if (t->kind == kind && strcmp(t->name, name) == 0)
			return true;
	return false;
}

static void check_asked(const struct lint *l, enum vrrp_track_kind kind, const char *name,
			struct conf_place place)
{
	for (const struct vrrp_instance_conf *i = l->conf->instances; i; i = i->next)
		if (rows_ask(i->tracks, kind, name))
			return;
	for (const struct vrrp_group_conf *g = l->conf->groups; g; g = g->next)
		if (rows_ask(g->tracks, kind, name))
			return;
	conf_advise(l->diags, place, "'%s' is tracked by nobody: what it finds moves nothing",
		    name);
}

void lint_weight_notes(const struct lint *l)
{
	for (const struct vrrp_instance_conf *i = l->conf->instances; i; i = i->next) {
		unsigned least, most;

		lint_weight_range(i, &least, &most);
		if (least != most)
			conf_note(l->diags, i->place,
				  "%s: what it tracks makes its priority %u to %u; whether that "
				  "reaches past the other node's is seen with --peer FILE",
				  i->name, least, most);
	}
}

void lint_weights(const struct lint *l)
{
	for (const struct vrrp_instance_conf *i = l->conf->instances; i; i = i->next) {
		for (const struct vrrp_track_conf *t = i->tracks; t; t = t->next)
			check_track(l, i, t);
		if (i->nopreempt && has_weight(i))
			conf_advise(l->diags, i->place,
				    "%s: nopreempt beside weights: a backup takes over from a "
				    "living master neither way, a lower priority moves nothing "
				    "(weight 0, a fault, does)",
				    i->name);
	}
	for (const struct vrrp_script_conf *s = l->conf->scripts; s; s = s->next)
		check_asked(l, s->is_process ? VRRP_TRACK_PROCESS : VRRP_TRACK_SCRIPT, s->name,
			    s->place);
	for (const struct vrrp_process_conf *p = l->conf->processes; p; p = p->next)
		check_asked(l, VRRP_TRACK_PROCESS, p->name, p->place);
	for (const struct vrrp_file_conf *f = l->conf->files; f; f = f->next)
		check_asked(l, VRRP_TRACK_FILE, f->name, f->place);
	for (const struct vrrp_bfd_conf *c = l->conf->bfds; c; c = c->next)
		check_asked(l, VRRP_TRACK_BFD, c->name, c->place);
}
