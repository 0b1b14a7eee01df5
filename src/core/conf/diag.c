/*
 * Collecting and printing diagnostics. See diag.h. One thread: whoever parses.
 */
#include "core/conf/diag.h"

#include <string.h>

void conf_diags_init(struct conf_diags *d)
{
	*d = (struct conf_diags){.first = NULL};
	d->tail = &d->first;
	arena_init(&d->arena, 0);
}

void conf_diags_fini(struct conf_diags *d)
{
	arena_fini(&d->arena);
	d->first = NULL;
	d->tail = &d->first;
}

static void add(struct conf_diags *d, enum conf_severity severity, struct conf_place at,
		const char *fmt, va_list ap)
{
	struct conf_diag *diag = ARENA_NEW(&d->arena, struct conf_diag);

	diag->severity = severity;
	diag->place = at;
	diag->place.file = at.file ? arena_strdup(&d->arena, at.file) : "relais";
	diag->text = arena_vprintf(&d->arena, fmt, ap);
	*d->tail = diag;
	d->tail = &diag->next;
}

void conf_error(struct conf_diags *d, struct conf_place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, CONF_ERROR, at, fmt, ap);
	va_end(ap);
	d->n_errors++;
}

void conf_warn(struct conf_diags *d, struct conf_place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, CONF_WARNING, at, fmt, ap);
	va_end(ap);
	d->n_warnings++;
}

void conf_advise(struct conf_diags *d, struct conf_place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, CONF_WARNING, at, fmt, ap);
	va_end(ap);
	d->n_warnings++;
	d->n_advices++;
}

void conf_note(struct conf_diags *d, struct conf_place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, CONF_NOTE, at, fmt, ap);
	va_end(ap);
}

void conf_diags_append(struct conf_diags *to, const struct conf_diags *from)
{
	for (const struct conf_diag *d = from->first; d; d = d->next) {
		struct conf_diag *copy = ARENA_NEW(&to->arena, struct conf_diag);

		*copy = *d;
		copy->next = NULL;
		copy->place.file = arena_strdup(&to->arena, d->place.file);
		copy->text = arena_strdup(&to->arena, d->text);
		*to->tail = copy;
		to->tail = &copy->next;
	}
	to->n_errors += from->n_errors;
	to->n_warnings += from->n_warnings;
	to->n_advices += from->n_advices;
}

void conf_diags_print(const struct conf_diags *d, FILE *out, bool warnings)
{
	static const char *const names[] = {"note", "warning", "error"};

	for (const struct conf_diag *g = d->first; g; g = g->next) {
		if (g->severity != CONF_ERROR && !warnings)
			continue;
		fputs(g->place.file, out);
		if (g->place.line)
			fprintf(out, ":%u", g->place.line);
		if (g->place.line && g->place.column)
			fprintf(out, ":%u", g->place.column);
		fprintf(out, ": %s: %s\n", names[g->severity], g->text);
	}
}

enum { NEAREST_MAX = 48 };

static unsigned edit_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned row[NEAREST_MAX + 1];

	if (la > NEAREST_MAX || lb > NEAREST_MAX)
		return NEAREST_MAX;
	for (unsigned j = 0; j <= lb; j++)
		row[j] = j;
	for (unsigned i = 1; i <= la; i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= lb; j++) {
			unsigned swap = corner + (a[i - 1] != b[j - 1]);
			unsigned least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;

			corner = row[j];
			row[j] = swap < least ? swap : least;
		}
	}
	return row[lb];
}

const char *conf_nearest(const char *word, const char *const *names)
{
	unsigned best = (unsigned)strlen(word) / 3 + 1;
	const char *nearest = NULL;

	for (; *names; names++) {
		unsigned d = edit_distance(word, *names);

		if (d <= best && (!nearest || d < best)) {
			best = d;
			nearest = *names;
		}
	}
	return nearest;
}
