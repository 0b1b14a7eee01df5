/*
 * One line of the native grammar into words: quoting, escapes, comments, variables (HAProxy's
 * manual 2.2 and 2.3). Fuzzed with the rest by tests/fuzz/fuzz_native_conf.c.
 */
#ifndef RELAIS_CONF_LEXER_H
#define RELAIS_CONF_LEXER_H

#include "core/conf/conf_env.h"
#include "core/conf/keyword.h"

struct lexer {
	struct arena *arena; /* words and their texts live here */
	struct conf_diags *diags;
	const struct conf_env *env;
	const char *file;
	unsigned line;
	const char *section; /* ${.SECTION} */
};

enum { LEXER_WORDS_MAX = 1024, LEXER_LINE_MAX = 65536 };

/* text: without its newline. False: an error was reported and out holds nothing. A line without
 * words is fine: n_words 0. */
bool lexer_line(struct lexer *lex, struct slice text, struct conf_line *out);

#endif
