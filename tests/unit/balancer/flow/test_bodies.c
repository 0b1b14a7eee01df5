/*
 * flow: bodies of all kinds and sizes in both directions, with ends that are slow, early or gone.
 * Stories of transfer.c, tunnel.c, response.c, connect.c.
 */
#include "flow_rig.h"

enum { BIG = 6 << 20 };

static char *pattern(void)
{
	char *p = malloc(BIG);

	for (size_t i = 0; i < BIG; i++)
		p[i] = (char)(i * 13 + i / 509);
	return p;
}

/* Sends everything from a child, so that the test can read the other end. */
static pid_t sender(int fd, const char *head, const char *body, size_t len)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (send(fd, head, strlen(head), MSG_NOSIGNAL) < 0)
		_exit(1);
	for (size_t at = 0; at < len;) {
		ssize_t n = send(fd, body + at, len - at, MSG_NOSIGNAL);

		if (n <= 0)
			_exit(1);
		at += (size_t)n;
	}
	_exit(0);
}

static void wait_sender(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void an_upload_arrives_whole(void **state)
{
	char *body = pattern(), *got = malloc(BIG), head[4096];
	struct rig r;
	int client, server;
	pid_t pid;

	(void)state;
	client = rig_open(&r);
	for (int i = 0; i < 2; i++) {
		snprintf(head, sizeof(head),
			 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", BIG);
		pid = sender(client, head, body, BIG);
		if (i == 0)
			server = rig_accept(&r, 0);
		rig_head(server, head);
		assert_true(rig_read(server, got, BIG));
		assert_memory_equal(got, body, BIG);
		wait_sender(pid);
		rig_say(server, OK2);
		rig_expect(client, OK2);
	}
	close(client), close(server);
	free(body), free(got);
	rig_stop(&r);
}

/* Big chunks: their data may pass through a pipe, what is between them is read. */
static void big_chunks_arrive_whole(void **state)
{
	enum { CHUNK = 1 << 20, N = BIG / CHUNK };
	char *body = pattern(), *got = malloc(BIG), head[4096];
	struct rig r;
	int client, server;
	pid_t pid;

	(void)state;
	client = rig_open(&r);
	rig_say(client, GET);
	server = rig_accept(&r, 0);
	rig_expect(server, GET);
	rig_say(server, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	rig_head(client, head);
	for (int i = 0; i < N; i++) {
		snprintf(head, sizeof(head), "%x\r\n", CHUNK);
		pid = sender(server, head, body + i * CHUNK, CHUNK);
		rig_expect(client, "100000\r\n");
		assert_true(rig_read(client, got, CHUNK));
		assert_memory_equal(got, body + i * CHUNK, CHUNK);
		wait_sender(pid);
		rig_say(server, "\r\n");
		rig_expect(client, "\r\n");
	}
	rig_say(server, "0\r\n\r\n");
	rig_expect(client, "0\r\n\r\n");
	rig_say(client, GET); /* and the connections live on */
	rig_expect(server, GET);
	close(client), close(server);
	free(body), free(got);
	rig_stop(&r);
}

static void a_reader_that_sleeps_loses_nothing(void **state)
{
	char *body = pattern(), *got = malloc(BIG), head[4096];
	struct rig r;
	int client, server, small = 256 * 1024;
	pid_t pid;

	(void)state;
	client = rig_open(&r);
	setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	rig_say(client, GET);
	server = rig_accept(&r, 0);
	rig_expect(server, GET);
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BIG);
	pid = sender(server, head, body, BIG);
	usleep(20000); /* all buffers on the way fill up meanwhile */
	rig_head(client, head);
	for (size_t at = 0; at < BIG; at += BIG / 64) {
		assert_true(rig_read(client, got + at, BIG / 64));
		if (at % (BIG / 8) == 0)
			usleep(1000);
	}
	assert_memory_equal(got, body, BIG);
	wait_sender(pid);
	close(client), close(server);
	free(body), free(got);
	rig_stop(&r);
}

static void a_server_may_answer_before_it_has_heard_all(void **state)
{
	struct rig r;
	int client, server;
	char head[4096];

	(void)state;
	client = rig_open(&r);
	rig_say(client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nfirst");
	server = rig_accept(&r, 0);
	rig_head(server, head);
	rig_expect(server, "first");
	rig_say(server, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!");
	assert_non_null(strstr(rig_head(client, head), " 413 "));
	rig_expect(client, "no!");
	rig_say(client, "still sending"); /* must not cost the client its answer */
	rig_expect_end(client);
	rig_close(&r, client, server);
}

static void a_body_until_the_end_is_passed_on(void **state)
{
	struct rig r;
	int client, server;
	char head[4096];

	(void)state;
	client = rig_open(&r);
	rig_say(client, GET);
	server = rig_accept(&r, 0);
	rig_expect(server, GET);
	rig_say(server, "HTTP/1.1 200 OK\r\n\r\nas long as it takes");
	assert_non_null(strcasestr(rig_head(client, head), "\r\nconnection: close\r\n"));
	rig_expect(client, "as long as it takes");
	close(server);
	rig_expect_end(client);
	close(client);
	rig_stop(&r);
}

static void a_post_goes_over_a_fresh_connection_first(void **state)
{
	struct rig r;
	int client, server, other;

	(void)state;
	client = rig_open(&r);
	rig_say(client, GET);
	server = rig_accept(&r, 0);
	rig_serve(client, server, GET);
	close(client);
	client = rig_client(&r); /* an idle connection is there, but this could not be sent twice */
	rig_say(client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
	other = rig_accept(&r, 0);
	rig_serve(client, other, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
	close(client), close(server), close(other);
	rig_stop(&r);
}

static void idle_clients_are_closed_in_time(void **state)
{
	struct rig r;
	int client, server;

	(void)state;
	rig_init(&r, PROXY_MODE_HTTP, 1);
	r.proxy.timeout.http_keep_alive = 40;
	rig_start(&r);
	client = rig_ask(&r, GET, &server);
	rig_serve(client, server, GET);
	rig_expect_end(client); /* without a word: nothing was asked */
	rig_close(&r, client, server);
}

static void a_client_that_stops_uploading_is_told(void **state)
{
	struct rig r;
	int client, server;
	char head[4096], line[2048];

	(void)state;
	rig_init_http(&r);
	r.proxy.timeout.client = 500;
	rig_start(&r);
	client = rig_ask(&r, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf",
			 &server);
	assert_non_null(strstr(rig_head(client, head), "HTTP/1.1 408 "));
	assert_non_null(strstr(rig_log_line(&r, line), " cH-- "));
	rig_close(&r, client, server);
}

static void a_request_to_a_dying_server_waits_for_its_turn_elsewhere(void **state)
{
	struct rig r;
	int client, server;

	(void)state;
	rig_init(&r, PROXY_MODE_HTTP, 2);
	r.proxy.options = PROXY_OPT_REDISPATCH;
	r.proxy.retries = 1;
	close(r.origin[0]);
	r.origin[0] = -1;
	rig_start(&r);
	client = rig_client(&r);
	rig_say(client, GET);
	server = rig_accept(&r, 1);
	rig_serve(client, server, GET);
	rig_close(&r, client, server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_upload_arrives_whole),
		cmocka_unit_test(big_chunks_arrive_whole),
		cmocka_unit_test(a_reader_that_sleeps_loses_nothing),
		cmocka_unit_test(a_server_may_answer_before_it_has_heard_all),
		cmocka_unit_test(a_body_until_the_end_is_passed_on),
		cmocka_unit_test(a_post_goes_over_a_fresh_connection_first),
		cmocka_unit_test(idle_clients_are_closed_in_time),
		cmocka_unit_test(a_client_that_stops_uploading_is_told),
		cmocka_unit_test(a_request_to_a_dying_server_waits_for_its_turn_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
