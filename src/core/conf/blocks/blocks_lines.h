/*
 * Logical lines of the block grammar: comments away, includes followed, `@id` lines chosen,
 * parameters defined and substituted, `~SEQ` and `~LST` unrolled. Private to core/conf: blocks.c
 * cuts these lines into words.
 */
#ifndef RELAIS_BLOCKS_BLOCKS_LINES_H
#define RELAIS_BLOCKS_BLOCKS_LINES_H

#include "core/conf/blocks/blocks.h"

struct blocks_lines;

struct blocks_text {
	char *text; /* NUL-terminated, in the arena of parsing */
	const char *file;
	unsigned line;
	unsigned column; /* of text[0] when `exact`, else that of every word */
	bool exact;	 /* nothing was substituted: offsets are columns */
};

struct blocks_lines *blocks_lines_new(struct conf_files *files, const char *path,
				      struct arena *arena, struct conf_diags *diags,
				      const struct blocks_options *options);
/* False at the end. Lines have at least one non-blank character. */
bool blocks_lines_next(struct blocks_lines *lines, struct blocks_text *out);

#endif
