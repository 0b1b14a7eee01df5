/*
 * failover/address/announce_packet: the bytes on the wire.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>

#include "failover/address/segment/announce_packet.h"

static const uint8_t mac[6] = {0x02, 0x00, 0x00, 0xaa, 0xbb, 0x01};

/* As Debian's keepalived sends it: a request, both addresses the VIP, target hardware ff. */
static void a_gratuitous_arp_is_a_broadcast_request_for_itself(void **state)
{
	static const uint8_t ip[4] = {192, 0, 2, 10};
	static const uint8_t expected[ANNOUNCE_ARP_LEN] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00, 0xaa, 0xbb, 0x01, 0x08, 0x06,
		0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x02, 0x00, 0x00, 0xaa, 0xbb, 0x01,
		192,  0,    2,	  10,	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 192,  0,	2,    10,
	};
	uint8_t frame[ANNOUNCE_ARP_LEN];

	(void)state;
	announce_arp_build(frame, mac, ip);
	assert_memory_equal(frame, expected, sizeof(expected));
}

static uint16_t sum_of(const uint8_t *ip6)
{
	uint32_t sum = 32 + 58;

	for (int i = 8; i < 72; i += 2)
		sum += (uint32_t)ip6[i] << 8 | ip6[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void an_unsolicited_na_overrides_and_carries_its_mac(void **state)
{
	static const uint8_t head[] = {
		0x33, 0x33, 0,	  0,	0, 1, 0x02, 0x00, 0x00, 0xaa, 0xbb,
		0x01, 0x86, 0xdd, 0x60, 0, 0, 0,    0,	  32,	58,   255,
	};
	uint8_t ip[16], all_nodes[16], frame[ANNOUNCE_NA_LEN];

	(void)state;
	inet_pton(AF_INET6, "2001:db8::10", ip);
	inet_pton(AF_INET6, "ff02::1", all_nodes);
	announce_na_build(frame, mac, ip, false);
	assert_memory_equal(frame, head, sizeof(head));
	assert_memory_equal(frame + 22, ip, 16);
	assert_memory_equal(frame + 38, all_nodes, 16);
	assert_int_equal(frame[54], 136);
	assert_int_equal(frame[55], 0);
	assert_int_equal(frame[58], 0x20);
	assert_memory_equal(frame + 62, ip, 16);
	assert_int_equal(frame[78], 2);
	assert_int_equal(frame[79], 1);
	assert_memory_equal(frame + 80, mac, 6);
	assert_int_equal(sum_of(frame + 14), 0xffff);
	announce_na_build(frame, mac, ip, true);
	assert_int_equal(frame[58], 0xa0);
	assert_int_equal(sum_of(frame + 14), 0xffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gratuitous_arp_is_a_broadcast_request_for_itself),
		cmocka_unit_test(an_unsolicited_na_overrides_and_carries_its_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
