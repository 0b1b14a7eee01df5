/*
 * health/check_match and check_protocols: what an answer to a check is worth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "balancer/health/check_protocols.h"

static struct check_outcome out;

static enum check_verdict http(const struct check_step *expect, const char *answer, bool at_end)
{
	static char buf[4096];
	size_t len = strlen(answer);

	memcpy(buf, answer, len);
	memset(&out, 0, sizeof(out));
	return check_match_http(expect, buf, len, at_end, false, &out);
}

static void two_and_three_hundreds_pass_without_expectation(void **state)
{
	(void)state;
	assert_int_equal(http(NULL, "HTTP/1.1 204 No Content\r\n\r\n", false), CHECK_PASSED);
	assert_int_equal(out.code, 204);
	assert_int_equal(http(NULL, "HTTP/1.0 302 Found\r\n\r\n", false), CHECK_PASSED);
	assert_int_equal(http(NULL, "HTTP/1.1 503 Nope\r\n\r\n", false), CHECK_FAILED);
	assert_int_equal(out.result, CHECK_L7STS);
	assert_string_equal(out.detail, "Nope");
}

static void half_a_head_waits_and_an_end_within_it_fails(void **state)
{
	(void)state;
	assert_int_equal(http(NULL, "HTTP/1.1 200 OK\r\nX: y", false), CHECK_MORE);
	assert_int_equal(http(NULL, "HTTP/1.1 200 OK\r\nX: y", true), CHECK_FAILED);
	assert_int_equal(out.result, CHECK_L7RSP);
	assert_int_equal(http(NULL, "SSH-2.0-OpenSSH\r\n", true), CHECK_FAILED);
}

static void statuses_by_range_and_negated(void **state)
{
	struct check_step e = {.kind = CHECK_STEP_EXPECT,
			       .match = CHECK_MATCH_STATUS,
			       .ranges = {{200, 200}, {401, 403}},
			       .n_ranges = 2};

	(void)state;
	assert_int_equal(http(&e, "HTTP/1.1 402 X\r\n\r\n", false), CHECK_PASSED);
	assert_int_equal(http(&e, "HTTP/1.1 404 X\r\n\r\n", false), CHECK_FAILED);
	e.negate = true;
	assert_int_equal(http(&e, "HTTP/1.1 404 X\r\n\r\n", false), CHECK_PASSED);
}

/* core/base/digest.h, too: the digest of "hello" is a known one. */
static void a_digest_is_of_the_whole_body(void **state)
{
	struct check_step e = {.kind = CHECK_STEP_EXPECT,
			       .match = CHECK_MATCH_DIGEST,
			       .pattern = SLICE("5d41402abc4b2a76b9719d911017c592")};

	(void)state;
	assert_int_equal(http(&e, "HTTP/1.0 200 OK\r\n\r\nhel", false), CHECK_MORE);
	assert_int_equal(http(&e, "HTTP/1.0 200 OK\r\n\r\nhello", false), CHECK_MORE);
	assert_int_equal(http(&e, "HTTP/1.0 200 OK\r\n\r\nhello", true), CHECK_PASSED);
	assert_int_equal(http(&e, "HTTP/1.0 500 No\r\ncontent-length: 5\r\n\r\nhello", false),
			 CHECK_PASSED);
	assert_int_equal(http(&e, "HTTP/1.0 200 OK\r\n\r\nhello\n", true), CHECK_FAILED);
	assert_int_equal(out.result, CHECK_L7RSP);
	assert_string_equal(out.detail,
			    "the digest of 6 bytes is b1946ac92492d2347c6235b4d2611184");
	e.negate = true;
	assert_int_equal(http(&e, "HTTP/1.0 200 OK\r\n\r\nhello\n", true), CHECK_PASSED);
}

static void a_body_is_read_until_it_matches_or_is_whole(void **state)
{
	struct check_step e = {
		.kind = CHECK_STEP_EXPECT, .match = CHECK_MATCH_STRING, .pattern = SLICE("master")};

	(void)state;
	assert_int_equal(http(&e, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nrole: ", false),
			 CHECK_MORE);
	assert_int_equal(
		http(&e, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nrole: master", false),
		CHECK_PASSED);
	assert_int_equal(http(&e, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nslave", false),
			 CHECK_FAILED);
	assert_int_equal(out.result, CHECK_L7RSP);
	e.negate = true;
	assert_int_equal(http(&e, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nslave", false),
			 CHECK_PASSED);
}

static void tcp_answers_match_anywhere(void **state)
{
	struct check_step e = {.kind = CHECK_STEP_EXPECT,
			       .match = CHECK_MATCH_STRING,
			       .min_recv = -1,
			       .pattern = SLICE("role:master")};

	(void)state;
	assert_int_equal(check_match_tcp(&e, SLICE("# Replication\r\nrole:"), false, &out),
			 CHECK_MORE);
	assert_int_equal(
		check_match_tcp(&e, SLICE("# Replication\r\nrole:master\r\n"), false, &out),
		CHECK_PASSED);
	assert_int_equal(check_match_tcp(&e, SLICE("role:slave"), true, &out), CHECK_FAILED);
	assert_int_equal(check_match_tcp(&e, SLICE(""), true, &out), CHECK_FAILED);
}

static const struct check_step *step_at(const struct check_step *s, int n)
{
	while (n-- > 0)
		s = s->next;
	return s;
}

static void protocols_speak_and_judge(void **state)
{
	struct check_conf conf = {.kind = CHECK_MYSQL, .user = "haproxy"};
	struct slice hello = {"\x05\0\0\0\n8.0\0rest", 13}, error = {"\x05\0\0\0\xff\x15\x04no", 9};
	struct slice pong = SLICE("+PONG\r\n"), smtp = SLICE("220-a\r\n220 b\r\n250 ok\r\n");
	struct arena arena;
	const struct check_step *s;

	(void)state;
	arena_init(&arena, 0);
	s = check_protocol_steps(&arena, &conf);
	assert_int_equal(s->judge(&hello, false, &out), CHECK_PASSED);
	assert_int_equal(s->judge(&error, false, &out), CHECK_FAILED);
	assert_int_equal(out.code, 0x415);
	assert_int_equal(step_at(s, 1)->data.len, 4 + 0x29);
	conf = (struct check_conf){.kind = CHECK_REDIS};
	assert_int_equal(check_protocol_steps(&arena, &conf)->next->judge(&pong, false, &out),
			 CHECK_PASSED);
	conf = (struct check_conf){.kind = CHECK_SMTP};
	s = check_protocol_steps(&arena, &conf);
	assert_int_equal(s->judge(&smtp, false, &out), CHECK_PASSED);
	assert_true(slice_eq_str(smtp, "250 ok\r\n"));
	assert_true(slice_eq_str(s->next->data, "HELO localhost\r\n"));
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_and_three_hundreds_pass_without_expectation),
		cmocka_unit_test(half_a_head_waits_and_an_end_within_it_fails),
		cmocka_unit_test(statuses_by_range_and_negated),
		cmocka_unit_test(a_digest_is_of_the_whole_body),
		cmocka_unit_test(a_body_is_read_until_it_matches_or_is_whole),
		cmocka_unit_test(tcp_answers_match_anywhere),
		cmocka_unit_test(protocols_speak_and_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
