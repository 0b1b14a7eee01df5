/*
 * server: idle connections are kept, reused newest first, and closed when they expire, when the
 * server closes, or when it is down. Stories of server_idle.c over real sockets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "balancer/server/server.h"
#include "core/log/log.h"

struct house {
	struct proxy_conf conf;
	struct server_conf server;
	struct proxy proxy;
	struct server_thread thread;
	struct loop *loop;
	int listener, peer[3];
	struct server_conn *sc[3];
};

static struct house h;

static void ignore(struct conn *c)
{
	(void)c;
}

/* One server, three connections to it. */
static int set_up(void **state)
{
	struct conn_target to = {.addr = &h.server.addr};
	int err;

	(void)state;
	memset(&h, 0, sizeof(h));
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	h.server = (struct server_conf){.proxy = &h.conf,
					.name = "s1",
					.id = 1,
					.weight = 1,
					.pool_max_conn = -1,
					.pool_purge_ms = 5000};
	h.conf = (struct proxy_conf){.name = "b",
				     .sides = PROXY_BACKEND,
				     .n_servers = 1,
				     .servers = &h.server,
				     .balance = balance_find(SLICE("first"))};
	h.listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(addr_parse_ip(&h.server.addr, SLICE("127.0.0.1"), 0));
	assert_int_equal(bind(h.listener, &h.server.addr.sa, h.server.addr.len), 0);
	assert_int_equal(listen(h.listener, 8), 0);
	assert_int_equal(getsockname(h.listener, &h.server.addr.sa, &h.server.addr.len), 0);
	assert_int_equal(proxy_init(&h.proxy, &h.conf, 1), 0);
	h.proxy.backend = backend_new(&h.proxy, 1);
	h.loop = loop_new(&loop_epoll_ops);
	server_thread_init(&h.thread, h.loop, 0);
	for (int i = 0; i < 3; i++) {
		h.sc[i] = server_conn_open(h.proxy.backend->servers, &h.thread, &to, ignore, &err);
		assert_non_null(h.sc[i]);
		h.peer[i] = accept(h.listener, NULL, NULL);
		while (h.sc[i]->conn.flags & CONN_CONNECTING)
			loop_step(h.loop, LOOP_NEVER);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	server_idle_close_all(h.proxy.backend->servers, &h.thread);
	server_thread_fini(&h.thread);
	backend_free(&h.proxy.backend);
	proxy_fini(&h.proxy);
	loop_free(&h.loop);
	for (int i = 0; i < 3; i++)
		close(h.peer[i]);
	close(h.listener);
	return 0;
}

static void give_all(void)
{
	for (int i = 0; i < 3; i++)
		server_conn_give_idle(h.sc[i]);
}

static void the_newest_is_taken_first(void **state)
{
	struct server *s = h.proxy.backend->servers;

	(void)state;
	give_all();
	assert_int_equal(server_idle_count(s), 3);
	assert_ptr_equal(server_conn_take_idle(s, &h.thread), h.sc[2]);
	assert_ptr_equal(server_conn_take_idle(s, &h.thread), h.sc[1]);
	assert_int_equal(s->counters.connect_reused, 2);
	server_conn_close(h.sc[2]);
	server_conn_abort(h.sc[1]);
}

static void one_that_the_server_closes_is_gone(void **state)
{
	struct server *s = h.proxy.backend->servers;

	(void)state;
	give_all();
	close(h.peer[2]);
	while (server_idle_count(s) == 3)
		loop_step(h.loop, LOOP_NEVER);
	assert_ptr_equal(server_conn_take_idle(s, &h.thread), h.sc[1]);
	server_conn_close(h.sc[1]);
	assert_int_equal(send(h.peer[0], "?", 1, 0), 1); /* nobody asked it */
	while (server_idle_count(s) == 1)
		loop_step(h.loop, LOOP_NEVER);
	assert_null(server_conn_take_idle(s, &h.thread));
}

static void what_rests_too_long_is_closed(void **state)
{
	struct server *s = h.proxy.backend->servers;
	int64_t now = loop_now_us(h.loop);
	char byte;

	(void)state;
	give_all();
	server_idle_expire(s, &h.thread, now + 4999999);
	assert_int_equal(server_idle_count(s), 3);
	server_idle_expire(s, &h.thread, now + 60000000);
	assert_int_equal(server_idle_count(s), 0);
	assert_int_equal(h.thread.n_idle, 0);
	assert_int_equal(recv(h.peer[0], &byte, 1, 0), 0);
}

static void a_pool_has_its_bound_and_a_dead_server_none(void **state)
{
	struct server *s = h.proxy.backend->servers;

	(void)state;
	h.server.pool_max_conn = 1;
	server_conn_give_idle(h.sc[0]);
	server_conn_give_idle(h.sc[1]);
	assert_int_equal(server_idle_count(s), 1);
	h.server.pool_max_conn = -1;
	server_state_set(s, SERVER_STOPPED, "test", 1);
	server_conn_give_idle(h.sc[2]);
	assert_int_equal(server_idle_count(s), 1);
	server_idle_expire(s, &h.thread, loop_now_us(h.loop));
	assert_int_equal(server_idle_count(s), 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(the_newest_is_taken_first),
		STORY(one_that_the_server_closes_is_gone),
		STORY(what_rests_too_long_is_closed),
		STORY(a_pool_has_its_bound_and_a_dead_server_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
