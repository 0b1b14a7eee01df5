/*
 * What an operator wants of a VIP: `vip switch`, `vip maintenance`, `vip release`. Asked on a
 * runtime socket, handed on by the master as MESSAGE_FAILOVER_VIP, answered on the shared page. A
 * name is an instance's or a sync group's; members of a group go together.
 */
#include <stdio.h>
#include <string.h>

#include "core/log/log.h"
#include "failover/failover_impl.h"

struct chosen {
	struct node *nodes[SHARED_VIPS_MAX];
	unsigned n, n_masters;
};

static bool is_meant(const struct node *node, const struct vrrp_group *group, const char *name)
{
	if (group)
		return node->group && node->group->group == group;
	return strcmp(vrrp_instance_conf(node->inst)->name, name) == 0;
}

/* The sync group of that name, or of the instance of that name; NULL = none. */
static const struct vrrp_group *group_meant(const struct failover *f, const char *name)
{
	const struct list *pos;

	LIST_EACH(pos, &f->nodes)
	{
		const struct node *node = container_of(pos, struct node, link);

		if (node->group && (strcmp(vrrp_instance_conf(node->inst)->name, name) == 0 ||
				    strcmp(vrrp_group_conf(node->group->group)->name, name) == 0))
			return node->group->group;
	}
	return NULL;
}

static void choose(struct failover *f, const char *name, struct chosen *out)
{
	const struct vrrp_group *group = group_meant(f, name);
	struct list *pos;

	out->n = out->n_masters = 0;
	LIST_EACH(pos, &f->nodes)
	{
		struct node *node = container_of(pos, struct node, link);

		if (!is_meant(node, group, name) || out->n == SHARED_VIPS_MAX)
			continue;
		out->nodes[out->n++] = node;
		out->n_masters += vrrp_instance_state(node->inst) == VRRP_MASTER;
	}
}

static void hold(const struct chosen *c, enum vrrp_hold how)
{
	for (unsigned i = 0; i < c->n; i++)
		vrrp_instance_hold(c->nodes[i]->inst, how);
	for (unsigned i = 0; i < c->n; i++)
		vrrp_instance_hold_settle(c->nodes[i]->inst);
}

static void carry_out(struct failover *f, const struct message_vip *ask, const struct chosen *c)
{
	bool ok = true;
	char text[192];

	switch (ask->action) {
	case MESSAGE_VIP_SWITCH:
		ok = c->n_masters > 0;
		snprintf(text, sizeof(text),
			 ok ? "%s: handed over; it is taken back if nobody else has it, or after "
			      "'vip release'"
			    : "%s: not MASTER here, there is nothing to hand over",
			 ask->name);
		if (ok)
			hold(c, VRRP_HOLD_SWITCH);
		break;
	case MESSAGE_VIP_MAINTENANCE_ON:
		hold(c, VRRP_HOLD_MAINTENANCE);
		snprintf(text, sizeof(text), "%s: in maintenance; only taken if nobody else has it",
			 ask->name);
		break;
	default: /* off, release */
		hold(c, VRRP_HOLD_NONE);
		snprintf(text, sizeof(text), "%s: takes part as configured", ask->name);
		break;
	}
	shared_answer_put(f->setup->page, ask->id, ok, text);
}

void failover_operator_vip(struct failover *f, const void *payload, size_t len)
{
	static const char *const words[] = {"switch", "maintenance on", "maintenance off",
					    "release"};
	struct message_vip ask;
	struct chosen chosen;

	if (len != sizeof(ask))
		return;
	memcpy(&ask, payload, sizeof(ask));
	ask.name[sizeof(ask.name) - 1] = '\0';
	choose(f, ask.name, &chosen);
	if (chosen.n == 0 || ask.action > MESSAGE_VIP_RELEASE) {
		shared_answer_put(f->setup->page, ask.id, false,
				  "there is no VRRP instance or sync group of that name");
		return;
	}
	log_notice("operator: vip %s %s", words[ask.action], ask.name);
	carry_out(f, &ask, &chosen);
}
