/*
 * The table of links. See links.h.
 *
 * Each link keeps its addresses in the kernel's order, since the first one that is not virtual is
 * the address that VRRP speaks from. After a loss of events (ENOBUFS) everything is read again and
 * what was not seen in that dump is taken as gone.
 */
#include "failover/address/links.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "failover/address/rtnl.h"

struct entry {
	struct list link;
	struct links_link pub;
	struct rtnl_address *addresses; /* owned */
	uint8_t *seen;			/* owned, beside addresses: found in the latest dump */
	size_t n_addresses, cap_addresses;
	bool seen_link;
};

struct links {
	struct loop *loop; /* borrowed; NULL when unconnected */
	struct loop_fd lfd;
	struct list entries, watchers;
	struct addr *vips; /* owned */
	size_t n_vips;
};

static struct entry *entry_at(const struct links *links, int ifindex)
{
	const struct list *pos;

	LIST_EACH(pos, &links->entries)
	{
		struct entry *e = container_of(pos, struct entry, link);

		if (e->pub.ifindex == ifindex)
			return e;
	}
	return NULL;
}

const struct links_link *links_at(const struct links *links, int ifindex)
{
	struct entry *e = entry_at(links, ifindex);

	return e ? &e->pub : NULL;
}

const struct links_link *links_find(const struct links *links, const char *name)
{
	const struct list *pos;

	LIST_EACH(pos, &links->entries)
	{
		struct entry *e = container_of(pos, struct entry, link);

		if (strcmp(e->pub.name, name) == 0)
			return &e->pub;
	}
	return NULL;
}

/* Past duplicate address detection. */
static bool is_usable(const struct rtnl_address *a)
{
	return a->family == AF_INET || !(a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) ||
	       (a->flags & IFA_F_OPTIMISTIC);
}

bool links_has_address(const struct links *links, const struct addr *a)
{
	const struct list *pos;

	LIST_EACH(pos, &links->entries)
	{
		const struct entry *e = container_of(pos, struct entry, link);

		for (size_t i = 0; i < e->n_addresses; i++) {
			struct addr own;

			rtnl_address_to_addr(&e->addresses[i], &own);
			if (is_usable(&e->addresses[i]) && addr_eq(&own, a, false))
				return true;
		}
	}
	return false;
}

bool links_has_mac(const struct links *links, const uint8_t mac[static 6])
{
	const struct list *pos;

	LIST_EACH(pos, &links->entries)
	{
		const struct entry *e = container_of(pos, struct entry, link);

		if (e->pub.mac_len == 6 && memcmp(e->pub.mac, mac, 6) == 0)
			return true;
	}
	return false;
}

static void tell_link(struct links *links, const struct entry *e, unsigned changes)
{
	struct list *pos, *tmp;

	if (!changes)
		return;
	LIST_EACH_SAFE(pos, tmp, &links->watchers)
	{
		struct links_watcher *w = container_of(pos, struct links_watcher, link);

		w->on_link(w, &e->pub, changes);
	}
}

static void tell_address(struct links *links, const struct rtnl_address *a, bool there)
{
	struct list *pos, *tmp;

	LIST_EACH_SAFE(pos, tmp, &links->watchers)
	{
		struct links_watcher *w = container_of(pos, struct links_watcher, link);

		if (w->on_address)
			w->on_address(w, a, there);
	}
}

static bool is_vip(const struct links *links, const struct addr *a)
{
	for (size_t i = 0; i < links->n_vips; i++) {
		if (addr_eq(&links->vips[i], a, false))
			return true;
	}
	return false;
}

/* Where an address would stand in links_link, or NULL. */
static struct addr *place_of(struct links_link *l, const struct rtnl_address *a)
{
	if (!is_usable(a))
		return NULL;
	if (a->family == AF_INET)
		return &l->ipv4;
	return IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)(const void *)a->local)
		       ? &l->ipv6
		       : &l->ipv6_global;
}

static bool same_or_none(const struct addr *a, const struct addr *b)
{
	return a->len == b->len && (a->len == 0 || addr_eq(a, b, false));
}

/* The first of each kind that is not virtual, else the first. */
static unsigned choose_primaries(const struct links *links, struct entry *e)
{
	struct links_link first = {0}, best = {0};

	for (size_t i = e->n_addresses; i-- > 0;) {
		const struct rtnl_address *a = &e->addresses[i];
		struct addr as, *at;

		rtnl_address_to_addr(a, &as);
		at = place_of(is_vip(links, &as) ? &first : &best, a);
		if (at)
			*at = as;
	}
	best.ipv4 = best.ipv4.len ? best.ipv4 : first.ipv4;
	best.ipv6 = best.ipv6.len ? best.ipv6 : first.ipv6;
	best.ipv6_global = best.ipv6_global.len ? best.ipv6_global : first.ipv6_global;
	if (same_or_none(&best.ipv4, &e->pub.ipv4) && same_or_none(&best.ipv6, &e->pub.ipv6) &&
	    same_or_none(&best.ipv6_global, &e->pub.ipv6_global))
		return 0;
	e->pub.ipv4 = best.ipv4;
	e->pub.ipv6 = best.ipv6;
	e->pub.ipv6_global = best.ipv6_global;
	return LINKS_ADDRESS;
}

static void forget(struct links *links, struct entry *e)
{
	e->pub.up = false;
	while (e->n_addresses > 0) {
		struct rtnl_address a = e->addresses[--e->n_addresses];

		tell_address(links, &a, false);
	}
	list_del(&e->link); /* no longer found by whoever is told */
	tell_link(links, e, LINKS_GONE | LINKS_STATE);
	free(e->addresses);
	free(e->seen);
	free(e);
}

static void take_link(struct links *links, const struct rtnl_link *l)
{
	struct entry *e = entry_at(links, l->ifindex);
	unsigned changes = 0;
	bool up = (l->flags & IFF_UP) && (l->flags & IFF_RUNNING);

	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e)
			die_no_memory();
		e->pub.ifindex = l->ifindex;
		list_push(&links->entries, &e->link);
		changes = LINKS_NEW;
	} else {
		changes |= strcmp(e->pub.name, l->name) ? LINKS_NAME : 0;
		changes |= e->pub.up != up ? LINKS_STATE : 0;
		changes |= e->pub.mac_len != l->mac_len || memcmp(e->pub.mac, l->mac, l->mac_len)
				   ? LINKS_MAC
				   : 0;
		changes |= e->pub.mtu != l->mtu ? LINKS_MTU : 0;
	}
	e->seen_link = true;
	memcpy(e->pub.name, l->name, sizeof(l->name));
	e->pub.flags = l->flags;
	e->pub.up = up;
	e->pub.arp = l->kind == ARPHRD_ETHER && l->mac_len == 6 && !(l->flags & IFF_NOARP);
	memcpy(e->pub.mac, l->mac, sizeof(l->mac));
	e->pub.mac_len = l->mac_len;
	e->pub.mtu = l->mtu;
	tell_link(links, e, changes);
}

static size_t find_address(const struct entry *e, const struct rtnl_address *a)
{
	size_t i = 0;

	while (i < e->n_addresses && !rtnl_address_eq(&e->addresses[i], a, true))
		i++;
	return i;
}

static void add_address(struct entry *e, const struct rtnl_address *a)
{
	if (e->n_addresses == e->cap_addresses) {
		size_t cap = e->cap_addresses ? e->cap_addresses * 2 : 8;

		e->addresses = realloc(e->addresses, cap * sizeof(*e->addresses));
		e->seen = realloc(e->seen, cap);
		if (!e->addresses || !e->seen)
			die_no_memory();
		e->cap_addresses = cap;
	}
	e->addresses[e->n_addresses++] = *a;
}

static void remove_address(struct entry *e, size_t at)
{
	e->n_addresses--;
	memmove(e->addresses + at, e->addresses + at + 1,
		(e->n_addresses - at) * sizeof(*e->addresses));
	memmove(e->seen + at, e->seen + at + 1, e->n_addresses - at);
}

static void take_address(struct links *links, const struct rtnl_address *a, bool there)
{
	struct entry *e = entry_at(links, a->ifindex);
	size_t at;

	if (!e)
		return;
	at = find_address(e, a);
	if (there && at < e->n_addresses && e->addresses[at].flags == a->flags &&
	    e->addresses[at].scope == a->scope) { /* a lifetime was renewed: nobody's concern */
		e->addresses[at] = *a;
		e->seen[at] = 1;
		return;
	}
	if (there && at == e->n_addresses)
		add_address(e, a);
	else if (there)
		e->addresses[at] = *a; /* flags: no longer tentative */
	else if (at < e->n_addresses)
		remove_address(e, at);
	if (there)
		e->seen[at] = 1;
	tell_link(links, e, choose_primaries(links, e));
	tell_address(links, a, there);
}

void links_feed(struct links *links, const struct nlmsghdr *h)
{
	struct rtnl_address a;
	struct rtnl_link l;

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
		/* Bridges report their ports' membership with family AF_BRIDGE: not a link's state.
		 */
		if (rtnl_read_link(h, &l) &&
		    ((const struct ifinfomsg *)NLMSG_DATA(h))->ifi_family == AF_UNSPEC)
			take_link(links, &l);
		break;
	case RTM_DELLINK:
		if (rtnl_read_link(h, &l) &&
		    ((const struct ifinfomsg *)NLMSG_DATA(h))->ifi_family == AF_UNSPEC &&
		    entry_at(links, l.ifindex))
			forget(links, entry_at(links, l.ifindex));
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (rtnl_read_address(h, &a))
			take_address(links, &a, h->nlmsg_type == RTM_NEWADDR);
		break;
	default:
		break;
	}
}

static void feed(void *ctx, const struct nlmsghdr *h)
{
	links_feed(ctx, h);
}

static void drop_unseen(struct links *links)
{
	struct list *pos, *tmp;

	LIST_EACH_SAFE(pos, tmp, &links->entries)
	{
		struct entry *e = container_of(pos, struct entry, link);

		if (!e->seen_link) {
			forget(links, e);
			continue;
		}
		for (size_t i = 0; i < e->n_addresses;) {
			struct rtnl_address a = e->addresses[i];

			if (e->seen[i])
				i++;
			else
				take_address(links, &a, false);
		}
	}
}

static int read_everything(struct links *links)
{
	int err = -ENOBUFS;

	for (int tries = 0; err == -ENOBUFS && tries < 10; tries++) {
		struct list *pos;

		LIST_EACH(pos, &links->entries)
		{
			struct entry *e = container_of(pos, struct entry, link);

			e->seen_link = false;
			if (e->n_addresses > 0)
				memset(e->seen, 0, e->n_addresses);
		}
		err = rtnl_dump(links->lfd.fd, RTM_GETLINK, feed, links);
		if (!err)
			err = rtnl_dump(links->lfd.fd, RTM_GETADDR, feed, links);
	}
	if (!err)
		drop_unseen(links);
	return err;
}

static void on_netlink(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct links *links = container_of(lfd, struct links, lfd);
	int err = rtnl_receive(lfd->fd, feed, links);

	(void)loop, (void)ready;
	if (err == -ENOBUFS) {
		log_warn("links: netlink events were lost, reading all interfaces again");
		err = read_everything(links);
	}
	if (err)
		log_err("links: netlink: %s", strerror(-err));
}

struct links *links_new_unconnected(void)
{
	struct links *links = calloc(1, sizeof(*links));

	if (!links)
		return NULL;
	links->lfd.fd = -1;
	list_init(&links->entries);
	list_init(&links->watchers);
	return links;
}

struct links *links_new(struct loop *loop)
{
	struct links *links = links_new_unconnected();
	int err;

	if (!links)
		return NULL;
	links->lfd.fd = rtnl_open(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
	links->lfd.on_ready = on_netlink;
	err = links->lfd.fd < 0 ? links->lfd.fd : read_everything(links);
	if (!err)
		err = loop_fd_add(loop, &links->lfd, LOOP_IN);
	if (err) {
		links_free(&links);
		errno = -err;
		return NULL;
	}
	links->loop = loop;
	return links;
}

void links_free(struct links **links)
{
	struct links *l = *links;
	struct list *pos, *tmp;

	*links = NULL;
	if (!l)
		return;
	LIST_EACH_SAFE(pos, tmp, &l->watchers)
	list_del(pos);
	LIST_EACH_SAFE(pos, tmp, &l->entries)
	forget(l, container_of(pos, struct entry, link));
	if (l->loop)
		loop_fd_del(l->loop, &l->lfd);
	if (l->lfd.fd >= 0)
		close(l->lfd.fd);
	free(l->vips);
	free(l);
}

void links_set_vips(struct links *links, const struct addr *vips, size_t n)
{
	struct list *pos, *tmp;

	free(links->vips);
	links->vips = calloc(n ? n : 1, sizeof(*vips));
	if (!links->vips)
		die_no_memory();
	if (n > 0)
		memcpy(links->vips, vips, n * sizeof(*vips));
	links->n_vips = n;
	LIST_EACH_SAFE(pos, tmp, &links->entries)
	{
		struct entry *e = container_of(pos, struct entry, link);

		tell_link(links, e, choose_primaries(links, e));
	}
}

void links_watch(struct links *links, struct links_watcher *w)
{
	list_push(&links->watchers, &w->link);
}

void links_unwatch(struct links_watcher *w)
{
	list_del(&w->link);
}
