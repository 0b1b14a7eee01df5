/*
 * Field lines of a head, and how a refusal is noted. Private to h1: called by parse.c.
 */
#ifndef RELAIS_H1_LINES_H
#define RELAIS_H1_LINES_H

#include "balancer/h1/parse.h"

/* Notes the reason and the offset; always H1_FAILED. */
enum h1_result h1_fail(struct h1_parser *p, enum h1_error error, size_t at);
/* Lines from p->at until the empty line; on H1_DONE p->at is the empty line and the table ends
 * there. */
enum h1_result h1_field_lines(struct h1_parser *p, struct http_message *msg, char *buf,
			      const char *end);

#endif
