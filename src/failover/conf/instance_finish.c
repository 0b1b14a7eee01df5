/*
 * What the values of an instance come to together: family and version from its addresses, timers
 * as the version allows, combinations that Keepalived clears, and two routers in one place.
 */
#include "failover/conf/signing_conf.h"

#include "core/sys/shared_page.h"

enum { COUNT_MAX = 255 }; /* addresses in one advert */

static void warn(struct failover_build *b, const struct vrrp_instance_conf *inst, const char *text)
{
	conf_warn(b->ctx.diags, inst->place, "%s: %s", inst->name, text);
}

/* From the first address that says it. */
static int family_of(const struct vrrp_instance_conf *inst)
{
	if (inst->vips)
		return inst->vips->address.sa.sa_family;
	if (inst->src.len)
		return inst->src.sa.sa_family;
	if (inst->peers)
		return inst->peers->address.sa.sa_family;
	return inst->excluded ? inst->excluded->address.sa.sa_family : AF_INET;
}

static void settle_addresses(struct failover_build *b, struct vrrp_instance_conf *inst)
{
	unsigned n = 0;

	for (struct vip_conf **vip = &inst->vips; *vip;) {
		if ((*vip)->address.sa.sa_family == inst->family) {
			vip = &(*vip)->next;
			n++;
			continue;
		}
		conf_warn(b->ctx.diags, (*vip)->place,
			  "%s: all of virtual_ipaddress is of one family, this one is left out "
			  "(see virtual_ipaddress_excluded)",
			  inst->name);
		*vip = (*vip)->next;
	}
	for (struct vrrp_peer_conf **p = &inst->peers; *p;) {
		if ((*p)->address.sa.sa_family == inst->family) {
			p = &(*p)->next;
			continue;
		}
		warn(b, inst, "a unicast peer of another family is left out");
		*p = (*p)->next;
	}
	if (inst->src.len && inst->src.sa.sa_family != inst->family) {
		warn(b, inst, "the source address is of another family, left out");
		inst->src.len = 0;
	}
	if (n == 0 && !inst->excluded)
		warn(b, inst, "no virtual IP address: nothing will move");
	if (n > COUNT_MAX)
		conf_error(b->ctx.diags, inst->place,
			   "%s: %u addresses, an advert holds %d (see virtual_ipaddress_excluded)",
			   inst->name, n, COUNT_MAX);
}

static void settle_group(struct failover_build *b, struct vrrp_instance_conf *inst)
{
	if (inst->mcast_group.len && inst->mcast_group.sa.sa_family != inst->family) {
		warn(b, inst, "mcast_dst_ip is of another family, left out");
		inst->mcast_group.len = 0;
	}
	if (!inst->mcast_group.len)
		inst->mcast_group = inst->family == AF_INET6 ? b->mcast_group6 : b->mcast_group4;
}

/* Version 2 counts whole seconds, version 3 centiseconds in 12 bits. */
static void settle_version(struct failover_build *b, struct vrrp_instance_conf *inst)
{
	const int64_t most = 40950000;
	int64_t rounded = (inst->advert_us + 500000) / 1000000 * 1000000;

	if (inst->family == AF_INET6)
		inst->version = 3;
	if (inst->version == 2) {
		rounded = rounded > 0 ? rounded : 1000000;
		if (rounded != inst->advert_us)
			warn(b, inst, "version 2 knows whole seconds only, advert_int is rounded");
		inst->advert_us = rounded;
		return;
	}
	rounded = inst->advert_us / 10000 * 10000;
	if (rounded != inst->advert_us && inst->advert_us <= most)
		warn(b, inst, "version 3 counts in hundredths of a second, advert_int is rounded");
	if (inst->advert_us > most) {
		warn(b, inst, "version 3 ends at 40.95 s, advert_int is set to that");
		rounded = most;
	}
	inst->advert_us = rounded;
	if (inst->auth != VRRP_AUTH_NONE) {
		warn(b, inst, "version 3 has no authentication, it is left out");
		inst->auth = VRRP_AUTH_NONE;
	}
}

static void settle_auth(struct failover_build *b, struct vrrp_instance_conf *inst)
{
	/* Beside signatures a password is for peers that do not know them. */
	if (inst->signing && inst->auth == VRRP_AUTH_NONE && inst->auth_pass[0])
		inst->auth = VRRP_AUTH_PASS;
	if (inst->auth != VRRP_AUTH_NONE && !inst->auth_pass[0]) {
		warn(b, inst, "auth_type without auth_pass: no authentication");
		inst->auth = VRRP_AUTH_NONE;
	}
	if (inst->auth == VRRP_AUTH_AH && inst->wants_master && inst->priority != 255) {
		warn(b, inst,
		     "auth_type AH has to hear where the others are: 'state MASTER' is "
		     "cleared");
		inst->wants_master = false;
	}
}

static void settle_preemption(struct failover_build *b, struct vrrp_instance_conf *inst)
{
	if (inst->nopreempt && inst->wants_master) {
		warn(b, inst, "nopreempt needs 'state BACKUP', it is cleared");
		inst->nopreempt = false;
	}
	if (inst->preempt_delay_us && (inst->nopreempt || inst->wants_master)) {
		warn(b, inst,
		     inst->nopreempt ? "preempt_delay is without effect beside nopreempt"
				     : "preempt_delay needs 'state BACKUP', it is cleared");
		inst->preempt_delay_us = 0;
	}
	if (inst->priority == 255 && inst->nopreempt) {
		warn(b, inst, "the owner of the addresses always preempts, nopreempt is cleared");
		inst->nopreempt = false;
	}
}

/* What vrrp_strict forbids; as Keepalived it clears, it does not refuse. */
static void settle_strict(struct failover_build *b, struct vrrp_instance_conf *inst)
{
	if (!inst->strict)
		return;
	if (inst->auth != VRRP_AUTH_NONE) {
		warn(b, inst, "strict mode has no authentication, it is left out");
		inst->auth = VRRP_AUTH_NONE;
	}
	if (inst->preempt_delay_us) {
		warn(b, inst, "strict mode has no preempt_delay, it is cleared");
		inst->preempt_delay_us = 0;
	}
	if (inst->wants_master != (inst->priority == 255)) {
		warn(b, inst, "in strict mode only priority 255 makes a 'state MASTER'");
		inst->wants_master = inst->priority == 255;
	}
	if (inst->peers)
		conf_advise(b->ctx.diags, inst->place,
			    "%s: strict mode knows no unicast peers, they are used as they are",
			    inst->name);
	if (inst->family == AF_INET6 && inst->vips && !addr_is_link_local(&inst->vips->address))
		warn(b, inst, "in strict mode the first IPv6 address is a link-local one");
	inst->higher_prio_send_advert = false;
	inst->lower_prio_no_advert = true;
	if (inst->garp.lower_prio_repeat > 0) {
		warn(b, inst, "strict mode has no garp_lower_prio_repeat, it is cleared");
		inst->garp.lower_prio_repeat = 0;
	}
	if (inst->accept_set && inst->accept && inst->version == 2) {
		warn(b, inst, "in strict mode version 2 has no 'accept', it is left out");
		inst->accept_set = false;
	}
	if (!inst->accept_set)
		inst->accept = false;
	if (!inst->accept && inst->priority != 255)
		conf_advise(b->ctx.diags, inst->place,
			    "%s: in strict mode the addresses answer nobody (see 'accept'): a "
			    "balancer on them is not reached",
			    inst->name);
}

/* An owner's priority is 255 whatever is tracked. */
static void settle_tracks(struct failover_build *b, struct vrrp_instance_conf *inst)
{
	for (const struct vrrp_track_conf *t = inst->tracks; t; t = t->next) {
		if (inst->priority == 255 && t->weight != 0)
			conf_warn(b->ctx.diags, t->place,
				  "%s: the weight of '%s' is without effect: priority 255 stays",
				  inst->name, t->name);
		if (t->kind == VRRP_TRACK_INTERFACE && inst->interface &&
		    strcmp(t->name, inst->interface) == 0)
			conf_warn(b->ctx.diags, t->place,
				  "%s: its own interface is tracked in any case", inst->name);
	}
}

/* What is said nowhere is what global_defs says of all: not what the instance says of the others.
 */
static void settle_garp(const struct failover_build *b, struct vrrp_instance_conf *inst)
{
	struct vrrp_garp_conf *garp = &inst->garp;

	if (garp->lower_prio_delay_us == FAILOVER_UNSET)
		garp->lower_prio_delay_us = b->defaults.garp.delay_us;
	if (garp->lower_prio_repeat == FAILOVER_UNSET)
		garp->lower_prio_repeat = b->defaults.garp.repeat;
}

static void require(struct failover_build *b, struct vrrp_instance_conf *inst)
{
	if (!inst->interface)
		conf_error(b->ctx.diags, inst->place, "%s: 'interface' is missing", inst->name);
	if (!inst->vrid)
		conf_error(b->ctx.diags, inst->place, "%s: 'virtual_router_id' is missing",
			   inst->name);
	if (inst->fault_no_peer && !inst->peers)
		conf_error(b->ctx.diags, inst->place,
			   "%s: unicast_fault_no_peer, and there is no peer", inst->name);
}

static void refuse_twins(struct failover_build *b, const struct vrrp_instance_conf *inst)
{
	const struct vrrp_instance_conf *i;

	for (i = b->conf->instances; i != inst; i = i->next)
		if (i->vrid && i->vrid == inst->vrid && i->family == inst->family && i->interface &&
		    inst->interface && strcmp(i->interface, inst->interface) == 0)
			conf_error(b->ctx.diags, inst->place,
				   "%s: virtual_router_id %u is that of %s already on %s (line %u)",
				   inst->name, inst->vrid, i->name, i->interface, i->place.line);
}

/* The page has so many places: one more could neither be shown nor go on after a crash. */
static void refuse_too_many(struct failover_build *b)
{
	const struct vrrp_instance_conf *i = b->conf->instances;

	for (unsigned n = 0; i && n < SHARED_VIPS_MAX; n++)
		i = i->next;
	if (i)
		conf_error(b->ctx.diags, i->place, "%s: more than %d VRRP instances are not served",
			   i->name, SHARED_VIPS_MAX);
}

void failover_instances_finish(struct failover_build *b)
{
	refuse_too_many(b);
	for (struct vrrp_instance_conf *i = b->conf->instances; i; i = i->next) {
		i->family = family_of(i);
		settle_addresses(b, i);
		settle_group(b, i);
		settle_auth(b, i);
		settle_version(b, i);
		settle_preemption(b, i);
		settle_strict(b, i);
		failover_signing_settle(&b->ctx, i);
		settle_garp(b, i);
		settle_tracks(b, i);
		require(b, i);
		refuse_twins(b, i);
	}
}
