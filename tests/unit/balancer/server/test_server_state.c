/*
 * balancer/server: what the one door for a server's state makes of checks, operators and weights,
 * for those who choose and those who wait. test_server.c has the choice itself. Covers
 * server_state.c and what backend.c and server_queue.c do at its call.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "balancer/server/server.h"
#include "core/log/log.h"

enum { SERVERS = 3, WAITERS = 8, SECOND = 1000000 };

static struct loop *loop;
static struct mailbox box;
static struct proxy_conf proxy_conf;
static struct server_conf conf[SERVERS];
static struct proxy proxy;
static struct backend *b;
static struct server_waiter waiters[WAITERS];
static unsigned told[WAITERS], n_told; /* indices of waiters, in the order of their letters */

static void told_waiter(struct loop *l, struct letter *letter)
{
	(void)l;
	told[n_told++] = (unsigned)(container_of(letter, struct server_waiter, letter) - waiters);
}

static int set_up(void **state)
{
	static const char *const names[] = {"a", "b", "c"};

	(void)state;
	loop = loop_new(&loop_epoll_ops);
	assert_int_equal(mailbox_init(&box, loop), 0);
	memset(&proxy, 0, sizeof(proxy));
	proxy_conf = (struct proxy_conf){.name = "web",
					 .sides = PROXY_FRONTEND | PROXY_BACKEND,
					 .balance = balance_find(SLICE("roundrobin")),
					 .servers = conf,
					 .n_servers = SERVERS};
	for (unsigned i = 0; i < SERVERS; i++)
		conf[i] = (struct server_conf){.next = i + 1 < SERVERS ? &conf[i + 1] : NULL,
					       .proxy = &proxy_conf,
					       .name = names[i],
					       .id = i + 1,
					       .weight = 1};
	for (unsigned i = 0; i < WAITERS; i++)
		waiters[i] = (struct server_waiter){.letter.deliver = told_waiter, .mailbox = &box};
	n_told = 0;
	b = NULL;
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	return proxy_init(&proxy, &proxy_conf, 1);
}

static int tear_down(void **state)
{
	(void)state;
	backend_free(&b);
	proxy_fini(&proxy);
	mailbox_fini(&box);
	loop_free(&loop);
	return 0;
}

static void build(void)
{
	b = backend_new(&proxy, 1);
	assert_non_null(b);
	proxy.backend = b;
}

static struct server *server(const char *name)
{
	struct server *s = backend_find_server(b, slice_of(name));

	assert_non_null(s);
	return s;
}

static enum server_assign_result ask(unsigned waiter)
{
	const struct server_choice any = {.want = NULL};

	return server_assign(b, &any, &waiters[waiter]);
}

static enum server_assign_result ask_for(unsigned waiter, const char *name, bool only)
{
	const struct server_choice choice = {.want = server(name), .want_only = only};

	return server_assign(b, &choice, &waiters[waiter]);
}

static void expect_given(unsigned waiter, const char *name)
{
	assert_int_equal(ask(waiter), SERVER_ASSIGNED);
	assert_string_equal(waiters[waiter].server->conf->name, name);
}

/* Delivers the letters that are under way, which makes n in all. */
static void expect_told(unsigned n)
{
	int64_t give_up_us = loop_clock_us(loop) + 10 * SECOND;

	while (n_told < n) {
		assert_true(loop_clock_us(loop) < give_up_us);
		loop_step(loop, give_up_us);
	}
	loop_step(loop, loop_clock_us(loop));
	assert_int_equal(n_told, n);
}

static void a_full_backend_queues_and_hands_on_in_order(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SERVERS; i++)
		conf[i].maxconn = 1;
	build();
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ask(i), SERVER_ASSIGNED);
	for (unsigned i = 3; i < 6; i++)
		assert_int_equal(ask(i), SERVER_QUEUED);
	assert_int_equal(proxy.queued, 3);
	assert_int_equal(proxy.queued_max, 3);
	server_release(server("b"));
	server_release(server("a"));
	expect_told(2);
	assert_int_equal(told[0], 3);
	assert_int_equal(told[1], 4);
	assert_string_equal(waiters[3].server->conf->name, "b");
	assert_string_equal(waiters[4].server->conf->name, "a");
	assert_int_equal(proxy.queued, 1);
	assert_int_equal(server("b")->current, 1); /* counted by whom the place was given to */
	assert_true(server_waiter_cancel(b, &waiters[5]));
	assert_int_equal(proxy.queued, 0);
	server_release(server("c"));
	expect_told(2); /* nobody waits any more */
	assert_int_equal(server("c")->current, 0);
}

static void a_letter_under_way_cannot_be_taken_back(void **state)
{
	(void)state;
	conf[0].maxconn = conf[1].maxconn = conf[2].maxconn = 1;
	build();
	for (unsigned i = 0; i < 3; i++)
		ask(i);
	assert_int_equal(ask(3), SERVER_QUEUED);
	server_release(server("a"));
	assert_false(server_waiter_cancel(b, &waiters[3]));
	expect_told(1);
	assert_string_equal(waiters[3].server->conf->name, "a");
}

static void a_full_queue_is_told_at_once(void **state)
{
	(void)state;
	conf[0].maxconn = 1;
	conf[0].maxqueue = 1;
	build();
	assert_int_equal(ask_for(0, "a", false), SERVER_ASSIGNED);
	assert_int_equal(ask_for(1, "a", false), SERVER_QUEUED);
	assert_int_equal(ask_for(2, "a", false), SERVER_QUEUE_FULL);
	assert_int_equal(server("a")->queued, 1);
	assert_true(server_waiter_cancel(b, &waiters[1]));
}

static void a_server_that_goes_down_sends_its_queue_back(void **state)
{
	(void)state;
	conf[0].maxconn = 1;
	build();
	assert_int_equal(ask_for(0, "a", false), SERVER_ASSIGNED);
	assert_int_equal(ask_for(1, "a", false), SERVER_QUEUED);
	server_state_set(server("a"), SERVER_STOPPED, "test", SECOND);
	expect_told(1);
	assert_null(waiters[1].server); /* choose again */
	assert_int_equal(server("a")->queued, 0);
	assert_int_equal(server("a")->counters.check_downs, 1);
	assert_int_equal(b->n_up, 2);
	expect_given(2, "b");
	expect_given(3, "c");
	expect_given(4, "b");
	server_state_set(server("a"), SERVER_RUNNING, "back", 4 * SECOND);
	assert_int_equal(server("a")->counters.down_us, 3 * SECOND);
	assert_int_equal(b->n_up, 3);
}

static void with_the_last_server_the_backend_is_down(void **state)
{
	(void)state;
	proxy_conf.n_servers = 2;
	build();
	server_state_set(server("a"), SERVER_STOPPED, "", SECOND);
	assert_int_equal(b->downs, 0);
	server_state_set(server("b"), SERVER_STOPPED, "", SECOND);
	assert_int_equal(b->downs, 1);
	assert_int_equal(ask(0), SERVER_NONE_UP);
	server_state_set(server("b"), SERVER_STOPPED, "", 2 * SECOND); /* no change */
	assert_int_equal(server("b")->counters.check_downs, 1);
	server_state_set(server("b"), SERVER_RUNNING, "", 6 * SECOND);
	assert_int_equal(b->down_us, 5 * SECOND);
	expect_given(0, "b");
}

static void maintenance_takes_nobody_unless_they_insist(void **state)
{
	(void)state;
	conf[0].disabled = true;
	build();
	assert_int_equal(b->n_up, 2);
	assert_false(server_is_reachable(server("a")));
	assert_int_equal(ask_for(0, "a", false), SERVER_ASSIGNED);
	assert_ptr_not_equal(waiters[0].server, server("a"));	  /* chosen anew */
	assert_int_equal(ask_for(1, "a", true), SERVER_ASSIGNED); /* option persist */
	assert_ptr_equal(waiters[1].server, server("a"));
	server_admin_set(server("a"), 0, SERVER_ADMIN_MAINT, SECOND);
	assert_int_equal(server("a")->admin, 0); /* the configuration's `disabled` goes with it */
	assert_int_equal(b->n_up, 3);
}

static void sessions_end_with_a_server_configured_so(void **state)
{
	(void)state;
	conf[0].shutdown_sessions_down = true;
	conf[1].shutdown_backups_up = true;
	conf[2].backup = true;
	build();
	server_state_set(server("b"), SERVER_STOPPED, "", SECOND);
	assert_int_equal(server("b")->kills, 0);
	server_state_set(server("a"), SERVER_STOPPED, "", SECOND);
	assert_int_equal(server("a")->kills, 1);
	assert_int_equal(b->kills, 1);
	server_state_set(server("b"), SERVER_RUNNING, "", SECOND);
	assert_int_equal(server("c")->kills, 1); /* the backup's sessions go back */
	server_sessions_kill(server("b"));
	assert_int_equal(server("b")->kills, 1);
	assert_int_equal(b->kills, 3);
}

static void a_server_that_returns_starts_slowly(void **state)
{
	unsigned got = 0;

	(void)state;
	proxy_conf.n_servers = 2;
	conf[0].slowstart_ms = 10000;
	build();
	assert_int_equal(server("a")->state, SERVER_RUNNING); /* not at the program's start */
	server_state_set(server("a"), SERVER_STOPPED, "", SECOND);
	server_state_set(server("a"), SERVER_RUNNING, "", 10 * SECOND);
	assert_int_equal(server("a")->state, SERVER_STARTING);
	assert_true(server_is_usable(server("a")));
	backend_tick(b, 11 * SECOND); /* a tenth of the way */
	assert_true(server("a")->entry.weight * 8 <= server("b")->entry.weight);
	for (unsigned i = 0; i < 11; i++) {
		ask(0);
		got += waiters[0].server == server("a");
	}
	assert_in_range(got, 1, 2);
	backend_tick(b, 15 * SECOND);
	assert_int_equal(server("a")->entry.weight * 2, server("b")->entry.weight);
	backend_tick(b, 20 * SECOND);
	assert_int_equal(server("a")->state, SERVER_RUNNING);
	assert_int_equal(server("a")->entry.weight, server("b")->entry.weight);
	assert_int_equal(b->n_starting, 0);
}

static void weights_change_at_run_time(void **state)
{
	unsigned got = 0;

	(void)state;
	proxy_conf.n_servers = 2;
	build();
	server_weight_set(server("a"), 3);
	for (unsigned i = 0; i < 8; i++) {
		ask(0);
		got += waiters[0].server == server("a");
	}
	assert_int_equal(got, 6);
	server_weight_set(server("a"), 0);
	for (unsigned i = 0; i < 4; i++)
		expect_given(0, "b");
	assert_int_equal(ask_for(1, "a", false), SERVER_ASSIGNED); /* its own still come */
	assert_ptr_equal(waiters[1].server, server("a"));
	server_weight_set(server("a"), 100000);
	assert_int_equal(server("a")->weight, BALANCE_WEIGHT_MAX);
}

static void who_waits_for_the_backend_gets_the_server_that_returns(void **state)
{
	(void)state;
	proxy_conf.n_servers = 2;
	conf[0].maxconn = conf[1].maxconn = 1;
	build();
	server_state_set(server("b"), SERVER_STOPPED, "", SECOND);
	expect_given(0, "a");
	assert_int_equal(ask(1), SERVER_QUEUED);
	server_state_set(server("b"), SERVER_RUNNING, "", 2 * SECOND);
	expect_told(1);
	assert_ptr_equal(waiters[1].server, server("b"));
}

static unsigned n_changes;

static void count_change(struct backend *changed)
{
	assert_ptr_equal(changed, b);
	n_changes++;
}

static void who_looks_at_facts_is_told_of_a_doubt_once(void **state)
{
	(void)state;
	build();
	backend_changed_hook = count_change;
	n_changes = 0;
	server_doubt(server("b"), false);
	assert_int_equal(n_changes, 0);
	server_doubt(server("b"), true);
	server_doubt(server("b"), true);
	assert_int_equal(n_changes, 1);
	assert_true(server_is_usable(server("b"))); /* it is up all the same */
	server_doubt(server("b"), false);
	assert_int_equal(n_changes, 2);
	backend_changed_hook = NULL;
	server_doubt(server("b"), true); /* nobody looks */
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		STORY(a_full_backend_queues_and_hands_on_in_order),
		STORY(a_letter_under_way_cannot_be_taken_back),
		STORY(a_full_queue_is_told_at_once),
		STORY(a_server_that_goes_down_sends_its_queue_back),
		STORY(with_the_last_server_the_backend_is_down),
		STORY(maintenance_takes_nobody_unless_they_insist),
		STORY(sessions_end_with_a_server_configured_so),
		STORY(a_server_that_returns_starts_slowly),
		STORY(weights_change_at_run_time),
		STORY(who_waits_for_the_backend_gets_the_server_that_returns),
		STORY(who_looks_at_facts_is_told_of_a_doubt_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
