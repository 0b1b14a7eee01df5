/*
 * The table of built-in answers, and a message head made of one.
 */
#include "balancer/http/reply.h"

#include <stdio.h>

#define PAGE(status, reason, text) \
	"<html><body><h1>" #status " " reason "</h1>\n" text "\n</body></html>\n"

static const struct http_reply reply_row[] = {
#define HTTP_REPLY(status, reason, text, close)                                \
	{status,                                                               \
	 {reason, sizeof(reason) - 1},                                         \
	 {PAGE(status, reason, text), sizeof(PAGE(status, reason, text)) - 1}, \
	 close},
#include "balancer/http/replies.def"
#undef HTTP_REPLY
};

const struct http_reply *http_reply_builtin(unsigned status)
{
	for (size_t i = 0; i < sizeof(reply_row) / sizeof(reply_row[0]); i++)
		if (reply_row[i].status == status)
			return &reply_row[i];
	return NULL;
}

const struct http_reply *http_reply_get(unsigned status)
{
	const struct http_reply *reply = http_reply_builtin(status);

	return reply ? reply : http_reply_builtin(500);
}

bool http_reply_make(struct http_message *msg, const struct http_reply *reply)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%zu", reply->body.len);

	if (!http_message_make_response(msg, reply->status, reply->reason) ||
	    !http_message_add(msg, http_name_known(HTTP_HEADER_CONTENT_LENGTH),
			      (struct slice){digits, (size_t)n}) ||
	    !http_message_add(msg, http_name_known(HTTP_HEADER_CACHE_CONTROL), SLICE("no-cache")) ||
	    !http_message_add(msg, http_name_known(HTTP_HEADER_CONTENT_TYPE), SLICE("text/html")))
		return false;
	msg->body_kind = HTTP_BODY_LENGTH;
	msg->body_len = reply->body.len;
	msg->keep_alive = !reply->close;
	return !reply->close ||
	       http_message_add(msg, http_name_known(HTTP_HEADER_CONNECTION), SLICE("close"));
}
