/*
 * Rows track_pgsql, track_mysql and track_redis of instances and sync groups: relais' own, a real
 * Keepalived passes over them with a warning. A block is one database; its words may stand on one
 * line or on several.
 */
#include "failover/conf/failover_build.h"
#include "failover/conf/track/track_database.h"

static void read_block(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = failover_build_of(ctx);
	const char *kind = strchr(line->words[0].text, '_') + 1; /* track_KIND */
	const struct block_node *node = block_node_of(line);
	struct vrrp_track_conf *row, **slot;
	struct track_database t;

	failover_rows_extra(ctx, line, 1);
	if (!track_database_begin(ctx, line, 0, kind, 1000000, &t))
		return;
	for (node = node->children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		if (!track_database_words(ctx, &node->line, 0, &t))
			return;
	}
	if (!b->script_user.set) {
		FAILOVER_ERROR(ctx, line, 0,
			       "there is no user keepalived_script to ask the database, and "
			       "enable_script_security forbids root by default: write script_user");
		return;
	}
	row = track_database_end(ctx, line, 0, b->conf, &t, b->script_user.uid, b->script_user.gid);
	slot = row ? failover_track_slot(ctx, line, target, row->kind, row->name) : NULL;
	if (slot)
		*slot = row;
}

#define ROW(word, server)                                                                          \
	{                                                                                          \
		.name = word, .sections = FAILOVER_INSTANCE | FAILOVER_GROUP, .type = CONF_CUSTOM, \
		.parse = read_block,                                                               \
		.args = "{ role primary|replica [host <address>|socket <path>] [port <n>] [user "  \
			"<name>] [password-file <path>] [dbname <name>] [interval <time>] "        \
			"[timeout <time>] [weight <n> [reverse]] [rise <n>] [fall <n>] [cold] }",  \
		.doc = "relais' own: the role of this " server " server, see docs/failover.md",    \
		.since = "0.1"                                                                     \
	}

const struct conf_keyword failover_database_rows[] = {
	ROW("track_pgsql", "PostgreSQL"),
	ROW("track_mysql", "MariaDB or MySQL"),
	ROW("track_redis", "Redis"),
	{.name = NULL},
};
