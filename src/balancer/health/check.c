/*
 * What becomes of a check's result: the tally, the server's state through its door, the followers
 * that track it, the next start; and what real traffic reports (`observe`). Runs on the checks'
 * thread; check results are published under a lock for readers elsewhere.
 */
#include "balancer/health/check.h"

#include <stdio.h>
#include <string.h>

#include "balancer/health/follow.h"
#include "balancer/health/check_notify.h"
#include "balancer/health/remember.h"
#include "core/base/text.h"

static const struct {
	const char *code, *text;
	bool ok;
} results[] = {
#define RESULT(constant, code, description, ok) {code, description, ok},
#include "balancer/health/check_results.def"
#undef RESULT
};

const char *check_result_code(enum check_result r)
{
	return results[r].code;
}

const char *check_result_text(enum check_result r)
{
	return results[r].text;
}

bool check_result_ok(enum check_result r)
{
	return results[r].ok;
}

/* Layer4 connection problem, info: "Connection refused", check duration: 0ms */
static void write_reason(struct check *c, const struct check_outcome *o, int64_t duration_us)
{
	struct text t;

	text_init(&t, c->reason, sizeof(c->reason));
	text_str(&t, check_result_text(o->result));
	if (o->code >= 0 && (o->result == CHECK_L7OK || o->result == CHECK_L7STS ||
			     (o->result >= CHECK_PROCERR && o->result <= CHECK_PROCOK)))
		text_fmt(&t, ", code: %d", o->code);
	if (o->detail[0])
		text_fmt(&t, ", info: \"%s\"", o->detail);
	if (duration_us >= 0)
		text_fmt(&t, ", check duration: %lldms", (long long)(duration_us / 1000));
}

static void publish(struct check *c, const struct check_outcome *o, int64_t duration_us)
{
	pthread_mutex_lock(&c->lock);
	c->has_result = true;
	c->last = *o;
	c->last_duration_us = duration_us;
	c->seen_health = c->tally.health;
	write_reason(c, o, duration_us);
	pthread_mutex_unlock(&c->lock);
}

static void log_change(const struct check *c, bool ok)
{
	const struct tally *t = &c->tally;
	bool up = tally_is_up(t);
	char buf[CHECK_REASON_MAX + 256];
	struct text line;

	if (!(c->conf->proxy->options & PROXY_OPT_LOG_HEALTH_CHECKS))
		return;
	text_init(&line, buf, sizeof(buf));
	text_fmt(&line, "Health check for server %s/%s %s, reason: %s, status: %d/%d %s.",
		 c->conf->proxy->name, c->conf->name, ok ? "succeeded" : "failed", c->reason,
		 up ? t->health - t->rise + 1 : t->health, up ? t->fall : t->rise,
		 up ? "UP" : "DOWN");
	server_log(c->conf->proxy, LOG_LEVEL_NOTICE, (struct slice){buf, line.len});
}

/* The server and those that track it follow the tally. */
static void apply_state(struct check *c)
{
	enum server_state to = tally_is_up(&c->tally) ? SERVER_RUNNING : SERVER_STOPPED;
	int64_t now = loop_now_us(c->loop);

	health_state_set(c->server, to, c->reason, c->reason, now);
	follow_apply(c, now);
}

/* After its state is what the result says. */
static void prove(struct check *c)
{
	if (!atomic_load_explicit(&c->server->unproven, memory_order_relaxed))
		return;
	server_proven(c->server);
	follow_prove(c);
}

/* Of several nodes that check the same servers one is the first to find them dead: the others know
 * by then that something is wrong. */
static void doubt(struct check *c, bool ok)
{
	bool is = !ok && tally_is_up(&c->tally);

	if (atomic_load_explicit(&c->server->doubtful, memory_order_relaxed) == is)
		return;
	server_doubt(c->server, is);
	follow_doubt(c);
}

static void schedule_next(struct check *c)
{
	int64_t now = loop_now_us(c->loop);
	int64_t next = c->started_us + tally_interval_us(&c->tally, &c->intervals);

	loop_timer_set(c->loop, &c->timer, next > now ? next : now);
}

void check_finished(struct check *c, const struct check_outcome *o)
{
	bool ok = check_result_ok(o->result);
	int health_before = c->tally.health;
	bool is_news = !c->has_result || c->last.result != o->result;
	bool turned = tally_add(&c->tally, ok);

	if (!ok && health_before > 0)
		atomic_fetch_add(&c->server->counters.check_failures, 1);
	publish(c, o, loop_clock_us(c->loop) - c->started_us);
	if (is_news || health_before != c->tally.health)
		log_change(c, ok);
	if (turned)
		apply_state(c);
	remember_note(c);
	prove(c);
	doubt(c, ok);
	schedule_next(c);
}
