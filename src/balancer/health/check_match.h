/*
 * Judging a server's answer to a check against an expectation. Pure: bytes in, verdict out.
 */
#ifndef RELAIS_HEALTH_CHECK_MATCH_H
#define RELAIS_HEALTH_CHECK_MATCH_H

#include "balancer/health/check_conf.h"

enum check_result {
#define RESULT(constant, code, description, ok) CHECK_##constant,
#include "balancer/health/check_results.def"
#undef RESULT
	CHECK_RESULTS
};

struct check_outcome {
	enum check_result result;
	int code;	 /* the protocol's status; -1 = none */
	char detail[96]; /* what the server said, or why */
};

enum check_verdict { CHECK_MORE, CHECK_PASSED, CHECK_FAILED };

/* An HTTP answer so far (at_end: the server has closed) against expect (NULL: status 2xx or 3xx).
 * head_only: the request was HEAD. buf is parsed in place but not changed. */
enum check_verdict check_match_http(const struct check_step *expect, char *buf, size_t len,
				    bool at_end, bool head_only, struct check_outcome *out);
/* Bytes of any protocol. */
enum check_verdict check_match_tcp(const struct check_step *expect, struct slice in, bool at_end,
				   struct check_outcome *out);

#endif
