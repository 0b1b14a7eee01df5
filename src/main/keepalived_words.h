/*
 * Addresses, routes, rules and scripts in keepalived's words, as its data and JSON dumps have them:
 * what monitoring reads. Pure.
 */
#ifndef RELAIS_MAIN_KEEPALIVED_WORDS_H
#define RELAIS_MAIN_KEEPALIVED_WORDS_H

#include "failover/model/vrrp_conf.h"

enum { KEEPALIVED_WORDS_MAX = 512 }; /* with its NUL; longer ones are cut */

/* i NULL: a static one. set: it is on the interface now. */
void keepalived_words_vip(char buf[static KEEPALIVED_WORDS_MAX], const struct vrrp_instance_conf *i,
			  const struct vip_conf *vip, bool set);
/* Without attributes that are rare: the configuration has them. */
void keepalived_words_route(char buf[static KEEPALIVED_WORDS_MAX], const struct route_conf *route);
void keepalived_words_rule(char buf[static KEEPALIVED_WORDS_MAX], const struct rule_conf *rule);
/* 'program' 'argument' */
void keepalived_words_script(char buf[static KEEPALIVED_WORDS_MAX],
			     const struct script_conf *script);

#endif
