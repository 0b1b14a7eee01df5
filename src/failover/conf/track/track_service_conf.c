/*
 * Rows track_backend, track_frontend and track_server of instances and sync groups: relais' own, a
 * real Keepalived passes over them with a warning. Whether the names exist is checked where both
 * halves of the configuration are (main/config_seam.c).
 */
#include "failover/conf/failover_build.h"

enum { MIN_MAX = 4096 };

static struct vrrp_track_conf **tracks_of(struct conf_ctx *ctx, void *target)
{
	if (failover_build_of(ctx)->section == FAILOVER_GROUP)
		return &((struct vrrp_group_conf *)target)->tracks;
	return &((struct vrrp_instance_conf *)target)->tracks;
}

/* [min N] [weight N [reverse]] [compare|nocompare], in any order. */
static bool read_options(struct conf_ctx *ctx, const struct conf_line *line,
			 struct vrrp_track_conf *t)
{
	unsigned at = 1;

	while (at < line->n_words) {
		const char *word = line->words[at].text;
		long long n = 1;

		if (t->kind == VRRP_TRACK_BACKEND && strcmp(word, "min") == 0) {
			if (!failover_value_int(ctx, line, at + 1, 1, MIN_MAX, &n, "1"))
				return false;
			t->min = (unsigned)n;
			at += 2;
			continue;
		}
		if (failover_track_compare(word, t)) {
			at++;
			continue;
		}
		if (strcmp(word, "weight") != 0) {
			FAILOVER_ERROR(ctx, line, at, "'%s' is not understood here%s", word,
				       t->kind == VRRP_TRACK_BACKEND
					       ? ": [min <n>] [weight <n> [reverse]] [compare]"
					       : ": [weight <n> [reverse]] [compare]");
			return false;
		}
		if (!failover_value_int(ctx, line, at + 1, -253, 253, &n, "left out"))
			return false;
		t->weight = (int)n;
		t->weight_set = true;
		at += 2;
		if (at < line->n_words && strcmp(line->words[at].text, "reverse") == 0) {
			t->reverse = true;
			at++;
		}
	}
	return true;
}

static void read_one(struct conf_ctx *ctx, const struct conf_line *line, enum vrrp_track_kind kind,
		     struct vrrp_track_conf **list)
{
	const char *name = line->words[0].text;
	struct vrrp_track_conf *t = ARENA_NEW(ctx->arena, struct vrrp_track_conf);

	for (; *list; list = &(*list)->next) {
		if ((*list)->kind == kind && strcmp((*list)->name, name) == 0) {
			FAILOVER_WARN(ctx, line, 0, "'%s' is tracked already: the first counts",
				      name);
			return;
		}
	}
	*t = (struct vrrp_track_conf){
		.kind = kind, .name = name, .min = 1, .place = block_word_place(line, 0)};
	if (kind == VRRP_TRACK_SERVER && !strchr(name, '/')) {
		FAILOVER_ERROR(ctx, line, 0, "'%s' names no server: write BACKEND/SERVER", name);
		return;
	}
	if (read_options(ctx, line, t))
		*list = t;
}

static void read_all(struct conf_ctx *ctx, const struct conf_line *line, enum vrrp_track_kind kind,
		     void *target)
{
	const struct block_node *node = block_node_of(line);

	failover_rows_extra(ctx, line, 1);
	for (node = node->children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		read_one(ctx, &node->line, kind, tracks_of(ctx, target));
	}
}

void failover_track_backends(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_all(ctx, line, VRRP_TRACK_BACKEND, target);
}

void failover_track_frontends(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_all(ctx, line, VRRP_TRACK_FRONTEND, target);
}

void failover_track_servers(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_all(ctx, line, VRRP_TRACK_SERVER, target);
}
