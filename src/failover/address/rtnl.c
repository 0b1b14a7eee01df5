/*
 * Carries rtnetlink messages. See rtnl.h.
 *
 * A request is handled by the kernel on the sender's own time, inside sendmsg: when that returns,
 * the acknowledgements are already in the receive buffer. So taking over a hundred addresses costs
 * two system calls for every 64, and nothing is awaited.
 */
#include "failover/address/rtnl.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECEIVE_LEN = 32 * 1024, SOCKET_BUFFER_LEN = 4 << 20, DUMP_WAIT_MS = 2000 };

static int open_socket(int protocol, uint32_t groups)
{
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	int one = 1, len = SOCKET_BUFFER_LEN;

	if (fd < 0)
		return -errno;
	/* Best effort: a short acknowledgement, a large buffer for storms of events. */
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &len, sizeof(len)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &len, sizeof(len));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

int rtnl_open(uint32_t groups)
{
	return open_socket(NETLINK_ROUTE, groups);
}

int rtnl_open_netfilter(void)
{
	return open_socket(NETLINK_NETFILTER, 0);
}

static int send_all(int fd, const struct rtnl_message *m)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t n;

	do
		n = sendto(fd, m->buf, m->len, 0, (struct sockaddr *)&kernel, sizeof(kernel));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* One datagram from the kernel. Its length, or -errno. */
static ssize_t receive_one(int fd, char *buf, size_t cap)
{
	struct sockaddr_nl from;
	struct iovec iov = {buf, cap};
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	do
		n = recvmsg(fd, &msg, 0);
	while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0));
	if (n < 0)
		return -errno;
	return msg.msg_flags & MSG_TRUNC ? -ENOBUFS : n;
}

int rtnl_run(int fd, const struct rtnl_message *m, int *errs)
{
	char buf[RECEIVE_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	int err = send_all(fd, m);
	unsigned left = m->n;

	for (unsigned i = 0; i < m->n; i++)
		errs[i] = err ? err : -EIO;
	while (!err && left > 0) {
		ssize_t n = receive_one(fd, buf, sizeof(buf));
		const struct nlmsghdr *h = (const void *)buf;

		if (n < 0)
			return (int)n;
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			const struct nlmsgerr *e = NLMSG_DATA(h);

			if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_seq >= m->n)
				continue;
			errs[h->nlmsg_seq] = e->error;
			left--;
		}
	}
	return err;
}

int rtnl_receive(int fd, rtnl_each_fn *each, void *ctx)
{
	char buf[RECEIVE_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));

	for (;;) {
		ssize_t n = receive_one(fd, buf, sizeof(buf));
		const struct nlmsghdr *h = (const void *)buf;

		if (n < 0)
			return n == -EAGAIN ? 0 : (int)n;
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
			each(ctx, h);
	}
}

int rtnl_dump(int fd, uint16_t type, rtnl_each_fn *each, void *ctx)
{
	enum { SEQ = 0x7e1a15 };
	char buf[RECEIVE_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct rtnl_message m;
	int err;

	rtnl_message_init(&m, buf, sizeof(buf));
	rtnl_message_put_dump(&m, type, SEQ);
	err = send_all(fd, &m);
	while (!err) {
		ssize_t n = receive_one(fd, buf, sizeof(buf));
		const struct nlmsghdr *h = (const void *)buf;
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (n == -EAGAIN && poll(&p, 1, DUMP_WAIT_MS) <= 0)
			return -ETIMEDOUT;
		if (n < 0 && n != -EAGAIN)
			return (int)n;
		for (; n > 0 && NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_seq == SEQ && h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_seq == SEQ && h->nlmsg_type == NLMSG_ERROR)
				return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
			each(ctx, h);
		}
	}
	return err;
}
