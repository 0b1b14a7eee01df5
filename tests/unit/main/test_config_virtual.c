/*
 * main/config_virtual.c: the text of virtual servers is taken by the balancer's parser, beside
 * haproxy.cfg or alone, and what that says points into keepalived.conf.
 */
#include "config_rig.h"

static void load(const char *cfg, const char *keepalived)
{
	if (cfg)
		args.files[args.n_files++] = write_file(cfg);
	args.keepalived_files[args.n_keepalived_files++] = write_file(keepalived);
	config = config_load(&args);
}

static const struct conf_diag *find(const char *text)
{
	for (const struct conf_diag *d = config->diags.first; d; d = d->next)
		if (strstr(d->text, text))
			return d;
	conf_diags_print(&config->diags, stdout, true);
	return NULL;
}

static const struct proxy_conf *proxy(const char *name)
{
	for (const struct proxy_conf *p = config->balancer->proxies; p; p = p->next)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

#define SERVER                                                                               \
	"virtual_server 192.0.2.10 80 {\n lvs_sched wlc\n lvs_method NAT\n protocol TCP\n"   \
	" delay_loop 4\n alpha\n sorry_server 192.0.2.50 80\n"                               \
	" real_server 192.0.2.31 80 {\n weight 3\n uthreshold 9\n HTTP_GET {\n url {\n"      \
	" path '/a$b#c\"'\n digest 640205b7b0fc66c1ea91c463fac6334d\n regex \"it's\"\n }\n"  \
	" virtualhost 100%\n }\n TCP_CHECK {\n bindto 192.0.2.7\n connect_port 81\n }\n }\n" \
	" real_server 192.0.2.32 80 {\n SMTP_CHECK {\n helo_name h\n }\n }\n}\n"

static void alone_it_is_a_balancer_without_rights(void **state)
{
	const struct proxy_conf *p;

	(void)state;
	load(NULL, SERVER);
	assert_int_equal(config->diags.n_errors, 0);
	assert_int_equal(config->balancer->global.uid, 65534);
	p = proxy("virtual-192.0.2.10:80");
	assert_non_null(p);
	assert_string_equal(p->balance->name, "leastconn");
	assert_int_equal(p->mode, PROXY_MODE_TCP);
	assert_true(p->listeners->freebind);
	assert_int_equal(p->n_servers, 3);
	assert_int_equal(p->servers->weight, 3);
	assert_int_equal(p->servers->maxconn, 9);
	assert_int_equal(p->servers->init_state, SERVER_INIT_DOWN);
	assert_true(p->servers->next->next->backup);
	p = proxy("check-virtual-192.0.2.10:80-192.0.2.31:80-1");
	assert_int_equal(p->check.kind, CHECK_HTTP);
	assert_int_equal(p->servers->inter_ms, 4000);
	assert_int_equal(p->servers->fastinter_ms, 3000);
	p = proxy("check-virtual-192.0.2.10:80-192.0.2.31:80-2");
	assert_int_equal(p->servers->check_port, 81);
	assert_int_equal(p->servers->source.len, sizeof(struct sockaddr_in));
	p = proxy("check-virtual-192.0.2.10:80-192.0.2.32:80-1");
	assert_int_equal(p->check.kind, CHECK_SMTP);
}

static void beside_haproxy_cfg_its_defaults_and_users_stay(void **state)
{
	(void)state;
	load("global\n uid 7\ndefaults\n mode http\n timeout client 1s\n timeout server 1s\n"
	     " timeout connect 1s\nfrontend f\n bind 127.0.0.1:80\n default_backend b\n"
	     "backend b\n server s 127.0.0.1:81\n",
	     SERVER);
	assert_int_equal(config->diags.n_errors, 0);
	assert_int_equal(config->balancer->global.uid, 7);
	assert_int_equal(proxy("virtual-192.0.2.10:80")->timeout.client, 900000);
	assert_non_null(proxy("f"));
}

static void an_address_that_another_serves_is_left_to_it(void **state)
{
	const struct conf_diag *d;

	(void)state;
	load("defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n"
	     "listen all\n mode tcp\n bind :80\n server s 127.0.0.1:81\n",
	     SERVER SERVER);
	assert_int_equal(config->diags.n_errors, 0);
	d = find("192.0.2.10:80 is served by another already");
	assert_non_null(d);
	assert_string_equal(d->place.file, paths[1]);
	assert_int_equal(d->place.line, 1);
	assert_null(proxy("virtual-192.0.2.10:80")->listeners);
	assert_null(proxy("virtual-192.0.2.10:80.2")->listeners);
}

static void diagnostics_point_into_keepalived_conf(void **state)
{
	const struct conf_diag *d;

	(void)state;
	load(NULL, SERVER);
	for (d = config->diags.first; d; d = d->next)
		assert_string_not_equal(d->place.file, config_virtual_file);
	for (const struct proxy_conf *p = config->balancer->proxies; p; p = p->next)
		assert_string_equal(p->place.file, paths[0]);
}

/* The seam: a VIP may follow the real servers of a virtual server. */
static void a_vip_tracks_a_virtual_server(void **state)
{
	(void)state;
	load(NULL, SERVER "vrrp_instance A {\n interface lo\n virtual_router_id 1\n"
			  " virtual_ipaddress {\n 192.0.2.10\n }\n track_backend {\n"
			  " virtual-192.0.2.10:80 min 1\n }\n}\n");
	assert_int_equal(config->diags.n_errors, 0);
	assert_int_equal(config->n_wants, 1);
	assert_string_equal(config->wants[0].name, "virtual-192.0.2.10:80");
}

static void with_vrrp_only_there_is_no_balancer(void **state)
{
	(void)state;
	args.only_vrrp = true;
	load(NULL, SERVER);
	assert_null(config->balancer);
	assert_non_null(config->failover->virtual_servers->servers);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(alone_it_is_a_balancer_without_rights, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(beside_haproxy_cfg_its_defaults_and_users_stay,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_address_that_another_serves_is_left_to_it,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(with_vrrp_only_there_is_no_balancer, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_vip_tracks_a_virtual_server, set_up, tear_down),
		cmocka_unit_test_setup_teardown(diagnostics_point_into_keepalived_conf, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
