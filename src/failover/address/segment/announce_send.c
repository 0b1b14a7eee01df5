/*
 * Sends announcements. See announce_send.h.
 */
#include "failover/address/segment/announce_send.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "failover/address/segment/announce_packet.h"
#include "failover/address/segment/listener.h"

enum { FORWARDS_STALE_US = 100000 };

struct announce {
	struct links *links;
	int fd;
	int forwards_ifindex; /* whose answer is known; 0 = none's */
	int64_t forwards_us;
	bool forwards;
};

struct announce *announce_new(struct links *links, int fd)
{
	struct announce *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->links = links;
	a->fd = fd >= 0 ? fd : segment_socket();
	if (a->fd >= 0)
		return a;
	errno = -a->fd;
	free(a);
	return NULL;
}

void announce_free(struct announce **a)
{
	if (*a) {
		close((*a)->fd);
		free(*a);
	}
	*a = NULL;
}

/* RFC 4861 section 4.4: the R flag says that the sender is a router. */
static bool forwards(const char *name)
{
	char path[96], c = '0';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/forwarding", name);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fread(&c, 1, 1, f) != 1)
		c = '0';
	fclose(f);
	return c != '0';
}

/* Hundreds of addresses are announced at once: asked anew for each, it took most of the time. */
static bool forwards_lately(struct announce *a, const struct links_link *l)
{
	struct timespec ts;
	int64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
	if (a->forwards_ifindex != l->ifindex || now - a->forwards_us > FORWARDS_STALE_US) {
		a->forwards = forwards(l->name);
		a->forwards_ifindex = l->ifindex;
		a->forwards_us = now;
	}
	return a->forwards;
}

int announce_send(struct announce *a, int ifindex, const struct addr *vip)
{
	const struct links_link *l = links_at(a->links, ifindex);
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = ifindex, .sll_halen = 6};
	uint8_t frame[ANNOUNCE_LEN_MAX];
	size_t len = ANNOUNCE_ARP_LEN;

	if (!l)
		return -ENODEV;
	if (!l->arp)
		return 0;
	if (vip->sa.sa_family == AF_INET6) {
		len = ANNOUNCE_NA_LEN;
		announce_na_build(frame, l->mac, rtnl_addr_bytes(vip), forwards_lately(a, l));
	} else {
		announce_arp_build(frame, l->mac, rtnl_addr_bytes(vip));
	}
	memcpy(to.sll_addr, frame, 6);
	if (sendto(a->fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}
