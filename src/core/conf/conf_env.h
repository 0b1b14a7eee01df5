/*
 * Variables of a configuration: the process's environment under what setenv, presetenv, unsetenv
 * and resetenv say, so that reading a configuration never changes the process itself. Predefined
 * ones (HAPROXY_LOCALPEER, ...) are set by whoever starts the parse.
 */
#ifndef RELAIS_CONF_ENV_H
#define RELAIS_CONF_ENV_H

#include "core/base/arena.h"

struct conf_env_var {
	struct conf_env_var *next;
	const char *name, *value; /* value NULL = unset */
};

struct conf_env {
	struct arena *arena; /* borrowed */
	struct conf_env_var *vars;
	bool hide_process; /* resetenv was said: the process's own no longer count */
};

void conf_env_init(struct conf_env *env, struct arena *arena);
/* NULL = not set. The name need not be NUL-terminated. */
const char *conf_env_get(const struct conf_env *env, struct slice name);
/* value NULL unsets. */
void conf_env_set(struct conf_env *env, const char *name, const char *value);
/* Keeps only the n given names. */
void conf_env_reset(struct conf_env *env, const char *const *keep, size_t n);

#endif
