/*
 * UDP sockets for heartbeats. See heart_socket.h.
 */
#include "failover/heart/heart_socket.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"

enum { RETRY_US = 1000000, BATCH = 64, TOS = 0xc0 };

struct heart_socket {
	struct list link;
	struct heart_sockets *all;
	struct loop_fd lfd; /* -1 = not open */
	int family;
	unsigned port, n_users;
	char dev[16];
	unsigned ifindex; /* of dev, when opened */
	int64_t tried_us;
	bool complained;
};

static void complain(struct heart_socket *s, const char *what)
{
	if (!s->complained)
		log_warn("heartbeat port %u%s%s: %s: %s", s->port, s->dev[0] ? " on " : "", s->dev,
			 what, strerror(errno));
	s->complained = true;
}

static void shut(struct heart_socket *s)
{
	if (s->lfd.fd < 0)
		return;
	loop_fd_del(s->all->loop, &s->lfd);
	close(s->lfd.fd);
	s->lfd.fd = -1;
}

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static bool prepare(const struct heart_socket *s, int fd)
{
	bool six = s->family == AF_INET6;
	struct addr any;

	addr_parse_ip(&any, six ? SLICE("::") : SLICE("0.0.0.0"), s->port);
	if (s->dev[0] &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, s->dev, (socklen_t)strlen(s->dev)) < 0)
		return false;
	if (six)
		set(fd, IPPROTO_IPV6, IPV6_TCLASS, TOS);
	else
		set(fd, IPPROTO_IP, IP_TOS, TOS);
	return set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set(fd, SOL_SOCKET, SO_BROADCAST, 1) &&
	       (!six || (set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
			 set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0))) &&
	       (six ? set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
		    : set(fd, IPPROTO_IP, IP_PKTINFO, 1)) &&
	       bind(fd, &any.sa, any.len) == 0;
}

static void try_open(struct heart_socket *s)
{
	int64_t now = loop_now_us(s->all->loop);

	if (s->lfd.fd >= 0 || (s->tried_us && now - s->tried_us < RETRY_US))
		return;
	s->tried_us = now;
	s->ifindex = s->dev[0] ? if_nametoindex(s->dev) : 0;
	s->lfd.fd = socket(s->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->lfd.fd >= 0 && prepare(s, s->lfd.fd) &&
	    loop_fd_add(s->all->loop, &s->lfd, LOOP_IN) == 0) {
		s->complained = false;
		return;
	}
	complain(s, "cannot be opened");
	if (s->lfd.fd >= 0)
		close(s->lfd.fd);
	s->lfd.fd = -1;
}

/* ---- going out ---- */

static struct addr everybody(const struct heart_socket *s)
{
	struct addr a;

	if (s->family == AF_INET6) {
		addr_parse_ip(&a, SLICE("ff02::1"), s->port);
		a.in6.sin6_scope_id = s->ifindex;
	} else {
		addr_parse_ip(&a, SLICE("255.255.255.255"), s->port);
	}
	return a;
}

void heart_socket_send(struct heart_socket *s, const struct heart_route *route,
		       const uint8_t *bytes, size_t len)
{
	struct addr to = route->to.len ? route->to : everybody(s);

	try_open(s);
	if (s->lfd.fd < 0)
		return;
	addr_set_port(&to, route->port);
	if (sendto(s->lfd.fd, bytes, len, 0, &to.sa, to.len) >= 0 || errno == EAGAIN ||
	    errno == ECONNREFUSED)
		return;
	/* The interface is another one now, or went away: a new socket finds it. */
	if (s->dev[0] && (errno == ENODEV || errno == ENXIO || errno == EADDRNOTAVAIL))
		shut(s);
}

/* ---- coming in ---- */

static void read_info(struct cmsghdr *c, struct heart_arrival *a)
{
	struct in_pktinfo four;
	struct in6_pktinfo six;

	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&four, CMSG_DATA(c), sizeof(four));
		/* Broadcast: what it was sent to is not what we have. */
		a->everybody = four.ipi_addr.s_addr != four.ipi_spec_dst.s_addr;
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&six, CMSG_DATA(c), sizeof(six));
		a->everybody = six.ipi6_addr.s6_addr[0] == 0xff;
	}
}

static void on_ready(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct heart_socket *s = container_of(lfd, struct heart_socket, lfd);

	(void)loop, (void)ready;
	for (int i = 0; i < BATCH && s->lfd.fd >= 0; i++) {
		uint8_t bytes[256];
		char control[128] __attribute__((aligned(16)));
		struct sockaddr_storage from;
		struct iovec iov = {bytes, sizeof(bytes)};
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof(from),
				   .msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};
		struct heart_arrival a = {0};
		ssize_t len = recvmsg(s->lfd.fd, &m, 0);

		if (len < 0 && errno == EAGAIN)
			return;
		if (len < 0 ||
		    !addr_from_sockaddr(&a.from, (struct sockaddr *)&from, m.msg_namelen))
			continue;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
			read_info(c, &a);
		memcpy(a.dev, s->dev, sizeof(a.dev));
		s->all->arrived(s->all->ctx, &a, bytes, (size_t)len);
	}
}

bool heart_route_is(const struct heart_route *route, const struct heart_arrival *from)
{
	if (route->to.len)
		return !from->everybody && addr_eq(&route->to, &from->from, false);
	return from->everybody && strcmp(route->dev, from->dev) == 0 &&
	       route->family == from->from.sa.sa_family;
}

/* ---- life ---- */

void heart_sockets_init(struct heart_sockets *s, struct loop *loop, heart_socket_fn *arrived,
			void *ctx)
{
	s->loop = loop;
	s->arrived = arrived;
	s->ctx = ctx;
	list_init(&s->all);
}

struct heart_socket *heart_socket_take(struct heart_sockets *all, const struct heart_route *route)
{
	const char *dev = route->to.len ? "" : route->dev;
	struct heart_socket *s;
	struct list *pos;

	LIST_EACH(pos, &all->all)
	{
		s = container_of(pos, struct heart_socket, link);
		if (s->family == route->family && s->port == route->port &&
		    strcmp(s->dev, dev) == 0) {
			s->n_users++;
			return s;
		}
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		die_no_memory();
	s->all = all;
	s->family = route->family;
	s->port = route->port;
	s->n_users = 1;
	snprintf(s->dev, sizeof(s->dev), "%s", dev);
	s->lfd = (struct loop_fd){.fd = -1, .on_ready = on_ready};
	list_push(&all->all, &s->link);
	try_open(s);
	return s;
}

void heart_socket_give(struct heart_sockets *all, struct heart_socket *s)
{
	(void)all;
	if (--s->n_users > 0)
		return;
	shut(s);
	list_del(&s->link);
	free(s);
}

void heart_sockets_fini(struct heart_sockets *all)
{
	struct list *pos, *tmp;

	LIST_EACH_SAFE(pos, tmp, &all->all)
	{
		struct heart_socket *s = container_of(pos, struct heart_socket, link);

		s->n_users = 1;
		heart_socket_give(all, s);
	}
}
