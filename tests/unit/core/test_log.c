/*
 * The operator's log (core/log/log.c, syslog_line.c): lines for readers that keep up, and for those
 * that do not, whom nobody waits for.
 */
#include "core/log/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/log/syslog_line.h"

static char got[1 << 17];

static const char *read_all(int fd)
{
	ssize_t n = read(fd, got, sizeof(got) - 1);

	got[n > 0 ? n : 0] = '\0';
	return got;
}

static size_t n_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void a_pipe_that_nobody_reads_holds_up_nobody(void **state)
{
	enum { WRITTEN = 1000 };
	int ends[2], own = dup(STDERR_FILENO);
	unsigned lost = 0;
	size_t read_lines;
	char *note;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 16384) >= 16384);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	log_setup("test", LOG_LEVEL_INFO, true, LOG_NO_SYSLOG);
	for (unsigned i = 0; i < WRITTEN; i++)
		log_notice("line %u, which is as long as lines are", i);
	read_lines = n_lines(read_all(ends[0]));
	log_notice("the reader is back");
	dup2(own, STDERR_FILENO);
	assert_true(read_lines > 100 && read_lines < WRITTEN);
	assert_null(strstr(got, "are lost"));
	note = strstr(read_all(ends[0]), "(");
	assert_non_null(note);
	assert_int_equal(sscanf(note, "(%u lines are lost", &lost), 1);
	assert_int_equal(lost + read_lines, WRITTEN);
	assert_non_null(strstr(got, "NOTICE the reader is back\n"));
	close(own);
	close(ends[0]);
	close(ends[1]);
}

static int listen_at(const char *path)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	unlink(path);
	snprintf(own.sun_path, sizeof(own.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	return fd;
}

static void syslog_gets_lines_and_is_found_again(void **state)
{
	char dir[] = "/tmp/relais-log.XXXXXX", path[64], pid[32];
	struct syslog_line s;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(pid, sizeof(pid), " relais[%d]: failover: ", (int)getpid());
	syslog_line_open(&s, path); /* before there is one */
	assert_false(syslog_line_send(&s, 29, "failover", SLICE("nobody hears")));
	fd = listen_at(path);
	assert_true(syslog_line_send(&s, 29, "failover", SLICE("(VI_1) MASTER")));
	read_all(fd);
	assert_memory_equal(got, "<29>", 4);
	assert_memory_equal(got + 4 + strlen("Nov 22 17:00:00"), pid, strlen(pid));
	assert_string_equal(strstr(got, "failover: "), "failover: (VI_1) MASTER");
	close(fd); /* the daemon is restarted */
	assert_false(syslog_line_send(&s, 29, "failover", SLICE("in between")));
	fd = listen_at(path);
	assert_true(syslog_line_send(&s, 131, "failover", SLICE("again")));
	assert_memory_equal(read_all(fd), "<131>", 5);
	close(fd);
	close(s.fd);
	unlink(path);
	rmdir(dir);
}

static void a_syslog_that_does_not_read_holds_up_nobody(void **state)
{
	char dir[] = "/tmp/relais-log.XXXXXX", path[64];
	unsigned sent = 0, heard = 0;
	struct syslog_line s;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/log", dir);
	fd = listen_at(path);
	syslog_line_open(&s, path);
	for (unsigned i = 0; i < 20000; i++)
		sent += syslog_line_send(&s, 29, "test", SLICE("a line"));
	assert_true(sent > 0 && sent < 20000);
	while (read_all(fd)[0])
		heard++;
	assert_int_equal(heard, sent);
	assert_true(syslog_line_send(&s, 29, "test", SLICE("the reader is back")));
	close(fd);
	close(s.fd);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_that_nobody_reads_holds_up_nobody),
		cmocka_unit_test(syslog_gets_lines_and_is_found_again),
		cmocka_unit_test(a_syslog_that_does_not_read_holds_up_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
