/*
 * Logical lines. See blocks_lines.h. Sources stand on a stack: a file, the further lines of a
 * parameter that was used, a loop that gives its rest again and again with its variables set. The
 * topmost gives the next raw line; a raw line is then brought into shape or becomes a new source.
 * Bounded: depth of sources, substitutions per line, bytes that substitution may produce in all.
 * One thread: whoever parses. Everything lives in the arena of parsing.
 */
#include "core/conf/blocks/blocks_lines.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>

#include "core/conf/blocks/blocks_loops.h"
#include "core/conf/blocks/blocks_params.h"
#include "core/conf/facts.h"

enum { DEPTH_MAX = 64, USES_MAX = 1000, EXPANDED_MAX = 64 << 20, LOOP_COST = 16 };

struct source {
	struct source *below;
	const char *at, *end; /* what is left of the text */
	const char *file, *dir;
	unsigned line, column; /* of a file: the line last given; else of the line it came from */
	bool is_file;
	struct blocks_loop *loop; /* non-NULL: gives loop->rest while it turns */
};

struct blocks_lines {
	struct conf_files *files;
	struct arena *arena;
	struct conf_diags *diags;
	const struct blocks_options *options;
	struct blocks_params params;
	struct source *top;
	unsigned depth;
	size_t expanded, expanded_max;
	bool stopped; /* a bound was hit: reported once, then nothing more */
};

static struct conf_place place_of(const struct blocks_text *t)
{
	return (struct conf_place){t->file, t->line, t->column};
}

static struct source *push(struct blocks_lines *l, const struct blocks_text *from)
{
	struct source *s;

	if (l->depth >= DEPTH_MAX) {
		conf_error(l->diags, place_of(from),
			   "more than %d levels of include and parameters: does one use itself?",
			   DEPTH_MAX);
		l->stopped = true;
		return NULL;
	}
	s = ARENA_NEW(l->arena, struct source);
	s->below = l->top;
	s->file = from->file;
	s->line = from->line;
	s->column = from->column;
	s->dir = l->top ? l->top->dir : ".";
	l->top = s;
	l->depth++;
	return s;
}

static bool spend(struct blocks_lines *l, const struct blocks_text *at, size_t bytes)
{
	l->expanded += bytes;
	if (l->expanded <= l->expanded_max)
		return true;
	if (!l->stopped)
		conf_error(l->diags, place_of(at), "substitution produces more than %zu bytes",
			   l->expanded_max);
	l->stopped = true;
	return false;
}

static void push_file(struct blocks_lines *l, const struct blocks_text *from,
		      const struct conf_file *f)
{
	const char *slash = strrchr(f->path, '/');
	struct source *s = push(l, from);

	if (!s)
		return;
	s->file = f->path;
	s->dir = !slash ? "." : arena_strndup(l->arena, f->path, (size_t)(slash - f->path));
	if (slash == f->path)
		s->dir = "/";
	s->at = f->bytes.ptr;
	s->end = f->bytes.ptr + f->bytes.len;
	s->line = 0;
	s->is_file = true;
}

struct blocks_lines *blocks_lines_new(struct conf_files *files, const char *path,
				      struct arena *arena, struct conf_diags *diags,
				      const struct blocks_options *options)
{
	struct blocks_lines *l = ARENA_NEW(arena, struct blocks_lines);
	struct blocks_text start = {.file = path};
	const struct conf_file *f;
	int err = conf_files_read(files, path, &f);

	l->files = files;
	l->arena = arena;
	l->diags = diags;
	l->options = options;
	l->expanded_max = options->expanded_max ? options->expanded_max : EXPANDED_MAX;
	blocks_params_init(&l->params, files, arena, options->config_id);
	if (err)
		conf_error(diags, place_of(&start), "cannot be read: %s", strerror(-err));
	else
		push_file(l, &start, f);
	return l;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool first_word_is(const char *text, const char *word)
{
	size_t n = strlen(word);

	return strncmp(text, word, n) == 0 && (!text[n] || is_blank(text[n]));
}

static bool has_shell_quotes(const struct blocks_lines *l, const char *text)
{
	const char *const *word = l->options->quoted;

	while (is_blank(*text))
		text++;
	for (; word && *word; word++)
		if (first_word_is(text, *word))
			return true;
	return false;
}

/* Ends the line at a comment that stands outside quotes, and drops blanks at the end. */
static void strip(const struct blocks_lines *l, char *text)
{
	bool shell = has_shell_quotes(l, text);
	char quote = '\0', *at;

	for (at = text; *at; at++) {
		if (shell && *at == '\\' && at[1]) {
			at++;
		} else if (quote) {
			if (*at == quote)
				quote = '\0';
		} else if (*at == '"' || (shell && *at == '\'')) {
			quote = *at;
		} else if (*at == '#' || *at == '!') {
			break;
		}
	}
	while (at > text && is_blank(at[-1]))
		at--;
	*at = '\0';
}

/* The next raw line of the topmost source; exhausted sources go. */
static bool pull(struct blocks_lines *l, struct blocks_text *out)
{
	while (l->top && !l->stopped) {
		struct source *s = l->top;
		const char *line = s->at, *nl;

		*out = (struct blocks_text){NULL, s->file, s->line, s->column, false};
		if (s->loop) {
			if (blocks_loop_turn(s->loop, &l->params)) {
				size_t len = strlen(s->loop->rest);

				out->text = arena_strndup(l->arena, s->loop->rest, len);
				return spend(l, out, len + LOOP_COST);
			}
		} else if (s->at < s->end) {
			nl = memchr(s->at, '\n', (size_t)(s->end - s->at));
			if (!nl)
				nl = s->end;
			out->text = arena_strndup(l->arena, s->at, (size_t)(nl - s->at));
			s->at = nl < s->end ? nl + 1 : nl;
			if (s->is_file) {
				out->line = ++s->line;
				out->column = 1;
				out->exact = true;
				if (strlen(out->text) < (size_t)(nl - line)) {
					conf_error(l->diags, place_of(out),
						   "a NUL byte: not a text file");
					s->at = s->end; /* the rest is none either */
				}
				strip(l, out->text);
			}
			return true;
		}
		l->top = s->below;
		l->depth--;
	}
	return false;
}

static void skip_blanks(struct blocks_text *t)
{
	while (is_blank(*t->text)) {
		t->text++;
		t->column += t->exact;
	}
}

/* ---- include ---- */

static const char *const includes[] = {"include",  "includer", "includem", "includew",
				       "includeb", "includea", NULL};

/* The paths that a pattern matches, one a line; noted, so that a sealed set matches the same. */
static const char *matches(struct blocks_lines *l, const char *pattern)
{
	const char *noted = conf_fact_find(l->files, "glob", pattern);
	char *all = arena_strdup(l->arena, "");
	glob_t found;

	if (noted || l->files->sealed)
		return noted ? noted : all;
	if (glob(pattern, GLOB_BRACE | GLOB_NOMAGIC, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			all = arena_printf(l->arena, "%s%s\n", all, found.gl_pathv[i]);
		globfree(&found);
	}
	return conf_fact_note(l->files, "glob", pattern, all);
}

static void include_one(struct blocks_lines *l, const struct blocks_text *t, struct slice path,
			bool must)
{
	const char *name = arena_strndup(l->arena, path.ptr, path.len);
	const struct conf_file *f;
	int err = conf_files_read(l->files, name, &f);

	if (!err)
		push_file(l, t, f);
	else if (must)
		conf_error(l->diags, place_of(t), "include: %s: %s", name, strerror(-err));
	else
		conf_advise(l->diags, place_of(t), "include: %s: %s, going on without it", name,
			    strerror(-err));
}

static void include(struct blocks_lines *l, struct blocks_text *t, const char *word)
{
	struct slice pattern = slice_trim(slice_of(t->text + strlen(word)));
	bool must = word[strlen("include")] != '\0';
	struct slice list;
	const char *full;

	if (pattern.len >= 2 && pattern.ptr[0] == '"' && pattern.ptr[pattern.len - 1] == '"')
		pattern = (struct slice){pattern.ptr + 1, pattern.len - 2};
	if (pattern.len == 0) {
		conf_error(l->diags, place_of(t), "'%s' needs a file name", word);
		return;
	}
	full = arena_strndup(l->arena, pattern.ptr, pattern.len);
	if (full[0] != '/' && strcmp(l->top->dir, ".") != 0)
		full = arena_printf(l->arena, "%s/%s", l->top->dir, full);
	list = slice_of(matches(l, full));
	if (list.len == 0 && must)
		conf_error(l->diags, place_of(t), "include: nothing matches %s", full);
	/* Sources are a stack: the last match is pushed first. */
	while (list.len > 0 && !l->stopped) {
		size_t from = --list.len; /* the newline of the last path */

		while (from > 0 && list.ptr[from - 1] != '\n')
			from--;
		include_one(l, t, (struct slice){list.ptr + from, list.len - from}, must);
		list.len = from;
	}
}

/* ---- definitions ---- */

static bool ends_open(char *value)
{
	size_t len = strlen(value);

	while (len > 0 && is_blank(value[len - 1]))
		len--;
	if (len == 0 || value[len - 1] != '\\')
		return false;
	len--;
	while (len > 0 && is_blank(value[len - 1]))
		len--;
	value[len] = '\0';
	return true;
}

static void define(struct blocks_lines *l, struct blocks_text *t, size_t skip, struct slice name,
		   bool wanted)
{
	char *value = t->text + skip;
	struct blocks_text more;
	bool open;

	while (is_blank(*value))
		value++;
	open = ends_open(value);
	while (open && pull(l, &more)) {
		skip_blanks(&more);
		open = ends_open(more.text);
		if (!spend(l, &more, strlen(value)))
			return;
		if (*more.text)
			value = *value ? arena_printf(l->arena, "%s\n%s", value, more.text)
				       : more.text;
	}
	if (wanted)
		blocks_params_set(&l->params, name, value);
}

/* ---- one raw line into shape ---- */

/* `@ID rest` and `@^ID rest`: true when the rest counts; text is moved to it. */
static bool choose(struct blocks_lines *l, struct blocks_text *t)
{
	bool not = t->text[1] == '^';
	char *id = t->text + 1 + not ;
	size_t len = 0;
	bool same;

	while (id[len] && !is_blank(id[len]))
		len++;
	same = slice_eq_str((struct slice){id, len}, l->params.config_id);
	t->column += t->exact ? (unsigned)(id + len - t->text) : 0;
	t->text = id + len;
	skip_blanks(t);
	return same != not ;
}

/* Replaces parameters from `from` to the end of the text's first line; further lines that a value
 * brought become a source of their own. */
static bool substitute(struct blocks_lines *l, struct blocks_text *t)
{
	struct blocks_use use;
	unsigned n_uses = 0;

	while (blocks_params_find(&l->params, t->text, 0, l->top->dir, &use)) {
		struct source *rest;
		char *nl, *text;

		if (!spend(l, t, strlen(use.value)))
			return false;
		if (++n_uses > USES_MAX) {
			conf_error(l->diags, place_of(t),
				   "more than %d parameters in one line: does one use itself?",
				   USES_MAX);
			return false;
		}
		text = arena_printf(l->arena, "%.*s%s%s", (int)use.at, t->text, use.value,
				    t->text + use.at + use.len);
		t->text = text;
		t->exact = false;
		nl = strchr(text, '\n');
		if (!nl)
			continue;
		*nl = '\0';
		rest = push(l, t);
		if (!rest)
			return false;
		rest->at = nl + 1;
		rest->end = nl + 1 + strlen(nl + 1);
	}
	return true;
}

/* `~SEQ(...) rest` or `~LST(...) rest`: a loop source for the rest. False: no loop. */
static bool loop(struct blocks_lines *l, struct blocks_text *t)
{
	struct blocks_text head = *t;
	struct blocks_loop *turning;
	struct source *s;
	size_t len = blocks_loop_head_len(t->text);
	char *rest = t->text + len;

	if (len == 0)
		return false;
	head.text = arena_strndup(l->arena, t->text, len);
	if (!substitute(l, &head))
		return true;
	while (is_blank(*rest))
		rest++;
	turning = blocks_loop_new(&l->params, head.text, rest);
	if (!turning)
		conf_warn(l->diags, place_of(t), "'%s' is not understood, the line is not used",
			  head.text);
	else if (*rest && (s = push(l, t)))
		s->loop = turning;
	return true;
}

/* True when the line is an include; what it names has come before what follows it then. */
static bool take_include(struct blocks_lines *l, struct blocks_text *t)
{
	for (const char *const *w = includes; *w; w++) {
		if (first_word_is(t->text, *w)) {
			if (substitute(l, t))
				include(l, t, *w);
			return true;
		}
	}
	return false;
}

/* True when t is now a line of words; false when nothing of it is left. */
static bool shape(struct blocks_lines *l, struct blocks_text *t)
{
	bool counts = true, substituted = false;

	for (;;) {
		struct slice name;
		size_t skip;

		skip_blanks(t);
		while (*t->text == '@')
			counts = choose(l, t) && counts;
		if (counts && take_include(l, t))
			return false;
		skip = blocks_params_definition(t->text, &name);
		if (skip) {
			define(l, t, skip, name, counts);
			return false;
		}
		if (!counts || !*t->text || loop(l, t))
			return false;
		if (substituted) {
			if (first_word_is(t->text, "random_seed"))
				blocks_params_seed(&l->params, t->text + strlen("random_seed"));
			return true;
		}
		if (!substitute(l, t))
			return false;
		substituted = true;
	}
}

bool blocks_lines_next(struct blocks_lines *l, struct blocks_text *out)
{
	while (pull(l, out))
		if (shape(l, out) && !l->stopped)
			return true;
	return false;
}
