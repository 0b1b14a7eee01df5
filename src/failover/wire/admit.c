/*
 * Whether an advertisement may take part. See admit.h.
 *
 * Address lists: RFC 3768 drops on any difference, RFC 9568 7.1 only logs. A list that shares no
 * address with ours is another virtual router that happens to use our VRID (VRID 51 and password
 * 1111 are copied everywhere): dropped, so two clusters on one segment do not fight. A list that
 * overlaps is our own router in the midst of a change: noted, because dropping it would make two
 * masters whenever one node is reloaded before the other.
 */
#include "failover/wire/admit.h"

#include <string.h>

enum { STRETCH_FACTOR = 10 };
static const int64_t stretch_least_us = 1000000; /* pairs of 10 ms and 1 s are found in practice */

int64_t vrrp_admit_interval_most_us(const struct vrrp_instance_conf *conf)
{
	int64_t most_us = conf->advert_us * STRETCH_FACTOR;

	return most_us > stretch_least_us ? most_us : stretch_least_us;
}

void vrrp_list_build(struct vrrp_list *list, const struct vrrp_instance_conf *conf)
{
	size_t len = vrrp_family_len(conf->family);

	list->n = 0;
	for (const struct vip_conf *v = conf->vips; v; v = v->next) {
		if (v->address.sa.sa_family != conf->family || list->n == VRRP_ADDRESSES_MAX)
			continue;
		memcpy(list->bytes + list->n++ * len, vrrp_addr_bytes(&v->address), len);
	}
}

static bool is_multicast(const struct addr *a)
{
	const uint8_t *b = vrrp_addr_bytes(a);

	return a->sa.sa_family == AF_INET6 ? b[0] == 0xff : (b[0] & 0xf0) == 0xe0;
}

/* 5.1.1.1: the interface's primary address; 5.1.2.1: its link-local one. Between unicast peers
 * any IPv6 address may stand. */
static bool source_is_possible(const struct addr *src, bool multicast)
{
	const uint8_t *b = vrrp_addr_bytes(src);
	static const uint8_t none[16];

	if (src->sa.sa_family == AF_INET)
		return b[0] != 0 && b[0] != 127 && b[0] < 224;
	if (multicast)
		return b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
	return b[0] != 0xff && memcmp(b, none, sizeof(none)) != 0;
}

static enum vrrp_drop admit_peer(const struct vrrp_instance_conf *conf,
				 const struct vrrp_path *path)
{
	bool check = conf->check_unicast_src;

	for (const struct vrrp_peer_conf *p = conf->peers; p; p = p->next) {
		if (p->min_ttl || p->max_ttl)
			check = true;
		if (!addr_eq(&p->address, &path->src, false))
			continue;
		if (path->ttl >= 0 && ((p->min_ttl && path->ttl < p->min_ttl) ||
				       (p->max_ttl && path->ttl > p->max_ttl)))
			return VRRP_DROP_TTL;
		return VRRP_ACCEPT;
	}
	return check ? VRRP_DROP_UNICAST_SOURCE : VRRP_ACCEPT;
}

enum vrrp_drop vrrp_admit_path(const struct vrrp_instance_conf *conf, const struct vrrp_path *path)
{
	bool multicast = is_multicast(&path->dst);

	if (multicast != !conf->peers)
		return VRRP_DROP_CARRIAGE;
	if (!source_is_possible(&path->src, multicast))
		return VRRP_DROP_SOURCE;
	if (!multicast)
		return admit_peer(conf, path);
	return path->ttl == 255 ? VRRP_ACCEPT : VRRP_DROP_TTL;
}

static bool list_has(const uint8_t *list, unsigned n, const uint8_t *address, size_t len)
{
	for (unsigned i = 0; i < n; i++)
		if (memcmp(list + i * len, address, len) == 0)
			return true;
	return false;
}

static enum vrrp_drop compare_lists(const struct vrrp_list *list, const struct vrrp_packet *p)
{
	size_t len = vrrp_family_len(p->family);
	unsigned n_common = 0;

	if (p->n_addresses == list->n && memcmp(p->addresses, list->bytes, list->n * len) == 0)
		return VRRP_ACCEPT;
	for (unsigned i = 0; i < list->n; i++)
		n_common += list_has(p->addresses, p->n_addresses, list->bytes + i * len, len);
	if (n_common == list->n && p->n_addresses == list->n)
		return VRRP_ACCEPT; /* in another order */
	return n_common == 0 ? VRRP_DROP_ADDRESS_LIST : VRRP_DROP_ADDRESS_NOTE;
}

/* Version 2. A signature says more than a password; what comes without one is of an old peer, and
 * without auth_pass any password of such a one is right. */
static enum vrrp_drop admit_auth(const struct vrrp_instance_conf *conf, const struct vrrp_packet *p)
{
	if (conf->signing && p->is_signed)
		return VRRP_ACCEPT;
	if (conf->signing && conf->auth == VRRP_AUTH_NONE && !p->authenticated)
		return p->auth_type <= VRRP_AUTH_PASS ? VRRP_ACCEPT : VRRP_DROP_AUTH_TYPE;
	if (p->auth_type != (unsigned)conf->auth ||
	    p->authenticated != (conf->auth == VRRP_AUTH_AH))
		return VRRP_DROP_AUTH_TYPE;
	if (conf->auth == VRRP_AUTH_PASS && memcmp(p->auth, conf->auth_pass, 8) != 0)
		return VRRP_DROP_AUTH;
	return VRRP_ACCEPT;
}

enum vrrp_drop vrrp_admit(const struct vrrp_instance_conf *conf, const struct vrrp_list *list,
			  const struct vrrp_packet *p, bool skip_list, unsigned *notes)
{
	enum vrrp_drop found;

	_Static_assert(VRRP_DROP_N <= 32, "each row has a bit of notes");
	*notes = 0;
	if (p->version != conf->version)
		return VRRP_DROP_VERSION;
	if (p->checksum_old && (!conf->peers || conf->old_checksum == VRRP_OLD_CHECKSUM_NEVER))
		return VRRP_DROP_CHECKSUM;
	if (p->vrid != conf->vrid)
		return VRRP_DROP_VRID;
	if (p->n_addresses == 0 && list->n > 0)
		return VRRP_DROP_COUNT_ZERO;
	if (p->version == 2) {
		found = admit_auth(conf, p);
		if (found)
			return found;
		if (p->advert_us != conf->advert_us)
			return VRRP_DROP_INTERVAL;
	} else if (p->advert_us > vrrp_admit_interval_most_us(conf)) {
		*notes |= 1u << VRRP_DROP_STRETCH;
	} else if (p->advert_us != conf->advert_us) {
		*notes |= 1u << VRRP_DROP_INTERVAL_NOTE;
	}
	if (!skip_list) {
		found = compare_lists(list, p);
		if (found == VRRP_DROP_ADDRESS_LIST)
			return found;
		if (found == VRRP_DROP_ADDRESS_NOTE)
			*notes |= 1u << found;
	}
	if (conf->priority == 255 && p->priority == 255)
		*notes |= 1u << VRRP_DROP_OWNER;
	return VRRP_ACCEPT;
}
