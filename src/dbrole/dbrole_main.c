/*
 * relais-dbrole KIND [options]: see dbrole.h. Started by failover/track/database_watch.c through
 * the runner; by hand it shows what relais would see.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "dbrole/dbrole.h"

static int usage(void)
{
	fprintf(stderr,
		"relais-dbrole pgsql|mysql|redis [--host HOST|/SOCKET] [--port N] [--user U]\n"
		"	[--password-file F] [--dbname D] [--interval US] [--timeout US] "
		"[--galera]\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"host", required_argument, NULL, 'h'},
		{"port", required_argument, NULL, 'p'},
		{"user", required_argument, NULL, 'u'},
		{"password-file", required_argument, NULL, 'f'},
		{"dbname", required_argument, NULL, 'd'},
		{"interval", required_argument, NULL, 'i'},
		{"timeout", required_argument, NULL, 't'},
		{"galera", no_argument, NULL, 'g'},
		{NULL, 0, NULL, 0},
	};
	const struct dbrole_kind *kind = argc > 1 ? dbrole_kind_find(argv[1]) : NULL;
	struct dbrole_target target = {0};
	int64_t interval_us = 500000, timeout_us = 1000000;
	const char *password_file = NULL;
	int opt;

	if (!kind)
		return usage();
	while ((opt = getopt_long(argc - 1, argv + 1, "", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			target.host = optarg;
			break;
		case 'p':
			target.port = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'u':
			target.user = optarg;
			break;
		case 'f':
			password_file = optarg;
			break;
		case 'd':
			target.dbname = optarg;
			break;
		case 'i':
			interval_us = strtoll(optarg, NULL, 10);
			break;
		case 't':
			timeout_us = strtoll(optarg, NULL, 10);
			break;
		case 'g':
			target.galera = true;
			break;
		default:
			return usage();
		}
	}
	return dbrole_run(kind, &target, password_file, interval_us, timeout_us);
}
