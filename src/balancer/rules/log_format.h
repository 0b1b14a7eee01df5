/*
 * log-format: compiled once, written once per session or request. The aliases (%ci, %TR, ...) are
 * rows of a table over struct log_record; %[sample] goes through the rules' samples. HAProxy's
 * httplog, tcplog and default lines are three built-in formats in the same language.
 */
#ifndef RELAIS_RULES_LOG_FORMAT_H
#define RELAIS_RULES_LOG_FORMAT_H

#include "balancer/rules/rules.h"
#include "core/base/text.h"

/* One finished (or, with logasap, half-finished) session or request. Filled by flow. Times in
 * milliseconds as the log shows them; -1 = was never reached. Borrowed strings live until the
 * line is written. */
struct log_record {
	const struct addr *client, *local;	/* the client's connection */
	const struct addr *server_src, *server; /* relais' own address towards the server; NULL */
	const char *frontend, *backend, *server_name; /* server_name "<NOSRV>", "<STATS>" */
	const char *bind_name;
	bool frontend_ssl;
	int64_t accept_wall_us, request_wall_us; /* CLOCK_REALTIME */
	int64_t th_ms, ti_ms, tr_req_ms;	 /* %Th handshake, %Ti idle, %TR request received */
	int64_t tw_ms, tc_ms, tr_ms;		 /* %Tw queue, %Tc connect, %Tr server's response */
	int64_t td_ms, ta_ms, tt_ms, tu_ms, tq_ms; /* data, active, total, user, Tq = Th+Ti+TR */
	int status;				   /* %ST; -1 = none */
	uint64_t bytes_read, bytes_uploaded;	   /* %B, %U */
	char flags[5];				   /* %ts %tsc: "----" */
	unsigned actconn, feconn, beconn, srvconn, retries; /* %ac %fc %bc %sc %rc */
	bool redispatched;				    /* "+" before %rc */
	unsigned srv_queue, backend_queue;		    /* %sq %bq */
	struct slice request_line;	     /* %r as received (may be bad), "<BADREQ>" when none */
	struct slice cookie_req, cookie_res; /* %CC %CS; len 0 = "-" */
	const struct slice *captures_req, *captures_res;
	unsigned n_captures_req, n_captures_res;
	uint64_t req_count, pid, log_count; /* %rt, %pid, %lc */
	bool logged_early;		    /* logasap: "+" before the time and the bytes */
	const char *hostname;
	const char *message; /* of builtin 'e': what went wrong */
};

struct log_format;
struct conf_ctx;

/* NULL and a diagnostic when text is wrong. Everything in arena. */
struct log_format *log_format_compile(struct arena *arena, struct conf_diags *diags,
				      struct conf_place at, const char *text, enum proxy_mode mode);
/* Built-in: 'h'ttp, 't'cp, 'c'lf; 'd' "Connect from ..." of mode tcp, 'D' of mode http; 'e' the
 * line of a connection that failed before a session existed. */
const struct log_format *log_format_builtin(char kind);
/* Appends to out. rec: NULL takes in->record, or what in knows by itself. in gives the samples (may
 * be NULL: samples print "-"). */
void log_format_write(const struct log_format *fmt, const struct log_record *rec,
		      struct rule_input *in, struct text *out);

/* For the rows of this room: a format for a header or a body. Blanks stay as they are, what is
 * missing is empty, control characters of samples become %XX. */
struct rules_build;
struct log_format *log_format_compile_value(struct rules_build *b, const char *text);
struct log_format *log_format_literal(struct rules_build *b, const char *text);
struct log_format *log_format_compile_log(struct rules_build *b, const char *text,
					  enum proxy_mode mode);
/* Into the exchange's arena; {NULL, 0} when that is full. */
struct slice log_format_value(const struct log_format *fmt, struct rule_input *in);

#endif
