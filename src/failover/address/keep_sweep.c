/*
 * Clears up routes and rules that an earlier life left behind, by the configuration. See keep.h.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "core/log/log.h"
#include "failover/address/keep.h"
#include "failover/address/route_message.h"
#include "failover/address/rtnl.h"
#include "failover/address/undo.h"

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
			n += undo_now(fd, buf, m.len);
	}
	for (const struct route_conf *r = i->routes; r; r = r->next) {
		rtnl_message_init(&m, buf, sizeof(buf));
		if (route_message_put(&m, RTM_DELROUTE, r, i->interface, ifindex_of, NULL))
			n += undo_now(fd, buf, m.len);
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
