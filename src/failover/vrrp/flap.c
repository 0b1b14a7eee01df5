/*
 * The hold-down of an instance that flaps. See flap.h.
 */
#include "failover/vrrp/flap.h"

enum { RING_N = FLAP_TAKEOVERS + 1 };

void vrrp_flap_taken(struct vrrp_flap *f, int64_t now_us)
{
	f->takeovers_us[f->n_takeovers++ % RING_N] = now_us;
}

/* The ring's oldest is the next to be overwritten. */
static bool too_many(const struct vrrp_flap *f, int64_t now_us)
{
	return f->n_takeovers >= RING_N &&
	       now_us - f->takeovers_us[f->n_takeovers % RING_N] <= FLAP_WINDOW_US;
}

int64_t vrrp_flap_lost(struct vrrp_flap *f, int64_t now_us, int64_t most_us)
{
	bool calm = now_us - f->lost_us > 2 * (int64_t)FLAP_WINDOW_US;

	if (f->wait_us > 0 && !calm)
		f->wait_us *= 2;
	else
		f->wait_us = too_many(f, now_us) ? FLAP_FIRST_US : 0;
	if (f->wait_us > most_us)
		f->wait_us = most_us;
	f->lost_us = now_us;
	f->until_us = 0;
	return f->wait_us;
}

bool vrrp_flap_held(struct vrrp_flap *f, int64_t now_us)
{
	if (f->wait_us == 0 || now_us - f->lost_us > 2 * (int64_t)FLAP_WINDOW_US)
		return false;
	if (f->until_us == 0)
		f->until_us = now_us + f->wait_us;
	return now_us < f->until_us;
}
