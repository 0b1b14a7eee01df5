/*
 * Links that bounce (interface_up_down_delays): a change of state counts only when it has lasted.
 * What is not configured counts at once. Failover's thread only.
 */
#ifndef RELAIS_TRACK_DEBOUNCE_H
#define RELAIS_TRACK_DEBOUNCE_H

#include "core/loop/loop.h"
#include "failover/model/vrrp_conf.h"

struct debounce;

/* This link counts as something else from here on, although nobody has asked. */
typedef void debounce_fn(void *ctx, const char *name);

struct debounce *debounce_new(struct loop *loop, debounce_fn *changed, void *ctx);
void debounce_free(struct debounce **debounce);
/* list is borrowed until the next configure or free. What a link counts as stays. */
void debounce_configure(struct debounce *debounce, const struct vrrp_link_conf *list);

/* The link is up or down now: as what it counts. The first time it is said, it counts. */
bool debounce_up(struct debounce *debounce, const char *name, bool up);
/* The interface is gone: what comes next is another. */
void debounce_forget(struct debounce *debounce, const char *name);

#endif
