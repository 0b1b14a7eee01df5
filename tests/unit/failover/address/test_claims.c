/*
 * failover/address/segment/claims.c on a real kernel in a network namespace of the test's own,
 * where v1 is the segment that v0 speaks to: who names a held address as its own is told, and what
 * is no claim does not even come up. Skipped where namespaces are not allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failover/address/segment/announce_packet.h"
#include "failover/address/segment/claims.h"
#include "failover/address/segment/duplicate_packet.h"
#include "failover/address/segment/listener.h"

static const uint8_t other[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t ip4[4] = {192, 0, 2, 10}, foreign4[4] = {192, 0, 2, 99};
static const uint8_t ip6[16] = {0x20, 1, 0xd, 0xb8, [15] = 0x10};
static const uint8_t foreign6[16] = {0x20, 1, 0xd, 0xb9, [15] = 0x10}; /* its end is the same */
static bool may_unshare;

static struct story {
	struct loop *loop;
	struct links *links;
	struct hold *hold;
	struct claims *claims;
	int segment; /* on v1 */
	int n_told, family;
	uint8_t mac[6];
	struct vip_conf vips[2];
} story;

static void on_claim(void *ctx, const void *owner, const struct addr *vip,
		     const uint8_t mac[static 6])
{
	struct story *s = ctx;

	assert_ptr_equal(owner, s);
	memcpy(s->mac, mac, 6);
	s->family = vip->sa.sa_family;
	s->n_told++;
}

static int setup(void **state)
{
	struct story *s = &story;
	struct sockaddr_ll at = {.sll_family = AF_PACKET};
	struct hold_setup hold = {0};
	struct claims_setup c = {.on_claim = on_claim, .ctx = s, .arp_fd = -1, .nd_fd = -1};

	*state = s;
	if (!may_unshare)
		return 0;
	*s = (struct story){0};
	if (system("ip link add v0 type veth peer name v1 && ip link set v0 up && "
		   "ip link set v1 arp off up"))
		return -1;
	c.loop = hold.loop = s->loop = loop_new(&loop_epoll_ops);
	c.links = hold.links = s->links = links_new(s->loop);
	c.hold = s->hold = hold_new(&hold);
	s->claims = claims_new(&c);
	addr_parse_ip(&s->vips[0].address, slice_of("192.0.2.10"), 0);
	addr_parse_ip(&s->vips[1].address, slice_of("2001:db8::10"), 0);
	for (int i = 0; i < 2; i++) {
		s->vips[i].prefix_len = i ? 64 : 24;
		s->vips[i].preferred_lft_s = -1;
		s->vips[i].nodad = true;
	}
	s->vips[0].next = &s->vips[1];
	s->segment = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	at.sll_ifindex = (int)links_find(s->links, "v1")->ifindex;
	assert_int_equal(bind(s->segment, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(hold_take(s->hold, s, "v0", s->vips, NULL), 0);
	claims_watch(s->claims, s);
	return 0;
}

static int teardown(void **state)
{
	struct story *s = *state;

	if (!may_unshare)
		return 0;
	claims_free(&s->claims);
	hold_free(&s->hold);
	links_free(&s->links);
	loop_free(&s->loop);
	close(s->segment);
	return system("ip link del v0");
}

static void turn(struct story *s, int64_t span_us)
{
	int64_t end = loop_clock_us(s->loop) + span_us;

	while (loop_clock_us(s->loop) < end)
		loop_step(s->loop, end);
}

static void put(struct story *s, const void *frame, size_t len)
{
	assert_int_equal(send(s->segment, frame, len, 0), len);
}

static void put_arp(struct story *s, const uint8_t mac[static 6], const uint8_t ip[static 4])
{
	uint8_t frame[ANNOUNCE_ARP_LEN];

	announce_arp_build(frame, mac, ip);
	put(s, frame, sizeof(frame));
}

static void await(struct story *s, int n_told)
{
	while (s->n_told < n_told)
		loop_step(s->loop, loop_clock_us(s->loop) + 100000);
	assert_int_equal(s->n_told, n_told);
}

/* A solicitation for somebody, from the address, with or without who sends it. */
static void put_ns(struct story *s, const uint8_t from[static 16], bool with_mac)
{
	uint8_t frame[DUPLICATE_NS_LEN + 8] = {0};

	duplicate_ns_build(frame, other, foreign6);
	memcpy(frame + 22, from, 16);
	frame[DUPLICATE_NS_LEN] = with_mac ? 1 : 0;
	frame[DUPLICATE_NS_LEN + 1] = 1;
	memcpy(frame + DUPLICATE_NS_LEN + 2, other, 6);
	put(s, frame, sizeof(frame));
}

static void who_names_our_address_is_told(void **state)
{
	struct story *s = *state;
	uint8_t na[ANNOUNCE_NA_LEN];

	if (!may_unshare)
		skip();
	turn(s, 20000); /* the filters are there */
	put_arp(s, other, foreign4);
	put_arp(s, links_find(s->links, "v0")->mac, ip4); /* ourselves */
	announce_na_build(na, other, foreign6, false);
	put(s, na, sizeof(na));
	put_ns(s, ip6, false);
	turn(s, 20000);
	assert_int_equal(s->n_told, 0);
	put_arp(s, other, ip4);
	await(s, 1);
	assert_int_equal(s->family, AF_INET);
	assert_memory_equal(s->mac, other, 6);
	announce_na_build(na, other, ip6, false);
	put(s, na, sizeof(na));
	await(s, 2);
	assert_int_equal(s->family, AF_INET6);
	put_ns(s, ip6, true);
	await(s, 3);
}

static void many_are_told_seldom_and_the_last_one_never_lost(void **state)
{
	struct story *s = *state;
	int64_t began_us;

	if (!may_unshare)
		skip();
	turn(s, 20000);
	for (int i = 0; i < 100; i++)
		put_arp(s, other, ip4);
	await(s, 1);
	began_us = loop_clock_us(s->loop);
	for (int i = 0; i < 100; i++) {
		put_arp(s, other, ip4);
		loop_step(s->loop, loop_clock_us(s->loop));
	}
	/* 100 ms and 200 ms after that, whatever this machine makes of a hundred turns */
	if (loop_clock_us(s->loop) - began_us < 250000)
		assert_true(s->n_told <= 2);
	assert_true(s->n_told <= 4);
	while (s->n_told < 2)
		loop_step(s->loop, loop_clock_us(s->loop) + 100000);
}

static void who_holds_nothing_hears_nothing(void **state)
{
	struct story *s = *state;

	if (!may_unshare)
		skip();
	turn(s, 20000);
	put_arp(s, other, ip4);
	while (s->n_told == 0)
		loop_step(s->loop, loop_clock_us(s->loop) + 100000);
	claims_unwatch(s->claims, s);
	claims_unwatch(s->claims, s);
	put_arp(s, other, ip4);
	turn(s, 20000);
	assert_int_equal(s->n_told, 1);
	claims_watch(s->claims, s);
	turn(s, 20000);
	put_arp(s, other, ip4);
	await(s, 2); /* and freed while it watches */
}

static void on_ready(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	(void)loop, (void)lfd, (void)ready;
}

static bool has_frame(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 10000) == 1;
}

/* As a copy that the master kept: it goes on without what the one before did not read. */
static void a_socket_outlives_its_first_user(void **state)
{
	struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, 256)};
	struct loop_fd lfd = {.fd = -1, .on_ready = on_ready};
	struct sock_fprog filter = {1, all};
	struct story *s = *state;
	int first, spare, copy;
	char frame[256];

	if (!may_unshare)
		skip();
	first = spare = segment_socket();
	assert_int_equal(segment_listen(s->loop, &lfd, &spare, ETHERTYPE_ARP, &filter), 0);
	assert_int_equal(lfd.fd, first);
	assert_int_equal(spare, -1);
	copy = dup(first);
	put_arp(s, other, ip4);
	assert_true(has_frame(copy));
	segment_close(s->loop, &lfd, &spare);
	assert_int_equal(lfd.fd, -1);
	spare = copy;
	assert_int_equal(segment_listen(s->loop, &lfd, &spare, ETHERTYPE_ARP, &filter), 0);
	assert_int_equal(lfd.fd, copy);
	assert_int_equal(recv(copy, frame, sizeof(frame), 0), -1);
	assert_int_equal(errno, EAGAIN);
	put_arp(s, other, ip4);
	assert_true(has_frame(copy));
	segment_close(s->loop, &lfd, &spare);
	spare = segment_socket(); /* of one that never listened */
	segment_close(s->loop, &lfd, &spare);
	assert_int_equal(spare, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_names_our_address_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(many_are_told_seldom_and_the_last_one_never_lost,
						setup, teardown),
		cmocka_unit_test_setup_teardown(who_holds_nothing_hears_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_socket_outlives_its_first_user, setup, teardown),
	};

	may_unshare = unshare(CLONE_NEWNET) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
