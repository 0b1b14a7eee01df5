/*
 * Binds, seen from both halves: vip@NAME becomes the addresses of that VIP, an address that a VIP
 * has may be bound before it is here, and one that nobody has is named. Called by config.c at each
 * load, when both halves are parsed.
 */
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#include "main/config.h"

static bool list_has(const struct vip_conf *vips, const struct addr *addr)
{
	for (; vips; vips = vips->next)
		if (addr_eq(&vips->address, addr, false))
			return true;
	return false;
}

static bool is_vip(const struct failover_conf *failover, const struct addr *addr)
{
	for (const struct vrrp_instance_conf *i = failover ? failover->instances : NULL; i;
	     i = i->next)
		if (list_has(i->vips, addr) || list_has(i->excluded, addr))
			return true;
	return false;
}

static bool is_local(const struct ifaddrs *all, const struct addr *addr)
{
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		socklen_t len = i->ifa_addr && i->ifa_addr->sa_family == AF_INET6
					? sizeof(struct sockaddr_in6)
					: sizeof(struct sockaddr_in);
		struct addr have;

		if (i->ifa_addr &&
		    (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6) &&
		    addr_from_sockaddr(&have, i->ifa_addr, len) && addr_eq(&have, addr, false))
			return true;
	}
	/* all of 127.0.0.0/8 is */
	return addr->sa.sa_family == AF_INET && (ntohl(addr->in4.sin_addr.s_addr) >> 24) == 127;
}

static const struct vrrp_instance_conf *find_vip(struct config *c, const struct listener_conf *l)
{
	const struct vrrp_instance_conf *i = c->failover ? c->failover->instances : NULL;
	const char **names, *near;
	size_t n = 0;

	for (; i; i = i->next)
		if (strcmp(i->name, l->vip) == 0)
			return i;
	names = ARENA_ARRAY(&c->arena, const char *,
			    c->failover ? c->failover->n_instances + 1 : 1);
	for (i = c->failover ? c->failover->instances : NULL; i; i = i->next)
		names[n++] = i->name;
	names[n] = NULL;
	near = conf_nearest(l->vip, names);
	conf_error(&c->diags, l->place, "vip@%s: there is no such vip or vrrp_instance%s%s%s",
		   l->vip, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return NULL;
}

/* One listener for each address of the list, in front of `next`. */
static struct listener_conf **add_each(struct config *c, const struct listener_conf *from,
				       const struct vip_conf *vips, struct listener_conf **at)
{
	for (; vips; vips = vips->next) {
		struct listener_conf *l = ARENA_NEW(&c->arena, struct listener_conf);

		*l = *from;
		l->addr = vips->address;
		addr_set_port(&l->addr, addr_port(&from->addr));
		l->next = *at;
		*at = l;
		at = &l->next;
	}
	return at;
}

/* bind vip@NAME:PORT becomes listeners on the addresses of NAME. */
static void expand_vips(struct config *c, struct proxy_conf *p)
{
	for (struct listener_conf **at = &p->listeners; *at;) {
		struct listener_conf *l = *at;
		const struct vrrp_instance_conf *vip = l->vip ? find_vip(c, l) : NULL;

		if (!l->vip || !vip) {
			at = &l->next;
			continue;
		}
		if (!vip->vips && !vip->excluded)
			conf_error(&c->diags, l->place, "vip@%s: it has no address", l->vip);
		*at = l->next;
		at = add_each(c, l, vip->vips, at);
		at = add_each(c, l, vip->excluded, at);
	}
}

/* A bind on a VIP listens before the VIP is here; one on an address that nobody has is named. */
void config_listeners_settle(struct config *c)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) < 0)
		all = NULL;
	for (struct proxy_conf *p = c->balancer->proxies; p; p = p->next) {
		expand_vips(c, p);
		for (struct listener_conf *l = p->listeners; l; l = l->next) {
			char text[ADDR_TEXT_MAX];

			if (l->inherited_fd >= 0 || l->addr.len == 0 ||
			    l->addr.sa.sa_family == AF_UNIX || addr_is_any(&l->addr))
				continue;
			l->freebind = l->freebind || is_vip(c->failover, &l->addr);
			if (!l->freebind && !l->transparent && c->failover &&
			    !is_local(all, &l->addr))
				conf_warn(&c->diags, l->place,
					  "no interface has %s, and no VIP of the failover half "
					  "either",
					  addr_host_text(&l->addr, text));
		}
	}
	freeifaddrs(all);
}
