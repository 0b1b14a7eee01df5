/*
 * core/conf/blocks: what keepalived.conf's grammar makes of a text. Expected trees are those that
 * Debian's Keepalived 2.2.7 was seen to read. A tree is shown as "word word{child;child};".
 * Words: blocks_words.c. Parameters: blocks_params.c. ~SEQ and ~LST: blocks_loops.c. Includes, @id,
 * bounds: blocks_lines.c. The sealed set: files.c, facts.c. Places: diag.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/conf/blocks/blocks.h"

static const char *const quoted[] = {"script", NULL};

struct reading {
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	struct block_node *tree;
	char shown[4096];
};

static void show(struct text *t, const struct block_node *node)
{
	for (; node; node = node->next) {
		for (unsigned i = 0; i < node->line.n_words; i++) {
			if (i > 0)
				text_char(t, ' ');
			text_str(t, node->line.words[i].text);
		}
		if (node->has_block) {
			text_char(t, '{');
			show(t, node->children);
			text_char(t, '}');
		}
		text_char(t, ';');
	}
}

static void start(struct reading *r)
{
	conf_files_init(&r->files);
	conf_diags_init(&r->diags);
	arena_init(&r->arena, 0);
}

static void read_path(struct reading *r, const char *path, const char *id)
{
	struct blocks_options options = {.config_id = id, .quoted = quoted};
	struct text t;

	r->tree = blocks_parse(&r->files, path, &r->arena, &r->diags, &options);
	text_init(&t, r->shown, sizeof(r->shown));
	show(&t, r->tree);
}

static void finish(struct reading *r)
{
	arena_fini(&r->arena);
	conf_diags_fini(&r->diags);
	conf_files_fini(&r->files);
}

/* The text as the tree it gives; errors and warnings must be as many as told. */
static void expect(const char *text, const char *tree, unsigned n_errors, unsigned n_warnings)
{
	struct reading r;

	start(&r);
	conf_files_put(&r.files, "t.conf", slice_of(text));
	read_path(&r, "t.conf", "lb1");
	assert_string_equal(r.shown, tree);
	assert_int_equal(r.diags.n_errors, n_errors);
	assert_int_equal(r.diags.n_warnings, n_warnings);
	finish(&r);
}

static void blocks_may_stand_in_one_line_or_in_many(void **state)
{
	(void)state;
	expect("a {\n b 1\n c {\n }\n}\nd\n", "a{b 1;c{};};d;", 0, 0);
	expect("a { b { c } d 2 }", "a{b{c;};d 2;};", 0, 0);
	expect("a\n{\n b\n}\n", "a{b;};", 0, 0);
	expect("a { b 1\n c }\r\nd\r\n", "a{b 1;c;};d;", 0, 0);
	expect("x{y", "x{y;};", 1, 0); /* never closed */
	expect("a }\nb", "a;b;", 0, 1);
	expect("{ a }", "{a;};", 0, 1); /* a block without a name */
	expect("", "", 0, 0);
}

static void comments_and_quotes(void **state)
{
	(void)state;
	expect("! whole\na#b\nc \"d#e\" # f\ng h!i\n", "a;c d#e;g h;", 0, 0);
	/* Plain statements: only " quotes, and nothing is escaped. */
	expect("state \"a\\x41 b\" 'c'", "state a\\x41 b 'c';", 0, 0);
	expect("state ab\" cd \"ef", "state ab  cd  ef;", 0, 0);
	expect("state \"x{y\"", "state x{y;", 0, 0);
	expect("state \"\"", "state ;", 0, 0);
	expect("state \"abc\nd", "state;d;", 1, 0);
	/* Script statements: as in a shell. */
	expect("script 'killall -0 haproxy' # cheap", "script killall -0 haproxy;", 0, 0);
	expect("script \"a 'b  c' \\\"d\\\" \\x41\"", "script a 'b  c' \"d\" A;", 0, 0);
	expect("script \"a\"\" { } # b\" c", "script a { } # b c;", 0, 0);
	expect("script \"a", "script;", 1, 0);
}

static void script_text_is_cut_a_second_time(void **state)
{
	struct arena arena;
	const char *const *words;

	(void)state;
	arena_init(&arena, 0);
	words = blocks_shell_split(&arena, "/bin/x 'a  b' \"c\" \\x41 d\\e {e} ''");
	assert_string_equal(words[0], "/bin/x");
	assert_string_equal(words[1], "a  b");
	assert_string_equal(words[2], "c");
	assert_string_equal(words[3], "A");
	assert_string_equal(words[4], "de");
	assert_string_equal(words[5], "{e}");
	assert_string_equal(words[6], "");
	assert_null(words[7]);
	assert_null(blocks_shell_split(&arena, "a 'b"));
	assert_null(blocks_shell_split(&arena, "  ")[0]);
	arena_fini(&arena);
}

static void parameters_are_replaced_late(void **state)
{
	(void)state;
	expect("$FOO=foo\na $FOO\nb $FOO/x\nc ${FOO}/x\nd \"$FOO ${FOO} $BAR\"\ne a$FOO\n",
	       "a foo;b $FOO/x;c foo/x;d foo foo $BAR;e afoo;", 0, 0);
	expect("$B=10.2.${S}\n$S=0\n${B}.100/32\n$S=10\n${B}.100/32\n",
	       "10.2.0.100/32;10.2.10.100/32;", 0, 0);
	expect("$E=\na x${E}y\n", "a xy;", 0, 0);
	expect("$Q=\"a # b\" # c\na $Q\n", "a a # b;", 0, 0);
	expect("a ${NONE} c\nb\n", "a ${NONE} c;b;", 0, 1);
	expect("a 1${NONE}2/3 c\n", "a 1${NONE}2/3 c;", 0, 1);
	expect("a $NONE", "a $NONE;", 0, 0);
	expect("random_seed 7\na ${_RANDOM 1 9} ${_RANDOM}\n", "random_seed 7;a 3 21631;", 0, 0);
	expect("random_seed 7\na ${_RANDOM 1 9} ${_RANDOM}\n", "random_seed 7;a 3 21631;", 0, 0);
	expect("a \"${_HASH}${_BANG}\" ${_INSTANCE} ${_RANDOM 5 5}", "a #! lb1 5;", 0, 0);
}

static void values_may_have_many_lines(void **state)
{
	(void)state;
	expect("$I= \\\n  vi VI_${N} { \\\n  vrid ${N} \\\n  @lb1 prio 2 \\\n  @lb2 prio 1 \\\n  } "
	       "\\\n"
	       "\n$N=3\n$I\n$N=4\n$I\nx\n",
	       "vi VI_3{vrid 3;prio 2;};vi VI_4{vrid 4;prio 2;};x;", 0, 0);
	/* Nested: a definition within a value is made when the value is used. */
	expect("$R= \\\n rs ${W}.${N} \\\n\n$W=7\n$S= \\\n $N=1 \\\n $R \\\n $N=2 \\\n $R "
	       "\\\n\n$S\n",
	       "rs 7.1;rs 7.2;", 0, 0);
}

static void lines_for_one_node_only(void **state)
{
	(void)state;
	expect("@lb1 a 1\n@lb2 a 2\n@^lb1 b 1\n@^lb2 b 2\n", "a 1;b 2;", 0, 0);
	expect("@lb2 $P=1\n@lb1 $P=2\nprio $P\n", "prio 2;", 0, 0);
	expect("$MAIN=@lb1\n$MAIN prio 240\n$MAIN=@lb2\n$MAIN prio 10\n", "prio 240;", 0, 0);
	expect("@lb2 $M= \\\n a \\\n b \\\n\nc\n", "c;", 0, 0);
}

static void lines_that_repeat(void **state)
{
	(void)state;
	expect("~SEQ(S, 0, 3) ip 10.0.${S}.1", "ip 10.0.0.1;ip 10.0.1.1;ip 10.0.2.1;ip 10.0.3.1;",
	       0, 0);
	expect("~SEQ(S, 5, 3) b$S\n~SEQ(T,2) c${T}\n~SEQ(U,-2) d${U}", "b5;b4;b3;c1;c2;d-1;d-2;", 0,
	       0);
	expect("~SEQx(A, 0x90, 0x10, 0xb0) ~SEQx(B, 0x1a, -1, 0x19) fe80::${A}:${B}",
	       "fe80::90:1a;fe80::90:19;fe80::a0:1a;fe80::a0:19;fe80::b0:1a;fe80::b0:19;", 0, 0);
	expect("~LST({IP, IP1}, {10,1},{20,4}) 192.168.${IP}.${IP1}", "192.168.10.1;192.168.20.4;",
	       0, 0);
	expect("$V= \\\n vi ${I}.${J} { \\\n } \\\n\n~SEQ(I,0,1) ~LST(J,7,8) $V",
	       "vi 0.7{};vi 0.8{};vi 1.7{};vi 1.8{};", 0, 0);
	/* Blanks before the parenthesis, parameters as numbers, tuples of one. */
	expect("$E=4\n~SEQ (S,3,$E) a${S}\n~SEQ(T,$E)b${T}\n~LST({A},{1},{2}) c${A}\n",
	       "a3;a4;b1;b2;b3;b4;c1;c2;", 0, 0);
	/* What is not understood is left out; all else counts. */
	expect("~SEQ(X) a\n~SEQ(X,1,0,5) b\n~LST(Y) c\n~SEQ(X,1 d\n~SEQ(X,3,-1,5) e\n"
	       "~LST({A,B},{1,2,3}) f\ng\n",
	       "g;", 0, 6);
}

static void what_never_ends_is_stopped(void **state)
{
	struct reading r;
	struct blocks_options options = {.config_id = "x", .expanded_max = 4096};

	(void)state;
	expect("$A=a${A}\nb $A\nc\n", "c;", 1, 0);
	start(&r);
	conf_files_put(&r.files, "t.conf", slice_of("$A= \\\n x \\\n $A \\\n\n$A\n"));
	read_path(&r, "t.conf", "x");
	assert_int_equal(r.diags.n_errors, 1);
	finish(&r);
	start(&r);
	conf_files_put(&r.files, "t.conf",
		       slice_of("$A=${B}${B}\n$B=${C}${C}\n$C=${D}${D}\n$D=${E}${E}\n"
				"$E=${F}${F}\n$F=0123456789abcdef0123456789abcdef\nx ${A}${A}${A}\n"
				"~SEQ(I,1,1000000000) y\n"));
	r.tree = blocks_parse(&r.files, "t.conf", &r.arena, &r.diags, &options);
	assert_int_equal(r.diags.n_errors, 1);
	assert_non_null(strstr(r.diags.first->text, "more than 4096 bytes"));
	finish(&r);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void includes_are_followed_and_sealed(void **state)
{
	char dir[] = "/tmp/relais-blocks-XXXXXX", path[256];
	struct conf_files sealed;
	struct reading r;
	char first[256];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	write_file(dir, "k.conf",
		   "a\n$D=d\n@^x include ${D}-*.conf\n@x include d-1.conf\n$I= \\\n b \\\n "
		   "include none.conf\n\n$I\ninclude no*.x\n");
	write_file(dir, "d-1.conf", "one ${_PWD}\ninclude sub.conf\n");
	write_file(dir, "d-2.conf", "two\n");
	write_file(dir, "sub.conf", "sub\n");
	snprintf(path, sizeof(path), "%s/k.conf", dir);
	start(&r);
	read_path(&r, path, "lb1");
	snprintf(first, sizeof(first), "a;one %s;sub;two;b;", dir);
	assert_string_equal(r.shown, first);
	assert_int_equal(r.diags.n_errors, 0);
	assert_int_equal(r.diags.n_warnings, 1); /* none.conf; a pattern may match nothing */
	fd = conf_files_save(&r.files);
	assert_true(fd >= 0);
	finish(&r);

	/* The files are gone, the sealed set says the same. */
	snprintf(path, sizeof(path), "rm -r %s", dir);
	assert_int_equal(system(path), 0);
	conf_files_init(&sealed);
	assert_int_equal(conf_files_load(&sealed, fd), 0);
	close(fd);
	start(&r);
	conf_files_fini(&r.files);
	r.files = sealed;
	snprintf(path, sizeof(path), "%s/k.conf", dir);
	read_path(&r, path, "lb1");
	assert_string_equal(r.shown, first);
	assert_int_equal(r.diags.n_warnings, 1);
	finish(&r);
}

static void what_is_no_text_is_said_once(void **state)
{
	static const char bytes[] = "a\nELF\0\1\nx\0y\nz\0\n";
	char path[] = "/tmp/relais-blocks-XXXXXX";
	int fd = mkstemp(path);
	struct reading r;

	(void)state;
	assert_int_equal(write(fd, bytes, sizeof(bytes) - 1), sizeof(bytes) - 1);
	close(fd);
	start(&r);
	read_path(&r, path, NULL);
	assert_int_equal(r.diags.n_errors, 1);
	assert_int_equal(r.diags.first->place.line, 2);
	finish(&r);
	unlink(path);
}

static void an_include_of_itself_ends(void **state)
{
	struct reading r;

	(void)state;
	start(&r);
	conf_files_put(&r.files, "/x/a.conf", slice_of("a\ninclude a.conf\n"));
	read_path(&r, "/x/a.conf", NULL);
	assert_int_equal(r.diags.n_errors, 1);
	finish(&r);
	start(&r);
	read_path(&r, "/nonexistent/k.conf", NULL);
	assert_null(r.tree);
	assert_int_equal(r.diags.n_errors, 1);
	finish(&r);
}

static void places_are_those_of_the_file(void **state)
{
	const struct block_node *node;
	struct reading r;

	(void)state;
	start(&r);
	conf_files_put(&r.files, "t.conf",
		       slice_of("# x\n\tab  cd {\n  @lb1 ef gh\n $P=1\n q $P\n}\n"));
	read_path(&r, "t.conf", "lb1");
	node = r.tree;
	assert_string_equal(node->line.file, "t.conf");
	assert_int_equal(node->line.line, 2);
	assert_int_equal(node->line.words[0].column, 2);
	assert_int_equal(node->line.words[1].column, 6);
	node = node->children;
	assert_int_equal(node->line.line, 3);
	assert_int_equal(node->line.words[0].column, 8);
	assert_int_equal(node->line.words[1].column, 11);
	node = node->next;
	assert_int_equal(node->line.line, 5);
	assert_int_equal(node->line.words[1].column, 2); /* substituted: its first word's */
	finish(&r);
}

static void the_two_grammars_are_told_apart(void **state)
{
	(void)state;
	assert_true(blocks_looks_like(SLICE("! x\n\nvrrp_instance VI_1 {\n}\n")));
	assert_true(blocks_looks_like(SLICE("$A=1\n")));
	assert_true(blocks_looks_like(SLICE("global_defs {\n}\n")));
	assert_true(blocks_looks_like(SLICE("foo bar {\n}\n")));
	assert_false(blocks_looks_like(SLICE("global\n  daemon\ndefaults\n")));
	assert_false(blocks_looks_like(SLICE("frontend a\n bind :80\n")));
	assert_false(blocks_looks_like(SLICE("# only\n")));
	assert_false(blocks_looks_like(SLICE("")));
	assert_false(blocks_looks_like(
		SLICE("backend x\n http-request set-header a %{+Q}o\n vrrp_instance VI {\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_may_stand_in_one_line_or_in_many),
		cmocka_unit_test(comments_and_quotes),
		cmocka_unit_test(script_text_is_cut_a_second_time),
		cmocka_unit_test(parameters_are_replaced_late),
		cmocka_unit_test(values_may_have_many_lines),
		cmocka_unit_test(lines_for_one_node_only),
		cmocka_unit_test(lines_that_repeat),
		cmocka_unit_test(what_never_ends_is_stopped),
		cmocka_unit_test(includes_are_followed_and_sealed),
		cmocka_unit_test(what_is_no_text_is_said_once),
		cmocka_unit_test(an_include_of_itself_ends),
		cmocka_unit_test(places_are_those_of_the_file),
		cmocka_unit_test(the_two_grammars_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
