/*
 * What `http-check` and `tcp-check` lines say: a list of steps, frozen with the configuration. The
 * keyword rows that fill it stand in check_conf.c and check_steps_conf.c; check_run.c carries
 * them out. A backend with `option httpchk` and no http-check send gets the steps of that option's
 * own request.
 */
#ifndef RELAIS_HEALTH_CHECK_CONF_H
#define RELAIS_HEALTH_CHECK_CONF_H

#include "balancer/proxy/proxy_conf.h"
#include "core/base/regex.h"

enum check_step_kind {
	CHECK_STEP_CONNECT,   /* http-check connect, tcp-check connect */
	CHECK_STEP_SEND,      /* tcp-check send, send-binary: data */
	CHECK_STEP_HTTP_SEND, /* http-check send */
	CHECK_STEP_EXPECT,    /* http-check expect, tcp-check expect */
	CHECK_STEP_JUDGE,     /* a protocol of our own: judge looks at the answer */
};

enum check_match {
	CHECK_MATCH_STRING, /* pattern anywhere in the answer (tcp) or body (http: string) */
	CHECK_MATCH_REGEX,  /* rstring */
	CHECK_MATCH_BINARY, /* pattern as bytes; matched as STRING */
	CHECK_MATCH_DIGEST, /* pattern is the body's MD5 digest in hexadecimal (http) */
	CHECK_MATCH_STATUS, /* ranges */
	CHECK_MATCH_STATUS_REGEX,
	CHECK_MATCH_HEADER, /* header_name (exact), header_value (exact; len 0 = any) */
};

struct check_outcome;
/* enum check_verdict: 0 more, 1 passed, 2 failed. Takes from *in what belongs to the answer. */
typedef int check_judge_fn(struct slice *in, bool at_end, struct check_outcome *out);

struct check_status_range {
	int from, to;
};

struct check_step {
	struct check_step *next;
	enum check_step_kind kind;
	const char *comment; /* NULL = none; shown when the step fails */
	/* connect */
	bool ssl, use_defaults; /* use_defaults: `default`, as the server line says */
	int port;		/* 0 = the check's */
	struct addr addr;	/* len 0 = the check's */
	const char *sni, *alpn;
	/* send */
	struct slice data;
	/* http send: missing parts come from option httpchk, then OPTIONS / HTTP/1.0 */
	struct slice method, uri, version, body;
	const struct slice *headers; /* "Name: value", n_headers of them */
	unsigned n_headers;
	/* expect */
	enum check_match match;
	bool negate;  /* `!` */
	int min_recv; /* bytes; -1 = as many as needed */
	struct slice pattern;
	const struct regex *regex;
	struct check_status_range ranges[16];
	unsigned n_ranges;
	struct slice header_name, header_value;
	bool header_regex; /* header_value by regex */
	/* judge */
	check_judge_fn *judge;
	struct conf_place place;
};

#endif
