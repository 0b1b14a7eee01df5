/*
 * failover/vrrp/promote.c: what must hold of every row of the table, whatever the story. The
 * stories are in tests/scenario/scenario_promote.c (takeover.c, track_role.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "failover/vrrp/promote.h"

static bool has_addresses(enum vrrp_phase phase)
{
	return phase == VRRP_PHASE_SERVE || phase == VRRP_PHASE_DEMOTE;
}

static void addresses_are_added_behind_a_confirmed_promotion_only(void **state)
{
	(void)state;
	for (int p = 0; p < VRRP_PHASE_N; p++) {
		for (int e = 0; e < VRRP_PHASE_EV_N; e++) {
			struct vrrp_phase_step s = vrrp_phase_step(p, e);

			if (s.actions & VRRP_PHASE_ADD) {
				assert_int_equal(p, VRRP_PHASE_CONFIRM);
				assert_int_equal(e, VRRP_PHASE_DONE);
			}
			assert_int_equal(s.next == VRRP_PHASE_SERVE && p != VRRP_PHASE_SERVE,
					 !!(s.actions & VRRP_PHASE_ADD));
		}
	}
}

static void whoever_had_addresses_and_has_none_any_more_deleted_them(void **state)
{
	(void)state;
	for (int p = 0; p < VRRP_PHASE_N; p++) {
		for (int e = 0; e < VRRP_PHASE_EV_N; e++) {
			struct vrrp_phase_step s = vrrp_phase_step(p, e);

			if (has_addresses(p) && !has_addresses(s.next))
				assert_true(s.actions & VRRP_PHASE_DEL);
			if (has_addresses(p) && has_addresses(s.next))
				assert_false(s.actions & VRRP_PHASE_DEL);
		}
		/* Unasked, they go without waiting for anything. */
		assert_false(has_addresses(vrrp_phase_step(p, VRRP_PHASE_LOSE).next));
	}
}

static void a_promotion_that_was_begun_is_demoted_or_serves(void **state)
{
	(void)state;
	for (int p = VRRP_PHASE_PROMOTE; p <= VRRP_PHASE_SERVE; p++) {
		for (int e = 0; e < VRRP_PHASE_EV_N; e++)
			assert_true(vrrp_phase_owes_demote(vrrp_phase_step(p, e).next));
		assert_true(vrrp_phase_owes_demote(p));
	}
	assert_false(vrrp_phase_owes_demote(VRRP_PHASE_REST));
	assert_false(vrrp_phase_owes_demote(VRRP_PHASE_FENCE));
}

static void every_wait_ends_in_rest_when_all_fails(void **state)
{
	(void)state;
	for (int p = 0; p < VRRP_PHASE_N; p++) {
		enum vrrp_phase at = vrrp_phase_step(p, VRRP_PHASE_LOSE).next;
		int n = 0;

		while (at != VRRP_PHASE_REST && n++ < VRRP_PHASE_N)
			at = vrrp_phase_step(at, VRRP_PHASE_FAILED).next;
		assert_int_equal(at, VRRP_PHASE_REST);
	}
}

static void words_lead_back_to_their_phase(void **state)
{
	(void)state;
	for (int p = 0; p < VRRP_PHASE_N; p++)
		assert_int_equal(vrrp_phase_of_word(vrrp_phase_word(p)), p);
	assert_int_equal(vrrp_phase_of_word(""), VRRP_PHASE_REST);
}

static void waits_double_up_to_eight_minutes(void **state)
{
	(void)state;
	assert_int_equal(vrrp_promote_retry_us(1), 30000000);
	assert_int_equal(vrrp_promote_retry_us(2), 60000000);
	assert_int_equal(vrrp_promote_retry_us(5), 480000000);
	assert_int_equal(vrrp_promote_retry_us(500), 480000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_added_behind_a_confirmed_promotion_only),
		cmocka_unit_test(whoever_had_addresses_and_has_none_any_more_deleted_them),
		cmocka_unit_test(a_promotion_that_was_begun_is_demoted_or_serves),
		cmocka_unit_test(every_wait_ends_in_rest_when_all_fails),
		cmocka_unit_test(words_lead_back_to_their_phase),
		cmocka_unit_test(waits_double_up_to_eight_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
