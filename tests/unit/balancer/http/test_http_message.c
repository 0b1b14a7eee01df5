/*
 * The message head: looking, editing, and how few runs of memory it is written in. Every edit is
 * checked both ways it can go out, by runs and by copy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "balancer/h1/parse.h"
#include "balancer/http/message.h"

struct story {
	struct arena arena;
	struct http_message msg;
	char head[512];
};

static void open_request(struct story *s, const char *head)
{
	struct h1_parser p = {0};

	arena_init(&s->arena, 0);
	strcpy(s->head, head);
	http_message_init(&s->msg, &s->arena);
	assert_int_equal(h1_parse_request(&p, &s->msg, s->head, strlen(head)), H1_DONE);
}

static void open_response(struct story *s, const char *head)
{
	struct h1_parser p = {0};

	arena_init(&s->arena, 0);
	strcpy(s->head, head);
	http_message_init(&s->msg, &s->arena);
	assert_int_equal(h1_parse_response(&p, &s->msg, HTTP_METHOD_GET, s->head, strlen(head)),
			 H1_DONE);
}

/* Number of runs; both ways of writing must give want. */
static int written(const struct story *s, const char *want)
{
	struct iovec iov[32];
	char out[1024];
	size_t len = 0;
	int n = http_message_iov(&s->msg, iov, 32);

	assert_in_range(n, 1, 32);
	for (int i = 0; i < n; i++) {
		memcpy(out + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	out[len] = '\0';
	assert_string_equal(out, want);
	assert_int_equal(http_message_len(&s->msg), len);
	memset(out, 0, sizeof(out));
	assert_int_equal(http_message_write(&s->msg, out, len), len);
	assert_string_equal(out, want);
	assert_int_equal(http_message_write(&s->msg, out, len - 1), 0);
	return n;
}

#define NAME(text) http_name_of(SLICE(text))
#define BASIC	   "GET /p?q HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nCookie: a=b\r\nx-a: 2\r\n\r\n"

static void an_untouched_head_is_one_run(void **state)
{
	struct story s;

	(void)state;
	open_request(&s, BASIC);
	assert_int_equal(written(&s, BASIC), 1);
	arena_fini(&s.arena);
	open_request(&s, "\r\nGET / HTTP/1.1\r\n\r\n");
	assert_int_equal(written(&s, "GET / HTTP/1.1\r\n\r\n"), 1);
	arena_fini(&s.arena);
}

static void fields_are_found_in_any_case_and_in_order(void **state)
{
	struct http_cursor at = {0};
	struct story s;

	(void)state;
	open_request(&s, BASIC);
	assert_true(http_message_find(&s.msg, NAME("X-a"), &at));
	assert_true(slice_eq_str(at.value, "1"));
	assert_true(http_message_add(&s.msg, NAME("X-A"), SLICE("3")));
	assert_true(http_message_find(&s.msg, NAME("X-a"), &at));
	assert_true(slice_eq_str(at.value, "2"));
	assert_true(http_message_find(&s.msg, NAME("X-a"), &at));
	assert_true(slice_eq_str(at.value, "3"));
	assert_false(http_message_find(&s.msg, NAME("X-a"), &at));
	assert_false(http_message_has(&s.msg, NAME("Upgrade")));
	assert_false(http_message_has(&s.msg, NAME("X-Aa")));
	assert_true(slice_eq_str(http_message_value(&s.msg, HTTP_HEADER_COOKIE), "a=b"));
	assert_null(http_message_value(&s.msg, HTTP_HEADER_DATE).ptr);
	arena_fini(&s.arena);
}

static void adding_costs_one_run(void **state)
{
	struct story s;

	(void)state;
	open_request(&s, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_true(http_message_add(&s.msg, NAME("X-Forwarded-For"), SLICE("192.0.2.1")));
	assert_true(http_message_add(&s.msg, NAME("Empty"), SLICE("")));
	assert_int_equal(written(&s, "GET / HTTP/1.1\r\nHost: h\r\n"
				     "X-Forwarded-For: 192.0.2.1\r\nEmpty: \r\n\r\n"),
			 2);
	arena_fini(&s.arena);
}

static void dropping_cuts_a_run(void **state)
{
	struct story s;

	(void)state;
	open_request(&s, BASIC);
	assert_int_equal(http_message_drop(&s.msg, NAME("x-A")), 2);
	assert_int_equal(http_message_drop(&s.msg, NAME("x-A")), 0);
	assert_int_equal(written(&s, "GET /p?q HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\n\r\n"), 3);
	assert_false(http_message_has(&s.msg, NAME("x-a")));
	arena_fini(&s.arena);
}

static void setting_replaces_all_even_by_its_own_value(void **state)
{
	struct http_cursor at = {0};
	struct story s;

	(void)state;
	open_request(&s, BASIC);
	assert_true(http_message_find(&s.msg, NAME("x-a"), &at));
	assert_true(http_message_set(&s.msg, NAME("X-A"), at.value));
	assert_true(http_message_set(&s.msg, NAME("X-A"), SLICE("9")));
	assert_int_equal(
		written(&s, "GET /p?q HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\nX-A: 9\r\n\r\n"), 4);
	arena_fini(&s.arena);
}

static void replacing_keeps_the_place(void **state)
{
	struct http_cursor at = {0};
	struct story s;

	(void)state;
	open_request(&s, BASIC);
	assert_true(http_message_add(&s.msg, NAME("X-A"), SLICE("3")));
	for (int i = 0; http_message_find(&s.msg, NAME("x-a"), &at); i++) {
		char value[] = {'<', at.value.ptr[0], '>', '\0'};

		assert_true(http_message_replace_at(&s.msg, &at, slice_of(value)));
		assert_true(http_message_replace_at(&s.msg, &at, slice_of(value)));
		assert_in_range(i, 0, 2);
	}
	assert_true(http_message_add(&s.msg, NAME("Z"), SLICE("z")));
	written(&s, "GET /p?q HTTP/1.1\r\nHost: h\r\nX-A: <1>\r\nCookie: a=b\r\nx-a: <2>\r\n"
		    "X-A: <3>\r\nZ: z\r\n\r\n");
	assert_int_equal(http_message_drop(&s.msg, NAME("x-a")), 3);
	written(&s, "GET /p?q HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\nZ: z\r\n\r\n");
	arena_fini(&s.arena);
}

static void many_additions_outgrow_the_block(void **state)
{
	char value[100];
	struct http_cursor at = {0};
	struct story s;
	int n = 0;

	(void)state;
	open_request(&s, BASIC);
	memset(value, 'v', sizeof(value));
	for (int i = 0; i < 60; i++)
		assert_true(http_message_add(&s.msg, NAME("X-B"), (struct slice){value, 100}));
	while (http_message_find(&s.msg, NAME("X-B"), &at)) {
		assert_memory_equal(at.value.ptr, value, 100);
		n++;
	}
	assert_int_equal(n, 60);
	arena_fini(&s.arena);
}

static void memory_that_ends_changes_nothing(void **state)
{
	struct story s;
	bool ok = true;
	int n = 0;

	(void)state;
	open_request(&s, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
	arena_set_limit(&s.arena, 2048);
	for (; ok; n += ok)
		ok = http_message_set(&s.msg, NAME("Host"), SLICE("other"));
	assert_in_range(n, 3, 200);
	assert_true(slice_eq_str(http_message_value(&s.msg, HTTP_HEADER_HOST), "other"));
	written(&s, "GET / HTTP/1.1\r\nHost: other\r\n\r\n");
	arena_fini(&s.arena);
}

static void the_start_line_changes_part_by_part(void **state)
{
	struct story s;

	(void)state;
	open_request(&s, BASIC);
	http_message_drop(&s.msg, NAME("x-a"));
	http_message_drop(&s.msg, NAME("cookie"));
	assert_true(http_message_set_path(&s.msg, SLICE("/new")));
	written(&s, "GET /new?q HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_true(http_message_set_query(&s.msg, SLICE("a=1&b")));
	assert_true(http_message_set_method(&s.msg, SLICE("PUT")));
	assert_int_equal(s.msg.method, HTTP_METHOD_PUT);
	written(&s, "PUT /new?a=1&b HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_true(http_message_set_query(&s.msg, (struct slice){NULL, 0}));
	written(&s, "PUT /new HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_true(http_message_set_target(&s.msg, SLICE("http://h/x?y")));
	assert_int_equal(s.msg.target_form, HTTP_TARGET_ABSOLUTE);
	assert_true(http_message_set_path(&s.msg, SLICE("/z")));
	written(&s, "PUT http://h/z?y HTTP/1.1\r\nHost: h\r\n\r\n");
	arena_fini(&s.arena);
	open_response(&s, "HTTP/1.1 200 Fine\r\nA: b\r\n\r\n");
	assert_true(http_message_set_status(&s.msg, 404, (struct slice){NULL, 0}));
	written(&s, "HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n");
	arena_fini(&s.arena);
}

static void a_target_has_parts_in_every_form(void **state)
{
	struct story s;

	(void)state;
	open_request(&s, "GET http://h:81?q=/ HTTP/1.1\r\nHost: h:81\r\n\r\n");
	assert_true(slice_eq_str(http_message_path(&s.msg), "/"));
	assert_true(slice_eq_str(http_message_query(&s.msg), "q=/"));
	assert_true(slice_eq_str(http_message_host(&s.msg), "h:81"));
	arena_fini(&s.arena);
	open_request(&s, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_true(slice_eq_str(http_message_path(&s.msg), "*"));
	assert_null(http_message_query(&s.msg).ptr);
	arena_fini(&s.arena);
	open_request(&s, "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n");
	assert_null(http_message_path(&s.msg).ptr);
	assert_true(slice_eq_str(http_message_host(&s.msg), "h:1"));
	arena_fini(&s.arena);
	open_request(&s, "GET /a? HTTP/1.1\r\n\r\n");
	assert_non_null(http_message_query(&s.msg).ptr);
	assert_int_equal(http_message_query(&s.msg).len, 0);
	assert_null(http_message_host(&s.msg).ptr);
	arena_fini(&s.arena);
}

static void a_head_of_our_own_is_written(void **state)
{
	struct story s;

	(void)state;
	arena_init(&s.arena, 0);
	http_message_init(&s.msg, &s.arena);
	assert_true(http_message_make_response(&s.msg, 302, (struct slice){NULL, 0}));
	written(&s, "HTTP/1.1 302 Found\r\n\r\n");
	assert_true(http_message_add(&s.msg, NAME("location"), SLICE("/x")));
	assert_int_equal(written(&s, "HTTP/1.1 302 Found\r\nlocation: /x\r\n\r\n"), 2);
	arena_fini(&s.arena);
}

static void hop_by_hop_fields_go_but_not_what_must_arrive(void **state)
{
	struct story s;

	(void)state;
	open_request(&s, "GET / HTTP/1.1\r\nHost: h\r\nConnection: X-Hop, host, X-Forwarded-For\r\n"
			 "X-Hop: 1\r\nX-Forwarded-For: 192.0.2.9\r\nKeep-Alive: 5\r\nTE: gzip\r\n"
			 "Upgrade: x\r\nProxy-Connection: close\r\nX: y\r\n\r\n");
	http_message_drop_hop(&s.msg, true);
	written(&s, "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.9\r\nUpgrade: x\r\n"
		    "X: y\r\n\r\n");
	http_message_drop_hop(&s.msg, false);
	written(&s, "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.9\r\nX: y\r\n\r\n");
	arena_fini(&s.arena);
}

static void lists_keep_quoted_commas_together(void **state)
{
	struct slice rest = SLICE(" a ,, \"b,\\\"c\" ;q=1,\td"), element;

	(void)state;
	assert_true(http_list_next(&rest, &element));
	assert_true(slice_eq_str(element, "a"));
	assert_true(http_list_next(&rest, &element));
	assert_true(slice_eq_str(element, "\"b,\\\"c\" ;q=1"));
	assert_true(http_list_next(&rest, &element));
	assert_true(slice_eq_str(element, "d"));
	assert_false(http_list_next(&rest, &element));
}

static void the_head_may_move(void **state)
{
	char elsewhere[512];
	struct story s;

	(void)state;
	open_request(&s, BASIC);
	http_message_add(&s.msg, NAME("A"), SLICE("b"));
	memcpy(elsewhere, s.head, sizeof(elsewhere));
	http_message_rebase(&s.msg, elsewhere);
	memset(s.head, '#', sizeof(s.head));
	assert_true(slice_eq_str(http_message_path(&s.msg), "/p"));
	written(&s,
		"GET /p?q HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nCookie: a=b\r\nx-a: 2\r\nA: b\r\n\r\n");
	arena_fini(&s.arena);
}

static void every_known_name_is_found_by_its_text(void **state)
{
	(void)state;
	for (int id = 1; id < HTTP_HEADER_N; id++) {
		struct http_name name = http_name_known((enum http_header_id)id);
		char upper[64], other[64];

		for (size_t i = 0; i <= name.text.len; i++) {
			char c = i < name.text.len ? name.text.ptr[i] : '\0';

			upper[i] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
		}
		assert_int_equal(http_header_lookup(upper, name.text.len), id);
		for (size_t i = 0; i < name.text.len; i++) {
			memcpy(other, upper, sizeof(other));
			other[i] = '.';
			assert_int_equal(http_header_lookup(other, name.text.len), 0);
		}
	}
	for (int m = 1; m < HTTP_METHOD_N; m++) {
		const char *text = http_method_text((enum http_method)m);

		assert_int_equal(http_method_lookup(text, strlen(text)), m);
	}
	assert_int_equal(http_method_lookup("get", 3), HTTP_METHOD_OTHER);
	assert_string_equal(http_status_phrase(503), "Service Unavailable");
	assert_string_equal(http_status_phrase(499), "Client Error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_untouched_head_is_one_run),
		cmocka_unit_test(fields_are_found_in_any_case_and_in_order),
		cmocka_unit_test(adding_costs_one_run),
		cmocka_unit_test(dropping_cuts_a_run),
		cmocka_unit_test(setting_replaces_all_even_by_its_own_value),
		cmocka_unit_test(replacing_keeps_the_place),
		cmocka_unit_test(many_additions_outgrow_the_block),
		cmocka_unit_test(memory_that_ends_changes_nothing),
		cmocka_unit_test(the_start_line_changes_part_by_part),
		cmocka_unit_test(a_target_has_parts_in_every_form),
		cmocka_unit_test(a_head_of_our_own_is_written),
		cmocka_unit_test(hop_by_hop_fields_go_but_not_what_must_arrive),
		cmocka_unit_test(lists_keep_quoted_commas_together),
		cmocka_unit_test(the_head_may_move),
		cmocka_unit_test(every_known_name_is_found_by_its_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
