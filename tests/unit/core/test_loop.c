/*
 * core/loop: order of timers, deadlines moved later, stale events, letters between loops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "core/loop/loop_sim.h"
#include "core/loop/mailbox.h"

static int64_t fired_at[8];
static int n_fired;

static void note_time(struct loop *loop, struct loop_timer *t)
{
	(void)t;
	fired_at[n_fired++] = loop_now_us(loop);
}

static void timers_fire_in_order_at_their_microsecond(void **state)
{
	struct loop *loop = loop_new(&loop_sim_ops);
	struct loop_timer t[3] = {{note_time, 0, 0}, {note_time, 0, 0}, {note_time, 0, 0}};
	int64_t start = loop_now_us(loop);

	(void)state;
	n_fired = 0;
	loop_timer_set(loop, &t[0], start + 300);
	loop_timer_set(loop, &t[1], start + 78);
	loop_timer_set(loop, &t[2], start + 100);
	loop_timer_set(loop, &t[2], start + 200); /* later: lazily */
	loop_timer_set(loop, &t[0], start + 150); /* sooner */
	loop_sim_advance(loop, 1000);
	assert_int_equal(n_fired, 3);
	assert_int_equal(fired_at[0] - start, 78);
	assert_int_equal(fired_at[1] - start, 150);
	assert_int_equal(fired_at[2] - start, 200);
	loop_timer_set(loop, &t[0], start + 2000);
	loop_timer_clear(loop, &t[0]);
	loop_sim_advance(loop, 5000);
	assert_int_equal(n_fired, 3);
	loop_free(&loop);
}

struct pair {
	struct loop_fd a, b;
	int calls;
};
static struct pair pair;

static void delete_other(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	(void)ready;
	pair.calls++;
	loop_fd_del(loop, lfd == &pair.a ? &pair.b : &pair.a);
	loop_fd_del(loop, lfd);
	loop_stop(loop);
}

static void a_deleted_node_gets_no_event_of_the_same_batch(void **state)
{
	struct loop *loop = loop_new(&loop_epoll_ops);
	int p[2], q[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(pipe(q), 0);
	assert_int_equal(write(p[1], "x", 1) + write(q[1], "x", 1), 2);
	pair = (struct pair){.a = {delete_other, p[0], 0}, .b = {delete_other, q[0], 0}};
	assert_int_equal(loop_fd_add(loop, &pair.a, LOOP_IN), 0);
	assert_int_equal(loop_fd_add(loop, &pair.b, LOOP_IN), 0);
	loop_run(loop);
	assert_int_equal(pair.calls, 1);
	close(p[0]), close(p[1]), close(q[0]), close(q[1]);
	loop_free(&loop);
}

static char order[4];

static void deliver(struct loop *loop, struct letter *letter);
static struct letter letters[3] = {{deliver, NULL}, {deliver, NULL}, {deliver, NULL}};

static void deliver(struct loop *loop, struct letter *letter)
{
	size_t at = strlen(order);

	order[at] = (char)('0' + (letter - letters));
	if (at == 2)
		loop_stop(loop);
}

static void letters_arrive_in_posting_order(void **state)
{
	struct loop *loop = loop_new(&loop_epoll_ops);
	struct mailbox box;

	(void)state;
	assert_int_equal(mailbox_init(&box, loop), 0);
	for (int i = 0; i < 3; i++)
		mailbox_post(&box, &letters[i]);
	loop_run(loop);
	assert_string_equal(order, "012");
	mailbox_fini(&box);
	loop_free(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_in_order_at_their_microsecond),
		cmocka_unit_test(a_deleted_node_gets_no_event_of_the_same_batch),
		cmocka_unit_test(letters_arrive_in_posting_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
