/*
 * Words that routes and rules share: prefixes, numbers, iproute2's names. Each takes words from a
 * cursor and says what is wrong; a route or rule with such a word is left out, as Keepalived does.
 * Private to this room.
 */
#ifndef RELAIS_ROUTE_ROUTE_WORDS_H
#define RELAIS_ROUTE_ROUTE_WORDS_H

#include "failover/conf/failover_build.h"

struct route_words { /* a line being read */
	struct conf_ctx *ctx;
	const struct conf_line *line;
	unsigned at;   /* the next word */
	int family;    /* AF_UNSPEC until something says it */
	unsigned said; /* marks of the options that were read */
	bool bad;
};

/* The next word, or "" (which makes the line bad) when there is none. what: for the message. */
const char *route_words_take(struct route_words *w, const char *what);
/* Consumes the next word if it is this one. */
bool route_words_skip(struct route_words *w, const char *word);
void route_words_refuse(struct route_words *w, const char *why);

/* Decimal or 0x hexadecimal. */
bool route_words_number(struct route_words *w, const char *what, uint32_t most, uint32_t *out);
/* A number or a name of /etc/iproute2/FILE (rt_tables, rt_protos, rt_scopes, rt_realms, rt_dsfield,
 * group). */
bool route_words_named(struct route_words *w, const char *file, uint32_t most, uint32_t *out);
/* [SOURCE/]DESTINATION */
bool route_words_realms(struct route_words *w, uint32_t *out);
/* ADDRESS; its family must be the line's, and is if that is open. */
bool route_words_address(struct route_words *w, struct addr *out);
/* ADDRESS[/LEN], or `default`, `any`, `all` (out->len 0). */
bool route_words_prefix(struct route_words *w, struct addr *out, unsigned *len);
bool route_words_device(struct route_words *w, const char **out);
/* All words of the line, for logs. */
const char *route_words_text(const struct route_words *w);

/* Reads what follows an option's name. member: where the row says; the route or rule itself where
 * it says nothing. False: it could not be read, the line is bad. */
typedef bool route_option_fn(struct route_words *w, void *member, uint32_t argument);

struct route_option { /* a row; the last one's name is NULL */
	const char *name;
	route_option_fn *read;
	size_t member;	   /* where it goes: offset in struct route_conf or rule_conf */
	uint32_t argument; /* what it is up to the reader */
	unsigned mark;	   /* goes into route_words.said */
};

/* Reads the next word as an option of line (a route_conf or rule_conf). False: it is none. */
bool route_words_option(struct route_words *w, const struct route_option *options, void *line);

/* Readers that routes and rules share; a member's type behind each. */
route_option_fn route_option_flag;   /* bool: it was said */
route_option_fn route_option_byte;   /* uint8_t: the argument */
route_option_fn route_option_number; /* uint32_t */
/* struct addr; the argument says how far behind it its length is, an unsigned. */
route_option_fn route_option_prefix;
route_option_fn route_option_device;   /* const char * */
route_option_fn route_option_name;     /* const char * */
route_option_fn route_option_realms;   /* uint32_t */
route_option_fn route_option_table;    /* uint32_t */
route_option_fn route_option_tos;      /* uint8_t */
route_option_fn route_option_protocol; /* uint8_t */
route_option_fn route_option_scope;    /* uint8_t */
route_option_fn route_option_family;   /* none; the argument is said of the whole line */

/* route_line.c, rule_line.c: NULL when it is left out. */
struct route_conf *failover_route_read(struct conf_ctx *ctx, const struct conf_line *line);
struct rule_conf *failover_rule_read(struct conf_ctx *ctx, const struct conf_line *line);

#endif
