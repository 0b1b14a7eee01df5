/*
 * BFD sessions on a simulated clock (bfd/bfd_session.c): two real sessions and a wire between them
 * that can be cut each way, or one session and a neighbor made by hand. RFC 5880 6.8.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop/loop_sim.h"
#include "failover/bfd/bfd_session.h"

enum { MS = 1000, LOG_MAX = 4096 };

struct end {
	struct bfd_session *session;
	struct vrrp_bfd_conf conf;
	struct end *other;
	struct loop_task arrives; /* packets of one instant arrive one after the other */
	uint8_t queue[8][BFD_PACKET_LEN];
	unsigned n_queued;
	bool deaf; /* what is sent to it is lost */
	char moves[64];
	struct bfd_packet last; /* that it sent */
	int64_t sent_us[LOG_MAX];
	unsigned n_sent, n_polls, n_finals;
	struct bfd_packet waiting; /* handed over by drain */
	bool has_waiting;
};

static struct loop *loop;
static struct end ends[2];

static void deliver(struct loop *l, struct loop_task *task)
{
	struct end *e = container_of(task, struct end, arrives);
	unsigned n = e->n_queued;
	uint8_t bytes[8][BFD_PACKET_LEN];

	(void)l;
	memcpy(bytes, e->queue, sizeof(bytes));
	e->n_queued = 0;
	for (unsigned i = 0; i < n; i++) {
		struct bfd_packet p;

		assert_int_equal(bfd_packet_parse(&p, bytes[i], BFD_PACKET_LEN), BFD_ACCEPT);
		if (e->session)
			bfd_session_receive(e->session, &p);
	}
}

static bool on_send(void *ctx, const uint8_t *bytes, size_t len)
{
	struct end *e = ctx, *to = e->other;

	assert_int_equal(len, BFD_PACKET_LEN);
	assert_int_equal(bfd_packet_parse(&e->last, bytes, len), BFD_ACCEPT);
	if (e->n_sent < LOG_MAX)
		e->sent_us[e->n_sent] = loop_now_us(loop);
	e->n_sent++;
	e->n_polls += e->last.poll;
	e->n_finals += e->last.final;
	if (to->session && !to->deaf && to->n_queued < 8) {
		memcpy(to->queue[to->n_queued++], bytes, len);
		loop_task_queue(loop, &to->arrives);
	}
	return true;
}

static void on_changed(void *ctx, enum bfd_state from, enum bfd_state to, const char *reason)
{
	struct end *e = ctx;
	size_t len = strlen(e->moves);

	assert_true(from != to);
	assert_true(strlen(reason) > 0);
	if (len + 1 < sizeof(e->moves))
		e->moves[len] = "ADIU"[to];
}

static void on_drain(void *ctx)
{
	struct end *e = ctx;

	if (!e->has_waiting)
		return;
	e->has_waiting = false;
	bfd_session_receive(e->session, &e->waiting);
}

static const struct bfd_session_ops ops = {on_send, on_changed, on_drain};

static int setup(void **state)
{
	(void)state;
	loop = loop_new(&loop_sim_ops);
	memset(ends, 0, sizeof(ends));
	for (int i = 0; i < 2; i++) {
		ends[i].other = &ends[!i];
		ends[i].arrives.run = deliver;
		ends[i].conf = (struct vrrp_bfd_conf){.name = i ? "b" : "a",
						      .min_rx_us = 10 * MS,
						      .min_tx_us = 10 * MS,
						      .idle_tx_us = 1000 * MS,
						      .multiplier = 5};
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		loop_task_cancel(loop, &ends[i].arrives);
		bfd_session_free(&ends[i].session);
	}
	loop_free(&loop);
	return 0;
}

static void start(int i)
{
	ends[i].session = bfd_session_new(loop, &ends[i].conf, 1000u + (unsigned)i, &ops, &ends[i]);
	bfd_session_start(ends[i].session);
}

static void run_ms(int64_t ms)
{
	loop_sim_advance(loop, ms * MS);
}

static enum bfd_state state_of(int i)
{
	return bfd_session_state(ends[i].session);
}

static void both_up(void)
{
	start(0);
	start(1);
	run_ms(50);
	assert_int_equal(state_of(0), BFD_UP);
	assert_int_equal(state_of(1), BFD_UP);
}

/* A neighbor made by hand says something to the first end. */
static void say(enum bfd_state says, uint32_t yours, uint32_t tx_ms, uint32_t rx_ms)
{
	struct bfd_packet p = {.state = says,
			       .multiplier = 3,
			       .mine = 9,
			       .yours = yours,
			       .min_tx_us = tx_ms * MS,
			       .min_rx_us = rx_ms * MS};

	bfd_session_receive(ends[0].session, &p);
}

static void up_by_hand(uint32_t tx_ms, uint32_t rx_ms)
{
	start(0);
	say(BFD_DOWN, 0, tx_ms, rx_ms);
	say(BFD_UP, 1000, tx_ms, rx_ms);
	assert_int_equal(state_of(0), BFD_UP);
}

static void two_come_up_by_the_three_way_handshake(void **state)
{
	(void)state;
	both_up();
	assert_string_equal(ends[0].moves, "DIU"); /* the second to start said Down, we Init */
	assert_string_equal(ends[1].moves, "DU");
	assert_int_equal(bfd_session_remote_discriminator(ends[0].session), 1001);
	run_ms(100);
	assert_false(bfd_session_polls(ends[0].session)); /* 6.8.3: new times were polled */
	assert_false(bfd_session_polls(ends[1].session));
	assert_true(ends[0].n_polls >= 1 && ends[1].n_polls >= 1);
	assert_int_equal(bfd_session_detect_us(ends[0].session), 50 * MS);
	run_ms(3600 * 1000);
	assert_string_equal(ends[0].moves, "DIU"); /* and nothing moves for an hour */
	assert_string_equal(ends[1].moves, "DU");
}

static void while_not_up_one_packet_a_second_is_said(void **state)
{
	(void)state;
	start(0);
	run_ms(60000);
	assert_in_range(ends[0].n_sent, 60, 81); /* 750 to 1000 ms apart */
	assert_int_equal(ends[0].last.min_tx_us, 1000 * MS);
	assert_int_equal(ends[0].last.min_rx_us, 10 * MS);
	assert_int_equal(ends[0].last.yours, 0);
}

static void jitter_is_a_quarter_and_never_more(void **state)
{
	int64_t least = INT64_MAX, most = 0;
	unsigned first;

	(void)state;
	both_up();
	run_ms(100);
	first = ends[0].n_sent;
	run_ms(5000);
	for (unsigned i = first + 1; i < ends[0].n_sent; i++) {
		int64_t gap = ends[0].sent_us[i] - ends[0].sent_us[i - 1];

		least = gap < least ? gap : least;
		most = gap > most ? gap : most;
	}
	assert_in_range(least, 7500, 7700);
	assert_in_range(most, 9800, 10000);
}

static void with_multiplier_one_the_jitter_leaves_a_margin(void **state)
{
	int64_t most = 0;
	unsigned first;

	(void)state;
	ends[0].conf.multiplier = 1;
	both_up();
	run_ms(100);
	first = ends[0].n_sent;
	run_ms(5000);
	for (unsigned i = first + 1; i < ends[0].n_sent; i++)
		if (ends[0].sent_us[i] - ends[0].sent_us[i - 1] > most)
			most = ends[0].sent_us[i] - ends[0].sent_us[i - 1];
	assert_in_range(most, 8800, 9000);
	assert_string_equal(ends[1].moves, "DU");
}

static void silence_is_seen_after_the_detection_time(void **state)
{
	int64_t cut_us, heard_us;

	(void)state;
	both_up();
	run_ms(100);
	cut_us = loop_now_us(loop);
	heard_us = ends[1].sent_us[ends[1].n_sent - 1];
	ends[0].deaf = true;
	while (state_of(0) == BFD_UP && loop_now_us(loop) < cut_us + 1000 * MS)
		loop_sim_advance(loop, 100);
	assert_in_range(loop_now_us(loop) - heard_us, 50 * MS, 50 * MS + 200);
	assert_int_equal(bfd_session_diag(ends[0].session), BFD_DIAG_EXPIRED);
	assert_int_equal(bfd_session_stats(ends[0].session)->n_expired, 1);
	run_ms(1);
	assert_int_equal(state_of(1), BFD_DOWN); /* it heard that we do not hear it */
	assert_int_equal(bfd_session_diag(ends[1].session), BFD_DIAG_NEIGHBOR);
	assert_int_equal(bfd_session_remote_discriminator(ends[0].session), 0);
	ends[0].deaf = false;
	run_ms(2500);
	assert_int_equal(state_of(0), BFD_UP);
	assert_int_equal(state_of(1), BFD_UP);
}

static void the_slower_side_says_the_pace(void **state)
{
	unsigned before;

	(void)state;
	ends[1].conf.min_rx_us = 100 * MS; /* b cannot take more */
	ends[1].conf.min_tx_us = 30 * MS;
	ends[1].conf.multiplier = 4;
	both_up();
	run_ms(3000);
	assert_int_equal(bfd_session_tx_us(ends[0].session), 100 * MS);
	assert_int_equal(bfd_session_tx_us(ends[1].session), 30 * MS);
	assert_int_equal(bfd_session_detect_us(ends[0].session), 4 * 30 * MS);
	assert_int_equal(bfd_session_detect_us(ends[1].session), 5 * 100 * MS);
	before = ends[0].n_sent;
	run_ms(10000);
	assert_in_range(ends[0].n_sent - before, 100, 134);
}

static void one_that_goes_down_on_purpose_says_so(void **state)
{
	(void)state;
	both_up();
	bfd_session_stop(ends[1].session);
	run_ms(1);
	assert_int_equal(state_of(0), BFD_DOWN);
	assert_int_equal(bfd_session_diag(ends[0].session), BFD_DIAG_NEIGHBOR);
	assert_int_equal(bfd_session_remote_diag(ends[0].session), BFD_DIAG_ADMIN);
	assert_int_equal(bfd_session_remote_state(ends[0].session), BFD_ADMIN_DOWN);
	run_ms(10000);
	assert_int_equal(state_of(0), BFD_DOWN);
	assert_int_equal(state_of(1), BFD_ADMIN_DOWN);
	bfd_session_start(ends[1].session);
	run_ms(1500);
	assert_int_equal(state_of(0), BFD_UP);
}

static void a_neighbor_that_begins_anew_is_taken_again(void **state)
{
	(void)state;
	both_up();
	bfd_session_free(&ends[1].session); /* killed; another process has another number */
	run_ms(5);
	ends[1].session = bfd_session_new(loop, &ends[1].conf, 7777, &ops, &ends[1]);
	bfd_session_start(ends[1].session);
	run_ms(2500);
	assert_int_equal(state_of(0), BFD_UP);
	assert_int_equal(bfd_session_remote_discriminator(ends[0].session), 7777);
	assert_string_equal(ends[0].moves, "DIUDU");
}

static void a_poll_is_answered_at_once(void **state)
{
	struct bfd_packet p = {.state = BFD_UP,
			       .poll = true,
			       .multiplier = 3,
			       .mine = 9,
			       .yours = 1000,
			       .min_tx_us = 500 * MS,
			       .min_rx_us = 500 * MS};
	unsigned before;

	(void)state;
	up_by_hand(500, 500);
	before = ends[0].n_sent;
	bfd_session_receive(ends[0].session, &p);
	assert_int_equal(ends[0].n_sent, before + 1);
	assert_true(ends[0].last.final);
	assert_false(ends[0].last.poll);
	assert_int_equal(bfd_session_detect_us(ends[0].session), 1500 * MS);
}

static void a_slower_pace_waits_for_the_answer(void **state)
{
	struct vrrp_bfd_conf slower;
	struct bfd_packet p = {.state = BFD_UP,
			       .final = true,
			       .multiplier = 3,
			       .mine = 9,
			       .yours = 1000,
			       .min_tx_us = 10 * MS,
			       .min_rx_us = 10 * MS};

	(void)state;
	up_by_hand(10, 10);
	bfd_session_receive(ends[0].session, &p); /* ends the poll of coming up */
	assert_false(bfd_session_polls(ends[0].session));
	slower = ends[0].conf;
	slower.min_tx_us = 300 * MS;
	slower.min_rx_us = 2 * MS;
	bfd_session_reconfigure(ends[0].session, &slower);
	assert_true(bfd_session_polls(ends[0].session));
	assert_true(ends[0].last.poll);
	assert_int_equal(ends[0].last.min_tx_us, 300 * MS);	       /* said at once */
	assert_int_equal(bfd_session_tx_us(ends[0].session), 10 * MS); /* but not done yet */
	assert_int_equal(bfd_session_detect_us(ends[0].session), 30 * MS);
	bfd_session_receive(ends[0].session, &p);
	assert_false(bfd_session_polls(ends[0].session));
	assert_int_equal(bfd_session_tx_us(ends[0].session), 300 * MS);
	assert_int_equal(state_of(0), BFD_UP);
}

static void a_reconfigured_pair_stays_up(void **state)
{
	struct vrrp_bfd_conf next;

	(void)state;
	both_up();
	run_ms(100);
	next = ends[0].conf;
	for (unsigned round = 0; round < 20; round++) {
		next.min_tx_us = next.min_rx_us = round & 1 ? 5 * MS : 200 * MS;
		next.multiplier = round & 1 ? 3 : 9;
		bfd_session_reconfigure(ends[0].session, &next);
		run_ms(700);
		assert_false(bfd_session_polls(ends[0].session));
	}
	assert_string_equal(ends[0].moves, "DIU");
	assert_string_equal(ends[1].moves, "DU");
}

static void the_passive_one_waits_to_be_asked(void **state)
{
	(void)state;
	ends[0].conf.passive = true;
	start(0);
	run_ms(10000);
	assert_int_equal(ends[0].n_sent, 0);
	start(1);
	run_ms(50);
	assert_int_equal(state_of(0), BFD_UP);
	assert_int_equal(state_of(1), BFD_UP);
	bfd_session_free(&ends[1].session);
	run_ms(10000);
	assert_int_equal(state_of(0), BFD_DOWN);
	ends[0].n_sent = 0;
	run_ms(10000);
	assert_int_equal(ends[0].n_sent, 0);
}

static void two_passive_ones_never_meet(void **state)
{
	(void)state;
	ends[0].conf.passive = ends[1].conf.passive = true;
	start(0);
	start(1);
	run_ms(60000);
	assert_int_equal(ends[0].n_sent + ends[1].n_sent, 0);
	assert_int_equal(state_of(0), BFD_DOWN);
}

static void one_that_takes_nothing_gets_nothing(void **state)
{
	unsigned before;

	(void)state;
	up_by_hand(1000, 0); /* 6.8.7: RequiredMinRx 0 */
	before = ends[0].n_sent;
	run_ms(2900);
	assert_int_equal(ends[0].n_sent, before);
	assert_int_equal(bfd_session_tx_us(ends[0].session), 0);
}

static void demand_mode_of_the_neighbor_is_respected(void **state)
{
	struct bfd_packet p = {.state = BFD_UP,
			       .final = true,
			       .demand = true,
			       .multiplier = 3,
			       .mine = 9,
			       .yours = 1000,
			       .min_tx_us = 1000 * MS,
			       .min_rx_us = 10 * MS};
	unsigned before;

	(void)state;
	up_by_hand(1000, 10);
	bfd_session_receive(ends[0].session, &p);
	before = ends[0].n_sent;
	run_ms(2000);
	assert_int_equal(ends[0].n_sent, before);
	p.final = false;
	p.poll = true; /* 6.6: it asks whether we are there */
	bfd_session_receive(ends[0].session, &p);
	assert_int_equal(ends[0].n_sent, before + 1);
	assert_true(ends[0].last.final);
}

static void up_is_not_believed_out_of_the_blue(void **state)
{
	(void)state;
	start(0);
	say(BFD_UP, 1000, 10, 10);
	assert_int_equal(state_of(0), BFD_DOWN); /* 6.8.6: Down stays at Up */
	run_ms(100);
	assert_string_equal(ends[0].moves, "D");
}

static void our_own_standstill_is_not_the_neighbors_silence(void **state)
{
	(void)state;
	up_by_hand(10, 10);
	loop_sim_freeze(loop, 5000 * MS);
	loop_sim_advance(loop, 100);
	assert_int_equal(state_of(0), BFD_UP); /* one more detection time */
	assert_int_equal(bfd_session_stats(ends[0].session)->n_frozen, 1);
	run_ms(40);
	assert_int_equal(state_of(0), BFD_DOWN);
}

static void what_waits_in_the_socket_counts(void **state)
{
	(void)state;
	up_by_hand(10, 10);
	ends[0].waiting = (struct bfd_packet){.state = BFD_UP,
					      .multiplier = 3,
					      .mine = 9,
					      .yours = 1000,
					      .min_tx_us = 10 * MS,
					      .min_rx_us = 10 * MS};
	ends[0].has_waiting = true;
	run_ms(40);
	assert_int_equal(state_of(0), BFD_UP);
	run_ms(40);
	assert_int_equal(state_of(0), BFD_DOWN);
}

static void a_path_that_flaps_brings_both_back_each_time(void **state)
{
	(void)state;
	both_up();
	for (unsigned i = 0; i < 50; i++) {
		ends[i & 1].deaf = true;
		run_ms(200);
		assert_int_equal(state_of(0), BFD_DOWN);
		assert_int_equal(state_of(1), BFD_DOWN);
		ends[i & 1].deaf = false;
		run_ms(2500);
		assert_int_equal(state_of(0), BFD_UP);
		assert_int_equal(state_of(1), BFD_UP);
	}
	assert_int_equal(bfd_session_stats(ends[0].session)->n_up, 51);
}

static void only_losses_in_a_row_count(void **state)
{
	(void)state;
	both_up();
	run_ms(100);
	for (unsigned i = 0; i < 200; i++) { /* four of five may be lost */
		ends[0].deaf = true;
		run_ms(32);
		ends[0].deaf = false;
		run_ms(11);
	}
	assert_int_equal(state_of(0), BFD_UP);
	assert_int_equal(bfd_session_stats(ends[0].session)->n_expired, 0);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(two_come_up_by_the_three_way_handshake),
		STORY(while_not_up_one_packet_a_second_is_said),
		STORY(jitter_is_a_quarter_and_never_more),
		STORY(with_multiplier_one_the_jitter_leaves_a_margin),
		STORY(silence_is_seen_after_the_detection_time),
		STORY(the_slower_side_says_the_pace),
		STORY(one_that_goes_down_on_purpose_says_so),
		STORY(a_neighbor_that_begins_anew_is_taken_again),
		STORY(a_poll_is_answered_at_once),
		STORY(a_slower_pace_waits_for_the_answer),
		STORY(a_reconfigured_pair_stays_up),
		STORY(the_passive_one_waits_to_be_asked),
		STORY(two_passive_ones_never_meet),
		STORY(one_that_takes_nothing_gets_nothing),
		STORY(demand_mode_of_the_neighbor_is_respected),
		STORY(up_is_not_believed_out_of_the_blue),
		STORY(our_own_standstill_is_not_the_neighbors_silence),
		STORY(what_waits_in_the_socket_counts),
		STORY(a_path_that_flaps_brings_both_back_each_time),
		STORY(only_losses_in_a_row_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
