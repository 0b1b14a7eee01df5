/*
 * What a master holds: addresses (address/hold.h), then routes and rules (address/keep.h); and the
 * static ones and the packet filter's table (address/wall.h), which are there while the process
 * runs. Their owner is the failover itself, that of the others their node. See failover_impl.h.
 */
#include "core/log/log.h"
#include "failover/address/undo.h"
#include "failover/failover_impl.h"

static struct node *node_of(struct failover *f, const void *owner)
{
	struct list *pos;

	LIST_EACH(pos, &f->nodes)
	{
		if (container_of(pos, struct node, link) == owner)
			return container_of(pos, struct node, link);
	}
	return NULL;
}

static const char *name_of(const struct node *node)
{
	return node ? vrrp_instance_conf(node->inst)->name : "static";
}

static void on_added(void *ctx, const void *owner, const struct addr *vip, int ifindex,
		     enum hold_why why)
{
	struct node *node = node_of(ctx, owner);
	char buf[ADDR_TEXT_MAX];

	(void)ifindex;
	log_warn("%s: %s %s", name_of(node), addr_host_text(vip, buf),
		 why == HOLD_REPAIRED  ? "was removed by somebody else and is put back"
		 : why == HOLD_EXPIRED ? "was renewed too late, had expired, and is put back"
				       : "is added now that its interface takes it");
	if (!node)
		return;
	if (why != HOLD_LATE)
		vrrp_instance_note_repair(node->inst);
	vrrp_instance_announce_now(node->inst);
}

static void on_repaired(void *ctx, const void *owner, const char *text)
{
	struct node *node = node_of(ctx, owner);

	log_warn("%s: '%s' had vanished and is put back", name_of(node), text);
	if (node)
		vrrp_instance_note_repair(node->inst);
}

/* Static addresses are not held against another node: they stay. */
static unsigned lifetime_s(void *ctx, const void *owner)
{
	const struct node *node = node_of(ctx, owner);

	return node ? vrrp_lifetime_s(vrrp_instance_conf(node->inst)) : 0;
}

/* Else an address that somebody gave to two nodes by hand would stay on the loser, and answer
 * there. Only an owner has its address also when it is not master. */
static bool adopts(void *ctx, const void *owner)
{
	const struct node *node = node_of(ctx, owner);

	return node && vrrp_instance_conf(node->inst)->priority != 255;
}

/* A frozen master that wakes must not extend or put back what another has taken meanwhile. */
static void before_upkeep(void *ctx)
{
	struct failover *f = ctx;
	struct list *pos, *tmp;

	LIST_EACH_SAFE(pos, tmp, &f->nodes)
	vrrp_instance_yield_if_frozen(container_of(pos, struct node, link)->inst);
}

/* Virtual MACs are interfaces like others to all that follows. */
bool failover_holdings_prepare(struct failover *f)
{
	f->vmacs = vmacs_new(f->loop, f->setup->page);
	if (f->vmacs)
		vmacs_set(f->vmacs, f->conf->vmacs);
	return f->vmacs != NULL;
}

enum { BURST = 5, PERIOD_US = 600000000 }; /* lines about others that have our addresses */

/* A master that holds on with a fault is not to argue with who has taken over from it. */
static bool taken_from(struct node *node, const uint8_t mac[static 6])
{
	char text[24];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return vrrp_instance_taken_from(node->inst, text);
}

static void on_conflict(void *ctx, const void *owner, const struct addr *vip,
			const uint8_t mac[static 6])
{
	struct failover *f = ctx;
	struct node *node = node_of(f, owner);
	char buf[ADDR_TEXT_MAX];
	unsigned held;

	if (!node)
		return;
	if (taken_from(node, mac))
		return;
	vrrp_instance_note_conflict(node->inst);
	if (log_gate_open(&node->conflicts, loop_now_us(f->loop), BURST, PERIOD_US, &held))
		log_warn("%s: %s is also answered for by %02x:%02x:%02x:%02x:%02x:%02x, which "
			 "advertises nothing: announcing again (%u more such)",
			 name_of(node), addr_host_text(vip, buf), mac[0], mac[1], mac[2], mac[3],
			 mac[4], mac[5], held);
	vrrp_instance_announce_now(node->inst);
}

static void on_claim(void *ctx, const void *owner, const struct addr *vip,
		     const uint8_t mac[static 6])
{
	struct failover *f = ctx;
	struct node *node = node_of(f, owner);
	char buf[ADDR_TEXT_MAX];
	unsigned held;

	if (!node || vrrp_instance_state(node->inst) != VRRP_MASTER)
		return;
	if (taken_from(node, mac))
		return;
	vrrp_instance_note_conflict(node->inst);
	if (log_gate_open(&node->conflicts, loop_now_us(f->loop), BURST, PERIOD_US, &held))
		log_warn("%s: %02x:%02x:%02x:%02x:%02x:%02x used %s as its own: announcing again "
			 "(%u more such)",
			 name_of(node), mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
			 addr_host_text(vip, buf), held);
	vrrp_instance_announce_now(node->inst);
}

static void on_over(void *ctx, const void *owner)
{
	struct node *node = node_of(ctx, owner);

	if (!node || vrrp_instance_state(node->inst) != VRRP_MASTER)
		return;
	log_notice("%s: nobody else answers for its addresses any more", name_of(node));
	vrrp_instance_announce_now(node->inst);
	failover_scripts_state(node->failover, node->inst, VRRP_MASTER, false);
}

void failover_holdings_mastered(struct node *node)
{
	if (vrrp_instance_conf(node->inst)->vip_probe && vrrp_instance_found_silence(node->inst))
		duplicate_start(node->failover->duplicate, node);
}

static void after_mend(void *ctx)
{
	failover_static_look_soon(ctx);
}

bool failover_holdings_open(struct failover *f)
{
	struct hold_setup hold = {.loop = f->loop,
				  .links = f->links,
				  .page = f->setup->page,
				  .on_added = on_added,
				  .ctx = f,
				  .lifetime_s = lifetime_s,
				  .before_upkeep = before_upkeep,
				  .adopts = adopts};
	struct keep_setup keep = {.loop = f->loop,
				  .links = f->links,
				  .page = f->setup->page,
				  .before_mend = before_upkeep,
				  .on_repaired = on_repaired,
				  .after_mend = after_mend,
				  .ctx = f};
	struct duplicate_setup duplicate = {.loop = f->loop,
					    .links = f->links,
					    .on_conflict = on_conflict,
					    .on_over = on_over,
					    .ctx = f,
					    .arp_fd = f->packet_fds[FAILOVER_PACKET_DUPLICATE_ARP],
					    .nd_fd = f->packet_fds[FAILOVER_PACKET_DUPLICATE_ND]};
	struct claims_setup claims = {.loop = f->loop,
				      .links = f->links,
				      .on_claim = on_claim,
				      .ctx = f,
				      .arp_fd = f->packet_fds[FAILOVER_PACKET_CLAIMS_ARP],
				      .nd_fd = f->packet_fds[FAILOVER_PACKET_CLAIMS_ND]};

	vmacs_watch(f->vmacs, f->links); /* before the others: it makes what they look for */
	f->wall.page = f->setup->page;
	f->hold = hold_new(&hold);
	f->keep = f->hold ? keep_new(&keep) : NULL;
	duplicate.hold = f->hold;
	f->duplicate = f->keep ? duplicate_new(&duplicate) : NULL;
	claims.hold = f->hold;
	f->claims = f->duplicate ? claims_new(&claims) : NULL;
	return f->claims != NULL;
}

void failover_holdings_close(struct failover *f)
{
	if (f->claims)
		claims_free(&f->claims);
	if (f->duplicate)
		duplicate_free(&f->duplicate);
	if (f->keep)
		keep_free(&f->keep);
	if (f->hold)
		hold_free(&f->hold);
	if (f->vmacs)
		vmacs_free(&f->vmacs);
}

static void keep_those_of(struct failover *f, struct node *node,
			  const struct vrrp_instance_conf *conf)
{
	struct keep_list list = {conf->routes, conf->rules, conf->interface};

	keep_take(f->keep, node, &list);
}

void failover_holdings_take(struct node *node, const struct vrrp_instance_conf *conf)
{
	struct failover *f = node->failover;

	hold_take(f->hold, node, conf->interface, conf->vips, conf->excluded);
	if (conf->vip_probe)
		claims_watch(f->claims, node);
	else
		claims_unwatch(f->claims, node);
	keep_those_of(f, node, conf);
}

void failover_holdings_give(struct node *node)
{
	claims_unwatch(node->failover->claims, node);
	duplicate_stop(node->failover->duplicate, node);
	keep_give(node->failover->keep, node);
	hold_give(node->failover->hold, node);
}

void failover_holdings_static(struct failover *f)
{
	const struct failover_conf *conf = f->conf;
	struct keep_list list = {conf->static_routes, conf->static_rules, conf->default_interface};

	wall_set(&f->wall, conf); /* first: before an address could be answered for */
	if (!list.dev)
		list.dev = "eth0";
	hold_take(f->hold, f, list.dev, conf->static_vips, NULL);
	keep_take(f->keep, f, &list);
}

void failover_holdings_give_static(struct failover *f)
{
	keep_give(f->keep, f);
	hold_give(f->hold, f);
	secondaries_set(f->secondaries, NULL);
	vmacs_clear(f->vmacs);
	wall_raze(&f->wall);
}

void failover_holdings_reload(struct failover *f)
{
	struct list *pos;

	failover_holdings_static(f);
	LIST_EACH(pos, &f->nodes)
	{
		struct node *node = container_of(pos, struct node, link);

		/* What is kept is borrowed from the configuration, also where it is the same. */
		if (vrrp_instance_holds(node->inst))
			keep_those_of(f, node, vrrp_instance_conf(node->inst));
	}
	hold_renew_all(f->hold);
}

static bool claims_slot(const void *ctx, int slot)
{
	const struct failover *f = ctx;

	return keep_claims_slot(f->keep, slot) || wall_claims_slot(&f->wall, slot) ||
	       vmacs_claims_slot(f->vmacs, slot) || secondaries_claims_slot(f->secondaries, slot);
}

void failover_holdings_sweep(struct failover *f)
{
	undo_sweep(f->setup->page, claims_slot, f);
	hold_sweep_unclaimed(f->setup->page, f->hold);
}

void failover_holdings_sweep_configured(const struct failover_conf *conf)
{
	keep_sweep_configured(conf);
	hold_sweep_configured(conf);
}
