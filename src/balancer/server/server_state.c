/*
 * The door for a server's state. Checks, observed errors and operators come through here, from any
 * thread: it counts, works out anew who may be chosen, moves the queue, and says in the log what
 * has changed and what is left. Sessions on a server that goes down stay or go as configured.
 */
#include <stdio.h>
#include <time.h>

#include "balancer/server/server.h"
#include "balancer/server/server_set.h"
#include "core/base/text.h"
#include "core/log/log.h"

struct change { /* what there is to say, gathered under the lock */
	const struct server *server;
	const char *what, *reason;
	enum log_level level;
	unsigned n_up, n_backup, n_sessions, n_sent_back, n_queued;
	bool none_left, is_up;
};

void server_log(const struct proxy_conf *proxy, enum log_level level, struct slice line)
{
	struct log_sender sender;
	struct timespec ts;

	log_line(level, "%.*s", (int)line.len, line.ptr);
	if (!proxy->log_targets)
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	log_sender_init(&sender);
	log_targets_send(&sender, proxy->log_targets, level,
			 proxy->log_tag ? proxy->log_tag : "relais", NULL,
			 (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000, line);
	log_sender_fini(&sender);
}

/* Carries no traffic: a real server's checker, which has one server. */
static bool is_checker(const struct proxy_conf *proxy)
{
	return proxy->is_virtual && !(proxy->sides & PROXY_FRONTEND);
}

static void say(const struct change *c)
{
	const struct backend *b = c->server->backend;
	const struct proxy_conf *proxy = b->proxy->conf;
	char buf[512];
	struct text line;

	text_init(&line, buf, sizeof(buf));
	text_fmt(&line, "%sServer %s/%s is %s", c->server->conf->backup ? "Backup " : "",
		 proxy->name, c->server->conf->name, c->what);
	if (c->reason && c->reason[0])
		text_fmt(&line, ", reason: %s", c->reason);
	text_fmt(&line, ". %u active and %u backup servers %s.%s", c->n_up, c->n_backup,
		 c->is_up ? "online" : "left",
		 c->n_up == 0 && c->n_backup > 0 ? " Running on backup." : "");
	if (c->is_up)
		text_fmt(&line, " %u sessions requeued, %u total in queue.", c->n_sent_back,
			 c->n_queued);
	else
		text_fmt(&line, " %u sessions active, %u requeued, %u remaining in queue.",
			 c->n_sessions, c->n_sent_back, c->n_queued);
	server_log(proxy, c->level, (struct slice){line.buf, line.len});
	if (!c->none_left || is_checker(proxy))
		return;
	text_init(&line, buf, sizeof(buf));
	text_fmt(&line, "backend %s has no server available!", proxy->name);
	server_log(proxy, LOG_LEVEL_EMERG, (struct slice){line.buf, line.len});
}

void server_sessions_kill(struct server *s)
{
	atomic_fetch_add(&s->kills, 1);
	atomic_fetch_add(&s->backend->kills, 1);
}

static void kill_backup_sessions(struct backend *b)
{
	for (unsigned i = 0; i < b->n_servers; i++)
		if (b->servers[i].conf->backup)
			server_sessions_kill(&b->servers[i]);
}

/* After state or administration has changed, under the lock. */
static void settle(struct server *s, struct change *c, bool was_usable, int64_t now_us)
{
	struct backend *b = s->backend;
	bool had = b->set.n_usable > 0, is_usable = server_is_usable(s);

	backend_recompute(b, now_us);
	if (!server_is_reachable(s)) {
		c->n_sent_back = server_queue_send_back(s);
		if (was_usable && s->conf->shutdown_sessions_down)
			server_sessions_kill(s);
	}
	for (unsigned i = 0; i < b->n_servers; i++)
		if (b->servers[i].entry.usable)
			server_queue_hand_on(&b->servers[i]);
	if (!was_usable && is_usable && s->conf->shutdown_backups_up)
		kill_backup_sessions(b);
	c->server = s;
	c->is_up = is_usable;
	c->n_up = b->n_up;
	c->n_backup = b->n_up_backup;
	c->n_sessions = s->current;
	c->n_queued = s->queued;
	c->none_left = had && b->set.n_usable == 0;
}

void server_state_set(struct server *s, enum server_state to, const char *reason, int64_t now_us)
{
	struct change c = {.reason = reason, .level = LOG_LEVEL_NOTICE};
	struct backend *b = s->backend;
	bool was_usable;
	int from;

	pthread_mutex_lock(&b->lock);
	from = s->state;
	was_usable = server_is_usable(s);
	if (to == SERVER_RUNNING && from == SERVER_STOPPED && s->conf->slowstart_ms > 0)
		to = SERVER_STARTING;
	if (from == (int)to || (from == SERVER_STARTING && to == SERVER_RUNNING)) {
		pthread_mutex_unlock(&b->lock);
		return;
	}
	if (from == SERVER_STOPPED)
		s->counters.down_us += (uint64_t)(now_us - s->changed_us);
	s->state = (int)to;
	s->changed_us = now_us;
	c.what = to == SERVER_STOPPED ? "DOWN" : to == SERVER_STOPPING ? "stopping" : "UP";
	if (to == SERVER_STOPPED) {
		s->counters.check_downs++;
		c.level = LOG_LEVEL_ALERT;
	}
	settle(s, &c, was_usable, now_us);
	pthread_mutex_unlock(&b->lock);
	say(&c);
}

void server_state_restore(struct server *s, bool up, int64_t changed_us)
{
	struct backend *b = s->backend;

	pthread_mutex_lock(&b->lock);
	s->state = up ? SERVER_RUNNING : SERVER_STOPPED;
	if (changed_us)
		s->changed_us = changed_us;
	backend_recompute(b, b->changed_us);
	pthread_mutex_unlock(&b->lock);
}

void server_admin_restore(struct server *s, unsigned set)
{
	struct backend *b = s->backend;

	pthread_mutex_lock(&b->lock);
	s->admin |= set;
	backend_recompute(b, b->changed_us);
	pthread_mutex_unlock(&b->lock);
}

static const char *admin_name(unsigned admin)
{
	return admin & SERVER_ADMIN_MAINT   ? "going DOWN for maintenance"
	       : admin & SERVER_ADMIN_DRAIN ? "entering drain state (not used for new sessions)"
					    : "UP/READY (leaving forced state)";
}

void server_admin_set(struct server *s, unsigned set, unsigned clear, int64_t now_us)
{
	struct change c = {.reason = "", .level = LOG_LEVEL_NOTICE};
	struct backend *b = s->backend;
	unsigned was, is;
	bool was_usable;

	pthread_mutex_lock(&b->lock);
	was = s->admin;
	was_usable = server_is_usable(s);
	if (clear & SERVER_ADMIN_MAINT)
		clear |= SERVER_ADMIN_MAINT_CONF;
	is = (was & ~clear) | set;
	if (is == was) {
		pthread_mutex_unlock(&b->lock);
		return;
	}
	s->admin = is;
	if (was & SERVER_ADMIN_MAINT && !(is & SERVER_ADMIN_MAINT) && s->state == SERVER_RUNNING &&
	    s->conf->slowstart_ms > 0)
		s->state = SERVER_STARTING;
	if (was_usable != server_is_usable(s))
		s->changed_us = now_us;
	c.what = admin_name(is);
	if (is & SERVER_ADMIN_MAINT)
		c.level = LOG_LEVEL_WARNING;
	settle(s, &c, was_usable, now_us);
	pthread_mutex_unlock(&b->lock);
	say(&c);
}

void server_weight_set(struct server *s, unsigned weight)
{
	struct backend *b = s->backend;

	pthread_mutex_lock(&b->lock);
	s->weight = weight > BALANCE_WEIGHT_MAX ? BALANCE_WEIGHT_MAX : weight;
	backend_recompute(b, s->changed_us);
	for (unsigned i = 0; i < b->n_servers; i++)
		if (b->servers[i].entry.usable)
			server_queue_hand_on(&b->servers[i]);
	pthread_mutex_unlock(&b->lock);
}
