/*
 * The simulated poller and clock. See loop_sim.h. Linked into tests only.
 */
#include "core/loop/loop_sim.h"

#include <stdlib.h>

struct sim_ctx {
	int64_t now_us;
};

static void *sim_open(void)
{
	struct sim_ctx *c = calloc(1, sizeof(*c));

	if (c)
		c->now_us = 1000000;
	return c;
}

static void sim_close(void *ctx)
{
	free(ctx);
}

static int sim_control(void *ctx, char op, int fd, uint32_t events, uint64_t tag)
{
	(void)ctx, (void)op, (void)fd, (void)events, (void)tag;
	return 0;
}

static int sim_wait(void *ctx, int64_t until_us, uint64_t *tags, uint32_t *ready, int max)
{
	struct sim_ctx *c = ctx;

	(void)tags, (void)ready, (void)max;
	if (until_us > c->now_us)
		c->now_us = until_us;
	return 0;
}

static int64_t sim_now_us(void *ctx)
{
	return ((struct sim_ctx *)ctx)->now_us;
}

const struct loop_ops loop_sim_ops = {
	.open = sim_open,
	.close = sim_close,
	.control = sim_control,
	.wait = sim_wait,
	.now_us = sim_now_us,
};

void loop_sim_advance(struct loop *loop, int64_t span_us)
{
	struct sim_ctx *c = loop_ops_ctx(loop);
	int64_t end = c->now_us + span_us;

	do
		loop_step(loop, end);
	while (c->now_us < end);
	/* what became due exactly at the end, and what that queued */
	loop_step(loop, end);
}

void loop_sim_freeze(struct loop *loop, int64_t span_us)
{
	struct sim_ctx *c = loop_ops_ctx(loop);

	c->now_us += span_us;
}
