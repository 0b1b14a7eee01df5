/*
 * Lists of what instances and sync groups track: where a new row goes, and blocks with a row in
 * each line. Called by the rows of every kind (track_conf.c, track_service_conf.c,
 * track_database_conf.c).
 */
#include "failover/conf/failover_build.h"

struct vrrp_track_conf **failover_track_slot(struct conf_ctx *ctx, const struct conf_line *line,
					     void *target, enum vrrp_track_kind kind,
					     const char *name)
{
	struct vrrp_track_conf **list = failover_build_of(ctx)->section == FAILOVER_GROUP
						? &((struct vrrp_group_conf *)target)->tracks
						: &((struct vrrp_instance_conf *)target)->tracks;

	for (; *list; list = &(*list)->next) {
		if ((*list)->kind == kind && strcmp((*list)->name, name) == 0) {
			FAILOVER_WARN(ctx, line, 0, "'%s' is tracked already: the first counts",
				      name);
			return NULL;
		}
	}
	return list;
}

static void read_one(struct conf_ctx *ctx, const struct conf_line *line, void *target,
		     enum vrrp_track_kind kind, failover_track_fn *fill)
{
	const char *name = line->words[0].text;
	struct vrrp_track_conf **slot = failover_track_slot(ctx, line, target, kind, name);
	struct vrrp_track_conf *row;

	if (!slot)
		return;
	row = ARENA_NEW(ctx->arena, struct vrrp_track_conf);
	row->kind = kind;
	row->name = name;
	row->place = block_word_place(line, 0);
	if (fill(ctx, line, row))
		*slot = row;
}

void failover_track_rows(struct conf_ctx *ctx, const struct conf_line *line, void *target,
			 enum vrrp_track_kind kind, failover_track_fn *fill)
{
	const struct block_node *node = block_node_of(line);

	failover_rows_extra(ctx, line, 1);
	for (node = node->children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		read_one(ctx, &node->line, target, kind, fill);
	}
}
