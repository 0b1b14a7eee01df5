/*
 * Matching: is a sample in a set of patterns? One method per set, chosen by -m, by the criterion's
 * name (path_beg) or by the sample's type. ACLs and maps are such sets. Inside the room rules/.
 */
#ifndef RELAIS_RULES_MATCH_H
#define RELAIS_RULES_MATCH_H

#include "balancer/rules/sample.h"

#define RULES_MATCHES(X)                                            \
	X(FOUND, "found", "the sample exists")                      \
	X(BOOL, "bool", "the value is true")                        \
	X(INT, "int", "an integer, a range a:b or a comparison")    \
	X(IP, "ip", "an address or a network")                      \
	X(BIN, "bin", "bytes written in hexadecimal")               \
	X(LEN, "len", "the length, as int")                         \
	X(STR, "str", "the whole text")                             \
	X(SUB, "sub", "a part of the text")                         \
	X(REG, "reg", "a regular expression")                       \
	X(BEG, "beg", "the beginning of the text")                  \
	X(END, "end", "the end of the text")                        \
	X(DIR, "dir", "one or several whole parts between slashes") \
	X(DOM, "dom", "one or several whole parts between dots, slashes, colons or ?")

enum match_kind {
#define X(id, name, doc) MATCH_##id,
	RULES_MATCHES(X)
#undef X
		MATCH_KINDS,
};

extern const char *const match_names[]; /* by kind, NULL-terminated */
int match_kind_find(struct slice name); /* -1: no such method */
/* The method that goes without saying, or -1 when -m must say it. */
int match_kind_for(enum sample_type type);

struct match_set;

struct match_set *match_set_new(struct rules_build *b, enum match_kind kind);
/* index: what match_set_find gives back for it. For INT and LEN text may start with "ge:" etc. */
bool match_set_add(struct rules_build *b, struct match_set *set, struct slice text,
		   bool ignore_case, int index);
/* No more additions: builds tables. */
void match_set_seal(struct rules_build *b, struct match_set *set);
/* Index of a pattern that matches, or -1. */
int match_set_find(const struct match_set *set, struct sample *s, struct rule_input *in);

/* Non-empty lines of a pattern file that are no comments, blanks at the start taken off. */
bool match_file_next(struct slice *rest, struct slice *line);

#endif
