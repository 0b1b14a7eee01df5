/*
 * `show stat`: the counters as CSV with HAProxy's columns. Runs on a balancer thread.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "admin/stat_csv.h"

struct csv_filter {
	FILE *out;
	long iid, sid;	/* -1 = all */
	unsigned types; /* bits: 1 frontend, 2 backend, 4 server */
	bool up_only, no_maint;
};

static void print_cell(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void stat_csv_head(FILE *out)
{
	fputs("# ", out);
	for (int i = 0; i < STAT_COLUMNS; i++)
		fprintf(out, "%s,", stat_column_names[i]);
	fputc('\n', out);
}

void stat_csv_row(FILE *out, const struct stat_row *row)
{
	for (int i = 0; i < STAT_COLUMNS; i++) {
		if (row->cell[i])
			print_cell(out, row->cell[i]);
		fputc(',', out);
	}
	fputc('\n', out);
}

static bool admits(const struct csv_filter *f, const struct proxy *p, const struct stat_row *row)
{
	static const unsigned bit[] = {1, 2, 4};
	const char *status = row->cell[STAT_STATUS];

	if (f->iid >= 0 && p->conf->id != (unsigned)f->iid)
		return false;
	if (!(f->types & bit[row->type]))
		return false;
	if (f->sid >= 0 && (!row->cell[STAT_SID] || atol(row->cell[STAT_SID]) != f->sid))
		return false;
	if (row->type != STAT_TYPE_SERVER || !status)
		return true;
	if (f->up_only && strncmp(status, "UP", 2) != 0 && strcmp(status, "no check") != 0)
		return false;
	return !f->no_maint || strncmp(status, "MAINT", 5) != 0;
}

static void print_row(void *ctx, const struct proxy *p, const struct stat_row *row)
{
	struct csv_filter *f = ctx;

	if (admits(f, p, row))
		stat_csv_row(f->out, row);
}

static void show_stat(struct admin_reply *reply, int argc, char **argv)
{
	struct csv_filter f = {.out = reply->out, .iid = -1, .sid = -1, .types = 7};
	int at = 0;

	if (argc >= 3 && strspn(argv[1], "-0123456789") == strlen(argv[1])) {
		f.iid = atol(argv[0]);
		f.types = atol(argv[1]) < 0 ? 7 : (unsigned)atol(argv[1]);
		f.sid = atol(argv[2]);
		at = 3;
	}
	for (; at < argc; at++) {
		if (strcmp(argv[at], "up") == 0) {
			f.up_only = true;
		} else if (strcmp(argv[at], "no-maint") == 0) {
			f.no_maint = true;
		} else {
			fprintf(reply->out, "'%s' is not served: the answer is CSV\n", argv[at]);
			return;
		}
	}
	stat_csv_head(f.out);
	stat_rows_each(balancer_running(), print_row, &f);
}

const struct admin_command admin_stat_commands[] = {
	{"show stat", ADMIN_USER, "[<iid> <type> <sid>] [up|no-maint]",
	 "counters of each frontend, server and backend, as CSV", show_stat},
	{NULL, ADMIN_USER, NULL, NULL, NULL},
};
