/*
 * BFD's state machine (RFC 5880 6.2, 6.8.4, 6.8.6, 6.8.16) as a table. Pure.
 */
#ifndef RELAIS_BFD_BFD_FSM_H
#define RELAIS_BFD_BFD_FSM_H

#include "failover/bfd/bfd_packet.h"

enum bfd_event { /* the first four: what state a good packet says, in the order of enum bfd_state */
		 BFD_EV_RX_ADMIN_DOWN,
		 BFD_EV_RX_DOWN,
		 BFD_EV_RX_INIT,
		 BFD_EV_RX_UP,
		 BFD_EV_EXPIRED, /* no packet for a detection time */
		 BFD_EV_DISABLE,
		 BFD_EV_ENABLE,
		 BFD_EV_N,
};

struct bfd_step {
	enum bfd_state next;
	enum bfd_diag diag; /* bfd.LocalDiag from here on */
};

const struct bfd_step *bfd_fsm_step(enum bfd_state state, enum bfd_event event);

#endif
