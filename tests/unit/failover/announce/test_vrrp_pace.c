/* The pace of announcements: an interface's own, a group's together, families apart. Its rows
 * (conf/garp_conf.c) are read in test_failover_conf.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failover/announce/pace.h"

static const char *const switched[] = {"eth1", "eth2", NULL};
static const struct garp_group_conf group = {
	.interfaces = switched, .garp_interval_us = 1000, .gna_interval_us = -1};

static void without_an_interval_nothing_waits(void **state)
{
	struct vrrp_pace *pace = vrrp_pace_new();

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(vrrp_pace_ask(pace, "eth0", false, 0, 5), 0);
	vrrp_pace_free(&pace);
	assert_null(pace);
}

static void instances_share_the_pace_of_their_interface(void **state)
{
	struct vrrp_pace *pace = vrrp_pace_new();

	(void)state;
	assert_int_equal(vrrp_pace_ask(pace, "eth0", false, 100, 5), 0);
	assert_int_equal(vrrp_pace_ask(pace, "eth0", false, 100, 5), 105);
	assert_int_equal(vrrp_pace_ask(pace, "eth0", true, 100, 5), 0);	 /* the other family */
	assert_int_equal(vrrp_pace_ask(pace, "eth9", false, 100, 5), 0); /* another wire */
	assert_int_equal(vrrp_pace_ask(pace, "eth0", false, 100, 104), 105);
	assert_int_equal(vrrp_pace_ask(pace, "eth0", false, 100, 105), 0);
	assert_int_equal(vrrp_pace_ask(pace, "eth0", false, 100, 106), 205);
	vrrp_pace_free(&pace);
}

static void interfaces_of_a_group_wait_for_each_other(void **state)
{
	struct vrrp_pace *pace = vrrp_pace_new();

	(void)state;
	vrrp_pace_configure(pace, &group);
	assert_int_equal(vrrp_pace_ask(pace, "eth1", false, 0, 10), 0);
	assert_int_equal(vrrp_pace_ask(pace, "eth2", false, 0, 10), 1010);
	assert_int_equal(vrrp_pace_ask(pace, "eth0", false, 0, 10), 0); /* not of it */
	assert_int_equal(vrrp_pace_ask(pace, "eth2", true, 0, 10), 0);	/* it says nothing of NAs */
	assert_int_equal(vrrp_pace_ask(pace, "eth1", true, 50, 10), 0);
	assert_int_equal(vrrp_pace_ask(pace, "eth2", true, 50, 10), 60);
	vrrp_pace_configure(pace, NULL); /* a reload without it */
	assert_int_equal(vrrp_pace_ask(pace, "eth2", false, 0, 10), 0);
	vrrp_pace_free(&pace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_an_interval_nothing_waits),
		cmocka_unit_test(instances_share_the_pace_of_their_interface),
		cmocka_unit_test(interfaces_of_a_group_wait_for_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
