/*
 * Advice on two nodes' files together (relais -c --peer FILE). See lint.h. Instances belong
 * together by VRID and family; what they must have in common for one to accept the other's
 * advertisements is compared, then whether anything can make the address move at all.
 */
#include <string.h>

#include "failover/lint/lint.h"

struct pair {
	const struct lint *l;
	const struct vrrp_instance_conf *ours, *theirs;
	const char *name; /* of the other file */
};

#define SAY(p, ...) \
	conf_advise((p)->l->diags, (p)->ours->place, "%s, beside %s of %s:%u: " __VA_ARGS__)
#define BESIDE(p) (p)->ours->name, (p)->theirs->name, (p)->name, (p)->theirs->place.line

static const struct vrrp_instance_conf *find(const struct failover_conf *conf,
					     const struct vrrp_instance_conf *like)
{
	const struct vrrp_instance_conf *i = conf->instances;

	while (i && (i->vrid != like->vrid || i->family != like->family))
		i = i->next;
	return i;
}

static bool has_vip(const struct vrrp_instance_conf *inst, const struct vip_conf *vip)
{
	for (const struct vip_conf *v = inst->vips; v; v = v->next)
		if (addr_eq(&v->address, &vip->address, false))
			return true;
	return false;
}

static void check_addresses(const struct pair *p)
{
	char text[ADDR_TEXT_MAX];

	for (const struct vip_conf *v = p->ours->vips; v; v = v->next)
		if (!has_vip(p->theirs, v))
			SAY(p, "the other node has no %s: it is gone while that one is master",
			    BESIDE(p), addr_host_text(&v->address, text));
	for (const struct vip_conf *v = p->theirs->vips; v; v = v->next)
		if (!has_vip(p->ours, v))
			SAY(p,
			    "the other node has %s, this one has not: it is gone while this one "
			    "is master",
			    BESIDE(p), addr_host_text(&v->address, text));
}

static bool has_peer(const struct vrrp_instance_conf *inst, const struct addr *a)
{
	for (const struct vrrp_peer_conf *p = inst->peers; p; p = p->next)
		if (addr_eq(&p->address, a, false))
			return true;
	return false;
}

static void check_way(const struct pair *p)
{
	const struct vrrp_instance_conf *a = p->ours, *b = p->theirs;
	char text[ADDR_TEXT_MAX];

	if (!a->peers != !b->peers)
		SAY(p, "one is unicast, the other multicast: neither hears the other", BESIDE(p));
	else if (!a->peers && !addr_eq(&a->mcast_group, &b->mcast_group, false))
		SAY(p, "two multicast groups: neither hears the other", BESIDE(p));
	if (a->peers && b->src.len && !has_peer(a, &b->src))
		SAY(p, "its unicast_src_ip %s is not in our unicast_peer", BESIDE(p),
		    addr_host_text(&b->src, text));
	if (b->peers && a->src.len && !has_peer(b, &a->src))
		SAY(p, "our unicast_src_ip %s is not in its unicast_peer", BESIDE(p),
		    addr_host_text(&a->src, text));
}

static void check_wire(const struct pair *p)
{
	const struct vrrp_instance_conf *a = p->ours, *b = p->theirs;

	if (a->version != b->version)
		SAY(p,
		    "version %u and %u: each drops the other's advertisements, both become "
		    "master",
		    BESIDE(p), a->version, b->version);
	if (a->auth != b->auth)
		SAY(p, "auth_type differs: each drops the other's advertisements", BESIDE(p));
	else if (a->auth && memcmp(a->auth_pass, b->auth_pass, sizeof(a->auth_pass)) != 0)
		SAY(p,
		    "auth_pass differs (in its first 8 characters): each drops the other's "
		    "advertisements",
		    BESIDE(p));
	if (a->version == b->version && a->advert_us != b->advert_us)
		SAY(p, "advert_int %g s and %g s: %s", BESIDE(p), (double)a->advert_us / 1e6,
		    (double)b->advert_us / 1e6,
		    a->version == 2 ? "version 2 drops what has another interval"
				    : "the backup goes by the master's");
	if (a->checksum_as_v2 != b->checksum_as_v2)
		SAY(p, "v3_checksum_as_v2 differs", BESIDE(p));
}

/* Both decide by priority; equal ones are decided by the addresses of the nodes. */
static void check_order(const struct pair *p)
{
	const struct vrrp_instance_conf *a = p->ours, *b = p->theirs;

	if (a->priority == b->priority)
		SAY(p,
		    "priority %u on both: the higher source address becomes master, "
		    "whichever that is",
		    BESIDE(p), a->priority);
	if (a->wants_master && b->wants_master && a->priority != 255)
		SAY(p,
		    "'state MASTER' on both: at a start each may take the address from the "
		    "other for a moment",
		    BESIDE(p));
	if (a->nopreempt != b->nopreempt)
		SAY(p, "nopreempt on one node only", BESIDE(p));
}

static bool has_weight(const struct vrrp_instance_conf *inst)
{
	for (const struct vrrp_track_conf *t = inst->tracks; t; t = t->next)
		if (t->weight != 0)
			return true;
	return false;
}

/* Whether the order of the two ever turns: only when their ranges meet. */
static void check_weights(const struct pair *p)
{
	const struct vrrp_instance_conf *a = p->ours, *b = p->theirs;
	unsigned a_least, a_most, b_least, b_most;

	lint_weight_range(a, &a_least, &a_most);
	lint_weight_range(b, &b_least, &b_most);
	if (!has_weight(a) && !has_weight(b))
		return;
	if (a_least > b_most || b_least > a_most)
		SAY(p,
		    "the weights can never cause a failover: this node's priority is %u to %u, "
		    "the other's %u to %u",
		    BESIDE(p), a_least, a_most, b_least, b_most);
	else if (a->nopreempt && b->nopreempt)
		SAY(p, "the weights can never cause a failover: nopreempt on both", BESIDE(p));
}

static void check_rest(const struct lint *l, const struct failover_conf *theirs, const char *name)
{
	for (const struct vrrp_instance_conf *i = theirs->instances; i; i = i->next)
		if (!find(l->conf, i))
			conf_advise(l->diags,
				    (struct conf_place){.file = name,
							.line = i->place.line,
							.column = i->place.column},
				    "%s: virtual_router_id %u has no instance on this node",
				    i->name, i->vrid);
	if (l->conf->router_id && theirs->router_id &&
	    strcmp(l->conf->router_id, theirs->router_id) == 0 && l->conf->instances)
		conf_advise(
			l->diags, l->conf->instances->place,
			"router_id '%s' is that of %s too: mails and logs do not tell the nodes "
			"apart",
			l->conf->router_id, name);
}

void lint_pair(const struct lint *l, const struct failover_conf *theirs, const char *name)
{
	for (const struct vrrp_instance_conf *i = l->conf->instances; i; i = i->next) {
		struct pair p = {l, i, find(theirs, i), name};

		if (!p.theirs) {
			conf_advise(l->diags, i->place,
				    "%s: %s has no instance with virtual_router_id %u in this "
				    "family: nobody takes over",
				    i->name, name, i->vrid);
			continue;
		}
		check_wire(&p);
		check_way(&p);
		check_addresses(&p);
		check_order(&p);
		check_weights(&p);
	}
	check_rest(l, theirs, name);
}
