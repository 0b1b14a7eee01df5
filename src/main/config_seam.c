/*
 * The check that needs both halves: what track_backend, track_frontend and track_server name in the
 * failover half must be in the balancer half. What is found becomes the list of facts that the
 * balancer keeps up to date for failover. Called by config_load in the master.
 */
#include <string.h>

#include "core/base/slice.h"
#include "failover/service_facts.h"
#include "main/config.h"

enum { NAMES_MAX = 1024 };

static const char *const kind_words[] = {"backend", "frontend", "server"};

struct names {
	const char *list[NAMES_MAX + 1]; /* ends with NULL; more are not suggested */
	size_t n;
};

static void add_name(struct names *names, const char *name)
{
	if (names->n < NAMES_MAX)
		names->list[names->n++] = name;
}

static const struct proxy_conf *find_proxy(const struct config *c, struct slice name,
					   enum shared_fact_kind kind, struct names *names)
{
	unsigned side = kind == SHARED_FACT_FRONTEND ? PROXY_FRONTEND : PROXY_BACKEND;

	for (const struct proxy_conf *p = c->balancer->proxies; p; p = p->next) {
		if (!(p->sides & side))
			continue;
		if (slice_eq_str(name, p->name))
			return p;
		add_name(names, p->name);
	}
	return NULL;
}

static bool has_server(const struct proxy_conf *p, struct slice name, struct names *names)
{
	for (const struct server_conf *s = p->servers; s; s = s->next) {
		if (slice_eq_str(name, s->name))
			return true;
		add_name(names, s->name);
	}
	return false;
}

static void say_unknown(struct config *c, const struct vrrp_track_conf *t, const char *what,
			struct slice name, const struct names *names)
{
	const char *near = conf_nearest(arena_strndup(&c->arena, name.ptr, name.len), names->list);

	if (near)
		conf_error(&c->diags, t->place,
			   "the balancer half has no %s '%.*s', did you mean '%s'?", what,
			   (int)name.len, name.ptr, near);
	else
		conf_error(&c->diags, t->place, "the balancer half has no %s '%.*s'", what,
			   (int)name.len, name.ptr);
}

static bool exists(struct config *c, const struct vrrp_track_conf *t, enum shared_fact_kind kind)
{
	struct slice rest = slice_of(t->name);
	struct slice name = kind == SHARED_FACT_SERVER ? slice_cut(&rest, '/') : rest;
	struct names names = {.n = 0};
	const struct proxy_conf *p;

	if (!c->balancer) {
		conf_error(&c->diags, t->place,
			   "%s '%s' is tracked, and there is no balancer half to have it (see -f)",
			   kind_words[kind], t->name);
		return false;
	}
	p = find_proxy(c, name, kind, &names);
	if (!p) {
		say_unknown(c, t, kind == SHARED_FACT_FRONTEND ? "frontend" : "backend", name,
			    &names);
		return false;
	}
	if (kind == SHARED_FACT_BACKEND && t->min > p->n_servers)
		conf_warn(&c->diags, t->place,
			  "backend '%s' has %u servers, never the %u asked for", t->name,
			  p->n_servers, t->min);
	if (kind != SHARED_FACT_SERVER || has_server(p, rest, &names))
		return true;
	say_unknown(c, t, "server", rest, &names);
	return false;
}

static bool is_wanted(const struct config *c, enum shared_fact_kind kind, const char *name)
{
	for (unsigned i = 0; i < c->n_wants; i++)
		if (c->wants[i].kind == kind && strcmp(c->wants[i].name, name) == 0)
			return true;
	return false;
}

static void check_rows(struct config *c, const struct vrrp_track_conf *t)
{
	for (; t; t = t->next) {
		enum shared_fact_kind kind;

		if (!service_fact_kind(t, &kind) || !exists(c, t, kind) ||
		    is_wanted(c, kind, t->name))
			continue;
		if (c->n_wants == SHARED_FACTS_MAX) {
			conf_error(&c->diags, t->place,
				   "more than %d things of the balancer tracked", SHARED_FACTS_MAX);
			return;
		}
		c->wants[c->n_wants++] = (struct shared_want){kind, t->name};
	}
}

void config_seam_check(struct config *c)
{
	c->wants = ARENA_ARRAY(&c->arena, struct shared_want, SHARED_FACTS_MAX);
	c->n_wants = 0;
	for (const struct vrrp_instance_conf *i = c->failover->instances; i; i = i->next)
		check_rows(c, i->tracks);
	for (const struct vrrp_group_conf *g = c->failover->groups; g; g = g->next)
		check_rows(c, g->tracks);
}
