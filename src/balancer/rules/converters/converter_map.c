/*
 * Maps: a file of "pattern value" lines, looked up by a matching method. Read once at load.
 */
#include "balancer/rules/match.h"
#include "balancer/rules/substitute.h"

struct map { /* call->data */
	struct match_set *set;
	struct sample *values; /* by pattern, in the output's type */
	unsigned n_values;
	struct sample dflt;
	bool has_dflt, expand; /* map_regm: \1 in the value */
	struct regex **regexes;
};

static bool make_value(struct rules_build *b, struct slice text, enum sample_type type,
		       struct sample *out)
{
	sample_give_str(out, text);
	if (type == SAMPLE_INT ? sample_text_to_int(text, &out->num)
			       : sample_cast(out, type, NULL)) {
		out->type = type;
		return true;
	}
	rules_error(b, "map: '%.*s' is not a value of the map's type", (int)text.len, text.ptr);
	return false;
}

static bool add_line(struct rules_build *b, struct map *m, struct slice line, enum sample_type out)
{
	struct slice value, key = line;
	struct sample *v;

	key.len = 0;
	while (key.len < line.len && line.ptr[key.len] != ' ' && line.ptr[key.len] != '\t')
		key.len++;
	value = slice_trim((struct slice){line.ptr + key.len, line.len - key.len});
	if (m->expand) {
		unsigned n = m->n_values;

		*RULES_PUSH(b->arena, m->regexes, n) = rules_regex(b, key, false);
		if (!m->regexes[n - 1])
			return false;
	} else if (!match_set_add(b, m->set, key, false, (int)m->n_values)) {
		return false;
	}
	v = RULES_PUSH(b->arena, m->values, m->n_values);
	return make_value(b, arena_slice_dup(b->arena, value), out, v);
}

static bool load(struct rules_build *b, struct sample_call *call, enum match_kind kind,
		 enum sample_type out, bool expand)
{
	struct map *m = ARENA_NEW(b->arena, struct map);
	struct slice bytes, line;

	call->data = m;
	m->expand = expand;
	m->set = match_set_new(b, kind);
	m->has_dflt = call->args[1].given;
	if (m->has_dflt && !make_value(b, call->args[1].str, out, &m->dflt))
		return false;
	if (!rules_read_file(b, call->args[0].str.ptr, &bytes))
		return false;
	while (match_file_next(&bytes, &line))
		if (!add_line(b, m, line, out))
			return false;
	match_set_seal(b, m->set);
	return true;
}

static bool look_up_regm(const struct map *m, struct rule_input *in, struct sample *s)
{
	struct slice groups[REGEX_GROUPS_MAX];
	struct text out;
	char *buf;

	for (unsigned i = 0; i < m->n_values; i++) {
		if (regex_groups(m->regexes[i], s->str, groups) == 0)
			continue;
		buf = arena_alloc(in->arena, m->values[i].str.len + s->str.len * 4 + 256);
		if (!buf)
			return false;
		text_init(&out, buf, m->values[i].str.len + s->str.len * 4 + 256);
		rules_substitute(&out, m->values[i].str, groups);
		return sample_give_str(s, (struct slice){buf, out.len});
	}
	if (m->has_dflt)
		*s = m->dflt;
	return m->has_dflt;
}

static bool look_up(const struct sample_call *c, struct rule_input *in, struct sample *s)
{
	const struct map *m = c->data;
	int i;

	if (m->expand)
		return look_up_regm(m, in, s);
	i = match_set_find(m->set, s, in);
	if (i >= 0)
		*s = m->values[i];
	else if (m->has_dflt)
		*s = m->dflt;
	return i >= 0 || m->has_dflt;
}

#define CHECK(name, kind, out, expand)                                    \
	static bool name(struct rules_build *b, struct sample_call *call) \
	{                                                                 \
		return load(b, call, MATCH_##kind, SAMPLE_##out, expand); \
	}
#define CHECKS(lower, kind)                          \
	CHECK(check_##lower, kind, STR, false)       \
	CHECK(check_##lower##_int, kind, INT, false) \
	CHECK(check_##lower##_ip, kind, ADDR, false)

CHECKS(str, STR)
CHECKS(beg, BEG)
CHECKS(end, END)
CHECKS(sub, SUB)
CHECKS(dir, DIR)
CHECKS(dom, DOM)
CHECKS(reg, REG)
CHECKS(int, INT)
CHECKS(ip, IP)
CHECK(check_regm, REG, STR, true)

#define ROWS(name, lower, in)                                                                   \
	{"map_" name, SAMPLE_##in, SAMPLE_STR, "sS", look_up, check_##lower, "a map's value"},  \
		{"map_" name "_str", SAMPLE_##in, SAMPLE_STR, "sS", look_up,                    \
		 check_##lower,	     "the same"},                                               \
		{"map_" name "_int",                                                            \
		 SAMPLE_##in,                                                                   \
		 SAMPLE_INT,                                                                    \
		 "sS",                                                                          \
		 look_up,                                                                       \
		 check_##lower##_int,                                                           \
		 "a map's value, an integer"},                                                  \
	{                                                                                       \
		"map_" name "_ip", SAMPLE_##in, SAMPLE_ADDR, "sS", look_up, check_##lower##_ip, \
			"a map's value, an address"                                             \
	}

const struct converter_row converter_map_rows[] = {
	{"map", SAMPLE_STR, SAMPLE_STR, "sS", look_up, check_str, "the value of a key in a file"},
	ROWS("str", str, STR),
	ROWS("beg", beg, STR),
	ROWS("end", end, STR),
	ROWS("sub", sub, STR),
	ROWS("dir", dir, STR),
	ROWS("dom", dom, STR),
	ROWS("reg", reg, STR),
	ROWS("int", int, INT),
	ROWS("ip", ip, ADDR),
	{"map_regm", SAMPLE_STR, SAMPLE_STR, "sS", look_up, check_regm,
	 "a value with \\1 filled in"},
	{.name = NULL},
};
