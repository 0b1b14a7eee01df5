/*
 * What an instance sends: one advertisement to the group, or one to each unicast peer, with the
 * source that belongs to it. RFC 9568 5.1 (carriage), 5.2 (fields).
 */
#include "failover/vrrp/instance_impl.h"

#include <string.h>

#include "failover/wire/ah.h"

/* ff02::12 (5.1.2.2) and 224.0.0.18 (5.1.1.2) unless configured. */
static struct addr group_address(const struct vrrp_instance_conf *conf)
{
	struct addr a = conf->mcast_group;

	if (a.len)
		return a;
	if (conf->family == AF_INET6) {
		a.len = sizeof(a.in6);
		a.in6 = (struct sockaddr_in6){
			.sin6_family = AF_INET6,
			.sin6_addr.s6_addr = {0xff, 0x02, [15] = 0x12},
		};
	} else {
		a.len = sizeof(a.in4);
		a.in4 = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(0xe0000012),
		};
	}
	return a;
}

const struct addr *vrrp_source(const struct vrrp_instance *inst)
{
	const struct addr *a = &inst->conf->src;

	if (a->len == 0)
		a = inst->conf->family == AF_INET6 ? &inst->link.ipv6_linklocal : &inst->link.ipv4;
	if (a->len == 0 && inst->conf->family == AF_INET6 && inst->conf->peers)
		a = &inst->link.ipv6_global;
	return a->len ? a : NULL;
}

const struct addr *vrrp_source_for(const struct vrrp_instance *inst, const struct addr *dst)
{
	const uint8_t *b = vrrp_addr_bytes(dst);
	bool far = dst->sa.sa_family == AF_INET6 && b[0] != 0xff &&
		   !(b[0] == 0xfe && (b[1] & 0xc0) == 0x80);

	if (far && inst->conf->src.len == 0 && inst->link.ipv6_global.len)
		return &inst->link.ipv6_global;
	return vrrp_source(inst);
}

bool vrrp_is_own_address(const struct vrrp_instance *inst, const struct addr *a)
{
	const struct addr *own[] = {&inst->conf->src, &inst->link.ipv4, &inst->link.ipv6_linklocal,
				    &inst->link.ipv6_global};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (own[i]->len && addr_eq(own[i], a, false))
			return true;
	return false;
}

/* Around what was built, in the same buffer. */
static size_t wrap(struct vrrp_instance *inst, uint8_t *buf, size_t cap, size_t len,
		   const struct addr *src, const struct addr *dst)
{
	const struct vrrp_instance_conf *conf = inst->conf;
	uint8_t message[VRRP_AH_PACKET_MAX];
	struct vrrp_ah ah = {
		.src = *src,
		.dst = *dst,
		.ttl = conf->peers && conf->unicast_ttl ? conf->unicast_ttl : 255,
		.sequence = ++inst->sequence,
		.key = conf->auth_pass,
	};

	unsigned held;

	if (len <= sizeof(message)) {
		memcpy(message, buf, len);
		len = vrrp_ah_wrap(buf, cap, &ah, message, len);
	} else {
		len = 0;
	}
	if (len == 0 &&
	    log_gate_open(&inst->late_gate, loop_now_us(inst->loop), 3, 60000000, &held))
		log_err("(%s) the library refuses HMAC-MD5, no advertisement", conf->name);
	return len;
}

static bool send_one(struct vrrp_instance *inst, const struct vrrp_packet *p,
		     const struct addr *dst, bool sign)
{
	uint8_t buf[VRRP_PACKET_MAX + VRRP_AUTH_LEN + VRRP_SIGNATURE_LEN];
	const struct addr *src = vrrp_source_for(inst, dst);
	size_t len = src ? vrrp_packet_build(buf, sizeof(buf), p, src, dst) : 0;

	if (len && sign)
		len = vrrp_sign(inst, buf, sizeof(buf), len, src);
	else if (len && inst->conf->auth == VRRP_AUTH_AH)
		len = wrap(inst, buf, sizeof(buf), len, src, dst);
	return len && inst->ops->send_advert &&
	       inst->ops->send_advert(inst->ctx, inst, src, dst, buf, len);
}

/* An advertisement that is signed shows no password; its copy for old peers goes first. */
static void send_to(struct vrrp_instance *inst, const struct vrrp_packet *p, const struct addr *dst)
{
	const struct vrrp_signing_conf *signing = inst->conf->signing;
	struct vrrp_packet plain = *p;

	if (signing && signing->send_old)
		send_one(inst, p, dst, false);
	if (signing) {
		plain.auth_type = VRRP_AUTH_NONE;
		memset(plain.auth, 0, sizeof(plain.auth));
	}
	if (send_one(inst, &plain, dst, signing != NULL))
		inst->stats.n_sent++;
	else
		inst->stats.n_send_failed++;
}

static bool speaks_old_checksum(const struct vrrp_instance *inst)
{
	const struct vrrp_instance_conf *conf = inst->conf;

	if (!conf->peers || conf->signing || conf->checksum_as_v2)
		return false;
	return conf->old_checksum == VRRP_OLD_CHECKSUM_SEND ||
	       (conf->old_checksum == VRRP_OLD_CHECKSUM_AUTO && inst->heard_old_checksum);
}

void vrrp_advertise(struct vrrp_instance *inst, unsigned priority)
{
	const struct vrrp_instance_conf *conf = inst->conf;
	struct addr group = group_address(conf);
	struct vrrp_packet p = {
		.version = conf->version,
		.family = conf->family,
		.vrid = conf->vrid,
		.priority = priority,
		.auth_type = conf->version == 2 ? (unsigned)conf->auth : 0,
		.advert_us = conf->advert_us,
		.n_addresses = inst->list.n,
		.addresses = inst->list.bytes,
		.checksum_as_v2 = conf->checksum_as_v2,
		.checksum_old = speaks_old_checksum(inst),
	};
	uint64_t n_sent, n_failed;

	if (p.auth_type == VRRP_AUTH_PASS)
		memcpy(p.auth, conf->auth_pass, sizeof(p.auth));
	n_failed = inst->stats.n_send_failed;
	n_sent = inst->stats.n_sent;
	if (!conf->peers)
		send_to(inst, &p, &group);
	for (const struct vrrp_peer_conf *peer = conf->peers; peer; peer = peer->next)
		if (peer->address.sa.sa_family == conf->family)
			send_to(inst, &p, &peer->address);
	if (inst->stats.n_sent > n_sent || inst->stats.n_send_failed > n_failed)
		vrrp_mute_note(inst, inst->stats.n_sent > n_sent);
	if (priority == 0)
		inst->stats.n_zero_sent++;
	/* An attempt is a beat too: it shows that we were not standing still. */
	inst->last_sent_us = loop_now_us(inst->loop);
	vrrp_publish_counts(inst);
}
