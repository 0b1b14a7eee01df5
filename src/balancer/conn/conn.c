/*
 * Connections: attach, connect, read, write, close. Called by flow and health on the thread whose
 * loop the connection is on. See conn.h.
 *
 * A read shorter than asked means that the socket is drained, unless the poller has already said
 * that an end stands behind the bytes (CONN_HANGUP): then reading goes on until the end is seen.
 * The poller is asked for writability only after a write did not fit, or while connecting.
 */
#include "balancer/conn/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint32_t watch_read = (uint32_t)LOOP_IN | LOOP_RDHUP | (uint32_t)LOOP_EDGE;

static void note_error(struct conn *c, int err)
{
	c->flags |= CONN_ERROR;
	if (!c->err)
		c->err = (uint16_t)err;
}

static void fetch_error(struct conn *c)
{
	socklen_t len = sizeof(int);
	int err = 0;

	if (getsockopt(c->lfd.fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		err = errno;
	if (err)
		note_error(c, err);
}

static void conn_ready(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct conn *c = container_of(lfd, struct conn, lfd);

	(void)loop;
	if (ready & (LOOP_ERR | LOOP_HUP) && (ready & LOOP_ERR || c->flags & CONN_CONNECTING))
		fetch_error(c);
	if (ready & (LOOP_RDHUP | LOOP_HUP | LOOP_ERR))
		c->flags |= CONN_READABLE | CONN_HANGUP;
	if (ready & LOOP_IN)
		c->flags |= CONN_READABLE;
	if (ready & (LOOP_OUT | LOOP_ERR | LOOP_HUP)) {
		c->flags |= CONN_WRITABLE;
		c->flags &= (uint16_t)~CONN_CONNECTING;
	}
	c->on_event(c);
}

static int watch(struct conn *c, struct loop *loop, int fd, conn_fn *on_event, uint32_t events)
{
	int err;

	c->loop = loop;
	c->lfd = (struct loop_fd){.on_ready = conn_ready, .fd = fd};
	c->on_event = on_event;
	c->err = 0;
	err = loop_fd_add(loop, &c->lfd, events);
	if (err) {
		close(fd);
		c->lfd.fd = -1;
	}
	return err;
}

int conn_attach(struct conn *c, struct loop *loop, int fd, conn_fn *on_event)
{
	c->flags = CONN_WRITABLE;
	return watch(c, loop, fd, on_event, watch_read);
}

static int bind_source(int fd, const struct conn_target *to)
{
	int one = 1;

	if (to->source_interface &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, to->source_interface,
		       (socklen_t)strlen(to->source_interface) + 1) < 0)
		return -errno;
	if (!to->source || to->source->len == 0)
		return 0;
	if (to->source_transparent && setsockopt(fd, SOL_IP, IP_TRANSPARENT, &one, sizeof(one)) < 0)
		return -errno;
	if (addr_port(to->source) == 0)
		setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	else
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return bind(fd, &to->source->sa, to->source->len) < 0 ? -errno : 0;
}

static int start_connect(int fd, const struct conn_target *to)
{
	int one = 1, err;

	if (to->addr->sa.sa_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (to->keepalive)
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (to->silent)
		setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &(int){0}, sizeof(int));
	err = bind_source(fd, to);
	if (err)
		return err;
	while (connect(fd, &to->addr->sa, to->addr->len) < 0) {
		if (errno == EINPROGRESS)
			return 0;
		if (errno != EINTR)
			return errno == EAGAIN ? -ECONNREFUSED : -errno;
	}
	return 0;
}

int conn_open(struct conn *c, struct loop *loop, const struct conn_target *to, conn_fn *on_event)
{
	int fd = socket(to->addr->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	c->lfd.fd = -1;
	if (fd < 0)
		return -errno;
	err = start_connect(fd, to);
	if (err) {
		close(fd);
		return err;
	}
	c->flags = CONN_CONNECTING;
	return watch(c, loop, fd, on_event, watch_read | LOOP_OUT);
}

void conn_close(struct conn *c)
{
	if (c->lfd.fd < 0)
		return;
	loop_fd_forget(c->loop, &c->lfd);
	close(c->lfd.fd);
	c->lfd.fd = -1;
	c->flags = CONN_READ_END | CONN_WRITE_END;
}

void conn_abort(struct conn *c)
{
	struct linger now = {1, 0};

	if (c->lfd.fd < 0)
		return;
	setsockopt(c->lfd.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	conn_close(c);
}

void conn_shut_write(struct conn *c)
{
	if (c->lfd.fd < 0 || c->flags & CONN_WRITE_END)
		return;
	c->flags |= CONN_WRITE_END;
	shutdown(c->lfd.fd, SHUT_WR);
}

/* What a system call that reads has answered, as conn_read tells it. */
static ssize_t after_read(struct conn *c, ssize_t n)
{
	if (n > 0)
		return n;
	if (n < 0 && errno == EAGAIN) {
		c->flags &= (uint16_t)~CONN_READABLE;
		return -EAGAIN;
	}
	if (n < 0)
		note_error(c, errno);
	c->flags &= (uint16_t)~CONN_READABLE;
	if (c->flags & CONN_ERROR)
		return -(ssize_t)c->err;
	c->flags |= CONN_READ_END;
	return 0;
}

ssize_t conn_read(struct conn *c, void *buf, size_t len)
{
	ssize_t n;

	do
		n = recv(c->lfd.fd, buf, len, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0 && (size_t)n < len && !(c->flags & CONN_HANGUP))
		c->flags &= (uint16_t)~CONN_READABLE;
	return after_read(c, n);
}

/* The socket is full: from now on the poller says when there is room again. */
static void wait_for_room(struct conn *c)
{
	c->flags &= (uint16_t)~CONN_WRITABLE;
	if (!(c->lfd.events & LOOP_OUT))
		loop_fd_set(c->loop, &c->lfd, c->lfd.events | LOOP_OUT);
}

static ssize_t after_write(struct conn *c, ssize_t n, size_t asked)
{
	if (n < 0 && errno != EAGAIN) {
		note_error(c, errno);
		return -(ssize_t)c->err;
	}
	if (n < 0 || (size_t)n < asked)
		wait_for_room(c);
	return n < 0 ? -EAGAIN : n;
}

ssize_t conn_writev(struct conn *c, const struct iovec *iov, int n_iov)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)(uintptr_t)iov,
			     .msg_iovlen = (size_t)n_iov};
	size_t asked = 0;
	ssize_t n;

	for (int i = 0; i < n_iov; i++)
		asked += iov[i].iov_len;
	do
		n = n_iov == 1 ? send(c->lfd.fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
			       : sendmsg(c->lfd.fd, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return after_write(c, n, asked);
}

bool conn_is_quiet(struct conn *c)
{
	char byte;

	if (c->flags & (CONN_HANGUP | CONN_ERROR | CONN_READ_END))
		return false;
	if (!(c->flags & CONN_READABLE))
		return true;
	if (recv(c->lfd.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN)
		return false;
	c->flags &= (uint16_t)~CONN_READABLE;
	return true;
}

ssize_t conn_splice_in(struct conn *c, struct conn_pipe *p, size_t max)
{
	ssize_t n;

	do
		n = splice(c->lfd.fd, NULL, p->wr, NULL, max, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	while (n < 0 && errno == EINTR);
	n = after_read(c, n);
	if (n > 0)
		p->len += (size_t)n;
	return n;
}

/* A short count may have other causes than a full socket here: only EAGAIN counts as full. */
ssize_t conn_splice_out(struct conn *c, struct conn_pipe *p)
{
	ssize_t n;

	do
		n = splice(p->rd, NULL, c->lfd.fd, NULL, p->len, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		p->len -= (size_t)n;
	return after_write(c, n, n > 0 ? (size_t)n : 0);
}
