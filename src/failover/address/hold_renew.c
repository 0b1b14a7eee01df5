/*
 * Lifetimes of held addresses: each is renewed at a third of its own, a few at a time, so that
 * advertisements of 10 ms are not late for it. See hold_impl.h; called by hold.c and a timer.
 */
#include "failover/address/hold_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "core/log/log.h"
#include "failover/address/rtnl.h"

enum { RENEW_BATCH = 32, RENEW_PAUSE_US = 2000 };

void hold_lifetime_set(struct hold *hold, struct held *h)
{
	struct rtnl_address *a = &h->message;
	int64_t left = UINT32_MAX;
	uint32_t was = h->lifetime_s;

	if (hold->setup.lifetime_s)
		h->lifetime_s = hold->setup.lifetime_s(hold->setup.ctx, h->owner);
	a->valid_s = h->lifetime_s ? h->lifetime_s : UINT32_MAX;
	if (h->preferred_s >= 0)
		left = h->preferred_s - (hold_now_us(hold) - h->since_us) / 1000000;
	left = left < 0 ? 0 : left;
	a->preferred_s = left < a->valid_s ? (uint32_t)left : a->valid_s;
	a->has_lifetime = h->lifetime_s > 0 || was > 0 || h->preferred_s >= 0;
}

/* The kernel counts whole seconds, and may be early by a part of one. */
bool hold_lifetime_over(struct hold *hold, const struct held *h)
{
	return h->lifetime_s > 0 &&
	       hold_now_us(hold) - h->renewed_us >= (int64_t)h->lifetime_s * 1000000 - 100000;
}

void hold_renew_arm(struct hold *hold)
{
	int64_t least = 0, soonest;
	struct list *pos;

	LIST_EACH(pos, &hold->all)
	{
		const struct held *h = held_of(pos);

		if (h->due_us > 0 && h->present && (least == 0 || h->due_us < least))
			least = h->due_us;
	}
	if (least == 0) {
		loop_timer_clear(hold->setup.loop, &hold->renew);
		return;
	}
	soonest = hold_now_us(hold) + RENEW_PAUSE_US;
	loop_timer_set(hold->setup.loop, &hold->renew, least > soonest ? least : soonest);
}

static void renewed(struct hold *hold, struct held *h, int err)
{
	int64_t now = hold_now_us(hold);
	char buf[ADDR_TEXT_MAX];

	h->due_us = h->lifetime_s ? now + (int64_t)h->lifetime_s * 1000000 / 3 : 0;
	if (!err) {
		h->renewed_us = now;
		hold->stats.n_renewed++;
		return;
	}
	if (hold->stats.n_renew_failed++ % 1000 == 0)
		log_err("address: cannot renew %s/%u on %s: %s (%" PRIu64 " such)",
			held_text(h, buf), h->message.prefix_len, h->dev, strerror(-err),
			hold->stats.n_renew_failed);
}

static void renew_due(struct hold *hold)
{
	char buf[RENEW_BATCH * 160] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct held *batch[RENEW_BATCH];
	int errs[RENEW_BATCH];
	int64_t now = hold_now_us(hold);
	struct rtnl_message m;
	struct list *pos;

	rtnl_message_init(&m, buf, sizeof(buf));
	LIST_EACH(pos, &hold->all)
	{
		struct held *h = held_of(pos);

		if (!h->present || h->due_us == 0 || h->due_us > now || m.n == RENEW_BATCH)
			continue;
		h->late = hold_lifetime_over(hold, h);
		hold_lifetime_set(hold, h);
		batch[m.n] = h;
		if (!rtnl_message_put_address(&m, RTM_NEWADDR, NLM_F_REPLACE | NLM_F_ACK, m.n,
					      &h->message))
			break;
	}
	if (m.n > 0)
		rtnl_run(hold->fd, &m, errs);
	for (unsigned i = 0; i < m.n; i++)
		renewed(hold, batch[i], errs[i]);
}

void hold_renew_on_timer(struct loop *loop, struct loop_timer *timer)
{
	struct hold *hold = container_of(timer, struct hold, renew);

	(void)loop;
	if (hold->setup.before_upkeep)
		hold->setup.before_upkeep(hold->setup.ctx);
	renew_due(hold);
	hold_renew_arm(hold);
}

void hold_renew_all(struct hold *hold)
{
	struct list *pos;

	LIST_EACH(pos, &hold->all)
	{
		struct held *h = held_of(pos);

		if (h->present && h->ours)
			h->due_us = hold_now_us(hold);
	}
	hold_renew_arm(hold);
}

const struct hold_stats *hold_stats(const struct hold *hold)
{
	return &hold->stats;
}

void hold_renew_due(struct hold *hold, struct held *h)
{
	int64_t now = hold_now_us(hold);

	h->due_us = 0;
	if (!h->present || !h->ours || !hold->setup.lifetime_s)
		return;
	h->renewed_us = now;
	if (!h->fresh)
		h->due_us = now;
	else if (h->lifetime_s)
		h->due_us = now + (int64_t)h->lifetime_s * 1000000 / 3;
}
