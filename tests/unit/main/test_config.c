/*
 * main/config: files of both grammars become one configuration, checked together, with what the
 * command line adds. Covers config.c and config_listeners.c.
 */
#include "config_rig.h"

static void load(void)
{
	config = config_load(&args);
	assert_non_null(config);
}

static void load_clean(void)
{
	load();
	if (config->diags.n_errors > 0)
		conf_diags_print(&config->diags, stderr, true);
	assert_int_equal(config->diags.n_errors, 0);
}

static bool is_said(enum conf_severity severity, const char *what)
{
	for (const struct conf_diag *g = config->diags.first; g; g = g->next)
		if (g->severity == severity && strstr(g->text, what))
			return true;
	return false;
}

#define TIMEOUTS    " timeout client 1s\n timeout connect 1s\n timeout server 1s\n"
#define PROXY(bind) "listen web\n bind " bind "\n" TIMEOUTS " server a 127.0.0.1:9\n"
#define INSTANCE                                                                       \
	"vrrp_instance V1 {\n interface lo\n virtual_router_id 51\n priority 100\n"    \
	" virtual_ipaddress {\n  192.0.2.10/24\n }\n virtual_ipaddress_excluded {\n  " \
	"2001:db8::10/64\n }\n}\n"

static void each_file_is_read_by_its_grammar(void **state)
{
	(void)state;
	args.files[0] = write_file(INSTANCE);
	args.files[1] = write_file(PROXY("127.0.0.1:1080"));
	args.n_files = 2;
	load_clean();
	assert_non_null(config->balancer);
	assert_non_null(config->failover);
	assert_int_equal(config->balancer->n_proxies, 1);
	assert_string_equal(config->failover->instances->name, "V1");
}

static void either_half_may_be_missing(void **state)
{
	(void)state;
	args.files[0] = write_file(PROXY("127.0.0.1:1080"));
	args.n_files = 1;
	load_clean();
	assert_null(config->failover);
	config_free(&config);
	args.n_files = 0;
	args.keepalived_files[0] = write_file(INSTANCE);
	args.n_keepalived_files = 1;
	load_clean();
	assert_null(config->balancer);
	assert_non_null(config->failover);
}

static void zero_warning_lets_no_warning_pass(void **state)
{
	(void)state;
	args.keepalived_files[0] = write_file("nonsense 1\n" INSTANCE);
	args.n_keepalived_files = 1;
	load_clean();
	assert_true(is_said(CONF_WARNING, "unknown keyword 'nonsense'"));
	config_free(&config);
	args.zero_warning = true;
	load();
	assert_true(is_said(CONF_ERROR, "none is let pass"));
	config_free(&config);
	/* the balancer's half has a keyword for it, and warnings of its own */
	args.zero_warning = false;
	args.n_keepalived_files = 0;
	args.files[0] = write_file("global\n zero-warning\n" PROXY("127.0.0.1:1080"));
	args.n_files = 1;
	load_clean();
	config_free(&config);
	args.files[0] = write_file("global\n zero-warning\n grace 1s\n" PROXY("127.0.0.1:1080"));
	load();
	assert_true(is_said(CONF_ERROR, "none is let pass"));
}

static void a_bind_on_a_vip_needs_no_address_here(void **state)
{
	const struct listener_conf *l;

	(void)state;
	args.files[0] = write_file(PROXY("192.0.2.10:80") " bind :::8080\n"
							  " bind [2001:db8::10]:80\n"
							  " bind 127.0.0.3:80\n");
	args.n_files = 1;
	args.keepalived_files[0] = write_file(INSTANCE);
	args.n_keepalived_files = 1;
	load_clean();
	for (const struct conf_diag *d = config->diags.first; d; d = d->next)
		assert_null(strstr(d->text, "no interface has"));
	l = config->balancer->proxies->listeners;
	assert_true(l->freebind);
	l = l->next;
	assert_false(l->freebind); /* any */
	l = l->next;
	assert_true(l->freebind);
	l = l->next;
	assert_false(l->freebind); /* ours already */
}

static void a_bind_may_name_a_vip_of_either_grammar(void **state)
{
	const struct listener_conf *l;
	char text[ADDR_TEXT_MAX];

	(void)state;
	args.files[0] = write_file(PROXY("vip@V1:80-81,vip@own:443") "vip own\n interface lo\n id "
								     "7\n address 192.0.2.20/24\n");
	args.n_files = 1;
	args.keepalived_files[0] = write_file(INSTANCE);
	args.n_keepalived_files = 1;
	load_clean();
	l = config->balancer->proxies->listeners;
	assert_string_equal(addr_text(&l->addr, text), "192.0.2.10:80");
	assert_true(l->freebind);
	l = l->next;
	assert_string_equal(addr_text(&l->addr, text), "[2001:db8::10]:80");
	l = l->next;
	assert_string_equal(addr_text(&l->addr, text), "192.0.2.10:81");
	l = l->next->next;
	assert_string_equal(addr_text(&l->addr, text), "192.0.2.20:443");
	assert_true(l->freebind);
	assert_null(l->next);
}

static void a_bind_on_a_vip_that_is_not_there_is_an_error(void **state)
{
	(void)state;
	args.files[0] = write_file(PROXY("vip@V2:80"));
	args.n_files = 1;
	args.keepalived_files[0] = write_file(INSTANCE);
	args.n_keepalived_files = 1;
	load();
	assert_true(is_said(CONF_ERROR, "did you mean 'V1'"));
}

static void a_bind_on_nobodys_address_is_named(void **state)
{
	(void)state;
	args.files[0] = write_file(PROXY("192.0.2.99:80"));
	args.n_files = 1;
	args.keepalived_files[0] = write_file(INSTANCE);
	args.n_keepalived_files = 1;
	load_clean();
	assert_true(is_said(CONF_WARNING, "no interface has 192.0.2.99"));
	assert_false(config->balancer->proxies->listeners->freebind);
}

static void the_command_line_has_the_last_word(void **state)
{
	const struct listener_conf *l;

	(void)state;
	args.files[0] = write_file("global\n maxconn 100\n node filed\n" PROXY("127.0.0.1:1080"));
	args.n_files = 1;
	args.maxconn = 7;
	args.name = "lb1";
	args.master_socket = "/run/relais-test.sock";
	load_clean();
	assert_int_equal(config->balancer->global.maxconn, 7);
	assert_string_equal(config->balancer->global.node, "lb1");
	l = config->balancer->global.stats_sockets;
	assert_non_null(l);
	assert_true(l->is_stats);
	assert_int_equal(l->stats_level, 3);
	assert_int_equal(l->mode, 0600);
	assert_string_equal(l->addr.un.sun_path, "/run/relais-test.sock");
}

static void a_node_without_balancer_has_a_runtime_socket_when_asked(void **state)
{
	(void)state;
	args.keepalived_files[0] = write_file(INSTANCE);
	args.n_keepalived_files = 1;
	args.master_socket = "/run/relais-test.sock";
	load_clean();
	assert_non_null(config->failover);
	assert_int_equal(config->balancer->n_proxies, 0);
	assert_string_equal(config->balancer->global.stats_sockets->addr.un.sun_path,
			    "/run/relais-test.sock");
}

static void an_inherited_master_socket(void **state)
{
	(void)state;
	args.files[0] = write_file("global\n stats socket /run/x.sock\n" PROXY("127.0.0.1:1080"));
	args.n_files = 1;
	args.master_socket = "fd@5";
	load_clean();
	assert_int_equal(config->balancer->global.stats_sockets->inherited_fd, 5);
	assert_int_equal(config->balancer->global.stats_sockets->next->inherited_fd, -1);
}

static void log_lines_carry_the_programs_name(void **state)
{
	(void)state;
	args.files[0] = write_file(PROXY("127.0.0.1:1080") "listen b\n bind 127.0.0.1:1081\n"
							   " log-tag mine\n" TIMEOUTS
							   " server a 127.0.0.1:9\n");
	args.n_files = 1;
	load_clean();
	assert_string_equal(config->balancer->proxies->log_tag, "relais");
	assert_string_equal(config->balancer->proxies->next->log_tag, "mine");
	config_free(&config);
	args.dialect = ARGS_HAPROXY;
	load_clean();
	assert_string_equal(config->balancer->proxies->log_tag, "haproxy");
	assert_string_equal(config->balancer->global.log_tag, "haproxy");
}

static void errors_of_both_halves_are_shown(void **state)
{
	(void)state;
	args.files[0] = write_file("listen web\n bynd 127.0.0.1:1080\n");
	args.n_files = 1;
	args.keepalived_files[0] = write_file("vrrp_instance V1 {\n virtual_router_id 51\n}\n");
	args.n_keepalived_files = 1;
	load();
	assert_true(config->diags.n_errors >= 2);
	assert_true(is_said(CONF_ERROR, "bynd"));
	assert_string_equal(config->diags.first->place.file, paths[0]);
	assert_int_equal(config->diags.first->place.line, 2);
}

static void a_missing_file_is_an_error(void **state)
{
	(void)state;
	args.files[0] = "/nowhere/relais.cfg";
	args.n_files = 1;
	load();
	assert_true(config->diags.n_errors > 0);
}

/* A script that asks for a process named haproxy is answered by our heartbeat, if we have one. */
static void a_script_for_haproxy_means_our_balancer_when_there_is_one(void **state)
{
	static const char scripted[] = "vrrp_script chk {\n script \"killall -0 haproxy\"\n}\n"
				       "vrrp_instance V1 {\n interface lo\n virtual_router_id 51\n"
				       " virtual_ipaddress {\n  192.0.2.10\n }\n"
				       " track_script {\n  chk\n }\n}\n";

	(void)state;
	args.keepalived_files[0] = write_file(scripted);
	args.n_keepalived_files = 1;
	load_clean();
	assert_false(config->failover->scripts->asks_balancer);
	config_free(&config);
	args.files[0] = write_file(PROXY("127.0.0.1:1080"));
	args.n_files = 1;
	load_clean();
	assert_true(config->failover->scripts->asks_balancer);
}

/* The failover process reads the same bytes at a reload, without opening a file. */
static void the_failover_half_is_read_again_from_sealed_files(void **state)
{
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	struct failover_conf *again;
	int fd;

	(void)state;
	args.files[0] = write_file(PROXY("192.0.2.10:80"));
	args.n_files = 1;
	args.keepalived_files[0] = write_file(INSTANCE);
	args.n_keepalived_files = 1;
	load_clean();
	fd = conf_files_save(&config->files);
	assert_true(fd >= 0);
	unlink(args.keepalived_files[0]);
	arena_init(&arena, 0);
	conf_files_init(&files);
	conf_diags_init(&diags);
	assert_int_equal(conf_files_load(&files, fd), 0);
	again = config_parse_failover(&files, &diags, &arena);
	assert_non_null(again);
	assert_int_equal(diags.n_errors, 0);
	assert_string_equal(again->instances->name, "V1");
	conf_diags_fini(&diags);
	conf_files_fini(&files);
	arena_fini(&arena);
	close(fd);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		STORY(each_file_is_read_by_its_grammar),
		STORY(either_half_may_be_missing),
		STORY(zero_warning_lets_no_warning_pass),
		STORY(a_bind_on_a_vip_needs_no_address_here),
		STORY(a_bind_may_name_a_vip_of_either_grammar),
		STORY(a_bind_on_a_vip_that_is_not_there_is_an_error),
		STORY(a_bind_on_nobodys_address_is_named),
		STORY(the_command_line_has_the_last_word),
		STORY(a_node_without_balancer_has_a_runtime_socket_when_asked),
		STORY(an_inherited_master_socket),
		STORY(log_lines_carry_the_programs_name),
		STORY(errors_of_both_halves_are_shown),
		STORY(a_missing_file_is_an_error),
		STORY(a_script_for_haproxy_means_our_balancer_when_there_is_one),
		STORY(the_failover_half_is_read_again_from_sealed_files),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
