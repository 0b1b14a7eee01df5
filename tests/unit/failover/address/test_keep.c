/*
 * failover/address/keep.c with keep_sweep.c, undo.c, route_message.c and rtnl.c on a real kernel,
 * in a network namespace of the test's own (veth pair v0-v1). Skipped where namespaces are not
 * allowed.
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

#include "failover/address/hold.h"
#include "failover/address/keep.h"
#include "failover/address/undo.h"
#include "failover/conf/failover_conf.h"

struct story {
	struct loop *loop;
	struct links *links;
	struct keep *keep;
	struct shared_page *page;
	int n_repaired;
	char repaired[128];
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	struct failover_conf *conf;
	struct keep_list list;
};

static bool may_unshare;

static int run(const char *command)
{
	return system(command);
}

/* Lines of `ip COMMAND` that hold the text. */
static int count(const char *what, const char *text)
{
	char command[160], line[512];
	int n = 0;
	FILE *f;

	snprintf(command, sizeof(command), "ip -o %s 2>/dev/null", what);
	f = popen(command, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, text) != NULL;
	pclose(f);
	return n;
}

static int count_route(const char *text)
{
	return count("route show table all", text);
}

static int count_rule(const char *text)
{
	return count("-d rule show", text) + count("-d -6 rule show", text);
}

static void on_repaired(void *ctx, const void *owner, const char *text)
{
	struct story *s = ctx;

	(void)owner;
	s->n_repaired++;
	snprintf(s->repaired, sizeof(s->repaired), "%s", text);
}

static void settle(struct story *s)
{
	for (int i = 0; i < 8; i++)
		loop_step(s->loop, loop_clock_us(s->loop));
}

static struct keep *new_keep(struct story *s)
{
	struct keep_setup setup = {.loop = s->loop,
				   .links = s->links,
				   .page = s->page,
				   .on_repaired = on_repaired,
				   .ctx = s};

	return keep_new(&setup);
}

static void read_lines(struct story *s, const char *routes, const char *rules)
{
	static const char *const path = "k.conf";
	static char text[4096];

	snprintf(text, sizeof(text),
		 "vrrp_instance VI_1 {\n interface v0\n virtual_router_id 51\n"
		 " virtual_ipaddress { 192.0.2.10 }\n virtual_routes {\n%s\n }\n"
		 " virtual_rules {\n%s\n }\n}\n",
		 routes, rules);
	conf_files_init(&s->files);
	conf_diags_init(&s->diags);
	arena_init(&s->arena, 0);
	conf_files_put(&s->files, path, slice_of(text));
	s->conf = failover_conf_parse(&s->files, &path, 1, &s->arena, &s->diags, NULL);
	assert_int_equal(s->diags.n_errors, 0);
	s->list = (struct keep_list){s->conf->instances->routes, s->conf->instances->rules, "v0"};
}

static void forget_lines(struct story *s)
{
	arena_fini(&s->arena);
	conf_diags_fini(&s->diags);
	conf_files_fini(&s->files);
}

static int setup(void **state)
{
	static struct story s;

	if (!may_unshare)
		return 0;
	s = (struct story){.page = shared_page_new()};
	run("ip link add v0 type veth peer name v1; ip link set lo up; ip link set v0 up;"
	    " ip link set v1 up; ip addr add 192.0.2.3/24 dev v0;"
	    " ip addr add 2001:db8::3/64 dev v0 nodad");
	s.loop = loop_new(&loop_epoll_ops);
	s.links = links_new(s.loop);
	assert_non_null(s.links);
	s.keep = new_keep(&s);
	assert_non_null(s.keep);
	read_lines(&s,
		   "198.51.100.0/25 via 192.0.2.1\n"
		   "198.51.100.128/25 dev v0 src 192.0.2.3 table 100 metric 7 mtu lock 1400\n"
		   "203.0.113.0/24\n"
		   "blackhole 203.0.114.0/24\n"
		   "203.0.115.0/24 nexthop via 192.0.2.1 weight 2 nexthop via 192.0.2.2\n"
		   "203.0.116.0/24 via inet6 fe80::9 dev v0\n"
		   "2001:db8:5::/64 via 2001:db8::9 metric 5",
		   "from 192.0.2.10 table 100 priority 100\n"
		   "to 2001:db8:5::/64 table 100 priority 101\n"
		   "from 192.0.2.11 fwmark 24/12 iif v0 blackhole priority 102");
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct story *s = *state;

	if (!may_unshare)
		return 0;
	keep_free(&s->keep);
	links_free(&s->links);
	loop_free(&s->loop);
	munmap(s->page, sizeof(*s->page));
	forget_lines(s);
	run("ip link del v0 2>/dev/null; ip link del w0 2>/dev/null; ip route flush proto 18;"
	    "for p in 99 100 101 102; do ip rule del priority $p; ip -6 rule del priority $p; done"
	    " 2>/dev/null");
	return 0;
}

#define STORY(s)                  \
	struct story *s = *state; \
	if (!may_unshare)         \
	skip()

static int undo_n(const struct story *s)
{
	int n = 0;

	for (int i = 0; i < SHARED_UNDO_MAX; i++)
		n += s->page->undo[i].len != 0;
	return n;
}

static void takes_and_gives(void **state)
{
	STORY(s);
	assert_int_equal(keep_take(s->keep, s, &s->list), 0);
	assert_int_equal(count_route("198.51.100.0/25 via 192.0.2.1 dev v0 proto keepalived"), 1);
	assert_int_equal(count_route("198.51.100.128/25 dev v0 table 100 proto keepalived scope "
				     "link src 192.0.2.3 metric 7 mtu lock 1400"),
			 1);
	assert_int_equal(count_route("203.0.113.0/24 dev v0 proto keepalived scope link"), 1);
	assert_int_equal(count_route("blackhole 203.0.114.0/24 proto keepalived"), 1);
	assert_int_equal(count_route("203.0.115.0/24"), 1);
	assert_int_equal(count_route("weight 2"), 1);
	assert_int_equal(count_route("203.0.116.0/24 via inet6 fe80::9 dev v0"), 1);
	assert_int_equal(count_route("2001:db8:5::/64 via 2001:db8::9 dev v0 proto keepalived"), 1);
	assert_int_equal(count_rule("from 192.0.2.10 lookup 100 proto keepalived"), 1);
	assert_int_equal(count_rule("to 2001:db8:5::/64 lookup 100 proto keepalived"), 1);
	assert_int_equal(count_rule("fwmark 0x18/0xc iif v0 blackhole proto keepalived"), 1);
	assert_int_equal(undo_n(s), 10);
	assert_int_equal(keep_take(s->keep, s, &s->list), 0); /* twice is once */
	assert_int_equal(undo_n(s), 10);
	settle(s);
	keep_give(s->keep, s);
	assert_int_equal(count_route("proto keepalived"), 0);
	assert_int_equal(count_rule("proto keepalived"), 0);
	assert_int_equal(undo_n(s), 0);
	settle(s);
	assert_int_equal(count_route("proto keepalived"), 0); /* our own removal is not mended */
	assert_int_equal(s->n_repaired, 0);
}

static void what_is_deleted_is_back_at_once(void **state)
{
	STORY(s);
	keep_take(s->keep, s, &s->list);
	settle(s);
	assert_int_equal(run("ip route del 198.51.100.0/25"), 0);
	settle(s);
	assert_int_equal(count_route("198.51.100.0/25 via 192.0.2.1"), 1);
	assert_int_equal(s->n_repaired, 1);
	assert_string_equal(s->repaired, "198.51.100.0/25 via 192.0.2.1");
	assert_int_equal(run("ip rule del priority 100"), 0);
	settle(s);
	assert_int_equal(count_rule("from 192.0.2.10 lookup 100"), 1);
	assert_int_equal(run("ip -6 route del 2001:db8:5::/64; ip -6 rule del priority 101"), 0);
	settle(s);
	assert_int_equal(s->n_repaired, 4);
	assert_int_equal(run("ip route flush table 100; ip route flush proto 18"), 0);
	settle(s);
	assert_int_equal(count_route("proto keepalived"), 7);
	assert_int_equal(undo_n(s), 10);
	keep_give(s->keep, s);
	assert_int_equal(count_route("proto keepalived"), 0);
	assert_int_equal(undo_n(s), 0);
}

static void what_the_kernel_drops_in_silence_is_back_too(void **state)
{
	STORY(s);
	keep_take(s->keep, s, &s->list);
	settle(s);
	/* its source address goes, and the route with it; when it returns, so does the route */
	run("ip addr del 192.0.2.3/24 dev v0");
	settle(s);
	assert_int_equal(count_route("src 192.0.2.3"), 0);
	run("ip addr add 192.0.2.3/24 dev v0");
	settle(s);
	assert_int_equal(count_route("198.51.100.128/25 dev v0 table 100"), 1);
	assert_int_equal(count_route("198.51.100.0/25 via 192.0.2.1"), 1);
	run("ip link set v0 down");
	settle(s);
	run("ip link set v0 up; ip addr add 2001:db8::3/64 dev v0 nodad");
	for (int i = 0; i < 1000 && count_route("proto keepalived") < 7; i++) {
		usleep(10000); /* the kernel takes a while until the link runs */
		settle(s);
	}
	assert_int_equal(count_route("proto keepalived"), 7);
}

static void no_track_is_left_alone(void **state)
{
	STORY(s);
	forget_lines(s);
	read_lines(s, "198.51.100.0/25 via 192.0.2.1 no_track",
		   "from 192.0.2.10 table 100 priority 100 no_track");
	assert_int_equal(keep_take(s->keep, s, &s->list), 0);
	run("ip route del 198.51.100.0/25; ip rule del priority 100");
	settle(s);
	assert_int_equal(count_route("proto keepalived") + count_rule("proto keepalived"), 0);
	keep_give(s->keep, s);
	assert_int_equal(undo_n(s), 0);
}

static void what_was_there_before_stays(void **state)
{
	STORY(s);
	run("ip route add 198.51.100.0/25 via 192.0.2.1 proto static;"
	    "ip rule add from 192.0.2.10 table 100 priority 100 protocol static;"
	    "ip -6 route add 2001:db8:5::/64 via 2001:db8::9 metric 5 proto static");
	keep_take(s->keep, s, &s->list);
	keep_give(s->keep, s);
	assert_int_equal(count_route("198.51.100.0/25 via 192.0.2.1 dev v0 proto static"), 1);
	assert_int_equal(count_rule("from 192.0.2.10 lookup 100 proto static"), 1);
	assert_int_equal(count_route("2001:db8:5::/64 via 2001:db8::9 dev v0 proto static"), 1);
	assert_int_equal(count_route("proto keepalived") + count_rule("proto keepalived"), 0);
	run("ip rule del priority 100");
}

static void a_changed_list_touches_only_the_difference(void **state)
{
	struct story other = {0};

	STORY(s);
	keep_take(s->keep, s, &s->list);
	settle(s);
	read_lines(&other, "198.51.100.0/25 via 192.0.2.1\n 198.51.99.0/24 via 192.0.2.1",
		   "from 192.0.2.99 table 100 priority 99");
	assert_int_equal(keep_take(s->keep, s, &other.list), 0);
	settle(s);
	assert_int_equal(count_route("proto keepalived"), 2);
	assert_int_equal(count_rule("proto keepalived"), 1);
	assert_int_equal(undo_n(s), 3);
	assert_int_equal(s->n_repaired, 0);
	keep_give(s->keep, s);
	forget_lines(&other);
	assert_int_equal(count_route("proto keepalived") + count_rule("proto keepalived"), 0);
}

static void a_late_interface_gets_its_routes(void **state)
{
	STORY(s);
	forget_lines(s);
	read_lines(s, "198.51.100.0/25 dev w0", "");
	assert_int_equal(keep_take(s->keep, s, &s->list), 1);
	assert_int_equal(undo_n(s), 0);
	run("ip link add w0 type veth peer name w1; ip link set w0 up");
	settle(s);
	assert_int_equal(count_route("198.51.100.0/25 dev w0"), 1);
	assert_int_equal(undo_n(s), 1);
	run("ip link del w0");
	settle(s);
	assert_int_equal(undo_n(s), 0);
	run("ip link add w0 type veth peer name w1; ip link set w0 up");
	settle(s);
	assert_int_equal(count_route("198.51.100.0/25 dev w0"), 1);
}

static void a_kill_leaves_notes_behind(void **state)
{
	STORY(s);
	keep_take(s->keep, s, &s->list);
	keep_free(&s->keep); /* as if killed: nothing was removed */
	assert_int_equal(count_route("proto keepalived"), 7);
	hold_sweep(s->page);
	assert_int_equal(count_route("proto keepalived") + count_rule("proto keepalived"), 0);
	assert_int_equal(undo_n(s), 0);
	assert_int_equal(undo_sweep(s->page, NULL, NULL), 0);
	s->keep = new_keep(s);
}

static bool claims(const void *ctx, int slot)
{
	return keep_claims_slot(ctx, slot);
}

static void a_successor_adopts_them(void **state)
{
	struct story other = {0};

	STORY(s);
	keep_take(s->keep, s, &s->list);
	keep_free(&s->keep);
	s->keep = new_keep(s);
	read_lines(&other, "198.51.100.0/25 via 192.0.2.1",
		   "from 192.0.2.10 table 100 priority 100");
	keep_take(s->keep, s, &other.list);
	assert_int_equal(undo_sweep(s->page, claims, s->keep), 8);
	assert_int_equal(count_route("proto keepalived"), 1);
	assert_int_equal(count_rule("proto keepalived"), 1);
	keep_give(s->keep, s); /* adopted, so they are ours to remove */
	forget_lines(&other);
	assert_int_equal(count_route("proto keepalived") + count_rule("proto keepalived"), 0);
	assert_int_equal(undo_n(s), 0);
}

static void leftovers_are_swept_by_configuration(void **state)
{
	STORY(s);
	run("ip route add 198.51.100.0/25 via 192.0.2.1 proto 18;"
	    "ip route add 203.0.113.0/24 dev v0 proto static;"
	    "ip rule add from 192.0.2.10 table 100 priority 100 protocol 18");
	assert_int_equal(keep_sweep_configured(s->conf), 2);
	assert_int_equal(count_route("203.0.113.0/24 dev v0 proto static"), 1);
	assert_int_equal(count_rule("from 192.0.2.10"), 0);
	run("ip route del 203.0.113.0/24");
}

static void two_owners_of_one_route(void **state)
{
	STORY(s);
	keep_take(s->keep, &s->loop, &s->list);
	keep_take(s->keep, &s->links, &s->list);
	keep_give(s->keep, &s->loop);
	assert_int_equal(count_route("proto keepalived"), 7);
	assert_int_equal(count_rule("proto keepalived"), 3);
	assert_int_equal(undo_n(s), 10);
	keep_give(s->keep, &s->links);
	assert_int_equal(count_route("proto keepalived") + count_rule("proto keepalived"), 0);
	assert_int_equal(undo_n(s), 0);
}

static void two_hundred_routes_in_batches(void **state)
{
	static struct route_conf many[200];
	struct keep_list list = {many, NULL, "v0"};

	STORY(s);
	for (int i = 0; i < 200; i++) {
		char ip[32];

		many[i] = *s->list.routes;
		snprintf(ip, sizeof(ip), "10.%d.0.0", i);
		addr_parse_ip(&many[i].to, slice_of(ip), 0);
		many[i].to_len = 16;
		many[i].text = arena_strdup(&s->arena, ip);
		many[i].next = i < 199 ? &many[i + 1] : NULL;
	}
	assert_int_equal(keep_take(s->keep, s, &list), 0);
	assert_int_equal(count_route(".0.0/16 via"), 200);
	assert_int_equal(undo_n(s), 200);
	keep_give(s->keep, s);
	assert_int_equal(count_route(".0.0/16 via"), 0);
	assert_int_equal(undo_n(s), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_and_gives),
		TEST(what_is_deleted_is_back_at_once),
		TEST(what_the_kernel_drops_in_silence_is_back_too),
		TEST(no_track_is_left_alone),
		TEST(what_was_there_before_stays),
		TEST(a_changed_list_touches_only_the_difference),
		TEST(a_late_interface_gets_its_routes),
		TEST(a_kill_leaves_notes_behind),
		TEST(a_successor_adopts_them),
		TEST(leftovers_are_swept_by_configuration),
		TEST(two_owners_of_one_route),
		TEST(two_hundred_routes_in_batches),
	};

	may_unshare = unshare(CLONE_NEWNET) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
