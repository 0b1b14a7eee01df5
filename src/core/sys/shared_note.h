/*
 * What a failover process leaves to another one of which it knows only that it is relais, perhaps
 * of another build: the state of its VIPs, the ledger of held addresses and how to undo the rest,
 * out of one shared page and into another. Written as records, each field with its number and
 * length: a field that the other build does not know, or has in another size, is passed over, and
 * what it is about begins anew. A number is never used for anything else. Pure.
 */
#ifndef RELAIS_SYS_SHARED_NOTE_H
#define RELAIS_SYS_SHARED_NOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/sys/shared_page.h"

/* Most that shared_note_write may need. */
size_t shared_note_cap(const struct shared_page *page);
/* Returns the length, 0 when cap does not suffice. bytes need no alignment. */
size_t shared_note_write(const struct shared_page *page, void *bytes, size_t cap);
/* Into a page whose VIPs, ledger and undo are empty. False: this is no such note; the page may have
 * a part of it then. */
bool shared_note_read(struct shared_page *page, const void *bytes, size_t len);

#endif
