/*
 * The table of the virtual router's life. See fsm.h. The numbers of sections are RFC 9568's.
 * A master's advertisement goes out before its addresses come in, so that the loser drops its own
 * first; a master that goes says so first (priority 0), so that the next one starts at once.
 */
#include "failover/vrrp/fsm.h"

/* clang-format off */
#define DO(action)    VRRP_DO_##action
#define STEP(to, ...) {VRRP_##to, {__VA_ARGS__}}
#define STAY(at)      {VRRP_##at, {VRRP_DO_END}}
#define TAKE_OVER                                                                                  \
	STEP(MASTER, DO(FORGET), DO(SEND_ADVERT), DO(ADD_ADDRESSES), DO(ANNOUNCE), DO(ARM_ADVERT))
#define STAND_BY STEP(BACKUP, DO(FORGET), DO(ARM_DOWN))
#define LET_GO   DO(HUSH), DO(DEL_ADDRESSES)

static const struct vrrp_step table[VRRP_STATE_N][VRRP_EV_N] = {
	[VRRP_INIT] = { /* 6.4.1 */
		[VRRP_EV_START] = STAND_BY,
		[VRRP_EV_START_OWNER] = TAKE_OVER,
		[VRRP_EV_RESUME] = TAKE_OVER,
		[VRRP_EV_STOP] = STEP(INIT, DO(DISARM)),
		[VRRP_EV_DOWN_TIMER] = STAY(INIT),
		[VRRP_EV_ADVERT_TIMER] = STAY(INIT),
		[VRRP_EV_RX_ZERO] = STAY(INIT),
		[VRRP_EV_RX_ABOVE] = STAY(INIT),
		[VRRP_EV_RX_TIE] = STAY(INIT),
		[VRRP_EV_RX_BELOW] = STAY(INIT),
		[VRRP_EV_RX_BELOW_HELD] = STAY(INIT),
		[VRRP_EV_FAULT] = STEP(FAULT, DO(DISARM)),
		[VRRP_EV_YIELD] = STAY(INIT),
		[VRRP_EV_TAKE] = STAY(INIT),
		[VRRP_EV_RELIEVED] = STAY(INIT),
		[VRRP_EV_FOLLOW] = STAY(INIT),
	},
	[VRRP_BACKUP] = { /* 6.4.2 */
		[VRRP_EV_START] = STAY(BACKUP),
		[VRRP_EV_START_OWNER] = TAKE_OVER, /* made the owner by a reload */
		[VRRP_EV_RESUME] = STAY(BACKUP),
		[VRRP_EV_STOP] = STEP(INIT, DO(DISARM)),
		[VRRP_EV_DOWN_TIMER] = TAKE_OVER,
		[VRRP_EV_ADVERT_TIMER] = STAY(BACKUP),
		[VRRP_EV_RX_ZERO] = STEP(BACKUP, DO(ARM_SKEW)),
		[VRRP_EV_RX_ABOVE] = STEP(BACKUP, DO(LEARN), DO(ARM_DOWN)),
		[VRRP_EV_RX_TIE] = STEP(BACKUP, DO(LEARN), DO(ARM_DOWN)),
		[VRRP_EV_RX_BELOW] = STAY(BACKUP), /* the timer runs on: preemption */
		[VRRP_EV_RX_BELOW_HELD] = STEP(BACKUP, DO(LEARN), DO(ARM_DOWN)),
		[VRRP_EV_FAULT] = STEP(FAULT, DO(DISARM)),
		[VRRP_EV_YIELD] = STAY(BACKUP),
		[VRRP_EV_TAKE] = TAKE_OVER,
		[VRRP_EV_RELIEVED] = STAY(BACKUP),
		[VRRP_EV_FOLLOW] = STAY(BACKUP),
	},
	[VRRP_MASTER] = { /* 6.4.3 */
		[VRRP_EV_START] = STAY(MASTER),
		[VRRP_EV_START_OWNER] = STAY(MASTER),
		[VRRP_EV_RESUME] = STAY(MASTER),
		[VRRP_EV_STOP] = STEP(INIT, DO(SEND_ZERO), LET_GO, DO(DISARM)),
		[VRRP_EV_DOWN_TIMER] = STAY(MASTER),
		[VRRP_EV_ADVERT_TIMER] = STEP(MASTER, DO(SEND_ADVERT), DO(NEXT_ADVERT)),
		[VRRP_EV_RX_ZERO] = STEP(MASTER, DO(SEND_ADVERT), DO(ARM_ADVERT)),
		/* The last word comes when the addresses are gone: the winner announces again at
		 * it, and nobody here answers an ARP probe any more that would undo that. */
		[VRRP_EV_RX_ABOVE] =
			STEP(BACKUP, LET_GO, DO(REPLY_HIGHER), DO(LEARN), DO(ARM_DOWN)),
		[VRRP_EV_RX_TIE] = STEP(MASTER, DO(REBUKE)),
		[VRRP_EV_RX_BELOW] = STEP(MASTER, DO(REBUKE)),
		[VRRP_EV_RX_BELOW_HELD] = STEP(MASTER, DO(REBUKE)),
		[VRRP_EV_FAULT] = STEP(FAULT, DO(SEND_ZERO), LET_GO, DO(DISARM)),
		[VRRP_EV_YIELD] = STEP(BACKUP, LET_GO, DO(FORGET), DO(ARM_DOWN)),
		[VRRP_EV_TAKE] = STAY(MASTER),
		[VRRP_EV_RELIEVED] = STEP(FAULT, LET_GO, DO(REPLY_HIGHER), DO(DISARM)),
		[VRRP_EV_FOLLOW] = STEP(BACKUP, LET_GO, DO(REPLY_HIGHER), DO(FORGET), DO(ARM_DOWN)),
	},
	[VRRP_FAULT] = { /* not in the RFC: as Initialize, but known to the operator */
		[VRRP_EV_START] = STAND_BY,
		[VRRP_EV_START_OWNER] = TAKE_OVER,
		[VRRP_EV_RESUME] = STAY(FAULT),
		[VRRP_EV_STOP] = STEP(INIT, DO(DISARM)),
		[VRRP_EV_DOWN_TIMER] = TAKE_OVER, /* as the last resort only */
		[VRRP_EV_ADVERT_TIMER] = STAY(FAULT),
		[VRRP_EV_RX_ZERO] = STEP(FAULT, DO(LISTEN)),
		[VRRP_EV_RX_ABOVE] = STEP(FAULT, DO(LEARN), DO(LISTEN)),
		[VRRP_EV_RX_TIE] = STEP(FAULT, DO(LEARN), DO(LISTEN)),
		[VRRP_EV_RX_BELOW] = STEP(FAULT, DO(LEARN), DO(LISTEN)),
		[VRRP_EV_RX_BELOW_HELD] = STEP(FAULT, DO(LEARN), DO(LISTEN)),
		[VRRP_EV_FAULT] = STAY(FAULT),
		[VRRP_EV_YIELD] = STAY(FAULT),
		[VRRP_EV_TAKE] = STAY(FAULT),
		[VRRP_EV_RELIEVED] = STAY(FAULT),
		[VRRP_EV_FOLLOW] = STAY(FAULT),
	},
};
/* clang-format on */

const struct vrrp_step *vrrp_fsm_step(enum vrrp_state state, enum vrrp_event event)
{
	return &table[state][event];
}

bool vrrp_fsm_arrow(enum vrrp_state from, enum vrrp_state to)
{
	for (int e = 0; e < VRRP_EV_N; e++)
		if (table[from][e].next == to)
			return true;
	return false;
}

const char *vrrp_state_word(enum vrrp_state state)
{
	static const char *const words[] = {
#define VRRP_STATE(name, word) word,
#include "failover/vrrp/states.def"
#undef VRRP_STATE
	};
	return words[state];
}

const char *vrrp_event_text(enum vrrp_event event)
{
	static const char *const texts[] = {
#define VRRP_EVENT(name, sentence) sentence,
#include "failover/vrrp/states.def"
#undef VRRP_EVENT
	};
	return texts[event];
}

const char *vrrp_action_text(enum vrrp_action action)
{
	static const char *const texts[] = {
		"nothing",
#define VRRP_ACTION(name, sentence) sentence,
#include "failover/vrrp/states.def"
#undef VRRP_ACTION
	};
	return texts[action];
}

int64_t vrrp_skew_us(unsigned version, unsigned priority, int64_t advert_us)
{
	int64_t unit_us = version == 2 ? 1000000 : advert_us;

	return (256 - (int64_t)priority) * unit_us / 256;
}

int64_t vrrp_down_us(unsigned version, unsigned priority, int64_t advert_us, unsigned n_adverts)
{
	return n_adverts * advert_us + vrrp_skew_us(version, priority, advert_us);
}
