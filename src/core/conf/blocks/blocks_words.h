/*
 * Words of the block grammar. Two ways of quoting: plain (only `"`, which also ends the word before
 * it) and shell-like (both quotes, joined to what they touch, escapes). Private to core/conf.
 */
#ifndef RELAIS_BLOCKS_BLOCKS_WORDS_H
#define RELAIS_BLOCKS_BLOCKS_WORDS_H

#include "core/conf/blocks/blocks.h"

enum blocks_cut {
	BLOCKS_CUT_END,	  /* nothing left */
	BLOCKS_CUT_WORD,  /* *word */
	BLOCKS_CUT_OPEN,  /* { */
	BLOCKS_CUT_CLOSE, /* } */
	BLOCKS_CUT_BAD,	  /* a quote without its end; *at is behind the text */
};

struct blocks_cutter {
	const char *at; /* moves on */
	struct arena *arena;
	bool shell, braces; /* braces: { and } outside quotes are cuts of their own */
};

enum blocks_cut blocks_word_cut(struct blocks_cutter *cutter, struct conf_word *word);

#endif
