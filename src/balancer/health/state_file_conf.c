/*
 * Rows that name files of servers' states. At load, one thread; state_file.c reads the files when a
 * balancer starts.
 */
#include "balancer/health/state_file.h"
#include "core/conf/value.h"

static void read_from(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const names[] = {"none", "global", "local", NULL};
	unsigned n;

	if (conf_ctx_args(ctx, line, 1, 1) && conf_word_choice(ctx, line, 1, names, &n))
		((struct proxy_conf *)target)->state_from = (enum proxy_state_from)n;
}

static void read_name(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;

	if (!conf_ctx_args(ctx, line, 0, 1))
		return;
	p->state_file = NULL;
	if (line->n_words > 1 && !conf_line_is(line, 1, "use-backend-name"))
		conf_word_string(ctx, line, 1, &p->state_file);
}

#define ROW(name, sections, type, offset, args, parse, doc)                                     \
	{                                                                                       \
		name, sections, type, offset, 0, 0, args, NULL, CONF_EFFECT_RELOAD, parse, doc, \
			"0.3", 0                                                                \
	}

static const struct conf_keyword rows[] = {
	ROW("load-server-state-from-file", CONF_DBE, CONF_CUSTOM, 0, "global|local|none", read_from,
	    "servers begin as a saved 'show servers state' says"),
	ROW("server-state-file-name", CONF_BE, CONF_CUSTOM, 0, "[use-backend-name|<file>]",
	    read_name, "the file of this backend for 'local'; else named like the backend"),
	ROW("server-state-file", CONF_GLOBAL, CONF_STRING, offsetof(struct global_conf, state_file),
	    "<file>", NULL, "the file for 'load-server-state-from-file global'"),
	ROW("server-state-base", CONF_GLOBAL, CONF_STRING, offsetof(struct global_conf, state_base),
	    "<directory>", NULL,
	    "where files of servers' states are, unless their names begin with /"),
	{.name = NULL},
};

const struct conf_part state_file_part = {.name = "servers' states", .rows = rows};
