/*
 * Cookies in Cookie and Set-Cookie values (RFC 6265 4-5): found, and cut out without a trace, as
 * persistence needs. Names are case-sensitive. Pure. Called by rules and flow.
 */
#ifndef RELAIS_HTTP_COOKIE_H
#define RELAIS_HTTP_COOKIE_H

#include <stdbool.h>

#include "balancer/http/message.h"

struct http_cookie {
	struct slice name, value; /* value as it stands, with quotes if it has them */
	struct slice pair;	  /* "name=value" without blanks around it */
};

/* Next cookie of a Cookie value; rest is moved behind it. Pairs without '=' have an empty name. */
bool http_cookie_next(struct slice *rest, struct http_cookie *cookie);
/* First cookie of that name in any Cookie field; at is left on its field. */
bool http_cookie_find(const struct http_message *msg, struct slice name, struct http_cursor *at,
		      struct http_cookie *cookie);
/* Removes the cookie and one separator from the field at; the whole field if nothing is left. */
bool http_cookie_cut(struct http_message *msg, struct http_cursor *at,
		     const struct http_cookie *cookie);
/* Name and value of a Set-Cookie value; what follows the first ';' are attributes. */
bool http_cookie_set_parse(struct slice field_value, struct http_cookie *cookie);

#endif
