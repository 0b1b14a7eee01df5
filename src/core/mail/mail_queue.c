/*
 * Mails on their way to the runner. See mail_queue.h. The loop's thread; a mail's life:
 *
 *   asked -> WAITING (in the order asked; later, if it has to be) -> RUNNING -> gone, or WAITING
 *
 * Slots and texts are allocated once: failover's memory is locked, and a takeover is no moment for
 * malloc.
 */
#include "core/mail/mail_queue.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "core/sys/tool_path.h"

enum {
	KEYS = 256, /* things that mails are about, by hash; two may share one, which only delays */
	ABOUT_LEN = 192,
	WHAT_LEN = 96,
	BODY_LEN = 256,
	ARGS_MAX = 16,
	TEMPORARY = 75, /* EX_TEMPFAIL: the helper thinks that another try may help */
	FLUSH_MAX = 32, /* handed over at the end */
};

#define MINUTE_US      60000000LL
#define GATE_PERIOD_US 600000000LL

static const int64_t pauses_us[MAIL_TRIES - 1] = {5000000, 20000000, 60000000};

struct mail {
	struct list link; /* of waiting, running or unused */
	struct mail_queue *queue;
	struct runner_call call;
	unsigned key, tries, n_merged;
	int64_t not_before_us;
	char about[ABOUT_LEN], what[WHAT_LEN], body[BODY_LEN];
};

struct limit { /* of mails about one thing */
	int64_t since_us;
	unsigned n;
};

struct mail_queue {
	struct loop *loop;
	struct runner_link *link;
	const struct mail_conf *conf; /* NULL = none is sent */
	struct loop_timer timer;
	struct list waiting, running, unused;
	struct mail_queue_stats stats;
	struct log_gate failed_gate, dropped_gate;
	char tool[PATH_MAX], host[HOST_NAME_MAX + 1];
	struct limit limits[KEYS];
	struct mail mails[MAIL_WAITING_MAX];
};

static void start_what_may(struct mail_queue *q);

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	start_what_may(container_of(timer, struct mail_queue, timer));
}

struct mail_queue *mail_queue_new(struct loop *loop, struct runner_link *link, const char *tool)
{
	struct mail_queue *q = calloc(1, sizeof(*q));

	if (!q)
		die_no_memory();
	q->loop = loop;
	q->link = link;
	q->timer.on_expiry = on_timer;
	list_init(&q->waiting);
	list_init(&q->running);
	list_init(&q->unused);
	for (unsigned i = 0; i < MAIL_WAITING_MAX; i++) {
		q->mails[i].queue = q;
		list_push(&q->unused, &q->mails[i].link);
	}
	if (tool)
		snprintf(q->tool, sizeof(q->tool), "%s", tool);
	else if (!tool_path_find("relais-mail", q->tool, sizeof(q->tool)))
		log_debug("there is no relais-mail beside this program");
	if (gethostname(q->host, sizeof(q->host) - 1) < 0)
		strcpy(q->host, "localhost");
	return q;
}

void mail_queue_configure(struct mail_queue *q, const struct mail_conf *conf)
{
	bool usable = conf && conf->server && conf->to && conf->to[0];

	q->conf = usable ? conf : NULL;
	if (usable && !q->tool[0])
		log_err("no mail can be sent: there is no relais-mail beside this program or in "
			"../libexec/relais");
}

/* ---- handing one to the runner ---- */

static unsigned key_of(const char *about)
{
	uint32_t hash = 2166136261u;

	for (; *about; about++)
		hash = (hash ^ (unsigned char)*about) * 16777619u;
	return (hash ^ hash >> 16) % KEYS;
}

static void move(struct mail *m, struct list *to)
{
	list_del(&m->link);
	list_push(to, &m->link);
}

static int hand_over(struct mail_queue *q, struct mail *m, struct runner_call *call)
{
	const struct mail_conf *c = q->conf;
	const char *argv[ARGS_MAX] = {q->tool, "--server", c->server};
	char port[16], timeout[16], subject[ABOUT_LEN + WHAT_LEN + 128], body[BODY_LEN + 96];
	unsigned n = 3, timeout_s = c->connect_timeout_s ? c->connect_timeout_s : 30;
	struct runner_ask ask = {.argv = argv, .more = c->to, .uid = geteuid(), .gid = getegid()};

	snprintf(port, sizeof(port), "%u", c->port ? c->port : 25);
	snprintf(timeout, sizeof(timeout), "%u", timeout_s);
	snprintf(subject, sizeof(subject), "[%.100s] %s - %s",
		 c->router_id ? c->router_id : q->host, m->about, m->what);
	snprintf(body, sizeof(body),
		 m->n_merged ? "%s\n\n(%u earlier changes, too many to tell)" : "%s", m->body,
		 m->n_merged);
	argv[n++] = "--port", argv[n++] = port;
	argv[n++] = "--connect-timeout", argv[n++] = timeout;
	argv[n++] = "--subject", argv[n++] = subject;
	argv[n++] = "--body", argv[n++] = body;
	if (c->helo)
		argv[n++] = "--helo", argv[n++] = c->helo;
	if (c->from)
		argv[n++] = "--from", argv[n++] = c->from;
	/* A lane lets it finish when this process ends; not one that a script could be in. */
	ask.lane = 0x6d000000u | m->key;
	ask.timeout_ms = (2 * timeout_s + 30) * 1000;
	return runner_link_run(q->link, &ask, call);
}

/* ---- what became of it ---- */

static void give_back(struct mail_queue *q, struct mail *m)
{
	move(m, &q->unused);
	m->tries = m->n_merged = 0;
}

static void failed(struct mail_queue *q, struct mail *m, const char *why)
{
	unsigned held;

	q->stats.n_failed++;
	if (log_gate_open(&q->failed_gate, loop_now_us(q->loop), 5, GATE_PERIOD_US, &held))
		log_err("mail not sent (%s - %s): %s", m->about, m->what, why);
	give_back(q, m);
}

/* To the front, so that it stays before those about the same thing; false: it was the last try. */
static bool wait_again(struct mail_queue *q, struct mail *m)
{
	if (m->tries >= MAIL_TRIES || !q->conf)
		return false;
	m->not_before_us = loop_now_us(q->loop) + pauses_us[m->tries - 1];
	list_del(&m->link);
	list_push(q->waiting.next, &m->link); /* before the first */
	q->stats.n_waiting++;
	return true;
}

static void on_exit_of_helper(struct runner_call *call, const struct message_run_exit *exit,
			      struct slice output)
{
	struct mail *m = container_of(call, struct mail, call);
	struct mail_queue *q = m->queue;
	bool temporary = exit->timed_out || (exit->status == -1 && exit->err != ENOENT) ||
			 (WIFEXITED(exit->status) && WEXITSTATUS(exit->status) == TEMPORARY);
	char why[256];

	q->stats.n_running--;
	while (output.len > 0 && output.ptr[output.len - 1] == '\n')
		output.len--;
	if (exit->timed_out || exit->status == -1)
		snprintf(why, sizeof(why), "%s",
			 exit->timed_out ? "it took too long" : strerror(exit->err));
	else
		snprintf(why, sizeof(why), "%.*s", (int)(output.len < 200 ? output.len : 200),
			 output.len ? output.ptr : "");
	if (exit->status == 0) {
		q->stats.n_sent++;
		give_back(q, m);
	} else if (!temporary || !wait_again(q, m)) {
		failed(q, m, why);
	}
	start_what_may(q);
}

/* ---- the queue ---- */

static bool try_start(struct mail_queue *q, struct mail *m)
{
	int err;

	m->tries++;
	m->call.on_exit = on_exit_of_helper;
	err = hand_over(q, m, &m->call);
	q->stats.n_waiting--;
	if (!err) {
		move(m, &q->running);
		q->stats.n_running++;
		return true;
	}
	if (err == -E2BIG || !wait_again(q, m))
		failed(q, m, strerror(-err));
	return false;
}

static void start_what_may(struct mail_queue *q)
{
	bool blocked[KEYS] = {false};
	int64_t now = loop_now_us(q->loop), next = 0;
	struct list *pos, *tmp;

	LIST_EACH(pos, &q->running)
	blocked[container_of(pos, struct mail, link)->key] = true;
	LIST_EACH_SAFE(pos, tmp, &q->waiting)
	{
		struct mail *m = container_of(pos, struct mail, link);

		if (q->stats.n_running >= MAIL_RUNNING_MAX)
			break;
		if (blocked[m->key])
			continue;
		blocked[m->key] = true; /* it, or the one that it waits for, comes first */
		if (m->not_before_us > now || !try_start(q, m))
			next = !next || m->not_before_us < next ? m->not_before_us : next;
	}
	if (next)
		loop_timer_set(q->loop, &q->timer, next);
	else
		loop_timer_clear(q->loop, &q->timer);
}

/* Counts it against what may be sent about this thing; when that is used up: the time of the next.
 */
static int64_t allowed_at(struct mail_queue *q, unsigned key)
{
	struct limit *l = &q->limits[key];
	int64_t now = loop_now_us(q->loop);

	if (!l->since_us || now - l->since_us >= MINUTE_US)
		*l = (struct limit){.since_us = now};
	return l->n++ < MAIL_PER_MINUTE ? now : l->since_us + MINUTE_US;
}

/* One about the same thing that is over the limit too: the new one is said in its place. */
static struct mail *held_back(struct mail_queue *q, unsigned key, const char *about)
{
	struct list *pos;

	LIST_EACH(pos, &q->waiting)
	{
		struct mail *m = container_of(pos, struct mail, link);

		if (m->key == key && m->tries == 0 && m->not_before_us > loop_now_us(q->loop) &&
		    strcmp(m->about, about) == 0)
			return m;
	}
	return NULL;
}

static struct mail *take_slot(struct mail_queue *q)
{
	struct mail *oldest;
	unsigned held;

	if (!list_empty(&q->unused))
		return container_of(q->unused.next, struct mail, link);
	/* MAIL_RUNNING_MAX is less than there are: somebody waits. What is newest matters most. */
	oldest = container_of(q->waiting.next, struct mail, link);
	q->stats.n_dropped++;
	q->stats.n_waiting--;
	if (log_gate_open(&q->dropped_gate, loop_now_us(q->loop), 1, MINUTE_US, &held))
		log_warn("mail dropped (%s - %s): %d wait already", oldest->about, oldest->what,
			 MAIL_WAITING_MAX);
	give_back(q, oldest);
	return oldest;
}

void mail_queue_send(struct mail_queue *q, const char *about, const char *what, const char *body)
{
	unsigned key = key_of(about);
	int64_t at;
	struct mail *m;

	if (!q->conf || !q->tool[0])
		return;
	q->stats.n_asked++;
	at = allowed_at(q, key);
	m = at > loop_now_us(q->loop) ? held_back(q, key, about) : NULL;
	if (m) {
		m->n_merged++;
		q->stats.n_merged++;
	} else {
		m = take_slot(q);
		m->key = key;
		m->not_before_us = at;
		move(m, &q->waiting);
		q->stats.n_waiting++;
	}
	snprintf(m->about, sizeof(m->about), "%s", about);
	snprintf(m->what, sizeof(m->what), "%s", what);
	snprintf(m->body, sizeof(m->body), "%s", body);
	start_what_may(q);
}

void mail_queue_free(struct mail_queue **slot)
{
	struct mail_queue *q = *slot;
	struct list *pos;
	unsigned n = 0;

	*slot = NULL;
	if (!q)
		return;
	LIST_EACH(pos, &q->waiting)
	if (q->conf && n++ < FLUSH_MAX)
		hand_over(q, container_of(pos, struct mail, link), NULL);
	LIST_EACH(pos, &q->running)
	{
		struct runner_call *call = &container_of(pos, struct mail, link)->call;

		if (call->id) /* it goes on, its report is not waited for */
			list_del(&call->link);
	}
	loop_timer_clear(q->loop, &q->timer);
	free(q);
}

struct mail_queue_stats mail_queue_stats(const struct mail_queue *queue)
{
	return queue->stats;
}
