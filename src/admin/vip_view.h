/*
 * A VIP's page in words and as JSON, for the `show vip` commands. Pure: a page goes in, text comes
 * out.
 */
#ifndef RELAIS_ADMIN_VIP_VIEW_H
#define RELAIS_ADMIN_VIP_VIEW_H

#include <stdio.h>

#include "core/sys/shared_page.h"

/* what: NULL = a line for each, a name or "detail" = all there is. False: none was printed. */
bool vip_print(FILE *out, const struct shared_page *page, const char *what);
void vip_print_json(FILE *out, const struct shared_page *page, int64_t now_mono_us);

/* show_bfd.c. name: NULL = all. False: none was printed. */
bool bfd_print(FILE *out, const struct shared_page *page, const char *name);

void vip_print_time(FILE *out, int64_t wall_us);
/* Of shared_vip.hold. */
unsigned vip_paths_up(const struct shared_vip *v);
bool vip_has_lease(const struct shared_vip *v); /* now */
const char *vip_hold_word(unsigned hold);
/* The number of the oldest move that is still there. */
uint32_t vip_moves_first(const struct shared_vip *v);

#endif
