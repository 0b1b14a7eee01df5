/*
 * Sync groups. See group.h.
 */
#include "failover/vrrp/group.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/die.h"
#include "failover/vrrp/instance_impl.h"

struct vrrp_group {
	const struct vrrp_group_conf *conf; /* borrowed, as ops and ctx */
	const struct vrrp_group_ops *ops;
	void *ctx;
	struct list members; /* vrrp_instance.group_link */
	enum vrrp_state state;
	bool moving; /* members are being moved: the group's state is settled afterwards */
};

#define EACH_MEMBER(inst, pos, group)     \
	LIST_EACH(pos, &(group)->members) \
	if (((inst) = container_of(pos, struct vrrp_instance, group_link)))

struct vrrp_group *vrrp_group_new(const struct vrrp_group_conf *conf,
				  const struct vrrp_group_ops *ops, void *ctx)
{
	struct vrrp_group *g = calloc(1, sizeof(*g));

	if (!g)
		die_no_memory();
	g->conf = conf;
	g->ops = ops;
	g->ctx = ctx;
	list_init(&g->members);
	return g;
}

void vrrp_group_free(struct vrrp_group **group)
{
	struct vrrp_group *g = *group;

	*group = NULL;
	if (!g)
		return;
	while (!list_empty(&g->members))
		vrrp_group_remove(container_of(g->members.next, struct vrrp_instance, group_link));
	free(g);
}

void vrrp_group_add(struct vrrp_group *group, struct vrrp_instance *inst)
{
	RELAIS_ASSERT(!inst->group);
	inst->group = group;
	list_push(&group->members, &inst->group_link);
	vrrp_condition_rebuild(inst, inst->started ? TRACK_PASSED : TRACK_UNKNOWN);
	vrrp_condition_review(inst);
}

void vrrp_group_remove(struct vrrp_instance *inst)
{
	if (!inst->group)
		return;
	list_del(&inst->group_link);
	inst->group = NULL;
	vrrp_condition_rebuild(inst, TRACK_PASSED);
}

void vrrp_group_reconfigure(struct vrrp_group *group, const struct vrrp_group_conf *conf)
{
	struct vrrp_instance *inst;
	struct list *pos;

	group->conf = conf;
	EACH_MEMBER(inst, pos, group)
	vrrp_condition_rebuild(inst, TRACK_PASSED);
	vrrp_group_review(group);
}

/* FAULT if one has a fault, MASTER if all are, INIT if one has not started, else BACKUP. */
static enum vrrp_state common_state(const struct vrrp_group *group)
{
	const struct vrrp_instance *inst;
	const struct list *pos;
	unsigned n = 0, n_in[VRRP_STATE_N] = {0};

	EACH_MEMBER(inst, pos, group)
	{
		n++;
		n_in[inst->state]++;
	}
	if (n_in[VRRP_FAULT])
		return VRRP_FAULT;
	if (n_in[VRRP_INIT] || n == 0)
		return VRRP_INIT;
	return n_in[VRRP_MASTER] == n ? VRRP_MASTER : VRRP_BACKUP;
}

static void settle(struct vrrp_group *group, const char *reason)
{
	enum vrrp_state was = group->state;

	if (group->moving)
		return;
	group->state = common_state(group);
	if (group->state == was)
		return;
	log_notice("group %s: %s: %s", group->conf->name, vrrp_state_word(group->state), reason);
	if (group->ops && group->ops->state_changed)
		group->ops->state_changed(group->ctx, group, was, group->state, reason);
}

static bool has_master(const struct vrrp_group *group)
{
	const struct vrrp_instance *inst;
	const struct list *pos;

	EACH_MEMBER(inst, pos, group)
	if (inst->state == VRRP_MASTER)
		return true;
	return false;
}

/* Members that wait behind one that is MASTER: it took over while they were not ready. */
static void take_all(struct vrrp_group *group)
{
	struct vrrp_instance *inst;
	struct list *pos;

	EACH_MEMBER(inst, pos, group)
	if (inst->state == VRRP_BACKUP)
		vrrp_instance_feed(inst, VRRP_EV_TAKE, "sync group %s is master",
				   group->conf->name);
}

bool vrrp_group_any(const struct vrrp_group *group, bool (*is_so)(const struct vrrp_instance *inst))
{
	const struct vrrp_instance *inst;
	const struct list *pos;

	EACH_MEMBER(inst, pos, group)
	if (is_so(inst))
		return true;
	return false;
}

bool vrrp_group_spared(const struct vrrp_group *group)
{
	const struct vrrp_instance *inst;
	const struct list *pos;
	char why[REASON_LEN];

	EACH_MEMBER(inst, pos, group)
	if (vrrp_condition_judge(inst, true, why) != VERDICT_CLEAR)
		return false;
	return true;
}

void vrrp_group_each_master(struct vrrp_group *group, void (*fn)(struct vrrp_instance *inst))
{
	struct vrrp_instance *inst;
	struct list *pos;

	EACH_MEMBER(inst, pos, group)
	if (inst->state == VRRP_MASTER)
		fn(inst);
}

/* Those without the fault first: with it gone there, all are to be in FAULT. */
void vrrp_group_relieve(struct vrrp_group *group, const char *reason)
{
	struct vrrp_instance *inst;
	struct list *pos;
	bool outer = group->moving;

	group->moving = true;
	for (int faulty = 0; faulty < 2; faulty++)
		EACH_MEMBER(inst, pos, group)
	if (inst->state == VRRP_MASTER && (inst->faulty_us > 0) == faulty)
		vrrp_instance_feed(inst, VRRP_EV_RELIEVED, "%s", reason);
	group->moving = outer;
	settle(group, reason);
}

void vrrp_group_review(struct vrrp_group *group)
{
	char why[REASON_LEN], shared[REASON_LEN + 128] = "";
	enum verdict worst = VERDICT_CLEAR, own;
	struct vrrp_instance *inst;
	struct list *pos;
	bool outer = group->moving;

	EACH_MEMBER(inst, pos, group)
	{
		own = vrrp_condition_verdict(inst, why);
		if (own <= worst)
			continue;
		worst = own;
		snprintf(shared, sizeof(shared), "sync group %s: %s: %s", group->conf->name,
			 inst->conf->name, why);
	}
	EACH_MEMBER(inst, pos, group)
	vrrp_condition_weigh(inst);
	group->moving = true;
	EACH_MEMBER(inst, pos, group)
	{
		own = vrrp_condition_verdict(inst, why);
		if (own == worst)
			vrrp_condition_apply(inst, own, why);
		else
			vrrp_condition_apply(inst, worst, shared);
	}
	if (has_master(group))
		take_all(group);
	EACH_MEMBER(inst, pos, group)
	vrrp_last_resort_settle(inst);
	group->moving = outer;
	settle(group, worst == VERDICT_CLEAR ? "all members are well" : shared);
}

void vrrp_group_moved(struct vrrp_instance *inst, enum vrrp_event event, enum vrrp_state from,
		      enum vrrp_state to)
{
	struct vrrp_group *group = inst->group;
	struct vrrp_instance *other;
	struct list *pos;
	bool fell = from == VRRP_MASTER && to == VRRP_BACKUP;
	/* Each has its own last word: the winner announces only the addresses of whom it hears. */
	enum vrrp_event back = event == VRRP_EV_RX_ABOVE ? VRRP_EV_FOLLOW : VRRP_EV_YIELD;

	if (!group)
		return;
	if (!group->moving && event != VRRP_EV_RESUME) {
		group->moving = true;
		EACH_MEMBER(other, pos, group)
		{
			if (other != inst && to == VRRP_MASTER && other->state == VRRP_BACKUP)
				vrrp_instance_feed(
					other, VRRP_EV_TAKE, "sync group %s: %s took over: %s",
					group->conf->name, inst->conf->name, inst->reason);
			if (other != inst && fell && other->state == VRRP_MASTER)
				vrrp_instance_feed(other, back, "sync group %s: %s fell back: %s",
						   group->conf->name, inst->conf->name,
						   inst->reason);
		}
		group->moving = false;
	}
	settle(group, inst->reason);
}

enum vrrp_state vrrp_group_state(const struct vrrp_group *group)
{
	return group->state;
}

const struct vrrp_group_conf *vrrp_group_conf(const struct vrrp_group *group)
{
	return group->conf;
}
