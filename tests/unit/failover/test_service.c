/*
 * failover/service: the verdict over the balancer, moment by moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "failover/service.h"

enum { MS = 1000, T0 = 5000000 };

static struct service s;
static int64_t now_us, beat_us;

static bool at(int64_t ms, enum service_event event)
{
	struct service_input in = {.event = event, .watched = true, .oldest_beat_us = beat_us};

	in.now_us = now_us = T0 + ms * MS;
	return service_step(&s, &in);
}

static void beat_at(int64_t ms)
{
	beat_us = T0 + ms * MS;
}

static int serving(void **state)
{
	struct service_input in = {.now_us = T0, .watched = true, .oldest_beat_us = T0 - 10 * MS};

	(void)state;
	beat_us = in.oldest_beat_us;
	service_init(&s, &in);
	return s.state == SERVICE_UP ? 0 : -1;
}

static void without_proxies_the_balancer_has_no_say(void **state)
{
	struct service_input in = {.now_us = T0};

	(void)state;
	service_init(&s, &in);
	assert_true(service_well(&s));
	in.now_us += 10000000;
	in.event = SERVICE_EV_LOST;
	assert_false(service_step(&s, &in));
	assert_true(service_well(&s));
}

static void not_ready_at_start_is_not_well(void **state)
{
	struct service_input in = {.now_us = T0, .watched = true};

	(void)state;
	service_init(&s, &in);
	assert_false(service_well(&s));
	assert_string_equal(service_reason(&s), "balancer not ready yet");
	beat_at(50);
	assert_true(at(51, SERVICE_EV_UP));
	assert_true(service_well(&s));
}

static void a_replacement_within_200_ms_changes_nothing(void **state)
{
	(void)state;
	assert_false(at(5, SERVICE_EV_DOWN));
	beat_us = 0; /* its slot is gone */
	assert_true(service_well(&s));
	assert_int_equal(s.due_us, T0 + 205 * MS);
	assert_false(at(150, SERVICE_EV_LOOK));
	beat_at(199);
	assert_false(at(200, SERVICE_EV_UP));
	assert_true(service_well(&s));
	assert_int_equal(s.state, SERVICE_UP);
}

static void no_replacement_in_200_ms_is_lost(void **state)
{
	(void)state;
	at(5, SERVICE_EV_DOWN);
	beat_us = 0;
	assert_false(at(204, SERVICE_EV_LOOK));
	assert_true(at(205, SERVICE_EV_LOOK));
	assert_false(service_well(&s));
	assert_string_equal(service_reason(&s), "balancer lost");
	beat_at(900);
	assert_true(at(901, SERVICE_EV_UP));
	assert_true(service_well(&s));
}

static void the_masters_word_that_it_is_lost_counts_at_once(void **state)
{
	(void)state;
	at(5, SERVICE_EV_DOWN);
	assert_true(at(20, SERVICE_EV_LOST));
	assert_false(service_well(&s));
}

static void three_missed_beats_are_a_hang(void **state)
{
	(void)state;
	beat_at(100);
	at(120, SERVICE_EV_LOOK);
	assert_false(at(300, SERVICE_EV_LOOK));
	assert_false(at(400, SERVICE_EV_LOOK));
	assert_int_equal(s.due_us, T0 + 400 * MS + 1);
	at(401, SERVICE_EV_LOOK);
	assert_int_equal(s.state, SERVICE_HUNG);
	assert_string_equal(service_reason(&s), "balancer hung");
}

static void after_a_hang_it_must_be_steady_for_a_second(void **state)
{
	(void)state;
	at(150, SERVICE_EV_LOOK);
	assert_true(at(291, SERVICE_EV_LOOK)); /* last beat at -10 */
	for (int ms = 300; ms <= 900; ms += 50) {
		beat_at(ms);
		assert_false(at(ms, SERVICE_EV_LOOK));
	}
	at(1201, SERVICE_EV_LOOK); /* hung again in between */
	assert_false(service_well(&s));
	for (int ms = 1250; ms < 2250; ms += 50) {
		beat_at(ms);
		assert_false(at(ms, SERVICE_EV_LOOK));
	}
	beat_at(2250);
	assert_true(at(2250, SERVICE_EV_LOOK));
	assert_true(service_well(&s));
}

static void when_we_stood_still_ourselves_it_gets_its_chance(void **state)
{
	(void)state;
	assert_int_equal(s.due_us, T0 + 290 * MS + 1);
	assert_false(at(5000, SERVICE_EV_LOOK)); /* 4.7 s late: frozen */
	assert_true(service_well(&s));
	assert_false(at(5200, SERVICE_EV_LOOK));
	assert_true(at(5300, SERVICE_EV_LOOK)); /* still no beat: hung indeed */
	assert_false(service_well(&s));
}

static void a_slot_that_is_not_ready_counts_as_ended(void **state)
{
	(void)state;
	beat_us = 0;
	assert_false(at(100, SERVICE_EV_LOOK));
	assert_int_equal(s.state, SERVICE_REPLACING);
	assert_true(at(300, SERVICE_EV_LOOK));
	assert_int_equal(s.state, SERVICE_LOST);
}

static void a_hung_one_that_is_killed_is_lost_until_the_next_is_up(void **state)
{
	(void)state;
	at(291, SERVICE_EV_LOOK);
	at(400, SERVICE_EV_DOWN);
	assert_false(service_well(&s));
	beat_at(450);
	assert_true(at(460, SERVICE_EV_UP));
	assert_true(service_well(&s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_proxies_the_balancer_has_no_say),
		cmocka_unit_test(not_ready_at_start_is_not_well),
		cmocka_unit_test_setup(a_replacement_within_200_ms_changes_nothing, serving),
		cmocka_unit_test_setup(no_replacement_in_200_ms_is_lost, serving),
		cmocka_unit_test_setup(the_masters_word_that_it_is_lost_counts_at_once, serving),
		cmocka_unit_test_setup(three_missed_beats_are_a_hang, serving),
		cmocka_unit_test_setup(after_a_hang_it_must_be_steady_for_a_second, serving),
		cmocka_unit_test_setup(when_we_stood_still_ourselves_it_gets_its_chance, serving),
		cmocka_unit_test_setup(a_slot_that_is_not_ready_counts_as_ended, serving),
		cmocka_unit_test_setup(a_hung_one_that_is_killed_is_lost_until_the_next_is_up,
				       serving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
