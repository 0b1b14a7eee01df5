/*
 * failover/address/segment/duplicate.c with duplicate_packet.c and address/segment/listener.c: the
 * frames, and the asking on a real kernel in a network namespace of the test's own, where v1 is the
 * segment that v0 speaks to. Skipped where namespaces are not allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failover/address/segment/announce_packet.h"
#include "failover/address/segment/duplicate.h"
#include "failover/address/segment/duplicate_packet.h"

static const uint8_t mine[6] = {2, 0, 0, 0, 0, 1}, other[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t ip4[4] = {192, 0, 2, 10};
static const uint8_t ip6[16] = {0x20, 1, 0xd, 0xb8, [13] = 0xaa, 0xbb, 0xcc};
static bool may_unshare;

static void frames_ask_without_touching_caches(void **state)
{
	uint8_t arp[DUPLICATE_ARP_LEN], ns[DUPLICATE_NS_LEN], ip[16], mac[6];
	static const uint8_t group[6] = {0x33, 0x33, 0xff, 0xaa, 0xbb, 0xcc}, none[16];
	uint32_t sum = 24 + 58;
	int family;

	(void)state;
	duplicate_arp_build(arp, mine, ip4);
	assert_memory_equal(arp + 22, mine, 6);
	assert_memory_equal(arp + 28, none, 4); /* RFC 5227 2.1.1: no sender address */
	assert_memory_equal(arp + 38, ip4, 4);
	duplicate_ns_build(ns, mine, ip6);
	assert_memory_equal(ns, group, 6);
	assert_memory_equal(ns + 22, none, 16);
	for (int i = 22; i < DUPLICATE_NS_LEN; i += 2)
		sum += (uint32_t)ns[i] << 8 | ns[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(sum, 0xffff);
	/* and what asks claims nothing */
	assert_false(duplicate_claim_read(arp, sizeof(arp), &family, ip, mac));
	assert_false(duplicate_claim_read(ns, sizeof(ns), &family, ip, mac));
}

static void answers_are_read_and_cut_off_ones_are_not(void **state)
{
	uint8_t arp[ANNOUNCE_ARP_LEN], na[ANNOUNCE_NA_LEN], ip[16], mac[6];
	int family;

	(void)state;
	announce_arp_build(arp, other, ip4);
	assert_true(duplicate_claim_read(arp, sizeof(arp), &family, ip, mac));
	assert_int_equal(family, AF_INET);
	assert_memory_equal(ip, ip4, 4);
	assert_memory_equal(mac, other, 6);
	announce_na_build(na, other, ip6, false);
	assert_true(duplicate_claim_read(na, sizeof(na), &family, ip, mac));
	assert_int_equal(family, AF_INET6);
	assert_memory_equal(ip, ip6, 16);
	for (size_t len = 0; len < sizeof(arp); len++)
		assert_false(duplicate_claim_read(arp, len, &family, ip, mac));
	for (size_t len = 0; len < 78; len++)
		assert_false(duplicate_claim_read(na, len, &family, ip, mac));
	na[21] = 254; /* a router stood between */
	assert_false(duplicate_claim_read(na, sizeof(na), &family, ip, mac));
}

struct story {
	struct loop *loop;
	struct links *links;
	struct hold *hold;
	struct duplicate *d;
	int segment; /* on v1 */
	int n_conflicts, n_over;
	uint8_t mac[6];
	struct vip_conf vips[2];
};

static void on_conflict(void *ctx, const void *owner, const struct addr *vip,
			const uint8_t mac[static 6])
{
	struct story *s = ctx;

	assert_ptr_equal(owner, s);
	assert_memory_equal(rtnl_addr_bytes(vip), ip4, 4);
	memcpy(s->mac, mac, 6);
	s->n_conflicts++;
}

static void on_over(void *ctx, const void *owner)
{
	struct story *s = ctx;

	assert_ptr_equal(owner, s);
	s->n_over++;
}

static int setup(void **state)
{
	static struct story s;
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_ARP)};
	struct hold_setup hold = {0};
	struct duplicate_setup d = {.on_conflict = on_conflict,
				    .on_over = on_over,
				    .ctx = &s,
				    .arp_fd = -1,
				    .nd_fd = -1};

	if (!may_unshare)
		return 0;
	s = (struct story){0};
	if (system("ip link add v0 type veth peer name v1 && ip link set v0 up && "
		   "ip link set v1 arp off up"))
		return -1;
	d.loop = hold.loop = s.loop = loop_new(&loop_epoll_ops);
	d.links = hold.links = s.links = links_new(s.loop);
	d.hold = s.hold = hold_new(&hold);
	s.d = duplicate_new(&d);
	addr_parse_ip(&s.vips[0].address, slice_of("192.0.2.10"), 0);
	addr_parse_ip(&s.vips[1].address, slice_of("192.0.2.11"), 0);
	for (int i = 0; i < 2; i++) {
		s.vips[i].prefix_len = 24;
		s.vips[i].preferred_lft_s = -1;
	}
	s.vips[0].next = &s.vips[1];
	s.segment = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	at.sll_ifindex = links_find(s.links, "v1")->ifindex;
	assert_int_equal(bind(s.segment, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(hold_take(s.hold, &s, "v0", s.vips, NULL), 0);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct story *s = *state;

	if (!may_unshare)
		return 0;
	duplicate_free(&s->d);
	hold_free(&s->hold);
	links_free(&s->links);
	loop_free(&s->loop);
	close(s->segment);
	return system("ip link del v0");
}

/* The segment's next probe for .10, after as many turns of the loop as it needs. */
static void await_probe(struct story *s)
{
	uint8_t frame[128];

	for (;;) {
		ssize_t len = recv(s->segment, frame, sizeof(frame), 0);

		if (len == DUPLICATE_ARP_LEN && memcmp(frame + 38, ip4, 4) == 0)
			return;
		if (len < 0)
			loop_step(s->loop, loop_clock_us(s->loop) + 10000);
	}
}

static void answer(struct story *s, const uint8_t mac[static 6])
{
	uint8_t frame[ANNOUNCE_ARP_LEN];

	announce_arp_build(frame, mac, ip4);
	assert_int_equal(send(s->segment, frame, sizeof(frame), 0), sizeof(frame));
}

/* A busy kernel hands frames over some time after they were sent, but in their order. */
static void await_conflicts(struct story *s, int n)
{
	int64_t give_up_us = loop_clock_us(s->loop) + 20000000;

	while (s->n_conflicts < n && loop_clock_us(s->loop) < give_up_us)
		loop_step(s->loop, loop_clock_us(s->loop) + 10000);
	assert_int_equal(s->n_conflicts, n);
}

/* Where nothing is to come. */
static void turn(struct story *s)
{
	for (int i = 0; i < 10; i++)
		loop_step(s->loop, loop_clock_us(s->loop) + 2000);
}

static void who_answers_is_told_until_nobody_does(void **state)
{
	struct story *s = *state;

	if (!may_unshare)
		skip();
	duplicate_start(s->d, s);
	await_probe(s);
	answer(s, links_find(s->links, "v0")->mac);
	answer(s, links_find(s->links, "v1")->mac); /* ourselves, both */
	answer(s, other);
	await_conflicts(s, 1);
	assert_memory_equal(s->mac, other, 6);
	answer(s, other); /* once for each asking */
	await_probe(s);
	assert_int_equal(s->n_conflicts, 1);
	answer(s, other);
	await_conflicts(s, 2);
	assert_int_equal(s->n_over, 0);
	while (s->n_over == 0) /* the other one is silent from here on */
		loop_step(s->loop, loop_clock_us(s->loop) + 100000);
	answer(s, other); /* nobody asked any more */
	turn(s);
	assert_int_equal(s->n_conflicts, 2);
	assert_int_equal(s->n_over, 1);
}

static void who_gives_up_asks_no_more(void **state)
{
	struct story *s = *state;

	if (!may_unshare)
		skip();
	duplicate_start(s->d, s);
	duplicate_start(s->d, s); /* begins anew, not twice */
	await_probe(s);
	duplicate_stop(s->d, s);
	duplicate_stop(s->d, s);
	answer(s, other);
	turn(s);
	assert_int_equal(s->n_conflicts, 0);
	duplicate_start(s->d, s);
	await_probe(s);
	answer(s, other);
	await_conflicts(s, 1); /* and freed in the midst of it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_ask_without_touching_caches),
		cmocka_unit_test(answers_are_read_and_cut_off_ones_are_not),
		cmocka_unit_test_setup_teardown(who_answers_is_told_until_nobody_does, setup,
						teardown),
		cmocka_unit_test_setup_teardown(who_gives_up_asks_no_more, setup, teardown),
	};

	may_unshare = unshare(CLONE_NEWNET) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
