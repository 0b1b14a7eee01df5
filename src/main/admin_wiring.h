/*
 * Hands admin/ (runtime socket, stats page) to the balancer as function pointers, so that neither
 * room includes the other.
 */
#ifndef RELAIS_MAIN_ADMIN_WIRING_H
#define RELAIS_MAIN_ADMIN_WIRING_H

#include "balancer/balancer.h"

void admin_wire(struct balancer_setup *setup);

#endif
