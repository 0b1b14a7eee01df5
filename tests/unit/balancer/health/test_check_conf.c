/*
 * What checks are configured to do: option httpchk and its kin, http-check and tcp-check lines, and
 * who inherits them. Covers balancer/health/check_build.h, check_conf.c, check_steps_conf.c.
 */
#include "../native_reading.h"
#include "balancer/health/check_build.h"

static const struct conf_part *const parts[] = {
	&proxy_part_global, &proxy_part_proxy,	 &proxy_part_options, &proxy_part_bind,
	&proxy_part_server, &check_part_options, &check_part_steps,   NULL,
};

static const struct proxy_conf *parse(const char *text)
{
	return read_native(text, parts, true)->proxies;
}

static void httpchk_has_up_to_three_words(void **state)
{
	const struct proxy_conf *p =
		parse("backend a\n option httpchk\nbackend b\n option httpchk /up\n"
		      "backend c\n option httpchk GET /healthz\n"
		      "backend d\n option httpchk HEAD / HTTP/1.1\\r\\nHost:\\ www\n");

	(void)state;
	assert_int_equal(diags.n_errors, 0);
	assert_int_equal(p->check.kind, CHECK_HTTP);
	assert_null(p->check.uri);
	p = p->next;
	assert_string_equal(p->check.uri, "/up");
	assert_null(p->check.method);
	p = p->next;
	assert_string_equal(p->check.method, "GET");
	assert_string_equal(p->check.uri, "/healthz");
	p = p->next;
	assert_string_equal(p->check.version, "HTTP/1.1");
	assert_string_equal(p->check.headers, "Host: www\r\n");
}

static void steps_stand_in_order(void **state)
{
	const struct proxy_conf *p = parse(
		"backend a\n option httpchk\n"
		" http-check connect ssl sni x port 8443\n"
		" http-check comment why\n"
		" http-check send meth GET uri /h ver HTTP/1.1 hdr Host www hdr X 5%% body hi\n"
		" http-check expect ! rstatus ^5\n"
		" http-check expect status 200,301-303\n"
		" http-check expect hdr name Via value -m beg relais\n"
		"backend b\n option tcp-check\n"
		" tcp-check send PING\\r\\n\n"
		" tcp-check expect string +PONG\n"
		" tcp-check send-binary 00ff\n"
		" tcp-check expect min-recv 4 comment c binary 0a0B\n"
		" tcp-check expect rstring ^a+\n");
	const struct check_step *s = p->check.steps;

	(void)state;
	if (diags.n_errors)
		conf_diags_print(&diags, stderr, true);
	assert_int_equal(diags.n_errors, 0);
	assert_int_equal(s->kind, CHECK_STEP_CONNECT);
	assert_true(s->ssl);
	assert_int_equal(s->port, 8443);
	s = s->next;
	assert_int_equal(s->kind, CHECK_STEP_HTTP_SEND);
	assert_string_equal(s->comment, "why");
	assert_true(slice_eq_str(s->method, "GET"));
	assert_int_equal(s->n_headers, 2);
	assert_true(slice_eq_str(s->headers[0], "Host: www"));
	assert_true(slice_eq_str(s->headers[1], "X: 5%"));
	assert_true(slice_eq_str(s->body, "hi"));
	s = s->next;
	assert_int_equal(s->match, CHECK_MATCH_STATUS_REGEX);
	assert_true(s->negate);
	assert_null(s->comment);
	s = s->next;
	assert_int_equal(s->n_ranges, 2);
	assert_int_equal(s->ranges[1].to, 303);
	s = s->next;
	assert_int_equal(s->match, CHECK_MATCH_HEADER);
	assert_true(s->header_regex);
	assert_true(regex_match(s->regex, SLICE("other, relais/1")));
	assert_false(regex_match(s->regex, SLICE("xrelais/1")));
	assert_null(s->next);

	s = p->next->check.steps;
	assert_true(slice_eq_str(s->data, "PING\r\n"));
	s = s->next->next;
	assert_int_equal(s->data.len, 2);
	assert_memory_equal(s->data.ptr, "\0\xff", 2);
	s = s->next;
	assert_int_equal(s->min_recv, 4);
	assert_string_equal(s->comment, "c");
	assert_memory_equal(s->pattern.ptr, "\n\v", 2);
	assert_int_equal(s->next->match, CHECK_MATCH_REGEX);
}

static void own_lines_replace_those_of_defaults(void **state)
{
	const struct proxy_conf *p =
		parse("defaults\n option httpchk GET /d\n http-check expect status 200\n"
		      " tcp-check expect string x\n"
		      "backend a\n"
		      "backend b\n http-check expect status 500\n"
		      "backend c\n option tcp-check\n"
		      "backend d\n option redis-check\n");

	(void)state;
	assert_int_equal(diags.n_errors, 0);
	assert_int_equal(diags.n_warnings, 0);
	assert_int_equal(p->check.steps->ranges[0].from, 200);
	p = p->next;
	assert_int_equal(p->check.steps->ranges[0].from, 500);
	assert_null(p->check.steps->next);
	assert_string_equal(p->check.uri, "/d");
	p = p->next;
	assert_int_equal(p->check.kind, CHECK_TCP_STEPS);
	assert_int_equal(p->check.steps->match, CHECK_MATCH_STRING);
	assert_int_equal(p->next->check.kind, CHECK_REDIS);
	assert_null(p->next->check.steps);
}

static void other_protocols_keep_their_words(void **state)
{
	const struct proxy_conf *p = parse("backend a\n option mysql-check user u post-41\n"
					   "backend b\n option pgsql-check user v\n"
					   "backend c\n option smtpchk EHLO mx\n"
					   "backend d\n option ssl-hello-chk\n"
					   "backend e\n option ldap-check\n");

	(void)state;
	assert_int_equal(diags.n_errors, 0);
	assert_string_equal(p->check.user, "u");
	p = p->next;
	assert_int_equal(p->check.kind, CHECK_PGSQL);
	assert_string_equal(p->check.user, "v");
	p = p->next;
	assert_string_equal(p->check.domain, "EHLO mx");
	assert_int_equal(p->next->check.kind, CHECK_SSL_HELLO);
	assert_int_equal(p->next->next->check.kind, CHECK_LDAP);
}

static void a_program_that_checks_is_allowed_and_named(void **state)
{
	const struct proxy_conf *p;

	(void)state;
	p = parse("global\n external-check preserve-env\n"
		  "defaults\n external-check path /nowhere:/usr/bin:/bin\n"
		  "backend a\n external-check command true\n option external-check\n"
		  " server s unix@/tmp/none check\n"
		  "backend b\n option external-check\n external-check command /x/absent\n"
		  " server s 127.0.0.1:0 check\n"
		  "backend c\n option httpchk\n external-check command absent\n");
	assert_int_equal(diags.n_errors, 0);
	assert_int_equal(p->check.kind, CHECK_EXTERNAL);
	assert_string_equal(p->check.command, "/usr/bin/true");
	assert_string_equal(p->check.path, "/nowhere:/usr/bin:/bin");
	assert_string_equal(p->next->check.command, "/x/absent");
	assert_int_equal(p->next->next->check.kind, CHECK_HTTP);
}

static void a_program_that_checks_is_refused_without_both(void **state)
{
	(void)state;
	parse("backend a\n option external-check\n server s 127.0.0.1:80 check\n");
	expect(CONF_ERROR, 1, "needs 'external-check' in global");
	expect(CONF_ERROR, 1, "needs an 'external-check command'");
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	parse("backend a\n timeout server 1s\n timeout connect 1s\n" /* 1 .. 3 */
	      " http-check expect\n"				     /* 4 */
	      " http-check expect foo\n"
	      " http-check expect status 2x\n"
	      " http-check expect rstring (\n"
	      " http-check expect string a b\n"
	      " http-check expect on-error x string a\n" /* 9 */
	      " http-check send foo bar\n"
	      " http-check send hdr Host %[src]\n"
	      " tcp-check expect binary 0a0\n"
	      " tcp-check connect port 0\n"
	      " tcp-check send\n" /* 14 */
	      " http-check disable-on-404\n"
	      " option external-check x\n"
	      " option mysql-check usr x\n"
	      " option pgsql-check\n"
	      " server s 127.0.0.1 check\n"); /* 19 */
	for (unsigned line = 4; line <= 19; line++)
		expect(CONF_ERROR, line, "");
	expect(CONF_ERROR, 9, "not served yet");
	expect(CONF_ERROR, 15, "not served yet");
	expect(CONF_ERROR, 19, "no port");
	expect(CONF_WARNING, 4, "no effect without 'option httpchk'");
	expect(CONF_WARNING, 12, "no effect without 'option tcp-check'");
}

#define STORY(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

static void relais_own_words_are_read(void **state)
{
	const struct proxy_conf *p =
		parse("backend b\n option httpchk\n"
		      " http-check expect md5 5d41402abc4b2a76b9719d911017c592\n"
		      " http-check expect md5 5D41\n"
		      " server x 127.0.0.1:80 check init-state fully-down\n"
		      "backend c\n server y 127.0.0.1:80 track b/x,z\n"
		      " server z 127.0.0.1:80 track b/x,b/nobody\n");

	(void)state;
	assert_int_equal(p->check.steps->match, CHECK_MATCH_DIGEST);
	expect(CONF_ERROR, 4, "no MD5 digest");
	assert_int_equal(p->servers->init_state, SERVER_INIT_FULLY_DOWN);
	assert_string_equal(p->next->servers->track, "b/x,z");
	expect(CONF_ERROR, 8, "no server 'b/nobody' to track");
	assert_int_equal(diags.n_errors, 2);
}

static void scripts_are_checks(void **state)
{
	const struct proxy_conf *p =
		parse("backend b\n option script-check 0 \"/bin/check 1 2\" timeout 3s dynamic\n"
		      " server x 127.0.0.1:80 check\n"
		      "backend c\n option script-check 0 /bin/check soon\n server x 127.0.0.1:80 "
		      "check\n");

	(void)state;
	assert_int_equal(p->check.kind, CHECK_EXTERNAL);
	assert_string_equal(p->check.script.argv[2], "2");
	assert_int_equal(p->check.script_timeout_ms, 3000);
	assert_true(p->check.script_is_weight);
	expect(CONF_ERROR, 5, "has no use for 'soon'");
	assert_int_equal(diags.n_errors, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(httpchk_has_up_to_three_words),
		STORY(steps_stand_in_order),
		STORY(own_lines_replace_those_of_defaults),
		STORY(other_protocols_keep_their_words),
		STORY(a_program_that_checks_is_allowed_and_named),
		STORY(a_program_that_checks_is_refused_without_both),
		STORY(what_is_wrong_is_said),
		cmocka_unit_test_setup_teardown(relais_own_words_are_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(scripts_are_checks, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
