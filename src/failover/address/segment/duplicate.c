/*
 * The duplicate guard. See duplicate.h.
 *
 * Each asking owner is a struct inquiry with its own timer. At every step it sends one probe for
 * each address that it holds; what comes in until the next step is the answer to it. Seven steps
 * within five seconds without an answer end it; after an answer it goes on every two seconds
 * until two steps in a row were not answered.
 */
#include "failover/address/segment/duplicate.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "failover/address/segment/duplicate_packet.h"
#include "failover/address/segment/listener.h"

enum { QUIET_STEPS = 2, ASK_AGAIN_US = 2000000 };

static const int64_t pauses_us[] = {0, 50000, 100000, 200000, 400000, 750000, 1500000};
enum { STEPS = sizeof(pauses_us) / sizeof(pauses_us[0]) };

struct inquiry {
	struct list link;
	struct duplicate *d;
	const void *owner;
	struct loop_timer timer;
	unsigned step, n_quiet;
	bool answered, conflict;
};

struct duplicate {
	struct duplicate_setup setup;
	struct list inquiries;
	struct loop_fd arp, nd; /* fd -1 = not open */
};

static struct inquiry *inquiry_of(struct list *pos)
{
	return container_of(pos, struct inquiry, link);
}

/* ---- asking ---- */

static void ask(void *ctx, const struct addr *vip, int ifindex)
{
	const struct duplicate *d = ctx;
	const struct links_link *l = links_at(d->setup.links, ifindex);
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = ifindex, .sll_halen = 6};
	uint8_t frame[DUPLICATE_NS_LEN];
	size_t len = DUPLICATE_ARP_LEN;

	if (!l || !l->arp)
		return;
	if (vip->sa.sa_family == AF_INET6) {
		len = DUPLICATE_NS_LEN;
		duplicate_ns_build(frame, l->mac, rtnl_addr_bytes(vip));
	} else {
		duplicate_arp_build(frame, l->mac, rtnl_addr_bytes(vip));
	}
	memcpy(to.sll_addr, frame, 6);
	if (sendto(d->arp.fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		log_debug("duplicate guard: %s: %s", l->name, strerror(errno));
}

/* ---- sockets ---- */

/* What a socket lets through: ARP, neighbour advertisements, or nothing (on false). */
static int listen_to(struct duplicate *d, struct loop_fd *lfd, uint16_t protocol, bool on)
{
	/* Neighbour advertisements only: next header 58 at 20, ICMPv6 type 136 at 54. */
	struct sock_filter na_only[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 58, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 54),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 136, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 256),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter all_or_nothing[] = {BPF_STMT(BPF_RET | BPF_K, on ? 256 : 0)};
	struct sock_fprog program = {1, all_or_nothing};

	if (on && protocol == ETHERTYPE_IPV6)
		program = (struct sock_fprog){sizeof(na_only) / sizeof(na_only[0]), na_only};
	return segment_listen(d->setup.loop, lfd,
			      lfd == &d->arp ? &d->setup.arp_fd : &d->setup.nd_fd, protocol,
			      &program);
}

static bool listen_both(struct duplicate *d, bool on)
{
	int err = listen_to(d, &d->arp, ETHERTYPE_ARP, on);

	if (!err)
		err = listen_to(d, &d->nd, ETHERTYPE_IPV6, on);
	if (err)
		log_err("duplicate guard: packet socket: %s", strerror(-err));
	return !err;
}

/* ---- answers ---- */

static void hear(void *ctx, struct segment_claim *c)
{
	struct duplicate *d = ctx;
	struct list *pos;

	if (links_has_mac(d->setup.links, c->mac))
		return;
	LIST_EACH(pos, &d->inquiries)
	{
		struct inquiry *q = inquiry_of(pos);
		struct addr vip;

		if (q->answered || !segment_claimed(c, d->setup.hold, q->owner))
			continue;
		vip = *c->vip;
		q->answered = q->conflict = true;
		d->setup.on_conflict(d->setup.ctx, q->owner, &vip, c->mac);
		return; /* what it did may have ended inquiries */
	}
}

static void on_arp(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	(void)loop, (void)ready;
	segment_read(lfd->fd, hear, container_of(lfd, struct duplicate, arp));
}

static void on_nd(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	(void)loop, (void)ready;
	segment_read(lfd->fd, hear, container_of(lfd, struct duplicate, nd));
}

/* ---- inquiries ---- */

static void end(struct inquiry *q)
{
	struct duplicate *d = q->d;

	loop_timer_clear(d->setup.loop, &q->timer);
	list_del(&q->link);
	free(q);
	if (list_empty(&d->inquiries))
		listen_both(d, false);
}

static void on_step(struct loop *loop, struct loop_timer *timer)
{
	struct inquiry *q = container_of(timer, struct inquiry, timer);
	struct duplicate *d = q->d;
	const void *owner = q->owner;
	bool was_conflict = q->conflict;

	q->n_quiet = q->answered ? 0 : q->n_quiet + 1;
	if (q->step >= STEPS && (!q->conflict || q->n_quiet >= QUIET_STEPS)) {
		end(q);
		if (was_conflict)
			d->setup.on_over(d->setup.ctx, owner);
		return;
	}
	q->answered = false;
	hold_each(d->setup.hold, owner, ask, d);
	q->step++;
	loop_timer_set(loop, timer,
		       loop_now_us(loop) + (q->step < STEPS ? pauses_us[q->step] : ASK_AGAIN_US));
}

static struct inquiry *find(struct duplicate *d, const void *owner)
{
	struct list *pos;

	LIST_EACH(pos, &d->inquiries)
	{
		if (inquiry_of(pos)->owner == owner)
			return inquiry_of(pos);
	}
	return NULL;
}

void duplicate_start(struct duplicate *d, const void *owner)
{
	struct inquiry *q = find(d, owner);

	if (!listen_both(d, true))
		return;
	if (!q) {
		q = calloc(1, sizeof(*q));
		if (!q)
			die_no_memory();
		q->d = d;
		q->owner = owner;
		q->timer.on_expiry = on_step;
		list_push(&d->inquiries, &q->link);
	}
	q->step = q->n_quiet = 0;
	q->answered = q->conflict = false;
	loop_timer_set(d->setup.loop, &q->timer, loop_now_us(d->setup.loop) + pauses_us[0]);
}

void duplicate_stop(struct duplicate *d, const void *owner)
{
	struct inquiry *q = find(d, owner);

	if (q)
		end(q);
}

struct duplicate *duplicate_new(const struct duplicate_setup *setup)
{
	struct duplicate *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->setup = *setup;
	d->arp = (struct loop_fd){.fd = -1, .on_ready = on_arp};
	d->nd = (struct loop_fd){.fd = -1, .on_ready = on_nd};
	list_init(&d->inquiries);
	return d;
}

void duplicate_free(struct duplicate **d)
{
	struct duplicate *p = *d;
	struct list *pos, *tmp;

	*d = NULL;
	if (!p)
		return;
	LIST_EACH_SAFE(pos, tmp, &p->inquiries)
	end(inquiry_of(pos));
	segment_close(p->setup.loop, &p->arp, &p->setup.arp_fd);
	segment_close(p->setup.loop, &p->nd, &p->setup.nd_fd);
	free(p);
}
