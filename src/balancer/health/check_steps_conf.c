/*
 * Rows of `http-check` and `tcp-check`: connect, send, expect, comment. What needs samples or
 * log-format inside a check (set-var, *-lf, status-code, on-error ...) is not served: an error by
 * name. At load, one thread.
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

#include "balancer/health/check_build.h"
#include "core/conf/value.h"

enum { HEADERS_MAX = 64 };

static struct check_step *add_step(struct conf_ctx *ctx, const struct conf_line *line, void *target,
				   enum check_step_kind kind)
{
	bool http = conf_line_is(line, 0, "http-check");
	struct check_steps *s =
		&check_build_of(target)->steps[http ? CHECK_FAMILY_HTTP : CHECK_FAMILY_TCP];
	struct check_step *step = ARENA_NEW(ctx->arena, struct check_step);

	if (s->inherited || !s->tail) {
		s->first = NULL;
		s->tail = &s->first;
		s->inherited = false;
	}
	*step = (struct check_step){.kind = kind,
				    .min_recv = -1,
				    .comment = s->comment,
				    .place = conf_line_place(line, 0)};
	s->comment = NULL;
	*s->tail = step;
	s->tail = &step->next;
	return step;
}

static void read_comment(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	bool http = conf_line_is(line, 0, "http-check");
	struct check_steps *s =
		&check_build_of(target)->steps[http ? CHECK_FAMILY_HTTP : CHECK_FAMILY_TCP];

	if (conf_ctx_args(ctx, line, 1, 1))
		conf_word_string(ctx, line, 2, &s->comment);
}

static void unserved(struct conf_ctx *ctx, const struct conf_line *line, unsigned i)
{
	conf_ctx_error(ctx, line, i, "'%s ... %s' is known but not served yet", ctx->keyword->name,
		       conf_line_word(line, i));
}

static void unknown(struct conf_ctx *ctx, const struct conf_line *line, unsigned i)
{
	conf_ctx_error(ctx, line, i, "'%s' has no use for '%s': %s %s", ctx->keyword->name,
		       conf_line_word(line, i), ctx->keyword->name, ctx->keyword->args);
}

static bool is_one_of(const struct conf_line *line, unsigned i, const char *const *names)
{
	for (; *names; names++) {
		if (conf_line_is(line, i, *names))
			return true;
	}
	return false;
}

static void read_connect(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const later[] = {"send-proxy", "via-socks4", NULL};
	struct check_step *s = add_step(ctx, line, target, CHECK_STEP_CONNECT);
	struct conf_address a;

	for (unsigned i = 2; i < line->n_words; i++) {
		if (conf_line_is(line, i, "default")) {
			s->use_defaults = true;
		} else if (conf_line_is(line, i, "ssl")) {
			s->ssl = true;
		} else if (conf_line_is(line, i, "linger")) {
			continue; /* a check's connection is never reset before it is read */
		} else if (conf_line_is(line, i, "port")) {
			conf_word_int(ctx, line, ++i, 1, 65535, &s->port);
		} else if (conf_line_is(line, i, "addr")) {
			i++;
			if (conf_address_parse(
				    ctx, conf_line_place(line, i), conf_line_word(line, i),
				    CONF_ADDRESS_PORT | CONF_ADDRESS_UNIX | CONF_ADDRESS_RESOLVE,
				    &a))
				s->addr = a.addr;
		} else if (conf_line_is(line, i, "sni")) {
			conf_word_string(ctx, line, ++i, &s->sni);
		} else if (conf_line_is(line, i, "alpn")) {
			conf_word_string(ctx, line, ++i, &s->alpn);
		} else if (conf_line_is(line, i, "comment")) {
			conf_word_string(ctx, line, ++i, &s->comment);
		} else if (conf_line_is(line, i, "proto") && conf_line_is(line, i + 1, "h1")) {
			i++;
		} else if (is_one_of(line, i, later) || conf_line_is(line, i, "proto")) {
			unserved(ctx, line, i);
			return;
		} else {
			unknown(ctx, line, i);
			return;
		}
	}
}

/* Header values are log-format in HAProxy; plain text is what is served. */
static const char *plain_format(struct conf_ctx *ctx, const struct conf_line *line, unsigned i)
{
	const char *text = conf_line_word(line, i);
	char *out = arena_alloc(ctx->arena, strlen(text) + 1), *at = out;

	for (; *text; text++) {
		if (*text == '%' && text[1] != '%') {
			conf_ctx_error(ctx, line, i,
				       "variables in a check's header are known but not served "
				       "yet");
			return "";
		}
		text += *text == '%';
		*at++ = *text;
	}
	*at = '\0';
	return out;
}

static void read_http_send(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const later[] = {"uri-lf", "body-lf", NULL};
	struct check_step *s = add_step(ctx, line, target, CHECK_STEP_HTTP_SEND);
	struct slice *headers = ARENA_ARRAY(ctx->arena, struct slice, HEADERS_MAX);

	s->headers = headers;
	for (unsigned i = 2; i < line->n_words; i++) {
		const char *name = conf_line_word(line, i), *value = conf_line_word(line, i + 1);
		struct slice copy = slice_of(arena_strdup(ctx->arena, value));

		if (is_one_of(line, i, later)) {
			unserved(ctx, line, i);
			return;
		}
		if (!value[0]) {
			conf_ctx_error(ctx, line, i + 1, "'%s' needs a value", name);
			return;
		}
		i++;
		if (strcmp(name, "meth") == 0) {
			s->method = copy;
		} else if (strcmp(name, "uri") == 0) {
			s->uri = copy;
		} else if (strcmp(name, "ver") == 0) {
			s->version = copy;
		} else if (strcmp(name, "body") == 0) {
			s->body = copy;
		} else if (strcmp(name, "comment") == 0) {
			s->comment = copy.ptr;
		} else if (strcmp(name, "hdr") == 0 && s->n_headers < HEADERS_MAX) {
			headers[s->n_headers++] = slice_of(arena_printf(
				ctx->arena, "%s: %s", value, plain_format(ctx, line, ++i)));
		} else {
			unknown(ctx, line, i - 1);
			return;
		}
	}
}

static bool from_hex(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		     struct slice *out)
{
	const char *text = conf_line_word(line, i);
	size_t len = strlen(text);
	char *bytes = arena_alloc(ctx->arena, len / 2 + 1);

	if (len == 0 || len % 2 || strspn(text, "0123456789abcdefABCDEF") != len) {
		conf_ctx_error(ctx, line, i, "'%s' is not an even number of hexadecimal digits",
			       text);
		return false;
	}
	for (size_t n = 0; n < len / 2; n++) {
		char pair[3] = {text[2 * n], text[2 * n + 1], '\0'};

		bytes[n] = (char)strtol(pair, NULL, 16);
	}
	*out = (struct slice){bytes, len / 2};
	return true;
}

static void read_tcp_send(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct check_step *s;

	if (!conf_ctx_args(ctx, line, 1, 3))
		return;
	s = add_step(ctx, line, target, CHECK_STEP_SEND);
	if (conf_line_is(line, 1, "send-binary"))
		from_hex(ctx, line, 2, &s->data);
	else
		s->data = slice_of(arena_strdup(ctx->arena, conf_line_word(line, 2)));
	if (conf_line_is(line, 3, "comment"))
		conf_word_string(ctx, line, 4, &s->comment);
	else if (line->n_words > 3)
		unknown(ctx, line, 3);
}

static void compile(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		    struct check_step *s, const char *pattern)
{
	char err[128];

	s->regex = regex_compile_in(ctx->arena, slice_of(pattern), false, err, sizeof(err));
	if (!s->regex)
		conf_ctx_error(ctx, line, i, "wrong regular expression '%s': %s", pattern, err);
}

/* "200,201,300-310" */
static void read_status(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
			struct check_step *s)
{
	struct slice rest = slice_of(conf_line_word(line, i));

	while (rest.len > 0) {
		struct slice high = slice_cut(&rest, ','), low = slice_cut(&high, '-');
		unsigned long long from, to;

		if (!high.len)
			high = low;
		if (!slice_to_uint(low, 999, &from) || !slice_to_uint(high, 999, &to) ||
		    to < from || s->n_ranges == sizeof(s->ranges) / sizeof(s->ranges[0])) {
			conf_ctx_error(ctx, line, i,
				       "'%s' is not a list of up to 16 status codes and ranges",
				       conf_line_word(line, i));
			return;
		}
		s->ranges[s->n_ranges++] = (struct check_status_range){(int)from, (int)to};
	}
	if (!s->n_ranges)
		conf_ctx_error(ctx, line, i, "'status' needs codes");
}

/* The value of a header by -m: as an expression over the whole line of it; hdr looks at each part
 * between commas, fhdr at all. */
static const char *header_pattern(struct conf_ctx *ctx, const char *how, const char *value,
				  bool full)
{
	const char *first = full ? "^" : "(?:^|,)[ \\t]*", *last = full ? "$" : "[ \\t]*(?:,|$)";
	const char *any = full ? "[\\s\\S]*" : "[^,]*";
	bool beg = strcmp(how, "beg") == 0, end = strcmp(how, "end") == 0,
	     sub = strcmp(how, "sub") == 0;

	return arena_printf(ctx->arena, "%s%s\\Q%s\\E%s%s", first, end || sub ? any : "", value,
			    beg || sub ? any : "", last);
}

/* hdr|fhdr name [-m str] NAME [value [-m HOW] VALUE] */
static unsigned read_header(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
			    struct check_step *s)
{
	static const char *const methods[] = {"str", "beg", "end", "sub", "reg", NULL};
	bool full = conf_line_is(line, i, "fhdr");
	const char *how = "str";
	unsigned n;

	if (!conf_line_is(line, ++i, "name")) {
		unserved(ctx, line, i);
		return line->n_words;
	}
	i++;
	if (conf_line_is(line, i, "-m")) {
		if (!conf_line_is(line, i + 1, "str")) {
			unserved(ctx, line, i + 1);
			return line->n_words;
		}
		i += 2;
	}
	s->header_name = slice_of(arena_strdup(ctx->arena, conf_line_word(line, i++)));
	if (!conf_line_is(line, i, "value"))
		return i;
	i++;
	if (conf_line_is(line, i, "-m")) {
		if (!conf_word_choice(ctx, line, i + 1, methods, &n))
			return line->n_words;
		how = methods[n];
		i += 2;
	}
	s->header_value = slice_of(arena_strdup(ctx->arena, conf_line_word(line, i)));
	s->header_regex = true;
	if (strstr(conf_line_word(line, i), "\\E") && strcmp(how, "reg") != 0)
		conf_ctx_error(ctx, line, i, "'\\E' cannot stand in the value here");
	else
		compile(ctx, line, i, s,
			strcmp(how, "reg") == 0
				? s->header_value.ptr
				: header_pattern(ctx, how, s->header_value.ptr, full));
	return i + 1;
}

/* What is matched, from words[i] on. Where it ends. */
static unsigned read_match(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
			   const char *name, struct check_step *s)
{
	bool http = conf_line_is(line, 0, "http-check");

	if (http && (strcmp(name, "hdr") == 0 || strcmp(name, "fhdr") == 0)) {
		s->match = CHECK_MATCH_HEADER;
		return read_header(ctx, line, i, s);
	}
	if (!conf_line_word(line, i + 1)[0]) {
		conf_ctx_error(ctx, line, i + 1, "'%s' needs a pattern", name);
		return line->n_words;
	}
	i++;
	if (http && strcmp(name, "md5") == 0) {
		s->match = CHECK_MATCH_DIGEST;
		s->pattern = slice_of(arena_strdup(ctx->arena, conf_line_word(line, i)));
		if (s->pattern.len != 32 || strspn(s->pattern.ptr, "0123456789abcdef") != 32)
			conf_ctx_error(ctx, line, i,
				       "'%s' is no MD5 digest of 32 small hexadecimal digits",
				       s->pattern.ptr);
	} else if (strcmp(name, "string") == 0) {
		s->match = CHECK_MATCH_STRING;
		s->pattern = slice_of(arena_strdup(ctx->arena, conf_line_word(line, i)));
	} else if (strcmp(name, "rstring") == 0) {
		s->match = CHECK_MATCH_REGEX;
		compile(ctx, line, i, s, conf_line_word(line, i));
	} else if (http && strcmp(name, "status") == 0) {
		s->match = CHECK_MATCH_STATUS;
		read_status(ctx, line, i, s);
	} else if (http && strcmp(name, "rstatus") == 0) {
		s->match = CHECK_MATCH_STATUS_REGEX;
		compile(ctx, line, i, s, conf_line_word(line, i));
	} else if (!http && strcmp(name, "binary") == 0) {
		s->match = CHECK_MATCH_BINARY;
		from_hex(ctx, line, i, &s->pattern);
	} else {
		unserved(ctx, line, i - 1);
		return line->n_words;
	}
	return i + 1;
}

static void read_expect(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const later[] = {"ok-status",  "error-status", "tout-status",
					    "on-success", "on-error",	  "status-code",
					    NULL};
	static const char *const matches[] = {"status",	   "rstatus",	"hdr",	   "fhdr",
					      "string",	   "rstring",	"md5",	   "binary",
					      "string-lf", "binary-lf", "rbinary", NULL};
	struct check_step *s = add_step(ctx, line, target, CHECK_STEP_EXPECT);

	for (unsigned i = 2; i < line->n_words;) {
		const char *name = conf_line_word(line, i);

		if (strcmp(name, "comment") == 0) {
			conf_word_string(ctx, line, i + 1, &s->comment);
			i += 2;
			continue;
		}
		if (strcmp(name, "min-recv") == 0) {
			conf_word_int(ctx, line, i + 1, -1, INT_MAX, &s->min_recv);
			i += 2;
			continue;
		}
		if (is_one_of(line, i, later)) {
			unserved(ctx, line, i);
			return;
		}
		if (*name == '!') {
			s->negate = true;
			name = name[1] ? name + 1 : conf_line_word(line, ++i);
		}
		for (const char *const *m = matches; *m; m++) {
			if (strcmp(name, *m) != 0)
				continue;
			i = read_match(ctx, line, i, name, s);
			if (i < line->n_words)
				unknown(ctx, line, i);
			return;
		}
		unknown(ctx, line, i);
		return;
	}
	conf_ctx_error(ctx, line, line->n_words, "'%s' does not say what to look for: %s",
		       ctx->keyword->name, ctx->keyword->args);
}

#define ROW(name, args, fn, doc)                                                               \
	{                                                                                      \
		name, CONF_DBE, CONF_CUSTOM, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, fn, doc, \
			"0.1", 0                                                               \
	}
#define UNSERVED(name, args)                                                                      \
	{                                                                                         \
		name, CONF_DBE, CONF_UNSERVED, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, NULL, "", \
			"0.1", 0                                                                  \
	}
#define CONNECT_ARGS "[default] [port <n>] [addr <address>] [ssl] [sni <name>] [alpn <list>]"

static const struct conf_keyword rows[] = {
	ROW("http-check comment", "<text>", read_comment, "said when the next step fails"),
	ROW("http-check connect", CONNECT_ARGS, read_connect, "opens a new connection"),
	ROW("http-check send",
	    "[meth <method>] [uri <uri>] [ver <version>] [hdr <name> <value>] [body <text>]",
	    read_http_send, "the request"),
	ROW("http-check expect",
	    "[!] status <codes>|rstatus <regex>|hdr ...|fhdr ...|string <text>|rstring <regex>",
	    read_expect, "what a good answer has"),
	ROW("tcp-check comment", "<text>", read_comment, "said when the next step fails"),
	ROW("tcp-check connect", CONNECT_ARGS, read_connect, "opens a new connection"),
	ROW("tcp-check send", "<text>", read_tcp_send, "bytes to send"),
	ROW("tcp-check send-binary", "<hex>", read_tcp_send, "bytes to send"),
	ROW("tcp-check expect", "[!] string <text>|rstring <regex>|binary <hex>", read_expect,
	    "what a good answer has"),
	UNSERVED("http-check disable-on-404", ""),
	UNSERVED("http-check send-state", ""),
	UNSERVED("tcp-check send-lf", "<format>"),
	UNSERVED("tcp-check send-binary-lf", "<format>"),
	{.name = NULL},
};

const struct conf_part check_part_steps = {.name = "check steps", .rows = rows};
