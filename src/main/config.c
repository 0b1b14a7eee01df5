/*
 * Loading both halves and checking them together. See config.h. Called in the master (start,
 * reload, -c) and, for the failover half alone, in the failover process at a reload.
 */
#include "main/config.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/die.h"
#include "core/conf/blocks/blocks.h"
#include "core/sys/netns.h"
#include "failover/conf/failover_conf.h"
#include "failover/lint/lint.h"
#include "failover/native/vip_native.h"
#include "main/registry.h"

/* The command line that runs: which files there are does not change meanwhile. */
static const struct args *command_line;

struct split { /* the files by grammar */
	const char *native[ARGS_FILES_MAX], *blocks[2 * ARGS_FILES_MAX];
	size_t n_native, n_blocks;
};

static bool is_blocks_file(struct conf_files *files, const char *path)
{
	const struct conf_file *file;

	return conf_files_read(files, path, &file) == 0 && blocks_looks_like(file->bytes);
}

static void split_files(const struct args *args, struct conf_files *files, struct split *out)
{
	out->n_native = out->n_blocks = 0;
	for (size_t i = 0; i < args->n_files; i++) {
		if (is_blocks_file(files, args->files[i]))
			out->blocks[out->n_blocks++] = args->files[i];
		else
			out->native[out->n_native++] = args->files[i];
	}
	for (size_t i = 0; i < args->n_keepalived_files; i++)
		out->blocks[out->n_blocks++] = args->keepalived_files[i];
}

/* Without a balancer of ours, a script that asks for a process named haproxy means a real one. */
static void mind_balancer(struct failover_conf *conf, bool has_balancer)
{
	for (struct vrrp_script_conf *s = conf->scripts; s && !has_balancer; s = s->next)
		s->asks_balancer = false;
}

/* NULL when no file says anything of it. */
static struct failover_conf *parse_failover(const struct args *args, const struct split *split,
					    struct conf_files *files, struct conf_diags *diags,
					    struct arena *arena)
{
	const struct vip_native native = {
		.files = files,
		.paths = split->native,
		.n_paths = split->n_native,
		.others = proxy_sections,
		.arena = arena,
		.diags = diags,
	};
	const struct failover_conf_options options = {
		.config_id = args->config_id,
		.statements = vip_native_read(&native),
	};
	struct failover_conf *conf = NULL;

	if (split->n_blocks > 0 || options.statements)
		conf = failover_conf_parse(files, split->blocks, split->n_blocks, arena, diags,
					   &options);
	if (conf && args->netns)
		conf->net_namespace = NULL; /* we are where we are to be */
	if (conf)
		mind_balancer(conf, split->n_native > 0);
	return conf;
}

struct failover_conf *config_parse_failover(struct conf_files *files, struct conf_diags *diags,
					    struct arena *arena)
{
	struct split split;

	split_files(command_line, files, &split);
	return parse_failover(command_line, &split, files, diags, arena);
}

/* -S: a runtime socket that no configuration file names. */
static void add_master_socket(struct config *c, const char *spec)
{
	struct listener_conf *l = ARENA_NEW(&c->arena, struct listener_conf);
	struct slice rest = slice_of(spec), place = slice_cut(&rest, ','), fd = place;
	unsigned long long n;

	*l = (struct listener_conf){.inherited_fd = -1,
				    .fd = -1,
				    .mode = 0600,
				    .uid = UINT32_MAX,
				    .gid = UINT32_MAX,
				    .is_stats = true,
				    .stats_level = 3};
	l->place = (struct conf_place){.file = "-S"};
	slice_cut(&fd, '@');
	if (slice_starts(place, SLICE("fd@")) && slice_to_uint(fd, 65535, &n))
		l->inherited_fd = (int)n;
	else if (!addr_set_unix(&l->addr, slice_starts(place, SLICE("unix@")) ? fd : place, false))
		conf_error(&c->diags, l->place, "'%s' is neither fd@N nor a path", spec);
	l->next = c->balancer->global.stats_sockets;
	c->balancer->global.stats_sockets = l;
}

/* Log lines carry the name that the program was started under, unless log-tag says another. */
static void set_log_tags(struct config *c, const char *tag)
{
	struct global_conf *g = &c->balancer->global;

	g->log_tag = g->log_tag ? g->log_tag : tag;
	for (struct proxy_conf *p = c->balancer->proxies; p; p = p->next)
		p->log_tag = p->log_tag ? p->log_tag : g->log_tag;
}

static void adapt_balancer(struct config *c, const struct args *args)
{
	struct global_conf *g = &c->balancer->global;

	g->maxconn = args->maxconn ? args->maxconn : g->maxconn;
	g->node = args->name ? args->name : g->node;
	set_log_tags(c, args->dialect == ARGS_HAPROXY ? "haproxy" : "relais");
	if (args->master_socket)
		add_master_socket(c, args->master_socket);
	config_listeners_settle(c);
}

/* An interface may come later (a bridge, a VLAN); most often its name is mistyped. */
static void check_interface(struct config *c, const char *name, struct conf_place place,
			    const char *instance, const char *what)
{
	for (const struct vmac_conf *v = c->failover->vmacs; v; v = v->next)
		if (strcmp(v->name, name) == 0)
			return;
	/* To the kernel eth0:1 is eth0 in this question. */
	if (if_nametoindex(name) != 0 && !strchr(name, ':'))
		return;
	c->interface_absent = true;
	conf_warn(&c->diags, place, "%s: there is no interface '%s' on this machine now: %s",
		  instance, name, what);
}

static void check_addresses(struct config *c, const struct vip_conf *vips, const char *whose)
{
	for (; vips; vips = vips->next)
		if (vips->dev)
			check_interface(c, vips->dev, vips->place, whose,
					"the address waits for it");
}

static void check_routes(struct config *c, const struct route_conf *routes, const char *whose)
{
	for (; routes; routes = routes->next) {
		if (routes->dev)
			check_interface(c, routes->dev, routes->place, whose,
					"the route waits for it");
		for (const struct hop_conf *h = routes->hops; h; h = h->next)
			if (h->dev)
				check_interface(c, h->dev, routes->place, whose,
						"the route waits for it");
	}
}

static void check_rules(struct config *c, const struct rule_conf *rules, const char *whose)
{
	for (; rules; rules = rules->next) {
		if (rules->iif)
			check_interface(c, rules->iif, rules->place, whose,
					"the rule waits for it");
		if (rules->oif)
			check_interface(c, rules->oif, rules->place, whose,
					"the rule waits for it");
	}
}

static void check_interfaces(struct config *c)
{
	int back, err = netns_enter(c->failover->net_namespace, &back);

	if (err == -ENOENT)
		conf_warn(&c->diags, (struct conf_place){.file = "net_namespace"},
			  "there is no network namespace '%s' on this machine now",
			  c->failover->net_namespace);
	if (err) /* without the right to look nothing can be said of its interfaces */
		return;
	for (const struct vrrp_instance_conf *i = c->failover->instances; i; i = i->next) {
		if (i->interface)
			check_interface(c, i->interface, i->place, i->name,
					"the instance is in state FAULT until it comes");
		if (i->interface && strcmp(i->interface, "lo") == 0)
			conf_warn(&c->diags, i->place,
				  "%s: on lo nobody hears advertisements but this node", i->name);
		check_addresses(c, i->vips, i->name);
		check_addresses(c, i->excluded, i->name);
		check_routes(c, i->routes, i->name);
		check_rules(c, i->rules, i->name);
		for (const struct vrrp_track_conf *t = i->tracks; t; t = t->next)
			if (t->kind == VRRP_TRACK_INTERFACE)
				check_interface(c, t->name, t->place, i->name, "it counts as down");
	}
	check_addresses(c, c->failover->static_vips, "static_ipaddress");
	check_routes(c, c->failover->static_routes, "static_routes");
	check_rules(c, c->failover->static_rules, "static_rules");
	for (const struct vrrp_link_conf *l = c->failover->links; l; l = l->next)
		check_interface(c, l->name, l->place, l->name, "its row waits for it");
	netns_return(back);
}

/* What is well-formed and may still disappoint. */
static void advise(struct config *c)
{
	struct lint_host host;
	const struct lint lint = {c->failover, &host, &c->diags};

	lint_host_read(&host, &c->arena);
	lint_run(&lint);
}

/* -dW, zero-warning: what is only warned of stops a start and a reload as an error does. */
static void check_warnings(struct config *c, const struct args *args)
{
	bool global = c->balancer && c->balancer->global.zero_warning;
	const struct conf_place place = {.file = args->zero_warning ? "-dW" : "zero-warning"};

	if ((global || args->zero_warning) && c->diags.n_warnings > 0)
		conf_error(&c->diags, place, "%u warning%s, and none is let pass",
			   c->diags.n_warnings, c->diags.n_warnings == 1 ? "" : "s");
}

/* A node that only holds VIPs has a runtime socket too, if -S asks for one: a balancer without
 * proxies serves it, and nobody's health hangs on that one. */
static void parse_balancer(struct config *c, const struct args *args, const struct split *split)
{
	static const char none[] = "(no haproxy.cfg)";
	const char *paths[ARGS_FILES_MAX + 2];
	size_t n = split->n_native;

	memcpy(paths, split->native, n * sizeof(paths[0]));
	if (!args->only_vrrp && config_virtual_write(c, n == 0)) {
		paths[n++] = config_virtual_file;
	} else if (n == 0 && args->master_socket) {
		conf_files_put(&c->files, none, SLICE("global\n    nbthread 1\n"));
		paths[n++] = none;
	}
	if (n > 0)
		c->balancer = registry_balancer_parse(&c->files, paths, n, &c->arena, &c->diags,
						      args->name);
}

/* The failover half comes first, because its virtual servers are the balancer's; what there is to
 * say of it comes second, as the files are given. */
static void parse_halves(struct config *c, const struct args *args, const struct split *split)
{
	struct conf_diags later;

	conf_diags_init(&later);
	c->failover = parse_failover(args, split, &c->files, &later, &c->arena);
	parse_balancer(c, args, split);
	conf_diags_append(&c->diags, &later);
	conf_diags_fini(&later);
}

/* fd: saved files, or -1 to read those of the command line. */
static struct config *load(const struct args *args, int fd)
{
	struct config *c = calloc(1, sizeof(*c));
	struct split split;

	if (!c)
		die_no_memory();
	if (args->verb == ARGS_RUN)
		command_line = args;
	arena_init(&c->arena, 64 * 1024);
	conf_files_init(&c->files);
	conf_diags_init(&c->diags);
	if (fd >= 0 && conf_files_load(&c->files, fd) < 0)
		conf_error(&c->diags, (struct conf_place){.file = "(saved)"},
			   "the files that were saved cannot be read");
	split_files(args, &c->files, &split);
	parse_halves(c, args, &split);
	if (c->balancer) {
		config_virtual_place(c);
		adapt_balancer(c, args);
		config_virtual_settle(c);
	}
	if (c->failover) {
		config_seam_check(c);
		check_interfaces(c);
		advise(c);
	}
	check_warnings(c, args);
	return c;
}

struct config *config_load(const struct args *args)
{
	return load(args, -1);
}

struct config *config_load_saved(const struct args *args, int fd)
{
	return load(args, fd);
}

void config_free(struct config **config)
{
	struct config *c = *config;

	*config = NULL;
	if (!c)
		return;
	conf_diags_fini(&c->diags);
	conf_files_fini(&c->files);
	arena_fini(&c->arena);
	free(c);
}
