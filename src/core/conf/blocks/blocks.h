/*
 * The block grammar of keepalived.conf: words, `{ }` blocks, `!` and `#` comments, quotes,
 * `include`, parameters, `@id` lines, `~SEQ` and `~LST`. Turns files into a tree of statements;
 * what the words mean is the rooms' rows. Reading goes through conf_files (and facts.h), so that a
 * sealed set of files gives the same tree. Reference: man keepalived.conf, measured on 2.2.7.
 */
#ifndef RELAIS_BLOCKS_BLOCKS_H
#define RELAIS_BLOCKS_BLOCKS_H

#include "core/conf/files.h"
#include "core/conf/keyword.h"

/* One statement. Columns are those of the file's line; in a line that parameters changed, that of
 * its first word. A tree belongs to the arena it was parsed into. */
struct block_node {
	struct conf_line line; /* first: rows' parse hooks get &node->line */
	struct block_node *next;
	struct block_node *children;
	bool has_block; /* `{ }` was there, maybe empty */
};

static inline const struct block_node *block_node_of(const struct conf_line *line)
{
	return (const struct block_node *)(const void *)line;
}

static inline struct conf_place block_word_place(const struct conf_line *line, unsigned word)
{
	return (struct conf_place){line->file, line->line,
				   word < line->n_words ? line->words[word].column : 0};
}

struct blocks_options {
	const char *config_id; /* for @ID; NULL = the host name up to its first dot */
	/* First words of statements whose arguments are quoted as in a shell (' and escapes too),
	 * NULL-terminated. In all others only " quotes and \ is a character like any other. */
	const char *const *quoted;
	size_t expanded_max; /* bytes that substitution may produce; 0 = 64 MiB */
};

/* The statements of the file (and of what it includes) in order, or NULL when there are none or
 * the file cannot be read. Everything wrong is in diags. */
struct block_node *blocks_parse(struct conf_files *files, const char *path, struct arena *arena,
				struct conf_diags *diags, const struct blocks_options *options);

/* Cuts a script's text into its words by the shell-like rules (both quotes, escapes), the second
 * round that keepalived makes too. NULL-terminated, or NULL at a quote without end. */
const char *const *blocks_shell_split(struct arena *arena, const char *text);

/* Whether bytes are of this grammar rather than of the native one. */
bool blocks_looks_like(struct slice bytes);

#endif
