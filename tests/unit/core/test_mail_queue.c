/*
 * core/mail/mail_queue.c: what relais-mail is asked for, in which order, how much of it, and what
 * becomes of mails that could not be sent. The clock is simulated, the runner is the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "../failover/fake_runner.h"
#include "core/log/log.h"
#include "core/mail/mail_queue.h"

#define FAILED	  (1 << 8)
#define TEMPORARY (75 << 8)
#define SECOND	  1000000LL

static const char *const to[] = {"a@example.test", "b@example.test", NULL};
static const struct mail_conf conf = {
	.to = to, .server = "192.0.2.25", .router_id = "lb1", .connect_timeout_s = 5};
static struct fake_runner runner;
static struct mail_queue *queue;

static int setup(void **state)
{
	(void)state;
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	fake_runner_open(&runner);
	queue = mail_queue_new(runner.loop, runner.link, "/bin/mail");
	mail_queue_configure(queue, &conf);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mail_queue_free(&queue);
	fake_runner_close(&runner);
	return 0;
}

static bool next_says(const char *word)
{
	return strstr(fake_runner_next(&runner), word) != NULL;
}

static bool nothing_more(void)
{
	return fake_runner_next(&runner)[0] == '\0';
}

static void a_mail_is_one_run_of_the_helper(void **state)
{
	struct mail_conf full = conf;

	(void)state;
	mail_queue_send(queue, "VRRP Instance VI_1", "Entering MASTER state", "=> now <=");
	assert_string_equal(fake_runner_next(&runner),
			    "/bin/mail --server 192.0.2.25 --port 25 --connect-timeout 5 "
			    "--subject [lb1] VRRP Instance VI_1 - Entering MASTER state "
			    "--body => now <= a@example.test b@example.test");
	assert_int_equal(runner.run.wants_report, 1);
	assert_int_equal(runner.run.timeout_ms, 40000);
	assert_int_not_equal(runner.run.lane, 0);
	fake_runner_answer(&runner, 0, false, "");
	assert_int_equal(mail_queue_stats(queue).n_sent, 1);
	full.from = "ka@example.test";
	full.helo = "lb1.example.test";
	full.port = 2525;
	mail_queue_configure(queue, &full);
	mail_queue_send(queue, "x", "y", "z");
	assert_true(next_says("--helo lb1.example.test --from ka@example.test a@"));
	mail_queue_configure(queue, NULL); /* none is sent any more */
	mail_queue_send(queue, "x", "y", "z");
	assert_true(nothing_more());
}

static void mails_about_one_thing_keep_their_order(void **state)
{
	uint64_t first;

	(void)state;
	mail_queue_send(queue, "VI_1", "MASTER", "");
	mail_queue_send(queue, "VI_1", "BACKUP", "");
	mail_queue_send(queue, "VI_2", "MASTER", "");
	assert_true(next_says("VI_1 - MASTER"));
	first = runner.run.id;
	assert_true(next_says("VI_2 - MASTER")); /* does not wait for the other */
	assert_true(nothing_more());
	runner.run.id = first;
	fake_runner_answer(&runner, 0, false, "");
	assert_true(next_says("VI_1 - BACKUP"));
}

static void a_silent_server_holds_a_few_helpers_only(void **state)
{
	char about[16];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(about, sizeof(about), "VI_%d", i);
		mail_queue_send(queue, about, "FAULT", "");
	}
	for (int i = 0; i < MAIL_RUNNING_MAX; i++)
		assert_true(next_says("FAULT"));
	assert_true(nothing_more());
	assert_int_equal(mail_queue_stats(queue).n_running, MAIL_RUNNING_MAX);
	assert_int_equal(mail_queue_stats(queue).n_waiting, MAIL_WAITING_MAX - MAIL_RUNNING_MAX);
	assert_int_equal(mail_queue_stats(queue).n_dropped, 300 - MAIL_WAITING_MAX);
	/* Who waited longest was dropped: the first in the queue now is a later one. */
	fake_runner_answer(&runner, FAILED, false, "no\n");
	assert_true(next_says("VI_48 -")); /* 4 to 47 were dropped */
}

static void what_cannot_be_sent_now_is_tried_again(void **state)
{
	static const int64_t pauses[] = {5, 20, 60};

	(void)state;
	mail_queue_send(queue, "VI_1", "FAULT", "");
	mail_queue_send(queue, "VI_1", "BACKUP", "");
	for (int i = 0; i < 3; i++) {
		assert_true(next_says("VI_1 - FAULT"));
		fake_runner_answer(&runner, TEMPORARY, false, "cannot connect\n");
		assert_true(nothing_more()); /* the second waits behind it */
		loop_sim_advance(runner.loop, pauses[i] * SECOND - 1);
		assert_true(nothing_more());
		loop_sim_advance(runner.loop, 2);
	}
	assert_true(next_says("VI_1 - FAULT"));
	fake_runner_answer(&runner, TEMPORARY, false, "cannot connect\n");
	assert_int_equal(mail_queue_stats(queue).n_failed, 1);
	assert_true(next_says("VI_1 - BACKUP"));
	fake_runner_answer(&runner, FAILED, false, "550 no\n"); /* not tried again */
	loop_sim_advance(runner.loop, 100 * SECOND);
	assert_true(nothing_more());
	assert_int_equal(mail_queue_stats(queue).n_failed, 2);
	assert_int_equal(mail_queue_stats(queue).n_waiting, 0);
}

static void a_runner_that_died_is_asked_again(void **state)
{
	(void)state;
	mail_queue_send(queue, "VI_1", "FAULT", "");
	assert_true(next_says("VI_1 - FAULT"));
	fake_runner_hello(&runner);
	assert_string_equal(fake_runner_next(&runner), "cancel");
	loop_sim_advance(runner.loop, 5 * SECOND + 1);
	assert_true(next_says("VI_1 - FAULT"));
}

static void flapping_is_told_in_few_mails_and_the_last_word_comes(void **state)
{
	char what[24];
	int n = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(what, sizeof(what), "state %d", i);
		mail_queue_send(queue, "VI_1", what, "");
	}
	while (!nothing_more()) {
		n++;
		fake_runner_answer(&runner, 0, false, "");
	}
	assert_int_equal(n, MAIL_PER_MINUTE);
	assert_int_equal(mail_queue_stats(queue).n_waiting, 1);
	assert_int_equal(mail_queue_stats(queue).n_merged, 100 - MAIL_PER_MINUTE - 1);
	loop_sim_advance(runner.loop, 60 * SECOND + 1);
	assert_true(strstr(fake_runner_next(&runner), "state 99") != NULL);
	assert_non_null(strstr(runner.asked, "(79 earlier changes, too many to tell)"));
}

static void what_waits_at_the_end_is_handed_over(void **state)
{
	(void)state;
	mail_queue_send(queue, "VI_1", "MASTER", "");
	mail_queue_send(queue, "VI_1", "FAULT", "");
	assert_true(next_says("VI_1 - MASTER"));
	mail_queue_free(&queue);
	assert_true(next_says("VI_1 - FAULT"));
	assert_int_equal(runner.run.wants_report, 0);
	assert_true(nothing_more()); /* and none is cancelled */
	fake_runner_answer(&runner, 0, false, "");
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_mail_is_one_run_of_the_helper),
		STORY(mails_about_one_thing_keep_their_order),
		STORY(a_silent_server_holds_a_few_helpers_only),
		STORY(what_cannot_be_sent_now_is_tried_again),
		STORY(a_runner_that_died_is_asked_again),
		STORY(flapping_is_told_in_few_mails_and_the_last_word_comes),
		STORY(what_waits_at_the_end_is_handed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
