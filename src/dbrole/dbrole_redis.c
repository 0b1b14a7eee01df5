/*
 * Redis: ROLE, by hiredis with a time limit on each read.
 */
#include <hiredis/hiredis.h>
#include <string.h>

#include "dbrole/dbrole.h"

static struct timeval left(int64_t deadline_us)
{
	int64_t us = deadline_us - dbrole_now_us();

	if (us < 1000)
		us = 1000;
	return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

static redisContext *connect_by(const struct dbrole_target *t, int64_t deadline_us)
{
	const char *host = t->host ? t->host : "127.0.0.1";

	if (host[0] == '/')
		return redisConnectUnixWithTimeout(host, left(deadline_us));
	return redisConnectWithTimeout(host, t->port ? (int)t->port : 6379, left(deadline_us));
}

static bool is_error(const redisReply *r)
{
	return r->type == REDIS_REPLY_ERROR;
}

static bool log_in(redisContext *c, const struct dbrole_target *t, struct database_line *answer,
		   int64_t deadline_us)
{
	redisReply *r;
	bool good;

	if (!t->password)
		return true;
	redisSetTimeout(c, left(deadline_us));
	r = t->user ? redisCommand(c, "AUTH %s %s", t->user, t->password)
		    : redisCommand(c, "AUTH %s", t->password);
	good = r && !is_error(r);
	if (!good)
		dbrole_fail(answer, r ? r->str : c->errstr, deadline_us);
	if (r)
		freeReplyObject(r);
	return good;
}

static bool ask(const struct dbrole_target *target, void **connection, int64_t deadline_us,
		struct database_line *answer)
{
	redisContext *c = *connection;
	redisReply *r;
	bool good;

	if (!c) {
		*connection = c = connect_by(target, deadline_us);
		if (!c || c->err) {
			dbrole_fail(answer, c ? c->errstr : "out of memory", deadline_us);
			return false;
		}
		if (!log_in(c, target, answer, deadline_us))
			return false;
	}
	redisSetTimeout(c, left(deadline_us));
	r = redisCommand(c, "ROLE");
	good = r && r->type == REDIS_REPLY_ARRAY && r->elements > 0 && r->element[0]->str;
	if (!good)
		dbrole_fail(answer, r && is_error(r) ? r->str : c->errstr, deadline_us);
	else if (strcmp(r->element[0]->str, "master") == 0)
		dbrole_say(answer, true, "primary");
	else
		dbrole_say(answer, false,
			   strcmp(r->element[0]->str, "slave") == 0 ? "replica" : "a sentinel");
	if (r)
		freeReplyObject(r);
	return good;
}

static void close_it(void *connection)
{
	redisFree(connection);
}

const struct dbrole_kind dbrole_redis = {.word = "redis", .ask = ask, .close = close_it};
