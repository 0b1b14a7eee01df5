/*
 * The fake segment and the player of stories. See vrrp_wire.h. Several nodes run in lockstep, a
 * small part of an interval at a time; a packet arrives in the next part. One node alone runs
 * exactly. Everything lives in one static world that each story begins anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log/log.h"
#include "failover/wire/ah.h"
#include "failover/wire/signature.h"
#include "failover/vrrp/peers.h"
#include "vrrp_wire.h"

enum { INBOX_MAX = 512, TEXT_MAX = 512, CONFS_MAX = 8, TAPS_MAX = 4 };

struct flight {
	int instance;
	long round; /* in which it was sent */
	struct vrrp_path path;
	size_t len;
	uint8_t bytes[VRRP_PACKET_MAX]; /* a whole packet with auth_type AH */
};

struct record {
	bool holds;
	int n_sent, n_zeros, n_adds, n_dels, n_adapts, n_garps, n_lowers;
	unsigned last_priority;
	char moves[TEXT_MAX], order[TEXT_MAX];
	const char *runs; /* the hook; NULL = none */
};

struct node {
	int number;
	struct loop *loop;
	bool frozen, witness;
	int64_t clock_us;   /* its wall clock minus the others' */
	struct flight last; /* what it sent */
	struct vrrp_instance_conf confs[WIRE_INSTANCES][CONFS_MAX];
	int n_confs[WIRE_INSTANCES];
	struct vrrp_instance *inst[WIRE_INSTANCES];
	struct vrrp_pace *pace;
	struct vrrp_link link[WIRE_INSTANCES];
	struct shared_vip page[WIRE_INSTANCES];
	struct record rec[WIRE_INSTANCES];
	struct vrrp_peers peers[WIRE_INSTANCES];
	int64_t said_us[WIRE_INSTANCES];  /* the last heartbeat */
	bool mute;			  /* what it sends does not leave */
	bool wants[WIRE_INSTANCES], dark; /* the lease; the arbiter does not hear it */
	int64_t lease_until_us;		  /* as this node knows; 0 = not its */
	bool due[WIRE_INSTANCES];	  /* one goes out at once */
	struct vrrp_group *group;
	char group_moves[TEXT_MAX];
	struct flight inbox[INBOX_MAX];
	int n_inbox;
};

static struct world {
	const struct story *story;
	struct node nodes[WIRE_NODES + 1]; /* by number, from 1 */
	int n_nodes, n_inst, second;
	bool cut[WIRE_NODES + 1][WIRE_NODES + 1], hcut[WIRE_NODES + 1][WIRE_NODES + 1];
	struct vip_conf vip4, vip6;
	int at; /* step */
	long round;
	int64_t now_us;	  /* the arbiter's clock */
	int lease_holder; /* 0 = nobody */
	int64_t lease_until_us;
	struct flight taps[TAPS_MAX];
} world;

struct vrrp_heartbeat_conf wire_second_path = {.dev = "eth9"};
struct vrrp_lease_conf wire_lease = {.name = "lease"};

/* ---- helpers ---- */

static struct addr ip(const char *fmt, int number)
{
	struct addr a;
	char text[64];

	snprintf(text, sizeof(text), fmt, number);
	assert_true(addr_parse_ip(&a, slice_of(text), 0));
	return a;
}

static void append(char *text, char c)
{
	size_t len = strlen(text);

	if (len + 1 < TEXT_MAX) {
		text[len] = c;
		text[len + 1] = '\0';
	}
}

static int index_of(const struct node *node, const struct vrrp_instance *inst)
{
	return inst == node->inst[1] ? 1 : 0;
}

static struct record *record_of(void *ctx, struct vrrp_instance *inst)
{
	struct node *node = ctx;

	return &node->rec[index_of(node, inst)];
}

/* ---- what the instances do ---- */

static void fly(struct node *to, int instance, const struct vrrp_path *path, const uint8_t *bytes,
		size_t len)
{
	struct flight *f = &to->inbox[to->n_inbox];

	if (to->n_inbox == INBOX_MAX)
		return; /* as a full socket buffer */
	to->n_inbox++;
	f->instance = instance;
	f->round = world.round;
	f->path = *path;
	f->len = len;
	memcpy(f->bytes, bytes, len);
}

static bool is_for(const struct node *to, const struct addr *dst)
{
	return vrrp_addr_bytes(dst)[0] == 224 || vrrp_addr_bytes(dst)[0] == 0xff ||
	       addr_eq(dst, &to->link[0].ipv4, false) ||
	       addr_eq(dst, &to->link[0].ipv6_global, false) ||
	       addr_eq(dst, &to->link[0].ipv6_linklocal, false);
}

static bool on_send(void *ctx, struct vrrp_instance *inst, const struct addr *src,
		    const struct addr *dst, const uint8_t *bytes, size_t len)
{
	struct vrrp_path path = {*src, *dst, 255};
	struct record *rec = record_of(ctx, inst);
	struct node *from = ctx;
	int instance = index_of(from, inst);
	unsigned priority = bytes[bytes[0] >> 4 == 4 ? VRRP_AH_HEAD_LEN + 2 : 2];

	from->due[instance] = true;
	if (!from->link[instance].up || from->mute)
		return false;
	rec->last_priority = priority;
	rec->n_sent += priority != 0;
	rec->n_zeros += priority == 0;
	append(rec->order, priority ? 'a' : 'z');
	from->last = (struct flight){.instance = instance, .path = path, .len = len};
	memcpy(from->last.bytes, bytes, len);
	for (int n = 1; n <= world.n_nodes; n++) {
		struct node *to = &world.nodes[n];

		if (to != from && !world.cut[from->number][n] && to->link[instance].up &&
		    is_for(to, dst))
			fly(to, instance, &path, bytes, len);
	}
	return true;
}

static void on_add(void *ctx, struct vrrp_instance *inst)
{
	struct record *rec = record_of(ctx, inst);

	rec->holds = true;
	rec->n_adds++;
	append(rec->order, '+');
}

static void on_del(void *ctx, struct vrrp_instance *inst)
{
	struct record *rec = record_of(ctx, inst);

	rec->holds = false;
	rec->n_dels++;
	append(rec->order, '-');
}

static void on_adapt(void *ctx, struct vrrp_instance *inst, const struct vrrp_instance_conf *from,
		     const struct vrrp_instance_conf *to)
{
	assert_ptr_not_equal(from, to);
	record_of(ctx, inst)->n_adapts++;
}

static void on_announce(void *ctx, struct vrrp_instance *inst, const struct vip_conf *vip)
{
	struct record *rec = record_of(ctx, inst);

	assert_non_null(vip);
	assert_true(rec->holds); /* never for an address that is not there */
	rec->n_garps++;
	append(rec->order, 'g');
}

static void on_state(void *ctx, struct vrrp_instance *inst, enum vrrp_state from,
		     enum vrrp_state to, const char *reason)
{
	assert_int_not_equal(from, to);
	assert_true(strlen(reason) > 0);
	assert_int_equal(vrrp_instance_state(inst), to);
	append(record_of(ctx, inst)->moves, "IBMF"[to]);
	((struct node *)ctx)->due[index_of(ctx, inst)] = true;
}

static void on_lower(void *ctx, struct vrrp_instance *inst)
{
	record_of(ctx, inst)->n_lowers++;
}

static int64_t on_wall(void *ctx)
{
	struct node *node = ctx;

	return 1800000000 * INT64_C(1000000) + loop_now_us(node->loop) + node->clock_us;
}

static bool on_hook(void *ctx, struct vrrp_instance *inst, enum vrrp_hook hook)
{
	struct record *rec = record_of(ctx, inst);

	assert_null(rec->runs); /* one at a time */
	if (strcmp(vrrp_instance_conf(inst)->hooks.fence.text ?: "", "unstartable") == 0)
		return false;
	rec->runs = vrrp_hook_word(hook);
	append(rec->order, rec->runs[0]);
	return true;
}

static void on_cancel(void *ctx, struct vrrp_instance *inst)
{
	struct record *rec = record_of(ctx, inst);

	assert_non_null(rec->runs);
	rec->runs = NULL;
	append(rec->order, 'x');
}

static void on_ask(void *ctx, struct vrrp_instance *inst)
{
	append(record_of(ctx, inst)->order, 'r');
}

static void on_served(void *ctx, struct vrrp_instance *inst)
{
	append(record_of(ctx, inst)->order, 's');
}

static void on_lease(void *ctx, struct vrrp_instance *inst, bool wanted)
{
	struct node *node = ctx;
	struct vrrp_lease_news news = {.until_us = node->lease_until_us, .id = 7};

	node->wants[index_of(node, inst)] = wanted;
	if (wanted && node->lease_until_us > loop_now_us(node->loop))
		vrrp_instance_lease(inst, &news);
}

static const struct vrrp_instance_ops ops = {
	.lease = on_lease,
	.hook_run = on_hook,
	.hook_cancel = on_cancel,
	.role_ask = on_ask,
	.served = on_served,
	.send_advert = on_send,
	.addresses_add = on_add,
	.addresses_del = on_del,
	.addresses_adapt = on_adapt,
	.announce = on_announce,
	.state_changed = on_state,
	.rx_lower = on_lower,
	.wall_us = on_wall,
};

static void on_group_state(void *ctx, struct vrrp_group *group, enum vrrp_state from,
			   enum vrrp_state to, const char *reason)
{
	struct node *node = ctx;

	(void)group, (void)reason;
	assert_int_not_equal(from, to);
	append(node->group_moves, "IBMF"[to]);
}

static const struct vrrp_group_ops group_ops = {.state_changed = on_group_state};

/* ---- building the world ---- */

static struct vrrp_instance_conf *conf_for(struct node *node, int instance,
					   const struct vrrp_instance_conf *from)
{
	struct vrrp_instance_conf *c;

	assert_true(node->n_confs[instance] < CONFS_MAX);
	c = &node->confs[instance][node->n_confs[instance]++];
	*c = *from;
	c->name = instance ? "VI_2" : "VI_1";
	c->interface = instance ? "eth1" : "eth0";
	c->vrid = c->vrid ? c->vrid : 51 + (unsigned)instance;
	c->family = c->family ? c->family : AF_INET;
	c->version = c->version ? c->version : 3;
	c->advert_us = c->advert_us ? c->advert_us : 100000;
	c->priority = c->priority ? c->priority : 100;
	c->down_adverts = c->down_adverts ? c->down_adverts : 3;
	c->vips = c->vips ? c->vips : c->family == AF_INET6 ? &world.vip6 : &world.vip4;
	if (c->garp.repeat == 0)
		c->garp = (struct vrrp_garp_conf){.delay_us = 5000000,
						  .repeat = 5,
						  .lower_prio_delay_us = 5000000,
						  .lower_prio_repeat = 5};
	return c;
}

static void set_link(struct node *node, int instance)
{
	struct vrrp_link *l = &node->link[instance];

	*l = (struct vrrp_link){.ifindex = 2 + (unsigned)instance, .up = true};
	snprintf(l->name, sizeof(l->name), "eth%d", instance);
	l->ipv4 = ip("192.0.2.%d", node->number);
	l->ipv6_linklocal = ip("fe80::%d", node->number);
	l->ipv6_global = ip("2001:db8::%d", node->number);
}

static void make_instances(struct node *node)
{
	node->pace = vrrp_pace_new();
	for (int i = 0; i < world.n_inst; i++) {
		struct vrrp_instance_params params = {
			.loop = node->loop,
			.conf = &node->confs[i][node->n_confs[i] - 1],
			.ops = &ops,
			.ctx = node,
			.page = &node->page[i],
			.pace = node->pace,
			.in_step = world.story->in_step,
		};

		node->inst[i] = vrrp_instance_new(&params);
		memset(&node->peers[i], 0, sizeof(node->peers[i]));
		node->peers[i].silent_us = 3 * params.conf->advert_us;
		if (params.conf->heartbeats)
			vrrp_instance_peers_set(node->inst[i], &node->peers[i]);
		vrrp_instance_link_changed(node->inst[i], &node->link[i]);
	}
	if (!world.story->group)
		return;
	node->group = vrrp_group_new(world.story->group, &group_ops, node);
	for (int i = 0; i < world.n_inst; i++)
		vrrp_group_add(node->group, node->inst[i]);
}

static void make_node(int number)
{
	const struct story *st = world.story;
	struct node *node = &world.nodes[number];
	struct vrrp_instance_conf conf = st->conf;

	node->number = number;
	node->loop = loop_new(&loop_sim_ops);
	if (st->priorities[number - 1])
		conf.priority = st->priorities[number - 1];
	for (int i = 0; i < world.n_inst; i++) {
		set_link(node, i);
		conf_for(node, i, &conf);
	}
	make_instances(node);
}

static void drop_instances(struct node *node)
{
	for (int i = 0; i < WIRE_INSTANCES; i++)
		vrrp_instance_free(&node->inst[i]);
	vrrp_pace_free(&node->pace);
	vrrp_group_free(&node->group);
	node->rec[0].runs = node->rec[1].runs = NULL; /* nobody waits for it */
	node->n_inbox = 0;
}

/* ---- time ---- */

/* As the transport does. */
static void receive(struct vrrp_instance *inst, const uint8_t *bytes, size_t len,
		    struct vrrp_path *path)
{
	struct vrrp_ah ah;

	path->packet = NULL;
	if (bytes[0] >> 4 == 4) { /* no VRRP version: an IPv4 packet */
		path->packet = bytes;
		path->packet_len = len;
		assert_true(vrrp_ah_unwrap(bytes, len, &ah, &bytes, &len));
		assert_true(addr_eq(&ah.src, &path->src, false));
	}
	vrrp_instance_receive(inst, bytes, len, path);
	vrrp_instance_received(inst);
}

static void deliver(struct node *node)
{
	int n = 0;

	while (n < node->n_inbox && node->inbox[n].round < world.round) {
		struct flight *f = &node->inbox[n++];

		if (node->inst[f->instance])
			receive(node->inst[f->instance], f->bytes, f->len, &f->path);
	}
	node->n_inbox -= n;
	memmove(node->inbox, node->inbox + n, (size_t)node->n_inbox * sizeof(node->inbox[0]));
}

enum { LEASE_US = 2000000, LEASE_SAFE_US = 1800000, LEASE_RENEW_US = 600000 };

static void tell_lease(struct node *node, bool busy)
{
	struct vrrp_lease_news news = {.until_us = node->lease_until_us, .id = 7, .busy = busy};

	for (int i = 0; i < world.n_inst; i++)
		if (node->inst[i] && node->wants[i])
			vrrp_instance_lease(node->inst[i], &news);
}

/* What failover/lease/ makes of it. */
static void arbitrate(struct node *node)
{
	bool wants = node->wants[0] || node->wants[1], own = world.lease_holder == node->number;
	int64_t now = loop_now_us(node->loop);

	if (world.lease_holder && world.lease_until_us <= world.now_us)
		world.lease_holder = 0;
	if (node->lease_until_us && node->lease_until_us <= now) {
		node->lease_until_us = 0;
		tell_lease(node, false);
	}
	if (node->dark)
		return;
	if (!wants && own)
		world.lease_holder = 0;
	if (!wants) {
		node->lease_until_us = 0;
	} else if (world.lease_holder && !own) {
		tell_lease(node, true);
	} else if (now + LEASE_SAFE_US - node->lease_until_us >= LEASE_RENEW_US) {
		world.lease_holder = node->number;
		world.lease_until_us = world.now_us + LEASE_US;
		node->lease_until_us = now + LEASE_SAFE_US;
		tell_lease(node, false);
	}
}

/* As failover/heart/ does: with each advertisement and change, else each interval. */
static void beat(struct node *node, int i)
{
	int64_t now = loop_now_us(node->loop);
	struct vrrp_peer_word word;

	if (!node->inst[i] || !vrrp_instance_conf(node->inst[i])->heartbeats)
		return;
	if (!node->due[i] && now - node->said_us[i] < vrrp_instance_conf(node->inst[i])->advert_us)
		return;
	vrrp_instance_peers_changed(node->inst[i]);
	vrrp_instance_word(node->inst[i], &word);
	node->said_us[i] = now;
	node->due[i] = false;
	for (int n = 1; n <= world.n_nodes; n++) {
		struct node *to = &world.nodes[n];

		if (to == node || world.hcut[node->number][n] || to->frozen || !to->inst[i])
			continue;
		loop_clock_us(to->loop);
		to->peers[i].rows[node->number - 1] = word;
		to->peers[i].rows[node->number - 1].heard_us = loop_now_us(to->loop);
		vrrp_instance_peers_changed(to->inst[i]);
	}
}

static void run_node(struct node *node, int64_t span_us)
{
	if (node->frozen) {
		loop_sim_freeze(node->loop, span_us);
		return;
	}
	loop_clock_us(node->loop);
	deliver(node);
	for (int i = 0; node->witness && i < world.n_inst; i++)
		if (node->inst[i])
			vrrp_instance_witnessed(node->inst[i], loop_now_us(node->loop));
	loop_sim_advance(node->loop, span_us);
	if (world.story->conf.lease && node->inst[0])
		arbitrate(node);
	for (int i = 0; i < world.n_inst; i++)
		beat(node, i);
}

static void run(int64_t span_us)
{
	int64_t part_us = world.nodes[1].confs[0][0].advert_us / 200;

	if (world.n_nodes == 1)
		part_us = span_us;
	for (int64_t t = 0; t < span_us; t += part_us, world.round++, world.now_us += part_us)
		for (int n = 1; n <= world.n_nodes; n++)
			run_node(&world.nodes[n], part_us);
}

/* ---- doing ---- */

static void start(struct node *node, int64_t delay_us)
{
	for (int i = 0; i < world.n_inst; i++)
		vrrp_instance_start(node->inst[i], delay_us);
}

static void stop(struct node *node)
{
	for (int i = 0; i < world.n_inst; i++)
		vrrp_instance_stop(node->inst[i], "stopped by the operator");
}

static void replace(struct node *node)
{
	struct shared_vip before[WIRE_INSTANCES];

	for (int i = 0; i < world.n_inst; i++)
		assert_true(shared_vip_read(&node->page[i], &before[i]));
	loop_clock_us(node->loop);
	make_instances(node);
	for (int i = 0; i < world.n_inst; i++)
		vrrp_publish_remember(node->inst[i], &before[i]);
	for (int i = 0; i < world.n_inst; i++)
		if (!vrrp_instance_resume(node->inst[i], &before[i]))
			vrrp_instance_start(node->inst[i], 0);
}

static void hold(struct node *node, int64_t how)
{
	loop_clock_us(node->loop);
	for (int i = 0; i < world.n_inst; i++)
		vrrp_instance_hold(node->inst[i], (enum vrrp_hold)how);
	for (int i = 0; i < world.n_inst; i++)
		vrrp_instance_hold_settle(node->inst[i]);
}

static void relink(struct node *node, int instance, enum what what, bool up)
{
	struct vrrp_link *l = &node->link[instance];

	set_link(node, instance);
	l->up = what != GONE && up;
	if (what == GONE)
		l->ifindex = 0;
	if (what == NO_SOURCE)
		l->ipv4.len = l->ipv6_linklocal.len = l->ipv6_global.len = 0;
	l->src_missing = what == NO_SOURCE;
	vrrp_instance_link_changed(node->inst[instance], l);
}

static size_t sign(struct node *node, const struct step *s, const struct vrrp_instance_conf *c,
		   const struct addr *src, uint8_t *buf, size_t cap, size_t len)
{
	struct vrrp_key_conf key = *c->signing->active;

	if (s->text)
		memcpy(key.bytes, s->text, key.len);
	return vrrp_signature_put(buf, cap, len, c->version == 3, src, &key,
				  vrrp_sequence_next(0, on_wall(node), 0));
}

static void show(struct node *node, const struct flight *f)
{
	struct vrrp_path path = f->path;

	assert_true(f->len > 0);
	loop_clock_us(node->loop);
	receive(node->inst[f->instance], f->bytes, f->len, &path);
}

static void inject(struct node *node, int instance, const struct step *s)
{
	static const uint8_t other4[4] = {192, 0, 2, 99};
	const struct vrrp_instance_conf *c = vrrp_instance_conf(node->inst[instance]);
	bool v6 = c->family == AF_INET6;
	struct vrrp_path path = {
		ip(v6 ? "fe80::%d" : "192.0.2.%d", s->what == RX_AH ? 2 : (int)s->b),
		ip(v6 ? "ff02::12%.0d" : "224.0.0.18%.0d", 0), s->what == RX_BAD ? 254 : 255};
	struct vrrp_packet p = {
		.version = c->version,
		.family = c->family,
		.vrid = c->vrid,
		.priority = (unsigned)s->a,
		.auth_type = (unsigned)c->auth,
		.advert_us = s->text && s->what == RX ? atoi(s->text) * 1000 : c->advert_us,
		.n_addresses = 1,
		.addresses = s->what == RX_OTHER ? other4 : vrrp_addr_bytes(&c->vips->address),
	};
	struct vrrp_ah ah = {.sequence = (uint32_t)s->b, .ttl = 255, .key = c->auth_pass};
	uint8_t buf[VRRP_PACKET_MAX], packet[VRRP_AH_PACKET_MAX];
	size_t len;

	if (s->what == RX_FROM) {
		p.advert_us = c->advert_us;
		assert_true(addr_parse_ip(&path.src, slice_of(s->text), 0));
	}
	if (c->auth == VRRP_AUTH_PASS)
		memcpy(p.auth, c->auth_pass, sizeof(p.auth));
	len = vrrp_packet_build(buf, sizeof(buf), &p, &path.src, &path.dst);
	assert_true(len > 0);
	if (s->what == RX_SIGNED)
		len = sign(node, s, c, &path.src, buf, sizeof(buf), len);
	loop_clock_us(node->loop);
	if (s->what != RX_AH) {
		vrrp_instance_receive(node->inst[instance], buf, len, &path);
		vrrp_instance_received(node->inst[instance]);
		return;
	}
	ah.src = path.src;
	ah.dst = path.dst;
	ah.key = s->text ? s->text : c->auth_pass;
	len = vrrp_ah_wrap(packet, sizeof(packet), &ah, buf, len);
	receive(node->inst[instance], packet, len, &path);
}

static void forget(void)
{
	for (int n = 1; n <= world.n_nodes; n++) {
		for (int i = 0; i < WIRE_INSTANCES; i++) {
			struct record *rec = &world.nodes[n].rec[i];

			*rec = (struct record){.holds = rec->holds,
					       .last_priority = rec->last_priority,
					       .runs = rec->runs};
		}
		world.nodes[n].group_moves[0] = '\0';
	}
}

static void cut(bool wire[][WIRE_NODES + 1], int a, int b, bool both)
{
	wire[a][b] = true;
	if (both)
		wire[b][a] = true;
}

/* ---- saying what is wrong ---- */

static void expect(const char *what, int64_t got, int64_t want)
{
	if (got != want)
		fail_msg("%s, step %d (node %d): %s is %lld, expected %lld", world.story->name,
			 world.at, world.story->steps[world.at].n, what, (long long)got,
			 (long long)want);
}

static void expect_text(const char *what, const char *got, const char *want, bool part)
{
	if (part ? !strstr(got, want) : strcmp(got, want) != 0)
		fail_msg("%s, step %d (node %d): %s is \"%s\", expected \"%s\"", world.story->name,
			 world.at, world.story->steps[world.at].n, what, got, want);
}

static void end_hook(struct node *node, struct vrrp_instance *inst, const struct step *s)
{
	struct record *rec = &node->rec[world.second];

	assert_non_null(rec->runs);
	rec->runs = NULL;
	loop_clock_us(node->loop);
	vrrp_instance_hook_ended(inst, s->a, s->text);
}

static void role(struct node *node, struct vrrp_instance *inst, const struct step *s)
{
	struct vrrp_role r = {s->a > 0, s->a >= 0, loop_clock_us(node->loop),
			      s->a > 0	  ? "primary"
			      : s->a == 0 ? "replica"
					  : "connection refused"};

	vrrp_instance_track_role(inst, s->text, &r);
}

static int say(void *ctx, const struct vrrp_track_conf *row)
{
	(void)row;
	return *(int *)ctx;
}

static void do_with_node(const struct step *s, struct node *node, struct vrrp_instance *inst)
{
	switch (s->what) {
	case START:
		start(node, s->a);
		break;
	case STOP:
		stop(node);
		break;
	case KILL:
		drop_instances(node);
		node->wants[0] = node->wants[1] = false;
		break;
	case REPLACE:
		replace(node);
		break;
	case CUT:
	case CUT_FROM:
	case HCUT:
		cut(s->what == HCUT ? world.hcut : world.cut, s->n, (int)s->a, s->what != CUT_FROM);
		break;
	case FREEZE:
	case THAW:
		node->frozen = s->what == FREEZE;
		break;
	case LINK:
	case GONE:
	case NO_SOURCE:
		relink(node, world.second, s->what, s->a);
		break;
	case MAC:
		node->link[world.second].mac[5] = (uint8_t)s->a;
		vrrp_instance_link_changed(inst, &node->link[world.second]);
		break;
	case TRACK:
		loop_clock_us(node->loop);
		vrrp_instance_track_set(inst, VRRP_TRACK_SCRIPT, s->text, s->a);
		vrrp_instance_track_set(inst, VRRP_TRACK_BACKEND, s->text, s->a);
		break;
	case NUMBER:
		vrrp_instance_track_number(inst, s->text, s->a);
		break;
	case RESIGN:
		(s->a ? vrrp_instance_await : vrrp_instance_resign)(inst, s->text);
		break;
	case MUTE:
		node->mute = s->a;
		break;
	case DARK:
		node->dark = s->a;
		break;
	case DOUBT:
		loop_clock_us(node->loop);
		vrrp_instance_track_ask(inst, say, &(int){s->a ? 2 : 1});
		break;
	case CLAIM:
		loop_clock_us(node->loop);
		expect("taken from", vrrp_instance_taken_from(inst, "02:00:00:00:00:99"), s->a);
		break;
	case WITNESS:
		node->witness = s->a;
		break;
	case RELEASE:
		vrrp_instance_release(inst);
		break;
	case HOLD:
		hold(node, s->a);
		break;
	case TAP:
		world.taps[s->a] = node->last;
		break;
	case SHOW:
		show(node, &world.taps[s->a]);
		break;
	case CLOCK:
		node->clock_us = s->a;
		break;
	case HOOK:
		end_hook(node, inst, s);
		break;
	case ROLE:
		role(node, inst, s);
		break;
	case LEAVE:
		loop_clock_us(node->loop);
		expect("at rest", vrrp_instance_leave(inst, "stopped in order"), s->a);
		break;
	case ADAPT:
		assert_int_equal(
			vrrp_instance_reconfigure(inst, conf_for(node, world.second, s->conf)),
			s->a);
		break;
	default:
		inject(node, world.second, s);
		break;
	}
}

static void do_step(const struct step *s)
{
	struct node *node = &world.nodes[s->n];

	switch (s->what) {
	case START_ALL:
		for (int n = 1; n <= world.n_nodes; n++)
			start(&world.nodes[n], 0);
		break;
	case RUN:
		run(s->a);
		break;
	case HEAL:
		memset(world.cut, 0, sizeof(world.cut));
		break;
	case HHEAL:
		memset(world.hcut, 0, sizeof(world.hcut));
		break;
	case FORGET:
		forget();
		break;
	case SECOND:
		world.second = (int)s->a;
		break;
	default:
		do_with_node(s, node, node->inst[world.second]);
		break;
	}
}

/* ---- expecting ---- */

static int count_holders(void)
{
	int n_holders = 0;

	for (int n = 1; n <= world.n_nodes; n++)
		n_holders += world.nodes[n].rec[world.second].holds;
	return n_holders;
}

static void expect_count(const struct step *s, const struct record *rec)
{
	switch (s->what) {
	case HOLDS:
		expect("holding", rec->holds, s->a);
		break;
	case HOLDERS:
		expect("number of holders", count_holders(), s->a);
		break;
	case SENT:
		expect("sent", rec->n_sent, s->a);
		break;
	case ZEROS:
		expect("zeros", rec->n_zeros, s->a);
		break;
	case ADDS:
		expect("adds", rec->n_adds, s->a);
		break;
	case DELS:
		expect("dels", rec->n_dels, s->a);
		break;
	case ADAPTS:
		expect("adapts", rec->n_adapts, s->a);
		break;
	case GARPS:
		expect("announcements", rec->n_garps, s->a);
		break;
	case LOWERS:
		expect("lower priorities", rec->n_lowers, s->a);
		break;
	case PRIO_SENT:
		expect("priority sent", rec->last_priority, s->a);
		break;
	case MOVES:
		expect_text("moves", rec->moves, s->text, false);
		break;
	case ORDER:
		expect_text("order", rec->order, s->text, false);
		break;
	default:
		fail_msg("%s, step %d: not a step", world.story->name, world.at);
	}
}

static void expect_step(const struct step *s)
{
	struct node *node = &world.nodes[s->n];
	struct vrrp_instance *inst = node->inst[world.second];
	struct shared_vip page;

	switch (s->what) {
	case IS:
		expect_text("state", vrrp_state_word(vrrp_instance_state(inst)),
			    vrrp_state_word((enum vrrp_state)s->a), false);
		break;
	case PRIO:
		expect("priority", vrrp_instance_priority(inst), s->a);
		break;
	case SILENCE:
		expect("took over from silence", vrrp_instance_found_silence(inst), s->a);
		break;
	case WHY:
		expect_text("reason", vrrp_instance_reason(inst), s->text, true);
		break;
	case DOWN_US:
		expect("down interval", vrrp_instance_down_us(inst), s->a);
		break;
	case DROPPED:
		expect("dropped", (int64_t)vrrp_instance_stats(inst)->dropped[s->a], s->b);
		break;
	case MASTER_IS:
		expect("master",
		       vrrp_instance_master(inst)->len
			       ? vrrp_addr_bytes(vrrp_instance_master(inst))[3]
			       : 0,
		       s->a);
		break;
	case GROUP_IS:
		expect("group", vrrp_group_state(node->group), s->a);
		break;
	case GROUP_MOVES:
		expect_text("group's moves", node->group_moves, s->text, false);
		break;
	case RUNS:
		expect_text("hook", node->rec[world.second].runs ?: "", s->text, false);
		break;
	case RESTS:
		expect("at rest", vrrp_instance_rests(inst), s->a);
		break;
	case ALARM:
		assert_true(shared_vip_read(&node->page[world.second], &page));
		expect_text("alarm", page.alarm, s->text, s->text[0] != '\0');
		break;
	case HELD_ON:
		expect("held on", (int64_t)vrrp_instance_stats(inst)->n_held_on, s->a);
		break;
	case PAGE:
		assert_true(shared_vip_read(&node->page[world.second], &page));
		expect_text("page", page.state, s->text, false);
		expect("page's priority", page.effective_priority, vrrp_instance_priority(inst));
		expect_text("page's reason", page.reason, vrrp_instance_reason(inst), false);
		expect_text("page's name", page.name, vrrp_instance_conf(inst)->name, false);
		expect("page's VRID", page.vrid, vrrp_instance_conf(inst)->vrid);
		expect("page's count", (int64_t)page.n_sent,
		       (int64_t)vrrp_instance_stats(inst)->n_sent);
		expect("page's beat is there", page.state_mono_us > 0,
		       vrrp_instance_state(inst) == VRRP_MASTER);
		break;
	default:
		expect_count(s, &node->rec[world.second]);
	}
}

void run_story(void **state)
{
	const struct story *st = *state;

	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	memset(&world, 0, sizeof(world));
	world.story = st;
	world.n_nodes = st->n_nodes ? st->n_nodes : 1;
	world.n_inst = st->group ? 2 : 1;
	world.vip4 = (struct vip_conf){.address = ip("192.0.2.%d", 10), .prefix_len = 24};
	world.vip6 = (struct vip_conf){.address = ip("2001:db8::%d", 10), .prefix_len = 64};
	for (int n = 1; n <= world.n_nodes; n++)
		make_node(n);
	for (world.at = 0; st->steps[world.at].what != END; world.at++) {
		if (st->steps[world.at].what < IS)
			do_step(&st->steps[world.at]);
		else
			expect_step(&st->steps[world.at]);
	}
	for (int n = 1; n <= world.n_nodes; n++) {
		drop_instances(&world.nodes[n]);
		loop_free(&world.nodes[n].loop);
	}
}
