/*
 * failover/address/vmac.c with vmac_message.c on a real kernel, in a network namespace of the
 * test's own (veth pair v0-v1). Skipped where namespaces are not allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "failover/address/undo.h"
#include "failover/address/vmac.h"

struct story {
	struct loop *loop;
	struct links *links;
	struct vmacs *vmacs;
	struct shared_page *page;
	struct vmac_conf four, six;
};

static bool may_unshare;

static int run(const char *command)
{
	return system(command);
}

/* Lines of the command that hold the text. */
static int count(const char *command, const char *text)
{
	char line[2048];
	int n = 0;
	FILE *f = popen(command, "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, text) != NULL;
	pclose(f);
	return n;
}

static int setting(const char *dev, const char *name)
{
	char path[96];
	int value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", dev, name);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "%d", &value) != 1)
		value = -1;
	fclose(f);
	return value;
}

static void settle(struct story *s)
{
	for (int i = 0; i < 8; i++)
		loop_step(s->loop, loop_clock_us(s->loop));
}

/* Until the command has that many lines with the text: the kernel finishes a carrier or an address
 * in work queues of its own, some time after the command that asked for it has ended. */
static void wait_count(struct story *s, const char *command, const char *text, int n)
{
	for (int tries = 0; count(command, text) != n; tries++) {
		if (tries == 1000)
			fail_msg("%s: not %d times '%s'", command, n, text);
		if (s->links)
			loop_step(s->loop, loop_clock_us(s->loop) + 5000);
		else
			usleep(5000);
	}
}

/* With a carrier, and without the link-local address that the kernel would make some time later. */
static void make_pair(struct story *s)
{
	run("ip link add v0 type veth peer name v1; ip link set v0 addrgenmode none;"
	    " ip link set v0 up; ip link set v1 up");
	wait_count(s, "ip -o link show v0", "state UP", 1);
}

static int notes(const struct story *s)
{
	int n = 0;

	for (int i = 0; i < SHARED_UNDO_MAX; i++)
		n += s->page->undo[i].len != 0;
	return n;
}

static int setup(void **state)
{
	static struct story s;

	if (!may_unshare)
		return 0;
	s = (struct story){.page = shared_page_new()};
	make_pair(&s);
	run("ip -6 addr add fe80::7/64 dev v0 nodad");
	wait_count(&s, "ip -o -6 addr show dev v0 -tentative", "fe80::7", 1);
	s.four = (struct vmac_conf){&s.six, "vrrp.51", "v0", {0, 0, 0x5e, 0, 1, 51}, AF_INET};
	s.six = (struct vmac_conf){NULL, "vrrp6.51", "v0", {0, 0, 0x5e, 0, 2, 51}, AF_INET6};
	s.loop = loop_new(&loop_epoll_ops);
	s.vmacs = vmacs_new(s.loop, s.page);
	assert_non_null(s.vmacs);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct story *s = *state;

	if (!may_unshare)
		return 0;
	vmacs_free(&s->vmacs);
	links_free(&s->links);
	loop_free(&s->loop);
	munmap(s->page, sizeof(*s->page));
	run("ip link del v0 2>/dev/null; ip link del vrrp.51 2>/dev/null");
	return 0;
}

#define STORY(s)                  \
	struct story *s = *state; \
	if (!may_unshare)         \
	skip()

static void watch(struct story *s)
{
	s->links = links_new(s->loop);
	assert_non_null(s->links);
	vmacs_watch(s->vmacs, s->links);
}

static void they_are_as_keepalived_makes_them(void **state)
{
	STORY(s);
	assert_int_equal(vmacs_set(s->vmacs, &s->four), 0);
	watch(s);
	assert_int_equal(count("ip -o -d link show vrrp.51", "link/ether 00:00:5e:00:01:33"), 1);
	assert_int_equal(count("ip -o -d link show vrrp.51", "vrrp.51@v0: <BROADCAST,MULTICAST,UP"),
			 1);
	assert_int_equal(count("ip -o -d link show vrrp.51", "macvlan mode private"), 1);
	assert_int_equal(count("ip -o -d link show vrrp6.51", "link/ether 00:00:5e:00:02:33"), 1);
	assert_int_equal(count("ip -o -d link show vrrp6.51", "addrgenmode none"), 1);
	assert_int_equal(setting("vrrp.51", "arp_ignore"), 1);
	assert_int_equal(setting("vrrp.51", "arp_filter"), 0);
	assert_int_equal(setting("vrrp.51", "accept_local"), 1);
	assert_int_equal(setting("vrrp.51", "rp_filter"), 0);
	assert_int_equal(setting("vrrp.51", "promote_secondaries"), 1);
	assert_int_equal(setting("v0", "arp_ignore"), 1);
	assert_int_equal(setting("v0", "arp_filter"), 1);
	assert_int_equal(setting("v0", "arp_announce"), 2);
	/* adverts over IPv6 come from the link-local address of the interface below */
	wait_count(s, "ip -o -6 addr show dev vrrp6.51", "deprecated", 1);
	assert_int_equal(count("ip -o -6 addr show dev vrrp.51", "inet6"), 0);
	vmacs_clear(s->vmacs);
	assert_int_equal(count("ip -o link", "vrrp"), 0);
	assert_int_equal(setting("v0", "arp_ignore"), 0);
	assert_int_equal(setting("v0", "arp_filter"), 0);
	assert_int_equal(setting("v0", "arp_announce"), 0);
	assert_int_equal(notes(s), 0);
}

static void what_was_set_below_comes_back(void **state)
{
	STORY(s);
	run("echo 2 > /proc/sys/net/ipv4/conf/v0/arp_ignore");
	vmacs_set(s->vmacs, &s->four);
	assert_int_equal(setting("v0", "arp_ignore"), 1);
	vmacs_set(s->vmacs, &s->six); /* one of two goes */
	assert_int_equal(count("ip -o link", "vrrp"), 1);
	assert_int_equal(setting("v0", "arp_ignore"), 1);
	vmacs_clear(s->vmacs);
	assert_int_equal(setting("v0", "arp_ignore"), 2);
}

static void a_reload_leaves_what_stays_alone(void **state)
{
	STORY(s);
	vmacs_set(s->vmacs, &s->four);
	run("ip link set vrrp.51 alias kept");
	assert_int_equal(vmacs_set(s->vmacs, &s->four), 0);
	s->six.mac[5] = 52; /* another address: another interface */
	assert_int_equal(vmacs_set(s->vmacs, &s->four), 0);
	assert_int_equal(count("ip -o link show vrrp.51", "alias kept"), 1);
	assert_int_equal(count("ip -o link show vrrp6.51", "00:00:5e:00:02:34"), 1);
	vmacs_clear(s->vmacs);
}

static void one_that_is_removed_is_made_again(void **state)
{
	STORY(s);
	vmacs_set(s->vmacs, &s->four);
	watch(s);
	settle(s);
	run("ip link del vrrp6.51");
	wait_count(s, "ip -o link show vrrp6.51", "UP", 1);
	wait_count(s, "ip -o -6 addr show dev vrrp6.51", "deprecated", 1);
	run("ip link set vrrp.51 down");
	wait_count(s, "ip -o link show vrrp.51", "UP", 1);
	run("ip link del v0"); /* and both with it */
	wait_count(s, "ip -o link", "vrrp", 0);
	make_pair(s);
	wait_count(s, "ip -o link", "vrrp", 2);
	assert_int_equal(setting("v0", "arp_ignore"), 1);
	vmacs_clear(s->vmacs);
	assert_int_equal(setting("v0", "arp_ignore"), 0);
}

static void the_mtu_follows_the_interface_below(void **state)
{
	STORY(s);
	vmacs_set(s->vmacs, &s->four);
	watch(s);
	settle(s);
	run("ip link set v0 mtu 1400");
	settle(s);
	wait_count(s, "ip -o link", "mtu 1400", 3);
	run("ip link set v0 mtu 1000; ip link set v0 mtu 1500;"
	    " ip -6 addr add fe80::8/64 dev v0 nodad");
	wait_count(s, "ip -o link", "mtu 1500", 4); /* and the other end */
	wait_count(s, "ip -o -6 addr show dev vrrp6.51", "fe80::8/64", 1);
	assert_int_equal(count("ip -o -6 addr show dev vrrp6.51", "inet6"), 1);
	assert_int_equal(count("ip -o -6 addr show dev vrrp.51", "inet6"), 0);
	vmacs_clear(s->vmacs);
	assert_int_equal(notes(s), 0);
}

static void the_source_follows_the_interface_below(void **state)
{
	STORY(s);
	vmacs_set(s->vmacs, &s->six);
	watch(s);
	run("ip -6 addr flush dev v0 scope link; ip -6 addr add fe80::8/64 dev v0 nodad");
	wait_count(s, "ip -o -6 addr show dev vrrp6.51", "fe80::8/64", 1);
	assert_int_equal(count("ip -o -6 addr show dev vrrp6.51", "inet6"), 1);
	vmacs_clear(s->vmacs);
}

static void an_interface_of_somebody_else_is_not_taken(void **state)
{
	STORY(s);
	run("ip link add vrrp.51 type veth peer name w1");
	assert_int_equal(vmacs_set(s->vmacs, &s->four), 1);
	assert_int_equal(count("ip -o link show vrrp.51", "00:00:5e"), 0);
	vmacs_clear(s->vmacs);
	assert_int_equal(count("ip -o link show vrrp.51", "vrrp.51"), 1);
	assert_int_equal(count("ip -o link", "vrrp6.51"), 0);
}

static void a_killed_process_is_cleared_up_behind(void **state)
{
	STORY(s);
	vmacs_set(s->vmacs, &s->four);
	vmacs_free(&s->vmacs); /* as if killed */
	assert_int_equal(undo_sweep(s->page, NULL, NULL), 3);
	assert_int_equal(count("ip -o link", "vrrp"), 0);
	assert_int_equal(setting("v0", "arp_ignore"), 0);
	s->vmacs = vmacs_new(s->loop, s->page);
}

static bool claims(const void *ctx, int slot)
{
	return vmacs_claims_slot(ctx, slot);
}

static void a_successor_takes_them_over(void **state)
{
	STORY(s);
	vmacs_set(s->vmacs, &s->four);
	run("ip link set vrrp6.51 alias kept");
	vmacs_free(&s->vmacs);
	s->vmacs = vmacs_new(s->loop, s->page);
	assert_int_equal(vmacs_set(s->vmacs, &s->six), 0);
	assert_int_equal(undo_sweep(s->page, claims, s->vmacs), 1);
	assert_int_equal(count("ip -o link", "vrrp"), 1);
	assert_int_equal(count("ip -o link show vrrp6.51", "alias kept"), 1);
	assert_int_equal(setting("v0", "arp_ignore"), 1);
	vmacs_clear(s->vmacs);
	assert_int_equal(setting("v0", "arp_ignore"), 0);
	assert_int_equal(notes(s), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_are_as_keepalived_makes_them),
		TEST(what_was_set_below_comes_back),
		TEST(a_reload_leaves_what_stays_alone),
		TEST(one_that_is_removed_is_made_again),
		TEST(the_source_follows_the_interface_below),
		TEST(the_mtu_follows_the_interface_below),
		TEST(an_interface_of_somebody_else_is_not_taken),
		TEST(a_killed_process_is_cleared_up_behind),
		TEST(a_successor_takes_them_over),
	};

	may_unshare = unshare(CLONE_NEWNET) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
