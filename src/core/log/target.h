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
	LOG_WIRE_RAW,   /* text only */
	LOG_WIRE_TIMED,
};

struct log_target {
	struct log_target *next;
	struct addr addr;  /* len 0: fd below */
	int fd;            /* 1 = stdout, 2 = stderr, or fd@N; -1 when addr rules */
	int facility;      /* 0..23 */
	enum log_level max_level, min_level; /* lines above max_level are not sent */
	enum log_wire wire;
	unsigned max_len;  /* bytes of a line, 1024 */
};

struct log_sender { /* one per thread: open sockets by family */
	int inet, inet6, unix_dgram; /* -1 = not open yet */
	uint64_t n_sent, n_dropped;
};

void log_sender_init(struct log_sender *s);
void log_sender_fini(struct log_sender *s);
/* Sends line (no newline) to each target whose level admits it. tag: program name; host: own name
 * or NULL; wall_us: CLOCK_REALTIME. */
void log_targets_send(struct log_sender *s, const struct log_target *targets, enum log_level level,
		      const char *tag, const char *host, int64_t wall_us, struct slice line);

#endif
