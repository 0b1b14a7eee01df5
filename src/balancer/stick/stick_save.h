/*
 * Stick tables over a reload: the balancer that serves writes what is in its tables to a memfd that
 * the master has given to both, the next one reads it before it begins to serve. Tables are found
 * again by name and type; what a new table does not hold is left out.
 */
#ifndef RELAIS_STICK_SAVE_H
#define RELAIS_STICK_SAVE_H

#include "balancer/stick/stick_rules.h"

/* Writes everything and marks it as whole. Blocks; beside the threads that serve. 0 or -errno. */
int stick_save(const struct stick_house *house, int fd, int64_t now_us);
/* Waits at most wait_ms for the other side to be done, then takes up its entries (the number; or
 * -ETIMEDOUT, other -errno). Before threads start. */
int stick_load(const struct stick_house *house, int fd, int64_t now_us, int wait_ms);

#endif
