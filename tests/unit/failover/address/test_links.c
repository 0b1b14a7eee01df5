/*
 * failover/address/links: the table of interfaces, fed with messages as the kernel sends them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <string.h>

#include "failover/address/links.h"

struct story {
	struct links_watcher watcher;
	struct links *links;
	unsigned changes, n_told;
	char last[IFNAMSIZ];
	int n_addresses;
};

static void on_link(struct links_watcher *w, const struct links_link *l, unsigned changes)
{
	struct story *s = container_of(w, struct story, watcher);

	s->changes = changes;
	s->n_told++;
	memcpy(s->last, l->name, sizeof(s->last));
}

static void on_address(struct links_watcher *w, const struct rtnl_address *a, bool there)
{
	struct story *s = container_of(w, struct story, watcher);

	(void)a;
	s->n_addresses += there ? 1 : -1;
}

static int setup(void **state)
{
	static struct story s;

	s = (struct story){.watcher = {.on_link = on_link, .on_address = on_address}};
	s.links = links_new_unconnected();
	links_watch(s.links, &s.watcher);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct story *s = *state;

	links_free(&s->links);
	return 0;
}

static void feed_link(struct story *s, uint16_t type, int ifindex, const char *name, unsigned flags)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
		struct rtattr name_head;
		char name[IFNAMSIZ];
		struct rtattr mac_head;
		uint8_t mac[8];
	} m = {.h = {.nlmsg_len = sizeof(m) - 2, .nlmsg_type = type},
	       .i = {.ifi_index = ifindex, .ifi_flags = flags, .ifi_type = ARPHRD_ETHER},
	       .name_head = {RTA_LENGTH(IFNAMSIZ), IFLA_IFNAME},
	       .mac_head = {RTA_LENGTH(6), IFLA_ADDRESS},
	       .mac = {2, 0, 0, 0, 0, (uint8_t)ifindex}};

	strncpy(m.name, name, IFNAMSIZ - 1);
	links_feed(s->links, &m.h);
}

static void feed_address(struct story *s, uint16_t type, int ifindex, const char *ip,
			 uint32_t flags)
{
	char buf[256] __attribute__((aligned(4)));
	struct rtnl_address a = {.ifindex = ifindex, .prefix_len = 24, .flags = flags};
	struct rtnl_message m;
	struct addr addr;

	assert_true(addr_parse_ip(&addr, slice_of(ip), 0));
	a.family = (uint8_t)addr.sa.sa_family;
	memcpy(a.local, rtnl_addr_bytes(&addr), rtnl_address_len(a.family));
	rtnl_message_init(&m, buf, sizeof(buf));
	rtnl_message_put_address(&m, RTM_NEWADDR, 0, 0, &a);
	((struct nlmsghdr *)(void *)buf)->nlmsg_type = type;
	links_feed(s->links, (struct nlmsghdr *)(void *)buf);
}

static void assert_host(const struct addr *a, const char *expected)
{
	char buf[ADDR_TEXT_MAX];

	assert_true(a->len > 0);
	assert_string_equal(addr_host_text(a, buf), expected);
}

static void a_link_comes_changes_and_goes(void **state)
{
	struct story *s = *state;

	assert_null(links_find(s->links, "eth0"));
	feed_link(s, RTM_NEWLINK, 2, "eth0", IFF_UP);
	assert_int_equal(s->changes, LINKS_NEW);
	assert_false(links_find(s->links, "eth0")->up); /* no carrier */
	feed_link(s, RTM_NEWLINK, 2, "eth0", IFF_UP | IFF_RUNNING);
	assert_int_equal(s->changes, LINKS_STATE);
	assert_true(links_at(s->links, 2)->up);
	assert_true(links_at(s->links, 2)->arp);
	feed_link(s, RTM_NEWLINK, 2, "eth0", IFF_UP | IFF_RUNNING);
	assert_int_equal(s->n_told, 2); /* nothing new: nobody is told */
	feed_link(s, RTM_NEWLINK, 2, "lan0", IFF_UP | IFF_RUNNING);
	assert_int_equal(s->changes, LINKS_NAME);
	feed_address(s, RTM_NEWADDR, 2, "192.0.2.1", 0);
	assert_int_equal(s->n_addresses, 1);
	feed_link(s, RTM_DELLINK, 2, "lan0", 0);
	assert_int_equal(s->changes, LINKS_GONE | LINKS_STATE);
	assert_string_equal(s->last, "lan0");
	assert_int_equal(s->n_addresses, 0);
	assert_null(links_find(s->links, "lan0"));
}

static void virtual_addresses_are_not_primary(void **state)
{
	struct story *s = *state;
	const struct links_link *l;
	struct addr vip;

	addr_parse_ip(&vip, slice_of("192.0.2.10"), 0);
	links_set_vips(s->links, &vip, 1);
	feed_link(s, RTM_NEWLINK, 2, "eth0", IFF_UP | IFF_RUNNING);
	l = links_at(s->links, 2);
	feed_address(s, RTM_NEWADDR, 2, "192.0.2.10", 0);
	assert_host(&l->ipv4, "192.0.2.10"); /* better than none: an address owner's */
	feed_address(s, RTM_NEWADDR, 2, "192.0.2.1", 0);
	assert_host(&l->ipv4, "192.0.2.1");
	feed_address(s, RTM_NEWADDR, 2, "192.0.2.2", 0);
	assert_host(&l->ipv4, "192.0.2.1"); /* the first stays */
	feed_address(s, RTM_DELADDR, 2, "192.0.2.1", 0);
	assert_host(&l->ipv4, "192.0.2.2");
	assert_int_equal(s->changes, LINKS_ADDRESS);
	links_set_vips(s->links, NULL, 0);
	assert_host(&l->ipv4, "192.0.2.10");
}

static void a_tentative_link_local_is_not_used_yet(void **state)
{
	struct story *s = *state;
	const struct links_link *l;

	feed_link(s, RTM_NEWLINK, 2, "eth0", IFF_UP | IFF_RUNNING);
	l = links_at(s->links, 2);
	feed_address(s, RTM_NEWADDR, 2, "fe80::1", IFA_F_TENTATIVE);
	feed_address(s, RTM_NEWADDR, 2, "2001:db8::1", 0);
	assert_int_equal(l->ipv6.len, 0);
	assert_host(&l->ipv6_global, "2001:db8::1");
	feed_address(s, RTM_NEWADDR, 2, "fe80::1", IFA_F_PERMANENT);
	assert_host(&l->ipv6, "fe80::1");
	assert_int_equal(l->ipv6.in6.sin6_scope_id, 2);
	feed_address(s, RTM_NEWADDR, 2, "fe80::1", IFA_F_PERMANENT | IFA_F_DADFAILED);
	assert_int_equal(l->ipv6.len, 0);
}

static void an_address_is_found_wherever_it_is(void **state)
{
	struct story *s = *state;
	struct addr a;

	assert_true(addr_parse_ip(&a, slice_of("2001:db8::9"), 0));
	feed_link(s, RTM_NEWLINK, 2, "eth0", IFF_UP | IFF_RUNNING);
	feed_link(s, RTM_NEWLINK, 3, "eth1", IFF_UP | IFF_RUNNING);
	feed_address(s, RTM_NEWADDR, 2, "2001:db8::1", 0);
	assert_false(links_has_address(s->links, &a));
	feed_address(s, RTM_NEWADDR, 3, "2001:db8::9", IFA_F_TENTATIVE);
	assert_false(links_has_address(s->links, &a));
	feed_address(s, RTM_NEWADDR, 3, "2001:db8::9", 0);
	assert_true(links_has_address(s->links, &a));
	feed_address(s, RTM_DELADDR, 3, "2001:db8::9", 0);
	assert_false(links_has_address(s->links, &a));
}

static void addresses_of_unknown_links_are_ignored(void **state)
{
	struct story *s = *state;

	feed_address(s, RTM_NEWADDR, 7, "192.0.2.1", 0);
	feed_link(s, RTM_DELLINK, 7, "gone", 0);
	assert_int_equal(s->n_told, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_link_comes_changes_and_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(virtual_addresses_are_not_primary, setup, teardown),
		cmocka_unit_test_setup_teardown(a_tentative_link_local_is_not_used_yet, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_address_is_found_wherever_it_is, setup,
						teardown),
		cmocka_unit_test_setup_teardown(addresses_of_unknown_links_are_ignored, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
