/*
 * The ledger of held addresses in the shared page: plain slots, written by failover alone (and by
 * the master when failover is dead).
 */
#ifndef RELAIS_ADDRESS_LEDGER_H
#define RELAIS_ADDRESS_LEDGER_H

#include "core/sys/shared_page.h"
#include "failover/address/rtnl_message.h"

enum { LEDGER_NONE = -1 };

/* The slot of this address, or LEDGER_NONE. */
int ledger_find(const struct shared_page *page, const struct rtnl_address *a);
/* Writes it into a free slot (or finds it there already). LEDGER_NONE when all are taken. */
int ledger_write(struct shared_page *page, const struct rtnl_address *a);
void ledger_erase(struct shared_page *page, int slot);
/* False when the slot is free. */
bool ledger_read(const struct shared_page *page, int slot, struct rtnl_address *a);

#endif
