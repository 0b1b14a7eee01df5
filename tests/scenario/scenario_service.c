/*
 * The seam on a simulated clock: a shared page with made-up beats, the master's messages, and the
 * moments at which the node is told to resign or to return.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop/loop_sim.h"
#include "failover/service_watch.h"

enum { MS = 1000 };

struct balancer { /* beats every 50 ms while it runs */
	struct loop_timer timer;
	struct shared_slot *slot;
	bool hangs;
};

struct story {
	struct service_watch watch;
	struct shared_page *page;
	struct balancer balancer;
	int n_changes;
	bool well;
	int64_t changed_us;
};

static struct story story;

static void beat(struct loop *loop, struct loop_timer *timer)
{
	struct balancer *b = container_of(timer, struct balancer, timer);

	if (!b->hangs)
		b->slot->beat_us[0] = b->slot->beat_us[1] = loop_now_us(loop);
	loop_timer_set(loop, timer, loop_now_us(loop) + 50 * MS);
}

static void on_change(struct service_watch *w, bool well, const char *reason)
{
	assert_non_null(reason);
	story.n_changes += well != story.well;
	story.well = well;
	story.changed_us = loop_now_us(w->loop);
}

static void start_balancer(unsigned slot)
{
	struct balancer *b = &story.balancer;

	loop_timer_clear(story.watch.loop, &b->timer);
	b->slot = &story.page->slots[slot];
	b->slot->n_threads = 2;
	b->slot->state = SHARED_BALANCER_READY;
	b->hangs = false;
	story.page->active = slot;
	b->timer.on_expiry = beat;
	beat(story.watch.loop, &b->timer);
}

static void end_balancer(void)
{
	loop_timer_clear(story.watch.loop, &story.balancer.timer);
	story.balancer.slot->state = SHARED_BALANCER_GONE;
}

static int setup(void **state)
{
	(void)state;
	memset(&story, 0, sizeof(story));
	story.page = calloc(1, sizeof(*story.page));
	story.page->watched = 1;
	story.well = true;
	story.watch.loop = loop_new(&loop_sim_ops);
	story.watch.page = story.page;
	story.watch.on_change = on_change;
	start_balancer(0);
	service_watch_start(&story.watch);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_watch_stop(&story.watch);
	loop_free(&story.watch.loop);
	free(story.page);
	return 0;
}

static void run_ms(int64_t ms)
{
	loop_sim_advance(story.watch.loop, ms * MS);
}

static void an_hour_of_beats_is_an_hour_of_peace(void **state)
{
	(void)state;
	run_ms(3600 * 1000);
	assert_int_equal(story.n_changes, 0);
}

static void a_crash_with_a_quick_replacement_keeps_the_addresses(void **state)
{
	(void)state;
	run_ms(1000);
	for (unsigned i = 1; i < 20; i++) {
		end_balancer();
		service_watch_tell(&story.watch, SERVICE_EV_DOWN);
		run_ms(30);
		start_balancer(i % SHARED_SLOTS);
		service_watch_tell(&story.watch, SERVICE_EV_UP);
		run_ms(500);
	}
	assert_int_equal(story.n_changes, 0);
}

static void a_hang_resigns_within_three_beats_and_returns(void **state)
{
	int64_t last;

	(void)state;
	run_ms(1000);
	story.balancer.hangs = true;
	last = story.balancer.slot->beat_us[0];
	run_ms(2000);
	assert_int_equal(story.n_changes, 1);
	assert_false(story.well);
	assert_int_equal(story.changed_us - last, SERVICE_HUNG_US + 1);
	story.balancer.hangs = false;
	run_ms(900);
	assert_int_equal(story.n_changes, 1);
	run_ms(1000);
	assert_int_equal(story.n_changes, 2);
	assert_true(story.well);
}

static void one_hung_thread_is_enough(void **state)
{
	(void)state;
	run_ms(1000);
	story.balancer.slot->n_threads = 3; /* the third never beats again */
	story.balancer.slot->beat_us[2] = loop_now_us(story.watch.loop);
	run_ms(301);
	assert_int_equal(story.n_changes, 1);
	assert_false(story.well);
}

static void a_frozen_machine_does_not_resign(void **state)
{
	(void)state;
	run_ms(1000);
	loop_sim_freeze(story.watch.loop, 60 * 1000 * MS);
	run_ms(2000);
	assert_int_equal(story.n_changes, 0);
}

static void a_lost_balancer_resigns_after_200_ms_and_returns_with_the_next(void **state)
{
	int64_t at;

	(void)state;
	run_ms(1000);
	end_balancer();
	at = loop_now_us(story.watch.loop);
	service_watch_tell(&story.watch, SERVICE_EV_DOWN);
	run_ms(1000);
	assert_int_equal(story.n_changes, 1);
	assert_false(story.well);
	assert_int_equal(story.changed_us - at, SERVICE_REPLACE_US);
	start_balancer(1);
	service_watch_tell(&story.watch, SERVICE_EV_UP);
	assert_int_equal(story.n_changes, 2);
	assert_true(story.well);
}

static void proxies_that_go_with_a_reload_end_the_say(void **state)
{
	(void)state;
	run_ms(1000);
	story.balancer.hangs = true;
	run_ms(1000);
	assert_false(story.well);
	story.page->watched = 0;
	run_ms(200);
	assert_true(story.well);
	story.page->watched = 1;
	run_ms(200);
	assert_false(story.well);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_hour_of_beats_is_an_hour_of_peace, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_crash_with_a_quick_replacement_keeps_the_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hang_resigns_within_three_beats_and_returns,
						setup, teardown),
		cmocka_unit_test_setup_teardown(one_hung_thread_is_enough, setup, teardown),
		cmocka_unit_test_setup_teardown(a_frozen_machine_does_not_resign, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_lost_balancer_resigns_after_200_ms_and_returns_with_the_next, setup,
			teardown),
		cmocka_unit_test_setup_teardown(proxies_that_go_with_a_reload_end_the_say, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
