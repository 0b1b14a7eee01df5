/*
 * A FIFO that gets a line per event, and the script that reads it, if one is configured: started
 * with the FIFO's path as last argument, and again when it ends. Used by notify.c.
 */
#ifndef RELAIS_NOTIFY_NOTIFY_FIFO_H
#define RELAIS_NOTIFY_NOTIFY_FIFO_H

#include "core/log/log.h"
#include "core/loop/runner_link.h"
#include "failover/model/vrrp_conf.h"

struct notify_fifo { /* a member of its owner; all-zero is closed */
	struct loop *loop;
	struct runner_link *link;
	char *path; /* owned; NULL = closed */
	int fd;
	bool made;			  /* by us: removed at close */
	const struct script_conf *script; /* borrowed; argv NULL = none */
	struct runner_call call;
	struct loop_timer again;
	struct log_gate gate;
};

/* path NULL closes. The same path stays open. */
void notify_fifo_configure(struct notify_fifo *fifo, const char *path, uint32_t uid, uint32_t gid,
			   const struct script_conf *script);
void notify_fifo_close(struct notify_fifo *fifo);
/* Never waits: a line that does not fit is lost, and that is logged. */
void notify_fifo_write(struct notify_fifo *fifo, struct slice line);

#endif
