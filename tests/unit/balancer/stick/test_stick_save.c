/*
 * Tables that go from one process to the next: what is kept, what is left out, and files that are
 * not whole. Covers stick_save.c.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../rules/rules_room.h"
#include "balancer/stick/stick_key.h"
#include "balancer/stick/stick_save.h"

static const int64_t now = 100000000;

static struct rules_room rooms[2];
static struct stick_house *old, *next;
static int fd;

static int tear_down(void **state)
{
	(void)state;
	close(fd);
	stick_house_free(&old);
	stick_house_free(&next);
	room_close(&rooms[0]);
	room_close(&rooms[1]);
	return 0;
}

/* Each keeps its room open: tables borrow their configuration. */
static struct stick_house *house_of(unsigned room, const char *tables)
{
	struct stick_house *house;
	char text[2048];

	snprintf(text, sizeof(text), ROOM_DEFAULTS "%s", tables);
	room_open(&rooms[room], text);
	house = stick_house_new(rooms[room].conf);
	assert_non_null(house);
	return house;
}

static bool open_key(struct stick_house *house, unsigned table, const char *key, bool create,
		     int64_t at, struct stick_hand *hand)
{
	struct stick_table *t = stick_house_at(house, table);
	struct stick_key k;

	assert_true(stick_key_from_text(&k, stick_table_conf_of(t), slice_of(key)));
	return stick_open(t, &k, create, at, hand);
}

static void put(unsigned table, const char *key, enum stick_data data, uint64_t value, int64_t at)
{
	struct stick_hand hand;

	assert_true(open_key(old, table, key, true, at, &hand));
	stick_set(&hand, data, 0, value, at);
	stick_touch(&hand, at);
	stick_close(&hand);
}

static uint64_t value(unsigned table, const char *key, enum stick_data data)
{
	struct stick_hand hand;
	uint64_t v;

	assert_true(open_key(next, table, key, false, now, &hand));
	v = stick_get(&hand, data, 0, now);
	stick_close(&hand);
	return v;
}

static bool has(unsigned table, const char *key)
{
	struct stick_hand hand;
	bool found = open_key(next, table, key, false, now, &hand);

	if (found)
		stick_close(&hand);
	return found;
}

static void entries_go_on_where_their_table_does(void **state)
{
	(void)state;
	fd = memfd_create("test", MFD_CLOEXEC);
	old = house_of(0, "backend a\n stick-table type string size 100 expire 60s store "
			  "server_id,conn_cur,conn_rate(10s),gpc0\n"
			  "backend gone\n stick-table type ip size 100 store gpc0\n"
			  "backend other\n stick-table type ip size 100 store gpc0\n");
	put(0, "x", STICK_SERVER_ID, 3, now - 50000000);
	put(0, "y", STICK_CONN_RATE, 7, now);
	put(0, "z", STICK_CONN_CUR, 9, now);
	put(0, "long-key", STICK_GPC0, 5, now);
	put(1, "192.0.2.1", STICK_GPC0, 1, now);
	put(2, "192.0.2.2", STICK_GPC0, 2, now);
	assert_int_equal(stick_save(old, fd, now), 0);
	next = house_of(1, "backend other\n stick-table type integer size 100 store gpc0\n"
			   "backend a\n stick-table type string len 4 size 100 expire 55s store "
			   "server_id,conn_cur,conn_rate(10s)\n");
	assert_int_equal(stick_load(next, fd, now, 0), 3);
	assert_int_equal(value(1, "x", STICK_SERVER_ID), 3);
	assert_int_equal(value(1, "y", STICK_CONN_RATE), 7);
	assert_int_equal(value(1, "z", STICK_CONN_CUR), 0); /* of the other process */
	assert_false(has(1, "long"));			    /* no longer a key */
	assert_int_equal(stick_table_used(stick_house_at(next, 0)), 0);
	stick_house_tick(next, now + 5000000); /* x is as old as it was */
	assert_false(has(1, "x"));
	assert_true(has(1, "y"));
}

static void the_youngest_find_room_in_a_smaller_table(void **state)
{
	char key[16];

	(void)state;
	fd = memfd_create("test", MFD_CLOEXEC);
	old = house_of(0, "backend a\n stick-table type integer size 10k store gpc0\n");
	for (unsigned i = 0; i < 6000; i++) {
		snprintf(key, sizeof(key), "%u", i);
		put(0, key, STICK_GPC0, i, now - 6000 + i);
	}
	assert_int_equal(stick_save(old, fd, now), 0);
	next = house_of(1, "backend a\n stick-table type integer size 10 store gpc0\n");
	assert_int_equal(stick_load(next, fd, now, 0), 6000);
	assert_int_equal(stick_table_used(stick_house_at(next, 0)), 10);
	assert_int_equal(value(0, "5990", STICK_GPC0), 5990);
	assert_int_equal(value(0, "5999", STICK_GPC0), 5999);
	assert_false(has(0, "5989"));
}

static void what_is_not_whole_is_not_taken(void **state)
{
	off_t len;

	(void)state;
	fd = memfd_create("test", MFD_CLOEXEC);
	old = house_of(0, "backend a\n stick-table type integer size 10 store gpc0\n");
	next = house_of(1, "backend a\n stick-table type integer size 10 store gpc0\n");
	assert_int_equal(stick_load(next, fd, now, 1), -ETIMEDOUT);
	put(0, "1", STICK_GPC0, 1, now);
	assert_int_equal(stick_save(old, fd, now), 0);
	len = lseek(fd, 0, SEEK_END);
	for (off_t cut = 64; cut < len; cut += 7) {
		assert_int_equal(ftruncate(fd, len - cut > 64 ? len - cut : 64), 0);
		assert_int_equal(stick_load(next, fd, now, 0), -EBADMSG);
	}
	assert_int_equal(stick_table_used(stick_house_at(next, 0)), 0);
}

#define STORY(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(entries_go_on_where_their_table_does),
		STORY(the_youngest_find_room_in_a_smaller_table),
		STORY(what_is_not_whole_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
