/*
 * Heartbeats: on the wire (heart_packet.c), what they tell (heart_tally.c), and one instance that
 * says and hears them on 127.0.0.0/8 (heart.c, heart_socket.c) with this test as its peer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log/log.h"
#include "failover/heart/heart.h"
#include "failover/heart/heart_tally.h"

enum { MS = 1000, INTERVAL = 100 * MS };

#define KEY SLICE("a key of no less than sixteen")

static struct addr ip(const char *text)
{
	struct addr a;

	assert_true(addr_parse_ip(&a, slice_of(text), 0));
	return a;
}

static struct heart_packet said(const char *address, enum vrrp_state state, unsigned priority,
				uint64_t sequence)
{
	return (struct heart_packet){
		.vrid = 51,
		.family = AF_INET,
		.name = heart_name_hash("VI_1"),
		.sequence = sequence,
		.word = {.address = ip(address),
			 .state = state,
			 .priority = priority,
			 .able = true,
			 .hears = true},
		.n_paths_up = 2,
		.router = "lb2",
	};
}

/* ---- on the wire ---- */

static void what_was_said_is_read(void **state)
{
	struct heart_packet p = said("192.0.2.2", VRRP_BACKUP, 100, 0x0102030405060708), q;
	uint8_t bytes[HEART_PACKET_MAX];
	unsigned vrid;
	int family;
	uint64_t name;

	(void)state;
	assert_int_equal(heart_packet_build(&p, (struct slice){0}, bytes), HEART_PLAIN_LEN);
	assert_true(heart_packet_peek(bytes, HEART_PLAIN_LEN, &vrid, &family, &name));
	assert_int_equal(vrid, 51);
	assert_int_equal(family, AF_INET);
	assert_true(name == heart_name_hash("VI_1") && name != heart_name_hash("VI_2"));
	assert_int_equal(heart_packet_parse(&q, bytes, HEART_PLAIN_LEN, (struct slice){0}),
			 HEART_OK);
	assert_true(q.sequence == p.sequence);
	assert_true(addr_eq(&q.word.address, &p.word.address, false));
	assert_int_equal(q.word.state, VRRP_BACKUP);
	assert_int_equal(q.word.priority, 100);
	assert_true(q.word.able && q.word.hears && !q.word.witnessed);
	assert_int_equal(q.n_paths_up, 2);
	assert_string_equal(q.router, "lb2");
}

static void ipv6_too(void **state)
{
	struct heart_packet p = said("fe80::2", VRRP_MASTER, 255, 1), q;
	uint8_t bytes[HEART_PACKET_MAX];

	(void)state;
	p.family = AF_INET6;
	p.word.witnessed = true;
	assert_int_equal(heart_packet_build(&p, KEY, bytes), HEART_PACKET_MAX);
	assert_int_equal(heart_packet_parse(&q, bytes, HEART_PACKET_MAX, KEY), HEART_OK);
	assert_true(addr_eq(&q.word.address, &p.word.address, false));
	assert_int_equal(q.word.priority, 255);
	assert_true(q.word.witnessed);
}

static void a_key_refuses_the_rest(void **state)
{
	struct heart_packet p = said("192.0.2.2", VRRP_MASTER, 100, 1), q;
	uint8_t bytes[HEART_PACKET_MAX];

	(void)state;
	heart_packet_build(&p, (struct slice){0}, bytes);
	assert_int_equal(heart_packet_parse(&q, bytes, HEART_PLAIN_LEN, KEY), HEART_DROP_UNSIGNED);
	heart_packet_build(&p, SLICE("another key of that length"), bytes);
	assert_int_equal(heart_packet_parse(&q, bytes, HEART_PACKET_MAX, KEY),
			 HEART_DROP_SIGNATURE);
	heart_packet_build(&p, KEY, bytes);
	assert_int_equal(heart_packet_parse(&q, bytes, HEART_PACKET_MAX, (struct slice){0}),
			 HEART_DROP_SIGNED);
	for (size_t i = 0; i < HEART_PACKET_MAX; i++) { /* any byte that was changed */
		bytes[i] ^= 0x40;
		assert_int_not_equal(heart_packet_parse(&q, bytes, HEART_PACKET_MAX, KEY),
				     HEART_OK);
		bytes[i] ^= 0x40;
	}
	assert_int_equal(heart_packet_parse(&q, bytes, HEART_PACKET_MAX, KEY), HEART_OK);
}

static void malformed_ones_are_none(void **state)
{
	struct heart_packet p = said("192.0.2.2", VRRP_MASTER, 100, 1), q;
	uint8_t bytes[HEART_PACKET_MAX];
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {{0, 'x'}, {4, 2}, {6, 0}, {7, 5}, {40, VRRP_STATE_N}, {5, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		heart_packet_build(&p, (struct slice){0}, bytes);
		bytes[wrong[i].at] = wrong[i].value;
		assert_int_equal(heart_packet_parse(&q, bytes, HEART_PLAIN_LEN, (struct slice){0}),
				 HEART_DROP_FORM);
	}
	heart_packet_build(&p, (struct slice){0}, bytes);
	for (size_t len = 0; len < HEART_PLAIN_LEN; len++)
		assert_int_equal(heart_packet_parse(&q, bytes, len, (struct slice){0}),
				 HEART_DROP_FORM);
	memcpy(bytes + 44, "a\033[2Jb", 6); /* it comes to terminals */
	assert_int_equal(heart_packet_parse(&q, bytes, HEART_PLAIN_LEN, (struct slice){0}),
			 HEART_OK);
	assert_string_equal(q.router, "a?[2Jb");
	for (int i = 0; i < HEART_DROP_N; i++)
		assert_true(strlen(heart_drop_text((enum heart_drop)i)) > 3);
}

/* ---- what they tell ---- */

static void a_path_is_new_up_lost_and_up_again(void **state)
{
	struct heart_packet p = said("192.0.2.2", VRRP_MASTER, 150, 1);
	struct heart_tally t;
	int64_t now = 1000 * MS;

	(void)state;
	heart_tally_init(&t, 2, INTERVAL, now);
	assert_int_equal(heart_tally_watch(&t, now), 0);
	assert_int_equal(heart_tally_take(&t, 0, &p, NULL, false, now += INTERVAL), HEART_OK);
	assert_int_equal(heart_tally_watch(&t, now), 1);
	assert_int_equal(t.paths[0].health, HEART_UP);
	assert_int_equal(heart_tally_n_up(&t), 1);
	assert_int_equal(heart_tally_watch(&t, now + 499 * MS), 0);
	assert_int_equal(heart_tally_watch(&t, now + 500 * MS), 1);
	assert_int_equal(t.paths[0].health, HEART_LOST);
	assert_int_equal(t.paths[0].n_lost, 1);
	assert_int_equal(heart_tally_watch(&t, now + 3000 * MS), 2); /* the other never was */
	assert_int_equal(t.paths[1].health, HEART_LOST);
	p.sequence++;
	assert_int_equal(heart_tally_take(&t, 0, &p, NULL, false, now += 3000 * MS), HEART_OK);
	assert_int_equal(heart_tally_watch(&t, now), 1);
	assert_int_equal(heart_tally_n_up(&t), 1);
}

static void a_word_is_known_until_three_are_missing(void **state)
{
	struct heart_packet p = said("192.0.2.2", VRRP_MASTER, 150, 1);
	struct heart_tally t;
	int64_t now = 1000 * MS;

	(void)state;
	heart_tally_init(&t, 1, INTERVAL, 0);
	assert_null(vrrp_peers_master(&t.peers, now));
	assert_null(vrrp_peers_master(NULL, now));
	heart_tally_take(&t, 0, &p, NULL, false, now);
	assert_int_equal(vrrp_peers_master(&t.peers, now + 299 * MS)->priority, 150);
	assert_null(vrrp_peers_master(&t.peers, now + 300 * MS));
	assert_non_null(vrrp_peers_better(&t.peers, now, false));
	assert_null(vrrp_peers_better(&t.peers, now, true)); /* it sees no witness */
	p.word.able = false;
	p.sequence++;
	heart_tally_take(&t, 0, &p, NULL, false, now);
	assert_null(vrrp_peers_better(&t.peers, now, false));
}

static void the_slower_path_does_not_turn_time_back(void **state)
{
	struct heart_packet old = said("192.0.2.2", VRRP_MASTER, 150, 7),
			    new = said("192.0.2.2", VRRP_BACKUP, 150, 8);
	struct heart_tally t;
	int64_t now = 1000 * MS;

	(void)state;
	heart_tally_init(&t, 2, INTERVAL, now);
	heart_tally_take(&t, 0, &old, NULL, false, now);
	heart_tally_take(&t, 0, &new, NULL, false, now);
	assert_int_equal(heart_tally_take(&t, 1, &old, NULL, false, now), HEART_OK);
	assert_null(vrrp_peers_master(&t.peers, now));
	assert_int_equal(t.paths[1].n_received, 1);
	assert_int_equal(heart_tally_take(&t, 0, &new, NULL, false, now), HEART_DROP_REPLAY);
	/* the first path dies: the second alone keeps it known */
	now += 250 * MS;
	new.sequence = 9;
	heart_tally_take(&t, 1, &new, NULL, false, now);
	assert_non_null(vrrp_peers_better(&t.peers, now + 200 * MS, false));
}

static void replays_count_even_after_a_silence_when_signed(void **state)
{
	struct heart_packet p = said("192.0.2.2", VRRP_MASTER, 150, 1000);
	struct heart_tally t;
	int64_t now = 1000 * MS;

	(void)state;
	heart_tally_init(&t, 1, INTERVAL, now);
	assert_int_equal(heart_tally_take(&t, 0, &p, NULL, true, now), HEART_OK);
	now += 3600 * 1000 * (int64_t)MS;
	assert_int_equal(heart_tally_take(&t, 0, &p, NULL, true, now), HEART_DROP_REPLAY);
	assert_null(vrrp_peers_master(&t.peers, now));
	p.sequence = 5; /* unsigned: its clock went back */
	assert_int_equal(heart_tally_take(&t, 0, &p, NULL, false, now), HEART_OK);
	assert_non_null(vrrp_peers_master(&t.peers, now));
}

static void our_own_voice_is_no_peer(void **state)
{
	struct heart_packet p = said("192.0.2.1", VRRP_MASTER, 150, 1);
	struct addr own = ip("192.0.2.1");
	struct heart_tally t;

	(void)state;
	heart_tally_init(&t, 1, INTERVAL, 0);
	assert_int_equal(heart_tally_take(&t, 0, &p, &own, false, 1000), HEART_OK);
	assert_null(vrrp_peers_master(&t.peers, 1000));
	heart_tally_watch(&t, 60 * 1000 * MS);
	assert_int_equal(t.paths[0].health, HEART_UP); /* and no alarm */
	assert_int_equal(heart_tally_n_up(&t), 0);
}

static void a_crowd_displaces_only_the_silent(void **state)
{
	struct heart_tally t;
	int64_t now = 1000 * MS;
	char text[32];

	(void)state;
	heart_tally_init(&t, 1, INTERVAL, now);
	for (int i = 1; i <= VRRP_PEERS_MAX; i++) {
		struct heart_packet p;

		snprintf(text, sizeof(text), "192.0.2.%d", i);
		p = said(text, VRRP_BACKUP, 100, 1);
		assert_int_equal(heart_tally_take(&t, 0, &p, NULL, false, now + i), HEART_OK);
	}
	struct heart_packet fifth = said("192.0.2.9", VRRP_MASTER, 200, 1);

	assert_int_equal(heart_tally_take(&t, 0, &fifth, NULL, false, now + 9), HEART_DROP_CROWD);
	assert_int_equal(heart_tally_take(&t, 0, &fifth, NULL, false, now + 301 * MS), HEART_OK);
	assert_int_equal(vrrp_peers_master(&t.peers, now + 301 * MS)->priority, 200);
}

/* ---- on sockets ---- */

struct node {
	struct loop *loop;
	struct hearts *hearts;
	struct heart *heart;
	struct vrrp_instance *inst;
	struct vrrp_instance_conf conf;
	struct vrrp_heartbeat_conf rows[2];
	struct vip_conf vip;
	struct shared_vip *page;
	int peer; /* this test's socket, 127.0.0.2 */
	struct addr to;
};

static int node_setup(void **state)
{
	static const struct vrrp_instance_ops no_ops;
	struct node *n = calloc(1, sizeof(*n));
	struct vrrp_link link = {.name = "eth0", .ifindex = 2, .up = true};
	struct addr at = ip("127.0.0.2");
	socklen_t len = sizeof(at.in4);
	int on = 1;

	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	n->peer = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	setsockopt(n->peer, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(n->peer, &at.sa, at.len), 0);
	getsockname(n->peer, &at.sa, &len);
	n->to = ip("127.0.0.1");
	addr_set_port(&n->to, addr_port(&at));
	n->conf = (struct vrrp_instance_conf){.name = "VI_1",
					      .interface = "eth0",
					      .vrid = 51,
					      .family = AF_INET,
					      .version = 3,
					      .priority = 100,
					      .advert_us = INTERVAL,
					      .down_adverts = 3,
					      .vips = &n->vip,
					      .heartbeats = n->rows};
	n->vip.address = ip("192.0.2.10");
	n->rows[0] =
		(struct vrrp_heartbeat_conf){.address = ip("127.0.0.2"), .port = addr_port(&at)};
	n->loop = loop_new(&loop_epoll_ops);
	n->page = calloc(1, sizeof(*n->page));
	n->hearts = hearts_new(n->loop);
	n->inst = vrrp_instance_new(&(struct vrrp_instance_params){
		.loop = n->loop, .conf = &n->conf, .ops = &no_ops, .page = n->page});
	link.ipv4 = ip("192.0.2.1");
	vrrp_instance_link_changed(n->inst, &link);
	n->heart = heart_new(n->hearts, n->inst, n->page);
	heart_set_router(n->heart, "a router id that is much too long");
	vrrp_instance_start(n->inst, 0);
	*state = n;
	return 0;
}

static int node_teardown(void **state)
{
	struct node *n = *state;

	heart_free(&n->heart);
	vrrp_instance_free(&n->inst);
	hearts_free(&n->hearts);
	loop_free(&n->loop);
	close(n->peer);
	free(n->page);
	free(n);
	return 0;
}

static struct heart_packet hear(struct node *n, struct slice key)
{
	uint8_t bytes[256];
	struct heart_packet p = {0};

	for (int i = 0; i < 10000; i++) {
		ssize_t len = recv(n->peer, bytes, sizeof(bytes), 0);

		if (len > 0) {
			assert_int_equal(heart_packet_parse(&p, bytes, (size_t)len, key), HEART_OK);
			return p;
		}
		loop_step(n->loop, loop_clock_us(n->loop) + 20 * MS);
	}
	fail_msg("nothing was said");
	return p;
}

static void tell(struct node *n, const struct heart_packet *p, struct slice key)
{
	uint8_t bytes[HEART_PACKET_MAX];
	size_t len = heart_packet_build(p, key, bytes);

	assert_int_equal(sendto(n->peer, bytes, len, 0, &n->to.sa, n->to.len), len);
}

static void wait_received(struct node *n, uint64_t received, uint64_t dropped)
{
	for (int i = 0; i < 10000; i++) {
		if (n->page->n_paths == 1 && n->page->paths[0].n_received >= received &&
		    n->page->paths[0].n_dropped >= dropped)
			return;
		loop_step(n->loop, loop_clock_us(n->loop) + 20 * MS);
	}
	fail_msg("received %d, dropped %d", (int)n->page->paths[0].n_received,
		 (int)n->page->paths[0].n_dropped);
}

static void it_says_what_it_is_and_shows_what_it_hears(void **state)
{
	struct node *n = *state;
	struct heart_packet p = hear(n, (struct slice){0}), q;

	assert_int_equal(p.vrid, 51);
	assert_string_equal(p.router, "a router id that is ");
	q = hear(n, (struct slice){0});
	assert_true(q.sequence > p.sequence);
	assert_true(addr_eq(&q.word.address, &(struct addr){0}, false) == false);
	p = said("192.0.2.2", VRRP_MASTER, 150, 1);
	tell(n, &p, (struct slice){0});
	wait_received(n, 1, 0);
	assert_string_equal(n->page->paths[0].name, "peer 127.0.0.2");
	assert_true(n->page->paths[0].up);
	assert_string_equal(n->page->paths[0].peer, "192.0.2.2");
	assert_string_equal(n->page->paths[0].state, "MASTER");
	assert_int_equal(n->page->paths[0].priority, 150);
	p.name++; /* another instance's: not ours */
	p.sequence++;
	tell(n, &p, (struct slice){0});
	p = said("192.0.2.2", VRRP_BACKUP, 150, 3);
	tell(n, &p, KEY); /* signed: not here */
	wait_received(n, 1, 1);
	assert_int_equal(n->page->paths[0].n_received, 1);
}

static void with_a_key_only_signed_ones_count(void **state)
{
	struct node *n = *state;
	struct heart_packet p = said("192.0.2.2", VRRP_MASTER, 150, 1);

	n->conf.heartbeat_key = KEY;
	while (hear(n, KEY).vrid != 51)
		;
	tell(n, &p, (struct slice){0});
	wait_received(n, 0, 1);
	tell(n, &p, KEY);
	wait_received(n, 1, 1);
	tell(n, &p, KEY); /* heard and sent again */
	wait_received(n, 1, 2);
}

static void a_reload_keeps_the_paths_that_stay(void **state)
{
	struct node *n = *state;
	struct heart_packet p = said("192.0.2.2", VRRP_MASTER, 150, 5);

	hear(n, (struct slice){0});
	tell(n, &p, (struct slice){0});
	wait_received(n, 1, 0);
	n->rows[1] = n->rows[0];
	n->rows[0].address = ip("127.0.0.3");
	n->rows[0].next = &n->rows[1];
	heart_follow(n->heart);
	assert_int_equal(n->page->n_paths, 2);
	assert_string_equal(n->page->paths[0].name, "peer 127.0.0.3");
	assert_int_equal(n->page->paths[0].n_received, 0);
	assert_string_equal(n->page->paths[1].name, "peer 127.0.0.2");
	assert_int_equal(n->page->paths[1].n_received, 1);
	n->rows[0] = n->rows[1];
	heart_follow(n->heart);
	tell(n, &p, (struct slice){0}); /* still known as heard */
	wait_received(n, 1, 1);
	assert_int_equal(n->page->paths[0].n_received, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_said_is_read),
		cmocka_unit_test(ipv6_too),
		cmocka_unit_test(a_key_refuses_the_rest),
		cmocka_unit_test(malformed_ones_are_none),
		cmocka_unit_test(a_path_is_new_up_lost_and_up_again),
		cmocka_unit_test(a_word_is_known_until_three_are_missing),
		cmocka_unit_test(the_slower_path_does_not_turn_time_back),
		cmocka_unit_test(replays_count_even_after_a_silence_when_signed),
		cmocka_unit_test(our_own_voice_is_no_peer),
		cmocka_unit_test(a_crowd_displaces_only_the_silent),
		cmocka_unit_test_setup_teardown(it_says_what_it_is_and_shows_what_it_hears,
						node_setup, node_teardown),
		cmocka_unit_test_setup_teardown(with_a_key_only_signed_ones_count, node_setup,
						node_teardown),
		cmocka_unit_test_setup_teardown(a_reload_keeps_the_paths_that_stay, node_setup,
						node_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
