/*
 * What VIPs track of the service, published to failover: how many servers of a backend take
 * traffic, whether a server does, whether a frontend listens. Each fact has its place in the
 * balancer's slot of the shared page; a change is told by the eventfd that failover reads, so it
 * is known there within a scheduler's turn. Called under the lock of the backend that changed, on
 * whatever thread changed it. Which facts: the configuration's, at start.
 */
#include <stdio.h>
#include <unistd.h>

#include "balancer/balancer_private.h"
#include "core/log/log.h"

struct fact {
	struct shared_fact *out;
	const struct backend *backend; /* NULL = a frontend */
	const struct server *server;   /* NULL = the whole backend */
};

static struct {
	struct fact all[SHARED_FACTS_MAX];
	unsigned n;
	int fd;
} facts; /* one per process, as balancer_running() */

static struct proxy *proxy_named(struct balancer *b, struct slice name, unsigned side)
{
	for (unsigned i = 0; i < b->n_proxies; i++)
		if ((b->proxies[i].conf->sides & side) &&
		    slice_eq_str(name, b->proxies[i].conf->name))
			return &b->proxies[i];
	return NULL;
}

static bool counts(const struct server *s)
{
	return server_is_usable(s) && s->weight > 0;
}

static uint32_t value_of(const struct fact *f)
{
	unsigned n[2] = {0}, n_doubtful[2] = {0}; /* the backups' are the second */
	unsigned n_up, n_in_doubt;
	bool unproven = false;

	for (unsigned i = 0; i < f->backend->n_servers; i++) {
		const struct server *s = &f->backend->servers[i];

		if ((f->server && f->server != s) || !counts(s))
			continue;
		unproven |= atomic_load(&s->unproven);
		n[s->conf->backup]++;
		n_doubtful[s->conf->backup] += atomic_load(&s->doubtful);
	}
	n_up = n[0] ? n[0] : n[1];
	n_in_doubt = n[0] ? n_doubtful[0] : n_doubtful[1];
	return shared_fact_value(n_up, n_in_doubt) | (unproven ? SHARED_FACT_UNPROVEN : 0);
}

static void wake_failover(void)
{
	uint64_t one = 1;

	if (facts.fd >= 0 && write(facts.fd, &one, sizeof(one)) < 0)
		log_debug("seam: failover has not read yet"); /* it will, and sees this too */
}

static void backend_changed(struct backend *b)
{
	bool changed = false;

	for (unsigned i = 0; i < facts.n; i++) {
		const struct fact *f = &facts.all[i];
		uint32_t is;

		if (f->backend != b)
			continue;
		is = value_of(f);
		changed |= atomic_exchange_explicit(&f->out->value, is, memory_order_acq_rel) != is;
	}
	if (changed)
		wake_failover();
}

static bool listens(const struct proxy_conf *conf)
{
	for (const struct listener_conf *l = conf->disabled ? NULL : conf->listeners; l;
	     l = l->next)
		if (l->fd >= 0)
			return true;
	return false;
}

/* False: there is no such thing (the master has checked, so this is a name of another kind). */
static bool resolve(struct balancer *b, const struct shared_want *want, struct fact *f)
{
	struct slice rest = slice_of(want->name), name = rest;
	const struct proxy *p;

	if (want->kind == SHARED_FACT_FRONTEND) {
		p = proxy_named(b, name, PROXY_FRONTEND);
		if (p)
			atomic_store(&f->out->value, listens(p->conf));
		return p;
	}
	if (want->kind == SHARED_FACT_SERVER)
		name = slice_cut(&rest, '/');
	p = proxy_named(b, name, PROXY_BACKEND);
	if (!p || !p->backend)
		return false;
	f->backend = p->backend;
	if (want->kind == SHARED_FACT_SERVER)
		f->server = backend_find_server(p->backend, rest);
	return want->kind == SHARED_FACT_BACKEND || f->server;
}

void balancer_facts_start(struct balancer *b)
{
	struct shared_page *page = b->setup->page;
	struct shared_slot *slot = page ? &page->slots[b->setup->slot % SHARED_SLOTS] : NULL;

	facts.n = 0;
	facts.fd = b->setup->seam_fd;
	for (unsigned i = 0; slot && i < b->setup->n_wants && facts.n < SHARED_FACTS_MAX; i++) {
		const struct shared_want *want = &b->setup->wants[i];
		struct fact f = {.out = &slot->facts[facts.n]};

		if (!resolve(b, want, &f))
			continue;
		if (f.backend)
			atomic_store(&f.out->value, value_of(&f));
		atomic_store(&f.out->key, shared_fact_key(want->kind, want->name));
		facts.all[facts.n++] = f;
	}
	if (slot)
		atomic_store(&slot->n_facts, facts.n);
	backend_changed_hook = facts.n ? backend_changed : NULL;
}

void balancer_facts_stop(void)
{
	backend_changed_hook = NULL;
	facts.n = 0;
}
