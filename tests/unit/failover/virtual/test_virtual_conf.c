/*
 * failover/virtual: Keepalived's LVS blocks into struct virtual_conf. What Keepalived 2.2.7
 * complains of is a warning here too (compared with `keepalived -t`), what relais does not serve is
 * named. The rows stand in virtual_server_conf.c, real_conf.c, checker_conf.c, url_conf.c,
 * virtual_group_conf.c, virtual_times_conf.c (with virtual_address_conf.c); virtual_finish.c
 * settles what they come to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "failover/conf/failover_conf.h"
#include "failover/virtual/virtual_conf.h"

struct reading {
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	const struct virtual_conf *conf;
};

static void read_text(struct reading *r, const char *text)
{
	static const char *const path = "k.conf";
	const struct failover_conf_options options = {.config_id = "lb1"};

	conf_files_init(&r->files);
	conf_diags_init(&r->diags);
	arena_init(&r->arena, 0);
	conf_files_put(&r->files, path, slice_of(text));
	r->conf = failover_conf_parse(&r->files, &path, 1, &r->arena, &r->diags, &options)
			  ->virtual_servers;
}

/* The lines within a virtual_server that is good by itself. */
static void read_within(struct reading *r, const char *lines)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "virtual_server 192.0.2.10 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n%s\n"
		 "real_server 192.0.2.31 80 {\n}\n}\n",
		 lines);
	read_text(r, text);
}

static void read_checker(struct reading *r, const char *lines)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "virtual_server 192.0.2.10 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n"
		 "real_server 192.0.2.31 80 {\n%s\n}\n}\n",
		 lines);
	read_text(r, text);
}

static void finish(struct reading *r)
{
	arena_fini(&r->arena);
	conf_diags_fini(&r->diags);
	conf_files_fini(&r->files);
}

static bool says(const struct reading *r, unsigned line, const char *text)
{
	for (const struct conf_diag *d = r->diags.first; d; d = d->next)
		if (d->severity != CONF_NOTE && (line == 0 || d->place.line == line) &&
		    strstr(d->text, text))
			return true;
	conf_diags_print(&r->diags, stdout, true);
	return false;
}

static void assert_addr(const struct addr *a, const char *expected)
{
	char text[ADDR_TEXT_MAX];

	assert_string_equal(addr_text(a, text), expected);
}

static void a_virtual_server_is_read_in_full(void **state)
{
	struct reading r;
	const struct virtual_server_conf *v;
	const struct virtual_real_conf *s;

	(void)state;
	read_text(&r, "global_defs {\n script_user root\n enable_script_security\n lvs_timeouts "
		      "tcp 60 tcpfin 5 udp 9\n}\n"
		      "virtual_server 192.0.2.10 443 {\n delay_loop 6\n lb_algo wrr\n lb_kind NAT\n"
		      " persistence_timeout 50\n persistence_granularity 255.255.255.0\n"
		      " protocol TCP\n quorum 3\n hysteresis 1\n quorum_up \"/bin/echo a b\"\n"
		      " quorum_down /bin/true\n sorry_server 192.0.2.50 8080\n"
		      " real_server 192.0.2.31 443 {\n weight 2\n uthreshold 100\n"
		      " notify_down /bin/false\n TCP_CHECK {\n connect_timeout 2.5\n"
		      " connect_port 8443\n }\n }\n"
		      " real_server 192.0.2.32 443 {\n weight 4\n delay_loop 1\n }\n}\n");
	assert_int_equal(r.diags.n_warnings, 1);
	assert_true(says(&r, 6, "virtual servers are proxied"));
	assert_int_equal(r.conf->tcp_us, 60000000);
	assert_int_equal(r.conf->tcp_fin_us, 5000000);
	v = r.conf->servers;
	assert_true(v->served);
	assert_addr(&v->addresses->first, "192.0.2.10:443");
	assert_string_equal(v->scheduler, "wrr");
	assert_int_equal(v->method, VIRTUAL_NAT);
	assert_int_equal(v->persistence_us, 50000000);
	assert_int_equal(v->persistence_bits, 24);
	assert_int_equal(v->quorum, 3);
	assert_int_equal(v->hysteresis, 1);
	assert_string_equal(v->quorum_up.argv[2], "b");
	assert_addr(&v->sorry->addr, "192.0.2.50:8080");
	s = v->reals;
	assert_int_equal(s->weight, 2);
	assert_int_equal(s->uthreshold, 100);
	assert_string_equal(s->notify_down.argv[0], "/bin/false");
	assert_null(s->notify_up.argv);
	assert_int_equal(s->checkers->kind, VIRTUAL_TCP_CHECK);
	assert_int_equal(s->checkers->times.connect_timeout_us, 2500000);
	assert_int_equal(s->checkers->times.delay_loop_us, 6000000);
	assert_int_equal(s->checkers->connect_port, 8443);
	assert_int_equal(s->next->times.delay_loop_us, 1000000);
	assert_null(s->next->checkers);
	finish(&r);
}

static void a_checker_takes_what_it_does_not_say_from_above(void **state)
{
	struct reading r;
	const struct virtual_checker_conf *c;

	(void)state;
	read_text(&r, "virtual_server 192.0.2.10 80 {\n lvs_sched rr\n lvs_method NAT\n"
		      " protocol TCP\n delay_loop 5\n retry 7\n virtualhost vs\n alpha\n"
		      " real_server 192.0.2.31 80 {\n retry 2\n virtualhost rs\n alpha off\n"
		      " HTTP_GET {\n delay_before_retry 0.5\n url {\n path /a\n }\n }\n"
		      " MISC_CHECK {\n retry 1\n misc_path /bin/true\n user root\n }\n }\n}\n");
	c = r.conf->servers->reals->checkers;
	assert_int_equal(c->times.delay_loop_us, 5000000);
	assert_int_equal(c->times.retry, 2);
	assert_int_equal(c->times.delay_before_retry_us, 500000);
	assert_int_equal(c->times.connect_timeout_us, VIRTUAL_UNSET);
	assert_int_equal(c->times.alpha, 0);
	assert_string_equal(c->times.host, "rs");
	assert_int_equal(c->next->times.retry, 1);
	assert_int_equal(c->next->script.uid, 0);
	finish(&r);
}

static void pages_say_what_a_good_answer_is(void **state)
{
	struct reading r;
	const struct virtual_url_conf *u;

	(void)state;
	read_checker(&r, "SSL_GET {\nenable_sni\nhttp_protocol 1.1\nurl {\npath /a\n"
			 "status_code 200-299 401 503-504\n"
			 "digest 640205B7b0fc66c1ea91c463fac6334d\n}\n"
			 "url {\npath /b\nregex a(b\n}\n"
			 "url {\npath /c\nregex \"x y\"\nregex_no_match\nregex_min_offset 2\n"
			 "regex_max_offset 9\nregex_options caseless utf foo\n}\n}");
	u = r.conf->servers->reals->checkers->urls;
	assert_int_equal(u->n_status, 3);
	assert_int_equal(u->status[0].to, 299);
	assert_int_equal(u->status[1].from, 401);
	assert_int_equal(u->status[1].to, 401);
	assert_string_equal(u->digest, "640205b7b0fc66c1ea91c463fac6334d");
	assert_true(says(&r, 0, "the page is checked without it"));
	assert_null(u->next->regex);
	assert_string_equal(u->next->next->regex, "(*UTF)\\A(?s:.{2,9}?)(?:(?i)x y)");
	assert_true(u->next->next->regex_no_match);
	assert_true(says(&r, 0, "the option 'foo' of a regex is not used"));
	finish(&r);
}

static void groups_have_addresses_and_ranges(void **state)
{
	static const struct {
		const char *entry, *first;
		unsigned n;
	} rows[] = {
		{"192.0.2.10 80", "192.0.2.10:80", 1},
		{"192.0.2.10-12 80", "192.0.2.10:80", 3},
		{"192.0.2.250-192.0.3.10 80", "192.0.2.250:80", 17},
		{"192.0.2.8/29 80", "192.0.2.8:80", 8},
		{"2001:db8::a-1f 80", "[2001:db8::a]:80", 22},
		{"2001:db8::a-2001:db8::c 80", "[2001:db8::a]:80", 3},
		{"2001:db8::/120 80", "[2001:db8::]:80", 256},
		{"192.0.2.10-9 80", NULL, 0},
		{"192.0.2.9/29 80", NULL, 0},
		{"192.0.2.0/8 80", NULL, 0},
		{"x 80", NULL, 0},
		{"192.0.2.10 http", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];
		struct reading r;

		snprintf(text, sizeof(text), "virtual_server_group g {\n%s\n}\n", rows[i].entry);
		read_text(&r, text);
		if (rows[i].first) {
			assert_int_equal(r.diags.n_warnings, 0);
			assert_addr(&r.conf->groups->addresses->first, rows[i].first);
			assert_int_equal(r.conf->groups->addresses->n, rows[i].n);
		} else {
			assert_true(says(&r, 2, "left out"));
			assert_true(says(&r, 1, "has no entries"));
			assert_null(r.conf->groups);
		}
		finish(&r);
	}
}

static void contradictions_are_settled_as_keepalived_does(void **state)
{
	static const struct {
		const char *lines, *said;
	} rows[] = {
		{"lb_algo bogus", "'bogus' is no scheduler"},
		{"lb_kind FOO", "none of NAT, DR, TUN"},
		{"lb_kind TUN type gue", "need a port"},
		{"protocol FOO", "none of TCP, UDP, SCTP"},
		{"persistence_timeout 0", "not a number from 1"},
		{"quorum 2", "its quorum of 2 is more"},
		{"quorum 0", "not a number from 1"},
		{"hysteresis 1", "hysteresis 1 is not less than the quorum 1: 0 is taken"},
		{"connect_timeout 0", "not a time"},
		{"retry 0", "not a number"},
		{"delay_loop x", "not a time"},
		{"sorry_server host 80", "no IP address"},
		{"sorry_server_inhibit", "before a sorry_server"},
		{"sh-port", "does not belong to this scheduler"},
		{"nat_mask 255.255.255.0", "unknown keyword 'nat_mask'"},
		{"nb_get_retry 3", "unknown keyword 'nb_get_retry'"},
		{"ip_family inet6", "not the family"},
		{"smtp_alert maybe", "neither on nor off"},
		{"real_server 192.0.2.31 80 {\n}", "is there already"},
		{"real_server 2001:db8::1 80 {\n}", "not of its virtual server's address family"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reading r;

		read_within(&r, rows[i].lines);
		assert_int_equal(r.diags.n_errors, 0);
		assert_true(says(&r, 0, rows[i].said));
		assert_true(r.conf->servers->served);
		assert_int_equal(r.conf->servers->quorum, 1);
		assert_int_equal(r.conf->servers->hysteresis, 0);
		finish(&r);
	}
}

static void what_is_not_served_is_named(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{"virtual_server 192.0.2.1 80 {\nprotocol UDP\nlvs_sched rr\nlvs_method NAT\n"
		 "real_server 192.0.2.2 80 {\n}\n}\n",
		 "protocol UDP is not served"},
		{"virtual_server 192.0.2.1 53 {\nprotocol UDP\nlvs_sched rr\nlvs_method NAT\n"
		 "real_server 192.0.2.2 53 {\nDNS_CHECK {\ntype A\n}\n}\n}\n",
		 "left out, and its DNS_CHECK with it"},
		{"virtual_server 192.0.2.1 80 {\nlvs_sched rr\nlvs_method NAT\n"
		 "real_server 192.0.2.2 80 {\n}\n}\n",
		 "taken as UDP, as Keepalived does"},
		{"virtual_server fwmark 3 {\nlvs_sched rr\nlvs_method NAT\n"
		 "real_server 192.0.2.2 80 {\n}\n}\n",
		 "a fwmark is not served"},
		{"virtual_server 192.0.2.1 {\nprotocol TCP\nlvs_sched rr\nlvs_method NAT\n"
		 "persistence_timeout\nreal_server 192.0.2.2 80 {\n}\n}\n",
		 "without a port is not served"},
		{"virtual_server group nobody {\nreal_server 192.0.2.2 80 {\n}\n}\n",
		 "no virtual_server_group 'nobody'"},
		{"virtual_server 192.0.2.1 80 {\nprotocol TCP\n}\n", "has no real servers"},
		{"virtual_server 192.0.2.1 http {\n}\n", "is left out"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reading r;

		read_text(&r, rows[i].text);
		assert_int_equal(r.diags.n_errors, 0);
		assert_true(says(&r, 0, rows[i].said));
		assert_true(!r.conf->servers || !r.conf->servers->served);
		finish(&r);
	}
}

static void mistakes_in_checkers_are_named(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{"DNS_CHECK {\ntype FOO\n}", "no type that DNS_CHECK knows"},
		{"UDP_CHECK {\npayload zz\n}", "no hexadecimal digits"},
		{"FILE_CHECK {\ntrack_file f\n}", "there is no track_file 'f'"},
		{"FILE_CHECK {\n}", "does not say what it looks at"},
		{"BFD_CHECK {\nname b\n}", "there is no bfd_instance 'b'"},
		{"TCP_CHECK {\nfwmark 3\n}", "'fwmark' of TCP_CHECK is without effect"},
		{"HTTP_GET {\n}", "has no url"},
		{"HTTP_GET {\nurl {\nstatus_code 200\n}\n}", "has no path"},
		{"HTTP_GET {\nurl {\npath /\nstatus_code 99\n}\n}", "'99' is no status"},
		{"HTTP_GET {\nurl {\npath /\ndigest 12\n}\n}", "'12' is no digest"},
		{"MISC_CHECK {\n}", "has no misc_path"},
		{"MISC_CHECK {\nmisc_path /nowhere/x\nuser root\n}", "not there or not executable"},
		{"MISC_CHECK {\nconnect_ip 192.0.2.1\n}", "unknown keyword 'connect_ip'"},
		{"FOO_CHECK {\n}", "unknown keyword 'FOO_CHECK'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reading r;

		read_checker(&r, rows[i].text);
		assert_int_equal(r.diags.n_errors, 0);
		assert_true(says(&r, 0, rows[i].said));
		assert_true(r.conf->servers->served);
		finish(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_virtual_server_is_read_in_full),
		cmocka_unit_test(a_checker_takes_what_it_does_not_say_from_above),
		cmocka_unit_test(pages_say_what_a_good_answer_is),
		cmocka_unit_test(groups_have_addresses_and_ranges),
		cmocka_unit_test(contradictions_are_settled_as_keepalived_does),
		cmocka_unit_test(what_is_not_served_is_named),
		cmocka_unit_test(mistakes_in_checkers_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
