/*
 * The fields that say where a message ends and whose connection lives on, and the request target:
 * judged one by one as they are met, and together at the end of the head (RFC 9112 3, 6, 9).
 * Private to h1: called by parse.c alone.
 */
#ifndef RELAIS_H1_FIELDS_H
#define RELAIS_H1_FIELDS_H

#include "balancer/h1/parse.h"

#define H1_BIT(id) ((uint64_t)1 << HTTP_HEADER_##id)
/* The fields that are judged when they are met stand first in headers.def. */
_Static_assert(HTTP_HEADER_HOST == 1 && HTTP_HEADER_CONNECTION == 2 &&
		       HTTP_HEADER_CONTENT_LENGTH == 3 && HTTP_HEADER_TRANSFER_ENCODING == 4,
	       "parse.c compares numbers");

/* Sets msg->target_form; false if the target is of no form that goes with the method. */
bool h1_target_check(struct http_message *msg);
/* f is filled and is not counted in the table yet; may mark it dropped. */
enum h1_error h1_field_judge(struct h1_parser *p, struct http_message *msg, struct http_field *f,
			     struct slice value);
enum h1_error h1_request_framing(const struct h1_parser *p, struct http_message *msg);
enum h1_error h1_response_framing(const struct h1_parser *p, struct http_message *msg);

#endif
