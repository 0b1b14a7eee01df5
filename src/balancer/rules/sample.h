/*
 * Samples: "req.hdr(host),lower,field(1,:)". A fetch gives a typed value, converters turn it into
 * others. Compiled once (names looked up, arguments checked and prepared), evaluated without
 * allocation except for texts that a converter makes, which go into the exchange's arena.
 * Inside the rooms rules/ and stick/ only.
 */
#ifndef RELAIS_RULES_SAMPLE_H
#define RELAIS_RULES_SAMPLE_H

#include "balancer/rules/build.h"

enum sample_type {
	SAMPLE_BOOL, /* num */
	SAMPLE_INT,  /* num */
	SAMPLE_ADDR, /* addr */
	SAMPLE_STR,  /* str */
	SAMPLE_BIN,  /* str */
	SAMPLE_ANY,  /* in rows: whatever it is at run time */
};

struct sample_addr {
	bool v6;
	uint8_t byte[16]; /* v4: the first four */
};

struct sample {
	enum sample_type type;
	union {
		int64_t num;
		struct slice str; /* borrowed from message, configuration or arena */
		struct sample_addr addr;
	};
};

struct sample_arg {
	bool given;
	struct slice str; /* NUL-terminated */
	int64_t num;	  /* of an integer argument */
};

enum { SAMPLE_MAX_ARGS = 5 };

struct sample_call { /* a fetch or converter with its arguments */
	struct sample_arg args[SAMPLE_MAX_ARGS];
	unsigned n_args;
	const char *name; /* the row's */
	void *data;	  /* what check prepared */
	unsigned flags;	  /* a fetch's: the row's */
	bool single;	  /* a header that a message has once: see sample_header_single */
};

/* A walk over all values of a fetch that has several (ACLs try each). All-zero to start. */
struct sample_walk {
	struct http_cursor at;
	struct slice rest;
	bool inside; /* rest is of the field at `at` */
	bool done;
};

enum sample_flag {
	SAMPLE_FROM_REQUEST = 1 << 0, /* needs the request's head */
	SAMPLE_FROM_RESPONSE = 1 << 1,
	SAMPLE_FROM_PAYLOAD = 1 << 2,
	SAMPLE_MULTI = 1 << 3,	   /* knows how to walk */
	SAMPLE_ACL_FORMS = 1 << 4, /* name_beg, name_end, ... exist */
};

typedef bool sample_get_fn(const struct sample_call *call, struct rule_input *in,
			   struct sample_walk *walk, struct sample *out);
typedef bool sample_convert_fn(const struct sample_call *call, struct rule_input *in,
			       struct sample *s);
typedef bool sample_check_fn(struct rules_build *b, struct sample_call *call);

/* The heads of a fetch and of a converter; a body takes of the parameters what it needs. */
#define SAMPLE_ANY_USE __attribute__((unused))
#define SAMPLE_GET(name)                                             \
	static bool name(SAMPLE_ANY_USE const struct sample_call *c, \
			 SAMPLE_ANY_USE struct rule_input *in,       \
			 SAMPLE_ANY_USE struct sample_walk *w, SAMPLE_ANY_USE struct sample *out)
#define SAMPLE_CONVERT(name)                                         \
	static bool name(SAMPLE_ANY_USE const struct sample_call *c, \
			 SAMPLE_ANY_USE struct rule_input *in, SAMPLE_ANY_USE struct sample *s)

/* args: one letter per argument, s text, i integer, capital when it may be left out. */
struct sample_row {
	const char *name;
	enum sample_type type;
	const char *args;
	unsigned flags;
	sample_get_fn *get;
	sample_check_fn *check; /* may be NULL */
	const char *doc;
};

struct converter_row {
	const char *name;
	enum sample_type in, out;
	const char *args;
	sample_convert_fn *convert; /* s has type in (or any, for SAMPLE_ANY) */
	sample_check_fn *check;
	const char *doc;
};

/* Tables; each ends with a row whose name is NULL. */
extern const struct sample_row sample_http_rows[], sample_header_rows[], sample_conn_rows[],
	sample_proxy_rows[], sample_auth_rows[], sample_payload_rows[], sample_const_rows[],
	sample_stick_rows[]; /* stick/'s */
extern const struct converter_row converter_text_rows[], converter_code_rows[],
	converter_number_rows[], converter_map_rows[], converter_date_rows[],
	converter_stick_rows[]; /* stick/'s */
/* Known from HAProxy 2.6, not served yet; NULL-terminated. A last '*' stands for any ending. */
extern const char *const sample_unserved[], *const converter_unserved[];

struct sample_step {
	const struct converter_row *row;
	struct sample_call call;
};

struct sample_expr {
	const struct sample_row *row;
	struct sample_call call;
	unsigned n_steps;
	struct sample_step *steps;
	enum sample_type type; /* of the result; SAMPLE_ANY: known at run time */
};

/* Reads an expression from *text up to its end (a blank, ']' or the end of the text) and leaves
 * the rest there. NULL after an error was reported. acl_suffix (may be NULL): a name like "hdr_beg"
 * is accepted and "beg" given back, "" otherwise. */
const struct sample_expr *sample_compile(struct rules_build *b, struct slice *text,
					 const char **acl_suffix);
/* The whole word must be one expression. */
const struct sample_expr *sample_compile_word(struct rules_build *b, const char *word);

/* false: there is no such thing in this message. */
bool sample_eval(const struct sample_expr *e, struct rule_input *in, struct sample *out);
/* The next of all values; false when there are no more. Works for every fetch. */
bool sample_next(const struct sample_expr *e, struct rule_input *in, struct sample_walk *walk,
		 struct sample *out);
/* To another type, in place; false when the value has no such meaning. */
bool sample_cast(struct sample *s, enum sample_type type, struct rule_input *in);

/* The shortest way to such a header's value. LIST: it has commas, walk it. */
enum sample_single { SAMPLE_SINGLE_NONE, SAMPLE_SINGLE_FOUND, SAMPLE_SINGLE_LIST };
enum sample_single sample_header_single(const struct sample_call *call, struct rule_input *in,
					struct sample *out);

/* Helpers for rows. */
static inline bool sample_give_num(struct sample *out, enum sample_type type, int64_t num)
{
	out->type = type;
	out->num = num;
	return true;
}

static inline bool sample_give_str(struct sample *out, struct slice str)
{
	out->type = SAMPLE_STR;
	out->str = str;
	return true;
}

/* For a text of this length and a NUL; NULL: no memory. */
static inline char *sample_room(struct rule_input *in, size_t len)
{
	return arena_alloc(in->arena, len + 1);
}

bool sample_give_addr(struct sample *out, const struct addr *a);
bool sample_addr_parse(struct sample_addr *a, struct slice text);
/* buf of ADDR_TEXT_MAX bytes; the length written. */
size_t sample_addr_text(const struct sample_addr *a, char *buf);
bool sample_text_to_int(struct slice text, int64_t *num);

/* Cookies: the next value of name in a Cookie (or, one per field, Set-Cookie) header. */
bool sample_cookie_next(struct slice *rest, struct slice name, bool set_cookie,
			struct slice *value);

/* RFC 4648, both alphabets; in place of the text in s. */
bool sample_decode_base64(struct rule_input *in, struct sample *s);

/* vars.c: "txn.name", "sess.name", "req.name", "res.name". */
struct rule_var_name {
	struct slice full;
};
bool rule_var_parse(struct rules_build *b, struct slice text, struct rule_var_name *name);
bool rule_var_set(const struct rule_var_name *name, struct rule_input *in, struct sample value);
void rule_var_unset(const struct rule_var_name *name, struct rule_input *in);
bool rule_var_get(const struct rule_var_name *name, struct rule_input *in, struct sample *out);

#endif
