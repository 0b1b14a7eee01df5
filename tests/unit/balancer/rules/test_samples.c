/*
 * Samples, converters and conditions on one request. What is expected was compared with HAProxy
 * 2.6, row by row. Covers balancer/rules/sample.c, sample_value.c, sample_header.c, sample_http.c,
 * sample_auth.c, sample_conn.c, sample_const.c, sample_proxy.c, sample_payload.c,
 * converter_text.c, converter_code.c, converter_number.c, converter_date.c, converter_map.c,
 * match.c, acl.c, vars.c, substitute.c, build.c.
 */
#include "balancer/rules/rules_conf.h"
#include "rules_room.h"

static const struct {
	const char *expr, *value; /* NULL: nothing is found */
} exprs[] = {
	{"path", "/b/c/d.png"},
	{"pathq", "/b/c/d.png?x=1&y=a%20b+c&z=&x=2"},
	{"query", "x=1&y=a%20b+c&z=&x=2"},
	{"url", "/b/c/d.png?x=1&y=a%20b+c&z=&x=2"},
	{"base", "Www.Example.org:8080/b/c/d.png"},
	{"method", "GET"},
	{"req.ver", "1.1"},
	{"hdr(host)", "Www.Example.org:8080"},
	{"req.hdr(x-list)", "f"},
	{"req.hdr(x-list,1)", "a"},
	{"req.hdr(x-list,3)", "\"c,d\""},
	{"req.hdr(x-list,-2)", "e"},
	{"req.hdr(x-list,9)", NULL},
	{"req.hdr(x-list,-9)", NULL},
	{"req.fhdr(x-list,1)", "a, b ,\"c,d\",e"},
	{"req.hdr_cnt(x-list)", "5"},
	{"hdr_cnt(nope)", "0"},
	{"req.fhdr_cnt(x-list)", "2"},
	{"hdr_val(x-num)", "42"},
	{"hdr_ip(x-ip,1)", "10.1.2.3"},
	{"hdr_ip(x-ip)", "2001:db8::5"},
	{"req.hdr_names(;),field(1,;,9)",
	 "host;x-list;x-list;x-empty;cookie;cookie;x-num;x-ip;user-agent"},
	{"req.cook(a)", "9"},
	{"req.cook(b)", "\"two\""},
	{"cook(zz)", NULL},
	{"cook_cnt(a)", "2"},
	{"cook_val(c)", "3"},
	{"urlp(x)", "1"},
	{"urlp(z)", ""},
	{"urlp(nope)", NULL},
	{"urlp(y),url_dec", "a b+c"},
	{"urlp(y),url_dec(1)", "a b c"},
	{"src", "127.0.0.1"},
	{"dst", "192.0.2.80"},
	{"dst_port", "8080"},
	{"src,ipmask(8)", "127.0.0.0"},
	{"src,hex", "7F000001"},
	{"src,bytes(0,1),hex", "7F"},
	{"int(255),hex", "00000000000000FF"},
	{"str(abc),upper", "ABC"},
	{"str(\"a_b,c),d\")", "a_b,c),d"},
	{"str(f1_f2_f3__f5),field(5,_)", "f5"},
	{"str(f1_f2_f3__f5),field(2,_,0)", "f2_f3__f5"},
	{"str(f1_f2_f3__f5),field(-2,_,3)", "f2_f3_"},
	{"str(f1_f2_f3__f5),field(-3,_,0)", "f1_f2_f3"},
	{"str(f1_f2_f3__f5),field(9,_)", NULL},
	{"str(f1_f2_f3__f5),word(3,_,2)", "f3__f5"},
	{"str(f1_f2_f3__f5),word(-2,_,3)", "f1_f2_f3"},
	{"str(/f1/f2/f3/f4),word(1,/)", "f1"},
	{"str(/f1/f2/f3/f4),word(9,/)", NULL},
	{"str(aXbXc),regsub(X,-)", "a-bXc"},
	{"str(aXbXc),regsub(x,-,gi)", "a-b-c"},
	{"path,regsub(\"(b)/(c)\",\"\\2\\1\")", "/cb/d.png"},
	{"str(abc),concat(-,txn.str,+)", "abc-hello+"},
	{"str(abc),add_item(\",\",txn.str)", "abc,hello"},
	{"str(),add_item(\",\",txn.str)", "hello"},
	{"bool(true),iif(yes,no)", "yes"},
	{"int(7),div(2)", "3"},
	{"int(7),div(0)", "9223372036854775807"},
	{"int(-7),mod(3)", "-1"},
	{"int(7),and(3),or(8),xor(2)", "9"},
	{"int(7),cpl,neg", "8"},
	{"int(7),odd", "1"},
	{"int(5),add(txn.int)", "12"},
	{"int(9223372036854775807),add(1)", "9223372036854775807"},
	{"str(5x),add(1)", "6"},
	{"str(x),add(1)", "1"},
	{"str(ff),hex2i", "255"},
	{"str(a),base64", "YQ=="},
	{"str(YWJj),b64dec", "abc"},
	{"str(a>?),ub64enc,ub64dec", "a>?"},
	{"str(abc),crc32", "891568578"},
	{"str(a b&c/d?e=f),url_enc", "a%20b%26c%2Fd%3Fe%3Df"},
	{"str(a%2),url_dec", NULL},
	{"hdr(host),host_only", "www.example.org"},
	{"hdr(host),port_only", "8080"},
	{"str(foo),port_only", "0"},
	{"str(a\\\"b),json", "a\\\"b"},
	{"int(1795340313),http_date(60)", "Sun, 22 Nov 2026 09:39:33 GMT"},
	{"int(1795340313023),http_date(0,ms)", "Sun, 22 Nov 2026 09:38:33.23 GMT"},
	{"int(1795340313),utime(%Y-%m-%d)", "2026-11-22"},
	{"date", "1795340313"},
	{"date_us", "954511"},
	{"date(0,ms)", "1795340313954"},
	{"str(hellp),strcmp(txn.str)", "1"},
	{"str(api.example.org),map(hosts.map)", "api"},
	{"hdr(host),host_only,map(hosts.map)", "site one"},
	{"path,map(hosts.map)", NULL},
	{"path,map(hosts.map,none)", "none"},
	{"hdr_ip(x-ip,1),map_ip(nets.map)", "inside"},
	{"src,map_ip(nets.map,out)", "out"},
	{"str(/b/x/d),map_regm(paths.map)", "got-x"},
	{"var(txn.str)", "hello"},
	{"var(txn.nope)", NULL},
	{"var(txn.nope,dd)", "dd"},
	{"bin(4142),hex", "4142"},
	{"ipv6(2001:db8::1)", "2001:db8::1"},
	{"fe_name", "f"},
	{"ssl_fc", "0"},
	{"http_first_req", "1"},
	{"req.body_size", "0"},
};

static void every_sample_gives_its_value(void **state)
{
	char config[32768];
	struct rules_room r;
	struct text t;

	(void)state;
	text_init(&t, config, sizeof(config));
	text_str(&t, ROOM_DEFAULTS ROOM_FRONTEND " http-request set-var(txn.str) str(hello)\n "
						 "http-request set-var(txn.int) int(7)\n");
	for (size_t i = 0; i < sizeof(exprs) / sizeof(exprs[0]); i++)
		text_fmt(&t, " http-request set-header v%zu '<%%[%s]>'\n", i, exprs[i].expr);
	assert_false(t.cut);
	room_open(&r, config);
	room_request(&r, ROOM_REQUEST);
	assert_int_equal(room_run(&r, RULE_HTTP_REQUEST), RULE_CONTINUE);
	for (size_t i = 0; i < sizeof(exprs) / sizeof(exprs[0]); i++) {
		struct http_cursor at = {0};
		char name[16], want[128];

		snprintf(name, sizeof(name), "v%zu", i);
		snprintf(want, sizeof(want), "<%s>", exprs[i].value ? exprs[i].value : "");
		assert_true(http_message_find(&r.req, http_name_of(slice_of(name)), &at));
		if (!slice_eq_str(at.value, want))
			fail_msg("%s is %.*s, not %s", exprs[i].expr, (int)at.value.len,
				 at.value.ptr, want);
	}
	room_close(&r);
}

static const struct {
	const char *cond;
	bool holds;
} conds[] = {
	{"{ path /b/c/d.png }", true},
	{"{ path -i /B/C/D.PNG }", true},
	{"{ path /B/C/D.PNG }", false},
	{"{ path_beg /x /b }", true},
	{"{ path_end -i .PNG }", true},
	{"{ path_sub c/d }", true},
	{"{ path_dir b/c }", true},
	{"{ path_dir d }", false},
	{"{ path_dom png }", true},
	{"{ path_reg ^/b/.*[.]png$ }", true},
	{"{ path_reg -i ^/B/ }", true},
	{"{ path_len 10 }", true},
	{"{ path_len gt 10 }", false},
	{"{ url_dir d.png }", true},
	{"{ hdr(host) www.example.org:8080 }", false},
	{"{ hdr(host) -i www.example.org:8080 }", true},
	{"{ hdr_dom(host) -i example.org }", true},
	{"{ hdr_dom(host) -i exam }", false},
	{"{ hdr_beg(host) -i www. }", true},
	{"{ hdr_end(host) -i .org:8080 }", true},
	{"{ hdr(x-list) b }", true},
	{"{ hdr(x-list) f }", true},
	{"{ hdr(x-list,1) f }", false},
	{"{ hdr(x-empty) -m found }", true},
	{"{ hdr(nope) -m found }", false},
	{"{ hdr(x-empty) -m len 0 }", true},
	{"{ hdr_cnt(x-list) ge 5 }", true},
	{"{ hdr_val(x-num) 40:50 }", true},
	{"{ hdr_val(x-num) :41 }", false},
	{"{ hdr_val(x-num) lt 43 }", true},
	{"{ hdr_ip(x-ip) 2001:db8::/32 }", true},
	{"{ hdr_ip(x-ip) 10.0.0.0/8 }", true},
	{"{ hdr_ip(x-ip) 192.168.0.0/16 }", false},
	{"{ src 127.0.0.0/8 }", true},
	{"{ src 127/8 }", false},
	{"{ src 127.1 }", true},
	{"{ src 127.0.0.0/255.0.0.0 }", true},
	{"{ src ::ffff:127.0.0.1 }", true},
	{"{ src ::1 10.0.0.0/8 }", false},
	{"{ src 1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5 6.6.6.6 7.7.7.7 127.0.0.0/8 }", true},
	{"{ dst_port 1024:65535 }", true},
	{"{ method POST GET }", true},
	{"METH_GET", true},
	{"METH_POST", false},
	{"HTTP_1.1 LOCALHOST TRUE HTTP HTTP_URL_SLASH", true},
	{"HTTP_CONTENT or HTTP_URL_ABS or HTTP_URL_STAR or FALSE", false},
	{"METH_POST or METH_GET { path_beg /b }", true},
	{"METH_POST { path_beg /b } or METH_GET { path_beg /x }", false},
	{"METH_POST || METH_GET", true},
	{"!{ path_beg /b }", false},
	{"! { path_beg /x }", true},
	{"!METH_GET || !{ path_beg /x }", true},
	{"{ cook(a) 1 }", true},
	{"{ cook(a) 9 }", true},
	{"{ urlp(x) 2 }", true},
	{"{ urlp(x) 3 }", false},
	{"{ path,field(2,/) b }", true},
	{"{ path -f paths.lst }", false},
	{"{ path_beg -f paths.lst }", true},
	{"{ path_beg /q -f paths.lst }", false},
	{"{ path /1 /2 /3 /4 /5 /6 /7 /8 /b/c/d.png }", true},
	{"{ path -i /1 /2 /3 /4 /5 /6 /7 /8 /B/C/D.png }", true},
	{"{ hdr(host),host_only,map(hosts.map) -m found }", true},
	{"{ var(txn.int) -m int gt 6 }", true},
	{"{ var(txn.nope) -m found }", false},
	{"{ str(abc) -m bin 616263 }", true},
	{"{ int(5) eq 4 5 }", true},
	{"{ int(-5) lt 0 }", true},
	{"{ int(0) -m bool }", false},
	{"{ path -- -i }", false},
	{"{ src -m beg 127. }", true},
	{"{ hdr(user-agent) -m sub [a] }", true},
	{"{ hdr_beg(host) -m end 8080 }", true},
	{"never", false},
	{"here", true},
	{"here !never", true},
	{"twice", true},
};

static void every_condition_is_answered(void **state)
{
	char config[32768];
	struct rules_room r;
	struct text t;

	(void)state;
	text_init(&t, config, sizeof(config));
	text_str(&t, ROOM_DEFAULTS ROOM_FRONTEND " acl never path /never\n acl here path_beg /b\n"
						 " acl twice path /never\n acl twice path_beg /b\n"
						 " http-request set-var(txn.int) int(7)\n");
	for (size_t i = 0; i < sizeof(conds) / sizeof(conds[0]); i++) {
		text_fmt(&t, " http-request set-header i%zu yes if %s\n", i, conds[i].cond);
		text_fmt(&t, " http-request set-header u%zu yes unless %s\n", i, conds[i].cond);
	}
	assert_false(t.cut);
	room_open(&r, config);
	room_request(&r, ROOM_REQUEST);
	assert_int_equal(room_run(&r, RULE_HTTP_REQUEST), RULE_CONTINUE);
	for (size_t i = 0; i < sizeof(conds) / sizeof(conds[0]); i++) {
		char name[16];
		bool is;

		snprintf(name, sizeof(name), "i%zu", i);
		is = http_message_has(&r.req, http_name_of(slice_of(name)));
		if (is != conds[i].holds)
			fail_msg("if %s: %d", conds[i].cond, is);
		snprintf(name, sizeof(name), "u%zu", i);
		assert_int_equal(http_message_has(&r.req, http_name_of(slice_of(name))), !is);
	}
	room_close(&r);
}

static const struct {
	const char *line, *said;
} mistakes[] = {
	{"acl a pathx /", "did you mean 'path"},
	{"acl a path_foo /", "unknown sample"},
	{"acl a src foo/bar", "not an address"},
	{"acl a src 300.1.1.1", "not an address"},
	{"acl a src_port a", "not an integer"},
	{"acl a path -m foo x", "unknown matching method"},
	{"acl a var(txn.x) a", "-m"},
	{"acl a path -f nowhere.lst", "cannot read"},
	{"acl a path_reg (", "regular expression"},
	{"acl a hdr(host /", "not closed"},
	{"acl or path /", "cannot have the name"},
	{"acl a$ path /", "a name is of"},
	{"acl a path,foo /", "unknown converter"},
	{"acl a path,table_gpc0(x) 1", "no stick-table 'x'"},
	{"acl a sc0_glitch_cnt gt 5", "not supported yet"},
	{"acl a str(a),field(0,_) b", "counts from 1"},
	{"acl a path,lower(1) /", "takes no arguments"},
	{"acl a path,field(1) /", "needs argument 2"},
	{"acl a urlp(x),add(y) 1", "not a variable"},
	{"http-request deny if nope", "no ACL has the name"},
	{"http-request deny if METH_GT", "did you mean 'METH_GET'"},
	{"http-request deny if { path /a", "not closed"},
	{"http-request deny if", "needs a condition"},
	{"http-request deny if METH_GET or", "needs a condition"},
	{"http-request deny foo", "'if' or 'unless' expected"},
	{"http-request denny", "did you mean 'deny'"},
	{"http-request", "needs an action"},
	{"http-request set-header X", "is missing"},
	{"http-request set-header \"X Y\" b", "cannot be a header's name"},
	{"http-request set-header X 50%", "ends behind a '%'"},
	{"http-request set-header X \"50% a\"", "no variable"},
	{"http-request set-header X %nope", "no variable"},
	{"http-request set-header X %{+Q", "not closed"},
	{"http-request set-header X %[path", "not closed"},
	{"http-request set-header X %[res.hdr(x)]", "not known here"},
	{"http-response set-header X %[req.hdr(x)]", "not known here"},
	{"http-request set-var(foo) path", "not a variable"},
	{"http-request set-var(proc.x) path", "not supported yet"},
	{"http-request set-var(txn.x,ifx) path", "unknown condition"},
	{"http-request set-log-level loud", "unknown level"},
	{"http-request redirect foo /", "'location', 'prefix' or 'scheme'"},
	{"http-request redirect location / code 999", "the code is"},
	{"http-request return status 999", "not a status"},
	{"http-request return string a", "content-type"},
	{"http-request deny deny_status 418 default-errorfiles", "no error page"},
	{"http-request del-header X -m foo", "-m is one of"},
	{"http-request capture path", "'len <bytes>'"},
	{"http-request capture path id 3", "no slot"},
	{"http-request use-service lua.page", "there is no service 'lua.page'"},
	{"http-request track-sc3 src", "not supported yet"},
	{"http-request lua.foo", "not supported yet"},
	{"http-response set-status 1000", "not between"},
	{"http-response auth", "unknown action"},
	{"tcp-request content foo", "unknown action"},
	{"tcp-request content accept foo", "'if' or 'unless' expected"},
	{"tcp-request inspect-delay x", "inspect-delay"},
	{"use_backend nowhere if { path /a }", "no backend 'nowhere'"},
	{"use_backend", "needs a name"},
	{"use_backend if { path /a }", "'if' or 'unless' expected"},
	{"use_backend b foo", "'if' or 'unless' expected"},
	{"monitor fail if { nbsrv(nowhere) lt 1 }", "no backend 'nowhere'"},
	{"monitor fail", "needs a condition"},
	{"http-request deny if { srv_is_up(b/s9) }", "no server"},
	{"redirect location", "is missing"},
	{"capture request header X", "'len <bytes>'"},
	{"log-format %nope", "no variable"},
	{"log-format %[path]", "not known here"},
};

static void mistakes_are_named(void **state)
{
	struct rules_room r;
	char config[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		snprintf(config, sizeof(config),
			 ROOM_DEFAULTS ROOM_FRONTEND " default_backend b\n %s\n"
						     "backend b\n server s 127.0.0.1:1\n",
			 mistakes[i].line);
		if (room_read(&r, config))
			fail_msg("'%s' was taken", mistakes[i].line);
		if (!room_said(&r, mistakes[i].said)) {
			conf_diags_print(&r.diags, stderr, true);
			fail_msg("'%s' should say '%s'", mistakes[i].line, mistakes[i].said);
		}
		room_close(&r);
	}
}

/* A ClientHello with the name "db.example.org" and the protocols h2 and http/1.1. */
static size_t make_hello(char *buf)
{
	static const char sni[] = "db.example.org";
	static const unsigned char alpn[] = {0,	  12,  2,   'h', '2', 8,   'h',
					     't', 't', 'p', '/', '1', '.', '1'};
	unsigned char body[256] = {3, 3}, *at = body + 2 + 32;
	size_t len, n = sizeof(sni) - 1;

	*at++ = 0; /* no session */
	memcpy(at, "\0\2\x13\x01\1\0", 6);
	at += 6;
	len = 4 + 5 + n + 4 + sizeof(alpn);
	*at++ = 0;
	*at++ = (unsigned char)len;
	memcpy(at,
	       (unsigned char[]){0, 0, 0, (unsigned char)(n + 5), 0, (unsigned char)(n + 3), 0, 0,
				 (unsigned char)n},
	       9);
	memcpy(at + 9, sni, n);
	at += 9 + n;
	memcpy(at, (unsigned char[]){0, 16, 0, sizeof(alpn)}, 4);
	memcpy(at + 4, alpn, sizeof(alpn));
	at += 4 + sizeof(alpn);
	len = (size_t)(at - body);
	memcpy(buf,
	       (unsigned char[]){22, 3, 1, 0, (unsigned char)(len + 4), 1, 0, 0,
				 (unsigned char)len},
	       9);
	memcpy(buf + 9, body, len);
	return len + 9;
}

static void tcp_rules_wait_for_a_client_hello(void **state)
{
	char hello[512];
	size_t len = make_hello(hello);
	struct rules_room r;

	(void)state;
	room_open(&r, "defaults\n mode tcp\n timeout client 5s\n timeout server 5s\n"
		      " timeout connect 5s\nfrontend f\n bind :1\n"
		      " tcp-request inspect-delay 5s\n"
		      " tcp-request content accept if { req_ssl_hello_type 1 }\n"
		      " tcp-request content reject\n"
		      " use_backend db if { req.ssl_sni -i DB.example.org }\n"
		      " use_backend alpn if { req.ssl_alpn h2,http/1.1 }\n"
		      "backend db\n server s 127.0.0.1:1\nbackend alpn\n server s 127.0.0.1:1\n");
	assert_int_equal(rules_inspect_delay_ms(r.fe->rules), 5000);
	r.in.payload_complete = false;
	for (size_t n = 0; n < len; n++) {
		r.in.payload = (struct slice){hello, n};
		assert_int_equal(room_run(&r, RULE_TCP_REQUEST), RULE_WAIT);
	}
	r.in.payload = (struct slice){hello, len};
	assert_int_equal(room_run(&r, RULE_TCP_REQUEST), RULE_ACCEPT);
	assert_string_equal(rules_use_backend(r.fe->rules, &r.in)->name, "db");
	hello[9 + 2 + 32 + 1 + 6 + 2 + 9] = 'x'; /* another name */
	assert_string_equal(rules_use_backend(r.fe->rules, &r.in)->name, "alpn");

	r.in.payload = SLICE("SSH-2.0-x\r\n"); /* certainly none */
	assert_int_equal(room_run(&r, RULE_TCP_REQUEST), RULE_REJECT);
	r.in.payload = (struct slice){hello, 20}; /* the time is over */
	r.in.payload_complete = true;
	assert_int_equal(room_run(&r, RULE_TCP_REQUEST), RULE_REJECT);
	room_close(&r);
}

static void wait_end_and_length(void **state)
{
	struct rules_room r;

	(void)state;
	room_open(&r, "defaults\n mode tcp\n timeout client 5s\n timeout server 5s\n"
		      " timeout connect 5s\nfrontend f\n bind :1\n tcp-request inspect-delay 1s\n"
		      " tcp-request content reject if REQ_CONTENT\n"
		      " tcp-request content accept if WAIT_END\n");
	r.in.payload_complete = false;
	assert_int_equal(room_run(&r, RULE_TCP_REQUEST), RULE_WAIT);
	r.in.payload = SLICE("x"); /* clients of this protocol must not speak first */
	assert_int_equal(room_run(&r, RULE_TCP_REQUEST), RULE_REJECT);
	r.in.payload = SLICE("");
	r.in.payload_complete = true;
	assert_int_equal(room_run(&r, RULE_TCP_REQUEST), RULE_ACCEPT);
	room_close(&r);
}

static unsigned two_up(void *ctx, const struct proxy_conf *backend)
{
	(void)ctx;
	return strcmp(backend->name, "b") == 0 ? 2 : 0;
}

static bool first_is_up(void *ctx, const struct server_conf *server)
{
	(void)ctx;
	return strcmp(server->name, "s1") == 0;
}

static void facts_of_the_program(void **state)
{
	static const struct rule_facts facts = {.servers_up = two_up, .server_is_up = first_is_up};
	struct rules_room r;

	(void)state;
	room_open(&r, ROOM_DEFAULTS ROOM_FRONTEND
		  " default_backend b\n monitor fail if { nbsrv(b) lt 2 } or { nbsrv(c) ge 1 }\n"
		  " http-request set-header A "
		  "%[nbsrv(b)]%[nbsrv(c)]%[srv_is_up(b/s1)]%[srv_is_up(b/s2)]\n"
		  "backend b\n server s1 127.0.0.1:1\n server s2 127.0.0.1:1\nbackend c\n"
		  " server s1 127.0.0.1:1\n");
	r.in.facts = &facts;
	room_request(&r, ROOM_REQUEST);
	assert_false(rules_monitor_fail(r.fe->rules, &r.in));
	room_run(&r, RULE_HTTP_REQUEST);
	assert_non_null(strstr(room_head(&r, &r.req), "\r\nA: 2010\r\n"));
	room_close(&r);
}

/* rules_manual_conf.c: every row of every table has words for the manual. */
static void the_manual_names_every_row(void **state)
{
	static const char *const parts[] = {
		"- `req.hdr([text],[int])`: str. ",
		"- `regsub(text,[text],[text])`: str to str. ",
		"- `dom`: ",
		"- `set-var(name) <sample>`: ",
		"In http-request, http-response",
		"- `%TR`: ",
	};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	rules_manual_print(out);
	fclose(out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_non_null(strstr(text, parts[i]));
	assert_null(strstr(text, "(null)"));
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_gives_its_value),
		cmocka_unit_test(every_condition_is_answered),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(tcp_rules_wait_for_a_client_hello),
		cmocka_unit_test(wait_end_and_length),
		cmocka_unit_test(facts_of_the_program),
		cmocka_unit_test(the_manual_names_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
