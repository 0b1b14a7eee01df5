/*
 * failover/idiom: which scripts only ask whether haproxy lives, and which must be run. Shell texts
 * are tried by shell_lite.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/conf/blocks/blocks.h"
#include "failover/conf/script/idiom.h"

static bool asks(const char *text)
{
	struct conf_files files;
	struct arena arena;
	bool yes;

	conf_files_init(&files);
	arena_init(&arena, 0);
	yes = failover_idiom_asks(&files, &arena, blocks_shell_split(&arena, text));
	arena_fini(&arena);
	conf_files_fini(&files);
	return yes;
}

/* A script file of this text; as in the sealed set, so that nothing on disk is needed. */
static bool file_asks(const char *body)
{
	static const char *const argv[] = {"/etc/keepalived/chk.sh", NULL};
	struct conf_files files;
	struct arena arena;
	bool yes;

	conf_files_init(&files);
	arena_init(&arena, 0);
	files.sealed = true;
	conf_files_put(&files, argv[0], slice_of(body));
	yes = failover_idiom_asks(&files, &arena, argv);
	arena_fini(&arena);
	conf_files_fini(&files);
	return yes;
}

static void commands_that_ask(void **state)
{
	(void)state;
	assert_true(asks("killall -0 haproxy"));
	assert_true(asks("/usr/bin/killall -0 haproxy"));
	assert_true(asks("/usr/bin/killall -s 0 -q haproxy"));
	assert_true(asks("pidof haproxy"));
	assert_true(asks("/usr/sbin/pidof -x /usr/sbin/haproxy"));
	assert_true(asks("pgrep haproxy"));
	assert_true(asks("/usr/bin/pgrep -x haproxy"));
	assert_true(asks("pgrep -f '^haproxy'"));
	assert_true(asks("pkill -0 haproxy"));
	assert_true(asks("systemctl is-active haproxy"));
	assert_true(asks("/bin/systemctl is-active --quiet haproxy.service"));
	assert_true(asks("timeout 2 killall -0 haproxy"));
	assert_true(asks("/bin/sh -c \"killall -0 haproxy || exit 1\""));
	assert_true(asks("bash -c 'pidof haproxy >/dev/null 2>&1'"));
	assert_true(asks("sh -c 'if pgrep -x haproxy; then exit 0; else exit 1; fi'"));
}

static void commands_that_do_not(void **state)
{
	(void)state;
	assert_false(asks("killall haproxy"));
	assert_false(asks("killall -9 haproxy"));
	assert_false(asks("killall -0 nginx"));
	assert_false(asks("killall -0 haproxy nginx"));
	assert_false(asks("pidof haproxy nginx"));
	assert_false(asks("pgrep -u root haproxy"));
	assert_false(asks("systemctl restart haproxy"));
	assert_false(asks("systemctl is-active nginx"));
	assert_false(asks("/usr/local/bin/haproxy-check"));
	assert_false(asks("curl -f http://127.0.0.1/haproxy"));
	assert_false(asks("sh -c 'killall -0 haproxy && curl -f http://127.0.0.1/'"));
	assert_false(asks("sh -c 'pidof haproxy | grep 1'"));
	assert_false(asks("sh -c '! pidof haproxy'"));
	assert_false(asks("sh -c 'true'"));
	assert_false(asks("sh -c 'killall -0 haproxy || systemctl restart haproxy'"));
	assert_false(asks("sh -c 'killall -0 haproxy; true'"));
	assert_false(asks("sh -c 'kill -0 $(cat /run/haproxy.pid)'"));
}

static void script_files_of_only_that(void **state)
{
	(void)state;
	assert_true(file_asks("#!/bin/sh\nkillall -0 haproxy\n"));
	assert_true(file_asks("#!/bin/bash\n# is it there?\nset -e\npidof haproxy > /dev/null || "
			      "exit 1\nexit 0\n"));
	assert_true(file_asks("#!/bin/bash\nkillall -0 haproxy\nif [ $? -ne 0 ]; then\n  exit 1\n"
			      "fi\nexit 0\n"));
	assert_true(file_asks("#!/bin/sh\nif ! pgrep haproxy &>/dev/null\nthen\n echo dead\n "
			      "exit 2\nfi\n"));
	assert_true(
		file_asks("#!/usr/bin/env bash\nif systemctl is-active -q haproxy; then exit 0\n"
			  "elif pidof haproxy; then exit 0; else exit 1; fi"));
	assert_true(file_asks("#!/bin/sh\npidof haproxy && { exit 0; }\nexit 1\n"));
	assert_false(file_asks("#!/bin/sh\nif pidof haproxy; then exit 1; fi\nexit 0\n"));
	assert_false(file_asks("#!/bin/sh\ncurl -sf http://127.0.0.1:8404/ || exit 1\n"));
	assert_false(file_asks("#!/bin/sh\nA=`ps -C haproxy --no-header | wc -l`\n"
			       "if [ $A -eq 0 ]; then systemctl stop keepalived; fi\n"));
	assert_false(file_asks("#!/usr/bin/python3\nkillall -0 haproxy\n"));
	assert_false(file_asks("#!/bin/sh\n(killall -0 haproxy)\n"));
	assert_false(file_asks("#!/bin/sh\nif pidof haproxy; then exit 0\n"));
	assert_false(file_asks("killall -0 haproxy\n"));
	assert_false(file_asks(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_that_ask),
		cmocka_unit_test(commands_that_do_not),
		cmocka_unit_test(script_files_of_only_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
