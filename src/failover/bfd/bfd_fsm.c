/*
 * The table. See bfd_fsm.h. Each row is a sentence of RFC 5880; what is no sentence stays.
 */
#include "failover/bfd/bfd_fsm.h"

#define STAY(state)                  \
	{                            \
		state, BFD_DIAG_KEEP \
	}

static const struct bfd_step table[BFD_STATE_N][BFD_EV_N] = {
	[BFD_ADMIN_DOWN] =
		{
			[BFD_EV_RX_ADMIN_DOWN] = STAY(BFD_ADMIN_DOWN), /* 6.8.6: discarded */
			[BFD_EV_RX_DOWN] = STAY(BFD_ADMIN_DOWN),
			[BFD_EV_RX_INIT] = STAY(BFD_ADMIN_DOWN),
			[BFD_EV_RX_UP] = STAY(BFD_ADMIN_DOWN),
			[BFD_EV_EXPIRED] = STAY(BFD_ADMIN_DOWN),
			[BFD_EV_DISABLE] = STAY(BFD_ADMIN_DOWN),
			[BFD_EV_ENABLE] = {BFD_DOWN, BFD_DIAG_NONE}, /* 6.8.16 */
		},
	[BFD_DOWN] =
		{
			[BFD_EV_RX_ADMIN_DOWN] = STAY(BFD_DOWN),
			[BFD_EV_RX_DOWN] = {BFD_INIT, BFD_DIAG_KEEP}, /* 6.8.6 */
			[BFD_EV_RX_INIT] = {BFD_UP, BFD_DIAG_NONE},   /* 6.8.6 */
			[BFD_EV_RX_UP] = STAY(BFD_DOWN), /* 6.2: it has to see us Down */
			[BFD_EV_EXPIRED] = STAY(BFD_DOWN),
			[BFD_EV_DISABLE] = {BFD_ADMIN_DOWN, BFD_DIAG_ADMIN}, /* 6.8.16 */
			[BFD_EV_ENABLE] = STAY(BFD_DOWN),
		},
	[BFD_INIT] =
		{
			[BFD_EV_RX_ADMIN_DOWN] = {BFD_DOWN, BFD_DIAG_NEIGHBOR}, /* 6.8.6 */
			[BFD_EV_RX_DOWN] = STAY(BFD_INIT),
			[BFD_EV_RX_INIT] = {BFD_UP, BFD_DIAG_NONE},	 /* 6.8.6 */
			[BFD_EV_RX_UP] = {BFD_UP, BFD_DIAG_NONE},	 /* 6.8.6 */
			[BFD_EV_EXPIRED] = {BFD_DOWN, BFD_DIAG_EXPIRED}, /* 6.8.4 */
			[BFD_EV_DISABLE] = {BFD_ADMIN_DOWN, BFD_DIAG_ADMIN},
			[BFD_EV_ENABLE] = STAY(BFD_INIT),
		},
	[BFD_UP] =
		{
			[BFD_EV_RX_ADMIN_DOWN] = {BFD_DOWN, BFD_DIAG_NEIGHBOR}, /* 6.8.6 */
			[BFD_EV_RX_DOWN] = {BFD_DOWN, BFD_DIAG_NEIGHBOR},	/* 6.8.6 */
			[BFD_EV_RX_INIT] = STAY(BFD_UP),
			[BFD_EV_RX_UP] = STAY(BFD_UP),
			[BFD_EV_EXPIRED] = {BFD_DOWN, BFD_DIAG_EXPIRED}, /* 6.8.4 */
			[BFD_EV_DISABLE] = {BFD_ADMIN_DOWN, BFD_DIAG_ADMIN},
			[BFD_EV_ENABLE] = STAY(BFD_UP),
		},
};

const struct bfd_step *bfd_fsm_step(enum bfd_state state, enum bfd_event event)
{
	return &table[state][event];
}
