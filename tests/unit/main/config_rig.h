/*
 * What the stories of whole configurations share: files in a directory of their own, the command
 * line that names them, and what was loaded. Included by one test program each.
 */
#ifndef RELAIS_TESTS_CONFIG_RIG_H
#define RELAIS_TESTS_CONFIG_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "main/config.h"

static char dir[] = "/tmp/relais-test-config-XXXXXX";
static char paths[4][64];
static unsigned n_paths;
static struct args args;
static struct config *config;

static const char *write_file(const char *text)
{
	char *path = paths[n_paths];
	FILE *out;

	snprintf(path, sizeof(paths[0]), "%s/%u.conf", dir, n_paths);
	n_paths++;
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	return path;
}

static int set_up(void **state)
{
	(void)state;
	memset(&args, 0, sizeof(args));
	args.up_fd = -1;
	n_paths = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	config_free(&config);
	while (n_paths > 0)
		unlink(paths[--n_paths]);
	return 0;
}

#endif
