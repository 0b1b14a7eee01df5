/*
 * What the compilers of samples, ACLs, formats and actions need while a configuration is read.
 * Lives on the stack of whoever compiles.
 */
#ifndef RELAIS_RULES_BUILD_H
#define RELAIS_RULES_BUILD_H

#include "balancer/rules/rules.h"
#include "core/conf/diag.h"
#include "core/conf/files.h"

enum rules_place { /* what data there is where the expression stands */
		   RULES_AT_REQUEST,
		   RULES_AT_RESPONSE,
		   RULES_AT_CONNECTION, /* no payload, no message */
		   RULES_AT_LOG,	/* messages are gone */
};

struct rules_build {
	struct arena *arena; /* the configuration's */
	struct conf_diags *diags;
	struct conf_files *files; /* NULL: nothing can be read */
	struct conf_place at;
	struct rule_set *set; /* NULL: names of proxies are looked up when asked for */
	enum rules_place place;
	bool in_acl;
	bool any_place; /* an `acl` line: nobody knows yet who will ask */
};

#define rules_error(b, ...) conf_error((b)->diags, (b)->at, __VA_ARGS__)

/* Grows an array in the arena: room for one more of *n items; the old copy is left behind. */
void *rules_grow(struct arena *arena, void *items, unsigned n, size_t item_len);
/* ARRAY_PUSH(arena, array pointer, count) gives a pointer to the new, cleared item. */
#define RULES_PUSH(arena, items, n) \
	((items) = rules_grow((arena), (items), (n), sizeof(*(items))), &(items)[(n)++])

/* Contents of a file, or an error. */
bool rules_read_file(struct rules_build *b, const char *path, struct slice *bytes);

#endif
