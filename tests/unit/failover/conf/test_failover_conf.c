/*
 * failover: keepalived.conf into failover_conf (track/track_list.c has the lists). Where
 * Keepalived 2.2.7 goes on with a complaint, so does relais, with a warning that names what
 * happens; what it cannot do yet is an error by name. The rows are walked by failover_rows.c and
 * read by failover_values.c; they stand in global_conf.c, instance_conf.c, notify_conf.c,
 * track_conf.c, vip_conf.c, script_conf.c (files: script_file.c), group_conf.c, vmac_conf.c,
 * watch_conf.c, smtp_conf.c, house_conf.c and unserved_conf.c; instance_finish.c settles what they
 * come to.
 */
#include <unistd.h>

#include "../reading.h"
#include "failover/model/house.h"
#include "failover/vrrp/instance.h"

static const struct conf_diag *find_diag(const struct reading *r, enum conf_severity severity,
					 unsigned line, const char *text)
{
	for (const struct conf_diag *d = r->diags.first; d; d = d->next)
		if (d->severity == severity && (line == 0 || d->place.line == line) &&
		    strstr(d->text, text))
			return d;
	conf_diags_print(&r->diags, stdout, true);
	return NULL;
}

static void the_deployed_pair_is_read(void **state)
{
	struct reading r;
	const struct vrrp_instance_conf *i;
	char text[ADDR_TEXT_MAX];

	(void)state;
	reading_start(
		&r, "global_defs {\n router_id LVS_DEVEL\n enable_script_security\n"
		    " script_user root\n}\n"
		    "vrrp_script chk { script \"killall -0 haproxy\"\n interval 2\n weight -2\n"
		    " fall 10\n rise 2 }\n"
		    "vrrp_instance VI_1 {\n state MASTER\n interface eth0\n"
		    " virtual_router_id 51\n priority 101\n"
		    " authentication {\n auth_type PASS\n auth_pass 42\n }\n"
		    " virtual_ipaddress {\n 192.0.2.10\n 192.0.2.11/24 dev eth1 label eth1:1\n }\n"
		    " track_script { chk }\n notify_master \"/bin/echo 'a b' c\"\n}\n");
	assert_int_equal(r.diags.n_errors, 0);
	assert_int_equal(r.diags.n_warnings, 0);
	assert_string_equal(r.conf->router_id, "LVS_DEVEL");
	assert_int_equal(r.conf->n_instances, 1);
	i = r.conf->instances;
	assert_string_equal(i->name, "VI_1");
	assert_string_equal(i->interface, "eth0");
	assert_true(i->wants_master);
	assert_int_equal(i->vrid, 51);
	assert_int_equal(i->priority, 101);
	assert_int_equal(i->version, 2);
	assert_int_equal(i->family, AF_INET);
	assert_int_equal(i->advert_us, 1000000);
	assert_int_equal(i->auth, VRRP_AUTH_PASS);
	assert_memory_equal(i->auth_pass, "42\0\0\0\0\0", 8);
	assert_int_equal(i->garp.delay_us, 5000000);
	assert_int_equal(i->garp.repeat, 5);
	assert_int_equal(i->garp.lower_prio_repeat, 5);
	assert_string_equal(addr_host_text(&i->vips->address, text), "192.0.2.10");
	assert_int_equal(i->vips->prefix_len, 32);
	assert_string_equal(i->vips->next->dev, "eth1");
	assert_string_equal(i->vips->next->label, "eth1:1");
	assert_int_equal(i->vips->next->prefix_len, 24);
	assert_ptr_equal(i->tracks->script, r.conf->scripts);
	assert_int_equal(i->tracks->weight, -2);
	assert_int_equal(r.conf->scripts->interval_us, 2000000);
	assert_int_equal(r.conf->scripts->fall, 10);
	assert_true(r.conf->scripts->asks_balancer);
	assert_non_null(find_diag(&r, CONF_NOTE, 6, "chk asks whether haproxy lives"));
	assert_string_equal(i->notify.master.argv[1], "a b");
	assert_string_equal(i->notify.master.argv[2], "c");
	assert_int_equal(i->notify.master.uid, 0);
	reading_end(&r);
}

static void globals_count_wherever_they_stand(void **state)
{
	struct reading r;

	(void)state;
	reading_start(&r,
		      "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n advert_int 0.25\n"
		      " virtual_ipaddress { 192.0.2.1 }\n garp_master_repeat 3\n}\n"
		      "global_defs {\n vrrp_version 3\n vrrp_garp_master_repeat 7\n"
		      " vrrp_garp_master_delay 2.5\n vrrp_mcast_group4 224.0.0.99\n"
		      " vrrp_garp_interval 0.001\n vip_lifetime 9\n}\n");
	assert_int_equal(r.diags.n_errors + r.diags.n_warnings, 0);
	assert_int_equal(r.conf->instances->vip_lifetime_s, 9);
	assert_int_equal(r.conf->instances->flap_hold_us, 30000000);
	assert_int_equal(r.conf->instances->version, 3);
	assert_int_equal(r.conf->instances->advert_us, 250000);
	assert_int_equal(r.conf->instances->garp.repeat, 3);
	assert_int_equal(r.conf->instances->garp.delay_us, 2500000);
	assert_int_equal(r.conf->instances->garp.interval_us, 1000);
	assert_int_equal(r.conf->instances->mcast_group.in4.sin_addr.s_addr, htonl(0xe0000063));
	reading_end(&r);
}

static void values_out_of_range_are_replaced_as_keepalived_does(void **state)
{
	struct reading r;
	const struct vrrp_instance_conf *i;

	(void)state;
	reading_start(&r, "vrrp_instance A {\n interface eth0\n virtual_router_id 3\n state SLAVE\n"
			  " priority 300\n advert_int 0.1\n nopreempt\n"
			  " authentication { auth_type PASS;\n auth_pass longer-than-8\n }\n"
			  " virtual_ipaddress {\n 192.0.2.1/33\n host.example.com\n 2001:db8::1\n"
			  " 192.0.2.2 label far-too-long-for-a-label\n 192.0.2.3 bogus\n }\n"
			  " garp_master_repeat 0\n frobnicate 1\n virtual_ipadress { 192.0.2.9 }\n"
			  " track_script { none }\n interface2\n}\n");
	assert_int_equal(r.diags.n_errors, 0);
	i = r.conf->instances;
	assert_int_equal(i->priority, 100);
	assert_false(i->wants_master);
	assert_int_equal(i->advert_us, 1000000);
	assert_int_equal(i->auth, VRRP_AUTH_NONE);
	assert_int_equal(i->vips->prefix_len, 32);
	assert_non_null(i->vips->next);
	assert_null(i->vips->next->next);
	assert_int_equal(i->garp.repeat, 5);
	assert_null(i->tracks);
	assert_non_null(find_diag(&r, CONF_WARNING, 4, "'SLAVE'"));
	assert_non_null(find_diag(&r, CONF_WARNING, 5, "from 1 to 255"));
	assert_non_null(find_diag(&r, CONF_WARNING, 8, "PASS;"));
	assert_non_null(find_diag(&r, CONF_WARNING, 13, "host.example.com"));
	assert_non_null(find_diag(&r, CONF_WARNING, 14, "one family"));
	assert_non_null(find_diag(&r, CONF_WARNING, 19, "unknown keyword 'frobnicate'"));
	assert_non_null(find_diag(&r, CONF_WARNING, 20, "did you mean 'virtual_ipaddress'?"));
	assert_non_null(find_diag(&r, CONF_WARNING, 21, "'none' is not defined above"));
	reading_end(&r);
}

static void combinations_are_settled(void **state)
{
	struct reading r;

	(void)state;
	reading_start(&r,
		      "vrrp_instance A {\n state MASTER\n nopreempt\n interface eth0\n"
		      " virtual_router_id 1\n virtual_ipaddress { 2001:db8::1 }\n"
		      " authentication { auth_type PASS\n auth_pass x\n }\n advert_int 0.015\n}\n");
	assert_int_equal(r.diags.n_errors, 0);
	assert_false(r.conf->instances->nopreempt);
	assert_int_equal(r.conf->instances->version, 3);
	assert_int_equal(r.conf->instances->family, AF_INET6);
	assert_int_equal(r.conf->instances->auth, VRRP_AUTH_NONE);
	assert_int_equal(r.conf->instances->advert_us, 10000);
	assert_int_equal(r.conf->instances->vips->preferred_lft_s, 0);
	reading_end(&r);
}

static void strict_mode_clears_and_goes_on(void **state)
{
	struct reading r;
	const struct vrrp_instance_conf *i;

	(void)state;
	reading_start(&r,
		      "global_defs {\n vrrp_strict\n}\n"
		      "vrrp_instance A {\n interface eth0\n virtual_router_id 3\n state MASTER\n"
		      " authentication {\n auth_type PASS\n auth_pass x\n }\n"
		      " unicast_peer { 192.0.2.7 }\n virtual_ipaddress { 192.0.2.1 }\n}\n"
		      "vrrp_instance B {\n interface eth0\n virtual_router_id 4\n strict_mode off\n"
		      " preempt_delay 3\n virtual_ipaddress { 192.0.2.2 }\n}\n");
	assert_int_equal(r.diags.n_errors, 0);
	i = r.conf->instances;
	assert_false(i->wants_master);
	assert_int_equal(i->auth, VRRP_AUTH_NONE);
	assert_true(i->lower_prio_no_advert);
	assert_false(i->accept);
	assert_non_null(find_diag(&r, CONF_WARNING, 0, "the addresses answer nobody"));
	assert_non_null(i->peers);
	assert_int_equal(i->next->preempt_delay_us, 3000000);
	assert_false(i->next->strict);
	assert_true(i->next->accept);
	reading_end(&r);
}

static void who_accepts(void **state)
{
	struct reading r;
	const struct vrrp_instance_conf *i;

	(void)state;
	reading_start(&r,
		      "global_defs { nftables of_mine\n nftables_priority -10 }\n"
		      "vrrp_instance A { interface eth0\n virtual_router_id 1\n no_accept\n"
		      " virtual_ipaddress { 192.0.2.1 } }\n"
		      "vrrp_instance B { interface eth0\n virtual_router_id 2\n strict_mode on\n"
		      " version 3\n accept\n virtual_ipaddress { 192.0.2.2 } }\n"
		      "vrrp_instance C { interface eth0\n virtual_router_id 3\n strict_mode on\n"
		      " version 2\n accept\n virtual_ipaddress { 192.0.2.3 } }\n"
		      "vrrp_instance D { interface eth0\n virtual_router_id 4\n"
		      " virtual_ipaddress { 192.0.2.4 } }\n");
	assert_int_equal(r.diags.n_errors, 0);
	assert_string_equal(r.conf->wall_table, "of_mine");
	assert_int_equal(r.conf->wall_priority, -10);
	i = r.conf->instances;
	assert_false(i->accept);
	assert_true(i->next->accept);
	assert_false(i->next->next->accept);
	assert_non_null(find_diag(&r, CONF_WARNING, 0, "version 2 has no 'accept'"));
	assert_true(i->next->next->next->accept);
	reading_end(&r);
}

static void virtual_macs_come_to_interfaces(void **state)
{
	static const uint8_t four[] = {0, 0, 0x5e, 0, 1, 51}, six[] = {0, 0, 0x5e, 0, 2, 51},
			     own[] = {2, 0, 0, 0, 0x77, 53};
	const struct vrrp_instance_conf *i;
	const struct vip_conf *v;
	struct reading r;

	(void)state;
	reading_start(
		&r, "vrrp_instance A { interface eth0\n virtual_router_id 51\n use_vmac\n"
		    " virtual_ipaddress { 192.0.2.1\n 192.0.2.2 dev eth0\n 192.0.2.3 dev eth1\n"
		    " 192.0.2.4 dev eth1 use_vmac }\n"
		    " virtual_ipaddress_excluded { 2001:db8::1 } }\n"
		    "vrrp_instance B { interface eth0\n virtual_router_id 51\n use_vmac\n"
		    " virtual_ipaddress { fe80::1 } }\n"
		    "vrrp_instance C { interface eth0\n virtual_router_id 53\n"
		    " use_vmac vip 02:00:00:00:77\n use_vmac_addr\n unicast_peer { 192.0.2.9 }\n"
		    " virtual_ipaddress { 192.0.2.5 } \n virtual_ipaddress_excluded { 2001:db8::2 "
		    "} }\n"
		    "vrrp_instance D { interface eth2\n virtual_router_id 51\n use_vmac\n"
		    " vmac_xmit_base\n virtual_ipaddress { 192.0.2.6 } }\n");
	assert_int_equal(r.diags.n_errors, 0);
	i = r.conf->instances;
	v = i->vips;
	assert_string_equal(i->vmac, "vrrp.51");
	assert_string_equal(vrrp_conf_wire(i), "vrrp.51");
	assert_string_equal(v->dev, "vrrp.51");
	assert_string_equal(v->next->dev, "vrrp.51");
	assert_string_equal(v->next->next->dev, "eth1");
	assert_string_equal(v->next->next->next->dev, "vrrp2.51");
	assert_null(i->excluded->dev);
	assert_memory_equal(r.conf->vmacs->mac, four, 6);
	i = i->next;
	assert_string_equal(i->vmac, "vrrp6.51");
	assert_memory_equal(r.conf->vmacs->next->mac, six, 6);
	i = i->next;
	assert_string_equal(i->vmac, "vip");
	assert_string_equal(vrrp_conf_wire(i), "eth0");
	assert_non_null(find_diag(&r, CONF_WARNING, 0, "needs vmac_xmit_base"));
	assert_memory_equal(r.conf->vmacs->next->next->mac, own, 6);
	assert_string_equal(i->excluded->dev, "vrrp.53");
	i = i->next;
	assert_string_equal(i->vmac, "vrrp1.51");
	assert_string_equal(vrrp_conf_wire(i), "eth2");
	reading_end(&r);
}

static void files_and_processes_are_watched(void **state)
{
	const struct vrrp_track_conf *t;
	const struct vrrp_process_conf *p;
	const struct vrrp_file_conf *f;
	struct reading r;

	(void)state;
	reading_start(&r,
		      "track_file down { file \"/run/down\"\n weight 0\n init_file 3 overwrite }\n"
		      "vrrp_track_file points { file /run/points\n weight -7 reverse }\n"
		      "track_file nowhere { weight 1 }\n"
		      "vrrp_track_process web { process nginx }\n"
		      "vrrp_track_process job { process /usr/bin/job \"-c x\" y\n quorum 2\n"
		      " quorum_max 3\n delay 1.5\n fork_delay 0.5\n param_match initial\n"
		      " weight -254 reverse\n full_command }\n"
		      "vrrp_track_process lb { process haproxy }\n"
		      "vrrp_instance A { interface eth0\n virtual_router_id 1\n"
		      " track_file { down\n points weight 254\n nowhere }\n"
		      " track_process { web\n job weight 5\n lb }\n"
		      " virtual_ipaddress { 192.0.2.1 } }\n");
	assert_int_equal(r.diags.n_errors, 0);
	f = r.conf->files;
	assert_string_equal(f->path, "/run/down");
	assert_true(f->init && f->overwrite);
	assert_int_equal(f->init_value, 3);
	assert_int_equal(f->next->weight, -7);
	assert_true(f->next->weight_reverse);
	assert_null(f->next->next);
	p = r.conf->processes;
	assert_string_equal(p->process, "nginx");
	assert_int_equal(p->weight, 0); /* Keepalived 2.2.7's, other than its manual's */
	assert_false(p->by_command);
	p = p->next;
	assert_string_equal(p->args[0], "-c x");
	assert_string_equal(p->args[1], "y");
	assert_null(p->args[2]);
	assert_true(p->by_command);
	assert_int_equal(p->match, VRRP_PROCESS_INITIAL);
	assert_int_equal(p->quorum, 2);
	assert_int_equal(p->quorum_max, 3);
	assert_int_equal(p->up_delay_us, 500000);
	assert_int_equal(p->down_delay_us, 1500000);
	assert_int_equal(p->weight, -254);
	assert_null(p->next);
	assert_true(r.conf->scripts->asks_balancer);
	t = r.conf->instances->tracks;
	assert_int_equal(t->kind, VRRP_TRACK_FILE);
	assert_int_equal(t->weight, 0);
	t = t->next;
	assert_int_equal(t->weight, 254);
	assert_true(t->reverse);
	t = t->next;
	assert_int_equal(t->kind, VRRP_TRACK_PROCESS);
	assert_int_equal(t->weight, 0);
	assert_int_equal(t->next->weight, 5);
	assert_ptr_equal(t->next->next->script, r.conf->scripts);
	assert_non_null(find_diag(&r, CONF_WARNING, 0, "'nowhere' names no file"));
	reading_end(&r);
}

static void what_is_not_served_is_named(void **state)
{
	struct reading r;
	const struct conf_diag *d;

	(void)state;
	reading_start(&r,
		      "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n"
		      "  use_ipvlan\n track_bfd {\n b\n }\n}\n"
		      "bfd_instance b {\n neighbor_ip 192.0.2.3\n}\n"
		      "virtual_server 192.0.2.9 80 {\n lb_algo rr\n real_server 192.0.2.8 80 {\n"
		      " HTTP_GET { url { path / } }\n }\n}\n"
		      "global_defs {\n enable_dbus\n vrrp_garp_extra_if all 5\n}\n");
	assert_int_equal(r.diags.n_errors, 1);
	d = find_diag(&r, CONF_ERROR, 4, "'use_ipvlan' is not supported");
	assert_non_null(d);
	assert_int_equal(d->place.column, 3);
	assert_non_null(find_diag(&r, CONF_WARNING, 6, "'b' is not defined above"));
	assert_non_null(find_diag(&r, CONF_WARNING, 12, "virtual_server 192.0.2.9 80"));
	assert_non_null(find_diag(&r, CONF_WARNING, 19, "'enable_dbus' is without effect"));
	reading_end(&r);
}

static void announcements_have_groups_and_further_interfaces(void **state)
{
	struct reading r;
	const struct garp_group_conf *g;

	(void)state;
	reading_start(&r,
		      "global_defs {\n vrrp_garp_extra_if all 100\n}\n"
		      "garp_group {\n garp_interval 0.5\n interfaces {\n eth0\n eth1 eth2\n }\n}\n"
		      "garp_group {\n gna_interval 1\n interface eth1\n}\n"
		      "garp_group {\n interface eth3\n}\n"
		      "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n"
		      " virtual_ipaddress {\n 192.0.2.1\n }\n}\n"
		      "vrrp_instance B {\n interface eth0\n virtual_router_id 2\n"
		      " garp_extra_if 7\n virtual_ipaddress {\n 192.0.2.2\n }\n}\n");
	assert_int_equal(r.diags.n_errors, 0);
	g = r.conf->garp_groups;
	assert_int_equal(g->garp_interval_us, 500000);
	assert_int_equal(g->gna_interval_us, -1);
	assert_string_equal(g->interfaces[2], "eth2");
	assert_null(g->interfaces[3]);
	assert_non_null(find_diag(&r, CONF_WARNING, 13, "'eth1' is in a garp_group already"));
	assert_non_null(find_diag(&r, CONF_WARNING, 11, "without interfaces"));
	assert_non_null(find_diag(&r, CONF_WARNING, 15, "says no interval"));
	assert_string_equal(g->next->interfaces[0], "eth3");
	assert_int_equal(r.conf->instances->garp.extra_us, 100000000);
	assert_true(r.conf->instances->garp.extra_all);
	assert_int_equal(r.conf->instances->next->garp.extra_us, 7000000);
	assert_false(r.conf->instances->next->garp.extra_all);
	reading_end(&r);
}

static void mail_is_asked_for_once_or_one_by_one(void **state)
{
	struct reading r;
	const struct failover_conf *c;

	(void)state;
	reading_start(
		&r, "global_defs {\n notification_email { a@x\n b@x }\n smtp_server mx 2525\n"
		    " smtp_connect_timeout 0\n smtp_alert\n smtp_alert_checker off\n}\n"
		    "vrrp_instance A {\n interface lo\n virtual_router_id 1\n}\n"
		    "vrrp_instance B {\n interface lo\n virtual_router_id 2\n smtp_alert off\n}\n");
	c = r.conf;
	assert_int_equal(r.diags.n_errors, 0);
	assert_string_equal(c->mail.to[1], "b@x");
	assert_null(c->mail.to[2]);
	assert_string_equal(c->mail.server, "mx");
	assert_int_equal(c->mail.port, 2525);
	assert_non_null(find_diag(&r, CONF_WARNING, 5, "30 s is taken"));
	assert_true(c->instances->smtp_alert);
	assert_false(c->instances->next->smtp_alert);
	assert_int_equal(c->smtp_alert_checker, 0); /* -1 where nothing is said */
	reading_end(&r);
}

static void the_house_is_read_as_keepalived_reads_it(void **state)
{
	struct reading r;
	const struct house_conf *h;

	(void)state;
	reading_start(
		&r,
		"global_defs {\n startup_script \"/bin/true one\"\n startup_script_timeout 1001\n"
		" startup_script /bin/false\n process_names\n vrrp_process_name abc\n"
		" umask IRGRP|IWOTH\n vrrp_priority -25\n vrrp_cpu_affinity 0 1\n"
		" vrrp_rx_bufs_policy ADVERT\n reload_file\n log_unknown_vrids\n}\n"
		"instance one\nuse_pid_dir\nchild_wait_time 7\n");
	h = r.conf->house;
	assert_int_equal(r.diags.n_errors, 0);
	assert_string_equal(h->startup.script.argv[1], "one");
	assert_int_equal(h->startup.timeout_s, 10);
	assert_non_null(find_diag(&r, CONF_WARNING, 3, "10 s is taken"));
	assert_non_null(find_diag(&r, CONF_WARNING, 4, "the first counts"));
	assert_string_equal(h->master_name, "keepalived");
	assert_string_equal(h->failover_name, "abc");
	assert_int_equal(h->umask, 042);
	assert_int_equal(h->nice, 0);
	assert_non_null(find_diag(&r, CONF_WARNING, 8, "-20 to 19"));
	assert_int_equal(h->n_cpus, 2);
	assert_int_equal(h->cpus[1], 1);
	assert_int_equal(h->rx_policy, HOUSE_RX_ADVERT);
	assert_int_equal(h->rx_multiplier, 3);
	assert_string_equal(h->reload_file, "");
	assert_true(h->log_unknown_vrids && h->use_pid_dir);
	assert_string_equal(h->instance, "one");
	assert_int_equal(h->child_wait_s, 7);
	reading_end(&r);
}

static void auth_type_ah_listens_before_it_speaks(void **state)
{
	struct reading r;

	(void)state;
	reading_start(&r,
		      "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n state MASTER\n"
		      " authentication {\n auth_type AH\n auth_pass longer-than-8\n }\n"
		      " virtual_ipaddress { 192.0.2.1 }\n}\n"
		      "vrrp_instance B {\n interface eth0\n virtual_router_id 2\n version 3\n"
		      " authentication { auth_type AH\n auth_pass x }\n"
		      " virtual_ipaddress { 192.0.2.2 }\n}\n");
	assert_int_equal(r.diags.n_errors, 0);
	assert_int_equal(r.conf->instances->auth, VRRP_AUTH_AH);
	assert_memory_equal(r.conf->instances->auth_pass, "longer-t", 8);
	assert_false(r.conf->instances->wants_master);
	assert_non_null(find_diag(&r, CONF_WARNING, 0, "'state MASTER' is cleared"));
	assert_int_equal(r.conf->instances->next->auth, VRRP_AUTH_NONE);
	reading_end(&r);
}

static void two_routers_in_one_place_are_refused(void **state)
{
	struct reading r;

	(void)state;
	reading_start(&r, "vrrp_instance A {\n interface eth0\n virtual_router_id 7\n"
			  " virtual_ipaddress { 192.0.2.1 }\n}\n"
			  "vrrp_instance B {\n interface eth0\n virtual_router_id 7\n"
			  " virtual_ipaddress { 192.0.2.2 }\n}\n"
			  "vrrp_instance C {\n interface eth1\n virtual_router_id 7\n"
			  " virtual_ipaddress { 192.0.2.3 }\n}\n"
			  "vrrp_instance D {\n interface eth0\n virtual_router_id 7\n"
			  " virtual_ipaddress { 2001:db8::1 }\n}\n"
			  "vrrp_instance A {\n}\nvrrp_instance {\n}\nvrrp_instance E {\n}\n");
	assert_int_equal(r.diags.n_errors, 3);
	assert_non_null(find_diag(&r, CONF_ERROR, 6, "virtual_router_id 7 is that of A"));
	assert_non_null(find_diag(&r, CONF_WARNING, 21, "there already"));
	assert_non_null(find_diag(&r, CONF_WARNING, 23, "needs a name"));
	assert_non_null(find_diag(&r, CONF_ERROR, 25, "'virtual_router_id' is missing"));
	assert_non_null(find_diag(&r, CONF_ERROR, 25, "'interface' is missing"));
	assert_int_equal(r.conf->n_instances, 5);
	reading_end(&r);
}

static void scripts_that_cannot_run_are_left_out(void **state)
{
	struct reading r;

	(void)state;
	reading_start(&r, "global_defs {\n enable_script_security\n script_user root\n}\n"
			  "vrrp_script a {\n script \"/nonexistent/x\"\n}\n"
			  "vrrp_script b {\n interval 3\n}\n"
			  "vrrp_script c {\n script \"/bin/sh -c 'exit 0'\"\n user nosuchuser\n}\n"
			  "vrrp_script d {\n script \"/bin/true x\"\n interval 0.5\n timeout abc\n"
			  " weight 300\n rise 0\n init_fail\n}\n"
			  "vrrp_script d {\n script /bin/false\n}\n"
			  "vrrp_instance A {\n interface eth0\n virtual_router_id 7\n"
			  " virtual_ipaddress { 192.0.2.1 }\n"
			  " track_script {\n a\n d weight 5 reverse\n d\n e\n }\n"
			  " track_interface {\n eth1 weight -3\n eth2\n }\n}\n"
			  "vrrp_script e {\n script \"/bin/true\"\n}\n");
	assert_int_equal(r.diags.n_errors, 0);
	assert_string_equal(r.conf->scripts->name, "d");
	assert_int_equal(r.conf->scripts->interval_us, 1000000);
	assert_int_equal(r.conf->scripts->weight, 0);
	assert_int_equal(r.conf->scripts->rise, 1);
	assert_true(r.conf->scripts->init_fail);
	assert_false(r.conf->scripts->asks_balancer);
	assert_string_equal(r.conf->scripts->next->name, "e");
	assert_int_equal(r.conf->instances->tracks->weight, 5);
	assert_true(r.conf->instances->tracks->reverse);
	assert_int_equal(r.conf->instances->tracks->next->kind, VRRP_TRACK_INTERFACE);
	assert_int_equal(r.conf->instances->tracks->next->weight, -3);
	assert_string_equal(r.conf->instances->tracks->next->next->name, "eth2");
	assert_null(r.conf->instances->tracks->next->next->next);
	assert_non_null(find_diag(&r, CONF_WARNING, 6, "/nonexistent/x"));
	assert_non_null(find_diag(&r, CONF_WARNING, 8, "names no script"));
	assert_non_null(find_diag(&r, CONF_WARNING, 13, "nosuchuser"));
	assert_non_null(find_diag(&r, CONF_WARNING, 33, "tracked already"));
	assert_non_null(find_diag(&r, CONF_WARNING, 34, "'e' is not defined above"));
	reading_end(&r);
}

static void groups_know_their_members(void **state)
{
	struct reading r;

	(void)state;
	reading_start(&r, "vrrp_sync_group G {\n group {\n A\n B\n X\n }\n notify_fault /bin/true\n"
			  " track_interface { eth9 }\n smtp_alert\n}\n"
			  "vrrp_script s { script /bin/true\n weight 5\n }\n"
			  "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n"
			  " virtual_ipaddress { 192.0.2.1 }\n track_script { s }\n"
			  " track_interface { eth8 weight 5 }\n}\n"
			  "vrrp_instance B {\n interface eth0\n virtual_router_id 2\n"
			  " virtual_ipaddress { 192.0.2.2 }\n}\n");
	assert_int_equal(r.diags.n_errors, 0);
	assert_string_equal(r.conf->groups->member_names[1], "B");
	assert_null(r.conf->groups->member_names[2]);
	assert_ptr_equal(r.conf->instances->group, r.conf->groups);
	assert_ptr_equal(r.conf->instances->next->group, r.conf->groups);
	/* Keepalived leaves a script with a weight out, and makes the others' failure a fault. */
	assert_string_equal(r.conf->instances->tracks->name, "eth8");
	assert_int_equal(r.conf->instances->tracks->weight, 0);
	assert_null(r.conf->instances->tracks->next);
	assert_non_null(
		find_diag(&r, CONF_WARNING, 18, "script 's' has a weight and is not tracked"));
	assert_string_equal(r.conf->groups->tracks->name, "eth9");
	assert_non_null(r.conf->groups->notify.fault.argv);
	assert_non_null(find_diag(&r, CONF_WARNING, 1, "'X'"));
	reading_end(&r);
}

/* Compared with what Keepalived 2.2.7 says it tracks (SIGUSR1). */
static void what_members_of_a_group_track_is_keepaliveds(void **state)
{
	const struct vrrp_track_conf *t;
	struct reading r;

	(void)state;
	reading_start(&r, "vrrp_sync_group G { group { A\n B }\n"
			  " track_interface { eth9 weight 7 } }\n"
			  "track_file f { file /run/f }\ntrack_file g { file /run/g }\n"
			  "vrrp_track_process p { process nginx\n weight 3 }\n"
			  "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n"
			  " virtual_ipaddress { 192.0.2.1 }\n"
			  " track_interface { eth8 weight 5 reverse }\n"
			  " track_file { f weight 2\n g }\n track_process { p }\n}\n"
			  "vrrp_instance B {\n interface eth0\n virtual_router_id 2\n"
			  " virtual_ipaddress { 192.0.2.2 }\n}\n");
	assert_int_equal(r.diags.n_errors, 0);
	t = r.conf->instances->tracks;
	assert_string_equal(t->name, "eth8");
	assert_true(t->weight == 0 && !t->reverse);
	t = t->next;
	assert_string_equal(t->name, "g"); /* f is not tracked */
	assert_int_equal(t->weight, 0);
	t = t->next;
	assert_string_equal(t->name, "p");
	assert_int_equal(t->weight, 3);
	assert_null(t->next);
	assert_int_equal(r.conf->groups->tracks->weight, 7);
	reading_end(&r);
}

static void garps_after_a_lower_priority_are_those_of_global_defs(void **state)
{
	const struct vrrp_garp_conf *g;
	struct reading r;

	(void)state;
	reading_start(&r, "global_defs { vrrp_garp_master_delay 8 }\n"
			  "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n"
			  " virtual_ipaddress { 192.0.2.1 }\n garp_master_delay 7\n"
			  " garp_master_repeat 3\n}\n");
	g = &r.conf->instances->garp;
	assert_int_equal(g->delay_us, 7000000);
	assert_int_equal(g->lower_prio_delay_us, 8000000);
	assert_int_equal(g->lower_prio_repeat, 5);
	reading_end(&r);
}

static void unicast_and_timers(void **state)
{
	struct reading r;
	const struct vrrp_instance_conf *i;

	(void)state;
	reading_start(&r,
		      "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n version 3\n"
		      " unicast_src_ip 192.0.2.5\n unicast_ttl 30\n"
		      " unicast_peer {\n 192.0.2.6 min_ttl 10 max_ttl 20\n 192.0.2.7\n foo\n }\n"
		      " preempt_delay 4.12\n down_timer_adverts 5\n vrrp_garp 1\n"
		      " virtual_ipaddress_excluded {\n 2001:db8::5/64\n 192.0.2.9\n }\n"
		      " witness {\n ping 192.0.2.1\n tcp [2001:db8::1]:443\n }\n"
		      " advert_int 60\n track_src_ip\n skip_check_adv_addr off\n}\n");
	assert_int_equal(r.diags.n_errors, 0);
	i = r.conf->instances;
	assert_false(i->witnesses->tcp);
	assert_true(i->witnesses->next->tcp);
	assert_int_equal(i->witnesses->next->address.in6.sin6_port, htons(443));
	assert_null(i->witnesses->next->next);
	/* five of 40.95 s and the skew: until then nobody else may take the address */
	assert_int_equal(i->vip_lifetime_s, -1);
	assert_int_equal(vrrp_lifetime_s(i), 246);
	assert_int_equal(i->unicast_ttl, 30);
	assert_int_equal(i->peers->min_ttl, 10);
	assert_int_equal(i->peers->max_ttl, 20);
	assert_true(i->check_unicast_src);
	assert_null(i->peers->next->next);
	assert_int_equal(i->preempt_delay_us, 4120000);
	assert_int_equal(i->down_adverts, 5);
	assert_int_equal(i->advert_us, 40950000);
	assert_true(i->track_src_ip);
	assert_false(i->skip_check_adv_addr);
	assert_int_equal(i->excluded->prefix_len, 64);
	assert_int_equal(i->excluded->preferred_lft_s, -1);
	assert_int_equal(i->family, AF_INET);
	reading_end(&r);
}

static void the_sealed_set_says_the_same(void **state)
{
	struct reading r, again;
	static const char *const path = "k.conf";
	struct failover_conf_options options = {.config_id = "lb1"};
	int fd;

	(void)state;
	reading_start(&r, "vrrp_script d {\n script \"true x\"\n user root\n}\n"
			  "vrrp_instance A {\n interface eth0\n virtual_router_id 7\n"
			  " virtual_ipaddress { 192.0.2.${_RANDOM 1 200} }\n track_script { d }\n"
			  " notify /nonexistent/y\n}\n");
	fd = conf_files_save(&r.files);
	conf_files_init(&again.files);
	conf_diags_init(&again.diags);
	arena_init(&again.arena, 0);
	assert_int_equal(conf_files_load(&again.files, fd), 0);
	close(fd);
	again.conf =
		failover_conf_parse(&again.files, &path, 1, &again.arena, &again.diags, &options);
	assert_int_equal(again.diags.n_errors, 0);
	assert_int_equal(again.diags.n_warnings, r.diags.n_warnings);
	assert_string_equal(again.conf->scripts->script.argv[0], r.conf->scripts->script.argv[0]);
	assert_true(addr_eq(&again.conf->instances->vips->address,
			    &r.conf->instances->vips->address, false));
	reading_end(&r);
	reading_end(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_deployed_pair_is_read),
		cmocka_unit_test(globals_count_wherever_they_stand),
		cmocka_unit_test(values_out_of_range_are_replaced_as_keepalived_does),
		cmocka_unit_test(combinations_are_settled),
		cmocka_unit_test(strict_mode_clears_and_goes_on),
		cmocka_unit_test(who_accepts),
		cmocka_unit_test(virtual_macs_come_to_interfaces),
		cmocka_unit_test(files_and_processes_are_watched),
		cmocka_unit_test(what_is_not_served_is_named),
		cmocka_unit_test(announcements_have_groups_and_further_interfaces),
		cmocka_unit_test(mail_is_asked_for_once_or_one_by_one),
		cmocka_unit_test(the_house_is_read_as_keepalived_reads_it),
		cmocka_unit_test(auth_type_ah_listens_before_it_speaks),
		cmocka_unit_test(two_routers_in_one_place_are_refused),
		cmocka_unit_test(scripts_that_cannot_run_are_left_out),
		cmocka_unit_test(groups_know_their_members),
		cmocka_unit_test(garps_after_a_lower_priority_are_those_of_global_defs),
		cmocka_unit_test(what_members_of_a_group_track_is_keepaliveds),
		cmocka_unit_test(unicast_and_timers),
		cmocka_unit_test(the_sealed_set_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
