/*
 * The sessions of a configuration. See bfd.h. bfd_session.c runs each, bfd_transport.c has the
 * sockets; here is which packet is whose, what is said of it, and what a reload leaves standing.
 */
#include "failover/bfd/bfd.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "core/base/die.h"
#include "core/base/text.h"
#include "core/log/log.h"
#include "failover/bfd/bfd_session.h"

enum { GRACE_INTERVALS = 3, GATE_BURST = 3, MOVES_BURST = 20, SHOW_US = 1000000 };
static const int64_t gate_period_us = 60 * 1000000LL;

struct entry {
	struct list link;
	struct bfd *bfd;
	const struct vrrp_bfd_conf *conf; /* borrowed */
	struct bfd_session *session;	  /* owned */
	struct bfd_sender sender;
	enum { NOT_TOLD, TOLD_DOWN, TOLD_UP } told;
	struct loop_timer grace; /* until it may be told that it is down */
	struct shared_bfd *page; /* NULL = not shown */
	char reason[96];
	int64_t since_wall_us, shown_us;
	uint64_t dropped[BFD_DROP_N], n_dropped;
	struct log_gate moves_gate, send_gate;
};

struct bfd {
	struct loop *loop; /* borrowed */
	struct shared_page *page;
	bfd_fn *changed;
	void *ctx;
	struct bfd_transport *transport; /* owned */
	struct list entries;
	struct log_gate gates[BFD_DROP_N];
};

#define EACH_ENTRY(e, pos, bfd)         \
	LIST_EACH(pos, &(bfd)->entries) \
	if (((e) = container_of(pos, struct entry, link)))

/* ---- on the page ---- */

static void put_drops(const struct entry *e, struct shared_bfd *out)
{
	struct text t;

	text_init(&t, out->drops, sizeof(out->drops));
	for (enum bfd_drop why = BFD_ACCEPT + 1; why < BFD_DROP_N; why++)
		if (e->dropped[why])
			text_fmt(&t, "%s%s %llu", t.len ? ", " : "", bfd_drop_word(why),
				 (unsigned long long)e->dropped[why]);
}

static void show(struct entry *e)
{
	const struct bfd_session_stats *stats = bfd_session_stats(e->session);
	struct shared_bfd *out = e->page;
	char text[ADDR_TEXT_MAX];

	e->shown_us = loop_now_us(e->bfd->loop);
	if (!out)
		return;
	shared_bfd_begin(out);
	snprintf(out->name, sizeof(out->name), "%s", e->conf->name);
	snprintf(out->neighbor, sizeof(out->neighbor), "%.63s",
		 addr_host_text(&e->conf->neighbor, text));
	snprintf(out->state, sizeof(out->state), "%s",
		 bfd_state_word(bfd_session_state(e->session)));
	snprintf(out->remote_state, sizeof(out->remote_state), "%s",
		 bfd_state_word(bfd_session_remote_state(e->session)));
	snprintf(out->reason, sizeof(out->reason), "%s", e->reason);
	out->since_wall_us = e->since_wall_us;
	out->tx_us = bfd_session_tx_us(e->session);
	out->detect_us = bfd_session_detect_us(e->session);
	out->discriminator = bfd_session_discriminator(e->session);
	out->remote_discriminator = bfd_session_remote_discriminator(e->session);
	out->multiplier = e->conf->multiplier;
	out->polls = bfd_session_polls(e->session);
	out->n_sent = stats->n_sent;
	out->n_received = stats->n_received;
	out->n_dropped = e->n_dropped;
	out->n_up = stats->n_up;
	out->n_expired = stats->n_expired;
	put_drops(e, out);
	shared_bfd_end(out);
}

static void show_now_and_then(struct entry *e)
{
	if (loop_now_us(e->bfd->loop) - e->shown_us >= SHOW_US)
		show(e);
}

/* The first place that no session has. */
static struct shared_bfd *page_slot(struct bfd *bfd)
{
	bool used[SHARED_BFDS_MAX] = {false};
	struct entry *e;
	struct list *pos;
	uint32_t at = 0;

	EACH_ENTRY(e, pos, bfd)
	if (e->page)
		used[e->page - bfd->page->bfds] = true;
	while (at < SHARED_BFDS_MAX && used[at])
		at++;
	if (at == SHARED_BFDS_MAX)
		return NULL;
	if (at >= atomic_load_explicit(&bfd->page->n_bfds, memory_order_relaxed))
		atomic_store_explicit(&bfd->page->n_bfds, at + 1, memory_order_release);
	return &bfd->page->bfds[at];
}

static void clear_slot(struct shared_bfd *slot)
{
	if (!slot)
		return;
	shared_bfd_begin(slot);
	slot->name[0] = '\0';
	shared_bfd_end(slot);
}

/* ---- what a session says and does ---- */

static int64_t wall_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void tell(struct entry *e, bool up)
{
	loop_timer_clear(e->bfd->loop, &e->grace);
	if (e->told == (up ? TOLD_UP : TOLD_DOWN))
		return;
	e->told = up ? TOLD_UP : TOLD_DOWN;
	e->bfd->changed(e->bfd->ctx, e->conf, up);
}

static void on_grace(struct loop *loop, struct loop_timer *timer)
{
	struct entry *e = container_of(timer, struct entry, grace);

	(void)loop;
	log_warn("bfd %s: still %s", e->conf->name, bfd_state_word(bfd_session_state(e->session)));
	tell(e, false);
}

static bool send_packet(void *ctx, const uint8_t *bytes, size_t len)
{
	struct entry *e = ctx;
	int err = bfd_sender_send(&e->sender, e->conf, bytes, len);
	unsigned held;

	show_now_and_then(e);
	if (err && log_gate_open(&e->send_gate, loop_now_us(e->bfd->loop), GATE_BURST,
				 gate_period_us, &held))
		log_warn("bfd %s: packet not sent: %s (%u more such)", e->conf->name,
			 strerror(-err), held);
	return err == 0;
}

static void state_changed(void *ctx, enum bfd_state from, enum bfd_state to, const char *reason)
{
	struct entry *e = ctx;
	unsigned held;

	snprintf(e->reason, sizeof(e->reason), "%s", reason);
	e->since_wall_us = wall_now_us();
	if (log_gate_open(&e->moves_gate, loop_now_us(e->bfd->loop), MOVES_BURST, gate_period_us,
			  &held))
		log_notice("bfd %s: %s, was %s: %s (%u more such)", e->conf->name,
			   bfd_state_word(to), bfd_state_word(from), reason, held);
	show(e);
	if (to == BFD_UP)
		tell(e, true);
	else if (from == BFD_UP && to == BFD_DOWN)
		tell(e, false);
}

static void drain(void *ctx)
{
	struct entry *e = ctx;

	bfd_transport_drain(e->bfd->transport);
}

static const struct bfd_session_ops session_ops = {send_packet, state_changed, drain};

/* ---- which packet is whose ---- */

static struct entry *by_discriminator(struct bfd *bfd, uint32_t discriminator)
{
	struct entry *e;
	struct list *pos;

	EACH_ENTRY(e, pos, bfd)
	if (bfd_session_discriminator(e->session) == discriminator)
		return e;
	return NULL;
}

/* It came from this one's neighbor, over its interface and to its port. */
static bool is_from(const struct entry *e, const struct bfd_path *path)
{
	return path->multihop == e->conf->multihop &&
	       addr_eq(&path->src, &e->conf->neighbor, false) &&
	       (!e->conf->interface || path->ifindex == 0 ||
		path->ifindex == if_nametoindex(e->conf->interface));
}

static struct entry *by_path(struct bfd *bfd, const struct bfd_path *path)
{
	struct entry *e;
	struct list *pos;

	EACH_ENTRY(e, pos, bfd)
	if (is_from(e, path))
		return e;
	return NULL;
}

static void drop(struct bfd *bfd, struct entry *e, enum bfd_drop why, const struct bfd_path *path)
{
	char text[ADDR_TEXT_MAX];
	unsigned held;

	if (e) {
		e->dropped[why]++;
		e->n_dropped++;
		show_now_and_then(e);
	} else {
		atomic_fetch_add_explicit(&bfd->page->n_bfd_strays, 1, memory_order_relaxed);
	}
	if (log_gate_open(&bfd->gates[why], loop_now_us(bfd->loop), GATE_BURST, gate_period_us,
			  &held))
		log_warn("bfd: packet from %s dropped: %s (%u more such)",
			 addr_host_text(&path->src, text), bfd_drop_text(why), held);
}

void bfd_receive(struct bfd *bfd, const uint8_t *bytes, size_t len, const struct bfd_path *path)
{
	struct entry *from = by_path(bfd, path), *e = from;
	enum bfd_drop why = BFD_ACCEPT;
	struct bfd_packet p;

	if (from && path->ttl >= 0 && path->ttl < from->conf->min_ttl)
		why = BFD_DROP_TTL;
	if (!why)
		why = bfd_packet_parse(&p, bytes, len);
	if (!why && p.yours)
		e = by_discriminator(bfd, p.yours);
	if (!why && !e)
		why = p.yours ? BFD_DROP_YOURS : BFD_DROP_NEIGHBOR;
	if (!why && e != from)
		why = BFD_DROP_PATH;
	if (why) {
		drop(bfd, from, why, path);
		return;
	}
	bfd_session_receive(e->session, &p);
	show_now_and_then(e);
}

static void on_packet(void *ctx, const uint8_t *bytes, size_t len, const struct bfd_path *path)
{
	bfd_receive(ctx, bytes, len, path);
}

/* ---- what is configured ---- */

static uint32_t draw_discriminator(struct bfd *bfd)
{
	static const uint32_t golden = 2654435769u;
	uint32_t n = 0;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != sizeof(n))
		n = (uint32_t)loop_now_us(bfd->loop) * golden;
	while (n == 0 || by_discriminator(bfd, n))
		n += golden;
	return n;
}

static struct entry *add(struct bfd *bfd, const struct vrrp_bfd_conf *conf)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		die_no_memory();
	e->bfd = bfd;
	e->conf = conf;
	e->sender.fd = -1;
	e->grace.on_expiry = on_grace;
	e->page = page_slot(bfd);
	e->session = bfd_session_new(bfd->loop, conf, draw_discriminator(bfd), &session_ops, e);
	list_push(&bfd->entries, &e->link);
	loop_timer_set(bfd->loop, &e->grace,
		       loop_now_us(bfd->loop) + GRACE_INTERVALS * conf->idle_tx_us);
	bfd_session_start(e->session);
	return e;
}

static void take_out(struct entry *e)
{
	bfd_session_stop(e->session);
	loop_timer_clear(e->bfd->loop, &e->grace);
	list_del(&e->link);
	bfd_session_free(&e->session);
	bfd_sender_close(&e->sender);
	clear_slot(e->page);
	free(e);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The session may stay as it is, or with other times. */
static bool same_session(const struct vrrp_bfd_conf *a, const struct vrrp_bfd_conf *b)
{
	return addr_eq(&a->neighbor, &b->neighbor, false) && a->source.len == b->source.len &&
	       (!a->source.len || addr_eq(&a->source, &b->source, false)) &&
	       same_text(a->interface, b->interface) && a->passive == b->passive &&
	       a->multihop == b->multihop && a->ttl == b->ttl;
}

static const struct vrrp_bfd_conf *conf_named(const struct vrrp_bfd_conf *list, const char *name)
{
	while (list && strcmp(list->name, name) != 0)
		list = list->next;
	return list;
}

static bool has(const struct bfd *bfd, const char *name)
{
	const struct entry *e;
	const struct list *pos;

	EACH_ENTRY(e, pos, bfd)
	if (strcmp(e->conf->name, name) == 0)
		return true;
	return false;
}

void bfd_configure(struct bfd *bfd, const struct failover_conf *conf)
{
	struct list *pos, *tmp;

	LIST_EACH_SAFE(pos, tmp, &bfd->entries)
	{
		struct entry *e = container_of(pos, struct entry, link);
		const struct vrrp_bfd_conf *to = conf_named(conf->bfds, e->conf->name);

		if (!to || !same_session(e->conf, to)) {
			take_out(e);
			continue;
		}
		e->conf = to;
		bfd_session_reconfigure(e->session, to);
	}
	bfd_transport_listen(bfd->transport, conf->bfds);
	for (const struct vrrp_bfd_conf *c = conf->bfds; c; c = c->next)
		if (!has(bfd, c->name))
			add(bfd, c);
	bfd_tell(bfd);
}

void bfd_tell(struct bfd *bfd)
{
	struct entry *e;
	struct list *pos;

	EACH_ENTRY(e, pos, bfd)
	if (e->told != NOT_TOLD)
		bfd->changed(bfd->ctx, e->conf, e->told == TOLD_UP);
}

struct bfd *bfd_new(struct loop *loop, struct shared_page *page, bfd_fn *changed, void *ctx,
		    const struct failover_conf *conf)
{
	struct bfd *bfd = calloc(1, sizeof(*bfd));

	if (!bfd)
		die_no_memory();
	bfd->loop = loop;
	bfd->page = page;
	bfd->changed = changed;
	bfd->ctx = ctx;
	list_init(&bfd->entries);
	for (unsigned i = 0; i < SHARED_BFDS_MAX; i++) /* of a process before us */
		clear_slot(&page->bfds[i]);
	atomic_store(&page->n_bfds, 0);
	bfd->transport = bfd_transport_new(loop, on_packet, bfd);
	bfd_configure(bfd, conf);
	return bfd;
}

void bfd_free(struct bfd **bfd)
{
	struct bfd *b = *bfd;

	*bfd = NULL;
	if (!b)
		return;
	while (!list_empty(&b->entries))
		take_out(container_of(b->entries.next, struct entry, link));
	bfd_transport_free(&b->transport);
	free(b);
}
