/*
 * Clears up routes and rules that a killed process left behind. See keep.h. Works without a loop.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "core/log/log.h"
#include "failover/address/keep.h"
#include "failover/address/route_message.h"
#include "failover/address/rtnl.h"

/* One message, with whatever number it has. True: there was something to take away. */
static bool undo(int fd, void *bytes, size_t len)
{
	struct rtnl_message m = {.buf = bytes, .cap = len, .len = len, .n = 1};
	struct nlmsghdr *h = bytes;
	int err;

	if (len < NLMSG_HDRLEN || h->nlmsg_len != len)
		return false;
	h->nlmsg_seq = 0;
	rtnl_run(fd, &m, &err);
	return err == 0;
}

int keep_sweep_unclaimed(struct shared_page *page, const struct keep *keep)
{
	int fd = rtnl_open(0), n = 0;

	if (fd < 0)
		return fd;
	/* Last first: rules before the routes that they lead to. */
	for (int i = SHARED_UNDO_MAX - 1; i >= 0; i--) {
		uint8_t bytes[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
		struct shared_undo *u = &page->undo[i];
		uint32_t len = atomic_load_explicit(&u->len, memory_order_acquire);

		if (len == 0 || len > sizeof(bytes) || (keep && keep_claims_slot(keep, i)))
			continue;
		memcpy(bytes, u->bytes, len);
		n += undo(fd, bytes, len);
		atomic_store_explicit(&u->len, 0, memory_order_release);
	}
	close(fd);
	if (n > 0)
		log_notice("removed %d routes and rules, left behind by a process that was killed",
			   n);
	return n;
}

int keep_sweep(struct shared_page *page)
{
	return keep_sweep_unclaimed(page, NULL);
}

static int ifindex_of(const void *ctx, const char *name)
{
	(void)ctx;
	return (int)if_nametoindex(name);
}

static int sweep_instance(int fd, const struct vrrp_instance_conf *i)
{
	char buf[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct rtnl_message m;
	int n = 0;

	for (const struct rule_conf *r = i->rules; r; r = r->next) {
		rtnl_message_init(&m, buf, sizeof(buf));
		if (rule_message_put(&m, RTM_DELRULE, r))
			n += undo(fd, buf, m.len);
	}
	for (const struct route_conf *r = i->routes; r; r = r->next) {
		rtnl_message_init(&m, buf, sizeof(buf));
		if (route_message_put(&m, RTM_DELROUTE, r, i->interface, ifindex_of, NULL))
			n += undo(fd, buf, m.len);
	}
	return n;
}

int keep_sweep_configured(const struct failover_conf *conf)
{
	int fd = rtnl_open(0), n = 0;

	if (fd < 0)
		return fd;
	for (const struct vrrp_instance_conf *i = conf->instances; i; i = i->next)
		n += i->priority == 255 ? 0 : sweep_instance(fd, i);
	close(fd);
	if (n > 0)
		log_notice("removed %d routes and rules, left behind by an earlier life", n);
	return n;
}
