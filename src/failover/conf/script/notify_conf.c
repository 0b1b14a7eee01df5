/*
 * Rows that instances and sync groups share: notify*, track_*. The first of several counts, as in
 * Keepalived.
 */
#include "failover/conf/failover_build.h"

static struct vrrp_notify_conf *notify_of(struct conf_ctx *ctx, void *target)
{
	if (failover_build_of(ctx)->section == FAILOVER_GROUP)
		return &((struct vrrp_group_conf *)target)->notify;
	return &((struct vrrp_instance_conf *)target)->notify;
}

static void read_into(struct conf_ctx *ctx, const struct conf_line *line, struct script_conf *out)
{
	if (out->text) {
		FAILOVER_WARN(ctx, line, 0, "'%s' is there already: the first counts",
			      line->words[0].text);
		return;
	}
	if (!failover_script_read(ctx, line, 1, NULL, out))
		FAILOVER_ADVISE(ctx, line, 0, "'%s' is left out: nothing will be run",
				line->words[0].text);
	failover_rows_extra(ctx, line, 4);
}

#define READ(member)                                                                  \
	static void read_##member(struct conf_ctx *ctx, const struct conf_line *line, \
				  void *target)                                       \
	{                                                                             \
		read_into(ctx, line, &notify_of(ctx, target)->member);                \
	}

READ(any)
READ(master)
READ(backup)
READ(fault)
READ(stop)
READ(rx_lower)

/* The word alone: DELETED is said to whom FAULT would be. */
static void read_deleted(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	notify_of(ctx, target)->says_deleted = true;
	if (line->n_words > 1)
		read_into(ctx, line, &notify_of(ctx, target)->deleted);
}

static void read_priority_changes(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_bool(ctx, line, 1, &notify_of(ctx, target)->priority_changes);
}

#define BOTH (FAILOVER_INSTANCE | FAILOVER_GROUP)
#define ROW(word, how, what, text)                                                               \
	{                                                                                        \
		.name = word, .sections = BOTH, .type = CONF_CUSTOM, .parse = how, .args = what, \
		.doc = text, .since = "0.1"                                                      \
	}

static const char command[] = "<command> [<user> [<group>]]";

const struct conf_keyword failover_notify_rows[] = {
	ROW("notify", read_any, command, "run at every change, with four more arguments"),
	ROW("notify_master", read_master, command, "run on becoming master"),
	ROW("notify_backup", read_backup, command, "run on becoming backup"),
	ROW("notify_fault", read_fault, command, "run on a fault"),
	{.name = "notify_stop",
	 .sections = FAILOVER_INSTANCE | FAILOVER_GROUP,
	 .type = CONF_CUSTOM,
	 .parse = read_stop,
	 .args = command,
	 .doc = "run at the stop",
	 .since = "0.1"},
	{.name = "notify_master_rx_lower_pri",
	 .sections = FAILOVER_INSTANCE,
	 .type = CONF_CUSTOM,
	 .parse = read_rx_lower,
	 .args = command,
	 .doc = "run when a master hears an advert of lower priority",
	 .since = "0.1"},
	{.name = "notify_deleted",
	 .sections = FAILOVER_INSTANCE,
	 .type = CONF_CUSTOM,
	 .parse = read_deleted,
	 .args = "[<command> [<user> [<group>]]]",
	 .doc = "run when a reload takes the instance out or makes it anew; notify and FIFOs get "
		"DELETED then, not FAULT",
	 .since = "0.1"},
	ROW("notify_priority_changes", read_priority_changes, "[<bool>]",
	    "changes of priority go to the FIFOs too"),
	ROW("track_interface", failover_track_interfaces, "{ <interface> [weight <n> [reverse]] }",
	    "links that must be up, or count"),
	ROW("track_script", failover_track_scripts, "{ <name> [weight <n> [reverse]] }",
	    "scripts that must succeed, or count"),
	ROW("track_file", failover_track_files, "{ <name> [weight <n> [reverse]] }",
	    "numbers of files that are added to the priority"),
	ROW("track_bfd", failover_track_bfds, "{ <name> [weight <n> [reverse]] }",
	    "neighbors that must answer, or count"),
	ROW("track_process", failover_track_processes, "{ <name> [weight <n> [reverse]] }",
	    "processes that must run, or count"),
	ROW("track_backend", failover_track_backends,
	    "{ <backend> [min <n>] [weight <n> [reverse]] }",
	    "relais' own: so many servers of the balancer beside us must be up, or count"),
	ROW("track_frontend", failover_track_frontends, "{ <frontend> [weight <n> [reverse]] }",
	    "relais' own: frontends of the balancer beside us must listen, or count"),
	ROW("track_server", failover_track_servers, "{ <backend>/<server> [weight <n> [reverse]] }",
	    "relais' own: servers of the balancer beside us must be up, or count"),
	{.name = NULL},
};
