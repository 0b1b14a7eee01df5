/*
 * admin/show_bfd.c: sessions of a page (core/sys/shared_bfd.c) as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "admin/vip_view.h"

static void each_session_is_a_line(void **state)
{
	struct shared_page *page = calloc(1, sizeof(*page));
	struct shared_bfd *s = &page->bfds[1];
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_false(bfd_print(out, page, NULL));
	page->n_bfds = 2; /* the first place is free again */
	page->n_bfd_strays = 4;
	shared_bfd_begin(s);
	memcpy(s->name, "b1", 3);
	memcpy(s->neighbor, "192.0.2.12", 11);
	memcpy(s->state, "Up", 3);
	memcpy(s->remote_state, "Up", 3);
	memcpy(s->reason, "the neighbor says Init", 23);
	memcpy(s->drops, "ttl 3", 6);
	s->tx_us = 10000;
	s->detect_us = 50000;
	s->multiplier = 5;
	s->n_dropped = 3;
	shared_bfd_end(s);
	assert_false(bfd_print(out, page, "b2"));
	assert_true(bfd_print(out, page, "b1"));
	assert_true(bfd_print(out, page, NULL));
	fclose(out);
	assert_non_null(strstr(text, "b1 Up neighbor 192.0.2.12 (Up) since "));
	assert_non_null(strstr(text, "tx 10.000 ms detection 50.000 ms multiplier 5"));
	assert_non_null(strstr(text, "dropped 3 (ttl 3) reason \"the neighbor says Init\"\n"));
	assert_non_null(strstr(text, "# 4 packets were of no session\n"));
	free(text);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_session_is_a_line)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
