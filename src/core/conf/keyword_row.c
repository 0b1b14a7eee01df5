/*
 * Rows at work. See keyword_row.h and native.h. Called by native.c for each line of a section and
 * by option_list.c for each option on a line; at load, one thread.
 *
 * A row is found by the longest name that the line starts with, so "option httplog" wins over
 * "option". What is not found is compared with all names that the section knows, and with those of
 * other sections: a keyword in the wrong place is told apart from one that does not exist.
 */
#include "core/conf/keyword_row.h"

#include <stdarg.h>

#include "core/base/text.h"
#include "core/conf/value.h"

enum { NAMES_MAX = 1024 };

struct conf_place conf_line_place(const struct conf_line *line, unsigned i)
{
	return (struct conf_place){line->file, line->line,
				   line->words[i < line->n_words ? i : line->n_words].column};
}

const char *conf_line_word(const struct conf_line *line, unsigned i)
{
	return i < line->n_words ? line->words[i].text : "";
}

bool conf_line_is(const struct conf_line *line, unsigned i, const char *text)
{
	return i < line->n_words && strcmp(line->words[i].text, text) == 0;
}

const char *conf_line_join(struct arena *arena, const struct conf_line *line, unsigned from)
{
	size_t len = 1;
	struct text t;
	char *buf;

	for (unsigned i = from; i < line->n_words; i++)
		len += strlen(line->words[i].text) + 1;
	buf = arena_alloc(arena, len);
	text_init(&t, buf, len);
	for (unsigned i = from; i < line->n_words; i++) {
		if (i > from)
			text_char(&t, ' ');
		text_str(&t, line->words[i].text);
	}
	return buf;
}

void conf_ctx_error(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, const char *fmt,
		    ...)
{
	va_list ap;

	va_start(ap, fmt);
	conf_error(ctx->diags, conf_line_place(line, i), "%s", arena_vprintf(ctx->arena, fmt, ap));
	va_end(ap);
}

void conf_ctx_warn(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, const char *fmt,
		   ...)
{
	va_list ap;

	va_start(ap, fmt);
	conf_warn(ctx->diags, conf_line_place(line, i), "%s", arena_vprintf(ctx->arena, fmt, ap));
	va_end(ap);
}

bool conf_ctx_args(struct conf_ctx *ctx, const struct conf_line *line, unsigned min, unsigned max)
{
	const struct conf_keyword *row = ctx->keyword;
	const char *args = row && row->args ? row->args : "";
	unsigned n = 0;

	/* An argument that expands to nothing is one that is not there. */
	while (ctx->n_name + n < line->n_words && conf_line_word(line, ctx->n_name + n)[0])
		n++;
	if (n < min) {
		conf_ctx_error(ctx, line, ctx->n_name + n, "'%s' needs %s: %s %s", row->name,
			       min == 1 ? "an argument" : "more arguments", row->name, args);
		return false;
	}
	if (n > max) {
		conf_ctx_error(ctx, line, ctx->n_name + max, "'%s' has no use for '%s': %s %s",
			       row->name, conf_line_word(line, ctx->n_name + max), row->name, args);
		return false;
	}
	return true;
}

/* How many words of name the line starts with from word `from` on; 0 unless all of them. */
static unsigned match(const char *name, const struct conf_line *line, unsigned from)
{
	unsigned n = 0;

	for (;;) {
		size_t len = strcspn(name, " ");
		const char *word = conf_line_word(line, from + n);

		if (strlen(word) != len || memcmp(word, name, len) != 0)
			return 0;
		n++;
		if (!name[len])
			return n;
		name += len + 1;
	}
}

static const struct conf_keyword *find(const struct conf_ctx *ctx, const struct conf_line *line,
				       uint64_t sections, unsigned *n_name)
{
	const struct conf_keyword *best = NULL;

	*n_name = 0;
	for (size_t p = 0; ctx->parts[p]; p++) {
		for (const struct conf_keyword *row = ctx->parts[p]->rows; row && row->name;
		     row++) {
			unsigned n = row->sections & sections ? match(row->name, line, 0) : 0;

			if (n > *n_name) {
				best = row;
				*n_name = n;
			}
		}
	}
	return best;
}

static const char *section_names(const struct conf_ctx *ctx, uint64_t bits)
{
	struct text t;
	char buf[256];

	text_init(&t, buf, sizeof(buf));
	for (const struct conf_section *s = ctx->sections; s->name; s++) {
		if (!(s->bit & bits))
			continue;
		if (t.len)
			text_str(&t, ", ");
		text_str(&t, s->name);
	}
	return arena_strdup(ctx->arena, buf);
}

/* The words of the line that name it: "option foo" where "option httplog" exists. */
static const char *spoken_name(const struct conf_ctx *ctx, const struct conf_line *line)
{
	const char *first = conf_line_word(line, 0);
	size_t len = strlen(first);

	for (size_t p = 0; ctx->parts[p]; p++) {
		for (const struct conf_keyword *row = ctx->parts[p]->rows; row && row->name;
		     row++) {
			if (strncmp(row->name, first, len) == 0 && row->name[len] == ' ' &&
			    line->n_words > 1)
				return arena_printf(ctx->arena, "%s %s", first,
						    conf_line_word(line, 1));
		}
	}
	return first;
}

static void unknown(struct conf_ctx *ctx, const struct conf_line *line)
{
	const char *names[NAMES_MAX + 1], *spoken = spoken_name(ctx, line), *near;
	const struct conf_keyword *elsewhere;
	unsigned n_words;
	size_t n = 0;

	if (ctx->section->passed_over)
		return;
	elsewhere = find(ctx, line, ctx->section->forgiven, &n_words);
	if (!elsewhere)
		elsewhere = find(ctx, line, ~(uint64_t)0, &n_words);
	if (elsewhere && elsewhere->sections & ctx->section->forgiven &&
	    !(elsewhere->flags & CONF_STRICT)) {
		conf_ctx_warn(ctx, line, 0, "'%s' has no effect in a section '%s', only in: %s",
			      elsewhere->name, ctx->section->name,
			      section_names(ctx, elsewhere->sections));
		return;
	}
	if (elsewhere) {
		conf_ctx_error(ctx, line, 0, "'%s' cannot stand in a section '%s', only in: %s",
			       elsewhere->name, ctx->section->name,
			       section_names(ctx, elsewhere->sections));
		return;
	}
	for (size_t p = 0; ctx->parts[p]; p++) {
		for (const struct conf_keyword *row = ctx->parts[p]->rows; row && row->name;
		     row++) {
			if (row->sections & ctx->section->bit && n < NAMES_MAX)
				names[n++] = row->name;
		}
	}
	names[n] = NULL;
	if (n == 0)
		return; /* a section without rows has said all at its first line */
	near = conf_nearest(spoken, names);
	conf_ctx_error(ctx, line, 0, "unknown keyword '%s' in section '%s'%s%s%s", spoken,
		       ctx->section->name, near ? "; did you mean '" : "", near ? near : "",
		       near ? "'?" : "");
}

static bool check_prefix(struct conf_ctx *ctx, const struct conf_keyword *row,
			 const struct conf_line *line)
{
	unsigned flag = ctx->prefix == CONF_PREFIX_NO ? CONF_CAN_NO : CONF_CAN_DEFAULT;

	if (ctx->prefix == CONF_PREFIX_NONE || row->flags & flag)
		return true;
	/* Without effect, with or without "no". */
	if (row->type == CONF_IGNORED || row->type == CONF_UNSERVED)
		return true;
	conf_ctx_error(ctx, line, 0, "'%s' cannot stand before '%s'",
		       ctx->prefix == CONF_PREFIX_NO ? "no" : "default", row->name);
	return false;
}

void keyword_row_line(struct conf_ctx *ctx, const struct conf_line *line)
{
	struct conf_line rest = *line;
	const struct conf_keyword *row;

	ctx->prefix = CONF_PREFIX_NONE;
	if (line->n_words > 1 && conf_line_is(line, 0, "no"))
		ctx->prefix = CONF_PREFIX_NO;
	else if (line->n_words > 1 && conf_line_is(line, 0, "default"))
		ctx->prefix = CONF_PREFIX_DEFAULT;
	if (ctx->prefix != CONF_PREFIX_NONE) {
		rest.words++;
		rest.n_words--;
	}
	row = find(ctx, &rest, ctx->section->bit, &ctx->n_name);
	if (!row) {
		unknown(ctx, &rest);
		return;
	}
	if (!check_prefix(ctx, row, line))
		return;
	ctx->keyword = row;
	keyword_row_apply(ctx, row, &rest, ctx->target);
}

static void store_flag(struct conf_ctx *ctx, const struct conf_line *line, bool *out)
{
	static const char *const words[] = {"off", "on", NULL};
	unsigned choice = 1;

	if (!conf_ctx_args(ctx, line, 0, 1))
		return;
	if (conf_line_word(line, ctx->n_name)[0] &&
	    !conf_word_choice(ctx, line, ctx->n_name, words, &choice))
		return;
	*out = ctx->prefix == CONF_PREFIX_NONE && choice == 1;
}

static void store(struct conf_ctx *ctx, const struct conf_keyword *row,
		  const struct conf_line *line, char *target)
{
	unsigned i = ctx->n_name;
	void *at = target + row->offset;

	if (row->type == CONF_FLAG) {
		store_flag(ctx, line, at);
		return;
	}
	if (row->type == CONF_BIT) {
		uint64_t *bits = at, bit = (uint64_t)row->max;

		if (conf_ctx_args(ctx, line, 0, 0))
			*bits = ctx->prefix == CONF_PREFIX_NONE ? *bits | bit : *bits & ~bit;
		return;
	}
	if (!conf_ctx_args(ctx, line, 1, 1))
		return;
	switch (row->type) {
	case CONF_INT:
		conf_word_int(ctx, line, i, row->min, row->max, at);
		break;
	case CONF_UINT64:
	case CONF_SIZE:
		conf_word_size(ctx, line, i, (uint64_t)row->min, (uint64_t)row->max, at);
		break;
	case CONF_TIME_MS:
		conf_word_time_ms(ctx, line, i, row->min, row->max, at);
		break;
	case CONF_STRING:
		conf_word_string(ctx, line, i, at);
		break;
	default:
		break;
	}
}

void keyword_row_apply(struct conf_ctx *ctx, const struct conf_keyword *row,
		       const struct conf_line *line, void *target)
{
	switch (row->type) {
	case CONF_IGNORED:
		conf_ctx_warn(ctx, line, 0, "'%s' has no effect here: %s", row->name, row->doc);
		return;
	case CONF_UNSERVED:
		conf_ctx_error(ctx, line, 0, "'%s' is known but not served yet%s%s", row->name,
			       row->doc && row->doc[0] ? ": " : "", row->doc ? row->doc : "");
		return;
	case CONF_CUSTOM:
		if (target)
			row->parse(ctx, line, target);
		break;
	default:
		if (target)
			store(ctx, row, line, target);
	}
	if (target && ctx->on_keyword)
		ctx->on_keyword(ctx, row, line);
}
