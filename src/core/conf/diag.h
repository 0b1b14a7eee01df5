/*
 * Diagnostics of a configuration: collected, not printed where found, so that one run shows all
 * of them, each with its place. Parsers never exit and never log.
 */
#ifndef RELAIS_CONF_DIAG_H
#define RELAIS_CONF_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "core/base/arena.h"

struct conf_place {
	const char *file;      /* lives as long as the files it came from */
	unsigned line, column; /* from 1; 0 = unknown */
};

enum conf_severity { CONF_NOTE, CONF_WARNING, CONF_ERROR };

struct conf_diag {
	struct conf_diag *next;
	enum conf_severity severity;
	struct conf_place place;
	const char *text;
};

struct conf_diags {
	struct arena arena; /* owns all texts */
	struct conf_diag *first, **tail;
	unsigned n_errors, n_warnings;
	unsigned n_advices; /* of the warnings: see conf_advise */
};

void conf_diags_init(struct conf_diags *d);
void conf_diags_fini(struct conf_diags *d);
void conf_error(struct conf_diags *d, struct conf_place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void conf_warn(struct conf_diags *d, struct conf_place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A warning that is relais' own: the program whose grammar this is lets it pass without a word.
 * Under that program's name it does not count for the verdict. */
void conf_advise(struct conf_diags *d, struct conf_place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void conf_note(struct conf_diags *d, struct conf_place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* All of from behind what is in to, texts copied. */
void conf_diags_append(struct conf_diags *to, const struct conf_diags *from);
/* "file:line:column: error: text", one per line, in the order found. */
void conf_diags_print(const struct conf_diags *d, FILE *out, bool warnings);

/* The nearest of names (NULL-terminated) to word by edit distance, or NULL when none is near. */
const char *conf_nearest(const char *word, const char *const *names);

#endif
