/*
 * track-sc and what follows from it: counters, samples src_* and sc_*, converters table_*, the
 * sc-* actions, and what is refused at load. Covers stick_track.c, stick_actions.c, stick_ask.c,
 * stick_samples.c and stick_converters.c.
 */
#include "../rules/rules_room.h"
#include "balancer/stick/stick_rules.h"
#include "balancer/stick/stick_track.h"

static struct rules_room r;
static struct stick_house *house;

static int tear_down(void **state)
{
	(void)state;
	stick_house_free(&house);
	room_close(&r);
	return 0;
}

static void begin(const char *rules)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 ROOM_DEFAULTS ROOM_FRONTEND
		 " stick-table type ip size 10 expire 10s store conn_cnt,conn_cur,sess_cnt,"
		 "http_req_cnt,http_req_rate(10s),http_err_cnt,http_fail_cnt,bytes_in_cnt,gpc0,"
		 "gpc0_rate(10s),gpt0\n%s"
		 "backend arr\n stick-table type string size 10 store "
		 "gpc(3),gpc_rate(3,10s),gpt(2)\n"
		 "backend two\n stick-table type ip size 10 store conn_cnt,gpc0\n",
		 rules);
	room_open(&r, text);
	r.in.stick = house = stick_house_new(r.conf);
	r.in.now_us = 5000000;
	assert_non_null(house);
}

/* A request goes through the rules; what it set as X-Got. */
static const char *got(const char *path)
{
	static char value[256];
	char request[256];
	struct http_cursor at = {0};

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
	room_request(&r, request);
	room_run(&r, RULE_HTTP_REQUEST);
	value[0] = '\0';
	if (http_message_find(&r.req, http_name_of(SLICE("x-got")), &at))
		snprintf(value, sizeof(value), "%.*s", (int)at.value.len, at.value.ptr);
	return value;
}

static void end_exchange(void)
{
	stick_tracks_end(r.in.tracks, r.in.now_us);
	r.in.tracks = NULL;
	arena_reset(&r.arena);
}

static void an_exchange_is_counted_while_it_is_tracked(void **state)
{
	(void)state;
	begin(" http-request track-sc0 src\n"
	      " http-request set-header x-got "
	      "%[sc0_conn_cnt],%[sc0_conn_cur],%[sc_http_req_cnt(0)],"
	      "%[sc0_trackers],%[sc0_tracked],%[sc1_tracked],%[src_conn_cur]\n");
	assert_string_equal(got("/"), "1,1,1,1,1,0,1");
	end_exchange();
	assert_string_equal(got("/"), "2,1,2,1,1,0,1");
	/* the same counter once more in the same exchange changes nothing */
	assert_string_equal(got("/"), "2,1,2,1,1,0,1");
	stick_tracks_count(r.in.tracks, STICK_EVENT_ERROR, 1, r.in.now_us);
	stick_tracks_count(r.in.tracks, STICK_EVENT_BYTES_IN, 5000, r.in.now_us);
	end_exchange();
	assert_int_equal(stick_table_used(stick_house_table(house, r.fe->stick_table)), 1);
	stick_house_tick(house, r.in.now_us + 9999999);
	assert_int_equal(stick_table_used(stick_house_table(house, r.fe->stick_table)), 1);
	stick_house_tick(house, r.in.now_us + 10000000);
	assert_int_equal(stick_table_used(stick_house_table(house, r.fe->stick_table)), 0);
}

static void a_session_is_tracked_over_its_requests(void **state)
{
	(void)state;
	begin(" tcp-request connection track-sc1 src\n"
	      " http-request track-sc1 path table arr\n" /* it is taken */
	      " http-request set-header x-got "
	      "%[sc1_conn_cnt],%[sc1_sess_cnt],%[sc1_http_req_cnt]\n");
	assert_int_equal(room_run(&r, RULE_TCP_CONNECTION), RULE_CONTINUE);
	assert_non_null(r.in.session_tracks);
	stick_tracks_count(r.in.session_tracks, STICK_EVENT_SESSION, 1, r.in.now_us);
	stick_tracks_count(r.in.session_tracks, STICK_EVENT_REQUEST, 1, r.in.now_us);
	assert_string_equal(got("/"), "1,1,1");
	end_exchange();
	stick_tracks_count(r.in.session_tracks, STICK_EVENT_REQUEST, 1, r.in.now_us);
	assert_string_equal(got("/"), "1,1,2");
	end_exchange();
	stick_tracks_end(r.in.session_tracks, r.in.now_us);
	free(r.in.session_tracks);
}

static void without_an_entry_there_is_0_and_without_the_data_nothing(void **state)
{
	(void)state;
	begin(" http-request set-header x-got "
	      "a%[src_conn_cnt]b%[src_conn_rate]c%[sc0_conn_cnt]d%[src,table_conn_cnt(f)]"
	      "e%[src,in_table(f)]f%[src,table_idle(f,7)]g%[src,table_expire(f)]\n"
	      " http-request track-sc0 src if { path /t }\n");
	assert_string_equal(got("/t"), "a0b0cd0e0f7g");
	end_exchange();
	assert_string_equal(got("/"), "a1bcd1e1f0g10000");
}

static void general_counters_and_tags(void **state)
{
	(void)state;
	begin(" http-request track-sc0 src\n http-request track-sc2 path table arr\n"
	      " http-request sc-inc-gpc0(0)\n http-request sc-set-gpt0(0) path,length\n"
	      " http-request sc-inc-gpc(2,2)\n http-request sc-add-gpc(1,2) 40\n"
	      " http-request sc-set-gpt(1,2) 9\n http-request sc-inc-gpc1(2)\n"
	      " http-request set-header x-got %[sc0_get_gpc0],%[sc0_gpc0_rate],%[sc0_get_gpt0],"
	      "%[sc_get_gpc(2,2)],%[sc_gpc_rate(2,2)],%[sc2_get_gpc1],%[sc_get_gpt(1,2)],"
	      "%[path,table_gpc(1,arr)],%[sc2_clr_gpc1],%[sc_get_gpc(1,2)],%[sc0_inc_gpc0]\n");
	assert_string_equal(got("/abc"), "1,1,4,1,1,41,9,41,41,0,2");
	end_exchange();
	assert_string_equal(got("/abc"), "3,3,4,2,2,41,9,41,41,0,4");
	end_exchange();
}

static void other_tables_are_asked_by_name(void **state)
{
	(void)state;
	begin(" http-request track-sc0 src\n"
	      " http-request set-header x-got %[src_inc_gpc0(two)],%[sc0_get_gpc0(two)],"
	      "%[src_updt_conn_cnt(two)],%[table_cnt(two)],%[table_avl(two)],%[table_cnt]\n");
	assert_string_equal(got("/"), "1,1,1,1,9,1");
	end_exchange();
}

static void conditions_ask_too(void **state)
{
	(void)state;
	begin(" http-request track-sc0 src\n http-request deny deny_status 429 if { "
	      "sc_http_req_rate(0) gt 2 }\n");
	for (unsigned i = 0; i < 2; i++) {
		got("/");
		assert_int_equal(r.verdict.status, 0);
		end_exchange();
	}
	got("/");
	assert_int_equal(r.verdict.status, 429);
	end_exchange();
	r.in.now_us += 30000000;
	got("/");
	assert_int_equal(r.verdict.status, 0);
	end_exchange();
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *line, *what;
	} cases[] = {
		{"http-request track-sc0", "the key to be tracked"},
		{"http-request track-sc0 src table nix", "no stick-table 'nix'"},
		{"http-request track-sc0 src", "no stick-table of its own"},
		{"http-request track-sc5 src", "not supported yet"},
		{"http-request sc-inc-gpc0(3)", "is not a counter"},
		{"http-request sc-inc-gpc(1)", "an element and a counter"},
		{"http-request sc-set-gpt0(0)", "the value is missing"},
		{"http-request set-header a %[sc_conn_cnt(3)]", "counters are 0 to 2"},
		{"http-request set-header a %[src_get_gpc(100,b)]", "no table has such an element"},
		{"http-request set-header a %[src,table_gpc(-1,b)]",
		 "no table has such an element"},
		{"http-request deny if { src_conn_cur gt 1 }", "no stick-table of its own"},
	};

	(void)state;
	house = NULL;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text),
			 ROOM_DEFAULTS ROOM_FRONTEND
			 " %s\nbackend b\n stick-table type ip size 1\n",
			 cases[i].line);
		assert_false(room_read(&r, text));
		if (!room_said(&r, cases[i].what)) {
			conf_diags_print(&r.diags, stderr, true);
			fail_msg("'%s' should say '%s'", cases[i].line, cases[i].what);
		}
		if (i + 1 < sizeof(cases) / sizeof(cases[0]))
			room_close(&r);
	}
}

#define STORY(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(an_exchange_is_counted_while_it_is_tracked),
		STORY(a_session_is_tracked_over_its_requests),
		STORY(without_an_entry_there_is_0_and_without_the_data_nothing),
		STORY(general_counters_and_tags),
		STORY(other_tables_are_asked_by_name),
		STORY(conditions_ask_too),
		STORY(mistakes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
