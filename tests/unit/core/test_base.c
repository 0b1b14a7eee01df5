/*
 * core/base: slices, arenas, text, addresses. Each test is one promise of a header.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/addr.h"
#include "core/base/arena.h"
#include "core/base/regex.h"
#include "core/base/text.h"

static void slice_cuts_and_compares(void **state)
{
	struct slice rest = SLICE("a,b,,c");

	(void)state;
	assert_true(slice_eq_str(slice_cut(&rest, ','), "a"));
	assert_true(slice_eq_str(slice_cut(&rest, ','), "b"));
	assert_true(slice_eq_str(slice_cut(&rest, ','), ""));
	assert_true(slice_eq_str(slice_cut(&rest, ','), "c"));
	assert_int_equal(rest.len, 0);
	assert_true(slice_case_eq(SLICE("Host"), SLICE("hOST")));
	assert_false(slice_case_eq(SLICE("Host"), SLICE("Hosts")));
	assert_true(slice_eq_str(slice_trim(SLICE(" \tx y ")), "x y"));
}

static void count(void *arg)
{
	unsigned *n = arg;

	*n = *n * 10 + 1;
}

static void count_two(void *arg)
{
	unsigned *n = arg;

	*n = *n * 10 + 2;
}

static void an_arena_ends_what_was_deferred(void **state)
{
	struct arena arena;
	unsigned n = 0;
	char err[64];

	(void)state;
	arena_init(&arena, 0);
	arena_defer(&arena, count, &n);
	arena_defer(&arena, count_two, &n);
	arena_reset(&arena);
	assert_int_equal(n, 21);
	assert_non_null(regex_compile_in(&arena, SLICE("^a"), false, err, sizeof(err)));
	arena_defer(&arena, count, &n);
	arena_fini(&arena);
	assert_int_equal(n, 211);
}

static void slice_numbers_are_whole_and_bounded(void **state)
{
	unsigned long long n = 0;

	(void)state;
	assert_true(slice_to_uint(SLICE("65535"), 65535, &n));
	assert_int_equal(n, 65535);
	assert_false(slice_to_uint(SLICE("65536"), 65535, &n));
	assert_false(slice_to_uint(SLICE(""), 65535, &n));
	assert_false(slice_to_uint(SLICE("-1"), 65535, &n));
	assert_false(slice_to_uint(SLICE("1x"), 65535, &n));
	assert_true(slice_to_uint(SLICE("18446744073709551615"), UINT64_MAX, &n));
	assert_false(slice_to_uint(SLICE("18446744073709551616"), UINT64_MAX, &n));
}

static void arena_gives_aligned_memory_until_its_limit(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 256);
	for (int i = 1; i < 200; i++) {
		void *p = arena_alloc(&a, (size_t)i);

		assert_int_equal((uintptr_t)p % 16, 0);
		memset(p, i, (size_t)i);
	}
	assert_string_equal(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	arena_reset(&a);
	assert_int_equal(a.used, 0);
	arena_set_limit(&a, 64);
	assert_non_null(arena_alloc(&a, 64));
	assert_null(arena_alloc(&a, 1));
	arena_fini(&a);
}

static void text_is_cut_never_overrun(void **state)
{
	char buf[8];
	struct text t;

	(void)state;
	text_init(&t, buf, sizeof(buf));
	text_int(&t, -42);
	text_fmt(&t, "%s", "abcdefgh");
	assert_string_equal(buf, "-42abcd");
	assert_true(t.cut);
}

static void addresses_round_trip(void **state)
{
	char buf[ADDR_TEXT_MAX];
	struct addr a, b;

	(void)state;
	assert_true(addr_parse_ip(&a, SLICE("192.0.2.1"), 80));
	assert_string_equal(addr_text(&a, buf), "192.0.2.1:80");
	assert_true(addr_parse_ip(&b, SLICE("2001:db8::1"), 443));
	assert_string_equal(addr_text(&b, buf), "[2001:db8::1]:443");
	assert_false(addr_eq(&a, &b, false));
	assert_false(addr_parse_ip(&a, SLICE("300.1.1.1"), 80));
	assert_true(addr_set_unix(&a, SLICE("x"), true));
	assert_string_equal(addr_text(&a, buf), "abns@x");
}

static void networks_match_by_prefix(void **state)
{
	struct addr_net n;
	struct addr a;

	(void)state;
	assert_true(addr_net_parse(&n, SLICE("192.0.2.64/26")));
	assert_true(addr_parse_ip(&a, SLICE("192.0.2.127"), 0));
	assert_true(addr_net_has(&n, &a));
	assert_true(addr_parse_ip(&a, SLICE("192.0.2.128"), 0));
	assert_false(addr_net_has(&n, &a));
	assert_true(addr_parse_ip(&a, SLICE("::ffff:192.0.2.65"), 0));
	assert_true(addr_net_has(&n, &a));
	assert_true(addr_net_parse(&n, SLICE("10.0.0.0/255.0.0.0")));
	assert_int_equal(n.bits, 8);
	assert_false(addr_net_parse(&n, SLICE("10.0.0.0/255.0.255.0")));
	assert_false(addr_net_parse(&n, SLICE("10.0.0.0/33")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slice_cuts_and_compares),
		cmocka_unit_test(an_arena_ends_what_was_deferred),
		cmocka_unit_test(slice_numbers_are_whole_and_bounded),
		cmocka_unit_test(arena_gives_aligned_memory_until_its_limit),
		cmocka_unit_test(text_is_cut_never_overrun),
		cmocka_unit_test(addresses_round_trip),
		cmocka_unit_test(networks_match_by_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
