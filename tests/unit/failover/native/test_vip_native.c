/*
 * `vip` sections beside proxies: each story is a haproxy.cfg with one, read by both readers as
 * main/config.c does. Covers vip_native.c, vip_rows_conf.c,
 * vip_track.c; and conf/env_conf.c, whose variables both readers see.
 */
#include <string.h>

#include "../../core/conf_room.h"
#include "failover/conf/failover_conf.h"
#include "failover/native/vip_native.h"
#include "main/registry.h"

static struct failover_conf *conf;
static struct balancer_conf *balancer;

static void read_both(const char *text)
{
	static const char *const paths[] = {"one.cfg"};
	const struct vip_native how = {&files, paths, 1, proxy_sections, &arena, &diags};
	struct failover_conf_options options = {.config_id = "node"};

	conf = NULL; /* there may be no such half */
	conf_files_put(&files, paths[0], slice_of(text));
	balancer = registry_balancer_parse(&files, paths, 1, &arena, &diags, NULL);
	options.statements = vip_native_read(&how);
	if (options.statements)
		conf = failover_conf_parse(&files, NULL, 0, &arena, &diags, &options);
}

static void read_clean(const char *text)
{
	read_both(text);
	if (diags.n_errors + diags.n_warnings > 0)
		conf_diags_print(&diags, stderr, true);
	assert_int_equal(diags.n_errors, 0);
	assert_non_null(conf);
}

static const struct conf_diag *said(const char *what)
{
	const struct conf_diag *found = NULL;

	for (const struct conf_diag *g = diags.first; g; g = g->next) {
		if (!strstr(g->text, what))
			continue;
		assert_null(found); /* once, not by both readers */
		found = g;
	}
	if (!found)
		conf_diags_print(&diags, stderr, true);
	assert_non_null(found);
	return found;
}

#define WEB                                                                         \
	"listen web\n bind 127.0.0.1:80\n timeout client 1s\n timeout connect 1s\n" \
	" timeout server 1s\n server a 127.0.0.1:9\n"

static void one_file_says_both_halves(void **state)
{
	const struct vrrp_instance_conf *i;

	(void)state;
	read_clean("global\n setenv NET 192.0.2\n" WEB "vip front\n interface eth0\n id 51\n"
		   " priority 150\n interval 100ms\n address \"${NET}.10/24\" label eth0:1\n"
		   " address 192.0.2.11/24\n excluded-address 2001:db8::10/64\n"
		   " peer 192.0.2.2\n peer 192.0.2.3\n source 192.0.2.1\n no preempt\n"
		   " no accept\n hold-down 5s\n lifetime 10s\n garp delay 250ms\n garp repeat 3\n"
		   " witness ping 192.0.2.254\n no probe\n");
	i = conf->instances;
	assert_string_equal(i->name, "front");
	assert_string_equal(i->interface, "eth0");
	assert_int_equal(i->vrid, 51);
	assert_int_equal(i->version, 3);
	assert_int_equal(i->priority, 150);
	assert_int_equal(i->advert_us, 100000);
	assert_string_equal(i->vips->label, "eth0:1");
	assert_non_null(i->vips->next);
	assert_int_equal(i->excluded->address.sa.sa_family, AF_INET6);
	assert_non_null(i->peers->next);
	assert_int_equal(i->src.sa.sa_family, AF_INET);
	assert_true(i->nopreempt);
	assert_false(i->accept);
	assert_int_equal(i->flap_hold_us, 5000000);
	assert_int_equal(i->vip_lifetime_s, 10);
	assert_int_equal(i->garp.delay_us, 250000);
	assert_int_equal(i->garp.repeat, 3);
	assert_non_null(i->witnesses);
	assert_false(i->vip_probe);
	assert_int_equal(balancer->n_proxies, 1);
}

static const struct vrrp_track_conf *track_of(const struct vrrp_track_conf *t,
					      enum vrrp_track_kind kind)
{
	while (t && t->kind != kind)
		t = t->next;
	assert_non_null(t);
	return t;
}

static void what_is_tracked_stands_in_one_line(void **state)
{
	const struct vrrp_instance_conf *i;
	const struct vrrp_track_conf *t;

	(void)state;
	read_clean(WEB "vip front\n interface eth0\n id 51\n address 192.0.2.10/24\n"
		       " track backend web min 2 weight -20\n track server web/a\n"
		       " track interface eth1\n"
		       " track script \"/bin/true -x\" interval 250ms fall 3 weight 7\n"
		       " track file /tmp/maintenance weight -1\n track process nginx quorum 2\n");
	i = conf->instances;
	t = track_of(i->tracks, VRRP_TRACK_BACKEND);
	assert_string_equal(t->name, "web");
	assert_int_equal(t->min, 2);
	assert_int_equal(t->weight, -20);
	assert_string_equal(track_of(i->tracks, VRRP_TRACK_SERVER)->name, "web/a");
	assert_string_equal(track_of(i->tracks, VRRP_TRACK_INTERFACE)->name, "eth1");
	t = track_of(i->tracks, VRRP_TRACK_SCRIPT);
	assert_int_equal(t->weight, 7);
	assert_int_equal(t->script->interval_us, 250000);
	assert_int_equal(t->script->fall, 3);
	assert_string_equal(t->script->script.argv[0], "/bin/true");
	assert_string_equal(t->script->script.argv[1], "-x");
	track_of(i->tracks, VRRP_TRACK_FILE);
	track_of(i->tracks, VRRP_TRACK_PROCESS);
	assert_string_equal(conf->files->path, "/tmp/maintenance");
	assert_int_equal(conf->processes->quorum, 2);
}

static void databases_hooks_heartbeats_and_neighbors_are_said_in_lines(void **state)
{
	const struct vrrp_instance_conf *i;
	const struct vrrp_track_conf *t;

	(void)state;
	read_clean("vip-defaults\n script-user root\n compare-delay 250ms\n mail-to a@example.org\n"
		   " mail-server 192.0.2.9 25\n mail-from b@example.org\n"
		   "vip db\n interface eth0\n id 51\n address 192.0.2.10/24\n"
		   " track redis role primary port 6379 interval 500 fall 2\n"
		   " promote /bin/true\n promote-timeout 5s\n demote \"/bin/true x\"\n"
		   " heartbeat dev eth1\n heartbeat peer 192.0.2.2 port 5555\n compare\n"
		   " track bfd 192.0.2.7 interval 50ms multiplier 4 weight -10\n");
	i = conf->instances;
	t = track_of(i->tracks, VRRP_TRACK_DATABASE);
	assert_int_equal(t->weight, 0);
	assert_string_equal(i->hooks.promote.argv[0], "/bin/true");
	assert_int_equal(i->hooks.promote_timeout_us, 5000000);
	assert_string_equal(i->hooks.demote.argv[1], "x");
	assert_non_null(i->heartbeats->next);
	assert_int_equal(i->compare, 1);
	assert_int_equal(i->compare_delay_us, 250000);
	t = track_of(i->tracks, VRRP_TRACK_BFD);
	assert_int_equal(t->weight, -10);
	assert_int_equal(conf->bfds->min_tx_us, 50000);
	assert_int_equal(conf->bfds->min_rx_us, 50000);
	assert_int_equal(conf->bfds->multiplier, 4);
}

static void signing_is_said_in_one_line(void **state)
{
	(void)state;
	read_both("vip a\n interface e\n id 1\n address 192.0.2.1/24\n"
		  " auth hmac key-file /nonexistent/vrrp.keys allow-old active-key 2\n"
		  " auth hmac sometimes\n");
	assert_int_equal(said("/nonexistent/vrrp.keys")->place.line, 5);
	assert_int_equal(said("sometimes")->place.line, 6);
}

static void groups_and_defaults_have_sections_of_their_own(void **state)
{
	(void)state;
	read_clean("vip-defaults\n router-id lb1\n startup-delay 2s\n hold-down 0\n"
		   "vip a\n interface eth0\n id 1\n address 192.0.2.1/24\n on master /bin/true\n"
		   "vip b\n interface eth0\n id 2\n address 192.0.2.2/24\n"
		   "vip-group both\n member a b\n on any /bin/true\n member-weights\n" WEB);
	assert_string_equal(conf->router_id, "lb1");
	assert_int_equal(conf->startup_delay_us, 2000000);
	assert_int_equal(conf->instances->flap_hold_us, 0);
	assert_non_null(conf->instances->notify.master.argv);
	assert_ptr_equal(conf->instances->next->group, conf->groups);
	assert_true(conf->groups->tracking_weight);
}

static void what_is_wrong_is_said_once_and_in_its_place(void **state)
{
	const struct conf_diag *d;

	(void)state;
	read_both("vip front\n interface eth0\n prioriti 3\n priority 300\n"
		  " address 192.0.2.10/24\n garp delay 3parsecs\n unclosed \"quote\n" WEB
		  "nonsense in web\n");
	d = said("unknown keyword 'prioriti'");
	assert_int_equal(d->severity, CONF_ERROR);
	assert_int_equal(d->place.line, 3);
	assert_non_null(strstr(d->text, "did you mean 'priority'"));
	assert_int_equal(said("300")->place.line, 4);
	assert_int_equal(said("3parsecs")->place.line, 6);
	assert_int_equal(said("'id' is missing")->place.line, 1);
	assert_int_equal(said("quote")->place.line, 7);
	said("nonsense");
}

static void two_of_one_name_are_refused(void **state)
{
	(void)state;
	read_both("vip a\n interface e\n id 1\n address 192.0.2.1/24\n"
		  "vip a\n interface e\n id 2\n address 192.0.2.1/24\n");
	assert_int_equal(said("there is a 'vip a' already")->severity, CONF_ERROR);
}

static void files_without_vips_are_not_a_failover_half(void **state)
{
	(void)state;
	read_both(WEB "# vip\nbackend vip-like\n server vip 127.0.0.1:1\n");
	assert_null(conf);
	assert_int_equal(diags.n_errors, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_file_says_both_halves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_tracked_stands_in_one_line, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			databases_hooks_heartbeats_and_neighbors_are_said_in_lines, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(signing_is_said_in_one_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(groups_and_defaults_have_sections_of_their_own,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_wrong_is_said_once_and_in_its_place, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(two_of_one_name_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_without_vips_are_not_a_failover_half, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
