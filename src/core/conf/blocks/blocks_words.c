/*
 * Cutting lines into words. See blocks_words.h. Pure; used by the tree (blocks.c) and, for the
 * second round over a script's text, by the failover's rows.
 */
#include "core/conf/blocks/blocks_words.h"

#include <ctype.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* at stands behind a backslash; returns the character meant and moves on. */
static char unescape(const char **at)
{
	static const char from[] = "abEfnrtv", to[] = "\a\b\033\f\n\r\t\v";
	const char *p = *at;
	const char *hit = strchr(from, *p);
	unsigned value = 0;

	if (*p == 'x' && hex_digit(p[1]) >= 0) {
		for (p++; hex_digit(*p) >= 0; p++)
			value = value * 16 + (unsigned)hex_digit(*p);
	} else if (*p >= '0' && *p <= '7') {
		for (unsigned n = 0; n < 3 && *p >= '0' && *p <= '7'; n++, p++)
			value = value * 8 + (unsigned)(*p - '0');
	} else if (*p == 'c' && p[1]) {
		value = (unsigned)p[1] & 0x1f;
		p += 2;
	} else {
		value = (unsigned char)(hit ? to[hit - from] : *p);
		p++;
	}
	*at = p;
	return (char)(unsigned char)value;
}

static bool is_end(const struct blocks_cutter *cutter, char c)
{
	return !c || isspace((unsigned char)c) || (cutter->braces && (c == '{' || c == '}'));
}

static enum blocks_cut cut_plain(struct blocks_cutter *cutter, struct conf_word *word)
{
	const char *start = cutter->at, *p = start;

	if (*p == '"') {
		p = strchr(++start, '"');
		word->quoted = true;
		if (!p)
			return BLOCKS_CUT_BAD;
		cutter->at = p + 1;
	} else {
		while (!is_end(cutter, *p) && *p != '"')
			p++;
		cutter->at = p;
	}
	word->text = arena_strndup(cutter->arena, start, (size_t)(p - start));
	return BLOCKS_CUT_WORD;
}

static enum blocks_cut cut_shell(struct blocks_cutter *cutter, struct conf_word *word)
{
	char *text = arena_alloc(cutter->arena, strlen(cutter->at) + 1), quote = '\0';
	size_t len = 0;

	while (quote ? *cutter->at : !is_end(cutter, *cutter->at)) {
		char c = *cutter->at++;

		if (quote && c == quote) {
			quote = '\0';
		} else if (!quote && (c == '"' || c == '\'')) {
			quote = c;
			word->quoted = true;
		} else {
			if (c == '\\' && *cutter->at)
				c = unescape(&cutter->at);
			if (c)
				text[len++] = c;
		}
	}
	text[len] = '\0';
	word->text = text;
	return quote ? BLOCKS_CUT_BAD : BLOCKS_CUT_WORD;
}

enum blocks_cut blocks_word_cut(struct blocks_cutter *cutter, struct conf_word *word)
{
	enum blocks_cut cut;

	while (isspace((unsigned char)*cutter->at))
		cutter->at++;
	if (!*cutter->at)
		return BLOCKS_CUT_END;
	if (cutter->braces && (*cutter->at == '{' || *cutter->at == '}'))
		return *cutter->at++ == '{' ? BLOCKS_CUT_OPEN : BLOCKS_CUT_CLOSE;
	word->quoted = false;
	cut = cutter->shell ? cut_shell(cutter, word) : cut_plain(cutter, word);
	if (cut == BLOCKS_CUT_BAD)
		cutter->at += strlen(cutter->at);
	return cut;
}

const char *const *blocks_shell_split(struct arena *arena, const char *text)
{
	struct blocks_cutter cutter = {.at = text, .arena = arena, .shell = true};
	size_t cap = strlen(text) / 2 + 2, n = 0;
	const char **words = ARENA_ARRAY(arena, const char *, cap);
	struct conf_word word;
	enum blocks_cut cut;

	while ((cut = blocks_word_cut(&cutter, &word)) == BLOCKS_CUT_WORD)
		words[n++] = word.text;
	return cut == BLOCKS_CUT_BAD ? NULL : words;
}
