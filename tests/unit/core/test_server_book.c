/*
 * What balancers leave to each other. Covers server_book.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/sys/server_book.h"

static struct server_book *book;

static int set_up(void **state)
{
	(void)state;
	book = server_book_new();
	return book ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	server_book_drop(&book);
	return book != NULL;
}

static const struct server_note down = {.up = false, .health = 0, .weight = -1, .changed_us = 7};
static const struct server_note up = {.up = true, .health = 4, .weight = 256, .changed_us = 9};

static void a_note_is_read_by_the_next_generation(void **state)
{
	struct server_place *p = server_book_place(book, 4711);
	struct server_note n;

	(void)state;
	assert_non_null(p);
	assert_false(server_place_read(p, 0, &n)); /* nobody has written */
	server_place_write(p, 1, &up);
	assert_ptr_equal(server_book_place(book, 4711), p);
	assert_true(server_place_read(p, 1, &n));
	assert_true(n.up);
	assert_int_equal(n.health, 4);
	assert_int_equal(n.weight, 256);
	assert_int_equal(n.changed_us, 9);
	assert_false(server_place_read(p, 2, &n)); /* that one did not have this server */
	server_place_write(p, 1, &down);
	assert_true(server_place_read(p, 1, &n));
	assert_false(n.up);
	assert_int_equal(n.weight, -1);
}

static void who_was_followed_writes_no_more(void **state)
{
	struct server_place *p = server_book_place(book, 1);
	struct server_note n;

	(void)state;
	server_place_write(p, 5, &down);
	server_place_write(p, 4, &up);
	assert_true(server_place_read(p, 5, &n));
	assert_false(n.up);
}

static void keys_that_meet_have_places_of_their_own(void **state)
{
	struct server_place *a = server_book_place(book, 3);
	struct server_place *b = server_book_place(book, 3 + SERVER_BOOK_PLACES);

	(void)state;
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(server_book_place(book, 3), a);
	assert_ptr_equal(server_book_place(book, 3 + SERVER_BOOK_PLACES), b);
}

static void places_of_servers_that_are_gone_are_used_again(void **state)
{
	struct server_place *fresh;
	struct server_note n;

	(void)state;
	for (uint64_t i = 0; i < 64; i++)
		server_place_write(server_book_place(book, 10 + i * SERVER_BOOK_PLACES), 1, &up);
	assert_null(server_book_place(book, 10 + 64 * (uint64_t)SERVER_BOOK_PLACES));
	atomic_store(&book->generation, 2); /* the ones of generation 1 may still be read */
	assert_null(server_book_place(book, 10 + 64 * (uint64_t)SERVER_BOOK_PLACES));
	atomic_store(&book->generation, 3);
	fresh = server_book_place(book, 10 + 64 * (uint64_t)SERVER_BOOK_PLACES);
	assert_non_null(fresh);
	assert_false(server_place_read(fresh, 1, &n));
	assert_ptr_equal(server_book_place(book, 10 + 64 * (uint64_t)SERVER_BOOK_PLACES), fresh);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_note_is_read_by_the_next_generation),
		STORY(who_was_followed_writes_no_more),
		STORY(keys_that_meet_have_places_of_their_own),
		STORY(places_of_servers_that_are_gone_are_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
