/*
 * What an expression or an action wants of an entry: which data, of which table. Shared by samples,
 * converters and actions of this room.
 */
#ifndef RELAIS_STICK_ASK_H
#define RELAIS_STICK_ASK_H

#include "balancer/rules/rule_set.h"
#include "balancer/rules/sample.h"
#include "balancer/stick/stick_table.h"

/* The table of that name is found when all is read ("" = the proxy's own); until then, and in
 * log formats, look it up with stick_table_named. */
struct stick_table_ref {
	const void *conf; /* struct stick_table_conf */
	struct slice name;
};

void stick_table_ref_read(struct rules_build *b, struct stick_table_ref *ref, struct slice name);
/* NULL: there is none. */
struct stick_table *stick_table_of(const struct stick_table_ref *ref, const struct rule_input *in);

/* Where a table holds gpc0, gpc1, gpt0 and their rates: under their own names or in the arrays. */
bool stick_place(const struct stick_table_conf *conf, enum stick_data *data, unsigned *element);

#endif
