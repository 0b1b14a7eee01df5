/*
 * What relais-dbrole writes of a database and the failover process reads, once for each time it
 * asked: "ASKED_US primary|replica|down NOTE". Pure; both sides use this file.
 */
#ifndef RELAIS_TRACK_DATABASE_LINE_H
#define RELAIS_TRACK_DATABASE_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/slice.h"

enum database_role { DATABASE_DOWN, DATABASE_REPLICA, DATABASE_PRIMARY };

struct database_line {
	int64_t asked_us; /* CLOCK_MONOTONIC, when it began to ask */
	enum database_role role;
	char note[48]; /* printable; "replica", "connection refused" */
};

enum { DATABASE_LINE_MAX = 96 };

/* With its newline; the length. Control characters of the note become blanks. */
size_t database_line_write(const struct database_line *line, char out[static DATABASE_LINE_MAX]);
bool database_line_read(struct slice text, struct database_line *out); /* without newline */

#endif
