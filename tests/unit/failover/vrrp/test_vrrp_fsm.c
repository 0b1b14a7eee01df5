/*
 * failover/vrrp/fsm: the table cell by cell, what must hold for every cell, and the timers'
 * numbers from the RFC.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "failover/vrrp/fsm.h"

/* Next state of every cell; columns in the order of states.def. */
static const char *const next_states[VRRP_STATE_N] = {
	/* START OWNER RESUME STOP DOWN ADV ZERO ABOVE TIE BELOW HELD FAULT YIELD TAKE RELIEVED
	   FOLLOW */
	[VRRP_INIT] = "BMMIIIIIIIIFIIII",
	[VRRP_BACKUP] = "BMBIMBBBBBBFBMBB",
	[VRRP_MASTER] = "MMMIMMMBMMMFBMFB",
	[VRRP_FAULT] = "BMFIMFFFFFFFFFFF",
};

static bool does(const struct vrrp_step *s, enum vrrp_action action)
{
	for (const enum vrrp_action *a = s->actions; *a != VRRP_DO_END; a++)
		if (*a == action)
			return true;
	return false;
}

static int order(const struct vrrp_step *s, enum vrrp_action action)
{
	for (int i = 0; i < VRRP_ACTIONS_MAX; i++)
		if (s->actions[i] == action)
			return i;
	return -1;
}

static void every_cell_leads_where_it_should(void **state)
{
	(void)state;
	for (enum vrrp_state s = 0; s < VRRP_STATE_N; s++) {
		assert_int_equal(strlen(next_states[s]), VRRP_EV_N);
		for (enum vrrp_event e = 0; e < VRRP_EV_N; e++) {
			enum vrrp_state next = vrrp_fsm_step(s, e)->next;

			if (vrrp_state_word(next)[0] != next_states[s][e])
				fail_msg("%s + %s -> %s", vrrp_state_word(s), vrrp_event_text(e),
					 vrrp_state_word(next));
		}
	}
}

static void addresses_come_and_go_with_mastership(void **state)
{
	(void)state;
	for (enum vrrp_state s = 0; s < VRRP_STATE_N; s++)
		for (enum vrrp_event e = 0; e < VRRP_EV_N; e++) {
			const struct vrrp_step *c = vrrp_fsm_step(s, e);
			bool gains = s != VRRP_MASTER && c->next == VRRP_MASTER;
			bool loses = s == VRRP_MASTER && c->next != VRRP_MASTER;

			assert_int_equal(does(c, VRRP_DO_ADD_ADDRESSES), gains);
			assert_int_equal(does(c, VRRP_DO_ANNOUNCE), gains);
			assert_int_equal(does(c, VRRP_DO_DEL_ADDRESSES), loses);
			assert_int_equal(does(c, VRRP_DO_HUSH), loses);
			if (gains) /* the loser drops its own first */
				assert_true(order(c, VRRP_DO_SEND_ADVERT) <
					    order(c, VRRP_DO_ADD_ADDRESSES));
			if (loses) /* no announcement after the addresses went */
				assert_true(order(c, VRRP_DO_HUSH) <
					    order(c, VRRP_DO_DEL_ADDRESSES));
		}
}

static void only_a_master_speaks(void **state)
{
	static const enum vrrp_action speech[] = {VRRP_DO_SEND_ADVERT, VRRP_DO_SEND_ZERO,
						  VRRP_DO_REBUKE, VRRP_DO_REPLY_HIGHER};

	(void)state;
	for (enum vrrp_state s = 0; s < VRRP_STATE_N; s++)
		for (enum vrrp_event e = 0; e < VRRP_EV_N; e++)
			for (int i = 0; i < 4; i++)
				if (does(vrrp_fsm_step(s, e), speech[i]))
					assert_true(s == VRRP_MASTER ||
						    vrrp_fsm_step(s, e)->next == VRRP_MASTER);
}

static void who_leaves_says_so_first(void **state)
{
	static const enum vrrp_event leaving[] = {VRRP_EV_STOP, VRRP_EV_FAULT};

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct vrrp_step *c = vrrp_fsm_step(VRRP_MASTER, leaving[i]);

		assert_int_equal(c->actions[0], VRRP_DO_SEND_ZERO);
		assert_true(does(c, VRRP_DO_DISARM));
		assert_false(does(vrrp_fsm_step(VRRP_BACKUP, leaving[i]), VRRP_DO_SEND_ZERO));
	}
	/* Woken from a freeze: another is master, so not a word. */
	assert_false(does(vrrp_fsm_step(VRRP_MASTER, VRRP_EV_YIELD), VRRP_DO_SEND_ZERO));
	assert_false(does(vrrp_fsm_step(VRRP_MASTER, VRRP_EV_YIELD), VRRP_DO_SEND_ADVERT));
	/* Nor from one that was relieved. */
	assert_false(does(vrrp_fsm_step(VRRP_MASTER, VRRP_EV_RELIEVED), VRRP_DO_SEND_ZERO));
}

static void every_state_that_runs_has_its_timer(void **state)
{
	(void)state;
	for (enum vrrp_state s = 0; s < VRRP_STATE_N; s++)
		for (enum vrrp_event e = 0; e < VRRP_EV_N; e++) {
			const struct vrrp_step *c = vrrp_fsm_step(s, e);

			if (c->next == s)
				continue;
			if (c->next == VRRP_BACKUP)
				assert_true(does(c, VRRP_DO_ARM_DOWN));
			else if (c->next == VRRP_MASTER)
				assert_true(does(c, VRRP_DO_ARM_ADVERT));
			else
				assert_true(does(c, VRRP_DO_DISARM));
		}
}

static void what_a_backup_does_with_an_advertisement(void **state)
{
	const struct vrrp_step *c;

	(void)state;
	c = vrrp_fsm_step(VRRP_BACKUP, VRRP_EV_RX_ZERO);
	assert_int_equal(c->actions[0], VRRP_DO_ARM_SKEW);
	c = vrrp_fsm_step(VRRP_BACKUP, VRRP_EV_RX_BELOW);
	assert_int_equal(c->actions[0], VRRP_DO_END); /* the down timer runs on */
	c = vrrp_fsm_step(VRRP_BACKUP, VRRP_EV_RX_BELOW_HELD);
	assert_int_equal(c->actions[0], VRRP_DO_LEARN);
	assert_int_equal(c->actions[1], VRRP_DO_ARM_DOWN); /* with the interval just learnt */
}

static void arrows_that_do_not_exist(void **state)
{
	(void)state;
	for (enum vrrp_state s = 0; s < VRRP_STATE_N; s++)
		assert_true(vrrp_fsm_arrow(s, VRRP_INIT) && vrrp_fsm_arrow(s, VRRP_FAULT));
	assert_true(vrrp_fsm_arrow(VRRP_MASTER, VRRP_BACKUP));
	assert_true(vrrp_fsm_arrow(VRRP_FAULT, VRRP_MASTER)); /* an owner, the last resort */
}

static void every_word_is_there(void **state)
{
	(void)state;
	for (enum vrrp_event e = 0; e < VRRP_EV_N; e++)
		assert_non_null(vrrp_event_text(e));
	for (enum vrrp_action a = 0; a < VRRP_DO_N; a++)
		assert_non_null(vrrp_action_text(a));
	assert_string_equal(vrrp_state_word(VRRP_FAULT), "FAULT");
}

static void timers_are_the_rfcs(void **state)
{
	(void)state;
	/* v2: skew in seconds whatever the interval */
	assert_int_equal(vrrp_skew_us(2, 100, 1000000), 609375);
	assert_int_equal(vrrp_down_us(2, 100, 1000000, 3), 3609375);
	assert_int_equal(vrrp_skew_us(2, 100, 5000000), 609375);
	/* v3: in parts of the interval */
	assert_int_equal(vrrp_down_us(3, 100, 100000, 3), 360937);
	assert_int_equal(vrrp_down_us(3, 100, 10000, 3), 36093);
	assert_int_equal(vrrp_skew_us(3, 254, 10000), 78); /* centiseconds would make it 0 */
	assert_int_equal(vrrp_skew_us(3, 1, 40950000), 40790039);
	assert_int_equal(vrrp_down_us(3, 255, 1000000, 3), 3003906);
	assert_int_equal(vrrp_down_us(3, 100, 1000000, 5), 5609375);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_leads_where_it_should),
		cmocka_unit_test(addresses_come_and_go_with_mastership),
		cmocka_unit_test(only_a_master_speaks),
		cmocka_unit_test(who_leaves_says_so_first),
		cmocka_unit_test(every_state_that_runs_has_its_timer),
		cmocka_unit_test(what_a_backup_does_with_an_advertisement),
		cmocka_unit_test(arrows_that_do_not_exist),
		cmocka_unit_test(every_word_is_there),
		cmocka_unit_test(timers_are_the_rfcs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
