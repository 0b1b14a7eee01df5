/*
 * From samples and operators' words to keys of a table, and back to text.
 */
#ifndef RELAIS_STICK_KEY_H
#define RELAIS_STICK_KEY_H

#include "balancer/rules/sample.h"
#include "balancer/stick/stick_table.h"

/* false: the sample has no meaning as this table's key. Changes s. */
bool stick_key_from_sample(struct stick_key *key, const struct stick_table_conf *conf,
			   struct sample *s, struct rule_input *in);
/* As operators write it: text that stands for the key. */
bool stick_key_from_text(struct stick_key *key, const struct stick_table_conf *conf,
			 struct slice text);
bool stick_key_from_addr(struct stick_key *key, const struct stick_table_conf *conf,
			 const struct addr *a);
/* NUL-terminated in buf; the length. */
size_t stick_key_text(const struct stick_key *key, const struct stick_table_conf *conf, char *buf,
		      size_t len);

#endif
