/*
 * The condition of `.if` and `.elif` (HAProxy's manual 2.4): predicates, !, &&, ||, parentheses.
 */
#ifndef RELAIS_CONF_CONDITION_H
#define RELAIS_CONF_CONDITION_H

#include "core/conf/conf_env.h"

/* The release of HAProxy whose grammar is read: what version_atleast() and version_before() see. */
#define CONDITION_HAPROXY_VERSION "2.6.12"

/* 1, 0, or -1: wrong, with *what (a phrase) and *offset into text. */
int condition_eval(const char *text, const struct conf_env *env, const char **what, size_t *offset);

/* Names that feature() knows, those served first; NULL-terminated. For -vv. */
extern const char *const condition_features[];

#endif
