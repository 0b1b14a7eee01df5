/*
 * failover/track: numbers in files (file_watch.c), and processes: which one is meant
 * (process_match.c), how many there are (process_scan.c), what that comes to (process_watch.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log/log.h"
#include "failover/track/file_watch.h"
#include "failover/track/process_match.h"
#include "failover/track/process_scan.h"
#include "failover/track/process_watch.h"

static struct loop *loop;
static char folder[] = "/tmp/test_watch.XXXXXX";
static char told[512]; /* "name=number " or "name+ name- " */

static int setup(void **state)
{
	(void)state;
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	loop = loop_new(&loop_epoll_ops);
	told[0] = '\0';
	return loop ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	loop_free(&loop);
	return 0;
}

static void settle(void)
{
	for (int i = 0; i < 5; i++)
		loop_step(loop, loop_clock_us(loop));
}

/* Until these words were told, no others. */
static void wait_told(const char *expected)
{
	int64_t end_us = loop_clock_us(loop) + 20 * 1000000LL;

	while (strcmp(told, expected) != 0 && loop_clock_us(loop) < end_us)
		loop_step(loop, loop_now_us(loop) + 10000);
	assert_string_equal(told, expected);
	told[0] = '\0';
}

/* ---- files ---- */

static char path_a[64], path_b[64], path_late[64];

static void number_told(void *ctx, const struct vrrp_file_conf *file, long long number)
{
	size_t at = strlen(told);

	(void)ctx;
	snprintf(told + at, sizeof(told) - at, "%s=%lld ", file->name, number);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void expect_told(const char *expected)
{
	settle();
	assert_string_equal(told, expected);
	told[0] = '\0';
}

static int setup_files(void **state)
{
	static bool made;

	if (!made && !mkdtemp(folder))
		return -1;
	made = true;
	snprintf(path_a, sizeof(path_a), "%s/a", folder);
	snprintf(path_b, sizeof(path_b), "%s/b", folder);
	snprintf(path_late, sizeof(path_late), "%s/later/c", folder);
	return setup(state);
}

static int teardown_files(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s/*", folder);
	return system(command) == 0 ? teardown(state) : -1;
}

static void numbers_are_told_as_they_change(void **state)
{
	struct vrrp_file_conf b = {.name = "b", .path = path_b},
			      a = {.name = "a", .path = path_a, .next = &b};
	struct failover_conf conf = {.files = &a};
	struct file_watch *watch;
	char other[64];

	(void)state;
	write_file(path_a, " 12abc\n");
	watch = file_watch_new(loop, number_told, NULL, &conf);
	assert_non_null(strstr(told, "a=12 ")); /* once or twice: it is there before it returns */
	assert_non_null(strstr(told, "b=0 "));
	told[0] = '\0';
	write_file(path_a, "-6");
	settle();
	assert_non_null(strstr(told, "a=-6 "));
	told[0] = '\0';
	write_file(path_b, "3");
	settle();
	assert_non_null(strstr(told, "b=3 "));
	told[0] = '\0';
	snprintf(other, sizeof(other), "%s/x", folder);
	write_file(other, "4");
	expect_told("");
	rename(other, path_a);
	expect_told("a=4 ");
	unlink(path_b);
	expect_told("b=0 ");
	write_file(path_a, "4 and the same");
	settle();
	write_file(path_a, "99999999999999");
	settle();
	assert_non_null(strstr(told, "a=2147483647 "));
	told[0] = '\0';
	file_watch_tell(watch);
	expect_told("a=2147483647 b=0 ");
	file_watch_free(&watch);
}

static void a_folder_may_come_later(void **state)
{
	struct vrrp_file_conf c = {.name = "c", .path = path_late};
	struct failover_conf conf = {.files = &c};
	struct file_watch *watch = file_watch_new(loop, number_told, NULL, &conf);
	char later[64];

	(void)state;
	told[0] = '\0';
	snprintf(later, sizeof(later), "%s/later", folder);
	assert_int_equal(mkdir(later, 0755), 0);
	write_file(path_late, "8");
	wait_told("c=8 ");
	unlink(path_late);
	expect_told("c=0 ");
	rmdir(later);
	expect_told("");
	file_watch_free(&watch);
}

static void init_file_makes_what_is_not_there(void **state)
{
	struct vrrp_file_conf
		b = {.name = "b", .path = path_b, .init = true, .init_value = 9, .overwrite = true},
		a = {.name = "a", .path = path_a, .init = true, .init_value = 5, .next = &b};
	struct failover_conf conf = {.files = &a};
	struct file_watch *watch;

	(void)state;
	write_file(path_b, "1");
	watch = file_watch_new(loop, number_told, NULL, &conf);
	assert_non_null(strstr(told, "a=5 "));
	assert_non_null(strstr(told, "b=9 "));
	settle();
	write_file(path_b, "2");
	settle();
	told[0] = '\0';
	file_watch_configure(watch, &conf); /* a reload: not again */
	assert_null(strstr(told, "b=9 "));
	assert_non_null(strstr(told, "b=2 "));
	file_watch_free(&watch);
	told[0] = '\0';
	watch = file_watch_new(loop, number_told, NULL, &conf); /* a start: only what overwrites */
	assert_non_null(strstr(told, "b=9 "));
	file_watch_free(&watch);
}

static void a_link_is_followed(void **state)
{
	struct vrrp_file_conf a = {.name = "a", .path = path_a};
	struct failover_conf conf = {.files = &a};
	struct file_watch *watch;
	char later[64];

	(void)state;
	snprintf(later, sizeof(later), "%s/later", folder);
	assert_int_equal(mkdir(later, 0755), 0);
	write_file(path_late, "1");
	assert_int_equal(symlink(path_late, path_a), 0);
	watch = file_watch_new(loop, number_told, NULL, &conf);
	told[0] = '\0';
	write_file(path_late, "2");
	settle();
	assert_non_null(strstr(told, "a=2 "));
	file_watch_free(&watch);
}

/* ---- which process is meant ---- */

#define COMMAND(text) text "\0", sizeof(text)

static void names_and_commands(void **state)
{
	static const char *const none[] = {NULL}, *const ab[] = {"a", "b", NULL},
				 *const number[] = {"12", NULL};
	struct vrrp_process_conf p = {.process = "sleep", .args = none};

	(void)state;
	assert_true(process_match_name(&p, "sleep"));
	assert_false(process_match_name(&p, "sleeper"));
	assert_false(process_match_name(&p, "slee"));
	p.process = "a_very_long_process_name";
	assert_true(process_match_name(&p, "a_very_long_pro"));
	p.process = "sleep";
	assert_true(process_match_command(&p, COMMAND("sleep")));
	assert_true(process_match_command(&p, COMMAND("/bin/sleep")));
	assert_false(process_match_command(&p, COMMAND("sleep\0001234")));
	p.process = "/bin/sleep";
	assert_false(process_match_command(&p, COMMAND("/usr/bin/sleep")));
	p.process = "x";
	p.args = ab;
	assert_true(process_match_command(&p, COMMAND("x\0a\0b")));
	assert_false(process_match_command(&p, COMMAND("x\0a\0b\0c")));
	assert_false(process_match_command(&p, COMMAND("x\0a")));
	p.match = VRRP_PROCESS_PARTIAL;
	assert_true(process_match_command(&p, COMMAND("x\0a\0b\0c")));
	assert_false(process_match_command(&p, COMMAND("x\0a\0bb")));
	p.match = VRRP_PROCESS_INITIAL;
	assert_true(process_match_command(&p, COMMAND("x\0a\0bb")));
	assert_false(process_match_command(&p, COMMAND("x\0aa\0b")));
	p.args = number;
	assert_true(process_match_command(&p, COMMAND("x\0001234")));
	p.args = none;
	assert_true(process_match_command(&p, COMMAND("x")));
	assert_false(process_match_command(&p, COMMAND("x\0a")));
	assert_false(process_match_command(&p, "", 0)); /* a kernel thread */
}

/* ---- processes that live and die ---- */

/* A process name of this run alone: other runs of this test may be under way on the machine. */
static const char *own_name(char which)
{
	static char names[26][16];
	char *name = names[which - 'a'];

	if (!name[0]) /* once: the thread may be reading it */
		snprintf(name, sizeof(names[0]), "test-%c-%d", which, (int)getpid() % 10000000);
	return name;
}

/* A child of this name that waits to be killed. */
static pid_t start_child(const char *name)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NAME, name);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void they_are_counted(void **state)
{
	static const char *const none[] = {NULL};
	static const _Atomic int go_on;
	struct vrrp_process_conf b = {.process = own_name('b'), .args = none},
				 a = {.process = own_name('a'), .args = none, .next = &b};
	struct process_scan *scan = process_scan_new(&a);
	pid_t one = start_child(own_name('a')), two = start_child(own_name('a'));

	(void)state;
	process_scan_all(scan, &go_on);
	assert_int_equal(process_scan_count(scan, 0), 2);
	assert_int_equal(process_scan_count(scan, 1), 0);
	end_child(one);
	process_scan_all(scan, &go_on);
	assert_int_equal(process_scan_count(scan, 0), 1);
	end_child(two);
	process_scan_all(scan, &go_on);
	assert_int_equal(process_scan_count(scan, 0), 0);
	process_scan_free(&scan);
}

/* Ended, but its parent has not asked yet. */
static void a_zombie_does_not_run(void **state)
{
	static const char *const none[] = {NULL};
	static const _Atomic int go_on;
	struct vrrp_process_conf a = {.process = own_name('z'), .args = none};
	struct process_scan *scan = process_scan_new(&a);
	pid_t pid = start_child(own_name('z'));
	siginfo_t info;

	(void)state;
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	process_scan_all(scan, &go_on);
	assert_int_equal(process_scan_count(scan, 0), 0);
	waitpid(pid, NULL, 0);
	process_scan_free(&scan);
}

/* Whether a child in a pid namespace of its own believes that it is told. -1: it may not make one.
 */
static int told_in_a_namespace(const struct vrrp_process_conf *row)
{
	int status = 0;
	pid_t outer = fork(), inner;

	if (outer == 0) {
		if (unshare(CLONE_NEWPID) < 0)
			_exit(2);
		inner = fork();
		if (inner == 0) {
			struct process_scan *scan = process_scan_new(row);

			_exit(process_scan_listen(scan) >= 0);
		}
		if (waitpid(inner, &status, 0) != inner)
			_exit(2);
		_exit(WEXITSTATUS(status));
	}
	assert_int_equal(waitpid(outer, &status, 0), outer);
	return WIFEXITED(status) && WEXITSTATUS(status) < 2 ? WEXITSTATUS(status) : -1;
}

/* The kernel says nothing to it, but what it says to us, its answers too, comes there as well. */
static void answers_to_others_are_not_ours(void **state)
{
	static const char *const none[] = {NULL};
	struct vrrp_process_conf a = {.process = own_name('n'), .args = none};
	pid_t noise = fork();
	int is_told;

	(void)state;
	if (noise == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			struct process_scan *scan = process_scan_new(&a);

			process_scan_listen(scan); /* the answer to this goes to all */
			process_scan_free(&scan);
			usleep(1000);
		}
	}
	is_told = told_in_a_namespace(&a);
	end_child(noise);
	if (is_told < 0)
		skip();
	assert_int_equal(is_told, 0);
}

static bool is_in(const char *namespace, const char *initial)
{
	char path[64], text[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", namespace);
	n = readlink(path, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return strcmp(text, initial) == 0;
}

/* Where the kernel tells at all, its answer is known as ours, whoever else asks. */
static void in_the_first_namespaces_it_is_told(void **state)
{
	static const char *const none[] = {NULL};
	struct vrrp_process_conf a = {.process = own_name('o'), .args = none};
	struct process_scan *scan = process_scan_new(&a);
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);

	(void)state;
	if (fd >= 0 && geteuid() == 0 && is_in("pid", "pid:[4026531836]") &&
	    is_in("user", "user:[4026531837]"))
		assert_true(process_scan_listen(scan) >= 0);
	process_scan_free(&scan);
	if (fd >= 0)
		close(fd);
}

static void verdict_told(void *ctx, const struct vrrp_process_conf *process, bool up)
{
	(void)ctx;
	strcat(strcat(told, process->name), up ? "+ " : "- ");
}

static struct vrrp_process_conf row(const char *name, const char *process)
{
	static const char *const none[] = {NULL};

	return (struct vrrp_process_conf){.name = name,
					  .process = process,
					  .args = none,
					  .quorum = 1,
					  .quorum_max = UINT32_MAX};
}

static void starts_and_ends_are_told(void **state)
{
	struct vrrp_process_conf a = row("a", own_name('c'));
	struct failover_conf conf = {.processes = &a};
	struct process_watch *watch = process_watch_new(loop, verdict_told, NULL, &conf);
	pid_t pid;

	(void)state;
	wait_told("a- ");
	pid = start_child(own_name('c'));
	wait_told("a+ ");
	process_watch_tell(watch);
	wait_told("a+ ");
	process_watch_configure(watch, &conf); /* a reload: what is known is told at once */
	wait_told("a+ ");
	end_child(pid);
	wait_told("a- ");
	process_watch_free(&watch);
}

static void quorums(void **state)
{
	struct vrrp_process_conf none = row("none", own_name('d')), one = row("one", own_name('d')),
				 two = row("two", own_name('d'));
	struct failover_conf conf = {.processes = &two};
	struct process_watch *watch;
	pid_t first = start_child(own_name('d')), second;

	(void)state;
	two.quorum = 2;
	two.next = &one;
	one.quorum_max = 1;
	one.next = &none;
	none.quorum = none.quorum_max = 0;
	watch = process_watch_new(loop, verdict_told, NULL, &conf);
	wait_told("two- one+ none- ");
	second = start_child(own_name('d'));
	wait_told("two+ one- ");
	end_child(first);
	wait_told("two- one+ ");
	end_child(second);
	wait_told("one- none+ ");
	process_watch_free(&watch);
}

static void a_restart_within_the_delay_is_not_told(void **state)
{
	struct vrrp_process_conf b = row("b", own_name('e')), a = row("a", own_name('e'));
	struct failover_conf conf = {.processes = &a};
	struct process_watch *watch;
	pid_t pid = start_child(own_name('e'));

	(void)state;
	a.down_delay_us = 3600 * 1000000LL; /* b shows what a does not tell */
	a.next = &b;
	watch = process_watch_new(loop, verdict_told, NULL, &conf);
	wait_told("a+ b+ ");
	end_child(pid);
	wait_told("b- ");
	pid = start_child(own_name('e'));
	wait_told("b+ ");
	end_child(pid);
	process_watch_free(&watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers_are_told_as_they_change, setup_files,
						teardown_files),
		cmocka_unit_test_setup_teardown(a_folder_may_come_later, setup_files,
						teardown_files),
		cmocka_unit_test_setup_teardown(init_file_makes_what_is_not_there, setup_files,
						teardown_files),
		cmocka_unit_test_setup_teardown(a_link_is_followed, setup_files, teardown_files),
		cmocka_unit_test(names_and_commands),
		cmocka_unit_test_setup_teardown(they_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(a_zombie_does_not_run, setup, teardown),
		cmocka_unit_test(answers_to_others_are_not_ours),
		cmocka_unit_test(in_the_first_namespaces_it_is_told),
		cmocka_unit_test_setup_teardown(starts_and_ends_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(quorums, setup, teardown),
		cmocka_unit_test_setup_teardown(a_restart_within_the_delay_is_not_told, setup,
						teardown),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rmdir(folder);
	return failed;
}
