/*
 * admin: the stats page and the runtime socket as a browser and an operator meet them, in a whole
 * balancer on loopback. Covers stats_page.c and socket.c.
 */
#include "../balancer/flow/flow_rig.h"

#include "admin/command.h"
#include "admin/socket.h"
#include "admin/stats_page.h"

enum { REPLY_MAX = 65536 };

static struct rig rig;
static char reply[REPLY_MAX];

static void get_ready(void)
{
	rig_init(&rig, PROXY_MODE_HTTP, 2);
	rig.proxy.stats.enabled = true;
	rig.proxy.stats.uri = "/haproxy?stats";
}

static void start(void)
{
	static const struct admin_command *const tables[] = {
		admin_show_commands, admin_stat_commands, admin_server_commands, NULL};

	admin_setup(tables); /* the child inherits it */
	rig_start_with(&rig, &admin_stats_page, admin_accept);
}

/* The whole answer to one request, on a connection of its own; its body. */
static const char *ask(const char *line, const char *fields)
{
	int fd = rig_client(&rig);
	char request[512];
	size_t len = 0;
	const char *body;
	ssize_t n;

	snprintf(request, sizeof(request), "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n",
		 line, fields);
	rig_say(fd, request);
	while ((n = rig_recv(fd, reply + len, REPLY_MAX - 1 - len)) > 0)
		len += (size_t)n;
	assert_int_equal(n, 0);
	reply[len] = '\0';
	close(fd);
	body = strstr(reply, "\r\n\r\n");
	assert_non_null(body);
	return body + 4;
}

static void expect_length(const char *body)
{
	const char *field = strcasestr(reply, "\r\ncontent-length: ");

	assert_non_null(field);
	assert_int_equal(atol(field + 18), strlen(body));
}

static void the_page_shows_every_row_and_escapes_what_it_shows(void **state)
{
	const char *body;

	(void)state;
	get_ready();
	rig.proxy.stats.desc = "<b>&\"mine\"";
	rig.proxy.description = "what it is for";
	rig.proxy.stats.refresh_s = 5;
	start();
	body = ask("GET /haproxy?stats", "");
	assert_memory_equal(reply, "HTTP/1.1 200 OK\r\n", 17);
	expect_length(body);
	assert_non_null(strstr(body, "&lt;b&gt;&amp;&quot;mine&quot;"));
	assert_null(strstr(body, "<b>"));
	assert_non_null(strstr(body, "http-equiv=\"refresh\" content=\"5\""));
	assert_non_null(strstr(body, "<h2>web</h2>\n<p>what it is for</p>"));
	assert_non_null(strstr(body, "<td>FRONTEND</td>"));
	assert_non_null(strstr(body, "<td>s1</td>"));
	assert_non_null(strstr(body, "<td>s2</td>"));
	assert_non_null(strstr(body, "<td>BACKEND</td>"));
	rig_stop(&rig);
}

static void csv_and_head_come_from_the_same_rows(void **state)
{
	const char *body;

	(void)state;
	get_ready();
	start();
	body = ask("GET /haproxy?stats;csv", "");
	expect_length(body);
	assert_non_null(strcasestr(reply, "content-type: text/plain"));
	assert_memory_equal(body, "# pxname,svname,", 16);
	assert_non_null(strstr(body, "\nweb,FRONTEND,"));
	assert_non_null(strstr(body, "\nweb,s2,"));
	body = ask("HEAD /haproxy?stats", "");
	assert_memory_equal(reply, "HTTP/1.1 200 OK\r\n", 17);
	assert_string_equal(body, "");
	rig_stop(&rig);
}

static void who_is_not_known_is_asked_for_a_password(void **state)
{
	static const char *const auth[] = {"ops:secret", "admin:pa:ss", NULL};
	const char *body;

	(void)state;
	get_ready();
	rig.proxy.stats.auth = auth;
	rig.proxy.stats.realm = "my realm";
	start();
	body = ask("GET /haproxy?stats", "");
	assert_memory_equal(reply, "HTTP/1.1 401 Unauthorized\r\n", 27);
	expect_length(body);
	assert_non_null(strstr(reply, "\r\nwww-authenticate: Basic realm=\"my realm\"\r\n"));
	assert_null(strstr(reply, "FRONTEND"));
	ask("GET /haproxy?stats", "Authorization: Basic b3BzOndyb25n\r\n"); /* ops:wrong */
	assert_memory_equal(reply, "HTTP/1.1 401 ", 13);
	ask("GET /haproxy?stats", "Authorization: Bearer b3BzOnNlY3JldA==\r\n");
	assert_memory_equal(reply, "HTTP/1.1 401 ", 13);
	ask("GET /haproxy?stats", "Authorization: Basic b3BzOnNlY3JldA==\r\n"); /* ops:secret */
	assert_memory_equal(reply, "HTTP/1.1 200 ", 13);
	ask("GET /haproxy?stats", "authorization: basic YWRtaW46cGE6c3M=\r\n"); /* admin:pa:ss */
	assert_memory_equal(reply, "HTTP/1.1 200 ", 13);
	rig_stop(&rig);
}

/* A stats socket beside the proxy's listener. */
static struct listener_conf stats_socket;

static void start_with_socket(int level)
{
	get_ready();
	stats_socket =
		(struct listener_conf){.inherited_fd = -1, .is_stats = true, .stats_level = level};
	stats_socket.fd = rig_listen(&stats_socket.addr);
	rig.conf.global.stats_sockets = &stats_socket;
	start();
}

static int operator_connects(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	rig_patience(fd);
	assert_int_equal(connect(fd, &stats_socket.addr.sa, stats_socket.addr.len), 0);
	return fd;
}

static const char *read_all(int fd)
{
	size_t len = 0;
	ssize_t n;

	while ((n = rig_recv(fd, reply + len, REPLY_MAX - 1 - len)) > 0)
		len += (size_t)n;
	assert_int_equal(n, 0);
	reply[len] = '\0';
	close(fd);
	return reply;
}

static void a_line_is_answered_and_the_connection_closed(void **state)
{
	int fd;

	(void)state;
	start_with_socket(ADMIN_ADMIN);
	fd = operator_connects();
	rig_say(fd, "show stat;show info\n");
	read_all(fd);
	assert_memory_equal(reply, "# pxname,", 9);
	assert_non_null(strstr(reply, "\nName: "));
	fd = operator_connects(); /* no newline, but an end: a whole line too */
	rig_say(fd, "show stat 1 4 -1");
	shutdown(fd, SHUT_WR);
	read_all(fd);
	assert_non_null(strstr(reply, "\nweb,s1,"));
	assert_null(strstr(reply, "BACKEND"));
	rig_stop(&rig);
	close(stats_socket.fd);
}

static void a_prompt_keeps_the_connection(void **state)
{
	int fd;

	(void)state;
	start_with_socket(ADMIN_ADMIN);
	fd = operator_connects();
	rig_say(fd, "prompt\n");
	rig_expect(fd, "\n> ");
	rig_say(fd, "disable server web/s1\n");
	rig_expect(fd, "\n> ");
	rig_say(fd, "show stat\r\nquit\n");
	read_all(fd);
	assert_non_null(strstr(reply, ",MAINT,"));
	rig_stop(&rig);
	close(stats_socket.fd);
}

static void a_users_socket_changes_nothing(void **state)
{
	int fd;

	(void)state;
	start_with_socket(ADMIN_USER);
	fd = operator_connects();
	rig_say(fd, "disable server web/s1\n");
	assert_non_null(strstr(read_all(fd), "Permission denied"));
	fd = operator_connects();
	rig_say(fd, "show stat\n");
	assert_null(strstr(read_all(fd), "MAINT"));
	rig_stop(&rig);
	close(stats_socket.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_shows_every_row_and_escapes_what_it_shows),
		cmocka_unit_test(csv_and_head_come_from_the_same_rows),
		cmocka_unit_test(who_is_not_known_is_asked_for_a_password),
		cmocka_unit_test(a_line_is_answered_and_the_connection_closed),
		cmocka_unit_test(a_prompt_keeps_the_connection),
		cmocka_unit_test(a_users_socket_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
