/*
 * Keeping routes and rules. See keep.h.
 *
 * Each is one struct kept. Deletions are told by the kernel on a socket of their own, opened when
 * there is something to keep. Not everything is told: with an interface that goes down or an
 * address that is removed, IPv4 routes vanish without a word. So after such a change everything is
 * added once more; what is still there answers EEXIST, and nothing happens.
 */
#include "failover/address/keep_impl.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "failover/address/route_message.h"
#include "failover/address/rtnl.h"
#include "failover/address/undo.h"

enum {
	MENDS_AT_ONCE = 20, /* a war over a route must not take the processor */
	MEND_PERIOD_US = 1000000,
	MEND_PAUSE_US = 100000,
};

static const char *text_of(const struct kept *k)
{
	return k->route ? k->route->text : k->rule->text;
}

static const char *word_of(const struct kept *k)
{
	return k->route ? "route" : "rule";
}

static bool is_tracked(const struct kept *k)
{
	return !(k->route ? k->route->no_track : k->rule->no_track);
}

static uint8_t protocol_of(const struct kept *k)
{
	return k->route ? k->route->protocol : k->rule->protocol;
}

static int ifindex_of(const void *ctx, const char *name)
{
	const struct keep *keep = ctx;
	const struct links_link *l = links_find(keep->setup.links, name);

	return l ? l->ifindex : 0;
}

static bool put(const struct keep *keep, struct rtnl_message *m, const struct kept *k, bool adds)
{
	if (k->rule)
		return rule_message_put(m, adds ? RTM_NEWRULE : RTM_DELRULE, k->rule);
	return route_message_put(m, adds ? RTM_NEWROUTE : RTM_DELROUTE, k->route, k->dev,
				 ifindex_of, keep);
}

/* ---- the shared page ---- */

static void forget_undo(struct keep *keep, struct kept *k)
{
	undo_forget(keep->setup.page, k->slot);
	k->slot = UNDO_NONE;
}

/* Writes how to undo it. True: an earlier life of ours had written that already. */
static bool note_undo(struct keep *keep, struct kept *k)
{
	uint8_t bytes[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct shared_page *page = keep->setup.page;
	struct rtnl_message m;
	bool known;

	rtnl_message_init(&m, bytes, sizeof(bytes));
	if (!put(keep, &m, k, false))
		m.len = 0;
	if (k->slot != UNDO_NONE && m.len == k->undo_len && memcmp(bytes, k->undo, m.len) == 0)
		return false;
	forget_undo(keep, k);
	memcpy(k->undo, bytes, m.len);
	k->undo_len = (uint32_t)m.len;
	known = undo_find(page, bytes, m.len) != UNDO_NONE;
	k->slot = undo_note(page, bytes, m.len);
	return known;
}

/* ---- adding and removing ---- */

static void fail(struct kept *k, const char *why)
{
	k->present = k->fresh = false;
	if (!k->complained)
		log_err("%s: cannot add '%s': %s", word_of(k), text_of(k), why);
	k->complained = true;
}

static void added(struct keep *keep, struct kept *k, int err, bool known)
{
	k->fresh = err == 0;
	if (err && err != -EEXIST) {
		forget_undo(keep, k);
		fail(k, strerror(-err));
		return;
	}
	k->present = true;
	k->complained = false;
	/* What is there already and carries our protocol is of an earlier life. A deletion names
	 * the protocol, so it can never hit another's. */
	k->ours |= err == 0 || known || protocol_of(k) == ROUTE_PROTOCOL;
	if (!k->ours)
		forget_undo(keep, k);
}

/* Adds up to RTNL_BATCH_MAX of what is pending. How many it looked at. */
static unsigned add_batch(struct keep *keep)
{
	struct kept *batch[RTNL_BATCH_MAX];
	bool known[RTNL_BATCH_MAX];
	int errs[RTNL_BATCH_MAX];
	struct rtnl_message m;
	struct list *pos;
	unsigned n = 0;

	rtnl_message_init(&m, keep->buf, sizeof(keep->buf));
	LIST_EACH(pos, &keep->all)
	{
		struct kept *k = kept_of(pos);
		size_t left = m.cap - m.len;

		if (!k->pending || m.n == RTNL_BATCH_MAX)
			continue;
		if (left < KEEP_BATCH_LEN / 4)
			break;
		k->pending = false;
		n++;
		known[m.n] = note_undo(keep, k);
		batch[m.n] = k;
		if (!put(keep, &m, k, true)) {
			forget_undo(keep, k);
			fail(k, "its interface is not there");
		}
	}
	if (m.n > 0)
		rtnl_run(keep->fd, &m, errs);
	for (unsigned i = 0; i < m.n; i++)
		added(keep, batch[i], errs[i], known[i]);
	return n;
}

static void add_pending(struct keep *keep)
{
	while (add_batch(keep) > 0)
		;
}

static bool shared_with_another(struct keep *keep, const struct kept *k)
{
	struct list *pos;

	LIST_EACH(pos, &keep->all)
	{
		struct kept *other = kept_of(pos);

		if (!other->present || !k->undo_len || other->undo_len != k->undo_len ||
		    memcmp(other->undo, k->undo, k->undo_len) != 0)
			continue;
		other->ours = true;
		other->slot = k->slot;
		return true;
	}
	return false;
}

static void removed(struct keep *keep, struct kept *k, int err)
{
	if (err && err != -ESRCH && err != -ENOENT && err != -ENODEV)
		log_err("%s: cannot remove '%s': %s", word_of(k), text_of(k), strerror(-err));
	forget_undo(keep, k);
	free(k);
}

static void remove_batch(struct keep *keep, struct rtnl_message *m, struct kept **batch)
{
	int errs[RTNL_BATCH_MAX];

	if (m->n > 0)
		rtnl_run(keep->fd, m, errs);
	for (unsigned i = 0; i < m->n; i++)
		removed(keep, batch[i], errs[i]);
	rtnl_message_init(m, keep->buf, sizeof(keep->buf));
}

static void put_undo(struct rtnl_message *m, struct kept *k)
{
	((struct nlmsghdr *)(void *)k->undo)->nlmsg_seq = m->n++;
	memcpy(m->buf + m->len, k->undo, k->undo_len);
	m->len += NLMSG_ALIGN(k->undo_len);
}

/* The last added first: rules before the routes that they lead to. */
static void remove_unwanted(struct keep *keep, const void *owner)
{
	struct kept *batch[RTNL_BATCH_MAX];
	struct rtnl_message m;
	struct list *before;

	rtnl_message_init(&m, keep->buf, sizeof(keep->buf));
	for (struct list *pos = keep->all.prev; pos != &keep->all; pos = before) {
		struct kept *k = kept_of(pos);

		before = pos->prev;
		if (k->owner != owner || k->wanted)
			continue;
		list_del(&k->link);
		if (shared_with_another(keep, k)) {
			free(k);
			continue;
		}
		if (!k->present || !k->ours || !k->undo_len) {
			forget_undo(keep, k);
			free(k);
			continue;
		}
		batch[m.n] = k;
		put_undo(&m, k);
		if (m.n == RTNL_BATCH_MAX)
			remove_batch(keep, &m, batch);
	}
	remove_batch(keep, &m, batch);
}

/* ---- owners ---- */

static bool is_same(const struct kept *k, const struct route_conf *route,
		    const struct rule_conf *rule, const char *dev)
{
	if (!k->route != !route || strcmp(k->dev, dev) != 0)
		return false;
	if (route)
		return strcmp(k->route->text, route->text) == 0 && k->route->table == route->table;
	return strcmp(k->rule->text, rule->text) == 0 && k->rule->table == rule->table &&
	       k->rule->priority == rule->priority;
}

static void want(struct keep *keep, const void *owner, const struct route_conf *route,
		 const struct rule_conf *rule, const char *dev)
{
	struct kept *k = NULL;
	struct list *pos;

	LIST_EACH(pos, &keep->all)
	{
		struct kept *there = kept_of(pos);

		if (there->owner == owner && !there->wanted && is_same(there, route, rule, dev)) {
			k = there;
			break;
		}
	}
	if (!k) {
		k = calloc(1, sizeof(*k));
		if (!k)
			die_no_memory();
		k->owner = owner;
		k->slot = UNDO_NONE;
		list_push(&keep->all, &k->link);
	}
	k->route = route;
	k->rule = rule;
	k->dev = dev;
	k->wanted = true;
	k->pending = !k->present;
}

static void watch_deletions(struct keep *keep);

unsigned keep_take(struct keep *keep, const void *owner, const struct keep_list *list)
{
	unsigned n_missing = 0;
	struct list *pos;

	LIST_EACH(pos, &keep->all)
	{
		if (kept_of(pos)->owner == owner)
			kept_of(pos)->wanted = false;
	}
	for (const struct route_conf *r = list->routes; r; r = r->next)
		want(keep, owner, r, NULL, list->dev);
	for (const struct rule_conf *r = list->rules; r; r = r->next)
		want(keep, owner, NULL, r, list->dev);
	if (list_empty(&keep->all))
		return 0;
	watch_deletions(keep);
	remove_unwanted(keep, owner);
	add_pending(keep);
	LIST_EACH(pos, &keep->all)
	n_missing += kept_of(pos)->owner == owner && !kept_of(pos)->present;
	return n_missing;
}

void keep_give(struct keep *keep, const void *owner)
{
	struct list *pos;

	LIST_EACH(pos, &keep->all)
	{
		if (kept_of(pos)->owner == owner)
			kept_of(pos)->wanted = false;
	}
	remove_unwanted(keep, owner);
}

/* ---- the guard ---- */

static void mend(struct keep *keep)
{
	struct list *pos, *tmp;

	if (keep->setup.before_mend)
		keep->setup.before_mend(keep->setup.ctx);
	LIST_EACH(pos, &keep->all)
	{
		struct kept *k = kept_of(pos);

		k->fresh = false;
		k->pending = is_tracked(k) || !k->present;
	}
	add_pending(keep);
	LIST_EACH_SAFE(pos, tmp, &keep->all)
	{
		struct kept *k = kept_of(pos);
		bool tell = k->fresh;

		k->fresh = false;
		if (tell && keep->setup.on_repaired)
			keep->setup.on_repaired(keep->setup.ctx, k->owner, text_of(k));
	}
	if (keep->setup.after_mend)
		keep->setup.after_mend(keep->setup.ctx);
}

static void mend_soon(struct loop *loop, struct loop_task *task)
{
	(void)loop;
	mend(container_of(task, struct keep, mend));
}

static void mend_now(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	mend(container_of(timer, struct keep, mend_later));
}

static void schedule_mend(struct keep *keep)
{
	struct loop *loop = keep->setup.loop;
	int64_t now = loop_now_us(loop);

	if (keep->mend.queued || loop_timer_armed(&keep->mend_later))
		return;
	if (now - keep->period_start_us >= MEND_PERIOD_US) {
		keep->period_start_us = now;
		keep->n_mended = 0;
	}
	if (keep->n_mended++ < MENDS_AT_ONCE)
		loop_task_queue(loop, &keep->mend);
	else
		loop_timer_set(loop, &keep->mend_later, now + MEND_PAUSE_US);
}

static void on_message(void *ctx, const struct nlmsghdr *h)
{
	struct keep *keep = ctx;
	struct list *pos;

	if (h->nlmsg_type != RTM_DELROUTE && h->nlmsg_type != RTM_DELRULE)
		return;
	LIST_EACH(pos, &keep->all)
	{
		struct kept *k = kept_of(pos);

		if (k->present && k->undo_len && is_tracked(k) &&
		    route_message_concerns(h, (const void *)k->undo))
			schedule_mend(keep);
	}
}

static void on_monitor(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct keep *keep = container_of(lfd, struct keep, monitor);

	(void)loop, (void)ready;
	if (rtnl_receive(lfd->fd, on_message, keep) == -ENOBUFS)
		schedule_mend(keep);
}

static void watch_deletions(struct keep *keep)
{
	uint32_t groups = RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE |
			  1u << (RTNLGRP_IPV6_RULE - 1);
	int err;

	if (keep->monitor.fd >= 0)
		return;
	keep->monitor.fd = rtnl_open(groups);
	err = keep->monitor.fd < 0 ? keep->monitor.fd
				   : loop_fd_add(keep->setup.loop, &keep->monitor, LOOP_IN);
	if (!err)
		return;
	log_err("routes and rules are not guarded: %s", strerror(-err));
	if (keep->monitor.fd >= 0)
		close(keep->monitor.fd);
	keep->monitor.fd = -1;
}

static bool something_is_missing(const struct keep *keep)
{
	const struct list *pos;

	LIST_EACH(pos, &keep->all)
	{
		if (!container_of(pos, struct kept, link)->present)
			return true;
	}
	return false;
}

static void on_address(struct links_watcher *w, const struct rtnl_address *a, bool there)
{
	struct keep *keep = container_of(w, struct keep, watcher);

	(void)a;
	if (!list_empty(&keep->all) && (!there || something_is_missing(keep)))
		schedule_mend(keep);
}

static void on_link(struct links_watcher *w, const struct links_link *l, unsigned changes)
{
	struct keep *keep = container_of(w, struct keep, watcher);

	(void)l;
	if (!list_empty(&keep->all) &&
	    changes & (LINKS_NEW | LINKS_GONE | LINKS_NAME | LINKS_STATE))
		schedule_mend(keep);
}

/* ---- life ---- */

struct keep *keep_new(const struct keep_setup *setup)
{
	struct keep *keep = calloc(1, sizeof(*keep));

	if (!keep)
		return NULL;
	keep->setup = *setup;
	keep->monitor.fd = -1;
	keep->monitor.on_ready = on_monitor;
	keep->fd = rtnl_open(0);
	if (keep->fd < 0) {
		errno = -keep->fd;
		free(keep);
		return NULL;
	}
	list_init(&keep->all);
	keep->mend.run = mend_soon;
	keep->mend_later.on_expiry = mend_now;
	keep->watcher.on_link = on_link;
	keep->watcher.on_address = on_address;
	links_watch(setup->links, &keep->watcher);
	return keep;
}

void keep_free(struct keep **keep)
{
	struct keep *p = *keep;
	struct list *pos, *tmp;

	*keep = NULL;
	if (!p)
		return;
	LIST_EACH_SAFE(pos, tmp, &p->all)
	free(kept_of(pos));
	links_unwatch(&p->watcher);
	loop_task_cancel(p->setup.loop, &p->mend);
	loop_timer_clear(p->setup.loop, &p->mend_later);
	if (p->monitor.fd >= 0) {
		loop_fd_del(p->setup.loop, &p->monitor);
		close(p->monitor.fd);
	}
	close(p->fd);
	free(p);
}
