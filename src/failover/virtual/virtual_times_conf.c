/*
 * Rows that virtual_server, real_server and checkers share: how often is checked, how long is
 * waited, how often is tried again. What a checker does not say, its real server says; what that
 * does not, its virtual server. Target: struct virtual_times, the first member of all three.
 */
#include <limits.h>

#include "failover/virtual/virtual_build.h"

#define AT(member) offsetof(struct virtual_times, member)
#define MOST_US	   (4294967295LL * 1000000)

void virtual_times_init(struct virtual_times *times)
{
	*times = (struct virtual_times){
		.connect_timeout_us = VIRTUAL_UNSET,
		.delay_loop_us = VIRTUAL_UNSET,
		.delay_before_retry_us = VIRTUAL_UNSET,
		.warmup_us = VIRTUAL_UNSET,
		.retry = VIRTUAL_UNSET,
		.alpha = VIRTUAL_UNSET,
		.inhibit_on_failure = VIRTUAL_UNSET,
	};
}

#define INHERIT(member)                     \
	if (times->member == VIRTUAL_UNSET) \
	times->member = from->member

void virtual_times_inherit(struct virtual_times *times, const struct virtual_times *from)
{
	INHERIT(connect_timeout_us);
	INHERIT(delay_loop_us);
	INHERIT(delay_before_retry_us);
	INHERIT(warmup_us);
	INHERIT(retry);
	INHERIT(alpha);
	INHERIT(inhibit_on_failure);
	if (!times->host)
		times->host = from->host;
}

static void read_bool(struct conf_ctx *ctx, const struct conf_line *line, int *out)
{
	bool on;

	if (failover_value_bool(ctx, line, 1, &on))
		*out = on;
	failover_rows_extra(ctx, line, 2);
}

static void read_alpha(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_bool(ctx, line, &((struct virtual_times *)target)->alpha);
}

static void read_inhibit(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_bool(ctx, line, &((struct virtual_times *)target)->inhibit_on_failure);
}

static void read_old_retry(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	FAILOVER_WARN(ctx, line, 0, "'nb_get_retry' is an old name of 'retry'");
	if (failover_value_int(ctx, line, 1, 1, INT_MAX, &n, "left out"))
		((struct virtual_times *)target)->retry = (int)n;
}

#define EVERYWHERE ((uint64_t)VIRTUAL_IN_SERVERS | VIRTUAL_IN_CHECKERS)
#define TIME(where, word, member, least, text)                                               \
	{                                                                                    \
		.name = word, .sections = where, .type = CONF_TIME_US, .offset = AT(member), \
		.min = least, .max = MOST_US, .args = "<seconds>", .dflt = "left out",       \
		.doc = text, .since = "0.1"                                                  \
	}

#define RETRY(where, least)                                                                \
	{                                                                                  \
		.name = "retry", .sections = where, .type = CONF_INT, .offset = AT(retry), \
		.min = least, .max = INT_MAX, .args = "<number>", .dflt = "left out",      \
		.doc = "further checks that must fail too, 1 by default, 0 of MISC_CHECK", \
		.since = "0.1"                                                             \
	}

const struct conf_keyword virtual_times_rows[] = {
	TIME((uint64_t)VIRTUAL_IN_SERVERS | VIRTUAL_IN_CONNECTING, "connect_timeout",
	     connect_timeout_us, 1, "how long a checker waits for an answer, 5 by default"),
	TIME(EVERYWHERE, "delay_loop", delay_loop_us, 1, "between two checks, 60 by default"),
	TIME(EVERYWHERE, "delay_before_retry", delay_before_retry_us, 0,
	     "after a failed check, 1 by default, 3 for HTTP_GET and SSL_GET"),
	TIME(EVERYWHERE, "warmup", warmup_us, 0,
	     "first checks are spread over this; relais spreads them by itself"),
	RETRY(VIRTUAL_IN_SERVERS, 1),
	RETRY(VIRTUAL_IN_CHECKERS, 0), /* here a number of 0 is one */
	VIRTUAL_ROW(EVERYWHERE, "alpha", read_alpha, "[<bool>]",
		    "a real server is down until a check was good"),
	VIRTUAL_ROW(VIRTUAL_IN_SERVERS, "inhibit_on_failure", read_inhibit, "[<bool>]",
		    "connections to a server that failed stay; they always do here"),
	{.name = "virtualhost",
	 .sections = (uint64_t)VIRTUAL_IN_SERVERS | FAILOVER_HTTP_CHECK | FAILOVER_SSL_CHECK,
	 .type = CONF_STRING,
	 .offset = AT(host),
	 .args = "<name>",
	 .doc = "the host that HTTP_GET and SSL_GET ask for",
	 .since = "0.1"},
	VIRTUAL_ROW(FAILOVER_HTTP_CHECK | FAILOVER_SSL_CHECK, "nb_get_retry", read_old_retry,
		    "<number>", "an old name of retry"),
	{.name = NULL},
};
