/*
 * `server`, `default-server`, `server-template` and `source` lines. Rows of the native grammar; a
 * server starts as a copy of the default-server in force where it stands, as in HAProxy. At load.
 */
#include <stdlib.h>

#include "balancer/proxy/proxy_parse.h"
#include "core/conf/value.h"

enum { TEMPLATE_MAX = 10000 };

void server_conf_defaults(struct server_conf *server)
{
	*server = (struct server_conf){
		.weight = 1,
		.inter_ms = 2000,
		.rise = 2,
		.fall = 3,
		.error_limit = 10,
		.pool_max_conn = -1,
		.pool_purge_ms = 5000,
		.quorum_weight = -1,
	};
}

unsigned source_conf_read(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
			  struct addr *source, const char **interface, bool *usesrc)
{
	unsigned start = i;
	struct conf_address a;

	if (!conf_line_word(line, i)[0]) {
		conf_ctx_error(ctx, line, i, "'source' needs an address");
		return 0;
	}
	if (conf_address_parse(ctx, conf_line_place(line, i), conf_line_word(line, i),
			       CONF_ADDRESS_PORT | CONF_ADDRESS_RESOLVE, &a))
		*source = a.addr;
	for (i++; i < line->n_words; i += 2) {
		if (conf_line_is(line, i, "usesrc")) {
			*usesrc = conf_line_is(line, i + 1, "clientip") ||
				  conf_line_is(line, i + 1, "client");
			if (!*usesrc)
				conf_ctx_error(ctx, line, i + 1,
					       "'usesrc %s' is known but not served yet",
					       conf_line_word(line, i + 1));
		} else if (conf_line_is(line, i, "interface")) {
			conf_word_string(ctx, line, i + 1, interface);
		} else {
			break;
		}
	}
	return i - start;
}

static void add_server(struct conf_ctx *ctx, struct proxy_build *b, const struct server_conf *from,
		       const char *name)
{
	struct server_conf *s;

	if (++proxy_parse_of(ctx)->n_servers > PROXY_SERVERS_MAX) {
		if (proxy_parse_of(ctx)->n_servers == PROXY_SERVERS_MAX + 1)
			conf_error(ctx->diags, from->place, "more than %d servers",
				   PROXY_SERVERS_MAX);
		return;
	}
	s = ARENA_NEW(ctx->arena, struct server_conf);
	*s = *from;
	s->next = NULL;
	s->proxy = &b->conf;
	s->name = arena_strdup(ctx->arena, name);
	b->conf.n_servers++;
	*b->server_tail = s;
	b->server_tail = &s->next;
}

/* What stands behind the name: the address, then the options. */
static bool read_server(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
			struct server_conf *s, const char *kind)
{
	struct conf_address a;
	bool ok;

	/* Options first: init-addr says what an unknown name means. */
	ok = conf_options_read(ctx, line, i + 1, server_options, kind, s);
	if (!conf_address_parse(
		    ctx, conf_line_place(line, i), conf_line_word(line, i),
		    CONF_ADDRESS_PORT | CONF_ADDRESS_OFFSET | CONF_ADDRESS_UNIX |
			    CONF_ADDRESS_RESOLVE |
			    (s->init_addr_none || s->init_addr.len ? CONF_ADDRESS_LAZY : 0),
		    &a))
		return false;
	s->addr = a.addr;
	s->host = a.host;
	s->map_ports = a.is_offset || !a.has_port;
	s->port_offset = a.offset;
	if (a.unresolved && s->init_addr.len) {
		s->addr = s->init_addr;
		addr_set_port(&s->addr, a.port_low);
	} else if (a.unresolved) {
		s->disabled = true;
		conf_ctx_warn(ctx, line, i,
			      "the name '%s' does not resolve: the server starts in maintenance",
			      a.host);
	}
	if (s->addr.len && s->addr.sa.sa_family == AF_UNIX)
		s->map_ports = false;
	s->place = conf_line_place(line, 0);
	return ok;
}

static bool fine_name(struct conf_ctx *ctx, const struct conf_line *line, unsigned i)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.:";
	const char *name = conf_line_word(line, i);

	if (!name[strspn(name, allowed)])
		return true;
	conf_ctx_error(ctx, line, i, "character '%c' cannot stand in a server's name",
		       name[strspn(name, allowed)]);
	return false;
}

static void server_line(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_build *b = proxy_build_of(target);
	struct server_conf s = b->default_server;

	if (!conf_line_word(line, 2)[0]) {
		conf_ctx_error(ctx, line, line->n_words, "'server' needs a name and an address");
		return;
	}
	/* Kept even when wrong, so that use-server and track find its name. */
	if (fine_name(ctx, line, 1)) {
		read_server(ctx, line, 2, &s, "server");
		add_server(ctx, b, &s, conf_line_word(line, 1));
	}
}

static void default_server_line(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_build *b = proxy_build_of(target);

	if (line->n_words < 2)
		conf_ctx_error(ctx, line, 1, "'default-server' needs options");
	conf_options_read(ctx, line, 1, server_options, "default-server", &b->default_server);
}

/* N, or LOW-HIGH. */
static bool template_range(const char *text, long *low, long *high)
{
	char *end;

	*low = 1;
	*high = strtol(text, &end, 10);
	if (*end == '-') {
		*low = *high;
		*high = strtol(end + 1, &end, 10);
	}
	return *text && !*end && *low >= 0 && *high >= *low && *high - *low < TEMPLATE_MAX;
}

static void template_line(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_build *b = proxy_build_of(target);
	struct server_conf s = b->default_server;
	long low, high;

	if (!conf_line_word(line, 3)[0]) {
		conf_ctx_error(ctx, line, line->n_words,
			       "'server-template' needs a prefix, a number or range, and an "
			       "address");
		return;
	}
	if (!template_range(conf_line_word(line, 2), &low, &high)) {
		conf_ctx_error(ctx, line, 2, "'%s' is no number or range of servers up to %d",
			       conf_line_word(line, 2), TEMPLATE_MAX);
		return;
	}
	if (!fine_name(ctx, line, 1))
		return;
	read_server(ctx, line, 3, &s, "server-template");
	for (long n = low; n <= high; n++)
		add_server(ctx, b, &s,
			   arena_printf(ctx->arena, "%s%ld", conf_line_word(line, 1), n));
}

static void source_line(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;
	unsigned n = source_conf_read(ctx, line, 1, &p->source, &p->source_interface,
				      &p->source_usesrc_client);

	if (1 + n < line->n_words)
		conf_ctx_error(ctx, line, 1 + n, "unknown keyword '%s' on a 'source' line",
			       conf_line_word(line, 1 + n));
}

static const struct conf_keyword rows[] = {
	{"server", CONF_BE, CONF_CUSTOM, 0, 0, 0, "<name> <address>[:[port]] [options]", NULL,
	 CONF_EFFECT_RELOAD, server_line, "a server that requests are sent to", "0.1", CONF_STRICT},
	{"default-server", CONF_DBE, CONF_CUSTOM, 0, 0, 0, "<options>", NULL, CONF_EFFECT_RELOAD,
	 default_server_line, "options that the servers below start from", "0.1", CONF_STRICT},
	{"server-template", CONF_BE, CONF_CUSTOM, 0, 0, 0,
	 "<prefix> <n>|<low>-<high> <address>[:<port>] [options]", NULL, CONF_EFFECT_RELOAD,
	 template_line, "several servers with numbered names", "0.1", CONF_STRICT},
	{"source", CONF_DBE, CONF_CUSTOM, 0, 0, 0, "<address> [usesrc clientip] [interface <name>]",
	 NULL, CONF_EFFECT_RELOAD, source_line,
	 "the address that connections to servers leave from", "0.1", 0},
	{.name = NULL},
};

const struct conf_part proxy_part_server = {.name = "server", .rows = rows};
