/*
 * Expectations of http-check and tcp-check. See check_match.h. An answer that already satisfies the
 * expectation passes at once; one that cannot any more, or is complete, fails.
 */
#include "balancer/health/check_match.h"

#include <stdio.h>
#include <string.h>

#include "balancer/h1/body.h"
#include "balancer/h1/parse.h"
#include "core/base/digest.h"

static void copy_detail(struct check_outcome *out, struct slice text)
{
	size_t len = text.len < sizeof(out->detail) ? text.len : sizeof(out->detail) - 1;

	for (size_t i = 0; i < len; i++) {
		char c = text.ptr[i];

		out->detail[i] = c >= ' ' && c < 127 ? c : '?';
	}
	out->detail[len] = '\0';
}

static bool contains(struct slice in, struct slice pattern)
{
	return pattern.len == 0 || memmem(in.ptr, in.len, pattern.ptr, pattern.len) != NULL;
}

static bool status_expected(const struct check_step *e, int status)
{
	for (unsigned i = 0; i < e->n_ranges; i++)
		if (status >= e->ranges[i].from && status <= e->ranges[i].to)
			return true;
	return false;
}

static bool header_expected(const struct check_step *e, const struct http_message *msg)
{
	struct http_cursor at = {0};

	while (http_message_each(msg, &at)) {
		if (!slice_case_eq(at.name, e->header_name))
			continue;
		if (e->header_regex
			    ? regex_match(e->regex, at.value)
			    : e->header_value.len == 0 || slice_eq(at.value, e->header_value))
			return true;
	}
	return false;
}

/* Is the body whole? *body is what is there of it, as sent. */
static bool body_complete(const struct http_message *msg, char *buf, size_t len, bool at_end,
			  struct slice *body)
{
	struct h1_body b;

	*body = (struct slice){buf + msg->head_len, len - msg->head_len};
	h1_body_start(&b, msg);
	if (!b.done)
		h1_body_advance(&b, body->ptr, body->len);
	return b.done || at_end;
}

static enum check_verdict judge_status(const struct check_step *e, const struct http_message *msg,
				       struct check_outcome *out)
{
	char text[4];
	bool good;

	out->code = msg->status;
	snprintf(text, sizeof(text), "%03u", msg->status % 1000U);
	if (!e)
		good = msg->status >= 200 && msg->status < 400;
	else if (e->match == CHECK_MATCH_STATUS)
		good = status_expected(e, msg->status) != e->negate;
	else
		good = regex_match(e->regex, (struct slice){text, 3}) != e->negate;
	out->result = good ? CHECK_L7OK : CHECK_L7STS;
	if (!good) /* the log shows it as info; of a good answer HAProxy shows the code alone */
		copy_detail(out, msg->reason);
	return good ? CHECK_PASSED : CHECK_FAILED;
}

static enum check_verdict judge_digest(const struct check_step *e, struct slice body, bool complete,
				       struct check_outcome *out)
{
	char is[DIGEST_MD5_HEX_LEN];
	bool known;

	if (!complete)
		return CHECK_MORE;
	known = digest_md5_hex(body, is);
	if (known && slice_eq_str(e->pattern, is) != e->negate) {
		out->result = CHECK_L7OK;
		return CHECK_PASSED;
	}
	out->result = CHECK_L7RSP;
	snprintf(out->detail, sizeof(out->detail), "the digest of %zu bytes is %s", body.len,
		 known ? is : "refused by this machine's policy");
	return CHECK_FAILED;
}

static enum check_verdict judge_body(const struct check_step *e, struct slice body, bool complete,
				     struct check_outcome *out)
{
	bool found = e->match == CHECK_MATCH_REGEX ? regex_match(e->regex, body)
						   : contains(body, e->pattern);

	if (!found && !complete)
		return CHECK_MORE;
	if (found && e->negate && e->match == CHECK_MATCH_REGEX && !complete)
		return CHECK_MORE;
	if (found != e->negate) {
		out->result = CHECK_L7OK;
		return CHECK_PASSED;
	}
	out->result = CHECK_L7RSP;
	snprintf(out->detail, sizeof(out->detail), "HTTP content check %s",
		 e->negate ? "matched unwanted content" : "did not match");
	return CHECK_FAILED;
}

enum check_verdict check_match_http(const struct check_step *expect, char *buf, size_t len,
				    bool at_end, bool head_only, struct check_outcome *out)
{
	struct h1_parser parser = {0};
	struct http_message msg;
	struct arena arena;
	struct slice body;
	enum check_verdict verdict;
	enum h1_result parsed;

	out->code = -1;
	arena_init(&arena, 0);
	http_message_init(&msg, &arena);
	parsed = h1_parse_response(&parser, &msg, head_only ? HTTP_METHOD_HEAD : HTTP_METHOD_GET,
				   buf, len);
	if (parsed == H1_MORE && !at_end) {
		verdict = CHECK_MORE;
	} else if (parsed != H1_DONE) {
		out->result = CHECK_L7RSP;
		snprintf(out->detail, sizeof(out->detail), "%s",
			 len == 0 ? "empty response" : "invalid HTTP response");
		verdict = CHECK_FAILED;
	} else if (!expect || expect->match == CHECK_MATCH_STATUS ||
		   expect->match == CHECK_MATCH_STATUS_REGEX) {
		verdict = judge_status(expect, &msg, out);
	} else if (expect->match == CHECK_MATCH_HEADER) {
		bool good = header_expected(expect, &msg) != expect->negate;

		out->code = msg.status;
		out->result = good ? CHECK_L7OK : CHECK_L7RSP;
		snprintf(out->detail, sizeof(out->detail), "%s",
			 good ? "" : "HTTP header check did not match");
		verdict = good ? CHECK_PASSED : CHECK_FAILED;
	} else {
		bool complete = body_complete(&msg, buf, len, at_end, &body);

		verdict = (expect->match == CHECK_MATCH_DIGEST ? judge_digest : judge_body)(
			expect, body, complete, out);
		out->code = verdict == CHECK_PASSED ? msg.status : -1;
	}
	arena_fini(&arena);
	return verdict;
}

enum check_verdict check_match_tcp(const struct check_step *e, struct slice in, bool at_end,
				   struct check_outcome *out)
{
	bool found;

	out->code = -1;
	if (e->min_recv > 0 && in.len < (size_t)e->min_recv && !at_end)
		return CHECK_MORE;
	if (in.len == 0 && !at_end)
		return CHECK_MORE;
	found = e->match == CHECK_MATCH_REGEX ? regex_match(e->regex, in)
					      : contains(in, e->pattern);
	if (!found && !e->negate && !at_end && (e->min_recv <= 0 || in.len < (size_t)e->min_recv))
		return CHECK_MORE;
	if (found != e->negate && in.len > 0) {
		out->result = CHECK_L7OK;
		out->detail[0] = '\0';
		return CHECK_PASSED;
	}
	out->result = CHECK_L7RSP;
	snprintf(out->detail, sizeof(out->detail), "%s",
		 in.len == 0 ? "empty response" : "TCP content check did not match");
	return CHECK_FAILED;
}
