/*
 * Rows of announcements that are not one number: garp_group (a pace for interfaces that one switch
 * has behind it) and garp_extra_if (announcements on further interfaces).
 */
#include <string.h>

#include "failover/conf/failover_build.h"

static void read_extra(struct conf_ctx *ctx, const struct conf_line *line,
		       struct vrrp_garp_conf *garp)
{
	unsigned at = 1;

	garp->extra_all = strcmp(line->words[1].text, "all") == 0;
	at += garp->extra_all;
	failover_value_seconds(ctx, line, at, 0, 86400000000, &garp->extra_us, "none are sent");
	failover_rows_extra(ctx, line, at + 1);
}

static void read_extra_global(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_extra(ctx, line, &((struct failover_build *)target)->defaults.garp);
}

static void read_extra_instance(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_extra(ctx, line, &((struct vrrp_instance_conf *)target)->garp);
}

static bool has_group(const struct failover_build *b, const char *interface)
{
	for (const struct garp_group_conf *g = b->conf->garp_groups; g; g = g->next)
		for (const char *const *name = g->interfaces; name && *name; name++)
			if (strcmp(*name, interface) == 0)
				return true;
	return false;
}

/* One more name behind those that are there; false when it is in a group already. */
static void add_interface(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			  struct garp_group_conf *group)
{
	const char *name = line->words[word].text;
	const char **list;
	size_t n = 0;

	if (has_group(failover_build_of(ctx), name)) {
		FAILOVER_WARN(ctx, line, word, "'%s' is in a garp_group already: the first counts",
			      name);
		return;
	}
	while (group->interfaces && group->interfaces[n])
		n++;
	list = ARENA_ARRAY(ctx->arena, const char *, n + 2);
	for (size_t i = 0; i < n; i++)
		list[i] = group->interfaces[i];
	list[n] = name;
	group->interfaces = list;
}

static void read_interface(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	add_interface(ctx, line, 1, target);
	failover_rows_extra(ctx, line, 2);
}

static void read_interfaces(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct block_node *node = block_node_of(line);

	failover_rows_extra(ctx, line, 1);
	for (node = node->children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		for (unsigned i = 0; i < node->line.n_words; i++)
			add_interface(ctx, &node->line, i, target);
	}
}

static void read_garp_group(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;
	struct garp_group_conf *group = ARENA_NEW(ctx->arena, struct garp_group_conf), **end;

	group->garp_interval_us = group->gna_interval_us = -1;
	group->place = block_word_place(line, 0);
	failover_rows_extra(ctx, line, 1);
	failover_rows_walk(b, block_node_of(line)->children, FAILOVER_GARP, "garp_group", group);
	if (!group->interfaces) {
		FAILOVER_WARN(ctx, line, 0, "a garp_group without interfaces is not used");
		return;
	}
	if (group->garp_interval_us < 0 && group->gna_interval_us < 0)
		FAILOVER_WARN(ctx, line, 0, "this garp_group says no interval");
	for (end = &b->conf->garp_groups; *end;)
		end = &(*end)->next;
	*end = group;
}

#define ROW(word, where, how, what, text)                                                         \
	{                                                                                         \
		.name = word, .sections = where, .type = CONF_CUSTOM, .parse = how, .args = what, \
		.doc = text, .since = "0.2"                                                       \
	}
#define TIME(word, member, text)                                                                  \
	{                                                                                         \
		.name = word, .sections = FAILOVER_GARP, .type = CONF_TIME_US,                    \
		.offset = offsetof(struct garp_group_conf, member), .min = 0, .max = 86400000000, \
		.args = "<seconds>", .dflt = "as without the group", .doc = text, .since = "0.2"  \
	}

const struct conf_keyword failover_garp_rows[] = {
	ROW("garp_group", FAILOVER_TOP, read_garp_group, "{ ... }",
	    "a pace of announcements that interfaces share"),
	ROW("interface", FAILOVER_GARP, read_interface, "<name>", "the interface"),
	ROW("interfaces", FAILOVER_GARP, read_interfaces, "{ <name> ... }",
	    "interfaces behind one switch"),
	TIME("garp_interval", garp_interval_us, "between two gratuitous ARPs"),
	TIME("gna_interval", gna_interval_us, "between two unsolicited neighbour advertisements"),
	ROW("vrrp_garp_extra_if", FAILOVER_GLOBAL, read_extra_global, "[all] <seconds>",
	    "announce addresses on other interfaces with a virtual MAC (all: on any) so often"),
	ROW("garp_extra_if", FAILOVER_INSTANCE, read_extra_instance, "[all] <seconds>",
	    "see vrrp_garp_extra_if"),
	{.name = NULL},
};
