/*
 * The differences between two configurations of an instance, as rows: what is compared, what it is
 * called, and what a difference asks of a running instance. A reload and `relais -c --diff` read
 * the same rows. Pure.
 */
#include "failover/vrrp/reconf_rows.h"

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

bool vrrp_reconf_tracks_same(const struct vrrp_track_conf *a, const struct vrrp_track_conf *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (a->kind != b->kind || !text_same(a->name, b->name) || a->weight != b->weight ||
		    a->reverse != b->reverse || a->min != b->min || a->compare != b->compare)
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

static bool heartbeats_same(const struct vrrp_heartbeat_conf *a,
			    const struct vrrp_heartbeat_conf *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (!addr_eq(&a->address, &b->address, false) || a->port != b->port ||
		    !text_same(a->dev, b->dev))
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
	       script_same(&a->stop, &b->stop) && script_same(&a->rx_lower, &b->rx_lower) &&
	       script_same(&a->deleted, &b->deleted) && a->says_deleted == b->says_deleted &&
	       a->priority_changes == b->priority_changes;
}

static bool hooks_same(const struct vrrp_hooks_conf *a, const struct vrrp_hooks_conf *b)
{
	return script_same(&a->fence, &b->fence) && script_same(&a->promote, &b->promote) &&
	       script_same(&a->demote, &b->demote) && a->fence_timeout_us == b->fence_timeout_us &&
	       a->promote_timeout_us == b->promote_timeout_us &&
	       a->demote_timeout_us == b->demote_timeout_us;
}

static bool garp_same(const struct vrrp_garp_conf *a, const struct vrrp_garp_conf *b)
{
	return a->delay_us == b->delay_us && a->refresh_us == b->refresh_us &&
	       a->lower_prio_delay_us == b->lower_prio_delay_us && a->repeat == b->repeat &&
	       a->refresh_repeat == b->refresh_repeat &&
	       a->lower_prio_repeat == b->lower_prio_repeat && a->interval_us == b->interval_us &&
	       a->gna_interval_us == b->gna_interval_us && a->extra_us == b->extra_us &&
	       a->extra_all == b->extra_all;
}

static bool keys_same(const struct vrrp_key_conf *a, const struct vrrp_key_conf *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (a->id != b->id || a->len != b->len || memcmp(a->bytes, b->bytes, a->len) != 0)
			return false;
	return a == NULL && b == NULL;
}

static bool signing_same(const struct vrrp_signing_conf *a, const struct vrrp_signing_conf *b)
{
	if (!a || !b)
		return a == b;
	return keys_same(a->keys, b->keys) && a->active->id == b->active->id &&
	       a->window_us == b->window_us && a->allow_old == b->allow_old &&
	       a->send_old == b->send_old;
}

static bool lease_same(const struct vrrp_lease_conf *a, const struct vrrp_lease_conf *b)
{
	if (!a || !b)
		return a == b;
	for (unsigned i = 0; i < a->n_endpoints && i < b->n_endpoints; i++)
		if (!addr_eq(&a->endpoints[i], &b->endpoints[i], true))
			return false;
	return text_same(a->name, b->name) && a->ttl_s == b->ttl_s &&
	       a->n_endpoints == b->n_endpoints;
}

typedef bool same_fn(const struct vrrp_instance_conf *a, const struct vrrp_instance_conf *b);

#define SAME(name, expression)                                    \
	static bool name##_is(const struct vrrp_instance_conf *a, \
			      const struct vrrp_instance_conf *b) \
	{                                                         \
		return expression;                                \
	}

SAME(auth_ah, (a->auth == VRRP_AUTH_AH) == (b->auth == VRRP_AUTH_AH))
SAME(unicast, !a->peers == !b->peers)
SAME(mcast_group, addr_eq(&a->mcast_group, &b->mcast_group, false))
SAME(name, text_same(a->name, b->name))
SAME(interface, text_same(a->interface, b->interface))
SAME(vmac, text_same(a->vmac, b->vmac))
/* The interface is made anew, and its addresses with it. */
SAME(vmac_mac,
     !a->vmac || !b->vmac ||
	     (a->vmac_mac_len == b->vmac_mac_len && memcmp(a->vmac_mac, b->vmac_mac, 6) == 0))
SAME(signing, signing_same(a->signing, b->signing))
SAME(src, addr_eq(&a->src, &b->src, false))
SAME(vips, vips_same(a->vips, b->vips))
SAME(excluded, vips_same(a->excluded, b->excluded))
SAME(peers, peers_same(a->peers, b->peers))
SAME(witnesses, witnesses_same(a->witnesses, b->witnesses))
SAME(lease, lease_same(a->lease, b->lease))
SAME(heartbeats, heartbeats_same(a->heartbeats, b->heartbeats))
SAME(heartbeat_key, slice_eq(a->heartbeat_key, b->heartbeat_key))
SAME(routes, routes_same(a->routes, b->routes))
SAME(rules, rules_same(a->rules, b->rules))
SAME(tracks, vrrp_reconf_tracks_same(a->tracks, b->tracks))
SAME(garp, garp_same(&a->garp, &b->garp))
SAME(notify, notify_same(&a->notify, &b->notify))
SAME(hooks, hooks_same(&a->hooks, &b->hooks))
SAME(group, text_same(a->group ? a->group->name : NULL, b->group ? b->group->name : NULL))

struct row {
	const char *word;
	enum vrrp_reconf needs;
	unsigned touches;
	same_fn *same; /* NULL: the bytes of the member */
	size_t at, len;
};

#define AT(member)                                   \
	offsetof(struct vrrp_instance_conf, member), \
		sizeof(((struct vrrp_instance_conf *)0)->member)
#define BYTES(word, needs, touches, member)            \
	{                                              \
		word, needs, touches, NULL, AT(member) \
	}
#define ASK(word, needs, touches, same)               \
	{                                             \
		word, needs, touches, same##_is, 0, 0 \
	}
#define WIRE	  VRRP_TOUCHES_WIRE
#define ADDRESSES VRRP_TOUCHES_ADDRESSES
#define ROUTES	  VRRP_TOUCHES_ROUTES

static const struct row rows[] = {
	/* another virtual router, or one that is heard elsewhere */
	ASK("name", VRRP_REBUILD, 0, name),
	ASK("interface", VRRP_REBUILD, 0, interface),
	ASK("use_vmac", VRRP_REBUILD, 0, vmac),
	ASK("use_vmac's MAC address", VRRP_REBUILD, 0, vmac_mac),
	BYTES("vmac_xmit_base", VRRP_REBUILD, 0, vmac_xmit_base),
	BYTES("virtual_router_id", VRRP_REBUILD, 0, vrid),
	BYTES("the address family", VRRP_REBUILD, 0, family),
	BYTES("version", VRRP_REBUILD, 0, version),
	ASK("auth_type AH", VRRP_REBUILD, 0, auth_ah),
	ASK("the multicast group", VRRP_REBUILD, 0, mcast_group),
	ASK("unicast or multicast", VRRP_REBUILD, 0, unicast),
	ASK("the lease of witness", VRRP_REBUILD, 0, lease),
	/* what is said in the advertisement */
	BYTES("priority", VRRP_ADAPTED, WIRE, priority),
	BYTES("advert_int", VRRP_ADAPTED, WIRE, advert_us),
	BYTES("auth_type", VRRP_ADAPTED, WIRE, auth),
	BYTES("auth_pass", VRRP_ADAPTED, WIRE, auth_pass),
	ASK("auth_hmac", VRRP_ADAPTED, WIRE, signing),
	BYTES("v3_checksum_as_v2", VRRP_ADAPTED, WIRE, checksum_as_v2),
	BYTES("old_unicast_checksum", VRRP_ADAPTED, WIRE, old_checksum),
	ASK("the source address", VRRP_ADAPTED, WIRE, src),
	ASK("virtual_ipaddress", VRRP_ADAPTED, WIRE | ADDRESSES, vips),
	ASK("unicast_peer", VRRP_ADAPTED, WIRE, peers),
	/* the rest */
	BYTES("state", VRRP_ADAPTED, 0, wants_master),
	BYTES("nopreempt", VRRP_ADAPTED, 0, nopreempt),
	BYTES("preempt_delay", VRRP_ADAPTED, 0, preempt_delay_us),
	BYTES("flap_hold", VRRP_ADAPTED, 0, flap_hold_us),
	BYTES("unicast_ttl", VRRP_ADAPTED, 0, unicast_ttl),
	BYTES("check_unicast_src", VRRP_ADAPTED, 0, check_unicast_src),
	BYTES("track_src_ip", VRRP_ADAPTED, 0, track_src_ip),
	BYTES("dont_track_primary", VRRP_ADAPTED, 0, dont_track_primary),
	BYTES("accept", VRRP_ADAPTED, 0, accept),
	BYTES("strict_mode", VRRP_ADAPTED, 0, strict),
	BYTES("skip_check_adv_addr", VRRP_ADAPTED, 0, skip_check_adv_addr),
	BYTES("lower_prio_no_advert", VRRP_ADAPTED, 0, lower_prio_no_advert),
	BYTES("higher_prio_send_advert", VRRP_ADAPTED, 0, higher_prio_send_advert),
	BYTES("promote_secondaries", VRRP_ADAPTED, 0, promote_secondaries),
	BYTES("owner_ignore_adverts", VRRP_ADAPTED, 0, owner_ignores),
	BYTES("timer_expired_backup", VRRP_ADAPTED, 0, others_highest),
	BYTES("down_timer_adverts", VRRP_ADAPTED, 0, down_adverts),
	BYTES("vip_lifetime", VRRP_ADAPTED, 0, vip_lifetime_s),
	BYTES("vip_probe", VRRP_ADAPTED, 0, vip_probe),
	BYTES("smtp_alert", VRRP_ADAPTED, 0, smtp_alert),
	BYTES("kernel_rx_buf_size", VRRP_ADAPTED, 0, rx_buf_bytes),
	ASK("witness", VRRP_ADAPTED, 0, witnesses),
	ASK("heartbeat", VRRP_ADAPTED, 0, heartbeats),
	ASK("heartbeat_key_file", VRRP_ADAPTED, 0, heartbeat_key),
	BYTES("compare", VRRP_ADAPTED, 0, compare),
	BYTES("compare_delay", VRRP_ADAPTED, 0, compare_delay_us),
	ASK("virtual_ipaddress_excluded", VRRP_ADAPTED, ADDRESSES, excluded),
	ASK("virtual_routes", VRRP_ADAPTED, ROUTES, routes),
	ASK("virtual_rules", VRRP_ADAPTED, ROUTES, rules),
	ASK("what is tracked", VRRP_ADAPTED, 0, tracks),
	ASK("garp_*", VRRP_ADAPTED, 0, garp),
	ASK("notify*", VRRP_ADAPTED, 0, notify),
	ASK("fence, promote, demote", VRRP_ADAPTED, 0, hooks),
	ASK("the sync group", VRRP_ADAPTED, 0, group),
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

static bool row_same(const struct row *row, const struct vrrp_instance_conf *from,
		     const struct vrrp_instance_conf *to)
{
	if (row->same)
		return row->same(from, to);
	return memcmp((const char *)from + row->at, (const char *)to + row->at, row->len) == 0;
}

enum vrrp_reconf vrrp_reconf_kind(const struct vrrp_instance_conf *from,
				  const struct vrrp_instance_conf *to)
{
	enum vrrp_reconf needs = VRRP_KEPT;

	for (unsigned i = 0; i < N_ROWS; i++)
		if (rows[i].needs > needs && !row_same(&rows[i], from, to))
			needs = rows[i].needs;
	return needs;
}

unsigned vrrp_reconf_touches(const struct vrrp_instance_conf *from,
			     const struct vrrp_instance_conf *to)
{
	unsigned touches = 0;

	for (unsigned i = 0; i < N_ROWS; i++)
		if (!row_same(&rows[i], from, to))
			touches |= rows[i].touches;
	return touches;
}

unsigned vrrp_reconf_list(const struct vrrp_instance_conf *from,
			  const struct vrrp_instance_conf *to, enum vrrp_reconf needs,
			  const char **words, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < N_ROWS && n < max; i++)
		if (rows[i].needs == needs && !row_same(&rows[i], from, to))
			words[n++] = rows[i].word;
	return n;
}
