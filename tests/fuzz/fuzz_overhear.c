/*
 * Foreign IP packets into what relais -c --listen takes and judges (failover/lint/overhear.c). The
 * input is a row of packets, each behind two bytes of length; the configuration has VRID 51 in both
 * families and a unicast instance.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "failover/lint/overhear.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vip_conf vip4 = {.prefix_len = 24}, vip6 = {.prefix_len = 64};
	struct vrrp_peer_conf peer = {.next = NULL};
	struct vrrp_instance_conf all[3] = {{.next = &all[1],
					     .name = "A",
					     .interface = "eth0",
					     .vrid = 51,
					     .family = AF_INET,
					     .version = 2,
					     .priority = 100,
					     .advert_us = 1000000,
					     .auth = VRRP_AUTH_PASS,
					     .vips = &vip4},
					    {.next = &all[2],
					     .name = "B",
					     .interface = "eth0",
					     .vrid = 51,
					     .family = AF_INET6,
					     .version = 3,
					     .priority = 100,
					     .advert_us = 1000000,
					     .vips = &vip6},
					    {.name = "C",
					     .interface = "eth0",
					     .vrid = 52,
					     .family = AF_INET,
					     .version = 3,
					     .priority = 100,
					     .advert_us = 100000,
					     .vips = &vip4,
					     .peers = &peer}};
	struct failover_conf conf = {.instances = all};
	struct conf_diags diags;
	struct arena arena;
	const struct lint lint = {.conf = &conf, .diags = &diags};
	struct overhear o = {.l = &lint, .arena = &arena};

	addr_parse_ip(&vip4.address, SLICE("192.0.2.10"), 0);
	addr_parse_ip(&vip6.address, SLICE("fe80::10"), 0);
	addr_parse_ip(&peer.address, SLICE("192.0.2.2"), 0);
	conf_diags_init(&diags);
	arena_init(&arena, 0);
	while (size >= 2) {
		size_t len = ((size_t)data[0] << 8 | data[1]) & 0x1fff;
		uint8_t *packet;

		len = len < size - 2 ? len : size - 2;
		packet = malloc(len ? len : 1); /* exact: a byte too far is seen */
		if (!packet)
			break;
		memcpy(packet, data + 2, len);
		overhear_take(&o, "eth0", packet, len, data[0] & 0x80);
		free(packet);
		data += 2 + len;
		size -= 2 + len;
	}
	overhear_judge(&o);
	arena_fini(&arena);
	conf_diags_fini(&diags);
	return 0;
}
