/*
 * Reading a rule: "ACTION arguments [if|unless condition]". Finds the action's row, lets it read
 * its words, then reads the condition.
 */
#include "balancer/rules/action.h"

static const struct action_row *const tables[] = {action_edit_rows, action_reply_rows,
						  action_flow_rows, action_stick_rows,
						  action_unserved_rows};

static const char *const phase_names[] = {
	"tcp-request connection", "tcp-request session", "tcp-request content",
	"http-request",		  "http-response",	 "http-after-response",
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Arguments end where the condition begins. */
static bool at_end(const struct action_parse *p)
{
	return p->at >= p->n || strcmp(p->words[p->at].text, "if") == 0 ||
	       strcmp(p->words[p->at].text, "unless") == 0;
}

const char *action_word(struct action_parse *p, const char *what)
{
	if (p->at >= p->n) { /* even "if": it is the value then, as in HAProxy */
		rules_error(p->b, "%s is missing", what);
		return NULL;
	}
	return arena_strdup(p->b->arena, p->words[p->at++].text);
}

bool action_accept(struct action_parse *p, const char *text)
{
	if (at_end(p) || strcmp(p->words[p->at].text, text) != 0)
		return false;
	p->at++;
	return true;
}

const struct log_format *action_format(struct action_parse *p, const char *what)
{
	const char *word = action_word(p, what);
	struct log_format *fmt;

	if (!word)
		return NULL;
	fmt = p->literal ? log_format_literal(p->b, word) : log_format_compile_value(p->b, word);
	return fmt;
}

const struct sample_expr *action_expr(struct action_parse *p, const char *what)
{
	const char *word = action_word(p, what);

	return word ? sample_compile_word(p->b, word) : NULL;
}

static bool name_matches(const struct action_row *row, struct slice word, struct slice *parens)
{
	struct slice name = slice_of(row->name);

	*parens = (struct slice){NULL, 0};
	if (name.len > 0 && name.ptr[name.len - 1] == '*') {
		name.len--;
		return slice_starts(word, name);
	}
	if (!row->parens)
		return slice_eq(word, name);
	if (!slice_starts(word, name) || word.len < name.len + 2 || word.ptr[name.len] != '(' ||
	    word.ptr[word.len - 1] != ')')
		return false;
	*parens = (struct slice){word.ptr + name.len + 1, word.len - name.len - 2};
	return true;
}

static const struct action_row *find_row(struct slice word, enum rule_phase phase,
					 struct slice *parens)
{
	for (size_t t = 0; t < N_OF(tables); t++)
		for (const struct action_row *r = tables[t]; r->name; r++)
			if ((r->phases & 1u << phase) && name_matches(r, word, parens))
				return r;
	return NULL;
}

static void report_unknown(struct rules_build *b, enum rule_phase phase, const char *word)
{
	const char *names[256], *near;
	unsigned n = 0;

	for (size_t t = 0; t < N_OF(tables); t++)
		for (const struct action_row *r = tables[t]; r->name && n < 255; r++)
			if (r->phases & 1u << phase)
				names[n++] = r->name;
	names[n] = NULL;
	near = conf_nearest(word, names);
	rules_error(b, "unknown action '%s' of %s%s%s%s", word, phase_names[phase],
		    near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static enum rules_place place_of(enum rule_phase phase)
{
	switch (phase) {
	case RULE_TCP_CONNECTION:
	case RULE_TCP_SESSION:
		return RULES_AT_CONNECTION;
	case RULE_HTTP_RESPONSE:
	case RULE_HTTP_AFTER_RESPONSE:
		return RULES_AT_RESPONSE;
	default:
		return RULES_AT_REQUEST;
	}
}

static bool parse_rest(struct action_parse *p, struct rule *rule, struct rule_list *list)
{
	const char *name = p->words[0].text;

	if (!rule->action->parse) {
		rules_error(p->b, "the action '%s' of %s is not supported yet", name,
			    phase_names[p->phase]);
		return false;
	}
	rule->run = rule->action->run;
	if (!rule->action->parse(p, rule))
		return false;
	if (!at_end(p)) {
		rules_error(p->b, "'%s': 'if' or 'unless' expected instead of '%s'", name,
			    p->words[p->at].text);
		return false;
	}
	if (p->at < p->n) {
		rule->cond = rule_condition_parse(p->b, p->words + p->at, p->n - p->at);
		if (!rule->cond)
			return false;
	}
	*RULES_PUSH(p->b->arena, list->rules, list->n) = *rule;
	return true;
}

bool action_parse_rule(struct rules_build *b, enum rule_phase phase, const struct conf_word *words,
		       unsigned n)
{
	struct action_parse p = {.b = b, .words = words, .at = 1, .n = n, .phase = phase};
	struct rule rule = {.place = b->at};

	if (n == 0) {
		rules_error(b, "%s needs an action", phase_names[phase]);
		return false;
	}
	b->place = place_of(phase);
	rule.action = find_row(slice_of(words[0].text), phase, &p.parens);
	if (!rule.action) {
		report_unknown(b, phase, words[0].text);
		return false;
	}
	return parse_rest(&p, &rule, &b->set->phase[phase]);
}

bool action_parse_redirect(struct rules_build *b, const struct conf_word *words, unsigned n)
{
	struct action_parse p = {.b = b,
				 .words = words,
				 .at = 1,
				 .n = n,
				 .phase = RULE_HTTP_REQUEST,
				 .literal = true};
	struct rule rule = {.place = b->at};

	rule.action = find_row(SLICE("redirect"), RULE_HTTP_REQUEST, &p.parens);
	return parse_rest(&p, &rule, &b->set->redirects);
}
