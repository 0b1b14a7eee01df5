/*
 * Foreign bytes into the VRRP parser and the checks behind it. First byte: bit 0 = IPv6, bit 1 =
 * mend the checksum (so that what lies behind it is reached). What is accepted must survive being
 * built and parsed again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "failover/wire/admit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mend(uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	bytes[6] = bytes[7] = 0;
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	bytes[6] = (uint8_t)(~sum >> 8);
	bytes[7] = (uint8_t)~sum;
}

static void build_again(const struct vrrp_packet *p, const struct vrrp_path *path)
{
	uint8_t buf[VRRP_PACKET_MAX + VRRP_AUTH_LEN];
	struct vrrp_packet q;
	size_t len = vrrp_packet_build(buf, sizeof(buf), p, &path->src, &path->dst);

	if (len == 0 || vrrp_packet_parse(&q, buf, len, path) != VRRP_ACCEPT ||
	    q.priority != p->priority || q.vrid != p->vrid || q.advert_us != p->advert_us ||
	    q.n_addresses != p->n_addresses ||
	    memcmp(q.addresses, p->addresses, p->n_addresses * vrrp_family_len(p->family)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool v6 = size > 0 && (data[0] & 1);
	struct vip_conf vip = {.prefix_len = 24};
	struct vrrp_instance_conf conf = {.family = v6 ? AF_INET6 : AF_INET,
					  .version = 3,
					  .vrid = 51,
					  .priority = 100,
					  .advert_us = 1000000,
					  .vips = &vip};
	struct vrrp_path path = {.ttl = 255};
	struct vrrp_list list;
	struct vrrp_packet p;
	unsigned notes;
	uint8_t *bytes;

	if (size < 1 || size > 8192)
		return 0;
	addr_parse_ip(&path.src, v6 ? SLICE("fe80::2") : SLICE("192.0.2.1"), 0);
	addr_parse_ip(&path.dst, v6 ? SLICE("ff02::12") : SLICE("224.0.0.18"), 0);
	addr_parse_ip(&vip.address, v6 ? SLICE("fe80::1") : SLICE("192.0.2.10"), 0);
	bytes = malloc(size - 1 ? size - 1 : 1); /* exact: a byte too far is seen */
	if (!bytes)
		return 0;
	memcpy(bytes, data + 1, size - 1);
	if ((data[0] & 2) && size - 1 >= VRRP_HEADER_LEN)
		mend(bytes, size - 1);
	if (vrrp_packet_peek_vrid(bytes, size - 1) &&
	    vrrp_packet_parse(&p, bytes, size - 1, &path) == VRRP_ACCEPT) {
		conf.version = p.version;
		vrrp_list_build(&list, &conf);
		vrrp_admit(&conf, &list, &p, false, &notes);
		build_again(&p, &path);
	}
	free(bytes);
	return 0;
}
