/*
 * Configured address to netlink. See vip_message.h.
 */
#include "failover/address/vip_message.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static uint8_t scope_number(const char *name)
{
	static const struct {
		const char *name;
		uint8_t number;
	} scopes[] = {
		{"global", RT_SCOPE_UNIVERSE}, {"site", RT_SCOPE_SITE},
		{"link", RT_SCOPE_LINK},       {"host", RT_SCOPE_HOST},
		{"nowhere", RT_SCOPE_NOWHERE},
	};

	if (!name)
		return RT_SCOPE_UNIVERSE;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		if (strcmp(scopes[i].name, name) == 0)
			return scopes[i].number;
	}
	return (uint8_t)strtoul(name, NULL, 0);
}

static uint32_t flags_of(const struct vip_conf *vip, bool six)
{
	uint32_t flags = 0;

	flags |= vip->noprefixroute ? IFA_F_NOPREFIXROUTE : 0;
	flags |= vip->autojoin ? IFA_F_MCAUTOJOIN : 0;
	if (six) {
		flags |= IFA_F_NODAD;
		flags |= vip->home ? IFA_F_HOMEADDRESS : 0;
		flags |= vip->mngtmpaddr ? IFA_F_MANAGETEMPADDR : 0;
	}
	return flags;
}

static void set_broadcast(struct rtnl_address *a, const struct vip_conf *vip)
{
	if (vip->broadcast.len) {
		memcpy(a->broadcast, rtnl_addr_bytes(&vip->broadcast), 4);
		a->has_broadcast = true;
	} else if (vip->broadcast_auto && vip->prefix_len < 31) {
		memcpy(a->broadcast, a->local, 4);
		for (unsigned bit = vip->prefix_len; bit < 32; bit++)
			a->broadcast[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		a->has_broadcast = true;
	}
}

void vip_message_from_conf(struct rtnl_address *a, const struct vip_conf *vip, int ifindex)
{
	bool six = vip->address.sa.sa_family == AF_INET6;
	size_t len = six ? 16 : 4;

	memset(a, 0, sizeof(*a));
	a->ifindex = ifindex;
	a->family = six ? AF_INET6 : AF_INET;
	a->prefix_len = (uint8_t)vip->prefix_len;
	a->scope = scope_number(vip->scope);
	a->flags = flags_of(vip, six);
	memcpy(a->local, rtnl_addr_bytes(&vip->address), len);
	if (vip->peer.len) {
		memcpy(a->peer, rtnl_addr_bytes(&vip->peer), len);
		a->has_peer = true;
	}
	if (!six)
		set_broadcast(a, vip);
	if (vip->label)
		strncpy(a->label, vip->label, sizeof(a->label) - 1);
	if (vip->preferred_lft_s >= 0) {
		a->has_lifetime = true;
		a->preferred_s = (uint32_t)vip->preferred_lft_s;
		a->valid_s = UINT32_MAX; /* forever */
	}
}
