/*
 * The native grammar's reader: files into lines, lines into sections, keywords and directives. See
 * native.h. Runs once per load in one thread; everything it makes is in the configuration's arena.
 *
 *   file ─► line ─► lexer ─► .if/.else? ─► section line? ─► [no|default] keyword ─► its row
 */
#include "core/conf/native.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/conf/condition.h"
#include "core/conf/conf_env.h"
#include "core/conf/keyword_row.h"
#include "core/conf/lexer.h"

enum { IF_DEPTH_MAX = 64 };

struct branch { /* one open .if */
	struct conf_place place;
	bool taken;   /* some branch of it was */
	bool active;  /* this branch is */
	bool in_else; /* .else was seen */
};

struct reader {
	struct conf_ctx *ctx;
	struct lexer lexer;
	struct branch branches[IF_DEPTH_MAX];
	unsigned depth;
};

void conf_ctx_init(struct conf_ctx *ctx, struct conf_files *files, struct arena *arena,
		   struct conf_diags *diags)
{
	*ctx = (struct conf_ctx){
		.diags = diags, .arena = arena, .files = files, .section_name = ""};
	ctx->env = ARENA_NEW(arena, struct conf_env);
	conf_env_init(ctx->env, arena);
}

void conf_ctx_inherit(struct conf_ctx *ctx, void *target, const void *parent)
{
	for (size_t i = 0; ctx->parts[i]; i++) {
		if (ctx->parts[i]->inherit)
			ctx->parts[i]->inherit(ctx, target, parent);
	}
}

void conf_native_finish(struct conf_ctx *ctx)
{
	ctx->keyword = NULL;
	for (size_t i = 0; ctx->parts[i]; i++) {
		if (ctx->parts[i]->finish)
			ctx->parts[i]->finish(ctx, ctx->root);
	}
}

static bool skipping(const struct reader *r)
{
	return r->depth > 0 && !r->branches[r->depth - 1].active;
}

static bool enclosing_active(const struct reader *r)
{
	return r->depth < 2 || r->branches[r->depth - 2].active;
}

static bool holds(struct reader *r, const struct conf_line *line)
{
	const char *text = conf_line_join(r->ctx->arena, line, 1), *what = "";
	size_t offset = 0;
	int v = condition_eval(text, r->ctx->env, &what, &offset);

	if (v < 0)
		conf_ctx_error(r->ctx, line, 1, "condition '%s' is wrong at '%.20s': %s", text,
			       text + offset, what);
	return v > 0;
}

static void open_if(struct reader *r, const struct conf_line *line)
{
	bool outer = !skipping(r);
	struct branch *b;

	if (r->depth == IF_DEPTH_MAX) {
		conf_ctx_error(r->ctx, line, 0, ".if nested more than %d deep", IF_DEPTH_MAX);
		return;
	}
	b = &r->branches[r->depth++];
	*b = (struct branch){.place = conf_line_place(line, 0)};
	b->active = b->taken = outer && holds(r, line);
}

static void turn_branch(struct reader *r, const struct conf_line *line, bool is_else)
{
	struct branch *b = r->depth ? &r->branches[r->depth - 1] : NULL;
	const char *name = conf_line_word(line, 0);

	if (!b) {
		conf_ctx_error(r->ctx, line, 0, "%s without an .if before it", name);
		return;
	}
	if (b->in_else) {
		conf_ctx_error(r->ctx, line, 0, "%s after .else", name);
		return;
	}
	b->in_else = is_else;
	b->active = enclosing_active(r) && !b->taken && (is_else || holds(r, line));
	b->taken = b->taken || b->active;
}

static void say(struct reader *r, const struct conf_line *line)
{
	struct conf_place at = conf_line_place(line, 0);
	const char *name = conf_line_word(line, 0), *text = conf_line_word(line, 1);

	if (!*text)
		text = "(no message)";
	if (line->n_words > 2)
		conf_ctx_error(r->ctx, line, 2, "%s takes one word: put the message in quotes",
			       name);
	else if (strcmp(name, ".alert") == 0)
		conf_error(r->ctx->diags, at, "%s", text);
	else if (strcmp(name, ".warning") == 0)
		conf_warn(r->ctx->diags, at, "%s", text);
	else
		conf_note(r->ctx->diags, at, "%s", text);
}

static void directive(struct reader *r, const struct conf_line *line)
{
	static const char *const names[] = {".if",	".elif",  ".else", ".endif", ".notice",
					    ".warning", ".alert", ".diag", NULL};
	const char *name = conf_line_word(line, 0), *near;

	if (strcmp(name, ".if") == 0) {
		open_if(r, line);
	} else if (strcmp(name, ".elif") == 0) {
		turn_branch(r, line, false);
	} else if (strcmp(name, ".else") == 0) {
		turn_branch(r, line, true);
	} else if (strcmp(name, ".endif") == 0) {
		if (r->depth)
			r->depth--;
		else
			conf_ctx_error(r->ctx, line, 0, ".endif without an .if before it");
	} else if (skipping(r)) {
		return;
	} else if (strcmp(name, ".diag") == 0) {
		return; /* only HAProxy's -dD shows these */
	} else if (strcmp(name, ".notice") == 0 || strcmp(name, ".warning") == 0 ||
		   strcmp(name, ".alert") == 0) {
		say(r, line);
	} else {
		near = conf_nearest(name, names);
		conf_ctx_error(r->ctx, line, 0, "unknown directive '%s'%s%s%s", name,
			       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
}

/* Complaints about what another reader reads are that reader's. */
static void choose_diags(struct reader *r)
{
	struct conf_ctx *ctx = r->ctx;

	bool passed = ctx->section ? ctx->section->passed_over : ctx->second;

	if (ctx->unread)
		ctx->diags = passed ? ctx->unread : ctx->read;
	r->lexer.diags = ctx->diags;
}

static bool section_line(struct conf_ctx *ctx, const struct conf_line *line)
{
	const char *name = conf_line_word(line, 0);

	for (const struct conf_section *s = ctx->sections; s->name; s++) {
		if (strcmp(name, s->name) != 0)
			continue;
		ctx->section = s;
		ctx->section_name = conf_line_word(line, 1);
		ctx->keyword = NULL;
		ctx->prefix = CONF_PREFIX_NONE;
		ctx->n_name = 1;
		ctx->target = s->begin ? s->begin(ctx, line) : NULL;
		return true;
	}
	return false;
}

static void out_of_section(struct conf_ctx *ctx, const struct conf_line *line)
{
	const char *names[32];
	const char *near;
	size_t n = 0;

	for (const struct conf_section *s = ctx->sections; s->name && n < 31; s++)
		names[n++] = s->name;
	names[n] = NULL;
	near = conf_nearest(conf_line_word(line, 0), names);
	conf_ctx_error(ctx, line, 0, "'%s' stands outside of any section%s%s%s",
		       conf_line_word(line, 0), near ? "; did you mean the section '" : "",
		       near ? near : "", near ? "'?" : "");
}

static void read_line(struct reader *r, struct slice text)
{
	struct conf_ctx *ctx = r->ctx;
	struct conf_line line;
	bool skip = skipping(r);
	struct slice bare = slice_trim(text);

	/* Lines that are left out need not even be well formed, unless they are directives. */
	if (skip && (bare.len == 0 || bare.ptr[0] != '.'))
		return;
	r->lexer.section = ctx->section_name[0] ? ctx->section_name
			   : ctx->section	? ctx->section->name
						: "";
	if (!lexer_line(&r->lexer, text, &line) || line.n_words == 0 || !line.words[0].text[0])
		return;
	if (line.words[0].text[0] == '.' && !line.words[0].quoted)
		directive(r, &line);
	else if (skip || section_line(ctx, &line))
		choose_diags(r);
	else if (!ctx->section)
		out_of_section(ctx, &line);
	else
		keyword_row_line(ctx, &line);
}

void conf_native_read(struct conf_ctx *ctx, const struct conf_file *file)
{
	struct reader r = {.ctx = ctx};
	struct slice rest = file->bytes;

	r.lexer = (struct lexer){ctx->arena, ctx->diags, ctx->env, file->path, 0, ""};
	ctx->section = NULL;
	ctx->section_name = "";
	ctx->target = NULL;
	choose_diags(&r);
	while (rest.len > 0) {
		size_t end = slice_find(rest, '\n');

		r.lexer.line++;
		read_line(&r, (struct slice){rest.ptr, end});
		if (end == rest.len) {
			conf_error(ctx->diags,
				   (struct conf_place){file->path, r.lexer.line, (unsigned)end + 1},
				   "the last line does not end with a newline: is the file cut?");
			break;
		}
		rest.ptr += end + 1;
		rest.len -= end + 1;
	}
	while (r.depth)
		conf_error(ctx->diags, r.branches[--r.depth].place, ".if without its .endif");
	if (ctx->unread)
		ctx->diags = ctx->read;
}

static void read_path(struct conf_ctx *ctx, const char *path)
{
	const struct conf_file *file;
	int err = conf_files_read(ctx->files, path, &file);

	if (err)
		conf_error(ctx->diags, (struct conf_place){.file = path}, "cannot be read: %s",
			   err == -EFBIG ? "too large" : strerror(-err));
	else
		conf_native_read(ctx, file);
}

static int is_cfg(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".cfg") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_directory(struct conf_ctx *ctx, const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_cfg, by_bytes);

	if (n < 0) {
		conf_error(ctx->diags, (struct conf_place){.file = path}, "cannot be read: %s",
			   strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		read_path(ctx, arena_printf(ctx->arena, "%s/%s", path, entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
}

/* A sealed set holds a directory's files under their own names; the directory is not looked at. */
static void read_sealed(struct conf_ctx *ctx, const char *path)
{
	size_t len = strlen(path);

	for (const struct conf_file *f = ctx->files->first; f; f = f->next) {
		size_t flen = strlen(f->path);

		if (strcmp(f->path, path) == 0 ||
		    (flen > len + 5 && memcmp(f->path, path, len) == 0 && f->path[len] == '/' &&
		     !strchr(f->path + len + 1, '/') && strcmp(f->path + flen - 4, ".cfg") == 0))
			conf_native_read(ctx, f);
	}
}

void conf_native_read_paths(struct conf_ctx *ctx, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct stat st;

		if (ctx->files->sealed)
			read_sealed(ctx, paths[i]);
		else if (stat(paths[i], &st) == 0 && S_ISDIR(st.st_mode))
			read_directory(ctx, paths[i]);
		else
			read_path(ctx, paths[i]);
	}
}
