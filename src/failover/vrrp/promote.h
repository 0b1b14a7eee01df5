/*
 * The order of a takeover and of a leave, for an instance whose service is a database: fence ->
 * promote -> confirm -> addresses, and demote -> addresses away. A pure table [PHASE][EVENT] beside
 * the one of fsm.h, which knows nothing of it: a node is MASTER, and says so, from the first phase
 * on. takeover.c runs the scripts and carries out the actions; phases without a script are passed
 * through at once, so that all instances go this way.
 */
#ifndef RELAIS_VRRP_PROMOTE_H
#define RELAIS_VRRP_PROMOTE_H

#include <stdbool.h>
#include <stdint.h>

enum vrrp_phase {
	VRRP_PHASE_REST,       /* not master, nothing runs */
	VRRP_PHASE_FENCE,      /* master without addresses, `fence` runs */
	VRRP_PHASE_PROMOTE,    /* `promote` runs */
	VRRP_PHASE_CONFIRM,    /* promoted; the tracked role has to say so too */
	VRRP_PHASE_SERVE,      /* the addresses are here */
	VRRP_PHASE_DEMOTE,     /* still master, about to leave: `demote` runs first */
	VRRP_PHASE_AFTER,      /* lost the addresses unasked: `demote` runs afterwards */
	VRRP_PHASE_AFTER_TAKE, /* and is master again meanwhile: waits for its end */
	VRRP_PHASE_N,
};

enum vrrp_phase_event {
	VRRP_PHASE_TAKE,   /* became master */
	VRRP_PHASE_LOSE,   /* is none any more: the addresses go at once */
	VRRP_PHASE_LEAVE,  /* somebody wants it to leave in order */
	VRRP_PHASE_DONE,   /* what the phase waits for has come */
	VRRP_PHASE_FAILED, /* or never will: an error, or its time is over */
	VRRP_PHASE_EV_N,
};

enum vrrp_phase_action {			/* bits, carried out in this order */
			 VRRP_PHASE_CANCEL = 1, /* end the script that runs */
			 VRRP_PHASE_DEL = 2,
			 VRRP_PHASE_ADD = 4,
			 VRRP_PHASE_RESIGN = 8, /* a fault, until it is tried again */
			 VRRP_PHASE_RUN = 16,	/* begin what the next phase waits for */
			 VRRP_PHASE_LEFT = 32,	/* in order: now say so on the wire */
};

struct vrrp_phase_step {
	enum vrrp_phase next;
	unsigned actions;
};

struct vrrp_phase_step vrrp_phase_step(enum vrrp_phase phase, enum vrrp_phase_event event);
const char *vrrp_phase_word(enum vrrp_phase phase);
enum vrrp_phase vrrp_phase_of_word(const char *word); /* REST when it is none */
/* A process that ended in this phase may have left a promoted database behind. */
bool vrrp_phase_owes_demote(enum vrrp_phase phase);

/* How long a node stays away after its n-th failure in a row (from 1). */
int64_t vrrp_promote_retry_us(unsigned n_failures);

#endif
