/*
 * The table of phases. See promote.h.
 */
#include "failover/vrrp/promote.h"

#include <string.h>

/* clang-format off */
#define TO(phase, actions) {VRRP_PHASE_##phase, (actions)}
#define CANCEL VRRP_PHASE_CANCEL
#define DEL    VRRP_PHASE_DEL
#define ADD    VRRP_PHASE_ADD
#define RESIGN VRRP_PHASE_RESIGN
#define RUN    VRRP_PHASE_RUN
#define LEFT   VRRP_PHASE_LEFT

static const struct vrrp_phase_step table[VRRP_PHASE_N][VRRP_PHASE_EV_N] = {
	[VRRP_PHASE_REST] = {
		[VRRP_PHASE_TAKE] = TO(FENCE, RUN),
		[VRRP_PHASE_LOSE] = TO(REST, 0),
		[VRRP_PHASE_LEAVE] = TO(REST, LEFT),
		[VRRP_PHASE_DONE] = TO(REST, 0),
		[VRRP_PHASE_FAILED] = TO(REST, 0),
	},
	[VRRP_PHASE_FENCE] = { /* nothing is promoted yet: there is nothing to demote */
		[VRRP_PHASE_TAKE] = TO(FENCE, 0),
		[VRRP_PHASE_LOSE] = TO(REST, CANCEL),
		[VRRP_PHASE_LEAVE] = TO(REST, CANCEL | LEFT),
		[VRRP_PHASE_DONE] = TO(PROMOTE, RUN),
		[VRRP_PHASE_FAILED] = TO(REST, CANCEL | RESIGN),
	},
	[VRRP_PHASE_PROMOTE] = { /* it may have happened by half */
		[VRRP_PHASE_TAKE] = TO(PROMOTE, 0),
		[VRRP_PHASE_LOSE] = TO(AFTER, CANCEL | RUN),
		[VRRP_PHASE_LEAVE] = TO(DEMOTE, CANCEL | RUN),
		[VRRP_PHASE_DONE] = TO(CONFIRM, RUN),
		[VRRP_PHASE_FAILED] = TO(AFTER, CANCEL | RESIGN | RUN),
	},
	[VRRP_PHASE_CONFIRM] = {
		[VRRP_PHASE_TAKE] = TO(CONFIRM, 0),
		[VRRP_PHASE_LOSE] = TO(AFTER, RUN),
		[VRRP_PHASE_LEAVE] = TO(DEMOTE, RUN),
		[VRRP_PHASE_DONE] = TO(SERVE, ADD),
		[VRRP_PHASE_FAILED] = TO(AFTER, RESIGN | RUN),
	},
	[VRRP_PHASE_SERVE] = {
		[VRRP_PHASE_TAKE] = TO(SERVE, 0),
		[VRRP_PHASE_LOSE] = TO(AFTER, DEL | RUN),
		[VRRP_PHASE_LEAVE] = TO(DEMOTE, RUN),
		[VRRP_PHASE_DONE] = TO(SERVE, 0),
		[VRRP_PHASE_FAILED] = TO(SERVE, 0),
	},
	[VRRP_PHASE_DEMOTE] = { /* what fails here has had its time: it leaves all the same */
		[VRRP_PHASE_TAKE] = TO(DEMOTE, 0),
		[VRRP_PHASE_LOSE] = TO(AFTER, DEL),
		[VRRP_PHASE_LEAVE] = TO(DEMOTE, 0),
		[VRRP_PHASE_DONE] = TO(REST, DEL | LEFT),
		[VRRP_PHASE_FAILED] = TO(REST, CANCEL | DEL | LEFT),
	},
	[VRRP_PHASE_AFTER] = {
		[VRRP_PHASE_TAKE] = TO(AFTER_TAKE, 0),
		[VRRP_PHASE_LOSE] = TO(AFTER, 0),
		[VRRP_PHASE_LEAVE] = TO(AFTER, LEFT),
		[VRRP_PHASE_DONE] = TO(REST, 0),
		[VRRP_PHASE_FAILED] = TO(REST, CANCEL),
	},
	[VRRP_PHASE_AFTER_TAKE] = {
		[VRRP_PHASE_TAKE] = TO(AFTER_TAKE, 0),
		[VRRP_PHASE_LOSE] = TO(AFTER, 0),
		[VRRP_PHASE_LEAVE] = TO(AFTER, LEFT),
		[VRRP_PHASE_DONE] = TO(FENCE, RUN),
		[VRRP_PHASE_FAILED] = TO(FENCE, CANCEL | RUN),
	},
};
/* clang-format on */

static const char *const words[VRRP_PHASE_N] = {
	[VRRP_PHASE_REST] = "rest",	  [VRRP_PHASE_FENCE] = "fence",
	[VRRP_PHASE_PROMOTE] = "promote", [VRRP_PHASE_CONFIRM] = "confirm",
	[VRRP_PHASE_SERVE] = "serve",	  [VRRP_PHASE_DEMOTE] = "demote",
	[VRRP_PHASE_AFTER] = "after",	  [VRRP_PHASE_AFTER_TAKE] = "after-take",
};

struct vrrp_phase_step vrrp_phase_step(enum vrrp_phase phase, enum vrrp_phase_event event)
{
	return table[phase][event];
}

const char *vrrp_phase_word(enum vrrp_phase phase)
{
	return words[phase];
}

enum vrrp_phase vrrp_phase_of_word(const char *word)
{
	for (int i = 0; i < VRRP_PHASE_N; i++)
		if (strcmp(words[i], word) == 0)
			return (enum vrrp_phase)i;
	return VRRP_PHASE_REST;
}

bool vrrp_phase_owes_demote(enum vrrp_phase phase)
{
	return phase >= VRRP_PHASE_PROMOTE;
}

int64_t vrrp_promote_retry_us(unsigned n_failures)
{
	enum { DOUBLINGS_MAX = 4 };
	unsigned n = n_failures > 0 ? n_failures - 1 : 0;

	return INT64_C(30000000) << (n < DOUBLINGS_MAX ? n : DOUBLINGS_MAX);
}
