/*
 * Servers that track others. See follow.h. `track a/x,b/y` (several) is relais' own: a real server
 * of keepalived.conf may have several checkers, each of which is a server of its own here.
 */
#include "balancer/health/follow.h"

#include <stdio.h>
#include <string.h>

#include "balancer/health/check_notify.h"
#include "core/log/log.h"

static struct backend *backend_named(const struct health_setup *setup, struct slice name)
{
	for (unsigned i = 0; i < setup->n_proxies; i++)
		if (setup->proxies[i].backend && slice_eq_str(name, setup->proxies[i].conf->name))
			return setup->proxies[i].backend;
	return NULL;
}

/* "backend/server" or, within the same backend, "server". */
static struct server *find_leader(const struct health_setup *setup, const struct server *s,
				  struct slice name)
{
	bool elsewhere = slice_find(name, '/') != name.len;
	struct slice backend = elsewhere ? slice_cut(&name, '/') : slice_of(s->conf->proxy->name);
	struct backend *b = backend_named(setup, backend);

	return b ? backend_find_server(b, name) : NULL;
}

static void follow_one(struct arena *arena, struct follower *f, struct check *leader)
{
	struct check_follower *link = ARENA_NEW(arena, struct check_follower);

	f->leaders[f->n_leaders++] = leader;
	link->follower = f;
	list_push(&leader->followers, &link->link);
}

void follow_begin(const struct health_setup *setup, struct arena *arena, struct server *s)
{
	struct follower *f = ARENA_NEW(arena, struct follower);
	struct slice rest = slice_of(s->conf->track);

	f->server = s;
	f->leaders = ARENA_ARRAY(arena, struct check *, strlen(s->conf->track) / 2 + 1);
	while (rest.len > 0) {
		struct slice name = slice_cut(&rest, ',');
		struct server *leader = find_leader(setup, s, name);

		if (leader && leader->check)
			follow_one(arena, f, leader->check);
		else
			log_warn("server %s/%s tracks %.*s, which has no check",
				 s->conf->proxy->name, s->conf->name, (int)name.len, name.ptr);
	}
	if (f->n_leaders)
		atomic_store(&s->unproven, true);
}

static bool all_up(const struct follower *f)
{
	for (unsigned i = 0; i < f->n_leaders; i++)
		if (!tally_is_up(&f->leaders[i]->tally))
			return false;
	return true;
}

static bool all_known(const struct follower *f)
{
	for (unsigned i = 0; i < f->n_leaders; i++)
		if (!f->leaders[i]->has_result)
			return false;
	return true;
}

void follow_apply(struct check *c, int64_t now_us)
{
	struct list *pos;

	LIST_EACH(pos, &c->followers)
	{
		struct follower *f = container_of(pos, struct check_follower, link)->follower;

		snprintf(f->reason, sizeof(f->reason), "via %s/%s", c->conf->proxy->name,
			 c->conf->name);
		health_state_set(f->server, all_up(f) ? SERVER_RUNNING : SERVER_STOPPED, f->reason,
				 c->reason, now_us);
	}
}

void follow_restore(struct check *c)
{
	struct list *pos;

	LIST_EACH(pos, &c->followers)
	{
		struct follower *f = container_of(pos, struct check_follower, link)->follower;
		bool known = true;

		for (unsigned i = 0; i < f->n_leaders; i++)
			known = known && f->leaders[i]->known;
		if (!known)
			continue;
		server_state_restore(f->server, all_up(f), atomic_load(&c->server->changed_us));
		atomic_store(&f->server->unproven, false);
	}
	if (c->weight >= 0)
		follow_weigh(c);
}

/* The configured weight, and what each leader adds to it or takes away. */
static unsigned weight_of(const struct follower *f)
{
	int weight = f->server->conf->weight;

	for (unsigned i = 0; i < f->n_leaders; i++) {
		weight += f->leaders[i]->weight_more;
		if (f->leaders[i]->weight >= 0)
			weight += f->leaders[i]->weight - f->server->conf->weight;
	}
	return weight < 0 ? 0 : (unsigned)weight;
}

void follow_weigh(struct check *c)
{
	struct list *pos;

	LIST_EACH(pos, &c->followers)
	{
		struct follower *f = container_of(pos, struct check_follower, link)->follower;

		server_weight_set(f->server, weight_of(f));
	}
}

void follow_prove(struct check *c)
{
	struct list *pos;

	LIST_EACH(pos, &c->followers)
	{
		struct follower *f = container_of(pos, struct check_follower, link)->follower;

		if (all_known(f) &&
		    atomic_load_explicit(&f->server->unproven, memory_order_relaxed))
			server_proven(f->server);
	}
}

static bool in_doubt(const struct follower *f)
{
	for (unsigned i = 0; i < f->n_leaders; i++)
		if (atomic_load_explicit(&f->leaders[i]->server->doubtful, memory_order_relaxed))
			return true;
	return false;
}

void follow_doubt(struct check *c)
{
	struct list *pos;

	LIST_EACH(pos, &c->followers)
	{
		struct follower *f = container_of(pos, struct check_follower, link)->follower;

		server_doubt(f->server, in_doubt(f));
	}
}
