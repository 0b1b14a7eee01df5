/*
 * Commands for changes of servers and quorums. See check_notify.h. A quorum changes on whatever
 * thread changed a server, under the backend's lock: a letter brings it to the checks' thread,
 * which looks at what is then. The commands of one backend run one after the other (a lane), and
 * are let finish when this balancer ends.
 */
#include "balancer/health/check_notify.h"

#include <string.h>

#include "core/log/log.h"

enum { COMMAND_TIMEOUT_MS = 60000 };

struct quorum_watch {
	struct letter letter;
	_Atomic bool posted;
	struct backend *backend;
	bool told; /* what the commands were run for last */
};

static struct {
	struct mailbox *mailbox;
	struct runner_link *runner;
	struct quorum_watch **watches;
	unsigned n;
	bool leads;
} notify; /* one per process, as health */

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

void health_state_set(struct server *s, enum server_state to, const char *reason, int64_t now_us)
{
	bool was = atomic_load(&s->state) != SERVER_STOPPED, is;

	server_state_set(s, to, reason, now_us);
	is = atomic_load(&s->state) != SERVER_STOPPED;
	if (is != was)
		run(is ? &s->conf->notify_up : &s->conf->notify_down, s->conf->proxy,
		    is ? "server up" : "server down");
}

static void quorum_letter(struct loop *loop, struct letter *letter)
{
	struct quorum_watch *w = container_of(letter, struct quorum_watch, letter);
	const struct proxy_conf *proxy = w->backend->proxy->conf;
	bool is;

	(void)loop;
	atomic_store(&w->posted, false);
	is = atomic_load(&w->backend->has_quorum);
	if (is == w->told)
		return;
	w->told = is;
	log_notice("%s: quorum %s", proxy->name, is ? "reached" : "lost");
	run(is ? &proxy->quorum->up : &proxy->quorum->down, proxy,
	    is ? "quorum reached" : "quorum lost");
}

/* On any thread, under the backend's lock. */
static void quorum_changed(struct backend *b)
{
	for (unsigned i = 0; i < notify.n; i++)
		if (notify.watches[i]->backend == b &&
		    !atomic_exchange(&notify.watches[i]->posted, true))
			mailbox_post(notify.mailbox, &notify.watches[i]->letter);
}

void health_notify_lead(bool leads)
{
	notify.leads = leads;
}

void health_notify_last(void)
{
	for (unsigned i = 0; i < notify.n; i++) {
		const struct backend *b = notify.watches[i]->backend;
		const struct proxy_conf *proxy = b->proxy->conf;

		for (unsigned j = 0; proxy->quorum->at_stop && j < b->n_servers; j++)
			if (atomic_load(&b->servers[j].state) != SERVER_STOPPED)
				run(&b->servers[j].conf->notify_down, proxy, "stop");
		if (proxy->quorum->at_stop && atomic_load(&b->has_quorum))
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

void health_notify_start(const struct health_setup *setup, struct arena *arena,
			 struct mailbox *mailbox, struct runner_link *runner)
{
	notify.mailbox = mailbox;
	notify.runner = runner;
	notify.n = 0;
	notify.watches = ARENA_ARRAY(arena, struct quorum_watch *, setup->n_proxies + 1);
	for (unsigned i = 0; i < setup->n_proxies; i++) {
		struct backend *b = setup->proxies[i].backend;
		struct quorum_watch *w;

		if (!b || !setup->proxies[i].conf->quorum)
			continue;
		w = ARENA_NEW(arena, struct quorum_watch);
		w->letter.deliver = quorum_letter;
		w->backend = b;
		w->told = atomic_load(&b->has_quorum);
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
