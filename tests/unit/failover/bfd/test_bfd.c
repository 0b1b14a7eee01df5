/*
 * bfd/bfd.c: which packet is whose, what is dropped and counted, what is told and when, and what a
 * reload leaves standing. The loop's clock is simulated; nothing is sent, as no interface has the
 * name that the sessions are bound to. bfd/bfd_transport.c is tried with real sockets on 127.0.0.1,
 * in a network namespace of the test's own where it may have one: BFD's ports are few.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop/loop_sim.h"
#include "failover/bfd/bfd.h"
#include "failover/bfd/bfd_packet.h"

static struct loop *loop;
static struct shared_page *page;
static struct bfd *bfd;
static struct vrrp_bfd_conf one, two, other;
static struct failover_conf conf;
static char told[64];

static void on_changed(void *ctx, const struct vrrp_bfd_conf *c, bool up)
{
	size_t len = strlen(told);

	(void)ctx;
	if (len + 4 < sizeof(told))
		snprintf(told + len, sizeof(told) - len, "%s%s%s", len ? " " : "", up ? "+" : "-",
			 c->name);
}

static struct vrrp_bfd_conf session(const char *name, const char *neighbor)
{
	struct vrrp_bfd_conf c = {.name = name,
				  .interface = "bfd-none",
				  .min_rx_us = 50000,
				  .min_tx_us = 50000,
				  .idle_tx_us = 1000000,
				  .multiplier = 3,
				  .ttl = 255,
				  .min_ttl = 255};

	assert_true(addr_parse_ip(&c.neighbor, slice_of(neighbor), 0));
	return c;
}

static int setup(void **state)
{
	(void)state;
	loop = loop_new(&loop_sim_ops);
	page = calloc(1, sizeof(*page));
	one = session("a", "192.0.2.2");
	two = session("b", "2001:db8::2");
	one.next = &two;
	conf = (struct failover_conf){.bfds = &one};
	told[0] = '\0';
	bfd = bfd_new(loop, page, on_changed, NULL, &conf);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	bfd_free(&bfd);
	loop_free(&loop);
	free(page);
	return 0;
}

static struct shared_bfd shown(const char *name)
{
	struct shared_bfd s;

	for (uint32_t i = 0; i < page->n_bfds; i++)
		if (shared_bfd_read(&page->bfds[i], &s) && strcmp(s.name, name) == 0)
			return s;
	fail_msg("no session %s is shown", name);
	return s;
}

static struct bfd_packet packet(enum bfd_state says, uint32_t yours)
{
	return (struct bfd_packet){.state = says,
				   .multiplier = 3,
				   .mine = 77,
				   .yours = yours,
				   .min_tx_us = 50000,
				   .min_rx_us = 50000};
}

static void hear_from(const char *source, int ttl, const struct bfd_packet *p)
{
	uint8_t bytes[BFD_PACKET_LEN];
	struct bfd_path path = {.ttl = ttl};

	assert_true(addr_parse_ip(&path.src, slice_of(source), 0));
	bfd_packet_build(bytes, p);
	bfd_receive(bfd, bytes, sizeof(bytes), &path);
	loop_sim_advance(loop, 100000);
}

static void bring_up(const char *name, const char *source)
{
	struct bfd_packet p = packet(BFD_DOWN, 0);

	hear_from(source, 255, &p);
	p = packet(BFD_INIT, shown(name).discriminator);
	p.min_tx_us = 4000000; /* so that it stays up for a while */
	hear_from(source, 255, &p);
	assert_string_equal(shown(name).state, "Up");
}

static void a_session_comes_up_and_is_told_once(void **state)
{
	(void)state;
	bring_up("a", "192.0.2.2");
	assert_string_equal(told, "+a");
	bring_up("b", "2001:db8::2");
	assert_string_equal(told, "+a +b");
	told[0] = '\0';
	bfd_tell(bfd);
	assert_string_equal(told, "+a +b");
}

static void nothing_is_said_until_three_slow_intervals_are_over(void **state)
{
	(void)state;
	loop_sim_advance(loop, 2900000);
	assert_string_equal(told, "");
	loop_sim_advance(loop, 200000);
	assert_string_equal(told, "-a -b");
}

static void hostile_packets_are_counted_by_kind(void **state)
{
	struct bfd_packet p;
	uint32_t mine;

	(void)state;
	bring_up("a", "192.0.2.2");
	mine = shown("a").discriminator;
	p = packet(BFD_DOWN, mine);
	hear_from("192.0.2.2", 254, &p);   /* from beyond the link */
	hear_from("192.0.2.66", 255, &p);  /* knows the number, is another */
	hear_from("2001:db8::2", 255, &p); /* is another session's neighbor */
	p = packet(BFD_DOWN, mine + 1);
	hear_from("192.0.2.2", 255, &p);
	p = packet(BFD_DOWN, 0);
	hear_from("192.0.2.66", 255, &p);
	p = packet(BFD_UP, 0);
	hear_from("192.0.2.2", 255, &p);
	p = packet(BFD_DOWN, mine);
	p.multiplier = 0;
	hear_from("192.0.2.2", 255, &p);
	loop_sim_advance(loop, 1100000);
	assert_string_equal(shown("a").state, "Up");
	assert_string_equal(shown("a").drops, "ttl 1, multiplier 1, state 1, your-discriminator 1");
	assert_string_equal(shown("b").drops, "path 1");
	assert_int_equal(page->n_bfd_strays, 2);
	assert_string_equal(told, "+a");
}

static void a_flood_costs_few_lines_and_no_state(void **state)
{
	struct bfd_path path = {.ttl = 1};
	uint8_t bytes[64] = {0};

	(void)state;
	bring_up("a", "192.0.2.2");
	addr_parse_ip(&path.src, SLICE("192.0.2.2"), 0);
	for (unsigned i = 0; i < 200000; i++) {
		path.ttl = i & 1 ? 255 : 1;
		bytes[i % sizeof(bytes)] = (uint8_t)(i * 2654435761u >> 24);
		bytes[1] &= 0x3f; /* or one would be AdminDown by chance */
		bytes[3] = 24;
		bfd_receive(bfd, bytes, i % sizeof(bytes), &path);
	}
	loop_sim_advance(loop, 1100000);
	assert_string_equal(shown("a").state, "Up");
	assert_true(shown("a").n_dropped >= 150000);
}

static void a_reload_leaves_what_did_not_change(void **state)
{
	struct failover_conf next = {.bfds = &other};
	struct vrrp_bfd_conf again;
	uint32_t mine;

	(void)state;
	bring_up("a", "192.0.2.2");
	mine = shown("a").discriminator;
	told[0] = '\0';
	other = session("a", "192.0.2.2");
	other.min_tx_us = other.min_rx_us = 20000;
	bfd_configure(bfd, &next); /* b is gone, a has other times */
	assert_int_equal(shown("a").discriminator, mine);
	assert_string_equal(told, "+a");
	loop_sim_advance(loop, 1100000);
	assert_string_equal(shown("a").state, "Up");
	assert_true(shown("a").polls);
	again = session("a", "192.0.2.3"); /* another neighbor is another session */
	next.bfds = &again;
	bfd_configure(bfd, &next);
	loop_sim_advance(loop, 1100000);
	assert_string_equal(shown("a").state, "Down");
	assert_string_equal(shown("a").neighbor, "192.0.2.3");
	assert_true(shown("a").discriminator != mine);
	assert_string_equal(told, "+a");
	next.bfds = NULL;
	bfd_configure(bfd, &next);
	for (unsigned i = 0; i < SHARED_BFDS_MAX; i++)
		assert_string_equal(page->bfds[i].name, "");
}

/* ---- sockets ---- */

struct heard {
	struct loop *loop;
	struct bfd_path path;
	uint8_t bytes[64];
	size_t len;
	unsigned n;
};

static void on_heard(void *ctx, const uint8_t *bytes, size_t len, const struct bfd_path *path)
{
	struct heard *h = ctx;

	h->path = *path;
	h->len = len;
	memcpy(h->bytes, bytes, len < sizeof(h->bytes) ? len : sizeof(h->bytes));
	h->n++;
	loop_stop(h->loop);
}

/* From one session's sender to the listener of its port, over the loopback interface. */
static void cross(const char *address, bool multihop)
{
	struct heard h = {.loop = loop_new(&loop_epoll_ops)};
	struct bfd_transport *t = bfd_transport_new(h.loop, on_heard, &h);
	struct vrrp_bfd_conf c = session("x", address);
	struct bfd_sender sender = {.fd = -1};

	c.interface = "lo";
	c.source = c.neighbor;
	c.multihop = multihop;
	c.ttl = 254;
	bfd_transport_listen(t, &c);
	assert_int_equal(
		bfd_sender_send(&sender, &c, (const uint8_t *)"24 bytes of whatever it is", 24), 0);
	loop_run(h.loop);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.len, 24);
	assert_memory_equal(h.bytes, "24 bytes of whatever it", 23);
	assert_true(addr_eq(&h.path.src, &c.neighbor, false));
	assert_true(addr_port(&h.path.src) >= 49152); /* RFC 5881 4 */
	assert_int_equal(h.path.ttl, 254);
	assert_true(h.path.ifindex > 0);
	assert_int_equal(h.path.multihop, multihop);
	assert_int_equal(bfd_sender_send(&sender, &c, (const uint8_t *)"again", 5), 0);
	for (int i = 0; i < 10000 && h.n < 2; i++) { /* a busy kernel takes a while */
		bfd_transport_drain(t);		     /* what is there is there at once */
		usleep(1000);
	}
	assert_int_equal(h.n, 2);
	bfd_sender_close(&sender);
	bfd_transport_free(&t);
	loop_free(&h.loop);
}

static void packets_cross_with_their_ttl(void **state)
{
	(void)state;
	cross("127.0.0.1", false);
	cross("127.0.0.1", true);
	cross("::1", false);
}

static void what_cannot_be_sent_says_why(void **state)
{
	struct vrrp_bfd_conf c = session("x", "127.0.0.1");
	struct bfd_sender sender = {.fd = -1};

	(void)state;
	assert_true(bfd_sender_send(&sender, &c, (const uint8_t *)"x", 1) < 0); /* no bfd-none */
	assert_int_equal(sender.fd, -1);
	c.interface = NULL;
	assert_int_equal(bfd_sender_send(&sender, &c, (const uint8_t *)"x", 1), 0);
	bfd_sender_close(&sender);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_session_comes_up_and_is_told_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(nothing_is_said_until_three_slow_intervals_are_over,
						setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_packets_are_counted_by_kind, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_flood_costs_few_lines_and_no_state, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_reload_leaves_what_did_not_change, setup,
						teardown),
		cmocka_unit_test(packets_cross_with_their_ttl),
		cmocka_unit_test(what_cannot_be_sent_says_why),
	};

	if (unshare(CLONE_NEWNET) == 0 && system("ip link set lo up") != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
