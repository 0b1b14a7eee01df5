/*
 * Variables: set-var and var(). A list of names and values; texts are copied into the arena of the
 * exchange, so that a value outlives the buffer it came from.
 */
#include "balancer/rules/sample.h"

struct rule_vars { /* one variable */
	struct rule_vars *next;
	struct slice name; /* the configuration's */
	bool set;
	struct sample value;
};

bool rule_var_parse(struct rules_build *b, struct slice text, struct rule_var_name *name)
{
	struct slice rest = text, scope = slice_cut(&rest, '.');

	if (slice_eq_str(scope, "proc") || slice_eq_str(scope, "sess")) {
		rules_error(b, "variables that outlive a request ('%.*s') are not supported yet",
			    (int)text.len, text.ptr);
		return false;
	}
	if ((!slice_eq_str(scope, "txn") && !slice_eq_str(scope, "req") &&
	     !slice_eq_str(scope, "res")) ||
	    rest.len == 0) {
		rules_error(b, "'%.*s' is not a variable: txn., req. or res. and a name",
			    (int)text.len, text.ptr);
		return false;
	}
	for (size_t i = 0; i < rest.len; i++) {
		char c = rest.ptr[i];

		if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c != '_' &&
		    c != '.') {
			rules_error(b, "'%.*s': a variable's name is of letters, digits, _ and .",
				    (int)text.len, text.ptr);
			return false;
		}
	}
	name->full = arena_slice_dup(b->arena, text);
	return true;
}

static struct rule_vars *find(const struct rule_var_name *name, struct rule_input *in)
{
	struct rule_vars *v = in->vars;

	while (v && !slice_eq(v->name, name->full))
		v = v->next;
	return v;
}

bool rule_var_set(const struct rule_var_name *name, struct rule_input *in, struct sample value)
{
	struct rule_vars *v = find(name, in);

	if (value.type == SAMPLE_STR || value.type == SAMPLE_BIN) {
		value.str = arena_slice_dup(in->arena, value.str);
		if (!value.str.ptr)
			return false;
	}
	if (!v) {
		v = ARENA_NEW(in->arena, struct rule_vars);
		if (!v)
			return false;
		v->name = name->full;
		v->next = in->vars;
		in->vars = v;
	}
	v->value = value;
	v->set = true;
	return true;
}

void rule_var_unset(const struct rule_var_name *name, struct rule_input *in)
{
	struct rule_vars *v = find(name, in);

	if (v)
		v->set = false;
}

bool rule_var_get(const struct rule_var_name *name, struct rule_input *in, struct sample *out)
{
	const struct rule_vars *v = find(name, in);

	if (!v || !v->set)
		return false;
	*out = v->value;
	return true;
}
