/*
 * admin/command: finding, levels, several commands on a line, escapes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"

static void echo(struct admin_reply *reply, int argc, char **argv)
{
	fprintf(reply->out, "%d", argc);
	for (int i = 0; i < argc; i++)
		fprintf(reply->out, " [%s]", argv[i]);
	fputc('\n', reply->out);
}

static bool look(struct admin_reply *reply, uint64_t ticket)
{
	static unsigned n;

	if (ticket == 7 && n++ == 0)
		return false;
	return fprintf(reply->out, "late %u\n", (unsigned)ticket) > 0;
}

static void wait_for(struct admin_reply *reply, int argc, char **argv)
{
	(void)argc;
	reply->waits[reply->n_waits++] = (struct admin_wait){look, strtoull(argv[0], NULL, 10)};
}

static const struct admin_command rows[] = {
	{"wait", ADMIN_USER, "<ticket>", "is answered by somebody else", wait_for},
	{"show", ADMIN_USER, "", "the shorter one", echo},
	{"show thing", ADMIN_USER, "[<name>]", "the longer one", echo},
	{"set thing", ADMIN_ADMIN, "<name>", "changes it", echo},
	{NULL, ADMIN_USER, NULL, NULL, NULL},
};

static const struct admin_command *const tables[] = {rows, NULL};

static char *ask(const char *line, enum admin_level level)
{
	static char *answer;
	size_t len;
	char copy[256];
	struct admin_reply reply = {.level = level};

	free(answer);
	reply.out = open_memstream(&answer, &len);
	snprintf(copy, sizeof(copy), "%s", line);
	admin_setup(tables);
	admin_run_line(&reply, copy);
	fclose(reply.out);
	return answer;
}

static void the_row_with_most_words_wins(void **state)
{
	(void)state;
	assert_string_equal(ask("show thing a b", ADMIN_USER), "2 [a] [b]\n\n");
	assert_string_equal(ask("show other", ADMIN_USER), "1 [other]\n\n");
}

static void each_command_of_a_line_is_answered(void **state)
{
	(void)state;
	assert_string_equal(ask("show thing;show thing x", ADMIN_USER), "0\n\n1 [x]\n\n");
	assert_string_equal(ask("show thing a\\;b c\\ d", ADMIN_USER), "2 [a;b] [c d]\n\n");
}

static void a_level_guards_what_changes(void **state)
{
	(void)state;
	assert_string_equal(ask("set thing x", ADMIN_OPERATOR), "Permission denied\n\n");
	assert_string_equal(ask("set thing x", ADMIN_ADMIN), "1 [x]\n\n");
	assert_string_equal(ask("operator;set thing x", ADMIN_ADMIN), "\nPermission denied\n\n");
}

static void unknown_words_get_the_list(void **state)
{
	(void)state;
	assert_non_null(strstr(ask("shwo", ADMIN_USER), "Unknown command"));
	assert_non_null(strstr(ask("help", ADMIN_USER), "show thing [<name>]"));
	assert_null(strstr(ask("help", ADMIN_USER), "set thing"));
}

static void an_answer_that_comes_later_is_waited_for(void **state)
{
	struct admin_reply reply = {.level = ADMIN_USER};
	char line[] = "wait 7; show thing a; wait 8", *answer;
	size_t len;

	(void)state;
	reply.out = open_memstream(&answer, &len);
	admin_setup(tables);
	admin_run_line(&reply, line);
	assert_int_equal(reply.n_waits, 2);
	assert_false(admin_poll(&reply));
	assert_int_equal(reply.n_waits, 1);
	assert_true(admin_poll(&reply));
	fclose(reply.out);
	assert_string_equal(answer, "1 [a]\n\nlate 8\n\nlate 7\n\n");
	free(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_row_with_most_words_wins),
		cmocka_unit_test(each_command_of_a_line_is_answered),
		cmocka_unit_test(a_level_guards_what_changes),
		cmocka_unit_test(unknown_words_get_the_list),
		cmocka_unit_test(an_answer_that_comes_later_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
