/*
 * A check by what the failover process sees: BFD_CHECK and FILE_CHECK of a keepalived.conf, as
 * `option failover-check`. A look at the shared page at each interval; nobody is asked. What is not
 * known yet, or not any more configured there, changes nothing. Called by check_run.c on the
 * checks' thread.
 */
#include <limits.h>
#include <stdio.h>

#include "balancer/health/check.h"
#include "balancer/health/follow.h"

enum { MORE_MAX = BALANCE_WEIGHT_MAX };

static void look_again(struct check *c)
{
	c->phase = CHECK_IDLE;
	loop_timer_set(c->loop, &c->timer, loop_now_us(c->loop) + c->intervals.inter);
}

static void finish(struct check *c, bool ok, const char *what, long long value)
{
	struct check_outcome o = {.result = ok ? CHECK_L7OK : CHECK_L7RSP, .code = -1};

	snprintf(o.detail, sizeof(o.detail), "%s %s: %lld", what, c->kind->seen_name, value);
	c->phase = CHECK_IDLE;
	check_finished(c, &o);
}

static void add_weight(struct check *c, long long more)
{
	int now = (int)(more > MORE_MAX ? MORE_MAX : more < -MORE_MAX ? -MORE_MAX : more);
	int weight = c->conf->weight + now;

	if (now == c->weight_more)
		return;
	c->weight_more = now;
	server_weight_set(c->server, weight < 0 ? 0 : (unsigned)weight);
	follow_weigh(c);
}

/* As Keepalived: a weight of 0 makes any number but 0 a fault. */
static void judge_number(struct check *c, long long number)
{
	const struct check_conf *k = c->kind;
	long long more = number * (long long)k->seen_weight;

	if (k->seen_weight == 0) {
		finish(c, (number == 0) != k->seen_reverse, "file", number);
		return;
	}
	if (k->seen_reverse)
		more = -more;
	add_weight(c, more);
	finish(c, more > INT_MIN, "file", number);
}

void check_failover_begin(struct check *c)
{
	bool file = c->kind->seen_is_file;
	uint64_t key =
		shared_fact_key(file ? SHARED_FACT_FILE : SHARED_FACT_BFD, c->kind->seen_name);
	int64_t value;

	if (!c->page || !shared_note_get(c->page, key, &value))
		look_again(c);
	else if (file)
		judge_number(c, value);
	else
		finish(c, value != 0, "bfd", value);
}
