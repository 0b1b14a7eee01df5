/*
 * Reasons for refusing an HTTP/1 message, from errors.def. Pure; any thread.
 */
#ifndef RELAIS_H1_ERROR_H
#define RELAIS_H1_ERROR_H

enum h1_error {
	H1_ERROR_NONE,
#define H1_ERROR(id, status, text) H1_ERROR_##id,
#include "balancer/h1/errors.def"
#undef H1_ERROR
	H1_ERROR_N
};

/* For the log. */
const char *h1_error_text(enum h1_error error);
/* What a request refused for this is answered with. */
unsigned h1_error_status(enum h1_error error);

#endif
