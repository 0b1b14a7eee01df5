/*
 * See stick_ask.h.
 */
#include "balancer/stick/stick_ask.h"

#include "balancer/stick/stick_rules.h"

void stick_table_ref_read(struct rules_build *b, struct stick_table_ref *ref, struct slice name)
{
	struct rule_pending *p;

	ref->name = name;
	if (!b->set)
		return;
	p = ARENA_NEW(b->arena, struct rule_pending);
	*p = (struct rule_pending){b->set->pending, b->at, name.len ? name.ptr : "", 't',
				   &ref->conf};
	b->set->pending = p;
}

struct stick_table *stick_table_of(const struct stick_table_ref *ref, const struct rule_input *in)
{
	if (ref->conf)
		return stick_house_table(in->stick, ref->conf);
	if (ref->name.len == 0)
		return in->frontend ? stick_house_table(in->stick, in->frontend->stick_table)
				    : NULL;
	for (const struct proxy_conf *p = in->conf ? in->conf->proxies : NULL; p; p = p->next)
		if (p->stick_table && slice_eq_str(ref->name, p->name))
			return stick_house_table(in->stick, p->stick_table);
	return NULL;
}

bool stick_place(const struct stick_table_conf *conf, enum stick_data *data, unsigned *element)
{
	static const struct {
		enum stick_data own, array;
		unsigned element;
	} both[] = {
		{STICK_GPC0, STICK_GPC, 0},	      {STICK_GPC1, STICK_GPC, 1},
		{STICK_GPT0, STICK_GPT, 0},	      {STICK_GPC0_RATE, STICK_GPC_RATE, 0},
		{STICK_GPC1_RATE, STICK_GPC_RATE, 1},
	};

	if (stick_holds(conf, *data, *element))
		return true;
	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		if (both[i].own == *data && stick_holds(conf, both[i].array, both[i].element)) {
			*data = both[i].array;
			*element = both[i].element;
			return true;
		}
		if (both[i].array == *data && both[i].element == *element &&
		    stick_holds(conf, both[i].own, 0)) {
			*data = both[i].own;
			*element = 0;
			return true;
		}
	}
	return false;
}
