/*
 * A loop on a simulated clock, for scenario tests: waiting jumps the clock to the next deadline,
 * descriptors are never ready by themselves. The clock starts at one second.
 */
#ifndef RELAIS_LOOP_LOOP_SIM_H
#define RELAIS_LOOP_LOOP_SIM_H

#include "core/loop/loop.h"

extern const struct loop_ops loop_sim_ops;

/* Runs timers and tasks in order until span_us of simulated time have passed. */
void loop_sim_advance(struct loop *loop, int64_t span_us);
/* The clock jumps without anything running in between: a frozen process. */
void loop_sim_freeze(struct loop *loop, int64_t span_us);

#endif
