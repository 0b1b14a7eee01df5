/*
 * Actions on stick tables: track-sc0 to track-sc2, sc-inc-gpc*, sc-add-gpc, sc-set-gpt*.
 */
#include "balancer/rules/action.h"
#include "balancer/stick/stick_ask.h"
#include "balancer/stick/stick_key.h"
#include "balancer/stick/stick_track.h"

#define RUN(name)                                                                     \
	static enum rule_outcome name(const struct rule *rule, struct rule_input *in, \
				      struct rule_verdict *verdict)

/* ---- tracking ------------------------------------------------------------------------------ */

struct track {
	unsigned counter;
	const struct sample_expr *expr;
	struct stick_table_ref table;
};

/* track-scN <key> [table <name>] */
static bool parse_track(struct action_parse *p, struct rule *rule)
{
	struct track *t = ARENA_NEW(p->b->arena, struct track);
	const char *table = "";

	rule->data = t;
	t->counter = (unsigned)(rule->action->name[strlen("track-sc")] - '0');
	t->expr = action_expr(p, "the key to be tracked");
	if (!t->expr)
		return false;
	if (action_accept(p, "table") && !(table = action_word(p, "the table's name")))
		return false;
	stick_table_ref_read(p->b, &t->table, slice_of(table));
	return true;
}

RUN(run_track)
{
	const struct track *t = rule->data;
	struct stick_table *table = stick_table_of(&t->table, in);
	struct stick_key key;
	struct sample s;

	(void)verdict;
	if (table && !stick_track_find(in, t->counter) && sample_eval(t->expr, in, &s) &&
	    stick_key_from_sample(&key, stick_table_conf_of(table), &s, in))
		stick_track_begin(in, t->counter, table, &key);
	return RULE_CONTINUE;
}

/* ---- counters and tags ---------------------------------------------------------------------- */

struct change {
	unsigned counter, element;
	enum stick_data data, rate;
	const struct sample_expr *expr; /* NULL: number */
	int64_t number;
	bool sets;
};

/* "(counter)", or "(element,counter)" for arrays. */
static bool read_parens(struct action_parse *p, struct change *c, bool indexed)
{
	struct slice rest = p->parens, first = slice_trim(slice_cut(&rest, ','));
	struct slice counter = indexed ? slice_trim(rest) : first;
	int64_t element = 0, n;

	if (!sample_text_to_int(counter, &n) || n < 0 || n >= STICK_COUNTERS ||
	    (indexed &&
	     (!sample_text_to_int(first, &element) || element < 0 || element >= STICK_ARRAY_MAX)) ||
	    (!indexed && rest.len > 0)) {
		rules_error(p->b, "'%.*s' is not %s", (int)p->parens.len, p->parens.ptr,
			    indexed ? "an element and a counter (0 to 2)" : "a counter (0 to 2)");
		return false;
	}
	c->counter = (unsigned)n;
	c->element = (unsigned)element;
	return true;
}

static struct change *begin(struct action_parse *p, struct rule *rule, enum stick_data data,
			    enum stick_data rate)
{
	struct change *c = ARENA_NEW(p->b->arena, struct change);

	rule->data = c;
	c->data = data;
	c->rate = rate;
	c->number = 1;
	return read_parens(p, c, data == STICK_GPC || data == STICK_GPT) ? c : NULL;
}

/* A number, or a sample that gives one. */
static bool read_value(struct action_parse *p, struct change *c)
{
	const char *word = action_word(p, "the value");

	if (!word)
		return false;
	if (sample_text_to_int(slice_of(word), &c->number))
		return true;
	c->expr = sample_compile_word(p->b, word);
	return c->expr;
}

static bool parse_inc_gpc(struct action_parse *p, struct rule *rule)
{
	return begin(p, rule, STICK_GPC, STICK_GPC_RATE);
}

static bool parse_inc_gpc0(struct action_parse *p, struct rule *rule)
{
	return begin(p, rule, STICK_GPC0, STICK_GPC0_RATE);
}

static bool parse_inc_gpc1(struct action_parse *p, struct rule *rule)
{
	return begin(p, rule, STICK_GPC1, STICK_GPC1_RATE);
}

static bool parse_add_gpc(struct action_parse *p, struct rule *rule)
{
	struct change *c = begin(p, rule, STICK_GPC, STICK_GPC_RATE);

	return c && read_value(p, c);
}

static bool parse_set_gpt(struct action_parse *p, struct rule *rule)
{
	struct change *c = begin(p, rule, STICK_GPT, STICK_GPT);

	return c && (c->sets = true) && read_value(p, c);
}

static bool parse_set_gpt0(struct action_parse *p, struct rule *rule)
{
	struct change *c = begin(p, rule, STICK_GPT0, STICK_GPT0);

	return c && (c->sets = true) && read_value(p, c);
}

static void change_entry(const struct change *c, const struct stick_hand *hand, int64_t number,
			 int64_t now_us)
{
	const struct stick_table_conf *conf = stick_table_conf_of(hand->table);
	enum stick_data data = c->data, rate = c->rate;
	unsigned element = c->element, rate_element = c->element;

	if (stick_place(conf, &data, &element)) {
		if (c->sets)
			stick_set(hand, data, element, (uint64_t)number, now_us);
		else
			stick_add(hand, data, element, number, now_us);
	}
	if (!c->sets && number > 0 && stick_place(conf, &rate, &rate_element))
		stick_add(hand, rate, rate_element, number, now_us);
}

RUN(run_change)
{
	const struct change *c = rule->data;
	const struct stick_track *track = stick_track_find(in, c->counter);
	int64_t number = c->number;
	struct stick_hand hand;
	struct sample s;

	(void)verdict;
	if (!track)
		return RULE_CONTINUE;
	if (c->expr) {
		if (!sample_eval(c->expr, in, &s) || !sample_cast(&s, SAMPLE_INT, in))
			return RULE_CONTINUE;
		number = s.num;
	}
	stick_open_entry(track->table, track->entry, &hand);
	change_entry(c, &hand, number, in->now_us);
	stick_close(&hand);
	return RULE_CONTINUE;
}

#define TRACK_PHASES (ACTION_ANY & ~ACTION_AFTER)
#define TRACK(name, doc)                                                                       \
	{                                                                                      \
		name, false, TRACK_PHASES, parse_track, run_track, "<key> [table <name>]", doc \
	}

const struct action_row action_stick_rows[] = {
	TRACK("track-sc0", "counts in the key's entry from here on, as sc0"),
	TRACK("track-sc1", "the same as sc1"),
	TRACK("track-sc2", "the same as sc2"),
	{"sc-inc-gpc0", true, ACTION_ANY, parse_inc_gpc0, run_change, "", "counts gpc0 up"},
	{"sc-inc-gpc1", true, ACTION_ANY, parse_inc_gpc1, run_change, "", "counts gpc1 up"},
	{"sc-inc-gpc", true, ACTION_ANY, parse_inc_gpc, run_change, "",
	 "counts an element of gpc up"},
	{"sc-add-gpc", true, ACTION_ANY, parse_add_gpc, run_change, "<n>|<sample>",
	 "adds to an element of gpc"},
	{"sc-set-gpt0", true, ACTION_ANY, parse_set_gpt0, run_change, "<n>|<sample>", "sets gpt0"},
	{"sc-set-gpt", true, ACTION_ANY, parse_set_gpt, run_change, "<n>|<sample>",
	 "sets an element of gpt"},
	{.name = NULL},
};
