/*
 * Lines of `show stat` as CSV, for the runtime socket and the stats page's ;csv.
 */
#ifndef RELAIS_ADMIN_STAT_CSV_H
#define RELAIS_ADMIN_STAT_CSV_H

#include <stdio.h>

#include "admin/stat_row.h"

void stat_csv_head(FILE *out);
void stat_csv_row(FILE *out, const struct stat_row *row);

#endif
