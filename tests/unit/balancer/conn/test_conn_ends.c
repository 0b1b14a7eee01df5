/*
 * balancer/conn: where a connection comes from, how each direction ends, and what is known of one
 * that rests. Real sockets and a real poller; test_conn.c has the plain path. Covers conn.c and
 * conn_pipe.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "balancer/conn/conn.h"

static struct loop *loop;
static struct conn conn;
static unsigned n_events;

static void note_event(struct conn *c)
{
	(void)c;
	n_events++;
}

static int set_up(void **state)
{
	(void)state;
	n_events = 0;
	loop = loop_new(&loop_epoll_ops);
	return loop ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	conn_close(&conn);
	loop_free(&loop);
	return 0;
}

/* Runs the loop until the connection has one of these flags. */
static void await_flag(unsigned flags)
{
	int64_t give_up_us = loop_clock_us(loop) + 10000000;

	while (!(conn.flags & flags)) {
		assert_true(loop_clock_us(loop) < give_up_us);
		loop_step(loop, give_up_us);
	}
}

/* One turn of the loop that waits for nothing. */
static void turn(void)
{
	loop_step(loop, loop_clock_us(loop));
}

/* The connection on one end, the other returned. */
static int attach_pair(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	assert_int_equal(conn_attach(&conn, loop, ends[0], note_event), 0);
	return ends[1];
}

static int listen_somewhere(struct addr *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(addr_parse_ip(at, SLICE("127.0.0.1"), 0));
	assert_int_equal(bind(fd, &at->sa, at->len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, &at->sa, &at->len), 0);
	return fd;
}

/* Connects to a listener of ours; the accepted end. */
static int connect_pair(const struct conn_target *how)
{
	struct conn_target to = *how;
	struct addr at;
	int listener = listen_somewhere(&at), peer;

	to.addr = &at;
	assert_int_equal(conn_open(&conn, loop, &to, note_event), 0);
	assert_true(conn.flags & CONN_CONNECTING);
	peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(peer >= 0);
	await_flag(CONN_WRITABLE);
	assert_false(conn.flags & (CONN_CONNECTING | CONN_ERROR));
	close(listener);
	return peer;
}

static void a_connect_ends_in_writable(void **state)
{
	char byte;
	int peer = connect_pair(&(struct conn_target){.keepalive = true});
	int on = 0;
	socklen_t len = sizeof(on);

	(void)state;
	assert_true(n_events >= 1);
	assert_int_equal(getsockopt(conn.lfd.fd, SOL_SOCKET, SO_KEEPALIVE, &on, &len), 0);
	assert_int_equal(on, 1);
	assert_int_equal(conn_writev(&conn, &(struct iovec){"x", 1}, 1), 1);
	assert_int_equal(read(peer, &byte, 1), 1);
	assert_true(conn_is_open(&conn));
	conn_close(&conn);
	assert_false(conn_is_open(&conn));
	conn_close(&conn); /* twice is allowed */
	assert_int_equal(read(peer, &byte, 1), 0);
	close(peer);
}

static void a_source_address_is_the_one_the_peer_sees(void **state)
{
	struct addr source, peer_sees = {.len = sizeof(peer_sees.un)};
	int peer;

	(void)state;
	assert_true(addr_parse_ip(&source, SLICE("127.0.0.9"), 0));
	peer = connect_pair(&(struct conn_target){.source = &source});
	assert_int_equal(getpeername(peer, &peer_sees.sa, &peer_sees.len), 0);
	assert_true(addr_eq(&peer_sees, &source, false));
	close(peer);
}

static void a_source_that_is_not_ours_fails_at_once(void **state)
{
	struct addr at, source;

	(void)state;
	assert_true(addr_parse_ip(&at, SLICE("127.0.0.1"), 9));
	assert_true(addr_parse_ip(&source, SLICE("192.0.2.77"), 0));
	assert_int_equal(conn_open(&conn, loop,
				   &(struct conn_target){.addr = &at, .source = &source},
				   note_event),
			 -EADDRNOTAVAIL);
	assert_false(conn_is_open(&conn));
}

static void readable_is_remembered_until_the_socket_is_drained(void **state)
{
	int peer = attach_pair();
	char buf[8];

	(void)state;
	assert_true(conn.flags & CONN_WRITABLE);
	assert_false(conn.flags & CONN_READABLE);
	assert_int_equal(write(peer, "abcdef", 6), 6);
	await_flag(CONN_READABLE);
	n_events = 0;
	turn(); /* edge: nothing new, nothing said */
	assert_int_equal(n_events, 0);
	assert_int_equal(conn_read(&conn, buf, 4), 4); /* full: there may be more */
	assert_true(conn.flags & CONN_READABLE);
	assert_int_equal(conn_read(&conn, buf, sizeof(buf)), 2); /* short: drained */
	assert_false(conn.flags & CONN_READABLE);
	assert_int_equal(conn_read(&conn, buf, sizeof(buf)), -EAGAIN);
	assert_int_equal(write(peer, "g", 1), 1);
	await_flag(CONN_READABLE);
	assert_int_equal(conn_read(&conn, buf, sizeof(buf)), 1);
	close(peer);
}

static void the_end_behind_bytes_is_read_after_them(void **state)
{
	int peer = attach_pair();
	char buf[8];

	(void)state;
	assert_int_equal(write(peer, "bye", 3), 3);
	close(peer);
	await_flag(CONN_HANGUP);
	assert_true(conn.flags & CONN_READABLE);
	assert_false(conn.flags & CONN_READ_END);
	assert_int_equal(conn_read(&conn, buf, sizeof(buf)), 3);
	/* edge-triggered: no event will tell of the end any more, the flag has to */
	assert_true(conn.flags & CONN_READABLE);
	assert_int_equal(conn_read(&conn, buf, sizeof(buf)), 0);
	assert_true(conn.flags & CONN_READ_END);
	assert_false(conn.flags & CONN_READABLE);
}

static void one_direction_ends_alone(void **state)
{
	int peer = attach_pair();
	char buf[8];

	(void)state;
	conn_shut_write(&conn);
	conn_shut_write(&conn);
	assert_true(conn.flags & CONN_WRITE_END);
	assert_int_equal(read(peer, buf, sizeof(buf)), 0);
	assert_int_equal(write(peer, "still", 5), 5);
	await_flag(CONN_READABLE);
	assert_int_equal(conn_read(&conn, buf, sizeof(buf)), 5);
	close(peer);
}

static void writing_to_who_is_gone_is_an_error_not_a_signal(void **state)
{
	int peer = attach_pair();

	(void)state;
	close(peer);
	assert_int_equal(conn_writev(&conn, &(struct iovec){"x", 1}, 1), -EPIPE);
	assert_true(conn.flags & CONN_ERROR);
	assert_int_equal(conn.err, EPIPE);
}

static void an_aborted_connection_ends_with_a_reset(void **state)
{
	int peer = connect_pair(&(struct conn_target){.keepalive = false});
	char byte;

	(void)state;
	conn_abort(&conn);
	assert_int_equal(read(peer, &byte, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	conn_abort(&conn);
	close(peer);
}

static void quiet_means_nothing_to_read_and_no_end(void **state)
{
	int peer = attach_pair();
	char byte;

	(void)state;
	assert_true(conn_is_quiet(&conn));
	assert_int_equal(write(peer, "x", 1), 1);
	await_flag(CONN_READABLE);
	assert_false(conn_is_quiet(&conn));
	assert_int_equal(conn_read(&conn, &byte, 1), 1);
	assert_true(conn.flags & CONN_READABLE); /* the flag does not know: the kernel is asked */
	assert_true(conn_is_quiet(&conn));
	assert_false(conn.flags & CONN_READABLE);
	close(peer);
	await_flag(CONN_HANGUP);
	assert_false(conn_is_quiet(&conn));
}

static void a_pipe_with_bytes_inside_is_not_used_again(void **state)
{
	int peer = attach_pair(), rd;
	struct conn_pipe *pipe = conn_pipe_take();

	(void)state;
	assert_non_null(pipe);
	rd = pipe->rd;
	assert_int_equal(write(peer, "rest", 4), 4);
	await_flag(CONN_READABLE);
	assert_int_equal(conn_splice_in(&conn, pipe, 4096), 4);
	conn_pipe_give(&pipe);
	assert_int_equal(fcntl(rd, F_GETFD), -1); /* closed, not pooled */
	conn_pipe_drop_pool();
	close(peer);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		STORY(a_connect_ends_in_writable),
		STORY(a_source_address_is_the_one_the_peer_sees),
		STORY(a_source_that_is_not_ours_fails_at_once),
		STORY(readable_is_remembered_until_the_socket_is_drained),
		STORY(the_end_behind_bytes_is_read_after_them),
		STORY(one_direction_ends_alone),
		STORY(writing_to_who_is_gone_is_an_error_not_a_signal),
		STORY(an_aborted_connection_ends_with_a_reset),
		STORY(quiet_means_nothing_to_read_and_no_end),
		STORY(a_pipe_with_bytes_inside_is_not_used_again),
	};

	conn.lfd.fd = -1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
