/*
 * One line of `show stat`: a frontend, a server or a backend, as texts by column. The runtime
 * socket prints it as CSV, the stats page as a table.
 */
#ifndef RELAIS_ADMIN_STAT_ROW_H
#define RELAIS_ADMIN_STAT_ROW_H

#include <stdbool.h>

#include "balancer/balancer.h"

enum stat_column {
#define STAT(constant, name) STAT_##constant,
#include "admin/stat_columns.def"
#undef STAT
	STAT_COLUMNS
};

extern const char *const stat_column_names[STAT_COLUMNS];

enum stat_type { STAT_TYPE_FRONTEND, STAT_TYPE_BACKEND, STAT_TYPE_SERVER };

struct stat_row {
	enum stat_type type;
	const char *cell[STAT_COLUMNS]; /* NULL = empty; into text or static */
	size_t used;
	char text[6144];
};

void stat_row_frontend(struct stat_row *row, const struct balancer *b, const struct proxy *p);
void stat_row_server(struct stat_row *row, const struct balancer *b, const struct proxy *p,
		     const struct server *s);
void stat_row_backend(struct stat_row *row, const struct balancer *b, const struct proxy *p);

/* Calls each for every line in `show stat`'s order. */
void stat_rows_each(const struct balancer *b,
		    void (*each)(void *ctx, const struct proxy *p, const struct stat_row *row),
		    void *ctx);

/* "UP", "UP 1/3", "DOWN 1/2", "MAINT", "DRAIN", "no check". buf for the counted forms. */
const char *stat_server_status(const struct server *s, char buf[static 24]);

#endif
