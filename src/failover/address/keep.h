/*
 * Keeps routes and rules: adds them for an owner (a VRRP instance, or the static ones; only its
 * pointer is used), puts them back when somebody or the kernel takes them away, removes them when
 * the owner gives them up. The brother of hold.h, which does so for addresses; on a takeover it
 * comes after it, on giving up before it, since a route may need the address.
 *
 * What is added is of protocol "keepalived" (18), and how to undo it is noted first (undo.h).
 *
 * Failover's thread only; keep_sweep_configured from any process without a loop.
 */
#ifndef RELAIS_ADDRESS_KEEP_H
#define RELAIS_ADDRESS_KEEP_H

#include "core/sys/shared_page.h"
#include "failover/address/links.h"
#include "failover/model/vrrp_conf.h"

struct keep;

struct keep_setup {
	struct loop *loop; /* borrowed, as all here */
	struct links *links;
	struct shared_page *page; /* NULL: nothing is written there (tests) */
	/* Something is about to be put back; may take away what is no longer to be kept. */
	void (*before_mend)(void *ctx);
	/* A route or rule (as configured) had vanished and is back. */
	void (*on_repaired)(void *ctx, const void *owner, const char *text);
	/* All was looked at: what is missing now could not be put back. NULL when not wanted. */
	void (*after_mend)(void *ctx);
	void *ctx;
};

struct keep_list { /* borrowed until the owner's next take or give */
	const struct route_conf *routes;
	const struct rule_conf *rules;
	const char *dev; /* of routes that name neither interface nor gateway */
};

/* NULL with errno. Freeing removes nothing. */
struct keep *keep_new(const struct keep_setup *setup);
void keep_free(struct keep **keep);

/* The owner has exactly these from here on. How many could not be added now (each is logged once
 * and tried again when links or addresses change). */
unsigned keep_take(struct keep *keep, const void *owner, const struct keep_list *list);
void keep_give(struct keep *keep, const void *owner);
/* Something that is kept has this slot of shared_page.undo. */
bool keep_claims_slot(const struct keep *keep, int slot);
/* The owner's route or rule (one of the two, as in its list) is in the kernel's table, as far as is
 * known. */
bool keep_has(const struct keep *keep, const void *owner, const struct route_conf *route,
	      const struct rule_conf *rule);

/* keep_sweep.c. What instances that do not start as owner (priority 255) have in the configuration,
 * left there by an earlier life that was killed. */
int keep_sweep_configured(const struct failover_conf *conf);

#endif
