/*
 * flow: HTTP through a running balancer. Stories of request.c, forward.c, response.c, reply.c,
 * persist.c, transfer.c, exchange.c, traffic_log.c, reasons.c.
 */
#include "flow_rig.h"

static void requests_share_connections_on_both_sides(void **state)
{
	struct rig r;
	int client, server;
	char line[2048];

	(void)state;
	rig_init_http(&r);
	rig_start(&r);
	client = rig_ask(&r, GET, &server);
	for (int i = 0; i < 3; i++) {
		if (i > 0)
			rig_say(client, GET);
		rig_serve(client, server, GET);
		assert_non_null(strstr(rig_log_line(&r, line), "web/s1"));
		assert_non_null(strstr(line, "GET / HTTP/1.1"));
		assert_non_null(strstr(line, " 200 "));
		assert_non_null(strstr(line, " ---- "));
	}
	close(client);
	client = rig_client(&r); /* a safe method: an idle connection will do */
	rig_say(client, GET);
	rig_serve(client, server, GET);
	rig_close(&r, client, server);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct rig r;
	int client, server;

	(void)state;
	client = rig_open(&r);
	rig_say(client, "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
			"GET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHo");
	server = rig_accept(&r, 0);
	rig_expect(server, "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
	rig_say(server, OK2);
	rig_expect(server, "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
	rig_say(server, OK2);
	rig_expect(client, OK2 OK2);
	rig_say(client, "st: a\r\n\r\n");
	rig_serve(client, server, "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
	rig_close(&r, client, server);
}

static void chunks_and_continue_pass_through(void **state)
{
	struct rig r;
	int client, server;
	char head[4096];

	(void)state;
	client = rig_open(&r);
	rig_say(client, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
			"Transfer-Encoding: chunked\r\n\r\n");
	server = rig_accept(&r, 0);
	assert_non_null(strstr(rig_head(server, head), "Expect: 100-continue\r\n"));
	rig_say(server, "HTTP/1.1 100 Continue\r\n\r\n");
	rig_expect(client, "HTTP/1.1 100 Continue\r\n\r\n");
	rig_say(client, "3\r\nabc\r\n");
	rig_expect(server, "3\r\nabc\r\n");
	rig_say(client, "0\r\n\r\n");
	rig_expect(server, "0\r\n\r\n");
	rig_say(server, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nda");
	rig_head(client, head);
	rig_expect(client, "4\r\nda");
	rig_say(server, "ta\r\n0\r\n\r\n");
	rig_expect(client, "ta\r\n0\r\n\r\n");
	rig_say(client, GET);
	rig_expect(server, GET);
	rig_close(&r, client, server);
}

static void an_old_client_gets_no_chunks(void **state)
{
	struct rig r;
	int client, server;
	char head[4096];

	(void)state;
	client = rig_open(&r);
	rig_say(client, "GET / HTTP/1.0\r\n\r\n");
	server = rig_accept(&r, 0);
	rig_head(server, head);
	rig_say(server,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n0\r\n\r\n");
	assert_null(strcasestr(rig_head(client, head), "transfer-encoding"));
	rig_expect(client, "data");
	rig_expect_end(client);
	rig_close(&r, client, server);
}

static void bodies_of_all_sizes_arrive_whole(void **state)
{
	static const size_t sizes[] = {1, 1000, 16384, 65536, 65537, 200000, 5000000};
	struct rig r;
	int client, server;
	char head[4096], *body = malloc(5000000), *got = malloc(5000000);
	pid_t writer;

	(void)state;
	for (size_t i = 0; i < 5000000; i++)
		body[i] = (char)(i * 7 + i / 255);
	client = rig_open(&r);
	rig_say(client, GET);
	server = rig_accept(&r, 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (i > 0)
			rig_say(client, GET);
		rig_head(server, head);
		writer = fork();
		if (writer == 0) {
			dprintf(server, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", sizes[i]);
			_exit(send(server, body, sizes[i], MSG_NOSIGNAL) != (ssize_t)sizes[i]);
		}
		rig_head(client, head);
		assert_true(rig_read(client, got, sizes[i]));
		assert_memory_equal(got, body, sizes[i]);
		assert_int_equal(waitpid(writer, NULL, 0), writer);
	}
	close(client), close(server);
	free(body), free(got);
	rig_stop(&r);
}

static void an_upgrade_becomes_a_tunnel(void **state)
{
	struct rig r;
	int client, server;
	char head[4096];

	(void)state;
	client = rig_open(&r);
	rig_say(client,
		"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
	server = rig_accept(&r, 0);
	assert_non_null(strcasestr(rig_head(server, head), "\r\nupgrade: websocket\r\n"));
	assert_non_null(strcasestr(head, "\r\nconnection: upgrade\r\n"));
	rig_say(server, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
			"Upgrade: websocket\r\n\r\nearly");
	assert_non_null(strcasestr(rig_head(client, head), "\r\nconnection: upgrade\r\n"));
	rig_expect(client, "early");
	rig_say(client, "ping");
	rig_expect(server, "ping");
	rig_say(server, "pong");
	rig_expect(client, "pong");
	close(client);
	rig_expect_end(server);
	close(server);
	rig_stop(&r);
}

static void bad_requests_get_400_and_a_line(void **state)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1\nHost: a\r\n\r\n",
		("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
		 "chunked\r\n\r\n"),
		"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
	};
	struct rig r;
	int client;
	char head[4096], line[2048];

	(void)state;
	rig_init_http(&r);
	rig_start(&r);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		client = rig_client(&r);
		rig_say(client, bad[i]);
		assert_non_null(strstr(rig_head(client, head), "HTTP/1.1 400 "));
		assert_non_null(strstr(rig_log_line(&r, line), " 400 "));
		assert_non_null(strstr(line, " PR-- "));
		assert_non_null(strstr(line, "<BADREQ>"));
		close(client);
	}
	rig_stop(&r);
}

static void a_dead_idle_connection_is_replaced_in_silence(void **state)
{
	struct rig r;
	int client, server;

	(void)state;
	client = rig_open(&r);
	rig_say(client, GET);
	server = rig_accept(&r, 0);
	rig_serve(client, server, GET);
	rig_say(client, GET);
	rig_expect(server, GET); /* it asks, and the server hangs up without a word */
	close(server);
	server = rig_accept(&r, 0);
	rig_serve(client, server, GET);
	rig_close(&r, client, server);
}

static void errors_of_the_server_have_their_status_and_flags(void **state)
{
	struct rig r;
	int client, server;
	char head[4096], line[2048];

	(void)state;
	rig_init_http(&r);
	rig_start(&r);
	client = rig_ask(&r, GET, &server);
	rig_expect(server, GET);
	close(server);
	assert_non_null(strstr(rig_head(client, head), "HTTP/1.1 502 "));
	assert_non_null(strstr(rig_log_line(&r, line), " SH-- "));
	close(client);
	client = rig_ask(&r, GET, &server);
	rig_expect(server, GET);
	rig_say(server, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
	rig_head(client, head);
	rig_expect(client, "half");
	close(server);
	rig_expect_end(client);
	assert_non_null(strstr(rig_log_line(&r, line), " SD-- "));
	close(client);
	rig_stop(&r);
}

static void a_silent_server_is_504(void **state)
{
	struct rig r;
	int client, server;
	char head[4096], line[2048];

	(void)state;
	rig_init_http(&r);
	r.proxy.timeout.server = 60;
	rig_start(&r);
	client = rig_ask(&r, GET, &server);
	assert_non_null(strstr(rig_head(client, head), "HTTP/1.1 504 "));
	assert_non_null(strstr(rig_log_line(&r, line), " sH-- "));
	rig_close(&r, client, server);
}

static void no_server_is_503(void **state)
{
	struct rig r;
	int client;
	char head[4096], line[2048];

	(void)state;
	rig_init_http(&r);
	r.server[0].disabled = true;
	rig_start(&r);
	client = rig_client(&r);
	rig_say(client, GET);
	assert_non_null(strstr(rig_head(client, head), "HTTP/1.1 503 "));
	assert_non_null(strstr(rig_log_line(&r, line), " SC-- "));
	close(client);
	rig_stop(&r);
}

static void a_slow_request_is_408(void **state)
{
	struct rig r;
	int client;
	char head[4096], line[2048];

	(void)state;
	rig_init_http(&r);
	r.proxy.timeout.http_request = 500;
	rig_start(&r);
	client = rig_client(&r);
	rig_say(client, "GET / HTTP/1.1\r\nHost");
	assert_non_null(strstr(rig_head(client, head), "HTTP/1.1 408 "));
	assert_non_null(strstr(rig_log_line(&r, line), " cR-- "));
	close(client);
	rig_stop(&r);
}

static void head_and_304_have_no_body(void **state)
{
	struct rig r;
	int client, server;
	char head[4096];

	(void)state;
	client = rig_open(&r);
	rig_say(client, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
	server = rig_accept(&r, 0);
	rig_head(server, head);
	rig_say(server, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
	rig_head(client, head);
	rig_say(client, GET);
	rig_expect(server, GET);
	rig_say(server, "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n");
	rig_expect(client, "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n");
	rig_say(client, GET);
	rig_serve(client, server, GET);
	rig_close(&r, client, server);
}

static void the_cookie_is_inserted_and_leads_back(void **state)
{
	struct rig r;
	int client, server;
	char head[4096], line[2048];

	(void)state;
	rig_init(&r, PROXY_MODE_HTTP, 2);
	r.proxy.options = PROXY_OPT_HTTPLOG | PROXY_OPT_FORWARDFOR;
	r.proxy.cookie = (struct cookie_conf){
		.name = "SRV", .insert = true, .indirect = true, .nocache = true};
	r.server[0].cookie = "one";
	r.server[1].cookie = "two";
	rig_start(&r);
	client = rig_ask(&r, GET, &server);
	assert_non_null(strcasestr(rig_head(server, head), "\r\nx-forwarded-for: 127.0.0.1\r\n"));
	rig_say(server, OK2);
	assert_non_null(strcasestr(rig_head(client, head), "\r\nset-cookie: SRV=one; path=/\r\n"));
	assert_non_null(strcasestr(head, "\r\ncache-control: private\r\n"));
	rig_expect(client, "ok");
	assert_non_null(strstr(rig_log_line(&r, line), " --NI "));
	close(client), close(server);
	client = rig_client(&r);
	for (int i = 0; i < 2; i++) {
		rig_say(client, "GET / HTTP/1.1\r\nHost: a\r\nCookie: x=y; SRV=two; z=1\r\n\r\n");
		if (i == 0)
			server = rig_accept(&r, 1);
		assert_non_null(strcasestr(rig_head(server, head), "\r\ncookie: x=y; z=1\r\n"));
		rig_say(server, OK2);
		rig_expect(client, OK2);
		assert_non_null(strstr(rig_log_line(&r, line), " --VN "));
	}
	rig_close(&r, client, server);
}

static void draining_finishes_requests_and_says_close(void **state)
{
	struct rig r;
	int client, server;
	char head[4096];

	(void)state;
	client = rig_open(&r);
	rig_say(client, GET);
	server = rig_accept(&r, 0);
	rig_expect(server, GET);
	assert_int_equal(channel_send(r.master_fd, MESSAGE_BALANCER_DRAIN, NULL, 0), 0);
	while (atomic_load(&r.page->slots[0].state) != SHARED_BALANCER_DRAINING)
		usleep(1000);
	rig_say(server, OK2);
	assert_non_null(strcasestr(rig_head(client, head), "\r\nconnection: close\r\n"));
	rig_expect(client, "ok");
	rig_expect_end(client);
	assert_int_equal(rig_exit_status(&r), 0);
	close(client), close(server), close(r.master_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_share_connections_on_both_sides),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(chunks_and_continue_pass_through),
		cmocka_unit_test(an_old_client_gets_no_chunks),
		cmocka_unit_test(bodies_of_all_sizes_arrive_whole),
		cmocka_unit_test(an_upgrade_becomes_a_tunnel),
		cmocka_unit_test(bad_requests_get_400_and_a_line),
		cmocka_unit_test(a_dead_idle_connection_is_replaced_in_silence),
		cmocka_unit_test(errors_of_the_server_have_their_status_and_flags),
		cmocka_unit_test(a_silent_server_is_504),
		cmocka_unit_test(no_server_is_503),
		cmocka_unit_test(a_slow_request_is_408),
		cmocka_unit_test(head_and_304_have_no_body),
		cmocka_unit_test(the_cookie_is_inserted_and_leads_back),
		cmocka_unit_test(draining_finishes_requests_and_says_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
