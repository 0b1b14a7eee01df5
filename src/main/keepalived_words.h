/*
 * Addresses, routes, rules and scripts in keepalived's words, as its data and JSON dumps have them:
 * what monitoring reads. Pure.
 */
#ifndef RELAIS_MAIN_KEEPALIVED_WORDS_H
#define RELAIS_MAIN_KEEPALIVED_WORDS_H

#include "core/base/text.h"
#include "failover/model/vrrp_conf.h"

enum { KEEPALIVED_WORDS_MAX = 512 };

/* i NULL: a static one. set: it is on the interface now. */
void keepalived_words_vip(struct text *out, const struct vrrp_instance_conf *i,
			  const struct vip_conf *vip, bool set);
/* Without attributes that are rare: the configuration has them. */
void keepalived_words_route(struct text *out, const struct route_conf *route);
void keepalived_words_rule(struct text *out, const struct rule_conf *rule);
/* 'program' 'argument' */
void keepalived_words_script(struct text *out, const struct script_conf *script);

#endif
