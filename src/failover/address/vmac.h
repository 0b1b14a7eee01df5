/*
 * Interfaces with a virtual MAC address (use_vmac): made before the instances start, so that they
 * hear advertisements, and removed when the process ends. What Keepalived sets on them and below
 * them is set, and what was below is put back at the end. One that somebody removes or takes down
 * is there again at once; the instance does not notice.
 *
 * Order of calls: new, set, then (when the links are read) watch; set again at a reload; clear;
 * free. How to undo it is noted first (undo.h). Failover's thread only.
 */
#ifndef RELAIS_ADDRESS_VMAC_H
#define RELAIS_ADDRESS_VMAC_H

#include "core/sys/shared_page.h"
#include "failover/address/links.h"
#include "failover/model/vrrp_conf.h"

struct vmacs;

/* page may be NULL (tests). NULL with errno. */
struct vmacs *vmacs_new(struct loop *loop, struct shared_page *page);
void vmacs_free(struct vmacs **vmacs); /* removes nothing */

/* Exactly these from here on; what stays is not touched. Copies what it needs. How many could not
 * be made now (each is logged, and made when its interface comes). */
unsigned vmacs_set(struct vmacs *vmacs, const struct vmac_conf *list);
void vmacs_watch(struct vmacs *vmacs, struct links *links);
/* It stands. One that was removed and made again within one event never did not. */
bool vmacs_have(const struct vmacs *vmacs, const char *name);
void vmacs_clear(struct vmacs *vmacs); /* as set(NULL) */
bool vmacs_claims_slot(const struct vmacs *vmacs, int slot);

#endif
