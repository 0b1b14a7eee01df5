/*
 * PostgreSQL: pg_is_in_recovery() and default_transaction_read_only, by libpq's calls that do not
 * block.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "dbrole/dbrole.h"

static PGconn *begin(const struct dbrole_target *t)
{
	char port[16];
	const char *const keys[] = {
		"host", "port", "user", "password", "dbname", "application_name", NULL};
	const char *const values[] = {t->host,
				      t->port ? port : NULL,
				      t->user,
				      t->password,
				      t->dbname ? t->dbname : "postgres",
				      "relais",
				      NULL};

	snprintf(port, sizeof(port), "%u", t->port);
	return PQconnectStartParams(keys, values, 0);
}

static bool connect_by(PGconn *c, int64_t deadline_us)
{
	PostgresPollingStatusType next = PGRES_POLLING_WRITING;

	while (next != PGRES_POLLING_OK) {
		short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;

		if (next == PGRES_POLLING_FAILED || PQstatus(c) == CONNECTION_BAD ||
		    !dbrole_wait(PQsocket(c), events, deadline_us))
			return false;
		next = PQconnectPoll(c);
	}
	return PQsetnonblocking(c, 1) == 0;
}

static PGresult *result_by(PGconn *c, int64_t deadline_us)
{
	PGresult *last = NULL, *one;

	while (PQflush(c) > 0)
		if (!dbrole_wait(PQsocket(c), POLLOUT, deadline_us))
			return NULL;
	for (;;) {
		while (PQisBusy(c)) {
			if (!dbrole_wait(PQsocket(c), POLLIN, deadline_us) || !PQconsumeInput(c)) {
				PQclear(last);
				return NULL;
			}
		}
		one = PQgetResult(c);
		if (!one)
			return last;
		PQclear(last);
		last = one;
	}
}

static bool ask(const struct dbrole_target *target, void **connection, int64_t deadline_us,
		struct database_line *answer)
{
	static const char query[] =
		"SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only')";
	PGconn *c = *connection;
	PGresult *r;
	bool good;

	if (!c) {
		*connection = c = begin(target);
		if (!c || !connect_by(c, deadline_us)) {
			dbrole_fail(answer, c ? PQerrorMessage(c) : "out of memory", deadline_us);
			return false;
		}
	}
	r = PQsendQuery(c, query) ? result_by(c, deadline_us) : NULL;
	good = r && PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
	if (!good)
		dbrole_fail(answer, PQerrorMessage(c), deadline_us);
	else if (PQgetvalue(r, 0, 0)[0] == 't')
		dbrole_say(answer, false, "replica");
	else if (strcmp(PQgetvalue(r, 0, 1), "off") != 0)
		dbrole_say(answer, false, "read-only by default_transaction_read_only");
	else
		dbrole_say(answer, true, "primary");
	PQclear(r);
	return good;
}

static void close_it(void *connection)
{
	PQfinish(connection);
}

const struct dbrole_kind dbrole_pgsql = {.word = "pgsql", .ask = ask, .close = close_it};
