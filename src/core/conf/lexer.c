/*
 * The native grammar's lexer. See lexer.h. Called by native.c for each line, at load, by one
 * thread.
 *
 *   unquoted   blanks part words, # starts a comment, backslash escapes, $ is a dollar
 *   "weak"     variables and escapes count, blanks and # do not
 *   'strong'   nothing counts but the closing quote
 *
 * A backslash before anything that needs no escape stays as it is ("\." in a regex). "${X[*]}"
 * parts the value at its blanks into words of their own.
 */
#include "core/conf/lexer.h"

#include <ctype.h>
#include <stdlib.h>

#include "core/base/die.h"

struct state {
	struct lexer *lex;
	struct slice text;
	size_t at; /* in text */
	struct conf_word *words;
	unsigned n_words, cap_words;
	char *word; /* the one being built: malloc'd, so that it may grow */
	size_t word_len, word_cap;
	size_t word_start;
	bool in_word, quoted;
};

static bool fail(struct state *s, size_t at, const char *what)
{
	conf_error(s->lex->diags, (struct conf_place){s->lex->file, s->lex->line, (unsigned)at + 1},
		   "%s", what);
	return false;
}

static void put(struct state *s, char c)
{
	if (!s->in_word) {
		s->in_word = true;
		s->word_start = s->at;
	}
	if (s->word_len + 1 >= s->word_cap) {
		s->word_cap = s->word_cap ? s->word_cap * 2 : 128;
		s->word = realloc(s->word, s->word_cap);
		if (!s->word)
			die_no_memory();
	}
	s->word[s->word_len++] = c;
}

static void open_quote(struct state *s)
{
	if (!s->in_word) {
		s->in_word = true;
		s->word_start = s->at;
	}
	s->quoted = true;
}

static bool end_word(struct state *s)
{
	if (!s->in_word)
		return true;
	if (s->n_words >= LEXER_WORDS_MAX)
		return fail(s, s->word_start, "too many words on this line");
	if (s->n_words + 1 >= s->cap_words) {
		unsigned cap = s->cap_words ? s->cap_words * 2 : 16;
		struct conf_word *more = ARENA_ARRAY(s->lex->arena, struct conf_word, cap);

		if (s->n_words)
			memcpy(more, s->words, s->n_words * sizeof(*more));
		s->words = more;
		s->cap_words = cap;
	}
	s->words[s->n_words++] = (struct conf_word){
		arena_strndup(s->lex->arena, s->word ? s->word : "", s->word_len),
		(unsigned)s->word_start + 1, s->quoted};
	s->word_len = 0;
	s->in_word = s->quoted = false;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* At a backslash. */
static bool escape(struct state *s, bool weak)
{
	size_t left = s->text.len - s->at;
	char next = left > 1 ? s->text.ptr[s->at + 1] : '\0';

	switch (next) {
	case 'n':
		put(s, '\n');
		break;
	case 'r':
		put(s, '\r');
		break;
	case 't':
		put(s, '\t');
		break;
	case 'x': {
		int high = left > 3 ? hex_digit(s->text.ptr[s->at + 2]) : -1;
		int low = left > 3 ? hex_digit(s->text.ptr[s->at + 3]) : -1;

		if (high < 0 || low < 0)
			return fail(s, s->at, "\\x wants two hexadecimal digits");
		if (!high && !low)
			return fail(s, s->at, "a word cannot hold the character \\x00");
		put(s, (char)(high << 4 | low));
		s->at += 2;
		break;
	}
	default:
		if (next && (strchr(" \t\\#'\"", next) || (weak && next == '$'))) {
			put(s, next);
			break;
		}
		put(s, '\\');
		s->at++;
		return true;
	}
	s->at += 2;
	return true;
}

static const char *pseudo_variable(struct state *s, struct slice name)
{
	if (slice_eq_str(name, ".FILE"))
		return s->lex->file;
	if (slice_eq_str(name, ".LINE"))
		return arena_printf(s->lex->arena, "%u", s->lex->line);
	if (slice_eq_str(name, ".SECTION"))
		return s->lex->section ? s->lex->section : "";
	return NULL;
}

static bool put_value(struct state *s, const char *value, bool split)
{
	for (; *value; value++) {
		if (s->word_len > LEXER_LINE_MAX)
			return fail(s, s->word_start, "this word is too long when expanded");
		if (!split || !isspace((unsigned char)*value)) {
			put(s, *value);
			continue;
		}
		/* A quote that has given no character yet is no word of its own. */
		if (s->word_len > 0 && !end_word(s))
			return false;
	}
	return true;
}

/* At a dollar within double quotes. */
static bool variable(struct state *s)
{
	const char *p = s->text.ptr, *value;
	size_t len = s->text.len, dollar = s->at, at = s->at + 1, from, dash = 0, end;
	bool brace = at < len && p[at] == '{', split = false;
	struct slice name;

	from = at += brace;
	if (at >= len || !(isalpha((unsigned char)p[at]) || p[at] == '_' || p[at] == '.'))
		return fail(s, at,
			    "a variable's name starts with a letter or _ here (for a plain "
			    "dollar within double quotes write \\$)");
	while (at < len && (isalnum((unsigned char)p[at]) || p[at] == '_' || p[at] == '.'))
		at++;
	name = (struct slice){p + from, at - from};
	end = at;
	if (brace) {
		if (at + 2 < len && p[at] == '[' && p[at + 1] == '*' && p[at + 2] == ']') {
			split = true;
			at += 3;
		}
		if (at < len && p[at] == '-')
			dash = at;
		end = at + slice_find((struct slice){p + at, len - at}, '}');
		if (end >= len)
			return fail(s, dollar, "this variable has no closing brace");
		if (!dash && end != at)
			return fail(s, at, "unexpected character in a variable's name");
	}
	s->at = dollar;
	value = name.ptr[0] == '.' ? pseudo_variable(s, name) : conf_env_get(s->lex->env, name);
	if (!value && dash)
		value = arena_strndup(s->lex->arena, p + dash + 1, end - dash - 1);
	if (value && !put_value(s, value, split))
		return false;
	/* An empty list stands for no word at all. */
	if (split && s->word_len == 0)
		s->in_word = false;
	s->at = brace ? end + 1 : at;
	return true;
}

static bool weak_quote(struct state *s)
{
	size_t start = s->at;

	open_quote(s);
	s->at++;
	while (s->at < s->text.len && s->text.ptr[s->at] != '"') {
		char c = s->text.ptr[s->at];

		if (c == '\\') {
			if (!escape(s, true))
				return false;
		} else if (c == '$') {
			if (!variable(s))
				return false;
		} else {
			put(s, c);
			s->at++;
		}
	}
	if (s->at >= s->text.len)
		return fail(s, start, "this double quote is never closed");
	s->at++;
	return true;
}

static bool strong_quote(struct state *s)
{
	size_t start = s->at;

	open_quote(s);
	for (s->at++; s->at < s->text.len && s->text.ptr[s->at] != '\''; s->at++)
		put(s, s->text.ptr[s->at]);
	if (s->at >= s->text.len)
		return fail(s, start, "this single quote is never closed");
	s->at++;
	return true;
}

static bool read_words(struct state *s)
{
	while (s->at < s->text.len) {
		char c = s->text.ptr[s->at];
		bool ok = true;

		if (c == '#' || c == '\r' || c == '\n')
			break;
		if (c == ' ' || c == '\t') {
			ok = end_word(s);
			s->at++;
		} else if (c == '\\') {
			ok = escape(s, false);
		} else if (c == '"') {
			ok = weak_quote(s);
		} else if (c == '\'') {
			ok = strong_quote(s);
		} else {
			put(s, c);
			s->at++;
		}
		if (!ok)
			return false;
	}
	return end_word(s);
}

bool lexer_line(struct lexer *lex, struct slice text, struct conf_line *out)
{
	static const struct conf_word none = {"", 0, false};
	struct state s = {.lex = lex, .text = text};
	const char *nul = memchr(text.ptr, '\0', text.len);
	bool ok;

	*out = (struct conf_line){lex->file, lex->line, 0, &none};
	if (nul)
		return fail(&s, (size_t)(nul - text.ptr), "a NUL byte: is this a text file?");
	if (text.len > LEXER_LINE_MAX)
		return fail(&s, 0, "this line is too long");
	ok = read_words(&s);
	free(s.word);
	if (!ok || s.n_words == 0)
		return ok;
	s.words[s.n_words] = (struct conf_word){"", (unsigned)text.len + 1, false};
	out->n_words = s.n_words;
	out->words = s.words;
	return true;
}
