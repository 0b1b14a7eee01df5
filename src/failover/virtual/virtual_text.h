/*
 * Virtual servers as sections of the balancer's own grammar, which is how relais serves them: a
 * `listen` for each, and a backend for each checker that a `listen` cannot hold. main/ gives the
 * text to the balancer's parser and shows it to operators. Pure: data in, text out.
 */
#ifndef RELAIS_VIRTUAL_VIRTUAL_TEXT_H
#define RELAIS_VIRTUAL_VIRTUAL_TEXT_H

#include "failover/virtual/virtual_conf.h"

struct virtual_text {
	struct slice text;		 /* whole lines, in the arena */
	const struct conf_place *places; /* of each line, in keepalived.conf */
	unsigned n_lines;
};

/* alone: there is no haproxy.cfg, `global` is written too. Where the text means something else than
 * IPVS would do, diags say so. False, and nothing written: none is served. */
bool virtual_text_write(const struct virtual_conf *conf, bool alone, struct arena *arena,
			struct conf_diags *diags, struct virtual_text *out);

#endif
