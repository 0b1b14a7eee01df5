/*
 * Finding and running runtime commands. See command.h. Runs on whichever balancer thread accepted
 * the connection; the table is set once before threads start.
 */
#include "admin/command.h"

#include <ctype.h>
#include <string.h>

static const struct admin_command *const *all_tables;

void admin_setup(const struct admin_command *const *tables)
{
	all_tables = tables;
}

/* How many words of argv the row's words match entirely; 0 = no match. */
static int row_matches(const struct admin_command *row, int argc, char **argv)
{
	const char *w = row->words;
	int n = 0;

	while (*w) {
		size_t len = strcspn(w, " ");

		if (n >= argc || strlen(argv[n]) != len || memcmp(argv[n], w, len) != 0)
			return 0;
		n++;
		w += len;
		w += *w == ' ';
	}
	return n;
}

static void print_row(FILE *out, const struct admin_command *row)
{
	char left[96];

	snprintf(left, sizeof(left), "%s %s", row->words, row->args);
	fprintf(out, "  %-40s: %s\n", left, row->doc);
}

/* Rows that begin with the given words; with none given, all that the level may use. */
static int print_matching(struct admin_reply *reply, int argc, char **argv)
{
	int n = 0;

	for (const struct admin_command *const *t = all_tables; t && *t; t++) {
		for (const struct admin_command *row = *t; row->words; row++) {
			size_t len = argc > 0 ? strlen(argv[0]) : 0;

			if (row->level > reply->level ||
			    (argc > 0 && strncmp(row->words, argv[0], len) != 0))
				continue;
			print_row(reply->out, row);
			n++;
		}
	}
	return n;
}

static void run_help(struct admin_reply *reply, int argc, char **argv)
{
	fputs("The following commands are valid at this level:\n", reply->out);
	print_matching(reply, argc, argv);
	fputs("  help [<command>]                        : this list, or the commands that begin "
	      "so\n"
	      "  prompt                                  : several commands per connection, with a "
	      "prompt\n"
	      "  quit                                    : close the connection\n",
	      reply->out);
}

static bool run_builtin(struct admin_reply *reply, int argc, char **argv)
{
	if (strcmp(argv[0], "help") == 0 || strcmp(argv[0], "?") == 0)
		run_help(reply, argc - 1, argv + 1);
	else if (strcmp(argv[0], "prompt") == 0)
		reply->toggle_prompt = true;
	else if (strcmp(argv[0], "quit") == 0)
		reply->quit = true;
	else if (strcmp(argv[0], "operator") == 0 && reply->level > ADMIN_OPERATOR)
		reply->level = ADMIN_OPERATOR;
	else if (strcmp(argv[0], "user") == 0)
		reply->level = ADMIN_USER;
	else
		return false;
	return true;
}

static void run_words(struct admin_reply *reply, int argc, char **argv)
{
	const struct admin_command *best = NULL;
	int best_n = 0;

	if (argc == 0 || run_builtin(reply, argc, argv))
		return;
	for (const struct admin_command *const *t = all_tables; t && *t; t++) {
		for (const struct admin_command *row = *t; row->words; row++) {
			int n = row_matches(row, argc, argv);

			if (n > best_n) {
				best_n = n;
				best = row;
			}
		}
	}
	if (!best) {
		fputs("Unknown command. The nearest ones:\n", reply->out);
		if (print_matching(reply, 1, argv) == 0)
			print_matching(reply, 0, NULL);
		return;
	}
	if (best->level > reply->level) {
		fputs("Permission denied\n", reply->out);
		return;
	}
	best->run(reply, argc - best_n, argv + best_n);
}

/* Cuts one command (up to an unescaped ';') into words in place. Returns where the next starts. */
static char *cut_words(char *at, int *argc, char **argv)
{
	*argc = 0;
	while (*at && *at != ';') {
		char *to = at;

		if (isspace((unsigned char)*at)) {
			at++;
			continue;
		}
		if (*argc < ADMIN_WORDS_MAX)
			argv[(*argc)++] = to;
		while (*at && *at != ';' && !isspace((unsigned char)*at)) {
			if (*at == '\\' && at[1])
				at++;
			*to++ = *at++;
		}
		if (*at == ';') {
			*to = '\0';
			return at + 1;
		}
		if (*at)
			at++;
		*to = '\0';
	}
	return *at == ';' ? at + 1 : at;
}

void admin_run_line(struct admin_reply *reply, char *line)
{
	char *argv[ADMIN_WORDS_MAX];

	do {
		unsigned n_waits = reply->n_waits;
		int argc;

		line = cut_words(line, &argc, argv);
		run_words(reply, argc, argv);
		if (reply->n_waits == n_waits) /* else its answer comes later */
			fputc('\n', reply->out);
	} while (*line && !reply->quit);
}

bool admin_poll(struct admin_reply *reply)
{
	unsigned left = 0;

	for (unsigned i = 0; i < reply->n_waits; i++) {
		if (reply->waits[i].poll(reply, reply->waits[i].ticket))
			fputc('\n', reply->out);
		else
			reply->waits[left++] = reply->waits[i];
	}
	reply->n_waits = left;
	return left == 0;
}

void admin_print_manual(const struct admin_command *const *tables, FILE *out)
{
	static const char *const levels[] = {"", "user", "operator", "admin"};

	fputs("| command | level | what it does |\n|---|---|---|\n", out);
	for (; *tables; tables++)
		for (const struct admin_command *row = *tables; row->words; row++)
			fprintf(out, "| `%s %s` | %s | %s |\n", row->words, row->args,
				levels[row->level], row->doc);
}
