/*
 * failover/virtual/virtual_text.h: virtual servers as sections of the balancer's grammar
 * (virtual_text.c, virtual_check_text.c, virtual_probe_text.c, virtual_writer.c), and each line's
 * place in keepalived.conf. That the balancer takes the text, tests/unit/main/test_config_virtual.c
 * shows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "failover/conf/failover_conf.h"
#include "failover/virtual/virtual_text.h"
#include "failover/virtual/virtual_writer.h"

struct writing {
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	struct virtual_text out;
	bool any;
};

static void write_text(struct writing *w, const char *text)
{
	static const char *const path = "k.conf";
	const struct failover_conf_options options = {.config_id = "lb1"};
	const struct failover_conf *conf;

	conf_files_init(&w->files);
	conf_diags_init(&w->diags);
	arena_init(&w->arena, 0);
	conf_files_put(&w->files, path, slice_of(text));
	conf = failover_conf_parse(&w->files, &path, 1, &w->arena, &w->diags, &options);
	conf->virtual_servers->probe = "/usr/libexec/relais/relais-probe";
	w->any = virtual_text_write(conf->virtual_servers, false, &w->arena, &w->diags, &w->out);
}

/* A virtual_server with these lines, and two real servers with those. */
static void write_pair(struct writing *w, const char *lines, const char *first, const char *second)
{
	char text[8192];

	snprintf(text, sizeof(text),
		 "global_defs {\nscript_user root\n}\n"
		 "virtual_server 192.0.2.10 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n%s\n"
		 "real_server 192.0.2.31 8080 {\n%s\n}\nreal_server 192.0.2.32 8080 {\n%s\n}\n}\n",
		 lines, first, second);
	write_text(w, text);
}

static void finish(struct writing *w)
{
	arena_fini(&w->arena);
	conf_diags_fini(&w->diags);
	conf_files_fini(&w->files);
}

/* Whether the text has this whole line, behind its indentation. */
static bool has(const struct writing *w, const char *line)
{
	struct slice rest = w->out.text;

	while (rest.len > 0) {
		struct slice one = slice_trim(slice_cut(&rest, '\n'));

		if (slice_eq_str(one, line))
			return true;
	}
	printf("no line '%s' in\n%.*s", line, (int)w->out.text.len, w->out.text.ptr);
	return false;
}

static void nothing_is_written_where_nothing_is_served(void **state)
{
	struct writing w;

	(void)state;
	write_text(&w, "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n}\n"
		       "virtual_server fwmark 3 {\n real_server 192.0.2.1 80 {\n }\n}\n");
	assert_false(w.any);
	finish(&w);
}

static void one_checker_for_all_stands_in_the_listen_section(void **state)
{
	struct writing w;

	(void)state;
	write_pair(&w, "delay_loop 3\nsorry_server 192.0.2.50 80",
		   "TCP_CHECK {\nconnect_timeout 2\nretry 2\ndelay_before_retry 0.5\n}",
		   "TCP_CHECK {\nconnect_timeout 2\n}");
	assert_true(w.any);
	assert_true(has(&w, "listen virtual-192.0.2.10:80 from virtual-defaults"));
	assert_true(has(&w, "bind 192.0.2.10:80"));
	assert_true(has(&w, "balance roundrobin"));
	assert_true(has(&w, "timeout check 2s"));
	assert_true(has(&w, "server 192.0.2.31:8080 192.0.2.31:8080 check inter 3s fastinter 500ms "
			    "rise 1 fall 3"));
	assert_true(has(&w, "server 192.0.2.32:8080 192.0.2.32:8080 check inter 3s fastinter 1s "
			    "rise 1 fall 2"));
	assert_true(has(&w, "server sorry-192.0.2.50:80 192.0.2.50:80 backup"));
	finish(&w);
}

static void probes_are_runs_of_relais_probe(void **state)
{
	char own[64], line[512];
	struct writing w;

	(void)state;
	snprintf(own, sizeof(own), "option script-check %u:%u ", geteuid(), getegid());
	write_pair(&w, "delay_loop 7",
		   "PING_CHECK {\nretry 2\nconnect_timeout 0.5\nconnect_ip 192.0.2.99\nfwmark 7\n}",
		   "DNS_CHECK {\n}\nUDP_CHECK {\npayload Ab 1\nrequire_reply 4x\nbindto 192.0.2.7\n"
		   "bind_port 99\nmin_reply_length 2\nconnect_port 53\n}");
	snprintf(line, sizeof(line),
		 "%s'/usr/libexec/relais/relais-probe ping --to 192.0.2.99 --timeout 500 --mark 7' "
		 "timeout 2500ms",
		 own);
	assert_true(has(&w, line));
	assert_true(
		has(&w, "server real 192.0.2.31:8080 check inter 7s fastinter 1s rise 1 fall 3"));
	snprintf(line, sizeof(line),
		 "%s'/usr/libexec/relais/relais-probe dns --to 192.0.2.32 --port 8080 --timeout "
		 "5000 "
		 "--type SOA --name .' timeout 7000ms",
		 own);
	assert_true(has(&w, line));
	/* Three more tries, a delay_loop apart. */
	assert_true(
		has(&w, "server real 192.0.2.32:8080 check inter 7s fastinter 7s rise 1 fall 4"));
	snprintf(line, sizeof(line),
		 "%s'/usr/libexec/relais/relais-probe udp --to 192.0.2.32 --port 53 --timeout 5000 "
		 "--from 192.0.2.7 --from-port 99 --payload '\\''Ab 1'\\'' --reply 4x --least 2 "
		 "--most 255' "
		 "timeout 7000ms",
		 own);
	assert_true(has(&w, line));
	finish(&w);
}

static void checks_present_themselves_as_keepalived_s_do(void **state)
{
	struct writing w;

	(void)state;
	write_pair(&w, "", "HTTP_GET {\nconnect_port 80\nurl {\npath /\n}\n}",
		   "SMTP_CHECK {\n}\nSSL_GET {\nurl {\npath /\n}\n}");
	assert_true(has(&w,
			"http-check send meth GET uri / ver HTTP/1.0 hdr Host 192.0.2.31:80 hdr "
			"User-Agent KeepAliveClient"));
	assert_true(has(&w,
			"http-check send meth GET uri / ver HTTP/1.0 hdr Host 192.0.2.32:8080 hdr "
			"User-Agent KeepAliveClient"));
	assert_true(has(&w, "option smtpchk HELO smtpchecker.keepalived.org"));
	finish(&w);
}

static void what_failover_sees_is_looked_at(void **state)
{
	struct writing w;

	(void)state;
	write_text(&w,
		   "track_file f {\nfile /tmp/f\nweight 3 reverse\n}\n"
		   "bfd_instance b {\nneighbor_ip 192.0.2.31\nchecker\n}\n"
		   "virtual_server 192.0.2.10 80 {\nlvs_sched wrr\nlvs_method NAT\nprotocol TCP\n"
		   "real_server 192.0.2.31 80 {\nBFD_CHECK {\nname b\n}\nFILE_CHECK {\ntrack_file "
		   "f\n}\n}\n"
		   "real_server 192.0.2.32 80 {\nFILE_CHECK {\ntrack_file f\nweight 0\n}\n}\n}\n");
	assert_true(has(&w, "option failover-check bfd b"));
	assert_true(has(&w, "option failover-check file f weight 3 reverse"));
	assert_true(has(&w, "option failover-check file f weight 0"));
	assert_true(has(&w, "server real 192.0.2.32:80 check inter 100ms rise 1 fall 1"));
	finish(&w);
}

static void different_checkers_have_backends_that_are_tracked(void **state)
{
	struct writing w;

	(void)state;
	write_pair(&w, "virtualhost www.example.com",
		   "TCP_CHECK {\n}\nHTTP_GET {\nurl {\npath /\n}\n}",
		   "TCP_CHECK {\nbindto 192.0.2.7\nalpha\n}");
	assert_true(has(&w, "backend check-virtual-192.0.2.10:80-192.0.2.31:8080-1 from "
			    "virtual-defaults"));
	assert_true(has(&w, "http-check send meth GET uri / ver HTTP/1.0 hdr Host www.example.com "
			    "hdr User-Agent KeepAliveClient"));
	assert_true(has(&w, "http-check expect status 200-299"));
	assert_true(has(&w,
			"server real 192.0.2.32:8080 check inter 60s fastinter 1s rise 1 fall 2 "
			"init-state down source 192.0.2.7:0"));
	assert_true(has(&w, "server 192.0.2.31:8080 192.0.2.31:8080 track "
			    "check-virtual-192.0.2.10:80-192.0.2.31:8080-1/real,"
			    "check-virtual-192.0.2.10:80-192.0.2.31:8080-2/real"));
	assert_true(has(&w, "server 192.0.2.32:8080 192.0.2.32:8080 init-state down track "
			    "check-virtual-192.0.2.10:80-192.0.2.32:8080-1/real"));
	finish(&w);
}

static void pages_are_steps(void **state)
{
	struct writing w;
	static const char checker[] =
		"SSL_GET {\nenable_sni\nvirtualhost h.example\nurl {\npath \"/a b\"\n"
		"digest 640205b7b0fc66c1ea91c463fac6334d\n}\nurl {\npath /c\nvirtualhost it's\n"
		"status_code 200 301-302\nregex \"it's\"\nregex_no_match\n}\n}";

	(void)state;
	write_pair(&w, "", checker, checker);
	assert_true(has(&w, "option httpchk"));
	assert_true(has(&w, "http-check connect ssl sni h.example"));
	assert_true(has(&w, "http-check send meth GET uri '/a b' ver HTTP/1.0 hdr Host h.example "
			    "hdr User-Agent KeepAliveClient"));
	assert_true(has(&w, "http-check expect md5 640205b7b0fc66c1ea91c463fac6334d"));
	assert_true(has(&w, "http-check connect ssl sni 'it'\\''s'"));
	assert_true(has(&w, "http-check expect status 200-200,301-302"));
	assert_true(has(&w, "http-check expect ! rstring 'it'\\''s'"));
	finish(&w);
}

static void schedulers_have_their_nearest(void **state)
{
	static const struct {
		const char *name, *balance;
		bool warned;
	} rows[] = {
		{"rr", "balance roundrobin", false}, {"wlc", "balance leastconn", false},
		{"nq", "balance leastconn", false},  {"sh", "balance source", false},
		{"mh", "balance source", true},	     {"lblcr", "balance leastconn", true},
		{"fo", "balance first", false},	     {"twos", "balance random(2)", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[64];
		struct writing w;

		snprintf(line, sizeof(line), "lvs_sched %s", rows[i].name);
		write_pair(&w, line, "weight 2", "weight 5");
		assert_true(has(&w, rows[i].balance));
		assert_int_equal(w.diags.n_warnings, rows[i].warned ? 2 : 1);
		if (strcmp(rows[i].name, "rr") == 0)
			assert_true(has(&w, "server 192.0.2.31:8080 192.0.2.31:8080"));
		else
			assert_true(has(&w, "server 192.0.2.31:8080 192.0.2.31:8080 weight 2"));
		if (strcmp(rows[i].name, "fo") == 0) /* the heaviest first */
			assert_true(strstr(w.out.text.ptr, "192.0.2.32:8080") <
				    strstr(w.out.text.ptr, "192.0.2.31:8080"));
		finish(&w);
	}
}

static void great_weights_are_scaled(void **state)
{
	struct writing w;

	(void)state;
	write_pair(&w, "lvs_sched wrr", "weight 65536", "weight 3");
	assert_true(has(&w, "server 192.0.2.31:8080 192.0.2.31:8080 weight 256"));
	assert_true(has(&w, "server 192.0.2.32:8080 192.0.2.32:8080"));
	finish(&w);
	write_pair(&w, "lvs_sched ovf", "weight 10", "weight 3\nuthreshold 2");
	assert_true(has(&w, "server 192.0.2.31:8080 192.0.2.31:8080 weight 10 maxconn 10"));
	assert_true(has(&w, "server 192.0.2.32:8080 192.0.2.32:8080 weight 3 maxconn 2"));
	finish(&w);
}

static void quorums_and_scripts_are_relais_own_words(void **state)
{
	struct writing w;

	(void)state;
	write_pair(&w, "omega\nquorum 5\nhysteresis 2\nquorum_up \"/bin/echo up\"",
		   "weight 4\nnotify_down /bin/false\nMISC_CHECK {\nmisc_path \"/bin/true x\"\n"
		   "user root\nmisc_timeout 2\nmisc_dynamic\n}",
		   "weight 3");
	assert_true(has(&w, "quorum 5 hysteresis 2"));
	assert_true(has(&w, "notify-at-stop"));
	assert_true(has(&w, "quorum-up 0:0 '/bin/echo up'"));
	assert_true(has(&w, "option script-check 0:0 '/bin/true x' timeout 2s dynamic"));
	assert_true(has(&w,
			"server 192.0.2.31:8080 192.0.2.31:8080 quorum-weight 4 notify-down 0:0 "
			"/bin/false check inter 60s fastinter 1s rise 1 fall 1"));
	assert_true(has(&w, "server 192.0.2.32:8080 192.0.2.32:8080 quorum-weight 3"));
	finish(&w);
}

static void persistence_is_a_stick_table(void **state)
{
	struct writing w;

	(void)state;
	write_pair(&w, "persistence_timeout", "", "");
	assert_true(has(&w, "stick-table type ip size 1m expire 360s"));
	assert_true(has(&w, "stick on src"));
	finish(&w);
	write_pair(&w, "persistence_timeout 5\npersistence_granularity 255.255.0.0", "", "");
	assert_true(has(&w, "stick-table type ip size 1m expire 5s"));
	assert_true(has(&w, "stick on src,ipmask(16)"));
	finish(&w);
}

static void groups_listen_on_all_their_addresses(void **state)
{
	struct writing w;

	(void)state;
	write_text(&w,
		   "virtual_server_group the/web {\n192.0.2.254-192.0.3.1 80\nfwmark 7\n"
		   "192.0.2.9 443\n}\n"
		   "virtual_server group the/web {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n"
		   "real_server 192.0.2.31 {\n}\n}\n"
		   "virtual_server 2001:db8::1 80 {\nlvs_sched rr\nlvs_method NAT\n"
		   "protocol TCP\nreal_server 2001:db8::31 {\n}\n}\n");
	assert_true(has(&w, "listen virtual-group_the_web from virtual-defaults"));
	assert_true(has(&w, "bind 192.0.2.254:80"));
	assert_true(has(&w, "bind 192.0.3.1:80"));
	assert_true(has(&w, "bind 192.0.2.9:443"));
	assert_true(has(&w, "server 192.0.2.31 192.0.2.31"));
	assert_true(has(&w, "listen virtual-2001:db8::1:80 from virtual-defaults"));
	assert_true(has(&w, "bind [2001:db8::1]:80"));
	assert_true(has(&w, "server 2001:db8::31:80 [2001:db8::31]:80"));
	finish(&w);
}

static void each_line_knows_where_it_comes_from(void **state)
{
	struct writing w;
	struct slice rest;
	bool found = false;

	(void)state;
	write_pair(&w, "", "TCP_CHECK {\n}", "TCP_CHECK {\n}");
	rest = w.out.text;
	for (unsigned i = 0; i < w.out.n_lines; i++) {
		struct slice line = slice_trim(slice_cut(&rest, '\n'));

		assert_string_equal(w.out.places[i].file, "k.conf");
		assert_true(w.out.places[i].line > 0);
		if (slice_starts(line, SLICE("server 192.0.2.32:8080"))) {
			assert_int_equal(w.out.places[i].line, 13);
			found = true;
		}
	}
	assert_true(found);
	assert_int_equal(rest.len, 0);
	finish(&w);
}

static void words_are_quoted_where_needed(void **state)
{
	static const struct {
		const char *text, *word;
	} rows[] = {
		{"plain-1.2", "plain-1.2"}, {"", "''"},		  {"a b", "'a b'"},
		{"it's", "'it'\\''s'"},	    {"'", "\\'"},	  {"a\nb", "'a'\\x0a'b'"},
		{"$HOME", "'$HOME'"},	    {"a\\.b", "'a\\.b'"}, {"\"#", "'\"#'"},
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(virtual_word(&arena, rows[i].text), rows[i].word);
	assert_string_equal(virtual_time(&arena, 0), "1ms");
	assert_string_equal(virtual_time(&arena, 1500000), "1500ms");
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_written_where_nothing_is_served),
		cmocka_unit_test(one_checker_for_all_stands_in_the_listen_section),
		cmocka_unit_test(probes_are_runs_of_relais_probe),
		cmocka_unit_test(checks_present_themselves_as_keepalived_s_do),
		cmocka_unit_test(what_failover_sees_is_looked_at),
		cmocka_unit_test(different_checkers_have_backends_that_are_tracked),
		cmocka_unit_test(pages_are_steps),
		cmocka_unit_test(schedulers_have_their_nearest),
		cmocka_unit_test(great_weights_are_scaled),
		cmocka_unit_test(quorums_and_scripts_are_relais_own_words),
		cmocka_unit_test(persistence_is_a_stick_table),
		cmocka_unit_test(groups_listen_on_all_their_addresses),
		cmocka_unit_test(each_line_knows_where_it_comes_from),
		cmocka_unit_test(words_are_quoted_where_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
