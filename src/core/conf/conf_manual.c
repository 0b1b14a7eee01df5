/*
 * The reference manual of both grammars, from their rows: the native one's sections first, then the
 * keywords in the order of their rooms. Called by main/ for -dKall and by tools/gen-docs.
 */
#include "core/conf/native.h"

static const char *verdict(const struct conf_keyword *row)
{
	switch (row->type) {
	case CONF_UNSERVED:
		return "not served yet";
	case CONF_IGNORED:
		return "accepted, without effect";
	default:
		return "served";
	}
}

static const char *effect(const struct conf_keyword *row)
{
	static const char *const names[] = {"reload", "rebuild", "restart"};

	return names[row->effect];
}

static void cell(FILE *out, const char *text)
{
	for (; text && *text; text++) {
		if (*text == '|')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputs(" | ", out);
}

static void print_row(FILE *out, const struct conf_section *sections,
		      const struct conf_keyword *row)
{
	bool first = true;

	fprintf(out, "| `%s%s%s` | ", row->name, row->args && *row->args ? " " : "",
		row->args ? row->args : "");
	for (const struct conf_section *s = sections; s->name; s++) {
		if (!(s->bit & row->sections))
			continue;
		fprintf(out, "%s%s", first ? "" : ", ", s->name);
		first = false;
	}
	fputs(" | ", out);
	cell(out, row->dflt ? row->dflt : "");
	cell(out, effect(row));
	cell(out, verdict(row));
	fprintf(out, "%s |\n", row->doc ? row->doc : "");
}

void conf_manual_print(const struct conf_section *sections, const struct conf_part *const *parts,
		       FILE *out)
{
	fputs("# Keywords of the native grammar\n\n## Sections\n\n", out);
	for (const struct conf_section *s = sections; s->name; s++)
		fprintf(out, "- `%s%s%s`: %s\n", s->name, s->args && *s->args ? " " : "",
			s->args ? s->args : "", s->doc ? s->doc : "");
	for (size_t i = 0; parts[i]; i++) {
		if (!parts[i]->rows)
			continue;
		fprintf(out,
			"\n## %s\n\n| keyword | sections | default | a change needs | state | what "
			"|\n"
			"|---|---|---|---|---|---|\n",
			parts[i]->name);
		for (const struct conf_keyword *row = parts[i]->rows; row->name; row++)
			print_row(out, sections, row);
	}
}

void conf_manual_print_blocks(const struct conf_keyword_table *tables, FILE *out)
{
	fputs("\n# Keywords of keepalived.conf\n\n| keyword | default | a change needs | state | "
	      "what |\n|---|---|---|---|---|\n",
	      out);
	for (; tables->rows; tables++) {
		for (const struct conf_keyword *row = tables->rows; row->name; row++) {
			fprintf(out, "| `%s%s%s` | ", row->name, row->args && *row->args ? " " : "",
				row->args ? row->args : "");
			cell(out, row->dflt ? row->dflt : "");
			cell(out, effect(row));
			cell(out, verdict(row));
			fprintf(out, "%s |\n", row->doc ? row->doc : "");
		}
	}
}
