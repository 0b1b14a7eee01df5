/*
 * Actions that end the evaluation, remember something, or turn a knob. And the names of the actions
 * that HAProxy has and relais does not serve yet.
 */
#include "balancer/rules/action.h"
#include "core/log/target.h"

#define RUN(name)                                                                     \
	static enum rule_outcome name(const struct rule *rule, struct rule_input *in, \
				      struct rule_verdict *verdict)
#define UNUSED (void)rule, (void)in, (void)verdict

static bool parse_nothing(struct action_parse *p, struct rule *rule)
{
	(void)p;
	(void)rule;
	return true;
}

RUN(run_accept)
{
	UNUSED;
	return RULE_ACCEPT;
}

RUN(run_reject)
{
	UNUSED;
	return RULE_REJECT;
}

RUN(run_silent_drop)
{
	UNUSED;
	return RULE_SILENT_DROP;
}

/* silent-drop [rst-ttl <n>] */
static bool parse_silent_drop(struct action_parse *p, struct rule *rule)
{
	(void)rule;
	if (action_accept(p, "rst-ttl")) {
		rules_error(p->b, "silent-drop: 'rst-ttl' is not supported yet");
		return false;
	}
	return true;
}

RUN(run_nothing)
{
	UNUSED;
	return RULE_CONTINUE;
}

static bool parse_nice(struct action_parse *p, struct rule *rule)
{
	(void)rule;
	conf_warn(p->b->diags, p->b->at,
		  "set-nice has no effect here: no request waits for another");
	return action_word(p, "the nice value") != NULL;
}

/* ---- variables ---------------------------------------------------------------------------- */

struct var_edit {
	struct rule_var_name name;
	const struct sample_expr *expr;
	const struct log_format *format;
	bool if_exists, if_not_exists, if_empty, if_not_empty, if_set, if_not_set;
};

static bool read_conditions(struct action_parse *p, struct slice rest, struct var_edit *e)
{
	while (rest.len > 0) {
		struct slice c = slice_trim(slice_cut(&rest, ','));

		if (slice_eq_str(c, "ifexists"))
			e->if_exists = true;
		else if (slice_eq_str(c, "ifnotexists"))
			e->if_not_exists = true;
		else if (slice_eq_str(c, "ifempty"))
			e->if_empty = true;
		else if (slice_eq_str(c, "ifnotempty"))
			e->if_not_empty = true;
		else if (slice_eq_str(c, "ifset"))
			e->if_set = true;
		else if (slice_eq_str(c, "ifnotset"))
			e->if_not_set = true;
		else {
			rules_error(p->b, "set-var: unknown condition '%.*s'", (int)c.len, c.ptr);
			return false;
		}
	}
	return true;
}

static struct var_edit *read_var(struct action_parse *p, struct rule *rule)
{
	struct var_edit *e = ARENA_NEW(p->b->arena, struct var_edit);
	struct slice rest = p->parens, name = slice_trim(slice_cut(&rest, ','));

	rule->data = e;
	return rule_var_parse(p->b, name, &e->name) && read_conditions(p, rest, e) ? e : NULL;
}

static bool parse_set_var(struct action_parse *p, struct rule *rule)
{
	struct var_edit *e = read_var(p, rule);

	return e && (e->expr = action_expr(p, "the sample")) != NULL;
}

static bool parse_set_var_fmt(struct action_parse *p, struct rule *rule)
{
	struct var_edit *e = read_var(p, rule);

	return e && (e->format = action_format(p, "the value")) != NULL;
}

static bool parse_unset_var(struct action_parse *p, struct rule *rule)
{
	return read_var(p, rule) != NULL;
}

static bool is_empty(const struct sample *s)
{
	return (s->type == SAMPLE_STR || s->type == SAMPLE_BIN) && s->str.len == 0;
}

static bool may_set(const struct var_edit *e, struct rule_input *in, const struct sample *value)
{
	struct sample old;
	bool exists = rule_var_get(&e->name, in, &old);

	return !(e->if_exists && !exists) && !(e->if_not_exists && exists) &&
	       !(e->if_empty && exists && !is_empty(&old)) &&
	       !(e->if_not_empty && is_empty(value)) && !(e->if_set && !exists) &&
	       !(e->if_not_set && exists);
}

RUN(run_set_var)
{
	const struct var_edit *e = rule->data;
	struct sample value;

	(void)verdict;
	if (e->format)
		sample_give_str(&value, log_format_value(e->format, in));
	else if (!sample_eval(e->expr, in, &value))
		return RULE_CONTINUE;
	if (may_set(e, in, &value))
		rule_var_set(&e->name, in, value);
	return RULE_CONTINUE;
}

RUN(run_unset_var)
{
	(void)verdict;
	rule_var_unset(&((const struct var_edit *)rule->data)->name, in);
	return RULE_CONTINUE;
}

/* ---- captures ----------------------------------------------------------------------------- */

struct capture_edit {
	const struct sample_expr *expr;
	unsigned index; /* among the captures of its side */
	unsigned len;	/* 0: the slot's */
	bool response;
};

static bool read_number(struct action_parse *p, const char *what, unsigned long long max,
			unsigned *out)
{
	const char *word = action_word(p, what);
	unsigned long long n;

	if (!word)
		return false;
	if (!slice_to_uint(slice_of(word), max, &n)) {
		rules_error(p->b, "%s: '%s' is not a number up to %llu", what, word, max);
		return false;
	}
	*out = (unsigned)n;
	return true;
}

/* capture <sample> len <n> | id <n> */
static bool parse_capture(struct action_parse *p, struct rule *rule)
{
	struct capture_edit *e = ARENA_NEW(p->b->arena, struct capture_edit);
	struct rule_set *set = p->b->set;

	rule->data = e;
	e->response = p->phase == RULE_HTTP_RESPONSE || p->phase == RULE_HTTP_AFTER_RESPONSE;
	if (!(e->expr = action_expr(p, "the sample")))
		return false;
	if (action_accept(p, "id"))
		return read_number(p, "capture id", 1000, &e->index);
	if (!action_accept(p, "len") || e->response) {
		rules_error(p->b, e->response
					  ? "capture: 'id <slot>' is expected"
					  : "capture: 'len <bytes>' or 'id <slot>' is expected");
		return false;
	}
	if (!read_number(p, "capture len", 65536, &e->len))
		return false;
	for (unsigned i = 0; i < set->n_captures; i++)
		e->index += !set->captures[i].response;
	*RULES_PUSH(p->b->arena, set->captures, set->n_captures) =
		(struct rule_capture){.len = e->len};
	return true;
}

static enum rule_outcome run_capture(const struct rule *rule, struct rule_input *in,
				     struct rule_verdict *verdict);

bool action_capture_has_slot(const struct rule *rule, const struct rule_set *set)
{
	const struct capture_edit *e = rule->data;
	unsigned n = 0;

	if (rule->run != run_capture)
		return true;
	for (unsigned i = 0; i < set->n_captures; i++)
		n += set->captures[i].response == e->response;
	return e->index < n;
}

RUN(run_capture)
{
	const struct capture_edit *e = rule->data;
	const struct rule_set *set = in->frontend ? in->frontend->rules : NULL;
	unsigned index = e->index;
	struct sample value;

	(void)verdict;
	if (!set || !in->captures || !sample_eval(e->expr, in, &value) ||
	    !sample_cast(&value, SAMPLE_STR, in))
		return RULE_CONTINUE;
	for (unsigned slot = 0; slot < set->n_captures; slot++) {
		if (set->captures[slot].response != e->response || index-- > 0)
			continue;
		if (value.str.len > set->captures[slot].len)
			value.str.len = set->captures[slot].len;
		in->captures[slot] = arena_slice_dup(in->arena, value.str);
		break;
	}
	return RULE_CONTINUE;
}

/* ---- log level ---------------------------------------------------------------------------- */

static bool parse_log_level(struct action_parse *p, struct rule *rule)
{
	const char *level = action_word(p, "the level");

	rule->data = level;
	if (!level)
		return false;
	if (strcmp(level, "silent") != 0 && log_level_find(level) < 0) {
		const char *near = conf_nearest(level, log_level_names);

		rules_error(p->b, "unknown level '%s'%s%s", level, near ? ", did you mean " : "",
			    near ? near : "");
		return false;
	}
	return true;
}

RUN(run_log_level)
{
	(void)in;
	verdict->log_level = rule->data;
	return RULE_CONTINUE;
}

/* ---- services ----------------------------------------------------------------------------- */

static bool parse_service(struct action_parse *p, struct rule *rule)
{
	static const char *const names[] = {"prometheus-exporter", NULL};
	const char *name = action_word(p, "the service's name");

	rule->data = names[0];
	if (!name || strcmp(name, names[0]) == 0)
		return name != NULL;
	rules_error(p->b, "there is no service '%s' here, only '%s'", name, names[0]);
	return false;
}

RUN(run_service)
{
	(void)in;
	verdict->service = rule->data;
	return RULE_SERVICE;
}

#define TCP_IN (ACTION_CONNECTION | ACTION_SESSION | ACTION_TCP_REQUEST)

const struct action_row action_flow_rows[] = {
	{"allow", false, ACTION_HTTP, parse_nothing, run_accept, "", "ends these rules, goes on"},
	{"accept", false, ACTION_TCP, parse_nothing, run_accept, "", "ends these rules, goes on"},
	{"reject", false, ACTION_TCP | ACTION_REQUEST, parse_nothing, run_reject, "",
	 "closes without a word"},
	{"silent-drop", false, ACTION_ANY & ~ACTION_AFTER, parse_silent_drop, run_silent_drop, "",
	 "goes away without telling the client"},
	{"set-var", true, ACTION_ANY, parse_set_var, run_set_var, "<sample>", "remembers a sample"},
	{"set-var-fmt", true, ACTION_ANY, parse_set_var_fmt, run_set_var, "<fmt>",
	 "remembers a text"},
	{"unset-var", true, ACTION_ANY, parse_unset_var, run_unset_var, "", "forgets a variable"},
	{"capture", false, ACTION_HTTP | ACTION_TCP_REQUEST, parse_capture, run_capture,
	 "<sample> [len <n> | id <n>]", "keeps a sample for the log"},
	{"set-log-level", false, ACTION_REQUEST | ACTION_RESPONSE | ACTION_TCP_REQUEST,
	 parse_log_level, run_log_level, "<level>", "the level of the log line; silent = no line"},
	{"use-service", false, ACTION_REQUEST, parse_service, run_service, "prometheus-exporter",
	 "answered by relais itself"},
	{"set-nice", false, ACTION_REQUEST | ACTION_RESPONSE | ACTION_TCP_REQUEST, parse_nice,
	 run_nothing, "<n>", "without effect"},
	{.name = NULL},
};

#define UNSERVED(name, phases)                                              \
	{                                                                   \
		name, false, phases, NULL, NULL, "...", "not supported yet" \
	}

const struct action_row action_unserved_rows[] = {
	UNSERVED("add-acl*", ACTION_HTTP),
	UNSERVED("add-headers-bin*", ACTION_HTTP),
	UNSERVED("attach-srv*", TCP_IN),
	UNSERVED("cache-store", ACTION_RESPONSE),
	UNSERVED("cache-use", ACTION_REQUEST),
	UNSERVED("capture", ACTION_TCP),
	UNSERVED("del-acl*", ACTION_HTTP),
	UNSERVED("del-map*", ACTION_HTTP),
	UNSERVED("disable-l7-retry", ACTION_REQUEST),
	UNSERVED("do-log", ACTION_ANY),
	UNSERVED("do-resolve*", ACTION_ANY),
	UNSERVED("early-hint", ACTION_REQUEST),
	UNSERVED("expect-netscaler-cip", ACTION_TCP),
	UNSERVED("expect-proxy", ACTION_TCP),
	UNSERVED("lua.*", ACTION_ANY),
	UNSERVED("normalize-uri", ACTION_REQUEST),
	UNSERVED("ot-group", ACTION_ANY),
	UNSERVED("sc-add-gpc*", ACTION_ANY),
	UNSERVED("sc-inc-gpc*", ACTION_ANY),
	UNSERVED("sc-set-gpt*", ACTION_ANY),
	UNSERVED("send-spoe-group", ACTION_ANY),
	UNSERVED("set-bandwidth-limit", ACTION_ANY),
	UNSERVED("set-bc-*", ACTION_ANY),
	UNSERVED("set-dst*", ACTION_ANY),
	UNSERVED("set-fc-*", ACTION_ANY),
	UNSERVED("set-map*", ACTION_ANY),
	UNSERVED("set-mark", ACTION_ANY),
	UNSERVED("set-priority-*", ACTION_ANY),
	UNSERVED("set-retries", ACTION_ANY),
	UNSERVED("set-src*", ACTION_ANY),
	UNSERVED("set-timeout", ACTION_ANY),
	UNSERVED("set-tos", ACTION_ANY),
	UNSERVED("strict-mode", ACTION_HTTP),
	UNSERVED("switch-mode", ACTION_TCP),
	UNSERVED("track-sc*", ACTION_ANY),
	UNSERVED("use-service", ACTION_ANY & ~ACTION_REQUEST),
	UNSERVED("wait-for-body", ACTION_HTTP),
	UNSERVED("wait-for-handshake", ACTION_REQUEST),
	{.name = NULL},
};
