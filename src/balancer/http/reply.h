/*
 * Built-in answers (replies.def): what deny, errors and monitor-uri answer when the operator has
 * given no errorfile. Pure; the replies are constants. Called by rules, flow and admin.
 */
#ifndef RELAIS_HTTP_REPLY_H
#define RELAIS_HTTP_REPLY_H

#include <stdbool.h>

#include "balancer/http/message.h"

struct http_reply {
	unsigned status;
	struct slice reason;
	struct slice body; /* a small HTML page */
	bool close;	   /* says "connection: close" */
};

/* NULL if there is none for that status. */
const struct http_reply *http_reply_builtin(unsigned status);
/* The built-in one, or that of 500. */
const struct http_reply *http_reply_get(unsigned status);
/* Fills an initialised message with the head: content-length, cache-control, content-type, and
 * connection when it closes. The body is reply->body. False when the arena's limit is reached. */
bool http_reply_make(struct http_message *msg, const struct http_reply *reply);

#endif
