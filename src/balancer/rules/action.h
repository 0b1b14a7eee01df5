/*
 * Actions: what a rule does when its condition holds. A row per action; parse compiles its words,
 * run carries it out. Inside the room rules/.
 */
#ifndef RELAIS_RULES_ACTION_H
#define RELAIS_RULES_ACTION_H

#include "balancer/rules/rule_set.h"

struct action_parse {
	struct rules_build *b;
	const struct conf_word *words; /* [at, n): not yet read; reading stops at if/unless */
	unsigned at, n;
	struct slice parens; /* of "set-var(name)" */
	enum rule_phase phase;
	enum proxy_mode mode;
	bool literal; /* the old `redirect` keyword: no log-format */
};

enum { /* bits of action_row.phases */
       ACTION_CONNECTION = 1 << RULE_TCP_CONNECTION,
       ACTION_SESSION = 1 << RULE_TCP_SESSION,
       ACTION_TCP_REQUEST = 1 << RULE_TCP_REQUEST,
       ACTION_REQUEST = 1 << RULE_HTTP_REQUEST,
       ACTION_RESPONSE = 1 << RULE_HTTP_RESPONSE,
       ACTION_AFTER = 1 << RULE_HTTP_AFTER_RESPONSE,
       ACTION_TCP = ACTION_CONNECTION | ACTION_SESSION | ACTION_TCP_REQUEST,
       ACTION_HTTP = ACTION_REQUEST | ACTION_RESPONSE | ACTION_AFTER,
       ACTION_ANY = ACTION_TCP | ACTION_HTTP,
};

struct action_row {
	const char *name;
	bool parens;
	unsigned phases;
	bool (*parse)(struct action_parse *p, struct rule *rule); /* NULL: not served yet */
	rule_run_fn *run;
	const char *args, *doc;
};

extern const struct action_row action_edit_rows[], action_reply_rows[], action_flow_rows[],
	action_unserved_rows[], action_stick_rows[]; /* the last: stick/'s */

/* Parses words[0..n) "ACTION args [if ...]" into a rule of b->set. */
bool action_parse_rule(struct rules_build *b, enum rule_phase phase, const struct conf_word *words,
		       unsigned n);

/* "redirect args [if ...]": into b->set->redirects. */
bool action_parse_redirect(struct rules_build *b, const struct conf_word *words, unsigned n);

/* The slot that a capture rule fills: false when the frontend's set has none such. */
bool action_capture_has_slot(const struct rule *rule, const struct rule_set *set);

/* For rows: the next word, or NULL and an error "<action> needs <what>". */
const char *action_word(struct action_parse *p, const char *what);
/* The next word if it is text. */
bool action_accept(struct action_parse *p, const char *text);
const struct log_format *action_format(struct action_parse *p, const char *what);
const struct sample_expr *action_expr(struct action_parse *p, const char *what);

#endif
