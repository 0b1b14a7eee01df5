/*
 * Advice on addresses. See lint.h. An address that is a VIP of this configuration may be here now
 * because this node is the master: such ones do not count as the machine's own.
 */
#include <string.h>

#include "failover/lint/lint.h"

static bool list_has(const struct vip_conf *v, const struct addr *a)
{
	for (; v; v = v->next)
		if (addr_eq(&v->address, a, false))
			return true;
	return false;
}

static bool is_vip(const struct failover_conf *conf, const struct addr *a)
{
	for (const struct vrrp_instance_conf *i = conf->instances; i; i = i->next)
		if (list_has(i->vips, a) || list_has(i->excluded, a))
			return true;
	return list_has(conf->static_vips, a);
}

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static struct addr_net net_of(const struct lint_address *own)
{
	return (struct addr_net){.base = own->address, .bits = own->prefix_len};
}

static const char *dev_of(const struct vrrp_instance_conf *inst, const struct vip_conf *vip)
{
	/* On a virtual MAC's interface the networks are those of the interface below. */
	if (!vip->dev || same_text(vip->dev, inst->vmac))
		return inst->interface;
	return vip->dev;
}

/* The machine's own address whose network has the VIP; NULL when there is none. */
static const struct lint_address *network_of(const struct lint *l, const char *dev,
					     const struct addr *vip, bool *has_family)
{
	*has_family = false;
	for (unsigned i = 0; i < l->host->n; i++) {
		const struct lint_address *own = &l->host->list[i];
		struct addr_net net = net_of(own);

		if (!same_text(own->interface, dev) ||
		    own->address.sa.sa_family != vip->sa.sa_family ||
		    is_vip(l->conf, &own->address))
			continue;
		*has_family = true;
		if (addr_net_has(&net, vip))
			return own;
	}
	return NULL;
}

static void check_network(const struct lint *l, const struct vrrp_instance_conf *inst,
			  const struct vip_conf *vip)
{
	unsigned whole = vip->address.sa.sa_family == AF_INET6 ? 128 : 32;
	const char *dev = dev_of(inst, vip);
	const struct lint_address *own;
	char text[ADDR_TEXT_MAX];
	bool has_family;

	if (!dev || strcmp(dev, "lo") == 0 || addr_is_link_local(&vip->address))
		return;
	own = network_of(l, dev, &vip->address, &has_family);
	addr_host_text(&vip->address, text);
	if (!own && has_family && vip->prefix_len == whole)
		conf_advise(l->diags, vip->place,
			    "%s: %s/%u is in no network of %s: neighbours reach it by a route only",
			    inst->name, text, whole, dev);
	else if (own && vip->prefix_len != whole && vip->prefix_len != own->prefix_len)
		conf_advise(l->diags, vip->place,
			    "%s: %s/%u, but %s has /%u there: this node would take other hosts for "
			    "neighbours while it is master",
			    inst->name, text, vip->prefix_len, dev, own->prefix_len);
}

static void check_family(const struct lint *l, const struct vrrp_instance_conf *inst)
{
	if (inst->family == AF_INET6 && !inst->strict && inst->vips &&
	    !addr_is_link_local(&inst->vips->address))
		conf_advise(l->diags, inst->vips->place,
			    "%s: the first IPv6 address is no link-local one (RFC 9568 5.2.9): "
			    "hosts that have this router from router advertisements cannot follow",
			    inst->name);
}

/* The same address, there twice. until: where the search for it begins is where it ends. */
static void check_twice(const struct lint *l, const struct vrrp_instance_conf *inst,
			const struct vip_conf *vip)
{
	char text[ADDR_TEXT_MAX];

	addr_host_text(&vip->address, text);
	for (const struct vip_conf *v = inst->vips; v && v != vip; v = v->next)
		if (addr_eq(&v->address, &vip->address, false)) {
			conf_advise(l->diags, vip->place, "%s: %s stands here twice", inst->name,
				    text);
			return;
		}
	for (const struct vrrp_instance_conf *i = l->conf->instances; i && i != inst; i = i->next)
		if (list_has(i->vips, &vip->address) || list_has(i->excluded, &vip->address)) {
			conf_advise(l->diags, vip->place,
				    "%s: %s is an address of %s too (line %u): when they are not "
				    "master together, two nodes have it",
				    inst->name, text, i->name, i->place.line);
			return;
		}
}

static void check_peers(const struct lint *l, const struct vrrp_instance_conf *inst)
{
	char text[ADDR_TEXT_MAX];

	for (const struct vrrp_peer_conf *p = inst->peers; p; p = p->next) {
		bool own = inst->src.len && addr_eq(&inst->src, &p->address, false);

		for (unsigned i = 0; i < l->host->n && !own; i++)
			own = addr_eq(&l->host->list[i].address, &p->address, false) &&
			      !is_vip(l->conf, &p->address);
		for (const struct vrrp_peer_conf *q = inst->peers; q != p; q = q->next)
			if (addr_eq(&q->address, &p->address, false))
				conf_advise(l->diags, inst->place, "%s: unicast_peer has %s twice",
					    inst->name, addr_host_text(&p->address, text));
		if (own)
			conf_advise(l->diags, inst->place,
				    "%s: unicast_peer %s is this node's own address: it would hear "
				    "itself",
				    inst->name, addr_host_text(&p->address, text));
		if (is_vip(l->conf, &p->address))
			conf_advise(l->diags, inst->place,
				    "%s: unicast_peer %s is a virtual address: peers are nodes",
				    inst->name, addr_host_text(&p->address, text));
	}
}

/* Two interfaces with an address in each other's network are most likely plugged into one LAN. */
static bool one_lan(const struct lint *l, const char *a, const char *b)
{
	for (unsigned i = 0; i < l->host->n; i++) {
		struct addr_net net = net_of(&l->host->list[i]);

		if (!same_text(l->host->list[i].interface, a) ||
		    addr_is_link_local(&l->host->list[i].address) ||
		    is_vip(l->conf, &l->host->list[i].address))
			continue;
		for (unsigned j = 0; j < l->host->n; j++)
			if (same_text(l->host->list[j].interface, b) &&
			    addr_net_has(&net, &l->host->list[j].address) &&
			    !is_vip(l->conf, &l->host->list[j].address))
				return true;
	}
	return false;
}

static void check_vrid(const struct lint *l, const struct vrrp_instance_conf *inst)
{
	for (const struct vrrp_instance_conf *i = l->conf->instances; i != inst; i = i->next) {
		if (i->vrid != inst->vrid || i->family != inst->family || !i->interface ||
		    !inst->interface || strcmp(i->interface, inst->interface) == 0 || i->peers ||
		    inst->peers)
			continue;
		if (one_lan(l, i->interface, inst->interface))
			conf_advise(l->diags, inst->place,
				    "%s: virtual_router_id %u is that of %s too, and %s and %s are "
				    "in one network: each would hear the other's advertisements",
				    inst->name, inst->vrid, i->name, i->interface, inst->interface);
	}
}

void lint_addresses(const struct lint *l)
{
	for (const struct vrrp_instance_conf *i = l->conf->instances; i; i = i->next) {
		for (const struct vip_conf *v = i->vips; v; v = v->next) {
			check_twice(l, i, v);
			check_network(l, i, v);
		}
		check_family(l, i);
		check_peers(l, i);
		check_vrid(l, i);
	}
}
