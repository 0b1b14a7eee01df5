/*
 * nf_tables messages. See wall_message.h. All numbers in them are big-endian.
 */
#include "failover/address/wall_message.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

enum { /* as `nft` numbers the types of keys, so that it can show them */
       TYPE_IPV4 = 7,
       TYPE_IPV6 = 8,
       TYPE_IFNAME = 41,
       ELEMENTS_AT_ONCE = 64,
       PROTOCOL_IGMP = 2,
       PROTOCOL_ICMP6 = 58,
       ICMP6_MLD_FIRST = 130, /* query, report, done */
       ICMP6_MLD_LAST = 132,
       ICMP6_MLD2_REPORT = 143,
       ICMP6_ROUTER_SOLICIT = 133,
       ICMP6_ND_FIRST = 133, /* router and neighbour solicitations, advertisements, redirect */
       ICMP6_ND_LAST = 137,
};

static const struct set {
	const char *name;
	uint32_t id, type, key_len;
} closed4 = {"closed4", 1, TYPE_IPV4, 4}, closed6 = {"closed6", 2, TYPE_IPV6, 16},
  vmacs = {"vmacs", 3, TYPE_IFNAME, 16};

struct draft { /* one message being written */
	struct rtnl_message *m;
	size_t head;
	size_t expressions, element; /* open nests of a rule */
};

/* ---- pieces ---- */

void wall_message_batch(struct rtnl_message *m, bool begins)
{
	size_t head = rtnl_message_begin(m, begins ? NFNL_MSG_BATCH_BEGIN : NFNL_MSG_BATCH_END, 0,
					 UINT32_MAX);
	struct nfgenmsg *g = rtnl_message_extend(m, head, sizeof(*g));

	if (g)
		g->res_id = htons(NFNL_SUBSYS_NFTABLES);
	if (rtnl_message_finish(m, head))
		m->n--; /* is not answered */
}

static struct draft begin(struct rtnl_message *m, int type, int flags)
{
	struct draft d = {.m = m};
	struct nfgenmsg *g;

	d.head = rtnl_message_begin(m, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
				    (uint16_t)(NLM_F_ACK | flags), m->n);
	g = rtnl_message_extend(m, d.head, sizeof(*g));
	if (g)
		g->nfgen_family = NFPROTO_INET;
	return d;
}

static void end(struct draft *d)
{
	rtnl_message_finish(d->m, d->head);
}

static void put_text(struct draft *d, uint16_t type, const char *text)
{
	rtnl_message_put(d->m, d->head, type, text, strlen(text) + 1);
}

static void put_number(struct draft *d, uint16_t type, uint32_t n)
{
	n = htonl(n);
	rtnl_message_put(d->m, d->head, type, &n, sizeof(n));
}

static size_t nest(struct draft *d, uint16_t type)
{
	return rtnl_message_nest(d->m, d->head, type | NLA_F_NESTED);
}

static void unnest(struct draft *d, size_t at)
{
	rtnl_message_unnest(d->m, at);
}

/* ---- tables, chains, sets ---- */

static void put_table(struct rtnl_message *m, const char *name, int type, int flags)
{
	struct draft d = begin(m, type, flags);

	put_text(&d, NFTA_TABLE_NAME, name);
	end(&d);
}

static void put_chain(struct rtnl_message *m, const struct wall_plan *plan, const char *name,
		      uint32_t hook)
{
	struct draft d = begin(m, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	size_t at;

	put_text(&d, NFTA_CHAIN_TABLE, plan->table);
	put_text(&d, NFTA_CHAIN_NAME, name);
	at = nest(&d, NFTA_CHAIN_HOOK);
	put_number(&d, NFTA_HOOK_HOOKNUM, hook);
	put_number(&d, NFTA_HOOK_PRIORITY, (uint32_t)plan->priority);
	unnest(&d, at);
	put_number(&d, NFTA_CHAIN_POLICY, NF_ACCEPT);
	put_text(&d, NFTA_CHAIN_TYPE, "filter");
	end(&d);
}

static void put_set(struct rtnl_message *m, const struct wall_plan *plan, const struct set *set)
{
	struct draft d = begin(m, NFT_MSG_NEWSET, NLM_F_CREATE);

	put_text(&d, NFTA_SET_TABLE, plan->table);
	put_text(&d, NFTA_SET_NAME, set->name);
	put_number(&d, NFTA_SET_KEY_TYPE, set->type);
	put_number(&d, NFTA_SET_KEY_LEN, set->key_len);
	put_number(&d, NFTA_SET_ID, set->id);
	end(&d);
}

/* The n-th key of a set, or false behind the last. */
static bool key_of(const struct wall_plan *plan, const struct set *set, size_t *n, uint8_t key[16])
{
	memset(key, 0, 16);
	if (set == &vmacs) {
		if (*n >= plan->n_vmacs)
			return false;
		memcpy(key, plan->vmacs[*n], strnlen(plan->vmacs[*n], 15));
		(*n)++;
		return true;
	}
	for (; *n < plan->n_closed; (*n)++) {
		const struct addr *a = &plan->closed[*n];
		size_t len = a->sa.sa_family == AF_INET6 ? 16 : 4;

		if (len != set->key_len)
			continue;
		memcpy(key, rtnl_addr_bytes(a), len);
		(*n)++;
		return true;
	}
	return false;
}

/* As many as one message takes; false when there are none left. */
static bool put_elements(struct rtnl_message *m, const struct wall_plan *plan,
			 const struct set *set, size_t *n)
{
	uint8_t key[16];
	struct draft d;
	size_t list;

	if (!key_of(plan, set, n, key))
		return false;
	d = begin(m, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	put_text(&d, NFTA_SET_ELEM_LIST_TABLE, plan->table);
	put_text(&d, NFTA_SET_ELEM_LIST_SET, set->name);
	put_number(&d, NFTA_SET_ELEM_LIST_SET_ID, set->id);
	list = nest(&d, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (int i = 1;; i++) {
		size_t element = nest(&d, NFTA_LIST_ELEM), data = nest(&d, NFTA_SET_ELEM_KEY);

		rtnl_message_put(m, d.head, NFTA_DATA_VALUE, key, set->key_len);
		unnest(&d, data);
		unnest(&d, element);
		if (i == ELEMENTS_AT_ONCE || !key_of(plan, set, n, key))
			break;
	}
	unnest(&d, list);
	end(&d);
	return true;
}

/* ---- rules ---- */

static struct draft begin_rule(struct rtnl_message *m, const struct wall_plan *plan,
			       const char *chain)
{
	struct draft d = begin(m, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	put_text(&d, NFTA_RULE_TABLE, plan->table);
	put_text(&d, NFTA_RULE_CHAIN, chain);
	d.expressions = nest(&d, NFTA_RULE_EXPRESSIONS);
	return d;
}

static size_t begin_expression(struct draft *d, const char *name)
{
	d->element = nest(d, NFTA_LIST_ELEM);
	put_text(d, NFTA_EXPR_NAME, name);
	return nest(d, NFTA_EXPR_DATA);
}

static void end_expression(struct draft *d, size_t data)
{
	unnest(d, data);
	unnest(d, d->element);
}

static void load_meta(struct draft *d, uint32_t key)
{
	size_t at = begin_expression(d, "meta");

	put_number(d, NFTA_META_KEY, key);
	put_number(d, NFTA_META_DREG, NFT_REG_1);
	end_expression(d, at);
}

static void load_payload(struct draft *d, uint32_t base, uint32_t offset, uint32_t len)
{
	size_t at = begin_expression(d, "payload");

	put_number(d, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_number(d, NFTA_PAYLOAD_BASE, base);
	put_number(d, NFTA_PAYLOAD_OFFSET, offset);
	put_number(d, NFTA_PAYLOAD_LEN, len);
	end_expression(d, at);
}

static void compare(struct draft *d, uint32_t op, uint8_t value)
{
	size_t at = begin_expression(d, "cmp"), data;

	put_number(d, NFTA_CMP_SREG, NFT_REG_1);
	put_number(d, NFTA_CMP_OP, op);
	data = nest(d, NFTA_CMP_DATA);
	rtnl_message_put(d->m, d->head, NFTA_DATA_VALUE, &value, sizeof(value));
	unnest(d, data);
	end_expression(d, at);
}

static void look_up(struct draft *d, const struct set *set)
{
	size_t at = begin_expression(d, "lookup");

	put_text(d, NFTA_LOOKUP_SET, set->name);
	put_number(d, NFTA_LOOKUP_SREG, NFT_REG_1);
	put_number(d, NFTA_LOOKUP_SET_ID, set->id);
	end_expression(d, at);
}

static void give_verdict(struct draft *d, uint32_t verdict)
{
	size_t at = begin_expression(d, "counter"), data, code;

	end_expression(d, at);
	at = begin_expression(d, "immediate");
	put_number(d, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nest(d, NFTA_IMMEDIATE_DATA);
	code = nest(d, NFTA_DATA_VERDICT);
	put_number(d, NFTA_VERDICT_CODE, verdict);
	unnest(d, code);
	unnest(d, data);
	end_expression(d, at);
	unnest(d, d->expressions);
	end(d);
}

/* icmpv6 type FIRST-LAST; on the interfaces of the set when it is not NULL */
static void put_icmp6_rule(struct rtnl_message *m, const struct wall_plan *plan, const char *chain,
			   const struct set *on, uint8_t first, uint8_t last, uint32_t verdict)
{
	struct draft d = begin_rule(m, plan, chain);

	if (on) {
		load_meta(&d, NFT_META_OIFNAME);
		look_up(&d, on);
	}
	load_meta(&d, NFT_META_NFPROTO);
	compare(&d, NFT_CMP_EQ, NFPROTO_IPV6);
	load_meta(&d, NFT_META_L4PROTO);
	compare(&d, NFT_CMP_EQ, PROTOCOL_ICMP6);
	load_payload(&d, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
	compare(&d, first == last ? NFT_CMP_EQ : NFT_CMP_GTE, first);
	if (first != last)
		compare(&d, NFT_CMP_LTE, last);
	give_verdict(&d, verdict);
}

static void put_igmp_rule(struct rtnl_message *m, const struct wall_plan *plan)
{
	struct draft d = begin_rule(m, plan, "out");

	load_meta(&d, NFT_META_OIFNAME);
	look_up(&d, &vmacs);
	load_meta(&d, NFT_META_L4PROTO);
	compare(&d, NFT_CMP_EQ, PROTOCOL_IGMP);
	give_verdict(&d, NF_DROP);
}

/* ip daddr @closed4 drop, and its three likes */
static void put_closed_rule(struct rtnl_message *m, const struct wall_plan *plan, const char *chain,
			    const struct set *set, uint32_t offset)
{
	struct draft d = begin_rule(m, plan, chain);

	load_meta(&d, NFT_META_NFPROTO);
	compare(&d, NFT_CMP_EQ, set == &closed6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
	load_payload(&d, NFT_PAYLOAD_NETWORK_HEADER, offset, set->key_len);
	look_up(&d, set);
	give_verdict(&d, NF_DROP);
}

static void put_rules(struct rtnl_message *m, const struct wall_plan *plan)
{
	put_igmp_rule(m, plan);
	put_icmp6_rule(m, plan, "out", &vmacs, ICMP6_MLD_FIRST, ICMP6_MLD_LAST, NF_DROP);
	put_icmp6_rule(m, plan, "out", &vmacs, ICMP6_MLD2_REPORT, ICMP6_MLD2_REPORT, NF_DROP);
	put_icmp6_rule(m, plan, "out", &vmacs, ICMP6_ROUTER_SOLICIT, ICMP6_ROUTER_SOLICIT, NF_DROP);
	put_icmp6_rule(m, plan, "in", NULL, ICMP6_ND_FIRST, ICMP6_ND_LAST, NF_ACCEPT);
	put_icmp6_rule(m, plan, "out", NULL, ICMP6_ND_FIRST, ICMP6_ND_LAST, NF_ACCEPT);
	/* where the addresses stand in the headers: destination for in, source for out */
	put_closed_rule(m, plan, "in", &closed4, 16);
	put_closed_rule(m, plan, "in", &closed6, 24);
	put_closed_rule(m, plan, "out", &closed4, 12);
	put_closed_rule(m, plan, "out", &closed6, 8);
}

size_t wall_message_len(const struct wall_plan *plan)
{
	return 8192 + 256 * (plan->n_closed / ELEMENTS_AT_ONCE + 3) +
	       48 * (plan->n_closed + plan->n_vmacs);
}

bool wall_message_build(struct rtnl_message *m, const struct wall_plan *plan)
{
	static const struct set *const sets[] = {&closed4, &closed6, &vmacs};

	wall_message_batch(m, true);
	put_table(m, plan->table, NFT_MSG_NEWTABLE, NLM_F_CREATE); /* so that there is one to go */
	put_table(m, plan->table, NFT_MSG_DELTABLE, 0);
	put_table(m, plan->table, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	put_chain(m, plan, "in", NF_INET_LOCAL_IN);
	put_chain(m, plan, "out", NF_INET_LOCAL_OUT);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		size_t n = 0;

		put_set(m, plan, sets[i]);
		while (!m->full && put_elements(m, plan, sets[i], &n))
			;
	}
	put_rules(m, plan);
	wall_message_batch(m, false);
	return !m->full && m->n <= WALL_MESSAGES_MAX;
}

bool wall_message_raze(struct rtnl_message *m, const char *table)
{
	put_table(m, table, NFT_MSG_DELTABLE, 0);
	return !m->full;
}
