/*
 * Rows of virtual_routes and virtual_rules in a vrrp_instance, and of static_ipaddress,
 * static_routes and static_rules beside them. Target: the instance, or the build.
 */
#include "failover/route/route_words.h"

static void read_routes(struct conf_ctx *ctx, const struct conf_line *line,
			struct route_conf **tail)
{
	const struct block_node *node;

	failover_rows_extra(ctx, line, 1);
	while (*tail)
		tail = &(*tail)->next;
	for (node = block_node_of(line)->children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		*tail = failover_route_read(ctx, &node->line);
		if (*tail)
			tail = &(*tail)->next;
	}
}

static void read_rules(struct conf_ctx *ctx, const struct conf_line *line, struct rule_conf **tail)
{
	const struct block_node *node;

	failover_rows_extra(ctx, line, 1);
	while (*tail)
		tail = &(*tail)->next;
	for (node = block_node_of(line)->children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		*tail = failover_rule_read(ctx, &node->line);
		if (*tail)
			tail = &(*tail)->next;
	}
}

static void read_virtual_routes(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_routes(ctx, line, &((struct vrrp_instance_conf *)target)->routes);
}

static void read_virtual_rules(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_rules(ctx, line, &((struct vrrp_instance_conf *)target)->rules);
}

static void read_static_routes(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_routes(ctx, line, &((struct failover_build *)target)->conf->static_routes);
}

static void read_static_rules(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_rules(ctx, line, &((struct failover_build *)target)->conf->static_rules);
}

static void read_static_addresses(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vip_conf **tail = &((struct failover_build *)target)->conf->static_vips;
	const struct block_node *node;

	failover_rows_extra(ctx, line, 1);
	while (*tail)
		tail = &(*tail)->next;
	for (node = block_node_of(line)->children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		*tail = failover_vip_read(ctx, &node->line);
		if (*tail)
			tail = &(*tail)->next;
	}
}

static void read_default_interface(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct failover_build *)target)->conf->default_interface = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

#define ROW(word, where, how, what, text)                                                         \
	{                                                                                         \
		.name = word, .sections = where, .type = CONF_CUSTOM, .parse = how, .args = what, \
		.doc = text, .since = "0.1"                                                       \
	}

const struct conf_keyword failover_static_rows[] = {
	ROW("virtual_routes", FAILOVER_INSTANCE, read_virtual_routes, "{ <route> ... }",
	    "routes that move with the addresses, in the words of `ip route`"),
	ROW("virtual_rules", FAILOVER_INSTANCE, read_virtual_rules, "{ <rule> ... }",
	    "rules that move with the addresses, in the words of `ip rule`"),
	ROW("static_ipaddress", FAILOVER_TOP, read_static_addresses, "{ <address> ... }",
	    "addresses that are there while failover runs"),
	ROW("static_routes", FAILOVER_TOP, read_static_routes, "{ <route> ... }",
	    "routes that are there while failover runs"),
	ROW("static_rules", FAILOVER_TOP, read_static_rules, "{ <rule> ... }",
	    "rules that are there while failover runs"),
	ROW("default_interface", FAILOVER_GLOBAL, read_default_interface, "<interface>",
	    "of static addresses that name none, eth0 by default"),
	{.name = NULL},
};
