/*
 * HTTP/1 heads (h1/parse.c, h1/lines.c, h1/fields.c): which are taken, which are refused and why,
 * and how bodies end. Each row of the tables is one rule of RFC 9112 or RFC 9110; each head is also
 * fed byte by byte, and with its buffer moved between calls, and must come out the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "balancer/h1/parse.h"

struct verdict {
	enum h1_result result;
	enum h1_error error;
	size_t used; /* bytes that had been given when the verdict came */
};

static struct verdict parse_whole(const char *text, size_t len, bool response, unsigned method,
				  struct http_message *msg, struct arena *arena)
{
	struct h1_parser p = {0};
	char *buf = (char *)(uintptr_t)text;
	struct verdict v = {.used = len};

	http_message_init(msg, arena);
	v.result = response ? h1_parse_response(&p, msg, (enum http_method)method, buf, len)
			    : h1_parse_request(&p, msg, buf, len);
	v.error = (enum h1_error)p.error;
	return v;
}

/* One byte more at each call, each time in another buffer of exactly that size. */
static struct verdict parse_drip(const char *text, size_t len, bool response, unsigned method,
				 struct http_message *msg, struct arena *arena)
{
	struct h1_parser p = {0};
	struct verdict v = {.result = H1_MORE};
	char *before = NULL;

	http_message_init(msg, arena);
	for (size_t n = 1; n <= len && v.result == H1_MORE; n++) {
		char *buf = malloc(n);

		memcpy(buf, text, n);
		v.result = response ? h1_parse_response(&p, msg, (enum http_method)method, buf, n)
				    : h1_parse_request(&p, msg, buf, n);
		v.used = n;
		free(before);
		before = buf;
	}
	if (v.result == H1_DONE)
		http_message_rebase(msg, (char *)(uintptr_t)text);
	free(before);
	v.error = (enum h1_error)p.error;
	return v;
}

struct row {
	const char *head;
	enum h1_error error;
};

#define H "Host: a\r\n"

static const struct row request_rows[] = {
	{"GET / HTTP/1.1\r\n" H "\r\n", H1_ERROR_NONE},
	{"\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", H1_ERROR_NONE},
	{"GET / HTTP/1.1\r\n\r\n",
	 H1_ERROR_NONE}, /* as HAProxy does; Host is the server's concern */
	{"GET / HTTP/1.0\r\n\r\n", H1_ERROR_NONE},
	{"M-SEARCH * HTTP/1.1\r\n" H "\r\n", H1_ERROR_TARGET},
	{"PROPFIND /x HTTP/1.1\r\n" H "\r\n", H1_ERROR_NONE},
	{"OPTIONS * HTTP/1.1\r\n" H "\r\n", H1_ERROR_NONE},
	{"GET * HTTP/1.1\r\n" H "\r\n", H1_ERROR_TARGET},
	{"GET http://a/x?y HTTP/1.1\r\n" H "\r\n", H1_ERROR_NONE},
	{"GET http://A:80 HTTP/1.1\r\n" H "\r\n", H1_ERROR_NONE},
	{"GET https://a:80/ HTTP/1.1\r\n" H "\r\n", H1_ERROR_HOST_DIFFERS},
	{"GET http://b/ HTTP/1.1\r\n" H "\r\n", H1_ERROR_HOST_DIFFERS},
	{"GET http:/// HTTP/1.1\r\n" H "\r\n", H1_ERROR_TARGET},
	{"GET http://u@a/ HTTP/1.1\r\n" H "\r\n", H1_ERROR_TARGET},
	{"GET a/b HTTP/1.1\r\n" H "\r\n", H1_ERROR_TARGET},
	{"GET 1http://a/ HTTP/1.1\r\n" H "\r\n", H1_ERROR_TARGET},
	{"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", H1_ERROR_NONE},
	{"CONNECT a:443 HTTP/1.1\r\nHost: b:443\r\n\r\n", H1_ERROR_HOST_DIFFERS},
	{"CONNECT a HTTP/1.1\r\n" H "\r\n", H1_ERROR_TARGET},
	{"CONNECT / HTTP/1.1\r\n" H "\r\n", H1_ERROR_TARGET},
	/* start line */
	{" GET / HTTP/1.1\r\n" H "\r\n", H1_ERROR_METHOD},
	{"G@T / HTTP/1.1\r\n" H "\r\n", H1_ERROR_METHOD},
	{"GET\t/ HTTP/1.1\r\n" H "\r\n", H1_ERROR_METHOD},
	{"\x16\x03\x01\x02", H1_ERROR_METHOD},
	{"GET  / HTTP/1.1\r\n" H "\r\n", H1_ERROR_START_LINE},
	{"GET /  HTTP/1.1\r\n" H "\r\n", H1_ERROR_START_LINE},
	{"GET / HTTP/1.1 \r\n" H "\r\n", H1_ERROR_START_LINE},
	{"GET /\r\n\r\n", H1_ERROR_START_LINE},
	{"GET /a b HTTP/1.1\r\n" H "\r\n", H1_ERROR_START_LINE},
	{"GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n", H1_ERROR_TARGET},
	{"GET /a#b HTTP/1.1\r\n" H "\r\n", H1_ERROR_TARGET},
	{"GET /aaaaaaaaaaaaaaaaaaaaaaaaaaa\x7f HTTP/1.1\r\n" H "\r\n", H1_ERROR_TARGET},
	{"GET / HTTP/1.2\r\n" H "\r\n", H1_ERROR_VERSION_NEW},
	{"GET / HTTP/2.0\r\n" H "\r\n", H1_ERROR_VERSION_NEW},
	{"GET / HTTP/0.9\r\n" H "\r\n", H1_ERROR_VERSION},
	{"GET / http/1.1\r\n" H "\r\n", H1_ERROR_VERSION},
	{"GET / HTTP/1.1\n" H "\r\n", H1_ERROR_LINE_END},
	{"GET / HTTP/1.1\r\r\n" H "\r\n", H1_ERROR_START_LINE},
	/* field lines */
	{"GET / HTTP/1.1\r\nHost: a\n\r\n", H1_ERROR_LINE_END},
	{"GET / HTTP/1.1\r\n" H "\n", H1_ERROR_LINE_END},
	{"GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", H1_ERROR_BARE_CR},
	{"GET / HTTP/1.1\r\n" H "\rX: b\r\n\r\n", H1_ERROR_BARE_CR},
	{"GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", H1_ERROR_FIELD_FOLD},
	{"GET / HTTP/1.1\r\n X: a\r\n\r\n", H1_ERROR_FIELD_FOLD},
	{"GET / HTTP/1.1\r\n" H "X : a\r\n\r\n", H1_ERROR_FIELD_COLON},
	{"GET / HTTP/1.1\r\n" H "X\t: a\r\n\r\n", H1_ERROR_FIELD_COLON},
	{"GET / HTTP/1.1\r\n" H ": a\r\n\r\n", H1_ERROR_FIELD_NAME},
	{"GET / HTTP/1.1\r\n" H "foo\r\n\r\n", H1_ERROR_FIELD_NAME},
	{"GET / HTTP/1.1\r\n" H "f(o: a\r\n\r\n", H1_ERROR_FIELD_NAME},
	{"GET / HTTP/1.1\r\n" H "f\xc3\xb6: a\r\n\r\n", H1_ERROR_FIELD_NAME},
	{"GET / HTTP/1.1\r\n" H "X: a\x01z\r\n\r\n", H1_ERROR_FIELD_VALUE},
	{"GET / HTTP/1.1\r\n" H "X: 0123456789abcdef\x7f\r\n\r\n", H1_ERROR_FIELD_VALUE},
	{"GET / HTTP/1.1\r\n" H "X: a\tb\xe9\r\nEmpty:\r\n\r\n", H1_ERROR_NONE},
	/* Host */
	{"GET / HTTP/1.1\r\n" H H "\r\n", H1_ERROR_HOST_TWICE},
	{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", H1_ERROR_HOST_VALUE},
	{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", H1_ERROR_HOST_VALUE},
	{"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", H1_ERROR_HOST_VALUE},
	{"GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", H1_ERROR_HOST_VALUE},
	{"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", H1_ERROR_HOST_VALUE},
	{"GET / HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n", H1_ERROR_NONE},
	{"GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n", H1_ERROR_NONE},
	{"GET / HTTP/1.1\r\nHost:\r\n\r\n", H1_ERROR_NONE},
	/* framing */
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
	 H1_ERROR_LENGTH_AND_CODING},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", H1_ERROR_NONE},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 4\r\n\r\n",
	 H1_ERROR_LENGTH_DIFFERS},
	{"POST / HTTP/1.1\r\n" H "Content-Length: +3\r\n\r\n", H1_ERROR_LENGTH_VALUE},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 0x3\r\n\r\n", H1_ERROR_LENGTH_VALUE},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3, 3\r\n\r\n", H1_ERROR_LENGTH_VALUE},
	{"POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", H1_ERROR_LENGTH_VALUE},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 9223372036854775808\r\n\r\n",
	 H1_ERROR_LENGTH_VALUE},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n", H1_ERROR_NONE},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n", H1_ERROR_CODING_LAST},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n", H1_ERROR_CODING_LAST},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, gzip\r\n\r\n", H1_ERROR_CODING_LAST},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
	 H1_ERROR_CODING_LAST},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
	 H1_ERROR_CODING_UNKNOWN},
	{"POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n", H1_ERROR_CODING_OLD},
	{"GET / HTTP/1.1\r\n" H "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
	 H1_ERROR_WEBSOCKET_KEY},
};

static const struct row response_rows[] = {
	{"HTTP/1.1 200 OK\r\n\r\n", H1_ERROR_NONE},
	{"HTTP/1.1 200 \r\n\r\n", H1_ERROR_NONE},
	{"HTTP/1.1 200\r\n\r\n", H1_ERROR_NONE},
	{"HTTP/1.1 200 G\xc3\xbcltig\r\n\r\n", H1_ERROR_NONE},
	{"HTTP/1.1 200 a\x01\r\n\r\n", H1_ERROR_REASON},
	{"HTTP/1.1 20 OK\r\n\r\n", H1_ERROR_STATUS},
	{"HTTP/1.1 2000 OK\r\n\r\n", H1_ERROR_STATUS},
	{"HTTP/1.1 099 OK\r\n\r\n", H1_ERROR_STATUS},
	{"HTTP/1.1  200 OK\r\n\r\n", H1_ERROR_STATUS},
	{"HTTP/1.1\r\n\r\n", H1_ERROR_START_LINE},
	{"HTTP/2.0 200 OK\r\n\r\n", H1_ERROR_VERSION_NEW},
	{"ICY 200 OK, whatever\r\n\r\n", H1_ERROR_START_LINE},
	{"HTTP/1.1 200 OK\n\r\n", H1_ERROR_LINE_END},
	{"HTTP/1.1 200 OK\r\nX : a\r\n\r\n", H1_ERROR_FIELD_COLON},
	{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
	 H1_ERROR_LENGTH_DIFFERS},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", H1_ERROR_CODING_LAST},
	{"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", H1_ERROR_CODING_OLD},
};

static void judge_rows(const struct row *row, size_t n, bool response)
{
	struct http_message msg;
	struct arena arena;

	arena_init(&arena, 0);
	for (size_t i = 0; i < n; i++, row++) {
		size_t len = strlen(row->head);
		struct verdict whole, drip;

		whole = parse_whole(row->head, len, response, HTTP_METHOD_GET, &msg, &arena);
		drip = parse_drip(row->head, len, response, HTTP_METHOD_GET, &msg, &arena);
		if (whole.error != row->error)
			print_error("row %zu %s: %s, not %s\n", i, row->head,
				    h1_error_text(whole.error), h1_error_text(row->error));
		assert_int_equal(whole.error, row->error);
		assert_int_equal(whole.result, row->error ? H1_FAILED : H1_DONE);
		assert_int_equal(drip.result, whole.result);
		assert_int_equal(drip.error, whole.error);
		if (drip.result == H1_DONE)
			assert_int_equal(drip.used, len);
	}
	arena_fini(&arena);
}

static void requests_are_taken_or_refused_by_the_letter(void **state)
{
	(void)state;
	judge_rows(request_rows, sizeof(request_rows) / sizeof(request_rows[0]), false);
}

static void responses_are_taken_or_refused_by_the_letter(void **state)
{
	(void)state;
	judge_rows(response_rows, sizeof(response_rows) / sizeof(response_rows[0]), true);
}

static void a_nul_is_refused_wherever_it_stands(void **state)
{
	static const char head[] = "GET /abc HTTP/1.1\r\nHost: abc\r\nX: abc\r\n\r\n";
	struct http_message msg;
	struct arena arena;
	char copy[sizeof(head)];

	(void)state;
	arena_init(&arena, 0);
	for (size_t i = 0; i < sizeof(head) - 1; i++) {
		struct verdict v;

		memcpy(copy, head, sizeof(head));
		copy[i] = '\0';
		v = parse_whole(copy, sizeof(head) - 1, false, 0, &msg, &arena);
		assert_int_not_equal(v.result, H1_DONE);
	}
	arena_fini(&arena);
}

static void a_request_is_indexed_in_place(void **state)
{
	static char head[] = "POST /a/b?c=d HTTP/1.1\r\nHOST:  www.example.org:8080 \r\n"
			     "X-Long-Unknown-Name: \tsome value that is longer than 16\t \r\n"
			     "Content-Length: 5\r\n\r\nhello";
	struct http_cursor at = {0};
	struct http_message msg;
	struct h1_parser p = {0};
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	http_message_init(&msg, &arena);
	assert_int_equal(h1_parse_request(&p, &msg, head, sizeof(head) - 1), H1_DONE);
	assert_int_equal(msg.method, HTTP_METHOD_POST);
	assert_true(slice_eq_str(msg.method_text, "POST"));
	assert_true(slice_eq_str(http_message_path(&msg), "/a/b"));
	assert_true(slice_eq_str(http_message_query(&msg), "c=d"));
	assert_true(slice_eq_str(http_message_host(&msg), "www.example.org:8080"));
	assert_true(http_message_find(&msg, http_name_of(SLICE("x-long-unknown-name")), &at));
	assert_true(slice_eq_str(at.value, "some value that is longer than 16"));
	assert_int_equal(msg.body_kind, HTTP_BODY_LENGTH);
	assert_int_equal(msg.body_len, 5);
	assert_int_equal(msg.head_len, sizeof(head) - 6);
	assert_ptr_equal(msg.target.ptr, head + 5);
	assert_int_equal(arena.used, 0);
	arena_fini(&arena);
}

static void many_fields_are_bounded(void **state)
{
	char head[8192];
	size_t len = 0;
	struct http_message msg;
	struct arena arena;
	struct verdict v;

	(void)state;
	arena_init(&arena, 0);
	len += (size_t)sprintf(head, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < 101; i++)
		len += (size_t)sprintf(head + len, "X-%d: %d\r\n", i, i);
	memcpy(head + len, "\r\n", 2);
	v = parse_whole(head, len + 2, false, 0, &msg, &arena);
	assert_int_equal(v.result, H1_DONE);
	assert_int_equal(msg.received.n, 101);
	memcpy(head + len, "X: y\r\n\r\n", 8);
	v = parse_whole(head, len + 8, false, 0, &msg, &arena);
	assert_int_equal(v.error, H1_ERROR_FIELDS_MANY);
	arena_fini(&arena);
}

struct framing_row {
	const char *head;
	unsigned method; /* of the request */
	enum http_body_kind kind;
	uint64_t len;
	bool keep_alive;
};

static const struct framing_row framing_rows[] = {
	{"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", HTTP_METHOD_GET, HTTP_BODY_LENGTH, 7,
	 true},
	{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", HTTP_METHOD_GET, HTTP_BODY_NONE, 0, true},
	{"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", HTTP_METHOD_HEAD, HTTP_BODY_NONE, 0, true},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_METHOD_GET,
	 HTTP_BODY_CHUNKED, 0, true},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n",
	 HTTP_METHOD_GET, HTTP_BODY_CHUNKED, 0, false},
	{"HTTP/1.1 200 OK\r\n\r\n", HTTP_METHOD_GET, HTTP_BODY_UNTIL_CLOSE, 0, false},
	{"HTTP/1.1 204 No\r\n\r\n", HTTP_METHOD_GET, HTTP_BODY_NONE, 0, true},
	{"HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n", HTTP_METHOD_GET, HTTP_BODY_NONE, 0, true},
	{"HTTP/1.1 100 Go\r\n\r\n", HTTP_METHOD_POST, HTTP_BODY_NONE, 0, true},
	{"HTTP/1.1 101 Up\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", HTTP_METHOD_GET,
	 HTTP_BODY_TUNNEL, 0, true},
	{"HTTP/1.1 200 OK\r\n\r\n", HTTP_METHOD_CONNECT, HTTP_BODY_TUNNEL, 0, true},
	{"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\n", HTTP_METHOD_CONNECT, HTTP_BODY_LENGTH, 2,
	 true},
	{"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: foo, Close\r\n\r\n", HTTP_METHOD_GET,
	 HTTP_BODY_LENGTH, 7, false},
	{"HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n", HTTP_METHOD_GET, HTTP_BODY_LENGTH, 7,
	 false},
	{"HTTP/1.0 200 OK\r\nContent-Length: 7\r\nConnection: Keep-Alive\r\n\r\n", HTTP_METHOD_GET,
	 HTTP_BODY_LENGTH, 7, true},
};

static void responses_end_where_the_rules_say(void **state)
{
	struct http_message msg;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	for (size_t i = 0; i < sizeof(framing_rows) / sizeof(framing_rows[0]); i++) {
		const struct framing_row *row = &framing_rows[i];
		struct verdict v =
			parse_whole(row->head, strlen(row->head), true, row->method, &msg, &arena);

		assert_int_equal(v.result, H1_DONE);
		assert_int_equal(msg.body_kind, row->kind);
		assert_int_equal(msg.body_len, row->len);
		assert_int_equal(msg.keep_alive, row->keep_alive);
		assert_int_equal(msg.interim, msg.status == 100);
	}
	arena_fini(&arena);
}

static void a_length_beside_chunks_is_not_passed_on(void **state)
{
	static const char head[] =
		"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n";
	struct http_message msg;
	struct arena arena;
	char out[256];
	size_t len;

	(void)state;
	arena_init(&arena, 0);
	parse_whole(head, sizeof(head) - 1, true, HTTP_METHOD_GET, &msg, &arena);
	len = http_message_write(&msg, out, sizeof(out));
	assert_true(slice_eq_str((struct slice){out, len},
				 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
	arena_fini(&arena);
}

static void wishes_of_a_request_are_seen(void **state)
{
	struct http_message msg;
	struct arena arena;
	const char *head;

	(void)state;
	arena_init(&arena, 0);
	head = "GET / HTTP/1.1\r\n" H "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
	       "Sec-WebSocket-Key: x\r\n\r\n";
	parse_whole(head, strlen(head), false, 0, &msg, &arena);
	assert_true(msg.upgrade && msg.keep_alive);
	head = "POST / HTTP/1.1\r\n" H "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n";
	parse_whole(head, strlen(head), false, 0, &msg, &arena);
	assert_true(msg.expect_continue && !msg.upgrade);
	head = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
	parse_whole(head, strlen(head), false, 0, &msg, &arena);
	assert_false(msg.expect_continue || msg.keep_alive);
	arena_fini(&arena);
}

static void pipelined_requests_are_cut_apart(void **state)
{
	static char two[] = "GET /1 HTTP/1.1\r\n" H "\r\nGET /2 HTTP/1.1\r\n" H "\r\n";
	struct http_message msg;
	struct h1_parser p = {0};
	struct arena arena;
	uint32_t first;

	(void)state;
	arena_init(&arena, 0);
	http_message_init(&msg, &arena);
	assert_int_equal(h1_parse_request(&p, &msg, two, sizeof(two) - 1), H1_DONE);
	assert_true(slice_eq_str(msg.target, "/1"));
	first = msg.head_len;
	p = (struct h1_parser){0};
	http_message_init(&msg, &arena);
	assert_int_equal(h1_parse_request(&p, &msg, two + first, sizeof(two) - 1 - first), H1_DONE);
	assert_true(slice_eq_str(msg.target, "/2"));
	assert_int_equal(first + msg.head_len, sizeof(two) - 1);
	arena_fini(&arena);
}

static void every_reason_has_text_and_status(void **state)
{
	(void)state;
	for (int e = 1; e < H1_ERROR_N; e++) {
		assert_true(strlen(h1_error_text((enum h1_error)e)) > 8);
		assert_in_range(h1_error_status((enum h1_error)e), 400, 505);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_taken_or_refused_by_the_letter),
		cmocka_unit_test(responses_are_taken_or_refused_by_the_letter),
		cmocka_unit_test(a_nul_is_refused_wherever_it_stands),
		cmocka_unit_test(a_request_is_indexed_in_place),
		cmocka_unit_test(many_fields_are_bounded),
		cmocka_unit_test(responses_end_where_the_rules_say),
		cmocka_unit_test(a_length_beside_chunks_is_not_passed_on),
		cmocka_unit_test(wishes_of_a_request_are_seen),
		cmocka_unit_test(pipelined_requests_are_cut_apart),
		cmocka_unit_test(every_reason_has_text_and_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
