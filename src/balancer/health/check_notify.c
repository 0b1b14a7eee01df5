/*
 * Commands for changes of servers and quorums. See check_notify.h. A quorum changes on whatever
 * thread changed a server, under the backend's lock: a letter brings it to the checks' thread,
 * which looks at what is then. The commands of one backend run one after the other (a lane), and
 * are let finish when this balancer ends.
 */
#include "balancer/health/check_notify.h"

#include <stdio.h>
#include <string.h>

#include "core/log/log.h"
#include "core/sys/channel.h"
#include "core/sys/message.h"
#include "core/sys/server_book.h"

enum { COMMAND_TIMEOUT_MS = 60000 };

struct quorum_watch {
	struct letter letter;
	_Atomic bool posted;
	struct backend *backend;
	bool told;  /* what the commands were run for last */
	bool fresh; /* no balancer before this one knew it: how it begins is told too */
};

static struct {
	struct loop *loop;
	struct mailbox *mailbox;
	struct runner_link *runner;
	struct quorum_watch **watches;
	unsigned n;
	bool leads;
	int master_fd;
	struct log_gate gate; /* of what could not be told */
} notify;		      /* one per process, as health */

static void run(const struct command_conf *c, const struct proxy_conf *proxy, const char *why)
{
	const struct runner_ask ask = {.argv = c->argv,
				       .uid = c->uid,
				       .gid = c->gid,
				       .timeout_ms = COMMAND_TIMEOUT_MS,
				       .lane = proxy->id};
	int err;

	if (!c->argv || !notify.runner || !notify.leads)
		return;
	err = runner_link_run(notify.runner, &ask, NULL);
	if (err)
		log_err("%s: %s: '%s' cannot be run: %s", proxy->name, why, c->text,
			strerror(-err));
	else
		log_info("%s: %s: runs '%s'", proxy->name, why, c->text);
}

/* s NULL: the quorum. */
static void tell(const struct backend *b, const struct server *s, bool is_up, bool is_start,
		 const char *reason)
{
	const struct proxy_conf *proxy = b->proxy->conf;
	struct message_virtual m = {
		.is_up = is_up, .is_start = is_start, .weight = atomic_load(&b->weight_up)};
	unsigned held;

	if (notify.master_fd < 0 || !notify.leads || !proxy->is_virtual ||
	    !(proxy->sides & PROXY_FRONTEND))
		return;
	snprintf(m.proxy, sizeof(m.proxy), "%s", proxy->name);
	snprintf(m.server, sizeof(m.server), "%s", s ? s->conf->name : "");
	snprintf(m.reason, sizeof(m.reason), "%s", reason);
	if (channel_send(notify.master_fd, MESSAGE_TELL_VIRTUAL, &m, sizeof(m)) < 0 &&
	    log_gate_open(&notify.gate, loop_clock_us(notify.loop), 1, 60000000, &held))
		log_warn("%s: FIFOs and mails do not hear of a change: the master is busy",
			 proxy->name);
}

void health_state_set(struct server *s, enum server_state to, const char *reason, const char *why,
		      int64_t now_us)
{
	bool was = atomic_load(&s->state) != SERVER_STOPPED, is;

	server_state_set(s, to, reason, now_us);
	is = atomic_load(&s->state) != SERVER_STOPPED;
	if (is == was)
		return;
	run(is ? &s->conf->notify_up : &s->conf->notify_down, s->conf->proxy,
	    is ? "server up" : "server down");
	tell(s->backend, s, is, false, why);
}

static void tell_quorum(struct quorum_watch *w, bool is, bool is_start)
{
	const struct proxy_conf *proxy = w->backend->proxy->conf;

	w->told = is;
	if (proxy->quorum)
		log_notice("%s: quorum %s", proxy->name, is ? "reached" : "lost");
	if (proxy->quorum)
		run(is ? &proxy->quorum->up : &proxy->quorum->down, proxy,
		    is ? "quorum reached" : "quorum lost");
	tell(w->backend, NULL, is, is_start, "");
}

static void quorum_letter(struct loop *loop, struct letter *letter)
{
	struct quorum_watch *w = container_of(letter, struct quorum_watch, letter);
	bool is;

	(void)loop;
	atomic_store(&w->posted, false);
	is = atomic_load(&w->backend->has_quorum);
	if (is != w->told)
		tell_quorum(w, is, false);
}

/* On any thread, under the backend's lock. */
static void quorum_changed(struct backend *b)
{
	for (unsigned i = 0; i < notify.n; i++)
		if (notify.watches[i]->backend == b &&
		    !atomic_exchange(&notify.watches[i]->posted, true))
			mailbox_post(notify.mailbox, &notify.watches[i]->letter);
}

static void tell_start(struct quorum_watch *w)
{
	struct backend *b = w->backend;
	const struct proxy_conf *proxy = b->proxy->conf;

	w->fresh = false;
	for (unsigned i = 0; i < b->n_servers; i++) {
		struct server *s = &b->servers[i];

		if (s->conf->backup || atomic_load(&s->state) == SERVER_STOPPED)
			continue;
		if (proxy->quorum && proxy->quorum->at_start)
			run(&s->conf->notify_up, proxy, "server up");
		tell(b, s, true, true, "start");
	}
	tell_quorum(w, atomic_load(&b->has_quorum), true);
}

void health_notify_lead(bool leads)
{
	notify.leads = leads;
	for (unsigned i = 0; leads && i < notify.n; i++)
		if (notify.watches[i]->fresh)
			tell_start(notify.watches[i]);
}

void health_notify_last(void)
{
	for (unsigned i = 0; i < notify.n; i++) {
		const struct backend *b = notify.watches[i]->backend;
		const struct proxy_conf *proxy = b->proxy->conf;

		if (!proxy->quorum || !proxy->quorum->at_stop)
			continue;
		for (unsigned j = 0; j < b->n_servers; j++)
			if (atomic_load(&b->servers[j].state) != SERVER_STOPPED)
				run(&b->servers[j].conf->notify_down, proxy, "stop");
		if (atomic_load(&b->has_quorum))
			run(&proxy->quorum->down, proxy, "stop");
	}
}

bool health_notify_wanted(const struct balancer_conf *conf)
{
	for (const struct proxy_conf *p = conf->proxies; p; p = p->next) {
		if (p->quorum && (p->quorum->up.argv || p->quorum->down.argv))
			return true;
		for (const struct server_conf *s = p->servers; s; s = s->next)
			if (s->notify_up.argv || s->notify_down.argv)
				return true;
	}
	return false;
}

static bool is_watched(const struct proxy_conf *proxy)
{
	return proxy->quorum || (proxy->is_virtual && proxy->sides & PROXY_FRONTEND);
}

/* Nobody has led before, or a reload has brought it: none of its checks is known. */
static bool is_fresh(const struct health_setup *setup, const struct backend *b)
{
	bool checked = false;

	if (!setup->book || atomic_load(&setup->book->generation) == 0)
		return true;
	for (unsigned i = 0; i < b->n_servers; i++) {
		const struct server *s = &b->servers[i];

		if (!s->conf->check && !s->conf->track)
			continue;
		checked = true;
		if (!atomic_load(&s->unproven))
			return false;
	}
	return checked;
}

void health_notify_start(const struct health_setup *setup, struct arena *arena,
			 struct mailbox *mailbox, struct runner_link *runner)
{
	notify.loop = setup->loop;
	notify.mailbox = mailbox;
	notify.master_fd = setup->master_fd;
	notify.runner = runner;
	notify.n = 0;
	notify.watches = ARENA_ARRAY(arena, struct quorum_watch *, setup->n_proxies + 1);
	for (unsigned i = 0; i < setup->n_proxies; i++) {
		struct backend *b = setup->proxies[i].backend;
		struct quorum_watch *w;

		if (!b || !is_watched(setup->proxies[i].conf))
			continue;
		w = ARENA_NEW(arena, struct quorum_watch);
		w->letter.deliver = quorum_letter;
		w->backend = b;
		w->told = atomic_load(&b->has_quorum);
		w->fresh = is_fresh(setup, b);
		notify.watches[notify.n++] = w;
	}
	backend_quorum_hook = notify.n ? quorum_changed : NULL;
}

void health_notify_stop(void)
{
	backend_quorum_hook = NULL;
	notify.runner = NULL;
	notify.n = 0;
}
