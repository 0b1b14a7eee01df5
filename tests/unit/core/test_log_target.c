/*
 * Traffic log targets (core/log/target.c): the bytes that a syslog server, a socket and a pipe
 * get, compared with lines that HAProxy 2.6 sent.
 */
#include "core/log/target.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/text.h"

static const int64_t wall_us = 1795340313954511; /* 2026-11-22T09:38:33.954511Z */
static char got[4096];

static const char *receive(int fd)
{
	ssize_t n = read(fd, got, sizeof(got) - 1);

	got[n > 0 ? n : 0] = '\0';
	return got;
}

/* What stands before and after our pid, so that the texts can be written down. */
static const char *expected(const char *fmt)
{
	static char buf[512];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	for (; *fmt; fmt++) {
		if (*fmt == '$')
			text_int(&t, getpid());
		else
			text_char(&t, *fmt);
	}
	return buf;
}

static const char *sent_as(enum log_wire wire, const char *host, unsigned max_len)
{
	struct log_target t = {.fd = -1,
			       .facility = 16,
			       .max_level = LOG_LEVEL_DEBUG,
			       .wire = wire,
			       .max_len = max_len};
	struct log_sender s;
	int fds[2];

	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	t.fd = fds[1];
	log_sender_init(&s);
	log_targets_send(&s, &t, LOG_LEVEL_INFO, "haproxy", host, wall_us, SLICE("a line"));
	assert_int_equal(s.n_sent, 1);
	log_sender_fini(&s);
	receive(fds[0]);
	close(fds[0]);
	close(fds[1]);
	return got;
}

static void each_format_has_its_head(void **state)
{
	static const struct {
		enum log_wire wire;
		const char *host, *text;
	} rows[] = {
		{LOG_WIRE_UNSET, NULL, "<134>Nov 22 09:38:33 haproxy[$]: a line\n"},
		{LOG_WIRE_UNSET, "vm", "<134>Nov 22 09:38:33 vm haproxy[$]: a line\n"},
		{LOG_WIRE_RFC3164, NULL, "<134>Nov 22 09:38:33 localhost haproxy[$]: a line\n"},
		{LOG_WIRE_RFC3164, "vm", "<134>Nov 22 09:38:33 vm haproxy[$]: a line\n"},
		{LOG_WIRE_LOCAL, "vm", "<134>Nov 22 09:38:33 haproxy[$]: a line\n"},
		{LOG_WIRE_RFC5424, NULL,
		 "<134>1 2026-11-22T09:38:33.954511+00:00 - haproxy $ - - a line\n"},
		{LOG_WIRE_RFC5424, "vm",
		 "<134>1 2026-11-22T09:38:33.954511+00:00 vm haproxy $ - - a line\n"},
		{LOG_WIRE_SHORT, NULL, "<6>a line\n"},
		{LOG_WIRE_RAW, "vm", "a line\n"},
		{LOG_WIRE_TIMED, NULL, "<6>2026-11-22T09:38:33.954511+00:00 a line\n"},
		{LOG_WIRE_ISO, NULL, "2026-11-22T09:38:33.954511+00:00 a line\n"},
		{LOG_WIRE_PRIORITY, NULL, "<134>a line\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(sent_as(rows[i].wire, rows[i].host, 1024),
				    expected(rows[i].text));
}

static void a_long_line_is_cut_with_its_newline_kept(void **state)
{
	(void)state;
	assert_string_equal(sent_as(LOG_WIRE_SHORT, NULL, 6), "<6>a \n");
	assert_string_equal(sent_as(LOG_WIRE_RFC5424, NULL, 10), "<134>1 20\n");
	assert_string_equal(sent_as(LOG_WIRE_RAW, NULL, 0), "a line\n");
}

static void levels_are_filtered_and_lowered(void **state)
{
	struct log_target t = {.fd = -1, .facility = 3, .wire = LOG_WIRE_PRIORITY};
	struct log_sender s;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	log_sender_init(&s);
	t.fd = fds[1];
	t.max_level = LOG_LEVEL_NOTICE;
	t.min_level = LOG_LEVEL_ERR;
	log_targets_send(&s, &t, LOG_LEVEL_INFO, "t", NULL, wall_us, SLICE("info"));
	assert_string_equal(receive(fds[0]), "");
	log_targets_send(&s, &t, LOG_LEVEL_NOTICE, "t", NULL, wall_us, SLICE("notice"));
	assert_string_equal(receive(fds[0]), "<29>notice\n");
	log_targets_send(&s, &t, LOG_LEVEL_EMERG, "t", NULL, wall_us, SLICE("emerg"));
	assert_string_equal(receive(fds[0]), "<27>emerg\n"); /* never above minlevel */
	log_sender_fini(&s);
	close(fds[0]);
	close(fds[1]);
}

static int listen_udp(const char *ip, struct addr *at)
{
	socklen_t len = sizeof(at->un);
	int fd;

	assert_true(addr_parse_ip(at, slice_of(ip), 0));
	fd = socket(at->sa.sa_family, SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, &at->sa, at->len), 0);
	assert_int_equal(getsockname(fd, &at->sa, &len), 0);
	return fd;
}

static void datagrams_go_to_all_targets(void **state)
{
	char path[] = "/tmp/relais-log-XXXXXX";
	struct log_target v6 = {.fd = -1, .wire = LOG_WIRE_RAW, .max_level = LOG_LEVEL_DEBUG};
	struct log_target un = v6, v4 = v6;
	struct log_sender s;
	int fd4 = listen_udp("127.0.0.1", &v4.addr), fd6 = listen_udp("::1", &v6.addr);
	int fdu = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_int_equal(chdir(path), 0);
	assert_true(addr_set_unix(&un.addr, slice_of("log"), false));
	assert_int_equal(bind(fdu, &un.addr.sa, un.addr.len), 0);
	v4.next = &v6;
	v6.next = &un;
	log_sender_init(&s);
	for (unsigned i = 0; i < 2; i++) { /* the second goes over the same sockets */
		log_targets_send(&s, &v4, LOG_LEVEL_INFO, "t", NULL, wall_us, SLICE("hello"));
		assert_string_equal(receive(fd4), "hello\n");
		assert_string_equal(receive(fd6), "hello\n");
		assert_string_equal(receive(fdu), "hello\n");
	}
	assert_int_equal(s.n_sent, 6);
	close(fdu); /* the syslog daemon went away */
	log_targets_send(&s, &v4, LOG_LEVEL_INFO, "t", NULL, wall_us, SLICE("hello"));
	assert_int_equal(s.n_sent, 8);
	assert_int_equal(s.n_dropped, 1);
	log_sender_fini(&s);
	close(fd4);
	close(fd6);
	unlink("log");
	assert_int_equal(chdir("/"), 0);
	rmdir(path);
}

static void a_full_pipe_drops_and_does_not_wait(void **state)
{
	struct log_target t = {.wire = LOG_WIRE_RAW, .max_level = LOG_LEVEL_DEBUG, .max_len = 4096};
	static char big[4000];
	struct log_sender s;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0); /* blocking: the sender must not care */
	t.fd = fds[1];
	log_sender_init(&s);
	for (unsigned i = 0; i < 50; i++)
		log_targets_send(&s, &t, LOG_LEVEL_INFO, "t", NULL, wall_us,
				 (struct slice){big, sizeof(big)});
	assert_true(s.n_dropped > 0);
	assert_int_equal(s.n_sent + s.n_dropped, 50);
	log_sender_fini(&s);
	close(fds[0]);
	close(fds[1]);
}

static void the_date_follows_the_clock(void **state)
{
	struct log_sender s;
	struct log_target t = {.wire = LOG_WIRE_LOCAL, .max_level = LOG_LEVEL_DEBUG};
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	t.fd = fds[1];
	log_sender_init(&s);
	log_targets_send(&s, &t, LOG_LEVEL_INFO, "t", NULL, wall_us, SLICE("x"));
	assert_memory_equal(receive(fds[0]), "<6>Nov 22 09:38:33 ", 19);
	log_targets_send(&s, &t, LOG_LEVEL_INFO, "t", NULL, wall_us + 16 * 86400000000, SLICE("x"));
	assert_memory_equal(receive(fds[0]), "<6>Dec  8 09:38:33 ", 19);
	log_sender_fini(&s);
	close(fds[0]);
	close(fds[1]);
}

static void words_of_a_log_line_are_known(void **state)
{
	enum log_wire wire;

	(void)state;
	assert_int_equal(log_level_find("emerg"), 0);
	assert_int_equal(log_level_find("debug"), 7);
	assert_int_equal(log_level_find("loud"), -1);
	assert_true(log_wire_find("rfc5424", &wire));
	assert_int_equal(wire, LOG_WIRE_RFC5424);
	assert_false(log_wire_find("rfc1", &wire));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_format_has_its_head),
		cmocka_unit_test(a_long_line_is_cut_with_its_newline_kept),
		cmocka_unit_test(levels_are_filtered_and_lowered),
		cmocka_unit_test(datagrams_go_to_all_targets),
		cmocka_unit_test(a_full_pipe_drops_and_does_not_wait),
		cmocka_unit_test(the_date_follows_the_clock),
		cmocka_unit_test(words_of_a_log_line_are_known),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
