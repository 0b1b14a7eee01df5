/* Helper executables are found beside the running program, or in libexec of its prefix. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/sys/tool_path.h"

static void a_program_beside_us_is_found(void **state)
{
	char self[PATH_MAX], found[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)state;
	assert_true(n > 0);
	self[n] = '\0';
	assert_true(tool_path_find(strrchr(self, '/') + 1, found, sizeof(found)));
	assert_string_equal(found, self);
}

static void what_is_missing_or_too_long_is_said_so(void **state)
{
	char found[PATH_MAX] = "before", small[4];

	(void)state;
	assert_false(tool_path_find("no-such-tool-of-relais", found, sizeof(found)));
	assert_string_equal(found, "");
	assert_false(tool_path_find("test_tool_path", small, sizeof(small)));
	assert_string_equal(small, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_beside_us_is_found),
		cmocka_unit_test(what_is_missing_or_too_long_is_said_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
