/*
 * The native grammar: HAProxy's sections, quoting, variables and conditions (its manual's chapter
 * 2). The grammar knows no keyword: sections and rows are handed in by the rooms above (the list is
 * main/registry.c), so this room stays free of proxies.
 *
 * A row's parse function gets struct conf_ctx (keyword.h), one logical line and the section's
 * target. Words are unquoted and expanded; a `no` or `default` prefix is taken off already and
 * stands in ctx->prefix. Whatever is wrong is said with conf_ctx_error(ctx, line, i, ...): parsing
 * goes on with the next line, and the run fails at its end.
 */
#ifndef RELAIS_CONF_NATIVE_H
#define RELAIS_CONF_NATIVE_H

#include "core/base/arena.h"
#include "core/conf/diag.h"
#include "core/conf/files.h"
#include "core/conf/keyword.h"

enum conf_section_bit {
	CONF_GLOBAL = 1 << 0,
	CONF_DEFAULTS = 1 << 1,
	CONF_FRONTEND = 1 << 2,
	CONF_BACKEND = 1 << 3,
	CONF_LISTEN = 1 << 4,
	CONF_USERLIST = 1 << 5,
	CONF_PEERS = 1 << 6,
	CONF_RESOLVERS = 1 << 7,
	CONF_MAILERS = 1 << 8,
	CONF_CACHE = 1 << 9,
	CONF_PROGRAM = 1 << 10,
	CONF_RING = 1 << 11,
	CONF_HTTP_ERRORS = 1 << 12,
	CONF_LOG_FORWARD = 1 << 13,
	CONF_FCGI_APP = 1 << 14,
	CONF_VIP = 1 << 15,
	CONF_OTHER = 1 << 16,
	CONF_VIP_GROUP = 1 << 17,
	CONF_VIP_DEFAULTS = 1 << 18,
	/* as the manual's keyword matrix has them */
	CONF_FE = CONF_FRONTEND | CONF_LISTEN,
	CONF_BE = CONF_BACKEND | CONF_LISTEN,
	CONF_PROXY = CONF_FRONTEND | CONF_BACKEND | CONF_LISTEN,
	CONF_DFE = CONF_DEFAULTS | CONF_FE,
	CONF_DBE = CONF_DEFAULTS | CONF_BE,
	CONF_DPROXY = CONF_DEFAULTS | CONF_PROXY,
};

struct conf_section {
	const char *name; /* "frontend" */
	uint64_t bit;
	const char *args, *doc;
	/* A section line: checks its words, gives the target for the rows. NULL = its lines are
	 * only looked up by name (a broken section, or one that is not served). */
	void *(*begin)(struct conf_ctx *ctx, const struct conf_line *line);
	uint64_t forgiven; /* keywords of these sections have no effect here: a warning, no error */
	/* Another reader of the same files reads it: lines that no row of ours knows are passed
	 * over without a word. */
	bool passed_over;
};

/* What one room brings to the grammar. */
struct conf_part {
	const char *name;		 /* of the room, for the manual */
	const struct conf_keyword *rows; /* ends with name NULL */
	/* A section's target was made that takes over a parent's settings (a proxy from its
	 * defaults; parent NULL = none). Called by the room that owns the target, through
	 * conf_ctx_inherit. May be NULL. */
	void (*inherit)(struct conf_ctx *ctx, void *target, const void *parent);
	/* All files are read: names may be resolved. root is what is being built
	 * (struct balancer_conf *). In the order of the parts. May be NULL. */
	void (*finish)(struct conf_ctx *ctx, void *root);
};

enum conf_prefix { CONF_PREFIX_NONE, CONF_PREFIX_NO, CONF_PREFIX_DEFAULT };

struct conf_env; /* conf_env.h: variables */

/* What every row's parse sees, in both grammars. */
struct conf_ctx {
	struct conf_diags *diags;
	struct arena *arena;		      /* of the configuration that is being built */
	struct conf_files *files;	      /* where all reading goes through */
	void *extra;			      /* the caller's own parse state */
	const struct conf_section *sections;  /* ends with name NULL */
	const struct conf_part *const *parts; /* ends with NULL */
	void *root;			      /* what is being built: struct balancer_conf * */
	const struct conf_section *section;   /* the present one; NULL before the first */
	const char *section_name;	      /* its second word, or "" */
	void *target;			      /* what its begin gave */
	const struct conf_keyword *keyword;   /* the present row */
	unsigned n_name;		      /* words of its name: arguments start there */
	enum conf_prefix prefix;	      /* `no`, `default` */
	unsigned n_taken; /* words an option with n_args -1 took behind its name */
	struct conf_env *env;
	bool offline; /* names in addresses are not looked up: they do not resolve */
	/* Where complaints about lines of passed-over sections go, for nobody to read. NULL: as all
	 * others. In such a section diags is this one. */
	struct conf_diags *unread, *read;
	bool second; /* another reader has seen these files: lines outside of sections are its too
		      */
	/* After each line whose row was applied to a target. May be NULL. */
	void (*on_keyword)(struct conf_ctx *ctx, const struct conf_keyword *row,
			   const struct conf_line *line);
};

/* The place of words[i], or of the line's end when there is none. */
struct conf_place conf_line_place(const struct conf_line *line, unsigned i);
/* words[i].text, "" behind the end. */
const char *conf_line_word(const struct conf_line *line, unsigned i);
bool conf_line_is(const struct conf_line *line, unsigned i, const char *text);
/* Words [from, n) joined by one blank, in arena; "" when none. */
const char *conf_line_join(struct arena *arena, const struct conf_line *line, unsigned from);

/* A diagnostic at words[i]. */
void conf_ctx_error(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, const char *fmt,
		    ...) __attribute__((format(printf, 4, 5)));
void conf_ctx_warn(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, const char *fmt,
		   ...) __attribute__((format(printf, 4, 5)));
/* The keyword takes min..max arguments: false and an error that shows the row's args otherwise. */
bool conf_ctx_args(struct conf_ctx *ctx, const struct conf_line *line, unsigned min, unsigned max);
/* Calls every part's inherit. */
void conf_ctx_inherit(struct conf_ctx *ctx, void *target, const void *parent);

/*
 * A line that is itself a list of keywords ("bind :80 name x maxconn 3"): reads words from `from`
 * on by rows of `options`; an option's own parse function gets a line that starts at its name.
 */
struct conf_option {
	struct conf_keyword keyword; /* name, type, offset, bounds, args, doc ... as ever */
	int n_args; /* words that follow its name; -1 = parse says in ctx->n_taken */
};
/* kind names the list in messages ("bind", "server"). False when something was wrong. */
bool conf_options_read(struct conf_ctx *ctx, const struct conf_line *line, unsigned from,
		       const struct conf_option *options, const char *kind, void *target);

/*
 * Reads one file's text, line by line, into the target of ctx. Rows and sections decide. Several
 * calls continue (a section does not span files). Diagnostics go to ctx->diags.
 */
void conf_native_read(struct conf_ctx *ctx, const struct conf_file *file);
/* Paths as -f takes them: files, or directories whose *.cfg are read in the C locale's order. */
void conf_native_read_paths(struct conf_ctx *ctx, const char *const *paths, size_t n);
/* conf_part.finish of every part. */
void conf_native_finish(struct conf_ctx *ctx);

/* setenv, presetenv, unsetenv and resetenv of `global`: every reader of these files needs them. */
extern const struct conf_part conf_part_env;

/* Before the first read; then fill in sections, parts, root. All it takes is in arena. */
void conf_ctx_init(struct conf_ctx *ctx, struct conf_files *files, struct arena *arena,
		   struct conf_diags *diags);

/* Rows of the block grammar (keepalived.conf), table by table; ends with rows NULL. */
void conf_manual_print_blocks(const struct conf_keyword_table *tables, FILE *out);
/* All rows of all parts as a reference manual in Markdown. */
void conf_manual_print(const struct conf_section *sections, const struct conf_part *const *parts,
		       FILE *out);

#endif
