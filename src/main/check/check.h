/*
 * `relais -c`, and -t under the name keepalived: what a configuration is worth, without running it.
 */
#ifndef RELAIS_CHECK_CHECK_H
#define RELAIS_CHECK_CHECK_H

#include "main/args.h"

/* Prints all there is to say. Returns the exit status: 0 good, 1 errors; with --diff 2 when a
 * VIP would move and 3 when one may; under the name keepalived 0 good, 5 complaints, 6 scripts
 * without script security. */
int check_run(const struct args *args);

#endif
