/*
 * The tree of statements. See blocks.h. A statement is what stands between line ends and braces;
 * `{` makes it a block, also when it stands alone on the next line. One thread: whoever parses.
 */
#include "core/conf/blocks/blocks.h"

#include <ctype.h>

#include "core/conf/blocks/blocks_lines.h"
#include "core/conf/blocks/blocks_words.h"

enum { NESTING_MAX = 64, WORDS_MAX = 4096 };

struct level {
	struct block_node **tail; /* where the next statement goes */
	struct block_node *last;  /* the statement that a lone `{` would open; NULL = none */
	struct conf_place opened;
};

struct tree {
	struct arena *arena;
	struct conf_diags *diags;
	const struct blocks_options *options;
	struct level levels[NESTING_MAX];
	unsigned depth;
	unsigned overflow; /* blocks open beyond NESTING_MAX */
	struct conf_word words[WORDS_MAX];
	unsigned n_words;
	const struct blocks_text *text; /* the line at hand */
};

static struct conf_place place(const struct tree *t, unsigned column)
{
	return (struct conf_place){t->text->file, t->text->line, column};
}

static unsigned column_of(const struct tree *t, const char *at)
{
	return t->text->column + (t->text->exact ? (unsigned)(at - t->text->text) : 0);
}

/* The words gathered so far become a statement. NULL when there are none. */
static struct block_node *finish(struct tree *t)
{
	struct level *level = &t->levels[t->depth];
	struct conf_word *words;
	struct block_node *node;

	if (t->n_words == 0)
		return NULL;
	words = ARENA_ARRAY(t->arena, struct conf_word, t->n_words + 1);
	memcpy(words, t->words, sizeof(*words) * t->n_words);
	words[t->n_words].text = "";
	node = ARENA_NEW(t->arena, struct block_node);
	node->line.file = t->text->file;
	node->line.line = t->text->line;
	node->line.words = words;
	node->line.n_words = t->n_words;
	t->n_words = 0;
	*level->tail = node;
	level->tail = &node->next;
	level->last = node;
	return node;
}

static void open_block(struct tree *t, unsigned column)
{
	struct block_node *node = finish(t);
	struct level *level;

	if (!node)
		node = t->levels[t->depth].last;
	if (!node || node->has_block) {
		/* Its content would land in the block around it: rather a block without a name. */
		conf_warn(t->diags, place(t, column), "unexpected '{': no word before it");
		t->words[0] = (struct conf_word){"", column, true};
		t->n_words = 1;
		node = finish(t);
	}
	node->has_block = true;
	t->levels[t->depth].last = NULL;
	if (t->depth + 1 >= NESTING_MAX) {
		if (!t->overflow++)
			conf_error(t->diags, place(t, column), "more than %d blocks in each other",
				   NESTING_MAX - 1);
		return;
	}
	level = &t->levels[++t->depth];
	level->tail = &node->children;
	level->last = NULL;
	level->opened = place(t, node->line.words[0].column);
	level->opened.line = node->line.line;
}

static void close_block(struct tree *t, unsigned column)
{
	finish(t);
	if (t->overflow > 0)
		t->overflow--;
	else if (t->depth == 0)
		conf_warn(t->diags, place(t, column), "unexpected '}': no block is open");
	else
		t->depth--;
	t->levels[t->depth].last = NULL;
}

static bool is_shell_quoted(const struct tree *t, const char *word)
{
	const char *const *name = t->options->quoted;

	for (; name && *name; name++)
		if (strcmp(*name, word) == 0)
			return true;
	return false;
}

static void add_word(struct tree *t, struct conf_word word)
{
	if (t->n_words == WORDS_MAX - 1)
		conf_error(t->diags, place(t, word.column), "more than %d words in one statement",
			   WORDS_MAX - 1);
	if (t->n_words < WORDS_MAX)
		t->words[t->n_words++] = word;
}

/* `${NAME}` that no definition replaced stays as it is written: its braces open no block. The word
 * ends with it or goes on until the next blank. */
static void keep_undefined(struct tree *t, struct blocks_cutter *cutter, struct conf_word *word)
{
	size_t len = strlen(word->text), name, rest;

	if (word->quoted || len == 0 || word->text[len - 1] != '$' || *cutter->at != '{')
		return;
	name = strcspn(cutter->at, "} \t");
	if (cutter->at[name] != '}')
		return;
	conf_warn(t->diags, place(t, word->column), "parameter '%.*s' is not defined",
		  (int)name - 1, cutter->at + 1);
	rest = name + strcspn(cutter->at + name, " \t");
	word->text = arena_printf(t->arena, "%s%.*s", word->text, (int)rest, cutter->at);
	cutter->at += rest;
}

static void take_line(struct tree *t, const struct blocks_text *text)
{
	struct blocks_cutter cutter = {.at = text->text, .arena = t->arena, .braces = true};

	t->text = text;
	for (;;) {
		struct conf_word word = {.text = ""};
		enum blocks_cut cut;
		unsigned column;

		while (isspace((unsigned char)*cutter.at))
			cutter.at++;
		column = column_of(t, cutter.at);
		cutter.shell = t->n_words > 0 && is_shell_quoted(t, t->words[0].text);
		cut = blocks_word_cut(&cutter, &word);
		word.column = column;
		if (cut == BLOCKS_CUT_WORD) {
			keep_undefined(t, &cutter, &word);
			add_word(t, word);
		} else if (cut == BLOCKS_CUT_OPEN) {
			open_block(t, column);
		} else if (cut == BLOCKS_CUT_CLOSE) {
			close_block(t, column);
		} else {
			if (cut == BLOCKS_CUT_BAD)
				conf_error(t->diags, place(t, column), "this quote has no end");
			break;
		}
	}
	finish(t);
}

struct block_node *blocks_parse(struct conf_files *files, const char *path, struct arena *arena,
				struct conf_diags *diags, const struct blocks_options *options)
{
	struct blocks_lines *lines = blocks_lines_new(files, path, arena, diags, options);
	struct tree *t = ARENA_NEW(arena, struct tree);
	struct block_node *first = NULL;
	struct blocks_text text = {.file = path};

	t->arena = arena;
	t->diags = diags;
	t->options = options;
	t->levels[0].tail = &first;
	while (blocks_lines_next(lines, &text))
		take_line(t, &text);
	for (unsigned depth = t->depth; depth > 0; depth--)
		conf_error(diags, t->levels[depth].opened,
			   "this block is never closed: '}' missing");
	return first;
}

/* ---- which grammar ---- */

static const char *const our_words[] = {"global_defs",
					"vrrp_instance",
					"vrrp_script",
					"vrrp_sync_group",
					"virtual_server",
					"virtual_server_group",
					"vrrp_track_process",
					"vrrp_track_file",
					"track_file",
					"track_group",
					"static_ipaddress",
					"static_routes",
					"static_rules",
					"bfd_instance",
					"garp_group",
					"linkbeat_interfaces",
					"net_namespace",
					"local_address_group",
					"interface_up_down_delays",
					NULL};

static const char *const native_words[] = {
	"global",      "defaults", "frontend",	"backend", "listen",	  "peers",
	"resolvers",   "userlist", "mailers",	"ring",	   "http-errors", "cache",
	"log-forward", "program",  "crt-store", "vip",	   "fcgi-app",	  "traces",
	"log-profile", "acme",	   NULL};

static bool one_of(struct slice word, const char *const *names)
{
	for (; *names; names++)
		if (slice_eq_str(word, *names))
			return true;
	return false;
}

bool blocks_looks_like(struct slice bytes)
{
	bool braces = false;

	while (bytes.len > 0) {
		struct slice line = slice_trim(slice_cut(&bytes, '\n'));
		size_t len = 0;

		while (len < line.len && !strchr(" \t\r{=", line.ptr[len]))
			len++;
		if (len == 0 || line.ptr[0] == '#' || line.ptr[0] == '!')
			continue;
		if (one_of((struct slice){line.ptr, len}, our_words))
			return true;
		if (one_of((struct slice){line.ptr, len}, native_words))
			return false;
		if (line.ptr[0] == '$' && len < line.len && line.ptr[len] == '=')
			return true;
		braces |= line.ptr[line.len - 1] == '{' && line.len > len;
	}
	return braces;
}
