/*
 * Regular expressions as rules use them: compiled with a diagnostic, and replacement texts with
 * \0..\9. Inside the room rules/.
 */
#ifndef RELAIS_RULES_SUBSTITUTE_H
#define RELAIS_RULES_SUBSTITUTE_H

#include "balancer/rules/build.h"
#include "core/base/regex.h"
#include "core/base/text.h"

/* NULL after an error. */
struct regex *rules_regex(struct rules_build *b, struct slice text, bool ignore_case);
/* Appends replacement, \N replaced by group N; a backslash before anything else is taken off. */
void rules_substitute(struct text *out, struct slice replacement, const struct slice *groups);

#endif
