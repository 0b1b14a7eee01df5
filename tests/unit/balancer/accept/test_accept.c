/*
 * accept: limits leave connections in the backlog, a full descriptor table keeps what is open.
 * Stories of accept.c over real sockets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "balancer/accept/accept.h"

struct house {
	struct proxy_conf conf;
	struct listener_conf listener_conf;
	struct proxy proxy;
	struct listener listener;
	struct balancer_totals totals;
	struct accept_thread thread;
	struct loop *loop;
	int accepted[16], client[16];
	unsigned n;
};

static struct house h;

static void got(struct accept_thread *t, struct listener *l, int fd, const struct addr *peer)
{
	(void)t, (void)l;
	assert_int_equal(peer->sa.sa_family, AF_INET);
	h.accepted[h.n++] = fd;
}

static int set_up(void **state)
{
	(void)state;
	memset(&h, 0, sizeof(h));
	h.conf = (struct proxy_conf){.name = "fe", .sides = PROXY_FRONTEND};
	h.listener_conf = (struct listener_conf){.proxy = &h.conf};
	assert_true(addr_parse_ip(&h.listener_conf.addr, SLICE("127.0.0.1"), 0));
	h.listener_conf.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
		bind(h.listener_conf.fd, &h.listener_conf.addr.sa, h.listener_conf.addr.len), 0);
	assert_int_equal(listen(h.listener_conf.fd, 16), 0);
	assert_int_equal(getsockname(h.listener_conf.fd, &h.listener_conf.addr.sa,
				     &h.listener_conf.addr.len),
			 0);
	assert_int_equal(proxy_init(&h.proxy, &h.conf, 1), 0);
	h.listener.conf = &h.listener_conf;
	h.listener.proxy = &h.proxy;
	h.loop = loop_new(&loop_epoll_ops);
	h.thread = (struct accept_thread){
		.loop = h.loop, .on_connection = got, .totals = &h.totals, .max_accept = 64};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	accept_stop(&h.thread);
	accept_fini(&h.thread);
	for (unsigned i = 0; i < 16; i++) {
		if (h.accepted[i])
			close(h.accepted[i]);
		if (h.client[i])
			close(h.client[i]);
	}
	close(h.listener_conf.fd);
	proxy_fini(&h.proxy);
	loop_free(&h.loop);
	return 0;
}

static void start_with_clients(unsigned n)
{
	assert_int_equal(accept_start(&h.thread, &h.listener, 1), 0);
	for (unsigned i = 0; i < n; i++) {
		h.client[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(
			connect(h.client[i], &h.listener_conf.addr.sa, h.listener_conf.addr.len),
			0);
	}
}

static void give_back(unsigned i)
{
	close(h.accepted[i]);
	h.accepted[i] = 0;
	accept_release(&h.thread, &h.listener);
}

static void limits_leave_the_rest_in_the_backlog(void **state)
{
	(void)state;
	h.conf.maxconn = 2;
	start_with_clients(3);
	loop_step(h.loop, LOOP_NEVER);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.thread.n_paused, 1);
	assert_int_equal(h.proxy.fe_current, 2);
	assert_int_equal(h.proxy.fe_max, 2);
	assert_int_equal(h.totals.connections, 2);
	give_back(0);
	while (h.n < 3)
		loop_step(h.loop, LOOP_NEVER);
	assert_int_equal(h.totals.connections, 2);
	assert_int_equal(h.totals.total_connections, 3);
}

static void places_that_other_threads_give_back_are_found(void **state)
{
	(void)state;
	h.thread.maxconn = 1;
	start_with_clients(2);
	loop_step(h.loop, LOOP_NEVER);
	assert_int_equal(h.n, 1);
	atomic_fetch_sub(&h.totals.connections, 1); /* elsewhere */
	while (h.n < 2)
		loop_step(h.loop, LOOP_NEVER);
	assert_int_equal(h.totals.connections, 1);
}

static void a_full_descriptor_table_keeps_what_is_open(void **state)
{
	struct rlimit before, none;

	(void)state;
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	start_with_clients(2);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){(rlim_t)h.client[1] + 1, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	loop_step(h.loop, LOOP_NEVER);
	assert_int_equal(h.n, 0);
	assert_int_equal(h.thread.n_paused, 1);
	assert_int_equal(h.totals.connections, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	while (h.n < 2) /* they have waited */
		loop_step(h.loop, LOOP_NEVER);
}

static void after_stop_nobody_is_taken(void **state)
{
	(void)state;
	start_with_clients(1);
	accept_stop(&h.thread);
	loop_step(h.loop, loop_now_us(h.loop) + 1000);
	assert_int_equal(h.n, 0);
}

static void the_last_thread_to_stop_closes_the_socket(void **state)
{
	struct loop *loop = loop_new(&loop_epoll_ops);
	struct accept_thread second = h.thread;
	int fd = h.listener_conf.fd;

	(void)state;
	second.loop = loop;
	start_with_clients(1);
	assert_int_equal(accept_start(&second, &h.listener, 1), 0);
	accept_stop(&h.thread);
	accept_stop(&h.thread); /* once more does not count twice */
	assert_true(fcntl(fd, F_GETFD) >= 0);
	loop_step(loop, LOOP_NEVER);
	assert_int_equal(h.n, 1);
	accept_stop(&second);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	accept_fini(&second);
	loop_free(&loop);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(limits_leave_the_rest_in_the_backlog),
		STORY(places_that_other_threads_give_back_are_found),
		STORY(a_full_descriptor_table_keeps_what_is_open),
		STORY(after_stop_nobody_is_taken),
		STORY(the_last_thread_to_stop_closes_the_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
