/*
 * conn: what is ready is remembered, ends and errors are told apart, bytes pass through pipes.
 * Stories of conn.c and conn_pipe.c over real sockets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "balancer/conn/conn.h"

static int n_events;

static void count(struct conn *c)
{
	(void)c;
	n_events++;
}

struct pair {
	struct loop *loop;
	struct conn conn;
	int peer;
};

/* A connection of ours to a listening socket of the test, established. */
static void open_pair(struct pair *p)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct conn_target to = {0};
	struct addr at;

	p->loop = loop_new(&loop_epoll_ops);
	assert_true(addr_parse_ip(&at, SLICE("127.0.0.1"), 0));
	assert_int_equal(bind(listener, &at.sa, at.len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, &at.sa, &at.len), 0);
	to.addr = &at;
	n_events = 0;
	assert_int_equal(conn_open(&p->conn, p->loop, &to, count), 0);
	assert_true(p->conn.flags & CONN_CONNECTING);
	p->peer = accept(listener, NULL, NULL);
	assert_true(p->peer >= 0);
	close(listener);
	while (p->conn.flags & CONN_CONNECTING)
		loop_step(p->loop, LOOP_NEVER);
	assert_int_equal(n_events, 1);
	assert_true(p->conn.flags & CONN_WRITABLE);
}

static void close_pair(struct pair *p)
{
	conn_close(&p->conn);
	conn_close(&p->conn);
	if (p->peer >= 0)
		close(p->peer);
	loop_free(&p->loop);
}

static void wait_for(struct pair *p, unsigned flag)
{
	while (!(p->conn.flags & flag))
		loop_step(p->loop, LOOP_NEVER);
}

static void a_short_read_means_drained(void **state)
{
	struct pair p;
	char buf[16];

	(void)state;
	open_pair(&p);
	assert_int_equal(send(p.peer, "abcdef", 6, 0), 6);
	wait_for(&p, CONN_READABLE);
	assert_int_equal(conn_read(&p.conn, buf, 4), 4);
	assert_true(p.conn.flags & CONN_READABLE);
	assert_int_equal(conn_read(&p.conn, buf, sizeof(buf)), 2);
	assert_false(p.conn.flags & CONN_READABLE);
	assert_true(conn_is_quiet(&p.conn));
	p.conn.flags |= CONN_READABLE; /* as after a read that filled its buffer exactly */
	assert_true(conn_is_quiet(&p.conn));
	assert_false(p.conn.flags & CONN_READABLE);
	close_pair(&p);
}

static void bytes_before_the_end_are_read_first(void **state)
{
	struct pair p;
	char buf[16];

	(void)state;
	open_pair(&p);
	assert_int_equal(send(p.peer, "bye", 3, 0), 3);
	close(p.peer);
	p.peer = -1;
	wait_for(&p, CONN_HANGUP);
	assert_false(conn_is_quiet(&p.conn));
	assert_int_equal(conn_read(&p.conn, buf, sizeof(buf)), 3);
	assert_true(p.conn.flags & CONN_READABLE);
	assert_int_equal(conn_read(&p.conn, buf, sizeof(buf)), 0);
	assert_true(p.conn.flags & CONN_READ_END);
	assert_false(p.conn.flags & CONN_ERROR);
	close_pair(&p);
}

static void a_reset_is_an_error(void **state)
{
	struct linger now = {1, 0};
	struct pair p;
	char buf[16];

	(void)state;
	open_pair(&p);
	setsockopt(p.peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(p.peer);
	p.peer = -1;
	wait_for(&p, CONN_ERROR);
	assert_int_equal(p.conn.err, ECONNRESET);
	assert_int_equal(conn_read(&p.conn, buf, sizeof(buf)), -ECONNRESET);
	close_pair(&p);
}

static void nobody_listens(void **state)
{
	struct loop *loop = loop_new(&loop_epoll_ops);
	int taken = socket(AF_INET, SOCK_STREAM, 0);
	struct conn_target to = {0};
	struct conn c;
	struct addr at;
	int err;

	(void)state;
	assert_true(addr_parse_ip(&at, SLICE("127.0.0.1"), 0));
	assert_int_equal(bind(taken, &at.sa, at.len), 0); /* bound, not listening */
	assert_int_equal(getsockname(taken, &at.sa, &at.len), 0);
	to.addr = &at;
	err = conn_open(&c, loop, &to, count);
	while (!err && c.flags & CONN_CONNECTING)
		loop_step(loop, LOOP_NEVER);
	assert_int_equal(err ? -err : c.err, ECONNREFUSED);
	conn_close(&c);
	close(taken);
	loop_free(&loop);
}

static void a_full_socket_tells_when_there_is_room(void **state)
{
	static char block[1 << 20];
	struct iovec iov = {block, sizeof(block)};
	struct pair p;
	char sink[65536];
	ssize_t n, total = 0, got = 0;

	(void)state;
	open_pair(&p);
	while ((n = conn_writev(&p.conn, &iov, 1)) > 0)
		total += n;
	assert_int_equal(n, -EAGAIN);
	assert_false(p.conn.flags & CONN_WRITABLE);
	while (got < total) {
		n = recv(p.peer, sink, sizeof(sink), 0);
		assert_true(n > 0);
		got += n;
	}
	wait_for(&p, CONN_WRITABLE);
	close_pair(&p);
}

static void bytes_pass_through_a_pipe(void **state)
{
	struct pair from, to;
	struct conn_pipe *pipe = conn_pipe_take(), *again;
	char buf[16];

	(void)state;
	assert_non_null(pipe);
	open_pair(&from);
	open_pair(&to);
	assert_int_equal(send(from.peer, "through", 7, 0), 7);
	wait_for(&from, CONN_READABLE);
	assert_int_equal(conn_splice_in(&from.conn, pipe, 65536), 7);
	assert_int_equal(pipe->len, 7);
	assert_int_equal(conn_splice_in(&from.conn, pipe, 65536), -EAGAIN);
	assert_int_equal(conn_splice_out(&to.conn, pipe), 7);
	assert_int_equal(pipe->len, 0);
	assert_int_equal(recv(to.peer, buf, sizeof(buf), 0), 7);
	assert_memory_equal(buf, "through", 7);
	again = pipe;
	conn_pipe_give(&pipe);
	assert_null(pipe);
	assert_ptr_equal(conn_pipe_take(), again); /* an empty one is kept */
	conn_pipe_give(&again);
	conn_pipe_drop_pool();
	close_pair(&from);
	close_pair(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_read_means_drained),
		cmocka_unit_test(bytes_before_the_end_are_read_first),
		cmocka_unit_test(a_reset_is_an_error),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(a_full_socket_tells_when_there_is_room),
		cmocka_unit_test(bytes_pass_through_a_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
