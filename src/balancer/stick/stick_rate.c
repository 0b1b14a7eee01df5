/*
 * See stick_rate.h. A period begins with the first event after a pause of at least one period.
 */
#include "balancer/stick/stick_rate.h"

static uint32_t add_bounded(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

void stick_rate_add(struct stick_rate *r, uint32_t n, uint32_t period_ms, int64_t now_us)
{
	int64_t period_us = (int64_t)period_ms * 1000;
	int64_t past_us = now_us - r->began_us;

	if (past_us >= period_us) {
		r->before = past_us < 2 * period_us ? r->now : 0;
		r->began_us = past_us < 2 * period_us ? r->began_us + period_us : now_us;
		r->now = 0;
	}
	r->now = add_bounded(r->now, n);
}

uint32_t stick_rate_read(const struct stick_rate *r, uint32_t period_ms, int64_t now_us)
{
	int64_t period_us = (int64_t)period_ms * 1000;
	int64_t past_us = now_us - r->began_us;
	uint64_t now = r->now, before = r->before;
	uint64_t left_us;

	if (past_us >= 2 * period_us || period_us == 0)
		return 0;
	if (past_us >= period_us) {
		before = now;
		now = 0;
		past_us -= period_us;
	}
	/* rounded up: a single event counts until its window is over */
	left_us = (uint64_t)(period_us - past_us);
	now += (before * left_us + (uint64_t)period_us - 1) / (uint64_t)period_us;
	return now > UINT32_MAX ? UINT32_MAX : (uint32_t)now;
}

void stick_rate_set(struct stick_rate *r, uint32_t value, int64_t now_us)
{
	r->began_us = now_us;
	r->now = value;
	r->before = 0;
}
