/*
 * failover/address/hold.c with hold_sweep.c, ledger.c and rtnl.c on a real kernel, in a network
 * namespace of the test's own (veth pair v0-v1). Skipped where namespaces are not allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "failover/address/hold.h"

struct story {
	struct loop *loop;
	struct links *links;
	struct hold *hold;
	struct shared_page *page;
	int n_added;
	enum hold_why why;
	unsigned lifetime_s;
	bool gives_up;
	struct vip_conf vips[4];
};

static bool may_unshare;

static int run(const char *command)
{
	return system(command);
}

/* How often the address stands on the interface. */
static int count(const char *dev, const char *address)
{
	char command[160], line[256];
	int n = 0;
	FILE *f;

	snprintf(command, sizeof(command), "ip -o addr show dev %s 2>/dev/null", dev);
	f = popen(command, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, address) != NULL;
	pclose(f);
	return n;
}

static void on_added(void *ctx, const void *owner, const struct addr *vip, int ifindex,
		     enum hold_why why)
{
	struct story *s = ctx;

	(void)owner, (void)vip;
	assert_true(ifindex > 0);
	s->n_added++;
	s->why = why;
}

static unsigned lifetime_s(void *ctx, const void *owner)
{
	struct story *s = ctx;

	assert_ptr_equal(owner, s);
	return s->lifetime_s;
}

static void before_upkeep(void *ctx)
{
	struct story *s = ctx;

	if (s->gives_up)
		hold_give(s->hold, s);
}

/* Until nothing more is ready: what the kernel had to say is said within the call that caused it.
 */
static void settle(struct story *s)
{
	for (int i = 0; i < 5; i++)
		loop_step(s->loop, loop_clock_us(s->loop));
}

static struct hold *new_hold(struct story *s)
{
	struct hold_setup setup = {.loop = s->loop,
				   .links = s->links,
				   .page = s->page,
				   .on_added = on_added,
				   .ctx = s};

	return hold_new(&setup);
}

static void give_lifetime(struct story *s, unsigned seconds)
{
	struct hold_setup setup = {.loop = s->loop,
				   .links = s->links,
				   .page = s->page,
				   .on_added = on_added,
				   .ctx = s,
				   .lifetime_s = lifetime_s,
				   .before_upkeep = before_upkeep};

	hold_free(&s->hold);
	s->lifetime_s = seconds;
	s->hold = hold_new(&setup);
	assert_non_null(s->hold);
}

/* The loop runs until so many renewals were made. */
static void until_renewed(struct story *s, uint64_t n)
{
	while (hold_stats(s->hold)->n_renewed < n)
		loop_step(s->loop, loop_clock_us(s->loop) + 100000);
}

static void until_gone(const char *dev, const char *address)
{
	for (int i = 0; i < 200 && count(dev, address) > 0; i++)
		usleep(50000);
	assert_int_equal(count(dev, address), 0);
}

static int setup(void **state)
{
	static const char *const ips[] = {"192.0.2.10", "192.0.2.11", "2001:db8::10",
					  "2001:db8::11"};
	static struct story s;

	if (!may_unshare)
		return 0;
	s = (struct story){.page = shared_page_new()};
	/* without the link-local address that the kernel would make some time later */
	run("ip link add v0 type veth peer name v1 && ip link set v0 addrgenmode none && "
	    "ip link set v0 up && ip link set v1 up");
	s.loop = loop_new(&loop_epoll_ops);
	s.links = links_new(s.loop);
	assert_non_null(s.links);
	s.hold = new_hold(&s);
	assert_non_null(s.hold);
	for (int i = 0; i < 4; i++) {
		addr_parse_ip(&s.vips[i].address, slice_of(ips[i]), 0);
		s.vips[i].prefix_len = i < 2 ? 24 : 64;
		s.vips[i].preferred_lft_s = -1;
		s.vips[i].next = i < 3 ? &s.vips[i + 1] : NULL;
	}
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct story *s = *state;

	if (!may_unshare)
		return 0;
	hold_free(&s->hold);
	links_free(&s->links);
	loop_free(&s->loop);
	munmap(s->page, sizeof(*s->page));
	run("ip link del v0 2>/dev/null; ip link del w0 2>/dev/null");
	return 0;
}

#define STORY(s)                  \
	struct story *s = *state; \
	if (!may_unshare)         \
	skip()

static int ledger_n(const struct story *s)
{
	int n = 0;

	for (int i = 0; i < SHARED_LEDGER_MAX; i++)
		n += s->page->ledger[i].in_use != 0;
	return n;
}

static void takes_and_gives(void **state)
{
	STORY(s);
	assert_int_equal(hold_take(s->hold, s, "v0", s->vips, NULL), 0);
	assert_int_equal(count("v0", "192.0.2.10/24"), 1);
	assert_int_equal(count("v0", "192.0.2.11/24"), 1);
	assert_int_equal(count("v0", "2001:db8::11/64"), 1);
	assert_int_equal(ledger_n(s), 4);
	assert_int_equal(hold_take(s->hold, s, "v0", s->vips, NULL), 0); /* twice is once */
	settle(s);
	hold_give(s->hold, s);
	assert_int_equal(count("v0", "192.0.2.1"), 0);
	assert_int_equal(count("v0", "2001:db8::1"), 0);
	assert_int_equal(ledger_n(s), 0);
	settle(s);
	assert_int_equal(count("v0", "192.0.2.1"), 0); /* our own removal is not mended */
	assert_int_equal(s->n_added, 0);
}

static void a_deleted_address_is_back_at_once(void **state)
{
	STORY(s);
	hold_take(s->hold, s, "v0", s->vips, NULL);
	settle(s);
	assert_int_equal(run("ip addr del 192.0.2.11/24 dev v0"), 0);
	settle(s);
	assert_int_equal(count("v0", "192.0.2.11/24"), 1);
	assert_int_equal(s->n_added, 1);
	assert_int_equal(s->why, HOLD_REPAIRED);
	/* the kernel takes the second one with the first: both come back */
	assert_int_equal(run("ip addr flush dev v0 2>/dev/null"), 0);
	settle(s);
	assert_int_equal(count("v0", "192.0.2.10/24"), 1);
	assert_int_equal(count("v0", "192.0.2.11/24"), 1);
	assert_int_equal(count("v0", "2001:db8::10/64"), 1);
	assert_int_equal(ledger_n(s), 4);
}

static void what_was_there_before_stays(void **state)
{
	STORY(s);
	assert_int_equal(run("ip addr add 192.0.2.10/24 dev v0"), 0);
	s->vips[1].next = NULL;
	assert_int_equal(hold_take(s->hold, s, "v0", s->vips, NULL), 0);
	assert_int_equal(ledger_n(s), 1);
	hold_give(s->hold, s);
	assert_int_equal(count("v0", "192.0.2.10/24"), 1);
	assert_int_equal(count("v0", "192.0.2.11/24"), 0);
	assert_int_equal(hold_sweep(s->page), 0);
	assert_int_equal(count("v0", "192.0.2.10/24"), 1);
}

static bool adopts(void *ctx, const void *owner)
{
	return owner == ctx;
}

static void what_is_adopted_leaves_with_the_others(void **state)
{
	struct hold_setup setup;

	STORY(s);
	setup = (struct hold_setup){
		.loop = s->loop, .links = s->links, .page = s->page, .ctx = s, .adopts = adopts};
	hold_free(&s->hold);
	s->hold = hold_new(&setup);
	s->vips[1].next = NULL;
	assert_int_equal(run("ip addr add 192.0.2.10/24 dev v0"), 0);
	assert_int_equal(hold_take(s->hold, &s->vips, "v0", s->vips, NULL), 0);
	hold_give(s->hold, &s->vips);
	assert_int_equal(count("v0", "192.0.2.10/24"), 1); /* another owner may not */
	assert_int_equal(hold_take(s->hold, s, "v0", s->vips, NULL), 0);
	assert_int_equal(ledger_n(s), 2);
	hold_give(s->hold, s);
	assert_int_equal(count("v0", "192.0.2.10/24"), 0);
	assert_int_equal(ledger_n(s), 0);
}

static void what_the_kernel_refuses_comes_when_it_no_longer_does(void **state)
{
	const char *v6 = "/proc/sys/net/ipv6/conf/v0/disable_ipv6";
	char command[96];

	STORY(s);
	hold_take(s->hold, s, "v0", s->vips, NULL);
	settle(s);
	snprintf(command, sizeof(command), "echo 1 > %s", v6);
	if (run(command) != 0)
		skip();
	settle(s);
	assert_int_equal(count("v0", "2001:db8::10/64"), 0);
	assert_int_equal(count("v0", "192.0.2.10/24"), 1);
	snprintf(command, sizeof(command), "echo 0 > %s", v6);
	assert_int_equal(run(command), 0);
	for (int i = 0; i < 200 && count("v0", "2001:db8::11/64") == 0; i++)
		loop_step(s->loop, loop_clock_us(s->loop) + 50000);
	assert_int_equal(count("v0", "2001:db8::10/64"), 1);
	assert_int_equal(count("v0", "2001:db8::11/64"), 1);
	hold_give(s->hold, s);
	assert_int_equal(ledger_n(s), 0);
}

static void a_changed_list_touches_only_the_difference(void **state)
{
	STORY(s);
	s->vips[0].next = NULL;
	hold_take(s->hold, s, "v0", &s->vips[0], &s->vips[2]);
	settle(s);
	s->vips[1].next = NULL;
	hold_take(s->hold, s, "v0", &s->vips[1], &s->vips[2]);
	assert_int_equal(count("v0", "192.0.2.10/24"), 0);
	settle(s);
	assert_int_equal(count("v0", "192.0.2.11/24"), 1);
	assert_int_equal(count("v0", "2001:db8::10/64"), 1);
	assert_int_equal(count("v0", "2001:db8::11/64"), 1);
	assert_int_equal(ledger_n(s), 3);
}

static void a_late_interface_gets_its_addresses(void **state)
{
	STORY(s);
	s->vips[1].next = NULL;
	assert_int_equal(hold_take(s->hold, s, "w0", s->vips, NULL), 2);
	assert_int_equal(run("ip link add w0 type veth peer name w1; ip link set w0 up"), 0);
	settle(s);
	assert_int_equal(count("w0", "192.0.2.1"), 2);
	assert_int_equal(s->n_added, 2);
	assert_int_equal(s->why, HOLD_LATE);
	assert_int_equal(run("ip link del w0"), 0);
	settle(s);
	assert_int_equal(ledger_n(s), 0);
}

static void the_ledger_outlives_a_kill(void **state)
{
	STORY(s);
	hold_take(s->hold, s, "v0", s->vips, NULL);
	hold_free(&s->hold); /* as if killed: nothing was removed */
	assert_int_equal(count("v0", "192.0.2.10/24"), 1);
	assert_int_equal(hold_sweep(s->page), 4);
	assert_int_equal(count("v0", "192.0.2.1"), 0);
	assert_int_equal(count("v0", "2001:db8::1"), 0);
	assert_int_equal(ledger_n(s), 0);
	assert_int_equal(hold_sweep(s->page), 0);
}

static void a_successor_adopts_what_the_ledger_has(void **state)
{
	STORY(s);
	hold_take(s->hold, s, "v0", s->vips, NULL);
	hold_free(&s->hold);
	s->hold = new_hold(s);
	hold_take(s->hold, s, "v0", &s->vips[1], NULL);
	assert_int_equal(hold_sweep_unclaimed(s->page, s->hold), 1);
	assert_int_equal(count("v0", "192.0.2.10/24"), 0);
	hold_give_all(s->hold); /* adopted, so it is ours to remove */
	assert_int_equal(count("v0", "192.0.2.1"), 0);
	assert_int_equal(count("v0", "2001:db8::1"), 0);
	assert_int_equal(ledger_n(s), 0);
}

static void leftovers_of_an_earlier_life_are_swept_by_configuration(void **state)
{
	struct vrrp_instance_conf inst = {.name = "VI_1", .interface = "v0", .priority = 100};
	struct failover_conf conf = {.instances = &inst};

	STORY(s);
	inst.vips = s->vips;
	run("ip addr add 192.0.2.1/24 dev v0; ip addr add 192.0.2.11/24 dev v0; "
	    "ip addr add 192.0.2.10/28 dev v0");
	assert_int_equal(hold_sweep_configured(&conf), 1);
	assert_int_equal(count("v0", "192.0.2.11/24"), 0);
	assert_int_equal(count("v0", "192.0.2.1/24"), 1);
	assert_int_equal(count("v0", "192.0.2.10/28"), 1); /* another prefix: not ours */
	inst.priority = 255;
	run("ip addr add 192.0.2.11/24 dev v0");
	assert_int_equal(hold_sweep_configured(&conf), 0);
}

static void two_owners_of_one_address(void **state)
{
	STORY(s);
	s->vips[0].next = NULL;
	hold_take(s->hold, &s->loop, "v0", s->vips, NULL);
	hold_take(s->hold, &s->links, "v0", s->vips, NULL);
	assert_int_equal(ledger_n(s), 1);
	hold_give(s->hold, &s->loop);
	assert_int_equal(count("v0", "192.0.2.10/24"), 1);
	assert_int_equal(ledger_n(s), 1);
	hold_give(s->hold, &s->links);
	assert_int_equal(count("v0", "192.0.2.10/24"), 0);
	assert_int_equal(ledger_n(s), 0);
}

static void five_hundred_addresses_in_batches(void **state)
{
	static struct vip_conf many[500];

	STORY(s);
	for (int i = 0; i < 500; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "10.9.%d.%d", i / 250, i % 250 + 1);
		many[i] = (struct vip_conf){.prefix_len = 32, .preferred_lft_s = -1};
		addr_parse_ip(&many[i].address, slice_of(ip), 0);
		many[i].next = i < 499 ? &many[i + 1] : NULL;
	}
	assert_int_equal(hold_take(s->hold, s, "v0", many, NULL), 0);
	assert_int_equal(count("v0", "inet 10.9."), 500);
	assert_int_equal(ledger_n(s), 500);
	hold_give(s->hold, s);
	assert_int_equal(count("v0", "inet 10.9."), 0);
	assert_int_equal(ledger_n(s), 0);
}

static void a_lifetime_is_renewed_and_ends_with_its_holder(void **state)
{
	STORY(s);
	give_lifetime(s, 2);
	hold_take(s->hold, s, "v0", s->vips, NULL);
	assert_int_equal(count("v0", "valid_lft forever"), 0);
	until_renewed(s, 16); /* four each: longer than the lifetime */
	assert_int_equal(count("v0", "192.0.2.1"), 2);
	assert_int_equal(count("v0", "2001:db8::1"), 2);
	assert_int_equal(count("v0", "deprecated"), 0);
	assert_int_equal(s->n_added, 0); /* nothing came or went */
	assert_int_equal(hold_stats(s->hold)->n_renew_failed, 0);
	hold_free(&s->hold); /* as if killed: nobody renews */
	until_gone("v0", "192.0.2.1");
	until_gone("v0", "2001:db8::1");
}

static void what_expired_under_its_holder_is_put_back_or_given_up(void **state)
{
	STORY(s);
	give_lifetime(s, 1);
	s->vips[0].next = NULL;
	hold_take(s->hold, s, "v0", s->vips, NULL);
	until_gone("v0", "192.0.2.10"); /* this process stands still */
	until_renewed(s, 1);
	settle(s);
	assert_int_equal(count("v0", "192.0.2.10"), 1);
	assert_int_equal(s->n_added, 1);
	assert_int_equal(s->why, HOLD_EXPIRED);
	assert_int_equal(hold_stats(s->hold)->n_expired, 1);
	settle(s);
	until_gone("v0", "192.0.2.10");
	s->gives_up = true; /* and this time it has lost its right meanwhile */
	settle(s);
	assert_int_equal(count("v0", "192.0.2.10"), 0);
	assert_int_equal(s->n_added, 1);
	assert_int_equal(ledger_n(s), 0);
}

static void a_lifetime_can_be_taken_away_and_given(void **state)
{
	STORY(s);
	give_lifetime(s, 100);
	hold_take(s->hold, s, "v0", s->vips, NULL);
	assert_int_equal(count("v0", "valid_lft forever"), 0);
	s->lifetime_s = 0;
	hold_renew_all(s->hold);
	until_renewed(s, 4);
	assert_int_equal(count("v0", "valid_lft forever"), 4);
	s->lifetime_s = 100;
	hold_renew_all(s->hold);
	until_renewed(s, 8);
	assert_int_equal(count("v0", "valid_lft forever"), 0);
	assert_int_equal(s->n_added, 0);
}

static void a_successor_renews_what_it_adopts_at_once(void **state)
{
	STORY(s);
	give_lifetime(s, 100);
	hold_take(s->hold, s, "v0", s->vips, NULL);
	give_lifetime(s, 200);
	hold_take(s->hold, s, "v0", s->vips, NULL);
	until_renewed(s, 4);
	assert_int_equal(count("v0", "valid_lft 200sec") + count("v0", "valid_lft 19"), 4);
}

/* An interface's own network must not go away with a virtual address of the same network. */
static void the_networks_own_route_outlives_the_address(void **state)
{
	STORY(s);
	run("ip addr add 2001:db8::1/64 dev v0 nodad; ip addr add 192.0.2.1/24 dev v0");
	give_lifetime(s, 1);
	hold_take(s->hold, s, "v0", s->vips, NULL);
	until_renewed(s, 16);
	assert_int_equal(run("ip -6 route show 2001:db8::/64 dev v0 | grep -q expires"), 256);
	hold_free(&s->hold);
	until_gone("v0", "192.0.2.11");
	until_gone("v0", "2001:db8::11");
	assert_int_equal(run("ip -6 route show 2001:db8::/64 dev v0 | grep -q 2001"), 0);
	assert_int_equal(run("ip -6 route show 2001:db8::/64 dev v0 | grep -q expires"), 256);
	assert_int_equal(run("ip route show 192.0.2.0/24 dev v0 | grep -q 192"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_and_gives, setup, teardown),
		cmocka_unit_test_setup_teardown(a_deleted_address_is_back_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_there_before_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_adopted_leaves_with_the_others, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			what_the_kernel_refuses_comes_when_it_no_longer_does, setup, teardown),
		cmocka_unit_test_setup_teardown(a_changed_list_touches_only_the_difference, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_late_interface_gets_its_addresses, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_ledger_outlives_a_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(a_successor_adopts_what_the_ledger_has, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			leftovers_of_an_earlier_life_are_swept_by_configuration, setup, teardown),
		cmocka_unit_test_setup_teardown(two_owners_of_one_address, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lifetime_is_renewed_and_ends_with_its_holder,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_expired_under_its_holder_is_put_back_or_given_up, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lifetime_can_be_taken_away_and_given, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_successor_renews_what_it_adopts_at_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_networks_own_route_outlives_the_address, setup,
						teardown),
		cmocka_unit_test_setup_teardown(five_hundred_addresses_in_batches, setup, teardown),
	};

	may_unshare = unshare(CLONE_NEWNET) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
