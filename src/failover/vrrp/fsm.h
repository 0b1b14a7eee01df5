/*
 * The state machine of a virtual router (RFC 9568 6.4, with Keepalived's FAULT) as a pure table
 * [STATE][EVENT] -> next state and actions in their order. instance.c classifies what happened
 * into an event, carries out the actions and is the only one who keeps a state.
 */
#ifndef RELAIS_VRRP_FSM_H
#define RELAIS_VRRP_FSM_H

#include <stdbool.h>
#include <stdint.h>

enum vrrp_state {
#define VRRP_STATE(name, word) VRRP_##name,
#include "failover/vrrp/states.def"
#undef VRRP_STATE
	VRRP_STATE_N,
};

enum vrrp_event {
#define VRRP_EVENT(name, sentence) VRRP_EV_##name,
#include "failover/vrrp/states.def"
#undef VRRP_EVENT
	VRRP_EV_N,
};

enum vrrp_action {
	VRRP_DO_END = 0,
#define VRRP_ACTION(name, sentence) VRRP_DO_##name,
#include "failover/vrrp/states.def"
#undef VRRP_ACTION
	VRRP_DO_N,
};

enum { VRRP_ACTIONS_MAX = 7 };

struct vrrp_step {
	enum vrrp_state next;
	enum vrrp_action actions[VRRP_ACTIONS_MAX + 1]; /* ends with VRRP_DO_END */
};

const struct vrrp_step *vrrp_fsm_step(enum vrrp_state state, enum vrrp_event event);
const char *vrrp_state_word(enum vrrp_state state); /* "MASTER" */
const char *vrrp_event_text(enum vrrp_event event);
const char *vrrp_action_text(enum vrrp_action action);
/* Whether some event leads from one state to the other. */
bool vrrp_fsm_arrow(enum vrrp_state from, enum vrrp_state to);

/* The timers of RFC 9568 6.1 (v3) and RFC 3768 6.1 (v2: skew in seconds), microseconds.
 * n_adverts is 3 unless down_timer_adverts says otherwise. */
int64_t vrrp_skew_us(unsigned version, unsigned priority, int64_t advert_us);
int64_t vrrp_down_us(unsigned version, unsigned priority, int64_t advert_us, unsigned n_adverts);

#endif
