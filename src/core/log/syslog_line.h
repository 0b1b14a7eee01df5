/*
 * Lines to the machine's syslog, over its Unix datagram socket. For core/log/log.c; any thread.
 * glibc's syslog() waits when the daemon does not read; this never does: what finds no room is
 * lost. A daemon that was restarted is found again.
 */
#ifndef RELAIS_LOG_SYSLOG_LINE_H
#define RELAIS_LOG_SYSLOG_LINE_H

#include "core/base/slice.h"

struct syslog_line {
	const char *path; /* borrowed */
	int fd;		  /* -1 = not open */
};

/* Opened before a chroot or a change of user, it stays usable after them. Whether somebody listens
 * is seen when a line is sent. */
void syslog_line_open(struct syslog_line *s, const char *path);

/* priority: facility * 8 + level. Sent as "<priority>date relais[pid]: process: line". False when
 * it is lost. */
bool syslog_line_send(const struct syslog_line *s, unsigned priority, const char *process,
		      struct slice line);

#endif
