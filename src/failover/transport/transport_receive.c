/*
 * Packets from a place's socket to the instances with their VRID. See transport.h. A batch at a
 * time: whoever floods a node must not cost it more than the packets themselves, so what is dropped
 * is only counted, and shown once for the batch. RFC 9568 7.1, ip(7), ipv6(7).
 */
#include "failover/transport/transport_impl.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

enum { BATCHES_MAX = 2 }; /* per turn of the loop: timers wait no longer than this takes */

static void deliver(struct place *pl, const uint8_t *bytes, size_t len,
		    const struct vrrp_path *path)
{
	struct vrrp_transport *t = pl->transport;
	unsigned vrid = vrrp_packet_peek_vrid(bytes, len);
	char text[ADDR_TEXT_MAX];

	t->stats.n_received++;
	if (vrid == 0) {
		t->stats.n_malformed++;
		if (vrrp_transport_gate(t, &t->malformed_gate))
			log_warn("%s: advertisement from %s dropped: shorter than a VRRP header, "
				 "or VRID 0",
				 pl->name, addr_host_text(&path->src, text));
		return;
	}
	if (pl->by_vrid[vrid]) {
		pl->touched[vrid / 64] |= UINT64_C(1) << vrid % 64;
		vrrp_instance_receive(pl->by_vrid[vrid], bytes, len, path);
		return;
	}
	t->stats.n_unknown_vrid++;
	if (t->house->log_unknown_vrids && vrrp_transport_gate(t, &t->unknown_gate))
		log_info("%s: advertisement from %s for unknown VRID %u", pl->name,
			 addr_host_text(&path->src, text), vrid);
}

/* A raw IPv4 socket hands over the header too; what lies behind its total length is padding. */
static void deliver_v4(struct place *pl, const uint8_t *bytes, size_t len)
{
	struct vrrp_path path = {0};
	size_t head_len, total_len;
	struct iphdr ip;

	if (len < sizeof(ip)) {
		pl->transport->stats.n_malformed++;
		return;
	}
	memcpy(&ip, bytes, sizeof(ip));
	head_len = ip.ihl * 4u;
	total_len = ntohs(ip.tot_len);
	if (total_len < len)
		len = total_len;
	if (head_len < sizeof(ip) || len < head_len) {
		pl->transport->stats.n_malformed++;
		return;
	}
	path.ttl = ip.ttl;
	path.src = (struct addr){.len = sizeof(path.src.in4)};
	path.src.in4.sin_family = AF_INET;
	path.src.in4.sin_addr.s_addr = ip.saddr;
	path.dst = path.src;
	path.dst.in4.sin_addr.s_addr = ip.daddr;
	deliver(pl, bytes + head_len, len - head_len, &path);
}

static void deliver_ah(struct place *pl, const uint8_t *bytes, size_t len)
{
	struct vrrp_path path = {.packet = bytes};
	const uint8_t *message;
	struct vrrp_ah ah;
	size_t message_len;
	struct iphdr ip;

	if (len >= sizeof(ip)) {
		memcpy(&ip, bytes, sizeof(ip));
		path.packet_len = ntohs(ip.tot_len) < len ? ntohs(ip.tot_len) : len;
	}
	if (!vrrp_ah_unwrap(bytes, path.packet_len, &ah, &message, &message_len)) {
		pl->transport->stats.n_received++;
		pl->transport->stats.n_malformed++;
		return;
	}
	path.src = ah.src;
	path.dst = ah.dst;
	path.ttl = ah.ttl;
	deliver(pl, message, message_len, &path);
}

static void deliver_v6(struct place *pl, const uint8_t *bytes, size_t len, struct msghdr *msg)
{
	struct vrrp_path path = {.ttl = -1};
	struct in6_pktinfo info;

	if (!addr_from_sockaddr(&path.src, msg->msg_name, msg->msg_namelen))
		return;
	path.src.in6.sin6_port = 0;
	path.dst = (struct addr){.len = sizeof(path.dst.in6)};
	path.dst.in6.sin6_family = AF_INET6;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != IPPROTO_IPV6)
			continue;
		if (c->cmsg_type == IPV6_HOPLIMIT) {
			memcpy(&path.ttl, CMSG_DATA(c), sizeof(path.ttl));
		} else if (c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			path.dst.in6.sin6_addr = info.ipi6_addr;
		}
	}
	deliver(pl, bytes, len, &path);
}

/* The kernel says with each packet how many it had no room for, ever. */
static void note_overflow(struct place *pl, struct msghdr *msg)
{
	struct vrrp_transport *t = pl->transport;
	uint32_t n, lost;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
			continue;
		memcpy(&n, CMSG_DATA(c), sizeof(n));
		lost = n - pl->n_overflown;
		pl->n_overflown = n;
		t->stats.n_overflown += lost;
		if (lost && vrrp_transport_gate(t, &t->overflow_gate))
			log_warn("%s: %u packets of VRRP lost, they came faster than they could be "
				 "read",
				 pl->name, lost);
	}
}

static void deliver_message(struct place *pl, struct mmsghdr *m)
{
	const uint8_t *bytes = m->msg_hdr.msg_iov->iov_base;

	note_overflow(pl, &m->msg_hdr);
	if (pl->ah)
		deliver_ah(pl, bytes, m->msg_len);
	else if (pl->family == AF_INET)
		deliver_v4(pl, bytes, m->msg_len);
	else
		deliver_v6(pl, bytes, m->msg_len, &m->msg_hdr);
}

static int read_batch(struct place *pl)
{
	struct vrrp_batch *b = &pl->transport->batch;
	int n;

	for (int i = 0; i < VRRP_BATCH; i++) {
		b->iov[i] = (struct iovec){b->bytes[i], sizeof(b->bytes[i])};
		b->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &b->from[i],
			.msg_namelen = sizeof(b->from[i]),
			.msg_iov = &b->iov[i],
			.msg_iovlen = 1,
			.msg_control = b->control[i].bytes,
			.msg_controllen = sizeof(b->control[i].bytes),
		};
	}
	n = recvmmsg(pl->lfd.fd, b->messages, VRRP_BATCH, MSG_DONTWAIT, NULL);
	/* An interface that went down says so once, in the place of a packet. */
	if (n < 0 && (errno == EINTR || errno == ENETDOWN))
		return 0;
	for (int i = 0; i < n && pl->ifindex; i++)
		deliver_message(pl, &b->messages[i]);
	return n;
}

static void publish_touched(struct place *pl)
{
	for (unsigned i = 0; i < 4; i++) {
		while (pl->touched[i]) {
			unsigned vrid = i * 64 + (unsigned)__builtin_ctzll(pl->touched[i]);

			pl->touched[i] &= pl->touched[i] - 1;
			if (pl->by_vrid[vrid])
				vrrp_instance_received(pl->by_vrid[vrid]);
		}
	}
}

void vrrp_transport_on_readable(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct place *pl = container_of(lfd, struct place, lfd);
	int n = VRRP_BATCH;

	(void)loop, (void)ready;
	for (int i = 0; i < BATCHES_MAX && pl->ifindex && (n == VRRP_BATCH || n == 0); i++)
		n = read_batch(pl);
	publish_touched(pl);
}
