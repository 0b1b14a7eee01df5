/*
 * Blocks vrrp_track_process and track_file (vrrp_track_file): what the failover process watches
 * itself, without a script. The process haproxy is not looked for: it is the balancer beside us,
 * and its heartbeat answers.
 */
#include <stdlib.h>

#include "failover/conf/failover_build.h"

#define SECONDS(n) ((n)*1000000LL)

/* ---- vrrp_track_process ---- */

struct process_block { /* target of the rows */
	struct vrrp_process_conf *conf;
	bool weight_set;
};

/* Whether a word of the block was not there yet; what is there stays. */
static bool is_first(struct conf_ctx *ctx, const struct conf_line *line, bool *set)
{
	bool first = !*set;

	if (!first)
		FAILOVER_WARN(ctx, line, 0, "'%s' is there already: the first counts",
			      line->words[0].text);
	*set = true;
	return first;
}

static void read_process(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_process_conf *conf = ((struct process_block *)target)->conf;
	const char **args = ARENA_ARRAY(ctx->arena, const char *, line->n_words);

	if (conf->process) {
		FAILOVER_WARN(ctx, line, 0, "%s has its process already: the first counts",
			      conf->name);
		return;
	}
	conf->process = line->words[1].text;
	for (unsigned i = 2; i < line->n_words; i++)
		args[i - 2] = line->words[i].text;
	args[line->n_words - 2] = NULL;
	conf->args = args;
	conf->by_command |= args[0] != NULL;
}

static void read_match(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct process_block *block = target;

	if (strcmp(line->words[1].text, "partial") == 0)
		block->conf->match = VRRP_PROCESS_PARTIAL;
	else if (strcmp(line->words[1].text, "initial") == 0)
		block->conf->match = VRRP_PROCESS_INITIAL;
	else
		FAILOVER_WARN(ctx, line, 1, "'%s' is neither initial nor partial, left out",
			      line->words[1].text);
	block->conf->by_command = true;
	failover_rows_extra(ctx, line, 2);
}

static void read_process_weight(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct process_block *block = target;
	struct vrrp_process_conf *conf = block->conf;

	if (is_first(ctx, line, &block->weight_set))
		failover_value_weight(ctx, line, 0, 254, &conf->weight, &conf->weight_reverse);
}

static void read_quorum(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, 65535, &n, "1 is taken"))
		((struct process_block *)target)->conf->quorum = (unsigned)n;
}

static void read_quorum_max(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 0, 65535, &n, "any number may run"))
		((struct process_block *)target)->conf->quorum_max = (unsigned)n;
}

static void read_delay(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_process_conf *conf = ((struct process_block *)target)->conf;
	int64_t us;

	if (!failover_value_seconds(ctx, line, 1, 1, SECONDS(3600), &us, "none"))
		return;
	if (strcmp(line->words[0].text, "terminate_delay") != 0)
		conf->up_delay_us = us;
	if (strcmp(line->words[0].text, "fork_delay") != 0)
		conf->down_delay_us = us;
}

static void read_full_command(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct process_block *)target)->conf->by_command = true;
	failover_rows_extra(ctx, line, 1);
}

static bool names_haproxy(const char *process)
{
	const char *slash = strrchr(process, '/');

	return strcmp(slash ? slash + 1 : process, "haproxy") == 0;
}

/* Where there is no balancer beside us, the real haproxy is asked for. */
static void add_idiom(struct failover_build *b, const struct vrrp_process_conf *process,
		      const struct conf_line *line)
{
	static const char *const argv[] = {"/usr/bin/pgrep", "-x", "haproxy", NULL};
	struct vrrp_script_conf *conf = ARENA_NEW(b->ctx.arena, struct vrrp_script_conf);

	*conf = (struct vrrp_script_conf){
		.name = process->name,
		.interval_us = 1000000,
		.weight = process->weight,
		.weight_reverse = process->weight_reverse,
		.rise = 1,
		.fall = 1,
		.is_process = true,
		.place = process->place,
		.script = {.argv = argv,
			   .text = "process haproxy",
			   .uid = b->script_user.uid,
			   .gid = b->script_user.gid,
			   .place = process->place},
	};
	failover_note_idiom(b, conf, line);
	*b->script_tail = conf;
	b->script_tail = &conf->next;
}

static bool is_there(const struct failover_build *b, const char *name)
{
	for (const struct vrrp_process_conf *p = b->conf->processes; p; p = p->next)
		if (strcmp(p->name, name) == 0)
			return true;
	for (const struct vrrp_script_conf *s = b->conf->scripts; s; s = s->next)
		if (s->is_process && strcmp(s->name, name) == 0)
			return true;
	return false;
}

static void read_track_process(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;
	struct vrrp_process_conf *conf = ARENA_NEW(ctx->arena, struct vrrp_process_conf);
	struct process_block block = {.conf = conf};

	*conf = (struct vrrp_process_conf){.name = line->words[1].text,
					   .quorum = 1,
					   .quorum_max = UINT32_MAX,
					   .place = block_word_place(line, 0)};
	failover_rows_extra(ctx, line, 2);
	failover_rows_walk(b, block_node_of(line)->children, FAILOVER_PROCESS, "vrrp_track_process",
			   &block);
	if (!conf->process || is_there(b, conf->name)) {
		FAILOVER_WARN(ctx, line, 1,
			      conf->process ? "vrrp_track_process '%s' is there already: the first "
					      "counts"
					    : "vrrp_track_process '%s' names no process: it is "
					      "left out",
			      conf->name);
		return;
	}
	if (conf->quorum_max != 0 && conf->quorum_max < conf->quorum)
		FAILOVER_WARN(ctx, line, 1, "%s: quorum_max is below quorum: it is never well",
			      conf->name);
	if (conf->quorum_max == 0) /* none may run */
		conf->quorum = 0;
	if (names_haproxy(conf->process) && conf->quorum == 1) {
		add_idiom(b, conf, line);
		return;
	}
	*b->process_tail = conf;
	b->process_tail = &conf->next;
}

/* ---- track_file ---- */

struct file_block { /* target of the rows */
	struct vrrp_file_conf *conf;
	bool weight_set;
};

static void read_file(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_file_conf *conf = ((struct file_block *)target)->conf;

	if (conf->path)
		FAILOVER_WARN(ctx, line, 0, "%s has its file already: the first counts",
			      conf->name);
	else if (line->words[1].text[0] != '/')
		FAILOVER_WARN(ctx, line, 1, "'%s' is no absolute path, left out",
			      line->words[1].text);
	else
		conf->path = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_file_weight(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct file_block *block = target;
	struct vrrp_file_conf *conf = block->conf;

	if (is_first(ctx, line, &block->weight_set))
		failover_value_weight(ctx, line, 0, 254, &conf->weight, &conf->weight_reverse);
}

/* [VALUE] [overwrite] */
static void read_init_file(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_file_conf *conf = ((struct file_block *)target)->conf;

	conf->init = true;
	for (unsigned i = 1; i < line->n_words; i++) {
		if (strcmp(line->words[i].text, "overwrite") == 0)
			conf->overwrite = true;
		else if (failover_value_int(ctx, line, i, INT32_MIN, INT32_MAX, &conf->init_value,
					    "0 is taken") &&
			 (conf->init_value < -254 || conf->init_value > 254))
			FAILOVER_WARN(ctx, line, i, "%lld is more than any priority",
				      (long long)conf->init_value);
	}
}

static void read_track_file(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = target;
	struct vrrp_file_conf *conf = ARENA_NEW(ctx->arena, struct vrrp_file_conf), *other;
	struct file_block block = {.conf = conf};

	*conf = (struct vrrp_file_conf){
		.name = line->words[1].text, .weight = 1, .place = block_word_place(line, 0)};
	failover_rows_extra(ctx, line, 2);
	failover_rows_walk(b, block_node_of(line)->children, FAILOVER_FILE, "track_file", &block);
	for (other = b->conf->files; other && strcmp(other->name, conf->name) != 0;)
		other = other->next;
	if (other || !conf->path) {
		FAILOVER_WARN(ctx, line, 1,
			      other ? "track_file '%s' is there already: the first counts"
				    : "track_file '%s' names no file: it is left out",
			      conf->name);
		return;
	}
	*b->file_tail = conf;
	b->file_tail = &conf->next;
}

#define ROW(where, word, how, what, text)                                                         \
	{                                                                                         \
		.name = word, .sections = where, .type = CONF_CUSTOM, .parse = how, .args = what, \
		.doc = text, .since = "0.1"                                                       \
	}
#define PROCESS FAILOVER_PROCESS
#define FILE_	FAILOVER_FILE

const struct conf_keyword failover_watch_rows[] = {
	ROW(FAILOVER_TOP, "vrrp_track_process", read_track_process, "<name> { ... }",
	    "whether a process runs, for track_process"),
	ROW(PROCESS, "process", read_process, "<name> [<argument> ...]",
	    "its name; with arguments its command line"),
	ROW(PROCESS, "param_match", read_match, "<initial|partial>",
	    "there may be more arguments, or the last may be longer"),
	ROW(PROCESS, "weight", read_process_weight, "<-254..254> [reverse]",
	    "added to the priority; 0, the default of Keepalived 2.2.7: a fault"),
	ROW(PROCESS, "quorum", read_quorum, "<number>", "how many must run, 1 by default"),
	ROW(PROCESS, "quorum_max", read_quorum_max, "<number>", "how many may run"),
	ROW(PROCESS, "delay", read_delay, "<seconds>", "fork_delay and terminate_delay"),
	ROW(PROCESS, "fork_delay", read_delay, "<seconds>", "until enough count as up"),
	ROW(PROCESS, "terminate_delay", read_delay, "<seconds>", "until too few count as down"),
	ROW(PROCESS, "full_command", read_full_command, NULL,
	    "the command line counts, not the process' name"),
	ROW(FAILOVER_TOP, "track_file", read_track_file, "<name> { ... }",
	    "a number in a file, for track_file"),
	ROW(FAILOVER_TOP, "vrrp_track_file", read_track_file, "<name> { ... }",
	    "older name of track_file"),
	ROW(FILE_, "file", read_file, "<path>", "the file"),
	ROW(FILE_, "weight", read_file_weight, "<number> [reverse]",
	    "factor of the number, 1 by default; 0: any number but 0 is a fault"),
	ROW(FILE_, "init_file", read_init_file, "[<number>] [overwrite]",
	    "made at the start, with this number or 0"),
	{.name = NULL},
};
