/*
 * The operator's log: what relais itself has to say (state changes, failures, refused input), as
 * opposed to the traffic log (log/target.h). One line per call, no newline in fmt. Goes to stderr,
 * and to syslog where configured; thread-safe.
 *
 * Who reads it holds up nobody: a line for which a pipe, a terminal or syslog has no room now is
 * lost, and the next one that gets through is preceded by how many were. Only a file may let us
 * wait for its disk.
 */
#ifndef RELAIS_LOG_LOG_H
#define RELAIS_LOG_LOG_H

#include <stdbool.h>

enum log_level { /* syslog's numbers */
		 LOG_LEVEL_EMERG,
		 LOG_LEVEL_ALERT,
		 LOG_LEVEL_CRIT,
		 LOG_LEVEL_ERR,
		 LOG_LEVEL_WARNING,
		 LOG_LEVEL_NOTICE,
		 LOG_LEVEL_INFO,
		 LOG_LEVEL_DEBUG,
};

enum {
	LOG_NO_SYSLOG = -1,
	LOG_FACILITY_DAEMON = 3,
	LOG_FACILITY_LOCAL0 = 16, /* to 23 = local7 */
};

/* process: the word after "relais" in each line ("master", "failover", "balancer"). facility:
 * syslog's number, or LOG_NO_SYSLOG. */
void log_setup(const char *process, enum log_level lowest, bool to_stderr, int facility);
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_err(...)	log_line(LOG_LEVEL_ERR, __VA_ARGS__)
#define log_warn(...)	log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)	log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * A bound for lines that a peer can cause: at most burst lines per period, then one line that says
 * how many were held back. One per kind of line, in the owner's struct; all-zero is fresh.
 */
struct log_gate {
	long long period_start_us;
	unsigned said, held_back;
};

/* True when the line may be written now. *held gets what was held back since the last one. */
bool log_gate_open(struct log_gate *gate, long long now_us, unsigned burst, long long period_us,
		   unsigned *held);

#endif
