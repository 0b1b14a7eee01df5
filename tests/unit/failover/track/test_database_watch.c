/*
 * failover/track/database_watch.c and database_line.c, with a fake runner on a simulated clock:
 * what is started, what lines become, and what happens to a tool that hangs, ends or is not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../fake_runner.h"
#include "core/log/log.h"
#include "failover/track/database_line.h"
#include "failover/track/database_watch.h"

struct story {
	struct fake_runner runner;
	struct database_watch *watch;
	struct vrrp_database_conf db;
	struct failover_conf conf;
	int n_told;
	struct vrrp_role last;
	char note[48];
};

static struct story s;

static void told(void *ctx, const struct vrrp_database_conf *db, const struct vrrp_role *role)
{
	assert_ptr_equal(ctx, &s);
	assert_string_equal(db->name, s.db.name);
	s.n_told++;
	s.last = *role;
	snprintf(s.note, sizeof(s.note), "%s", role->note);
}

static void open_watch(const char *tool)
{
	struct database_watch_setup setup = {.loop = s.runner.loop,
					     .link = s.runner.link,
					     .told = told,
					     .ctx = &s,
					     .tool = tool};

	s.watch = database_watch_new(&setup, &s.conf);
}

static int setup(void **state)
{
	(void)state;
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	memset(&s, 0, sizeof(s));
	fake_runner_open(&s.runner);
	s.db = (struct vrrp_database_conf){.name = "pgsql primary",
					   .host = "192.0.2.41",
					   .port = 5432,
					   .user = "relais",
					   .password_file = "/etc/pass",
					   .interval_us = 500000,
					   .timeout_us = 1000000,
					   .rise = 1,
					   .fall = 1};
	s.conf.databases = &s.db;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	database_watch_free(&s.watch);
	fake_runner_close(&s.runner);
	return 0;
}

static void line(const char *text)
{
	char payload[256];
	struct message_run_line head = {s.runner.run.id};

	memcpy(payload, &head, sizeof(head));
	memcpy(payload + sizeof(head), text, strlen(text));
	channel_send(s.runner.ends[1], MESSAGE_RUN_LINE, payload, sizeof(head) + strlen(text));
	runner_link_read(s.runner.link);
}

static const char started[] = "/x/relais-dbrole pgsql --host 192.0.2.41 --port 5432 --user relais "
			      "--password-file /etc/pass --interval 500000 --timeout 1000000";

static void expect_started(void)
{
	assert_string_equal(fake_runner_next(&s.runner), "cancel"); /* of an earlier life */
	assert_string_equal(fake_runner_next(&s.runner), started);
	assert_true(s.runner.run.wants_lines);
	assert_int_equal(s.runner.run.timeout_ms, 0);
}

static void lines_become_roles(void **state)
{
	(void)state;
	open_watch("/x/relais-dbrole");
	expect_started();
	assert_int_equal(s.n_told, 0);
	line("1234 replica replica");
	assert_int_equal(s.n_told, 1);
	assert_true(s.last.answers && !s.last.as_wanted);
	assert_int_equal(s.last.asked_us, 1234);
	assert_string_equal(s.note, "replica");
	line("1734 primary primary");
	assert_true(s.last.answers && s.last.as_wanted);
	line("2234 down Connection refused");
	assert_false(s.last.answers || s.last.as_wanted);
	assert_string_equal(s.note, "Connection refused");
	assert_int_equal(s.n_told, 3);
	line("WARNING: a library speaks");
	line("");
	assert_int_equal(s.n_told, 3);
}

static void rise_and_fall_are_counted(void **state)
{
	(void)state;
	s.db.fall = 2;
	s.db.rise = 3;
	open_watch("/x/relais-dbrole");
	line("1 down x"); /* the first decides at once, whatever fall says */
	expect_started();
	line("1 primary primary");
	assert_true(s.last.as_wanted);
	line("2 replica replica");
	assert_true(s.last.as_wanted && s.last.answers);
	line("3 replica replica");
	assert_true(!s.last.as_wanted && s.last.answers);
	line("4 primary primary");
	line("5 primary primary");
	assert_false(s.last.as_wanted);
	line("6 primary primary");
	assert_true(s.last.as_wanted);
}

static void one_that_says_nothing_is_down_and_started_anew(void **state)
{
	(void)state;
	open_watch("/x/relais-dbrole");
	expect_started();
	line("1 primary primary");
	loop_sim_advance(s.runner.loop, 2499000);
	assert_int_equal(s.n_told, 1);
	loop_sim_advance(s.runner.loop, 2000);
	assert_int_equal(s.n_told, 2);
	assert_false(s.last.answers);
	assert_string_equal(s.note, "relais-dbrole says nothing");
	expect_started();
}

static void one_that_ends_is_down_and_started_a_second_later(void **state)
{
	(void)state;
	open_watch("/x/relais-dbrole");
	expect_started();
	line("1 primary primary");
	fake_runner_answer(&s.runner, 9, false, "");
	assert_false(s.last.answers);
	assert_string_equal(s.note, "relais-dbrole ended by signal 9");
	loop_sim_advance(s.runner.loop, 999000);
	assert_string_equal(fake_runner_next(&s.runner), "");
	loop_sim_advance(s.runner.loop, 2000);
	expect_started();
}

static void a_new_runner_starts_it_at_once_and_says_nothing_of_the_database(void **state)
{
	(void)state;
	open_watch("/x/relais-dbrole");
	expect_started();
	line("1 primary primary");
	fake_runner_hello(&s.runner);
	assert_string_equal(fake_runner_next(&s.runner), "cancel");
	expect_started();
	assert_int_equal(s.n_told, 1);
}

static void a_tool_that_is_not_installed_is_a_database_that_is_down(void **state)
{
	(void)state;
	open_watch(NULL);
	assert_int_equal(s.n_told, 1);
	assert_string_equal(s.note, "relais-dbrole is not installed");
	assert_string_equal(fake_runner_next(&s.runner), "");
}

static void asked_for_now_it_is_started_anew(void **state)
{
	(void)state;
	open_watch("/x/relais-dbrole");
	expect_started();
	database_watch_ask(s.watch, "mysql primary");
	assert_string_equal(fake_runner_next(&s.runner), "");
	database_watch_ask(s.watch, "pgsql primary");
	expect_started();
}

static void a_reload_keeps_what_is_the_same_and_ends_what_is_gone(void **state)
{
	struct vrrp_database_conf same = s.db, other;
	struct failover_conf next = {.databases = &same}, none = {0};

	(void)state;
	same = s.db;
	open_watch("/x/relais-dbrole");
	expect_started();
	database_watch_configure(s.watch, &next);
	assert_string_equal(fake_runner_next(&s.runner), "");
	other = same;
	other.port = 5433;
	next.databases = &other;
	database_watch_configure(s.watch, &next);
	assert_string_equal(fake_runner_next(&s.runner), "cancel");
	assert_string_equal(fake_runner_next(&s.runner), "cancel");
	assert_non_null(strstr(fake_runner_next(&s.runner), "--port 5433"));
	database_watch_configure(s.watch, &none);
	assert_string_equal(fake_runner_next(&s.runner), "cancel");
	loop_sim_advance(s.runner.loop, 60000000);
	assert_int_equal(s.n_told, 0);
}

static void a_line_comes_back_as_it_was_written(void **state)
{
	struct database_line in = {.asked_us = 77, .role = DATABASE_REPLICA, .note = "a\nb\"c"},
			     out;
	char text[DATABASE_LINE_MAX];
	size_t len = database_line_write(&in, text);

	(void)state;
	assert_true(database_line_read((struct slice){text, len - 1}, &out));
	assert_int_equal(out.asked_us, 77);
	assert_int_equal(out.role, DATABASE_REPLICA);
	assert_string_equal(out.note, "a b c");
	assert_false(database_line_read(SLICE("77 master x"), &out));
	assert_false(database_line_read(SLICE("-1 primary x"), &out));
	assert_false(database_line_read(SLICE("primary"), &out));
	assert_true(database_line_read(SLICE("0 down"), &out));
	assert_string_equal(out.note, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_become_roles),
		TEST(rise_and_fall_are_counted),
		TEST(one_that_says_nothing_is_down_and_started_anew),
		TEST(one_that_ends_is_down_and_started_a_second_later),
		TEST(a_new_runner_starts_it_at_once_and_says_nothing_of_the_database),
		TEST(a_tool_that_is_not_installed_is_a_database_that_is_down),
		TEST(asked_for_now_it_is_started_anew),
		TEST(a_reload_keeps_what_is_the_same_and_ends_what_is_gone),
		cmocka_unit_test(a_line_comes_back_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
