/*
 * Lines, words, times and names of the text. See virtual_writer.h.
 */
#include "failover/virtual/virtual_writer.h"

#include <ctype.h>
#include <string.h>

void virtual_line(struct virtual_writer *w, struct conf_place place, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(w->out, fmt, ap);
	va_end(ap);
	fputc('\n', w->out);
	if (w->n_lines == w->places_cap) {
		unsigned cap = w->places_cap ? w->places_cap * 2 : 64;
		struct conf_place *more = ARENA_ARRAY(w->arena, struct conf_place, cap);

		if (w->n_lines)
			memcpy(more, w->places, w->n_lines * sizeof(*more));
		w->places = more;
		w->places_cap = cap;
	}
	w->places[w->n_lines++] = place;
}

/* Strong quotes hold anything but a quote and what is no printable character. */
const char *virtual_word(struct arena *arena, const char *text)
{
	static const char plain[] = "-_.:/@,+=?&~^*()[]{}<>|%;!";
	char *out = arena_alloc(arena, strlen(text) * 6 + 3), *at = out;
	bool quoted = false, need = !*text;

	for (const char *p = text; *p && !need; p++)
		need = !isalnum((unsigned char)*p) && !strchr(plain, *p);
	if (!need)
		return arena_strdup(arena, text);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool special = c < ' ' || c == 0x7f || c == '\'';

		if (special == quoted) {
			*at++ = '\'';
			quoted = !quoted;
		}
		if (c == '\'')
			at += sprintf(at, "\\'");
		else if (special)
			at += sprintf(at, "\\x%02x", c);
		else
			*at++ = (char)c;
	}
	if (quoted || at == out)
		at += sprintf(at, quoted ? "'" : "''");
	*at = '\0';
	return out;
}

const char *virtual_time(struct arena *arena, int64_t us)
{
	int64_t ms = us / 1000;

	if (ms < 1)
		ms = 1;
	if (ms > INT32_MAX)
		ms = INT32_MAX;
	return ms % 1000 ? arena_printf(arena, "%lldms", (long long)ms)
			 : arena_printf(arena, "%llds", (long long)(ms / 1000));
}

const char *virtual_name(struct arena *arena, const char *text)
{
	char *name = arena_strdup(arena, text);

	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.:", *p))
			*p = '_';
	return name;
}

const char *virtual_script(struct arena *arena, const struct script_conf *script)
{
	const char *line = "";

	for (const char *const *word = script->argv; *word; word++)
		line = arena_printf(arena, "%s%s%s", line, *line ? " " : "",
				    virtual_word(arena, *word));
	return arena_printf(arena, "%u:%u %s", script->uid, script->gid, virtual_word(arena, line));
}
