/*
 * Where traffic log lines go: a UDP syslog server, a Unix datagram socket, a ring, or a file
 * descriptor (stdout, stderr) raw. Configured by `log` lines; used by flow and health on every
 * balancer thread: a send never blocks and never fails loudly, it is counted.
 */
#ifndef RELAIS_LOG_TARGET_H
#define RELAIS_LOG_TARGET_H

#include "core/base/addr.h"
#include "core/log/log.h"

enum log_wire { /* `format` of a log line */
		LOG_WIRE_RFC3164,
		LOG_WIRE_RFC5424,
		LOG_WIRE_LOCAL, /* RFC 3164 without host name: /dev/log */
		LOG_WIRE_SHORT, /* "<N>text" */
		LOG_WIRE_RAW,	/* text only */
		LOG_WIRE_TIMED, /* "<N>" and a date of ISO 8601 */
		LOG_WIRE_ISO,
		LOG_WIRE_PRIORITY, /* "<PRI>text" */
		LOG_WIRE_UNSET,	   /* no `format`: RFC3164 when a host name is given, else LOCAL */
};

struct log_target {
	struct log_target *next;
	struct addr addr; /* len 0: fd below */
	int fd;		  /* 1 = stdout, 2 = stderr, or fd@N; -1 when addr rules */
	int facility;	  /* 0..23 */
	enum log_level max_level, min_level; /* lines above max_level are not sent */
	enum log_wire wire;
	unsigned max_len; /* bytes of a line, 1024 */
};

struct log_sender { /* one per thread: open sockets by family, dates as last written */
	int inet, inet6, unix_dgram; /* -1 = not open yet */
	uint64_t n_sent, n_dropped;
	int64_t stamp_s;    /* the second that the dates below are of; -1 = none yet */
	char bsd_stamp[16]; /* "Jan  2 15:04:05" */
	char iso_stamp[20]; /* "2026-01-02T15:04:05" */
	char zone[8];	    /* "+01:00" */
};

void log_sender_init(struct log_sender *s);
void log_sender_fini(struct log_sender *s);
/* Sends line (no newline) to each target whose level admits it; a level above (more severe than)
 * min_level is lowered to it. tag: program name; host: own name or NULL; wall_us:
 * CLOCK_REALTIME. */
void log_targets_send(struct log_sender *s, const struct log_target *targets, enum log_level level,
		      const char *tag, const char *host, int64_t wall_us, struct slice line);

/* Words of a `log` line; false or -1 when there is none of that name. */
bool log_wire_find(const char *name, enum log_wire *wire);
int log_level_find(const char *name);
extern const char *const log_level_names[];    /* by number, NULL-terminated */
extern const char *const log_facility_names[]; /* by number, NULL-terminated */

#endif
