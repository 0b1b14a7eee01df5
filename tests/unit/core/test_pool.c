/*
 * core/base/pool.c: items come back warm, surplus ones go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/pool.h"

struct thing {
	void *first;
	int left_here;
};

static void what_is_given_is_taken_again(void **state)
{
	struct thing *a, *b;
	struct pool p;

	(void)state;
	pool_init(&p, sizeof(struct thing), 1);
	a = pool_take(&p);
	b = pool_take(&p);
	assert_int_equal(a->left_here, 0);
	a->left_here = 7;
	pool_give(&p, a);
	pool_give(&p, b); /* one is enough to keep */
	assert_int_equal(p.n_free, 1);
	assert_ptr_equal(pool_take(&p), a);
	assert_int_equal(a->left_here, 7);
	assert_int_equal(p.n_free, 0);
	pool_give(&p, a);
	pool_fini(&p);
	assert_null(p.free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_given_is_taken_again)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
