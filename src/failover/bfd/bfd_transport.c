/*
 * BFD's sockets. See bfd_transport.h.
 */
#include "failover/bfd/bfd_transport.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"

enum {
	N_LISTENERS = 4,  /* family, multihop or not */
	READ_MAX = 64,	  /* packets per turn of the loop */
	DRAIN_MAX = 4096, /* before silence is believed: behind a flood there may be the neighbor */
	BUFFER_LEN = 1 << 20, /* of a listener, for the same reason */
	BUF_LEN = 512,
	RETRY_US = 1000000,
	SOURCE_PORT_FIRST = 49152, /* RFC 5881 4 */
	SOURCE_PORTS = 65536 - SOURCE_PORT_FIRST,
	SOURCE_PORT_TRIES = 32,
	TOS_INTERNETWORK = 0xc0,
	SO_PRIORITY_CONTROL = 7,
};

struct listener {
	struct bfd_transport *transport;
	struct loop_fd lfd; /* fd -1 = closed */
	int family;
	bool multihop, wanted, failed;
};

struct bfd_transport {
	struct loop *loop; /* borrowed */
	bfd_transport_fn *receive;
	void *ctx;
	struct listener listeners[N_LISTENERS];
	struct loop_timer retry;
};

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* The wildcard address with this port. */
static struct addr any_of(int family, unsigned port)
{
	struct addr a = {.len = family == AF_INET ? sizeof(a.in4) : sizeof(a.in6)};

	a.sa.sa_family = (sa_family_t)family;
	addr_set_port(&a, port);
	return a;
}

/* ---- listening ---- */

static int prepare_listener(int fd, int family)
{
	int err;

	if (family == AF_INET) {
		err = set_int(fd, IPPROTO_IP, IP_RECVTTL, 1);
		return err ? err : set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
	}
	err = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!err)
		err = set_int(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	return err ? err : set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

static int open_listener(const struct listener *l)
{
	struct addr at = any_of(l->family, l->multihop ? BFD_PORT_MULTIHOP : BFD_PORT);
	int fd = socket(l->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_LEN) < 0)
		set_int(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_LEN);
	err = prepare_listener(fd, l->family);
	if (!err && bind(fd, &at.sa, at.len) < 0)
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static void read_control(struct msghdr *msg, struct bfd_path *path)
{
	struct in6_pktinfo i6;
	struct in_pktinfo i4;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
		    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
			memcpy(&path->ttl, CMSG_DATA(c), sizeof(path->ttl));
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&i4, CMSG_DATA(c), sizeof(i4));
			path->ifindex = (unsigned)i4.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&i6, CMSG_DATA(c), sizeof(i6));
			path->ifindex = i6.ipi6_ifindex;
		}
	}
}

static bool read_one(struct listener *l)
{
	struct bfd_path path = {.ttl = -1, .multihop = l->multihop};
	struct sockaddr_storage from;
	uint8_t buf[BUF_LEN];
	union {
		char bytes[256];
		struct cmsghdr align;
	} control;
	struct iovec iov = {buf, sizeof(buf)};
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n = recvmsg(l->lfd.fd, &msg, 0);

	if (n < 0)
		return errno == EINTR;
	if (!addr_from_sockaddr(&path.src, msg.msg_name, msg.msg_namelen))
		return true;
	read_control(&msg, &path);
	l->transport->receive(l->transport->ctx, buf, (size_t)n, &path);
	return true;
}

static void read_some(struct listener *l, int most)
{
	for (int i = 0; i < most && l->lfd.fd >= 0 && read_one(l); i++)
		;
}

static void on_readable(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	(void)loop, (void)ready;
	read_some(container_of(lfd, struct listener, lfd), READ_MAX);
}

void bfd_transport_drain(struct bfd_transport *t)
{
	for (int i = 0; i < N_LISTENERS; i++)
		read_some(&t->listeners[i], DRAIN_MAX);
}

static void close_listener(struct listener *l)
{
	if (l->lfd.fd < 0)
		return;
	loop_fd_del(l->transport->loop, &l->lfd);
	close(l->lfd.fd);
	l->lfd.fd = -1;
}

static void try_listener(struct listener *l)
{
	struct bfd_transport *t = l->transport;
	int err;

	l->lfd.fd = open_listener(l);
	err = l->lfd.fd < 0 ? l->lfd.fd : loop_fd_add(t->loop, &l->lfd, LOOP_IN);
	if (err && l->lfd.fd >= 0)
		close(l->lfd.fd);
	if (err)
		l->lfd.fd = -1;
	if (err && !l->failed)
		log_err("BFD on UDP port %d (%s): %s; tried again every second",
			l->multihop ? BFD_PORT_MULTIHOP : BFD_PORT,
			l->family == AF_INET ? "IPv4" : "IPv6", strerror(-err));
	l->failed = err != 0;
	if (err)
		loop_timer_set(t->loop, &t->retry, loop_now_us(t->loop) + RETRY_US);
}

static void review(struct bfd_transport *t)
{
	for (int i = 0; i < N_LISTENERS; i++) {
		struct listener *l = &t->listeners[i];

		if (!l->wanted)
			close_listener(l);
		else if (l->lfd.fd < 0)
			try_listener(l);
	}
}

static void on_retry(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	review(container_of(timer, struct bfd_transport, retry));
}

void bfd_transport_listen(struct bfd_transport *t, const struct vrrp_bfd_conf *list)
{
	for (int i = 0; i < N_LISTENERS; i++) {
		struct listener *l = &t->listeners[i];

		l->wanted = false;
		for (const struct vrrp_bfd_conf *c = list; c; c = c->next)
			l->wanted |=
				c->neighbor.sa.sa_family == l->family && c->multihop == l->multihop;
	}
	review(t);
}

struct bfd_transport *bfd_transport_new(struct loop *loop, bfd_transport_fn *receive, void *ctx)
{
	struct bfd_transport *t = calloc(1, sizeof(*t));

	if (!t)
		die_no_memory();
	t->loop = loop;
	t->receive = receive;
	t->ctx = ctx;
	t->retry.on_expiry = on_retry;
	for (int i = 0; i < N_LISTENERS; i++)
		t->listeners[i] = (struct listener){
			.transport = t,
			.lfd = {.on_ready = on_readable, .fd = -1},
			.family = i & 1 ? AF_INET6 : AF_INET,
			.multihop = i & 2,
		};
	return t;
}

void bfd_transport_free(struct bfd_transport **transport)
{
	struct bfd_transport *t = *transport;

	*transport = NULL;
	if (!t)
		return;
	loop_timer_clear(t->loop, &t->retry);
	for (int i = 0; i < N_LISTENERS; i++)
		close_listener(&t->listeners[i]);
	free(t);
}

/* ---- sending ---- */

static int prepare_sender(int fd, const struct vrrp_bfd_conf *conf)
{
	bool v4 = conf->neighbor.sa.sa_family == AF_INET;
	int err = v4 ? set_int(fd, IPPROTO_IP, IP_TTL, conf->ttl)
		     : set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, conf->ttl);

	set_int(fd, SOL_SOCKET, SO_PRIORITY, SO_PRIORITY_CONTROL);
	set_int(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, TOS_INTERNETWORK);
	if (!err && conf->source.len) /* its address may come later */
		err = set_int(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_FREEBIND : IPV6_FREEBIND,
			      1);
	if (!err && conf->interface &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, conf->interface,
		       (socklen_t)strlen(conf->interface) + 1) < 0)
		err = -errno;
	return err;
}

/* A link-local address is one only together with its interface. */
static void set_scope(struct addr *a, const char *interface)
{
	if (interface && a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->in6.sin6_addr))
		a->in6.sin6_scope_id = if_nametoindex(interface);
}

static int bind_sender(int fd, const struct vrrp_bfd_conf *conf)
{
	struct addr at = conf->source.len ? conf->source : any_of(conf->neighbor.sa.sa_family, 0);
	uint16_t draw = 0;
	int err = -EADDRINUSE;

	set_scope(&at, conf->interface);
	for (int i = 0; i < SOURCE_PORT_TRIES && err == -EADDRINUSE; i++) {
		if (getrandom(&draw, sizeof(draw), GRND_NONBLOCK) < 0)
			draw = (uint16_t)(draw * 31 + getpid());
		addr_set_port(&at, SOURCE_PORT_FIRST + draw % SOURCE_PORTS);
		err = bind(fd, &at.sa, at.len) < 0 ? -errno : 0;
	}
	return err;
}

static int open_sender(struct bfd_sender *sender, const struct vrrp_bfd_conf *conf)
{
	int fd = socket(conf->neighbor.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = prepare_sender(fd, conf);
	if (!err)
		err = bind_sender(fd, conf);
	if (err)
		close(fd);
	else
		sender->fd = fd;
	return err;
}

int bfd_sender_send(struct bfd_sender *sender, const struct vrrp_bfd_conf *conf,
		    const uint8_t *bytes, size_t len)
{
	struct addr to = conf->neighbor;
	int err = sender->fd < 0 ? open_sender(sender, conf) : 0;

	if (err)
		return err;
	addr_set_port(&to, conf->multihop ? BFD_PORT_MULTIHOP : BFD_PORT);
	set_scope(&to, conf->interface);
	if (sendto(sender->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL, &to.sa, to.len) >= 0)
		return 0;
	err = -errno;
	if (err == -ENODEV || err == -EADDRNOTAVAIL) /* bound to an interface that is gone */
		bfd_sender_close(sender);
	return err;
}

void bfd_sender_close(struct bfd_sender *sender)
{
	if (sender->fd >= 0)
		close(sender->fd);
	sender->fd = -1;
}
