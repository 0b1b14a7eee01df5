/*
 * VRRP on raw sockets. See transport.h. RFC 9568 5.1 (carriage), 7.1 (what came), ip(7), ipv6(7).
 *
 * A place is an (interface name, family, plain or AH) that an instance wants. Its socket is open
 * while the interface exists; it is bound to the device and has joined the groups of its instances.
 * Source, TTL and interface of what goes out are said per packet, so instances with different ones
 * share the socket.
 */
#include "failover/transport/transport_impl.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/die.h"
#include "failover/wire/ah.h"
#include "failover/transport/rx_buffer.h"

enum {
	PROTOCOL_VRRP = 112,
	TTL_VRRP = 255,		  /* 5.1.1.3 */
	TOS_INTERNETWORK = 0xc0,  /* as Keepalived sets it */
	SO_PRIORITY_CONTROL = 7,  /* TC_PRIO_CONTROL: ahead of the node's own traffic */
	RECEIVE_BUFFER = 4 << 20, /* bytes: some thousand packets, for a burst of hostile ones */
	RETRY_US = 1000000,	  /* a socket that could not be opened */
};

void vrrp_transport_configure(struct vrrp_transport *t, const struct house_conf *house)
{
	t->house = house;
}

bool vrrp_transport_gate(struct vrrp_transport *t, struct log_gate *gate)
{
	unsigned held;

	return log_gate_open(gate, loop_now_us(t->loop), 3, 60 * 1000000LL, &held);
}

/* ---- sockets ---- */

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static int set_options_v4(int fd)
{
	if (set_int(fd, IPPROTO_IP, IP_TTL, TTL_VRRP) < 0 ||
	    set_int(fd, IPPROTO_IP, IP_MULTICAST_TTL, TTL_VRRP) < 0 ||
	    set_int(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) < 0 ||
	    set_int(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) < 0 ||
	    set_int(fd, IPPROTO_IP, IP_TOS, TOS_INTERNETWORK) < 0)
		return -errno;
	return 0;
}

static int set_options_v6(int fd)
{
	if (set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, TTL_VRRP) < 0 ||
	    set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, TTL_VRRP) < 0 ||
	    set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0) < 0 ||
	    set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0) < 0 ||
	    set_int(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) < 0 ||
	    set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) < 0 ||
	    set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, TOS_INTERNETWORK) < 0)
		return -errno;
	return 0;
}

static int membership_v4(const struct place *pl, const struct vrrp_instance_conf *conf,
			 unsigned ifindex, bool leave)
{
	struct ip_mreqn m = {.imr_ifindex = (int)ifindex};

	m.imr_multiaddr.s_addr = conf->mcast_group.len ? conf->mcast_group.in4.sin_addr.s_addr
						       : htonl(0xe0000012); /* 224.0.0.18 */
	return setsockopt(pl->lfd.fd, IPPROTO_IP, leave ? IP_DROP_MEMBERSHIP : IP_ADD_MEMBERSHIP,
			  &m, sizeof(m));
}

static int membership_v6(const struct place *pl, const struct vrrp_instance_conf *conf,
			 unsigned ifindex, bool leave)
{
	static const struct in6_addr all_vrrp = {.s6_addr = {0xff, 0x02, [15] = 0x12}};
	struct ipv6_mreq m = {.ipv6mr_interface = ifindex};

	m.ipv6mr_multiaddr = conf->mcast_group.len ? conf->mcast_group.in6.sin6_addr : all_vrrp;
	return setsockopt(pl->lfd.fd, IPPROTO_IPV6, leave ? IPV6_LEAVE_GROUP : IPV6_ADD_MEMBERSHIP,
			  &m, sizeof(m));
}

/* Left first when it is to be joined anew: the socket may believe that it is a member. */
static int join_on(const struct place *pl, const struct vrrp_instance_conf *conf, unsigned ifindex,
		   bool anew)
{
	bool v4 = pl->family == AF_INET;
	int rc;

	if (anew)
		v4 ? membership_v4(pl, conf, ifindex, true)
		   : membership_v6(pl, conf, ifindex, true);
	rc = v4 ? membership_v4(pl, conf, ifindex, false) : membership_v6(pl, conf, ifindex, false);
	return rc < 0 && errno != EADDRINUSE ? -errno : 0;
}

/* On a virtual MAC's interface the group is joined below it too: only that one's report reaches a
 * switch that listens for them (address/wall.h), and what comes there is not for this socket. */
static int join(struct place *pl, const struct vrrp_instance_conf *conf, bool anew)
{
	unsigned below;

	if (conf->peers)
		return 0;
	below = strcmp(pl->name, conf->interface) == 0 ? 0 : if_nametoindex(conf->interface);
	if (below)
		join_on(pl, conf, below, anew);
	return join_on(pl, conf, pl->ifindex, anew);
}

static int admit(struct place *pl, const struct vrrp_instance_conf *conf)
{
	vrrp_rx_buffer_grow(pl->lfd.fd, pl->name, pl->transport->house, conf, &pl->rx_bytes);
	return join(pl, conf, false);
}

static int admit_all(struct place *pl)
{
	int err = 0;

	for (int vrid = 1; vrid < 256 && !err; vrid++)
		if (pl->by_vrid[vrid])
			err = admit(pl, vrrp_instance_conf(pl->by_vrid[vrid]));
	return err;
}

static int rejoin_all(struct place *pl)
{
	int err = 0;

	for (int vrid = 1; vrid < 256 && !err; vrid++)
		if (pl->by_vrid[vrid])
			err = join(pl, vrrp_instance_conf(pl->by_vrid[vrid]), true);
	return err;
}

static void close_place(struct place *pl)
{
	if (pl->ifindex == 0)
		return;
	loop_fd_del(pl->transport->loop, &pl->lfd);
	close(pl->lfd.fd);
	pl->lfd.fd = -1;
	pl->ifindex = 0;
}

static int open_socket(const struct place *pl)
{
	int fd = socket(pl->family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			pl->ah ? VRRP_AH_PROTOCOL : PROTOCOL_VRRP);
	int err;

	if (fd < 0)
		return -errno;
	set_int(fd, SOL_SOCKET, SO_PRIORITY, SO_PRIORITY_CONTROL);
	if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER) < 0)
		set_int(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	set_int(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	err = pl->family == AF_INET ? set_options_v4(fd) : set_options_v6(fd);
	if (!err && pl->ah && set_int(fd, IPPROTO_IP, IP_HDRINCL, 1) < 0)
		err = -errno;
	if (!err && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, pl->name,
			       (socklen_t)strlen(pl->name) + 1) < 0)
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static void open_failed(struct place *pl, int err)
{
	struct vrrp_transport *t = pl->transport;

	close_place(pl);
	t->stats.n_open_failed++;
	if (vrrp_transport_gate(t, &t->open_gate))
		log_err("VRRP socket on %s: %s", pl->name, strerror(-err));
	if (!loop_timer_armed(&t->retry))
		loop_timer_set(t->loop, &t->retry, loop_now_us(t->loop) + RETRY_US);
}

static void open_place(struct place *pl, unsigned ifindex)
{
	struct vrrp_transport *t = pl->transport;
	int fd = open_socket(pl), err;

	pl->wanted_ifindex = ifindex;
	if (fd < 0) {
		open_failed(pl, fd);
		return;
	}
	pl->lfd = (struct loop_fd){.on_ready = vrrp_transport_on_readable, .fd = fd};
	err = loop_fd_add(t->loop, &pl->lfd, LOOP_IN);
	if (err) {
		close(fd);
		pl->lfd.fd = -1;
		open_failed(pl, err);
		return;
	}
	pl->ifindex = ifindex;
	pl->rx_bytes = 0;
	pl->usable = true;
	err = admit_all(pl);
	if (err)
		open_failed(pl, err);
}

static void retry(struct loop *loop, struct loop_timer *timer)
{
	struct vrrp_transport *t = container_of(timer, struct vrrp_transport, retry);
	struct list *pos;

	(void)loop;
	LIST_EACH(pos, &t->places)
	{
		struct place *pl = container_of(pos, struct place, link);

		if (pl->ifindex || !pl->wanted_ifindex)
			continue;
		open_place(pl, pl->wanted_ifindex);
		if (pl->ifindex && t->on_open)
			t->on_open(t->ctx, pl->name);
	}
}

/* ---- sending ---- */

static void put_cmsg(struct msghdr *msg, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)((char *)msg->msg_control + msg->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

static void put_carriage(struct msghdr *msg, const struct place *pl, const struct addr *src,
			 int ttl)
{
	struct in_pktinfo i4 = {.ipi_ifindex = (int)pl->ifindex};
	struct in6_pktinfo i6 = {.ipi6_ifindex = pl->ifindex};

	if (pl->family == AF_INET) {
		i4.ipi_spec_dst = src->in4.sin_addr;
		put_cmsg(msg, IPPROTO_IP, IP_PKTINFO, &i4, sizeof(i4));
		put_cmsg(msg, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	} else {
		i6.ipi6_addr = src->in6.sin6_addr;
		put_cmsg(msg, IPPROTO_IPV6, IPV6_PKTINFO, &i6, sizeof(i6));
		put_cmsg(msg, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof(ttl));
	}
}

static struct place *find_place(struct vrrp_transport *t, const struct vrrp_instance_conf *conf)
{
	bool ah = conf->auth == VRRP_AUTH_AH;
	struct list *pos;

	LIST_EACH(pos, &t->places)
	{
		struct place *pl = container_of(pos, struct place, link);

		if (pl->family == conf->family && pl->ah == ah &&
		    strcmp(pl->name, vrrp_conf_wire(conf)) == 0)
			return pl;
	}
	return NULL;
}

/* Those who are attached are known by their VRID, without a look at names. */
static struct place *place_of(struct vrrp_transport *t, const struct vrrp_instance *inst)
{
	unsigned vrid = vrrp_instance_conf(inst)->vrid;
	struct list *pos;

	LIST_EACH(pos, &t->places)
	{
		struct place *pl = container_of(pos, struct place, link);

		if (pl->by_vrid[vrid] == inst)
			return pl;
	}
	return NULL;
}

static bool send_failed(struct vrrp_transport *t, const struct vrrp_instance_conf *conf, int err)
{
	t->stats.n_send_failed++;
	if (vrrp_transport_gate(t, &t->send_gate))
		log_warn("(%s) advertisement not sent: %s", conf->name, strerror(err));
	return false;
}

bool vrrp_transport_send(struct vrrp_transport *t, struct vrrp_instance *inst,
			 const struct addr *src, const struct addr *dst, const uint8_t *bytes,
			 size_t len)
{
	const struct vrrp_instance_conf *conf = vrrp_instance_conf(inst);
	struct place *pl = place_of(t, inst);
	int ttl = conf->peers && conf->unicast_ttl ? conf->unicast_ttl : TTL_VRRP;
	struct addr to = *dst;
	union {
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec iov = {(void *)(uintptr_t)bytes, len};
	struct msghdr msg = {
		.msg_name = &to.sa,
		.msg_namelen = to.len,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
	};

	if (!pl || pl->ifindex == 0)
		return send_failed(t, conf, ENODEV);
	addr_set_port(&to, 0);
	if (to.sa.sa_family == AF_INET6)
		to.in6.sin6_scope_id = pl->ifindex;
	put_carriage(&msg, pl, src, ttl);
	if (sendmsg(pl->lfd.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return send_failed(t, conf, errno);
	t->stats.n_sent++;
	return true;
}

/* ---- who is attached ---- */

struct vrrp_transport *vrrp_transport_new(struct loop *loop, const struct house_conf *house)
{
	struct vrrp_transport *t = calloc(1, sizeof(*t));

	if (!t)
		die_no_memory();
	t->loop = loop;
	t->house = house;
	t->retry.on_expiry = retry;
	list_init(&t->places);
	return t;
}

static struct place *get_place(struct vrrp_transport *t, const struct vrrp_instance_conf *conf)
{
	struct place *pl = find_place(t, conf);

	if (pl)
		return pl;
	pl = calloc(1, sizeof(*pl));
	if (!pl)
		die_no_memory();
	pl->transport = t;
	pl->family = conf->family;
	pl->ah = conf->auth == VRRP_AUTH_AH;
	pl->lfd.fd = -1;
	strncpy(pl->name, vrrp_conf_wire(conf), sizeof(pl->name) - 1);
	list_push(&t->places, &pl->link);
	return pl;
}

static void drop_place(struct place *pl)
{
	close_place(pl);
	list_del(&pl->link);
	free(pl);
}

bool vrrp_transport_attach(struct vrrp_transport *t, struct vrrp_instance *inst)
{
	const struct vrrp_instance_conf *conf = vrrp_instance_conf(inst);
	struct place *pl = get_place(t, conf);
	unsigned ifindex = if_nametoindex(pl->name);
	int err;

	if (pl->by_vrid[conf->vrid])
		return pl->by_vrid[conf->vrid] == inst;
	pl->by_vrid[conf->vrid] = inst;
	pl->n_instances++;
	if (pl->ifindex == 0 && ifindex)
		open_place(pl, ifindex);
	else if (pl->ifindex && (err = admit(pl, conf)) < 0)
		open_failed(pl, err);
	return true;
}

void vrrp_transport_detach(struct vrrp_transport *t, struct vrrp_instance *inst)
{
	const struct vrrp_instance_conf *conf = vrrp_instance_conf(inst);
	struct place *pl = find_place(t, conf);

	if (!pl || pl->by_vrid[conf->vrid] != inst)
		return;
	pl->by_vrid[conf->vrid] = NULL;
	if (--pl->n_instances == 0)
		drop_place(pl);
}

static void renumber(struct place *pl, unsigned ifindex)
{
	if (pl->ifindex && pl->ifindex == ifindex)
		return;
	close_place(pl);
	pl->wanted_ifindex = 0;
	if (ifindex)
		open_place(pl, ifindex);
}

/* Where an interface lost its addresses, the kernel may have forgotten its groups too, without a
 * word to the socket that joined them: IPv6 does so below an MTU of 1280. */
static void rejoin_if_back(struct place *pl, const struct vrrp_link *link)
{
	bool v4 = pl->family == AF_INET;
	bool has_source =
		v4 ? link->ipv4.len > 0 : link->ipv6_linklocal.len > 0 || link->ipv6_global.len > 0;
	bool back = !pl->usable && link->up && has_source;
	int err;

	pl->usable = link->up && has_source;
	if (!back || !pl->ifindex)
		return;
	err = rejoin_all(pl);
	if (err)
		open_failed(pl, err);
}

/* With a virtual MAC another than that of the socket. All instances of a place have the same. */
static bool is_base_of(const struct place *pl, const char *name)
{
	for (int vrid = 1; vrid < 256; vrid++)
		if (pl->by_vrid[vrid])
			return strcmp(vrrp_instance_conf(pl->by_vrid[vrid])->interface, name) == 0;
	return false;
}

void vrrp_transport_interface_changed(struct vrrp_transport *t, const struct vrrp_link *link)
{
	struct list *pos;

	LIST_EACH(pos, &t->places)
	{
		struct place *pl = container_of(pos, struct place, link);

		if (strcmp(pl->name, link->name) == 0)
			renumber(pl, link->ifindex);
		if (is_base_of(pl, link->name))
			rejoin_if_back(pl, link);
	}
}

bool vrrp_transport_deaf(struct vrrp_transport *t, const struct vrrp_instance *inst)
{
	const struct place *pl = place_of(t, inst);

	return !pl || (pl->wanted_ifindex && !pl->ifindex);
}

void vrrp_transport_watch(struct vrrp_transport *t, void (*on_open)(void *ctx, const char *name),
			  void *ctx)
{
	t->on_open = on_open;
	t->ctx = ctx;
}

void vrrp_transport_free(struct vrrp_transport **t)
{
	struct vrrp_transport *tr = *t;

	*t = NULL;
	if (!tr)
		return;
	loop_timer_clear(tr->loop, &tr->retry);
	while (!list_empty(&tr->places))
		drop_place(container_of(tr->places.next, struct place, link));
	free(tr);
}

const struct vrrp_transport_stats *vrrp_transport_stats(const struct vrrp_transport *t)
{
	return &t->stats;
}
