/*
 * main/args: the command lines that people and their units use, in three dialects.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/log/log.h"
#include "main/args.h"

static struct args args;
static char said[512];

static bool parse(const char *const *words)
{
	FILE *err = fmemopen(said, sizeof(said), "w");
	int n = 0;
	bool good;

	while (words[n])
		n++;
	good = args_parse(&args, n, (char **)(uintptr_t)words, err);
	fclose(err);
	return good;
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void the_readme_line(void **state)
{
	(void)state;
	assert_true(PARSE("relais", "-f", "haproxy.cfg", "-k", "keepalived.conf"));
	assert_int_equal(args.dialect, ARGS_RELAIS);
	assert_int_equal(args.n_files, 1);
	assert_string_equal(args.keepalived_files[0], "keepalived.conf");
	assert_int_equal(args.verb, ARGS_RUN);
}

static void haproxys_unit_and_varnishtests_line(void **state)
{
	(void)state;
	assert_true(PARSE("/usr/sbin/haproxy", "-Ws", "-f", "/etc/haproxy/haproxy.cfg", "-p",
			  "/run/haproxy.pid", "-S", "/run/haproxy-master.sock"));
	assert_int_equal(args.dialect, ARGS_HAPROXY);
	assert_string_equal(args.pidfile, "/run/haproxy.pid");
	assert_true(PARSE("haproxy", "-d", "-f", "h1/cfg", "-dM", "-dI", "-dW", "-L", "A"));
	assert_true(args.debug);
	assert_string_equal(args.name, "A");
	assert_true(PARSE("haproxy", "-c", "-f", "a", "-f", "b", "--", "c", "d"));
	assert_int_equal(args.verb, ARGS_CHECK);
	assert_int_equal(args.n_files, 4);
}

static void old_processes_are_told_once_we_serve(void **state)
{
	(void)state;
	assert_true(PARSE("haproxy", "-f", "a", "-D", "-sf", "100", "200"));
	assert_int_equal(args.n_old_pids, 2);
	assert_int_equal(args.old_pids[1], 200);
	assert_false(args.old_terminate);
	assert_true(args.daemon);
	assert_false(PARSE("haproxy", "-f", "a", "-sf", "1"));
}

static void keepalived_has_its_own_letters(void **state)
{
	(void)state;
	assert_true(PARSE("keepalived", "--signum=JSON"));
	assert_int_equal(args.verb, ARGS_SIGNUM);
	assert_int_equal(args.signum, 36);
	assert_true(PARSE("keepalived", "--signum", "DATA"));
	assert_int_equal(args.signum, 10);
	assert_false(PARSE("keepalived", "--signum=FOO"));
	assert_false(PARSE("relais", "--signum=JSON"));
	assert_true(PARSE("keepalived", "-n", "-l", "-D", "-f", "k.conf"));
	assert_int_equal(args.dialect, ARGS_KEEPALIVED);
	assert_int_equal(args.n_keepalived_files, 1);
	assert_int_equal(args.n_files, 0);
	assert_false(args.daemon);
	assert_true(PARSE("keepalived", "-t", "-f", "k.conf"));
	assert_int_equal(args.verb, ARGS_CHECK);
	assert_true(PARSE("keepalived", "--config-test=x.log", "-f", "k.conf"));
	assert_string_equal(args.check_log, "x.log");
	assert_string_equal(args.keepalived_files[0], "k.conf");
	assert_true(PARSE("keepalived", "-t", "x.conf"));
	assert_string_equal(args.keepalived_files[0], "x.conf");
	assert_null(args.check_log);
	assert_true(PARSE("keepalived", "-nlDd", "-f/etc/k.conf", "-S3", "-Dp", "/run/k.pid"));
	assert_true(args.debug && args.verbose);
	assert_int_equal(args.log_facility, LOG_FACILITY_LOCAL0 + 3);
	assert_string_equal(args.keepalived_files[0], "/etc/k.conf");
	assert_string_equal(args.pidfile, "/run/k.pid");
	assert_true(PARSE("keepalived", "-n", "extra"));
	assert_non_null(strstr(said, "'extra' is no option"));
	assert_false(PARSE("keepalived", "-nZ"));
	assert_false(PARSE("keepalived", "-np"));
	assert_false(PARSE("keepalived", "-S", "8"));
	assert_true(PARSE("keepalived", "-G"));
	assert_true(args.no_syslog && args.log_facility == LOG_NO_SYSLOG);
	assert_true(PARSE("keepalived", "-n"));
	assert_string_equal(args.keepalived_files[0], "/etc/keepalived/keepalived.conf");
}

static void a_check_may_look_further(void **state)
{
	(void)state;
	assert_true(PARSE("relais", "-k", "a", "--peer", "b", "--listen", "1.5", "--diff"));
	assert_int_equal(args.verb, ARGS_CHECK);
	assert_string_equal(args.peer_file, "b");
	assert_true(args.listen_s > 1.4 && args.listen_s < 1.6);
	assert_true(args.diff && !args.diff_with);
	assert_true(PARSE("relais", "-c", "-k", "a", "--diff=/run/relais.pid", "-dW"));
	assert_string_equal(args.diff_with, "/run/relais.pid");
	assert_true(args.zero_warning);
	assert_false(PARSE("relais", "-c", "-k", "a", "--listen", "soon"));
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	assert_false(PARSE("relais", "-f"));
	assert_non_null(strstr(said, "'-f' needs FILE"));
	assert_false(PARSE("relais", "-Z"));
	assert_non_null(strstr(said, "unknown option '-Z'"));
	assert_false(PARSE("relais", "-n", "many", "-f", "x"));
	assert_false(PARSE("relais"));
	assert_non_null(strstr(said, "no configuration"));
	assert_true(PARSE("relais", "-v"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_readme_line),
		cmocka_unit_test(haproxys_unit_and_varnishtests_line),
		cmocka_unit_test(old_processes_are_told_once_we_serve),
		cmocka_unit_test(keepalived_has_its_own_letters),
		cmocka_unit_test(a_check_may_look_further),
		cmocka_unit_test(what_is_wrong_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
