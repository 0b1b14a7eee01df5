/*
 * Variables of a configuration. See conf_env.h. Called by the lexer, by `.if defined()` and by the
 * rows of setenv and its family; one thread, at load.
 */
#include "core/conf/conf_env.h"

#include <stdlib.h>

void conf_env_init(struct conf_env *env, struct arena *arena)
{
	*env = (struct conf_env){.arena = arena};
}

const char *conf_env_get(const struct conf_env *env, struct slice name)
{
	char buf[256];

	for (const struct conf_env_var *v = env->vars; v; v = v->next) {
		if (slice_eq_str(name, v->name))
			return v->value;
	}
	if (env->hide_process || name.len == 0 || name.len >= sizeof(buf))
		return NULL;
	memcpy(buf, name.ptr, name.len);
	buf[name.len] = '\0';
	return getenv(buf);
}

void conf_env_set(struct conf_env *env, const char *name, const char *value)
{
	struct conf_env_var *v = ARENA_NEW(env->arena, struct conf_env_var);

	v->name = arena_strdup(env->arena, name);
	v->value = value ? arena_strdup(env->arena, value) : NULL;
	v->next = env->vars;
	env->vars = v;
}

void conf_env_reset(struct conf_env *env, const char *const *keep, size_t n)
{
	struct conf_env old = *env;

	env->vars = NULL;
	env->hide_process = true;
	for (size_t i = 0; i < n; i++) {
		const char *value = conf_env_get(&old, slice_of(keep[i]));

		if (value)
			conf_env_set(env, keep[i], value);
	}
}
