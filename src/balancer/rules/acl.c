/*
 * ACLs and conditions: reading them from a line's words, and asking them.
 */
#include "balancer/rules/acl.h"

#include <strings.h>

#include "balancer/rules/rule_set.h"

struct term {
	const struct acl *acl;
	bool negate;
	bool opens_group; /* the first behind "or" */
};

struct rule_condition {
	bool unless;
	unsigned n;
	struct term *terms;
};

/* Names that need no declaration, with what they stand for. */
static const struct {
	const char *name, *text;
} builtins[] = {
	{"FALSE", "always_false"},
	{"HTTP", "req.proto_http"},
	{"HTTP_1.0", "req.ver 1.0"},
	{"HTTP_1.1", "req.ver 1.1"},
	{"HTTP_2.0", "req.ver 2.0"},
	{"HTTP_CONTENT", "req.hdr_val(content-length) gt 0"},
	{"HTTP_URL_ABS", "url_reg ^[^/:]*://"},
	{"HTTP_URL_SLASH", "url_beg /"},
	{"HTTP_URL_STAR", "url *"},
	{"LOCALHOST", "src 127.0.0.1/8 ::1"},
	{"METH_CONNECT", "method CONNECT"},
	{"METH_DELETE", "method DELETE"},
	{"METH_GET", "method GET HEAD"},
	{"METH_HEAD", "method HEAD"},
	{"METH_OPTIONS", "method OPTIONS"},
	{"METH_POST", "method POST"},
	{"METH_PUT", "method PUT"},
	{"METH_TRACE", "method TRACE"},
	{"RDP_COOKIE", "req.rdp_cookie -m found"},
	{"REQ_CONTENT", "req.len gt 0"},
	{"TRUE", "always_true"},
	{"WAIT_END", "wait_end"},
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- one test ----------------------------------------------------------------------------- */

struct flags {
	bool ignore_case;
	int kind; /* -1: the default */
	bool as_map;
	unsigned at; /* next word */
};

static bool load_patterns(struct rules_build *b, struct match_set *set, const struct flags *f,
			  const char *path)
{
	struct slice bytes, line;

	if (!rules_read_file(b, path, &bytes))
		return false;
	while (match_file_next(&bytes, &line)) {
		for (size_t i = 0; f->as_map && i < line.len; i++)
			if (line.ptr[i] == ' ' || line.ptr[i] == '\t')
				line.len = i;
		if (!match_set_add(b, set, line, f->ignore_case, 0))
			return false;
	}
	return true;
}

static bool choose_kind(struct rules_build *b, struct acl_test *t, const char *suffix, int explicit)
{
	int kind = explicit;

	if (kind < 0 && *suffix)
		kind = match_kind_find(slice_of(suffix));
	if (kind < 0)
		kind = match_kind_for(t->expr->type);
	if (kind < 0) {
		rules_error(b, "'%s': what is to be compared must be said with -m",
			    t->expr->row->name);
		return false;
	}
	t->kind = (enum match_kind)kind;
	return true;
}

/* Looks for -m among the flags before anything else is read: it says how patterns are read. */
static bool find_method(struct rules_build *b, const struct conf_word *words, unsigned n, int *kind)
{
	*kind = -1;
	for (unsigned i = 0; i < n && words[i].text[0] == '-'; i++) {
		if (strcmp(words[i].text, "--") == 0)
			break;
		if (strcmp(words[i].text, "-m") == 0 && i + 1 < n) {
			*kind = match_kind_find(slice_of(words[++i].text));
			if (*kind < 0) {
				const char *near = conf_nearest(words[i].text, match_names);

				rules_error(b, "unknown matching method '%s'%s%s", words[i].text,
					    near ? ", did you mean " : "", near ? near : "");
				return false;
			}
		} else if (strcmp(words[i].text, "-f") == 0 || strcmp(words[i].text, "-u") == 0) {
			i++;
		}
	}
	return true;
}

/* Reads flags from f->at; true when a word that is no flag stands there. */
static bool read_flags(struct rules_build *b, struct match_set *set, const struct conf_word *words,
		       unsigned n, struct flags *f)
{
	while (f->at < n && words[f->at].text[0] == '-') {
		const char *w = words[f->at].text;
		bool has_arg = strcmp(w, "-f") == 0 || strcmp(w, "-m") == 0 || strcmp(w, "-u") == 0;

		if (strcmp(w, "--") == 0) {
			f->at++;
			return true;
		}
		if (has_arg && f->at + 1 >= n) {
			rules_error(b, "'%s' needs an argument", w);
			return false;
		}
		if (strcmp(w, "-f") == 0) {
			if (!load_patterns(b, set, f, words[f->at + 1].text))
				return false;
		} else if (strcmp(w, "-i") == 0) {
			f->ignore_case = true;
		} else if (strcmp(w, "-M") == 0) {
			f->as_map = true;
		} else if (!has_arg && strcmp(w, "-n") != 0) {
			return true; /* "-5" is a pattern */
		}
		f->at += has_arg ? 2 : 1;
	}
	return true;
}

static bool is_operator(const char *w)
{
	return strcmp(w, "eq") == 0 || strcmp(w, "ge") == 0 || strcmp(w, "gt") == 0 ||
	       strcmp(w, "le") == 0 || strcmp(w, "lt") == 0;
}

static bool read_patterns(struct rules_build *b, struct match_set *set, struct acl_test *t,
			  const struct conf_word *words, unsigned n)
{
	struct flags f = {.kind = -1};
	const char *op = "";

	if (!read_flags(b, set, words, n, &f))
		return false;
	for (; f.at < n; f.at++) {
		const char *w = words[f.at].text;

		if (t->kind == MATCH_INT || t->kind == MATCH_LEN) {
			if (is_operator(w)) {
				op = w;
				continue;
			}
			w = *op ? arena_printf(b->arena, "%s:%s", op, w) : w;
		}
		if (!match_set_add(b, set, slice_of(w), f.ignore_case, 0))
			return false;
	}
	if (n == 0 && t->kind != MATCH_FOUND && t->kind != MATCH_BOOL)
		conf_warn(
			b->diags, b->at,
			"the test of '%s' has nothing to compare with and never matches (-m found "
			"asks whether it exists)",
			t->expr->row->name);
	return true;
}

bool acl_parse_test(struct rules_build *b, struct acl *acl, const struct conf_word *words,
		    unsigned n_words)
{
	struct acl_test t = {0};
	struct slice text;
	struct match_set *set;
	const char *suffix;
	int method;

	if (n_words == 0) {
		rules_error(b, "a test is missing");
		return false;
	}
	text = slice_of(words[0].text);
	b->in_acl = true;
	t.expr = sample_compile(b, &text, &suffix);
	b->in_acl = false;
	if (!t.expr || !find_method(b, words + 1, n_words - 1, &method))
		return false;
	if (text.len > 0) {
		rules_error(b, "'%.*s' is too much behind a sample", (int)text.len, text.ptr);
		return false;
	}
	if (!choose_kind(b, &t, suffix, method))
		return false;
	set = match_set_new(b, t.kind);
	if (!read_patterns(b, set, &t, words + 1, n_words - 1))
		return false;
	match_set_seal(b, set);
	t.set = set;
	t.single = t.expr->call.single && t.expr->n_steps == 0 && t.expr->type == SAMPLE_STR &&
		   (t.expr->row->flags & SAMPLE_MULTI) &&
		   (t.expr->row->flags & SAMPLE_FROM_REQUEST);
	*RULES_PUSH(b->arena, acl->tests, acl->n_tests) = t;
	return true;
}

/* ---- names -------------------------------------------------------------------------------- */

static bool is_name(const char *name)
{
	for (; *name; name++)
		if (!((*name | 32) >= 'a' && (*name | 32) <= 'z') &&
		    !(*name >= '0' && *name <= '9') && !strchr("-_.:", *name))
			return false;
	return true;
}

static struct acl *find_declared(struct rules_build *b, const char *name)
{
	struct acl *a = b->set ? b->set->acls : NULL;

	while (a && strcmp(a->name, name) != 0)
		a = a->next;
	return a;
}

bool acl_define(struct rules_build *b, const char *name, const struct conf_word *words,
		unsigned n_words)
{
	struct acl *a = find_declared(b, name);

	if (!is_name(name) || !*name) {
		rules_error(b, "'%s': a name is of letters, digits, '-', '_', '.' and ':'", name);
		return false;
	}
	if (strcasecmp(name, "or") == 0 || strcmp(name, "||") == 0) {
		rules_error(b, "an ACL cannot have the name '%s'", name);
		return false;
	}
	if (!a) {
		a = ARENA_NEW(b->arena, struct acl);
		a->name = arena_strdup(b->arena, name);
		a->next = b->set->acls;
		b->set->acls = a;
	}
	return acl_parse_test(b, a, words, n_words);
}

static struct acl *make_builtin(struct rules_build *b, const char *text)
{
	struct acl *a = ARENA_NEW(b->arena, struct acl);
	struct slice rest = slice_of(text);
	struct conf_word words[8];
	unsigned n = 0;

	while (rest.len > 0 && n < N_OF(words)) {
		struct slice w = slice_cut(&rest, ' ');

		words[n++] = (struct conf_word){.text = arena_strndup(b->arena, w.ptr, w.len)};
	}
	return acl_parse_test(b, a, words, n) ? a : NULL;
}

struct acl *acl_find(struct rules_build *b, const char *name)
{
	struct acl *a = find_declared(b, name);

	for (size_t i = 0; !a && i < N_OF(builtins); i++)
		if (strcmp(builtins[i].name, name) == 0)
			return make_builtin(b, builtins[i].text);
	return a;
}

/* ---- conditions --------------------------------------------------------------------------- */

static bool report_unknown(struct rules_build *b, const char *name)
{
	const char *names[128], *near;
	unsigned n = 0;

	for (struct acl *a = b->set ? b->set->acls : NULL; a && n < 100; a = a->next)
		names[n++] = a->name;
	for (size_t i = 0; i < N_OF(builtins); i++)
		names[n++] = builtins[i].name;
	names[n] = NULL;
	near = conf_nearest(name, names);
	rules_error(b, "no ACL has the name '%s'%s%s%s", name, near ? ", did you mean '" : "",
		    near ? near : "", near ? "'?" : "");
	return false;
}

/* "{ test }" from words[*at] behind the brace. */
static bool read_anonymous(struct rules_build *b, const struct conf_word *words, unsigned n,
			   unsigned *at, struct term *term)
{
	struct acl *a = ARENA_NEW(b->arena, struct acl);
	unsigned from = *at;

	while (*at < n && strcmp(words[*at].text, "}") != 0)
		(*at)++;
	if (*at == n) {
		rules_error(b, "the brace of '{ %s' is not closed",
			    from < n ? words[from].text : "");
		return false;
	}
	if (!acl_parse_test(b, a, words + from, *at - from))
		return false;
	(*at)++;
	term->acl = a;
	return true;
}

static bool read_term(struct rules_build *b, const struct conf_word *words, unsigned n,
		      unsigned *at, struct term *term)
{
	const char *w = words[(*at)++].text;

	while (*w == '!') {
		term->negate = !term->negate;
		w++;
		if (!*w && *at < n)
			w = words[(*at)++].text;
	}
	if (strcmp(w, "{") == 0)
		return read_anonymous(b, words, n, at, term);
	term->acl = acl_find(b, w);
	return term->acl || report_unknown(b, w);
}

const struct rule_condition *rule_condition_parse(struct rules_build *b,
						  const struct conf_word *words, unsigned n_words)
{
	struct rule_condition *c = ARENA_NEW(b->arena, struct rule_condition);
	bool opens = true;

	c->unless = strcmp(words[0].text, "unless") == 0;
	for (unsigned at = 1; at < n_words;) {
		struct term term = {.opens_group = opens};

		if (strcmp(words[at].text, "or") == 0 || strcmp(words[at].text, "||") == 0) {
			if (opens)
				break;
			opens = true;
			at++;
			continue;
		}
		if (!read_term(b, words, n_words, &at, &term))
			return NULL;
		*RULES_PUSH(b->arena, c->terms, c->n) = term;
		opens = false;
	}
	if (opens) {
		rules_error(b, "'%s' needs a condition behind it", words[n_words - 1].text);
		return NULL;
	}
	return c;
}

/* ---- asking ------------------------------------------------------------------------------- */

static bool any_matches(const struct acl_test *t, struct rule_input *in)
{
	struct sample_walk walk;
	struct sample s;

	memset(&walk, 0, sizeof(walk));
	while (sample_next(t->expr, in, &walk, &s)) {
		if (match_set_find(t->set, &s, in) >= 0)
			return true;
		if (walk.done && !walk.inside)
			break; /* there cannot be another */
	}
	return false;
}

/* hdr(host) and its like, which most configurations ask again and again. */
static bool single_matches(const struct acl_test *t, struct rule_input *in)
{
	struct sample s;

	switch (sample_header_single(&t->expr->call, in, &s)) {
	case SAMPLE_SINGLE_NONE:
		return false;
	case SAMPLE_SINGLE_FOUND:
		return match_set_find(t->set, &s, in) >= 0;
	default:
		return any_matches(t, in);
	}
}

static inline bool matches(const struct acl_test *t, struct rule_input *in)
{
	const struct sample_expr *e = t->expr;
	struct sample s;

	if (t->single)
		return single_matches(t, in);
	if (e->row->flags & SAMPLE_MULTI)
		return any_matches(t, in);
	if (e->n_steps > 0)
		return sample_eval(e, in, &s) && match_set_find(t->set, &s, in) >= 0;
	return e->row->get(&e->call, in, NULL, &s) && match_set_find(t->set, &s, in) >= 0;
}

static inline enum acl_result eval_test(const struct acl_test *t, struct rule_input *in)
{
	in->wants_more = false;
	if (matches(t, in))
		return ACL_PASS;
	return in->wants_more ? ACL_UNKNOWN : ACL_FAIL;
}

static inline enum acl_result eval_acl(const struct acl *a, struct rule_input *in)
{
	enum acl_result best = eval_test(a->tests, in);

	for (unsigned i = 1; i < a->n_tests && best != ACL_PASS; i++) {
		enum acl_result r = eval_test(&a->tests[i], in);

		best = r > best ? r : best;
	}
	return best;
}

enum acl_result rule_condition_eval(const struct rule_condition *c, struct rule_input *in)
{
	enum acl_result best = ACL_FAIL;

	if (!c)
		return ACL_PASS;
	if (c->n == 1) { /* as most are */
		best = eval_acl(c->terms[0].acl, in);
		if (c->terms[0].negate != c->unless)
			best = ACL_PASS - best;
		return best;
	}
	for (unsigned i = 0; i < c->n && best != ACL_PASS;) {
		enum acl_result group = ACL_PASS;

		do {
			if (group != ACL_FAIL) {
				enum acl_result r = eval_acl(c->terms[i].acl, in);

				if (c->terms[i].negate)
					r = ACL_PASS - r;
				group = r < group ? r : group;
			}
			i++;
		} while (i < c->n && !c->terms[i].opens_group);
		best = group > best ? group : best;
	}
	return c->unless ? ACL_PASS - best : best;
}
