/*
 * main/children: a child's messages come, its end is noticed with its status, what it said last
 * still counts, and it inherits nothing that is the master's own. Real forks. Covers children.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sys/message.h"
#include "main/children.h"

enum { TEST_ASK = 900, TEST_ANSWER };

static struct loop *loop;
static struct child *child;
static unsigned n_messages;
static char last_text[64];
static int end_status;
static bool has_ended;

static void note_message(struct child *c, struct channel_message *msg)
{
	assert_ptr_equal(c, child);
	n_messages++;
	assert_true(msg->len < sizeof(last_text));
	memcpy(last_text, msg->payload, msg->len);
	last_text[msg->len] = '\0';
}

static void note_end(struct child *c, int status)
{
	assert_ptr_equal(c, child);
	has_ended = true;
	end_status = status;
	child_free(&c);
	child = NULL;
}

static const struct child_ops ops = {.message = note_message, .ended = note_end};

static int set_up(void **state)
{
	(void)state;
	loop = loop_new(&loop_epoll_ops);
	n_messages = 0;
	has_ended = false;
	return loop ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	loop_free(&loop);
	return child ? -1 : 0;
}

static void start(int (*run)(void *ctx, int channel), void *ctx)
{
	child = child_start(loop, &ops, NULL, run, ctx, "test-child");
	assert_non_null(child);
	assert_true(child->pid > 0);
}

static void await(const bool *done)
{
	int64_t give_up_us = loop_clock_us(loop) + 10000000;

	while (!*done) {
		assert_true(loop_clock_us(loop) < give_up_us);
		loop_step(loop, give_up_us);
	}
}

/* Waits for one message; the child's half. */
static int recv_one(int channel, struct channel_message *msg)
{
	int got;

	while ((got = channel_recv(channel, msg)) == -EAGAIN)
		usleep(1000);
	return got;
}

static int say_and_exit(void *ctx, int channel)
{
	channel_send(channel, TEST_ANSWER, "last words", 10);
	return *(int *)ctx;
}

static void what_it_says_last_counts_before_its_end(void **state)
{
	int status = 7;

	(void)state;
	start(say_and_exit, &status);
	await(&has_ended);
	assert_int_equal(n_messages, 1);
	assert_string_equal(last_text, "last words");
	assert_true(WIFEXITED(end_status));
	assert_int_equal(WEXITSTATUS(end_status), 7);
}

static int answer_until_told(void *ctx, int channel)
{
	static struct channel_message msg;
	char name[16];

	(void)ctx;
	while (recv_one(channel, &msg) == 1 && msg.type == TEST_ASK) {
		prctl(PR_GET_NAME, name);
		channel_send(channel, TEST_ANSWER, name, strlen(name));
	}
	return 0;
}

static bool has_answer;

static void note_answer(struct child *c, struct channel_message *msg)
{
	note_message(c, msg);
	has_answer = true;
}

static const struct child_ops answer_ops = {.message = note_answer, .ended = note_end};

static void master_and_child_talk(void **state)
{
	(void)state;
	child = child_start(loop, &answer_ops, NULL, answer_until_told, NULL, "test-child");
	assert_non_null(child);
	for (unsigned i = 1; i <= 2; i++) {
		has_answer = false;
		assert_int_equal(child_send(child, TEST_ASK, NULL, 0), 0);
		await(&has_answer);
		assert_int_equal(n_messages, i);
		assert_string_equal(last_text, "test-child");
	}
	assert_false(has_ended);
	assert_int_equal(child_send(child, MESSAGE_BALANCER_STOP, NULL, 0), 0);
	await(&has_ended);
	assert_true(WIFEXITED(end_status));
}

static int sleep_for_ever(void *ctx, int channel)
{
	(void)ctx, (void)channel;
	while (pause() == -1)
		;
	return 0;
}

static void a_killed_child_is_noticed(void **state)
{
	(void)state;
	start(sleep_for_ever, NULL);
	child_signal(child, SIGKILL);
	await(&has_ended);
	assert_true(WIFSIGNALED(end_status));
	assert_int_equal(WTERMSIG(end_status), SIGKILL);
}

/* It lives, but its channel is closed: only its end is an end. */
static int close_and_wait(void *ctx, int channel)
{
	close(channel);
	return sleep_for_ever(ctx, -1);
}

static void a_closed_channel_is_not_the_end(void **state)
{
	int64_t until_us;

	(void)state;
	start(close_and_wait, NULL);
	until_us = loop_clock_us(loop) + 10000000;
	while (child_send(child, TEST_ASK, NULL, 0) != -EPIPE) {
		assert_true(loop_clock_us(loop) < until_us);
		loop_step(loop, loop_clock_us(loop) + 1000);
	}
	loop_step(loop, loop_clock_us(loop));
	assert_false(has_ended);
	child_signal(child, SIGTERM);
	await(&has_ended);
	assert_int_equal(WTERMSIG(end_status), SIGTERM);
}

static int is_closed(void *ctx, int channel)
{
	const int *fds = ctx;

	(void)channel;
	return fcntl(fds[0], F_GETFD) == -1 && fcntl(fds[1], F_GETFD) != -1 ? 0 : 1;
}

static void the_masters_own_descriptors_stay_its_own(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	child_keep_private(fds[0]);
	child_keep_private(fds[1]);
	child_forget_private(fds[1]);
	start(is_closed, fds);
	await(&has_ended);
	assert_int_equal(WEXITSTATUS(end_status), 0);
	child_forget_private(fds[0]);
	close(fds[0]), close(fds[1]);
}

static int signals_are_open(void *ctx, int channel)
{
	sigset_t blocked;

	(void)ctx, (void)channel;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	return sigismember(&blocked, SIGTERM) || sigismember(&blocked, SIGUSR2);
}

static void a_child_hears_signals_that_the_master_blocks(void **state)
{
	sigset_t block, was;

	(void)state;
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGUSR2);
	sigprocmask(SIG_BLOCK, &block, &was);
	start(signals_are_open, NULL);
	sigprocmask(SIG_SETMASK, &was, NULL);
	await(&has_ended);
	assert_int_equal(WEXITSTATUS(end_status), 0);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		STORY(what_it_says_last_counts_before_its_end),
		STORY(master_and_child_talk),
		STORY(a_killed_child_is_noticed),
		STORY(a_closed_channel_is_not_the_end),
		STORY(the_masters_own_descriptors_stay_its_own),
		STORY(a_child_hears_signals_that_the_master_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
