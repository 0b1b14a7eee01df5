/*
 * Real traffic's errors as check results. Private to health/.
 */
#ifndef RELAIS_HEALTH_OBSERVE_H
#define RELAIS_HEALTH_OBSERVE_H

#include "balancer/health/check.h"
#include "core/loop/mailbox.h"

/* From here on server_observe_hook reports to checks through mailbox (the checks' thread's). */
void observe_start(struct mailbox *mailbox);
void observe_attach(struct check *c);
void observe_stop(void);

#endif
