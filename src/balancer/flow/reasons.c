/*
 * The table of reasons. See reasons.def.
 */
#include "balancer/flow/reasons.h"

const struct reason_row reason_rows[REASON_N] = {
#define REASON(id, flag, phase, status, counter, text) \
	[REASON_##id] = {flag, phase, status, REASON_COUNTS_##counter, text},
#include "balancer/flow/reasons.def"
#undef REASON
};
