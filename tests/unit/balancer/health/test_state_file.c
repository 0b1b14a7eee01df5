/*
 * Lines of a saved `show servers state`. Covers state_file.h and state_file_conf.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "balancer/health/state_file.h"

static void lines_are_read_and_others_passed_over(void **state)
{
	struct slice rest =
		SLICE("1\n# be_id be_name\n\n2 be 1\n"
		      "2 be 1 web 127.0.0.1 0 9 7 8 50 6 3 2 6 0 0 0 - 80 - 0 0 - - 0\r\n"
		      "2 be x web 127.0.0.1 x 9 7 8 50 6 3 2 6 0 0 0 - 80\n"
		      "2 other 2 w2 127.0.0.1 2 0 1 1 99999999999 6 3 2 6 0\n"
		      "3 c 1 short 127.0.0.1 2 0 1 1 5 6 3 4 6 0");
	struct state_line line;

	(void)state;
	assert_true(state_line_next(&rest, &line));
	assert_true(slice_eq_str(line.backend, "be"));
	assert_true(slice_eq_str(line.server, "web"));
	assert_int_equal(line.op_state, 0);
	assert_int_equal(line.admin, 9);
	assert_int_equal(line.weight, 7);
	assert_int_equal(line.conf_weight, 8);
	assert_int_equal(line.age_s, 50);
	assert_int_equal(line.health, 2);
	assert_true(state_line_next(&rest, &line)); /* no newline at the end */
	assert_true(slice_eq_str(line.server, "short"));
	assert_false(state_line_next(&rest, &line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read_and_others_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
