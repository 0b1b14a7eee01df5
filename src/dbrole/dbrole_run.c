/*
 * Asking again and again. See dbrole.h. The password is read from its file before each connection,
 * so that a changed one is taken without a restart.
 */
#include "dbrole/dbrole.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Where the build has the library, its file has the one that counts. */
#define MISSING(name, lib)    \
	__attribute__((weak)) \
	const struct dbrole_kind dbrole_##name = {.word = #name, .library = lib}

MISSING(pgsql, "libpq");
MISSING(mysql, "libmariadb");
MISSING(redis, "hiredis");

const struct dbrole_kind *dbrole_kind_find(const char *word)
{
	static const struct dbrole_kind *const kinds[] = {&dbrole_pgsql, &dbrole_mysql,
							  &dbrole_redis};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i]->word, word) == 0)
			return kinds[i];
	return NULL;
}

int64_t dbrole_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

bool dbrole_wait(int fd, short events, int64_t deadline_us)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left_us;

	do {
		left_us = deadline_us - dbrole_now_us();
		if (left_us <= 0)
			return false;
	} while (poll(&p, 1, (int)(left_us / 1000) + 1) < 0 && errno == EINTR);
	return p.revents != 0;
}

/* Libraries say it at length: "connection to server at ... failed: Connection refused\n\tIs the
 * server running ...". The part behind the last colon of the first line says it all. */
void dbrole_fail(struct database_line *answer, const char *text, int64_t deadline_us)
{
	size_t len = strcspn(text, "\n");
	const char *from = text;

	answer->role = DATABASE_DOWN;
	if (dbrole_now_us() >= deadline_us) {
		snprintf(answer->note, sizeof(answer->note), "timeout");
		return;
	}
	for (size_t i = 0; i + 1 < len; i++)
		if (text[i] == ':' && text[i + 1] == ' ' && len - i > 6)
			from = text + i + 2;
	while (*from == ' ')
		from++;
	len = strcspn(from, "\n");
	snprintf(answer->note, sizeof(answer->note), "%.*s",
		 (int)(len < sizeof(answer->note) ? len : sizeof(answer->note) - 1), from);
	if (len == 0)
		snprintf(answer->note, sizeof(answer->note), "it does not answer");
}

void dbrole_say(struct database_line *answer, bool primary, const char *note)
{
	answer->role = primary ? DATABASE_PRIMARY : DATABASE_REPLICA;
	snprintf(answer->note, sizeof(answer->note), "%s", note);
}

/* The first line. NULL with errno. */
static char *read_password(const char *path)
{
	static char line[512];
	FILE *f = fopen(path, "re");

	if (!f)
		return NULL;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

static bool ask(const struct dbrole_kind *kind, struct dbrole_target *target,
		const char *password_file, void **connection, int64_t deadline_us,
		struct database_line *line)
{
	if (!*connection && password_file) {
		target->password = read_password(password_file);
		if (!target->password) {
			snprintf(line->note, sizeof(line->note), "password file: %s",
				 strerror(errno));
			return true;
		}
	}
	return kind->ask(target, connection, deadline_us, line);
}

static bool put(const struct database_line *line)
{
	char text[DATABASE_LINE_MAX];
	size_t len = database_line_write(line, text);

	return write(STDOUT_FILENO, text, len) == (ssize_t)len;
}

static void sleep_until(int64_t at_us)
{
	struct timespec ts = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

int dbrole_run(const struct dbrole_kind *kind, struct dbrole_target *target,
	       const char *password_file, int64_t interval_us, int64_t timeout_us)
{
	void *connection = NULL;

	signal(SIGPIPE, SIG_IGN); /* a server that is gone is an answer too */
	for (;;) {
		struct database_line line = {.asked_us = dbrole_now_us(), .role = DATABASE_DOWN};

		if (kind->library)
			snprintf(line.note, sizeof(line.note), "built without %s", kind->library);
		else if (!ask(kind, target, password_file, &connection, line.asked_us + timeout_us,
			      &line) &&
			 connection) {
			kind->close(connection);
			connection = NULL;
		}
		if (!put(&line)) /* nobody reads any more */
			return EXIT_SUCCESS;
		sleep_until(line.asked_us + interval_us);
	}
}
