/*
 * Who else says that it has our addresses. See claims.h.
 *
 * The filter of a socket is a list of comparisons with the held addresses (of IPv6 ones the last
 * four bytes, the rest is compared here): a segment full of ARP must not wake the real-time
 * process. It is built a moment after the addresses changed, once for all owners.
 */
#include "failover/address/segment/claims.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "failover/address/segment/listener.h"

enum {
	REBUILD_US = 5000,	 /* after the addresses changed */
	SETTLE_US = 2000,	 /* after a claim: what was sent before it has been read */
	PAUSE_LEAST_US = 100000, /* between two tellings; doubles while the claims go on */
	PAUSE_MOST_US = 10000000,
	FORGET_US = 60000000, /* without a claim */
	FILTER_HEAD = 16,     /* instructions beside the list, at most */
	KEYS_MOST = (BPF_MAXINSNS - FILTER_HEAD) / 2,
};

struct watch {
	struct list link;
	struct claims *claims;
	const void *owner;
	struct loop_timer timer;
	int64_t told_us, pause_us;
	struct addr vip; /* of the claim that is to be told */
	uint8_t mac[6];
};

struct keys { /* what to look for, as a filter reads it */
	int family;
	unsigned n;
	uint32_t at[KEYS_MOST];
};

struct claims {
	struct claims_setup setup;
	struct list watches;
	struct loop_timer rebuild;
	struct loop_fd arp, nd; /* fd -1 = not open */
	struct keys keys;	/* these two while a filter is made */
	struct sock_filter filter[BPF_MAXINSNS];
};

/* ---- filters ---- */

static void collect(void *ctx, const struct addr *vip, int ifindex)
{
	struct keys *k = ctx;
	const uint8_t *b = rtnl_addr_bytes(vip);

	(void)ifindex;
	if (vip->sa.sa_family != k->family)
		return;
	b += rtnl_address_len((uint8_t)k->family) - 4;
	if (k->n < KEYS_MOST)
		k->at[k->n] =
			(uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	k->n++;
}

#define DROP		  BPF_STMT(BPF_RET | BPF_K, 0)
#define LOAD(width, at)	  BPF_STMT(BPF_LD | width | BPF_ABS, (uint32_t)(at))
#define IS(k, then, not ) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, then, not )

/* Loads what is compared: the sender's address of an ARP packet (at 28), the target of a neighbour
 * advertisement (62) or the source of a solicitation (22). What we sent ourselves is no claim. */
static unsigned put_head(struct sock_filter *f, int family)
{
	static const struct sock_filter arp[] = {
		LOAD(BPF_W, SKF_AD_OFF + SKF_AD_PKTTYPE),
		IS(PACKET_OUTGOING, 0, 1),
		DROP,
		LOAD(BPF_W, 28),
	};
	static const struct sock_filter nd[] = {
		LOAD(BPF_W, SKF_AD_OFF + SKF_AD_PKTTYPE),
		IS(PACKET_OUTGOING, 0, 1),
		DROP,
		LOAD(BPF_B, 20),
		IS(58, 1, 0),
		DROP,
		LOAD(BPF_B, 54),
		IS(136, 0, 2),
		LOAD(BPF_W, 62 + 12),
		BPF_STMT(BPF_JMP | BPF_JA, 3),
		IS(135, 1, 0),
		DROP,
		LOAD(BPF_W, 22 + 12),
	};

	memcpy(f, family == AF_INET ? arp : nd, family == AF_INET ? sizeof(arp) : sizeof(nd));
	return family == AF_INET ? sizeof(arp) / sizeof(arp[0]) : sizeof(nd) / sizeof(nd[0]);
}

/* More addresses than a filter has room for: all frames come up and are compared here. */
static struct sock_fprog make_filter(struct claims *c)
{
	const struct keys *k = &c->keys;
	struct sock_filter *f = c->filter;
	struct sock_fprog program = {.filter = f};
	unsigned n = 0;

	if (k->n <= KEYS_MOST) {
		n = put_head(f, k->family);
		for (unsigned i = 0; i < k->n; i++) {
			f[n++] = (struct sock_filter)IS(k->at[i], 0, 1);
			f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 256);
		}
		f[n++] = (struct sock_filter)DROP;
	} else {
		f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 256);
	}
	program.len = (unsigned short)n;
	return program;
}

/* ---- sockets ---- */

static void look_for(struct claims *c, struct loop_fd *lfd, int *spare, int family,
		     uint16_t protocol)
{
	struct sock_fprog filter;
	struct list *pos;
	int err;

	c->keys.family = family;
	c->keys.n = 0;
	LIST_EACH(pos, &c->watches)
	{
		hold_each(c->setup.hold, container_of(pos, struct watch, link)->owner, collect,
			  &c->keys);
	}
	if (lfd->fd < 0 && c->keys.n == 0)
		return;
	filter = make_filter(c); /* without an address it drops all */
	err = segment_listen(c->setup.loop, lfd, spare, protocol, &filter);
	if (err)
		log_err("claims: packet socket: %s", strerror(-err));
}

static void on_rebuild(struct loop *loop, struct loop_timer *timer)
{
	struct claims *c = container_of(timer, struct claims, rebuild);

	(void)loop;
	look_for(c, &c->arp, &c->setup.arp_fd, AF_INET, ETHERTYPE_ARP);
	look_for(c, &c->nd, &c->setup.nd_fd, AF_INET6, ETHERTYPE_IPV6);
}

/* ---- claims ---- */

/* The first is told soon; while they go on, at pauses that grow. */
static void note(struct watch *w, const struct segment_claim *claim)
{
	struct loop *loop = w->claims->setup.loop;
	int64_t now = loop_now_us(loop), at = now + SETTLE_US;

	w->vip = *claim->vip;
	memcpy(w->mac, claim->mac, sizeof(w->mac));
	if (loop_timer_armed(&w->timer))
		return;
	if (w->told_us == 0 || now - w->told_us > FORGET_US)
		w->pause_us = 0;
	if (w->pause_us && w->told_us + w->pause_us > at)
		at = w->told_us + w->pause_us;
	w->pause_us = w->pause_us == 0 ? PAUSE_LEAST_US : 2 * w->pause_us;
	if (w->pause_us > PAUSE_MOST_US)
		w->pause_us = PAUSE_MOST_US;
	loop_timer_set(loop, &w->timer, at);
}

static void on_settled(struct loop *loop, struct loop_timer *timer)
{
	struct watch *w = container_of(timer, struct watch, timer);
	const struct claims_setup *setup = &w->claims->setup;

	w->told_us = loop_now_us(loop);
	setup->on_claim(setup->ctx, w->owner, &w->vip, w->mac);
}

static void hear(void *ctx, struct segment_claim *claim)
{
	struct claims *c = ctx;
	struct list *pos;

	if (links_has_mac(c->setup.links, claim->mac))
		return;
	LIST_EACH(pos, &c->watches)
	{
		struct watch *w = container_of(pos, struct watch, link);

		if (segment_claimed(claim, c->setup.hold, w->owner))
			note(w, claim);
	}
}

static void on_arp(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	(void)loop, (void)ready;
	segment_read(lfd->fd, hear, container_of(lfd, struct claims, arp));
}

static void on_nd(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	(void)loop, (void)ready;
	segment_read(lfd->fd, hear, container_of(lfd, struct claims, nd));
}

/* ---- who is watched ---- */

static struct watch *find(struct claims *c, const void *owner)
{
	struct list *pos;

	LIST_EACH(pos, &c->watches)
	{
		struct watch *w = container_of(pos, struct watch, link);

		if (w->owner == owner)
			return w;
	}
	return NULL;
}

void claims_watch(struct claims *c, const void *owner)
{
	struct watch *w = find(c, owner);

	if (!w) {
		w = calloc(1, sizeof(*w));
		if (!w)
			die_no_memory();
		w->claims = c;
		w->owner = owner;
		w->timer.on_expiry = on_settled;
		list_push(&c->watches, &w->link);
	}
	loop_timer_set(c->setup.loop, &c->rebuild, loop_now_us(c->setup.loop) + REBUILD_US);
}

static void drop(struct watch *w)
{
	loop_timer_clear(w->claims->setup.loop, &w->timer);
	list_del(&w->link);
	free(w);
}

void claims_unwatch(struct claims *c, const void *owner)
{
	struct watch *w = find(c, owner);

	if (!w)
		return;
	drop(w);
	loop_timer_set(c->setup.loop, &c->rebuild, loop_now_us(c->setup.loop) + REBUILD_US);
}

struct claims *claims_new(const struct claims_setup *setup)
{
	struct claims *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->setup = *setup;
	c->arp = (struct loop_fd){.fd = -1, .on_ready = on_arp};
	c->nd = (struct loop_fd){.fd = -1, .on_ready = on_nd};
	c->rebuild.on_expiry = on_rebuild;
	list_init(&c->watches);
	return c;
}

void claims_free(struct claims **claims)
{
	struct claims *c = *claims;

	*claims = NULL;
	if (!c)
		return;
	while (!list_empty(&c->watches))
		drop(container_of(c->watches.next, struct watch, link));
	loop_timer_clear(c->setup.loop, &c->rebuild);
	segment_close(c->setup.loop, &c->arp, &c->setup.arp_fd);
	segment_close(c->setup.loop, &c->nd, &c->setup.nd_fd);
	free(c);
}
