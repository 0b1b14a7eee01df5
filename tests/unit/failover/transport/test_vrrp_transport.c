/*
 * failover/vrrp/transport (transport.c, transport_receive.c) on real raw sockets: two network
 * namespaces joined by a veth pair, one
 * transport in each, one loop. Needs root; without it the tests are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log/log.h"
#include "failover/transport/transport.h"

enum { ENDS = 2 };

static struct end {
	struct vrrp_transport *transport;
	struct vrrp_instance *inst[2]; /* IPv4, IPv6 */
	struct vrrp_instance_conf conf[2];
	struct vrrp_link link;
} ends[ENDS];

static const struct house_conf house = {.log_unknown_vrids = true};
static struct loop *loop;
static pid_t keeper; /* holds the other namespace */
static int spaces[ENDS] = {-1, -1};
static bool ready;
static struct vip_conf vip4, vip6;
static struct vrrp_peer_conf peers[ENDS];

static bool shell(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return system(line) == 0;
}

static struct addr ip(const char *text)
{
	struct addr a;

	assert_true(addr_parse_ip(&a, slice_of(text), 0));
	return a;
}

/* A child waits in a namespace of its own; tells when it is there. */
static pid_t start_keeper(void)
{
	int ways[2];
	char byte = 0;
	pid_t pid;

	if (pipe(ways) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		byte = unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
		if (write(ways[1], &byte, 1) == 1 && byte == 'y')
			pause();
		_exit(0);
	}
	if (pid > 0 && read(ways[0], &byte, 1) != 1)
		byte = 'n';
	close(ways[0]);
	close(ways[1]);
	if (byte == 'y')
		return pid;
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return -1;
}

static bool make_cable(void)
{
	const char *in = "nsenter -t %d -n ip %s";

	return shell("ip link add va type veth peer name vb netns %d", (int)keeper) &&
	       shell("ip addr add 192.0.2.1/24 dev va && ip link set va up") &&
	       shell("ip addr add fe80::1/64 dev va nodad") &&
	       shell(in, (int)keeper, "addr add 192.0.2.2/24 dev vb") &&
	       shell(in, (int)keeper, "addr add fe80::2/64 dev vb nodad") &&
	       shell(in, (int)keeper, "link set vb up");
}

/* 0 = the first end's namespace, 1 = the keeper's. */
static bool enter(int end)
{
	return setns(spaces[end], CLONE_NEWNET) == 0;
}

static bool remember_spaces(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)keeper);
	spaces[0] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	spaces[1] = open(path, O_RDONLY | O_CLOEXEC);
	return spaces[0] >= 0 && spaces[1] >= 0;
}

static bool on_send(void *ctx, struct vrrp_instance *inst, const struct addr *src,
		    const struct addr *dst, const uint8_t *bytes, size_t len)
{
	struct end *end = ctx;

	return vrrp_transport_send(end->transport, inst, src, dst, bytes, len);
}

static const struct vrrp_instance_ops ops = {.send_advert = on_send};

static void fill_end(int n, bool unicast)
{
	struct end *e = &ends[n];
	struct vrrp_instance_conf base = {.name = "VI",
					  .interface = n ? "vb" : "va",
					  .vrid = 51,
					  .family = AF_INET,
					  .version = 3,
					  .priority = n ? 100 : 150,
					  .advert_us = 50000,
					  .peers = unicast ? &peers[0] : NULL,
					  .vips = &vip4};

	memset(e, 0, sizeof(*e));
	e->link = (struct vrrp_link){.up = true};
	snprintf(e->link.name, sizeof(e->link.name), "%s", base.interface);
	e->link.ipv4 = ip(n ? "192.0.2.2" : "192.0.2.1");
	e->link.ipv6_linklocal = ip(n ? "fe80::2" : "fe80::1");
	e->conf[0] = base;
	base.family = AF_INET6;
	base.peers = NULL;
	base.vips = &vip6;
	e->conf[1] = base;
}

static void open_end_here(int n)
{
	struct end *e = &ends[n];

	e->link.ifindex = if_nametoindex(e->link.name);
	e->transport = vrrp_transport_new(loop, &house);
	for (int i = 0; i < 2; i++) {
		struct vrrp_instance_params params = {
			.loop = loop, .conf = &e->conf[i], .ops = &ops, .ctx = e};

		e->inst[i] = vrrp_instance_new(&params);
		assert_true(vrrp_transport_attach(e->transport, e->inst[i]));
		vrrp_instance_link_changed(e->inst[i], &e->link);
	}
}

/* In the namespace of its end: sockets stay where they were made. */
static void open_end(int n, bool unicast)
{
	fill_end(n, unicast);
	assert_true(enter(n));
	open_end_here(n);
}

static void close_end(int n)
{
	struct end *e = &ends[n];

	for (int i = 0; i < 2; i++) {
		vrrp_transport_detach(e->transport, e->inst[i]);
		vrrp_instance_free(&e->inst[i]);
	}
	vrrp_transport_free(&e->transport);
}

static bool run_until(bool (*done)(void))
{
	int64_t end_us = loop_clock_us(loop) + 20 * 1000000LL;

	while (!done() && loop_clock_us(loop) < end_us)
		loop_step(loop, loop_now_us(loop) + 10000);
	return done();
}

static bool both_have_heard(void)
{
	return vrrp_instance_stats(ends[1].inst[0])->n_received >= 3 &&
	       vrrp_instance_stats(ends[1].inst[1])->n_received >= 3 &&
	       vrrp_instance_state(ends[0].inst[0]) == VRRP_MASTER &&
	       vrrp_instance_state(ends[0].inst[1]) == VRRP_MASTER;
}

static bool second_is_master(void)
{
	return vrrp_instance_state(ends[1].inst[0]) == VRRP_MASTER &&
	       vrrp_instance_state(ends[1].inst[1]) == VRRP_MASTER;
}

static void start_all(void)
{
	for (int n = 0; n < ENDS; n++)
		for (int i = 0; i < 2; i++)
			vrrp_instance_start(ends[n].inst[i], 0);
}

static void talk(bool unicast)
{
	if (!ready)
		skip();
	for (int n = 0; n < ENDS; n++)
		open_end(n, unicast);
	start_all();
	assert_true(run_until(both_have_heard));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(vrrp_instance_state(ends[1].inst[i]), VRRP_BACKUP);
		assert_int_equal(vrrp_instance_stats(ends[1].inst[i])->n_dropped, 0);
		assert_int_equal(vrrp_instance_stats(ends[0].inst[i])->n_send_failed, 0);
	}
	assert_int_equal(vrrp_transport_stats(ends[1].transport)->n_unknown_vrid, 0);
	for (int i = 0; i < 2; i++)
		vrrp_instance_stop(ends[0].inst[i], "enough");
	assert_true(run_until(second_is_master));
	assert_int_equal(vrrp_instance_stats(ends[1].inst[0])->n_zero_received, 1);
	for (int n = 0; n < ENDS; n++)
		close_end(n);
}

static void multicast_over_ipv4_and_ipv6(void **state)
{
	(void)state;
	talk(false);
}

static void unicast_over_ipv4(void **state)
{
	(void)state;
	talk(true);
}

static void a_vrid_is_taken_once(void **state)
{
	struct vrrp_instance_params params = {.loop = loop, .ops = &ops, .ctx = &ends[0]};
	struct vrrp_instance *other;

	(void)state;
	if (!ready)
		skip();
	open_end(0, false);
	params.conf = &ends[0].conf[0];
	other = vrrp_instance_new(&params);
	assert_false(vrrp_transport_attach(ends[0].transport, other));
	vrrp_transport_detach(ends[0].transport, other); /* not attached: nothing */
	assert_true(vrrp_transport_attach(ends[0].transport, ends[0].inst[0])); /* again: as is */
	vrrp_instance_free(&other);
	close_end(0);
}

static bool second_heard_again(void)
{
	return vrrp_instance_stats(ends[1].inst[0])->n_received > 0 &&
	       vrrp_instance_stats(ends[1].inst[1])->n_received > 0;
}

static void an_interface_goes_and_comes_back(void **state)
{
	struct vrrp_link gone;

	(void)state;
	if (!ready)
		skip();
	for (int n = 0; n < ENDS; n++)
		open_end(n, false);
	assert_true(enter(0));
	assert_true(shell("ip link del va")); /* takes the other end with it */
	for (int n = 0; n < ENDS; n++) {
		gone = ends[n].link;
		gone.ifindex = 0;
		gone.up = false;
		vrrp_transport_interface_changed(ends[n].transport, &gone);
		for (int i = 0; i < 2; i++)
			vrrp_instance_link_changed(ends[n].inst[i], &gone);
	}
	start_all();
	assert_int_equal(vrrp_instance_state(ends[0].inst[0]), VRRP_FAULT);
	assert_true(enter(0) && make_cable());
	for (int n = 0; n < ENDS; n++) {
		assert_true(enter(n));
		ends[n].link.ifindex = if_nametoindex(ends[n].link.name);
		assert_true(ends[n].link.ifindex > 0);
		vrrp_transport_interface_changed(ends[n].transport, &ends[n].link);
		for (int i = 0; i < 2; i++)
			vrrp_instance_link_changed(ends[n].inst[i], &ends[n].link);
	}
	assert_true(run_until(second_heard_again));
	for (int n = 0; n < ENDS; n++)
		close_end(n);
}

static uint64_t n_before;

static bool second_hears_more(void)
{
	return vrrp_instance_stats(ends[1].inst[1])->n_received > n_before + 2;
}

/* Below an MTU of 1280 there is no IPv6 on an interface, and its groups are not there any more. */
static void groups_that_the_kernel_forgot_are_joined_anew(void **state)
{
	struct vrrp_link none;

	(void)state;
	if (!ready)
		skip();
	for (int n = 0; n < ENDS; n++) {
		open_end(n, false);
		vrrp_transport_interface_changed(ends[n].transport, &ends[n].link);
	}
	start_all();
	assert_true(run_until(both_have_heard));
	assert_true(enter(1));
	assert_true(shell("ip link set vb mtu 1000"));
	none = ends[1].link;
	none.ipv6_linklocal.len = 0;
	vrrp_transport_interface_changed(ends[1].transport, &none);
	assert_true(shell("ip link set vb mtu 1500 && ip addr add fe80::2/64 dev vb nodad"));
	vrrp_transport_interface_changed(ends[1].transport, &ends[1].link);
	n_before = vrrp_instance_stats(ends[1].inst[1])->n_received;
	assert_true(run_until(second_hears_more));
	for (int n = 0; n < ENDS; n++)
		close_end(n);
}

static bool first_hears(void)
{
	return !vrrp_transport_deaf(ends[0].transport, ends[0].inst[0]) &&
	       !vrrp_transport_deaf(ends[0].transport, ends[0].inst[1]);
}

static void note_open(void *ctx, const char *name)
{
	assert_string_equal(name, "va");
	++*(int *)ctx;
}

static void a_socket_that_cannot_be_opened_is_tried_again(void **state)
{
	struct rlimit was, none = {0};
	unsigned ifindex;
	int n_told = 0;

	(void)state;
	if (!ready)
		skip();
	getrlimit(RLIMIT_NOFILE, &was);
	none.rlim_max = was.rlim_max;
	open_end(1, false);
	fill_end(0, false);
	assert_true(enter(0));
	ifindex = if_nametoindex("va");
	setrlimit(RLIMIT_NOFILE, &none);
	open_end_here(0);
	ends[0].link.ifindex = ifindex;
	vrrp_transport_interface_changed(ends[0].transport, &ends[0].link);
	for (int i = 0; i < 2; i++)
		vrrp_instance_link_changed(ends[0].inst[i], &ends[0].link);
	assert_true(vrrp_transport_deaf(ends[0].transport, ends[0].inst[0]));
	vrrp_transport_watch(ends[0].transport, note_open, &n_told);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_true(run_until(first_hears));
	assert_int_equal(n_told, 2);
	start_all();
	assert_true(run_until(both_have_heard));
	for (int n = 0; n < ENDS; n++)
		close_end(n);
}

static void without_an_interface_nothing_is_sent(void **state)
{
	const uint8_t bytes[12] = {0x31};
	struct addr src = ip("192.0.2.1"), dst = ip("224.0.0.18");

	(void)state;
	fill_end(0, false);
	ends[0].conf[0].interface = "no-such-if0";
	ends[0].transport = vrrp_transport_new(loop, &house);
	ends[0].inst[0] = vrrp_instance_new(&(struct vrrp_instance_params){
		.loop = loop, .conf = &ends[0].conf[0], .ops = &ops, .ctx = &ends[0]});
	assert_true(vrrp_transport_attach(ends[0].transport, ends[0].inst[0]));
	assert_false(vrrp_transport_send(ends[0].transport, ends[0].inst[0], &src, &dst, bytes,
					 sizeof(bytes)));
	assert_int_equal(vrrp_transport_stats(ends[0].transport)->n_send_failed, 1);
	vrrp_transport_detach(ends[0].transport, ends[0].inst[0]);
	vrrp_instance_free(&ends[0].inst[0]);
	vrrp_transport_free(&ends[0].transport);
}

static int set_up(void **state)
{
	(void)state;
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	loop = loop_new(&loop_epoll_ops);
	vip4 = (struct vip_conf){.address = ip("192.0.2.10"), .prefix_len = 24};
	vip6 = (struct vip_conf){.address = ip("2001:db8::10"), .prefix_len = 64};
	for (int n = 0; n < ENDS; n++) {
		peers[n].address = ip(n ? "192.0.2.2" : "192.0.2.1");
		peers[n].next = n ? NULL : &peers[1];
	}
	if (unshare(CLONE_NEWNET) < 0)
		return 0;
	keeper = start_keeper();
	ready = keeper > 0 && remember_spaces() && make_cable();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	loop_free(&loop);
	for (int n = 0; n < ENDS; n++)
		if (spaces[n] >= 0)
			close(spaces[n]);
	if (keeper > 0) {
		kill(keeper, SIGKILL);
		waitpid(keeper, NULL, 0);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(multicast_over_ipv4_and_ipv6),
		cmocka_unit_test(unicast_over_ipv4),
		cmocka_unit_test(a_vrid_is_taken_once),
		cmocka_unit_test(an_interface_goes_and_comes_back),
		cmocka_unit_test(groups_that_the_kernel_forgot_are_joined_anew),
		cmocka_unit_test(a_socket_that_cannot_be_opened_is_tried_again),
		cmocka_unit_test(without_an_interface_nothing_is_sent),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
