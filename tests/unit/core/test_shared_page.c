/*
 * Readers of the shared page: what they get is whole, and a writer that is slow, because it lost
 * its processor in the middle, does not make a VIP disappear from what operators see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "core/sys/shared_page.h"

struct shared {
	struct shared_page *page;
	pthread_barrier_t half;
};

/* Is in the middle of a change when the other thread begins to read. */
static void *write_slowly(void *arg)
{
	const struct timespec pause = {0, 1000000};
	struct shared *s = arg;
	struct shared_vip *vip = &s->page->vips[0];

	shared_vip_begin(vip);
	strcpy(vip->name, "half");
	pthread_barrier_wait(&s->half);
	nanosleep(&pause, NULL);
	strcpy(vip->name, "whole");
	shared_vip_end(vip);
	return NULL;
}

static void a_writer_in_the_middle_is_waited_for(void **state)
{
	struct shared s = {.page = shared_page_new()};
	struct shared_vip copy;
	pthread_t thread;

	(void)state;
	assert_non_null(s.page);
	assert_int_equal(pthread_barrier_init(&s.half, NULL, 2), 0);
	assert_int_equal(pthread_create(&thread, NULL, write_slowly, &s), 0);
	pthread_barrier_wait(&s.half);
	/* On a machine that is very busy one call may give up; it never gives half a change. */
	while (!shared_vip_read(&s.page->vips[0], &copy))
		;
	assert_string_equal(copy.name, "whole");
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&s.half);
	munmap(s.page, sizeof(*s.page));
}

static void a_writer_that_died_in_the_middle_is_given_up(void **state)
{
	struct shared_page *page = shared_page_new();
	struct shared_vip copy;

	(void)state;
	assert_non_null(page);
	shared_vip_begin(&page->vips[0]);
	assert_false(shared_vip_read(&page->vips[0], &copy));
	shared_vip_end(&page->vips[0]);
	assert_true(shared_vip_read(&page->vips[0], &copy));
	munmap(page, sizeof(*page));
}

static void what_failover_sees_is_there_under_its_name(void **state)
{
	struct shared_page *page = shared_page_new();
	uint64_t file = shared_fact_key(SHARED_FACT_FILE, "x");
	uint64_t bfd = shared_fact_key(SHARED_FACT_BFD, "x");
	char name[16];
	int64_t value;

	(void)state;
	assert_int_not_equal(file, bfd);
	assert_false(shared_note_get(page, file, &value));
	assert_true(shared_note_put(page, file, -7));
	assert_false(shared_note_get(page, bfd, &value));
	assert_true(shared_note_put(page, bfd, 1));
	assert_true(shared_note_put(page, file, 9));
	assert_true(shared_note_get(page, file, &value));
	assert_int_equal(value, 9);
	assert_true(shared_note_get(page, bfd, &value));
	assert_int_equal(value, 1);
	for (unsigned i = 2; i < SHARED_NOTES_MAX; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_true(shared_note_put(page, shared_fact_key(SHARED_FACT_FILE, name), i));
	}
	assert_false(shared_note_put(page, shared_fact_key(SHARED_FACT_FILE, "more"), 1));
	assert_false(shared_note_get(page, shared_fact_key(SHARED_FACT_FILE, "more"), &value));
	assert_true(shared_note_put(page, bfd, 0)); /* who has a place keeps it */
	munmap(page, sizeof(*page));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_failover_sees_is_there_under_its_name),
		cmocka_unit_test(a_writer_in_the_middle_is_waited_for),
		cmocka_unit_test(a_writer_that_died_in_the_middle_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
