/*
 * Log formats: HAProxy's three lines and its little language, on records whose lines HAProxy 2.6
 * wrote. Covers balancer/rules/log_format.c and log_alias.c.
 */
#include <time.h>

#include "rules_room.h"

static struct addr client, local, server, server_src;
static const struct slice captures_req[] = {{"a|b{} cdef", 10}, {NULL, 0}};
static const struct slice captures_res[] = {{"x", 1}};

static struct log_record record(void)
{
	assert_true(addr_parse_ip(&client, slice_of("127.0.0.1"), 60758));
	assert_true(addr_parse_ip(&local, slice_of("127.0.0.1"), 28293));
	assert_true(addr_parse_ip(&server, slice_of("192.0.2.7"), 80));
	assert_true(addr_parse_ip(&server_src, slice_of("2001:db8::1"), 4660));
	return (struct log_record){
		.client = &client,
		.local = &local,
		.server = &server,
		.server_src = &server_src,
		.frontend = "f5",
		.backend = "b",
		.server_name = "s1",
		.bind_name = "l1",
		.accept_wall_us = room_wall_us,
		.request_wall_us = room_wall_us + 1000000,
		.tr_req_ms = 1,
		.tw_ms = 2,
		.tc_ms = 3,
		.tr_ms = 4,
		.td_ms = 5,
		.ta_ms = 15,
		.tt_ms = 16,
		.tu_ms = 17,
		.tq_ms = 18,
		.th_ms = 19,
		.ti_ms = 20,
		.status = 200,
		.bytes_read = 1234,
		.bytes_uploaded = 99,
		.flags = "--NI",
		.actconn = 1,
		.feconn = 2,
		.beconn = 3,
		.srvconn = 4,
		.retries = 5,
		.srv_queue = 6,
		.backend_queue = 7,
		.req_count = 8,
		.pid = 21167,
		.log_count = 9,
		.request_line = SLICE("GET /p%20a\"th?x=\\1]~{}| HTTP/1.1"),
		.hostname = "vm",
		.message = "Connection error during SSL handshake",
	};
}

static const char *written(const struct log_format *fmt, const struct log_record *rec,
			   struct rule_input *in)
{
	static char buf[2048];
	struct text t;

	assert_non_null(fmt);
	text_init(&t, buf, sizeof(buf));
	log_format_write(fmt, rec, in, &t);
	return buf;
}

static const char *formatted(const char *text, const struct log_record *rec)
{
	struct conf_diags diags;
	struct arena arena;
	const char *line;

	arena_init(&arena, 0);
	conf_diags_init(&diags);
	line = written(
		log_format_compile(&arena, &diags, (struct conf_place){0}, text, PROXY_MODE_HTTP),
		rec, NULL);
	conf_diags_fini(&diags);
	arena_fini(&arena);
	return line;
}

static void the_http_line(void **state)
{
	struct log_record r = record();
	const struct log_format *http = log_format_builtin('h');

	(void)state;
	assert_string_equal(
		written(http, &r, NULL),
		"127.0.0.1:60758 [22/Nov/2026:09:38:34.954] f5 b/s1 1/2/3/4/15 200 1234 "
		"- - --NI 1/2/3/4/5 6/7 \"GET /p%20a#22th?x=\\1]~{}| HTTP/1.1\"");
	r.captures_req = captures_req;
	r.n_captures_req = 2;
	r.captures_res = captures_res;
	r.n_captures_res = 1;
	r.frontend_ssl = r.redispatched = r.logged_early = true;
	r.cookie_req = SLICE("SID=1");
	assert_string_equal(written(http, &r, NULL),
			    "127.0.0.1:60758 [22/Nov/2026:09:38:34.954] f5~ b/s1 1/2/3/4/+15 200 "
			    "+1234 SID=1 - --NI 1/2/3/4/+5 6/7 {a#7Cb#7B#7D cdef|} {x} "
			    "\"GET /p%20a#22th?x=\\1]~{}| HTTP/1.1\"");
}

static void a_request_that_never_came(void **state)
{
	struct log_record r = record();

	(void)state;
	r.request_line = SLICE("<BADREQ>");
	r.tr_req_ms = r.tw_ms = r.tc_ms = r.tr_ms = -1;
	r.server_name = "<NOSRV>";
	r.status = 400;
	assert_string_equal(
		written(log_format_builtin('h'), &r, NULL),
		"127.0.0.1:60758 [22/Nov/2026:09:38:34.954] f5 b/<NOSRV> -1/-1/-1/-1/15 "
		"400 1234 - - --NI 1/2/3/4/5 6/7 \"<BADREQ>\"");
	assert_string_equal(formatted("%HM %HU %HP %HQ %HV", &r),
			    "<BADREQ> <BADREQ> <BADREQ> <BADREQ> <BADREQ>");
}

static void the_other_lines(void **state)
{
	struct log_record r = record();

	(void)state;
	assert_string_equal(written(log_format_builtin('t'), &r, NULL),
			    "127.0.0.1:60758 [22/Nov/2026:09:38:33.954] f5 b/s1 2/3/16 1234 -- "
			    "1/2/3/4/5 6/7");
	assert_string_equal(written(log_format_builtin('D'), &r, NULL),
			    "Connect from 127.0.0.1:60758 to 127.0.0.1:28293 (f5/HTTP)");
	assert_string_equal(written(log_format_builtin('d'), &r, NULL),
			    "Connect from 127.0.0.1:60758 to 127.0.0.1:28293 (f5/TCP)");
	assert_string_equal(written(log_format_builtin('e'), &r, NULL),
			    "127.0.0.1:60758 [22/Nov/2026:09:38:33.954] f5/l1: "
			    "Connection error during SSL handshake");
	assert_string_equal(written(log_format_builtin('c'), &r, NULL),
			    "127.0.0.1 - - [22/Nov/2026:09:38:34 +0000] "
			    "\"GET /p%20a#22th?x=\\1]~{}| HTTP/1.1\" 200 1234 \"\" \"\" 60758 954 "
			    "\"f5\" \"b\" \"s1\" 1 2 3 4 15 --NI 1 2 3 4 5 6 7 \"\" \"\" ");
	assert_null(log_format_builtin('x'));
}

static void each_variable_and_flag(void **state)
{
	static const struct {
		const char *format, *line;
	} rows[] = {
		{"%ci:%cp %fi:%fp %bi:%bp %si:%sp",
		 "127.0.0.1:60758 127.0.0.1:28293 2001:db8::1:4660 192.0.2.7:80"},
		{"%{+X}ci:%{+X}cp %{+X}Ts %{+X}pid %{+X}rt", "7F000001:ED56 6B02B819 52AF 0008"},
		{"%{+X}bi", "20010DB8000000000000000000000001"},
		{"%T|%Tl|%t|%tr|%trg|%trl|%Ts|%ms",
		 "22/Nov/2026:09:38:33 +0000|22/Nov/2026:09:38:33 +0000|22/Nov/2026:09:38:33.954|"
		 "22/Nov/2026:09:38:34.954|22/Nov/2026:09:38:34 +0000|22/Nov/2026:09:38:34 +0000|"
		 "1795340313|954"},
		{"%Ta %Tc %Td %Th %Ti %Tq %TR %Tr %Tt %Tu %Tw", "15 3 5 19 20 18 1 4 16 17 2"},
		{"%ac %fc %bc %sc %rc %sq %bq %rt %lc %pid", "1 2 3 4 5 6 7 8 9 21167"},
		{"%B %U %ST %ts %tsc", "1234 99 200 -- --NI"},
		{"%f %ft %b %s %H %ID", "f5 f5 b s1 vm -"},
		{"%HM %HU", "GET /p%20a#22th?x=\\1]~{}|"},
		{"%HP %HPO %HQ %HV", "/p%20a#22th /p%20a#22th ?x=\\1]~{}| HTTP/1.1"},
		{"%{+Q}o %ci %f %CC %ts %B %{-Q}r", " \"127.0.0.1\" \"f5\" \"\" -- 1234 "
						    "GET /p%20a#22th?x=\\1]~{}| HTTP/1.1"},
		{"%{+Q}H %{+Q,+E}H %{+E}H", "\"vm\" \"vm\" vm"},
		{"a  b   %hr  c %%%%", "a b c %%"}, /* blanks merge, also around nothing */
		{"%[int(5)] %{+X}[int(255)] %[bool(true)]", "- - -"}, /* nobody to ask */
		{"<%sslv/%sslc>", "<-/->"},
	};
	struct log_record r = record();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *want = rows[i].line;

		/* a format that starts with a blank: the line does not */
		while (*want == ' ')
			want++;
		assert_string_equal(formatted(rows[i].format, &r), want);
	}
}

static void samples_in_a_line(void **state)
{
	struct log_record rec = record();
	struct rules_room r;

	(void)state;
	room_open(&r,
		  "global\n log 127.0.0.1 local0\n" ROOM_DEFAULTS ROOM_FRONTEND " log global\n"
		  " http-request set-var(txn.b) req.hdr(x-b)\n"
		  " log-format \"%[var(txn.b)] %{+Q}[var(txn.b)] %{+E}[var(txn.b)] "
		  "%{+Q,+E}[var(txn.b)] %[var(txn.no)] %{+Q}[var(txn.no)] %[int(5)] %[src]\"\n");
	room_request(&r, "GET / HTTP/1.1\r\nHost: a\r\nX-B: a\"b\\c]\td\r\n\r\n");
	room_run(&r, RULE_HTTP_REQUEST);
	assert_string_equal(
		written(r.fe->log_format, &rec, &r.in),
		"a\"b\\c]\td \"a\"b\\c]\td\" a\\\"b\\\\c\\]\td \"a\\\"b\\\\c\\]\td\" - \"\" 5 "
		"127.0.0.1");
	room_close(&r);
}

static void a_log_line_stays_one_line(void **state)
{
	struct log_record rec = record();
	struct rules_room r;

	(void)state;
	room_open(&r, "global\n log 127.0.0.1 local0\n" ROOM_DEFAULTS ROOM_FRONTEND
		      " log global\n http-request set-var(txn.b) urlp(b),url_dec\n"
		      " log-format \"<%[var(txn.b)]>\"\n");
	room_request(&r, "GET /?b=x%0d%0aforged HTTP/1.1\r\nHost: a\r\n\r\n");
	room_run(&r, RULE_HTTP_REQUEST);
	assert_string_equal(written(r.fe->log_format, &rec, &r.in), "<x#0D#0Aforged>");
	room_close(&r);
}

static void formats_follow_the_options(void **state)
{
	struct rules_room r;

	(void)state;
	room_open(&r, ROOM_DEFAULTS ROOM_FRONTEND);
	assert_ptr_equal(r.fe->log_format, log_format_builtin('D'));
	room_close(&r);
	room_open(&r, ROOM_DEFAULTS ROOM_FRONTEND " option httplog clf\n");
	assert_ptr_equal(r.fe->log_format, log_format_builtin('c'));
	room_close(&r);
	room_open(&r, ROOM_DEFAULTS ROOM_FRONTEND " log-format %ci\n option httplog\n");
	assert_null(r.fe->log_format); /* the last line counts: flow's own httplog */
	room_close(&r);
	room_open(&r, ROOM_DEFAULTS " log-format %f\n" ROOM_FRONTEND
				    "frontend g\n bind :1\n mode tcp\n");
	assert_string_equal(written(r.fe->log_format, &(struct log_record){.frontend = "f"}, NULL),
			    "f");
	room_close(&r);
	assert_false(room_read(&r, ROOM_DEFAULTS ROOM_FRONTEND " mode tcp\n log-format %r\n"));
	assert_true(room_said(&r, "of HTTP only"));
	room_close(&r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_http_line),
		cmocka_unit_test(a_request_that_never_came),
		cmocka_unit_test(the_other_lines),
		cmocka_unit_test(each_variable_and_flag),
		cmocka_unit_test(samples_in_a_line),
		cmocka_unit_test(a_log_line_stays_one_line),
		cmocka_unit_test(formats_follow_the_options),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
