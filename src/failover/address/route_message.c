/*
 * Routes and rules as netlink messages. See route_message.h. What a deletion must match is in it,
 * nothing more: metrics and several nexthops are left out there.
 */
#include "failover/address/route_message.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

static void put_u32(struct rtnl_message *m, size_t head, uint16_t type, uint32_t value)
{
	rtnl_message_put(m, head, type, &value, sizeof(value));
}

static void put_u8(struct rtnl_message *m, size_t head, uint16_t type, uint8_t value)
{
	rtnl_message_put(m, head, type, &value, sizeof(value));
}

static void put_text(struct rtnl_message *m, size_t head, uint16_t type, const char *text)
{
	if (text)
		rtnl_message_put(m, head, type, text, strlen(text) + 1);
}

static void put_address(struct rtnl_message *m, size_t head, uint16_t type, const struct addr *a)
{
	if (a->len)
		rtnl_message_put(m, head, type, rtnl_addr_bytes(a),
				 a->sa.sa_family == AF_INET6 ? 16 : 4);
}

/* A gateway of the other family has an attribute of its own. */
static void put_gateway(struct rtnl_message *m, size_t head, int family, const struct addr *a)
{
	struct {
		uint16_t family;
		uint8_t bytes[16];
	} via = {.family = a->sa.sa_family};
	size_t len = a->sa.sa_family == AF_INET6 ? 16 : 4;

	if (a->len == 0)
		return;
	if (a->sa.sa_family == family) {
		put_address(m, head, RTA_GATEWAY, a);
		return;
	}
	memcpy(via.bytes, rtnl_addr_bytes(a), len);
	rtnl_message_put(m, head, RTA_VIA, &via, sizeof(via.family) + len);
}

/* ---- routes ---- */

static void put_metrics(struct rtnl_message *m, size_t head, const struct route_conf *r)
{
	size_t at;

	if (!r->metrics_set)
		return;
	at = rtnl_message_nest(m, head, RTA_METRICS);
	if (r->metrics_locked)
		put_u32(m, head, RTAX_LOCK, r->metrics_locked);
	for (uint16_t i = 1; i < ROUTE_METRICS_N; i++)
		if (r->metrics_set & (1u << i) && i != RTAX_CC_ALGO)
			put_u32(m, head, i, r->metrics[i]);
	put_text(m, head, RTAX_CC_ALGO, r->congctl);
	rtnl_message_unnest(m, at);
}

static bool put_hops(struct rtnl_message *m, size_t head, const struct route_conf *r,
		     route_ifindex_fn *ifindex, const void *ctx)
{
	size_t all = rtnl_message_nest(m, head, RTA_MULTIPATH);

	for (const struct hop_conf *h = r->hops; h; h = h->next) {
		struct rtnexthop *hop;
		size_t at = m->len;
		int index = h->dev ? ifindex(ctx, h->dev) : 0;

		if (h->dev && index == 0)
			return false;
		hop = rtnl_message_extend(m, head, sizeof(*hop));
		if (!hop)
			return false;
		hop->rtnh_ifindex = index;
		hop->rtnh_hops = (uint8_t)(h->weight - 1);
		hop->rtnh_flags = h->onlink ? RTNH_F_ONLINK : 0;
		put_gateway(m, head, r->family, &h->via);
		if (h->realms)
			put_u32(m, head, RTA_FLOW, h->realms);
		if (!m->full) {
			hop = (struct rtnexthop *)(void *)(m->buf + at);
			hop->rtnh_len = (uint16_t)(m->len - at);
		}
	}
	rtnl_message_unnest(m, all);
	return true;
}

static bool has_no_way(const struct route_conf *r)
{
	return r->type == RTN_BLACKHOLE || r->type == RTN_UNREACHABLE || r->type == RTN_PROHIBIT ||
	       r->type == RTN_THROW;
}

static void put_options(struct rtnl_message *m, size_t head, const struct route_conf *r)
{
	put_address(m, head, RTA_PREFSRC, &r->src);
	if (r->realms)
		put_u32(m, head, RTA_FLOW, r->realms);
	if (r->expires_s)
		put_u32(m, head, RTA_EXPIRES, r->expires_s);
	if (r->pref >= 0)
		put_u8(m, head, RTA_PREF, (uint8_t)r->pref);
	if (r->ttl_propagate >= 0)
		put_u8(m, head, RTA_TTL_PROPAGATE, (uint8_t)r->ttl_propagate);
	put_metrics(m, head, r);
}

bool route_message_put(struct rtnl_message *m, uint16_t type, const struct route_conf *r,
		       const char *dev, route_ifindex_fn *ifindex, const void *ctx)
{
	const char *name = r->dev || r->via.len || r->hops || has_no_way(r) ? r->dev : dev;
	uint16_t how = NLM_F_CREATE | (r->append ? NLM_F_APPEND : 0);
	int index = name ? ifindex(ctx, name) : 0;
	bool adds = type == RTM_NEWROUTE, fits = true;
	size_t head = rtnl_message_begin(m, type, NLM_F_ACK | (adds ? how : 0), m->n);
	struct rtmsg *rtm = rtnl_message_extend(m, head, sizeof(*rtm));

	if (rtm) {
		rtm->rtm_family = (uint8_t)r->family;
		rtm->rtm_dst_len = (uint8_t)r->to_len;
		rtm->rtm_src_len = (uint8_t)r->from_len;
		rtm->rtm_tos = r->tos;
		rtm->rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
		rtm->rtm_protocol = r->protocol;
		rtm->rtm_scope = r->scope;
		rtm->rtm_type = r->type;
		rtm->rtm_flags = r->onlink ? RTNH_F_ONLINK : 0;
	}
	put_u32(m, head, RTA_TABLE, r->table);
	put_address(m, head, RTA_DST, &r->to);
	put_address(m, head, RTA_SRC, &r->from);
	if (r->metric)
		put_u32(m, head, RTA_PRIORITY, r->metric);
	put_gateway(m, head, r->family, &r->via);
	if (index)
		put_u32(m, head, RTA_OIF, (uint32_t)index);
	if (adds)
		put_options(m, head, r);
	if (adds && r->hops)
		fits = put_hops(m, head, r, ifindex, ctx);
	if ((name && index == 0) || !fits)
		m->full = true;
	fits = rtnl_message_finish(m, head);
	m->full = false;
	return fits;
}

/* ---- rules ---- */

static void put_range(struct rtnl_message *m, size_t head, uint16_t type, uint16_t first,
		      uint16_t last)
{
	struct fib_rule_port_range range = {first, last};

	if (first)
		rtnl_message_put(m, head, type, &range, sizeof(range));
}

static void put_selectors(struct rtnl_message *m, size_t head, const struct rule_conf *r)
{
	struct fib_rule_uid_range uids = {r->uid_first, r->uid_last};
	uint64_t tun_id = __builtin_bswap64(r->tun_id);

	put_address(m, head, FRA_SRC, &r->from);
	put_address(m, head, FRA_DST, &r->to);
	put_text(m, head, FRA_IIFNAME, r->iif);
	put_text(m, head, FRA_OIFNAME, r->oif);
	if (r->mark_set) {
		put_u32(m, head, FRA_FWMARK, r->mark);
		put_u32(m, head, FRA_FWMASK, r->mask);
	}
	if (r->tun_id)
		rtnl_message_put(m, head, FRA_TUN_ID, &tun_id, sizeof(tun_id));
	if (r->l3mdev)
		put_u8(m, head, FRA_L3MDEV, 1);
	if (r->uid_set)
		rtnl_message_put(m, head, FRA_UID_RANGE, &uids, sizeof(uids));
	if (r->ip_proto)
		put_u8(m, head, FRA_IP_PROTO, r->ip_proto);
	put_range(m, head, FRA_SPORT_RANGE, r->sport_first, r->sport_last);
	put_range(m, head, FRA_DPORT_RANGE, r->dport_first, r->dport_last);
}

bool rule_message_put(struct rtnl_message *m, uint16_t type, const struct rule_conf *r)
{
	uint16_t how = type == RTM_NEWRULE ? NLM_F_CREATE | NLM_F_EXCL : 0;
	size_t head = rtnl_message_begin(m, type, (uint16_t)(NLM_F_ACK | how), m->n);
	struct fib_rule_hdr *h = rtnl_message_extend(m, head, sizeof(*h));
	bool fits;

	if (h) {
		h->family = (uint8_t)r->family;
		h->dst_len = (uint8_t)r->to_len;
		h->src_len = (uint8_t)r->from_len;
		h->tos = r->tos;
		h->table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
		h->action = r->action;
		h->flags = r->invert ? FIB_RULE_INVERT : 0;
	}
	put_u32(m, head, FRA_PRIORITY, r->priority);
	put_u8(m, head, FRA_PROTOCOL, r->protocol);
	if (r->table)
		put_u32(m, head, FRA_TABLE, r->table);
	put_selectors(m, head, r);
	if (r->action == FR_ACT_GOTO)
		put_u32(m, head, FRA_GOTO, r->go_to);
	if (r->realms)
		put_u32(m, head, FRA_FLOW, r->realms);
	if (r->suppress_prefix_len >= 0)
		put_u32(m, head, FRA_SUPPRESS_PREFIXLEN, (uint32_t)r->suppress_prefix_len);
	if (r->suppress_ifgroup >= 0)
		put_u32(m, head, FRA_SUPPRESS_IFGROUP, (uint32_t)r->suppress_ifgroup);
	fits = rtnl_message_finish(m, head);
	m->full = false;
	return fits;
}

/* ---- knowing them again ---- */

static uint32_t u32_of(const struct nlmsghdr *h, size_t fixed_len, uint16_t type, uint32_t missing)
{
	const struct rtattr *rta =
		(const void *)((const char *)NLMSG_DATA(h) + NLMSG_ALIGN(fixed_len));
	int left = (int)h->nlmsg_len - (int)NLMSG_SPACE(fixed_len);
	uint32_t n = missing;

	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		if (rta->rta_type == type && RTA_PAYLOAD(rta) >= sizeof(n))
			memcpy(&n, RTA_DATA(rta), sizeof(n));
	return n;
}

static const void *dst_of(const struct nlmsghdr *h, uint16_t type, size_t len)
{
	const struct rtattr *rta =
		(const void *)((const char *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(struct rtmsg)));
	int left = (int)h->nlmsg_len - (int)NLMSG_SPACE(sizeof(struct rtmsg));
	static const uint8_t none[16];

	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		if (rta->rta_type == type && RTA_PAYLOAD(rta) == len)
			return RTA_DATA(rta);
	return none;
}

static bool concerns_route(const struct nlmsghdr *told, const struct nlmsghdr *ours)
{
	const struct rtmsg *a = NLMSG_DATA(told), *b = NLMSG_DATA(ours);
	/* IPv6 writes 1024 where no metric was given. */
	uint32_t metric = b->rtm_family == AF_INET6 ? 1024 : 0;
	size_t len = rtnl_address_len(b->rtm_family);

	return a->rtm_family == b->rtm_family && a->rtm_dst_len == b->rtm_dst_len &&
	       a->rtm_tos == b->rtm_tos && a->rtm_protocol == b->rtm_protocol &&
	       u32_of(told, sizeof(*a), RTA_TABLE, a->rtm_table) ==
		       u32_of(ours, sizeof(*b), RTA_TABLE, b->rtm_table) &&
	       u32_of(told, sizeof(*a), RTA_PRIORITY, metric) ==
		       u32_of(ours, sizeof(*b), RTA_PRIORITY, metric) &&
	       memcmp(dst_of(told, RTA_DST, len), dst_of(ours, RTA_DST, len), len) == 0;
}

static bool concerns_rule(const struct nlmsghdr *told, const struct nlmsghdr *ours)
{
	const struct fib_rule_hdr *a = NLMSG_DATA(told), *b = NLMSG_DATA(ours);

	return a->family == b->family && a->action == b->action && a->src_len == b->src_len &&
	       a->dst_len == b->dst_len &&
	       u32_of(told, sizeof(*a), FRA_PRIORITY, 0) ==
		       u32_of(ours, sizeof(*b), FRA_PRIORITY, 0);
}

bool route_message_concerns(const struct nlmsghdr *told, const struct nlmsghdr *ours)
{
	bool route = ours->nlmsg_type == RTM_NEWROUTE || ours->nlmsg_type == RTM_DELROUTE;

	if (told->nlmsg_type != (route ? RTM_DELROUTE : RTM_DELRULE) ||
	    told->nlmsg_len <
		    NLMSG_SPACE(route ? sizeof(struct rtmsg) : sizeof(struct fib_rule_hdr)))
		return false;
	return route ? concerns_route(told, ours) : concerns_rule(told, ours);
}
