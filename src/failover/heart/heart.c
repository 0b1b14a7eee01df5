/*
 * The heartbeats of one instance: when they leave, what comes in is whose, and what the operator
 * sees of it. See heart.h; sockets are heart_socket.c, what is made of a datagram heart_tally.c.
 */
#include "failover/heart/heart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "failover/heart/heart_socket.h"
#include "failover/heart/heart_tally.h"

enum {
	INTERVAL_LEAST_US = 10000,
	INTERVAL_MOST_US = 1000000,
	SHOW_US = 200000, /* the shared page, at least this often */
	GATE_N = 3,
	MOVES_N = 12,
	MOVES_US = 10 * 1000000,
	GATE_US = 60 * 1000000,
};

struct path {
	struct heart_route route;
	struct heart_socket *socket; /* shared */
};

struct heart {
	struct list link;
	struct hearts *hearts;
	struct vrrp_instance *inst;
	struct shared_vip *page;
	char router[HEART_ROUTER_LEN + 1];
	struct addr own; /* the last that the instance had */
	int64_t interval_us, said_us, shown_us;
	uint64_t sequence;
	struct loop_timer timer;
	struct path paths[HEART_PATHS_MAX];
	struct heart_tally tally;
	struct log_gate drops;
};

struct hearts {
	struct loop *loop;
	struct heart_sockets sockets;
	struct list all;
	struct log_gate moves; /* a path is that of many instances */
};

static const struct vrrp_instance_conf *conf_of(const struct heart *h)
{
	return vrrp_instance_conf(h->inst);
}

static void path_name(const struct path *p, char out[64])
{
	char text[ADDR_TEXT_MAX];

	if (p->route.to.len)
		snprintf(out, 64, "peer %.56s", addr_host_text(&p->route.to, text));
	else
		snprintf(out, 64, "dev %.56s", p->route.dev);
}

/* ---- what is seen of it ---- */

static void show_path(const struct heart *h, unsigned i, struct shared_path *out)
{
	const struct heart_path *p = &h->tally.paths[i];
	const struct vrrp_peer_word *w = &p->last.word;
	char text[ADDR_TEXT_MAX];

	memset(out, 0, sizeof(*out));
	path_name(&h->paths[i], out->name);
	out->up = p->health == HEART_UP;
	out->heard_mono_us = p->heard_us;
	out->n_received = p->n_received;
	out->n_dropped = p->n_dropped;
	out->n_lost = p->n_lost;
	if (!p->heard_us)
		return;
	snprintf(out->peer, sizeof(out->peer), "%.47s", addr_host_text(&w->address, text));
	snprintf(out->state, sizeof(out->state), "%s", vrrp_state_word(w->state));
	out->priority = (uint8_t)w->priority;
	out->able = w->able;
	out->hears = w->hears;
}

static void show(struct heart *h)
{
	struct shared_vip *v = h->page;

	h->shown_us = loop_now_us(h->hearts->loop);
	if (!v)
		return;
	shared_vip_begin(v);
	v->n_paths = h->tally.n_paths;
	for (unsigned i = 0; i < h->tally.n_paths; i++)
		show_path(h, i, &v->paths[i]);
	shared_vip_end(v);
}

static void log_move(struct heart *h, unsigned i)
{
	const struct heart_path *p = &h->tally.paths[i];
	const struct vrrp_peer_word *w = &p->last.word;
	char name[64], text[ADDR_TEXT_MAX];
	unsigned held;

	if (!log_gate_open(&h->hearts->moves, loop_now_us(h->hearts->loop), MOVES_N, MOVES_US,
			   &held))
		return;
	path_name(&h->paths[i], name);
	if (p->health == HEART_UP && p->heard_us)
		log_notice("(%s) heartbeat %s: hears %s (%s), %s with priority %u",
			   conf_of(h)->name, name, addr_host_text(&w->address, text),
			   p->last.router, vrrp_state_word(w->state), w->priority);
	else if (p->health == HEART_LOST)
		log_warn("(%s) heartbeat %s: %s for %lld ms, %u of %u paths are left (%u more "
			 "such)",
			 conf_of(h)->name, name, p->heard_us ? "silent" : "nothing was heard",
			 (long long)(loop_now_us(h->hearts->loop) -
				     (p->heard_us ? p->heard_us : h->tally.begun_us)) /
				 1000,
			 heart_tally_n_up(&h->tally), h->tally.n_paths, held);
}

static void look(struct heart *h)
{
	unsigned changed = heart_tally_watch(&h->tally, loop_now_us(h->hearts->loop));

	for (unsigned i = 0; changed && i < h->tally.n_paths; i++)
		if (changed & 1u << i)
			log_move(h, i);
	if (changed || loop_now_us(h->hearts->loop) - h->shown_us >= SHOW_US)
		show(h);
}

/* ---- going out ---- */

/* Grows over restarts too, unless the clock is set back. */
static uint64_t next_sequence(struct heart *h)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_REALTIME, &ts);
	now = (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
	h->sequence = now > h->sequence ? now : h->sequence + 1;
	return h->sequence;
}

void heart_say(struct heart *h)
{
	const struct vrrp_instance_conf *conf;
	uint8_t bytes[HEART_PACKET_MAX];
	struct heart_packet p = {0};
	size_t len;

	if (!h)
		return;
	conf = conf_of(h);
	p.vrid = conf->vrid;
	p.family = conf->family;
	p.name = heart_name_hash(conf->name);
	p.n_paths_up = heart_tally_n_up(&h->tally);
	memcpy(p.router, h->router, sizeof(p.router));
	vrrp_instance_word(h->inst, &p.word);
	if (p.word.address.len)
		h->own = p.word.address;
	p.word.address = h->own;
	p.sequence = next_sequence(h);
	h->said_us = loop_now_us(h->hearts->loop);
	len = heart_packet_build(&p, conf->heartbeat_key, bytes);
	for (unsigned i = 0; len > 0 && i < h->tally.n_paths; i++)
		heart_socket_send(h->paths[i].socket, &h->paths[i].route, bytes, len);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
	struct heart *h = container_of(timer, struct heart, timer);

	vrrp_instance_peers_changed(h->inst);
	heart_say(h);
	look(h);
	loop_timer_set(loop, &h->timer, loop_now_us(loop) + h->interval_us);
}

void heart_say_soon(struct heart *h)
{
	if (h)
		loop_timer_set(h->hearts->loop, &h->timer, loop_now_us(h->hearts->loop));
}

void heart_advertised(struct heart *h)
{
	int64_t now;

	if (!h)
		return;
	now = loop_now_us(h->hearts->loop);
	if (now - h->said_us < h->interval_us / 2)
		return;
	heart_say(h);
	look(h);
	/* The next advertisement brings the next one, unless they are rare. */
	loop_timer_set(h->hearts->loop, &h->timer,
		       now + h->interval_us +
			       (conf_of(h)->advert_us <= h->interval_us ? h->interval_us / 4 : 0));
}

/* ---- coming in ---- */

static struct heart *whose(struct hearts *hearts, const uint8_t *bytes, size_t len)
{
	unsigned vrid;
	int family;
	uint64_t name;
	struct list *pos;

	if (!heart_packet_peek(bytes, len, &vrid, &family, &name))
		return NULL;
	LIST_EACH(pos, &hearts->all)
	{
		struct heart *h = container_of(pos, struct heart, link);

		if (conf_of(h)->vrid == vrid && conf_of(h)->family == family &&
		    heart_name_hash(conf_of(h)->name) == name)
			return h;
	}
	return NULL;
}

static void refuse(struct heart *h, unsigned path, enum heart_drop drop)
{
	char name[64];
	unsigned held;

	h->tally.paths[path].n_dropped++;
	if (!log_gate_open(&h->drops, loop_now_us(h->hearts->loop), GATE_N, GATE_US, &held))
		return;
	path_name(&h->paths[path], name);
	log_warn("(%s) heartbeat %s: dropped, %s (%u more such)", conf_of(h)->name, name,
		 heart_drop_text(drop), held);
}

static void take(void *ctx, const struct heart_arrival *from, const uint8_t *bytes, size_t len)
{
	struct heart *h = whose(ctx, bytes, len);
	struct heart_packet p;
	enum heart_drop drop;
	unsigned i;

	for (i = 0; h && i < h->tally.n_paths; i++)
		if (heart_route_is(&h->paths[i].route, from))
			break;
	if (!h || i == h->tally.n_paths)
		return;
	drop = heart_packet_parse(&p, bytes, len, conf_of(h)->heartbeat_key);
	if (!drop)
		drop = heart_tally_take(&h->tally, i, &p, h->own.len ? &h->own : NULL,
					conf_of(h)->heartbeat_key.len > 0,
					loop_now_us(h->hearts->loop));
	if (drop) {
		refuse(h, i, drop);
		return;
	}
	vrrp_instance_peers_changed(h->inst);
	look(h);
}

/* ---- life ---- */

struct hearts *hearts_new(struct loop *loop)
{
	struct hearts *hearts = calloc(1, sizeof(*hearts));

	if (!hearts)
		die_no_memory();
	hearts->loop = loop;
	list_init(&hearts->all);
	heart_sockets_init(&hearts->sockets, loop, take, hearts);
	return hearts;
}

void hearts_free(struct hearts **hearts)
{
	struct hearts *p = *hearts;

	*hearts = NULL;
	if (!p)
		return;
	heart_sockets_fini(&p->sockets);
	free(p);
}

static struct heart_route route_of(const struct vrrp_heartbeat_conf *row, int family)
{
	struct heart_route r = {.port = row->port};

	if (row->dev)
		snprintf(r.dev, sizeof(r.dev), "%s", row->dev);
	r.to = row->address;
	r.family = row->address.len ? row->address.sa.sa_family : family;
	return r;
}

static bool route_same(const struct heart_route *a, const struct heart_route *b)
{
	return a->family == b->family && a->port == b->port && strcmp(a->dev, b->dev) == 0 &&
	       addr_eq(&a->to, &b->to, false);
}

/* Paths of `was` that h still has go on as they are. */
static void carry_over(struct heart *h, const struct heart *was)
{
	struct heart_tally *to = &h->tally;
	const struct heart_tally *from = &was->tally;

	memcpy(to->peers.rows, from->peers.rows, sizeof(to->peers.rows));
	for (unsigned i = 0; i < to->n_paths; i++) {
		for (unsigned j = 0; j < from->n_paths; j++) {
			if (!route_same(&h->paths[i].route, &was->paths[j].route))
				continue;
			to->paths[i] = from->paths[j];
			for (unsigned k = 0; k < VRRP_PEERS_MAX; k++)
				to->sequences[k][i] = from->sequences[k][j];
		}
	}
}

static void read_conf(struct heart *h)
{
	const struct vrrp_instance_conf *conf = conf_of(h);
	const struct vrrp_heartbeat_conf *row = conf->heartbeats;
	unsigned n = 0;

	h->interval_us = conf->advert_us < INTERVAL_LEAST_US  ? INTERVAL_LEAST_US
			 : conf->advert_us > INTERVAL_MOST_US ? INTERVAL_MOST_US
							      : conf->advert_us;
	for (; row && n < HEART_PATHS_MAX; row = row->next, n++) {
		h->paths[n].route = route_of(row, conf->family);
		h->paths[n].socket = heart_socket_take(&h->hearts->sockets, &h->paths[n].route);
	}
	heart_tally_init(&h->tally, n, h->interval_us, loop_now_us(h->hearts->loop));
}

struct heart *heart_new(struct hearts *hearts, struct vrrp_instance *inst, struct shared_vip *page)
{
	struct heart *h;

	if (!vrrp_instance_conf(inst)->heartbeats)
		return NULL;
	h = calloc(1, sizeof(*h));
	if (!h)
		die_no_memory();
	h->hearts = hearts;
	h->inst = inst;
	h->page = page;
	h->timer.on_expiry = on_timer;
	read_conf(h);
	list_push(&hearts->all, &h->link);
	vrrp_instance_peers_set(inst, &h->tally.peers);
	loop_timer_set(hearts->loop, &h->timer, loop_now_us(hearts->loop));
	return h;
}

static void give_sockets(const struct heart *h)
{
	for (unsigned i = 0; i < h->tally.n_paths; i++)
		heart_socket_give(&h->hearts->sockets, h->paths[i].socket);
}

void heart_follow(struct heart *h)
{
	const struct heart was = *h;

	read_conf(h);
	carry_over(h, &was);
	give_sockets(&was); /* after: those that stay are not closed */
	show(h);
}

void heart_set_router(struct heart *h, const char *router_id)
{
	if (h)
		snprintf(h->router, sizeof(h->router), "%.*s", HEART_ROUTER_LEN,
			 router_id ? router_id : "");
}

void heart_free(struct heart **heart)
{
	struct heart *h = *heart;

	*heart = NULL;
	if (!h)
		return;
	vrrp_instance_peers_set(h->inst, NULL);
	loop_timer_clear(h->hearts->loop, &h->timer);
	list_del(&h->link);
	give_sockets(h);
	h->tally.n_paths = 0;
	show(h);
	free(h);
}
