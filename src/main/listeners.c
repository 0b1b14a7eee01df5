/*
 * Opening listening sockets and taking them over at a reload. See listeners.h. Master process only.
 */
#include "main/listeners.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG_DEFAULT = 4096 };

/* Walks all listeners of a configuration: the stats sockets first, then the proxies'. */
struct walk {
	struct proxy_conf *proxy;
	struct listener_conf *at;
	bool started;
};

static struct listener_conf *walk_next(const struct balancer_conf *conf, struct walk *w)
{
	if (!w->started) {
		w->started = true;
		w->at = conf->global.stats_sockets;
		w->proxy = conf->proxies;
	} else {
		w->at = w->at->next;
	}
	while (!w->at && w->proxy) {
		w->at = w->proxy->disabled ? NULL : w->proxy->listeners;
		w->proxy = w->proxy->next;
	}
	return w->at;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_socket(const struct listener_conf *a, const struct listener_conf *b)
{
	if (a->inherited_fd >= 0 || b->inherited_fd >= 0)
		return a->inherited_fd == b->inherited_fd;
	return addr_eq(&a->addr, &b->addr, true) && same_text(a->interface, b->interface) &&
	       a->v4v6 == b->v4v6 && a->v6only == b->v6only && a->transparent == b->transparent;
}

static int find_open(const struct balancer_conf *old, const struct listener_conf *l)
{
	struct walk w = {.started = false};
	const struct listener_conf *o;

	while (old && (o = walk_next(old, &w)))
		if (o->fd >= 0 && same_socket(o, l))
			return o->fd;
	return -1;
}

static int set_on(int fd, int level, int option)
{
	int one = 1;

	return setsockopt(fd, level, option, &one, sizeof(one)) < 0 ? -errno : 0;
}

static void set_reuseport(int fd, int on)
{
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
}

static int set_ip_options(int fd, const struct listener_conf *l)
{
	bool v6 = l->addr.sa.sa_family == AF_INET6;
	int only = v6 && !l->v4v6, err = 0;

	set_on(fd, SOL_SOCKET, SO_REUSEADDR);
	if (v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (l->freebind || l->transparent)
		err = v6 ? set_on(fd, IPPROTO_IPV6, IPV6_FREEBIND)
			 : set_on(fd, IPPROTO_IP, IP_FREEBIND);
	if (!err && l->transparent)
		err = v6 ? set_on(fd, IPPROTO_IPV6, IPV6_TRANSPARENT)
			 : set_on(fd, IPPROTO_IP, IP_TRANSPARENT);
	if (!err && l->interface &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, l->interface,
		       (socklen_t)strlen(l->interface) + 1) < 0)
		err = -errno;
	if (!err && l->defer_accept)
		set_on(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT);
	return err;
}

/* A Unix socket is bound under a temporary name and renamed over the old one, so that there is
 * never a moment without it. */
static int bind_unix(int fd, const struct listener_conf *l)
{
	struct addr temp = l->addr;
	char path[sizeof(temp.un.sun_path) + 8];
	int err = 0;

	if (l->addr.un.sun_path[0] == '\0') /* abstract */
		return bind(fd, &l->addr.sa, l->addr.len) < 0 ? -errno : 0;
	snprintf(path, sizeof(path), "%s.tmp", l->addr.un.sun_path);
	if (!addr_set_unix(&temp, slice_of(path), false))
		return -ENAMETOOLONG;
	unlink(path);
	if (bind(fd, &temp.sa, temp.len) < 0)
		return -errno;
	if (l->mode >= 0 && chmod(path, (mode_t)l->mode) < 0)
		err = -errno;
	if (!err && (l->uid != UINT32_MAX || l->gid != UINT32_MAX) &&
	    chown(path, l->uid, l->gid) < 0)
		err = -errno;
	if (!err && rename(path, l->addr.un.sun_path) < 0)
		err = -errno;
	if (err)
		unlink(path);
	return err;
}

/* share: beside a socket of ours that has the port as well, on an address that overlaps. */
static int open_one(const struct listener_conf *l, bool share)
{
	int backlog = l->backlog ? l->backlog : l->proxy ? l->proxy->backlog : 0;
	int fd = socket(l->addr.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (l->addr.sa.sa_family == AF_UNIX)
		err = bind_unix(fd, l);
	else
		err = set_ip_options(fd, l);
	if (share)
		set_reuseport(fd, 1);
	if (!err && l->addr.sa.sa_family != AF_UNIX && bind(fd, &l->addr.sa, l->addr.len) < 0)
		err = -errno;
	if (!err && listen(fd, backlog ? backlog : BACKLOG_DEFAULT) < 0)
		err = -errno;
	if (share)
		set_reuseport(fd, 0);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* The sockets of old that have l's port let one more in, or no more. How many there are. */
static unsigned let_beside(const struct balancer_conf *old, const struct listener_conf *l, int on)
{
	struct walk w = {.started = false};
	const struct listener_conf *o;
	unsigned n = 0;

	while (old && (o = walk_next(old, &w))) {
		if (o->fd < 0 || o->inherited_fd >= 0 || o->addr.sa.sa_family == AF_UNIX ||
		    addr_port(&o->addr) != addr_port(&l->addr))
			continue;
		set_reuseport(o->fd, on);
		n++;
	}
	return n;
}

/* A reload may turn 192.0.2.10:80 into :80 or back: for that moment both are open. Nobody else
 * gets in beside them, since the kernel is asked for it only while it happens. */
static int open_beside(const struct listener_conf *l, const struct balancer_conf *old)
{
	int fd = open_one(l, false);

	if (fd != -EADDRINUSE || l->addr.sa.sa_family == AF_UNIX || let_beside(old, l, 1) == 0)
		return fd;
	fd = open_one(l, true);
	let_beside(old, l, 0);
	return fd;
}

/* A socket that somebody else opened and passed down: it must listen. */
static int adopt(int fd)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0)
		return -errno;
	if (!listening && listen(fd, BACKLOG_DEFAULT) < 0)
		return -errno;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static const char *advice(int err)
{
	switch (-err) {
	case EADDRINUSE:
		return " (another process listens there: 'ss -ltnp' names it)";
	case EADDRNOTAVAIL:
		return " (no interface has this address, and no VIP of keepalived.conf either)";
	case EACCES:
		return " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
	default:
		return "";
	}
}

/* A virtual server whose address another program listens on is left to it, as IPVS, which listens
 * on nothing, would have been no error beside it. */
static void say_not_open(struct conf_diags *diags, const struct listener_conf *l)
{
	char text[ADDR_TEXT_MAX];

	if (l->proxy && l->proxy->is_virtual)
		conf_advise(diags, l->place,
			    "cannot listen on %s: %s%s: this virtual server is not served",
			    addr_text(&l->addr, text), strerror(-l->fd), advice(l->fd));
	else
		conf_error(diags, l->place, "cannot listen on %s: %s%s",
			   l->inherited_fd >= 0 ? "the inherited descriptor"
						: addr_text(&l->addr, text),
			   strerror(-l->fd), advice(l->fd));
}

void listeners_each(const struct balancer_conf *conf,
		    void (*each)(void *ctx, const struct listener_conf *l), void *ctx)
{
	struct walk w = {.started = false};
	const struct listener_conf *l;

	while (conf && (l = walk_next(conf, &w)))
		each(ctx, l);
}

bool listeners_open(struct balancer_conf *conf, const struct balancer_conf *old,
		    struct conf_diags *diags)
{
	struct walk w = {.started = false};
	unsigned errors = diags->n_errors;
	struct listener_conf *l;

	while ((l = walk_next(conf, &w)))
		l->fd = -1;
	w = (struct walk){.started = false};
	while ((l = walk_next(conf, &w))) {
		l->fd = find_open(old, l);
		if (l->fd >= 0)
			continue;
		l->fd = l->inherited_fd >= 0 ? adopt(l->inherited_fd) : open_beside(l, old);
		if (l->fd < 0) {
			say_not_open(diags, l);
			l->fd = -1;
		}
	}
	if (diags->n_errors == errors)
		return true;
	listeners_close_unused(conf, old);
	return false;
}

void listeners_close_unused(const struct balancer_conf *old, const struct balancer_conf *conf)
{
	struct walk w = {.started = false};
	struct listener_conf *l;

	while (old && (l = walk_next(old, &w))) {
		if (l->fd < 0 || (conf && find_open(conf, l) == l->fd))
			continue;
		close(l->fd);
		l->fd = -1;
	}
}
