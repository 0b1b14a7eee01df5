/*
 * The fields that say where a message ends and whose connection lives on, and the request target:
 * judged one by one as they are met, and together at the end of the head (RFC 9112 3, 6, 9).
 * Private to h1: called by parse.c alone.
 */
#ifndef RELAIS_H1_FIELDS_H
#define RELAIS_H1_FIELDS_H

#include "balancer/h1/parse.h"

#define H1_BIT(id) ((uint64_t)1 << HTTP_HEADER_##id)
#define H1_JUDGED_FIELDS \
	(H1_BIT(HOST) | H1_BIT(CONTENT_LENGTH) | H1_BIT(TRANSFER_ENCODING) | H1_BIT(CONNECTION))

/* Sets msg->target_form; false if the target is of no form that goes with the method. */
bool h1_target_check(struct http_message *msg);
/* f is filled and is not counted in the table yet; may mark it dropped. */
enum h1_error h1_field_judge(struct h1_parser *p, struct http_message *msg, struct http_field *f,
			     struct slice value);
enum h1_error h1_request_framing(const struct h1_parser *p, struct http_message *msg);
enum h1_error h1_response_framing(const struct h1_parser *p, struct http_message *msg);

#endif
