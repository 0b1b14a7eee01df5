/*
 * What global_defs says of the program: times of reload_time_file (reload_time.c), names of files
 * (house_files.c), and scripts around the run (hook_script.c), with real ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/log/log.h"
#include "main/hook_script.h"
#include "main/house_files.h"
#include "main/reload_time.h"
#include "main/runner/runner_job.h"

/* ---- times ---- */

enum { NOW = 1700000000 }; /* 2023-11-14 22:13:20 UTC */

static void a_time_is_the_next_one_a_date_is_that_day(void **state)
{
	static const struct {
		const char *text;
		enum reload_time_kind kind;
		int64_t when;
	} rows[] = {
		{"22:13:21Z", RELOAD_TIME_DAILY, NOW + 1},
		{"22:13:20Z", RELOAD_TIME_DAILY, NOW + 86400},
		{"00:00:00Z", RELOAD_TIME_DAILY, NOW + 6400},
		{"2023-11-14 22:14:00Z", RELOAD_TIME_ONCE, NOW + 40},
		{"23-11-15 22:13:20Z", RELOAD_TIME_ONCE, NOW + 86400},
		{"2023-11-13 22:13:20Z", RELOAD_TIME_ONCE, NOW - 86400},
	};
	int64_t when;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(reload_time_parse(rows[i].text, NOW, &when), rows[i].kind);
		assert_int_equal(when, rows[i].when);
	}
	setenv("TZ", "XXX-1", 1);
	tzset();
	assert_int_equal(reload_time_parse("23:14:20", NOW, &when), RELOAD_TIME_DAILY);
	assert_int_equal(when, NOW + 60);
	assert_int_equal(reload_time_parse("2023-11-14 23:14:20", NOW, &when), RELOAD_TIME_ONCE);
	assert_int_equal(when, NOW + 60);
	unsetenv("TZ");
	tzset();
}

static void what_is_not_exactly_a_time_is_wrong(void **state)
{
	static const char *const wrong[] = {
		"",
		" 10:00:00",
		"10:00:00 ",
		"1:00:00",
		"10:00",
		"24:00:00",
		"10:60:00",
		"10:00:00ZZ",
		"Z10:00:00",
		"10:00:0Z",
		"2023-13-01 10:00:00",
		"2023-12-00 10:00:00",
		"2023-12-01",
		"203-12-01 10:00:00",
		"2023-12-01  10:00:00",
		"now",
	};
	int64_t when;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(reload_time_parse(wrong[i], NOW, &when), RELOAD_TIME_WRONG);
}

static void on_due(struct reload_time *rt)
{
	loop_stop(rt->loop);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void a_file_that_comes_is_noticed_and_removed_when_its_time_has_come(void **state)
{
	char dir[] = "/tmp/relais-house-XXXXXX", path[64], text[32];
	struct house_conf conf = {.reload_time_file = path};
	struct reload_time rt = {.loop = loop_new(&loop_epoll_ops), .due = on_due};
	time_t soon = time(NULL) + 2;
	struct tm tm;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/when", dir);
	reload_time_configure(&rt, &conf); /* not there yet */
	assert_int_equal(rt.when_s, 0);
	put(path, "whenever\n");
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%SZ\n", gmtime_r(&soon, &tm));
	put(path, text);
	loop_run(rt.loop); /* until it is due */
	assert_true(time(NULL) >= soon);
	assert_int_equal(access(path, F_OK), -1);
	reload_time_configure(&rt, NULL);
	loop_free(&rt.loop);
	assert_int_equal(rmdir(dir), 0);
}

/* ---- files ---- */

static void pid_files_are_where_keepalived_has_them(void **state)
{
	struct house_conf house = {0};
	struct failover_conf failover = {.house = &house};
	struct config config = {.failover = &failover};
	struct args args = {.dialect = ARGS_RELAIS};
	char path[128];

	(void)state;
	assert_false(house_pid_path(&args, &config, path, sizeof(path)));
	args.dialect = ARGS_KEEPALIVED;
	assert_true(house_pid_path(&args, &config, path, sizeof(path)));
	assert_string_equal(path, "/run/keepalived.pid");
	args.pidfile = "/run/other.pid";
	assert_true(house_pid_path(&args, &config, path, sizeof(path)));
	assert_string_equal(path, "/run/other.pid");
}

static void write_pid(const char *path, pid_t pid)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "%d\n", (int)pid);
	fclose(f);
}

static void a_pid_file_says_who_runs_and_only_he_removes_it(void **state)
{
	char path[] = "/tmp/relais-house-pid.XXXXXX";
	int fd = mkstemp(path);
	pid_t other = fork();
	siginfo_t how;

	(void)state;
	if (other == 0) {
		pause();
		_exit(0);
	}
	assert_true(fd >= 0 && other > 0);
	close(fd);
	assert_int_equal(house_pid_owner(path), 0); /* empty */
	write_pid(path, other);
	assert_int_equal(house_pid_owner(path), other);
	house_pid_remove(path);
	assert_int_equal(access(path, F_OK), 0);
	kill(other, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)other, &how, WEXITED | WNOWAIT), 0);
	assert_int_equal(house_pid_owner(path), 0); /* ended, though nobody has asked how */
	waitpid(other, NULL, 0);
	assert_int_equal(house_pid_owner(path), 0);
	write_pid(path, getppid()); /* alive, but another program: the number was used again */
	assert_int_equal(house_pid_owner(path), 0);
	write_pid(path, getpid());
	assert_int_equal(house_pid_owner(path), 0);
	house_pid_remove(path);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(house_pid_owner(path), 0);
}

static void the_reload_file_is_empty_and_goes(void **state)
{
	char path[] = "/tmp/relais-reload-XXXXXX";
	struct house_conf house = {.reload_file = path};
	struct failover_conf failover = {.house = &house};
	struct config config = {.failover = &failover};
	int fd = mkstemp(path);
	struct stat st;

	(void)state;
	assert_int_equal(write(fd, "x", 1), 1); /* who updates the configuration made it */
	house_reload_begin(&config);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	house_reload_end(&config);
	assert_int_equal(access(path, F_OK), -1);
	close(fd);
}

/* ---- scripts ---- */

static void on_done(struct hook_script *hook)
{
	assert_null(hook->job);
	loop_stop(hook->loop);
}

static bool run(struct loop *loop, const char *script, int timeout_s)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	struct hook_conf conf = {
		.script = {.argv = argv, .text = script, .uid = geteuid(), .gid = getegid()},
		.timeout_s = timeout_s};
	struct hook_script hook = {.loop = loop, .name = "startup_script", .done = on_done};

	if (!hook_script_start(&hook, &conf))
		return false;
	loop_run(loop);
	return true;
}

static void a_hook_runs_to_its_end_whatever_it_does(void **state)
{
	char path[] = "/tmp/relais-hook-XXXXXX", command[128];
	struct hook_conf none = {.timeout_s = 1}, missing = {.timeout_s = 1};
	const char *const nowhere[] = {"/no/such/script", NULL};
	struct hook_script hook = {.name = "startup_script", .done = on_done};
	struct loop *loop = loop_new(&loop_epoll_ops);
	struct stat st;

	(void)state;
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	close(mkstemp(path));
	snprintf(command, sizeof(command), "echo done > %s; exit 3", path);
	assert_true(run(loop, command, 5));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 5);
	/* hangs, with a child; writes without end; leaves somebody behind that holds its output */
	assert_true(run(loop, "sleep 600 & wait", 1));
	assert_true(run(loop, "yes", 1));
	assert_true(run(loop, "sleep 20 & exit 0", 5));
	assert_true(run(loop, "kill -9 $$", 5));
	hook.loop = loop;
	assert_false(hook_script_start(&hook, &none));
	missing.script.argv = nowhere;
	missing.script.text = nowhere[0];
	missing.script.uid = geteuid();
	missing.script.gid = getegid();
	if (hook_script_start(&hook, &missing)) /* the child says so */
		loop_run(loop);
	assert_null(hook.job);
	loop_free(&loop);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_the_next_one_a_date_is_that_day),
		cmocka_unit_test(what_is_not_exactly_a_time_is_wrong),
		cmocka_unit_test(a_file_that_comes_is_noticed_and_removed_when_its_time_has_come),
		cmocka_unit_test(pid_files_are_where_keepalived_has_them),
		cmocka_unit_test(a_pid_file_says_who_runs_and_only_he_removes_it),
		cmocka_unit_test(the_reload_file_is_empty_and_goes),
		cmocka_unit_test(a_hook_runs_to_its_end_whatever_it_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
