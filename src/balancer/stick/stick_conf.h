/*
 * What `stick-table` and `stick` lines say: the table of a proxy and the rules of a backend that
 * make its clients stick to servers. Frozen with the configuration. Rows in stick_conf.c.
 */
#ifndef RELAIS_STICK_CONF_H
#define RELAIS_STICK_CONF_H

#include "balancer/rules/rules.h"
#include "balancer/stick/stick_table.h"
#include "core/conf/native.h"

struct stick_rule {
	struct stick_rule *next;
	bool match, store;
	const struct sample_expr *expr;
	const struct rule_condition *cond;    /* NULL = always */
	const char *table_name;		      /* NULL = the backend's own */
	const struct stick_table_conf *table; /* found when all is read */
	struct conf_place place;
};

struct stick_rules { /* of a backend; either may be NULL */
	struct stick_rule *request, *response;
};

/* For main/registry.c; behind rules_conf_part. */
extern const struct conf_part stick_conf_part;

bool stick_conf_any(const struct balancer_conf *conf); /* there is a table */

#endif
