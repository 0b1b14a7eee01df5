/*
 * A very small shell. See shell_lite.h. Words are cut first, then read by recursive descent; both
 * branches of a condition are read, only the taken one counts. An unread word anywhere ends it:
 * guessing what a check means would be worse than running it.
 */
#include "failover/conf/script/shell_lite.h"

#include <ctype.h>
#include <stdlib.h>

#include "failover/conf/script/idiom.h"

enum { TOKENS_MAX = 512, ARGS_MAX = 32, DEPTH_MAX = 16 };

struct shell {
	struct arena *arena;
	const char *tokens[TOKENS_MAX + 1]; /* operators start with \1 */
	unsigned n_tokens, at, depth;
	bool alive;
	bool bad;	/* not understood */
	bool exited;	/* exit was reached: nothing counts after */
	unsigned muted; /* > 0: in a branch that is not taken */
	int status;	/* $? */
};

/* ---- words ---- */

static void push(struct shell *sh, const char *token)
{
	if (sh->n_tokens >= TOKENS_MAX)
		sh->bad = true;
	else
		sh->tokens[sh->n_tokens++] = token;
}

/* Length of an operator at p; *token gets its name, "" for one that is not served. */
static size_t operator_at(const char *p, const char **token)
{
	static const char *const two[] = {"&&", "||", NULL};

	for (unsigned i = 0; two[i]; i++) {
		if (strncmp(p, two[i], 2) == 0) {
			*token = i ? "\1||" : "\1&&";
			return 2;
		}
	}
	*token = *p == ';' || *p == '\n' ? "\1;" : strchr("|&()`<", *p) ? "" : NULL;
	return *token ? 1 : 0;
}

/* `>file`, `2>&1`, `&>file`, `>>file` and `</dev/null`: skipped. Returns its length. */
static size_t redirection_len(const char *p)
{
	const char *start = p;

	if ((*p == '1' || *p == '2') && p[1] == '>')
		p++;
	else if (*p == '&' && p[1] == '>')
		p++;
	if (*p != '>' && !(*p == '<' && p == start))
		return 0;
	p += p[1] == '>' ? 2 : 1;
	if (*p == '&')
		p++;
	while (*p == ' ' || *p == '\t')
		p++;
	while (*p && !isspace((unsigned char)*p) && !strchr(";|&()<>", *p))
		p++;
	return (size_t)(p - start);
}

static const char *cut_word(struct shell *sh, const char *p)
{
	char *word = arena_alloc(sh->arena, strlen(p) + 1), quote = '\0';
	size_t len = 0;

	for (; *p && (quote || (!isspace((unsigned char)*p) && !strchr(";|&()<>`", *p))); p++) {
		if (quote ? *p == quote : (*p == '"' || *p == '\'')) {
			quote = quote ? '\0' : *p;
			continue;
		}
		if (*p == '\\' || (*p == '`' && quote != '\''))
			sh->bad = true;
		if (*p == '$' && quote != '\'' && p[1] != '?')
			sh->bad = true;
		word[len++] = *p;
	}
	word[len] = '\0';
	if (quote)
		sh->bad = true;
	push(sh, word);
	return p;
}

static void cut_all(struct shell *sh, const char *p)
{
	while (*p && !sh->bad) {
		const char *token;
		size_t len;

		if (*p == ' ' || *p == '\t' || *p == '\r') {
			p++;
		} else if (*p == '#') {
			p += strcspn(p, "\n");
		} else if ((len = redirection_len(p)) > 0) {
			p += len;
		} else if ((len = operator_at(p, &token)) > 0) {
			if (!*token)
				sh->bad = true;
			push(sh, token);
			p += len;
		} else {
			p = cut_word(sh, p);
		}
	}
	sh->tokens[sh->n_tokens] = "\1end";
}

/* ---- reading ---- */

static bool is(const struct shell *sh, const char *token)
{
	return strcmp(sh->tokens[sh->at], token) == 0;
}

static bool accept(struct shell *sh, const char *token)
{
	if (!is(sh, token))
		return false;
	sh->at++;
	return true;
}

static void skip_ends(struct shell *sh)
{
	while (accept(sh, "\1;"))
		;
}

static bool counts(const struct shell *sh)
{
	return !sh->exited && sh->muted == 0;
}

static void set_status(struct shell *sh, int status)
{
	if (counts(sh))
		sh->status = status;
}

/* `[ $? -eq N ]` */
static bool test_status(struct shell *sh, const char *const *argv, unsigned n)
{
	bool equal;

	if (n != 5 && !(n == 4 && strcmp(argv[0], "test") == 0))
		return false;
	if (strcmp(argv[1], "$?") != 0 || !isdigit((unsigned char)argv[3][0]))
		return false;
	if (strcmp(argv[2], "-eq") == 0 || strcmp(argv[2], "=") == 0 || strcmp(argv[2], "==") == 0)
		equal = true;
	else if (strcmp(argv[2], "-ne") == 0 || strcmp(argv[2], "!=") == 0)
		equal = false;
	else
		return false;
	set_status(sh, (sh->status == atoi(argv[3])) == equal ? 0 : 1);
	return true;
}

static void run_exit(struct shell *sh, const char *const *argv, unsigned n)
{
	if (n > 2 || (n == 2 && strcmp(argv[1], "$?") != 0 && !isdigit((unsigned char)argv[1][0])))
		sh->bad = true;
	else if (n == 2 && argv[1][0] != '$')
		set_status(sh, atoi(argv[1]));
	if (counts(sh))
		sh->exited = true;
}

static void run(struct shell *sh, const char *const *argv, unsigned n)
{
	static const char *const harmless[] = {"true", ":", "set", "echo", "logger", NULL};

	for (unsigned i = 0; harmless[i]; i++) {
		if (strcmp(argv[0], harmless[i]) == 0) {
			set_status(sh, 0);
			return;
		}
	}
	if (strcmp(argv[0], "exit") == 0)
		run_exit(sh, argv, n);
	else if (strcmp(argv[0], "false") == 0)
		set_status(sh, 1);
	else if (strcmp(argv[0], "exec") == 0 && n > 1 && failover_idiom_command(argv + 1))
		set_status(sh, sh->alive ? 0 : 1);
	else if (failover_idiom_command(argv))
		set_status(sh, sh->alive ? 0 : 1);
	else if ((strcmp(argv[0], "[") != 0 && strcmp(argv[0], "test") != 0 &&
		  strcmp(argv[0], "[[") != 0) ||
		 !test_status(sh, argv, n))
		sh->bad = true;
}

static void read_list(struct shell *sh);

static void read_if(struct shell *sh)
{
	bool taken;

	read_list(sh);
	taken = sh->status == 0;
	sh->bad |= !accept(sh, "then");
	sh->muted += !taken;
	read_list(sh);
	sh->muted -= !taken;
	sh->muted += taken;
	if (accept(sh, "elif")) {
		read_if(sh);
		sh->muted -= taken;
		return;
	}
	if (accept(sh, "else"))
		read_list(sh);
	else
		set_status(sh, 0); /* no branch was taken */
	sh->muted -= taken;
	sh->bad |= !accept(sh, "fi");
}

static void read_command(struct shell *sh)
{
	const char *argv[ARGS_MAX + 1];
	unsigned n = 0;

	if (sh->depth >= DEPTH_MAX || sh->bad) {
		sh->bad = true;
		return;
	}
	sh->depth++;
	if (accept(sh, "!")) {
		read_command(sh);
		set_status(sh, sh->status == 0 ? 1 : 0);
	} else if (accept(sh, "if")) {
		read_if(sh);
	} else if (accept(sh, "{")) {
		read_list(sh);
		sh->bad |= !accept(sh, "}");
	} else {
		while (sh->tokens[sh->at][0] != '\1' && n < ARGS_MAX)
			argv[n++] = sh->tokens[sh->at++];
		argv[n] = NULL;
		if (n == 0 || n == ARGS_MAX)
			sh->bad = true;
		else
			run(sh, argv, n);
	}
	sh->depth--;
}

static void read_and_or(struct shell *sh)
{
	read_command(sh);
	while (!sh->bad && (is(sh, "\1&&") || is(sh, "\1||"))) {
		bool both = accept(sh, "\1&&");
		bool skip;

		if (!both)
			accept(sh, "\1||");
		skip = both ? sh->status != 0 : sh->status == 0;
		skip_ends(sh);
		sh->muted += skip;
		read_command(sh);
		sh->muted -= skip;
	}
}

/* Commands up to a word that closes the list around them. */
static void read_list(struct shell *sh)
{
	static const char *const closers[] = {"then", "elif", "else", "fi", "}", "\1end", NULL};

	for (skip_ends(sh); !sh->bad; skip_ends(sh)) {
		for (unsigned i = 0; closers[i]; i++)
			if (is(sh, closers[i]))
				return;
		read_and_or(sh);
		if (!is(sh, "\1;") && !is(sh, "\1end") && !is(sh, "}"))
			sh->bad = true;
	}
}

enum failover_shell_result failover_shell_lite(struct arena *arena, const char *text, bool alive)
{
	struct shell *sh = ARENA_NEW(arena, struct shell);

	sh->arena = arena;
	sh->alive = alive;
	cut_all(sh, text);
	if (!sh->bad)
		read_list(sh);
	if (sh->bad || !is(sh, "\1end"))
		return FAILOVER_SHELL_UNREADABLE;
	return sh->status == 0 ? FAILOVER_SHELL_TRUE : FAILOVER_SHELL_FALSE;
}
