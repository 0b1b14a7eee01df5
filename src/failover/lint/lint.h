/*
 * What a well-formed failover configuration may still come to: things that Keepalived accepts
 * without a word and that people find out about in the night. Advice only (conf_advise), each with
 * its place; nothing here changes the configuration. Called by main/ whenever one is loaded there.
 */
#ifndef RELAIS_LINT_LINT_H
#define RELAIS_LINT_LINT_H

#include "failover/model/vrrp_conf.h"

/* An address that this machine has now. */
struct lint_address {
	const char *interface;
	struct addr address;
	unsigned prefix_len;
};

struct lint_host {
	const struct lint_address *list;
	unsigned n;
};

/* All addresses of this machine, into arena. */
void lint_host_read(struct lint_host *host, struct arena *arena);

struct lint {
	const struct failover_conf *conf;
	const struct lint_host *host;
	struct conf_diags *diags;
};

/* lint.c: all of the following but the pair. */
void lint_run(const struct lint *l);

/* lint_addresses.c: VIPs twice, VIPs that the interface's networks do not have, IPv6 without a
 * link-local address first, peers that are ourselves, one VRID twice on one network. */
void lint_addresses(const struct lint *l);

/* lint_weights.c: weights that never change a priority, trackers that nobody asks. */
void lint_weights(const struct lint *l);
/* The effective priorities that an instance's trackers may come to: the least, the most. */
void lint_weight_range(const struct vrrp_instance_conf *inst, unsigned *least, unsigned *most);

/* A note for each instance that has such a range. */
void lint_weight_notes(const struct lint *l);

/* lint_pair.c: both nodes' files against each other. theirs: from the file called name. */
void lint_pair(const struct lint *l, const struct failover_conf *theirs, const char *name);

#endif
