/*
 * `quorum`, and commands that the runner runs for the balancer: relais' own words in the native
 * grammar, which Keepalived's virtual servers are written with. A command stands behind the user
 * who runs it, "uid:gid", "name" or "name:group", and is parted into words without a shell.
 */
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>

#include "balancer/proxy/proxy_parse.h"
#include "core/conf/blocks/blocks.h"
#include "core/conf/value.h"

static bool read_id(struct slice text, uint32_t *id)
{
	unsigned long long n;

	if (!slice_to_uint(text, UINT32_MAX - 1, &n))
		return false;
	*id = (uint32_t)n;
	return true;
}

static bool read_user(struct conf_ctx *ctx, const char *text, struct command_conf *out)
{
	struct slice group = slice_of(text), user = slice_cut(&group, ':');
	const struct passwd *pw;
	const struct group *gr;

	if (read_id(user, &out->uid)) {
		out->gid = out->uid;
	} else {
		pw = getpwnam(arena_strndup(ctx->arena, user.ptr, user.len));
		if (!pw)
			return false;
		out->uid = pw->pw_uid;
		out->gid = pw->pw_gid;
	}
	if (group.len == 0 || read_id(group, &out->gid))
		return true;
	gr = getgrnam(arena_strndup(ctx->arena, group.ptr, group.len));
	if (gr)
		out->gid = gr->gr_gid;
	return gr;
}

bool command_conf_read(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		       struct command_conf *out)
{
	struct command_conf c = {.text = conf_line_word(line, i + 1)};

	if (!read_user(ctx, conf_line_word(line, i), &c)) {
		conf_ctx_error(ctx, line, i, "there is no such user or group: '%s'",
			       conf_line_word(line, i));
		return false;
	}
	c.text = arena_strdup(ctx->arena, c.text);
	c.argv = blocks_shell_split(ctx->arena, c.text);
	if (!c.argv || !c.argv[0]) {
		conf_ctx_error(ctx, line, i + 1, "'%s' needs a command behind the user",
			       ctx->keyword->name);
		return false;
	}
	*out = c;
	return true;
}

static struct quorum_conf *quorum_of(struct conf_ctx *ctx, void *target)
{
	struct proxy_conf *p = target;

	if (!p->quorum) {
		p->quorum = ARENA_NEW(ctx->arena, struct quorum_conf);
		p->quorum->weight = 1;
	}
	return p->quorum;
}

static void read_quorum(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct quorum_conf *q = quorum_of(ctx, target);
	unsigned long long n;

	if (!slice_to_uint(slice_of(conf_line_word(line, 1)), UINT_MAX, &n)) {
		conf_ctx_error(ctx, line, 1, "'quorum' needs a weight");
		return;
	}
	q->weight = n;
	if (line->n_words == 2)
		return;
	if (line->n_words != 4 || !conf_line_is(line, 2, "hysteresis") ||
	    !slice_to_uint(slice_of(conf_line_word(line, 3)), UINT_MAX, &n))
		conf_ctx_error(ctx, line, 2, "'quorum' takes: <weight> [hysteresis <weight>]");
	else
		q->hysteresis = n;
}

static void read_quorum_up(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 2, 2))
		command_conf_read(ctx, line, 1, &quorum_of(ctx, target)->up);
}

static void read_quorum_down(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 2, 2))
		command_conf_read(ctx, line, 1, &quorum_of(ctx, target)->down);
}

static void read_at_stop(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		quorum_of(ctx, target)->at_stop = true;
}

static void read_at_start(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 0, 0))
		quorum_of(ctx, target)->at_start = true;
}

#define ROW(name, args, fn, doc)                                                              \
	{                                                                                     \
		name, CONF_BE, CONF_CUSTOM, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, fn, doc, \
			"0.1", 0                                                              \
	}

static const struct conf_keyword rows[] = {
	ROW("quorum", "<weight> [hysteresis <weight>]", read_quorum,
	    "relais' own: with less weight up, the backup servers serve"),
	ROW("quorum-up", "<user>[:<group>] <command>", read_quorum_up,
	    "relais' own: run when the quorum is reached"),
	ROW("quorum-down", "<user>[:<group>] <command>", read_quorum_down,
	    "relais' own: run when the quorum is lost"),
	ROW("notify-at-stop", "", read_at_stop,
	    "relais' own: a stop runs quorum-down, and notify-down of servers that are up"),
	ROW("notify-at-start", "", read_at_start,
	    "relais' own: a start runs notify-up of servers that begin as up"),
	{.name = NULL},
};

const struct conf_part proxy_part_quorum = {.name = "quorum", .rows = rows};
