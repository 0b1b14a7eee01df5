/*
 * server: who may be chosen, who waits and for how long, and the door that a server's state has.
 * Stories of backend.c, server_queue.c, server_state.c; servers exist in memory only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "balancer/server/server.h"
#include "core/log/log.h"

enum { SECOND = 1000000 };

struct house {
	struct proxy_conf conf;
	struct server_conf server[4];
	struct proxy proxy;
	struct backend *b;
	struct loop *loop;
	struct mailbox box;
	struct server_waiter w[8];
	struct server_waiter *told[8];
	unsigned n_told;
};

static struct house h;

static void told(struct loop *loop, struct letter *letter)
{
	(void)loop;
	h.told[h.n_told++] = container_of(letter, struct server_waiter, letter);
}

/* n servers s1.. with round robin; to be changed before build. */
static void prepare(unsigned n)
{
	static const char *const names[] = {"s1", "s2", "s3", "s4"};

	memset(&h, 0, sizeof(h));
	h.conf = (struct proxy_conf){.name = "b",
				     .sides = PROXY_BACKEND,
				     .n_servers = n,
				     .servers = h.server,
				     .balance = balance_find(SLICE("roundrobin"))};
	for (unsigned i = 0; i < n; i++) {
		h.server[i] = (struct server_conf){
			.proxy = &h.conf, .name = names[i], .id = i + 1, .weight = 1};
		if (i > 0)
			h.server[i - 1].next = &h.server[i];
	}
}

static void build(void)
{
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	assert_int_equal(proxy_init(&h.proxy, &h.conf, 1), 0);
	h.b = h.proxy.backend = backend_new(&h.proxy, 1);
	assert_non_null(h.b);
	h.loop = loop_new(&loop_epoll_ops);
	assert_int_equal(mailbox_init(&h.box, h.loop), 0);
	for (unsigned i = 0; i < 8; i++) {
		h.w[i].letter.deliver = told;
		h.w[i].mailbox = &h.box;
		list_init(&h.w[i].link);
	}
}

static int tear_down(void **state)
{
	(void)state;
	mailbox_fini(&h.box);
	loop_free(&h.loop);
	backend_free(&h.b);
	proxy_fini(&h.proxy);
	return 0;
}

static enum server_assign_result ask(struct server_waiter *w)
{
	struct server_choice choice = {0};

	return server_assign(h.b, &choice, w);
}

static const char *asked(struct server_waiter *w)
{
	w->server = NULL;
	assert_int_equal(ask(w), SERVER_ASSIGNED);
	return w->server->conf->name;
}

static void turns_are_taken_and_places_counted(void **state)
{
	(void)state;
	prepare(2);
	build();
	assert_string_equal(asked(&h.w[0]), "s1");
	assert_string_equal(asked(&h.w[1]), "s2");
	assert_string_equal(asked(&h.w[2]), "s1");
	assert_int_equal(h.b->servers[0].current, 2);
	assert_int_equal(h.b->servers[0].current_max, 2);
	server_release(h.w[0].server);
	assert_int_equal(h.b->servers[0].current, 1);
	assert_int_equal(h.b->servers[0].counters.sessions, 2);
}

static void whoever_waits_longest_is_next(void **state)
{
	(void)state;
	prepare(2);
	h.server[0].maxconn = h.server[1].maxconn = 1;
	build();
	asked(&h.w[0]);
	asked(&h.w[1]);
	for (unsigned i = 2; i < 5; i++)
		assert_int_equal(ask(&h.w[i]), SERVER_QUEUED);
	assert_int_equal(h.proxy.queued, 3);
	assert_true(server_waiter_cancel(h.b, &h.w[3]));
	server_release(h.w[0].server);
	server_release(h.w[1].server);
	assert_false(server_waiter_cancel(h.b, &h.w[2])); /* its letter is under way */
	loop_step(h.loop, LOOP_NEVER);
	assert_int_equal(h.n_told, 2);
	assert_ptr_equal(h.told[0], &h.w[2]);
	assert_ptr_equal(h.told[1], &h.w[4]);
	assert_ptr_equal(h.w[2].server, &h.b->servers[0]);
	assert_int_equal(h.proxy.queued, 0);
	assert_int_equal(h.proxy.queued_max, 3);
}

static void who_belongs_to_a_server_waits_for_that_one(void **state)
{
	struct server_choice choice = {0};

	(void)state;
	prepare(2);
	h.server[0].maxconn = 1;
	h.server[0].maxqueue = 1;
	build();
	choice.want = &h.b->servers[0];
	assert_int_equal(server_assign(h.b, &choice, &h.w[0]), SERVER_ASSIGNED);
	assert_int_equal(server_assign(h.b, &choice, &h.w[1]), SERVER_QUEUED);
	assert_int_equal(server_assign(h.b, &choice, &h.w[2]), SERVER_QUEUE_FULL);
	assert_ptr_equal(h.w[1].queued_at, &h.b->servers[0]);
	server_state_set(&h.b->servers[0], SERVER_STOPPED, "test", SECOND);
	loop_step(h.loop, LOOP_NEVER);
	assert_ptr_equal(h.told[0], &h.w[1]); /* sent back to choose again */
	assert_null(h.w[1].server);
}

static void backups_are_due_when_the_others_are_gone(void **state)
{
	(void)state;
	prepare(4);
	h.server[2].backup = h.server[3].backup = true;
	build();
	assert_int_equal(h.b->n_up, 2);
	assert_int_equal(h.b->n_up_backup, 2);
	server_state_set(&h.b->servers[0], SERVER_STOPPED, "test", SECOND);
	assert_string_equal(asked(&h.w[0]), "s2");
	server_admin_set(&h.b->servers[1], SERVER_ADMIN_MAINT, 0, SECOND);
	assert_string_equal(asked(&h.w[1]), "s3");
	assert_string_equal(asked(&h.w[2]), "s3"); /* the first backup alone */
	server_state_set(&h.b->servers[0], SERVER_RUNNING, "test", 5 * SECOND);
	assert_string_equal(asked(&h.w[3]), "s1");
	assert_int_equal(h.b->servers[0].counters.check_downs, 1);
	assert_int_equal(h.b->servers[0].counters.down_us, 4 * SECOND);
}

static unsigned n_quorum_changes;

static void quorum_changed(struct backend *b)
{
	(void)b;
	n_quorum_changes++;
}

/* The rows of proxy/quorum_conf.c say it: weights 3, 2, 2 and a backup; quorum 4, give or take 1.
 */
static void without_a_quorum_the_backup_serves(void **state)
{
	struct quorum_conf quorum = {.weight = 4, .hysteresis = 1};

	(void)state;
	prepare(4);
	for (unsigned i = 0; i < 4; i++) {
		h.server[i].weight = i == 0 ? 3 : 2;
		h.server[i].quorum_weight = -1;
	}
	h.server[3].backup = true;
	h.conf.quorum = &quorum;
	n_quorum_changes = 0;
	build();
	backend_quorum_hook = quorum_changed;
	assert_true(h.b->has_quorum);
	server_state_set(&h.b->servers[0], SERVER_STOPPED, "test", SECOND); /* 4 are left */
	assert_true(h.b->has_quorum);
	server_weight_set(&h.b->servers[1], 1); /* 3: within the hysteresis */
	assert_true(h.b->has_quorum);
	assert_string_not_equal(asked(&h.w[0]), "s4");
	server_state_set(&h.b->servers[1], SERVER_STOPPED, "test", SECOND); /* 2 */
	assert_false(h.b->has_quorum);
	assert_int_equal(n_quorum_changes, 1);
	assert_string_equal(asked(&h.w[1]), "s4");
	assert_string_equal(asked(&h.w[2]), "s4");
	server_state_set(&h.b->servers[1], SERVER_RUNNING, "test", 2 * SECOND);
	server_weight_set(&h.b->servers[1], 2); /* 4: not yet enough to come back */
	assert_false(h.b->has_quorum);
	server_state_set(&h.b->servers[0], SERVER_RUNNING, "test", 2 * SECOND);
	assert_true(h.b->has_quorum);
	assert_int_equal(n_quorum_changes, 2);
	assert_string_not_equal(asked(&h.w[3]), "s4");
	backend_quorum_hook = NULL;
}

static void without_a_backup_few_are_better_than_none(void **state)
{
	struct quorum_conf quorum = {.weight = 2};

	(void)state;
	prepare(2);
	h.server[0].quorum_weight = h.server[1].quorum_weight = 1;
	h.conf.quorum = &quorum;
	build();
	server_state_set(&h.b->servers[0], SERVER_STOPPED, "test", SECOND);
	assert_false(h.b->has_quorum);
	assert_string_equal(asked(&h.w[0]), "s2");
}

static void all_backups_share_when_asked_to(void **state)
{
	(void)state;
	prepare(3);
	h.conf.options = PROXY_OPT_ALLBACKUPS;
	h.server[1].backup = h.server[2].backup = true;
	h.server[0].disabled = true;
	build();
	assert_string_equal(asked(&h.w[0]), "s2");
	assert_string_equal(asked(&h.w[1]), "s3");
}

static void drained_servers_keep_their_own(void **state)
{
	struct server_choice choice = {0};

	(void)state;
	prepare(2);
	build();
	server_admin_set(&h.b->servers[0], SERVER_ADMIN_DRAIN, 0, SECOND);
	assert_string_equal(asked(&h.w[0]), "s2");
	assert_string_equal(asked(&h.w[1]), "s2");
	choice.want = &h.b->servers[0];
	assert_int_equal(server_assign(h.b, &choice, &h.w[2]), SERVER_ASSIGNED);
	assert_ptr_equal(h.w[2].server, &h.b->servers[0]);
	server_admin_set(&h.b->servers[0], 0, SERVER_ADMIN_DRAIN, SECOND);
	assert_true(server_is_usable(&h.b->servers[0]));
}

static void without_servers_there_is_no_queue(void **state)
{
	(void)state;
	prepare(1);
	build();
	server_state_set(&h.b->servers[0], SERVER_STOPPED, "test", SECOND);
	assert_int_equal(ask(&h.w[0]), SERVER_NONE_UP);
	assert_int_equal(h.b->downs, 1);
	server_state_set(&h.b->servers[0], SERVER_RUNNING, "test", 3 * SECOND);
	assert_int_equal(ask(&h.w[0]), SERVER_ASSIGNED);
	assert_int_equal(h.b->down_us, 2 * SECOND);
}

static void a_server_in_slowstart_gets_its_share_little_by_little(void **state)
{
	unsigned n = 0;

	(void)state;
	prepare(2);
	h.server[0].slowstart_ms = 10000;
	build();
	server_state_set(&h.b->servers[0], SERVER_STOPPED, "test", SECOND);
	server_state_set(&h.b->servers[0], SERVER_RUNNING, "test", 2 * SECOND);
	assert_int_equal(h.b->servers[0].state, SERVER_STARTING);
	backend_tick(h.b, 7 * SECOND); /* half way */
	assert_int_equal(h.b->servers[0].entry.weight * 2, h.b->servers[1].entry.weight);
	for (unsigned i = 0; i < 30; i++)
		n += strcmp(asked(&h.w[0]), "s1") == 0;
	assert_int_equal(n, 10);
	backend_tick(h.b, 12 * SECOND);
	assert_int_equal(h.b->servers[0].state, SERVER_RUNNING);
	assert_int_equal(h.b->servers[0].entry.weight, h.b->servers[1].entry.weight);
}

static void minconn_grows_with_the_backends_load(void **state)
{
	(void)state;
	prepare(1);
	h.server[0].minconn = 1;
	h.server[0].maxconn = 10;
	h.conf.fullconn = 10;
	build();
	h.proxy.be_current = 1;
	asked(&h.w[0]);
	assert_int_equal(ask(&h.w[1]), SERVER_QUEUED);
	h.proxy.be_current = 5;
	asked(&h.w[2]); /* five of ten sessions: five places */
	assert_int_equal(h.b->servers[0].entry.max_served, 5);
}

static void sessions_are_ended_by_count(void **state)
{
	(void)state;
	prepare(2);
	h.server[0].shutdown_sessions_down = true;
	build();
	server_state_set(&h.b->servers[1], SERVER_STOPPED, "test", SECOND);
	assert_int_equal(h.b->kills, 0);
	server_state_set(&h.b->servers[0], SERVER_STOPPED, "test", SECOND);
	assert_int_equal(h.b->servers[0].kills, 1);
	server_sessions_kill(&h.b->servers[1]);
	assert_int_equal(h.b->kills, 2);
}

static void counters_of_threads_are_summed_and_rated(void **state)
{
	(void)state;
	prepare(1);
	build();
	h.proxy.counters[0][PROXY_COUNTERS_FRONTEND].sessions = 30;
	h.proxy.counters[0][PROXY_COUNTERS_FRONTEND].responses[5] = 4;
	assert_int_equal(proxy_counters_sum(&h.proxy, PROXY_COUNTERS_FRONTEND).responses[5], 4);
	proxy_rate_tick(&h.proxy); /* proxy.c */
	assert_int_equal(h.proxy.fe_rate, 30);
	h.proxy.counters[0][PROXY_COUNTERS_FRONTEND].sessions = 35;
	proxy_rate_tick(&h.proxy);
	assert_int_equal(h.proxy.fe_rate, 5);
	assert_int_equal(h.proxy.fe_rate_max, 30);
}

#define STORY(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(turns_are_taken_and_places_counted),
		STORY(whoever_waits_longest_is_next),
		STORY(who_belongs_to_a_server_waits_for_that_one),
		STORY(backups_are_due_when_the_others_are_gone),
		STORY(without_a_quorum_the_backup_serves),
		STORY(without_a_backup_few_are_better_than_none),
		STORY(all_backups_share_when_asked_to),
		STORY(drained_servers_keep_their_own),
		STORY(without_servers_there_is_no_queue),
		STORY(a_server_in_slowstart_gets_its_share_little_by_little),
		STORY(minconn_grows_with_the_backends_load),
		STORY(sessions_are_ended_by_count),
		STORY(counters_of_threads_are_summed_and_rated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
