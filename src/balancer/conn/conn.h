/*
 * A connection: one non-blocking stream socket on one thread's loop, seen the same from both ends
 * of a proxied session. Edge-triggered; what is ready is remembered in flags until a call finds
 * out otherwise, so a request costs no poller call. Small on purpose: an idle client costs one
 * struct conn plus its owner, no buffer.
 */
#ifndef RELAIS_CONN_CONN_H
#define RELAIS_CONN_CONN_H

#include <sys/uio.h>

#include "core/base/addr.h"
#include "core/loop/loop.h"

struct conn;
typedef void conn_fn(struct conn *c); /* something changed: look at the flags */

enum conn_flag {
	CONN_READABLE = 1 << 0, /* read may give bytes, end or error */
	CONN_WRITABLE = 1 << 1,
	CONN_CONNECTING = 1 << 2, /* connect under way; on_event when it is over */
	CONN_READ_END = 1 << 3,	  /* the peer has finished sending */
	CONN_WRITE_END = 1 << 4,  /* we have finished sending */
	CONN_ERROR = 1 << 5,	  /* err says which */
	CONN_HANGUP = 1 << 6,	  /* an end or error stands behind what can still be read */
};

struct conn {
	struct loop *loop; /* borrowed */
	struct loop_fd lfd;
	uint16_t flags;
	uint16_t err; /* errno of the error */
	conn_fn *on_event;
};

/* Takes fd over; it is non-blocking already. 0 or -errno (then fd is closed). */
int conn_attach(struct conn *c, struct loop *loop, int fd, conn_fn *on_event);

struct conn_target {
	const struct addr *addr;
	const struct addr *source;    /* NULL = the kernel's choice; port 0 = any */
	const char *source_interface; /* NULL = none */
	bool source_transparent;      /* IP_TRANSPARENT: usesrc */
	bool keepalive;		      /* SO_KEEPALIVE */
	bool silent; /* hold back the handshake's last ACK: aborted at once, the server's
		      * application never hears of the connection (checks) */
};

/* Socket and non-blocking connect; CONN_CONNECTING until on_event. 0 or -errno. */
int conn_open(struct conn *c, struct loop *loop, const struct conn_target *to, conn_fn *on_event);
static inline bool conn_is_open(const struct conn *c)
{
	return c->lfd.fd >= 0;
}
void conn_close(struct conn *c); /* orderly; may be called twice */
void conn_abort(struct conn *c); /* with RST */
void conn_shut_write(struct conn *c);

/* > 0 bytes; 0 = end (CONN_READ_END set); -EAGAIN (CONN_READABLE cleared); other -errno
 * (CONN_ERROR set). A read that fills buf leaves CONN_READABLE set. */
ssize_t conn_read(struct conn *c, void *buf, size_t len);
/* > 0 bytes taken (fewer than given: CONN_WRITABLE cleared), -EAGAIN, other -errno. */
ssize_t conn_writev(struct conn *c, const struct iovec *iov, int n_iov);
/* Nothing to read and no end in sight. Asks the kernel where the flags do not tell; takes nothing.
 */
bool conn_is_quiet(struct conn *c);

enum { CONN_PIPE_LEN = 1 << 20 };

/* A pooled pipe between two sockets (splice). */
struct conn_pipe {
	int rd, wr;
	size_t len, cap; /* bytes inside */
	struct conn_pipe *next;
};

struct conn_pipe *conn_pipe_take(void);	      /* per thread; NULL when no descriptors are left */
void conn_pipe_give(struct conn_pipe **pipe); /* one with bytes inside is closed */
void conn_pipe_drop_pool(void);		      /* this thread's; at its end */
/* As conn_read / conn_writev, into and out of the pipe. splice_in into an empty pipe only. */
ssize_t conn_splice_in(struct conn *c, struct conn_pipe *pipe, size_t max);
ssize_t conn_splice_out(struct conn *c, struct conn_pipe *pipe);

#endif
