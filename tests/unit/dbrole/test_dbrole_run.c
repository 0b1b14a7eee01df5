/*
 * dbrole/dbrole_run.c: a library's long sentence becomes a note, a kind that the build lacks says
 * so itself. The kinds (dbrole_pgsql.c, dbrole_mysql.c, dbrole_redis.c, dbrole_main.c) ask real
 * servers in tests/lab/test_database.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "dbrole/dbrole.h"

static void a_library_s_words_become_a_note(void **state)
{
	static const struct {
		const char *text, *note;
	} rows[] = {
		{"connection to server at \"127.0.0.1\", port 5432 failed: Connection "
		 "refused\n\tIs the "
		 "server running on that host?\n",
		 "Connection refused"},
		{"Connection refused", "Connection refused"},
		{"connection to server on socket \"/run/x\" failed: FATAL:  the database system is "
		 "starting up\n",
		 "the database system is starting up"},
		{"", "it does not answer"},
		{"a word that is far longer than a note has room for, and which is therefore cut",
		 "a word that is far longer than a note has room "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct database_line line = {.role = DATABASE_PRIMARY};

		dbrole_fail(&line, rows[i].text, INT64_MAX);
		assert_string_equal(line.note, rows[i].note);
		assert_int_equal(line.role, DATABASE_DOWN);
	}
}

static void behind_the_deadline_it_is_a_timeout(void **state)
{
	struct database_line line = {0};

	(void)state;
	dbrole_fail(&line, "whatever", dbrole_now_us());
	assert_string_equal(line.note, "timeout");
}

/* Linked without the libraries, as a build that lacks them. */
static void a_missing_library_is_named(void **state)
{
	(void)state;
	assert_string_equal(dbrole_kind_find("pgsql")->library, "libpq");
	assert_string_equal(dbrole_kind_find("mysql")->library, "libmariadb");
	assert_string_equal(dbrole_kind_find("redis")->library, "hiredis");
	assert_null(dbrole_kind_find("oracle"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_s_words_become_a_note),
		cmocka_unit_test(behind_the_deadline_it_is_a_timeout),
		cmocka_unit_test(a_missing_library_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
