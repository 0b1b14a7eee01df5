/*
 * A backend and its servers: built once per process from the configuration; who may be chosen and
 * with which weight is worked out here whenever a server's state, administration or weight changes.
 * Built by balancer.c before threads start; backend_recompute runs under the backend's lock.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "balancer/server/server.h"
#include "balancer/server/server_set.h"

enum { SLOWSTART_SCALE = 16 };

server_observe_fn *server_observe_hook;
backend_changed_fn *backend_changed_hook;
backend_changed_fn *backend_quorum_hook;

static void server_init(struct server *s, struct backend *b, const struct server_conf *conf)
{
	s->conf = conf;
	s->backend = b;
	s->entry.id = conf->id;
	s->entry.max_served = (uint32_t)(conf->maxconn > 0 ? conf->maxconn : 0);
	atomic_store(&s->weight, (unsigned)conf->weight);
	atomic_store(&s->state, (conf->check || conf->track) && conf->init_state >= SERVER_INIT_DOWN
					? SERVER_STOPPED
					: SERVER_RUNNING);
	if (conf->disabled)
		atomic_store(&s->admin, SERVER_ADMIN_MAINT | SERVER_ADMIN_MAINT_CONF);
	atomic_store(&s->changed_us, b->changed_us);
	list_init(&s->queue);
	b->has_minconn |= conf->minconn > 0 && conf->maxconn > 0;
}

struct backend *backend_new(struct proxy *proxy, unsigned n_threads)
{
	const struct proxy_conf *conf = proxy->conf;
	struct backend *b = calloc(1, sizeof(*b));
	struct timespec ts;
	unsigned i = 0;

	if (!b)
		return NULL;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	b->changed_us = (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
	b->proxy = proxy;
	b->n_threads = n_threads;
	b->n_servers = conf->n_servers;
	pthread_mutex_init(&b->lock, NULL);
	list_init(&b->queue);
	b->servers = calloc(b->n_servers ? b->n_servers : 1, sizeof(*b->servers));
	b->set.entries = calloc(b->n_servers ? b->n_servers : 1, sizeof(*b->set.entries));
	if (!b->servers || !b->set.entries) {
		backend_free(&b);
		return NULL;
	}
	for (const struct server_conf *sc = conf->servers; sc && i < b->n_servers;
	     sc = sc->next, i++) {
		server_init(&b->servers[i], b, sc);
		b->servers[i].idle = server_idle_new(n_threads);
		b->set.entries[i] = &b->servers[i].entry;
		if (!b->servers[i].idle) {
			backend_free(&b);
			return NULL;
		}
	}
	b->set.n_entries = i;
	b->has_quorum = true;
	backend_recompute(b, b->changed_us);
	return b;
}

void backend_free(struct backend **backend)
{
	struct backend *b = *backend;

	*backend = NULL;
	if (!b)
		return;
	for (unsigned i = 0; b->servers && i < b->n_servers; i++)
		server_idle_free(&b->servers[i].idle);
	balance_set_fini(&b->set);
	free(b->set.entries);
	free(b->servers);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

bool server_is_usable(const struct server *s)
{
	int state = atomic_load_explicit(&s->state, memory_order_relaxed);

	return (state == SERVER_RUNNING || state == SERVER_STARTING) &&
	       !(atomic_load_explicit(&s->admin, memory_order_relaxed) &
		 (SERVER_ADMIN_MAINT | SERVER_ADMIN_DRAIN));
}

bool server_is_reachable(const struct server *s)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed) != SERVER_STOPPED &&
	       !(atomic_load_explicit(&s->admin, memory_order_relaxed) & SERVER_ADMIN_MAINT);
}

/* Weights are multiplied while one is in slowstart, so that its share can grow in small steps.
 * Tables made of weights (static-rr, source) would move clients about: they have no slowstart. */
static unsigned weight_scale(const struct backend *b)
{
	const struct balance_algorithm *algo = b->proxy->conf->balance;
	unsigned heaviest = 1;

	if (!algo || algo->key != BALANCE_KEY_NONE || strcmp(algo->name, "static-rr") == 0)
		return 1;
	for (unsigned i = 0; i < b->n_servers; i++)
		if (b->servers[i].weight > heaviest)
			heaviest = b->servers[i].weight;
	if (heaviest * SLOWSTART_SCALE > BALANCE_WEIGHT_MAX)
		return BALANCE_WEIGHT_MAX / heaviest > 0 ? BALANCE_WEIGHT_MAX / heaviest : 1;
	return SLOWSTART_SCALE;
}

static unsigned effective_weight(const struct server *s, unsigned scale, int64_t now_us)
{
	unsigned full = s->weight * scale;
	int64_t span_us = (int64_t)s->conf->slowstart_ms * 1000, part;

	if (s->state != SERVER_STARTING || scale == 1 || span_us <= 0 || full == 0)
		return full;
	part = full * (now_us - s->changed_us) / span_us;
	if (part < 1)
		return 1;
	return part < full ? (unsigned)part : full;
}

/* Counts who is up; backups are due when no ordinary server can take anything. */
static bool count_up(struct backend *b)
{
	unsigned n_up = 0, n_backup = 0, n_starting = 0;
	bool ordinary = false;

	for (unsigned i = 0; i < b->n_servers; i++) {
		const struct server *s = &b->servers[i];

		if (!server_is_usable(s))
			continue;
		if (s->conf->backup)
			n_backup++;
		else
			n_up++;
		ordinary |= !s->conf->backup && s->weight > 0;
		n_starting += s->state == SERVER_STARTING;
	}
	b->n_up = n_up;
	b->n_up_backup = n_backup;
	b->n_starting = n_starting;
	return ordinary;
}

/* A virtual server that says nothing has a quorum of one: who is told of it is told always. */
static const struct quorum_conf *quorum_of(const struct proxy_conf *conf)
{
	static const struct quorum_conf one = {.weight = 1};

	return conf->quorum ? conf->quorum : conf->is_virtual ? &one : NULL;
}

/* The weight of what is up, against the quorum and what it may miss it by. */
static void settle_quorum(struct backend *b)
{
	const struct quorum_conf *q = quorum_of(b->proxy->conf);
	unsigned long long sum = 0;
	bool was = b->has_quorum, is = true;

	for (unsigned i = 0; q && i < b->n_servers; i++) {
		const struct server *s = &b->servers[i];

		if (server_is_usable(s) && !s->conf->backup && s->weight > 0)
			sum += s->conf->quorum_weight >= 0 ? (unsigned)s->conf->quorum_weight
							   : s->weight;
	}
	if (q)
		is = was ? sum > 0 && sum + q->hysteresis >= q->weight
			 : sum > 0 && sum >= q->weight + q->hysteresis;
	b->weight_up = sum;
	b->has_quorum = is;
	if (is != was && backend_quorum_hook)
		backend_quorum_hook(b);
}

static bool has_backup(const struct backend *b)
{
	for (unsigned i = 0; i < b->n_servers; i++)
		if (b->servers[i].conf->backup && server_is_usable(&b->servers[i]) &&
		    b->servers[i].weight > 0)
			return true;
	return false;
}

void backend_recompute(struct backend *b, int64_t now_us)
{
	bool ordinary = count_up(b), withheld, had = b->set.n_usable > 0, backup_taken = false;
	bool all_backups = b->proxy->conf->options & PROXY_OPT_ALLBACKUPS;
	unsigned scale = b->n_starting ? weight_scale(b) : 1;

	settle_quorum(b);
	withheld = !b->has_quorum && has_backup(b); /* without a backup, few are better than none */
	ordinary = ordinary && !withheld;
	for (unsigned i = 0; i < b->n_servers; i++) {
		struct server *s = &b->servers[i];
		bool usable =
			server_is_usable(s) && s->weight > 0 && (s->conf->backup || !withheld);

		if (s->conf->backup && usable) {
			usable = !ordinary && (all_backups || !backup_taken);
			backup_taken = true;
		}
		s->entry.usable = usable;
		s->entry.weight = effective_weight(s, scale, now_us);
	}
	if (b->proxy->conf->balance)
		balance_set_update(&b->set, b->proxy->conf->balance);
	if (had && b->set.n_usable == 0) {
		b->downs++;
		b->changed_us = now_us;
	} else if (!had && b->set.n_usable > 0 && now_us) {
		b->down_us += now_us - b->changed_us;
		b->changed_us = now_us;
	}
	if (backend_changed_hook)
		backend_changed_hook(b);
}

static void tell_facts(struct server *s)
{
	if (!backend_changed_hook)
		return;
	pthread_mutex_lock(&s->backend->lock);
	backend_changed_hook(s->backend);
	pthread_mutex_unlock(&s->backend->lock);
}

void server_proven(struct server *s)
{
	if (atomic_exchange(&s->unproven, false))
		tell_facts(s);
}

void server_doubt(struct server *s, bool doubtful)
{
	if (atomic_load_explicit(&s->doubtful, memory_order_relaxed) == doubtful)
		return;
	atomic_store(&s->doubtful, doubtful);
	tell_facts(s);
}

void backend_tick(struct backend *b, int64_t now_us)
{
	if (b->n_starting == 0)
		return;
	pthread_mutex_lock(&b->lock);
	for (unsigned i = 0; i < b->n_servers; i++) {
		struct server *s = &b->servers[i];

		if (s->state == SERVER_STARTING &&
		    now_us - s->changed_us >= (int64_t)s->conf->slowstart_ms * 1000)
			s->state = SERVER_RUNNING;
	}
	backend_recompute(b, now_us);
	pthread_mutex_unlock(&b->lock);
}

struct server *backend_find_server(struct backend *b, struct slice name)
{
	for (unsigned i = 0; i < b->n_servers; i++)
		if (slice_eq_str(name, b->servers[i].conf->name))
			return &b->servers[i];
	return NULL;
}

struct server *server_of_conf(struct backend *b, const struct server_conf *conf)
{
	for (unsigned i = 0; i < b->n_servers; i++)
		if (b->servers[i].conf == conf)
			return &b->servers[i];
	return NULL;
}
