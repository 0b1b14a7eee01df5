/*
 * The table of reasons.
 */
#include "balancer/h1/h1_error.h"

static const struct {
	const char *text;
	unsigned status;
} row[H1_ERROR_N] = {
	[H1_ERROR_NONE] = {"no error", 200},
#define H1_ERROR(id, status, text) [H1_ERROR_##id] = {text, status},
#include "balancer/h1/errors.def"
#undef H1_ERROR
};

const char *h1_error_text(enum h1_error error)
{
	return row[error].text;
}

unsigned h1_error_status(enum h1_error error)
{
	return row[error].status;
}
