/*
 * main/runner/runner_rights.c: what a balancer may have run is what its configuration says, word
 * for word and as that user; everything else is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "main/registry.h"
#include "main/runner/runner_rights.h"

static const char text[] =
	"global\n external-check\n uid 77\n gid 78\n"
	"defaults\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n"
	"backend a\n option external-check\n external-check command /bin/check\n"
	" external-check path /sbin:/bin\n server s 127.0.0.1:1 check\n"
	"backend b\n option script-check 5:6 \"/bin/misc 1 2\"\n quorum-up 0 /bin/up\n"
	" server s 127.0.0.1:1 check notify-down 0:9 \"/bin/down x\"\n";

static struct arena arena;
static struct conf_files files;
static struct conf_diags diags;
static struct runner_rights *rights;
static const struct balancer_conf *conf;

static int set_up(void **state)
{
	static const char *const paths[] = {"t.cfg"};

	(void)state;
	arena_init(&arena, 0);
	conf_files_init(&files);
	conf_diags_init(&diags);
	conf_files_put(&files, paths[0], slice_of(text));
	files.sealed = true;
	conf = registry_balancer_parse(&files, paths, 1, &arena, &diags, NULL);
	assert_int_equal(diags.n_errors, 0);
	rights = runner_rights_new();
	assert_non_null(rights);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	runner_rights_forget(&rights);
	assert_null(rights);
	conf_diags_fini(&diags);
	conf_files_fini(&files);
	arena_fini(&arena);
	return 0;
}

/* Words between blanks; env as well. */
static bool permits(uint32_t uid, uint32_t gid, const char *words, const char *env)
{
	struct message_run ask = {.uid = uid, .gid = gid};
	char copy[2][256], *list[2][16];
	uint32_t n[2] = {0, 0};

	snprintf(copy[0], sizeof(copy[0]), "%s", words);
	snprintf(copy[1], sizeof(copy[1]), "%s", env);
	for (int i = 0; i < 2; i++) {
		for (char *w = strtok(copy[i], " "); w; w = strtok(NULL, " "))
			list[i][n[i]++] = w;
		list[i][n[i]] = NULL;
	}
	ask.n_argv = n[0];
	ask.n_env = n[1];
	return runner_rights_permit(rights, &ask, list[0], list[1]);
}

static void nothing_is_allowed_until_it_is_said(void **state)
{
	(void)state;
	assert_false(permits(0, 0, "/bin/up", ""));
	assert_true(runner_rights_set(rights, conf, NULL));
	assert_true(permits(0, 0, "/bin/up", ""));
	assert_true(runner_rights_set(rights, NULL, NULL));
	assert_false(permits(0, 0, "/bin/up", ""));
	assert_true(runner_rights_set(rights, NULL, conf));
	assert_true(permits(0, 0, "/bin/up", ""));
}

static void commands_are_known_in_full(void **state)
{
	(void)state;
	runner_rights_set(rights, conf, NULL);
	assert_true(permits(5, 6, "/bin/misc 1 2", ""));
	assert_true(permits(0, 9, "/bin/down x", ""));
	assert_false(permits(0, 6, "/bin/misc 1 2", ""));
	assert_false(permits(5, 0, "/bin/misc 1 2", ""));
	assert_false(permits(5, 6, "/bin/misc 1", ""));
	assert_false(permits(5, 6, "/bin/misc 1 2 3", ""));
	assert_false(permits(5, 6, "/bin/misc 1 2", "LD_PRELOAD=/tmp/x"));
	assert_false(permits(0, 0, "/bin/sh -c id", ""));
	assert_false(permits(0, 0, "", ""));
}

static void an_external_check_has_its_program_and_environment(void **state)
{
	uint32_t uid = geteuid() == 0 ? 77 : geteuid(), gid = geteuid() == 0 ? 78 : getegid();

	(void)state;
	runner_rights_set(rights, conf, NULL);
	assert_true(permits(uid, gid, "/bin/check 127.0.0.1 80 127.0.0.1 1",
			    "PATH=/sbin:/bin HAPROXY_SERVER_NAME=s"));
	assert_true(
		permits(uid, gid, "/bin/check NOT_USED NOT_USED 192.0.2.7 81", "PATH=/sbin:/bin"));
	assert_false(permits(uid, gid, "/bin/check 127.0.0.1 80 127.0.0.1 1", "PATH=/tmp"));
	assert_false(permits(uid, gid, "/bin/check 127.0.0.1 80 127.0.0.1 1",
			     "PATH=/sbin:/bin LD_PRELOAD=/tmp/x"));
	assert_false(permits(uid, gid, "/bin/check 127.0.0.1 80 127.0.0.1", "PATH=/sbin:/bin"));
	assert_false(permits(0, 0, "/bin/check 127.0.0.1 80 127.0.0.1 1", "PATH=/sbin:/bin"));
	assert_false(permits(uid, gid, "/bin/other 127.0.0.1 80 127.0.0.1 1", "PATH=/sbin:/bin"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_allowed_until_it_is_said, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(commands_are_known_in_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_external_check_has_its_program_and_environment,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
