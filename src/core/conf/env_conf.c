/*
 * Rows of `global` that set variables of the configuration. See conf_env.h. They are a part of
 * their own because two readers read the same files: the balancer's, and the one of `vip` sections.
 */
#include <limits.h>

#include "core/conf/conf_env.h"
#include "core/conf/native.h"

static void read_setenv(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const char *name = conf_line_word(line, 1);

	(void)target;
	if (!conf_ctx_args(ctx, line, 1, 2))
		return;
	if (line->n_words < 3) {
		conf_ctx_error(ctx, line, 2, "'%s' needs a name and a value", ctx->keyword->name);
		return;
	}
	if (conf_line_is(line, 0, "presetenv") && conf_env_get(ctx->env, slice_of(name)))
		return;
	conf_env_set(ctx->env, name, conf_line_word(line, 2));
}

static void read_unsetenv(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)target;
	if (!conf_ctx_args(ctx, line, 1, UINT_MAX))
		return;
	for (unsigned i = 1; i < line->n_words; i++)
		conf_env_set(ctx->env, conf_line_word(line, i), NULL);
}

static void read_resetenv(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const char **keep = ARENA_ARRAY(ctx->arena, const char *, line->n_words);

	(void)target;
	for (unsigned i = 1; i < line->n_words; i++)
		keep[i - 1] = conf_line_word(line, i);
	conf_env_reset(ctx->env, keep, line->n_words - 1);
}

#define ROW(name, args, fn, doc)                                                                  \
	{                                                                                         \
		name, CONF_GLOBAL, CONF_CUSTOM, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, fn, doc, \
			"0.1", 0                                                                  \
	}

static const struct conf_keyword rows[] = {
	ROW("setenv", "<name> <value>", read_setenv, "sets a variable"),
	ROW("presetenv", "<name> <value>", read_setenv, "sets a variable that is not set"),
	ROW("unsetenv", "<name> ...", read_unsetenv, "forgets variables"),
	ROW("resetenv", "[<name> ...]", read_resetenv, "forgets all variables but these"),
	{.name = NULL},
};

const struct conf_part conf_part_env = {.name = "environment", .rows = rows};
