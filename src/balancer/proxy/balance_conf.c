/*
 * How a server is chosen and kept: balance, hash-type, cookie. Rows of the native grammar; at load.
 */
#include <limits.h>

#include "balancer/proxy/proxy_parse.h"
#include "core/conf/value.h"

static void read_balance(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const unserved[] = {"uri",	 "url_param",  "hdr",	   "hash",
					       "sticky", "rdp-cookie", "log-hash", NULL};
	struct proxy_conf *p = target;
	const char *word = conf_line_word(line, 1);
	struct slice name = {word, strcspn(word, "(")};
	const struct balance_algorithm *found;
	const char *names[32];
	size_t n = 0;

	if (line->n_words < 2) {
		p->balance = balance_find(SLICE("roundrobin"));
		return;
	}
	found = balance_find(name);
	for (size_t i = 0; unserved[i]; i++) {
		if (slice_eq_str(name, unserved[i])) {
			conf_ctx_error(ctx, line, 1, "'balance %s' is known but not served yet",
				       word);
			return;
		}
	}
	for (size_t i = 0; balance_algorithms[i]; i++)
		names[n++] = balance_algorithms[i]->name;
	names[n] = NULL;
	if (!found) {
		conf_word_choice(ctx, line, 1, names, &(unsigned){0});
		return;
	}
	if (word[name.len] && strcmp(found->name, "random") != 0)
		conf_ctx_error(ctx, line, 1, "'balance %s' takes no argument", found->name);
	else if (strncmp(word + name.len, "(0", 2) == 0)
		conf_ctx_error(ctx, line, 1, "'balance random' draws one server at least");
	else if (word[name.len] && strcmp(word + name.len, "(2)") != 0)
		conf_ctx_warn(ctx, line, 1, "'balance random' always draws two servers");
	conf_ctx_args(ctx, line, 1, 1);
	p->balance = found;
}

static void read_hash_type(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const methods[] = {"map-based", "consistent", NULL};
	unsigned n;

	(void)target;
	if (!conf_ctx_args(ctx, line, 1, 3) || !conf_word_choice(ctx, line, 1, methods, &n))
		return;
	if (n == 1)
		conf_ctx_error(ctx, line, 1, "'hash-type consistent' is known but not served yet");
	else if (line->n_words > 2 && !conf_line_is(line, 2, "sdbm"))
		conf_ctx_error(ctx, line, 2, "'hash-type map-based %s' is known but not served yet",
			       conf_line_word(line, 2));
}

#define AT(member) offsetof(struct cookie_conf, member)
#define FLAG(name, member, doc)                                                 \
	{                                                                       \
		{name, CONF_DBE,	   CONF_FLAG, AT(member), 0,	 0, "", \
		 NULL, CONF_EFFECT_RELOAD, NULL,      doc,	  "0.1", 0},    \
			0                                                       \
	}

static void read_seconds(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	conf_word_time_s(ctx, line, 1, 1, 0,
			 (int *)(void *)((char *)target + ctx->keyword->offset));
}

/* Several attr words add up. */
static void read_attr(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct cookie_conf *c = target;
	const char *word = conf_line_word(line, 1);

	if (strpbrk(word, ";\r\n"))
		conf_ctx_error(ctx, line, 1, "'attr' cannot hold a semicolon or a line's end");
	c->attr = c->attr ? arena_printf(ctx->arena, "%s; %s", c->attr, word)
			  : arena_strdup(ctx->arena, word);
}

/* Several domains give several cookies' attributes in HAProxy: "; domain=a; domain=b". */
static void read_domain(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct cookie_conf *c = target;
	const char *word = conf_line_word(line, 1);

	c->domain = c->domain ? arena_printf(ctx->arena, "%s; domain=%s", c->domain, word)
			      : arena_strdup(ctx->arena, word);
}

static const struct conf_option cookie_options[] = {
	FLAG("insert", insert, "set the cookie"),
	FLAG("rewrite", rewrite, "change the server's own cookie"),
	FLAG("prefix", prefix, "put the server's name before the application's cookie"),
	FLAG("indirect", indirect, "servers never see the cookie"),
	FLAG("nocache", nocache, "caches must not keep answers that set it"),
	FLAG("postonly", postonly, "set it on answers to POST only"),
	FLAG("preserve", preserve, "leave a cookie that the server set itself"),
	FLAG("httponly", httponly, "scripts cannot see it"),
	FLAG("secure", secure, "sent over TLS only"),
	{{"maxidle", CONF_DBE, CONF_CUSTOM, AT(maxidle_s), 0, 0, "<time>", NULL, CONF_EFFECT_RELOAD,
	  read_seconds, "longest pause that it outlives", "0.1", 0},
	 1},
	{{"maxlife", CONF_DBE, CONF_CUSTOM, AT(maxlife_s), 0, 0, "<time>", NULL, CONF_EFFECT_RELOAD,
	  read_seconds, "longest life", "0.1", 0},
	 1},
	{{"domain", CONF_DBE, CONF_CUSTOM, 0, 0, 0, "<domain>", NULL, CONF_EFFECT_RELOAD,
	  read_domain, "where it is sent", "0.1", 0},
	 1},
	{{"attr", CONF_DBE, CONF_CUSTOM, 0, 0, 0, "<text>", NULL, CONF_EFFECT_RELOAD, read_attr,
	  "a further attribute", "0.1", 0},
	 1},
	{{"dynamic", CONF_DBE, CONF_UNSERVED, 0, 0, 0, "", NULL, CONF_EFFECT_RELOAD, NULL, "",
	  "0.1", 0},
	 0},
	{.keyword = {.name = NULL}},
};

static void read_cookie(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;
	struct cookie_conf c = {.name = NULL};

	if (!conf_word_string(ctx, line, 1, &c.name))
		return;
	conf_options_read(ctx, line, 2, cookie_options, "cookie", &c);
	if (c.insert + c.rewrite + c.prefix > 1)
		conf_ctx_error(ctx, line, 2, "insert, rewrite and prefix exclude each other");
	if ((c.maxidle_s || c.maxlife_s) && !c.insert)
		conf_ctx_error(ctx, line, 2, "maxidle and maxlife need 'insert'");
	p->cookie = c;
}

#define ROW(name, args, dflt, fn, doc, flags)                                                  \
	{                                                                                      \
		name, CONF_DBE, CONF_CUSTOM, 0, 0, 0, args, dflt, CONF_EFFECT_RELOAD, fn, doc, \
			"0.1", flags                                                           \
	}

static const struct conf_keyword rows[] = {
	ROW("balance", "<algorithm>", "roundrobin", read_balance, "how a server is chosen", 0),
	ROW("hash-type", "map-based [sdbm]", "map-based", read_hash_type,
	    "how a hash leads to a server", 0),
	ROW("cookie", "<name> [insert|rewrite|prefix] [options]", NULL, read_cookie,
	    "the cookie that keeps a client at its server", CONF_HTTP_ONLY),
	{.name = NULL},
};

const struct conf_part proxy_part_balance = {.name = "balance", .rows = rows};
