/*
 * failover/address/rtnl_message, vip_message: configured addresses to netlink and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "failover/address/rtnl_message.h"
#include "failover/address/vip_message.h"

static struct vip_conf vip_of(const char *ip, unsigned prefix_len)
{
	struct vip_conf vip = {.prefix_len = prefix_len, .preferred_lft_s = -1};

	assert_true(addr_parse_ip(&vip.address, slice_of(ip), 0));
	return vip;
}

static void golden_bytes_of_an_added_ipv4_address(void **state)
{
	static const uint8_t expected[] = {
		/* nlmsghdr: length 60, RTM_NEWADDR, REQUEST|ACK|EXCL|CREATE, seq 7 */
		60, 0, 0, 0, 20, 0, 0x05, 0x06, 7, 0, 0, 0, 0, 0, 0, 0,
		/* ifaddrmsg: AF_INET /24 flags 0 global ifindex 3 */
		2, 24, 0, 0, 3, 0, 0, 0,
		/* IFA_LOCAL, IFA_ADDRESS, IFA_BROADCAST, IFA_LABEL "v0:1" */
		8, 0, 2, 0, 192, 0, 2, 10, 8, 0, 1, 0, 192, 0, 2, 10, 8, 0, 4, 0, 192, 0, 2, 255, 9,
		0, 3, 0, 'v', '0', ':', '1', 0, 0, 0, 0};
	char buf[256] __attribute__((aligned(4)));
	struct vip_conf vip = vip_of("192.0.2.10", 24);
	struct rtnl_address a;
	struct rtnl_message m;

	(void)state;
	vip.broadcast_auto = true;
	vip.label = "v0:1";
	vip_message_from_conf(&a, &vip, 3);
	rtnl_message_init(&m, buf, sizeof(buf));
	assert_true(rtnl_message_put_address(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK,
					     7, &a));
	assert_int_equal(m.len, sizeof(expected));
	assert_memory_equal(buf, expected, sizeof(expected));
}

static void what_was_built_reads_back(void **state)
{
	char buf[512] __attribute__((aligned(4)));
	struct vip_conf vip = vip_of("2001:db8::10", 128);
	struct rtnl_address a, back;
	struct rtnl_message m;

	(void)state;
	vip.noprefixroute = true;
	vip.preferred_lft_s = 0;
	assert_true(addr_parse_ip(&vip.peer, slice_of("2001:db8::20"), 0));
	vip_message_from_conf(&a, &vip, 9);
	rtnl_message_init(&m, buf, sizeof(buf));
	assert_true(rtnl_message_put_address(&m, RTM_NEWADDR, 0, 0, &a));
	assert_true(rtnl_read_address((struct nlmsghdr *)(void *)buf, &back));
	assert_memory_equal(&a, &back, sizeof(a));
	assert_true(back.flags & IFA_F_NODAD);
	assert_true(back.flags & IFA_F_NOPREFIXROUTE);
	assert_true(back.has_lifetime); /* deprecated, but valid */
	assert_int_equal(back.preferred_s, 0);
	assert_int_equal(back.valid_s, UINT32_MAX);
}

static void scopes_peers_and_lifetimes(void **state)
{
	struct vip_conf vip = vip_of("192.0.2.1", 31);
	struct rtnl_address a;

	(void)state;
	vip.scope = "link";
	vip.broadcast_auto = true;
	vip_message_from_conf(&a, &vip, 1);
	assert_int_equal(a.scope, RT_SCOPE_LINK);
	assert_false(a.has_broadcast); /* a /31 has none */
	assert_false(a.has_lifetime);
	vip.scope = "17";
	vip.preferred_lft_s = 60;
	vip_message_from_conf(&a, &vip, 1);
	assert_int_equal(a.scope, 17);
	assert_int_equal(a.preferred_s, 60);
}

static void a_full_buffer_leaves_out_whole_messages(void **state)
{
	char buf[100] __attribute__((aligned(4)));
	struct vip_conf vip = vip_of("192.0.2.10", 32);
	struct rtnl_address a;
	struct rtnl_message m;

	(void)state;
	vip_message_from_conf(&a, &vip, 1);
	rtnl_message_init(&m, buf, sizeof(buf));
	assert_true(rtnl_message_put_address(&m, RTM_NEWADDR, 0, 0, &a));
	assert_true(rtnl_message_put_address(&m, RTM_NEWADDR, 0, 1, &a));
	assert_false(rtnl_message_put_address(&m, RTM_NEWADDR, 0, 2, &a));
	assert_int_equal(m.n, 2);
	assert_int_equal(m.len, 80);
	assert_true(m.full);
}

static void short_messages_are_refused(void **state)
{
	char buf[64] __attribute__((aligned(4))) = {0};
	struct nlmsghdr *h = (void *)buf;
	struct rtnl_address a;
	struct rtnl_link l;

	(void)state;
	h->nlmsg_type = RTM_NEWADDR;
	for (h->nlmsg_len = 0; h->nlmsg_len < sizeof(buf); h->nlmsg_len++) {
		assert_false(rtnl_read_address(h, &a));
		assert_false(rtnl_read_link(h, &l));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_bytes_of_an_added_ipv4_address),
		cmocka_unit_test(what_was_built_reads_back),
		cmocka_unit_test(scopes_peers_and_lifetimes),
		cmocka_unit_test(a_full_buffer_leaves_out_whole_messages),
		cmocka_unit_test(short_messages_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
