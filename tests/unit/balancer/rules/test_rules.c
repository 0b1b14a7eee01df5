/*
 * Rules at work: what actions make of a message, what they answer, which backend is chosen. The
 * answers' bytes are HAProxy 2.6's. Covers balancer/rules/rule_set.c, action.c, action_edit.c,
 * action_reply.c, action_flow.c, rules_conf.c.
 */
#include "rules_room.h"

/* The request's head behind its first line, or its first line with `line`. */
static const struct {
	const char *rule, *part; /* must stand in the resulting head; with '!' in front: must not */
} edits[] = {
	{"set-header X-A b", "\r\nX-A: b\r\n"},
	{"set-header X-List new", "\r\nX-List: new\r\n"},
	{"set-header X-List new", "!X-List: f"},
	{"add-header X-List new", "X-List: f\r\n"},
	{"del-header X-List", "!X-List"},
	{"del-header x- -m beg", "!X-Num"},
	{"del-header -agent -m end", "!User-Agent"},
	{"del-header list -m sub", "!X-List"},
	{"del-header ^x-[ln] -m reg", "!X-Num"},
	{"del-header ^x-[ln] -m reg", "X-Empty"},
	{"replace-header X-Num ^4 9", "\r\nX-Num: 9\r\n"},
	{"replace-header X-Num ^9 9", "\r\nX-Num: 42\r\n"},
	{"replace-header User-Agent \"(Moz)[^/]*/(.*)\" \"\\2-\\1\"",
	 "User-Agent: 5.0 (X11) [a]-Moz\r\n"},
	{"replace-header X-List (.*) <\\1>", "\r\nX-List: <a, b ,\"c,d\",e>\r\nX-List: <f>\r\n"},
	{"replace-value X-List ^[ae]$ Z", "\r\nX-List: Z, b ,\"c,d\",Z\r\nX-List: f\r\n"},
	{"replace-path (.*) /foo\\1", "GET /foo/b/c/d.png?x=1&"},
	{"replace-path /b/(.*) /\\1", "GET /c/d.png?x=1&"},
	{"replace-path nomatch /x", "GET /b/c/d.png?x=1&"},
	{"replace-pathq ([^?]*)(\\?(.*))? \\1/foo\\2", "GET /b/c/d.png/foo?x=1&"},
	{"replace-uri (.*) /new\\1", "GET /new/b/c/d.png?x=1&"},
	{"set-path /p%[path]", "GET /p/b/c/d.png?x=1&"},
	{"set-path \"/a b\"", "GET /b/c/d.png?x=1&"}, /* would be two words: not done */
	{"set-pathq /p?q=1", "GET /p?q=1 HTTP/1.1"},
	{"set-query a=b", "GET /b/c/d.png?a=b HTTP"},
	{"set-query %[query,regsub(1,9)]", "GET /b/c/d.png?x=9&y"},
	{"set-uri /x?y", "GET /x?y HTTP/1.1"},
	{"set-method PUT", "PUT /b/c/d.png"},
	{"set-header X-C \"%ci|%cp|%fi|%HM|%HU|%HP|%HQ|%HV|%f\"",
	 "X-C: 127.0.0.1|4444|192.0.2.80|GET|/b/c/d.png?x=1&y=a%20b+c&z=&x=2|/b/c/d.png|"
	 "?x=1&y=a%20b+c&z=&x=2|HTTP/1.1|f\r\n"},
	{"set-header X-D \"%[path] %[src]  %%\"", "X-D: /b/c/d.png 127.0.0.1  %\r\n"},
	{"set-header X-E %{+E}[req.hdr(user-agent)]", "X-E: Mozilla/5.0 (X11) [a\\]\r\n"},
	{"set-header X-F \"%{+Q}[path] %{+Q}ci\"", "X-F: /b/c/d.png \"127.0.0.1\"\r\n"},
	{"set-header X-G <%[hdr(nope)]>", "X-G: <>\r\n"},
	{"set-header X-H a%[bin(0d0a)]b", "X-H: a%0D%0Ab\r\n"},
	{"set-header X-I %[var(txn.a)]", "X-I: kept\r\n"},
	{"set-header X-J yes if { path_beg /b } METH_GET", "X-J: yes\r\n"},
	{"set-header X-J yes unless { path_beg /b }", "!X-J"},
	{"set-var(txn.a,ifnotexists) str(other)", "X-Var: kept"},
	{"set-var(txn.a,ifexists) str(other)", "X-Var: other"},
	{"set-var-fmt(txn.a) \"%[path]-%[method]\"", "X-Var: /b/c/d.png-GET"},
	{"unset-var(txn.a)", "X-Var: none"},
	{"allow", "!X-Var"},
	{"set-nice 5", "X-Var: kept"},
};

static void edits_change_the_request(void **state)
{
	char config[1024];
	struct rules_room r;

	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		bool absent = edits[i].part[0] == '!';
		enum rule_outcome outcome;
		const char *head;

		snprintf(config, sizeof(config),
			 ROOM_DEFAULTS ROOM_FRONTEND
			 " http-request set-var(txn.a) str(kept)\n http-request %s\n"
			 " http-request set-header X-Var %%[var(txn.a,none)]\n",
			 edits[i].rule);
		room_open(&r, config);
		room_request(&r, ROOM_REQUEST);
		outcome = room_run(&r, RULE_HTTP_REQUEST);
		assert_int_equal(outcome, i + 2 == sizeof(edits) / sizeof(edits[0])
						  ? RULE_ACCEPT
						  : RULE_CONTINUE);
		head = room_head(&r, &r.req);
		if (absent == (strstr(head, edits[i].part + absent) != NULL))
			fail_msg("%s gives:\n%s", edits[i].rule, head);
		room_close(&r);
	}
}

static const struct {
	const char *rule;
	enum rule_outcome outcome;
	int status;
	const char *reply; /* NULL: the proxy's page */
} replies[] = {
	{"http-request deny", RULE_DENY, 403, NULL},
	{"http-request deny deny_status 404", RULE_DENY, 404, NULL},
	{"http-request deny status 429 hdr x-a %[src]", RULE_DENY, 429,
	 "HTTP/1.1 429 Too Many Requests\r\nx-a: 127.0.0.1\r\ncontent-length: 0\r\n\r\n"},
	{"http-request deny status 418", RULE_DENY, 418,
	 "HTTP/1.1 418 I'm a teapot\r\ncontent-length: 0\r\n\r\n"},
	{"http-request deny status 403 content-type text/plain string \"no %[src]\" hdr x-b 1",
	 RULE_DENY, 403,
	 "HTTP/1.1 403 Forbidden\r\nx-b: 1\r\ncontent-length: 9\r\ncontent-type: text/plain\r\n\r\n"
	 "no %[src]"},
	{"http-request deny errorfile 503.http", RULE_DENY, 403, "HTTP/1.0 503 Own\r\n\r\nown\n"},
	{"http-request tarpit", RULE_TARPIT, 500, NULL},
	{"http-request tarpit deny_status 429", RULE_TARPIT, 429, NULL},
	{"http-request return", RULE_REPLY, 200, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"},
	{"http-request return status 204", RULE_REPLY, 204, "HTTP/1.1 204 No Content\r\n\r\n"},
	{"http-request return status 299 content-type text/plain lf-string \"a %[path]\" hdr x-y 1",
	 RULE_REPLY, 299,
	 "HTTP/1.1 299 Success\r\nx-y: 1\r\ncontent-length: 12\r\ncontent-type: text/plain\r\n\r\n"
	 "a /b/c/d.png"},
	{"http-request return content-type text/html lf-file page.html", RULE_REPLY, 200,
	 "HTTP/1.1 200 OK\r\ncontent-length: 18\r\ncontent-type: text/html\r\n\r\n"
	 "<p>/b/c/d.png</p>\n"},
	{"http-request return content-type text/html file page.html", RULE_REPLY, 200,
	 "HTTP/1.1 200 OK\r\ncontent-length: 15\r\ncontent-type: "
	 "text/html\r\n\r\n<p>%[path]</p>\n"},
	{"http-request return status 404 default-errorfiles", RULE_REPLY, 404,
	 "HTTP/1.1 404 Not Found\r\ncontent-length: 83\r\ncache-control: no-cache\r\n"
	 "content-type: text/html\r\n\r\n<html><body><h1>404 Not Found</h1>\n"
	 "The resource could not be found.\n</body></html>\n"},
	{"http-request auth realm Foo", RULE_REPLY, 401,
	 "HTTP/1.1 401 Unauthorized\r\ncontent-length: 112\r\ncache-control: no-cache\r\n"
	 "content-type: text/html\r\nwww-authenticate: Basic realm=\"Foo\"\r\n\r\n"
	 "<html><body><h1>401 Unauthorized</h1>\nYou need a valid user and password to access this "
	 "content.\n</body></html>\n"},
	{"http-request redirect location /x%[src]", RULE_REPLY, 302,
	 "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: /x127.0.0.1\r\n"
	 "cache-control: no-cache\r\n\r\n"},
	{"http-request redirect location /x code 303 set-cookie A=1", RULE_REPLY, 303,
	 "HTTP/1.1 303 See Other\r\ncontent-length: 0\r\nlocation: /x\r\ncache-control: "
	 "no-cache\r\n"
	 "set-cookie: A=1; path=/;\r\n\r\n"},
	{"http-request redirect prefix https://h code 301", RULE_REPLY, 301,
	 "HTTP/1.1 301 Moved Permanently\r\ncontent-length: 0\r\n"
	 "location: https://h/b/c/d.png?x=1&y=a%20b+c&z=&x=2\r\n\r\n"},
	{"http-request redirect prefix https://h/ drop-query append-slash", RULE_REPLY, 302,
	 "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: https://h//b/c/d.png/\r\n"
	 "cache-control: no-cache\r\n\r\n"},
	{"http-request redirect prefix / clear-cookie B", RULE_REPLY, 302,
	 "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: /b/c/d.png?x=1&y=a%20b+c&z=&x=2\r\n"
	 "cache-control: no-cache\r\nset-cookie: B; path=/; Max-Age=0;\r\n\r\n"},
	{"redirect scheme https code 308 drop-query if !{ ssl_fc }", RULE_REPLY, 308,
	 "HTTP/1.1 308 Permanent Redirect\r\ncontent-length: 0\r\n"
	 "location: https://Www.Example.org:8080/b/c/d.png\r\n\r\n"},
	{"redirect location /y%[src]", RULE_REPLY, 302,
	 "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: /y%[src]\r\n"
	 "cache-control: no-cache\r\n\r\n"},
	{"http-request redirect location %[hdr(nope)] ignore-empty", RULE_CONTINUE, 0, NULL},
	{"http-request reject", RULE_REJECT, 0, NULL},
	{"http-request silent-drop", RULE_SILENT_DROP, 0, NULL},
};

static void answers_have_haproxys_bytes(void **state)
{
	char config[1024];
	struct rules_room r;

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		snprintf(config, sizeof(config), ROOM_DEFAULTS ROOM_FRONTEND " %s\n",
			 replies[i].rule);
		room_open(&r, config);
		room_request(&r, ROOM_REQUEST);
		assert_int_equal(room_run(&r, RULE_HTTP_REQUEST), replies[i].outcome);
		assert_int_equal(r.verdict.status, replies[i].status);
		if (replies[i].reply) {
			assert_non_null(r.verdict.reply.ptr);
			snprintf(r.out, sizeof(r.out), "%.*s", (int)r.verdict.reply.len,
				 r.verdict.reply.ptr);
			assert_string_equal(r.out, replies[i].reply);
		} else {
			assert_int_equal(r.verdict.reply.len, 0);
		}
		room_close(&r);
	}
}

static void head_requests_get_no_body(void **state)
{
	struct rules_room r;

	(void)state;
	room_open(&r, ROOM_DEFAULTS ROOM_FRONTEND
		  " http-request return content-type text/plain string hello\n");
	room_request(&r, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(room_run(&r, RULE_HTTP_REQUEST), RULE_REPLY);
	assert_true(slice_eq(r.verdict.reply, SLICE("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n"
						    "content-type: text/plain\r\n\r\n")));
	room_close(&r);
}

static void responses_are_edited_by_their_own_rules(void **state)
{
	struct rules_room r;

	(void)state;
	room_open(&r, ROOM_DEFAULTS ROOM_FRONTEND
		  " http-request set-var(txn.path) path\n"
		  " http-response set-header X-Path %[var(txn.path)]\n"
		  " http-response del-header Server\n"
		  " http-response set-status 203 reason \"Other Words\" if { status 200 }\n"
		  " http-response replace-header Location ^http://(.*) https://\\1\n"
		  " http-response set-header X-Srv %[res.hdr(x-a),upper] if { hdr(x-a) b }\n"
		  " http-response set-log-level silent if { res.hdr(x-a) b }\n"
		  " http-response deny if { status 500 }\n"
		  " http-after-response set-header X-After yes\n");
	room_request(&r, ROOM_REQUEST);
	room_run(&r, RULE_HTTP_REQUEST);
	room_response(&r, "HTTP/1.1 200 OK\r\nServer: x\r\nX-A: b\r\nLocation: http://a/\r\n"
			  "Content-Length: 0\r\n\r\n");
	assert_int_equal(room_run(&r, RULE_HTTP_RESPONSE), RULE_CONTINUE);
	assert_string_equal(r.verdict.log_level, "silent");
	assert_int_equal(room_run(&r, RULE_HTTP_AFTER_RESPONSE), RULE_CONTINUE);
	assert_string_equal(room_head(&r, &r.res),
			    "HTTP/1.1 203 Other Words\r\nX-A: b\r\nLocation: https://a/\r\n"
			    "Content-Length: 0\r\nX-Path: /b/c/d.png\r\nX-Srv: B\r\n"
			    "X-After: yes\r\n\r\n");
	room_response(&r, "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(room_run(&r, RULE_HTTP_RESPONSE), RULE_DENY);
	assert_int_equal(r.verdict.status, 502);
	room_close(&r);
}

#define BACKENDS                                                                     \
	"backend api\n server s1 127.0.0.1:1\n server s2 127.0.0.1:1\nbackend img\n" \
	" server s1 127.0.0.1:1\nbackend rest\n server s1 127.0.0.1:1\n"

static void the_first_use_backend_that_holds_counts(void **state)
{
	struct rules_room r;

	(void)state;
	room_open(&r, ROOM_DEFAULTS ROOM_FRONTEND
		  " acl is_img path_end -i .png .jpg\n"
		  " use_backend api if { path_beg /api/ }\n"
		  " use_backend img if is_img METH_GET\n"
		  " use_backend %[req.hdr(x-backend)] if { req.hdr(x-backend) -m found }\n"
		  " default_backend rest\n" BACKENDS);
	room_request(&r, ROOM_REQUEST);
	assert_string_equal(rules_use_backend(r.fe->rules, &r.in)->name, "img");
	room_request(&r, "GET /api/x.png HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_string_equal(rules_use_backend(r.fe->rules, &r.in)->name, "api");
	room_request(&r, "GET /x HTTP/1.1\r\nHost: a\r\nX-Backend: img\r\n\r\n");
	assert_string_equal(rules_use_backend(r.fe->rules, &r.in)->name, "img");
	room_request(&r, "GET /x HTTP/1.1\r\nHost: a\r\nX-Backend: nowhere\r\n\r\n");
	assert_null(rules_use_backend(r.fe->rules, &r.in));
	room_request(&r, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_null(rules_use_backend(r.fe->rules, &r.in));
	assert_null(rules_use_backend(NULL, &r.in));
	room_close(&r);
}

static void servers_and_persistence_by_condition(void **state)
{
	struct rules_room r;
	struct proxy_conf *be;

	(void)state;
	room_open(
		&r, ROOM_DEFAULTS ROOM_FRONTEND
		" default_backend api\nbackend api\n server s1 127.0.0.1:1\n"
		" server s2 127.0.0.1:1\n use-server s2 if { hdr(x-s) two }\n"
		" ignore-persist if { path_beg /static }\n force-persist if { src 10.0.0.0/8 }\n");
	be = room_proxy(&r, "api");
	r.in.backend = be;
	room_request(&r, "GET /static HTTP/1.1\r\nHost: a\r\nX-S: two\r\n\r\n");
	assert_string_equal(rules_use_server(be->rules, &r.in)->name, "s2");
	assert_true(rules_ignore_persist(be->rules, &r.in));
	assert_false(rules_force_persist(be->rules, &r.in));
	room_request(&r, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_null(rules_use_server(be->rules, &r.in));
	assert_false(rules_ignore_persist(be->rules, &r.in));
	assert_true(addr_parse_ip(&r.client, slice_of("10.1.1.1"), 1));
	assert_true(rules_force_persist(be->rules, &r.in));
	room_close(&r);
}

static void captures_fill_their_slots(void **state)
{
	struct slice out[8];
	struct rules_room r;

	(void)state;
	room_open(
		&r, ROOM_DEFAULTS ROOM_FRONTEND
		" capture request header User-Agent len 7\n capture response header X-A len 9\n"
		" declare capture request len 3\n capture cookie b len 6\n"
		" http-request capture path len 4\n http-request capture method id 1\n"
		" http-request set-header X-Cap \"%[capture.req.hdr(0)] %[capture.req.hdr(2)]\"\n");
	assert_int_equal(rules_n_captures(r.fe->rules), 4);
	room_request(&r, ROOM_REQUEST);
	room_run(&r, RULE_HTTP_REQUEST);
	assert_non_null(strstr(room_head(&r, &r.req), "\r\nX-Cap: Mozilla /b/c\r\n"));
	room_response(&r, "HTTP/1.1 200 OK\r\nX-A: hello\r\nSet-Cookie: bb=123456; path=/\r\n"
			  "Content-Length: 0\r\n\r\n");
	assert_true(rules_has(r.fe->rules, RULE_HTTP_RESPONSE));
	room_run(&r, RULE_HTTP_RESPONSE);
	assert_int_equal(rules_captures_split(r.fe->rules, r.captures, false, out), 3);
	assert_true(slice_eq_str(out[0], "Mozilla"));
	assert_true(slice_eq_str(out[1], "GET"));
	assert_true(slice_eq_str(out[2], "/b/c"));
	assert_int_equal(rules_captures_split(r.fe->rules, r.captures, true, out), 1);
	assert_true(slice_eq_str(out[0], "hello"));
	assert_true(slice_eq_str(r.in.cookies[0], "b=\"two"));
	assert_true(slice_eq_str(r.in.cookies[1], "bb=123"));
	room_close(&r);
}

static void named_defaults_hand_their_rules_down(void **state)
{
	struct rules_room r;

	(void)state;
	room_open(&r, "defaults web\n mode http\n timeout client 5s\n timeout server 5s\n"
		      " timeout connect 5s\n acl local src 127.0.0.0/8\n"
		      " http-request set-header X-D one if local\n"
		      "frontend f from web\n bind :1\n http-request set-header X-F two\n"
		      "frontend g from web\n bind :2\n http-request set-header X-G three\n");
	room_request(&r, ROOM_REQUEST);
	room_run(&r, RULE_HTTP_REQUEST);
	assert_non_null(strstr(room_head(&r, &r.req), "X-D: one\r\nX-F: two\r\n\r\n"));
	room_request(&r, ROOM_REQUEST);
	rules_run(room_proxy(&r, "g")->rules, RULE_HTTP_REQUEST, &r.in, &r.verdict);
	assert_non_null(strstr(room_head(&r, &r.req), "X-D: one\r\nX-G: three\r\n\r\n"));
	room_close(&r);

	assert_false(room_read(&r, ROOM_DEFAULTS " http-request deny\n" ROOM_FRONTEND));
	assert_true(room_said(&r, "only if that has a name"));
	room_close(&r);
}

static void http_rules_sleep_in_mode_tcp(void **state)
{
	struct rules_room r;

	(void)state;
	room_open(&r, ROOM_DEFAULTS ROOM_FRONTEND
		  " http-request deny\n redirect location /\n mode tcp\n"
		  " tcp-request connection reject if { src 10.0.0.0/8 }\n");
	assert_false(rules_has(r.fe->rules, RULE_HTTP_REQUEST));
	assert_true(rules_has(r.fe->rules, RULE_TCP_CONNECTION));
	assert_int_equal(room_run(&r, RULE_TCP_CONNECTION), RULE_CONTINUE);
	assert_true(addr_parse_ip(&r.client, slice_of("10.1.1.1"), 1));
	assert_int_equal(room_run(&r, RULE_TCP_CONNECTION), RULE_REJECT);
	room_close(&r);
}

static void allow_ends_rules_but_not_redirects(void **state)
{
	struct rules_room r;

	(void)state;
	room_open(&r, ROOM_DEFAULTS ROOM_FRONTEND " http-request allow\n http-request deny\n "
						  "redirect location /x if { path_beg /b }\n");
	room_request(&r, ROOM_REQUEST);
	assert_int_equal(room_run(&r, RULE_HTTP_REQUEST), RULE_REPLY);
	room_request(&r, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(room_run(&r, RULE_HTTP_REQUEST), RULE_ACCEPT);
	room_close(&r);
}

/* "alice:wonder" is a plain password, "bob:secret" a hash of crypt(3). */
static void userlists_decide_who_passes(void **state)
{
	static const struct {
		const char *credentials;
		enum rule_outcome all, admins;
	} rows[] = {
		{"YWxpY2U6d29uZGVy", RULE_CONTINUE, RULE_REPLY},
		{"YWxpY2U6d29uZGVyeA==", RULE_REPLY, RULE_REPLY},
		{"Ym9iOnNlY3JldA==", RULE_CONTINUE, RULE_CONTINUE},
		{"Ym9iOg==", RULE_REPLY, RULE_REPLY},
		{"Y2Fyb2w6eA==", RULE_REPLY, RULE_REPLY},
		{"!!!", RULE_REPLY, RULE_REPLY},
		{"", RULE_REPLY, RULE_REPLY},
	};
	struct rules_room r;
	char request[512];

	(void)state;
	room_open(&r, "userlist L\n user alice insecure-password wonder groups staff\n"
		      " user bob password $5$ab$uBQPK5nh89waaCXDSRwBxzVzl.pS5fPkZnKN7HXbvj6"
		      " groups staff,admins\n" ROOM_DEFAULTS
		      "frontend f\n bind :1\n http-request auth realm X unless { http_auth(L) }\n"
		      " http-request set-header X-User \"%[http_auth_user] %[http_auth_type]\"\n"
		      "frontend g\n bind :2\n acl admin http_auth_group(L) admins\n"
		      " http-request auth unless admin\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: a\r\n%s%s\r\n\r\n",
			 *rows[i].credentials ? "Authorization: Basic " : "X: ",
			 rows[i].credentials);
		room_request(&r, request);
		assert_int_equal(
			rules_run(room_proxy(&r, "g")->rules, RULE_HTTP_REQUEST, &r.in, &r.verdict),
			rows[i].admins);
		assert_int_equal(room_run(&r, RULE_HTTP_REQUEST), rows[i].all);
		if (rows[i].all == RULE_REPLY)
			assert_int_equal(r.verdict.status, 401);
	}
	room_request(&r,
		     "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: basic Ym9iOnNlY3JldA==\r\n\r\n");
	room_run(&r, RULE_HTTP_REQUEST);
	assert_non_null(strstr(room_head(&r, &r.req), "\r\nX-User: bob basic\r\n"));
	room_close(&r);
	assert_false(room_read(&r, ROOM_DEFAULTS ROOM_FRONTEND
			       " http-request auth unless { http_auth(nobody) }\n"));
	assert_true(room_said(&r, "no userlist 'nobody'"));
	room_close(&r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_change_the_request),
		cmocka_unit_test(answers_have_haproxys_bytes),
		cmocka_unit_test(head_requests_get_no_body),
		cmocka_unit_test(responses_are_edited_by_their_own_rules),
		cmocka_unit_test(the_first_use_backend_that_holds_counts),
		cmocka_unit_test(servers_and_persistence_by_condition),
		cmocka_unit_test(captures_fill_their_slots),
		cmocka_unit_test(named_defaults_hand_their_rules_down),
		cmocka_unit_test(http_rules_sleep_in_mode_tcp),
		cmocka_unit_test(userlists_decide_who_passes),
		cmocka_unit_test(allow_ends_rules_but_not_redirects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
