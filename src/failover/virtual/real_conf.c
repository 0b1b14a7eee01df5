/*
 * Rows of real_server, and sorry_server, which is one without checks.
 */
#include <limits.h>

#include "failover/virtual/virtual_build.h"

struct virtual_real_conf *virtual_real_new(struct conf_ctx *ctx, const struct conf_line *line)
{
	struct virtual_real_conf *r = ARENA_NEW(ctx->arena, struct virtual_real_conf);

	virtual_times_init(&r->times);
	r->weight = r->method = r->alert = VIRTUAL_UNSET;
	r->place = block_word_place(line, 0);
	return r;
}

static void read_weight(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_int(ctx, line, 1, 0, INT_MAX, &((struct virtual_real_conf *)target)->weight,
			   "left out");
	failover_rows_extra(ctx, line, 2);
}

static void read_threshold(struct conf_ctx *ctx, const struct conf_line *line, unsigned long *out)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 0, UINT_MAX, &n, "left out"))
		*out = (unsigned long)n;
	failover_rows_extra(ctx, line, 2);
}

static void read_uthreshold(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_threshold(ctx, line, &((struct virtual_real_conf *)target)->uthreshold);
}

static void read_lthreshold(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_threshold(ctx, line, &((struct virtual_real_conf *)target)->lthreshold);
}

static void read_notify_up(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	virtual_scripts_read(ctx, line, &((struct virtual_real_conf *)target)->notify_up);
}

static void read_notify_down(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	virtual_scripts_read(ctx, line, &((struct virtual_real_conf *)target)->notify_down);
}

void virtual_real_read(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct virtual_real_conf **tail = &((struct virtual_server_conf *)target)->reals;
	struct virtual_real_conf *r = virtual_real_new(ctx, line);
	bool good = virtual_address_read(ctx, line, 1, false, &r->addr);

	failover_rows_extra(ctx, line, 3);
	failover_rows_walk(failover_build_of(ctx), block_node_of(line)->children, FAILOVER_REAL,
			   "real_server", r);
	while (*tail)
		tail = &(*tail)->next;
	if (good)
		*tail = r;
}

void virtual_sorry_read(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct virtual_real_conf *r = virtual_real_new(ctx, line);

	if (virtual_address_read(ctx, line, 1, false, &r->addr))
		((struct virtual_server_conf *)target)->sorry = r;
	failover_rows_extra(ctx, line, 3);
}

#define ROW(word, how, what, text) VIRTUAL_ROW(FAILOVER_REAL, word, how, what, text)

const struct conf_keyword virtual_real_rows[] = {
	ROW("weight", read_weight, "<0..2147483647>", "its share, 1 by default"),
	ROW("uthreshold", read_uthreshold, "<number>", "most connections that it takes"),
	ROW("lthreshold", read_lthreshold, "<number>",
	    "without effect: a full server takes more as soon as a connection ends"),
	ROW("notify_up", read_notify_up, "<command> [<user> [<group>]]", "run when it comes up"),
	ROW("notify_down", read_notify_down, "<command> [<user> [<group>]]",
	    "run when it goes down"),
	{.name = NULL},
};
