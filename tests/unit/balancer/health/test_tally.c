/*
 * health/tally: rise and fall, as an operator counts them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "balancer/health/tally.h"

static void a_fresh_server_is_one_failure_from_down(void **state)
{
	struct tally t;

	(void)state;
	tally_init(&t, 2, 3);
	assert_true(tally_is_up(&t));
	assert_true(tally_add(&t, false));
	assert_false(tally_is_up(&t));
	assert_int_equal(t.health, 0);
}

static void a_server_starts_as_its_init_state_says(void **state)
{
	static const struct {
		int state, health;
		bool up;
	} rows[] = {{0, 3, true}, {1, 4, true}, {2, 2, false}, {3, 0, false}};
	struct tally t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tally_init(&t, 3, 2);
		tally_start(&t, rows[i].state);
		assert_int_equal(t.health, rows[i].health);
		assert_int_equal(tally_is_up(&t), rows[i].up);
	}
}

static void a_settled_server_falls_after_fall_failures(void **state)
{
	struct tally t;

	(void)state;
	tally_init(&t, 2, 3);
	assert_false(tally_add(&t, true));
	assert_int_equal(t.health, 4);
	assert_false(tally_add(&t, false));
	assert_false(tally_add(&t, false));
	assert_true(tally_add(&t, false));
	assert_false(tally_is_up(&t));
}

static void one_success_in_between_heals_fully(void **state)
{
	struct tally t;

	(void)state;
	tally_init(&t, 2, 3);
	tally_add(&t, true);
	tally_add(&t, false);
	tally_add(&t, false);
	tally_add(&t, true);
	assert_int_equal(t.health, 4);
}

static void a_server_that_is_down_rises_after_rise_successes_in_a_row(void **state)
{
	struct tally t;

	(void)state;
	tally_init(&t, 3, 2);
	tally_force(&t, false);
	assert_false(tally_add(&t, true));
	assert_false(tally_add(&t, true));
	assert_false(tally_add(&t, false));
	assert_int_equal(t.health, 0);
	assert_false(tally_add(&t, true));
	assert_false(tally_add(&t, true));
	assert_true(tally_add(&t, true));
	assert_int_equal(t.health, 4);
}

static void intervals_follow_what_is_at_stake(void **state)
{
	const struct tally_intervals i = {.inter = 2000, .fast = 100, .down = 5000};
	const struct tally_intervals plain = {.inter = 2000};
	struct tally t;

	(void)state;
	tally_init(&t, 2, 3);
	tally_force(&t, true);
	assert_int_equal(tally_interval_us(&t, &i), 2000);
	tally_add(&t, false);
	assert_int_equal(tally_interval_us(&t, &i), 100);
	assert_int_equal(tally_interval_us(&t, &plain), 2000);
	tally_force(&t, false);
	assert_int_equal(tally_interval_us(&t, &i), 5000);
	tally_add(&t, true);
	assert_int_equal(tally_interval_us(&t, &i), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_server_is_one_failure_from_down),
		cmocka_unit_test(a_server_starts_as_its_init_state_says),
		cmocka_unit_test(a_settled_server_falls_after_fall_failures),
		cmocka_unit_test(one_success_in_between_heals_fully),
		cmocka_unit_test(a_server_that_is_down_rises_after_rise_successes_in_a_row),
		cmocka_unit_test(intervals_follow_what_is_at_stake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
