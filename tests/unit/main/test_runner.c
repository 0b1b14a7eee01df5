/*
 * main/runner (runner.c, runner_job.c): a real runner process with real scripts. Nothing here waits
 * for a time: each step waits for what the runner says, or for a file that a script makes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log/log.h"
#include "core/sys/channel.h"
#include "core/sys/message.h"
#include "main/runner/runner.h"

enum { PATIENCE_MS = 30000 };

struct fixture {
	pid_t pid;
	int fds[2]; /* our ends */
	char dir[64];
	struct channel_message msg;
	struct message_run_exit exit;
	char output[RUNNER_OUTPUT_MAX + 1];
};

static void hang_up(struct fixture *f)
{
	for (int i = 0; i < 2; i++) {
		if (f->fds[i] >= 0)
			close(f->fds[i]);
		f->fds[i] = -1;
	}
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];
	int status;

	hang_up(f);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

/* script is given to sh -c with DIR in its environment. */
static void ask(struct fixture *f, struct message_run head, const char *script)
{
	char payload[4096];
	size_t len = sizeof(head);
	char dir[80];
	const char *words[] = {"/bin/sh", "-c", script, dir};

	snprintf(dir, sizeof(dir), "DIR=%s", f->dir);
	head.uid = geteuid();
	head.gid = getegid();
	head.n_argv = 3;
	head.n_env = 1;
	memcpy(payload, &head, sizeof(head));
	for (int i = 0; i < 4; i++) {
		memcpy(payload + len, words[i], strlen(words[i]) + 1);
		len += strlen(words[i]) + 1;
	}
	assert_int_equal(channel_send(f->fds[0], MESSAGE_RUN, payload, len), 0);
}

/* The next report. */
static void listen_for(struct fixture *f)
{
	struct pollfd p = {.fd = f->fds[0], .events = POLLIN};
	size_t n;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(channel_recv(f->fds[0], &f->msg), 1);
	assert_int_equal(f->msg.type, MESSAGE_RUN_EXIT);
	memcpy(&f->exit, f->msg.payload, sizeof(f->exit));
	n = f->msg.len - sizeof(f->exit);
	assert_in_range(n, 0, RUNNER_OUTPUT_MAX);
	memcpy(f->output, f->msg.payload + sizeof(f->exit), n);
	f->output[n] = '\0';
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int a[2], b[2];

	assert_non_null(f);
	strcpy(f->dir, "/tmp/relais-runner-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(channel_pair(a), 0);
	assert_int_equal(channel_pair(b), 0);
	f->pid = fork();
	if (f->pid == 0) {
		int theirs[2] = {a[1], b[1]};

		close(a[0]);
		close(b[0]);
		log_setup("runner", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
		_exit(runner_main(theirs, 2, NULL));
	}
	close(a[1]);
	close(b[1]);
	f->fds[0] = a[0];
	f->fds[1] = b[0];
	*state = f;
	listen_for(f); /* it is there, and runs nothing of an earlier life */
	assert_int_equal(f->exit.id, 0);
	assert_int_equal(f->exit.err, ECONNRESET);
	return 0;
}

static bool exists(const struct fixture *f, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return access(path, F_OK) == 0;
}

static void wait_for_file(const struct fixture *f, const char *name)
{
	for (int i = 0; i < PATIENCE_MS && !exists(f, name); i++)
		poll(NULL, 0, 1);
	assert_true(exists(f, name));
}

static pid_t pid_in(const struct fixture *f, const char *name)
{
	char path[128], text[32] = "";
	FILE *file;

	wait_for_file(f, name);
	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	return (pid_t)atoi(text);
}

/* Gone, or a zombie that nobody has reaped. */
static void wait_until_dead(pid_t pid)
{
	for (int i = 0; i < PATIENCE_MS; i++) {
		char path[64], text[256] = "";
		FILE *file;
		bool dead = true;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		file = fopen(path, "r");
		if (file) {
			if (fgets(text, sizeof(text), file)) {
				const char *after = strrchr(text, ')');

				dead = !after || after[2] == 'Z' || after[2] == 'X';
			}
			fclose(file);
		}
		if (dead)
			return;
		poll(NULL, 0, 1);
	}
	fail_msg("process %d lives", (int)pid);
}

static void a_script_is_run_and_reported(void **state)
{
	struct fixture *f = *state;

	ask(f, (struct message_run){.id = 7, .wants_report = 1}, "pwd; echo to-err >&2; exit 3");
	listen_for(f);
	assert_int_equal(f->exit.id, 7);
	assert_true(WIFEXITED(f->exit.status));
	assert_int_equal(WEXITSTATUS(f->exit.status), 3);
	assert_int_equal(f->exit.err, 0);
	assert_false(f->exit.timed_out);
	assert_string_equal(f->output, "/\nto-err\n");
	/* Its input is empty, its group its own, its signals as a shell gives them (but for 32 and
	 * 33, which are the C library's own: whoever started us may have left them ignored). */
	ask(f, (struct message_run){.id = 8, .wants_report = 1},
	    "cat; read -r _ _ _ _ g _ < /proc/$$/stat; [ $g = $$ ] && echo group;"
	    "for s in Blk Ign; do n=$(sed -n \"s/^Sig$s:[[:space:]]*//p\" /proc/self/status);"
	    "echo Sig$s $((0x$n & ~0x180000000)); done");
	listen_for(f);
	assert_string_equal(f->output, "group\nSigBlk 0\nSigIgn 0\n");
}

static void what_cannot_be_started_is_said(void **state)
{
	struct fixture *f = *state;
	struct {
		struct message_run head;
		char text[32];
	} ask_for = {.head = {.id = 1, .n_argv = 1, .wants_report = 1}, .text = "/nonexistent/x"};

	ask_for.head.uid = geteuid();
	ask_for.head.gid = getegid();
	channel_send(f->fds[0], MESSAGE_RUN, &ask_for, sizeof(ask_for.head) + 15);
	listen_for(f);
	assert_int_equal(f->exit.id, 1);
	assert_int_equal(f->exit.status, -1);
	assert_int_equal(f->exit.err, ENOENT);
	/* Malformed requests are dropped, and it goes on. */
	channel_send(f->fds[0], MESSAGE_RUN, &ask_for, 5);
	ask_for.head.n_argv = 4000;
	channel_send(f->fds[0], MESSAGE_RUN, &ask_for, sizeof(ask_for.head) + 15);
	ask(f, (struct message_run){.id = 2, .wants_report = 1}, "exit 0");
	listen_for(f);
	assert_int_equal(f->exit.id, 2);
	assert_int_equal(f->exit.status, 0);
}

static void a_hanging_script_is_ended_with_all_it_started(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	ask(f, (struct message_run){.id = 1, .wants_report = 1, .timeout_ms = 1500},
	    "sleep 1000 & echo $! > $DIR/tmp; mv $DIR/tmp $DIR/pid; trap '' TERM; "
	    "while :; do sleep 1000; done");
	pid = pid_in(f, "pid");
	listen_for(f);
	assert_true(f->exit.timed_out);
	assert_true(WIFSIGNALED(f->exit.status));
	assert_int_equal(WTERMSIG(f->exit.status), SIGKILL);
	wait_until_dead(pid);
	/* A stopped one hears SIGTERM too. */
	ask(f, (struct message_run){.id = 2, .wants_report = 1, .timeout_ms = 50}, "kill -STOP $$");
	listen_for(f);
	assert_true(f->exit.timed_out);
	assert_int_equal(WTERMSIG(f->exit.status), SIGTERM);
}

static void megabytes_of_output_leave_the_end(void **state)
{
	struct fixture *f = *state;

	ask(f, (struct message_run){.id = 1, .wants_report = 1},
	    "i=0; while [ $i -lt 200 ]; do printf '%8192s' x; i=$((i+1)); done; echo; echo last");
	listen_for(f);
	assert_int_equal(f->exit.status, 0);
	assert_int_equal(strlen(f->output), RUNNER_OUTPUT_MAX);
	assert_string_equal(f->output + RUNNER_OUTPUT_MAX - 7, "x\nlast\n");
}

static void what_a_script_leaves_running_may_go_on_writing(void **state)
{
	struct fixture *f = *state;

	ask(f, (struct message_run){.id = 1, .wants_report = 1},
	    "(while ! [ -e $DIR/go ]; do sleep 0.01; done; echo more && touch $DIR/wrote) & exit "
	    "0");
	listen_for(f); /* does not wait for what is in the background */
	assert_int_equal(f->exit.status, 0);
	assert_false(exists(f, "wrote"));
	ask(f, (struct message_run){.id = 2}, "touch $DIR/go");
	wait_for_file(f, "wrote");
}

static void many_at_once_all_come_back(void **state)
{
	struct fixture *f = *state;
	bool seen[200] = {false};

	for (unsigned i = 0; i < 200; i++)
		ask(f, (struct message_run){.id = i, .wants_report = 1}, "exit 0");
	for (unsigned i = 0; i < 200; i++) {
		listen_for(f);
		assert_in_range(f->exit.id, 0, 199);
		assert_int_equal(f->exit.err, 0);
		assert_false(seen[f->exit.id]);
		seen[f->exit.id] = true;
	}
}

static void lanes_keep_their_order(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 20; i++)
		ask(f, (struct message_run){.id = i, .wants_report = 1, .lane = 5},
		    i % 2 ? "echo x" : "sleep 0.01");
	ask(f, (struct message_run){.id = 99, .wants_report = 1, .lane = 6}, "exit 0");
	for (unsigned i = 0, next = 0; i < 21; i++) {
		listen_for(f);
		if (f->exit.id != 99)
			assert_int_equal(f->exit.id, next++);
	}
}

static void lanes_that_fill_all_places_lose_nothing(void **state)
{
	struct fixture *f = *state;
	bool seen[2 * RUNNER_RUNNING_MAX] = {false};

	for (unsigned i = 0; i < 2 * RUNNER_RUNNING_MAX; i++)
		ask(f, (struct message_run){.id = i, .wants_report = 1, .lane = i + 1},
		    "sleep 0.2");
	for (unsigned i = 0; i < 2 * RUNNER_RUNNING_MAX; i++) {
		listen_for(f);
		assert_int_equal(f->exit.status, 0);
		assert_false(seen[f->exit.id]);
		seen[f->exit.id] = true;
	}
}

static void a_cancelled_script_is_not_reported(void **state)
{
	struct fixture *f = *state;
	struct message_run_exit which = {.id = 1};
	pid_t pid;

	ask(f, (struct message_run){.id = 1, .wants_report = 1},
	    "echo $$ > $DIR/tmp; mv $DIR/tmp $DIR/pid; exec sleep 1000");
	pid = pid_in(f, "pid");
	channel_send(f->fds[0], MESSAGE_RUN_CANCEL, &which, sizeof(which));
	wait_until_dead(pid);
	ask(f, (struct message_run){.id = 2, .wants_report = 1}, "exit 0");
	listen_for(f);
	assert_int_equal(f->exit.id, 2);
}

static void a_client_that_is_gone_takes_its_scripts_along(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	ask(f, (struct message_run){.id = 1, .wants_report = 1},
	    "echo $$ > $DIR/tmp; mv $DIR/tmp $DIR/pid; exec sleep 1000");
	ask(f, (struct message_run){.id = 2, .lane = 1}, "sleep 0.05; touch $DIR/lane-1");
	ask(f, (struct message_run){.id = 3, .lane = 1}, "touch $DIR/lane-2");
	pid = pid_in(f, "pid");
	close(f->fds[0]);
	f->fds[0] = -1;
	wait_until_dead(pid);
	wait_for_file(f, "lane-2"); /* what must be told is told */
	assert_true(exists(f, "lane-1"));
	assert_int_equal(kill(f->pid, 0), 0); /* the other client is there */
}

static void lanes_finish_before_it_leaves(void **state)
{
	struct fixture *f = *state;

	ask(f, (struct message_run){.id = 1, .lane = 1}, "sleep 0.05");
	ask(f, (struct message_run){.id = 2, .lane = 1}, "touch $DIR/told");
	hang_up(f);
	assert_int_equal(waitid(P_PID, (id_t)f->pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_true(exists(f, "told"));
}

static void nothing_outlives_it(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	ask(f, (struct message_run){.id = 1, .lane = 1},
	    "echo $$ > $DIR/tmp; mv $DIR/tmp $DIR/pid; trap '' TERM; while :; do sleep 1000; done");
	pid = pid_in(f, "pid");
	hang_up(f);
	assert_int_equal(waitid(P_PID, (id_t)f->pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	wait_until_dead(pid);
}

static void it_runs_as_whom_it_is_told(void **state)
{
	struct fixture *f = *state;
	struct {
		struct message_run head;
		char text[32];
	} ask_for = {.head = {.id = 1, .n_argv = 1, .wants_report = 1}, .text = "/usr/bin/id"};

	if (geteuid() != 0)
		skip();
	ask_for.head.uid = 65534;
	ask_for.head.gid = 65534;
	channel_send(f->fds[0], MESSAGE_RUN, &ask_for, sizeof(ask_for.head) + 12);
	listen_for(f);
	assert_int_equal(f->exit.status, 0);
	assert_non_null(strstr(f->output, "uid=65534"));
	assert_non_null(strstr(f->output, "gid=65534"));
	assert_null(strstr(f->output, "root"));
}

static void create_file(const struct fixture *f, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
}

/* The next line that the script wrote. */
static void expect_line(struct fixture *f, uint64_t id, const char *text)
{
	struct pollfd p = {.fd = f->fds[0], .events = POLLIN};
	struct message_run_line head;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(channel_recv(f->fds[0], &f->msg), 1);
	assert_int_equal(f->msg.type, MESSAGE_RUN_LINE);
	memcpy(&head, f->msg.payload, sizeof(head));
	assert_int_equal(head.id, id);
	assert_int_equal(f->msg.len - sizeof(head), strlen(text));
	assert_memory_equal(f->msg.payload + sizeof(head), text, strlen(text));
}

static void lines_are_told_as_they_are_written(void **state)
{
	struct fixture *f = *state;

	ask(f, (struct message_run){.id = 1, .wants_report = 1, .wants_lines = 1},
	    "echo one; printf 'tw'; while [ ! -e $DIR/go ]; do sleep 0.01; done; printf 'o\\n\\n"
	    "rest'");
	expect_line(f, 1, "one");
	create_file(f, "go");
	expect_line(f, 1, "two");
	expect_line(f, 1, "");
	listen_for(f);
	assert_int_equal(f->exit.id, 1);
	assert_string_equal(f->output, "rest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_script_is_run_and_reported, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_started_is_said, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hanging_script_is_ended_with_all_it_started,
						setup, teardown),
		cmocka_unit_test_setup_teardown(megabytes_of_output_leave_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_script_leaves_running_may_go_on_writing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(many_at_once_all_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(lanes_keep_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(lanes_that_fill_all_places_lose_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_cancelled_script_is_not_reported, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_client_that_is_gone_takes_its_scripts_along,
						setup, teardown),
		cmocka_unit_test_setup_teardown(lanes_finish_before_it_leaves, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_outlives_it, setup, teardown),
		cmocka_unit_test_setup_teardown(it_runs_as_whom_it_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_are_told_as_they_are_written, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
