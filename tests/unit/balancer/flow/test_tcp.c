/*
 * flow: TCP sessions through a running balancer. Stories of tcp.c, connect.c, transfer.c, tunnel.c,
 * session.c, worker.c, and of balancer.c, balancer_control.c, accept.c around them.
 */
#include "flow_rig.h"

static void bytes_pass_in_both_directions_and_half_close_is_kept(void **state)
{
	struct rig r;
	int client, server;
	char line[2048];

	(void)state;
	rig_init(&r, PROXY_MODE_TCP, 1);
	r.proxy.options = PROXY_OPT_TCPLOG;
	rig_start(&r);
	client = rig_client(&r);
	server = rig_accept(&r, 0);
	rig_say(client, "question");
	rig_expect(server, "question");
	rig_say(server, "answer");
	rig_expect(client, "answer");
	shutdown(client, SHUT_WR);
	rig_expect_end(server);
	rig_say(server, "last words");
	close(server);
	rig_expect(client, "last words");
	rig_expect_end(client);
	assert_non_null(strstr(rig_log_line(&r, line), " web web/s1 "));
	assert_non_null(strstr(line, " 16 -- "));
	close(client);
	rig_stop(&r);
}

static void megabytes_arrive_whole(void **state)
{
	enum { TOTAL = 32 << 20, PIECE = 1 << 20 };
	struct rig r;
	char *piece = malloc(PIECE), *got = malloc(PIECE);
	int client, server;
	pid_t writer;

	(void)state;
	rig_init(&r, PROXY_MODE_TCP, 1);
	rig_start(&r);
	client = rig_client(&r);
	server = rig_accept(&r, 0);
	for (int i = 0; i < PIECE; i++)
		piece[i] = (char)(i * 31 + i / 251);
	writer = fork();
	if (writer == 0) {
		for (int sent = 0; sent < TOTAL; sent += PIECE)
			if (send(server, piece, PIECE, MSG_NOSIGNAL) != PIECE)
				_exit(1);
		_exit(0);
	}
	close(server);
	for (int at = 0; at < TOTAL; at += PIECE) {
		assert_true(rig_read(client, got, PIECE));
		assert_memory_equal(got, piece, PIECE);
	}
	rig_expect_end(client);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	close(client);
	free(piece), free(got);
	rig_stop(&r);
}

static void a_refused_connection_is_redispatched(void **state)
{
	struct rig r;
	int client, server;

	(void)state;
	rig_init(&r, PROXY_MODE_TCP, 2);
	r.proxy.options = PROXY_OPT_REDISPATCH;
	r.proxy.redispatch_interval = 1;
	close(r.origin[0]);
	r.origin[0] = -1;
	rig_start(&r);
	for (int i = 0; i < 3; i++) {
		client = rig_client(&r);
		server = rig_accept(&r, 1);
		rig_say(client, "hello");
		rig_expect(server, "hello");
		close(client);
		rig_expect_end(server);
		close(server);
	}
	rig_stop(&r);
}

static void without_a_server_the_client_is_told_by_the_end(void **state)
{
	struct rig r;
	int client;
	char line[2048];

	(void)state;
	rig_init(&r, PROXY_MODE_TCP, 1);
	r.proxy.options = PROXY_OPT_TCPLOG;
	r.server[0].disabled = true;
	rig_start(&r);
	client = rig_client(&r);
	rig_expect_end(client);
	assert_non_null(strstr(rig_log_line(&r, line), "web/<NOSRV>"));
	assert_non_null(strstr(line, " SC "));
	close(client);
	rig_stop(&r);
}

static void who_finds_the_server_full_waits_for_a_place(void **state)
{
	struct rig r;
	int first, second, server;
	struct pollfd none;

	(void)state;
	rig_init(&r, PROXY_MODE_TCP, 1);
	r.server[0].maxconn = 1;
	r.proxy.timeout.queue = 20000;
	rig_start(&r);
	first = rig_client(&r);
	server = rig_accept(&r, 0);
	rig_say(first, "1");
	rig_expect(server, "1");
	second = rig_client(&r);
	rig_say(second, "2");
	none = (struct pollfd){.fd = r.origin[0], .events = POLLIN};
	assert_int_equal(poll(&none, 1, 50), 0);
	close(first);
	rig_expect_end(server);
	close(server);
	server = rig_accept(&r, 0);
	rig_expect(server, "2");
	close(server), close(second);
	rig_stop(&r);
}

static void a_silent_client_is_timed_out(void **state)
{
	struct rig r;
	int client, server;
	char line[2048];

	(void)state;
	rig_init(&r, PROXY_MODE_TCP, 1);
	r.proxy.options = PROXY_OPT_TCPLOG;
	r.proxy.timeout.client = 50;
	rig_start(&r);
	client = rig_client(&r);
	server = rig_accept(&r, 0);
	rig_log_line(&r, line);
	assert_non_null(strstr(line, " cD "));
	close(client), close(server);
	rig_stop(&r);
}

static void draining_ends_with_the_last_session(void **state)
{
	struct rig r;
	int client, server, late;

	(void)state;
	rig_init(&r, PROXY_MODE_TCP, 1);
	r.conf.global.nbthread = 2;
	rig_start(&r);
	client = rig_client(&r);
	server = rig_accept(&r, 0);
	assert_int_equal(channel_send(r.master_fd, MESSAGE_BALANCER_DRAIN, NULL, 0), 0);
	while (atomic_load(&r.page->slots[0].state) != SHARED_BALANCER_DRAINING)
		usleep(1000);
	late = rig_client(&r); /* waits in the backlog for the next balancer */
	rig_say(client, "still here");
	rig_expect(server, "still here");
	close(client);
	rig_expect_end(server);
	close(server);
	assert_int_equal(rig_exit_status(&r), 0);
	close(r.master_fd);
	rig_start(&r);
	server = rig_accept(&r, 0);
	rig_say(late, "at last");
	rig_expect(server, "at last");
	close(late), close(server);
	rig_stop(&r);
}

/* incoming.c: wherever they were accepted, all are served; nobody sees which thread it is. */
static void threads_share_the_connections(void **state)
{
	struct rig r;
	int client[12], server[12];

	(void)state;
	rig_init(&r, PROXY_MODE_TCP, 1);
	r.conf.global.nbthread = 3;
	rig_start(&r);
	for (int i = 0; i < 12; i++) {
		char word[8] = {'n', (char)('a' + i), '\0'};

		client[i] = rig_client(&r);
		server[i] = rig_accept(&r, 0);
		rig_say(client[i], word);
		rig_expect(server[i], word);
	}
	for (int i = 0; i < 12; i++) {
		rig_say(server[i], "well");
		rig_expect(client[i], "well");
		close(client[i]);
		rig_expect_end(server[i]);
		close(server[i]);
	}
	assert_int_equal(channel_send(r.master_fd, MESSAGE_BALANCER_DRAIN, NULL, 0), 0);
	assert_int_equal(rig_exit_status(&r), 0);
	close(r.master_fd);
}

static void a_dead_master_drains_the_balancer(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, PROXY_MODE_TCP, 1);
	rig_start(&r);
	close(r.master_fd);
	assert_int_equal(rig_exit_status(&r), 0);
	r.master_fd = -1;
}

static void the_process_maxconn_leaves_others_in_the_backlog(void **state)
{
	struct rig r;
	int first, second, server;
	struct pollfd none;

	(void)state;
	rig_init(&r, PROXY_MODE_TCP, 1);
	r.conf.global.maxconn = 1;
	rig_start(&r);
	first = rig_client(&r);
	server = rig_accept(&r, 0);
	second = rig_client(&r);
	none = (struct pollfd){.fd = r.origin[0], .events = POLLIN};
	assert_int_equal(poll(&none, 1, 50), 0);
	close(first);
	close(server);
	server = rig_accept(&r, 0);
	rig_say(second, "my turn");
	rig_expect(server, "my turn");
	close(second), close(server);
	rig_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_pass_in_both_directions_and_half_close_is_kept),
		cmocka_unit_test(megabytes_arrive_whole),
		cmocka_unit_test(a_refused_connection_is_redispatched),
		cmocka_unit_test(without_a_server_the_client_is_told_by_the_end),
		cmocka_unit_test(who_finds_the_server_full_waits_for_a_place),
		cmocka_unit_test(a_silent_client_is_timed_out),
		cmocka_unit_test(draining_ends_with_the_last_session),
		cmocka_unit_test(threads_share_the_connections),
		cmocka_unit_test(a_dead_master_drains_the_balancer),
		cmocka_unit_test(the_process_maxconn_leaves_others_in_the_backlog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
