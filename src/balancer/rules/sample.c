/*
 * Sample expressions: reading them (names, arguments with their quotes, converters) and running
 * them. The rows are in sample_*.c and converter_*.c.
 */
#include "balancer/rules/sample.h"

#include "core/base/text.h"

static const struct sample_row *const sample_tables[] = {
	sample_header_rows, sample_http_rows,	 sample_conn_rows,  sample_auth_rows,
	sample_proxy_rows,  sample_payload_rows, sample_const_rows, sample_stick_rows,
};
static const struct converter_row *const converter_tables[] = {
	converter_text_rows, converter_code_rows, converter_number_rows,
	converter_map_rows,  converter_date_rows, converter_stick_rows,
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct sample_row *find_sample(struct slice name)
{
	for (size_t t = 0; t < N_OF(sample_tables); t++)
		for (const struct sample_row *r = sample_tables[t]; r->name; r++)
			if (slice_eq_str(name, r->name))
				return r;
	return NULL;
}

static const struct converter_row *find_converter(struct slice name)
{
	for (size_t t = 0; t < N_OF(converter_tables); t++)
		for (const struct converter_row *r = converter_tables[t]; r->name; r++)
			if (slice_eq_str(name, r->name))
				return r;
	return NULL;
}

static bool is_listed(const char *const *names, struct slice name)
{
	for (; *names; names++) {
		struct slice n = slice_of(*names);

		if (n.ptr[n.len - 1] == '*' ? slice_starts(name, (struct slice){n.ptr, n.len - 1})
					    : slice_eq(name, n))
			return true;
	}
	return false;
}

/* "hdr_beg" is the fetch "hdr" with the method "beg". */
static const struct sample_row *find_acl_form(struct slice name, const char **suffix)
{
	static const char *const forms[] = {"beg", "dir", "dom", "end", "len", "reg", "sub"};
	const struct sample_row *row;

	if (name.len < 5 || name.ptr[name.len - 4] != '_')
		return NULL;
	for (size_t i = 0; i < N_OF(forms); i++) {
		if (memcmp(name.ptr + name.len - 3, forms[i], 3) != 0)
			continue;
		row = find_sample((struct slice){name.ptr, name.len - 4});
		*suffix = forms[i];
		return row && (row->flags & SAMPLE_ACL_FORMS) ? row : NULL;
	}
	return NULL;
}

static const char *nearest_sample(struct rules_build *b, struct slice name)
{
	const char *names[768];
	unsigned n = 0;

	for (size_t t = 0; t < N_OF(sample_tables); t++)
		for (const struct sample_row *r = sample_tables[t]; r->name && n < 767; r++)
			names[n++] = r->name;
	names[n] = NULL;
	return conf_nearest(arena_strndup(b->arena, name.ptr, name.len), names);
}

static const char *nearest_converter(struct rules_build *b, struct slice name)
{
	const char *names[256];
	unsigned n = 0;

	for (size_t t = 0; t < N_OF(converter_tables); t++)
		for (const struct converter_row *r = converter_tables[t]; r->name && n < 255; r++)
			names[n++] = r->name;
	names[n] = NULL;
	return conf_nearest(arena_strndup(b->arena, name.ptr, name.len), names);
}

/* ---- arguments ---------------------------------------------------------------------------- */

/* One argument up to an unquoted ',' or ')', quotes and backslashes taken off, into buf. */
static bool read_arg(struct slice *text, char *buf, size_t *len)
{
	char quote = 0;

	*len = 0;
	for (; text->len > 0; text->ptr++, text->len--) {
		char c = *text->ptr;

		if (!quote && (c == ',' || c == ')'))
			return true;
		if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? 0 : c;
			continue;
		}
		if (c == '\\' && quote != '\'' && text->len > 1) {
			char next = text->ptr[1];

			/* What a second reader (a regex) must still see keeps its backslash. */
			if (next == '\\' || next == '"' || next == '\'' || next == ' ' ||
			    (!quote && (next == ',' || next == ')' || next == '('))) {
				c = next;
				text->ptr++;
				text->len--;
			}
		}
		buf[(*len)++] = c;
	}
	return false; /* the bracket is not closed */
}

static bool read_args(struct rules_build *b, struct slice name, struct slice *text,
		      struct sample_call *call)
{
	char *buf;
	size_t len;

	if (text->len == 0 || *text->ptr != '(')
		return true;
	buf = arena_alloc(b->arena, text->len + 1);
	do {
		text->ptr++;
		text->len--;
		if (!read_arg(text, buf, &len)) {
			rules_error(b, "'%.*s': the bracket is not closed", (int)name.len,
				    name.ptr);
			return false;
		}
		if (*text->ptr == ')' && call->n_args == 0 && len == 0)
			break;
		if (call->n_args == SAMPLE_MAX_ARGS) {
			rules_error(b, "'%.*s' has too many arguments", (int)name.len, name.ptr);
			return false;
		}
		call->args[call->n_args].given = len > 0;
		call->args[call->n_args].str.ptr = arena_strndup(b->arena, buf, len);
		call->args[call->n_args++].str.len = len;
	} while (*text->ptr == ',');
	text->ptr++;
	text->len--;
	return true;
}

static bool is_optional(char letter)
{
	return letter >= 'A' && letter <= 'Z';
}

static bool check_args(struct rules_build *b, const char *name, const char *spec,
		       struct sample_call *call)
{
	unsigned n = (unsigned)strlen(spec);

	if (call->n_args > n) {
		rules_error(b, "'%s' takes %s", name,
			    n == 0 ? "no arguments" : "fewer arguments than given");
		return false;
	}
	for (unsigned i = 0; i < n; i++) {
		struct sample_arg *a = &call->args[i];

		if (i >= call->n_args || (!a->given && is_optional(spec[i]))) {
			if (!is_optional(spec[i])) {
				rules_error(b, "'%s' needs argument %u", name, i + 1);
				return false;
			}
			a->str = a->str.ptr ? a->str : SLICE("");
			continue;
		}
		a->given = true;
		if ((spec[i] == 'i' || spec[i] == 'I') && !sample_text_to_int(a->str, &a->num)) {
			rules_error(b, "'%s': '%s' is not a number", name, a->str.ptr);
			return false;
		}
	}
	return true;
}

/* ---- compiling ---------------------------------------------------------------------------- */

static struct slice read_name(struct slice *text)
{
	struct slice name = {text->ptr, 0};

	while (text->len > 0 && *text->ptr != '(' && *text->ptr != ',' && *text->ptr != ' ' &&
	       *text->ptr != '\t' && *text->ptr != ']') {
		text->ptr++;
		text->len--;
		name.len++;
	}
	return name;
}

/* Where the data is certain to be missing: an error in a format, whose result would be wrong in
 * silence; a warning in an ACL, which simply never matches. */
static bool check_place(struct rules_build *b, const struct sample_row *row)
{
	bool request = row->flags & SAMPLE_FROM_REQUEST,
	     response = row->flags & SAMPLE_FROM_RESPONSE;
	bool missing = b->place == RULES_AT_LOG || b->place == RULES_AT_CONNECTION
			       ? (request || response || (row->flags & SAMPLE_FROM_PAYLOAD))
		       : b->place == RULES_AT_RESPONSE ? request && !response
						       : response && !request;

	if (!missing || b->any_place)
		return true;
	if (b->in_acl) {
		conf_warn(b->diags, b->at, "'%s' is not known here: the test never matches",
			  row->name);
		return true;
	}
	rules_error(b, "'%s' is not known here: store it with set-var or capture where it is",
		    row->name);
	return false;
}

static const struct sample_row *look_up(struct rules_build *b, struct slice name,
					const char **acl_suffix)
{
	const struct sample_row *row = find_sample(name);
	const char *near;

	if (!row && acl_suffix)
		row = find_acl_form(name, acl_suffix);
	if (row)
		return check_place(b, row) ? row : NULL;
	if (is_listed(sample_unserved, name)) {
		rules_error(b, "the sample '%.*s' is not supported yet", (int)name.len, name.ptr);
		return NULL;
	}
	near = nearest_sample(b, name);
	rules_error(b, "unknown sample '%.*s'%s%s%s", (int)name.len, name.ptr,
		    near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	return NULL;
}

static const struct converter_row *look_up_converter(struct rules_build *b, struct slice name)
{
	const struct converter_row *row = find_converter(name);
	const char *near;

	if (row)
		return row;
	if (is_listed(converter_unserved, name)) {
		rules_error(b, "the converter '%.*s' is not supported yet", (int)name.len,
			    name.ptr);
		return NULL;
	}
	near = nearest_converter(b, name);
	rules_error(b, "unknown converter '%.*s'%s%s%s", (int)name.len, name.ptr,
		    near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	return NULL;
}

static bool read_step(struct rules_build *b, struct slice *text, struct sample_expr *e)
{
	struct slice name = read_name(text);
	struct sample_step *step = RULES_PUSH(b->arena, e->steps, e->n_steps);

	step->row = look_up_converter(b, name);
	if (!step->row || !read_args(b, name, text, &step->call) ||
	    !check_args(b, step->row->name, step->row->args, &step->call))
		return false;
	step->call.name = step->row->name;
	if (step->row->check && !step->row->check(b, &step->call))
		return false;
	if (step->row->out != SAMPLE_ANY)
		e->type = step->row->out;
	return true;
}

const struct sample_expr *sample_compile(struct rules_build *b, struct slice *text,
					 const char **acl_suffix)
{
	struct sample_expr *e = ARENA_NEW(b->arena, struct sample_expr);
	struct slice name = read_name(text);

	if (acl_suffix)
		*acl_suffix = "";
	if (name.len == 0) {
		rules_error(b, "a sample is missing");
		return NULL;
	}
	e->row = look_up(b, name, acl_suffix);
	if (!e->row || !read_args(b, name, text, &e->call) ||
	    !check_args(b, e->row->name, e->row->args, &e->call))
		return NULL;
	e->call.name = e->row->name;
	e->call.flags = e->row->flags;
	if (e->row->check && !e->row->check(b, &e->call))
		return NULL;
	e->type = e->row->type;
	while (text->len > 0 && *text->ptr == ',') {
		text->ptr++;
		text->len--;
		if (acl_suffix)
			*acl_suffix = ""; /* what counts is the last converter's type */
		if (!read_step(b, text, e))
			return NULL;
	}
	return e;
}

const struct sample_expr *sample_compile_word(struct rules_build *b, const char *word)
{
	struct slice text = slice_of(word);
	const struct sample_expr *e = sample_compile(b, &text, NULL);

	if (e && text.len > 0) {
		rules_error(b, "'%.*s' is too much behind a sample", (int)text.len, text.ptr);
		return NULL;
	}
	return e;
}

/* ---- running ------------------------------------------------------------------------------ */

static bool convert(const struct sample_expr *e, struct rule_input *in, struct sample *s)
{
	for (unsigned i = 0; i < e->n_steps; i++) {
		const struct converter_row *row = e->steps[i].row;

		if (row->in != SAMPLE_ANY && !sample_cast(s, row->in, in))
			return false;
		if (!row->convert(&e->steps[i].call, in, s))
			return false;
	}
	return true;
}

bool sample_eval(const struct sample_expr *e, struct rule_input *in, struct sample *out)
{
	return e->row->get(&e->call, in, NULL, out) && convert(e, in, out);
}

bool sample_next(const struct sample_expr *e, struct rule_input *in, struct sample_walk *walk,
		 struct sample *out)
{
	if (!(e->row->flags & SAMPLE_MULTI)) {
		if (walk->done)
			return false;
		walk->done = true;
		return sample_eval(e, in, out);
	}
	while (e->row->get(&e->call, in, walk, out))
		if (convert(e, in, out))
			return true;
	return false;
}
