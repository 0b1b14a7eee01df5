/*
 * Rows of `vip`, `vip-group` and `vip-defaults`. A row says which keyword of keepalived.conf it is,
 * and how its words become that one's: as they are, as one row of a block, a time of the native
 * grammar (bare numbers are milliseconds) as seconds. What the values mean is said there, once.
 */
#include "core/conf/value.h"
#include "failover/native/vip_build.h"

struct way {
	enum {
		AS_IS,	/* NAME words... */
		LISTED, /* NAME { words... }, one block for all lines */
		SWITCH, /* NAME on, or off behind `no` */
	} how;
	const char *statement; /* of keepalived.conf; "": the row's parse says */
};

static const struct way *way_of(const struct conf_ctx *ctx);

/* ---- the general ways ---- */

static struct block_node *node_of(void *target)
{
	return ((struct vip_section *)target)->node;
}

static void put_number(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct conf_keyword *row = ctx->keyword;
	unsigned at = ctx->n_name;
	int n;

	if (conf_ctx_args(ctx, line, 1, 1) && conf_word_int(ctx, line, at, row->min, row->max, &n))
		vip_append(node_of(target),
			   vip_statement(ctx, line, 0, way_of(ctx)->statement, at, at + 1));
}

static const char *seconds(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
			   long long least_ms, long long most_ms)
{
	const char *word = conf_line_word(line, i), *wrong;
	int64_t us;

	wrong = conf_text_time(word, 1000, &us);
	if (!wrong && (us < least_ms * 1000 || us > most_ms * 1000))
		wrong = "out of bounds";
	if (wrong) {
		conf_ctx_error(ctx, line, i, "'%s': %s", word, wrong);
		return NULL;
	}
	if (us % 1000000 == 0)
		return arena_printf(ctx->arena, "%lld", (long long)us / 1000000);
	return arena_printf(ctx->arena, "%lld.%06lld", (long long)us / 1000000,
			    (long long)us % 1000000);
}

const char *vip_seconds(struct conf_ctx *ctx, const struct conf_line *line, unsigned i)
{
	return seconds(ctx, line, i, 1, 86400000);
}

const char *vip_milliseconds(struct conf_ctx *ctx, const struct conf_line *line, unsigned i)
{
	int ms;

	return conf_word_time_ms(ctx, line, i, 10, 3600000, &ms)
		       ? arena_printf(ctx->arena, "%d", ms)
		       : NULL;
}

static void put_time(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct conf_keyword *row = ctx->keyword;
	const char *text;

	if (!conf_ctx_args(ctx, line, 1, 1))
		return;
	text = seconds(ctx, line, ctx->n_name, row->min, row->max);
	if (text)
		vip_append(node_of(target), vip_word(ctx, line, 0, way_of(ctx)->statement, text));
}

static void put(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct conf_keyword *row = ctx->keyword;
	unsigned from = ctx->n_name, to = line->n_words;
	bool needs = row->args && row->args[0] && row->args[0] != '[';

	if (!conf_ctx_args(ctx, line, needs ? 1 : 0, row->args ? UINT16_MAX : 0))
		return;
	switch (way_of(ctx)->how) {
	case LISTED:
		vip_append(
			vip_block(ctx, line, node_of(target), way_of(ctx)->statement),
			vip_statement(ctx, line, from, conf_line_word(line, from), from + 1, to));
		break;
	case SWITCH:
		vip_append(node_of(target), vip_word(ctx, line, 0, way_of(ctx)->statement,
						     ctx->prefix == CONF_PREFIX_NO ? "off" : "on"));
		break;
	default:
		vip_append(node_of(target),
			   vip_statement(ctx, line, 0, way_of(ctx)->statement, from, to));
	}
}

/* ---- rows of their own ---- */

static void put_interface(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct vip_section *)target)->has_interface = true;
	if (conf_ctx_args(ctx, line, 1, 1))
		put(ctx, line, target);
}

static void put_id(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct vip_section *)target)->has_id = true;
	put_number(ctx, line, target);
}

static void put_peer(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct vip_section *)target)->has_peer = true;
	put(ctx, line, target);
}

static void put_source(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vip_section *s = target;

	if (!conf_ctx_args(ctx, line, 1, 1))
		return;
	s->source = vip_statement(ctx, line, 0, "mcast_src_ip", 1, 2);
	vip_append(s->node, s->source);
}

static void put_preempt(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		vip_append(node_of(target),
			   vip_word(ctx, line, 0,
				    ctx->prefix == CONF_PREFIX_NO ? "nopreempt" : "preempt", NULL));
}

static void put_accept(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		vip_append(node_of(target),
			   vip_word(ctx, line, 0,
				    ctx->prefix == CONF_PREFIX_NO ? "no_accept" : "accept", NULL));
}

/* Words behind `auth hmac`, each with one argument or none. */
static void put_signing(struct conf_ctx *ctx, const struct conf_line *line,
			struct block_node *block)
{
	static const char *const words[] = {"key-file",	 "active-key", "time-window",
					    "allow-old", "send-old",   NULL};
	static const char *const statements[] = {"key-file", "active_key", "time_window",
						 "allow-old", "send-old"};
	enum { N_WITH_ARGUMENT = 3 };
	unsigned at = 2, which;

	while (at < line->n_words && conf_word_choice(ctx, line, at, words, &which)) {
		unsigned n = which < N_WITH_ARGUMENT ? 1 : 0;

		if (at + n >= line->n_words) {
			conf_ctx_error(ctx, line, at, "'%s' needs an argument", words[which]);
			return;
		}
		vip_append(block,
			   vip_statement(ctx, line, at, statements[which], at + 1, at + 1 + n));
		at += 1 + n;
	}
}

/* auth pass|ah SECRET, auth hmac key-file PATH ... */
static void put_auth(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const kinds[] = {"pass", "ah", "hmac", NULL};
	static const char *const types[] = {"PASS", "AH", "HMAC"};
	struct block_node *block;
	unsigned kind;

	if (!conf_ctx_args(ctx, line, 2, UINT16_MAX) ||
	    !conf_word_choice(ctx, line, 1, kinds, &kind) ||
	    (kind < 2 && !conf_ctx_args(ctx, line, 2, 2)))
		return;
	block = vip_block(ctx, line, node_of(target), "authentication");
	vip_append(block, vip_word(ctx, line, 1, "auth_type", types[kind]));
	if (kind == 2)
		put_signing(ctx, line, block);
	else
		vip_append(block, vip_statement(ctx, line, 2, "auth_pass", 2, 3));
}

/* on STATE COMMAND */
static void put_on(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const states[] = {"any",  "master",	"backup", "fault",
					     "stop", "deleted", "lower",  NULL};
	static const char *const notify[] = {
		"notify",
		"notify_master",
		"notify_backup",
		"notify_fault",
		"notify_stop",
		"notify_deleted",
		"notify_master_rx_lower_pri",
	};
	unsigned state;

	if (conf_ctx_args(ctx, line, 2, UINT16_MAX) &&
	    conf_word_choice(ctx, line, 1, states, &state))
		vip_append(node_of(target),
			   vip_statement(ctx, line, 0, notify[state], 2, line->n_words));
}

static void put_member(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct block_node *block = vip_block(ctx, line, node_of(target), "group");

	if (!conf_ctx_args(ctx, line, 1, UINT16_MAX))
		return;
	((struct vip_section *)target)->has_member = true;
	for (unsigned i = 1; i < line->n_words; i++)
		vip_append(block, vip_word(ctx, line, i, conf_line_word(line, i), NULL));
}

/* ---- the rows ---- */

#define V  CONF_VIP
#define VG (CONF_VIP | CONF_VIP_GROUP)
#define D  CONF_VIP_DEFAULTS
#define VD (CONF_VIP | CONF_VIP_DEFAULTS)

#define ROW(X, name, in, how, statement, least, most, args, parse, flags, doc) \
	X(name, in, how, statement, least, most, args, parse, flags, doc)
#define WORDS(X, name, in, statement, args, doc) \
	X(name, in, AS_IS, statement, 0, 0, args, put, 0, doc)
#define LIST(X, name, in, statement, args, doc) \
	X(name, in, LISTED, statement, 0, 0, args, put, 0, doc)
#define COUNT(X, name, in, statement, least, most, doc) \
	X(name, in, AS_IS, statement, least, most, "<number>", put_number, 0, doc)
#define SPAN(X, name, in, statement, least, most, doc) \
	X(name, in, AS_IS, statement, least, most, "<time>", put_time, 0, doc)
#define FLAG(X, name, in, statement, doc) \
	X(name, in, SWITCH, statement, 0, 0, NULL, put, CONF_CAN_NO, doc)
#define BARE(X, name, in, statement, doc) X(name, in, AS_IS, statement, 0, 0, NULL, put, 0, doc)
#define SPECIAL(X, name, in, statement, args, parse, doc) \
	X(name, in, AS_IS, statement, 0, 0, args, parse, 0, doc)

#define DATABASE_ARGS                                                                   \
	"role primary|replica [host <address>|socket <path>] [port <n>] [user <name>] " \
	"[password-file <path>] [dbname <name>] [interval <t>] [timeout <t>] "          \
	"[weight <n> [reverse]] [rise <n>] [fall <n>] [cold]"

/* X(name, sections, how, statement of keepalived.conf, least, most, args, parse, flags, doc);
 * times in milliseconds. */
#define VIP_ROWS(X)                                                                                \
	SPECIAL(X, "interface", V, "interface", "<name>", put_interface,                           \
		"where advertisements go and the addresses live")                                  \
	ROW(X, "id", V, AS_IS, "virtual_router_id", 1, 255, "<number>", put_id, 0,                 \
	    "the virtual router's number (VRID): the same on all nodes")                           \
	COUNT(X, "priority", V, "priority", 1, 255,                                                \
	      "the highest is master; 255 owns the addresses")                                     \
	SPAN(X, "interval", V, "advert_int", 10, 40950,                                            \
	     "between two advertisements, 1s by default")                                          \
	COUNT(X, "version", V, "version", 2, 3, "of VRRP; 3 by default")                           \
	LIST(X, "address", V, "virtual_ipaddress", "<address>[/<bits>] [<option> ...]",            \
	     "an address that moves; options as in keepalived.conf")                               \
	LIST(X, "excluded-address", V, "virtual_ipaddress_excluded",                               \
	     "<address>[/<bits>] [<option> ...]", "an address that moves unannounced")             \
	ROW(X, "peer", V, LISTED, "unicast_peer", 0, 0, "<address> [min_ttl <n>] [max_ttl <n>]",   \
	    put_peer, 0, "another node: advertisements go to these instead of the group")          \
	SPECIAL(X, "source", V, "mcast_src_ip", "<address>", put_source,                           \
		"where advertisements come from")                                                  \
	WORDS(X, "multicast-group", V, "mcast_dst_ip", "<address>",                                \
	      "another group than 224.0.0.18")                                                     \
	ROW(X, "preempt", V, AS_IS, "", 0, 0, NULL, put_preempt, CONF_CAN_NO,                      \
	    "a higher priority takes over from a lower one; `no`: a master stays")                 \
	SPAN(X, "preempt-delay", V, "preempt_delay", 0, 1000000, "wait before taking over")        \
	SPAN(X, "hold-down", VD, "flap_hold", 0, 3600000,                                          \
	     "most that a preemption waits when mastership is lost often")                         \
	ROW(X, "accept", V, AS_IS, "", 0, 0, NULL, put_accept, CONF_CAN_NO,                        \
	    "the addresses answer; `no`: what comes to them is dropped")                           \
	SPECIAL(X, "auth", V, "",                                                                  \
		"hmac key-file <path> [active-key <id>] [time-window <s>] [allow-old] [send-old] " \
		"| pass|ah <secret>",                                                              \
		put_auth, "signed advertisements; pass and ah: version 2's")                       \
	WORDS(X, "vmac", V, "use_vmac", "[<name>] [<address>]",                                    \
	      "the addresses live on a virtual MAC (RFC 9568 7.3)")                                \
	BARE(X, "vmac-xmit-base", V, "vmac_xmit_base",                                             \
	     "but advertisements leave from the interface")                                        \
	LIST(X, "route", V, "virtual_routes", "<route>",                                           \
	     "a route that moves, as `ip route` has it")                                           \
	LIST(X, "rule", V, "virtual_rules", "<rule>", "a rule that moves, as `ip rule` has it")    \
	LIST(X, "track interface", VG, "track_interface", "<name> [weight <n> [reverse]]",         \
	     "a link that must be up")                                                             \
	SPECIAL(X, "track script", VG, "",                                                         \
		"<name>|<command> [interval <t>] [timeout <t>] [rise <n>] "                        \
		"[fall <n>] [user <u>] [init-fail] [weight <n> [reverse]]",                        \
		vip_track_script, "a script that must succeed")                                    \
	SPECIAL(X, "track process", VG, "", "<name> [quorum <n>] [weight <n> [reverse]]",          \
		vip_track_process, "a process that must run")                                      \
	SPECIAL(X, "track file", VG, "", "<name>|<path> [weight <n> [reverse]]", vip_track_file,   \
		"a number in a file")                                                              \
	SPECIAL(X, "track backend", VG, "track_backend",                                           \
		"<name> [min <n>] [weight <n> [reverse]]", vip_track_service,                      \
		"a backend of ours: enough servers must be up")                                    \
	SPECIAL(X, "track frontend", VG, "track_frontend", "<name> [weight <n> [reverse]]",        \
		vip_track_service, "a frontend of ours must take connections")                     \
	SPECIAL(X, "track server", VG, "track_server",                                             \
		"<backend>/<server> [weight <n> [reverse]]", vip_track_service,                    \
		"a server of ours must be up")                                                     \
	SPECIAL(X, "track bfd", VG, "",                                                            \
		"<name>|<address> [interval <t>] [multiplier <n>] [source <a>] [weight <n> "       \
		"[reverse]]",                                                                      \
		vip_track_bfd, "a neighbor that speaks BFD")                                       \
	SPECIAL(X, "track pgsql", VG, "track_pgsql", DATABASE_ARGS, vip_track_database,            \
		"the role of this PostgreSQL server")                                              \
	SPECIAL(X, "track mysql", VG, "track_mysql", DATABASE_ARGS, vip_track_database,            \
		"the role of this MariaDB or MySQL server")                                        \
	SPECIAL(X, "track redis", VG, "track_redis", DATABASE_ARGS, vip_track_database,            \
		"the role of this Redis server")                                                   \
	WORDS(X, "fence", V, "fence", "<command>",                                                 \
	      "run first when this node takes over; must end with 0")                              \
	WORDS(X, "promote", V, "promote", "<command>",                                             \
	      "run after fence; the addresses come when it has ended with 0")                      \
	WORDS(X, "demote", V, "demote", "<command>",                                               \
	      "run before the addresses go where that is planned")                                 \
	SPAN(X, "fence-timeout", V, "fence_timeout", 10, 3600000, "how long it may take, 10s")     \
	SPAN(X, "promote-timeout", V, "promote_timeout", 10, 3600000, "how long it may take, 30s") \
	SPAN(X, "demote-timeout", V, "demote_timeout", 10, 3600000, "how long it may take, 10s")   \
	LIST(X, "heartbeat", VD, "heartbeat", "peer <address>|dev <interface> [port <n>]",         \
	     "a second path to the other nodes")                                                   \
	WORDS(X, "heartbeat-key-file", VD, "heartbeat_key_file", "<path>",                         \
	      "heartbeats are signed with this key")                                               \
	FLAG(X, "compare", VD, "compare",                                                          \
	     "a fault moves the addresses only to a peer that is better")                          \
	SPAN(X, "compare-delay", VD, "compare_delay", 0, 60000,                                    \
	     "wait for the peers to find the same fault")                                          \
	LIST(X, "mail-to", D, "notification_email", "<address>", "who gets mail")                  \
	WORDS(X, "mail-from", D, "notification_email_from", "<address>", "who it is from")         \
	WORDS(X, "mail-server", D, "smtp_server", "<host> [<port>]", "what takes it")              \
	BARE(X, "track-source", V, "track_src_ip", "a fault while `source` is missing here")       \
	BARE(X, "ignore-link", V, "dont_track_primary", "the interface may be down")               \
	LIST(X, "witness", V, "witness", "ping <address>|tcp <address>:<port>",                    \
	     "a third party: who hears neither a master nor one of these takes nothing")           \
	FLAG(X, "probe", VD, "vip_probe", "ask for other holders after a takeover from silence")   \
	SPAN(X, "lifetime", VD, "vip_lifetime", 0, 3600000,                                        \
	     "how long the kernel keeps the addresses unless relais renews them")                  \
	SPECIAL(X, "on", VG, "", "any|master|backup|fault|stop|deleted|lower <command>", put_on,   \
		"a script that is told of a change")                                               \
	FLAG(X, "mail", VG, "smtp_alert", "mail at a change")                                      \
	SPAN(X, "garp delay", V, "garp_master_delay", 0, 86400000,                                 \
	     "until the second announcement")                                                      \
	COUNT(X, "garp repeat", V, "garp_master_repeat", 1, 1000, "packets of one announcement")   \
	SPAN(X, "garp refresh", V, "garp_master_refresh", 0, 86400000,                             \
	     "between announcements; 0: no")                                                       \
	COUNT(X, "garp refresh-repeat", V, "garp_master_refresh_repeat", 1, 1000,                  \
	      "packets of a refresh")                                                              \
	COUNT(X, "missed", V, "down_timer_adverts", 1, 100, "advertisements until a takeover, 3")  \
	FLAG(X, "strict", V, "strict_mode", "what the RFCs forbid is refused")                     \
	FLAG(X, "skip-address-check", V, "skip_check_adv_addr",                                    \
	     "a known master's address list is not checked again")                                 \
	FLAG(X, "answer-higher", V, "higher_prio_send_advert",                                     \
	     "answer a higher priority once before standing down")                                 \
	FLAG(X, "ignore-lower", V, "lower_prio_no_advert", "do not answer a lower priority")       \
	FLAG(X, "plain-checksum", V, "v3_checksum_as_v2",                                          \
	     "version 3 over IPv4 without pseudo-header (RFC 9568)")                               \
	COUNT(X, "ttl", V, "unicast_ttl", 0, 255, "of unicast advertisements")                     \
	BARE(X, "check-peer", V, "check_unicast_src",                                              \
	     "unicast advertisements must come from a peer")                                       \
	SPECIAL(X, "member", CONF_VIP_GROUP, "", "<vip> ...", put_member,                          \
		"vips that move together")                                                         \
	BARE(X, "member-weights", CONF_VIP_GROUP, "sync_group_tracking_weight",                    \
	     "weights of the members' tracks count")                                               \
	WORDS(X, "router-id", D, "router_id", "<name>", "this node's name in mails and logs")      \
	WORDS(X, "script-user", D, "script_user", "<user> [<group>]", "who runs scripts")          \
	BARE(X, "script-security", D, "enable_script_security",                                    \
	     "root runs no script that others may write")                                          \
	WORDS(X, "notify-fifo", D, "vrrp_notify_fifo", "<path>", "changes are written there")      \
	SPAN(X, "startup-delay", D, "vrrp_startup_delay", 0, 3600000, "wait before taking part")   \
	COUNT(X, "realtime-priority", D, "vrrp_rt_priority", 1, 99, "of the failover process")

#define KEYWORD(name, in, how, statement, least, most, args, parse, flags, doc)      \
	{name,	in,  CONF_CUSTOM, 0,	least, most, args, NULL, CONF_EFFECT_RELOAD, \
	 parse, doc, "0.2",	  flags},
#define WAY(name, in, how, statement, least, most, args, parse, flags, doc) {how, statement},

static const struct conf_keyword rows[] = {VIP_ROWS(KEYWORD){.name = NULL}};
static const struct way ways[] = {VIP_ROWS(WAY)};

static const struct way *way_of(const struct conf_ctx *ctx)
{
	return &ways[ctx->keyword - rows];
}

const struct conf_part vip_native_part = {.name = "vip", .rows = rows};
