/*
 * The sockets behind relais -c --listen: one packet socket per interface that takes VRRP only, by a
 * filter in the kernel; then the question for each VIP that is not here and that nobody advertises.
 * See overhear.h, packet(7), RFC 5227.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "failover/address/segment/duplicate_packet.h"
#include "failover/lint/overhear.h"

enum { EARS_MAX = 64, ASK_TIMES = 2, ANSWER_US = 400000 };

struct ear {
	const char *interface;
	int ifindex;
	uint8_t mac[6];
};

struct ears {
	struct ear list[EARS_MAX];
	struct pollfd fds[EARS_MAX];
	unsigned n;
};

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* From the IP header on: version 4 with protocol 112 or 51, version 6 with next header 112. */
static int attach_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 6),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 51, 3, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JA, 0, 0, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 112, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0x10000),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int open_packets(int ifindex, int kind, uint16_t protocol)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = ifindex};
	struct packet_mreq all = {.mr_ifindex = ifindex, .mr_type = PACKET_MR_ALLMULTI};
	int fd = socket(AF_PACKET, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = fd < 0 ? -errno : 0;

	if (!err && kind == SOCK_DGRAM && attach_filter(fd) < 0)
		err = -errno;
	if (!err && (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
		     setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0))
		err = -errno;
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

static bool has_ear(const struct ears *e, const char *interface)
{
	for (unsigned i = 0; i < e->n; i++)
		if (strcmp(e->list[i].interface, interface) == 0)
			return true;
	return false;
}

static int add_ear(struct ears *e, const char *interface)
{
	int ifindex = (int)if_nametoindex(interface), fd;
	struct ifreq ask = {.ifr_ifindex = 0};

	if (!ifindex || e->n == EARS_MAX || has_ear(e, interface))
		return 0;
	fd = open_packets(ifindex, SOCK_DGRAM, ETH_P_ALL);
	if (fd < 0)
		return fd;
	e->list[e->n] = (struct ear){.interface = interface, .ifindex = ifindex};
	memcpy(ask.ifr_name, interface, strnlen(interface, IFNAMSIZ - 1));
	if (ioctl(fd, SIOCGIFHWADDR, &ask) == 0)
		memcpy(e->list[e->n].mac, ask.ifr_hwaddr.sa_data, 6);
	e->fds[e->n++] = (struct pollfd){.fd = fd, .events = POLLIN};
	return 0;
}

static void read_ear(struct overhear *o, const struct ear *ear, int fd)
{
	for (;;) {
		struct sockaddr_ll from;
		socklen_t len = sizeof(from);
		uint8_t ip[VRRP_PACKET_MAX + 256];
		ssize_t n = recvfrom(fd, ip, sizeof(ip), 0, (struct sockaddr *)&from, &len);

		if (n < 0)
			return;
		overhear_take(o, ear->interface, ip, (size_t)n,
			      from.sll_pkttype == PACKET_OUTGOING);
	}
}

static void listen_until(struct overhear *o, struct ears *e, int64_t end_us)
{
	for (int64_t left = end_us - now_us(); left > 0; left = end_us - now_us()) {
		if (poll(e->fds, e->n, (int)(left / 1000) + 1) < 0 && errno != EINTR)
			return;
		for (unsigned i = 0; i < e->n; i++)
			if (e->fds[i].revents)
				read_ear(o, &e->list[i], e->fds[i].fd);
	}
}

/* ---- does somebody answer for a VIP? ---- */

static bool is_here(const struct lint_host *host, const struct addr *a)
{
	for (unsigned i = 0; i < host->n; i++)
		if (addr_eq(&host->list[i].address, a, false))
			return true;
	return false;
}

static bool is_advertised(const struct overhear *o, const struct vrrp_instance_conf *inst)
{
	for (unsigned i = 0; i < o->n_masters; i++)
		if (o->masters[i].inst == inst)
			return true;
	return false;
}

static void send_question(int fd, const struct ear *ear, const struct addr *vip)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_ifindex = ear->ifindex, .sll_halen = 6};
	uint8_t frame[DUPLICATE_NS_LEN];
	size_t len = DUPLICATE_ARP_LEN;

	if (vip->sa.sa_family == AF_INET) {
		duplicate_arp_build(frame, ear->mac, vrrp_addr_bytes(vip));
	} else {
		duplicate_ns_build(frame, ear->mac, vrrp_addr_bytes(vip));
		len = DUPLICATE_NS_LEN;
	}
	memcpy(to.sll_addr, frame, 6);
	sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to));
}

/* True when a claim of the address came before the time was over; mac says whose. */
static bool hear_answer(int fd, const struct addr *vip, uint8_t mac[static 6], int64_t end_us)
{
	size_t want = vrrp_family_len(vip->sa.sa_family);

	for (int64_t left = end_us - now_us(); left > 0; left = end_us - now_us()) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		uint8_t frame[256], ip[16];
		int family;
		ssize_t n;

		if (poll(&p, 1, (int)(left / 1000) + 1) < 0 && errno != EINTR)
			return false;
		while ((n = recv(fd, frame, sizeof(frame), 0)) > 0)
			if (duplicate_claim_read(frame, (size_t)n, &family, ip, mac) &&
			    family == vip->sa.sa_family &&
			    memcmp(ip, vrrp_addr_bytes(vip), want) == 0)
				return true;
	}
	return false;
}

static void ask_for(struct overhear *o, const struct ear *ear,
		    const struct vrrp_instance_conf *inst, const struct vip_conf *vip)
{
	int fd = open_packets(ear->ifindex, SOCK_RAW, ETH_P_ALL);
	char text[ADDR_TEXT_MAX];
	bool answered = false;
	uint8_t m[6];

	for (unsigned i = 0; fd >= 0 && i < ASK_TIMES && !answered; i++) {
		send_question(fd, ear, &vip->address);
		answered = hear_answer(fd, &vip->address, m, now_us() + ANSWER_US / ASK_TIMES);
	}
	if (fd >= 0)
		close(fd);
	if (answered)
		conf_advise(o->l->diags, vip->place,
			    "%s: %02x:%02x:%02x:%02x:%02x:%02x on %s answers for %s, and nobody "
			    "advertises VRID %u: somebody has the address",
			    inst->name, m[0], m[1], m[2], m[3], m[4], m[5], ear->interface,
			    addr_host_text(&vip->address, text), inst->vrid);
}

static void ask_all(struct overhear *o, const struct ears *e)
{
	for (const struct vrrp_instance_conf *i = o->l->conf->instances; i; i = i->next) {
		if (!i->interface || is_advertised(o, i))
			continue;
		for (unsigned ear = 0; ear < e->n; ear++)
			for (const struct vip_conf *v = i->vips; v; v = v->next)
				if (strcmp(e->list[ear].interface,
					   v->dev ? v->dev : i->interface) == 0 &&
				    !is_here(o->l->host, &v->address))
					ask_for(o, &e->list[ear], i, v);
	}
}

int overhear_run(const struct lint *l, struct arena *arena, int64_t listen_us)
{
	struct overhear o = {.l = l, .arena = arena};
	struct ears e = {.n = 0};
	int err = 0;

	for (const struct vrrp_instance_conf *i = l->conf->instances; i && !err; i = i->next)
		if (i->interface)
			err = add_ear(&e, i->interface);
	if (!err) {
		listen_until(&o, &e, now_us() + listen_us);
		ask_all(&o, &e);
		overhear_judge(&o);
	}
	for (unsigned i = 0; i < e.n; i++)
		close(e.fds[i].fd);
	return err;
}
