/*
 * One relais-dbrole per tracked database. See database_watch.h.
 */
#include "failover/track/database_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "failover/track/database_line.h"
#include "failover/track/track_tally.h"

enum {
	SILENCE_US = 1000000, /* beyond interval and timeout: it hangs */
	AGAIN_US = 1000000,   /* from its end to the next */
	ARGS_MAX = 24,
	NUMBER_LEN = 24,
};

struct item {
	struct list link;
	struct database_watch *watch;
	const struct vrrp_database_conf *conf;
	struct track_tally role, answers;
	struct runner_call call;
	struct loop_timer timer; /* while it runs: the next line is due; else: start it */
	char note[48];		 /* as last told, to log each change once */
};

struct database_watch {
	struct database_watch_setup setup;
	struct list items;
};

static const char *const kind_words[] = {"pgsql", "mysql", "redis"};

static int64_t now_of(const struct item *item)
{
	return loop_now_us(item->watch->setup.loop);
}

static void again_in(struct item *item, int64_t span_us)
{
	loop_timer_set(item->watch->setup.loop, &item->timer, now_of(item) + span_us);
}

/* ---- what is told ---- */

static void take(struct item *item, const struct database_line *line)
{
	const struct vrrp_database_conf *db = item->conf;
	bool answers = line->role != DATABASE_DOWN;
	bool wanted = line->role == (db->replica ? DATABASE_REPLICA : DATABASE_PRIMARY);
	struct vrrp_role role = {.asked_us = line->asked_us, .note = line->note};

	if (strcmp(item->note, line->note) != 0)
		log_notice("database %s: %s", db->name, line->note);
	snprintf(item->note, sizeof(item->note), "%s", line->note);
	track_tally_step(&item->role, wanted);
	track_tally_step(&item->answers, answers);
	role.as_wanted = item->role.verdict == TRACK_UP;
	role.answers = item->answers.verdict == TRACK_UP;
	item->watch->setup.told(item->watch->setup.ctx, db, &role);
}

static void take_failure(struct item *item, const char *note)
{
	struct database_line line = {.asked_us = now_of(item), .role = DATABASE_DOWN};

	snprintf(line.note, sizeof(line.note), "%s", note);
	take(item, &line);
}

static void on_line(struct runner_call *call, struct slice text)
{
	struct item *item = container_of(call, struct item, call);
	struct database_line line;

	if (!database_line_read(text, &line)) { /* a library's own words */
		log_warn("database %s: %.*s", item->conf->name,
			 (int)(text.len < 200 ? text.len : 200), text.ptr);
		return;
	}
	again_in(item, item->conf->interval_us + item->conf->timeout_us + SILENCE_US);
	take(item, &line);
}

/* ---- running it ---- */

static uint64_t id_of(const char *name)
{
	uint64_t hash = 14695981039346656037u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 1099511628211u;
	return hash ? hash : 1;
}

struct words {
	const char *argv[ARGS_MAX];
	char numbers[4][NUMBER_LEN];
	unsigned n, n_numbers;
};

static void put(struct words *w, const char *option, const char *value)
{
	if (!value)
		return;
	w->argv[w->n++] = option;
	w->argv[w->n++] = value;
}

static void put_number(struct words *w, const char *option, int64_t value)
{
	char *text = w->numbers[w->n_numbers++];

	snprintf(text, NUMBER_LEN, "%lld", (long long)value);
	put(w, option, text);
}

static void build(struct words *w, const char *tool, const struct vrrp_database_conf *db)
{
	memset(w, 0, sizeof(*w));
	w->argv[w->n++] = tool;
	w->argv[w->n++] = kind_words[db->kind];
	put(w, "--host", db->host);
	if (db->port)
		put_number(w, "--port", db->port);
	put(w, "--user", db->user);
	put(w, "--password-file", db->password_file);
	put(w, "--dbname", db->dbname);
	put_number(w, "--interval", db->interval_us);
	put_number(w, "--timeout", db->timeout_us);
	if (db->galera)
		w->argv[w->n++] = "--galera";
}

static void on_exit_of_tool(struct runner_call *call, const struct message_run_exit *exit,
			    struct slice output);

static void start(struct item *item)
{
	const struct database_watch_setup *s = &item->watch->setup;
	const struct vrrp_database_conf *db = item->conf;
	struct runner_ask ask = {.uid = db->uid, .gid = db->gid, .wants_lines = true};
	struct words words;
	int err;

	again_in(item, db->interval_us + db->timeout_us + SILENCE_US);
	if (!s->tool) {
		take_failure(item, "relais-dbrole is not installed");
		return;
	}
	runner_link_forget(&item->call);
	build(&words, s->tool, db);
	ask.argv = words.argv;
	item->call.on_exit = on_exit_of_tool;
	item->call.on_line = on_line;
	err = runner_link_replace(s->link, &ask, &item->call, id_of(db->name));
	if (err)
		take_failure(item, "the runner does not take it");
}

static void on_exit_of_tool(struct runner_call *call, const struct message_run_exit *exit,
			    struct slice output)
{
	struct item *item = container_of(call, struct item, call);
	char note[48];

	if (exit->status < 0 && exit->err == ECONNRESET) { /* the runner was replaced */
		start(item);
		return;
	}
	again_in(item, AGAIN_US);
	if (exit->status < 0)
		snprintf(note, sizeof(note), "relais-dbrole: %.30s", strerror(exit->err));
	else if (WIFEXITED(exit->status))
		snprintf(note, sizeof(note), "relais-dbrole ended with %d",
			 WEXITSTATUS(exit->status));
	else
		snprintf(note, sizeof(note), "relais-dbrole ended by signal %d",
			 WTERMSIG(exit->status));
	if (output.len)
		log_warn("database %s: %.*s", item->conf->name,
			 (int)(output.len < 200 ? output.len : 200), output.ptr);
	take_failure(item, note);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
	struct item *item = container_of(timer, struct item, timer);

	(void)loop;
	if (item->call.id)
		take_failure(item, "relais-dbrole says nothing");
	start(item);
}

/* ---- items ---- */

static bool text_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same(const struct vrrp_database_conf *a, const struct vrrp_database_conf *b)
{
	return a->kind == b->kind && a->replica == b->replica && a->galera == b->galera &&
	       text_same(a->name, b->name) && text_same(a->host, b->host) && a->port == b->port &&
	       text_same(a->user, b->user) && text_same(a->password_file, b->password_file) &&
	       text_same(a->dbname, b->dbname) && a->interval_us == b->interval_us &&
	       a->timeout_us == b->timeout_us && a->uid == b->uid && a->gid == b->gid;
}

static void add_item(struct database_watch *watch, const struct vrrp_database_conf *conf)
{
	struct item *item = calloc(1, sizeof(*item));

	if (!item)
		die_no_memory();
	item->watch = watch;
	item->conf = conf;
	item->timer.on_expiry = on_timer;
	track_tally_init(&item->role, conf->rise, conf->fall, false);
	track_tally_init(&item->answers, conf->rise, conf->fall, false);
	list_push(&watch->items, &item->link);
	start(item);
}

static void free_item(struct item *item)
{
	runner_link_cancel(item->watch->setup.link, &item->call);
	loop_timer_clear(item->watch->setup.loop, &item->timer);
	list_del(&item->link);
	free(item);
}

static const struct vrrp_database_conf *find_same(const struct failover_conf *conf,
						  const struct vrrp_database_conf *db)
{
	for (const struct vrrp_database_conf *d = conf->databases; d; d = d->next)
		if (is_same(d, db))
			return d;
	return NULL;
}

static bool has(const struct database_watch *watch, const struct vrrp_database_conf *conf)
{
	const struct list *pos;

	LIST_EACH(pos, &watch->items)
	if (container_of(pos, struct item, link)->conf == conf)
		return true;
	return false;
}

void database_watch_configure(struct database_watch *watch, const struct failover_conf *conf)
{
	struct list *pos, *tmp;

	LIST_EACH_SAFE(pos, tmp, &watch->items)
	{
		struct item *item = container_of(pos, struct item, link);
		const struct vrrp_database_conf *same = find_same(conf, item->conf);

		if (!same) {
			free_item(item);
			continue;
		}
		item->conf = same;
		item->role.rise = item->answers.rise = same->rise;
		item->role.fall = item->answers.fall = same->fall;
	}
	for (const struct vrrp_database_conf *d = conf->databases; d; d = d->next)
		if (!has(watch, d))
			add_item(watch, d);
}

struct database_watch *database_watch_new(const struct database_watch_setup *setup,
					  const struct failover_conf *conf)
{
	struct database_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		die_no_memory();
	watch->setup = *setup;
	list_init(&watch->items);
	database_watch_configure(watch, conf);
	return watch;
}

void database_watch_free(struct database_watch **slot)
{
	struct database_watch *watch = *slot;

	*slot = NULL;
	if (!watch)
		return;
	while (!list_empty(&watch->items))
		free_item(container_of(watch->items.next, struct item, link));
	free(watch);
}

void database_watch_ask(struct database_watch *watch, const char *name)
{
	struct list *pos;

	LIST_EACH(pos, &watch->items)
	{
		struct item *item = container_of(pos, struct item, link);

		if (strcmp(item->conf->name, name) == 0)
			start(item);
	}
}
