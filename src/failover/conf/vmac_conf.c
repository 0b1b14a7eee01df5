/*
 * Rows of virtual MAC addresses: use_vmac, vmac_xmit_base, use_vmac_addr in a vrrp_instance, the
 * prefixes of interface names in global_defs; and, when all instances are known, which interfaces
 * they come to and which address goes on which. RFC 9568 7.3.
 */
#include <net/if.h>
#include <stdio.h>

#include "failover/conf/failover_build.h"

#define AT(member) offsetof(struct vrrp_instance_conf, member)

/* Six octets, or five that the VRID completes (then len is 5). */
static bool read_mac(const char *text, uint8_t mac[6], unsigned *len)
{
	unsigned o[6];
	char tail;
	int n = sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &o[0], &o[1], &o[2], &o[3], &o[4], &o[5],
		       &tail);

	if (n != 5 && n != 6)
		return false;
	for (int i = 0; i < n; i++)
		mac[i] = (uint8_t)o[i];
	*len = (unsigned)n;
	return (mac[0] & 1) == 0; /* no multicast */
}

/* [NAME] [MAC] */
static void read_use_vmac(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_instance_conf *inst = target;

	inst->use_vmac = true;
	for (unsigned i = 1; i < line->n_words; i++) {
		const char *word = line->words[i].text;

		if (read_mac(word, inst->vmac_mac, &inst->vmac_mac_len))
			continue;
		if (i == 1 && strlen(word) < IFNAMSIZ && !strchr(word, '/'))
			inst->vmac = word;
		else
			FAILOVER_WARN(ctx, line, i, "'%s' is no %s, left out", word,
				      i == 1 ? "name of an interface" : "MAC address");
	}
}

static void read_prefix(struct conf_ctx *ctx, const struct conf_line *line, const char **out)
{
	if (strlen(line->words[1].text) > IFNAMSIZ - 7) /* "N.255" behind it */
		FAILOVER_WARN(ctx, line, 1, "'%s' is too long, 'vrrp' is taken",
			      line->words[1].text);
	else
		*out = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_vmac_prefix(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_prefix(ctx, line, &((struct failover_build *)target)->vmac_prefix);
}

static void read_vmac_addr_prefix(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_prefix(ctx, line, &((struct failover_build *)target)->vmac_addr_prefix);
}

const struct conf_keyword failover_vmac_rows[] = {
	{.name = "use_vmac",
	 .sections = FAILOVER_INSTANCE,
	 .type = CONF_CUSTOM,
	 .parse = read_use_vmac,
	 .args = "[<interface>] [<mac>]",
	 .effect = CONF_EFFECT_REBUILD,
	 .doc = "the addresses have a MAC of their own (00:00:5e:00:01:VRID), on a macvlan "
		"interface",
	 .since = "0.1"},
	{.name = "vmac_xmit_base",
	 .sections = FAILOVER_INSTANCE,
	 .type = CONF_FLAG,
	 .offset = AT(vmac_xmit_base),
	 .effect = CONF_EFFECT_REBUILD,
	 .doc = "adverts go out and come in on the interface below",
	 .since = "0.1"},
	{.name = "use_vmac_addr",
	 .sections = FAILOVER_INSTANCE,
	 .type = CONF_FLAG,
	 .offset = AT(use_vmac_addr),
	 .doc = "addresses on other interfaces have a virtual MAC there too",
	 .since = "0.1"},
	{.name = "vmac_prefix",
	 .sections = FAILOVER_GLOBAL,
	 .type = CONF_CUSTOM,
	 .parse = read_vmac_prefix,
	 .args = "<text>",
	 .doc = "first part of the names of virtual MAC interfaces, vrrp by default",
	 .since = "0.1"},
	{.name = "vmac_addr_prefix",
	 .sections = FAILOVER_GLOBAL,
	 .type = CONF_CUSTOM,
	 .parse = read_vmac_addr_prefix,
	 .args = "<text>",
	 .doc = "the same for addresses on other interfaces, that of vmac_prefix by default",
	 .since = "0.1"},
	{.name = NULL},
};

/* ---- when all instances are known ---- */

static struct vmac_conf *find_name(const struct failover_build *b, const char *name)
{
	struct vmac_conf *v = b->conf->vmacs;

	while (v && strcmp(v->name, name) != 0)
		v = v->next;
	return v;
}

/* vrrp.51; where that is taken vrrp6.51 for IPv6, then vrrp1.51, vrrp2.51 ... as Keepalived. */
static const char *choose_name(struct failover_build *b, const char *prefix, int family,
			       unsigned vrid)
{
	const char *name = arena_printf(b->ctx.arena, "%s.%u", prefix, vrid);

	if (family == AF_INET6 && find_name(b, name))
		name = arena_printf(b->ctx.arena, "%s6.%u", prefix, vrid);

	for (unsigned n = 1; find_name(b, name); n++)
		if (n != 6)
			name = arena_printf(b->ctx.arena, "%s%u.%u", prefix, n, vrid);
	return name;
}

static void make_mac(const struct vrrp_instance_conf *inst, int family, uint8_t mac[6])
{
	const uint8_t iana[6] = {0, 0, 0x5e, 0, family == AF_INET6 ? 2 : 1, (uint8_t)inst->vrid};
	bool own = inst->vmac_mac_len && family == inst->family;

	memcpy(mac, own ? inst->vmac_mac : iana, 6);
	if (own && inst->vmac_mac_len == 5)
		mac[5] = (uint8_t)inst->vrid;
}

/* The interface with this MAC on this one; made when there is none. name NULL: choose. */
static struct vmac_conf *get_vmac(struct failover_build *b, const struct vrrp_instance_conf *inst,
				  const char *name, const char *prefix, const char *base,
				  int family)
{
	struct vmac_conf **tail = &b->conf->vmacs, *v;
	uint8_t mac[6];

	make_mac(inst, family, mac);
	for (; *tail; tail = &(*tail)->next)
		if (strcmp((*tail)->base, base) == 0 && memcmp((*tail)->mac, mac, 6) == 0)
			return *tail;
	if (name && find_name(b, name))
		conf_error(b->ctx.diags, inst->place,
			   "%s: another instance has the interface %s already", inst->name, name);
	v = ARENA_NEW(b->ctx.arena, struct vmac_conf);
	v->name = name ? name : choose_name(b, prefix, family, inst->vrid);
	v->base = base;
	v->family = family;
	memcpy(v->mac, mac, 6);
	*tail = v;
	return v;
}

static void place_vips(struct failover_build *b, struct vrrp_instance_conf *inst,
		       struct vip_conf *vip)
{
	const char *prefix = b->vmac_addr_prefix ? b->vmac_addr_prefix : b->vmac_prefix;

	for (; vip; vip = vip->next) {
		const char *base = vip->dev ? vip->dev : inst->interface;
		int family = vip->address.sa.sa_family;

		if (inst->vmac && family == inst->family && strcmp(base, inst->interface) == 0)
			vip->dev = inst->vmac;
		else if (vip->use_vmac || inst->use_vmac_addr)
			vip->dev = get_vmac(b, inst, NULL, prefix, base, family)->name;
	}
}

static void settle(struct failover_build *b, struct vrrp_instance_conf *inst)
{
	if (!inst->use_vmac) {
		if (inst->vmac_xmit_base)
			conf_warn(b->ctx.diags, inst->place,
				  "%s: vmac_xmit_base is without effect: there is no use_vmac",
				  inst->name);
		inst->vmac_xmit_base = false;
		return;
	}
	if (inst->peers && !inst->vmac_xmit_base) {
		conf_warn(b->ctx.diags, inst->place,
			  "%s: use_vmac between unicast peers needs vmac_xmit_base, it is set",
			  inst->name);
		inst->vmac_xmit_base = true;
	} else if (inst->strict && inst->vmac_xmit_base) {
		conf_warn(b->ctx.diags, inst->place,
			  "%s: strict mode has no vmac_xmit_base, it is cleared", inst->name);
		inst->vmac_xmit_base = false;
	}
	inst->vmac =
		get_vmac(b, inst, inst->vmac, b->vmac_prefix, inst->interface, inst->family)->name;
}

void failover_vmacs_finish(struct failover_build *b)
{
	if (!b->vmac_prefix)
		b->vmac_prefix = "vrrp";
	for (struct vrrp_instance_conf *i = b->conf->instances; i; i = i->next)
		if (i->interface && i->vrid)
			settle(b, i);
	/* Behind: instances have the first choice of names. */
	for (struct vrrp_instance_conf *i = b->conf->instances; i; i = i->next) {
		if (!i->interface || !i->vrid)
			continue;
		place_vips(b, i, i->vips);
		place_vips(b, i, i->excluded);
	}
}
