/*
 * The command line, in three dialects: relais' own, haproxy's and keepalived's (chosen by the name
 * that the program was started under). Options are rows; --help and the manual come from them.
 */
#ifndef RELAIS_MAIN_ARGS_H
#define RELAIS_MAIN_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

enum args_dialect { ARGS_RELAIS, ARGS_HAPROXY, ARGS_KEEPALIVED };

enum args_verb {
	ARGS_RUN,
	ARGS_CHECK,
	ARGS_VERSION,
	ARGS_BUILD_INFO,
	ARGS_HELP,
	ARGS_KEYWORDS,
	ARGS_SIGNUM
};

enum { ARGS_FILES_MAX = 64, ARGS_PIDS_MAX = 64 };
enum { ARGS_SIGNAL_JSON = 36, ARGS_SIGNAL_STATS_CLEAR = 63 }; /* keepalived's, under its name */

struct args {
	enum args_dialect dialect;
	enum args_verb verb;
	const char *files[ARGS_FILES_MAX]; /* -f, and what follows -- ; grammar told by looking */
	size_t n_files;
	const char *keepalived_files[ARGS_FILES_MAX]; /* -k */
	size_t n_keepalived_files;
	const char *pidfile, *name, *chdir, *config_id;
	const char
		*netns; /* the network namespace that all of it runs in; NULL = the present one */
	const char *master_socket; /* -S: "fd@N" or a path, options behind a comma left out */
	bool daemon, debug, quiet, verbose;
	int log_facility;	       /* syslog's number, or LOG_NO_SYSLOG */
	bool no_syslog;		       /* keepalived -G: not even in the background */
	bool only_vrrp;		       /* keepalived -P */
	bool show_virtual;	       /* with ARGS_CHECK */
	int maxconn;		       /* -n; 0 = as configured */
	int signum;		       /* --signum: the number to print */
	pid_t old_pids[ARGS_PIDS_MAX]; /* -sf / -st: told to finish once we serve */
	size_t n_old_pids;
	bool old_terminate;	/* -st */
	const char *sockets_of; /* -x: a runtime socket whose process gives its sockets */
	const char *peer_file;	/* -c --peer */
	const char *check_log;	/* --config-test=FILE: where its diagnostics go */
	double listen_s;	/* -c --listen; 0 = not */
	bool diff;		/* -c --diff */
	const char *diff_with;	/* a pid file or a pid; NULL = the one relais that runs here */
	bool zero_warning;	/* -dW: warnings are errors */
	bool worker;		/* -W, -Ws: a signal's end shows in the exit status, as haproxy's */
	const char *late_pidfile; /* not an option: written when we serve; NULL = none */
	int up_fd; /* not an option: a byte here says that we serve; -1 = nobody waits */
};

/* The operator's log of the process of that name (core/log/log.h). */
void args_log_setup(const struct args *args, const char *process);

/* false: a message went to err; the caller exits with 1. */
bool args_parse(struct args *args, int argc, char **argv, FILE *err);
void args_print_help(enum args_dialect dialect, FILE *out);

#endif
