/*
 * VRRP instances in their surroundings: made from the configuration, told of links, tracked
 * interfaces and the seam; what they want done is handed to transport, announce and, for what a
 * master holds, failover_holdings.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "failover/failover_impl.h"

static bool send_advert(void *ctx, struct vrrp_instance *inst, const struct addr *src,
			const struct addr *dst, const uint8_t *bytes, size_t len)
{
	struct node *node = ctx;
	bool sent = vrrp_transport_send(node->failover->transport, inst, src, dst, bytes, len);

	heart_advertised(node->heart);
	return sent;
}

static void addresses_add(void *ctx, struct vrrp_instance *inst)
{
	failover_holdings_take(ctx, vrrp_instance_conf(inst));
}

static void addresses_del(void *ctx, struct vrrp_instance *inst)
{
	(void)inst;
	failover_holdings_give(ctx);
}

static void addresses_adapt(void *ctx, struct vrrp_instance *inst,
			    const struct vrrp_instance_conf *from,
			    const struct vrrp_instance_conf *to)
{
	(void)inst, (void)from;
	failover_holdings_take(ctx, to);
}

static void announce(void *ctx, struct vrrp_instance *inst, const struct vip_conf *vip)
{
	struct node *node = ctx;
	const char *dev = vip->dev ? vip->dev : vrrp_instance_conf(inst)->interface;
	const struct links_link *l = links_find(node->failover->links, dev);
	int err = l ? announce_send(node->failover->announce, l->ifindex, &vip->address) : -ENODEV;

	if (err)
		log_debug("announce: %s: %s", dev, strerror(-err));
}

static void state_changed(void *ctx, struct vrrp_instance *inst, enum vrrp_state from,
			  enum vrrp_state to, const char *reason)
{
	struct node *node = ctx;

	(void)from, (void)reason;
	if (to == VRRP_MASTER && vrrp_instance_holds(inst))
		failover_holdings_mastered(ctx);
	heart_say(node->heart);
	failover_scripts_state(node->failover, inst, to, node->told == 1 + (unsigned)to);
}

static void priority_changed(void *ctx, struct vrrp_instance *inst, unsigned from, unsigned to)
{
	(void)from, (void)to;
	heart_say_soon(((struct node *)ctx)->heart);
	failover_scripts_priority(((struct node *)ctx)->failover, inst);
}

static void rx_lower(void *ctx, struct vrrp_instance *inst)
{
	failover_scripts_rx_lower(((struct node *)ctx)->failover, inst);
}

static void served(void *ctx, struct vrrp_instance *inst)
{
	(void)inst;
	failover_holdings_mastered(ctx);
}

static void lease(void *ctx, struct vrrp_instance *inst, bool wanted)
{
	struct node *node = ctx;

	(void)inst;
	if (node->lease)
		etcd_user_want(node->lease, wanted);
}

static void on_lease(void *ctx, const struct vrrp_lease_news *news)
{
	vrrp_instance_lease(((struct node *)ctx)->inst, news);
}

/* All members were in this state when the process before us handed over. */
static bool group_was(const struct node_group *g, enum vrrp_state state)
{
	const struct list *pos;

	LIST_EACH(pos, &g->failover->nodes)
	{
		const struct node *node = container_of(pos, struct node, link);

		if (node->group == g && node->told != 1 + (unsigned)state)
			return false;
	}
	return true;
}

static void group_state_changed(void *ctx, struct vrrp_group *group, enum vrrp_state from,
				enum vrrp_state to, const char *reason)
{
	struct node_group *g = ctx;

	(void)from, (void)reason;
	failover_scripts_group_state(g->failover, group, to, group_was(g, to));
}

static const struct vrrp_group_ops group_ops = {.state_changed = group_state_changed};

static const struct vrrp_instance_ops node_ops = {
	.send_advert = send_advert,
	.addresses_add = addresses_add,
	.addresses_del = addresses_del,
	.addresses_adapt = addresses_adapt,
	.announce = announce,
	.state_changed = state_changed,
	.priority_changed = priority_changed,
	.rx_lower = rx_lower,
	.lease = lease,
	.hook_run = failover_hook_run,
	.hook_cancel = failover_hook_cancel,
	.role_ask = failover_database_ask,
	.served = served,
	.rested = failover_hook_rested,
};

/* Scripts that only ask whether haproxy lives: the seam knows. */
static void answer_scripts(struct node *node)
{
	struct failover *f = node->failover;

	for (const struct vrrp_script_conf *s = f->conf->scripts; s; s = s->next) {
		if (failover_answers_script(f, s))
			vrrp_instance_track_set(
				node->inst, s->is_process ? VRRP_TRACK_PROCESS : VRRP_TRACK_SCRIPT,
				s->name, service_well(&f->service.service));
	}
}

bool failover_answers_script(const struct failover *f, const struct vrrp_script_conf *script)
{
	return script->asks_balancer && f->service.service.state != SERVICE_UNWATCHED;
}

/* A balancer that is only starting is no fault, which would be told to the operator. */
static void resign(struct node *node, const char *reason)
{
	if (node->failover->service.service.state == SERVICE_WAITING)
		vrrp_instance_await(node->inst, reason);
	else
		vrrp_instance_resign(node->inst, reason);
}

void failover_node_brief(struct node *node)
{
	struct failover *f = node->failover;

	failover_links_brief(node);
	answer_scripts(node);
	heart_set_router(node->heart, f->conf->router_id);
	if (!service_well(&f->service.service))
		resign(node, service_reason(&f->service.service));
}

void failover_facts_changed(struct failover *f)
{
	struct list *pos;

	LIST_EACH(pos, &f->nodes)
	vrrp_instance_track_ask(container_of(pos, struct node, link)->inst, service_facts_ask,
				&f->facts);
}

void failover_service_changed(struct failover *f, bool well, const char *reason)
{
	struct list *pos;

	if (!well)
		log_err("seam: %s: this node resigns", reason);
	else if (f->resigned)
		log_notice("seam: the balancer serves: taking part again");
	f->resigned = !well;
	LIST_EACH(pos, &f->nodes)
	{
		struct node *node = container_of(pos, struct node, link);

		if (!well) /* first: its reason is the one to show */
			resign(node, reason);
		answer_scripts(node);
		if (well)
			vrrp_instance_release(node->inst);
	}
}

static size_t collect(const struct vip_conf *vip, struct addr *out, size_t n)
{
	for (; vip; vip = vip->next) {
		if (out)
			out[n] = vip->address;
		n++;
	}
	return n;
}

void failover_note_vips(struct failover *f, const struct failover_conf *conf)
{
	const struct vrrp_instance_conf *i;
	struct addr *vips;
	size_t n = 0;

	for (i = conf->instances; i; i = i->next)
		n = collect(i->excluded, NULL, collect(i->vips, NULL, n));
	vips = calloc(n ? n : 1, sizeof(*vips));
	if (!vips)
		die_no_memory();
	n = 0;
	for (i = conf->instances; i; i = i->next)
		n = collect(i->excluded, vips, collect(i->vips, vips, n));
	links_set_vips(f->links, vips, n);
	free(vips);
}

/* The first slot that no node has; slots keep their place while their instance lives. */
static struct shared_vip *page_slot(struct failover *f)
{
	struct shared_page *page = f->setup->page;
	bool used[SHARED_VIPS_MAX] = {false};
	struct list *pos;
	uint32_t at = 0;

	LIST_EACH(pos, &f->nodes)
	{
		const struct node *node = container_of(pos, struct node, link);

		if (node->page)
			used[node->page - page->vips] = true;
	}
	while (at < SHARED_VIPS_MAX && used[at])
		at++;
	if (at == SHARED_VIPS_MAX)
		return NULL;
	if (at >= atomic_load_explicit(&page->n_vips, memory_order_relaxed))
		atomic_store_explicit(&page->n_vips, at + 1, memory_order_release);
	return &page->vips[at];
}

static void page_clear(struct shared_vip *slot)
{
	const size_t head = offsetof(struct shared_vip, name);

	shared_vip_begin(slot);
	memset((char *)slot + head, 0, sizeof(*slot) - head);
	shared_vip_end(slot);
}

static void on_witness(void *ctx, int64_t asked_us)
{
	vrrp_instance_witnessed(((struct node *)ctx)->inst, asked_us);
}

static void watch_hearts(struct node *node)
{
	if (node->heart && vrrp_instance_conf(node->inst)->heartbeats) {
		heart_follow(node->heart);
	} else {
		heart_free(&node->heart);
		node->heart = heart_new(node->failover->hearts, node->inst, node->page);
	}
}

void failover_node_watch(struct node *node)
{
	const struct vrrp_instance_conf *conf = vrrp_instance_conf(node->inst);

	watch_hearts(node);
	witness_free(&node->witness);
	if (conf->witnesses)
		node->witness =
			witness_new(node->failover->loop, conf->witnesses,
				    vrrp_instance_down_us(node->inst) / 4, on_witness, node);
}

struct node *failover_node_new(struct failover *f, const struct vrrp_instance_conf *conf)
{
	struct node *node = calloc(1, sizeof(*node));
	struct vrrp_instance_params params = {.loop = f->loop,
					      .conf = conf,
					      .ops = &node_ops,
					      .ctx = node,
					      .pace = f->pace,
					      .in_step = true};

	if (!node)
		die_no_memory();
	node->failover = f;
	node->page = page_slot(f);
	params.page = node->page;
	node->inst = vrrp_instance_new(&params);
	if (!node->inst)
		die_no_memory();
	if (!vrrp_transport_attach(f->transport, node->inst))
		log_err("%s: another instance has VRID %u on %s", conf->name, conf->vrid,
			conf->interface);
	if (conf->lease)
		node->lease = etcd_user_new(f->leases, conf->lease, on_lease, node);
	failover_node_watch(node);
	list_push(&f->nodes, &node->link);
	return node;
}

void failover_node_free(struct node *node)
{
	struct failover *f = node->failover;

	list_del(&node->link);
	witness_free(&node->witness);
	heart_free(&node->heart);
	etcd_user_free(&node->lease);
	failover_holdings_give(node);
	vrrp_transport_detach(f->transport, node->inst);
	vrrp_instance_free(&node->inst);
	failover_hook_forget(node);
	if (node->page)
		page_clear(node->page);
	free(node);
}

static struct node_group *group_of(struct failover *f, const struct vrrp_group_conf *conf)
{
	struct node_group *g;
	struct list *pos;

	LIST_EACH(pos, &f->groups)
	{
		g = container_of(pos, struct node_group, link);
		if (strcmp(vrrp_group_conf(g->group)->name, conf->name) == 0) {
			vrrp_group_reconfigure(g->group, conf);
			return g;
		}
	}
	g = calloc(1, sizeof(*g));
	if (!g)
		die_no_memory();
	g->failover = f;
	g->group = vrrp_group_new(conf, &group_ops, g);
	if (!g->group)
		die_no_memory();
	list_push(&f->groups, &g->link);
	return g;
}

static bool group_named(const struct failover_conf *conf, const char *name)
{
	for (const struct vrrp_group_conf *g = conf->groups; g; g = g->next) {
		if (strcmp(g->name, name) == 0)
			return true;
	}
	return false;
}

static void free_group(struct node_group *g)
{
	list_del(&g->link);
	vrrp_group_free(&g->group);
	free(g);
}

/* A membership that stays is not touched: leaving and joining could move its state. */
static void join_group(struct node *node)
{
	const struct vrrp_group_conf *conf = vrrp_instance_conf(node->inst)->group;
	struct node_group *group = conf ? group_of(node->failover, conf) : NULL;

	if (group == node->group)
		return;
	if (node->group)
		vrrp_group_remove(node->inst);
	if (group)
		vrrp_group_add(group->group, node->inst);
	node->group = group;
}

void failover_groups_join(struct failover *f)
{
	struct list *pos, *tmp;

	LIST_EACH(pos, &f->nodes)
	join_group(container_of(pos, struct node, link));
	LIST_EACH_SAFE(pos, tmp, &f->groups)
	{
		struct node_group *g = container_of(pos, struct node_group, link);

		if (!group_named(f->conf, vrrp_group_conf(g->group)->name))
			free_group(g);
	}
}

void failover_nodes_build(struct failover *f)
{
	struct list *pos;

	for (const struct vrrp_instance_conf *i = f->conf->instances; i; i = i->next)
		failover_node_new(f, i);
	failover_groups_join(f); /* first: what the group tracks is told too */
	LIST_EACH(pos, &f->nodes)
	failover_node_brief(container_of(pos, struct node, link));
	failover_facts_changed(f);
}

static const struct shared_vip *published(const struct shared_vip *before, unsigned n,
					  const char *name)
{
	for (unsigned i = 0; i < n; i++) {
		if (strncmp(before[i].name, name, sizeof(before[i].name)) == 0)
			return &before[i];
	}
	return NULL;
}

static int64_t start_delay_us(const struct failover_conf *conf)
{
	struct timespec up;
	int64_t delay_us;

	clock_gettime(CLOCK_BOOTTIME, &up);
	delay_us = vrrp_start_delay_us(conf, (int64_t)up.tv_sec * 1000000 + up.tv_nsec / 1000);
	if (delay_us > conf->startup_delay_us)
		log_notice("vrrp_delay_after_boot: %.1f s left", (double)delay_us / 1e6);
	return delay_us;
}

void failover_nodes_start(struct failover *f, const struct shared_vip *before, unsigned n_before)
{
	int64_t delay_us = start_delay_us(f->conf);
	struct list *pos;

	LIST_EACH(pos, &f->nodes)
	{
		struct node *node = container_of(pos, struct node, link);

		node->told = failover_heir_told(
			f, published(before, n_before, vrrp_instance_conf(node->inst)->name));
	}
	LIST_EACH(pos, &f->nodes)
	{
		struct node *node = container_of(pos, struct node, link);
		const char *name = vrrp_instance_conf(node->inst)->name;
		const struct shared_vip *was = published(before, n_before, name);

		if (was)
			vrrp_publish_remember(node->inst, was);
		if (was && node->lease)
			etcd_user_adopt(node->lease,
					&(struct vrrp_lease_news){.until_us = was->lease_until_us,
								  .id = was->lease_id});
		if (!was || !vrrp_instance_resume(node->inst, was))
			vrrp_instance_start(node->inst, was ? 0 : delay_us);
	}
	LIST_EACH(pos, &f->nodes)
	container_of(pos, struct node, link)->told = 0;
}

void failover_nodes_stop(struct failover *f, const char *reason)
{
	struct list *pos;

	LIST_EACH(pos, &f->nodes)
	vrrp_instance_stop(container_of(pos, struct node, link)->inst, reason);
	hold_give_all(f->hold);
}

void failover_nodes_free(struct failover *f)
{
	struct list *pos, *tmp;

	LIST_EACH_SAFE(pos, tmp, &f->nodes)
	failover_node_free(container_of(pos, struct node, link));
	LIST_EACH_SAFE(pos, tmp, &f->groups)
	free_group(container_of(pos, struct node_group, link));
}
