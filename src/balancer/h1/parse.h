/*
 * HTTP/1 heads, parsed in place and strictly (RFC 9112 2-6, RFC 9110 5): what two parsers could
 * read in two ways is refused with a reason. Pure: no copy, no allocation beyond the message's
 * arena. Called by flow and by health checks with what has been received so far, from the first
 * byte of the head, again each time that more has come; lines already parsed are not parsed again.
 *
 *	struct h1_parser p = {0};
 *	http_message_init(&msg, &arena);
 *	switch (h1_parse_request(&p, &msg, buf, len)) ...
 *
 * The buffer may be another one at the next call as long as its content begins the same. After
 * H1_DONE the body begins at buf + msg.head_len. The message borrows the buffer.
 */
#ifndef RELAIS_H1_PARSE_H
#define RELAIS_H1_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "balancer/h1/h1_error.h"
#include "balancer/http/message.h"

enum h1_result { H1_MORE, H1_DONE, H1_FAILED };

struct h1_parser {
	uint32_t at;	   /* first byte not parsed yet: begins a line */
	uint32_t searched; /* no LF between at and here */
	uint32_t error_at; /* offset of the offending byte or of its line */
	uint8_t error;	   /* enum h1_error */
	uint8_t stage;	   /* private */
	uint8_t n_host;
	bool has_length;
	bool has_coding;		 /* a Transfer-Encoding field, however empty */
	bool close, keep_alive, upgrade; /* tokens of Connection */
	uint32_t n_coding;		 /* elements of Transfer-Encoding */
	uint32_t chunked_at;		 /* which of them, from 1, was the first "chunked" */
	uint64_t length;
};

enum h1_result h1_parse_request(struct h1_parser *p, struct http_message *msg, char *buf,
				size_t len);
/* request_method: of the request that is answered; HEAD and CONNECT change where it ends. */
enum h1_result h1_parse_response(struct h1_parser *p, struct http_message *msg,
				 enum http_method request_method, char *buf, size_t len);

#endif
