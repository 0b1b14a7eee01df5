/*
 * Rows about interfaces: interface_up_down_delays, linkbeat_interfaces, linkbeat_use_polling,
 * promote_secondaries. Both blocks fill one list, a row for each interface (vrrp_link_conf).
 */
#include <net/if.h>

#include "failover/conf/failover_build.h"

#define SECONDS(n) ((n)*1000000LL)

static struct vrrp_link_conf *get_link(struct failover_build *b, const char *name,
				       struct conf_place place)
{
	struct vrrp_link_conf **tail = &b->conf->links;

	for (; *tail; tail = &(*tail)->next)
		if (strcmp((*tail)->name, name) == 0)
			return *tail;
	*tail = ARENA_NEW(b->ctx.arena, struct vrrp_link_conf);
	(*tail)->name = name;
	(*tail)->place = place;
	return *tail;
}

/* NULL: no interface can have this name. */
static struct vrrp_link_conf *read_name(struct conf_ctx *ctx, const struct conf_line *line)
{
	const char *name = line->words[0].text;

	if (strlen(name) < IFNAMSIZ)
		return get_link(failover_build_of(ctx), name, block_word_place(line, 0));
	FAILOVER_WARN(ctx, line, 0, "'%s' is too long for an interface's name, left out", name);
	return NULL;
}

/* IF down [up] */
static void read_delay(struct conf_ctx *ctx, const struct conf_line *line)
{
	struct vrrp_link_conf *link = read_name(ctx, line);
	int64_t down_us, up_us;

	if (!link)
		return;
	if (link->down_us || link->up_us) {
		FAILOVER_WARN(ctx, line, 0, "%s has its delays already: the first count",
			      link->name);
		return;
	}
	if (line->n_words < 2) {
		FAILOVER_WARN(ctx, line, 0, "%s: no delay is given, none is made", link->name);
		return;
	}
	if (!failover_value_seconds(ctx, line, 1, 0, SECONDS(255), &down_us, "no delay is made"))
		return;
	up_us = down_us;
	if (line->n_words > 2 && !failover_value_seconds(ctx, line, 2, 0, SECONDS(255), &up_us,
							 "the other delay is taken"))
		up_us = down_us;
	failover_rows_extra(ctx, line, 3);
	link->down_us = down_us;
	link->up_us = up_us;
}

static void read_delays(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct block_node *node;

	(void)target;
	failover_rows_extra(ctx, line, 1);
	for (node = block_node_of(line)->children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		read_delay(ctx, &node->line);
	}
}

/* IF [MII|ETHTOOL|IOCTL] */
static void read_beat(struct conf_ctx *ctx, const struct conf_line *line)
{
	static const struct {
		const char *word;
		enum vrrp_linkbeat beat;
	} ways[] = {{"MII", VRRP_LINKBEAT_MII},
		    {"ETHTOOL", VRRP_LINKBEAT_ETHTOOL},
		    {"IOCTL", VRRP_LINKBEAT_IOCTL}};
	struct vrrp_link_conf *link = read_name(ctx, line);
	const char *word = line->n_words > 1 ? line->words[1].text : "MII";

	if (!link)
		return;
	link->beat = VRRP_LINKBEAT_MII;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(word, ways[i].word) != 0)
			continue;
		link->beat = ways[i].beat;
		failover_rows_extra(ctx, line, 2);
		return;
	}
	FAILOVER_WARN(ctx, line, 1, "'%s' is none of MII, ETHTOOL and IOCTL: MII is tried first",
		      word);
}

static void read_beats(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct block_node *node;

	(void)target;
	failover_rows_extra(ctx, line, 1);
	for (node = block_node_of(line)->children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		read_beat(ctx, &node->line);
	}
}

static void read_polling(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = failover_build_of(ctx);

	failover_rows_extra(ctx, line, 1);
	if (b->section != FAILOVER_INSTANCE) {
		b->poll_links = true;
		return;
	}
	((struct vrrp_instance_conf *)target)->linkbeat = true;
	FAILOVER_WARN(ctx, line, 0,
		      "an instance's '%s' is the old way to say "
		      "'linkbeat_interfaces { IF }'",
		      line->words[0].text);
}

/* ---- when all instances are known ---- */

static void poll_link(struct failover_build *b, const char *name, struct conf_place place)
{
	struct vrrp_link_conf *link = get_link(b, name, place);

	if (link->beat == VRRP_LINKBEAT_NONE)
		link->beat = VRRP_LINKBEAT_MII;
}

/* As long as a backup hears nothing it must not take over before we say that we cannot hear. */
static void limit_delay(struct failover_build *b, const struct vrrp_instance_conf *i)
{
	struct vrrp_link_conf *link = b->conf->links;
	int64_t most_us = (int64_t)(i->down_adverts - 1) * i->advert_us;

	while (link && strcmp(link->name, i->interface) != 0)
		link = link->next;
	if (!link || (link->down_us < most_us && link->up_us < most_us) || most_us <= 1)
		return;
	conf_note(b->ctx.diags, link->place,
		  "delays of %s must be below %g s, %u advertisements of %s: so they are shortened",
		  link->name, (double)most_us / 1e6, i->down_adverts - 1, i->name);
	link->down_us = link->down_us < most_us ? link->down_us : most_us - 1;
	link->up_us = link->up_us < most_us ? link->up_us : most_us - 1;
}

void failover_links_finish(struct failover_build *b)
{
	for (const struct vrrp_instance_conf *i = b->conf->instances; i; i = i->next) {
		if (!i->interface)
			continue;
		if (i->linkbeat || b->poll_links)
			poll_link(b, i->interface, i->place);
		for (const struct vrrp_track_conf *t = i->tracks; t && b->poll_links; t = t->next)
			if (t->kind == VRRP_TRACK_INTERFACE)
				poll_link(b, t->name, t->place);
		limit_delay(b, i);
	}
}

#define ROW(where, word, how, what, text)                                                         \
	{                                                                                         \
		.name = word, .sections = where, .type = CONF_CUSTOM, .parse = how, .args = what, \
		.doc = text, .since = "0.1"                                                       \
	}

const struct conf_keyword failover_links_rows[] = {
	ROW(FAILOVER_TOP, "interface_up_down_delays", read_delays,
	    "{ <interface> <seconds> [<seconds>] }",
	    "how long a link must be down, and up, until it counts"),
	ROW(FAILOVER_TOP, "linkbeat_interfaces", read_beats, "{ <interface> [MII|ETHTOOL|IOCTL] }",
	    "links whose carrier is asked for twice a second, beside what the kernel says"),
	ROW(FAILOVER_TOP | FAILOVER_INSTANCE, "linkbeat_use_polling", read_polling, NULL,
	    "the same for all interfaces of instances and track_interface; in an instance for its "
	    "own"),
	{.name = "promote_secondaries",
	 .sections = FAILOVER_INSTANCE,
	 .type = CONF_FLAG,
	 .offset = offsetof(struct vrrp_instance_conf, promote_secondaries),
	 .doc = "an address that is removed takes no other of its network with it: sets this on "
		"the "
		"interface while failover runs",
	 .since = "0.1"},
	{.name = NULL},
};
