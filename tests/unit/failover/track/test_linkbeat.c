/*
 * track/linkbeat.c on the loopback interface, whose flags and ethtool answer, and which has no PHY.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "failover/track/linkbeat.h"

static void the_next_way_is_taken_where_one_is_missing(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	enum vrrp_linkbeat how = VRRP_LINKBEAT_NONE;

	(void)state;
	assert_true(linkbeat_ask(fd, "lo", VRRP_LINKBEAT_IOCTL, &how) >= 0);
	assert_int_equal(how, VRRP_LINKBEAT_IOCTL);
	assert_true(linkbeat_ask(fd, "lo", VRRP_LINKBEAT_MII, &how) >= 0);
	assert_true(how == VRRP_LINKBEAT_ETHTOOL || how == VRRP_LINKBEAT_IOCTL);
	assert_int_equal(linkbeat_ask(fd, "no-such-if", VRRP_LINKBEAT_MII, &how), -1);
	close(fd);
}

static void on_changed(void *ctx, const char *name)
{
	(void)name;
	loop_stop(ctx);
}

static void what_does_not_answer_counts_as_up(void **state)
{
	struct vrrp_link_conf unasked = {.name = "lo"}, missing = {.name = "no-such-if",
								   .beat = VRRP_LINKBEAT_ETHTOOL,
								   .next = &unasked};
	struct loop *loop = loop_new(&loop_epoll_ops);
	struct linkbeat *beat = linkbeat_new(loop, on_changed, loop, &missing);

	(void)state;
	assert_true(linkbeat_up(beat, "no-such-if"));
	loop_run(loop); /* the first answer is that there is none */
	assert_true(linkbeat_up(beat, "no-such-if"));
	assert_true(linkbeat_up(beat, "lo"));
	assert_true(linkbeat_up(NULL, "lo"));
	linkbeat_configure(beat, NULL);
	linkbeat_free(&beat);
	loop_free(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_way_is_taken_where_one_is_missing),
		cmocka_unit_test(what_does_not_answer_counts_as_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
