/*
 * Keywords are rows. One row says all there is to say of a keyword: parser, checker, dump, manual
 * and completion come from it. Rooms define tables of rows in their *_conf.c files; main/registry.c
 * lists the tables; the grammar (native or keepalived) walks them.
 */
#ifndef RELAIS_CONF_KEYWORD_H
#define RELAIS_CONF_KEYWORD_H

#include <stdint.h>

#include "core/conf/diag.h"

struct conf_ctx; /* the parse state that rows see, in both grammars: native.h */

struct conf_word {
	const char *text; /* unquoted, expanded, NUL-terminated */
	unsigned column;  /* from 1 */
	bool quoted;
};

/* One logical line: words[0] is the first word of the keyword. words[n_words].text is "". */
struct conf_line {
	const char *file;
	unsigned line;
	unsigned n_words;
	const struct conf_word *words;
};

/* What a change of this keyword's value needs at a reload. */
enum conf_effect {
	CONF_EFFECT_RELOAD,  /* takes effect with the new configuration, nothing moves */
	CONF_EFFECT_REBUILD, /* the object that holds it is built anew (a VRRP instance restarts) */
	CONF_EFFECT_RESTART, /* only a restart of relais changes it */
};

enum conf_type {
	CONF_CUSTOM,   /* parse does it all */
	CONF_FLAG,     /* no argument, or on/off: bool at offset */
	CONF_INT,      /* int at offset, min..max */
	CONF_UINT64,   /* uint64_t at offset */
	CONF_TIME_MS,  /* int at offset: native time syntax (us ms s m h d; bare = ms) */
	CONF_TIME_US,  /* int64_t at offset: seconds with fraction (keepalived) */
	CONF_SIZE,     /* uint64_t at offset: k m g */
	CONF_STRING,   /* const char * at offset, in the configuration's arena */
	CONF_IGNORED,  /* known, without effect here: a warning with the row's doc as the reason */
	CONF_UNSERVED, /* known, not yet served: an error that says so by name; doc may add why */
	CONF_BIT,      /* uint64_t at offset: the bits of max set, or cleared by `no`, `default` */
};

enum conf_keyword_flag {
	CONF_CAN_NO = 1,      /* native: `no` may stand before it */
	CONF_CAN_DEFAULT = 2, /* native: `default` may */
	CONF_HTTP_ONLY = 4,   /* native: without effect, and warned of, in `mode tcp` */
	CONF_STRICT = 8,      /* native: an error where conf_section.forgiven would forgive it;
			       * keepalived.conf: Keepalived complains of the word as well */
};

struct conf_keyword {
	const char *name;  /* one or several words: "timeout client" */
	uint64_t sections; /* bits of the sections (or blocks) it may stand in */
	enum conf_type type;
	size_t offset;	    /* into the section's target struct */
	long long min, max; /* bounds of numbers and times, in the type's unit */
	const char *args;   /* as a manual shows them: "<timeout>" */
	const char *dflt;   /* default as text, NULL = none */
	enum conf_effect effect;
	/* For CONF_CUSTOM: reads line->words, writes target, reports through ctx. */
	void (*parse)(struct conf_ctx *ctx, const struct conf_line *line, void *target);
	const char *doc;   /* one line */
	const char *since; /* relais version */
	unsigned flags;	   /* enum conf_keyword_flag */
};

struct conf_keyword_table {
	const struct conf_keyword *rows; /* ends with a row whose name is NULL */
};

#endif
