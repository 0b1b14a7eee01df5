/*
 * `log` lines, in global and in proxies, into struct log_target. Rows of the native grammar; at
 * load.
 */
#include <limits.h>

#include "balancer/proxy/proxy_parse.h"
#include "core/conf/value.h"

enum { LOG_PORT = 514, LOG_LEN_MIN = 80, LOG_LEN_MAX = 65535 };

static bool read_target(struct conf_ctx *ctx, const struct conf_line *line, struct log_target *t)
{
	const char *text = conf_line_word(line, 1);
	struct conf_address a;

	if (strcmp(text, "stdout") == 0 || strcmp(text, "stderr") == 0) {
		t->fd = text[3] == 'o' ? 1 : 2;
		return true;
	}
	if (!conf_address_parse(ctx, conf_line_place(line, 1), text,
				CONF_ADDRESS_PORT | CONF_ADDRESS_UNIX | CONF_ADDRESS_FD |
					CONF_ADDRESS_DGRAM | CONF_ADDRESS_RESOLVE,
				&a))
		return false;
	t->addr = a.addr;
	t->fd = a.fd;
	if (a.addr.len && a.addr.sa.sa_family != AF_UNIX && !a.has_port)
		addr_set_port(&t->addr, LOG_PORT);
	return true;
}

static bool read_level(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		       enum log_level *out)
{
	unsigned level;

	if (!conf_line_word(line, i)[0])
		return true;
	if (!conf_word_choice(ctx, line, i, log_level_names, &level))
		return false;
	*out = (enum log_level)level;
	return true;
}

/* len N, format F, sample ...: *i moves to the facility. */
static bool read_settings(struct conf_ctx *ctx, const struct conf_line *line, unsigned *i,
			  struct log_target *t)
{
	for (;; *i += 2) {
		const char *value = conf_line_word(line, *i + 1);
		int len;

		if (conf_line_is(line, *i, "len")) {
			if (!conf_word_int(ctx, line, *i + 1, LOG_LEN_MIN, LOG_LEN_MAX, &len))
				return false;
			t->max_len = (unsigned)len;
		} else if (conf_line_is(line, *i, "format")) {
			if (!log_wire_find(value, &t->wire)) {
				conf_ctx_error(ctx, line, *i + 1,
					       "there is no log format '%s': formats are rfc3164, "
					       "rfc5424, local, priority, short, timed, iso, raw",
					       value);
				return false;
			}
		} else if (conf_line_is(line, *i, "sample") || conf_line_is(line, *i, "profile")) {
			conf_ctx_error(ctx, line, *i, "'log ... %s' is known but not served yet",
				       conf_line_word(line, *i));
			return false;
		} else {
			return true;
		}
	}
}

struct log_target *log_conf_read(struct conf_ctx *ctx, const struct conf_line *line)
{
	struct log_target *t = ARENA_NEW(ctx->arena, struct log_target);
	unsigned i = 2, facility;

	*t = (struct log_target){.fd = -1,
				 .max_level = LOG_LEVEL_DEBUG,
				 .min_level = LOG_LEVEL_EMERG,
				 .wire = LOG_WIRE_UNSET,
				 .max_len = 1024};
	if (line->n_words < 3) {
		conf_ctx_error(ctx, line, line->n_words,
			       "'log' needs an address and a facility: log %s", ctx->keyword->args);
		return NULL;
	}
	if (!read_target(ctx, line, t) || !read_settings(ctx, line, &i, t) ||
	    !conf_word_choice(ctx, line, i, log_facility_names, &facility) ||
	    !read_level(ctx, line, i + 1, &t->max_level) ||
	    !read_level(ctx, line, i + 2, &t->min_level))
		return NULL;
	t->facility = (int)facility;
	if (i + 3 < line->n_words)
		conf_ctx_error(ctx, line, i + 3, "'log' has no use for '%s'",
			       conf_line_word(line, i + 3));
	return t;
}

static void global_log(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct global_conf *global = target;
	struct proxy_parse *parse = proxy_parse_of(ctx);
	struct log_target *t;

	if (ctx->prefix == CONF_PREFIX_NO) {
		if (line->n_words > 1)
			conf_ctx_error(ctx, line, 1, "'no log' stands alone");
		global->log_targets = NULL;
		parse->global_log_tail = &global->log_targets;
		return;
	}
	t = log_conf_read(ctx, line);
	if (!t)
		return;
	*parse->global_log_tail = t;
	parse->global_log_tail = &t->next;
}

static void proxy_log(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_build *b = proxy_build_of(target);
	struct log_target *t;

	if (ctx->prefix == CONF_PREFIX_NO) {
		if (line->n_words > 1)
			conf_ctx_error(ctx, line, 1, "'no log' stands alone");
		b->conf.log_targets = NULL;
		b->log_tail = &b->conf.log_targets;
		b->log_global = false;
		return;
	}
	if (conf_line_is(line, 1, "global")) {
		if (line->n_words > 2)
			conf_ctx_error(ctx, line, 2, "'log global' has no use for '%s'",
				       conf_line_word(line, 2));
		b->log_global = true;
		return;
	}
	t = log_conf_read(ctx, line);
	if (!t)
		return;
	*b->log_tail = t;
	b->log_tail = &t->next;
}

#define LOG_ARGS "<address>|stdout|stderr [len <n>] [format <format>] <facility> [<max> [<min>]]"

static const struct conf_keyword rows[] = {
	{"log", CONF_GLOBAL, CONF_CUSTOM, 0, 0, 0, LOG_ARGS, NULL, CONF_EFFECT_RELOAD, global_log,
	 "where the lines of 'log global' go", "0.1", CONF_CAN_NO},
	{"log", CONF_DPROXY, CONF_CUSTOM, 0, 0, 0, "global | " LOG_ARGS, NULL, CONF_EFFECT_RELOAD,
	 proxy_log, "where this proxy's log lines go", "0.1", CONF_CAN_NO},
	{"log-tag", CONF_GLOBAL, CONF_STRING, offsetof(struct global_conf, log_tag), 0, 0, "<text>",
	 NULL, CONF_EFFECT_RELOAD, NULL, "the program's name in log lines", "0.1", 0},
	{"log-tag", CONF_DPROXY, CONF_STRING, offsetof(struct proxy_conf, log_tag), 0, 0, "<text>",
	 NULL, CONF_EFFECT_RELOAD, NULL, "the program's name in log lines", "0.1", 0},
	{.name = NULL},
};

const struct conf_part proxy_part_log = {.name = "log", .rows = rows};
