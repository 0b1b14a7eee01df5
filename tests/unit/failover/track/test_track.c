/*
 * failover/track: when scripts are run (track.c over core/loop/runner_link.c), and what their
 * results come to (track_tally.c). The runner is played by the test, the clock is simulated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../fake_runner.h"
#include "core/log/log.h"
#include "failover/track/track.h"

enum { SECOND = 1000000, EXIT_1 = 1 << 8 };

static void the_first_result_decides(void **state)
{
	struct track_tally t;

	(void)state;
	track_tally_init(&t, 3, 3, false);
	assert_int_equal(t.verdict, TRACK_UNKNOWN);
	assert_true(track_tally_step(&t, true));
	assert_int_equal(t.verdict, TRACK_UP);
	track_tally_init(&t, 3, 3, false);
	assert_true(track_tally_step(&t, false));
	assert_int_equal(t.verdict, TRACK_DOWN);
	track_tally_init(&t, 3, 3, true);
	assert_int_equal(t.verdict, TRACK_DOWN);
	assert_true(track_tally_step(&t, true));
	assert_int_equal(t.verdict, TRACK_UP);
}

static void rise_and_fall_count_in_a_row(void **state)
{
	static const bool results[] = {true,  false, false, true, false, false,
				       false, true,  false, true, true,	 false};
	static const int verdicts[] = {TRACK_UP,   TRACK_UP,   TRACK_UP,   TRACK_UP,
				       TRACK_UP,   TRACK_UP,   TRACK_DOWN, TRACK_DOWN,
				       TRACK_DOWN, TRACK_DOWN, TRACK_UP,   TRACK_UP};
	struct track_tally t;

	(void)state;
	track_tally_init(&t, 2, 3, false);
	for (size_t i = 0; i < sizeof(results); i++) {
		track_tally_step(&t, results[i]);
		assert_int_equal(t.verdict, verdicts[i]);
	}
	track_tally_init(&t, 0, 0, false); /* nonsense is one */
	track_tally_step(&t, true);
	assert_true(track_tally_step(&t, false));
}

/* ---- running ---- */

struct world {
	struct fake_runner runner;
	struct track *track;
	char told[256]; /* "name+ name- ..." */
	bool answered;
};

static void changed(void *ctx, const struct vrrp_script_conf *script, bool up)
{
	struct world *w = ctx;

	strcat(w->told, script->name);
	strcat(w->told, up ? "+ " : "- ");
}

static bool answered(void *ctx, const struct vrrp_script_conf *script)
{
	return script->asks_balancer && ((struct world *)ctx)->answered;
}

static const struct track_ops ops = {changed, answered};
static const char *const words_a[] = {"/bin/a", "x y", NULL};
static const char *const words_b[] = {"/bin/b", NULL};

struct conf { /* a and b tracked, c not */
	struct failover_conf failover;
	struct vrrp_instance_conf instance;
	struct vrrp_track_conf tracks[2];
	struct vrrp_script_conf scripts[3];
};

static void build(struct conf *c)
{
	memset(c, 0, sizeof(*c));
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = {"a", "b", "c"};

		c->scripts[i] = (struct vrrp_script_conf){
			.name = names[i],
			.script = {.argv = i ? words_b : words_a, .text = "", .uid = 5, .gid = 6},
			.interval_us = (i + 1) * SECOND,
			.rise = 2,
			.fall = 2,
			.next = i < 2 ? &c->scripts[i + 1] : NULL,
		};
	}
	c->tracks[0] = (struct vrrp_track_conf){.kind = VRRP_TRACK_SCRIPT,
						.name = "a",
						.script = &c->scripts[0],
						.next = &c->tracks[1]};
	c->tracks[1] = (struct vrrp_track_conf){
		.kind = VRRP_TRACK_SCRIPT, .name = "b", .script = &c->scripts[1]};
	c->instance.tracks = c->tracks;
	c->failover.instances = &c->instance;
	c->failover.scripts = c->scripts;
}

static void open_world(struct world *w, struct conf *c)
{
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	memset(w, 0, sizeof(*w));
	fake_runner_open(&w->runner);
	w->track = track_new(w->runner.loop, w->runner.link, &ops, w, &c->failover);
}

static void close_world(struct world *w)
{
	track_free(&w->track);
	fake_runner_close(&w->runner);
}

static void scripts_are_run_and_told(void **state)
{
	struct world w;
	struct conf c;

	(void)state;
	build(&c);
	c.scripts[1].timeout_us = 7 * SECOND;
	open_world(&w, &c);
	loop_sim_advance(w.runner.loop, 10);
	assert_string_equal(fake_runner_next(&w.runner), "/bin/a x y");
	assert_int_equal(w.runner.run.uid, 5);
	assert_int_equal(w.runner.run.gid, 6);
	assert_int_equal(w.runner.run.timeout_ms, 1000);
	assert_int_equal(w.runner.run.lane, 0);
	assert_int_equal(w.runner.run.wants_report, 1);
	fake_runner_answer(&w.runner, 0, false, "");
	assert_string_equal(w.told, "a+ ");
	assert_string_equal(fake_runner_next(&w.runner), "/bin/b");
	assert_int_equal(w.runner.run.timeout_ms, 7000);
	fake_runner_answer(&w.runner, EXIT_1, false, "no\nreally no\n");
	assert_string_equal(w.told, "a+ b- ");
	assert_string_equal(fake_runner_next(&w.runner), ""); /* c is not tracked */
	assert_int_equal(track_verdict(w.track, &c.scripts[0]), TRACK_UP);
	assert_int_equal(track_verdict(w.track, &c.scripts[2]), TRACK_UNKNOWN);
	loop_sim_advance(w.runner.loop, SECOND);
	assert_string_equal(fake_runner_next(&w.runner), "/bin/a x y");
	assert_string_equal(fake_runner_next(&w.runner), "");
	fake_runner_answer(&w.runner, 15, true, ""); /* took too long: fall is 2 */
	assert_string_equal(w.told, "a+ b- ");
	loop_sim_advance(w.runner.loop, SECOND);
	assert_string_equal(fake_runner_next(&w.runner), "/bin/a x y");
	fake_runner_answer(&w.runner, 9, false, "");
	assert_string_equal(w.told, "a+ b- a- ");
	w.told[0] = '\0';
	track_tell(w.track);
	assert_string_equal(w.told, "a- b- ");
	close_world(&w);
}

static void a_run_that_is_out_is_not_doubled(void **state)
{
	struct world w;
	struct conf c;
	struct message_run first;

	(void)state;
	build(&c);
	c.tracks[0].next = NULL;
	open_world(&w, &c);
	loop_sim_advance(w.runner.loop, 10);
	fake_runner_next(&w.runner);
	first = w.runner.run;
	loop_sim_advance(w.runner.loop, 4 * SECOND);
	assert_string_equal(fake_runner_next(&w.runner), "");
	/* Its time and what the runner needs to end it are over: no report will come. */
	loop_sim_advance(w.runner.loop, 3 * SECOND);
	assert_string_equal(fake_runner_next(&w.runner), "cancel");
	assert_string_equal(fake_runner_next(&w.runner), "/bin/a x y");
	assert_int_not_equal(w.runner.run.id, first.id);
	w.runner.run = first; /* late after all: nobody waits for it */
	fake_runner_answer(&w.runner, 0, false, "");
	assert_string_equal(w.told, "");
	close_world(&w);
}

static void a_new_runner_is_asked_again(void **state)
{
	struct world w;
	struct conf c;

	(void)state;
	build(&c);
	c.tracks[0].next = NULL;
	open_world(&w, &c);
	loop_sim_advance(w.runner.loop, 10);
	fake_runner_next(&w.runner);
	fake_runner_hello(&w.runner);
	assert_string_equal(w.told, ""); /* no result, so no failure */
	loop_sim_advance(w.runner.loop, 10);
	assert_string_equal(fake_runner_next(&w.runner), "cancel"); /* if it was not read yet */
	assert_string_equal(fake_runner_next(&w.runner), "/bin/a x y");
	fake_runner_answer(&w.runner, 0, false, "");
	assert_string_equal(w.told, "a+ ");
	close_world(&w);
}

static void what_the_seam_answers_is_not_run(void **state)
{
	struct world w;
	struct conf c;

	(void)state;
	build(&c);
	c.tracks[0].next = NULL;
	c.scripts[0].asks_balancer = true;
	open_world(&w, &c);
	w.answered = true;
	loop_sim_advance(w.runner.loop, 3 * SECOND);
	assert_string_equal(fake_runner_next(&w.runner), "");
	w.answered = false; /* a real haproxy beside us */
	loop_sim_advance(w.runner.loop, SECOND);
	assert_string_equal(fake_runner_next(&w.runner), "/bin/a x y");
	close_world(&w);
}

static void init_fail_is_down_from_the_start(void **state)
{
	struct world w;
	struct conf c;

	(void)state;
	build(&c);
	c.scripts[1].init_fail = true;
	open_world(&w, &c);
	assert_string_equal(w.told, "b- ");
	close_world(&w);
}

static void a_reload_keeps_what_is_the_same(void **state)
{
	struct world w;
	struct conf c, next;

	(void)state;
	build(&c);
	build(&next);
	next.scripts[0].interval_us = 5 * SECOND;
	next.scripts[1].script.argv = words_a; /* another script under the same name */
	open_world(&w, &c);
	loop_sim_advance(w.runner.loop, 10);
	fake_runner_next(&w.runner);
	fake_runner_answer(&w.runner, 0, false, "");
	fake_runner_next(&w.runner); /* b is out */
	track_configure(w.track, &next.failover);
	assert_int_equal(track_verdict(w.track, &next.scripts[0]), TRACK_UP);
	assert_int_equal(track_verdict(w.track, &next.scripts[1]), TRACK_UNKNOWN);
	assert_string_equal(fake_runner_next(&w.runner), "cancel");
	loop_sim_advance(w.runner.loop, 10);
	assert_string_equal(fake_runner_next(&w.runner), "/bin/a x y");
	next.instance.tracks = NULL;
	track_configure(w.track, &next.failover);
	assert_string_equal(fake_runner_next(&w.runner), "cancel");
	loop_sim_advance(w.runner.loop, 20 * SECOND);
	assert_string_equal(fake_runner_next(&w.runner), "");
	close_world(&w);
}

static void without_a_runner_it_goes_on(void **state)
{
	struct world w;
	struct conf c;

	(void)state;
	build(&c);
	open_world(&w, &c);
	shutdown(w.runner.ends[1], SHUT_RDWR);
	runner_link_read(w.runner.link);
	loop_sim_advance(w.runner.loop, 5 * SECOND);
	assert_string_equal(w.told, "");
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_result_decides),
		cmocka_unit_test(rise_and_fall_count_in_a_row),
		cmocka_unit_test(scripts_are_run_and_told),
		cmocka_unit_test(a_run_that_is_out_is_not_doubled),
		cmocka_unit_test(a_new_runner_is_asked_again),
		cmocka_unit_test(what_the_seam_answers_is_not_run),
		cmocka_unit_test(init_fail_is_down_from_the_start),
		cmocka_unit_test(a_reload_keeps_what_is_the_same),
		cmocka_unit_test(without_a_runner_it_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
