/*
 * The native grammar on a toy set of sections and rows: words, variables, conditions, prefixes,
 * places of errors. Covers core/conf/lexer.h, conf_env.h, condition.h, native.h, keyword_row.h,
 * option_list.c, conf_manual.c. What words mean was compared with haproxy 2.6's own messages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "core/conf/condition.h"
#include "core/conf/conf_env.h"
#include "core/conf/keyword_row.h"
#include "core/conf/lexer.h"
#include "core/conf/native.h"

struct toy {
	bool flag;
	int number, time_ms;
	uint64_t size, bits;
	const char *text;
	unsigned n_custom;
	const char *last;
};

static struct toy toy;
static unsigned n_seen;

static void *begin_toy(struct conf_ctx *ctx, const struct conf_line *line)
{
	(void)line;
	return ctx->root;
}

static void *begin_broken(struct conf_ctx *ctx, const struct conf_line *line)
{
	conf_ctx_error(ctx, line, 0, "section '%s' is known but not served yet",
		       ctx->section->name);
	return NULL;
}

static void custom(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct toy *t = target;

	t->n_custom++;
	t->last = conf_line_join(ctx->arena, line, ctx->n_name);
}

static const struct conf_section sections[] = {
	{"global", CONF_GLOBAL, "", "the toy", begin_toy, CONF_BACKEND, false},
	{"peers", CONF_PEERS, "<name>", "not served", begin_broken, 0, false},
	{.name = NULL},
};

#define ROW(name, section, type, member, min, max, flags)                                   \
	{                                                                                   \
		name, section, type, offsetof(struct toy, member), min, max, "<arg>", NULL, \
			CONF_EFFECT_RELOAD, NULL, "why", "0.1", flags                       \
	}

static const struct conf_keyword rows[] = {
	ROW("flag", CONF_GLOBAL, CONF_FLAG, flag, 0, 0, CONF_CAN_NO),
	ROW("number", CONF_GLOBAL, CONF_INT, number, 1, 100, 0),
	ROW("timeout client", CONF_GLOBAL, CONF_TIME_MS, time_ms, 0, 0, 0),
	ROW("size", CONF_GLOBAL, CONF_SIZE, size, 1024, 1 << 30, 0),
	ROW("text", CONF_GLOBAL, CONF_STRING, text, 0, 0, 0),
	ROW("option first", CONF_GLOBAL, CONF_BIT, bits, 0, 1, CONF_CAN_NO | CONF_CAN_DEFAULT),
	ROW("option second", CONF_GLOBAL, CONF_BIT, bits, 0, 2, CONF_CAN_NO),
	ROW("old", CONF_GLOBAL, CONF_IGNORED, flag, 0, 0, 0),
	ROW("new", CONF_GLOBAL, CONF_UNSERVED, flag, 0, 0, 0),
	ROW("server", CONF_BACKEND, CONF_STRING, text, 0, 0, CONF_STRICT),
	ROW("balance", CONF_BACKEND, CONF_STRING, text, 0, 0, 0),
	{"custom", CONF_GLOBAL, CONF_CUSTOM, 0, 0, 0, "...", NULL, CONF_EFFECT_RELOAD, custom, "",
	 "0.1", 0},
	{.name = NULL},
};

static void finish(struct conf_ctx *ctx, void *root)
{
	(void)ctx;
	((struct toy *)root)->n_custom += 100;
}

static const struct conf_part part = {.name = "toys", .rows = rows, .finish = finish};
static const struct conf_part *const parts[] = {&part, NULL};

struct fixture {
	struct arena arena;
	struct conf_files files;
	struct conf_diags diags;
	struct conf_ctx ctx;
};

static void note(struct conf_ctx *ctx, const struct conf_keyword *row, const struct conf_line *line)
{
	(void)ctx, (void)row, (void)line;
	n_seen++;
}

static int set_up(void **state)
{
	static struct fixture f;

	toy = (struct toy){.flag = false};
	n_seen = 0;
	arena_init(&f.arena, 0);
	conf_files_init(&f.files);
	conf_diags_init(&f.diags);
	conf_ctx_init(&f.ctx, &f.files, &f.arena, &f.diags);
	f.ctx.sections = sections;
	f.ctx.parts = parts;
	f.ctx.root = &toy;
	f.ctx.on_keyword = note;
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	conf_diags_fini(&f->diags);
	conf_files_fini(&f->files);
	arena_fini(&f->arena);
	return 0;
}

static void read_text(struct fixture *f, const char *text)
{
	conf_native_read(&f->ctx, conf_files_put(&f->files, "t.cfg", slice_of(text)));
}

/* The nth diagnostic, from 0; its place must be line:column. */
static const char *diag(struct fixture *f, unsigned n, unsigned line, unsigned column)
{
	const struct conf_diag *g = f->diags.first;

	while (g && n--)
		g = g->next;
	assert_non_null(g);
	assert_int_equal(g->place.line, line);
	assert_int_equal(g->place.column, column);
	return g->text;
}

static void one_word(struct fixture *f, const char *text, const char *expected)
{
	struct lexer lex = {&f->arena, &f->diags, f->ctx.env, "t.cfg", 7, "web"};
	struct conf_line line;

	assert_true(lexer_line(&lex, slice_of(text), &line));
	if (!expected) {
		assert_int_equal(line.n_words, 0);
		return;
	}
	assert_int_equal(line.n_words, 1);
	assert_string_equal(line.words[0].text, expected);
	assert_string_equal(line.words[1].text, "");
}

static void words_are_what_haproxy_takes_them_for(void **state)
{
	static const char *const cases[][2] = {
		{"a\\.b", "a\\.b"},
		{"\"a\\.b\"", "a\\.b"},
		{"'a\\.b'", "a\\.b"},
		{"a\\ b", "a b"},
		{"\"a\\ b\"", "a b"},
		{"\"a\\\"b\"", "a\"b"},
		{"a\\qb", "a\\qb"},
		{"\"a\\x41b\"", "aAb"},
		{"\\x41", "A"},
		{"x\\$HOME", "x\\$HOME"},
		{"$HOME", "$HOME"},
		{"${HOME}", "${HOME}"},
		{"'$HOME'", "$HOME"},
		{"\"\\$HOME\"", "$HOME"},
		{"a\\", "a\\"},
		{"a#b", "a"},
		{"\"#\"#b", "#"},
		{"\"a\\nb\"", "a\nb"},
		{"a\\#b", "a#b"},
		{"\"a'b\"", "a'b"},
		{"'a\"b'", "a\"b"},
		{"  \t a  # x", "a"},
		{"a\r", "a"},
		{"\"\"", ""},
		{"a\"b c\"'d e'f", "ab cd ef"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		one_word(*state, cases[i][0], cases[i][1]);
	one_word(*state, "", NULL);
	one_word(*state, "# only a comment \"", NULL);
}

static void variables_expand_in_double_quotes(void **state)
{
	struct fixture *f = *state;
	struct lexer lex = {&f->arena, &f->diags, f->ctx.env, "t.cfg", 7, "web"};
	struct conf_line line;

	conf_env_set(f->ctx.env, "ADDR", "192.0.2.1");
	conf_env_set(f->ctx.env, "LIST", "  one two  three ");
	conf_env_set(f->ctx.env, "NONE", "");
	one_word(f, "\"$ADDR:80\"", "192.0.2.1:80");
	one_word(f, "\"${ADDR}x\"", "192.0.2.1x");
	one_word(f, "a\"${NOPE_X-de f}\"b", "ade fb");
	one_word(f, "\"${NONE-default}\"", "");
	one_word(f, "\"${NOPE_X}\"", "");
	one_word(f, "\"${.FILE}:${.LINE}:${.SECTION}\"", "t.cfg:7:web");
	one_word(f, "\"${NONE[*]}\"", NULL);
	assert_true(lexer_line(&lex, SLICE("x \"${LIST[*]}\" y"), &line));
	assert_int_equal(line.n_words, 5);
	assert_string_equal(line.words[1].text, "one");
	assert_string_equal(line.words[3].text, "three");
	assert_string_equal(line.words[4].text, "y");
	assert_int_equal(line.words[4].column, 16);
}

static void a_broken_line_is_an_error_at_its_place(void **state)
{
	struct fixture *f = *state;
	struct lexer lex = {&f->arena, &f->diags, f->ctx.env, "t.cfg", 3, ""};
	static const struct {
		const char *text;
		unsigned column;
	} cases[] = {
		{"ab \"cd", 4},	  {"ab 'cd", 4},  {"x\"${NOPE", 3}, {"\\xZZ", 1},
		{"\"${1A}\"", 4}, {"\"$ x\"", 3}, {"\\x00", 1},	    {"\"${A!}\"", 5},
	};
	struct conf_line line;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(lexer_line(&lex, slice_of(cases[i].text), &line));
		diag(f, (unsigned)i, 3, cases[i].column);
	}
	assert_false(lexer_line(&lex, (struct slice){"a\0b", 3}, &line));
	diag(f, sizeof(cases) / sizeof(cases[0]), 3, 2);
}

static void rows_store_their_values(void **state)
{
	struct fixture *f = *state;

	read_text(f, "global\n"
		     "  flag\n"
		     "  number 42\n"
		     "  timeout client 1m\n"
		     "  size 16k\n"
		     "  text \"a b\"\n"
		     "  option first\n"
		     "  option second\n"
		     "global\n"
		     "  no option first\n"
		     "  custom x 'y z'\n");
	conf_native_finish(&f->ctx);
	conf_diags_print(&f->diags, stderr, true);
	assert_int_equal(f->diags.n_errors, 0);
	assert_true(toy.flag);
	assert_int_equal(toy.number, 42);
	assert_int_equal(toy.time_ms, 60000);
	assert_int_equal(toy.size, 16384);
	assert_string_equal(toy.text, "a b");
	assert_int_equal(toy.bits, 2);
	assert_string_equal(toy.last, "x y z");
	assert_int_equal(toy.n_custom, 101);
	assert_int_equal(n_seen, 9);
}

static void what_is_wrong_is_said_by_name_and_place(void **state)
{
	struct fixture *f = *state;

	read_text(f, "flag\n"
		     "global\n"
		     " numbr 3\n"
		     " number 300\n"
		     " number\n"
		     " number 3 4\n"
		     " timeout client 5q\n"
		     " timeout clent 5s\n"
		     " no number 3\n"
		     " new thing\n"
		     " old thing\n"
		     " server x\n"
		     " balance x\n"
		     " size 3g\n"
		     "peers x\n"
		     " whatever y\n"
		     "global\n"
		     " flag\n");
	assert_string_equal(diag(f, 0, 1, 1), "'flag' stands outside of any section");
	assert_string_equal(diag(f, 1, 3, 2),
			    "unknown keyword 'numbr' in section 'global'; did you "
			    "mean 'number'?");
	assert_string_equal(diag(f, 2, 4, 9), "'number' cannot be '300': allowed are 1 to 100");
	assert_string_equal(diag(f, 3, 5, 8), "'number' needs an argument: number <arg>");
	assert_string_equal(diag(f, 4, 6, 11), "'number' has no use for '4': number <arg>");
	assert_string_equal(diag(f, 5, 7, 17),
			    "'timeout client' cannot be '5q': units of time are us, "
			    "ms, s, m, h and d");
	assert_string_equal(diag(f, 6, 8, 2),
			    "unknown keyword 'timeout clent' in section 'global'; did "
			    "you mean 'timeout client'?");
	assert_string_equal(diag(f, 7, 9, 2), "'no' cannot stand before 'number'");
	assert_string_equal(diag(f, 8, 10, 2), "'new' is known but not served yet: why");
	assert_string_equal(diag(f, 9, 11, 2), "'old' has no effect here: why");
	assert_non_null(strstr(diag(f, 10, 12, 2), "'server' cannot stand in a section 'global'"));
	assert_non_null(
		strstr(diag(f, 11, 13, 2), "'balance' has no effect in a section 'global'"));
	assert_non_null(strstr(diag(f, 12, 14, 7), "allowed are 1024 to 1073741824"));
	assert_string_equal(diag(f, 13, 15, 1), "section 'peers' is known but not served yet");
	assert_int_equal(f->diags.n_errors, 12);
	assert_int_equal(f->diags.n_warnings, 2);
	assert_true(toy.flag); /* what comes after is read all the same */
}

static void conditions_choose_lines(void **state)
{
	struct fixture *f = *state;

	conf_env_set(f->ctx.env, "WITH", "yes");
	read_text(f, "global\n"
		     ".if feature(THREAD) && !streq(\"$WITH\",no)\n"
		     "  number 1\n"
		     "  .if 0\n"
		     "    'never closed\n"
		     "  .elif 0\n"
		     "    number 2\n"
		     "  .else # so it is\n"
		     "    number 3\n"
		     "  .endif\n"
		     ".elif 1\n"
		     "  number 4\n"
		     ".else\n"
		     "  .if 1\n"
		     "    number 5\n"
		     "  .endif\n"
		     ".endif\n"
		     ".notice \"note\"\n"
		     ".warning \"warn\"\n"
		     ".diag \"quiet\"\n");
	assert_int_equal(toy.number, 3);
	assert_int_equal(f->diags.n_errors, 0);
	assert_int_equal(f->diags.n_warnings, 1);
	assert_string_equal(diag(f, 0, 18, 1), "note");
}

static void broken_directives_are_errors(void **state)
{
	struct fixture *f = *state;

	read_text(f, ".endif\n"
		     ".if 0\n"
		     ".else\n"
		     ".elif 1\n"
		     ".endif\n"
		     ".elsif\n"
		     ".alert \"no\"\n"
		     ".notice a b\n"
		     ".if frob(1)\n"
		     ".endif\n"
		     ".if 1\n");
	diag(f, 0, 1, 1);
	diag(f, 1, 4, 1);
	assert_string_equal(diag(f, 2, 6, 1), "unknown directive '.elsif'; did you mean '.elif'?");
	assert_string_equal(diag(f, 3, 7, 1), "no");
	diag(f, 4, 8, 11);
	assert_non_null(strstr(diag(f, 5, 9, 5), "no such predicate"));
	assert_string_equal(diag(f, 6, 11, 1), ".if without its .endif");
	assert_int_equal(f->diags.n_errors, 7);
}

static int eval(struct fixture *f, const char *text)
{
	const char *what = NULL;
	size_t offset = 0;

	return condition_eval(text, f->ctx.env, &what, &offset);
}

static void conditions_answer_as_haproxy_does(void **state)
{
	struct fixture *f = *state;
	static const char *const hold[] = {"1",
					   "-1",
					   "!0",
					   "!!1",
					   "(1)",
					   "1 && 0 || 1",
					   "0 || 1 && 1",
					   "defined(A)",
					   "streq(a,a)",
					   "strneq(a,b)",
					   "streq(\"a b\",a b)",
					   "version_atleast(2.6)",
					   "version_atleast(2.6-dev3)",
					   "version_before(2.7)",
					   "feature(EPOLL)",
					   "1&&1",
					   "! 0",
					   "openssl_version_atleast(1.1.1)",
					   "!feature(QUIC)"};
	static const char *const fails[] = {"",
					    "0",
					    "!1",
					    "1 && 0",
					    "version_atleast(2.6.13)",
					    "streq(a,b)",
					    "defined(B)",
					    "openssl_version_before(1)"};
	static const char *const wrong[] = {"foo", "1 1",	   "defined(A", "streq(a)", "12abc",
					    "(1",  "streq(a,b,c)", "1 &&",	"!",	    "true"};

	conf_env_set(f->ctx.env, "A", "");
	conf_env_set(f->ctx.env, "B", NULL);
	for (size_t i = 0; i < sizeof(hold) / sizeof(hold[0]); i++)
		if (eval(f, hold[i]) != 1)
			fail_msg("'%s' does not hold", hold[i]);
	for (size_t i = 0; i < sizeof(fails) / sizeof(fails[0]); i++)
		if (eval(f, fails[i]) != 0)
			fail_msg("'%s' is not false", fails[i]);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (eval(f, wrong[i]) != -1)
			fail_msg("'%s' is not refused", wrong[i]);
}

static void the_environment_can_be_reset(void **state)
{
	struct fixture *f = *state;
	const char *const keep[] = {"KEPT", "HOME"};

	setenv("HOME", "/h", 1);
	conf_env_set(f->ctx.env, "KEPT", "k");
	conf_env_set(f->ctx.env, "LOST", "l");
	assert_string_equal(conf_env_get(f->ctx.env, SLICE("HOME")), "/h");
	conf_env_reset(f->ctx.env, keep, 2);
	assert_string_equal(conf_env_get(f->ctx.env, SLICE("HOME")), "/h");
	assert_string_equal(conf_env_get(f->ctx.env, SLICE("KEPT")), "k");
	assert_null(conf_env_get(f->ctx.env, SLICE("LOST")));
	assert_null(conf_env_get(f->ctx.env, SLICE("PATH")));
}

static void lists_of_options_are_rows_too(void **state)
{
	static const struct conf_option options[] = {
		{{"number", 0, CONF_INT, offsetof(struct toy, number), 1, 9, "<n>", NULL,
		  CONF_EFFECT_RELOAD, NULL, "", "0.1", 0},
		 1},
		{{"flag", 0, CONF_FLAG, offsetof(struct toy, flag), 0, 0, "", NULL,
		  CONF_EFFECT_RELOAD, NULL, "", "0.1", 0},
		 0},
		{.keyword = {.name = NULL}},
	};
	struct fixture *f = *state;
	struct lexer lex = {&f->arena, &f->diags, f->ctx.env, "t.cfg", 1, ""};
	struct conf_line line;

	assert_true(lexer_line(&lex, SLICE("bind number 3 \"${NO_SUCH}\" flag"), &line));
	assert_true(conf_options_read(&f->ctx, &line, 1, options, "bind", &toy));
	assert_int_equal(toy.number, 3);
	assert_true(toy.flag);
	assert_true(lexer_line(&lex, SLICE("bind flg"), &line));
	assert_false(conf_options_read(&f->ctx, &line, 1, options, "bind", &toy));
	assert_string_equal(diag(f, 0, 1, 6),
			    "unknown keyword 'flg' on a 'bind' line; did you mean "
			    "'flag'?");
	assert_true(lexer_line(&lex, SLICE("bind flag number"), &line));
	assert_false(conf_options_read(&f->ctx, &line, 1, options, "bind", &toy));
	assert_string_equal(diag(f, 1, 1, 11), "'number' needs an argument: number <n>");
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void remove_file(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static void a_directory_is_its_cfg_files_in_order(void **state)
{
	struct fixture *f = *state, g;
	char dir[] = "/tmp/relais-conf-XXXXXX";
	const char *paths[] = {dir};
	int fd;

	assert_non_null(mkdtemp(dir));
	write_file(dir, "20.cfg", "global\nnumber 20\n");
	write_file(dir, "10.cfg", "global\nnumber 10\n");
	write_file(dir, "30.conf", "global\nnumber 30\n");
	write_file(dir, ".40.cfg", "global\nnumber 40\n");
	conf_native_read_paths(&f->ctx, paths, 1);
	assert_int_equal(f->diags.n_errors, 0);
	assert_int_equal(toy.number, 20);
	remove_file(dir, "20.cfg");
	remove_file(dir, "10.cfg");
	remove_file(dir, "30.conf");
	remove_file(dir, ".40.cfg");
	rmdir(dir);

	/* The same bytes once more, from what was kept, without the files. */
	toy.number = 0;
	fd = conf_files_save(&f->files);
	assert_true(fd >= 0);
	g = *f;
	conf_files_init(&g.files);
	assert_int_equal(conf_files_load(&g.files, fd), 0);
	close(fd);
	g.ctx.files = &g.files;
	conf_native_read_paths(&g.ctx, paths, 1);
	assert_int_equal(toy.number, 20);
	conf_files_fini(&g.files);
}

static void a_file_that_is_not_there_or_cut_is_an_error(void **state)
{
	struct fixture *f = *state;
	const char *paths[] = {"/nonexistent/relais.cfg"};

	conf_native_read_paths(&f->ctx, paths, 1);
	assert_non_null(strstr(diag(f, 0, 0, 0), "cannot be read"));
	read_text(f, "global\n number 3");
	assert_non_null(strstr(diag(f, 1, 2, 10), "does not end with a newline"));
}

static void the_manual_lists_every_row(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	conf_manual_print(sections, parts, out);
	fclose(out);
	for (const struct conf_keyword *row = rows; row->name; row++)
		assert_non_null(strstr(text, row->name));
	assert_non_null(strstr(text, "not served yet"));
	assert_non_null(strstr(text, "without effect"));
	free(text);
}

#define STORY(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(words_are_what_haproxy_takes_them_for),
		STORY(variables_expand_in_double_quotes),
		STORY(a_broken_line_is_an_error_at_its_place),
		STORY(rows_store_their_values),
		STORY(what_is_wrong_is_said_by_name_and_place),
		STORY(conditions_choose_lines),
		STORY(broken_directives_are_errors),
		STORY(conditions_answer_as_haproxy_does),
		STORY(the_environment_can_be_reset),
		STORY(lists_of_options_are_rows_too),
		STORY(a_directory_is_its_cfg_files_in_order),
		STORY(a_file_that_is_not_there_or_cut_is_an_error),
		STORY(the_manual_lists_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
