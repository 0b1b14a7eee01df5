/*
 * rtnetlink messages. See rtnl_message.h.
 */
#include "failover/address/rtnl_message.h"

#include <linux/rtnetlink.h>
#include <string.h>

void rtnl_message_init(struct rtnl_message *m, void *buf, size_t cap)
{
	*m = (struct rtnl_message){.buf = buf, .cap = cap};
}

void *rtnl_message_extend(struct rtnl_message *m, size_t head, size_t len)
{
	size_t padded = NLMSG_ALIGN(len);
	void *at = m->buf + m->len;

	if (m->full || m->cap - m->len < padded) {
		m->full = true;
		return NULL;
	}
	memset(at, 0, padded);
	m->len += padded;
	((struct nlmsghdr *)(void *)(m->buf + head))->nlmsg_len = (uint32_t)(m->len - head);
	return at;
}

size_t rtnl_message_begin(struct rtnl_message *m, uint16_t type, uint16_t flags, uint32_t seq)
{
	size_t head = m->len;
	struct nlmsghdr *h;

	if (m->cap - m->len < NLMSG_HDRLEN) {
		m->full = true;
		return head;
	}
	h = rtnl_message_extend(m, head, NLMSG_HDRLEN);
	if (h) {
		h->nlmsg_type = type;
		h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
		h->nlmsg_seq = seq;
	}
	return head;
}

bool rtnl_message_finish(struct rtnl_message *m, size_t head)
{
	if (m->full)
		m->len = head;
	else
		m->n++;
	return !m->full;
}

void rtnl_message_put(struct rtnl_message *m, size_t head, uint16_t type, const void *data,
		      size_t len)
{
	struct rtattr *rta = rtnl_message_extend(m, head, RTA_LENGTH(len));

	if (!rta)
		return;
	rta->rta_type = type;
	rta->rta_len = (uint16_t)RTA_LENGTH(len);
	if (len > 0)
		memcpy(RTA_DATA(rta), data, len);
}

size_t rtnl_message_nest(struct rtnl_message *m, size_t head, uint16_t type)
{
	size_t at = m->len;

	rtnl_message_put(m, head, type, NULL, 0);
	return at;
}

void rtnl_message_unnest(struct rtnl_message *m, size_t at)
{
	if (!m->full)
		((struct rtattr *)(void *)(m->buf + at))->rta_len = (uint16_t)(m->len - at);
}

bool rtnl_message_put_address(struct rtnl_message *m, uint16_t type, uint16_t nl_flags,
			      uint32_t seq, const struct rtnl_address *a)
{
	size_t head = rtnl_message_begin(m, type, nl_flags, seq), len = rtnl_address_len(a->family);
	struct ifaddrmsg *ifa = rtnl_message_extend(m, head, sizeof(*ifa));

	if (ifa) {
		ifa->ifa_family = a->family;
		ifa->ifa_prefixlen = a->prefix_len;
		ifa->ifa_flags = (uint8_t)a->flags;
		ifa->ifa_scope = a->scope;
		ifa->ifa_index = (uint32_t)a->ifindex;
	}
	rtnl_message_put(m, head, IFA_LOCAL, a->local, len);
	rtnl_message_put(m, head, IFA_ADDRESS, a->has_peer ? a->peer : a->local, len);
	if (type == RTM_NEWADDR) {
		struct ifa_cacheinfo life = {.ifa_prefered = a->preferred_s,
					     .ifa_valid = a->valid_s};

		if (a->has_broadcast)
			rtnl_message_put(m, head, IFA_BROADCAST, a->broadcast, len);
		if (a->label[0])
			rtnl_message_put(m, head, IFA_LABEL, a->label,
					 strnlen(a->label, IFNAMSIZ - 1) + 1);
		if (a->flags)
			rtnl_message_put(m, head, IFA_FLAGS, &a->flags, sizeof(a->flags));
		if (a->has_lifetime)
			rtnl_message_put(m, head, IFA_CACHEINFO, &life, sizeof(life));
	}
	return rtnl_message_finish(m, head);
}

bool rtnl_message_put_dump(struct rtnl_message *m, uint16_t type, uint32_t seq)
{
	size_t head = rtnl_message_begin(m, type, NLM_F_DUMP, seq);

	if (type == RTM_GETLINK)
		rtnl_message_extend(m, head, sizeof(struct ifinfomsg));
	else
		rtnl_message_extend(m, head, sizeof(struct ifaddrmsg));
	return rtnl_message_finish(m, head);
}

static void take_address_attr(struct rtnl_address *a, const struct rtattr *rta)
{
	size_t len = RTA_PAYLOAD(rta), want = rtnl_address_len(a->family);
	const void *data = RTA_DATA(rta);
	struct ifa_cacheinfo life;

	if (rta->rta_type == IFA_LOCAL && len == want) {
		memcpy(a->local, data, len);
	} else if (rta->rta_type == IFA_ADDRESS && len == want) {
		memcpy(a->peer, data, len);
		a->has_peer = true;
	} else if (rta->rta_type == IFA_BROADCAST && len == want) {
		memcpy(a->broadcast, data, len);
		a->has_broadcast = true;
	} else if (rta->rta_type == IFA_LABEL && len > 0 && len <= IFNAMSIZ) {
		memcpy(a->label, data, len);
		a->label[IFNAMSIZ - 1] = '\0';
	} else if (rta->rta_type == IFA_FLAGS && len == sizeof(a->flags)) {
		memcpy(&a->flags, data, len);
	} else if (rta->rta_type == IFA_CACHEINFO && len >= sizeof(life)) {
		memcpy(&life, data, sizeof(life));
		a->has_lifetime = true;
		a->preferred_s = life.ifa_prefered;
		a->valid_s = life.ifa_valid;
	}
}

bool rtnl_read_address(const struct nlmsghdr *h, struct rtnl_address *a)
{
	static const uint8_t none[16];
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	const struct rtattr *rta;
	size_t len;
	int left; /* signed: the last attribute may lack its padding */

	memset(a, 0, sizeof(*a));
	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*ifa)))
		return false;
	if (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6)
		return false;
	a->ifindex = (int)ifa->ifa_index;
	a->family = ifa->ifa_family;
	a->prefix_len = ifa->ifa_prefixlen;
	a->scope = ifa->ifa_scope;
	a->flags = ifa->ifa_flags;
	len = rtnl_address_len(a->family);
	left = (int)IFA_PAYLOAD(h);
	for (rta = IFA_RTA(ifa); RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		take_address_attr(a, rta);
	/* Without a peer the kernel says it all in IFA_ADDRESS (IPv6), or both are the same. */
	if (!a->has_peer && memcmp(a->local, none, len) == 0)
		return false;
	if (memcmp(a->local, none, len) == 0)
		memcpy(a->local, a->peer, len);
	if (a->has_peer && memcmp(a->local, a->peer, len) == 0) {
		a->has_peer = false;
		memset(a->peer, 0, sizeof(a->peer));
	}
	return true;
}

bool rtnl_read_link(const struct nlmsghdr *h, struct rtnl_link *l)
{
	const struct ifinfomsg *info = NLMSG_DATA(h);
	const struct rtattr *rta;
	int left; /* signed: the last attribute may lack its padding */

	memset(l, 0, sizeof(*l));
	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return false;
	l->ifindex = info->ifi_index;
	l->flags = info->ifi_flags;
	l->kind = info->ifi_type;
	left = (int)IFLA_PAYLOAD(h);
	for (rta = IFLA_RTA(info); RTA_OK(rta, left); rta = RTA_NEXT(rta, left)) {
		size_t len = RTA_PAYLOAD(rta);

		if (rta->rta_type == IFLA_IFNAME && len > 0 && len <= IFNAMSIZ) {
			memcpy(l->name, RTA_DATA(rta), len);
			l->name[IFNAMSIZ - 1] = '\0';
		} else if (rta->rta_type == IFLA_ADDRESS && len <= sizeof(l->mac)) {
			memcpy(l->mac, RTA_DATA(rta), len);
			l->mac_len = (unsigned)len;
		} else if (rta->rta_type == IFLA_MTU && len == sizeof(l->mtu)) {
			memcpy(&l->mtu, RTA_DATA(rta), len);
		}
	}
	return l->ifindex > 0 && l->name[0];
}

bool rtnl_address_eq(const struct rtnl_address *a, const struct rtnl_address *b, bool whole)
{
	if (a->family != b->family || memcmp(a->local, b->local, rtnl_address_len(a->family)))
		return false;
	return !whole || (a->ifindex == b->ifindex && a->prefix_len == b->prefix_len);
}

void rtnl_address_to_addr(const struct rtnl_address *a, struct addr *out)
{
	memset(out, 0, sizeof(*out));
	out->sa.sa_family = a->family;
	if (a->family == AF_INET6) {
		out->len = sizeof(out->in6);
		memcpy(&out->in6.sin6_addr, a->local, 16);
		if (IN6_IS_ADDR_LINKLOCAL(&out->in6.sin6_addr))
			out->in6.sin6_scope_id = (uint32_t)a->ifindex;
	} else {
		out->len = sizeof(out->in4);
		memcpy(&out->in4.sin_addr, a->local, 4);
	}
}

const uint8_t *rtnl_addr_bytes(const struct addr *a)
{
	if (a->sa.sa_family == AF_INET6)
		return (const uint8_t *)&a->in6.sin6_addr;
	return (const uint8_t *)&a->in4.sin_addr;
}
