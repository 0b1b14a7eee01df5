/*
 * Lines that are lists of keywords: bind, server, stats socket, cookie. See conf_options_read in
 * native.h. At load, one thread.
 */
#include "core/conf/keyword_row.h"

static const struct conf_option *find(const struct conf_option *options, const char *word)
{
	for (; options->keyword.name; options++) {
		if (strcmp(options->keyword.name, word) == 0)
			return options;
	}
	return NULL;
}

static void unknown(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		    const struct conf_option *options, const char *kind)
{
	const char *names[256], *near;
	size_t n = 0;

	for (; options->keyword.name && n < 255; options++)
		names[n++] = options->keyword.name;
	names[n] = NULL;
	near = conf_nearest(conf_line_word(line, i), names);
	conf_ctx_error(ctx, line, i, "unknown keyword '%s' on a '%s' line%s%s%s",
		       conf_line_word(line, i), kind, near ? "; did you mean '" : "",
		       near ? near : "", near ? "'?" : "");
}

bool conf_options_read(struct conf_ctx *ctx, const struct conf_line *line, unsigned from,
		       const struct conf_option *options, const char *kind, void *target)
{
	const struct conf_keyword *keyword = ctx->keyword;
	unsigned n_name = ctx->n_name, before = ctx->diags->n_errors;
	enum conf_prefix prefix = ctx->prefix;

	for (unsigned i = from; i < line->n_words;) {
		const struct conf_option *option;
		struct conf_line part = *line;
		unsigned left = line->n_words - i;

		if (!line->words[i].text[0]) { /* a variable that expands to nothing */
			i++;
			continue;
		}
		option = find(options, line->words[i].text);
		if (!option) {
			unknown(ctx, line, i, options, kind);
			break; /* what follows may be its arguments */
		}
		part.words += i;
		part.n_words = option->n_args < 0 || left < (unsigned)option->n_args + 1
				       ? left
				       : (unsigned)option->n_args + 1;
		ctx->keyword = &option->keyword;
		ctx->n_name = 1;
		ctx->n_taken = 0;
		ctx->prefix = CONF_PREFIX_NONE;
		if (option->n_args >= 0 && left < (unsigned)option->n_args + 1)
			conf_ctx_error(ctx, line, i, "'%s' needs an argument: %s %s",
				       option->keyword.name, option->keyword.name,
				       option->keyword.args ? option->keyword.args : "");
		else
			keyword_row_apply(ctx, &option->keyword, &part, target);
		i += option->n_args < 0 ? 1 + ctx->n_taken : part.n_words;
	}
	ctx->keyword = keyword;
	ctx->n_name = n_name;
	ctx->prefix = prefix;
	return ctx->diags->n_errors == before;
}
