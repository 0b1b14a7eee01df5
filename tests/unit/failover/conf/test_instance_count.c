/*
 * conf/instance_finish.c: as many instances as the shared page has places, and no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/sys/shared_page.h"
#include "failover/conf/failover_conf.h"

/* The errors of a file with so many; line gets that of the first one. */
static unsigned errors_of(int n_instances, unsigned *line)
{
	static const char *const path = "k.conf";
	static char buf[(SHARED_VIPS_MAX + 2) * 128];
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	struct text t;
	unsigned n;

	text_init(&t, buf, sizeof(buf));
	for (int i = 0; i < n_instances; i++)
		text_fmt(&t,
			 "vrrp_instance V%d {\n interface eth%d\n virtual_router_id %d\n"
			 " virtual_ipaddress { 192.0.2.%d }\n}\n",
			 i, i / 200, i % 200 + 1, i % 200 + 1);
	conf_files_init(&files);
	conf_diags_init(&diags);
	arena_init(&arena, 0);
	conf_files_put(&files, path, slice_of(buf));
	failover_conf_parse(&files, &path, 1, &arena, &diags, NULL);
	n = diags.n_errors;
	for (const struct conf_diag *d = diags.first; d; d = d->next)
		if (d->severity == CONF_ERROR && strstr(d->text, "more than 256 VRRP instances"))
			*line = d->place.line;
	arena_fini(&arena);
	conf_diags_fini(&diags);
	conf_files_fini(&files);
	return n;
}

static void all_places_may_be_taken(void **state)
{
	unsigned line = 0;

	(void)state;
	assert_int_equal(errors_of(SHARED_VIPS_MAX, &line), 0);
}

static void one_more_is_an_error_where_it_stands(void **state)
{
	unsigned line = 0;

	(void)state;
	assert_int_equal(errors_of(SHARED_VIPS_MAX + 1, &line), 1);
	assert_int_equal(line, SHARED_VIPS_MAX * 5 + 1);
	assert_int_equal(errors_of(SHARED_VIPS_MAX + 2, &line), 1); /* said once */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_places_may_be_taken),
		cmocka_unit_test(one_more_is_an_error_where_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
