/*
 * How to undo what failover has done to the kernel's tables: one netlink message each, in the
 * shared page before it is done and out of it when it is undone. So the master can clear up behind
 * a failover process that was killed, whatever configuration that one had. For addresses there is
 * the ledger (ledger.h); here are routes, rules, interfaces and the packet filter's table.
 */
#ifndef RELAIS_ADDRESS_UNDO_H
#define RELAIS_ADDRESS_UNDO_H

#include <stdbool.h>
#include <stddef.h>

#include "core/sys/shared_page.h"

enum { UNDO_NONE = -1 };

/* The slot of this message, or UNDO_NONE. */
int undo_find(const struct shared_page *page, const void *bytes, size_t len);
/* Writes a message (of rtnetlink, or of nf_tables without its batch) into a free slot, or finds it
 * there. UNDO_NONE when there is none, or page is NULL. */
int undo_note(struct shared_page *page, const void *bytes, size_t len);
void undo_forget(struct shared_page *page, int slot); /* UNDO_NONE is allowed */

/* Whether somebody still has what this slot would undo. */
typedef bool undo_claims_fn(const void *ctx, int slot);

/* Carries out and forgets what nobody claims (claims may be NULL), the last written first. Works
 * without a loop, in any process. How many there was something to undo, or -errno. */
int undo_sweep(struct shared_page *page, undo_claims_fn *claims, const void *ctx);
/* One message, now. True: it had an effect. */
bool undo_now(int fd, void *bytes, size_t len);

#endif
