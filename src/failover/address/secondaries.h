/*
 * promote_secondaries: where the kernel would remove every address of a network together with the
 * first one, it is told to let the next one take its place. Set on the interfaces of instances that
 * ask for it, wherever it is off; put back at the end, also by the master when failover was killed
 * (undo.h). Failover's thread only.
 */
#ifndef RELAIS_ADDRESS_SECONDARIES_H
#define RELAIS_ADDRESS_SECONDARIES_H

#include "core/sys/shared_page.h"
#include "failover/model/vrrp_conf.h"

struct secondaries;

struct secondaries *secondaries_new(struct shared_page *page); /* NULL with errno */
void secondaries_free(struct secondaries **s);		       /* puts nothing back */
/* Sets what these instances ask for, puts back what nobody asks for any more. NULL: nobody. */
void secondaries_set(struct secondaries *s, const struct vrrp_instance_conf *instances);
/* An interface has come. */
void secondaries_link(struct secondaries *s, const char *name);
bool secondaries_claims_slot(const struct secondaries *s, int slot);

#endif
