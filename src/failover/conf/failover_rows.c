/*
 * Walking the statements of a block by its rows. See failover_build.h. A keyword that nobody knows
 * is a warning, as Keepalived starts with it; one that Keepalived knows and relais does not serve
 * is an error by name. Nothing is left out without a word.
 */
#include <stdio.h>

#include "failover/conf/failover_build.h"

enum { NAMES_MAX = 256 };

/* One to a line, or a new table moves all others. */
/* clang-format off */
const struct conf_keyword_table failover_keyword_tables[] = {
	{failover_top_rows},
	{failover_global_rows},
	{failover_instance_rows},
	{failover_group_rows},
	{failover_script_rows},
	{failover_watch_rows},
	{failover_auth_rows},
	{failover_notify_rows},
	{failover_unserved_rows},
	{failover_static_rows},
	{failover_vmac_rows},
	{failover_signing_rows},
	{failover_hooks_rows},
	{failover_heart_rows},
	{failover_witness_rows},
	{failover_bfd_rows},
	{failover_compat_rows},
	{failover_links_rows},
	{failover_track_group_rows},
	{failover_smtp_rows},
	{failover_house_rows},
	{virtual_server_rows},
	{virtual_real_rows},
	{virtual_checker_rows},
	{virtual_times_rows},
	{virtual_url_rows},
	{virtual_group_rows},
	{failover_database_rows},
	{failover_garp_rows},
	{NULL},
};
/* clang-format on */

static const struct conf_keyword *find_row(enum failover_section section, const char *word)
{
	for (const struct conf_keyword_table *t = failover_keyword_tables; t->rows; t++)
		for (const struct conf_keyword *row = t->rows; row->name; row++)
			if ((row->sections & section) && strcmp(row->name, word) == 0)
				return row;
	return NULL;
}

static const char *nearest(enum failover_section section, const char *word)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	for (const struct conf_keyword_table *t = failover_keyword_tables; t->rows; t++)
		for (const struct conf_keyword *row = t->rows; row->name; row++)
			if ((row->sections & section) && n < NAMES_MAX - 1)
				names[n++] = row->name;
	names[n] = NULL;
	return conf_nearest(word, names);
}

void failover_rows_extra(struct conf_ctx *ctx, const struct conf_line *line, unsigned n)
{
	if (line->n_words > n)
		FAILOVER_ADVISE(ctx, line, n, "'%s' behind '%s' is not used", line->words[n].text,
				line->words[0].text);
}

void failover_rows_no_block(struct conf_ctx *ctx, const struct block_node *node)
{
	if (node->has_block)
		FAILOVER_WARN(ctx, &node->line, 0, "'%s' opens no block: what is in it is not used",
			      node->line.words[0].text);
}

static void unknown(struct failover_build *b, const struct block_node *node, const char *where)
{
	const struct conf_line *line = &node->line;
	const char *near = nearest(b->section, line->words[0].text);
	const char *what = node->has_block ? "this block is not used" : "this line is not used";

	if (!line->words[0].text[0])
		FAILOVER_WARN(&b->ctx, line, 0, "a block without a name in %s is not used", where);
	else if (near)
		FAILOVER_WARN(&b->ctx, line, 0, "unknown keyword '%s' in %s, did you mean '%s'? %s",
			      line->words[0].text, where, near, what);
	else
		FAILOVER_WARN(&b->ctx, line, 0, "unknown keyword '%s' in %s: %s",
			      line->words[0].text, where, what);
}

static void set_value(struct failover_build *b, const struct conf_keyword *row,
		      const struct conf_line *line, void *at)
{
	const char *instead = row->dflt ? row->dflt : "left out";
	bool flag;
	long long n;

	switch (row->type) {
	case CONF_FLAG:
		if (!row->args) { /* being there is all it says */
			*(bool *)at = true;
			failover_rows_extra(&b->ctx, line, 1);
			return;
		}
		if (failover_value_bool(&b->ctx, line, 1, &flag))
			*(bool *)at = flag;
		break;
	case CONF_INT:
		if (failover_value_int(&b->ctx, line, 1, row->min, row->max, &n, instead))
			*(int *)at = (int)n;
		break;
	case CONF_TIME_US:
		failover_value_seconds(&b->ctx, line, 1, row->min, row->max, at, instead);
		break;
	case CONF_STRING:
		*(const char **)at = line->words[1].text;
		break;
	default:
		break;
	}
	failover_rows_extra(&b->ctx, line, 2);
}

/* The argument of a word that is without effect, if its row says what it may be. */
static void check_ignored(struct failover_build *b, const struct conf_keyword *row,
			  const struct conf_line *line)
{
	bool flag;
	long long n;

	if (!row->args)
		return;
	if (strcmp(row->args, "[<bool>]") == 0)
		failover_value_bool(&b->ctx, line, 1, &flag);
	else if (line->n_words < 2 && row->args[0] != '[')
		FAILOVER_WARN(&b->ctx, line, 0, "'%s' needs an argument: %s", row->name, row->args);
	else if (line->n_words < 2)
		return;
	else if (row->max > row->min)
		failover_value_int(&b->ctx, line, 1, row->min, row->max, &n, "left out");
}

static void say_ignored(struct failover_build *b, const struct conf_keyword *row,
			const struct conf_line *line)
{
	const struct conf_place place = block_word_place(line, 0);

	if (row->flags & CONF_STRICT)
		conf_warn(b->ctx.diags, place, "'%s' is without effect: %s", row->name, row->doc);
	else
		conf_advise(b->ctx.diags, place, "'%s' is without effect: %s", row->name, row->doc);
}

static void apply(struct failover_build *b, const struct conf_keyword *row,
		  const struct block_node *node, void *target)
{
	const struct conf_line *line = &node->line;
	bool opens = row->args && strchr(row->args, '{');
	bool optional = !row->args || row->args[0] == '[' || row->args[0] == '{';

	if (row->type == CONF_IGNORED) {
		failover_rows_no_block(&b->ctx, node);
		check_ignored(b, row, line);
		say_ignored(b, row, line);
		return;
	}
	if (row->type == CONF_UNSERVED) {
		FAILOVER_ERROR(&b->ctx, line, 0, "'%s' is not supported by relais yet: %s",
			       row->name, row->doc);
		return;
	}
	if (!opens)
		failover_rows_no_block(&b->ctx, node);
	if (line->n_words < 2 && !optional) {
		FAILOVER_ERROR(&b->ctx, line, 0, "'%s' needs an argument: %s", row->name,
			       row->args);
		return;
	}
	b->ctx.keyword = row;
	if (row->type == CONF_CUSTOM)
		row->parse(&b->ctx, line, target);
	else
		set_value(b, row, line, (char *)target + row->offset);
}

void failover_rows_walk(struct failover_build *b, const struct block_node *nodes,
			enum failover_section section, const char *where, void *target)
{
	enum failover_section around = b->section;

	for (const struct block_node *node = nodes; node; node = node->next) {
		const struct conf_keyword *row = find_row(section, node->line.words[0].text);

		b->section = section;
		if (row)
			apply(b, row, node, target);
		else
			unknown(b, node, where);
	}
	b->section = around;
}
