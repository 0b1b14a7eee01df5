/*
 * The part of the reference manual that the rules' own tables make: samples, converters, matching
 * methods, actions, variables of log-format. Printed behind the keywords.
 */
#include "balancer/rules/action.h"
#include "balancer/rules/log_alias.h"
#include "balancer/rules/rules_conf.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const type_names[] = {"bool", "int", "addr", "str", "bin", "any"};

static void print_args(const char *spec, FILE *out)
{
	for (unsigned i = 0; spec[i]; i++) {
		bool optional = spec[i] == 'S' || spec[i] == 'I';

		fprintf(out, "%s%s%s%s", i ? "," : "(", optional ? "[" : "",
			spec[i] == 'i' || spec[i] == 'I' ? "int" : "text", optional ? "]" : "");
	}
	fputs(*spec ? ")" : "", out);
}

static void print_samples(FILE *out)
{
	static const struct sample_row *const tables[] = {
		sample_conn_rows,  sample_header_rows,	sample_http_rows,  sample_auth_rows,
		sample_proxy_rows, sample_payload_rows, sample_const_rows, sample_stick_rows,
	};

	fputs("\n## Samples\n\n", out);
	for (size_t t = 0; t < N_OF(tables); t++) {
		for (const struct sample_row *r = tables[t]; r->name; r++) {
			fprintf(out, "- `%s", r->name);
			print_args(r->args, out);
			fprintf(out, "`: %s. %s%s\n", type_names[r->type], r->doc,
				r->flags & SAMPLE_ACL_FORMS
					? " (also `_beg _dir _dom _end _len _reg _sub`)"
					: "");
		}
	}
}

static void print_converters(FILE *out)
{
	static const struct converter_row *const tables[] = {
		converter_text_rows, converter_code_rows, converter_number_rows,
		converter_date_rows, converter_map_rows,  converter_stick_rows};

	fputs("\n## Converters\n\n", out);
	for (size_t t = 0; t < N_OF(tables); t++) {
		for (const struct converter_row *r = tables[t]; r->name; r++) {
			fprintf(out, "- `%s", r->name);
			print_args(r->args, out);
			fprintf(out, "`: %s to %s. %s\n", type_names[r->in], type_names[r->out],
				r->doc);
		}
	}
}

static void print_matches(FILE *out)
{
	static const char *const docs[] = {
#define X(id, name, doc) doc,
		RULES_MATCHES(X)
#undef X
	};

	fputs("\n## Matching methods (-m)\n\n", out);
	for (unsigned i = 0; i < N_OF(docs); i++)
		fprintf(out, "- `%s`: %s\n", match_names[i], docs[i]);
}

static void print_actions(FILE *out)
{
	static const char *const phases[] = {
		"tcp-request connection", "tcp-request session", "tcp-request content",
		"http-request",		  "http-response",	 "http-after-response",
	};
	static const struct action_row *const tables[] = {action_edit_rows, action_reply_rows,
							  action_flow_rows, action_stick_rows};

	fputs("\n## Actions\n\n", out);
	for (size_t t = 0; t < N_OF(tables); t++) {
		for (const struct action_row *r = tables[t]; r->name; r++) {
			const char *sep = "";

			fprintf(out, "- `%s%s%s%s`: %s. In ", r->name, r->parens ? "(name)" : "",
				*r->args ? " " : "", r->args, r->doc);
			for (unsigned p = 0; p < N_OF(phases); p++) {
				if (!(r->phases & 1u << p))
					continue;
				fprintf(out, "%s%s", sep, phases[p]);
				sep = ", ";
			}
			fputs(".\n", out);
		}
	}
}

void rules_manual_print(FILE *out)
{
	print_samples(out);
	print_converters(out);
	print_matches(out);
	print_actions(out);
	fputs("\n## Variables of log-format\n\n", out);
	for (const struct log_alias *a = log_aliases; a->name; a++)
		if (a->name[0] != ' ')
			fprintf(out, "- `%%%s`: %s%s\n", a->name, a->doc,
				a->http_only ? " (mode http)" : "");
}
