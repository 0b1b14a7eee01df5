/*
 * May an instance take part, and with which priority: its interface, what it tracks, and the
 * seam's resignation. Every change ends in vrrp_condition_review, which goes to FAULT or comes
 * back from it, alone or with the whole sync group.
 */
#include "failover/vrrp/instance_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/die.h"
#include "core/base/text.h"

const char *vrrp_condition_kind(enum vrrp_track_kind kind)
{
	switch (kind) {
	case VRRP_TRACK_INTERFACE:
		return "interface";
	case VRRP_TRACK_SCRIPT:
		return "script";
	case VRRP_TRACK_PROCESS:
		return "process";
	case VRRP_TRACK_FILE:
		return "file";
	case VRRP_TRACK_BFD:
		return "bfd";
	case VRRP_TRACK_STATIC:
		return "static";
	case VRRP_TRACK_BACKEND:
		return "backend";
	case VRRP_TRACK_FRONTEND:
		return "frontend";
	case VRRP_TRACK_SERVER:
		return "server";
	case VRRP_TRACK_DATABASE:
		return "database";
	}
	return "track";
}

/* Of members of a group the configuration has left those that do. */
static bool weights_count(const struct vrrp_instance *inst)
{
	return inst->conf->priority != 255;
}

/* ---- numbers of files, as Keepalived 2.2.7 was seen to count them ---- */

enum { NUMBER_MOST = 253 };

static long long product(const struct track *t)
{
	long long n;

	if (__builtin_mul_overflow(t->number, (long long)t->conf->weight, &n))
		n = (t->number < 0) == (t->conf->weight < 0) ? INT32_MAX : -INT32_MAX;
	return t->conf->reverse ? -n : n;
}

static enum track_status number_status(const struct track *t)
{
	if (t->conf->weight == 0)
		return (t->number != 0) != t->conf->reverse ? TRACK_DOWN : TRACK_UP;
	return product(t) < -NUMBER_MOST ? TRACK_DOWN : TRACK_UP;
}

/* ---- verdict and priority ---- */

bool vrrp_condition_turns(const struct vrrp_track_conf *row)
{
	return row->reverse && row->weight == 0;
}

bool vrrp_condition_is_fault(const struct vrrp_instance *inst, const struct track *t)
{
	if (t->status != TRACK_DOWN)
		return false;
	return t->conf->weight == 0 || (t->conf->kind == VRRP_TRACK_FILE && weights_count(inst));
}

static bool compared_fault(const struct vrrp_instance *inst, const struct track *t)
{
	return vrrp_condition_is_fault(inst, t) && vrrp_compare_row(inst, t->conf);
}

static void say_fault(const struct track *t, char why[static REASON_LEN])
{
	const char *kind = vrrp_condition_kind(t->conf->kind);

	if (t->note[0])
		snprintf(why, REASON_LEN, "%s %.70s: %.40s", kind, t->conf->name, t->note);
	else if (t->conf->kind == VRRP_TRACK_FILE)
		snprintf(why, REASON_LEN, "file %s says %lld", t->conf->name, t->number);
	else
		snprintf(why, REASON_LEN, "%s %s %s", kind, t->conf->name,
			 t->conf->reverse ? "is up (reverse)" : "is down");
}

void vrrp_condition_say_fault(const struct vrrp_instance *inst, char why[static REASON_LEN])
{
	snprintf(why, REASON_LEN, "a fault");
	for (unsigned i = 0; i < inst->n_tracks; i++)
		if (compared_fault(inst, &inst->tracks[i])) {
			say_fault(&inst->tracks[i], why);
			return;
		}
}

enum verdict vrrp_condition_judge(const struct vrrp_instance *inst, bool spared,
				  char why[static REASON_LEN])
{
	const char *dev = inst->conf->interface;
	bool must_be_up = !inst->conf->dont_track_primary;
	enum verdict verdict = VERDICT_CLEAR;

	why[0] = '\0';
	if (inst->resigned) {
		snprintf(why, REASON_LEN, "%s", inst->resigned_for);
		return inst->awaits && inst->state == VRRP_INIT ? VERDICT_WAIT : VERDICT_FAULT;
	}
	if (inst->mute.on) {
		snprintf(why, REASON_LEN, "%s", inst->mute.why);
		return VERDICT_FAULT;
	}
	if (inst->takeover.failed) {
		snprintf(why, REASON_LEN, "%s", inst->takeover.why);
		return VERDICT_FAULT;
	}
	if (inst->link.ifindex == 0 || (must_be_up && !inst->link.up)) {
		snprintf(why, REASON_LEN, "interface %s %s", dev,
			 inst->link.ifindex == 0 ? "does not exist" : "is down");
		return VERDICT_FAULT;
	}
	/* A unicast sender cannot send from it, as Keepalived cannot: a second master that nobody
	 * hears. */
	if ((inst->conf->track_src_ip || inst->conf->peers) && inst->link.src_missing) {
		char src[ADDR_TEXT_MAX];

		snprintf(why, REASON_LEN, "the source address %s is missing",
			 addr_host_text(&inst->conf->src, src));
		return VERDICT_FAULT;
	}
	if (inst->link.deaf) { /* it would take over from whoever it does not hear */
		snprintf(why, REASON_LEN, "no VRRP socket on interface %s",
			 vrrp_conf_wire(inst->conf));
		return VERDICT_FAULT;
	}
	if (!vrrp_source(inst)) {
		snprintf(why, REASON_LEN, "interface %s has no %s address to send from", dev,
			 inst->conf->family == AF_INET6 ? "link-local IPv6" : "IPv4");
		return VERDICT_FAULT;
	}
	for (unsigned i = 0; i < inst->n_tracks; i++) {
		const struct track *t = &inst->tracks[i];

		if (vrrp_condition_is_fault(inst, t) && !(spared && compared_fault(inst, t))) {
			say_fault(t, why);
			return VERDICT_FAULT;
		}
		if (t->status == TRACK_UNKNOWN && t->conf->weight == 0 &&
		    verdict == VERDICT_CLEAR) {
			snprintf(why, REASON_LEN, "waiting for the first result of %s %s",
				 vrrp_condition_kind(t->conf->kind), t->conf->name);
			verdict = VERDICT_WAIT;
		}
	}
	return verdict;
}

enum verdict vrrp_condition_verdict(const struct vrrp_instance *inst, char why[static REASON_LEN])
{
	return vrrp_condition_judge(inst, vrrp_compare_holds_on(inst), why);
}

int vrrp_condition_adds(const struct vrrp_instance *inst, const struct track *t)
{
	int weight = t->conf->weight;

	if (!weights_count(inst))
		return 0;
	if (t->conf->kind == VRRP_TRACK_FILE && t->status >= TRACK_UP)
		return product(t) > NUMBER_MOST ? NUMBER_MOST : (int)product(t);
	if ((t->status != TRACK_UP || weight < 0) && (t->status != TRACK_DOWN || weight > 0))
		return 0;
	return t->conf->reverse ? -weight : weight;
}

static unsigned compute_priority(const struct vrrp_instance *inst)
{
	int priority = (int)inst->conf->priority;

	/* Not while it is being demoted: the others would take over in the midst of it. */
	if (vrrp_compare_lowest(inst) ||
	    (inst->group && vrrp_group_any(inst->group, vrrp_compare_lowest)) ||
	    (inst->held == VRRP_HOLD_MAINTENANCE && inst->takeover.phase != VRRP_PHASE_DEMOTE))
		return 1;
	if (!weights_count(inst))
		return inst->conf->priority;
	for (unsigned i = 0; i < inst->n_tracks; i++)
		priority += vrrp_condition_adds(inst, &inst->tracks[i]);
	if (priority < 1)
		return 1;
	return priority > 254 ? 254 : (unsigned)priority;
}

static void say_priority(const struct vrrp_instance *inst, unsigned was)
{
	char buf[REASON_LEN];
	struct text why;

	text_init(&why, buf, sizeof(buf));
	if (inst->held == VRRP_HOLD_MAINTENANCE && inst->priority == 1)
		text_str(&why, ", in maintenance");
	for (unsigned i = 0; i < inst->n_tracks; i++) {
		const struct track *t = &inst->tracks[i];
		int adds = vrrp_condition_adds(inst, t);

		if (adds != 0)
			text_fmt(&why, ", %s %s %+d", vrrp_condition_kind(t->conf->kind),
				 t->conf->name, adds);
	}
	log_notice("(%s) effective priority %u, was %u%s", inst->conf->name, inst->priority, was,
		   why.len ? buf : ": as configured");
}

void vrrp_condition_weigh(struct vrrp_instance *inst)
{
	unsigned was = inst->priority;

	inst->priority = compute_priority(inst);
	if (was == inst->priority)
		return;
	say_priority(inst, was);
	vrrp_publish_all(inst);
	if (inst->ops->priority_changed)
		inst->ops->priority_changed(inst->ctx, inst, was, inst->priority);
}

static void set_waiting(struct vrrp_instance *inst, const char *why)
{
	if (strcmp(inst->reason, why) == 0)
		return;
	snprintf(inst->reason, sizeof(inst->reason), "%s", why);
	vrrp_publish_all(inst);
}

void vrrp_condition_apply(struct vrrp_instance *inst, enum verdict verdict, const char *why)
{
	if (!inst->started)
		return;
	if (verdict == VERDICT_FAULT && inst->state != VRRP_FAULT) {
		vrrp_instance_feed(inst, VRRP_EV_FAULT, "%s", why);
	} else if (verdict == VERDICT_FAULT) {
		set_waiting(inst, why);
	} else if (verdict == VERDICT_WAIT && inst->state == VRRP_INIT) {
		set_waiting(inst, why);
	} else if (verdict == VERDICT_CLEAR &&
		   (inst->state == VRRP_INIT || inst->state == VRRP_FAULT)) {
		bool owner = inst->priority == 255;

		vrrp_instance_feed(inst, owner ? VRRP_EV_START_OWNER : VRRP_EV_START, "%s",
				   inst->state == VRRP_FAULT ? "all that is tracked is well again"
				   : owner		     ? "address owner"
							     : "started");
	}
}

static bool has_compared_fault(const struct vrrp_instance *inst)
{
	for (unsigned i = 0; i < inst->n_tracks; i++)
		if (compared_fault(inst, &inst->tracks[i]))
			return true;
	return false;
}

static bool has_compared_doubt(const struct vrrp_instance *inst)
{
	for (unsigned i = 0; i < inst->n_tracks; i++)
		if (inst->tracks[i].doubtful && inst->tracks[i].status == TRACK_UP &&
		    vrrp_compare_row(inst, inst->tracks[i].conf))
			return true;
	return false;
}

void vrrp_condition_review(struct vrrp_instance *inst)
{
	char why[REASON_LEN];
	enum verdict verdict;

	vrrp_compare_note(inst, has_compared_fault(inst));
	vrrp_condition_weigh(inst);
	if (inst->group) {
		vrrp_group_review(inst->group);
		return;
	}
	verdict = vrrp_condition_verdict(inst, why);
	vrrp_condition_apply(inst, verdict, why);
	vrrp_last_resort_settle(inst);
}

/* ---- tracks ---- */

static unsigned count_rows(const struct vrrp_track_conf *row)
{
	unsigned n = 0;

	for (; row; row = row->next)
		n++;
	return n;
}

static struct track carry_over(const struct track *old, unsigned n_old,
			       const struct vrrp_track_conf *row, enum track_status fresh)
{
	struct track t = {.conf = row, .status = fresh};

	for (unsigned i = 0; i < n_old; i++) {
		const struct vrrp_track_conf *was = old[i].conf;

		if (was->kind != row->kind || strcmp(was->name, row->name) != 0)
			continue;
		t.status = old[i].status;
		t.number = old[i].number;
		t.role = old[i].role;
		t.answers = old[i].answers;
		t.asked_us = old[i].asked_us;
		memcpy(t.note, old[i].note, sizeof(t.note));
		if (t.status >= TRACK_UP && row->kind == VRRP_TRACK_FILE)
			t.status = number_status(&t);
		else if (vrrp_condition_turns(was) != vrrp_condition_turns(row) &&
			 t.status >= TRACK_UP)
			t.status = t.status == TRACK_UP ? TRACK_DOWN : TRACK_UP;
		return t;
	}
	return t;
}

void vrrp_condition_rebuild(struct vrrp_instance *inst, enum track_status fresh)
{
	const struct vrrp_track_conf *lists[2] = {
		inst->conf->tracks, inst->group ? vrrp_group_conf(inst->group)->tracks : NULL};
	unsigned n = count_rows(lists[0]) + count_rows(lists[1]), at = 0;
	struct track *rows = calloc(n ? n : 1, sizeof(*rows));

	if (!rows)
		die_no_memory();
	for (int i = 0; i < 2; i++)
		for (const struct vrrp_track_conf *row = lists[i]; row; row = row->next)
			rows[at++] = carry_over(inst->tracks, inst->n_tracks, row, fresh);
	free(inst->tracks);
	inst->tracks = rows;
	inst->n_tracks = n;
}

void vrrp_instance_track_number(struct vrrp_instance *inst, const char *name, long long number)
{
	bool changed = false;

	for (unsigned i = 0; i < inst->n_tracks; i++) {
		struct track *t = &inst->tracks[i];

		if (t->conf->kind != VRRP_TRACK_FILE || strcmp(t->conf->name, name) != 0 ||
		    (t->status >= TRACK_UP && t->number == number))
			continue;
		t->number = number;
		t->status = number_status(t);
		changed = true;
	}
	if (!changed)
		return;
	vrrp_publish_all(inst);
	vrrp_condition_review(inst);
}

static bool set_status(struct track *t, bool up)
{
	enum track_status now = up != vrrp_condition_turns(t->conf) ? TRACK_UP : TRACK_DOWN;
	bool changed = t->status != now;

	t->status = now;
	return changed;
}

void vrrp_instance_track_set(struct vrrp_instance *inst, enum vrrp_track_kind kind,
			     const char *name, bool up)
{
	bool changed = false;

	for (unsigned i = 0; i < inst->n_tracks; i++) {
		struct track *t = &inst->tracks[i];

		if (t->conf->kind == kind && strcmp(t->conf->name, name) == 0)
			changed |= set_status(t, up);
	}
	if (!changed)
		return;
	vrrp_publish_all(inst);
	vrrp_condition_review(inst);
}

void vrrp_instance_track_ask(struct vrrp_instance *inst, vrrp_track_ask_fn *ask, void *ctx)
{
	bool changed = false;

	for (unsigned i = 0; i < inst->n_tracks; i++) {
		struct track *t = &inst->tracks[i];
		int answer = ask(ctx, t->conf);

		if (answer < 0)
			continue;
		changed |= set_status(t, answer > 0);
		t->doubtful = answer > 1;
	}
	vrrp_compare_doubt_note(inst, has_compared_doubt(inst));
	if (!changed)
		return;
	vrrp_publish_all(inst);
	vrrp_condition_review(inst);
}

/* ---- link and seam ---- */

static bool link_same(const struct vrrp_link *a, const struct vrrp_link *b)
{
	return a->ifindex == b->ifindex && a->up == b->up && a->deaf == b->deaf &&
	       addr_eq(&a->ipv4, &b->ipv4, false) &&
	       addr_eq(&a->ipv6_linklocal, &b->ipv6_linklocal, false) &&
	       addr_eq(&a->ipv6_global, &b->ipv6_global, false) &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 && a->src_missing == b->src_missing;
}

/* A master that goes on with another MAC, or behind a link that was away, is announced again:
 * nobody else tells the clients. */
void vrrp_instance_link_changed(struct vrrp_instance *inst, const struct vrrp_link *link)
{
	bool answers_anew;

	if (strcmp(link->name, inst->conf->interface) != 0 || link_same(&inst->link, link))
		return;
	answers_anew = link->up && (!inst->link.up || memcmp(link->mac, inst->link.mac, 6) != 0);
	inst->link = *link;
	vrrp_condition_review(inst);
	if (answers_anew && inst->takeover.holds)
		vrrp_announce_again(&inst->announce);
}

void vrrp_instance_resign(struct vrrp_instance *inst, const char *reason)
{
	inst->resigned = true;
	inst->awaits = false;
	snprintf(inst->resigned_for, sizeof(inst->resigned_for), "%s", reason);
	vrrp_condition_review(inst);
}

void vrrp_instance_await(struct vrrp_instance *inst, const char *reason)
{
	inst->resigned = inst->awaits = true;
	snprintf(inst->resigned_for, sizeof(inst->resigned_for), "%s", reason);
	vrrp_condition_review(inst);
}

void vrrp_instance_release(struct vrrp_instance *inst)
{
	if (!inst->resigned)
		return;
	inst->resigned = inst->awaits = false;
	vrrp_condition_review(inst);
}
