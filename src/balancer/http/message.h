/*
 * An HTTP message head as the balancer holds it, one shape for h1 and h2: a start line, fields as
 * offsets into the bytes that were received, edits as marks and an append list, and how the body
 * is delimited (RFC 9110 6, RFC 9112 2-6).
 *
 * The received bytes are borrowed: they must stay until the message is written or until
 * http_message_rebase() has moved it to a copy. What edits add lives in the arena given at init;
 * the struct itself must not be moved (it holds its first table entries). Clean heads go out as
 * one run of memory; each edit costs at most one run more.
 *
 * One thread, the exchange's. Order of calls: init, then a parser fills it, then rules look and
 * edit, then http_message_iov() or http_message_write().
 */
#ifndef RELAIS_HTTP_MESSAGE_H
#define RELAIS_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "balancer/http/name.h"
#include "core/base/arena.h"
#include "core/base/slice.h"

enum { HTTP_FIELDS_INLINE = 24, HTTP_FIELDS_MAX_DEFAULT = 101 };

enum http_target_form {
	HTTP_TARGET_ORIGIN,    /* /path?query */
	HTTP_TARGET_ABSOLUTE,  /* http://host/path?query */
	HTTP_TARGET_AUTHORITY, /* host:port, CONNECT only */
	HTTP_TARGET_ASTERISK,  /* *, OPTIONS only */
};

enum http_body_kind {
	HTTP_BODY_NONE,
	HTTP_BODY_LENGTH,      /* body_len bytes */
	HTTP_BODY_CHUNKED,     /* until the last chunk and its trailers */
	HTTP_BODY_UNTIL_CLOSE, /* responses only */
	HTTP_BODY_TUNNEL,      /* 101, or 2xx to CONNECT: no HTTP any more, both directions */
};

enum http_field_mark { HTTP_FIELD_KEPT, HTTP_FIELD_DROPPED, HTTP_FIELD_REPLACED };

/* One field line. Offsets count from the base of the table the entry is in. A received entry that
 * is REPLACED has its new line "name: value CRLF" at added.base + value_at. */
struct http_field {
	uint32_t line_at;  /* first byte of the name; the line ends where the next begins */
	uint32_t value_at; /* without the blanks around it */
	uint32_t value_len;
	uint16_t name_len;
	uint8_t id;   /* enum http_header_id */
	uint8_t mark; /* enum http_field_mark */
};

/* received.entry[n] always exists and says where the last line ends. */
struct http_fields {
	char *base;
	struct http_field *entry;
	uint32_t n, cap;
};

struct http_message {
	/* start line: slices into the received bytes or the arena */
	struct slice start_line;  /* with CRLF, as it will be sent */
	struct slice method_text; /* request */
	struct slice target;
	struct slice reason; /* response */
	uint16_t status;     /* response; 0 in a request */
	uint8_t method;	     /* enum http_method; of the request too for a response */
	uint8_t minor;	     /* HTTP/1.minor as received; 1 for HTTP/2 */
	uint8_t target_form; /* enum http_target_form */

	/* framing, as the parser found it */
	uint8_t body_kind; /* enum http_body_kind */
	bool keep_alive;   /* the sender would keep its connection after this message */
	bool upgrade;	   /* Connection: upgrade with an Upgrade field */
	bool expect_continue;
	bool interim; /* 1xx but 101: another head of the same exchange follows */
	uint64_t body_len;

	uint64_t seen;	   /* bit per enum http_header_id that is or was in a table */
	uint32_t head_len; /* received head, start line to the empty line included */
	uint32_t n_edited; /* received entries that are not KEPT */
	uint32_t n_max;	   /* bound on received fields (tune.http.maxhdr) */
	struct http_fields received;
	struct http_fields
		added; /* its bytes are one arena block, CRLF kept behind the last line */
	uint32_t added_len, added_cap;
	bool added_mixed;    /* the block holds more than the kept added lines in order */
	struct arena *arena; /* borrowed; lives at least as long */
	struct http_field inline_entry[HTTP_FIELDS_INLINE + 1];
};

void http_message_init(struct http_message *msg, struct arena *arena);
/* The received bytes moved: old base to new base, same content. */
void http_message_rebase(struct http_message *msg, char *new_base);

/* ---- for parsers ------------------------------------------------------------------------- */

/* Makes room for one more received field (and the end mark); false past n_max or the arena. */
bool http_message_grow(struct http_message *msg);

/* ---- looking ----------------------------------------------------------------------------- */

/* A walk over fields, zero-initialised by the caller: { 0 }. Edits through _at() functions are
 * allowed while walking. */
struct http_cursor {
	uint32_t next;	/* 0-based place in received, then added */
	uint32_t place; /* of the field shown */
	struct slice name, value;
};

/* Next field with that name, whole field line value; false at the end. */
bool http_message_find(const struct http_message *msg, struct http_name name,
		       struct http_cursor *at);
/* Next field of any name. */
bool http_message_each(const struct http_message *msg, struct http_cursor *at);
/* First value of a known header, {NULL, 0} if there is none. */
struct slice http_message_value(const struct http_message *msg, enum http_header_id id);
bool http_message_has(const struct http_message *msg, struct http_name name);
/* A comma-separated element of any field of that name equals token, whatever its case. */
bool http_message_has_token(const struct http_message *msg, enum http_header_id id,
			    const char *token);

/* Parts of the target. Path without the query, "/" of "http://host", "*" of "*"; {NULL, 0} of the
 * authority form. */
struct slice http_message_path(const struct http_message *msg);
/* Behind the first '?', which is not part of it; {NULL, 0} without one. */
struct slice http_message_query(const struct http_message *msg);
/* Authority of an absolute target, else the Host value, with its port if it has one. */
struct slice http_message_host(const struct http_message *msg);

/* Cuts the next element off a comma-separated list value; quoted strings stay whole; empty
 * elements are passed over. False at the end. */
bool http_list_next(struct slice *rest, struct slice *element);

/* ---- editing: false when the arena's limit is reached, nothing is changed then ------------- */

bool http_message_add(struct http_message *msg, struct http_name name, struct slice value);
/* Drops all fields of that name, then adds one. */
bool http_message_set(struct http_message *msg, struct http_name name, struct slice value);
/* Number of fields dropped. */
unsigned http_message_drop(struct http_message *msg, struct http_name name);
void http_message_drop_at(struct http_message *msg, const struct http_cursor *at);
/* In its place among the others. */
bool http_message_replace_at(struct http_message *msg, struct http_cursor *at, struct slice value);

bool http_message_set_method(struct http_message *msg, struct slice method);
bool http_message_set_target(struct http_message *msg, struct slice target);
/* Keep the rest of the target. A query of length 0 removes the '?'. */
bool http_message_set_path(struct http_message *msg, struct slice path);
bool http_message_set_query(struct http_message *msg, struct slice query);
/* reason {NULL, 0} takes the standard phrase. */
bool http_message_set_status(struct http_message *msg, unsigned status, struct slice reason);

/* A head made by us: fills the start line, no fields. */
bool http_message_make_response(struct http_message *msg, unsigned status, struct slice reason);

/* Removes what belongs to the connection the message came on: Connection, what it names,
 * Keep-Alive, Proxy-Connection, TE, and Upgrade unless keep_upgrade (RFC 9110 7.6.1). End-to-end
 * fields that we know are not removed by being named. */
void http_message_drop_hop(struct http_message *msg, bool keep_upgrade);

/* ---- writing ------------------------------------------------------------------------------- */

/* The head as few runs of memory, for writev; the number of runs, or -1 if max is too small (then
 * use http_message_write). An untouched head is one run. */
int http_message_iov(const struct http_message *msg, struct iovec *iov, int max);
/* Bytes of the head as it will be written. */
size_t http_message_len(const struct http_message *msg);
/* Copies the head; returns its length, or 0 if cap is too small. */
size_t http_message_write(const struct http_message *msg, char *buf, size_t cap);

#endif
