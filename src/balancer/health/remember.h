/*
 * What the balancer before this one knew of its servers, and what the next will know of ours.
 * Private to health/; on the checks' thread.
 */
#ifndef RELAIS_HEALTH_REMEMBER_H
#define RELAIS_HEALTH_REMEMBER_H

#include "balancer/health/check.h"
#include "core/sys/server_book.h"

/* book NULL: nothing is remembered. */
void remember_start(struct server_book *book);
/* The check's server begins as it was. False: it is not known. Before threads start. */
bool remember_restore(struct check *c);
/* After each result: noted for the next balancer, once remember_lead was called. */
void remember_note(const struct check *c);
/* This balancer's notes are the ones that count from here on. */
void remember_lead(void);
void remember_stop(void); /* the next one has taken over */

#endif
