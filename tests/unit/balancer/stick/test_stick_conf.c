/*
 * stick-table and stick lines: what they become, what is refused, and what the rules make of a
 * request. Covers stick_conf.c and stick_rules.c.
 */
#include "../rules/rules_room.h"
#include "balancer/stick/stick_rules.h"

static struct rules_room r;

static int tear_down(void **state)
{
	(void)state;
	room_close(&r);
	return 0;
}

static void said(unsigned line, const char *what)
{
	for (const struct conf_diag *d = r.diags.first; d; d = d->next)
		if (d->place.line == line && strstr(d->text, what))
			return;
	conf_diags_print(&r.diags, stderr, true);
	fail_msg("nothing of '%s' at line %u", what, line);
}

#define HEAD "defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n"

static void a_table_is_as_its_line_says(void **state)
{
	const struct stick_table_conf *t;

	(void)state;
	assert_true(room_read(
		&r, HEAD "backend a\n stick-table type string len 40 size 10k expire 30m nopurge "
			 "store gpc(2),http_req_rate(10s) store conn_cur\n"
			 "backend b\n stick-table type ipv6 size 1m\n stick on src table a\n"));
	t = room_proxy(&r, "a")->stick_table;
	assert_int_equal(t->type, STICK_KEY_STRING);
	assert_int_equal(t->key_len, 40);
	assert_int_equal(t->size, 10240);
	assert_int_equal(t->expire_ms, 1800000);
	assert_true(t->nopurge);
	assert_true(stick_holds(t, STICK_GPC, 1) && !stick_holds(t, STICK_GPC, 2));
	assert_int_equal(t->fields[STICK_HTTP_REQ_RATE].period_ms, 10000);
	assert_true(stick_holds(t, STICK_CONN_CUR, 0));
	assert_true(stick_holds(t, STICK_SERVER_ID, 0)); /* b sticks by it */
	assert_false(stick_holds(room_proxy(&r, "b")->stick_table, STICK_SERVER_ID, 0));
	assert_int_not_equal(t->index, room_proxy(&r, "b")->stick_table->index);
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	assert_false(room_read(&r, HEAD "backend a\n"
					" stick-table size 10\n"			  /* 7 */
					" stick-table type ip\n"			  /* 8 */
					" stick-table type ip size 0\n"			  /* 9 */
					" stick-table type ipx size 1\n"		  /* 10 */
					" stick-table type ip size 1 store x\n"		  /* 11 */
					" stick-table type ip size 1 store gpc\n"	  /* 12 */
					" stick-table type ip size 1 store gpc0,gpc(1)\n" /* 13 */
					" stick-table type ip size 1 store conn_rate\n"	  /* 14 */
					" stick-table type ip size 1 store conn_cnt(1)\n" /* 15 */
					" stick-table type ip size 1 wrong\n"		  /* 16 */
					" stick-table type ip size 1\n"			  /* 17 */
					" stick-table type ip size 1\n"			  /* 18 */
					" stick on\n"					  /* 19 */
					" stick on sorce\n"				  /* 20 */
					" stick on src tabel b\n"			  /* 21 */
					" stick on src table b\n"			  /* 22 */
					"backend c\n"					  /* 23 */
					" stick on src\n"				  /* 24 */
					" stick match src if nothing\n"));		  /* 25 */
	said(7, "'type' is missing");
	said(8, "'size' is missing");
	said(9, "");
	said(10, "ip");
	said(11, "unknown data type 'x'");
	said(12, "its argument");
	said(13, "there already");
	said(14, "its argument");
	said(15, "is too much");
	said(16, "unknown option 'wrong'");
	said(18, "has one already");
	said(19, "needs a sample");
	said(20, "unknown sample");
	said(21, "instead of 'tabel'");
	said(22, "no stick-table 'b'");
	said(24, "'c' has no stick-table");
	said(25, "nothing");
}

static unsigned asked, take;

static bool server(void *ctx, unsigned id)
{
	(void)ctx;
	asked = id;
	return id == take;
}

static void ask(const char *proxy, const char *request, unsigned server_id)
{
	struct stick_stores *stores = NULL;

	arena_reset(&r.arena);
	room_request(&r, request);
	r.in.now_us += 1000;
	asked = 0;
	stick_request(room_proxy(&r, proxy)->stick_rules, &r.in, &stores, server, NULL);
	stick_store(stores, server_id, r.in.now_us);
}

static void rules_find_and_learn(void **state)
{
	struct stick_house *house;

	(void)state;
	assert_true(room_read(&r, HEAD "frontend f\n bind :80\n"
				       "backend a\n stick-table type string size 10\n"
				       " stick on hdr(x) unless { hdr(y) no }\n stick on path\n"
				       "backend b\n stick match hdr(x) table a\n"
				       " stick match hdr(z) table a\n"));
	r.in.stick = house = stick_house_new(r.conf);
	assert_non_null(house);
	take = 3;
	ask("a", "GET /p HTTP/1.1\r\nHost: h\r\nX: one\r\n\r\n", 3);
	assert_int_equal(asked, 0);
	ask("a", "GET /p HTTP/1.1\r\nHost: h\r\nX: one\r\n\r\n", 4);
	assert_int_equal(asked, 3);
	/* the table learns the first key only: /p is not there; what served counts */
	ask("b", "GET / HTTP/1.1\r\nHost: h\r\nX: /p\r\n\r\n", 9);
	assert_int_equal(asked, 0);
	ask("b", "GET / HTTP/1.1\r\nHost: h\r\nX: one\r\n\r\n", 9);
	assert_int_equal(asked, 4);
	ask("a", "GET /p HTTP/1.1\r\nHost: h\r\nX: one\r\nY: no\r\n\r\n", 3);
	assert_int_equal(asked, 0);
	/* a server that is not taken leaves the next rule to try */
	ask("b", "GET / HTTP/1.1\r\nHost: h\r\nX: one\r\nZ: /p\r\n\r\n", 9);
	assert_int_equal(asked, 3);
	assert_int_equal(
		stick_table_used(stick_house_table(house, room_proxy(&r, "a")->stick_table)), 2);
	stick_house_free(&house);
}

#define STORY(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_table_is_as_its_line_says),
		STORY(what_is_wrong_is_said),
		STORY(rules_find_and_learn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
