/*
 * Rows of global_defs. What instances inherit goes into build->defaults; this block is read before
 * all others, wherever it stands, as Keepalived does. Target: struct failover_build.
 */
#include "failover/conf/failover_build.h"

#define AT(member) offsetof(struct failover_build, member)
#define SECONDS(n) ((n)*1000000LL)

static void read_router_id(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;

	b->conf->router_id = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_script_user(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;

	b->script_user_bad = !failover_user_read(ctx, line, 1, &b->script_user);
	if (b->script_user_bad)
		FAILOVER_WARN(ctx, line, 1, "scripts that name no user of their own are left out");
	failover_rows_extra(ctx, line, 3);
}

static void read_script_security(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;

	b->conf->script_security = true;
	failover_rows_extra(ctx, line, 1);
}

static void read_min_garp(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;
	bool on;

	if (!failover_value_bool(ctx, line, 1, &on) || !on)
		return;
	b->defaults.garp.repeat = 1;
	b->defaults.garp.delay_us = 0;
}

static void read_group(struct conf_ctx *ctx, const struct conf_line *line, struct addr *out,
		       int family)
{
	struct addr a;

	if (!addr_parse_ip(&a, slice_of(line->words[1].text), 0) || a.sa.sa_family != family)
		FAILOVER_WARN(ctx, line, 1, "'%s' is no address of that family, left out",
			      line->words[1].text);
	else if (!addr_is_multicast(&a))
		FAILOVER_WARN(ctx, line, 1, "'%s' is no multicast group, left out",
			      line->words[1].text);
	else
		*out = a;
	failover_rows_extra(ctx, line, 2);
}

static void read_group4(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_group(ctx, line, &((struct failover_build *)target)->mcast_group4, AF_INET);
}

static void read_group6(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_group(ctx, line, &((struct failover_build *)target)->mcast_group6, AF_INET6);
}

/* True, with a warning, when there is one: the first counts. */
static bool is_there(struct conf_ctx *ctx, const struct conf_line *line, const void *first)
{
	if (first)
		FAILOVER_WARN(ctx, line, 0, "'%s' is there already: the first counts",
			      line->words[0].text);
	return first != NULL;
}

static void read_fifo(struct conf_ctx *ctx, const struct conf_line *line, const char **path,
		      uint32_t *uid, uint32_t *gid)
{
	struct failover_user user = {0};

	if (is_there(ctx, line, *path))
		return;
	*path = line->words[1].text;
	if (line->n_words > 2 && !failover_user_read(ctx, line, 2, &user))
		FAILOVER_WARN(ctx, line, 2, "the FIFO will belong to root");
	*uid = user.uid;
	*gid = user.gid;
}

static void read_notify_fifo(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_conf *conf = ((struct failover_build *)target)->conf;

	read_fifo(ctx, line, &conf->notify_fifo, &conf->fifo_uid, &conf->fifo_gid);
}

static void read_vrrp_fifo(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_conf *conf = ((struct failover_build *)target)->conf;

	read_fifo(ctx, line, &conf->vrrp_notify_fifo, &conf->vrrp_fifo_uid, &conf->vrrp_fifo_gid);
}

static void read_lvs_fifo(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_conf *conf = ((struct failover_build *)target)->conf;

	read_fifo(ctx, line, &conf->lvs_notify_fifo, &conf->lvs_fifo_uid, &conf->lvs_fifo_gid);
}

/* Read when the user of scripts is known: see failover_globals_finish. */
static void read_fifo_script(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;

	if (!is_there(ctx, line, b->fifo_script))
		b->fifo_script = line;
}

static void read_vrrp_fifo_script(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;

	if (!is_there(ctx, line, b->vrrp_fifo_script))
		b->vrrp_fifo_script = line;
}

static void read_lvs_fifo_script(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)ctx;
	((struct failover_build *)target)->lvs_fifo_script = line;
}

static void read_init_notifies(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct failover_build *)target)->conf->rs_init_notifies = true;
	failover_rows_extra(ctx, line, 1);
}

void failover_globals_finish(struct failover_build *b)
{
	failover_user_default(b);
	if (b->fifo_script)
		failover_script_read(&b->ctx, b->fifo_script, 1, NULL,
				     &b->conf->notify_fifo_script);
	if (b->vrrp_fifo_script)
		failover_script_read(&b->ctx, b->vrrp_fifo_script, 1, NULL,
				     &b->conf->vrrp_notify_fifo_script);
	if (b->lvs_fifo_script)
		failover_script_read(&b->ctx, b->lvs_fifo_script, 1, NULL,
				     &b->conf->lvs_notify_fifo_script);
	failover_mail_finish(b);
	failover_house_finish(b);
}

static void read_fifo_on_reload(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct failover_build *)target)->conf->fifo_states_on_reload = true;
	failover_rows_extra(ctx, line, 1);
}

static void read_wall_table(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (is_there(ctx, line, ((struct failover_build *)target)->conf->wall_table))
		return;
	if (line->n_words > 1 && strlen(line->words[1].text) > 31)
		FAILOVER_WARN(ctx, line, 1, "'%s' is too long for a table's name, left out",
			      line->words[1].text);
	else if (line->n_words > 1)
		((struct failover_build *)target)->conf->wall_table = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_wall_priority(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, INT32_MIN, INT32_MAX, &n, "-1 is taken"))
		((struct failover_build *)target)->conf->wall_priority = (int)n;
}

static void read_startup_delay(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_seconds(ctx, line, 1, 1, SECONDS(4294),
			       &((struct failover_build *)target)->conf->startup_delay_us,
			       "no delay");
}

static void read_rt_priority(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, 99, &n, "the default is taken"))
		((struct failover_build *)target)->conf->rt_priority = (int)n;
}

#define G .sections = FAILOVER_GLOBAL, .since = "0.1"
#define CUSTOM(word, how, what, text)                                                         \
	{                                                                                     \
		.name = word, G, .type = CONF_CUSTOM, .parse = how, .args = what, .doc = text \
	}
#define FLAG(word, where, what, text)                                                              \
	{                                                                                          \
		.name = word, G, .type = CONF_FLAG, .offset = AT(where), .args = what, .doc = text \
	}
#define TIME(word, where, least, dflt_, text)                                             \
	{                                                                                 \
		.name = word, G, .type = CONF_TIME_US, .offset = AT(where), .min = least, \
		.max = SECONDS(86400), .args = "<seconds>", .dflt = dflt_, .doc = text    \
	}
#define COUNT(word, where, least, most, dflt_, text)                                               \
	{                                                                                          \
		.name = word, G, .type = CONF_INT, .offset = AT(where), .min = least, .max = most, \
		.args = "<number>", .dflt = dflt_, .doc = text                                     \
	}

const struct conf_keyword failover_global_rows[] = {
	CUSTOM("router_id", read_router_id, "<name>", "name of this node in logs and on the FIFO"),
	CUSTOM("script_user", read_script_user, "<user> [<group>]", "who runs scripts"),
	CUSTOM("enable_script_security", read_script_security, NULL,
	       "scripts run by root must not be writable by others"),
	COUNT("vrrp_version", defaults.version, 2, 3, "2 is taken", "version of IPv4 instances"),
	TIME("vrrp_garp_master_delay", defaults.garp.delay_us, 0, "5 s is taken",
	     "second burst of gratuitous ARP after becoming master, 0 = none"),
	COUNT("vrrp_garp_master_repeat", defaults.garp.repeat, 1, 1000, "5 is taken",
	      "packets of one burst"),
	TIME("vrrp_garp_master_refresh", defaults.garp.refresh_us, 0, "none are sent",
	     "repeated bursts while master"),
	COUNT("vrrp_garp_master_refresh_repeat", defaults.garp.refresh_repeat, 1, 1000,
	      "1 is taken", "packets of a repeated burst"),
	TIME("vrrp_garp_lower_prio_delay", defaults.garp.lower_prio_delay_us, 0,
	     "that of the master is taken", "second burst after an advert of lower priority"),
	COUNT("vrrp_garp_lower_prio_repeat", defaults.garp.lower_prio_repeat, 0, 1000,
	      "that of the master is taken", "packets after an advert of lower priority"),
	TIME("vrrp_garp_interval", defaults.garp.interval_us, 1, "no pause is made",
	     "between two gratuitous ARP packets"),
	TIME("vrrp_gna_interval", defaults.garp.gna_interval_us, 1, "no pause is made",
	     "between two unsolicited neighbour advertisements"),
	CUSTOM("vrrp_min_garp", read_min_garp, "[<bool>]", "one packet and no second burst"),
	FLAG("vrrp_strict", defaults.strict, NULL, "what the RFCs forbid is refused"),
	FLAG("vrrp_skip_check_adv_addr", defaults.skip_check_adv_addr, "[<bool>]",
	     "the address list of a known master is not checked again"),
	FLAG("vrrp_check_unicast_src", defaults.check_unicast_src, "[<bool>]",
	     "unicast adverts must come from a peer"),
	FLAG("vrrp_higher_prio_send_advert", defaults.higher_prio_send_advert, "[<bool>]",
	     "answer an advert of higher priority once before standing down"),
	FLAG("vrrp_lower_prio_no_advert", defaults.lower_prio_no_advert, "[<bool>]",
	     "do not answer an advert of lower priority"),
	FLAG("v3_checksum_as_v2", defaults.checksum_as_v2, "[<bool>]",
	     "version 3 over IPv4 without pseudo-header in the checksum (RFC 9568)"),
	COUNT("vrrp_down_timer_adverts", defaults.down_adverts, 1, 100, "3 is taken",
	      "missed adverts until a backup takes over"),
	TIME("flap_hold", defaults.flap_hold_us, 0, "30 s is taken",
	     "most that preemption waits after more than three takeovers within a minute: 1, 2, "
	     "4 s and so on; 0 = not at all"),
	FLAG("vip_probe", defaults.vip_probe, "[<bool>]",
	     "after a takeover from a silent master ask by ARP or ND whether it still answers for "
	     "the addresses (default on)"),
	COUNT("vip_lifetime", defaults.vip_lifetime_s, 0, 3600,
	      "4 s, or the down interval is taken",
	      "seconds that the kernel keeps addresses unless relais renews them, so that a killed "
	      "or frozen node loses them; 0 = for ever"),
	CUSTOM("vrrp_mcast_group4", read_group4, "<address>", "where IPv4 adverts go"),
	CUSTOM("vrrp_mcast_group6", read_group6, "<address>", "where IPv6 adverts go"),
	CUSTOM("notify_fifo", read_notify_fifo, "<path> [<user> [<group>]]",
	       "events as lines, in order"),
	CUSTOM("notify_fifo_script", read_fifo_script, "<command> [<user> [<group>]]",
	       "started with the FIFO's path as last argument"),
	CUSTOM("vrrp_notify_fifo", read_vrrp_fifo, "<path> [<user> [<group>]]",
	       "events of VRRP as lines, in order"),
	CUSTOM("vrrp_notify_fifo_script", read_vrrp_fifo_script, "<command> [<user> [<group>]]",
	       "started with the FIFO's path as last argument"),
	CUSTOM("lvs_notify_fifo", read_lvs_fifo, "<path> [<user> [<group>]]",
	       "changes of virtual and real servers as lines, in order"),
	CUSTOM("lvs_notify_fifo_script", read_lvs_fifo_script, "<command> [<user> [<group>]]",
	       "started with the FIFO's path as last argument"),
	CUSTOM("rs_init_notifies", read_init_notifies, NULL,
	       "a start tells of real servers that begin as up, and runs their notify_up"),
	FLAG("vrrp_notify_priority_changes", defaults.notify.priority_changes, "[<bool>]",
	     "changes of priority go to the FIFOs too"),
	CUSTOM("fifo_write_vrrp_states_on_reload", read_fifo_on_reload, NULL,
	       "the states go to the FIFOs at a reload too"),
	CUSTOM("vrrp_startup_delay", read_startup_delay, "<seconds>",
	       "wait before taking part after the start"),
	CUSTOM("nftables", read_wall_table, "[<table>]",
	       "name of the packet filter's table for no_accept and virtual MACs, relais by "
	       "default"),
	CUSTOM("nftables_priority", read_wall_priority, "<number>",
	       "priority of its chains, -1 by default"),
	CUSTOM("vrrp_rt_priority", read_rt_priority, "<1..99>", "real-time priority"),
	{.name = NULL},
};
