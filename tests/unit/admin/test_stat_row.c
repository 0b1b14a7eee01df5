/*
 * admin: one line of `show stat` from counters that the test sets, and its form as CSV. Covers
 * stat_row.c and the CSV half of show_stat.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "admin/stat_csv.h"
#include "core/log/log.h"

static struct proxy_conf proxy_conf;
static struct server_conf conf[2];
static struct proxy proxy;
static struct balancer balancer;
static struct backend *b;
static struct stat_row row;

static int set_up(void **state)
{
	(void)state;
	memset(&proxy, 0, sizeof(proxy));
	memset(&balancer, 0, sizeof(balancer));
	proxy_conf = (struct proxy_conf){.name = "web",
					 .id = 3,
					 .sides = PROXY_FRONTEND | PROXY_BACKEND,
					 .mode = PROXY_MODE_HTTP,
					 .maxconn = 500,
					 .fullconn = 50,
					 .balance = balance_find(SLICE("leastconn")),
					 .servers = conf,
					 .n_servers = 2};
	proxy_conf.cookie.name = "SRV";
	conf[0] = (struct server_conf){.next = &conf[1],
				       .proxy = &proxy_conf,
				       .name = "s,1",
				       .id = 1,
				       .weight = 10,
				       .maxconn = 30,
				       .maxqueue = 4,
				       .cookie = "w\"1"};
	conf[1] = (struct server_conf){
		.proxy = &proxy_conf, .name = "s2", .id = 2, .weight = 1, .backup = true};
	assert_true(addr_parse_ip(&conf[0].addr, SLICE("192.0.2.1"), 80));
	assert_true(addr_parse_ip(&conf[1].addr, SLICE("2001:db8::1"), 80));
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	assert_int_equal(proxy_init(&proxy, &proxy_conf, 2), 0);
	proxy.backend = b = backend_new(&proxy, 2);
	assert_non_null(b);
	balancer.proxies = &proxy;
	balancer.n_proxies = 1;
	balancer.maxconn = 2000;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	backend_free(&b);
	proxy_fini(&proxy);
	return 0;
}

static void expect_cell(enum stat_column column, const char *text)
{
	if (!text) {
		assert_null(row.cell[column]);
		return;
	}
	assert_non_null(row.cell[column]);
	assert_string_equal(row.cell[column], text);
}

static void a_frontend_sums_its_threads(void **state)
{
	(void)state;
	proxy.counters[0][PROXY_COUNTERS_FRONTEND].sessions = 5;
	proxy.counters[1][PROXY_COUNTERS_FRONTEND].sessions = 7;
	proxy.counters[0][PROXY_COUNTERS_FRONTEND].bytes_in = 1000;
	proxy.counters[1][PROXY_COUNTERS_FRONTEND].requests = 40;
	proxy.counters[1][PROXY_COUNTERS_FRONTEND].responses[1] = 39;
	proxy.counters[0][PROXY_COUNTERS_BACKEND].sessions = 100; /* the other side's */
	proxy.fe_current = 2;
	proxy.fe_max = 9;
	stat_row_frontend(&row, &balancer, &proxy);
	expect_cell(STAT_PXNAME, "web");
	expect_cell(STAT_SVNAME, "FRONTEND");
	expect_cell(STAT_STATUS, "OPEN");
	expect_cell(STAT_SCUR, "2");
	expect_cell(STAT_SMAX, "9");
	expect_cell(STAT_SLIM, "500");
	expect_cell(STAT_STOT, "12");
	expect_cell(STAT_BIN, "1000");
	expect_cell(STAT_REQ_TOT, "40");
	expect_cell(STAT_HRSP_1XX + 1, "39");
	expect_cell(STAT_IID, "3");
	expect_cell(STAT_TYPE, "0");
	expect_cell(STAT_WEIGHT, NULL);
	balancer.totals.draining = true;
	proxy_conf.maxconn = 0;
	proxy_conf.mode = PROXY_MODE_TCP;
	stat_row_frontend(&row, &balancer, &proxy);
	expect_cell(STAT_STATUS, "STOP");
	expect_cell(STAT_SLIM, "2000"); /* the process's */
	expect_cell(STAT_REQ_TOT, NULL);
}

static void a_server_shows_its_own(void **state)
{
	struct server *s = &b->servers[0];

	(void)state;
	s->counters.sessions = 11;
	s->counters.failed_connects = 3;
	s->counters.retries = 2;
	s->counters.connect_reused = 8;
	s->current = 4;
	s->queued_max = 1;
	stat_row_server(&row, &balancer, &proxy, s);
	expect_cell(STAT_SVNAME, "s,1");
	expect_cell(STAT_STATUS, "no check");
	expect_cell(STAT_SCUR, "4");
	expect_cell(STAT_SLIM, "30");
	expect_cell(STAT_QLIMIT, "4");
	expect_cell(STAT_QMAX, "1");
	expect_cell(STAT_STOT, "11");
	expect_cell(STAT_ECON, "3");
	expect_cell(STAT_WRETR, "2");
	expect_cell(STAT_REUSE, "8");
	expect_cell(STAT_WEIGHT, "10");
	expect_cell(STAT_ACT, "1");
	expect_cell(STAT_BCK, "0");
	expect_cell(STAT_ADDR, "192.0.2.1:80");
	expect_cell(STAT_COOKIE, "w\"1");
	expect_cell(STAT_CHECK_STATUS, NULL); /* not checked */
	expect_cell(STAT_TYPE, "2");
	stat_row_server(&row, &balancer, &proxy, &b->servers[1]);
	expect_cell(STAT_ADDR, "[2001:db8::1]:80");
	expect_cell(STAT_ACT, "0");
	expect_cell(STAT_BCK, "1");
	expect_cell(STAT_SLIM, NULL);
}

static void a_status_says_what_an_operator_asked_for(void **state)
{
	struct server *s = &b->servers[0];
	char buf[24];

	(void)state;
	assert_string_equal(stat_server_status(s, buf), "no check");
	server_admin_set(s, SERVER_ADMIN_DRAIN, 0, 1);
	assert_string_equal(stat_server_status(s, buf), "DRAIN");
	server_admin_set(s, SERVER_ADMIN_MAINT, 0, 1);
	assert_string_equal(stat_server_status(s, buf), "MAINT");
	server_admin_set(s, 0, SERVER_ADMIN_MAINT | SERVER_ADMIN_DRAIN, 1);
	server_state_set(s, SERVER_STOPPED, "", 1);
	assert_string_equal(stat_server_status(s, buf), "DOWN");
}

static void a_backend_counts_who_is_up(void **state)
{
	(void)state;
	proxy.be_current = 6;
	stat_row_backend(&row, &balancer, &proxy);
	expect_cell(STAT_SVNAME, "BACKEND");
	expect_cell(STAT_STATUS, "UP");
	expect_cell(STAT_ACT, "1");
	expect_cell(STAT_BCK, "1");
	expect_cell(STAT_SCUR, "6");
	expect_cell(STAT_SLIM, "50");
	expect_cell(STAT_ALGO, "leastconn");
	expect_cell(STAT_COOKIE, "SRV");
	expect_cell(STAT_TYPE, "1");
	server_state_set(&b->servers[0], SERVER_STOPPED, "", 1);
	stat_row_backend(&row, &balancer, &proxy);
	expect_cell(STAT_STATUS, "UP"); /* on backup */
	server_state_set(&b->servers[1], SERVER_STOPPED, "", 1);
	stat_row_backend(&row, &balancer, &proxy);
	expect_cell(STAT_STATUS, "DOWN");
	expect_cell(STAT_CHKDOWN, "1");
	proxy_conf.fullconn = 0;
	stat_row_backend(&row, &balancer, &proxy);
	expect_cell(STAT_SLIM, "200"); /* a tenth of the process's */
}

static char names[64];

static void note_row(void *ctx, const struct proxy *p, const struct stat_row *r)
{
	assert_ptr_equal(p, &proxy);
	assert_ptr_equal(ctx, names);
	strcat(names, r->cell[STAT_SVNAME]);
	strcat(names, " ");
}

static void rows_come_frontend_servers_backend(void **state)
{
	(void)state;
	names[0] = '\0';
	stat_rows_each(&balancer, note_row, names);
	assert_string_equal(names, "FRONTEND s,1 s2 BACKEND ");
	names[0] = '\0';
	proxy_conf.disabled = true;
	stat_rows_each(&balancer, note_row, names);
	assert_string_equal(names, "");
}

static void csv_quotes_what_needs_it_and_has_all_columns(void **state)
{
	static const char head[] = "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,";
	char *text = NULL;
	size_t len = 0, commas = 0;
	FILE *out = open_memstream(&text, &len);
	const char *line;
	bool quoted = false;

	(void)state;
	stat_csv_head(out);
	stat_row_server(&row, &balancer, &proxy, &b->servers[0]);
	stat_csv_row(out, &row);
	fclose(out);
	assert_memory_equal(text, head, sizeof(head) - 1);
	line = strchr(text, '\n') + 1;
	assert_memory_equal(line, "web,\"s,1\",0,", 12);
	assert_non_null(strstr(line, ",\"w\"\"1\","));
	for (const char *c = line; *c; c++) {
		quoted ^= *c == '"';
		commas += *c == ',' && !quoted;
	}
	assert_int_equal(commas, STAT_COLUMNS); /* one behind each, the last too */
	free(text);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		STORY(a_frontend_sums_its_threads),
		STORY(a_server_shows_its_own),
		STORY(a_status_says_what_an_operator_asked_for),
		STORY(a_backend_counts_who_is_up),
		STORY(rows_come_frontend_servers_backend),
		STORY(csv_quotes_what_needs_it_and_has_all_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
