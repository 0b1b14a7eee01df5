/*
 * Events per period, over a window that slides: the present period's count and, of the one before,
 * the share that the window still covers. Pure.
 */
#ifndef RELAIS_STICK_RATE_H
#define RELAIS_STICK_RATE_H

#include <stdint.h>

struct stick_rate { /* all-zero: no event yet */
	int64_t began_us;
	uint32_t now, before;
};

void stick_rate_add(struct stick_rate *r, uint32_t n, uint32_t period_ms, int64_t now_us);
uint32_t stick_rate_read(const struct stick_rate *r, uint32_t period_ms, int64_t now_us);
void stick_rate_set(struct stick_rate *r, uint32_t value, int64_t now_us);

#endif
