/*
 * `track` lines of `vip` and `vip-group`. What keepalived.conf needs a block for (a script, a
 * process, a file) may stand in the line itself: the block is made here, once per text.
 */
#include <string.h>

#include "failover/native/vip_build.h"

/* Words of the line that belong to the block rather than to the track row. */
struct inline_word {
	const char *name, *statement;
	unsigned n_args; /* 0 or 1 */
	const char *(*time)(struct conf_ctx *ctx, const struct conf_line *line, unsigned i);
};

static const struct inline_word script_words[] = {
	{"interval", "interval_ms", 1, vip_milliseconds},
	{"timeout", "timeout_ms", 1, vip_milliseconds},
	{"rise", "rise", 1, NULL},
	{"fall", "fall", 1, NULL},
	{"user", "user", 1, NULL},
	{"init-fail", "init_fail", 0, NULL},
	{.name = NULL},
};
static const struct inline_word process_words[] = {
	{"quorum", "quorum", 1, NULL},
	{"quorum-max", "quorum_max", 1, NULL},
	{"delay", "delay", 1, vip_seconds},
	{.name = NULL},
};
static const struct inline_word bfd_words[] = {
	{"interval", "min_tx", 1, vip_milliseconds},
	{"multiplier", "multiplier", 1, NULL},
	{"source", "source_ip", 1, NULL},
	{.name = NULL},
};
static const struct inline_word no_words[] = {{.name = NULL}};

struct inline_kind {
	const char *list;      /* "track_script" */
	const char *block;     /* "vrrp_script" */
	const char *statement; /* "script" */
	const struct inline_word *words;
};

static const struct inline_kind script_kind = {"track_script", "vrrp_script", "script",
					       script_words},
				process_kind = {"track_process", "vrrp_track_process", "process",
						process_words},
				bfd_kind = {"track_bfd", "bfd_instance", "neighbor_ip", bfd_words},
				file_kind = {"track_file", "track_file", "file", no_words};

static struct block_node *find_block(struct vip_reader *r, const char *kind, const char *name)
{
	for (struct block_node *b = r->others; b; b = b->next)
		if (strcmp(b->line.words[0].text, kind) == 0 &&
		    strcmp(b->line.words[1].text, name) == 0)
			return b;
	return NULL;
}

static struct block_node *new_block(struct conf_ctx *ctx, const struct conf_line *line,
				    const struct inline_kind *kind, const char *name)
{
	struct vip_reader *r = ctx->extra;
	struct block_node *block = vip_statement(ctx, line, 1, kind->block, 2, 3);

	block->has_block = true;
	vip_append(block, vip_word(ctx, line, 2, kind->statement, name));
	*r->others_tail = block;
	r->others_tail = &block->next;
	return block;
}

/* One word of the block and its argument from words[at] on: how many were taken, 0 = none. */
static unsigned take_word(struct conf_ctx *ctx, const struct conf_line *line, unsigned at,
			  const struct inline_word *words, struct block_node *block)
{
	const char *value = conf_line_word(line, at + 1);

	for (const struct inline_word *w = words; w->name; w++) {
		if (!conf_line_is(line, at, w->name))
			continue;
		if (w->n_args && !value[0]) {
			conf_ctx_error(ctx, line, at, "'%s' needs an argument", w->name);
		} else if (w->time) {
			value = w->time(ctx, line, at + 1);
			if (value)
				vip_append(block, vip_word(ctx, line, at, w->statement, value));
			if (value && strcmp(w->statement, "min_tx") == 0) /* BFD: both ways */
				vip_append(block, vip_word(ctx, line, at, "min_rx", value));
		} else {
			vip_append(block,
				   vip_word(ctx, line, at, w->statement, w->n_args ? value : NULL));
		}
		return 1 + w->n_args;
	}
	return 0;
}

/* Reads the words of the block; [*from, line->n_words) stays for the track row. */
static void read_words(struct conf_ctx *ctx, const struct conf_line *line,
		       const struct inline_kind *kind, struct block_node *block, unsigned *from)
{
	unsigned at = 3, n;

	while (at < line->n_words && (n = take_word(ctx, line, at, kind->words, block)) > 0)
		at += n;
	*from = at;
	if (at < line->n_words && !conf_line_is(line, at, "weight"))
		conf_ctx_error(ctx, line, at, "'%s' is not understood here: %s %s",
			       conf_line_word(line, at), ctx->keyword->name, ctx->keyword->args);
}

static void track_list(struct conf_ctx *ctx, const struct conf_line *line, void *target,
		       const char *list, unsigned from)
{
	struct vip_section *s = target;
	struct block_node *row =
		vip_statement(ctx, line, 2, conf_line_word(line, 2), from, line->n_words);

	vip_append(vip_block(ctx, line, s->node, list), row);
}

/* made: the words say what to look at; else they name a block of a keepalived.conf. */
static void track_inline(struct conf_ctx *ctx, const struct conf_line *line, void *target,
			 const struct inline_kind *kind, bool made)
{
	const char *name = conf_line_word(line, 2);
	struct block_node *block;
	unsigned from = 3;

	if (made) {
		block = find_block(ctx->extra, kind->block, name);
		if (block && line->n_words > 3 && !conf_line_is(line, 3, "weight"))
			conf_ctx_error(ctx, line, 3,
				       "'%s' is tracked in line %u already: how is said there",
				       name, block->line.line);
		else if (!block)
			read_words(ctx, line, kind, new_block(ctx, line, kind, name), &from);
	}
	track_list(ctx, line, target, kind->list, from);
}

void vip_track_service(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const char *list = arena_printf(ctx->arena, "track_%s", conf_line_word(line, 1));

	if (conf_ctx_args(ctx, line, 1, UINT16_MAX))
		track_list(ctx, line, target, list, 3);
}

void vip_track_script(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const char *name = conf_line_word(line, 2);

	if (conf_ctx_args(ctx, line, 1, UINT16_MAX))
		track_inline(ctx, line, target, &script_kind, strpbrk(name, "/ \t") != NULL);
}

void vip_track_process(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 1, UINT16_MAX))
		track_inline(ctx, line, target, &process_kind, true);
}

void vip_track_file(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 1, UINT16_MAX))
		track_inline(ctx, line, target, &file_kind, conf_line_word(line, 2)[0] == '/');
}

/* A name stands for a bfd_instance of a keepalived.conf, an address for a neighbor. */
void vip_track_bfd(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (conf_ctx_args(ctx, line, 1, UINT16_MAX))
		track_inline(ctx, line, target, &bfd_kind,
			     strpbrk(conf_line_word(line, 2), ".:") != NULL);
}

/* One block for each line; times without a unit are milliseconds in this grammar. */
void vip_track_database(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vip_section *s = target;
	const char *name = arena_printf(ctx->arena, "track_%s", conf_line_word(line, 1));
	struct block_node *block = vip_word(ctx, line, 1, name, NULL), *row;
	struct conf_word *words;

	if (!conf_ctx_args(ctx, line, 2, UINT16_MAX))
		return;
	row = vip_statement(ctx, line, 2, conf_line_word(line, 2), 3, line->n_words);
	words = (struct conf_word *)row->line.words;
	for (unsigned i = 0; i + 1 < row->line.n_words; i++)
		if ((strcmp(words[i].text, "interval") == 0 ||
		     strcmp(words[i].text, "timeout") == 0) &&
		    strspn(words[i + 1].text, "0123456789") == strlen(words[i + 1].text))
			words[i + 1].text = arena_printf(ctx->arena, "%sms", words[i + 1].text);
	block->has_block = true;
	vip_append(block, row);
	vip_append(s->node, block);
}
