/*
 * keepalived.conf as a whole. See failover_conf.h. Files are read into one tree; global_defs is
 * taken first, wherever it stands, then all else in order; then names and values are settled.
 */
#include "failover/conf/failover_conf.h"

#include "failover/conf/failover_build.h"

/* Statements whose arguments Keepalived reads as a shell would. */
static const char *const quoted[] = {"script",
				     "notify",
				     "notify_master",
				     "notify_backup",
				     "notify_fault",
				     "notify_stop",
				     "notify_deleted",
				     "notify_master_rx_lower_pri",
				     "fence",
				     "promote",
				     "demote",
				     "notify_up",
				     "notify_down",
				     "quorum_up",
				     "quorum_down",
				     "startup_script",
				     "shutdown_script",
				     "misc_path",
				     "notify_fifo_script",
				     "process",
				     "vrrp_notify_fifo_script",
				     "lvs_notify_fifo_script",
				     "file",
				     NULL};

static void read_globals(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;

	if (b->globals_done)
		return;
	failover_rows_extra(ctx, line, 1);
	failover_rows_walk(b, block_node_of(line)->children, FAILOVER_GLOBAL, "global_defs", b);
}

static void read_namespace(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;

	if (strchr(line->words[1].text, '/'))
		FAILOVER_WARN(ctx, line, 1, "'%s' is no name of a namespace, left out",
			      line->words[1].text);
	else
		b->conf->net_namespace = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

const struct conf_keyword failover_top_rows[] = {
	{.name = "global_defs",
	 .sections = FAILOVER_TOP,
	 .type = CONF_CUSTOM,
	 .parse = read_globals,
	 .args = "{ ... }",
	 .doc = "what counts for all blocks",
	 .since = "0.1"},
	{.name = "net_namespace",
	 .sections = FAILOVER_TOP | FAILOVER_GLOBAL,
	 .type = CONF_CUSTOM,
	 .parse = read_namespace,
	 .args = "<name>",
	 .effect = CONF_EFFECT_RESTART,
	 .doc = "the network namespace of the failover half and its scripts (ip-netns)",
	 .since = "0.1"},
	{.name = NULL},
};

static void init(struct failover_build *b, struct conf_files *files, struct arena *arena,
		 struct conf_diags *diags, const struct failover_conf_options *options)
{
	static const struct failover_conf_options none;
	struct vrrp_instance_conf *d = &b->defaults;

	b->ctx.diags = diags;
	b->ctx.arena = arena;
	b->ctx.files = files;
	b->ctx.extra = b;
	b->options = options ? options : &none;
	b->conf = ARENA_NEW(arena, struct failover_conf);
	b->ctx.root = b->conf;
	b->conf->arena = arena;
	b->instance_tail = &b->conf->instances;
	b->group_tail = &b->conf->groups;
	b->script_tail = &b->conf->scripts;
	b->process_tail = &b->conf->processes;
	b->file_tail = &b->conf->files;
	b->next_rule4 = b->next_rule6 = 16384;
	b->conf->wall_priority = -1;
	failover_house_init(b);
	b->conf->default_interface = "eth0";
	virtual_servers_begin(b);
	d->version = 2;
	d->priority = 100;
	d->advert_us = 1000000;
	d->down_adverts = 3;
	d->vip_lifetime_s = FAILOVER_UNSET;
	d->vip_probe = true;
	d->flap_hold_us = 30000000;
	d->accept = true;
	d->compare = FAILOVER_UNSET;
	d->compare_delay_us = FAILOVER_UNSET;
	/* Keepalived's default is off. On, a healed split brain ends with the winner announcing
	 * again; off, clients that have the loser's ARP entry stay out until it ages. */
	d->higher_prio_send_advert = true;
	failover_hooks_default(&d->hooks);
	d->garp.delay_us = 5000000;
	d->garp.repeat = 5;
	d->garp.refresh_repeat = 1;
	d->garp.lower_prio_delay_us = FAILOVER_UNSET;
	d->garp.lower_prio_repeat = FAILOVER_UNSET;
}

/* Only the statements global_defs of the file, each walked as by the top rows. */
static void walk_globals(struct failover_build *b, const struct block_node *nodes)
{
	for (const struct block_node *node = nodes; node; node = node->next)
		if (strcmp(node->line.words[0].text, "global_defs") == 0)
			read_globals(&b->ctx, &node->line, b);
}

static const struct script_conf *first_script(const struct vrrp_notify_conf *n)
{
	const struct script_conf *all[] = {&n->any,   &n->master, &n->backup,
					   &n->fault, &n->stop,	  &n->rx_lower};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->argv)
			return all[i];
	return NULL;
}

/* Any script that would be run; NULL = none. */
static const struct script_conf *any_script(const struct failover_conf *conf)
{
	const struct script_conf *found = NULL;

	for (const struct vrrp_script_conf *s = conf->scripts; s && !found; s = s->next)
		if (!s->is_process && !s->absent)
			found = &s->script;
	for (const struct vrrp_instance_conf *i = conf->instances; i && !found; i = i->next)
		found = first_script(&i->notify);
	for (const struct vrrp_group_conf *g = conf->groups; g && !found; g = g->next)
		found = first_script(&g->notify);
	if (!found && conf->notify_fifo_script.argv)
		found = &conf->notify_fifo_script;
	if (!found && conf->vrrp_notify_fifo_script.argv)
		found = &conf->vrrp_notify_fifo_script;
	if (!found && conf->lvs_notify_fifo_script.argv)
		found = &conf->lvs_notify_fifo_script;
	return found ? found : virtual_servers_script(conf);
}

/* Keepalived says so of the whole file, with an exit status of its own; see main/check/check.c. */
static void check_security(struct failover_build *b)
{
	const struct script_conf *script = any_script(b->conf);

	b->conf->scripts_unsecured = script && !b->conf->script_security &&
				     (b->conf->instances || virtual_servers_script(b->conf));
	if (b->conf->scripts_unsecured)
		conf_warn(b->ctx.diags, script->place,
			  "scripts are run without enable_script_security in global_defs: who can "
			  "write to one is root here");
}

static void check(struct failover_build *b)
{
	virtual_servers_finish(b);
	failover_instances_finish(b);
	failover_vmacs_finish(b);
	failover_heartbeats_finish(b);
	failover_track_groups_finish(b);
	failover_groups_finish(b);
	failover_links_finish(b);
	failover_mail_check(b);
	failover_leases_finish(b);
	for (const struct vrrp_instance_conf *i = b->conf->instances; i; i = i->next)
		failover_hooks_check(b, i);
	check_security(b);
}

struct failover_conf *failover_conf_parse(struct conf_files *files, const char *const *paths,
					  size_t n_paths, struct arena *arena,
					  struct conf_diags *diags,
					  const struct failover_conf_options *options)
{
	struct failover_build *b = ARENA_NEW(arena, struct failover_build);
	struct block_node **trees = ARENA_ARRAY(arena, struct block_node *, n_paths + 1);
	struct blocks_options grammar = {.quoted = quoted};

	init(b, files, arena, diags, options);
	grammar.config_id = b->options->config_id;
	grammar.expanded_max = b->options->expanded_max;
	for (size_t i = 0; i < n_paths; i++) {
		trees[i] = blocks_parse(files, paths[i], arena, diags, &grammar);
		walk_globals(b, trees[i]);
	}
	walk_globals(b, b->options->statements);
	b->globals_done = true;
	failover_globals_finish(b);
	for (size_t i = 0; i < n_paths; i++)
		failover_rows_walk(b, trees[i], FAILOVER_TOP, "the file", b);
	failover_rows_walk(b, b->options->statements, FAILOVER_TOP, "the file", b);
	check(b);
	return b->conf;
}
