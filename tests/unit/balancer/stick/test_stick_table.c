/*
 * Stick tables: keys, expiry, a full table, references, counters, rates, many threads. Covers
 * stick_table.c, stick_rate.c and stick_key.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>

#include "balancer/stick/stick_key.h"
#include "balancer/stick/stick_rate.h"
#include "balancer/stick/stick_table.h"

enum { SECOND = 1000000 };

static struct stick_table_conf conf;
static struct stick_table *table;

static void begin(enum stick_key_type type, uint32_t key_len, uint64_t size, int expire_ms)
{
	conf = (struct stick_table_conf){.name = "t",
					 .type = type,
					 .key_len = key_len,
					 .size = size,
					 .expire_ms = expire_ms};
	stick_table_conf_store(&conf, STICK_SERVER_ID, 1, 0);
	stick_table_conf_store(&conf, STICK_CONN_CNT, 1, 0);
	stick_table_conf_store(&conf, STICK_BYTES_IN_CNT, 1, 0);
	stick_table_conf_store(&conf, STICK_CONN_RATE, 1, 10000);
	stick_table_conf_store(&conf, STICK_GPC, 3, 0);
	stick_table_conf_seal(&conf);
	table = stick_table_new(&conf);
	assert_non_null(table);
}

static int tear_down(void **state)
{
	(void)state;
	stick_table_free(&table);
	return 0;
}

static struct stick_key key_of(const char *text)
{
	struct stick_key key = {.len = 0};

	assert_true(stick_key_from_text(&key, &conf, slice_of(text)));
	return key;
}

static bool has(const char *text, int64_t now)
{
	struct stick_key key = key_of(text);
	struct stick_hand hand;
	bool found = stick_open(table, &key, false, now, &hand);

	if (found)
		stick_close(&hand);
	return found;
}

static bool put(const char *text, int64_t now)
{
	struct stick_key key = key_of(text);
	struct stick_hand hand;

	if (!stick_open(table, &key, true, now, &hand))
		return false;
	stick_touch(&hand, now);
	stick_close(&hand);
	return true;
}

static void an_entry_lives_from_its_last_touch(void **state)
{
	(void)state;
	begin(STICK_KEY_IP, 4, 100, 1000);
	assert_true(put("192.0.2.1", 0));
	assert_true(put("192.0.2.2", 0));
	assert_true(put("192.0.2.1", 900000));
	assert_true(has("192.0.2.2", 999999));
	assert_false(has("192.0.2.2", 1000000)); /* found over and taken away */
	assert_int_equal(stick_table_used(table), 1);
	assert_true(has("192.0.2.1", 1000000));
	stick_table_expire(table, 1899999);
	assert_int_equal(stick_table_used(table), 1);
	stick_table_expire(table, 1900000);
	assert_int_equal(stick_table_used(table), 0);
}

static void a_full_table_forgets_the_oldest(void **state)
{
	(void)state;
	begin(STICK_KEY_STRING, 8, 3, 0);
	assert_true(put("a", 1) && put("b", 2) && put("c", 3) && put("a", 4));
	assert_true(put("d", 5));
	assert_int_equal(stick_table_used(table), 3);
	assert_false(has("b", 6));
	assert_true(has("a", 6) && has("c", 6) && has("d", 6));
	stick_table_expire(table, INT64_MAX / 2); /* no expire: never */
	assert_int_equal(stick_table_used(table), 3);
}

static void a_full_table_that_may_not_forget_takes_nothing_more(void **state)
{
	(void)state;
	begin(STICK_KEY_STRING, 8, 2, 1000);
	conf.nopurge = true;
	assert_true(put("a", 0) && put("b", 0));
	assert_false(put("c", 1));
	assert_int_equal(stick_table_used(table), 2);
	assert_true(put("a", 2));
}

static void what_is_referred_to_stays(void **state)
{
	struct stick_key key;
	struct stick_entry *entry;
	struct stick_hand hand;

	(void)state;
	begin(STICK_KEY_STRING, 8, 1, 1000);
	key = key_of("a");
	assert_true(stick_open(table, &key, true, 0, &hand));
	entry = stick_ref(&hand);
	stick_close(&hand);
	assert_false(put("b", 1)); /* full of what may not go */
	stick_table_expire(table, 5 * SECOND);
	assert_true(has("a", 10 * SECOND));
	assert_true(stick_open(table, &key, false, 10 * SECOND, &hand));
	assert_int_equal(stick_refs(&hand), 1);
	stick_remove(&hand); /* not while somebody refers to it */
	assert_int_equal(stick_table_used(table), 1);
	stick_open_entry(table, entry, &hand);
	stick_unref(&hand);
	stick_close(&hand);
	assert_true(put("b", 11 * SECOND));
	assert_false(has("a", 11 * SECOND));
}

static void counters_count_and_what_is_not_held_reads_as_nothing(void **state)
{
	struct stick_key key;
	struct stick_hand hand;

	(void)state;
	begin(STICK_KEY_INTEGER, 4, 10, 0);
	key = key_of("4711");
	assert_true(stick_open(table, &key, true, 0, &hand));
	assert_int_equal(stick_add(&hand, STICK_CONN_CNT, 0, 2, 0), 2);
	assert_int_equal(stick_add(&hand, STICK_CONN_CNT, 0, -5, 0), 0);
	stick_set(&hand, STICK_BYTES_IN_CNT, 0, 1ull << 40, 0);
	assert_int_equal(stick_add(&hand, STICK_BYTES_IN_CNT, 0, 1, 0), (1ull << 40) + 1);
	stick_set(&hand, STICK_SERVER_ID, 0, (1ull << 32) + 7, 0); /* 32 bits */
	assert_int_equal(stick_get(&hand, STICK_SERVER_ID, 0, 0), 7);
	assert_int_equal(stick_add(&hand, STICK_GPC, 2, 3, 0), 3);
	assert_int_equal(stick_get(&hand, STICK_GPC, 1, 0), 0);
	assert_int_equal(stick_add(&hand, STICK_GPC, 3, 3, 0), 0);
	assert_int_equal(stick_add(&hand, STICK_GPT0, 0, 3, 0), 0);
	assert_int_equal(stick_get(&hand, STICK_GPT0, 0, 0), 0);
	assert_int_equal(stick_add(&hand, STICK_CONN_RATE, 0, 1, 0), 1);
	stick_close(&hand);
}

static void a_rate_slides(void **state)
{
	struct stick_rate r = {0};

	(void)state;
	assert_int_equal(stick_rate_read(&r, 1000, 77 * SECOND), 0);
	stick_rate_add(&r, 10, 1000, 100 * SECOND);
	assert_int_equal(stick_rate_read(&r, 1000, 100 * SECOND + 999999), 10);
	assert_int_equal(stick_rate_read(&r, 1000, 101 * SECOND), 10);
	assert_int_equal(stick_rate_read(&r, 1000, 101 * SECOND + 500000), 5);
	stick_rate_add(&r, 2, 1000, 101 * SECOND + 500000);
	assert_int_equal(stick_rate_read(&r, 1000, 101 * SECOND + 500000), 7);
	assert_int_equal(stick_rate_read(&r, 1000, 101 * SECOND + 900000), 3);
	assert_int_equal(stick_rate_read(&r, 1000, 102 * SECOND), 2);
	assert_int_equal(stick_rate_read(&r, 1000, 103 * SECOND), 0);
	/* one event counts until its window is over */
	stick_rate_add(&r, 1, 1000, 200 * SECOND);
	assert_int_equal(stick_rate_read(&r, 1000, 201 * SECOND + 999999), 1);
	stick_rate_add(&r, UINT32_MAX, 1000, 201 * SECOND);
	stick_rate_add(&r, UINT32_MAX, 1000, 201 * SECOND);
	assert_int_equal(stick_rate_read(&r, 1000, 201 * SECOND), UINT32_MAX);
	stick_rate_set(&r, 20, 300 * SECOND);
	assert_int_equal(stick_rate_read(&r, 1000, 300 * SECOND), 20);
}

static void show(const char *in, const char *out)
{
	struct stick_key key = key_of(in);
	char text[256];

	stick_key_text(&key, &conf, text, sizeof(text));
	assert_string_equal(text, out);
}

static void keys_are_read_and_shown(void **state)
{
	struct stick_key key;

	(void)state;
	begin(STICK_KEY_IP, 4, 10, 0);
	show("192.0.2.7", "192.0.2.7");
	show("::ffff:192.0.2.7", "192.0.2.7");
	assert_false(stick_key_from_text(&key, &conf, SLICE("2001:db8::1")));
	conf.type = STICK_KEY_IPV6;
	show("192.0.2.7", "::ffff:192.0.2.7");
	show("2001:db8::1", "2001:db8::1");
	assert_false(stick_key_from_text(&key, &conf, SLICE("x")));
	conf.type = STICK_KEY_INTEGER;
	show("4294967295", "4294967295");
	assert_false(stick_key_from_text(&key, &conf, SLICE("x")));
	conf.type = STICK_KEY_STRING;
	conf.key_len = 5;
	show("a b\nc", "a\\x20b\\x0Ac");
	show("abcdefg", "abcde");
	assert_false(stick_key_from_text(&key, &conf, SLICE("")));
	conf.type = STICK_KEY_BINARY;
	conf.key_len = 4;
	show("0aFF", "0AFF0000");
	show("000102030405", "00010203");
	assert_false(stick_key_from_text(&key, &conf, SLICE("0")));
	assert_false(stick_key_from_text(&key, &conf, SLICE("0g")));
}

static bool odd(void *ctx, const struct stick_hand *hand)
{
	struct stick_key key;
	uint32_t n;

	stick_key_of(hand, &key);
	memcpy(&n, key.bytes, sizeof(n));
	++*(unsigned *)ctx;
	return n % 2;
}

static void all_entries_are_seen_once(void **state)
{
	unsigned seen = 0;
	char text[16];

	(void)state;
	begin(STICK_KEY_INTEGER, 4, 5000, 0);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "%u", i);
		assert_true(put(text, 0));
	}
	stick_table_each(table, 0, odd, &seen);
	assert_int_equal(seen, 5000);
	assert_int_equal(stick_table_used(table), 2500);
	assert_true(has("8", 0));
	assert_false(has("9", 0));
}

enum { THREADS = 4, ROUNDS = 20000 };

static void *hammer(void *arg)
{
	uint32_t n = (uint32_t)(uintptr_t)arg;
	struct stick_key key = {.len = 4};
	struct stick_hand hand;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t k = i % 2 ? 0 : n * ROUNDS + i;

		memcpy(key.bytes, &k, sizeof(k));
		if (!stick_open(table, &key, true, i, &hand))
			continue;
		stick_touch(&hand, i);
		stick_add(&hand, STICK_CONN_CNT, 0, 1, i);
		stick_close(&hand);
	}
	return NULL;
}

static void threads_share_it(void **state)
{
	struct stick_key key = {.len = 4};
	struct stick_hand hand;
	pthread_t threads[THREADS];

	(void)state;
	begin(STICK_KEY_INTEGER, 4, 5000, 0);
	assert_true(put("0", 0));
	assert_true(stick_open(table, &key, false, 0, &hand));
	stick_ref(&hand); /* the others are pushed out meanwhile */
	stick_close(&hand);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, (void *)(i + 1)), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_true(stick_table_used(table) <= 5000);
	assert_true(stick_open(table, &key, false, 0, &hand));
	assert_int_equal(stick_get(&hand, STICK_CONN_CNT, 0, 0), THREADS * ROUNDS / 2);
	stick_close(&hand);
}

#define STORY(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(an_entry_lives_from_its_last_touch),
		STORY(a_full_table_forgets_the_oldest),
		STORY(a_full_table_that_may_not_forget_takes_nothing_more),
		STORY(what_is_referred_to_stays),
		STORY(counters_count_and_what_is_not_held_reads_as_nothing),
		cmocka_unit_test(a_rate_slides),
		STORY(keys_are_read_and_shown),
		STORY(all_entries_are_seen_once),
		STORY(threads_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
