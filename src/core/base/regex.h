/*
 * Regular expressions: PCRE2 with JIT, compiled at load, matched on any thread. The syntax that
 * users' configurations assume.
 */
#ifndef RELAIS_BASE_REGEX_H
#define RELAIS_BASE_REGEX_H

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/base/slice.h"

struct regex;

enum { REGEX_GROUPS_MAX = 10 };

/* NULL with a message in err (err_len bytes). Lives until regex_free. */
struct regex *regex_compile(struct slice pattern, bool ignore_case, char *err, size_t err_len);
/* The same, freed when the arena ends: for what a configuration holds. */
struct regex *regex_compile_in(struct arena *arena, struct slice pattern, bool ignore_case,
			       char *err, size_t err_len);
void regex_free(struct regex **re);
bool regex_match(const struct regex *re, struct slice subject);
/* Frees what matching keeps per thread; called by each thread at its end. */
void regex_thread_end(void);
/* As regex_match; groups[0] is the whole match, unset groups have len 0. How many, or 0. */
int regex_groups(const struct regex *re, struct slice subject,
		 struct slice groups[static REGEX_GROUPS_MAX]);

#endif
