/*
 * From single results to a server's state: rise and fall. Pure; unit-tested with plain structs.
 * The count runs as HAProxy shows it: health 0..rise+fall-1; at rise or above the server is up.
 */
#ifndef RELAIS_HEALTH_TALLY_H
#define RELAIS_HEALTH_TALLY_H

#include <stdbool.h>
#include <stdint.h>

struct tally {
	int rise, fall; /* >= 1 */
	int health;
};

struct tally_intervals { /* microseconds; fast and down 0 = as inter */
	int64_t inter, fast, down;
};

/* Begins up, one failure from down, as HAProxy's servers do. */
void tally_init(struct tally *t, int rise, int fall);
/* As `init-state` says: 0 up (as above), 1 fully-up, 2 down, 3 fully-down. */
void tally_start(struct tally *t, int init_state);
bool tally_is_up(const struct tally *t);
/* Counts one result; true when that turned the state. */
bool tally_add(struct tally *t, bool ok);
/* The state is settled by force: fully up or fully down. */
void tally_force(struct tally *t, bool up);
/* How long until the next check: inter when settled up, fast while it may turn, down when settled
 * down. */
int64_t tally_interval_us(const struct tally *t, const struct tally_intervals *i);

#endif
