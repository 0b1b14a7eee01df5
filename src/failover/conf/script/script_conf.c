/*
 * Scripts in keepalived.conf: who runs them, their words, whether they are there and safe; and the
 * block vrrp_script. A script that cannot be run is left out with a
 * warning, as Keepalived does; the warning says that nothing is tested then.
 */
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

#include "core/conf/facts.h"
#include "failover/conf/failover_build.h"
#include "failover/conf/script/idiom.h"
#include "failover/conf/script/script_file.h"

/* ---- users ---- */

/* "uid gid" of USER [GROUP] as a fact; NULL when there is none of that name. */
static const char *look_up(struct failover_build *b, const char *user, const char *group)
{
	const char *key = arena_printf(b->ctx.arena, "%s:%s", user, group);
	const char *noted = conf_fact_find(b->ctx.files, "user", key);
	const struct passwd *pw;
	const struct group *gr;
	const char *value = "";
	gid_t gid;

	if (!noted && !b->ctx.files->sealed) {
		pw = getpwnam(user);
		gid = pw ? pw->pw_gid : 0;
		gr = *group ? getgrnam(group) : NULL;
		if (gr)
			gid = gr->gr_gid;
		if (pw && (!*group || gr))
			value = arena_printf(b->ctx.arena, "%u %u", pw->pw_uid, gid);
		noted = conf_fact_note(b->ctx.files, "user", key, value);
	}
	return noted && *noted ? noted : NULL;
}

bool failover_user_read(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			struct failover_user *out)
{
	const char *group = word + 1 < line->n_words ? line->words[word + 1].text : "";
	const char *ids = look_up(failover_build_of(ctx), line->words[word].text, group);
	char *end;

	if (!ids) {
		FAILOVER_WARN(ctx, line, word, "there is no user '%s'%s%s%s",
			      line->words[word].text, *group ? " or no group '" : "", group,
			      *group ? "'" : "");
		return false;
	}
	out->uid = (uint32_t)strtoul(ids, &end, 10);
	out->gid = (uint32_t)strtoul(end, NULL, 10);
	out->set = true;
	return true;
}

void failover_user_default(struct failover_build *b)
{
	const char *ids;
	char *end;

	if (b->script_user.set || b->script_user_bad)
		return;
	ids = look_up(b, "keepalived_script", "");
	if (ids) {
		b->script_user.uid = (uint32_t)strtoul(ids, &end, 10);
		b->script_user.gid = (uint32_t)strtoul(end, NULL, 10);
		b->script_user.set = true;
	} else if (!b->conf->script_security) {
		b->script_user.set = true; /* root */
	}
}

/* ---- what is run ---- */

/* Keepalived looks at the files of vrrp_script only, is_check: what is wrong with another is said
 * as advice. */
static bool is_runnable(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			struct script_conf *s, const char **argv, bool is_check)
{
	const struct conf_place place = block_word_place(line, word);
	void (*say)(struct conf_diags *, struct conf_place, const char *, ...) =
		is_check ? conf_warn : conf_advise;
	struct failover_build *b = failover_build_of(ctx);
	struct failover_script_file file;

	failover_script_file_look(b, argv[0], &file);
	if (file.verdict == FAILOVER_SCRIPT_MISSING) {
		say(ctx->diags, place, "script '%s' is not there or not executable", argv[0]);
		return false;
	}
	argv[0] = file.path;
	if (file.verdict == FAILOVER_SCRIPT_UNSAFE && b->conf->script_security && s->uid == 0) {
		FAILOVER_WARN(ctx, line, word,
			      "script '%s' would be run by root and can be changed by others "
			      "(enable_script_security)",
			      argv[0]);
		return false;
	}
	return true;
}

/* The words and the user; nothing is looked at on disk. */
static const char **read_words(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			       const struct failover_user *user, struct script_conf *out)
{
	struct failover_build *b = failover_build_of(ctx);
	struct failover_user chosen = user ? *user : b->script_user;
	const char *const *argv = blocks_shell_split(ctx->arena, line->words[word].text);

	*out = (struct script_conf){.text = line->words[word].text,
				    .place = block_word_place(line, word)};
	if (!argv || !argv[0]) {
		FAILOVER_WARN(ctx, line, word,
			      argv ? "an empty script" : "a quote in this script has no end");
		return NULL;
	}
	if (!user && word + 1 < line->n_words) {
		if (!look_up(b, line->words[word + 1].text,
			     word + 2 < line->n_words ? line->words[word + 2].text : "")) {
			/* Keepalived's -t looks no users of these up. */
			FAILOVER_ADVISE(ctx, line, word + 1,
					"there is no user '%s', or no such group",
					line->words[word + 1].text);
			return NULL;
		}
		failover_user_read(ctx, line, word + 1, &chosen);
	} else if (!chosen.set) {
		FAILOVER_WARN(ctx, line, word,
			      b->script_user_bad
				      ? "nobody is there to run '%s': see script_user"
				      : "there is no user keepalived_script to run '%s', and "
					"enable_script_security forbids root by default: write "
					"script_user",
			      argv[0]);
		return NULL;
	}
	out->uid = chosen.uid;
	out->gid = chosen.gid;
	return (const char **)(uintptr_t)argv; /* made just above, ours */
}

bool failover_script_read(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			  const struct failover_user *user, struct script_conf *out)
{
	const char **argv = read_words(ctx, line, word, user, out);

	if (!argv || !is_runnable(ctx, line, word, out, argv, false))
		return false;
	out->argv = argv;
	return true;
}

/* ---- vrrp_script ---- */

struct script_block { /* target of the rows; script and user may come in any order */
	struct vrrp_script_conf *conf;
	const struct conf_line *script_line;
	struct failover_user user;
	bool bad_user;
};

static void read_script(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct script_block *block = target;

	block->script_line = line;
	failover_rows_extra(ctx, line, 2);
}

static void read_interval(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	/* Whole seconds, as Keepalived: its files must mean the same here. */
	if (failover_value_int(ctx, line, 1, 1, 4294, &n, "1 s is taken"))
		((struct script_block *)target)->conf->interval_us = n * 1000000;
}

static void read_timeout(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, 4294, &n, "the interval is taken"))
		((struct script_block *)target)->conf->timeout_us = n * 1000000;
}

/* Relais' own: a script may be run more often than once a second. */
static void read_interval_ms(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 10, 3600000, &n, "1000 is taken"))
		((struct script_block *)target)->conf->interval_us = n * 1000;
}

static void read_timeout_ms(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 10, 3600000, &n, "the interval is taken"))
		((struct script_block *)target)->conf->timeout_us = n * 1000;
}

static void read_weight(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_script_conf *conf = ((struct script_block *)target)->conf;

	failover_value_weight(ctx, line, 0, 253, &conf->weight, &conf->weight_reverse);
}

static void read_count(struct conf_ctx *ctx, const struct conf_line *line, int *out)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, INT32_MAX, &n, "1 is taken"))
		*out = (int)n;
}

static void read_rise(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_count(ctx, line, &((struct script_block *)target)->conf->rise);
}

static void read_fall(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_count(ctx, line, &((struct script_block *)target)->conf->fall);
}

static void read_user(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct script_block *block = target;

	block->bad_user = !failover_user_read(ctx, line, 1, &block->user);
	failover_rows_extra(ctx, line, 3);
}

static void read_init_fail(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct script_block *)target)->conf->init_fail = true;
	failover_rows_extra(ctx, line, 1);
}

static const struct vrrp_script_conf *find(const struct failover_build *b, const char *name)
{
	for (const struct vrrp_script_conf *s = b->conf->scripts; s; s = s->next)
		if (!s->is_process && strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static void add(struct failover_build *b, struct vrrp_script_conf *conf)
{
	*b->script_tail = conf;
	b->script_tail = &conf->next;
}

void failover_note_idiom(struct failover_build *b, struct vrrp_script_conf *conf,
			 const struct conf_line *line)
{
	conf->asks_balancer = true;
	conf_note(b->ctx.diags, block_word_place(line, 0),
		  "%s asks whether haproxy lives: where relais is the balancer, its own heartbeat "
		  "answers, and nothing is run",
		  conf->name);
}

/* Whether the block's script may be used; what is wrong was said. */
static bool take_script(struct failover_build *b, struct script_block *block,
			const struct conf_line *line)
{
	const struct failover_user *user = block->user.set ? &block->user : &b->script_user;
	struct vrrp_script_conf *conf = block->conf;
	const char **argv;

	if (!block->script_line) {
		FAILOVER_WARN(&b->ctx, line, 0, "vrrp_script '%s' names no script", conf->name);
		return false;
	}
	if (block->bad_user)
		return false;
	argv = read_words(&b->ctx, block->script_line, 1, user, &conf->script);
	if (!argv)
		return false;
	conf->script.argv = argv;
	if (failover_idiom_asks(b->ctx.files, b->ctx.arena, argv)) {
		struct failover_script_file file;

		failover_note_idiom(b, conf, block->script_line);
		failover_script_file_look(b, argv[0], &file);
		argv[0] = file.path;
		conf->absent = file.verdict == FAILOVER_SCRIPT_MISSING;
		if (conf->absent)
			FAILOVER_WARN(&b->ctx, block->script_line, 1,
				      "script '%s' is not there or not executable: where relais is "
				      "not the balancer it fails",
				      argv[0]);
		return true;
	}
	return is_runnable(&b->ctx, block->script_line, 1, &conf->script, argv, true);
}

static void read_vrrp_script(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;
	struct vrrp_script_conf *conf = ARENA_NEW(ctx->arena, struct vrrp_script_conf);
	struct script_block block = {.conf = conf};

	conf->name = line->words[1].text;
	conf->interval_us = 1000000;
	conf->rise = conf->fall = 1;
	conf->place = block_word_place(line, 0);
	failover_rows_extra(ctx, line, 2);
	if (find(b, conf->name)) {
		FAILOVER_ADVISE(ctx, line, 1, "vrrp_script '%s' is there already: the first counts",
				conf->name);
		return;
	}
	failover_rows_walk(b, block_node_of(line)->children, FAILOVER_SCRIPT, "vrrp_script",
			   &block);
	if (take_script(b, &block, line))
		add(b, conf);
	else
		FAILOVER_WARN(ctx, line, 1,
			      "vrrp_script '%s' is left out: nothing will be tested by it",
			      conf->name);
}

#define ROW(word, how, what, text)                                                            \
	{                                                                                     \
		.name = word, .sections = FAILOVER_SCRIPT, .type = CONF_CUSTOM, .parse = how, \
		.args = what, .doc = text, .since = "0.1"                                     \
	}

const struct conf_keyword failover_script_rows[] = {
	{.name = "vrrp_script",
	 .sections = FAILOVER_TOP,
	 .type = CONF_CUSTOM,
	 .parse = read_vrrp_script,
	 .args = "<name> { ... }",
	 .since = "0.1",
	 .doc = "a script that is run again and again, for track_script"},
	ROW("script", read_script, "<command>", "what is run, without a shell"),
	ROW("interval", read_interval, "<seconds>", "between two runs, 1 by default"),
	ROW("timeout", read_timeout, "<seconds>", "longer is a failure, the interval by default"),
	ROW("interval_ms", read_interval_ms, "<milliseconds>", "interval, more finely"),
	ROW("timeout_ms", read_timeout_ms, "<milliseconds>", "timeout, more finely"),
	ROW("weight", read_weight, "<-253..253> [reverse]",
	    "added to the priority; 0, the default: failure is a fault"),
	ROW("rise", read_rise, "<number>", "successes until it is up, 1 by default"),
	ROW("fall", read_fall, "<number>", "failures until it is down, 1 by default"),
	ROW("user", read_user, "<user> [<group>]", "who runs it, script_user by default"),
	ROW("init_fail", read_init_fail, NULL, "down until a first success"),
	{.name = NULL},
};
