/*
 * relais-dbrole: asks one database server for its role, again and again over one connection, and
 * writes a line each time (failover/track/database_line.h). A program of its own because of the
 * libraries that it brings, and because they may block: who waits here is nobody else. Each kind of
 * server is one file that the build selects where the library is there. One thread.
 */
#ifndef RELAIS_DBROLE_DBROLE_H
#define RELAIS_DBROLE_DBROLE_H

#include <poll.h>

#include "failover/track/database_line.h"

struct dbrole_target {
	const char *host; /* NULL = the library's default; with '/' first a socket */
	unsigned port;	  /* 0 = the library's default */
	const char *user, *password, *dbname; /* NULL = none */
	bool galera;
};

struct dbrole_kind {
	const char *word;    /* "pgsql" */
	const char *library; /* that is missing in this build; NULL = it is there */
	/* Asks, over *connection where there is one (else it makes one there), until deadline_us.
	 * Sets role and note of answer. False: the connection is of no more use. */
	bool (*ask)(const struct dbrole_target *target, void **connection, int64_t deadline_us,
		    struct database_line *answer);
	void (*close)(void *connection);
};

/* The three; also those that this build lacks. NULL = there is none of this name. */
const struct dbrole_kind *dbrole_kind_find(const char *word);
extern const struct dbrole_kind dbrole_pgsql, dbrole_mysql, dbrole_redis;

int64_t dbrole_now_us(void);
/* Until the descriptor is ready, or the time is over (false). */
bool dbrole_wait(int fd, short events, int64_t deadline_us);
/* down, with what the library says in a few words, or "timeout" when the time is over. */
void dbrole_fail(struct database_line *answer, const char *text, int64_t deadline_us);
/* role and note at once: "primary", "replica", or why it cannot be written to. */
void dbrole_say(struct database_line *answer, bool primary, const char *note);

/* dbrole_run.c. Asks until nobody reads any more; main's result. */
int dbrole_run(const struct dbrole_kind *kind, struct dbrole_target *target,
	       const char *password_file, int64_t interval_us, int64_t timeout_us);

#endif
