/*
 * Packets between our processes. See channel.h.
 */
#include "core/sys/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MAGIC = 0x524c0001 }; /* "RL", version 1 */

struct head {
	uint32_t magic, type, len;
};

int channel_pair(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -errno;
	return 0;
}

int channel_send(int fd, uint32_t type, const void *payload, size_t len)
{
	return channel_send_fds(fd, type, payload, len, NULL, 0);
}

int channel_send_fds(int fd, uint32_t type, const void *payload, size_t len, const int *fds,
		     int n_fds)
{
	struct head head = {MAGIC, type, (uint32_t)len};
	struct iovec iov[2] = {{&head, sizeof(head)}, {(void *)(uintptr_t)payload, len}};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * CHANNEL_FDS_MAX)];
	} control;
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = len ? 2 : 1};
	ssize_t n;

	if (len > CHANNEL_PAYLOAD_MAX || n_fds > CHANNEL_FDS_MAX)
		return -EMSGSIZE;
	if (n_fds > 0) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n_fds);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * (size_t)n_fds);
	}
	do
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static void take_fds(struct msghdr *msg, struct channel_message *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		out->n_fds = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(out->fds, CMSG_DATA(c), sizeof(int) * (size_t)out->n_fds);
	}
}

int channel_recv(int fd, struct channel_message *out)
{
	struct head head;
	struct iovec iov[2] = {{&head, sizeof(head)}, {out->payload, sizeof(out->payload)}};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * CHANNEL_FDS_MAX)];
	} control;
	struct msghdr msg = {.msg_iov = iov,
			     .msg_iovlen = 2,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof(control.bytes)};
	ssize_t n;

	out->n_fds = 0;
	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (n == 0)
		return 0;
	take_fds(&msg, out);
	if ((size_t)n < sizeof(head) || head.magic != MAGIC ||
	    (size_t)n != sizeof(head) + head.len || (msg.msg_flags & MSG_TRUNC)) {
		for (int i = 0; i < out->n_fds; i++)
			close(out->fds[i]);
		return -EBADMSG;
	}
	out->type = head.type;
	out->len = head.len;
	return 1;
}
