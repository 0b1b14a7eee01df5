/*
 * Running tracked scripts. See track.h. Each item has one timer, which fires every interval: it
 * asks the runner, unless the last run is still out. A run that is never reported (the runner died
 * and was replaced) is given up after its time and what the runner needs to end it.
 */
#include "failover/track/track.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/base/die.h"
#include "core/log/log.h"

enum { LOST_US = 5000000 }; /* after the timeout: no report will come any more */

struct item {
	struct list link;
	struct track *track;
	const struct vrrp_script_conf *conf;
	struct track_tally tally;
	struct loop_timer timer;
	struct runner_call call;
	int64_t asked_us;
	int last_status; /* to say each kind of failure once */
};

struct track {
	struct loop *loop;
	struct runner_link *link;
	const struct track_ops *ops;
	void *ctx;
	struct list items;
	unsigned n_started; /* ever */
};

static int64_t timeout_us(const struct vrrp_script_conf *conf)
{
	return conf->timeout_us ? conf->timeout_us : conf->interval_us;
}

static void tell(const struct item *item)
{
	if (item->tally.verdict != TRACK_UNKNOWN)
		item->track->ops->changed(item->track->ctx, item->conf,
					  item->tally.verdict == TRACK_UP);
}

/* ---- results ---- */

/* The output's last line, for the log. */
static struct slice last_line(struct slice output)
{
	while (output.len > 0 &&
	       (output.ptr[output.len - 1] == '\n' || output.ptr[output.len - 1] == '\r'))
		output.len--;
	for (size_t i = output.len; i > 0; i--)
		if (output.ptr[i - 1] == '\n')
			return (struct slice){output.ptr + i, output.len - i};
	return output;
}

static void say_failure(struct item *item, const struct message_run_exit *exit, struct slice output)
{
	struct slice line = last_line(output);
	const char *name = item->conf->name;
	int len = (int)(line.len < 200 ? line.len : 200);
	int kind = exit->timed_out ? -2 : exit->status;

	if (kind == item->last_status)
		return;
	item->last_status = kind;
	if (exit->status < 0)
		log_err("script %s cannot be run: %s", name, strerror(exit->err));
	else if (exit->timed_out)
		log_warn("script %s took too long and was ended", name);
	else if (WIFSIGNALED(exit->status))
		log_warn("script %s ended by signal %d", name, WTERMSIG(exit->status));
	else
		log_warn("script %s says %d%s%.*s", name, WEXITSTATUS(exit->status),
			 len ? ": " : "", len, line.ptr);
}

static void on_exit_of_script(struct runner_call *call, const struct message_run_exit *exit,
			      struct slice output)
{
	struct item *item = container_of(call, struct item, call);
	bool success = exit->status == 0 && !exit->timed_out;

	if (item->track->ops->answered && item->track->ops->answered(item->track->ctx, item->conf))
		return;
	if (exit->status < 0 && exit->err == ECONNRESET) { /* no result: once more, now */
		loop_timer_set(item->track->loop, &item->timer, loop_now_us(item->track->loop));
		return;
	}
	if (success)
		item->last_status = 0;
	else
		say_failure(item, exit, output);
	if (!track_tally_step(&item->tally, success))
		return;
	log_notice("script %s is %s", item->conf->name, success ? "up" : "down");
	tell(item);
}

/* ---- running ---- */

static void run(struct item *item)
{
	const struct vrrp_script_conf *conf = item->conf;
	struct runner_ask ask = {
		.argv = conf->script.argv,
		.uid = conf->script.uid,
		.gid = conf->script.gid,
		.timeout_ms = (uint32_t)(timeout_us(conf) / 1000),
	};
	int err = runner_link_run(item->track->link, &ask, &item->call);

	item->asked_us = loop_now_us(item->track->loop);
	if (err)
		log_err("script %s: the runner does not take it: %s", conf->name, strerror(-err));
}

static bool is_out(const struct item *item, int64_t now)
{
	return item->call.id && now - item->asked_us < timeout_us(item->conf) + LOST_US;
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
	struct item *item = container_of(timer, struct item, timer);
	struct track *track = item->track;
	int64_t now = loop_now_us(loop);

	loop_timer_set(loop, timer, now + item->conf->interval_us);
	if (is_out(item, now) ||
	    (track->ops->answered && track->ops->answered(track->ctx, item->conf)))
		return;
	runner_link_cancel(track->link, &item->call);
	run(item);
}

/* ---- items ---- */

static bool lists(const struct vrrp_track_conf *t, const struct vrrp_script_conf *script)
{
	for (; t; t = t->next)
		if (t->script == script)
			return true;
	return false;
}

/* Only what somebody tracks is run. */
static bool is_tracked(const struct failover_conf *conf, const struct vrrp_script_conf *script)
{
	for (const struct vrrp_instance_conf *i = conf->instances; i; i = i->next)
		if (lists(i->tracks, script))
			return true;
	for (const struct vrrp_group_conf *g = conf->groups; g; g = g->next)
		if (lists(g->tracks, script))
			return true;
	return false;
}

static bool same_words(const char *const *a, const char *const *b)
{
	for (; *a && *b; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return !*a && !*b;
}

static bool is_same(const struct vrrp_script_conf *a, const struct vrrp_script_conf *b)
{
	return strcmp(a->name, b->name) == 0 && a->is_process == b->is_process &&
	       a->asks_balancer == b->asks_balancer && a->script.uid == b->script.uid &&
	       a->script.gid == b->script.gid && same_words(a->script.argv, b->script.argv);
}

static void add_item(struct track *track, const struct vrrp_script_conf *conf)
{
	struct item *item = calloc(1, sizeof(*item));

	if (!item)
		die_no_memory();
	item->track = track;
	item->conf = conf;
	item->timer.on_expiry = on_timer;
	item->call.on_exit = on_exit_of_script;
	track_tally_init(&item->tally, conf->rise, conf->fall, conf->init_fail);
	list_push(&track->items, &item->link);
	tell(item); /* init_fail */
	/* In the order of the file, not all in one instant of the loop. */
	loop_timer_set(track->loop, &item->timer, loop_now_us(track->loop) + track->n_started++);
}

static void free_item(struct item *item)
{
	runner_link_cancel(item->track->link, &item->call);
	loop_timer_clear(item->track->loop, &item->timer);
	list_del(&item->link);
	free(item);
}

/* The item of the old configuration that goes on as this script, or NULL. */
static struct item *find_same(struct track *track, const struct vrrp_script_conf *conf)
{
	struct list *pos;

	LIST_EACH(pos, &track->items)
	{
		struct item *item = container_of(pos, struct item, link);

		if (is_same(item->conf, conf))
			return item;
	}
	return NULL;
}

void track_configure(struct track *track, const struct failover_conf *conf)
{
	struct list stay = LIST_INIT(stay);

	for (const struct vrrp_script_conf *s = conf->scripts; s; s = s->next) {
		struct item *item = find_same(track, s);

		if (!item || !is_tracked(conf, s))
			continue;
		item->conf = s;
		item->tally.rise = s->rise;
		item->tally.fall = s->fall;
		list_del(&item->link);
		list_push(&stay, &item->link);
	}
	while (!list_empty(&track->items))
		free_item(container_of(track->items.next, struct item, link));
	while (!list_empty(&stay)) {
		struct list *pos = stay.next;

		list_del(pos);
		list_push(&track->items, pos);
	}
	for (const struct vrrp_script_conf *s = conf->scripts; s; s = s->next)
		if (is_tracked(conf, s) && !find_same(track, s))
			add_item(track, s);
}

struct track *track_new(struct loop *loop, struct runner_link *link, const struct track_ops *ops,
			void *ctx, const struct failover_conf *conf)
{
	struct track *track = calloc(1, sizeof(*track));

	if (!track)
		die_no_memory();
	track->loop = loop;
	track->link = link;
	track->ops = ops;
	track->ctx = ctx;
	list_init(&track->items);
	track_configure(track, conf);
	return track;
}

void track_free(struct track **slot)
{
	struct track *track = *slot;

	if (!track)
		return;
	while (!list_empty(&track->items))
		free_item(container_of(track->items.next, struct item, link));
	free(track);
	*slot = NULL;
}

void track_tell(struct track *track)
{
	struct list *pos;

	LIST_EACH(pos, &track->items)
	tell(container_of(pos, struct item, link));
}

enum track_verdict track_verdict(const struct track *track, const struct vrrp_script_conf *script)
{
	const struct list *pos;

	LIST_EACH(pos, &track->items)
	{
		const struct item *item = container_of(pos, struct item, link);

		if (item->conf == script)
			return item->tally.verdict;
	}
	return TRACK_UNKNOWN;
}
