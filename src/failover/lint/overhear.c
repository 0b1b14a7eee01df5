/*
 * What is heard of others, and what it means. See overhear.h; RFC 9568 7.1, RFC 3768 7.1. The
 * sockets are overhear_socket.c's.
 */
#include "failover/lint/overhear.h"

#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

enum { PROTOCOL_VRRP = 112, PROTOCOL_AH = 51, AH_LEN = 24 };

/* ---- taking ---- */

static const struct vrrp_instance_conf *
find_instance(const struct failover_conf *conf, const char *interface, int family, unsigned vrid)
{
	for (const struct vrrp_instance_conf *i = conf->instances; i; i = i->next)
		if (i->interface && strcmp(i->interface, interface) == 0 && i->family == family &&
		    i->vrid == vrid)
			return i;
	return NULL;
}

static struct overheard *find_heard(struct overhear *o, const char *interface,
				    const struct vrrp_path *path, unsigned vrid, unsigned version)
{
	struct overheard *h = o->first;

	while (h && (h->vrid != vrid || h->packet.version != version ||
		     strcmp(h->interface, interface) != 0 || !addr_eq(&h->src, &path->src, false)))
		h = h->next;
	if (h || o->n_heard == OVERHEARD_MAX)
		return h;
	h = ARENA_NEW(o->arena, struct overheard);
	h->interface = interface;
	h->src = path->src;
	h->vrid = vrid;
	h->inst = find_instance(o->l->conf, interface, path->src.sa.sa_family, vrid);
	h->next = o->first;
	o->first = h;
	o->n_heard++;
	return h;
}

static void note_turn(struct overhear *o, const struct overheard *h)
{
	unsigned i = 0;

	if (!h->inst || h->packet.priority == 0)
		return;
	while (i < o->n_masters && o->masters[i].inst != h->inst)
		i++;
	if (i == sizeof(o->masters) / sizeof(o->masters[0]))
		return;
	if (i == o->n_masters) {
		o->n_masters++;
		o->masters[i].inst = h->inst;
	} else if (o->masters[i].last != h) {
		o->masters[i].n_turns++;
	}
	o->masters[i].last = h;
}

static void take_message(struct overhear *o, const char *interface, const uint8_t *bytes,
			 size_t len, const struct vrrp_path *path, bool ours)
{
	unsigned vrid = vrrp_packet_peek_vrid(bytes, len), version = len ? bytes[0] >> 4 : 0;
	struct overheard *h = vrid ? find_heard(o, interface, path, vrid, version) : NULL;
	struct vrrp_packet p = {.version = version};

	if (!h)
		return;
	h->n++;
	h->ttl = path->ttl;
	h->ours = ours;
	h->flaw = vrrp_packet_parse(&p, bytes, len, path);
	if (h->flaw != VRRP_ACCEPT)
		p = (struct vrrp_packet){.priority = p.priority};
	else if (p.n_addresses)
		memcpy(h->addresses, p.addresses, p.n_addresses * vrrp_family_len(p.family));
	p.addresses = h->addresses;
	h->packet = p;
	h->packet.version = version;
	if (h->flaw == VRRP_ACCEPT)
		note_turn(o, h);
}

static void take_v4(struct overhear *o, const char *interface, const uint8_t *ip, size_t len,
		    bool ours)
{
	struct vrrp_path path = {.packet = NULL};
	size_t head_len, total_len;
	struct iphdr head;

	if (len < sizeof(head))
		return;
	memcpy(&head, ip, sizeof(head));
	head_len = head.ihl * 4u;
	total_len = ntohs(head.tot_len);
	len = total_len < len ? total_len : len;
	if (head_len < sizeof(head) || len < head_len)
		return;
	path.ttl = head.ttl;
	path.src = (struct addr){.len = sizeof(path.src.in4)};
	path.src.in4.sin_family = AF_INET;
	path.src.in4.sin_addr.s_addr = head.saddr;
	path.dst = path.src;
	path.dst.in4.sin_addr.s_addr = head.daddr;
	if (head.protocol == PROTOCOL_AH && len >= head_len + AH_LEN &&
	    ip[head_len] == PROTOCOL_VRRP) {
		path.packet = ip;
		path.packet_len = len;
		head_len += AH_LEN;
	} else if (head.protocol != PROTOCOL_VRRP) {
		return;
	}
	take_message(o, interface, ip + head_len, len - head_len, &path, ours);
}

static void take_v6(struct overhear *o, const char *interface, const uint8_t *ip, size_t len,
		    bool ours)
{
	struct vrrp_path path = {.packet = NULL};
	struct ip6_hdr head;
	size_t payload_len;

	if (len < sizeof(head))
		return;
	memcpy(&head, ip, sizeof(head));
	payload_len = ntohs(head.ip6_plen);
	if (head.ip6_nxt != PROTOCOL_VRRP || len - sizeof(head) < payload_len)
		return;
	path.ttl = head.ip6_hlim;
	path.src = (struct addr){.len = sizeof(path.src.in6)};
	path.src.in6.sin6_family = AF_INET6;
	path.src.in6.sin6_addr = head.ip6_src;
	path.dst = path.src;
	path.dst.in6.sin6_addr = head.ip6_dst;
	take_message(o, interface, ip + sizeof(head), payload_len, &path, ours);
}

void overhear_take(struct overhear *o, const char *interface, const uint8_t *ip, size_t len,
		   bool ours)
{
	if (len > 0 && ip[0] >> 4 == 4)
		take_v4(o, interface, ip, len, ours);
	else if (len > 0 && ip[0] >> 4 == 6)
		take_v6(o, interface, ip, len, ours);
}

/* ---- judging ---- */

struct judged {
	const struct lint *l;
	const struct overheard *h;
	const struct vrrp_instance_conf *inst;
	char who[ADDR_TEXT_MAX];
	unsigned n_said;
};

#define SAY(j, fmt, ...)                                                                    \
	do {                                                                                \
		conf_advise((j)->l->diags, (j)->inst->place, "%s: %s on %s, VRID %u: " fmt, \
			    (j)->inst->name, (j)->who, (j)->h->interface,                   \
			    (j)->h->vrid __VA_OPT__(, ) __VA_ARGS__);                       \
		(j)->n_said++;                                                              \
	} while (0)

static bool heard_has(const struct overheard *h, const struct addr *a)
{
	size_t len = vrrp_family_len(h->packet.family);

	for (unsigned i = 0; i < h->packet.n_addresses; i++)
		if (memcmp(h->packet.addresses + i * len, vrrp_addr_bytes(a), len) == 0)
			return true;
	return false;
}

static void judge_addresses(struct judged *j)
{
	unsigned n_ours = 0, n_common = 0;

	for (const struct vip_conf *v = j->inst->vips; v; v = v->next) {
		n_ours++;
		n_common += heard_has(j->h, &v->address);
	}
	if (n_ours == n_common && n_ours == j->h->packet.n_addresses)
		return;
	if (n_common == 0 && n_ours > 0)
		SAY(j,
		    "another cluster has this virtual_router_id here: it advertises %u address%s, "
		    "none of them ours; take another one",
		    j->h->packet.n_addresses, j->h->packet.n_addresses == 1 ? "" : "es");
	else
		SAY(j, "advertises %u address%s, %u of our %u among them", j->h->packet.n_addresses,
		    j->h->packet.n_addresses == 1 ? "" : "es", n_common, n_ours);
}

static void judge_auth(struct judged *j)
{
	const struct vrrp_packet *p = &j->h->packet;
	const struct vrrp_instance_conf *c = j->inst;

	if (p->is_signed && !c->signing)
		SAY(j, "its advertisements are signed, ours are not");
	else if (!p->is_signed && c->signing)
		SAY(j, "its advertisements are not signed, ours are");
	if (p->version != 2)
		return;
	if ((c->auth == VRRP_AUTH_AH) != p->authenticated)
		SAY(j, "auth_type AH on one side only: each drops the other's");
	else if ((c->auth == VRRP_AUTH_PASS) != (p->auth_type == VRRP_AUTH_PASS))
		SAY(j, "auth_type PASS on one side only: each drops the other's");
	else if (c->auth == VRRP_AUTH_PASS && memcmp(p->auth, c->auth_pass, sizeof(p->auth)) != 0)
		SAY(j, "another auth_pass: each drops the other's");
}

static bool is_peer(const struct vrrp_instance_conf *inst, const struct addr *a)
{
	for (const struct vrrp_peer_conf *p = inst->peers; p; p = p->next)
		if (addr_eq(&p->address, a, false))
			return true;
	return false;
}

static void judge_one(struct judged *j)
{
	const struct overheard *h = j->h;

	if (h->packet.version != j->inst->version) {
		SAY(j, "version %u, ours is %u: each drops the other's, both are master",
		    h->packet.version, j->inst->version);
		return;
	}
	if (h->flaw != VRRP_ACCEPT) {
		SAY(j, "%s", vrrp_drop_text(h->flaw));
		return;
	}
	judge_auth(j);
	if (h->packet.advert_us != j->inst->advert_us)
		SAY(j, "advert_int %g s, ours is %g s%s", (double)h->packet.advert_us / 1e6,
		    (double)j->inst->advert_us / 1e6,
		    h->packet.version == 2 ? ": version 2 drops it" : "");
	judge_addresses(j);
	if (j->inst->peers && !is_peer(j->inst, &h->src))
		SAY(j, "is not in unicast_peer");
	if (h->ttl != 255 && !j->inst->peers)
		SAY(j, "TTL %d: it came by a router, or is forged", h->ttl);
	if (h->packet.priority == j->inst->priority && h->packet.priority != 255)
		SAY(j, "priority %u, as ours: the higher source address wins", h->packet.priority);
}

static void judge_masters(struct overhear *o)
{
	for (unsigned i = 0; i < o->n_masters; i++)
		if (o->masters[i].n_turns >= 2) {
			const struct vrrp_instance_conf *inst = o->masters[i].inst;

			conf_advise(o->l->diags, inst->place,
				    "%s: two masters advertise VRID %u on %s, turn by turn",
				    inst->name, inst->vrid, inst->interface);
		}
}

void overhear_judge(struct overhear *o)
{
	for (const struct overheard *h = o->first; h; h = h->next) {
		struct judged j = {.l = o->l, .h = h, .inst = h->inst};

		addr_host_text(&h->src, j.who);
		if (h->ours)
			continue;
		if (!h->inst) {
			conf_note(o->l->diags, (struct conf_place){.file = "(heard)"},
				  "%s on %s advertises VRID %u, version %u, priority %u: no "
				  "instance here has it",
				  j.who, h->interface, h->vrid, h->packet.version,
				  h->packet.priority);
			continue;
		}
		judge_one(&j);
		if (j.n_said == 0)
			conf_note(o->l->diags, h->inst->place,
				  "%s: %s on %s is master with priority %u: it fits", h->inst->name,
				  j.who, h->interface, h->packet.priority);
	}
	judge_masters(o);
}
