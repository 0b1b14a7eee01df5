/*
 * The lease in etcd: what is said and answered (etcd_message.c), and a life of it (etcd_lease.c)
 * against a small etcd that runs on the same loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log/log.h"
#include "failover/lease/etcd_lease.h"
#include "failover/lease/etcd_message.h"

enum { MS = 1000 };

/* ---- messages ---- */

static void requests_are_what_the_gateway_reads(void **state)
{
	struct etcd_ask ask = {.op = ETCD_GRANT,
			       .host = "192.0.2.1:2379",
			       .name = "web",
			       .who = "lb1",
			       .id = 77,
			       .ttl_s = 5};
	char out[ETCD_REQUEST_MAX], name[ETCD_REQUEST_MAX];
	size_t len;

	(void)state;
	assert_true(etcd_request(out, &ask) > 0);
	assert_string_equal(out, "POST /v3/lease/grant HTTP/1.0\r\nHost: 192.0.2.1:2379\r\n"
				 "Content-Type: application/json\r\nContent-Length: 11\r\n\r\n"
				 "{\"TTL\":\"5\"}");
	ask.op = ETCD_LOCK;
	len = etcd_request(out, &ask);
	assert_int_equal(len, strlen(out));
	assert_non_null(strstr(out, "POST /v3/kv/txn "));
	assert_non_null(strstr(out, "\"create_revision\":\"0\",\"key\":\"d2Vi\"}]"));
	assert_non_null(strstr(out, "{\"key\":\"d2Vi\",\"value\":\"bGIx\",\"lease\":\"77\"}"));
	ask.name = "ab"; /* each remainder of three */
	etcd_request(out, &ask);
	assert_non_null(strstr(out, "\"YWI=\""));
	ask.name = "a";
	etcd_request(out, &ask);
	assert_non_null(strstr(out, "\"YQ==\""));
	ask.op = ETCD_RENEW;
	etcd_request(out, &ask);
	assert_non_null(strstr(out, "POST /v3/lease/keepalive "));
	assert_non_null(strstr(out, "\r\n\r\n{\"ID\":\"77\"}"));
	ask.op = ETCD_LOCK;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ask.name = name;
	assert_int_equal(etcd_request(out, &ask), 0);
}

#define HEAD(len) \
	"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: " len "\r\n\r\n"
#define OPEN "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

static int read_text(const char *text, bool ended, enum etcd_op op, struct etcd_answer *a)
{
	return etcd_read(text, strlen(text), ended, op, a);
}

static void answers_are_understood(void **state)
{
	static const char granted[] = HEAD("63") "{\"header\":{\"revision\":\"4\"},\"ID\":"
						 "\"7587862\",\"TTL\":\"5\",\"x\":\"1\"}";
	struct etcd_answer a;

	(void)state;
	assert_int_equal(read_text(granted, true, ETCD_GRANT, &a), 1);
	assert_true(a.ok && a.id == 7587862 && a.ttl_s == 5);
	for (size_t len = 0; len < sizeof(granted) - 2; len++) /* byte by byte */
		assert_int_equal(etcd_read(granted, len, false, ETCD_GRANT, &a), 0);
	assert_int_equal(read_text(OPEN "{\"header\":{},\"succeeded\":true,\"responses\":[]}", true,
				   ETCD_LOCK, &a),
			 1);
	assert_true(a.ok && !a.has_other);
	assert_int_equal(read_text(OPEN
				   "{\"header\":{},\"responses\":[{\"response_range\":{\"kvs\":[{"
				   "\"key\":\"d2Vi\",\"lease\":\"42\"}]}}]}",
				   true, ETCD_LOCK, &a),
			 1);
	assert_true(!a.ok && a.has_other && a.id == 42);
	/* a stream of one, over a connection that stays open */
	assert_int_equal(read_text(OPEN "{\"result\":{\"header\":{},\"ID\":\"7\",\"TTL\":\"5\"}}",
				   false, ETCD_RENEW, &a),
			 0);
	assert_int_equal(read_text(OPEN "{\"result\":{\"header\":{},\"ID\":\"7\",\"TTL\":\"5\"}}\n",
				   false, ETCD_RENEW, &a),
			 1);
	assert_true(a.ok && a.ttl_s == 5);
	assert_int_equal(read_text(OPEN "{\"result\":{\"header\":{},\"ID\":\"7\"}}\n", false,
				   ETCD_RENEW, &a),
			 1);
	assert_false(a.ok); /* it has ended */
}

static void what_is_no_answer_is_none(void **state)
{
	static const char *const bad[] = {
		"SSH-2.0-OpenSSH_9.2\r\n",
		"HTTP/1.0 404 Not Found\r\n\r\n{\"error\":\"requested lease not found\"}",
		"HTTP/1.0 503 Busy\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\n<html>",
		"HTTP/1.0 200 OK\r\n\r\n{\"ID\":\"99999999999999999999\",\"TTL\":\"5\"}",
		"HTTP/1.0 200 OK\r\n\r\n{\"ID\":\"7",
		"HTTP/1.0 200",
		"",
	};
	struct etcd_answer a;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_text(bad[i], true, ETCD_GRANT, &a), -1);
}

/* ---- a life ---- */

struct etcd { /* one connection at a time, one lease */
	struct loop *loop;
	struct loop_fd listener, conn;
	char in[2048];
	size_t len;
	bool mute, taken;	     /* says nothing; another has the key */
	unsigned n[ETCD_REVOKE + 1]; /* questions by kind */
	uint64_t id;
	struct etcd_leases *leases;
	struct etcd_user *user, *second;
	struct vrrp_lease_conf conf;
	struct vrrp_lease_news news, second_news;
};

static void reply(struct etcd *e, const char *body)
{
	char out[512];
	int len = snprintf(out, sizeof(out), "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
			   strlen(body), body);

	assert_int_equal(write(e->conn.fd, out, (size_t)len), len);
}

static void serve(struct etcd *e)
{
	char body[256];

	if (strstr(e->in, "/lease/grant")) {
		e->n[ETCD_GRANT]++;
		snprintf(body, sizeof(body), "{\"header\":{},\"ID\":\"%llu\",\"TTL\":\"2\"}",
			 (unsigned long long)++e->id);
	} else if (strstr(e->in, "/kv/txn")) {
		e->n[ETCD_LOCK]++;
		snprintf(body, sizeof(body), "{\"header\":{},%s}",
			 e->taken ? "\"kvs\":[{\"lease\":\"1234567\"}]" : "\"succeeded\":true");
	} else if (strstr(e->in, "/keepalive")) {
		e->n[ETCD_RENEW]++;
		snprintf(body, sizeof(body), "{\"result\":{\"ID\":\"1\",\"TTL\":\"2\"}}");
	} else {
		e->n[ETCD_REVOKE]++;
		snprintf(body, sizeof(body), "{\"header\":{}}");
	}
	if (!e->mute)
		reply(e, body);
}

static void hang_up(struct etcd *e)
{
	if (e->conn.fd < 0)
		return;
	loop_fd_del(e->loop, &e->conn);
	close(e->conn.fd);
	e->conn.fd = -1;
}

static void on_conn(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct etcd *e = container_of(lfd, struct etcd, conn);
	ssize_t n = read(lfd->fd, e->in + e->len, sizeof(e->in) - 1 - e->len);

	(void)loop, (void)ready;
	if (n <= 0) {
		hang_up(e);
		return;
	}
	e->len += (size_t)n;
	e->in[e->len] = '\0';
	if (!strchr(e->in, '}'))
		return;
	serve(e);
	if (!e->mute)
		hang_up(e);
}

static void on_listener(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct etcd *e = container_of(lfd, struct etcd, listener);

	(void)ready;
	hang_up(e);
	e->conn.fd = accept(lfd->fd, NULL, NULL);
	e->conn.on_ready = on_conn;
	e->len = 0;
	assert_int_equal(loop_fd_add(loop, &e->conn, LOOP_IN), 0);
}

static void on_news(void *ctx, const struct vrrp_lease_news *news)
{
	*(struct vrrp_lease_news *)ctx = *news;
}

static int setup(void **state)
{
	struct etcd *e = calloc(1, sizeof(*e));
	struct addr at;
	socklen_t len = sizeof(at.in4);

	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	assert_true(addr_parse_ip(&at, SLICE("127.0.0.1"), 0));
	e->loop = loop_new(&loop_epoll_ops);
	e->listener =
		(struct loop_fd){.fd = socket(AF_INET, SOCK_STREAM, 0), .on_ready = on_listener};
	e->conn.fd = -1;
	assert_int_equal(bind(e->listener.fd, &at.sa, at.len), 0);
	assert_int_equal(listen(e->listener.fd, 8), 0);
	getsockname(e->listener.fd, &at.sa, &len);
	assert_int_equal(loop_fd_add(e->loop, &e->listener, LOOP_IN), 0);
	e->conf = (struct vrrp_lease_conf){
		.name = "web", .ttl_s = 2, .n_endpoints = 1, .endpoints = {at}};
	e->leases = etcd_leases_new(e->loop, "lb1");
	e->user = etcd_user_new(e->leases, &e->conf, on_news, &e->news);
	*state = e;
	return 0;
}

static int teardown(void **state)
{
	struct etcd *e = *state;

	etcd_user_free(&e->user);
	etcd_user_free(&e->second);
	e->mute = true;
	etcd_leases_free(&e->leases);
	hang_up(e);
	loop_fd_del(e->loop, &e->listener);
	close(e->listener.fd);
	loop_free(&e->loop);
	free(e);
	return 0;
}

/* Until the condition holds, or it has had far more than enough time. */
#define RUN_UNTIL(e, condition)                                                   \
	do {                                                                      \
		int64_t give_up = loop_clock_us((e)->loop) + 20000 * (int64_t)MS; \
		while (!(condition)) {                                            \
			if (loop_clock_us((e)->loop) > give_up)                   \
				fail_msg("in vain: %s", #condition);              \
			loop_step((e)->loop, loop_clock_us((e)->loop) + 10 * MS); \
		}                                                                 \
	} while (0)

static void it_is_got_kept_and_given_back(void **state)
{
	struct etcd *e = *state;
	int64_t first;

	assert_int_equal(e->news.until_us, 0);
	etcd_user_want(e->user, true);
	RUN_UNTIL(e, e->news.until_us > 0);
	first = e->news.until_us;
	assert_true(first <=
		    loop_clock_us(e->loop) + 1800 * MS); /* a tenth less than two seconds */
	assert_int_equal(e->n[ETCD_GRANT], 1);
	assert_int_equal(e->n[ETCD_LOCK], 1);
	RUN_UNTIL(e, e->n[ETCD_RENEW] == 2);
	RUN_UNTIL(e, e->news.until_us > first);
	etcd_user_want(e->user, false);
	RUN_UNTIL(e, e->n[ETCD_REVOKE] == 1);
	assert_int_equal(e->n[ETCD_GRANT], 1);
}

static void while_another_has_it_it_is_asked_for_again(void **state)
{
	struct etcd *e = *state;

	e->taken = true;
	etcd_user_want(e->user, true);
	RUN_UNTIL(e, e->n[ETCD_LOCK] >= 3);
	assert_true(e->news.busy);
	assert_int_equal(e->news.until_us, 0);
	e->taken = false;
	RUN_UNTIL(e, e->news.until_us > 0);
	assert_false(e->news.busy);
	assert_int_equal(e->n[ETCD_GRANT], 1); /* one lease all the time */
}

static void without_answers_it_ends_before_etcd_lets_go(void **state)
{
	struct etcd *e = *state;
	int64_t until;

	etcd_user_want(e->user, true);
	RUN_UNTIL(e, e->news.until_us > 0);
	until = e->news.until_us;
	e->mute = true;
	RUN_UNTIL(e, e->news.until_us != until);
	assert_int_equal(e->news.until_us, 0);
	e->mute = false;
	RUN_UNTIL(e, e->news.until_us > until);
	assert_int_equal(e->n[ETCD_GRANT] >= 2, true);
}

static void two_users_share_it(void **state)
{
	struct etcd *e = *state;

	e->second = etcd_user_new(e->leases, &e->conf, on_news, &e->second_news);
	etcd_user_want(e->user, true);
	RUN_UNTIL(e, e->news.until_us > 0);
	assert_int_equal(e->second_news.until_us, 0); /* it does not want it */
	etcd_user_want(e->second, true);
	assert_true(e->second_news.until_us == e->news.until_us);
	etcd_user_want(e->user, false);
	RUN_UNTIL(e, e->n[ETCD_RENEW] == 1);
	assert_int_equal(e->n[ETCD_REVOKE], 0);
	assert_int_equal(e->n[ETCD_LOCK], 1);
}

static void an_earlier_process_lease_is_renewed(void **state)
{
	struct etcd *e = *state;
	struct vrrp_lease_news before = {.id = 1234567,
					 .until_us = loop_clock_us(e->loop) + 900 * MS};

	etcd_user_adopt(e->user, &before);
	etcd_user_want(e->user, true);
	RUN_UNTIL(e, e->news.until_us > before.until_us);
	assert_int_equal(e->n[ETCD_GRANT], 0);
	assert_int_equal(e->n[ETCD_LOCK], 0);
	etcd_user_want(e->user, false);
	RUN_UNTIL(e, e->n[ETCD_REVOKE] == 1);
	/* one that had run out is not ours, but the key may still say so */
	before.until_us = loop_clock_us(e->loop) - 1;
	etcd_user_adopt(e->user, &before);
	e->taken = true;
	etcd_user_want(e->user, true);
	RUN_UNTIL(e, e->news.until_us > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_what_the_gateway_reads),
		cmocka_unit_test(answers_are_understood),
		cmocka_unit_test(what_is_no_answer_is_none),
		cmocka_unit_test_setup_teardown(it_is_got_kept_and_given_back, setup, teardown),
		cmocka_unit_test_setup_teardown(while_another_has_it_it_is_asked_for_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(without_answers_it_ends_before_etcd_lets_go, setup,
						teardown),
		cmocka_unit_test_setup_teardown(two_users_share_it, setup, teardown),
		cmocka_unit_test_setup_teardown(an_earlier_process_lease_is_renewed, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
