/*
 * track_group: instances for which something static must be there. The block stands above what
 * names it, as for Keepalived. When all is read, each static address, route and rule with a group
 * becomes a row of vrrp_static_conf, and a track of each member.
 */
#include <stdio.h>

#include "failover/conf/failover_build.h"

struct failover_track_group {
	struct failover_track_group *next;
	const char *name;
	const char **members; /* n of them */
	unsigned n;
	struct conf_place place;
};

static struct failover_track_group *find(const struct failover_build *b, const char *name)
{
	struct failover_track_group *g = b->track_groups;

	while (g && strcmp(g->name, name) != 0)
		g = g->next;
	return g;
}

/* group { NAME ... }: one a line, or several. */
static void read_members(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct block_node *children = block_node_of(line)->children, *node;
	struct failover_track_group *g = target;
	unsigned n = 0;

	for (node = children; node; node = node->next)
		n += node->line.n_words;
	g->members = ARENA_ARRAY(ctx->arena, const char *, n + 1);
	for (node = children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		for (unsigned i = 0; i < node->line.n_words; i++)
			g->members[g->n++] = node->line.words[i].text;
	}
}

static void read_group(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;
	struct failover_track_group *g;

	if (line->n_words < 2 || find(b, line->words[1].text)) {
		FAILOVER_WARN(ctx, line, 0,
			      line->n_words < 2 ? "a track_group needs a name, this one is not used"
						: "this track_group is there already, the first "
						  "counts");
		return;
	}
	failover_rows_extra(ctx, line, 2);
	g = ARENA_NEW(ctx->arena, struct failover_track_group);
	g->name = line->words[1].text;
	g->place = block_word_place(line, 0);
	failover_rows_walk(b, block_node_of(line)->children, FAILOVER_TRACK_GROUP, "track_group",
			   g);
	g->next = b->track_groups;
	b->track_groups = g;
}

const struct conf_keyword failover_track_group_rows[] = {
	{.name = "track_group",
	 .sections = FAILOVER_TOP,
	 .type = CONF_CUSTOM,
	 .parse = read_group,
	 .args = "{ group { <instance> ... } }",
	 .doc = "instances that are in FAULT while something static of this track_group cannot be "
		"put back",
	 .since = "0.1"},
	{.name = "group",
	 .sections = FAILOVER_TRACK_GROUP,
	 .type = CONF_CUSTOM,
	 .parse = read_members,
	 .args = "{ <instance> ... }",
	 .doc = "the instances",
	 .since = "0.1"},
	{.name = NULL},
};

/* ---- when all is read ---- */

static struct vrrp_instance_conf *find_instance(struct failover_build *b, const char *name)
{
	struct vrrp_instance_conf *i = b->conf->instances;

	while (i && strcmp(i->name, name) != 0)
		i = i->next;
	return i;
}

static void add_track(struct failover_build *b, struct vrrp_instance_conf *inst, const char *name,
		      struct conf_place place)
{
	struct vrrp_track_conf **tail = &inst->tracks;

	while (*tail)
		tail = &(*tail)->next;
	*tail = ARENA_NEW(b->ctx.arena, struct vrrp_track_conf);
	**tail = (struct vrrp_track_conf){.kind = VRRP_TRACK_STATIC, .name = name, .place = place};
}

/* s: the row, but for its list. The group has to stand above what names it. */
static void track(struct failover_build *b, const char *group, const struct vrrp_static_conf *s,
		  struct conf_place place)
{
	const struct failover_track_group *g = find(b, group);
	struct vrrp_static_conf **tail = &b->conf->statics;

	if (!g || (strcmp(g->place.file, place.file) == 0 && g->place.line > place.line)) {
		conf_warn(b->ctx.diags, place,
			  "there is no track_group '%s' above, nobody tracks it", group);
		return;
	}
	while (*tail)
		tail = &(*tail)->next;
	*tail = ARENA_NEW(b->ctx.arena, struct vrrp_static_conf);
	**tail = *s;
	for (unsigned i = 0; i < g->n; i++) {
		struct vrrp_instance_conf *inst = find_instance(b, g->members[i]);

		if (inst)
			add_track(b, inst, s->name, place);
	}
}

static const char *address_name(struct failover_build *b, const struct vip_conf *vip)
{
	char ip[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX + 8];

	snprintf(text, sizeof(text), "%s/%u", addr_host_text(&vip->address, ip), vip->prefix_len);
	return arena_strdup(b->ctx.arena, text);
}

static void track_all(struct failover_build *b)
{
	for (const struct vip_conf *v = b->conf->static_vips; v; v = v->next)
		if (v->track_group)
			track(b, v->track_group,
			      &(struct vrrp_static_conf){.name = address_name(b, v), .vip = v},
			      v->place);
	for (const struct route_conf *r = b->conf->static_routes; r; r = r->next) {
		if (!r->track_group)
			continue;
		if (r->dev || r->hops)
			track(b, r->track_group,
			      &(struct vrrp_static_conf){.name = r->text, .route = r}, r->place);
		else
			conf_warn(b->ctx.diags, r->place,
				  "a static route without an interface cannot be tracked");
	}
	for (const struct rule_conf *r = b->conf->static_rules; r; r = r->next) {
		if (!r->track_group)
			continue;
		if (r->iif)
			track(b, r->track_group,
			      &(struct vrrp_static_conf){.name = r->text, .rule = r}, r->place);
		else
			conf_warn(b->ctx.diags, r->place,
				  "a static rule without iif cannot be tracked");
	}
}

static void not_here(struct failover_build *b, struct conf_place place)
{
	conf_warn(b->ctx.diags, place, "'track_group' is for what is static, it is left out");
}

void failover_track_groups_finish(struct failover_build *b)
{
	track_all(b);
	for (const struct failover_track_group *g = b->track_groups; g; g = g->next)
		for (unsigned i = 0; i < g->n; i++)
			if (!find_instance(b, g->members[i]))
				conf_warn(b->ctx.diags, g->place,
					  "track_group %s: there is no vrrp_instance '%s'", g->name,
					  g->members[i]);
	for (const struct vrrp_instance_conf *i = b->conf->instances; i; i = i->next) {
		for (const struct vip_conf *v = i->vips; v; v = v->next)
			if (v->track_group)
				not_here(b, v->place);
		for (const struct vip_conf *v = i->excluded; v; v = v->next)
			if (v->track_group)
				not_here(b, v->place);
		for (const struct route_conf *r = i->routes; r; r = r->next)
			if (r->track_group)
				not_here(b, r->place);
		for (const struct rule_conf *r = i->rules; r; r = r->next)
			if (r->track_group)
				not_here(b, r->place);
	}
}
