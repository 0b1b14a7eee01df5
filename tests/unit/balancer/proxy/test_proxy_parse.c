/*
 * haproxy.cfg into struct balancer_conf: sections and defaults, bind, server, log, options, stats,
 * cookies, users, and what is judged at the end. Covers balancer/proxy/proxy_parse.h and the rows
 * in balancer_parse.c bind_conf.c server_conf.c server_options_conf.c log_conf.c stats_conf.c
 * balance_conf.c global_conf.c tuning_conf.c proxy_rows_conf.c proxy_options_conf.c userlist_conf.c
 * obsolete_conf.c proxy_finish_conf.c.
 */
#include "../native_reading.h"

static const struct conf_part *const parts[] = {
	&conf_part_env,	      &proxy_part_global,
	&proxy_part_tuning,   &proxy_part_proxy,
	&proxy_part_options,  &proxy_part_bind,
	&proxy_part_server,   &proxy_part_balance,
	&proxy_part_quorum,   &proxy_part_log,
	&proxy_part_stats,    &proxy_part_userlist,
	&proxy_part_obsolete, NULL,
};

static struct balancer_conf *parse(const char *text)
{
	return read_native(text, parts, false);
}

static struct balancer_conf *parse_clean(const char *text)
{
	struct balancer_conf *conf = parse(text);

	if (diags.n_errors || diags.n_warnings)
		conf_diags_print(&diags, stderr, true);
	assert_int_equal(diags.n_errors, 0);
	assert_int_equal(diags.n_warnings, 0);
	return conf;
}

#define TIMEOUTS " timeout client 1s\n timeout connect 2s\n timeout server 3s\n"

static const char web_pair[] =
	"global\n"
	" maxconn 4000\n"
	" stats socket /run/r.sock mode 660 level admin\n"
	" stats timeout 30s\n"
	" log /dev/log local0\n"
	" log 192.0.2.5:5140 len 2000 format rfc5424 local1 notice\n"
	" nbthread 2\n"
	" log-tag shop\n"
	"defaults\n"
	" mode http\n"
	" log global\n"
	" option httplog\n"
	" option dontlognull\n"
	" option forwardfor except 127.0.0.0/8 header X-Client if-none\n"
	" option http-server-close\n"
	" option redispatch 3\n"
	" retries 2\n" TIMEOUTS " timeout http-request 10s\n"
	" timeout queue 1m\n"
	" maxconn 3000\n"
	"frontend web\n"
	" bind *:80,[::]:80 name main\n"
	" bind 192.0.2.10:8000-8002 interface eth0 transparent maxconn 7\n"
	" default_backend shop\n"
	"backend shop\n"
	" balance leastconn\n"
	" cookie SRV insert indirect nocache maxidle 30m\n"
	" default-server inter 3s fall 2 rise 4 weight 10\n"
	" server web1 192.0.2.21:80 check cookie w1\n"
	" server web2 192.0.2.22:80 check cookie w2 weight 20 backup id 7\n"
	" server web3 192.0.2.23 check port 8080 addr 192.0.2.33 observe layer7 "
	"error-limit 5 "
	"on-error mark-down on-marked-down shutdown-sessions slowstart 30s maxconn 100\n"
	"listen stats\n"
	" bind 127.0.0.1:8404\n"
	" stats enable\n"
	" stats uri /s\n"
	" stats auth a:b\n"
	" stats auth c:d:e\n"
	" stats refresh 10s\n"
	" stats hide-version\n"
	" stats show-node\n";

static void global_says_who_the_process_is(void **state)
{
	const struct balancer_conf *conf = parse_clean(web_pair);

	(void)state;
	assert_int_equal(conf->n_proxies, 3);
	assert_int_equal(conf->global.maxconn, 4000);
	assert_int_equal(conf->global.stats_sockets->mode, 0660);
	assert_int_equal(conf->global.stats_sockets->stats_level, 3);
	assert_true(conf->global.stats_sockets->is_stats);
	assert_int_equal(conf->global.stats_timeout_ms, 30000);
}

static void a_frontend_takes_over_its_defaults(void **state)
{
	const struct proxy_conf *web = parse_clean(web_pair)->proxies, *shop = web->next;

	(void)state;
	assert_string_equal(web->name, "web");
	assert_int_equal(web->sides, PROXY_FRONTEND);
	assert_int_equal(web->mode, PROXY_MODE_HTTP);
	assert_ptr_equal(web->default_backend, shop);
	assert_int_equal(web->maxconn, 3000);
	assert_int_equal(web->timeout.client, 1000);
	assert_int_equal(web->timeout.http_request, 10000);
	assert_true(web->options & PROXY_OPT_HTTPLOG);
	assert_true(web->options & PROXY_OPT_FORWARDFOR);
	assert_string_equal(web->forwardfor_header, "X-Client");
	assert_true(web->forwardfor_if_none);
	assert_int_equal(web->forwardfor_except.bits, 8);
	assert_string_equal(web->log_tag, "shop");
	assert_int_equal(web->log_targets->facility, 16);
	assert_int_equal(web->log_targets->wire, LOG_WIRE_UNSET);
	assert_int_equal(web->log_targets->next->facility, 17);
	assert_int_equal(web->log_targets->next->max_level, LOG_LEVEL_NOTICE);
	assert_int_equal(web->log_targets->next->max_len, 2000);
	assert_int_equal(addr_port(&web->log_targets->next->addr), 5140);
	assert_null(web->log_targets->next->next);
}

static void bind_lines_become_one_listener_per_address(void **state)
{
	const struct proxy_conf *web = parse_clean(web_pair)->proxies;
	const struct listener_conf *l = web->listeners;

	(void)state;
	assert_string_equal(l->name, "main");
	assert_int_equal(addr_port(&l->addr), 80);
	assert_int_equal(l->next->addr.sa.sa_family, AF_INET6);
	l = l->next->next;
	assert_int_equal(addr_port(&l->addr), 8000);
	assert_string_equal(l->interface, "eth0");
	assert_true(l->transparent);
	assert_int_equal(addr_port(&l->next->next->addr), 8002);
	assert_int_equal(l->next->next->maxconn, 7);
	assert_ptr_equal(l->next->next->proxy, web);
	assert_int_equal(l->place.line, 26);
	assert_null(l->next->next->next);
}

static void servers_start_from_default_server(void **state)
{
	const struct proxy_conf *shop = parse_clean(web_pair)->proxies->next;
	const struct server_conf *s = shop->servers;

	(void)state;
	assert_string_equal(shop->balance->name, "leastconn");
	assert_int_equal(shop->retries, 2);
	assert_int_equal(shop->redispatch_interval, 3);
	assert_int_equal(shop->fullconn, 300);
	assert_string_equal(shop->cookie.name, "SRV");
	assert_true(shop->cookie.insert && shop->cookie.indirect && shop->cookie.nocache);
	assert_int_equal(shop->cookie.maxidle_s, 1800);
	assert_int_equal(shop->n_servers, 3);
	assert_int_equal(s->inter_ms, 3000);
	assert_int_equal(s->fall, 2);
	assert_int_equal(s->weight, 10);
	assert_string_equal(s->cookie, "w1");
	assert_int_equal(s->id, 1);
	s = s->next;
	assert_true(s->backup);
	assert_int_equal(s->id, 7);
	assert_int_equal(s->weight, 20);
	s = s->next;
	assert_int_equal(s->id, 2);
	assert_int_equal(s->check_port, 8080);
	assert_true(s->map_ports);
	assert_int_equal(s->observe, OBSERVE_LAYER7);
	assert_int_equal(s->on_error, ON_ERROR_MARK_DOWN);
	assert_int_equal(s->error_limit, 5);
	assert_true(s->shutdown_sessions_down);
	assert_int_equal(s->slowstart_ms, 30000);
}

static void the_statistics_page_has_its_settings(void **state)
{
	const struct proxy_conf *stats = parse_clean(web_pair)->proxies->next->next;

	(void)state;
	assert_true(stats->stats.enabled);
	assert_string_equal(stats->stats.uri, "/s");
	assert_string_equal(stats->stats.auth[1], "c:d:e");
	assert_null(stats->stats.auth[2]);
	assert_int_equal(stats->stats.refresh_s, 10);
}

static void defaults_have_names_and_heirs(void **state)
{
	const struct balancer_conf *conf =
		parse_clean("defaults base\n mode http\n retries 5\n log stdout local0\n" TIMEOUTS
			    "defaults quick from base\n timeout server 9s\n"
			    "backend a\n no log\n"
			    "backend b from base\n log stderr format raw local1\n"
			    "defaults\n mode tcp\n" TIMEOUTS "backend c\n");
	const struct proxy_conf *a = conf->proxies, *b = a->next, *c = b->next;

	(void)state;
	assert_int_equal(a->timeout.server, 9000);
	assert_int_equal(a->retries, 5);
	assert_null(a->log_targets);
	assert_int_equal(b->timeout.server, 3000);
	assert_int_equal(b->log_targets->fd, 1);
	assert_int_equal(b->log_targets->next->fd, 2);
	assert_int_equal(b->log_targets->next->wire, LOG_WIRE_RAW);
	assert_int_equal(c->mode, PROXY_MODE_TCP);
	assert_int_equal(c->retries, 3);
	assert_null(c->log_targets);
}

static void repeated_globals_add_up(void **state)
{
	const struct balancer_conf *conf =
		parse_clean("global\n maxconn 10\n setenv PORT 81\n presetenv PORT 82\nglobal\n "
			    "hard-stop-after 5m\n"
			    "listen a\n bind \":${PORT}\"\n" TIMEOUTS " server s 127.0.0.1:1\n");

	(void)state;
	assert_int_equal(conf->global.maxconn, 10);
	assert_int_equal(conf->global.hard_stop_after_ms, 300000);
	assert_int_equal(addr_port(&conf->proxies->listeners->addr), 81);
	assert_int_equal(conf->global.uid, UINT32_MAX);
}

static void every_kind_of_listener_is_read(void **state)
{
	const struct balancer_conf *conf =
		parse_clean("frontend f\n timeout client 1s\n bind fd@5\n bind stream+fd@6\n"
			    " bind unix@/tmp/a mode 600 user root group root\n bind abns@n\n"
			    " bind [::1]:81 v6only backlog 9 defer-accept\n bind :::82 v4v6\n");
	const struct listener_conf *l = conf->proxies->listeners;

	(void)state;
	assert_int_equal(l->inherited_fd, 5);
	assert_int_equal(l->addr.len, 0);
	assert_int_equal(l->fd, -1);
	l = l->next;
	assert_int_equal(l->inherited_fd, 6);
	l = l->next;
	assert_int_equal(l->mode, 0600);
	assert_int_equal(l->uid, 0);
	assert_int_equal(l->inherited_fd, -1);
	l = l->next;
	assert_int_equal(l->mode, -1);
	assert_int_equal(l->uid, UINT32_MAX);
	l = l->next;
	assert_true(l->v6only && l->defer_accept);
	assert_int_equal(l->backlog, 9);
	assert_true(l->next->v4v6);
}

static void servers_of_every_kind_are_read(void **state)
{
	const struct balancer_conf *conf = parse_clean(
		"backend b\n timeout connect 1s\n timeout server 1s\n"
		" server a 192.0.2.1:+10\n"
		" server b /run/b.sock check\n"
		" server c 192.0.2.1:443 check check-ssl verify none check-sni x source 192.0.2.9 "
		"interface eth1 disabled\n"
		" server-template t 2-4 192.0.2.4:80 maxconn 3\n"
		" server d no..such.host:80 init-addr last,libc,192.0.2.7\n"
		" server e 192.0.2.5:80 track c\n"
		" source 192.0.2.8 usesrc clientip\n");
	const struct proxy_conf *p = conf->proxies;
	const struct server_conf *s = p->servers;

	(void)state;
	assert_int_equal(s->port_offset, 10);
	assert_true(s->map_ports);
	s = s->next;
	assert_false(s->map_ports);
	assert_int_equal(s->addr.sa.sa_family, AF_UNIX);
	s = s->next;
	assert_true(s->check_ssl && s->verify_none && s->disabled);
	assert_int_equal(s->source.sa.sa_family, AF_INET);
	assert_string_equal(s->source_interface, "eth1");
	s = s->next;
	assert_string_equal(s->name, "t2");
	assert_string_equal(s->next->next->name, "t4");
	assert_int_equal(s->next->next->maxconn, 3);
	s = s->next->next->next;
	assert_string_equal(s->host, "no..such.host");
	assert_int_equal(addr_port(&s->addr), 80);
	assert_string_equal(s->next->track, "c");
	assert_int_equal(s->next->id, 8);
	assert_true(p->source_usesrc_client);
}

static void a_name_that_does_not_resolve_may_wait(void **state)
{
	const struct balancer_conf *conf =
		parse("backend b\n" TIMEOUTS " server a no..such.host:80 init-addr none\n"
		      " server b no..such.host:80\n");

	(void)state;
	assert_true(conf->proxies->servers->disabled);
	assert_int_equal(conf->proxies->servers->addr.len, 0);
	expect(CONF_WARNING, 5, "starts in maintenance");
	expect(CONF_ERROR, 6, "cannot be resolved");
	assert_int_equal(diags.n_errors, 1);
}

static void options_can_be_taken_back(void **state)
{
	const struct balancer_conf *conf =
		parse_clean("defaults\n mode http\n option httpclose\n option dontlognull\n"
			    " option tcpka\n option redispatch\n" TIMEOUTS
			    "listen a\n bind :1\n no option dontlognull\n option http-keep-alive\n"
			    " no option redispatch\n no option splice-auto\n option httplog\n"
			    " log stdout local0\n option clitcpka\n");
	uint64_t o = conf->proxies->options;

	(void)state;
	assert_false(o & (PROXY_OPT_DONTLOGNULL | PROXY_OPT_HTTPCLOSE | PROXY_OPT_REDISPATCH));
	assert_true(o & PROXY_OPT_HTTP_KEEP_ALIVE);
	assert_true(o & PROXY_OPT_SPLICE_OFF);
	assert_true(o & PROXY_OPT_HTTPLOG);
	assert_true(o & PROXY_OPT_CLITCPKA && o & PROXY_OPT_SRVTCPKA);
}

static void http_keywords_in_mode_tcp_are_warned_of(void **state)
{
	const struct balancer_conf *conf =
		parse("defaults\n option forwardfor\n" TIMEOUTS "listen a\n bind :1\n"
		      " option httplog\n cookie X insert\n monitor-uri /m\n stats enable\n"
		      " option forwardfor\n");
	const struct proxy_conf *p = conf->proxies;

	(void)state;
	assert_int_equal(diags.n_errors, 0);
	expect(CONF_WARNING, 8, "taken as 'option tcplog'");
	expect(CONF_WARNING, 9, "needs 'mode http'");
	expect(CONF_WARNING, 10, "needs 'mode http'");
	expect(CONF_WARNING, 12, "needs 'mode http'");
	assert_true(p->options & PROXY_OPT_TCPLOG);
	assert_false(p->options & PROXY_OPT_FORWARDFOR);
	assert_null(p->cookie.name);
	assert_false(p->stats.enabled);
}

static void what_cannot_work_is_an_error(void **state)
{
	(void)state;
	parse("listen a\n"						      /* 1 */
	      " server s 127.0.0.1:1\n"					      /* 2 */
	      " server s 127.0.0.1:2\n"					      /* 3 */
	      " server t 127.0.0.1:2 check check-ssl\n"			      /* 4 */
	      " server u 127.0.0.1:2 track nobody\n"			      /* 5 */
	      " server v 127.0.0.1:2 wieght 3\n"			      /* 6 */
	      " server w\n"						      /* 7 */
	      "frontend a\n"						      /* 8 */
	      "frontend f\n"						      /* 9 */
	      " mode http\n default_backend tcp\n"			      /* 10, 11 */
	      "frontend g\n"						      /* 12 */
	      " default_backend none\n bind 80\n bind :1-2 nme x\n bind\n"    /* 13 .. 16 */
	      "backend tcp\n"						      /* 17 */
	      " balance uri\n cookie X insert prefix\n errorfile 499 /x\n"    /* 18 .. 20 */
	      " hash-type consistent\n balance fst\n log 127.0.0.1 lcal0\n"   /* 21 .. 23 */
	      " contimeout 5\n option http-tunnel\n timeout queue 1s\n"	      /* 24 .. 26 */
	      "backend 'a b'\n"						      /* 27 */
	      "backend x from nowhere\n"				      /* 28 */
	      "backend y 127.0.0.1:80\n"				      /* 29 */
	      "cache c\n total-max-size 4\n"				      /* 30, 31 */
	      "global\n nbproc 2\n lua-load x\n stats socket /x levl admin\n" /* 32 .. 35 */
	      "listen z\n bind :80 ssl crt x\n mode health\n");		      /* 36 .. 38 */
	expect(CONF_ERROR, 3, "has a server 's' already");
	expect(CONF_ERROR, 4, "verify none");
	expect(CONF_ERROR, 5, "no server 'nobody'");
	expect(CONF_ERROR, 6, "did you mean 'weight'?");
	expect(CONF_ERROR, 7, "needs a name and an address");
	expect(CONF_ERROR, 8, "'a' is taken");
	expect(CONF_ERROR, 9, "'tcp' (t.cfg:17) in mode tcp");
	expect(CONF_ERROR, 12, "no backend 'none'");
	expect(CONF_ERROR, 14, "port is missing");
	expect(CONF_ERROR, 15, "did you mean 'name'?");
	expect(CONF_ERROR, 16, "needs an address");
	expect(CONF_ERROR, 18, "not served yet");
	expect(CONF_ERROR, 19, "exclude each other");
	expect(CONF_ERROR, 20, "/x");
	expect(CONF_ERROR, 21, "not served yet");
	expect(CONF_ERROR, 22, "did you mean 'first'?");
	expect(CONF_ERROR, 23, "did you mean 'local0'?");
	expect(CONF_ERROR, 24, "timeout connect");
	expect(CONF_ERROR, 25, "HAProxy 2.1");
	expect(CONF_ERROR, 27, "character ' '");
	expect(CONF_ERROR, 28, "no 'defaults nowhere'");
	expect(CONF_ERROR, 29, "'bind' lines");
	expect(CONF_ERROR, 30, "section 'cache' is known but not served yet");
	expect(CONF_ERROR, 33, "HAProxy 2.5");
	expect(CONF_ERROR, 34, "not served yet");
	expect(CONF_ERROR, 35, "did you mean 'level'?");
	expect(CONF_ERROR, 37, "'ssl' is known but not served yet");
	expect(CONF_ERROR, 38, "http-request return");
}

static void missing_timeouts_and_listeners_are_warned_of(void **state)
{
	(void)state;
	parse("frontend f\n timeout client 1s\nlisten l\n bind :1\n timeout client 1s\n"
	      " server s 127.0.0.1:1\n"
	      "frontend off\n disabled\nbackend b\n bind :1\n");
	assert_int_equal(diags.n_errors, 0);
	expect(CONF_WARNING, 1, "no 'bind' line");
	expect(CONF_WARNING, 3, "no 'timeout connect'");
	expect(CONF_WARNING, 10, "'bind' has no effect in a section 'backend'");
	assert_int_equal(diags.n_warnings, 3);
}

static void users_belong_to_groups(void **state)
{
	const struct balancer_conf *conf =
		parse("userlist u\n group admins users tom,later\n"
		      " user tom insecure-password secret\n user later password $5$x groups a,b\n"
		      " group none users nobody\n user tom\n");
	const struct userlist_conf *list = conf->userlists;

	(void)state;
	expect(CONF_ERROR, 5, "'nobody'");
	expect(CONF_ERROR, 6, "twice");
	assert_int_equal(diags.n_errors, 2);
	assert_string_equal(list->name, "u");
	assert_true(list->users->next->hashed);
	assert_string_equal(list->users->next->groups[0], "a");
	assert_string_equal(list->users->next->groups[2], "admins");
}

static void error_pages_are_kept_with_the_configuration(void **state)
{
	const struct balancer_conf *conf;

	(void)state;
	conf_files_put(&files, "/e/503.http", SLICE("HTTP/1.0 503 x\r\n\r\nsorry"));
	conf = parse_clean("defaults\n errorfile 503 /e/503.http\n" TIMEOUTS
			   "backend b\n errorloc303 404 http://x/\n");
	assert_int_equal(conf->proxies->errorfiles->status, 404);
	assert_true(slice_starts(conf->proxies->errorfiles->bytes, SLICE("HTTP/1.1 303 ")));
	assert_true(slice_eq_str(conf->proxies->errorfiles->next->bytes,
				 "HTTP/1.0 503 x\r\n\r\nsorry"));
}

static void a_tcp_frontend_of_an_http_backend_speaks_http(void **state)
{
	const struct balancer_conf *conf =
		parse("defaults\n" TIMEOUTS "frontend f\n bind :1\n default_backend b\n"
		      "backend b\n mode http\n");

	(void)state;
	assert_int_equal(diags.n_errors, 0);
	expect(CONF_WARNING, 5, "served in mode http");
	assert_int_equal(conf->proxies->mode, PROXY_MODE_HTTP);
	assert_ptr_equal(conf->proxies->default_backend, conf->proxies->next);
}

static void tuning_without_effect_says_why(void **state)
{
	(void)state;
	parse("global\n tune.bufsize 32k\n tune.ssl.lifetime 5\n ca-base /x\n"
	      " no tune.idle-pool.shared\n");
	assert_int_equal(diags.n_errors, 0);
	expect(CONF_WARNING, 3, "it matters only where 'ssl' is used");
	expect(CONF_WARNING, 4, "'ca-base' has no effect here");
	assert_int_equal(diags.n_warnings, 3);
}

#define STORY(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

/* relais' own words, quorum_conf.c */
static void quorums_and_commands_are_read(void **state)
{
	struct balancer_conf *conf =
		parse("backend b\n mode tcp\n" TIMEOUTS " quorum 3 hysteresis 1\n"
		      " quorum-up 0:7 \"/bin/echo 'a b' c\"\n quorum-down root /bin/true\n"
		      " quorum-down nosuchuser /bin/true\n quorum x\n quorum 1 y\n"
		      " server s 127.0.0.1:1 notify-up 65534 /bin/up notify-down root '' \n"
		      " server t 127.0.0.1:1 quorum-weight 700\n");
	const struct quorum_conf *q = conf->proxies->quorum;

	(void)state;
	assert_int_equal(q->weight, 1);
	assert_int_equal(q->hysteresis, 1);
	assert_int_equal(q->up.uid, 0);
	assert_int_equal(q->up.gid, 7);
	assert_string_equal(q->up.argv[1], "a b");
	assert_string_equal(q->down.argv[0], "/bin/true");
	expect(CONF_ERROR, 9, "no such user or group");
	expect(CONF_ERROR, 10, "'quorum' needs a weight");
	expect(CONF_ERROR, 11, "'quorum' takes");
	expect(CONF_ERROR, 12, "needs a command");
	assert_int_equal(conf->proxies->servers->notify_up.gid, 65534);
	assert_int_equal(conf->proxies->servers->quorum_weight, -1);
	assert_int_equal(conf->proxies->servers->next->quorum_weight, 700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(global_says_who_the_process_is),
		STORY(a_frontend_takes_over_its_defaults),
		STORY(bind_lines_become_one_listener_per_address),
		STORY(servers_start_from_default_server),
		STORY(the_statistics_page_has_its_settings),
		STORY(defaults_have_names_and_heirs),
		STORY(repeated_globals_add_up),
		STORY(every_kind_of_listener_is_read),
		STORY(servers_of_every_kind_are_read),
		STORY(a_name_that_does_not_resolve_may_wait),
		STORY(options_can_be_taken_back),
		STORY(http_keywords_in_mode_tcp_are_warned_of),
		STORY(what_cannot_work_is_an_error),
		STORY(missing_timeouts_and_listeners_are_warned_of),
		STORY(users_belong_to_groups),
		STORY(error_pages_are_kept_with_the_configuration),
		STORY(a_tcp_frontend_of_an_http_backend_speaks_http),
		STORY(tuning_without_effect_says_why),
		STORY(quorums_and_commands_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
