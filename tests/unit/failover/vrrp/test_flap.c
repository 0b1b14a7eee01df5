/*
 * failover/vrrp/flap.c: when preemption is made to wait, and for how long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "failover/vrrp/flap.h"

#define S(n) ((n)*1000000LL)

static const int64_t most_us = S(30);

/* Taken and lost again half a second later, n times, a second apart. The last wait. */
static int64_t flaps(struct vrrp_flap *f, int64_t *now_us, int n)
{
	int64_t wait_us = 0;

	for (int i = 0; i < n; i++) {
		vrrp_flap_taken(f, *now_us);
		wait_us = vrrp_flap_lost(f, *now_us + S(1) / 2, most_us);
		*now_us += S(1);
	}
	return wait_us;
}

static void three_takeovers_a_minute_are_free(void **state)
{
	struct vrrp_flap f = {0};
	int64_t now_us = S(1000);

	(void)state;
	assert_int_equal(flaps(&f, &now_us, 3), 0);
	assert_false(vrrp_flap_held(&f, now_us));
	now_us = S(1061); /* the first of them is a minute old */
	assert_int_equal(flaps(&f, &now_us, 1), 0);
}

static void the_wait_grows_to_its_bound(void **state)
{
	static const int64_t waits[] = {S(1), S(2), S(4), S(8), S(16), S(30), S(30), S(30)};
	struct vrrp_flap f = {0};
	int64_t now_us = S(1000);

	(void)state;
	flaps(&f, &now_us, 3);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(flaps(&f, &now_us, 1), waits[i]);
		assert_true(vrrp_flap_held(&f, now_us));
		now_us += waits[i]; /* as if it preempted as soon as it may */
		assert_false(vrrp_flap_held(&f, now_us));
	}
}

static void calm_is_forgotten_and_shorter_calm_is_not(void **state)
{
	struct vrrp_flap f = {0};
	int64_t now_us = S(1000);

	(void)state;
	flaps(&f, &now_us, 5);
	now_us += S(110);
	assert_int_equal(flaps(&f, &now_us, 1), S(4));
	now_us += S(130);
	assert_int_equal(flaps(&f, &now_us, 1), 0);
}

static void it_can_be_switched_off_and_shortened(void **state)
{
	struct vrrp_flap f = {0};

	(void)state;
	for (int i = 0; i < 10; i++) {
		vrrp_flap_taken(&f, S(i));
		assert_int_equal(vrrp_flap_lost(&f, S(i), 0), 0);
		assert_false(vrrp_flap_held(&f, S(i)));
	}
	vrrp_flap_taken(&f, S(10));
	assert_int_equal(vrrp_flap_lost(&f, S(10), S(1) / 2), S(1) / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_takeovers_a_minute_are_free),
		cmocka_unit_test(the_wait_grows_to_its_bound),
		cmocka_unit_test(calm_is_forgotten_and_shorter_calm_is_not),
		cmocka_unit_test(it_can_be_switched_off_and_shortened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
