/*
 * Reasons for the end of an exchange, from reasons.def.
 */
#ifndef RELAIS_FLOW_REASONS_H
#define RELAIS_FLOW_REASONS_H

#include <stdint.h>

enum reason {
#define REASON(id, flag, phase, status, counter, text) REASON_##id,
#include "balancer/flow/reasons.def"
#undef REASON
	REASON_N
};

enum reason_counter { /* which counters of frontend, backend and server go up */
		      REASON_COUNTS_NONE,
		      REASON_COUNTS_CLIENT_ABORT,
		      REASON_COUNTS_CLIENT_TIMEOUT,
		      REASON_COUNTS_FAILED_REQUEST,
		      REASON_COUNTS_DENIED_REQUEST,
		      REASON_COUNTS_DENIED_RESPONSE,
		      REASON_COUNTS_FAILED_CONNECT,
		      REASON_COUNTS_FAILED_RESPONSE,
		      REASON_COUNTS_SERVER_ABORT,
};

struct reason_row {
	char flag, phase; /* phase 0: that of the step */
	uint16_t status;
	uint8_t counter; /* enum reason_counter */
	const char *text;
};

extern const struct reason_row reason_rows[REASON_N];

#endif
