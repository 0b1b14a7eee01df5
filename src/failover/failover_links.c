/*
 * What the instances are told of links: as the kernel says (address/links.h), unless a carrier that
 * is asked for is missing (track/linkbeat.h), and no sooner than it has lasted
 * (track/debounce.h). See failover_impl.h.
 */
#include <string.h>

#include "failover/failover_impl.h"

/* As what this link counts. NULL: there is none. */
static bool link_up(struct failover *f, const char *name, const struct links_link *l)
{
	if (!l)
		return false;
	return debounce_up(f->debounce, name, l->up && linkbeat_up(f->linkbeat, name));
}

static struct vrrp_link vrrp_link_of(struct failover *f, const char *name,
				     const struct links_link *l)
{
	struct vrrp_link v = {0};

	strncpy(v.name, name, sizeof(v.name) - 1);
	if (!l)
		return v;
	v.ifindex = (unsigned)l->ifindex;
	v.up = link_up(f, name, l);
	v.ipv4 = l->ipv4;
	v.ipv6_linklocal = l->ipv6;
	v.ipv6_global = l->ipv6_global;
	memcpy(v.mac, l->mac, sizeof(v.mac));
	return v;
}

/* An instance's own interface: up only if its virtual MAC's is there too. l: of the interface. */
static struct vrrp_link own_link(const struct node *node, const struct links_link *l)
{
	const struct vrrp_instance_conf *conf = vrrp_instance_conf(node->inst);
	struct vrrp_link link = vrrp_link_of(node->failover, conf->interface, l);

	if (conf->vmac && !vmacs_have(node->failover->vmacs, conf->vmac))
		link.up = false;
	link.src_missing = conf->src.len && !links_has_address(node->failover->links, &conf->src);
	link.deaf = vrrp_transport_deaf(node->failover->transport, node->inst);
	return link;
}

/* Something happened to this one. */
static void link_changed(struct node *node, const struct links_link *l, bool gone)
{
	const struct vrrp_instance_conf *conf = vrrp_instance_conf(node->inst);
	struct vrrp_link link;

	if (strcmp(l->name, conf->interface) == 0)
		link = own_link(node, gone ? NULL : l);
	else if (conf->vmac && strcmp(l->name, conf->vmac) == 0)
		link = own_link(node, links_find(node->failover->links, conf->interface));
	else
		return;
	vrrp_instance_link_changed(node->inst, &link);
}

void failover_links_changed(struct failover *f, const struct links_link *l, bool gone)
{
	struct vrrp_link link;
	struct list *pos;

	if (gone)
		debounce_forget(f->debounce, l->name);
	else
		secondaries_link(f->secondaries, l->name);
	link = vrrp_link_of(f, l->name, gone ? NULL : l);
	vrrp_transport_interface_changed(f->transport, &link);
	LIST_EACH(pos, &f->nodes)
	{
		struct node *node = container_of(pos, struct node, link);

		link_changed(node, l, gone);
		vrrp_instance_track_set(node->inst, VRRP_TRACK_INTERFACE, l->name, link.up);
	}
}

void failover_links_address(struct failover *f, const struct rtnl_address *a)
{
	struct addr changed;
	struct list *pos;

	rtnl_address_to_addr(a, &changed);
	LIST_EACH(pos, &f->nodes)
	{
		struct node *node = container_of(pos, struct node, link);
		const struct vrrp_instance_conf *conf = vrrp_instance_conf(node->inst);
		struct vrrp_link link;

		if (conf->src.len == 0 || !addr_eq(&conf->src, &changed, false))
			continue;
		link = own_link(node, links_find(f->links, conf->interface));
		vrrp_instance_link_changed(node->inst, &link);
	}
}

static void brief_tracks(struct node *node, const struct vrrp_track_conf *track)
{
	struct failover *f = node->failover;

	for (; track; track = track->next)
		if (track->kind == VRRP_TRACK_INTERFACE)
			vrrp_instance_track_set(
				node->inst, VRRP_TRACK_INTERFACE, track->name,
				link_up(f, track->name, links_find(f->links, track->name)));
}

void failover_links_brief(struct node *node)
{
	const struct vrrp_instance_conf *conf = vrrp_instance_conf(node->inst);
	struct failover *f = node->failover;
	struct vrrp_link link = own_link(node, links_find(f->links, conf->interface));

	vrrp_transport_interface_changed(f->transport, &link);
	vrrp_instance_link_changed(node->inst, &link);
	brief_tracks(node, conf->tracks);
	if (conf->group)
		brief_tracks(node, conf->group->tracks);
}

/* It lasted, or its carrier is another: the same link, told anew. */
static void tell_again(void *ctx, const char *name)
{
	struct failover *f = ctx;
	const struct links_link *l = links_find(f->links, name);

	if (l)
		failover_links_changed(f, l, false);
}

bool failover_links_open(struct failover *f)
{
	f->debounce = debounce_new(f->loop, tell_again, f);
	debounce_configure(f->debounce, f->conf->links);
	f->secondaries = secondaries_new(f->setup->page);
	if (f->secondaries)
		secondaries_set(f->secondaries, f->conf->instances);
	return f->secondaries != NULL;
}

void failover_links_start_beat(struct failover *f)
{
	vrrp_transport_watch(f->transport, tell_again, f);
	f->linkbeat = linkbeat_new(f->loop, tell_again, f, f->conf->links);
}

void failover_links_reload(struct failover *f)
{
	debounce_configure(f->debounce, f->conf->links);
	linkbeat_configure(f->linkbeat, f->conf->links);
	secondaries_set(f->secondaries, f->conf->instances);
}

void failover_links_close(struct failover *f)
{
	linkbeat_free(&f->linkbeat);
	debounce_free(&f->debounce);
	secondaries_free(&f->secondaries);
}
