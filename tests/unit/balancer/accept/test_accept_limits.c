/*
 * balancer/accept: what is counted, which limit pauses which listener, and what wakes it. Real
 * sockets on loopback. Covers accept.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "balancer/accept/accept.h"

enum { CLIENTS = 8 };

static struct loop *loop;
static struct balancer_totals totals;
static struct proxy_conf proxy_conf;
static struct listener_conf conf[2];
static struct listener listeners[2];
static struct proxy proxy;
static struct accept_thread thread;
static int accepted[CLIENTS], clients[CLIENTS];
static unsigned n_accepted, n_clients;

static void take_connection(struct accept_thread *t, struct listener *l, int fd,
			    const struct addr *peer)
{
	(void)t, (void)l;
	assert_int_equal(peer->sa.sa_family, AF_INET);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(n_accepted < CLIENTS);
	accepted[n_accepted++] = fd;
}

static void listen_on(struct listener_conf *l)
{
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(addr_parse_ip(&l->addr, SLICE("127.0.0.1"), 0));
	assert_int_equal(bind(l->fd, &l->addr.sa, l->addr.len), 0);
	assert_int_equal(listen(l->fd, 16), 0);
	assert_int_equal(getsockname(l->fd, &l->addr.sa, &l->addr.len), 0);
}

/* Two listeners of one proxy. */
static int set_up(void **state)
{
	(void)state;
	loop = loop_new(&loop_epoll_ops);
	memset(&totals, 0, sizeof(totals));
	memset(&proxy, 0, sizeof(proxy));
	proxy_conf = (struct proxy_conf){.name = "web"};
	assert_int_equal(proxy_init(&proxy, &proxy_conf, 1), 0);
	n_accepted = n_clients = 0;
	for (int i = 0; i < 2; i++) {
		conf[i] = (struct listener_conf){.proxy = &proxy_conf};
		listen_on(&conf[i]);
		memset(&listeners[i], 0, sizeof(listeners[i]));
		listeners[i].conf = &conf[i];
		listeners[i].proxy = &proxy;
	}
	memset(&thread, 0, sizeof(thread));
	thread.loop = loop;
	thread.on_connection = take_connection;
	thread.totals = &totals;
	thread.max_accept = 4;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	accept_fini(&thread);
	proxy_fini(&proxy);
	loop_free(&loop);
	while (n_accepted > 0)
		close(accepted[--n_accepted]);
	while (n_clients > 0)
		close(clients[--n_clients]);
	close(conf[0].fd);
	close(conf[1].fd);
	return 0;
}

static void client(unsigned listener)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, &conf[listener].addr.sa, conf[listener].addr.len), 0);
	clients[n_clients++] = fd;
}

static void await_accepted(unsigned n)
{
	int64_t give_up_us = loop_clock_us(loop) + 10000000;

	while (n_accepted < n) {
		assert_true(loop_clock_us(loop) < give_up_us);
		loop_step(loop, give_up_us);
	}
	assert_int_equal(n_accepted, n);
}

static void await_paused(unsigned n)
{
	int64_t give_up_us = loop_clock_us(loop) + 10000000;

	while (thread.n_paused != n) {
		assert_true(loop_clock_us(loop) < give_up_us);
		loop_step(loop, give_up_us);
	}
}

static void start(void)
{
	assert_int_equal(accept_start(&thread, listeners, 2), 0);
}

static void connections_are_counted_and_given_back(void **state)
{
	(void)state;
	start();
	client(0);
	client(1);
	client(1);
	await_accepted(3);
	assert_int_equal(listeners[0].current, 1);
	assert_int_equal(listeners[1].current, 2);
	assert_int_equal(listeners[1].total, 2);
	assert_int_equal(proxy.fe_current, 3);
	assert_int_equal(totals.connections, 3);
	assert_int_equal(totals.total_connections, 3);
	accept_release(&thread, &listeners[1]);
	accept_release(&thread, &listeners[0]);
	assert_int_equal(listeners[1].current, 1);
	assert_int_equal(proxy.fe_current, 1);
	assert_int_equal(totals.connections, 1);
	assert_int_equal(proxy.fe_max, 3);
	assert_int_equal(totals.connections_max, 3);
}

static void a_proxy_at_its_maxconn_lets_others_wait(void **state)
{
	(void)state;
	proxy_conf.maxconn = 2;
	start();
	for (int i = 0; i < 4; i++)
		client(0);
	await_accepted(2);
	await_paused(1);
	assert_int_equal(proxy.fe_current, 2); /* the refused claim was taken back */
	assert_int_equal(totals.connections, 2);
	accept_release(&thread, &listeners[0]);
	await_accepted(3);
	accept_release(&thread, &listeners[0]);
	await_accepted(4);
	assert_int_equal(proxy.fe_max, 2);
}

static void a_listener_at_its_maxconn_leaves_its_neighbour_alone(void **state)
{
	(void)state;
	conf[0].maxconn = 1;
	start();
	client(0);
	client(0);
	await_accepted(1);
	await_paused(1);
	client(1);
	client(1);
	await_accepted(3);
	assert_int_equal(listeners[0].current, 1);
	assert_int_equal(listeners[1].current, 2);
}

static void an_operator_always_gets_in(void **state)
{
	(void)state;
	thread.maxconn = 1;
	listeners[1].proxy = NULL;
	start();
	client(0);
	await_accepted(1);
	client(1);
	client(1);
	await_accepted(3);
	assert_int_equal(totals.connections, 1);
	assert_int_equal(listeners[1].total, 2);
	accept_release(&thread, &listeners[1]); /* counts nothing */
	assert_int_equal(totals.connections, 1);
}

static void without_descriptors_the_clients_wait(void **state)
{
	struct rlimit was, none;

	(void)state;
	start();
	client(0);
	getrlimit(RLIMIT_NOFILE, &was);
	none = was;
	none.rlim_cur = 0; /* what is open stays; accept finds no free number */
	log_setup("test", LOG_LEVEL_EMERG, true, LOG_NO_SYSLOG);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	await_paused(2); /* both listeners: the table is the process's */
	assert_int_equal(n_accepted, 0);
	assert_int_equal(totals.connections, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	await_accepted(1);
	assert_int_equal(thread.n_paused, 0);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		STORY(connections_are_counted_and_given_back),
		STORY(a_proxy_at_its_maxconn_lets_others_wait),
		STORY(a_listener_at_its_maxconn_leaves_its_neighbour_alone),
		STORY(an_operator_always_gets_in),
		STORY(without_descriptors_the_clients_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
