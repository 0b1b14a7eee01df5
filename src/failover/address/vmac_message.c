/*
 * Messages about virtual MAC interfaces. See vmac_message.h.
 */
#include "failover/address/vmac_message.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

static size_t begin(struct rtnl_message *m, uint16_t type, uint16_t flags, const char *name,
		    bool up)
{
	size_t head = rtnl_message_begin(m, type, NLM_F_ACK | flags, m->n);
	struct ifinfomsg *info = rtnl_message_extend(m, head, sizeof(*info));

	if (info && up)
		info->ifi_flags = info->ifi_change = IFF_UP;
	rtnl_message_put(m, head, IFLA_IFNAME, name, strlen(name) + 1);
	return head;
}

bool vmac_message_put_create(struct rtnl_message *m, const struct vmac_link *v)
{
	size_t head = begin(m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, v->name, false), info, data;
	uint32_t base = (uint32_t)v->base, mode = MACVLAN_MODE_PRIVATE;

	rtnl_message_put(m, head, IFLA_LINK, &base, sizeof(base));
	rtnl_message_put(m, head, IFLA_ADDRESS, v->mac, sizeof(v->mac));
	info = rtnl_message_nest(m, head, IFLA_LINKINFO);
	rtnl_message_put(m, head, IFLA_INFO_KIND, "macvlan", sizeof("macvlan"));
	data = rtnl_message_nest(m, head, IFLA_INFO_DATA);
	rtnl_message_put(m, head, IFLA_MACVLAN_MODE, &mode, sizeof(mode));
	rtnl_message_unnest(m, data);
	rtnl_message_unnest(m, info);
	return rtnl_message_finish(m, head);
}

bool vmac_message_put_delete(struct rtnl_message *m, const char *name)
{
	return rtnl_message_finish(m, begin(m, RTM_DELLINK, 0, name, false));
}

bool vmac_message_put_up(struct rtnl_message *m, const char *name)
{
	return rtnl_message_finish(m, begin(m, RTM_NEWLINK, 0, name, true));
}

bool vmac_message_put_mtu(struct rtnl_message *m, const char *name, uint32_t mtu)
{
	size_t head = begin(m, RTM_NEWLINK, 0, name, false);

	rtnl_message_put(m, head, IFLA_MTU, &mtu, sizeof(mtu));
	return rtnl_message_finish(m, head);
}

bool vmac_message_put_settings(struct rtnl_message *m, const char *name,
			       const struct vmac_setting *settings, unsigned n)
{
	size_t head = begin(m, RTM_NEWLINK, 0, name, false);
	size_t families = rtnl_message_nest(m, head, IFLA_AF_SPEC | NLA_F_NESTED);
	size_t inet = rtnl_message_nest(m, head, AF_INET | NLA_F_NESTED);
	size_t conf = rtnl_message_nest(m, head, IFLA_INET_CONF | NLA_F_NESTED);

	for (unsigned i = 0; i < n; i++)
		rtnl_message_put(m, head, settings[i].number, &settings[i].value,
				 sizeof(settings[i].value));
	rtnl_message_unnest(m, conf);
	rtnl_message_unnest(m, inet);
	rtnl_message_unnest(m, families);
	return rtnl_message_finish(m, head);
}

bool vmac_message_put_no_addrgen(struct rtnl_message *m, const char *name)
{
	size_t head = begin(m, RTM_NEWLINK, 0, name, false);
	size_t families = rtnl_message_nest(m, head, IFLA_AF_SPEC | NLA_F_NESTED);
	size_t inet6 = rtnl_message_nest(m, head, AF_INET6 | NLA_F_NESTED);
	uint8_t none = IN6_ADDR_GEN_MODE_NONE;

	rtnl_message_put(m, head, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof(none));
	rtnl_message_unnest(m, inet6);
	rtnl_message_unnest(m, families);
	return rtnl_message_finish(m, head);
}

static bool kind_is_macvlan(const struct rtattr *info)
{
	const struct rtattr *rta = RTA_DATA(info);
	int left = (int)RTA_PAYLOAD(info);

	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		if (rta->rta_type == IFLA_INFO_KIND)
			return RTA_PAYLOAD(rta) >= 7 && memcmp(RTA_DATA(rta), "macvlan", 7) == 0;
	return false;
}

bool vmac_message_read(const struct nlmsghdr *h, struct vmac_link *v)
{
	const struct ifinfomsg *info = NLMSG_DATA(h);
	const struct rtattr *rta;
	int left;

	memset(v, 0, sizeof(*v));
	if (h->nlmsg_type != RTM_NEWLINK || h->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return false;
	v->ifindex = info->ifi_index;
	left = (int)IFLA_PAYLOAD(h);
	for (rta = IFLA_RTA(info); RTA_OK(rta, left); rta = RTA_NEXT(rta, left)) {
		size_t len = RTA_PAYLOAD(rta);

		if (rta->rta_type == IFLA_IFNAME && len > 0 && len <= IFNAMSIZ)
			memcpy(v->name, RTA_DATA(rta), len);
		else if (rta->rta_type == IFLA_ADDRESS && len == sizeof(v->mac))
			memcpy(v->mac, RTA_DATA(rta), len);
		else if (rta->rta_type == IFLA_LINK && len == sizeof(v->base))
			memcpy(&v->base, RTA_DATA(rta), len);
		else if ((rta->rta_type & NLA_TYPE_MASK) == IFLA_LINKINFO)
			v->is_macvlan = kind_is_macvlan(rta);
	}
	v->name[IFNAMSIZ - 1] = '\0';
	return true;
}
