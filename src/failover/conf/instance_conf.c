/*
 * Rows of vrrp_instance. What the values come to together (family, version, timers) is settled in
 * instance_finish.c. Target: struct vrrp_instance_conf.
 */
#include <net/if.h>
#include <stdlib.h>

#include "failover/conf/signing_conf.h"

#define AT(member) offsetof(struct vrrp_instance_conf, member)
#define SECONDS(n) ((n)*1000000LL)

static void read_state(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_instance_conf *inst = target;

	inst->wants_master = strcmp(line->words[1].text, "MASTER") == 0;
	if (!inst->wants_master && strcmp(line->words[1].text, "BACKUP") != 0)
		FAILOVER_WARN(ctx, line, 1, "there is no state '%s', BACKUP is taken",
			      line->words[1].text);
	failover_rows_extra(ctx, line, 2);
}

static void read_interface(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (strlen(line->words[1].text) >= IFNAMSIZ)
		FAILOVER_ERROR(ctx, line, 1, "'%s' is too long for an interface's name",
			       line->words[1].text);
	((struct vrrp_instance_conf *)target)->interface = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_advert(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_seconds(ctx, line, 1, 10000, SECONDS(255),
			       &((struct vrrp_instance_conf *)target)->advert_us, "1 s is taken");
	failover_rows_extra(ctx, line, 2);
}

/* As with Keepalived the first counts. */
static void read_version(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = failover_build_of(ctx);
	struct vrrp_instance_conf *inst = target;
	long long n;

	if (!failover_value_int(ctx, line, 1, 2, 3, &n, "that of global_defs is taken"))
		return;
	if (b->version_said && inst->version != n)
		FAILOVER_WARN(ctx, line, 1, "it is version %d already: the first counts",
			      inst->version);
	else
		inst->version = (int)n;
	b->version_said = true;
	failover_rows_extra(ctx, line, 2);
}

static void read_preempt(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct vrrp_instance_conf *)target)->nopreempt = false;
	failover_rows_extra(ctx, line, 1);
}

static void read_accept(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_instance_conf *inst = target;

	inst->accept = inst->accept_set = true;
	failover_rows_extra(ctx, line, 1);
}

static void read_no_accept(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_instance_conf *inst = target;

	inst->accept = false;
	inst->accept_set = true;
	failover_rows_extra(ctx, line, 1);
}

/* ---- addresses ---- */

static void read_source(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct addr a;

	if (failover_value_host(line->words[1].text, &a))
		((struct vrrp_instance_conf *)target)->src = a;
	else
		FAILOVER_WARN(ctx, line, 1, "'%s' is no IP address, left out", line->words[1].text);
	failover_rows_extra(ctx, line, 2);
}

static void read_destination(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct addr a;

	if (!addr_parse_ip(&a, slice_of(line->words[1].text), 0))
		FAILOVER_WARN(ctx, line, 1, "'%s' is no IP address, left out", line->words[1].text);
	else if (!addr_is_multicast(&a))
		FAILOVER_WARN(ctx, line, 1, "'%s' is no multicast group, left out",
			      line->words[1].text);
	else
		((struct vrrp_instance_conf *)target)->mcast_group = a;
	failover_rows_extra(ctx, line, 2);
}

/* IP [min_ttl N] [max_ttl N] */
static void read_peer(struct conf_ctx *ctx, const struct conf_line *line,
		      struct vrrp_instance_conf *inst)
{
	struct vrrp_peer_conf *peer = ARENA_NEW(ctx->arena, struct vrrp_peer_conf), **tail;
	long long n;

	if (!failover_value_host(line->words[0].text, &peer->address)) {
		FAILOVER_WARN(ctx, line, 0, "peer '%s' is no IP address, left out",
			      line->words[0].text);
		return;
	}
	for (unsigned i = 1; i < line->n_words; i += 2) {
		int *ttl = strcmp(line->words[i].text, "min_ttl") == 0	 ? &peer->min_ttl
			   : strcmp(line->words[i].text, "max_ttl") == 0 ? &peer->max_ttl
									 : NULL;

		if (!ttl) {
			FAILOVER_WARN(ctx, line, i, "'%s' behind a peer is not used: one in a line",
				      line->words[i].text);
			break;
		}
		if (failover_value_int(ctx, line, i + 1, 0, 255, &n, "left out")) {
			*ttl = (int)n;
			inst->check_unicast_src = true;
		}
	}
	if (peer->max_ttl && peer->min_ttl > peer->max_ttl)
		FAILOVER_WARN(ctx, line, 0,
			      "peer %s: min_ttl %d is more than max_ttl %d: all of its packets are "
			      "dropped",
			      line->words[0].text, peer->min_ttl, peer->max_ttl);
	for (tail = &inst->peers; *tail; tail = &(*tail)->next)
		;
	*tail = peer;
}

static void read_peers(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct block_node *node = block_node_of(line);

	failover_rows_extra(ctx, line, 1);
	for (node = node->children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		read_peer(ctx, &node->line, target);
	}
	if (!((struct vrrp_instance_conf *)target)->peers)
		FAILOVER_WARN(ctx, line, 0, "no unicast peer: adverts go to the multicast group");
}

static void read_list(struct conf_ctx *ctx, const struct conf_line *line, struct vip_conf **tail)
{
	const struct block_node *node = block_node_of(line);

	failover_rows_extra(ctx, line, 1);
	while (*tail)
		tail = &(*tail)->next;
	for (node = node->children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		*tail = failover_vip_read(ctx, &node->line);
		if (*tail)
			tail = &(*tail)->next;
	}
}

static void read_vips(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_list(ctx, line, &((struct vrrp_instance_conf *)target)->vips);
}

static void read_excluded(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_list(ctx, line, &((struct vrrp_instance_conf *)target)->excluded);
}

/* ---- authentication ---- */

static void read_auth_type(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_instance_conf *inst = target;
	const char *type = line->words[1].text;

	if (strcmp(type, "PASS") == 0)
		inst->auth = VRRP_AUTH_PASS;
	else if (strcmp(type, "AH") == 0)
		inst->auth = VRRP_AUTH_AH;
	else if (strcmp(type, "HMAC") == 0)
		failover_signing_wanted(ctx, line, inst);
	else
		FAILOVER_WARN(ctx, line, 1, "there is no auth_type '%s', none is taken", type);
	failover_rows_extra(ctx, line, 2);
}

static void read_auth_pass(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_instance_conf *inst = target;
	size_t len = strlen(line->words[1].text);

	if (len > sizeof(inst->auth_pass)) {
		FAILOVER_WARN(ctx, line, 1, "only the first 8 characters of auth_pass count");
		len = sizeof(inst->auth_pass);
	}
	memset(inst->auth_pass, 0, sizeof(inst->auth_pass));
	memcpy(inst->auth_pass, line->words[1].text, len);
	failover_rows_extra(ctx, line, 2);
}

static void read_authentication(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_rows_extra(ctx, line, 1);
	failover_rows_walk(failover_build_of(ctx), block_node_of(line)->children, FAILOVER_AUTH,
			   "authentication", target);
}

const struct conf_keyword failover_auth_rows[] = {
	{.name = "auth_type",
	 .sections = FAILOVER_AUTH,
	 .type = CONF_CUSTOM,
	 .parse = read_auth_type,
	 .args = "PASS|AH|HMAC",
	 .since = "0.1",
	 .doc = "PASS, AH: version 2 only; HMAC: signed, see key-file"},
	{.name = "auth_pass",
	 .sections = FAILOVER_AUTH,
	 .type = CONF_CUSTOM,
	 .parse = read_auth_pass,
	 .args = "<password>",
	 .since = "0.1",
	 .doc = "its first 8 characters count"},
	{.name = NULL},
};

/* ---- the block ---- */

static bool is_taken(const struct failover_build *b, const char *name)
{
	for (const struct vrrp_instance_conf *i = b->conf->instances; i; i = i->next)
		if (strcmp(i->name, name) == 0)
			return true;
	return false;
}

/* Without peers such a word means nothing; Keepalived complains of it. */
static void check_unicast(struct conf_ctx *ctx, const struct block_node *nodes,
			  const struct vrrp_instance_conf *inst)
{
	static const char *const words[] = {"unicast_src_ip", "unicast_ttl", "check_unicast_src",
					    "old_unicast_checksum", NULL};

	for (; nodes && !inst->peers && !inst->fault_no_peer; nodes = nodes->next)
		for (unsigned i = 0; words[i]; i++)
			if (strcmp(nodes->line.words[0].text, words[i]) == 0)
				FAILOVER_WARN(ctx, &nodes->line, 0,
					      "'%s', and there is no unicast_peer: adverts go to "
					      "the multicast group",
					      words[i]);
}

static void read_instance(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;
	struct vrrp_instance_conf *inst;

	if (line->n_words < 2 || is_taken(b, line->words[1].text)) {
		FAILOVER_WARN(ctx, line, 0,
			      line->n_words < 2 ? "a vrrp_instance needs a name, this one is not "
						  "used"
						: "a vrrp_instance of this name is there already, "
						  "the first counts");
		return;
	}
	failover_rows_extra(ctx, line, 2);
	inst = ARENA_NEW(ctx->arena, struct vrrp_instance_conf);
	*inst = b->defaults;
	inst->name = line->words[1].text;
	inst->place = block_word_place(line, 0);
	b->version_said = false;
	failover_rows_walk(b, block_node_of(line)->children, FAILOVER_INSTANCE, "vrrp_instance",
			   inst);
	check_unicast(ctx, block_node_of(line)->children, inst);
	*b->instance_tail = inst;
	b->instance_tail = &inst->next;
	b->conf->n_instances++;
}

#define I	.sections = FAILOVER_INSTANCE, .since = "0.1"
#define REBUILD .effect = CONF_EFFECT_REBUILD
#define CUSTOM(word, how, what, text, ...)                                                     \
	{                                                                                      \
		.name = word, I, .type = CONF_CUSTOM, .parse = how, .args = what, .doc = text, \
		__VA_ARGS__                                                                    \
	}
#define FLAG(word, where, what, text)                                                              \
	{                                                                                          \
		.name = word, I, .type = CONF_FLAG, .offset = AT(where), .args = what, .doc = text \
	}
#define TIME(word, where, most, dflt_, text)                                                      \
	{                                                                                         \
		.name = word, I, .type = CONF_TIME_US, .offset = AT(where), .max = SECONDS(most), \
		.args = "<seconds>", .dflt = dflt_, .doc = text                                   \
	}
#define COUNT(word, where, least, most, dflt_, text, ...)                                          \
	{                                                                                          \
		.name = word, I, .type = CONF_INT, .offset = AT(where), .min = least, .max = most, \
		.args = "<number>", .dflt = dflt_, .doc = text, __VA_ARGS__                        \
	}

static const char inherited[] = "that of global_defs is taken";

const struct conf_keyword failover_instance_rows[] = {
	{.name = "vrrp_instance",
	 .sections = FAILOVER_TOP,
	 .type = CONF_CUSTOM,
	 .since = "0.1",
	 .parse = read_instance,
	 .args = "{ ... }",
	 .doc = "one virtual router"},
	CUSTOM("state", read_state, "MASTER|BACKUP",
	       "what it starts as; only 255 starts as master"),
	CUSTOM("interface", read_interface, "<name>", "where adverts go and addresses live",
	       REBUILD),
	COUNT("virtual_router_id", vrid, 1, 255, "left out", "the same on all nodes", REBUILD),
	COUNT("priority", priority, 1, 255, "100 is taken", "the highest is master, 255 owns"),
	CUSTOM("advert_int", read_advert, "<seconds>", "between two adverts, 1 by default"),
	CUSTOM("version", read_version, "<2|3>", "IPv6 is always 3", REBUILD),
	CUSTOM("virtual_ipaddress", read_vips, "{ <address>[/<bits>] [<option> ...] }",
	       "the addresses that move"),
	CUSTOM("virtual_ipaddress_excluded", read_excluded, "{ <address>[/<bits>] [<option> ...] }",
	       "addresses that move unannounced"),
	CUSTOM("authentication", read_authentication, "{ ... }", "who may send adverts"),
	CUSTOM("unicast_src_ip", read_source, "<address>", "where unicast adverts come from",
	       REBUILD),
	CUSTOM("mcast_src_ip", read_source, "<address>", "where multicast adverts come from",
	       REBUILD),
	CUSTOM("mcast_dst_ip", read_destination, "<address>", "another group", REBUILD),
	CUSTOM("unicast_peer", read_peers, "{ <address> [min_ttl <n>] [max_ttl <n>] }",
	       "adverts go to these instead of the group", REBUILD),
	COUNT("unicast_ttl", unicast_ttl, 0, 255, "255 is taken", "of unicast adverts"),
	FLAG("check_unicast_src", check_unicast_src, NULL, "unicast adverts must come from a peer"),
	FLAG("unicast_fault_no_peer", fault_no_peer, NULL, "without peers: no multicast, refuse"),
	FLAG("track_src_ip", track_src_ip, NULL, "a fault while the source address is missing"),
	FLAG("nopreempt", nopreempt, NULL, "a master of lower priority stays"),
	CUSTOM("preempt", read_preempt, NULL, "the default"),
	TIME("flap_hold", flap_hold_us, 3600, inherited,
	     "most that preemption waits after more than three takeovers within a minute: 1, 2, "
	     "4 s and so on; 0 = not at all"),
	TIME("preempt_delay", preempt_delay_us, 1000, "none", "wait before taking over"),
	FLAG("dont_track_primary", dont_track_primary, NULL, "the link of interface may be down"),
	CUSTOM("accept", read_accept, NULL, "the default: the addresses answer"),
	CUSTOM("no_accept", read_no_accept, NULL,
	       "packets to and from the addresses are dropped unless the priority is 255"),
	FLAG("strict_mode", strict, "[<bool>]", "what the RFCs forbid is refused"),
	FLAG("skip_check_adv_addr", skip_check_adv_addr, "[<bool>]",
	     "the address list of a known master is not checked again"),
	FLAG("higher_prio_send_advert", higher_prio_send_advert, "[<bool>]",
	     "answer an advert of higher priority once before standing down"),
	FLAG("lower_prio_no_advert", lower_prio_no_advert, "[<bool>]",
	     "do not answer an advert of lower priority"),
	FLAG("v3_checksum_as_v2", checksum_as_v2, "[<bool>]",
	     "version 3 over IPv4 without pseudo-header in the checksum (RFC 9568)"),
	COUNT("down_timer_adverts", down_adverts, 1, 100, inherited,
	      "missed adverts until a backup takes over"),
	FLAG("vip_probe", vip_probe, "[<bool>]",
	     "after a takeover from a silent master ask whether it still answers (default on)"),
	COUNT("vip_lifetime", vip_lifetime_s, 0, 3600, inherited,
	      "seconds that the kernel keeps the addresses unless relais renews them; 0 = for "
	      "ever"),
	TIME("garp_master_delay", garp.delay_us, 86400, inherited, "see vrrp_garp_master_delay"),
	COUNT("garp_master_repeat", garp.repeat, 1, 1000, inherited, "see vrrp_garp_master_repeat"),
	TIME("garp_master_refresh", garp.refresh_us, 86400, inherited,
	     "see vrrp_garp_master_refresh"),
	COUNT("garp_master_refresh_repeat", garp.refresh_repeat, 1, 1000, inherited,
	      "see vrrp_garp_master_refresh_repeat"),
	TIME("garp_lower_prio_delay", garp.lower_prio_delay_us, 86400, inherited,
	     "see vrrp_garp_lower_prio_delay"),
	COUNT("garp_lower_prio_repeat", garp.lower_prio_repeat, 0, 1000, inherited,
	      "see vrrp_garp_lower_prio_repeat"),
	{.name = NULL},
};
