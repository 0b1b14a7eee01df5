/*
 * Clears up addresses that a killed process left behind. See hold.h. Works without a loop: called
 * by the master when failover died, and by failover before it starts.
 */
#include "failover/address/hold.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "core/log/log.h"
#include "failover/address/ledger.h"
#include "failover/address/rtnl.h"
#include "failover/address/undo.h"
#include "failover/address/vip_message.h"

struct sweep {
	int fd, n_removed;
	struct rtnl_message m;
	struct rtnl_address addresses[RTNL_BATCH_MAX];
	int slots[RTNL_BATCH_MAX];
	struct shared_page *page; /* NULL: slots are not used */
	char buf[RTNL_BATCH_MAX * 80] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static void flush(struct sweep *s)
{
	int errs[RTNL_BATCH_MAX];
	char name[IFNAMSIZ], text[ADDR_TEXT_MAX];

	if (s->m.n > 0)
		rtnl_run(s->fd, &s->m, errs);
	for (unsigned i = 0; i < s->m.n; i++) {
		const struct rtnl_address *a = &s->addresses[i];
		struct addr addr;

		if (s->page && (!errs[i] || errs[i] == -EADDRNOTAVAIL || errs[i] == -ENODEV))
			ledger_erase(s->page, s->slots[i]);
		if (errs[i])
			continue;
		s->n_removed++;
		rtnl_address_to_addr(a, &addr);
		if (!if_indextoname((unsigned)a->ifindex, name))
			name[0] = '\0';
		log_notice("address: removed %s/%u from %s, left behind by a process that was "
			   "killed",
			   addr_host_text(&addr, text), a->prefix_len, name);
	}
	rtnl_message_init(&s->m, s->buf, sizeof(s->buf));
}

static void sweep_add(struct sweep *s, const struct rtnl_address *a, int slot)
{
	s->addresses[s->m.n] = *a;
	s->slots[s->m.n] = slot;
	rtnl_message_put_address(&s->m, RTM_DELADDR, NLM_F_ACK, s->m.n, a);
	if (s->m.n == RTNL_BATCH_MAX)
		flush(s);
}

static int sweep_begin(struct sweep *s, struct shared_page *page)
{
	s->page = page;
	s->n_removed = 0;
	s->fd = rtnl_open(0);
	rtnl_message_init(&s->m, s->buf, sizeof(s->buf));
	return s->fd < 0 ? s->fd : 0;
}

static int sweep_end(struct sweep *s)
{
	flush(s);
	close(s->fd);
	return s->n_removed;
}

int hold_sweep_unclaimed(struct shared_page *page, const struct hold *hold)
{
	struct rtnl_address a;
	struct sweep s;
	int err = sweep_begin(&s, page);

	if (err)
		return err;
	/* Last first: the kernel takes a subnet's later addresses away with its first one. */
	for (int i = SHARED_LEDGER_MAX - 1; i >= 0; i--) {
		if (ledger_read(page, i, &a) && !(hold && hold_claims_slot(hold, i)))
			sweep_add(&s, &a, i);
	}
	return sweep_end(&s);
}

int hold_sweep(struct shared_page *page)
{
	undo_sweep(page, NULL, NULL); /* first: what is there may need the addresses */
	return hold_sweep_unclaimed(page, NULL);
}

static void sweep_list(struct sweep *s, const char *dev, const struct vip_conf *vip)
{
	for (; vip; vip = vip->next) {
		unsigned ifindex = if_nametoindex(vip->dev ? vip->dev : dev);
		struct rtnl_address a;

		if (ifindex == 0)
			continue;
		vip_message_from_conf(&a, vip, (int)ifindex);
		sweep_add(s, &a, LEDGER_NONE);
	}
}

int hold_sweep_configured(const struct failover_conf *conf)
{
	struct sweep s;
	int err = sweep_begin(&s, NULL);

	if (err)
		return err;
	for (const struct vrrp_instance_conf *i = conf->instances; i; i = i->next) {
		if (i->priority == 255)
			continue;
		sweep_list(&s, i->interface, i->vips);
		sweep_list(&s, i->interface, i->excluded);
	}
	return sweep_end(&s);
}
