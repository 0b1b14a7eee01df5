/*
 * conf/compat_conf.c: each word, and what an impossible value comes to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "failover/conf/failover_conf.h"

struct reading {
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	struct failover_conf *conf;
};

/* globals and words go into global_defs and into one instance with a unicast peer. */
static void read_words(struct reading *r, const char *globals, const char *words)
{
	static const char *const path = "k.conf";
	char text[1024];

	snprintf(text, sizeof(text),
		 "global_defs {\n%s\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n"
		 " unicast_peer {\n 192.0.2.9\n }\n virtual_ipaddress {\n 192.0.2.100\n }\n%s\n}\n",
		 globals, words);
	conf_files_init(&r->files);
	conf_diags_init(&r->diags);
	arena_init(&r->arena, 0);
	conf_files_put(&r->files, path, slice_of(text));
	r->conf = failover_conf_parse(&r->files, &path, 1, &r->arena, &r->diags, NULL);
	assert_int_equal(r->diags.n_errors, 0);
}

static void finish(struct reading *r)
{
	arena_fini(&r->arena);
	conf_diags_fini(&r->diags);
	conf_files_fini(&r->files);
}

static void checksums_old_and_new(void **state)
{
	static const struct {
		const char *words;
		enum vrrp_old_checksum is;
		unsigned n_warnings;
	} rows[] = {
		{"", VRRP_OLD_CHECKSUM_AUTO, 0},
		{" old_unicast_checksum", VRRP_OLD_CHECKSUM_SEND, 0},
		{" old_unicast_checksum never", VRRP_OLD_CHECKSUM_NEVER, 0},
		{" old_unicast_checksum foo", VRRP_OLD_CHECKSUM_AUTO, 1},
	};
	struct reading r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_words(&r, "", rows[i].words);
		assert_int_equal(r.conf->instances->old_checksum, rows[i].is);
		assert_int_equal(r.diags.n_warnings, rows[i].n_warnings);
		finish(&r);
	}
}

static void owners_and_standstill(void **state)
{
	struct reading r;

	(void)state;
	read_words(&r, "", " owner_ignore_adverts\n timer_expired_backup");
	assert_true(r.conf->instances->owner_ignores);
	assert_int_equal(r.conf->instances->others_highest, 254);
	finish(&r);
	read_words(&r, " vrrp_owner_ignore_adverts", " timer_expired_backup 150");
	assert_true(r.conf->instances->owner_ignores);
	assert_int_equal(r.conf->instances->others_highest, 150);
	finish(&r);
	read_words(&r, " vrrp_owner_ignore_adverts", " owner_ignore_adverts off");
	assert_false(r.conf->instances->owner_ignores);
	assert_int_equal(r.conf->instances->others_highest, 0);
	finish(&r);
	read_words(&r, "", " timer_expired_backup 300");
	assert_int_equal(r.diags.n_warnings, 1);
	assert_int_equal(r.conf->instances->others_highest, 254);
	finish(&r);
}

static void the_longer_wait_counts(void **state)
{
	struct reading r;

	(void)state;
	read_words(&r, " vrrp_startup_delay 2\n vrrp_delay_after_boot 10.5", "");
	assert_int_equal(vrrp_start_delay_us(r.conf, 0), 10500000);
	assert_int_equal(vrrp_start_delay_us(r.conf, 8000000), 2500000);
	assert_int_equal(vrrp_start_delay_us(r.conf, 9000000), 2000000);
	assert_int_equal(vrrp_start_delay_us(r.conf, 3600000000), 2000000);
	finish(&r);
	read_words(&r, " vrrp_delay_after_boot soon", "");
	assert_int_equal(r.diags.n_warnings, 1);
	assert_int_equal(vrrp_start_delay_us(r.conf, 0), 0);
	finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksums_old_and_new),
		cmocka_unit_test(owners_and_standstill),
		cmocka_unit_test(the_longer_wait_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
