/*
 * No flapping: how long an instance that keeps losing its mastership waits before it preempts
 * again. More than FLAP_TAKEOVERS takeovers within FLAP_WINDOW_US, and each further loss doubles
 * the wait, from one second to the most that is configured; two windows without a loss forget it.
 * Only preemption waits: a virtual router without a master is taken over as ever. Pure.
 */
#ifndef RELAIS_VRRP_FLAP_H
#define RELAIS_VRRP_FLAP_H

#include <stdbool.h>
#include <stdint.h>

enum { FLAP_TAKEOVERS = 3, FLAP_WINDOW_US = 60000000, FLAP_FIRST_US = 1000000 };

struct vrrp_flap {				  /* all-zero is a fresh one */
	int64_t takeovers_us[FLAP_TAKEOVERS + 1]; /* the last ones, a ring */
	unsigned n_takeovers;
	int64_t lost_us, wait_us; /* the last loss, and the wait that followed it */
	int64_t until_us;	  /* 0 = the wait has not begun */
};

void vrrp_flap_taken(struct vrrp_flap *f, int64_t now_us);
/* Mastership was lost, most_us being the longest wait (0 = never wait). The wait, 0 = none. */
int64_t vrrp_flap_lost(struct vrrp_flap *f, int64_t now_us, int64_t most_us);
/* It could preempt now. The wait begins when this is asked first. */
bool vrrp_flap_held(struct vrrp_flap *f, int64_t now_us);

#endif
