/*
 * Packet sockets of a segment. See listener.h. packet(7), RFC 826, RFC 4861.
 */
#include "failover/address/segment/listener.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "failover/address/segment/duplicate_packet.h"

enum { FRAMES_AT_ONCE = 64, FRAMES_OLD = 4096 };

static int attach(int fd, const struct sock_fprog *filter)
{
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, filter, sizeof(*filter)) < 0 ? -errno
											 : 0;
}

/* Protocol 0: nothing comes in before a filter is there. */
int segment_socket(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* What a process before us was sent and did not read. */
static void drain(int fd)
{
	char byte;

	for (int n = 0; n < FRAMES_OLD && recv(fd, &byte, 1, MSG_DONTWAIT) >= 0; n++)
		;
}

int segment_listen(struct loop *loop, struct loop_fd *lfd, int *spare, uint16_t protocol,
		   const struct sock_fprog *filter)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol)};
	int err, fd;

	if (lfd->fd >= 0)
		return attach(lfd->fd, filter);
	fd = *spare >= 0 ? *spare : segment_socket();
	if (fd < 0)
		return fd;
	lfd->fd = fd;
	err = attach(fd, filter);
	if (!err) {
		drain(fd);
		if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
			err = -errno;
	}
	if (!err)
		err = loop_fd_add(loop, lfd, LOOP_IN);
	if (!err) {
		*spare = -1;
		return 0;
	}
	lfd->fd = -1;
	if (*spare < 0)
		close(fd);
	return err;
}

void segment_close(struct loop *loop, struct loop_fd *lfd, int *spare)
{
	if (lfd->fd >= 0) {
		loop_fd_del(loop, lfd);
		close(lfd->fd);
	} else if (*spare >= 0) {
		close(*spare);
	}
	lfd->fd = *spare = -1;
}

void segment_read(int fd, void (*hear)(void *ctx, struct segment_claim *claim), void *ctx)
{
	for (int n = 0; n < FRAMES_AT_ONCE; n++) {
		struct sockaddr_ll from;
		socklen_t from_len = sizeof(from);
		uint8_t frame[256];
		struct segment_claim claim = {0};
		ssize_t len =
			recvfrom(fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &from_len);

		if (len < 0)
			return;
		claim.ifindex = from.sll_ifindex;
		if (from.sll_pkttype != PACKET_OUTGOING &&
		    duplicate_claim_read(frame, (size_t)len, &claim.family, claim.ip, claim.mac))
			hear(ctx, &claim);
	}
}

static void compare(void *ctx, const struct addr *vip, int ifindex)
{
	struct segment_claim *c = ctx;

	if (ifindex == c->ifindex && vip->sa.sa_family == c->family &&
	    memcmp(rtnl_addr_bytes(vip), c->ip, rtnl_address_len((uint8_t)c->family)) == 0)
		c->vip = vip;
}

const struct addr *segment_claimed(struct segment_claim *claim, const struct hold *hold,
				   const void *owner)
{
	claim->vip = NULL;
	hold_each(hold, owner, compare, claim);
	return claim->vip;
}
