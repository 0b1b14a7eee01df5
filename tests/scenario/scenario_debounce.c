/*
 * Bouncing links on a simulated clock (track/debounce.c): what they count as, and when that is
 * told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/loop/loop_sim.h"
#include "failover/track/debounce.h"

enum { MS = 1000 };

static struct loop *loop;
static struct debounce *debounce;
static unsigned n_told;
static struct vrrp_link_conf eth1 = {.name = "eth1", .down_us = 500 * MS, .up_us = 0},
			     eth0 = {.name = "eth0",
				     .down_us = 1000 * MS,
				     .up_us = 2000 * MS,
				     .next = &eth1};

static void on_changed(void *ctx, const char *name)
{
	(void)ctx, (void)name;
	n_told++;
}

static int setup(void **state)
{
	(void)state;
	loop = loop_new(&loop_sim_ops);
	debounce = debounce_new(loop, on_changed, NULL);
	debounce_configure(debounce, &eth0);
	n_told = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	debounce_free(&debounce);
	loop_free(&loop);
	return 0;
}

static bool says(const char *name, bool up)
{
	return debounce_up(debounce, name, up);
}

static void run_ms(int64_t ms)
{
	loop_sim_advance(loop, ms * MS);
}

static void a_bounce_does_not_count(void **state)
{
	(void)state;
	assert_true(says("eth0", true));
	for (unsigned i = 0; i < 20; i++) {
		assert_true(says("eth0", false));
		run_ms(900);
		assert_true(says("eth0", true));
		run_ms(100);
	}
	assert_int_equal(n_told, 0);
}

static void what_lasts_counts(void **state)
{
	(void)state;
	says("eth0", true);
	says("eth0", false);
	run_ms(999);
	assert_true(says("eth0", false));
	run_ms(2);
	assert_int_equal(n_told, 1);
	assert_false(says("eth0", false));
	assert_false(says("eth0", true));
	run_ms(1999);
	assert_false(says("eth0", true));
	run_ms(2);
	assert_int_equal(n_told, 2);
	assert_true(says("eth0", true));
}

static void the_first_word_counts_at_once(void **state)
{
	(void)state;
	assert_false(says("eth0", false));
	run_ms(5000);
	assert_int_equal(n_told, 0);
	debounce_forget(debounce, "eth0"); /* another interface of that name */
	assert_true(says("eth0", true));
}

static void one_direction_may_have_no_delay(void **state)
{
	(void)state;
	says("eth1", true);
	assert_true(says("eth1", false));
	run_ms(501);
	assert_false(says("eth1", false));
	assert_true(says("eth1", true));
	assert_int_equal(n_told, 1);
}

static void others_are_left_alone(void **state)
{
	(void)state;
	assert_true(says("eth9", true));
	assert_false(says("eth9", false));
}

static void a_reload_keeps_what_it_counts_as(void **state)
{
	struct vrrp_link_conf longer = {.name = "eth0", .down_us = 5000 * MS, .up_us = 5000 * MS};

	(void)state;
	says("eth0", true);
	debounce_configure(debounce, &longer);
	assert_true(says("eth0", false));
	run_ms(4999);
	assert_true(says("eth0", false));
	run_ms(2);
	assert_false(says("eth0", false));
	assert_true(says("eth0", true) == false);
	debounce_configure(debounce, NULL); /* no delay any more, also not the one that ran */
	assert_true(says("eth0", true));
	run_ms(10000);
	assert_int_equal(n_told, 1);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_bounce_does_not_count),	      STORY(what_lasts_counts),
		STORY(the_first_word_counts_at_once), STORY(one_direction_may_have_no_delay),
		STORY(others_are_left_alone),	      STORY(a_reload_keeps_what_it_counts_as),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
