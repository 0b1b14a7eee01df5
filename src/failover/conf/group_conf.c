/*
 * Rows of vrrp_sync_group, and what is checked of groups when all instances are known.
 */
#include "failover/conf/failover_build.h"

static struct vrrp_group_conf *find(struct failover_build *b, const char *name)
{
	for (struct vrrp_group_conf *g = b->conf->groups; g; g = g->next)
		if (strcmp(g->name, name) == 0)
			return g;
	return NULL;
}

static struct vrrp_instance_conf *find_instance(struct failover_build *b, const char *name)
{
	for (struct vrrp_instance_conf *i = b->conf->instances; i; i = i->next)
		if (strcmp(i->name, name) == 0)
			return i;
	return NULL;
}

/* group { NAME ... }: one a line, or several. */
static void read_members(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct block_node *children = block_node_of(line)->children, *node;
	struct vrrp_group_conf *group = target;
	const char **names;
	size_t n = 0;

	if (group->member_names) {
		FAILOVER_WARN(ctx, line, 0, "the members are given already: the first list counts");
		return;
	}
	for (node = children; node; node = node->next)
		n += node->line.n_words;
	names = ARENA_ARRAY(ctx->arena, const char *, n + 1);
	n = 0;
	for (node = children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		for (unsigned i = 0; i < node->line.n_words; i++)
			names[n++] = node->line.words[i].text;
	}
	group->member_names = names;
}

static void read_group(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;
	struct vrrp_group_conf *group = ARENA_NEW(ctx->arena, struct vrrp_group_conf);

	if (line->n_words < 2 || find(b, line->words[1].text)) {
		FAILOVER_WARN(ctx, line, 0,
			      line->n_words < 2 ? "a vrrp_sync_group needs a name, this one is "
						  "not used"
						: "this vrrp_sync_group is there already, the "
						  "first counts");
		return;
	}
	failover_rows_extra(ctx, line, 2);
	group->name = line->words[1].text;
	group->place = block_word_place(line, 0);
	group->notify.priority_changes = b->defaults.notify.priority_changes;
	group->smtp_alert = b->defaults.smtp_alert;
	failover_rows_walk(b, block_node_of(line)->children, FAILOVER_GROUP, "vrrp_sync_group",
			   group);
	*b->group_tail = group;
	b->group_tail = &group->next;
}

const struct conf_keyword failover_group_rows[] = {
	{.name = "vrrp_sync_group",
	 .sections = FAILOVER_TOP,
	 .type = CONF_CUSTOM,
	 .parse = read_group,
	 .args = "{ ... }",
	 .doc = "instances that move together",
	 .since = "0.1"},
	{.name = "group",
	 .sections = FAILOVER_GROUP,
	 .type = CONF_CUSTOM,
	 .parse = read_members,
	 .args = "{ <instance> ... }",
	 .doc = "the members",
	 .since = "0.1"},
	{.name = "sync_group_tracking_weight",
	 .sections = FAILOVER_GROUP,
	 .type = CONF_FLAG,
	 .offset = offsetof(struct vrrp_group_conf, tracking_weight),
	 .doc = "weights of the members' tracks count",
	 .since = "0.1"},
	{.name = NULL},
};

/* ---- when all instances are known ---- */

static void join(struct failover_build *b, struct vrrp_group_conf *group)
{
	const char **kept = (const char **)(uintptr_t)group->member_names; /* made above */
	size_t n = 0;

	for (const char *const *name = kept; *name; name++) {
		struct vrrp_instance_conf *inst = find_instance(b, *name);

		if (!inst) {
			conf_warn(b->ctx.diags, group->place,
				  "vrrp_sync_group %s: there is no vrrp_instance '%s', left out",
				  group->name, *name);
		} else if (inst->group == group) {
			conf_warn(b->ctx.diags, group->place,
				  "vrrp_sync_group %s: %s is named twice", group->name, *name);
		} else if (inst->group) {
			conf_error(b->ctx.diags, group->place,
				   "vrrp_instance %s is in two groups, %s and %s", *name,
				   inst->group->name, group->name);
		} else {
			inst->group = group;
			kept[n++] = *name;
		}
	}
	kept[n] = NULL;
	if (n < 2)
		conf_warn(b->ctx.diags, group->place, "vrrp_sync_group %s has %zu member%s",
			  group->name, n, n == 1 ? "" : "s");
}

/* As Keepalived 2.2.7 was seen to do it. */
static bool is_left_out(const struct vrrp_track_conf *t)
{
	return t->weight != 0 && (t->kind == VRRP_TRACK_SCRIPT || t->kind == VRRP_TRACK_BFD ||
				  (t->kind == VRRP_TRACK_FILE && t->weight_set));
}

/* In a group without sync_group_tracking_weight a member's tracks have no weights, or priorities
 * would drift apart: what fails takes all down. But a script, a BFD session or a file with a weight
 * is not tracked at all, as with Keepalived: a failure on both nodes, which was to change two
 * priorities alike, must not leave the addresses to nobody. A process keeps its weight, and those
 * of the group's own rows count for all members. */
static void clear_weights(struct failover_build *b, struct vrrp_instance_conf *inst)
{
	struct vrrp_track_conf **next = &inst->tracks;

	while (*next) {
		struct vrrp_track_conf *t = *next;

		if (is_left_out(t)) {
			conf_warn(b->ctx.diags, t->place,
				  "%s is in a group: %s '%s' has a weight and is not tracked, as "
				  "with Keepalived (weight 0 makes its failure a fault; see "
				  "sync_group_tracking_weight)",
				  inst->name,
				  t->kind == VRRP_TRACK_SCRIPT ? "script"
				  : t->kind == VRRP_TRACK_BFD  ? "BFD session"
							       : "file",
				  t->name);
			*next = t->next;
			continue;
		}
		if (t->weight != 0 && t->kind != VRRP_TRACK_PROCESS) {
			conf_warn(b->ctx.diags, t->place,
				  "%s is in a group: the weight of '%s' counts as 0, its failure "
				  "is a fault (see sync_group_tracking_weight)",
				  inst->name, t->name);
			t->weight = 0;
			t->reverse = t->reverse && t->kind != VRRP_TRACK_INTERFACE;
		}
		next = &t->next;
	}
}

void failover_groups_finish(struct failover_build *b)
{
	static const char *const nobody[] = {NULL};

	for (struct vrrp_group_conf *g = b->conf->groups; g; g = g->next) {
		if (g->member_names) {
			join(b, g);
		} else {
			g->member_names = nobody;
			conf_warn(b->ctx.diags, g->place, "vrrp_sync_group %s has no members",
				  g->name);
		}
	}
	for (struct vrrp_instance_conf *i = b->conf->instances; i; i = i->next)
		if (i->group && !i->group->tracking_weight)
			clear_weights(b, i);
}
