/*
 * Rows track_backend, track_frontend and track_server of instances and sync groups: relais' own, a
 * real Keepalived passes over them with a warning. Whether the names exist is checked where both
 * halves of the configuration are (main/config_seam.c).
 */
#include "failover/conf/failover_build.h"

enum { MIN_MAX = 4096 };

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

static bool fill(struct conf_ctx *ctx, const struct conf_line *line, struct vrrp_track_conf *t)
{
	t->min = 1;
	if (t->kind == VRRP_TRACK_SERVER && !strchr(t->name, '/')) {
		FAILOVER_ERROR(ctx, line, 0, "'%s' names no server: write BACKEND/SERVER", t->name);
		return false;
	}
	return read_options(ctx, line, t);
}

void failover_track_backends(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_track_rows(ctx, line, target, VRRP_TRACK_BACKEND, fill);
}

void failover_track_frontends(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_track_rows(ctx, line, target, VRRP_TRACK_FRONTEND, fill);
}

void failover_track_servers(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_track_rows(ctx, line, target, VRRP_TRACK_SERVER, fill);
}
