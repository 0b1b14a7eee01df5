/*
 * PING_CHECK, UDP_CHECK and DNS_CHECK as runs of relais-probe (src/helpers/relais_probe.c): a line
 * `option script-check`. As root where relais is: raw sockets and marks need it.
 */
#include <unistd.h>

#include "failover/virtual/virtual_writer.h"

enum { CONNECT_MS = 5000, MARGIN_MS = 2000 };

struct command {
	struct arena *arena;
	const char *line;
};

static void add(struct command *c, const char *name, const char *value)
{
	c->line =
		arena_printf(c->arena, "%s --%s %s", c->line, name, virtual_word(c->arena, value));
}

static void add_number(struct command *c, const char *name, unsigned long value)
{
	c->line = arena_printf(c->arena, "%s --%s %lu", c->line, name, value);
}

static void add_kind(struct command *c, const struct virtual_checker_conf *k)
{
	if (k->kind == VIRTUAL_DNS_CHECK) {
		add(c, "type", k->dns_type);
		add(c, "name", k->name && *k->name ? k->name : ".");
		return;
	}
	if (k->kind != VIRTUAL_UDP_CHECK)
		return;
	if (k->payload)
		add(c, "payload", k->payload);
	if (!k->reply)
		return;
	add(c, "reply", k->reply);
	add_number(c, "least", k->reply_least);
	add_number(c, "most", k->reply_most);
}

static const char *kind_of(const struct virtual_checker_conf *k)
{
	return k->kind == VIRTUAL_PING_CHECK  ? "ping"
	       : k->kind == VIRTUAL_UDP_CHECK ? "udp"
					      : "dns";
}

const char *virtual_probe_line(const struct virtual_writer *w, const struct virtual_real_conf *real,
			       const struct virtual_checker_conf *k, unsigned port)
{
	int64_t wait_us = k->times.connect_timeout_us;
	long wait_ms = wait_us == VIRTUAL_UNSET ? CONNECT_MS
		       : wait_us < 1000		? 1
						: (long)(wait_us / 1000);
	struct command c = {w->arena, arena_printf(w->arena, "%s %s", w->probe, kind_of(k))};
	char text[ADDR_TEXT_MAX];

	if (wait_ms > INT32_MAX - MARGIN_MS)
		wait_ms = INT32_MAX - MARGIN_MS;
	add(&c, "to", addr_host_text(k->connect.len ? &k->connect : &real->addr, text));
	if (k->kind != VIRTUAL_PING_CHECK)
		add_number(&c, "port",
			   k->connect_port	    ? k->connect_port
			   : addr_port(&real->addr) ? addr_port(&real->addr)
						    : port);
	add_number(&c, "timeout", (unsigned long)wait_ms);
	if (k->bind.len)
		add(&c, "from", addr_host_text(&k->bind, text));
	if (k->bind_port)
		add_number(&c, "from-port", k->bind_port);
	if (k->bind_if)
		add(&c, "interface", k->bind_if);
	if (k->fwmark)
		add_number(&c, "mark", k->fwmark);
	add_kind(&c, k);
	return arena_printf(w->arena, "option script-check %u:%u %s timeout %ldms", geteuid(),
			    getegid(), virtual_word(w->arena, c.line), wait_ms + MARGIN_MS);
}
