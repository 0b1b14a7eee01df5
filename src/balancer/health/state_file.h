/*
 * Files of `show servers state` (version 1): what an operator saved of servers' states, to be taken
 * up by the next start. Private to health/; before threads start.
 */
#ifndef RELAIS_HEALTH_STATE_FILE_H
#define RELAIS_HEALTH_STATE_FILE_H

#include "balancer/health/health.h"
#include "core/base/slice.h"
#include "core/conf/native.h"

struct state_line { /* slices into the file */
	struct slice backend, server;
	unsigned op_state, admin, weight, conf_weight, health;
	int64_t age_s; /* since the last change */
};

/* The next server of a file's text; false at its end. Lines that say nothing are passed over. */
bool state_line_next(struct slice *rest, struct state_line *out);

/* Reads the files that the configuration names and puts servers in the states found there. A file
 * that cannot be read is a warning. */
void state_files_load(const struct health_setup *setup, int64_t now_us);

/* For main/registry.c: load-server-state-from-file, server-state-file and their kin. */
extern const struct conf_part state_file_part;

#endif
