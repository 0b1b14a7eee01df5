/*
 * The seam between keepalived.conf's virtual servers and the balancer that serves them: their text
 * in the native grammar is one more file for the balancer's parser, and whatever that says of it is
 * said of the place in keepalived.conf where it comes from. Called by config.c at each load.
 */
#include <limits.h>
#include <string.h>

#include "core/sys/tool_path.h"
#include "main/config.h"

const char config_virtual_file[] = "(virtual servers)";

static bool wants_probe(const struct virtual_conf *conf, struct conf_place *at)
{
	for (const struct virtual_server_conf *v = conf->servers; v; v = v->next) {
		for (const struct virtual_real_conf *r = v->served ? v->reals : NULL; r;
		     r = r->next) {
			for (const struct virtual_checker_conf *k = r->checkers; k; k = k->next) {
				if (!virtual_is_probe(k->kind))
					continue;
				*at = k->place;
				return true;
			}
		}
	}
	return false;
}

static void find_probe(struct config *c)
{
	struct conf_place at = {0};
	char path[PATH_MAX];

	if (!wants_probe(c->failover->virtual_servers, &at))
		return;
	if (tool_path_find("relais-probe", path, sizeof(path)))
		c->failover->virtual_servers->probe = arena_strdup(&c->arena, path);
	else
		conf_advise(
			&c->diags, at,
			"there is no relais-probe beside this program or in ../libexec/relais: "
			"PING_CHECK, UDP_CHECK and DNS_CHECK say nothing of their real servers");
}

bool config_virtual_write(struct config *c, bool alone)
{
	struct virtual_text *v = ARENA_NEW(&c->arena, struct virtual_text);

	const struct virtual_server_conf *first =
		c->failover ? c->failover->virtual_servers->servers : NULL;

	while (first && !first->served)
		first = first->next;
	if (first && c->failover->net_namespace) {
		conf_advise(&c->diags, first->place,
			    "virtual servers are not served in net_namespace '%s': the balancer "
			    "stays where relais was started; start all of it there (keepalived -s, "
			    "ip netns exec)",
			    c->failover->net_namespace);
		return false;
	}
	if (first)
		find_probe(c);
	if (!first ||
	    !virtual_text_write(c->failover->virtual_servers, alone, &c->arena, &c->diags, v))
		return false;
	c->virtual_text = v;
	conf_files_put(&c->files, config_virtual_file, v->text);
	return true;
}

static bool is_ours(const struct conf_place *place)
{
	return place->file && strcmp(place->file, config_virtual_file) == 0;
}

static void move_place(const struct config *c, struct conf_place *place)
{
	if (is_ours(place) && place->line > 0 && place->line <= c->virtual_text->n_lines)
		*place = c->virtual_text->places[place->line - 1];
}

static bool shadows(const struct addr *one, const struct addr *other)
{
	return addr_eq(one, other, true) ||
	       (addr_port(one) == addr_port(other) && addr_is_any(one) &&
		(one->sa.sa_family == other->sa.sa_family || one->sa.sa_family == AF_INET6));
}

/* Who listens there already, before l in the order of the files. */
static const struct listener_conf *taken_by(const struct config *c, const struct listener_conf *l)
{
	for (const struct proxy_conf *p = c->balancer->proxies; p; p = p->next) {
		for (const struct listener_conf *o = p->disabled ? NULL : p->listeners; o;
		     o = o->next) {
			if (o == l)
				return NULL;
			if (o->inherited_fd < 0 && o->addr.len && o->addr.sa.sa_family != AF_UNIX &&
			    shadows(&o->addr, &l->addr))
				return o;
		}
	}
	return NULL;
}

static void settle_listeners(struct config *c, struct proxy_conf *p)
{
	for (struct listener_conf **at = &p->listeners; *at;) {
		struct listener_conf *l = *at;
		const struct listener_conf *other = taken_by(c, l);
		char text[ADDR_TEXT_MAX];

		if (!other) {
			at = &l->next;
			continue;
		}
		conf_advise(&c->diags, l->place,
			    "%s is served by another already (%s:%u): this virtual server does not "
			    "listen there",
			    addr_text(&l->addr, text), other->place.file ? other->place.file : "",
			    other->place.line);
		*at = l->next;
	}
}

/* Until here it has its place in the text; its addresses need not be on this node. */
static void place_proxy(struct config *c, struct proxy_conf *p)
{
	p->is_virtual = true;
	move_place(c, &p->place);
	for (struct listener_conf *l = p->listeners; l; l = l->next) {
		move_place(c, &l->place);
		l->freebind = true;
	}
	for (struct server_conf *s = p->servers; s; s = s->next)
		move_place(c, &s->place);
}

void config_virtual_place(struct config *c)
{
	if (!c->virtual_text)
		return;
	for (struct proxy_conf *p = c->balancer->proxies; p; p = p->next)
		if (is_ours(&p->place))
			place_proxy(c, p);
	for (struct conf_diag *d = c->diags.first; d; d = d->next)
		move_place(c, &d->place);
}

void config_virtual_settle(struct config *c)
{
	if (!c->virtual_text)
		return;
	for (struct proxy_conf *p = c->balancer->proxies; p; p = p->next)
		if (p->is_virtual)
			settle_listeners(c, p);
}
