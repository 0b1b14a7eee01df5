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
	uint8_t flags;	   /* enum log_flag */
	bool in_log;	   /* what is missing shows as "-" */
	bool may_vanish;   /* shows nothing at times, not even "-" */
	struct slice text; /* of TEXT */
	uint8_t n_tail;	   /* of an alias: what stands behind it */
	char tail[8];
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

/*
 * A log line is written for every request: these are text_add and its like without a call and
 * without the NUL, which log_format_write puts behind the whole.
 */
static inline void log_put_char(struct text *out, char c)
{
	if (out->len + 1 < out->cap)
		out->buf[out->len++] = c;
	else
		out->cut = true;
}

static inline void log_put(struct text *out, struct slice s)
{
	size_t room = out->cap > out->len ? out->cap - out->len - 1 : 0;
	char *at = out->buf + out->len;

	if (s.len > room) {
		out->cut = true;
		s.len = room;
	}
	out->len += s.len;
	if (s.len >= 16) {
		memcpy(at, s.ptr, s.len);
		return;
	}
	for (size_t i = 0; i < s.len; i++)
		at[i] = s.ptr[i];
}

static inline void log_put_str(struct text *out, const char *str)
{
	for (; *str; str++)
		log_put_char(out, *str);
}

static inline void log_put_uint(struct text *out, unsigned long long n)
{
	char digits[20], *at = digits + sizeof(digits);

	if (n < 10) {
		log_put_char(out, (char)('0' + n));
		return;
	}
	for (; n > 0; n /= 10)
		*--at = (char)('0' + n % 10);
	log_put(out, (struct slice){at, (size_t)(digits + sizeof(digits) - at)});
}

/* A text under the op's flags: quoted, escaped, "-" when empty. */
void log_put_text(const struct log_op *op, struct slice text, struct text *out);

#endif
