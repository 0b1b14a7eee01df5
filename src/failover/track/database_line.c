/*
 * The line between relais-dbrole and failover. See database_line.h.
 */
#include "failover/track/database_line.h"

#include <stdio.h>
#include <string.h>

static const char *const words[] = {
	[DATABASE_DOWN] = "down", [DATABASE_REPLICA] = "replica", [DATABASE_PRIMARY] = "primary"};

static void clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127 || *text == '"' || *text == '\\')
			*text = ' ';
}

size_t database_line_write(const struct database_line *line, char out[static DATABASE_LINE_MAX])
{
	char note[sizeof(line->note)];

	snprintf(note, sizeof(note), "%.*s", (int)sizeof(note) - 1, line->note);
	clean(note);
	return (size_t)snprintf(out, DATABASE_LINE_MAX, "%lld %s %s\n", (long long)line->asked_us,
				words[line->role], note);
}

bool database_line_read(struct slice text, struct database_line *out)
{
	struct slice number = slice_cut(&text, ' '), word = slice_cut(&text, ' ');
	unsigned long long us;

	if (!slice_to_uint(number, INT64_MAX, &us))
		return false;
	out->asked_us = (int64_t)us;
	snprintf(out->note, sizeof(out->note), "%.*s",
		 (int)(text.len < sizeof(out->note) ? text.len : sizeof(out->note) - 1),
		 text.len ? text.ptr : "");
	clean(out->note);
	for (int i = DATABASE_DOWN; i <= DATABASE_PRIMARY; i++) {
		if (slice_eq(word, slice_of(words[i]))) {
			out->role = (enum database_role)i;
			return true;
		}
	}
	return false;
}
