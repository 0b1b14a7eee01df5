/*
 * Rows heartbeat, heartbeat_key_file, compare and compare_delay, of instances and as a default in
 * global_defs: relais' own, a real Keepalived passes over them with a warning. Target: struct
 * vrrp_instance_conf, or the build, whose `defaults` is one.
 */
#include <net/if.h>

#include "failover/conf/failover_build.h"

enum { PORT = 5112, PORT_LEAST = 1024, KEY_LEAST = 16, KEY_MOST = 1024, PATHS_MOST = 6 };

static struct vrrp_instance_conf *conf_of(struct conf_ctx *ctx, void *target)
{
	struct failover_build *b = failover_build_of(ctx);

	return b->section == FAILOVER_GLOBAL ? &b->defaults : target;
}

/* peer ADDRESS [port N] | dev INTERFACE [port N] */
static bool read_row(struct conf_ctx *ctx, const struct conf_line *line,
		     struct vrrp_heartbeat_conf *row)
{
	bool dev = strcmp(line->words[0].text, "dev") == 0;
	long long port = PORT;

	if (line->n_words < 2 || (!dev && strcmp(line->words[0].text, "peer") != 0))
		return false;
	if (dev && strlen(line->words[1].text) >= IFNAMSIZ)
		return false;
	if (dev)
		row->dev = line->words[1].text;
	else if (!addr_parse_ip(&row->address, slice_of(line->words[1].text), 0))
		return false;
	if (line->n_words > 2 && strcmp(line->words[2].text, "port") == 0) {
		failover_value_int(ctx, line, 3, PORT_LEAST, 65535, &port, "5112 is taken");
		failover_rows_extra(ctx, line, 4);
	} else {
		failover_rows_extra(ctx, line, 2);
	}
	row->port = (unsigned)port;
	return true;
}

static void read_heartbeat(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_instance_conf *conf = conf_of(ctx, target);
	const struct block_node *node = block_node_of(line);
	struct vrrp_heartbeat_conf **tail = &conf->heartbeats;
	unsigned n = 0;

	failover_rows_extra(ctx, line, 1);
	if (conf->heartbeats == failover_build_of(ctx)->defaults.heartbeats)
		conf->heartbeats = NULL; /* its own instead of the default */
	for (; *tail; tail = &(*tail)->next)
		n++;
	for (node = node->children; node; node = node->next) {
		struct vrrp_heartbeat_conf *row = ARENA_NEW(ctx->arena, struct vrrp_heartbeat_conf);

		failover_rows_no_block(ctx, node);
		if (!read_row(ctx, &node->line, row)) {
			FAILOVER_ERROR(ctx, &node->line, 0,
				       "a heartbeat goes to 'peer ADDRESS [port N]' or over 'dev "
				       "INTERFACE [port N]'");
			continue;
		}
		if (n++ == PATHS_MOST)
			FAILOVER_ERROR(ctx, &node->line, 0, "more than %d paths", PATHS_MOST);
		*tail = row;
		tail = &row->next;
	}
}

static void read_key_file(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct conf_file *file =
		failover_key_file_read(ctx, block_word_place(line, 1), line->words[1].text);
	struct slice key;

	failover_rows_extra(ctx, line, 2);
	if (!file)
		return;
	key = file->bytes;
	while (key.len > 0 && (key.ptr[key.len - 1] == '\n' || key.ptr[key.len - 1] == '\r'))
		key.len--;
	if (key.len < KEY_LEAST || key.len > KEY_MOST)
		FAILOVER_ERROR(ctx, line, 1, "'%s' holds %zu bytes, a key has %d to %d",
			       line->words[1].text, key.len, KEY_LEAST, KEY_MOST);
	else
		conf_of(ctx, target)->heartbeat_key = key;
}

static void read_compare(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	bool on;

	if (failover_value_bool(ctx, line, 1, &on))
		conf_of(ctx, target)->compare = on;
	failover_rows_extra(ctx, line, 2);
}

static void read_delay(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_seconds(ctx, line, 1, 0, 60 * 1000000LL,
			       &conf_of(ctx, target)->compare_delay_us, "the default is taken");
	failover_rows_extra(ctx, line, 2);
}

/* Who would take over from a master that holds on says so over a heartbeat, is nudged, or preempts
 * it. A backup that needs the lease is not nudged. */
void failover_heartbeats_finish(struct failover_build *b)
{
	for (struct vrrp_instance_conf *i = b->conf->instances; i; i = i->next) {
		if (i->heartbeat_key.len && !i->heartbeats)
			conf_warn(b->ctx.diags, i->place,
				  "%s: heartbeat_key_file is without effect: there is no heartbeat",
				  i->name);
		if (i->compare <= 0 || i->heartbeats || !i->nopreempt || !i->lease)
			continue;
		conf_warn(b->ctx.diags, i->place,
			  "%s: compare beside nopreempt and a lease needs a heartbeat, it is "
			  "cleared",
			  i->name);
		i->compare = 0;
	}
}

#define BOTH .sections = FAILOVER_GLOBAL | FAILOVER_INSTANCE, .type = CONF_CUSTOM, .since = "0.1"

const struct conf_keyword failover_heart_rows[] = {
	{.name = "heartbeat",
	 BOTH,
	 .parse = read_heartbeat,
	 .args = "{ peer <address> [port <n>] | dev <interface> [port <n>] }",
	 .doc = "second paths, UDP port 5112: a master that still speaks there is not taken over"},
	{.name = "heartbeat_key_file",
	 BOTH,
	 .parse = read_key_file,
	 .args = "<path>",
	 .doc = "heartbeats are signed with this key (HMAC-SHA-256), others are dropped"},
	{.name = "compare",
	 BOTH,
	 .parse = read_compare,
	 .args = "[<bool>]",
	 .doc = "what is tracked without a weight, but interfaces, is a fault of the master only "
		"if a peer is better; the default for backends, frontends and servers, but beside "
		"a "
		"lease or hooks only with a heartbeat"},
	{.name = "compare_delay",
	 BOTH,
	 .parse = read_delay,
	 .args = "<seconds>",
	 .doc = "how long the master waits for the peers to find the same fault; by default 1 with "
		"a "
		"heartbeat, else 0"},
	{.name = NULL},
};
