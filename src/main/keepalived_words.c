/*
 * keepalived's words. See keepalived_words.h. Their order is that of keepalived 2.2.7, seen in what
 * it writes for configurations with all of them.
 */
#include "main/keepalived_words.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "core/base/text.h"

static unsigned whole_len(const struct addr *a)
{
	return a->sa.sa_family == AF_INET6 ? 128 : 32;
}

static void address(struct text *out, const char *before, const struct addr *a)
{
	char buf[ADDR_TEXT_MAX];

	if (a->len)
		text_fmt(out, "%s%s", before, addr_host_text(a, buf));
}

static void net(struct text *out, const char *before, const struct addr *a, unsigned len)
{
	address(out, before, a);
	if (a->len && len < whole_len(a))
		text_fmt(out, "/%u", len);
}

static void broadcast(struct text *out, const struct vip_conf *vip)
{
	struct addr all = vip->address;

	address(out, " brd ", &vip->broadcast);
	if (vip->broadcast.len || !vip->broadcast_auto || vip->address.sa.sa_family != AF_INET)
		return;
	if (vip->prefix_len < 32)
		all.in4.sin_addr.s_addr |= htonl(UINT32_MAX >> vip->prefix_len);
	address(out, " brd ", &all);
}

void keepalived_words_vip(char buf[static KEEPALIVED_WORDS_MAX], const struct vrrp_instance_conf *i,
			  const struct vip_conf *vip, bool set)
{
	const char *dev = vip->dev ? vip->dev : i ? i->interface : "";
	bool is_v6 = vip->address.sa.sa_family == AF_INET6;
	struct text words, *out = &words;

	text_init(out, buf, KEEPALIVED_WORDS_MAX);
	if (vip->peer.len)
		address(out, "", &vip->address);
	else
		net(out, "", &vip->address, vip->prefix_len);
	broadcast(out, vip);
	text_fmt(out, " dev %s", dev);
	if (i && i->vmac && strcmp(dev, i->vmac) == 0)
		text_fmt(out, "@%s", i->interface);
	text_fmt(out, " scope %s", vip->scope ? vip->scope : "global");
	if (vip->label)
		text_fmt(out, " label %s", vip->label);
	text_fmt(out, "%s%s%s%s", vip->home ? " home" : "", vip->mngtmpaddr ? " mngtmpaddr" : "",
		 vip->noprefixroute ? " noprefixroute" : "", vip->autojoin ? " autojoin" : "");
	if (vip->peer.len) {
		address(out, " peer ", &vip->peer);
		text_fmt(out, "/%u", vip->prefix_len);
	}
	if (is_v6 && vip->preferred_lft_s < 0)
		text_str(out, " preferred_lft forever");
	else if (is_v6 && vip->preferred_lft_s == 0)
		text_str(out, " deprecated");
	else if (is_v6)
		text_fmt(out, " preferred_lft %lld", (long long)vip->preferred_lft_s);
	text_fmt(out, "%s%s%s", vip->no_track ? " no_track" : "", set ? " set" : "",
		 set && i && !i->accept && i->priority < 255 ? " nftable_set" : "");
}

static const char *route_type(unsigned type)
{
	static const char *const words[] = {
		[RTN_LOCAL] = "local ",		[RTN_BROADCAST] = "broadcast ",
		[RTN_ANYCAST] = "anycast ",	[RTN_MULTICAST] = "multicast ",
		[RTN_BLACKHOLE] = "blackhole ", [RTN_UNREACHABLE] = "unreachable ",
		[RTN_PROHIBIT] = "prohibit ",	[RTN_THROW] = "throw ",
	};

	return type < sizeof(words) / sizeof(words[0]) && words[type] ? words[type] : "";
}

static void via(struct text *out, const struct addr *a)
{
	address(out, a->sa.sa_family == AF_INET6 ? " via inet6 " : " via inet ", a);
}

void keepalived_words_route(char buf[static KEEPALIVED_WORDS_MAX], const struct route_conf *r)
{
	bool plain = r->type == RTN_UNICAST;
	struct text words, *out = &words;

	text_init(out, buf, KEEPALIVED_WORDS_MAX);
	text_fmt(out, "%s %s",
		 r->append ? "append"
		 : plain   ? "prepend"
			   : "add",
		 route_type(r->type));
	if (r->to.len)
		net(out, "", &r->to, r->to_len);
	else
		text_str(out, r->family == AF_INET6 ? "::/0" : "0.0.0.0/0");
	net(out, " from ", &r->from, r->from_len);
	address(out, " src ", &r->src);
	via(out, &r->via);
	if (r->dev)
		text_fmt(out, " dev %s", r->dev);
	if (r->table && r->table != RT_TABLE_MAIN)
		text_fmt(out, " table %u", r->table);
	text_fmt(out, " proto %u", r->protocol);
	if (plain && (r->scope == RT_SCOPE_HOST || (r->scope == RT_SCOPE_LINK && r->via.len)))
		text_fmt(out, " scope %u", r->scope);
	if (r->metric)
		text_fmt(out, " metric %u", r->metric);
	if (r->metrics_set & 1u << RTAX_MTU)
		text_fmt(out, " mtu %u", r->metrics[RTAX_MTU]);
	for (const struct hop_conf *h = r->hops; h; h = h->next) {
		text_str(out, " nexthop");
		via(out, &h->via);
		if (h->dev)
			text_fmt(out, " dev %s", h->dev);
		if (h->weight > 1)
			text_fmt(out, " weight %u", h->weight);
		text_str(out, h->onlink ? " onlink" : "");
	}
	text_str(out, r->no_track || !r->dev ? " no_track" : "");
}

void keepalived_words_rule(char buf[static KEEPALIVED_WORDS_MAX], const struct rule_conf *r)
{
	struct text words, *out = &words;

	text_init(out, buf, KEEPALIVED_WORDS_MAX);
	text_str(out, r->invert ? "not from " : "from ");
	if (r->from.len)
		net(out, "", &r->from, r->from_len);
	else
		text_str(out, "all");
	net(out, " to ", &r->to, r->to_len);
	if (r->priority)
		text_fmt(out, " priority %u", r->priority);
	text_fmt(out, " tos 0x%x", r->tos);
	if (r->mark_set)
		text_fmt(out, " fwmark 0x%x/0x%x", r->mark, r->mask);
	if (r->iif)
		text_fmt(out, " iif %s", r->iif);
	if (r->oif)
		text_fmt(out, " oif %s", r->oif);
	if (!r->no_track)
		text_fmt(out, " protocol %u", r->protocol);
	if (r->action == FR_ACT_TO_TBL)
		text_fmt(out, " lookup %u", r->table);
	else if (r->action == FR_ACT_GOTO)
		text_fmt(out, " goto %u", r->go_to);
	else
		text_fmt(out, " type %s",
			 r->action == FR_ACT_BLACKHOLE	   ? "blackhole"
			 : r->action == FR_ACT_UNREACHABLE ? "unreachable"
			 : r->action == FR_ACT_PROHIBIT	   ? "prohibit"
							   : "nop");
	text_str(out, r->no_track ? " no_track" : "");
}

void keepalived_words_script(char buf[static KEEPALIVED_WORDS_MAX],
			     const struct script_conf *script)
{
	struct text words, *out = &words;

	text_init(out, buf, KEEPALIVED_WORDS_MAX);
	for (const char *const *arg = script->argv; arg && *arg; arg++)
		text_fmt(out, "%s'%s'", arg == script->argv ? "" : " ", *arg);
}
