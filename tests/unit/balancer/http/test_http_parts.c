/*
 * Built-in replies, dates and cookies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include "balancer/h1/parse.h"
#include "balancer/http/cookie.h"
#include "balancer/http/date.h"
#include "balancer/http/reply.h"

static void built_in_replies_have_the_known_words(void **state)
{
	struct http_message msg;
	struct arena arena;
	char out[512];
	size_t len;

	(void)state;
	arena_init(&arena, 0);
	http_message_init(&msg, &arena);
	assert_true(http_reply_make(&msg, http_reply_get(503)));
	len = http_message_write(&msg, out, sizeof(out));
	assert_true(slice_eq_str((struct slice){out, len},
				 "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 107\r\n"
				 "cache-control: no-cache\r\ncontent-type: text/html\r\n\r\n"));
	assert_true(slice_eq_str(http_reply_get(503)->body,
				 "<html><body><h1>503 Service Unavailable</h1>\n"
				 "No server is available to handle this request.\n"
				 "</body></html>\n"));
	http_message_init(&msg, &arena);
	assert_true(http_reply_make(&msg, http_reply_get(400)));
	assert_true(http_message_has_token(&msg, HTTP_HEADER_CONNECTION, "close"));
	assert_null(http_reply_builtin(418));
	assert_int_equal(http_reply_get(418)->status, 500);
	arena_fini(&arena);
}

static void dates_agree_with_the_c_library(void **state)
{
	struct http_date date = {0};
	char want[64];

	(void)state;
	assert_true(slice_eq_str(http_date_at(&date, 784111777), "Sun, 06 Nov 1994 08:49:37 GMT"));
	assert_true(slice_eq_str(http_date_at(&date, 0), "Thu, 01 Jan 1970 00:00:00 GMT"));
	for (int64_t t = 1; t < 253402300799; t += 86400 * 37 + 4211) {
		time_t c = (time_t)t;
		struct tm tm;

		gmtime_r(&c, &tm);
		strftime(want, sizeof(want), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		assert_true(slice_eq_str(http_date_at(&date, t), want));
		assert_true(slice_eq_str(http_date_at(&date, t), want));
	}
}

static const struct {
	const char *before, *name, *value, *after;
} cookie_rows[] = {
	{"SRV=s1", "SRV", "s1", NULL},
	{"SRV=s1; a=b", "SRV", "s1", "a=b"},
	{"a=b; SRV=s1", "SRV", "s1", "a=b"},
	{"a=b; SRV=s1; c=d", "SRV", "s1", "a=b; c=d"},
	{"a=b;SRV=s1;c=d", "SRV", "s1", "a=b;c=d"},
	{"a=b; SRV = s1 ; c=d", "SRV", "s1", "a=b; c=d"},
	{"a=SRV=1; SRV=", "SRV", "", "a=SRV=1"},
	{"SRV; x=\"SRV=2\"; SRV=3", "SRV", "3", "SRV; x=\"SRV=2\""},
	{"srv=1", "SRV", NULL, "srv=1"},
	{";;", "SRV", NULL, ";;"},
};

static void cookies_are_found_and_cut_without_trace(void **state)
{
	struct arena arena;
	char head[256];

	(void)state;
	arena_init(&arena, 0);
	for (size_t i = 0; i < sizeof(cookie_rows) / sizeof(cookie_rows[0]); i++) {
		struct h1_parser p = {0};
		struct http_cursor at = {0};
		struct http_cookie cookie;
		struct http_message msg;
		bool found;

		strcpy(head, "GET / HTTP/1.1\r\nCookie: ");
		strcat(head, cookie_rows[i].before);
		strcat(head, "\r\n\r\n");
		http_message_init(&msg, &arena);
		assert_int_equal(h1_parse_request(&p, &msg, head, strlen(head)), H1_DONE);
		found = http_cookie_find(&msg, slice_of(cookie_rows[i].name), &at, &cookie);
		assert_int_equal(found, cookie_rows[i].value != NULL);
		if (found) {
			assert_true(slice_eq_str(cookie.value, cookie_rows[i].value));
			assert_true(http_cookie_cut(&msg, &at, &cookie));
		}
		assert_true(slice_eq(http_message_value(&msg, HTTP_HEADER_COOKIE),
				     slice_of(cookie_rows[i].after)));
	}
	arena_fini(&arena);
}

static void a_set_cookie_has_a_name_and_a_value(void **state)
{
	struct http_cookie c;

	(void)state;
	assert_true(http_cookie_set_parse(SLICE("SRV=s1; path=/; HttpOnly"), &c));
	assert_true(slice_eq_str(c.name, "SRV"));
	assert_true(slice_eq_str(c.value, "s1"));
	assert_false(http_cookie_set_parse(SLICE("nothing"), &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in_replies_have_the_known_words),
		cmocka_unit_test(dates_agree_with_the_c_library),
		cmocka_unit_test(cookies_are_found_and_cut_without_trace),
		cmocka_unit_test(a_set_cookie_has_a_name_and_a_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
