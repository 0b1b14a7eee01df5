/*
 * failover/track/witness.c on the loopback of a network namespace of the test's own: who answers
 * and who does not. Skipped where namespaces are not allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "failover/track/witness.h"

struct story {
	struct loop *loop;
	int n_answers;
	int64_t asked_us;
};

static bool may_unshare;

static void on_answer(void *ctx, int64_t asked_us)
{
	struct story *s = ctx;

	assert_true(asked_us > s->asked_us); /* each question is answered once */
	assert_true(asked_us <= loop_clock_us(s->loop));
	s->asked_us = asked_us;
	s->n_answers++;
}

static struct vrrp_witness_conf target(const char *text, bool tcp, unsigned port)
{
	struct vrrp_witness_conf c = {.tcp = tcp};

	assert_true(addr_parse_ip(&c.address, slice_of(text), port));
	return c;
}

static int answers(const struct vrrp_witness_conf *list, int n_wanted)
{
	struct story s = {.loop = loop_new(&loop_epoll_ops)};
	struct witness *w = witness_new(s.loop, list, 1, on_answer, &s);
	int64_t until_us = loop_clock_us(s.loop) + 300000; /* many periods, for those in vain */

	while (n_wanted ? s.n_answers < n_wanted : loop_clock_us(s.loop) < until_us)
		loop_step(s.loop, loop_clock_us(s.loop) + 10000);
	witness_free(&w);
	assert_null(w);
	loop_free(&s.loop);
	return s.n_answers;
}

static void echo_is_answered_in_both_families(void **state)
{
	struct vrrp_witness_conf four = target("127.0.0.1", false, 0),
				 six = target("::1", false, 0);

	(void)state;
	if (!may_unshare)
		skip();
	assert_int_equal(answers(&four, 5), 5);
	assert_int_equal(answers(&six, 5), 5);
}

static void nobody_there_is_no_answer(void **state)
{
	struct vrrp_witness_conf none = target("192.0.2.1", false, 0),
				 refused = target("127.0.0.1", true, 9),
				 nowhere = target("2001:db8::1", true, 80);

	(void)state;
	if (!may_unshare)
		skip();
	none.next = &refused;
	refused.next = &nowhere;
	assert_int_equal(answers(&none, 0), 0);
}

static void one_of_several_is_enough(void **state)
{
	struct vrrp_witness_conf none = target("192.0.2.1", false, 0), tcp;
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	if (!may_unshare)
		skip();
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 100), 0);
	getsockname(fd, (struct sockaddr *)&at, &len);
	tcp = target("127.0.0.1", true, ntohs(at.sin_port));
	none.next = &tcp;
	assert_int_equal(answers(&none, 3), 3);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo_is_answered_in_both_families),
		cmocka_unit_test(nobody_there_is_no_answer),
		cmocka_unit_test(one_of_several_is_enough),
	};

	may_unshare = unshare(CLONE_NEWNET) == 0 && system("ip link set lo up") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
