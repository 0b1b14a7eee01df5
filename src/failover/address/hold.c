/*
 * Holding addresses. See hold.h.
 *
 * An address of an owner is one struct held, ABSENT or PRESENT on its interface. PRESENT and not
 * `ours` means that it was there before: it stays when the owner gives it up, unless the owner
 * adopts what it finds, or it vanished meanwhile and was put back by us. Everything that is to be
 * added goes through add_pending in batches: ledger first, then netlink, then the answers. What
 * the kernel refuses is tried again each second, and when its interface gets another address: it
 * does so while IPv6 is switched off there, and says nothing when it no longer would.
 */
#include "failover/address/hold_impl.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "failover/address/ledger.h"
#include "failover/address/rtnl.h"
#include "failover/address/vip_message.h"

enum {
	MENDS_AT_ONCE = 20,
	MEND_PERIOD_US = 1000000,
	MEND_PAUSE_US = 100000,
	RETRY_US = 1000000,
};

static void erase(struct hold *hold, struct held *h)
{
	if (hold->setup.page)
		ledger_erase(hold->setup.page, h->slot);
	h->slot = LEDGER_NONE;
}

/* ---- adding and removing ---- */

static bool is_adopted(const struct hold *hold, const struct held *h)
{
	char buf[ADDR_TEXT_MAX];

	if (!hold->setup.adopts || !hold->setup.adopts(hold->setup.ctx, h->owner))
		return false;
	log_notice("address: %s/%u was on %s already: it leaves with the others", held_text(h, buf),
		   h->message.prefix_len, h->dev);
	return true;
}

static void refused(struct hold *hold, struct held *h, int err)
{
	char buf[ADDR_TEXT_MAX];

	erase(hold, h);
	if (!h->complained)
		log_err("address: cannot add %s/%u to %s: %s", held_text(h, buf),
			h->message.prefix_len, h->dev, strerror(-err));
	h->complained = true;
	if (hold->setup.loop && !loop_timer_armed(&hold->retry))
		loop_timer_set(hold->setup.loop, &hold->retry,
			       loop_now_us(hold->setup.loop) + RETRY_US);
}

static void added(struct hold *hold, struct held *h, int err, bool known)
{
	h->pending = false;
	h->fresh = err == 0;
	h->present = err == 0 || err == -EEXIST;
	h->complained &= !h->present;
	if (!h->present)
		refused(hold, h, err);
	else if (err == 0 || known || h->ours || is_adopted(hold, h))
		h->ours = true;
	else
		erase(hold, h);
	hold_renew_due(hold, h);
}

/* Adds up to RTNL_BATCH_MAX of what is pending. How many it tried. */
static unsigned add_batch(struct hold *hold)
{
	char buf[RTNL_BATCH_MAX * 160] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct held *batch[RTNL_BATCH_MAX];
	bool known[RTNL_BATCH_MAX];
	int errs[RTNL_BATCH_MAX];
	struct rtnl_message m;
	struct list *pos;

	rtnl_message_init(&m, buf, sizeof(buf));
	LIST_EACH(pos, &hold->all)
	{
		struct held *h = held_of(pos);

		if (!h->pending || m.n == RTNL_BATCH_MAX)
			continue;
		known[m.n] = false;
		if (hold->setup.page && h->slot == LEDGER_NONE) {
			known[m.n] = ledger_find(hold->setup.page, &h->message) != LEDGER_NONE;
			h->slot = ledger_write(hold->setup.page, &h->message);
			if (h->slot == LEDGER_NONE)
				log_warn("address: the ledger is full");
		}
		batch[m.n] = h;
		hold_lifetime_set(hold, h);
		if (!rtnl_message_put_address(&m, RTM_NEWADDR,
					      NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, m.n,
					      &h->message))
			break;
	}
	if (m.n > 0)
		rtnl_run(hold->fd, &m, errs);
	for (unsigned i = 0; i < m.n; i++)
		added(hold, batch[i], errs[i], known[i]);
	return m.n;
}

static unsigned add_pending(struct hold *hold)
{
	unsigned n = 0, more;

	while ((more = add_batch(hold)) > 0)
		n += more;
	if (n > 0)
		hold_renew_arm(hold);
	return n;
}

static bool shared_with_another(struct hold *hold, struct held *h)
{
	struct list *pos;

	LIST_EACH(pos, &hold->all)
	{
		struct held *other = held_of(pos);

		if (other == h || !other->present ||
		    !rtnl_address_eq(&other->message, &h->message, true))
			continue;
		other->ours = true;
		other->slot = h->slot;
		other->due_us = hold->setup.lifetime_s ? hold_now_us(hold) : 0;
		hold_renew_arm(hold);
		return true;
	}
	return false;
}

static void remove_batch(struct hold *hold, const struct rtnl_message *m, struct held **batch)
{
	int errs[RTNL_BATCH_MAX];
	char buf[ADDR_TEXT_MAX];

	if (m->n > 0)
		rtnl_run(hold->fd, m, errs);
	for (unsigned i = 0; i < m->n; i++) {
		struct held *h = batch[i];

		if (errs[i] && errs[i] != -EADDRNOTAVAIL && errs[i] != -ENODEV)
			log_err("address: cannot remove %s from %s: %s", held_text(h, buf), h->dev,
				strerror(-errs[i]));
		else
			erase(hold, h);
		free(h);
	}
}

/* Removes what is not wanted of this owner (NULL = of all), last added first. */
static void remove_unwanted(struct hold *hold, const void *owner)
{
	char buf[RTNL_BATCH_MAX * 80] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct held *batch[RTNL_BATCH_MAX];
	struct list *pos = hold->all.prev, *before;
	struct rtnl_message m;

	rtnl_message_init(&m, buf, sizeof(buf));
	for (; pos != &hold->all; pos = before) {
		struct held *h = held_of(pos);
		bool gone;

		before = pos->prev;
		if (h->wanted || (owner && h->owner != owner))
			continue;
		list_del(&h->link);
		gone = !h->present && h->slot == LEDGER_NONE; /* else it may be back already */
		if (gone || !h->ours || shared_with_another(hold, h)) {
			free(h);
			continue;
		}
		batch[m.n] = h;
		rtnl_message_put_address(&m, RTM_DELADDR, NLM_F_ACK, m.n, &h->message);
		if (m.n == RTNL_BATCH_MAX) {
			remove_batch(hold, &m, batch);
			rtnl_message_init(&m, buf, sizeof(buf));
		}
	}
	remove_batch(hold, &m, batch);
}

static struct held *find(struct hold *hold, const void *owner, const char *dev,
			 const struct rtnl_address *a)
{
	struct list *pos;

	LIST_EACH(pos, &hold->all)
	{
		struct held *h = held_of(pos);

		if (h->owner == owner && strcmp(h->dev, dev) == 0 &&
		    h->message.prefix_len == a->prefix_len &&
		    rtnl_address_eq(&h->message, a, false))
			return h;
	}
	return NULL;
}

static void want(struct hold *hold, const void *owner, const char *dev, const struct vip_conf *vip)
{
	const struct links_link *l;
	struct rtnl_address message;
	struct held *h;

	if (vip->dev)
		dev = vip->dev;
	l = links_find(hold->setup.links, dev);
	vip_message_from_conf(&message, vip, l ? l->ifindex : 0);
	h = find(hold, owner, dev, &message);
	if (!h) {
		h = calloc(1, sizeof(*h));
		if (!h)
			die_no_memory();
		h->owner = owner;
		h->address = vip->address;
		h->message = message;
		h->slot = LEDGER_NONE;
		h->preferred_s = vip->preferred_lft_s;
		h->since_us = hold_now_us(hold);
		strncpy(h->dev, dev, sizeof(h->dev) - 1);
		list_push(&hold->all, &h->link);
	}
	h->wanted = true;
	if (h->present)
		return;
	h->message = message;
	h->preferred_s = vip->preferred_lft_s;
	h->since_us = hold_now_us(hold);
	h->pending = l != NULL;
	if (!l)
		log_err("address: there is no interface %s", h->dev);
}

unsigned hold_take(struct hold *hold, const void *owner, const char *dev,
		   const struct vip_conf *vips, const struct vip_conf *excluded)
{
	unsigned n_missing = 0;
	struct list *pos;

	LIST_EACH(pos, &hold->all)
	{
		if (held_of(pos)->owner == owner)
			held_of(pos)->wanted = false;
	}
	for (; vips; vips = vips->next)
		want(hold, owner, dev, vips);
	for (; excluded; excluded = excluded->next)
		want(hold, owner, dev, excluded);
	add_pending(hold);
	remove_unwanted(hold, owner);
	LIST_EACH(pos, &hold->all)
	n_missing += held_of(pos)->owner == owner && !held_of(pos)->present;
	return n_missing;
}

void hold_give(struct hold *hold, const void *owner)
{
	struct list *pos;

	LIST_EACH(pos, &hold->all)
	{
		if (held_of(pos)->owner == owner)
			held_of(pos)->wanted = false;
	}
	remove_unwanted(hold, owner);
}

void hold_give_all(struct hold *hold)
{
	struct list *pos;

	LIST_EACH(pos, &hold->all)
	held_of(pos)->wanted = false;
	remove_unwanted(hold, NULL);
}

void hold_each(const struct hold *hold, const void *owner,
	       void (*each)(void *ctx, const struct addr *vip, int ifindex), void *ctx)
{
	const struct list *pos;

	LIST_EACH(pos, &hold->all)
	{
		const struct held *h = container_of(pos, struct held, link);

		if (h->owner == owner && h->present)
			each(ctx, &h->address, h->message.ifindex);
	}
}

/* Puts back what is missing, and says so: also when a renewal had put it back already. */
static void mend(struct hold *hold)
{
	struct list *pos, *tmp;

	if (hold->setup.before_upkeep)
		hold->setup.before_upkeep(hold->setup.ctx);
	LIST_EACH(pos, &hold->all)
	{
		struct held *h = held_of(pos);

		h->pending = h->mending && h->message.ifindex > 0;
	}
	add_pending(hold);
	LIST_EACH_SAFE(pos, tmp, &hold->all)
	{
		struct held *h = held_of(pos);
		bool tell = h->mending && h->present && (h->fresh || h->ours);

		h->mending = false;
		if (tell && hold->setup.on_added)
			hold->setup.on_added(hold->setup.ctx, h->owner, &h->address,
					     h->message.ifindex, h->why);
	}
}

static void mend_soon(struct loop *loop, struct loop_task *task)
{
	struct hold *hold = container_of(task, struct hold, mend);

	(void)loop;
	mend(hold);
}

static void mend_now(struct loop *loop, struct loop_timer *timer)
{
	struct hold *hold = container_of(timer, struct hold, mend_later);

	(void)loop;
	mend(hold);
}

static void schedule_mend(struct hold *hold)
{
	struct loop *loop = hold->setup.loop;
	int64_t now = loop_now_us(loop);

	if (now - hold->period_start_us >= MEND_PERIOD_US) {
		hold->period_start_us = now;
		hold->n_mended = 0;
	}
	if (hold->mend.queued || loop_timer_armed(&hold->mend_later))
		return;
	if (hold->n_mended++ < MENDS_AT_ONCE)
		loop_task_queue(loop, &hold->mend);
	else
		loop_timer_set(loop, &hold->mend_later, now + MEND_PAUSE_US);
}

static void mend_refused(struct hold *hold)
{
	struct list *pos;

	LIST_EACH(pos, &hold->all)
	{
		struct held *h = held_of(pos);

		if (h->present || !h->complained || h->mending || h->message.ifindex == 0)
			continue;
		h->mending = true;
		h->why = HOLD_LATE;
		schedule_mend(hold);
	}
}

static void on_retry(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	mend_refused(container_of(timer, struct hold, retry));
}

static void on_address(struct links_watcher *w, const struct rtnl_address *a, bool there)
{
	struct hold *hold = container_of(w, struct hold, watcher);
	struct list *pos;

	if (there) {
		if (loop_timer_armed(&hold->retry))
			mend_refused(hold);
		return;
	}
	LIST_EACH(pos, &hold->all)
	{
		struct held *h = held_of(pos);

		if (!h->present || !rtnl_address_eq(&h->message, a, true))
			continue;
		h->present = false;
		h->mending = true;
		h->why = h->late || hold_lifetime_over(hold, h) ? HOLD_EXPIRED : HOLD_REPAIRED;
		hold->stats.n_expired += h->why == HOLD_EXPIRED;
		schedule_mend(hold);
	}
}

static void on_link(struct links_watcher *w, const struct links_link *l, unsigned changes)
{
	struct hold *hold = container_of(w, struct hold, watcher);
	struct list *pos;

	LIST_EACH(pos, &hold->all)
	{
		struct held *h = held_of(pos);

		if (changes & LINKS_GONE) {
			if (h->message.ifindex != l->ifindex)
				continue;
			h->message.ifindex = 0;
			h->present = h->mending = h->ours = false;
			erase(hold, h);
		} else if (changes & (LINKS_NEW | LINKS_NAME | LINKS_STATE) && !h->present &&
			   strcmp(h->dev, l->name) == 0) {
			h->message.ifindex = l->ifindex;
			h->mending = true;
			h->why = HOLD_LATE;
			schedule_mend(hold);
		}
	}
}

struct hold *hold_new(const struct hold_setup *setup)
{
	struct hold *hold = calloc(1, sizeof(*hold));

	if (!hold)
		return NULL;
	hold->setup = *setup;
	hold->fd = rtnl_open(0);
	if (hold->fd < 0) {
		errno = -hold->fd;
		free(hold);
		return NULL;
	}
	list_init(&hold->all);
	hold->mend.run = mend_soon;
	hold->mend_later.on_expiry = mend_now;
	hold->retry.on_expiry = on_retry;
	hold->renew.on_expiry = hold_renew_on_timer;
	hold->watcher.on_link = on_link;
	hold->watcher.on_address = on_address;
	links_watch(setup->links, &hold->watcher);
	return hold;
}

void hold_free(struct hold **hold)
{
	struct hold *p = *hold;
	struct list *pos, *tmp;

	*hold = NULL;
	if (!p)
		return;
	LIST_EACH_SAFE(pos, tmp, &p->all)
	free(held_of(pos));
	links_unwatch(&p->watcher);
	loop_task_cancel(p->setup.loop, &p->mend);
	loop_timer_clear(p->setup.loop, &p->mend_later);
	loop_timer_clear(p->setup.loop, &p->retry);
	loop_timer_clear(p->setup.loop, &p->renew);
	close(p->fd);
	free(p);
}

bool hold_claims_slot(const struct hold *hold, int slot)
{
	const struct list *pos;

	LIST_EACH(pos, &hold->all)
	{
		if (container_of(pos, struct held, link)->slot == slot)
			return true;
	}
	return false;
}
