/*
 * conf/compat_conf.c: each word, and what an impossible value comes to.
 */
#include "../reading.h"

/* globals and words go into global_defs and into one instance with a unicast peer. */
static void read_words(struct reading *r, const char *globals, const char *words)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "global_defs {\n%s\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n"
		 " unicast_peer {\n 192.0.2.9\n }\n virtual_ipaddress {\n 192.0.2.100\n }\n%s\n}\n",
		 globals, words);
	reading_start(r, text);
	assert_int_equal(r->diags.n_errors, 0);
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
		reading_end(&r);
	}
}

static void owners_and_standstill(void **state)
{
	struct reading r;

	(void)state;
	read_words(&r, "", " owner_ignore_adverts\n timer_expired_backup");
	assert_true(r.conf->instances->owner_ignores);
	assert_int_equal(r.conf->instances->others_highest, 254);
	reading_end(&r);
	read_words(&r, " vrrp_owner_ignore_adverts", " timer_expired_backup 150");
	assert_true(r.conf->instances->owner_ignores);
	assert_int_equal(r.conf->instances->others_highest, 150);
	reading_end(&r);
	read_words(&r, " vrrp_owner_ignore_adverts", " owner_ignore_adverts off");
	assert_false(r.conf->instances->owner_ignores);
	assert_int_equal(r.conf->instances->others_highest, 0);
	reading_end(&r);
	read_words(&r, "", " timer_expired_backup 300");
	assert_int_equal(r.diags.n_warnings, 1);
	assert_int_equal(r.conf->instances->others_highest, 254);
	reading_end(&r);
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
	reading_end(&r);
	read_words(&r, " vrrp_delay_after_boot soon", "");
	assert_int_equal(r.diags.n_warnings, 1);
	assert_int_equal(vrrp_start_delay_us(r.conf, 0), 0);
	reading_end(&r);
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
