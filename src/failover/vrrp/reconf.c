/*
 * Reload: what a new configuration asks of an instance (KEPT, ADAPTED, REBUILD), and doing it. A
 * master stays master for anything that does not make it another virtual router: VRID, interface,
 * version, family, and how its packets travel.
 */
#include "failover/vrrp/instance_impl.h"

#include <string.h>

static bool text_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool vip_same(const struct vip_conf *a, const struct vip_conf *b)
{
	return addr_eq(&a->address, &b->address, false) && a->prefix_len == b->prefix_len &&
	       text_same(a->dev, b->dev) && text_same(a->label, b->label) &&
	       text_same(a->scope, b->scope) && addr_eq(&a->broadcast, &b->broadcast, false) &&
	       addr_eq(&a->peer, &b->peer, false) && a->broadcast_auto == b->broadcast_auto &&
	       a->nodad == b->nodad && a->noprefixroute == b->noprefixroute && a->home == b->home &&
	       a->mngtmpaddr == b->mngtmpaddr && a->autojoin == b->autojoin &&
	       a->no_track == b->no_track && a->preferred_lft_s == b->preferred_lft_s;
}

static bool vips_same(const struct vip_conf *a, const struct vip_conf *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (!vip_same(a, b))
			return false;
	return a == NULL && b == NULL;
}

static bool routes_same(const struct route_conf *a, const struct route_conf *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (!text_same(a->text, b->text) || a->table != b->table)
			return false;
	return a == NULL && b == NULL;
}

static bool rules_same(const struct rule_conf *a, const struct rule_conf *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (!text_same(a->text, b->text) || a->table != b->table ||
		    a->priority != b->priority)
			return false;
	return a == NULL && b == NULL;
}

static bool tracks_same(const struct vrrp_track_conf *a, const struct vrrp_track_conf *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (a->kind != b->kind || !text_same(a->name, b->name) || a->weight != b->weight ||
		    a->reverse != b->reverse || a->min != b->min)
			return false;
	return a == NULL && b == NULL;
}

static bool peers_same(const struct vrrp_peer_conf *a, const struct vrrp_peer_conf *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (!addr_eq(&a->address, &b->address, false) || a->min_ttl != b->min_ttl ||
		    a->max_ttl != b->max_ttl)
			return false;
	return a == NULL && b == NULL;
}

static bool witnesses_same(const struct vrrp_witness_conf *a, const struct vrrp_witness_conf *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (!addr_eq(&a->address, &b->address, true) || a->tcp != b->tcp)
			return false;
	return a == NULL && b == NULL;
}

static bool script_same(const struct script_conf *a, const struct script_conf *b)
{
	return !a->argv == !b->argv && text_same(a->text, b->text) && a->uid == b->uid &&
	       a->gid == b->gid;
}

static bool notify_same(const struct vrrp_notify_conf *a, const struct vrrp_notify_conf *b)
{
	return script_same(&a->any, &b->any) && script_same(&a->master, &b->master) &&
	       script_same(&a->backup, &b->backup) && script_same(&a->fault, &b->fault) &&
	       script_same(&a->stop, &b->stop);
}

static bool garp_same(const struct vrrp_garp_conf *a, const struct vrrp_garp_conf *b)
{
	return a->delay_us == b->delay_us && a->refresh_us == b->refresh_us &&
	       a->lower_prio_delay_us == b->lower_prio_delay_us && a->repeat == b->repeat &&
	       a->refresh_repeat == b->refresh_repeat &&
	       a->lower_prio_repeat == b->lower_prio_repeat && a->interval_us == b->interval_us &&
	       a->gna_interval_us == b->gna_interval_us;
}

/* What is said in the advertisement itself. */
static bool wire_same(const struct vrrp_instance_conf *a, const struct vrrp_instance_conf *b)
{
	return a->priority == b->priority && a->advert_us == b->advert_us && a->auth == b->auth &&
	       memcmp(a->auth_pass, b->auth_pass, sizeof(a->auth_pass)) == 0 &&
	       a->checksum_as_v2 == b->checksum_as_v2 && addr_eq(&a->src, &b->src, false) &&
	       vips_same(a->vips, b->vips) && peers_same(a->peers, b->peers);
}

static bool rest_same(const struct vrrp_instance_conf *a, const struct vrrp_instance_conf *b)
{
	const char *group_a = a->group ? a->group->name : NULL;
	const char *group_b = b->group ? b->group->name : NULL;

	return a->wants_master == b->wants_master && a->nopreempt == b->nopreempt &&
	       a->preempt_delay_us == b->preempt_delay_us && a->flap_hold_us == b->flap_hold_us &&
	       a->unicast_ttl == b->unicast_ttl && a->check_unicast_src == b->check_unicast_src &&
	       a->track_src_ip == b->track_src_ip &&
	       a->dont_track_primary == b->dont_track_primary && a->accept == b->accept &&
	       a->strict == b->strict && a->skip_check_adv_addr == b->skip_check_adv_addr &&
	       a->lower_prio_no_advert == b->lower_prio_no_advert &&
	       a->higher_prio_send_advert == b->higher_prio_send_advert &&
	       a->down_adverts == b->down_adverts && a->vip_lifetime_s == b->vip_lifetime_s &&
	       a->vip_probe == b->vip_probe && witnesses_same(a->witnesses, b->witnesses) &&
	       a->smtp_alert == b->smtp_alert && vips_same(a->excluded, b->excluded) &&
	       routes_same(a->routes, b->routes) && rules_same(a->rules, b->rules) &&
	       tracks_same(a->tracks, b->tracks) && garp_same(&a->garp, &b->garp) &&
	       notify_same(&a->notify, &b->notify) && text_same(group_a, group_b);
}

enum vrrp_reconf vrrp_reconf_kind(const struct vrrp_instance_conf *from,
				  const struct vrrp_instance_conf *to)
{
	if (!text_same(from->name, to->name) || !text_same(from->interface, to->interface) ||
	    !text_same(from->vmac, to->vmac) || from->vmac_xmit_base != to->vmac_xmit_base ||
	    from->vrid != to->vrid || from->family != to->family || from->version != to->version ||
	    (from->auth == VRRP_AUTH_AH) != (to->auth == VRRP_AUTH_AH) ||
	    !addr_eq(&from->mcast_group, &to->mcast_group, false) || !from->peers != !to->peers)
		return VRRP_REBUILD;
	return wire_same(from, to) && rest_same(from, to) ? VRRP_KEPT : VRRP_ADAPTED;
}

static void adapt_master(struct vrrp_instance *inst, const struct vrrp_instance_conf *from)
{
	const struct vrrp_instance_conf *to = inst->conf;
	bool vips = vips_same(from->vips, to->vips) && vips_same(from->excluded, to->excluded);

	if (!wire_same(from, to)) { /* those who listen learn it now, not at their down timer */
		vrrp_advertise(inst, inst->priority);
		loop_timer_set(inst->loop, &inst->timer, loop_now_us(inst->loop) + to->advert_us);
	}
	if (vips && routes_same(from->routes, to->routes) && rules_same(from->rules, to->rules))
		return;
	if (inst->ops->addresses_adapt)
		inst->ops->addresses_adapt(inst->ctx, inst, from, to);
	if (!vips)
		vrrp_announce_master(&inst->announce);
}

static void adapt(struct vrrp_instance *inst, const struct vrrp_instance_conf *from)
{
	const struct vrrp_instance_conf *to = inst->conf;

	inst->list_ok.len = 0;
	vrrp_condition_review(inst);
	if (inst->state == VRRP_MASTER)
		adapt_master(inst, from);
	else if (inst->state == VRRP_BACKUP && to->priority == 255)
		vrrp_instance_feed(inst, VRRP_EV_START_OWNER, "made the address owner by a reload");
	else if (inst->state == VRRP_BACKUP && !inst->learned_us &&
		 (from->advert_us != to->advert_us || from->down_adverts != to->down_adverts))
		loop_timer_set(inst->loop, &inst->timer,
			       loop_now_us(inst->loop) + vrrp_instance_down_us(inst));
}

enum vrrp_reconf vrrp_instance_reconfigure(struct vrrp_instance *inst,
					   const struct vrrp_instance_conf *to)
{
	const struct vrrp_instance_conf *from = inst->conf;
	enum vrrp_reconf kind = vrrp_reconf_kind(from, to);

	if (kind == VRRP_REBUILD)
		return kind;
	inst->conf = to; /* also when nothing changed: the old one is about to go */
	vrrp_condition_rebuild(inst, TRACK_PASSED);
	vrrp_announce_reconfigure(&inst->announce, to);
	if (kind == VRRP_ADAPTED) {
		vrrp_list_build(&inst->list, to);
		adapt(inst, from);
		vrrp_publish_all(inst);
	}
	return kind;
}
