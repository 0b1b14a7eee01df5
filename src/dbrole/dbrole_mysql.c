/*
 * MariaDB and MySQL: read_only and super_read_only, and with `galera` whether the node is in a
 * cluster that is in order; by libmariadb's calls that do not block (*_start, *_cont).
 */
#include <mysql.h>
#include <stdlib.h>
#include <string.h>

#include "dbrole/dbrole.h"

/* Waits for what a call asks for; what to tell it: the events, or MYSQL_WAIT_TIMEOUT. -1 = over. */
static int wait_for(MYSQL *m, int wanted, int64_t deadline_us)
{
	short events = 0;

	if (wanted & MYSQL_WAIT_READ)
		events |= POLLIN;
	if (wanted & MYSQL_WAIT_WRITE)
		events |= POLLOUT;
	if (wanted & MYSQL_WAIT_EXCEPT)
		events |= POLLPRI;
	if (!dbrole_wait(mysql_get_socket(m), events, deadline_us))
		return -1;
	return wanted & (MYSQL_WAIT_READ | MYSQL_WAIT_WRITE | MYSQL_WAIT_EXCEPT);
}

static bool connect_by(MYSQL *m, const struct dbrole_target *t, int64_t deadline_us)
{
	bool local = t->host && t->host[0] == '/';
	MYSQL *done = NULL;
	int wanted, got;

	mysql_options(m, MYSQL_OPT_NONBLOCK, 0);
	wanted = mysql_real_connect_start(&done, m, local ? NULL : t->host, t->user, t->password,
					  t->dbname, t->port, local ? t->host : NULL, 0);
	while (wanted) {
		got = wait_for(m, wanted, deadline_us);
		if (got < 0)
			return false;
		wanted = mysql_real_connect_cont(&done, m, got);
	}
	return done != NULL;
}

static MYSQL_RES *result_by(MYSQL *m, const char *query, int64_t deadline_us)
{
	MYSQL_RES *result = NULL;
	int err = 1, got, wanted = mysql_real_query_start(&err, m, query, strlen(query));

	while (wanted) {
		got = wait_for(m, wanted, deadline_us);
		if (got < 0)
			return NULL;
		wanted = mysql_real_query_cont(&err, m, got);
	}
	if (err)
		return NULL;
	wanted = mysql_store_result_start(&result, m);
	while (wanted) {
		got = wait_for(m, wanted, deadline_us);
		if (got < 0)
			return NULL;
		wanted = mysql_store_result_cont(&result, m, got);
	}
	return result;
}

/* Rows are NAME, VALUE. The first that is not as it must be is the note; NULL = all are. */
static const char *find_fault(MYSQL_RES *r)
{
	static const struct {
		const char *name, *value, *note;
	} musts[] = {
		{"read_only", "OFF", "read_only"},
		{"super_read_only", "OFF", "super_read_only"},
		{"wsrep_ready", "ON", "wsrep is not ready"},
		{"wsrep_local_state", "4", "wsrep is not synced"},
		{"wsrep_cluster_status", "Primary", "wsrep has no quorum"},
	};
	MYSQL_ROW row;

	while ((row = mysql_fetch_row(r)))
		for (size_t i = 0; i < sizeof(musts) / sizeof(musts[0]); i++)
			if (row[0] && row[1] && strcasecmp(row[0], musts[i].name) == 0 &&
			    strcasecmp(row[1], musts[i].value) != 0)
				return musts[i].note;
	return NULL;
}

/* False: no answer. */
static bool ask_one(MYSQL *m, const char *query, unsigned least, int64_t deadline_us,
		    const char **fault, struct database_line *answer)
{
	MYSQL_RES *r = result_by(m, query, deadline_us);

	if (!r) {
		dbrole_fail(answer, mysql_error(m), deadline_us);
		return false;
	}
	if (mysql_num_rows(r) < least)
		*fault = "not a node of a Galera cluster";
	else if (!*fault)
		*fault = find_fault(r);
	mysql_free_result(r);
	return true;
}

/* "Can't connect to server on 'db1' (111)": the number says why. */
static void fail_to_connect(MYSQL *m, int64_t deadline_us, struct database_line *answer)
{
	const char *text = mysql_error(m), *paren = strrchr(text, '(');
	int err = paren ? atoi(paren + 1) : 0;

	dbrole_fail(answer, err > 0 ? strerror(err) : text, deadline_us);
}

static bool ask(const struct dbrole_target *target, void **connection, int64_t deadline_us,
		struct database_line *answer)
{
	MYSQL *m = *connection;
	const char *fault = NULL;

	if (!m) {
		*connection = m = mysql_init(NULL);
		if (!m)
			return false;
		if (!connect_by(m, target, deadline_us)) {
			fail_to_connect(m, deadline_us, answer);
			return false;
		}
	}
	if (!ask_one(
		    m,
		    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'super_read_only')",
		    1, deadline_us, &fault, answer))
		return false;
	if (target->galera && !ask_one(m,
				       "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready', "
				       "'wsrep_local_state', 'wsrep_cluster_status')",
				       3, deadline_us, &fault, answer))
		return false;
	dbrole_say(answer, !fault, fault ? fault : "primary");
	return true;
}

static void close_it(void *connection)
{
	mysql_close(connection);
}

const struct dbrole_kind dbrole_mysql = {.word = "mysql", .ask = ask, .close = close_it};
