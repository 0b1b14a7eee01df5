/*
 * The keyword rows of rules, for main/registry.c. They stand before proxy_part_obsolete and after
 * proxy_part_proxy, whose finish sets the modes.
 */
#ifndef RELAIS_RULES_RULES_CONF_H
#define RELAIS_RULES_RULES_CONF_H

#include "balancer/rules/rules.h"
#include "core/conf/native.h"

extern const struct conf_part rules_conf_part;

/* The set of a proxy, made when there is none yet. Rows call it; tests too. */
struct rule_set *rules_set_of(struct arena *arena, struct proxy_conf *proxy);
/* Everything is read: finds the proxies and servers that rules name, compiles log formats, drops
 * HTTP rules of proxies in mode tcp. */
void rules_finish(struct proxy_conf *proxy, const struct balancer_conf *conf, struct arena *arena,
		  struct conf_diags *diags, struct conf_files *files);

/* Samples, converters, matching methods, actions and log variables as Markdown. */
void rules_manual_print(FILE *out);

#endif
