/*
 * ACLs and conditions: named or anonymous tests, joined to "a b || !c". A test's answer is pass,
 * fail, or unknown while payload may still come. Inside the room rules/.
 */
#ifndef RELAIS_RULES_ACL_H
#define RELAIS_RULES_ACL_H

#include "balancer/rules/match.h"
#include "core/conf/keyword.h"

enum acl_result { ACL_FAIL, ACL_UNKNOWN, ACL_PASS }; /* and = least, or = most */

struct acl_test {
	const struct sample_expr *expr;
	const struct match_set *set;
	enum match_kind kind;
	bool single; /* a header's value is to be had the short way */
};

struct acl { /* tests of one name: any of them */
	struct acl *next;
	const char *name; /* NULL: anonymous */
	unsigned n_tests;
	struct acl_test *tests;
};

struct rule_condition;

/* words [from, to): criterion [flags] [operator] patterns. Adds a test to acl. */
bool acl_parse_test(struct rules_build *b, struct acl *acl, const struct conf_word *words,
		    unsigned n_words);
/* The acl of that name in b->set, or a built-in one; NULL without an error. */
struct acl *acl_find(struct rules_build *b, const char *name);
/* A line "acl NAME test": adds to b->set. */
bool acl_define(struct rules_build *b, const char *name, const struct conf_word *words,
		unsigned n_words);

/* words[0] is "if" or "unless". NULL after an error. */
const struct rule_condition *rule_condition_parse(struct rules_build *b,
						  const struct conf_word *words, unsigned n_words);
/* cond may be NULL: passes. */
enum acl_result rule_condition_eval(const struct rule_condition *cond, struct rule_input *in);

#endif
