/*
 * Rows of `url` in HTTP_GET and SSL_GET: a page and what a good answer is. The options of a regex
 * are written into the pattern, so that it means the same wherever it is compiled.
 */
#include <ctype.h>

#include "core/base/regex.h"
#include "failover/virtual/virtual_build.h"

struct url_block {
	struct virtual_url_conf *url;
	const struct conf_line *regex_line;
	const char *verbs;		  /* "(*UTF)" ... */
	char letters[16];		  /* of "(?...)" */
	long long min_offset, max_offset; /* of the match; max 0 = any */
	bool no_match;
};

static const struct {
	const char *name, *letter, *verb;
} regex_options[] = {
	{"caseless", "i", NULL},
	{"multiline", "m", NULL},
	{"dotall", "s", NULL},
	{"extended", "x", NULL},
	{"ungreedy", "U", NULL},
	{"dupnames", "J", NULL},
	{"no_auto_capture", "n", NULL},
	{"utf", NULL, "(*UTF)"},
	{"ucp", NULL, "(*UCP)"},
	{"no_auto_possess", NULL, "(*NO_AUTO_POSSESS)"},
	{"no_dotstar_anchor", NULL, "(*NO_DOTSTAR_ANCHOR)"},
	{"no_start_optimize", NULL, "(*NO_START_OPT)"},
};

static void read_path(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct url_block *)target)->url->path = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_host(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct url_block *)target)->url->host = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_digest(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	char *small = arena_strdup(ctx->arena, line->words[1].text);

	if (strlen(small) != VIRTUAL_DIGEST_LEN ||
	    strspn(small, "0123456789abcdefABCDEF") != VIRTUAL_DIGEST_LEN) {
		FAILOVER_WARN(ctx, line, 1, "'%s' is no digest of %d hexadecimal digits, left out",
			      small, VIRTUAL_DIGEST_LEN);
		return;
	}
	for (char *p = small; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	((struct url_block *)target)->url->digest = small;
	failover_rows_extra(ctx, line, 2);
}

static bool read_code(struct slice text, int *out)
{
	unsigned long long n;

	if (text.len != 3 || !slice_to_uint(text, 599, &n) || n < 100)
		return false;
	*out = (int)n;
	return true;
}

static void read_status(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct virtual_url_conf *url = ((struct url_block *)target)->url;

	for (unsigned i = 1; i < line->n_words; i++) {
		struct slice rest = slice_of(line->words[i].text), low = slice_cut(&rest, '-');
		int from, to;

		if (!read_code(low, &from) || !read_code(rest.len ? rest : low, &to) || to < from) {
			FAILOVER_WARN(ctx, line, i,
				      "'%s' is no status from 100 to 599, and no range of them",
				      line->words[i].text);
		} else if (url->n_status == VIRTUAL_STATUS_MAX) {
			FAILOVER_WARN(ctx, line, i, "more than %d ranges: this one is not used",
				      VIRTUAL_STATUS_MAX);
			return;
		} else {
			url->status[url->n_status].from = from;
			url->status[url->n_status++].to = to;
		}
	}
}

static void read_regex(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct url_block *)target)->regex_line = line;
	failover_rows_extra(ctx, line, 2);
}

static void read_no_match(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct url_block *)target)->no_match = true;
	failover_rows_extra(ctx, line, 1);
}

static void read_options(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct url_block *block = target;

	for (unsigned i = 1; i < line->n_words; i++) {
		size_t n = 0, len = strlen(block->letters);

		while (n < sizeof(regex_options) / sizeof(regex_options[0]) &&
		       strcmp(regex_options[n].name, line->words[i].text) != 0)
			n++;
		if (n == sizeof(regex_options) / sizeof(regex_options[0])) {
			FAILOVER_ADVISE(ctx, line, i, "the option '%s' of a regex is not used",
					line->words[i].text);
		} else if (regex_options[n].verb) {
			block->verbs = arena_printf(ctx->arena, "%s%s", block->verbs,
						    regex_options[n].verb);
		} else if (!strstr(block->letters, regex_options[n].letter) &&
			   len + 1 < sizeof(block->letters)) {
			block->letters[len] = *regex_options[n].letter;
		}
	}
}

static void read_min_offset(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_int(ctx, line, 1, 0, 65535, &((struct url_block *)target)->min_offset,
			   "left out");
	failover_rows_extra(ctx, line, 2);
}

static void read_max_offset(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_int(ctx, line, 1, 0, 65535, &((struct url_block *)target)->max_offset,
			   "left out");
	failover_rows_extra(ctx, line, 2);
}

static void read_stack(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	(void)target;
	failover_rows_extra(ctx, line, 3); /* the stack grows by itself */
}

/* Offsets become a run of any bytes before the match. */
static const char *whole_pattern(struct conf_ctx *ctx, const struct url_block *block)
{
	const char *text = block->regex_line->words[1].text, *around = "";

	if (block->letters[0])
		around = arena_printf(ctx->arena, "(?%s)", block->letters);
	if (block->min_offset == 0 && block->max_offset == 0)
		return arena_printf(ctx->arena, "%s%s%s", block->verbs, around, text);
	if (block->max_offset >= block->min_offset && block->max_offset > 0)
		return arena_printf(ctx->arena, "%s\\A(?s:.{%lld,%lld}?)(?:%s%s)", block->verbs,
				    block->min_offset, block->max_offset, around, text);
	return arena_printf(ctx->arena, "%s\\A(?s:.{%lld,}?)(?:%s%s)", block->verbs,
			    block->min_offset, around, text);
}

static void finish_regex(struct conf_ctx *ctx, const struct url_block *block)
{
	const char *pattern;
	struct regex *re;
	char err[128];

	if (!block->regex_line)
		return;
	pattern = whole_pattern(ctx, block);
	re = regex_compile(slice_of(pattern), false, err, sizeof(err));
	if (!re) {
		FAILOVER_ADVISE(ctx, block->regex_line, 1,
				"'%s': %s; the page is checked without it",
				block->regex_line->words[1].text, err);
		return;
	}
	regex_free(&re);
	block->url->regex = pattern;
	block->url->regex_no_match = block->no_match;
}

void virtual_url_read(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct virtual_checker_conf *checker = target;
	struct url_block block = {.url = ARENA_NEW(ctx->arena, struct virtual_url_conf),
				  .verbs = ""};
	struct virtual_url_conf **tail = &checker->urls;

	block.url->place = block_word_place(line, 0);
	failover_rows_extra(ctx, line, 1);
	failover_rows_walk(failover_build_of(ctx), block_node_of(line)->children, FAILOVER_URL,
			   "url", &block);
	if (!block.url->path || !block.url->path[0]) {
		FAILOVER_WARN(ctx, line, 0, "this url has no path, left out");
		return;
	}
	finish_regex(ctx, &block);
	while (*tail)
		tail = &(*tail)->next;
	*tail = block.url;
}

#define ROW(word, how, what, text) VIRTUAL_ROW(FAILOVER_URL, word, how, what, text)

const struct conf_keyword virtual_url_rows[] = {
	ROW("path", read_path, "<path>", "the page that is asked for"),
	ROW("digest", read_digest, "<digits>", "the MD5 digest of a good page"),
	ROW("status_code", read_status, "<status>[-<status>] ...",
	    "what a good answer may be, 200-299 by default"),
	ROW("virtualhost", read_host, "<name>", "the host that is asked for"),
	ROW("regex", read_regex, "<regex>", "what a good page has"),
	ROW("regex_no_match", read_no_match, NULL, "what a good page does not have"),
	ROW("regex_options", read_options, "<option> ...", "as pcre2 names them"),
	ROW("regex_stack", read_stack, "<start> <max>", "without effect: it grows by itself"),
	ROW("regex_min_offset", read_min_offset, "<bytes>", "where a match may begin at first"),
	ROW("regex_max_offset", read_max_offset, "<bytes>", "where a match may begin at last"),
	{.name = NULL},
};
