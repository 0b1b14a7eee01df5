/*
 * What virtual servers and their real servers are called: as sections and lines of the balancer's
 * grammar (virtual_text.c), and in FIFOs and mails, there as Keepalived 2.2.7 writes them. One
 * thread: whoever parses.
 */
#include "failover/virtual/virtual_build.h"
#include "failover/virtual/virtual_writer.h"

static const char *base_name(struct arena *arena, const struct virtual_server_conf *v)
{
	char text[ADDR_TEXT_MAX];

	if (v->group_name)
		return virtual_name(arena, arena_printf(arena, "virtual-%s", v->label));
	return arena_printf(arena, "virtual-%s:%u", addr_host_text(&v->addresses->first, text),
			    addr_port(&v->addresses->first));
}

/* The name that its section has: of its address, or its group; numbered when taken. */
static const char *section_name(struct arena *arena, const struct virtual_conf *conf,
				const struct virtual_server_conf *v)
{
	const char *name = base_name(arena, v);
	unsigned twins = 1;

	for (const struct virtual_server_conf *o = conf->servers; o != v; o = o->next)
		twins += o->served && strcmp(base_name(arena, o), name) == 0;
	return twins > 1 ? arena_printf(arena, "%s.%u", name, twins) : name;
}

static const char *line_name(struct arena *arena, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	addr_host_text(a, text);
	return addr_port(a) ? arena_printf(arena, "%s:%u", text, addr_port(a))
			    : arena_strdup(arena, text);
}

static const char *told_as(struct arena *arena, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	return arena_printf(arena, "[%s]:tcp:%u", addr_host_text(a, text), addr_port(a));
}

void virtual_names_settle(struct failover_build *b, struct virtual_server_conf *v)
{
	struct arena *arena = b->ctx.arena;

	v->section = section_name(arena, b->conf->virtual_servers, v);
	v->told_as = v->group_name ? arena_printf(arena, "[%s]:0", v->group_name)
				   : told_as(arena, &v->addresses->first);
	for (struct virtual_real_conf *r = v->reals; r; r = r->next) {
		r->name = line_name(arena, &r->addr);
		r->label = told_as(arena, &r->addr);
	}
	if (v->sorry)
		v->sorry->name = line_name(arena, &v->sorry->addr);
}
