/*
 * The compiled form of a log-format, and the table of its %names. Inside the room rules/.
 */
#ifndef RELAIS_RULES_LOG_ALIAS_H
#define RELAIS_RULES_LOG_ALIAS_H

#include "balancer/rules/log_format.h"
#include "balancer/rules/sample.h"

enum log_flag { LOG_QUOTE = 1, LOG_HEX = 2, LOG_ESCAPE = 4 };

struct log_op;
typedef void log_write_fn(const struct log_op *op, const struct log_record *rec, struct text *out);

struct log_op {
	enum log_op_kind { LOG_OP_TEXT, LOG_OP_BLANK, LOG_OP_ALIAS, LOG_OP_SAMPLE } kind;
	uint8_t flags; /* enum log_flag */
	bool in_log;   /* what is missing shows as "-" */
	struct slice text;
	log_write_fn *write;
	const struct sample_expr *expr;
};

struct log_format {
	struct log_op *ops;
	unsigned n;
	bool in_log, has_alias;
};

struct log_alias {
	const char *name;
	bool http_only;
	log_write_fn *write;
	const char *doc;
};

extern const struct log_alias log_aliases[]; /* ends with name NULL */

/* A text under the op's flags: quoted, escaped, "-" when empty. */
void log_put_text(const struct log_op *op, struct slice text, struct text *out);

#endif
