/*
 * conf/links_conf.c: delays and ways of asking, one list for both blocks. Verdicts as `keepalived
 * -t` of 2.2.7 gives them, but for what it passes over in silence.
 */
#include "../reading.h"

static void read_words(struct reading *r, const char *top, const char *words)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "%s\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n"
		 " virtual_ipaddress {\n 192.0.2.100\n }\n%s\n}\n",
		 top, words);
	reading_start(r, text);
	assert_int_equal(r->diags.n_errors, 0);
}

static void both_blocks_fill_one_list(void **state)
{
	const struct vrrp_link_conf *l;
	struct reading r;

	(void)state;
	read_words(&r,
		   "interface_up_down_delays {\n eth0 0.5 1.5\n eth7 100\n}\n"
		   "linkbeat_interfaces {\n eth0 ETHTOOL\n eth8\n eth9 IOCTL\n}\n",
		   " promote_secondaries");
	assert_int_equal(r.diags.n_warnings, 0);
	assert_true(r.conf->instances->promote_secondaries);
	l = r.conf->links;
	assert_string_equal(l->name, "eth0");
	assert_int_equal(l->down_us, 500000);
	assert_int_equal(l->up_us, 1500000);
	assert_int_equal(l->beat, VRRP_LINKBEAT_ETHTOOL);
	l = l->next;
	assert_string_equal(l->name, "eth7");
	assert_int_equal(l->down_us, 100000000); /* no instance has its adverts there */
	assert_int_equal(l->up_us, 100000000);
	assert_int_equal(l->beat, VRRP_LINKBEAT_NONE);
	assert_int_equal(l->next->beat, VRRP_LINKBEAT_MII);
	assert_int_equal(l->next->next->beat, VRRP_LINKBEAT_IOCTL);
	reading_end(&r);
}

static void a_delay_stays_below_the_down_timer(void **state)
{
	struct reading r;

	(void)state;
	read_words(&r, "interface_up_down_delays {\n eth0 2.5 0.1\n}\n", "");
	assert_int_equal(r.conf->links->down_us, 1999999);
	assert_int_equal(r.conf->links->up_us, 100000);
	assert_int_equal(r.diags.n_warnings, 0); /* a note, as Keepalived says nothing at all */
	reading_end(&r);
}

static void polling_may_be_said_for_all(void **state)
{
	const struct vrrp_link_conf *l;
	struct reading r;

	(void)state;
	read_words(&r, "linkbeat_use_polling\n", " track_interface {\n eth1\n }");
	assert_int_equal(r.diags.n_warnings, 0);
	l = r.conf->links;
	assert_string_equal(l->name, "eth0");
	assert_int_equal(l->beat, VRRP_LINKBEAT_MII);
	assert_string_equal(l->next->name, "eth1");
	assert_null(l->next->next);
	reading_end(&r);
	read_words(&r, "", " linkbeat_use_polling");
	assert_int_equal(r.diags.n_warnings, 1); /* deprecated */
	assert_string_equal(r.conf->links->name, "eth0");
	reading_end(&r);
}

static void each_verdict_is_keepaliveds(void **state)
{
	static const struct {
		const char *text;
		bool complains;
	} rows[] = {
		{"interface_up_down_delays {\n eth0 1 2\n}\n", false},
		{"interface_up_down_delays {\n eth0 1\n}\n", false},
		{"interface_up_down_delays {\n eth0 256\n}\n", true},
		{"interface_up_down_delays {\n eth0 x\n}\n", true},
		{"linkbeat_interfaces {\n eth0\n}\n", false},
		{"linkbeat_interfaces {\n eth0 MII\n}\n", false},
		{"linkbeat_interfaces {\n eth0 FOO\n}\n", true},
		/* it says nothing, and does something else than what is written */
		{"interface_up_down_delays {\n eth0\n}\n", true},
		{"interface_up_down_delays {\n eth0 1 1 1\n}\n", true},
		{"interface_up_down_delays {\n eth0 1\n eth0 2\n}\n", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reading r;

		read_words(&r, rows[i].text, "");
		if ((r.diags.n_warnings > 0) != rows[i].complains)
			fail_msg("%u warnings: %s", r.diags.n_warnings, rows[i].text);
		reading_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_blocks_fill_one_list),
		cmocka_unit_test(a_delay_stays_below_the_down_timer),
		cmocka_unit_test(polling_may_be_said_for_all),
		cmocka_unit_test(each_verdict_is_keepaliveds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
