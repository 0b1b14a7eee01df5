/*
 * failover/route: lines of virtual_routes, virtual_rules and static_* (route_line.c, rule_line.c,
 * route_options.c, route_words.c, static_conf.c). What each comes to in the kernel's words was
 * compared with Keepalived 2.2.7 and with `ip route`, `ip rule`.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "failover/conf/failover_conf.h"

static struct reading {
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	struct failover_conf *conf;
} reading;

static void finish(void)
{
	arena_fini(&reading.arena);
	conf_diags_fini(&reading.diags);
	conf_files_fini(&reading.files);
}

static int teardown(void **state)
{
	(void)state;
	finish();
	return 0;
}

static const struct failover_conf *read_text(const char *text)
{
	static const char *const path = "k.conf";
	struct reading *r = &reading;

	conf_files_init(&r->files);
	conf_diags_init(&r->diags);
	arena_init(&r->arena, 0);
	conf_files_put(&r->files, path, slice_of(text));
	r->conf = failover_conf_parse(&r->files, &path, 1, &r->arena, &r->diags, NULL);
	return r->conf;
}

/* An instance with these lines. */
static const struct vrrp_instance_conf *with(const char *routes, const char *rules)
{
	static char text[4096];

	snprintf(text, sizeof(text),
		 "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n"
		 " virtual_ipaddress { 192.0.2.10 }\n virtual_routes {\n%s\n }\n"
		 " virtual_rules {\n%s\n }\n}\n",
		 routes, rules);
	return read_text(text)->instances;
}

static bool said(const char *text)
{
	for (const struct conf_diag *d = reading.diags.first; d; d = d->next)
		if (strstr(d->text, text))
			return true;
	conf_diags_print(&reading.diags, stdout, true);
	return false;
}

static void is_ip(const struct addr *a, const char *expected)
{
	char text[ADDR_TEXT_MAX];

	assert_true(a->len > 0);
	assert_string_equal(addr_host_text(a, text), expected);
}

static void the_usual_routes(void **state)
{
	const struct route_conf *r;

	(void)state;
	r = with("192.0.2.0/24 dev eth1 src 192.0.2.60 scope link table 1\n"
		 "default via 192.0.2.1 dev eth1 onlink table 1\n"
		 "src 192.168.100.1 to 192.168.109.0/24 gw 192.168.200.254 metric 12\n"
		 "2001:db8::/32 via fe80::1 dev eth0 priority 5\n"
		 "192.168.111.0/24 dev eth2 no_track\n"
		 "blackhole 192.168.114.0/24\n"
		 "inet6 default dev eth0",
		 "")
		    ->routes;
	assert_int_equal(reading.diags.n_errors, 0);
	assert_int_equal(reading.diags.n_warnings, 3); /* gw; two without an interface */
	assert_int_equal(r->family, AF_INET);
	assert_int_equal(r->to_len, 24);
	is_ip(&r->to, "192.0.2.0");
	is_ip(&r->src, "192.0.2.60");
	assert_string_equal(r->dev, "eth1");
	assert_int_equal(r->scope, RT_SCOPE_LINK);
	assert_int_equal(r->table, 1);
	assert_int_equal(r->protocol, 18);
	r = r->next;
	assert_int_equal(r->to.len, 0);
	is_ip(&r->via, "192.0.2.1");
	assert_true(r->onlink);
	assert_int_equal(r->scope, RT_SCOPE_UNIVERSE);
	r = r->next;
	is_ip(&r->src, "192.168.100.1");
	is_ip(&r->to, "192.168.109.0");
	is_ip(&r->via, "192.168.200.254");
	assert_int_equal(r->metric, 12);
	assert_int_equal(r->table, RT_TABLE_MAIN);
	r = r->next;
	assert_int_equal(r->family, AF_INET6);
	assert_int_equal(r->metric, 5);
	r = r->next;
	assert_true(r->no_track);
	assert_int_equal(r->scope, RT_SCOPE_LINK);
	r = r->next;
	assert_int_equal(r->type, RTN_BLACKHOLE);
	r = r->next;
	assert_int_equal(r->family, AF_INET6);
	assert_int_equal(r->to_len, 0);
	assert_null(r->next);
}

static void several_ways(void **state)
{
	const struct route_conf *r;
	const struct hop_conf *h;

	(void)state;
	r = with("10.1.0.0/16 via 192.0.2.1 or 192.0.2.2 dev eth1\n"
		 "10.2.0.0/16 table 69 nexthop via 192.0.2.1 dev eth0 onlink weight 2 nexthop via "
		 "192.0.2.2 dev eth1 weight 3\n",
		 "")
		    ->routes;
	assert_int_equal(reading.diags.n_warnings, 2); /* or; the second has no interface */
	h = r->hops;
	is_ip(&h->via, "192.0.2.1");
	assert_string_equal(h->dev, "eth1");
	is_ip(&h->next->via, "192.0.2.2");
	assert_int_equal(r->via.len, 0);
	assert_null(r->dev);
	h = r->next->hops;
	assert_int_equal(h->weight, 2);
	assert_true(h->onlink);
	assert_string_equal(h->next->dev, "eth1");
	assert_int_equal(h->next->weight, 3);
	assert_null(h->next->next);
}

static void all_that_a_route_can_say(void **state)
{
	const struct route_conf *r;

	(void)state;
	r = with("10.3.0.0/16 dev p33p1.2 table 6909 tos 0x04 protocol 12 scope link priority 12 "
		 "mtu 1000 hoplimit 100 advmss 101 rtt 102 rttvar 103 reordering 104 window 105 "
		 "cwnd 106 ssthresh lock 107 realms 3/0x14 rto_min 108 initcwnd 109 initrwnd 110 "
		 "features ecn quickack 1 congctl lock reno fastopen_no_cookie 1 "
		 "no_track append",
		 "")
		    ->routes;
	assert_int_equal(reading.diags.n_warnings, 0);
	assert_int_equal(r->table, 6909);
	assert_int_equal(r->tos, 4);
	assert_int_equal(r->protocol, 12);
	assert_int_equal(r->metrics[RTAX_MTU], 1000);
	assert_int_equal(r->metrics[RTAX_RTO_MIN], 108);
	assert_int_equal(r->metrics_locked, 1u << RTAX_SSTHRESH | 1u << RTAX_CC_ALGO);
	assert_int_equal(r->metrics[RTAX_FEATURES], RTAX_FEATURE_ECN);
	assert_int_equal(r->realms, 3 << 16 | 0x14);
	assert_string_equal(r->congctl, "reno");
	assert_true(r->append);
	finish();
	r = with("10.3.0.0/16 dev eth0 rtt 100ms rttvar 0.1s rto_min lock 2s\n"
		 "2001:db8::/32 dev eth0 expires 60 pref high",
		 "")
		    ->routes;
	assert_int_equal(reading.diags.n_warnings, 0);
	assert_int_equal(r->metrics[RTAX_RTT], 800);
	assert_int_equal(r->metrics[RTAX_RTTVAR], 400);
	assert_int_equal(r->metrics[RTAX_RTO_MIN], 2000);
	assert_int_equal(r->metrics_locked, 1u << RTAX_RTO_MIN);
	assert_int_equal(r->next->expires_s, 60);
}

static void a_tracked_route_is_of_our_protocol(void **state)
{
	(void)state;
	assert_int_equal(with("10.0.0.0/8 dev eth0 protocol static", "")->routes->protocol, 18);
	assert_true(said("another is not used"));
}

static void bad_routes_are_left_out_by_name(void **state)
{
	(void)state;
	assert_null(with("10.0.0.0/8 via 2001:db8::1\n"
			 "10.0.0.0/33 dev eth0\n"
			 "10.0.0.0/8 dev eth0 flags 3\n"
			 "dev eth0\n"
			 "10.0.0.0/8 table nowhere-near\n"
			 "10.0.0.0/8 mtu many\n"
			 "10.0.0.0/8 dev\n"
			 "10.0.0.0/8 dev sixteencharacters\n"
			 "10.0.0.0/8 dev eth0 quickack 2\n"
			 "10.0.0.0/8 dev eth0 rtt 5 minutes\n"
			 "10.0.0.0/8 dev eth0 rtt 5h\n"
			 "10.0.0.0/8 dev eth0 ttl-propagate on\n"
			 "10.0.0.0/8 dev eth0 from 10.1.0.0/16",
			 "")
			    ->routes);
	assert_int_equal(reading.diags.n_errors, 0);
	assert_true(said("'2001:db8::1' is of another family"));
	assert_true(said("'10.0.0.0/33' has no such prefix length"));
	assert_true(said("'flags' is no word of a route"));
	assert_true(said("ends a route without a destination"));
	assert_true(said("'nowhere-near' is no number and not in /etc/iproute2/rt_tables"));
	assert_true(said("'many' is not such a number"));
	assert_true(said("'dev' needs an interface behind it"));
	assert_true(said("'sixteencharacters' is too long"));
	assert_true(said("'5h' is no number and no time"));
	assert_true(said("'on' is neither enabled nor disabled"));
	assert_true(said("ends an IPv4 route with 'from'"));
}

static void what_is_not_served_is_an_error(void **state)
{
	(void)state;
	with("10.0.0.0/8 dev eth0 vrf blue", "");
	assert_int_equal(reading.diags.n_errors, 1);
	assert_true(said("'vrf' of a route is not supported"));
}

static void the_usual_rules(void **state)
{
	const struct rule_conf *r;

	(void)state;
	r = with("", "from 192.0.2.60/32 table 1 priority 100\n"
		     "from 192.168.28.0/24 to 192.168.29.0/26 table 6 iif p33p1 oif wlan0 tos 8 "
		     "fwmark 24/12 preference 39 realms 30/20 goto 40\n"
		     "to 1:2:3:4:6:6:7:0/112 from 8:6:5:4:3:2::/96 l3mdev protocol 12 ip_proto UDP "
		     "sport 10-20 dport 30 uidrange 5-6 pref 7\n"
		     "not from 192.0.2.1 lookup main suppress_prefixlength 0 order 9\n"
		     "inet6 iif lo blackhole priority 10 no_track")
		    ->rules;
	assert_int_equal(reading.diags.n_errors, 0);
	assert_int_equal(reading.diags.n_warnings, 1); /* protocol 12, and tracked */
	is_ip(&r->from, "192.0.2.60");
	assert_int_equal(r->from_len, 32);
	assert_int_equal(r->table, 1);
	assert_int_equal(r->priority, 100);
	assert_int_equal(r->protocol, 18);
	assert_int_equal(r->action, FR_ACT_TO_TBL);
	r = r->next;
	assert_string_equal(r->iif, "p33p1");
	assert_string_equal(r->oif, "wlan0");
	assert_int_equal(r->mark, 24);
	assert_int_equal(r->mask, 12);
	assert_int_equal(r->action, FR_ACT_GOTO);
	assert_int_equal(r->go_to, 40);
	r = r->next;
	assert_int_equal(r->family, AF_INET6);
	assert_true(r->l3mdev);
	assert_int_equal(r->table, 0);
	assert_int_equal(r->ip_proto, 17);
	assert_int_equal(r->sport_last, 20);
	assert_int_equal(r->dport_first, 30);
	assert_int_equal(r->dport_last, 30);
	assert_int_equal(r->uid_last, 6);
	r = r->next;
	assert_true(r->invert);
	assert_int_equal(r->table, RT_TABLE_MAIN);
	assert_int_equal(r->suppress_prefix_len, 0);
	r = r->next;
	assert_int_equal(r->family, AF_INET6);
	assert_int_equal(r->action, FR_ACT_BLACKHOLE);
	assert_true(r->no_track);
}

static void rules_without_a_preference_count_down_from_16384(void **state)
{
	const struct rule_conf *r;

	(void)state;
	r = with("", "from 192.0.2.1 table 1\n to 2001:db8::/32 table 1\n from 192.0.2.2 table 1")
		    ->rules;
	assert_int_equal(r->priority, 16384);
	assert_int_equal(r->next->priority, 16384);
	assert_int_equal(r->next->next->priority, 16383);
	assert_true(said("gets 16383"));
	assert_int_equal(reading.diags.n_warnings, 3);
}

static void bad_rules_are_left_out_by_name(void **state)
{
	(void)state;
	assert_null(with("", "from nowhere table 1 priority 1\n table 1 fwmark x priority 1\n"
			     "from all nat 1.2.3.4 priority 1\n sport 9-x table 1 priority 1")
			    ->rules);
	assert_true(said("'nowhere' is no IP address"));
	assert_true(said("'x' is no mark"));
	assert_true(said("'nat' is no word of a rule"));
	assert_true(said("'9-x' is not such a number, or two"));
}

static void static_ones_belong_to_the_file(void **state)
{
	const struct failover_conf *conf;

	(void)state;
	conf = read_text("global_defs { default_interface eth7 }\n"
			 "static_ipaddress { 192.0.2.3/24 dev eth0 track_group G\n 192.0.2.4/24 }\n"
			 "static_routes { 10.0.0.0/8 via 192.0.2.1 track_group G }\n"
			 "static_rules { from 192.0.2.3 table 1 priority 5 track_group G }\n"
			 "track_group G { group { VI_1 } }\n");
	assert_int_equal(reading.diags.n_errors, 0);
	assert_string_equal(conf->default_interface, "eth7");
	is_ip(&conf->static_vips->address, "192.0.2.3");
	is_ip(&conf->static_vips->next->address, "192.0.2.4");
	is_ip(&conf->static_routes->via, "192.0.2.1");
	assert_int_equal(conf->static_rules->priority, 5);
	assert_string_equal(conf->static_vips->track_group, "G");
	assert_string_equal(conf->static_routes->track_group, "G");
	assert_string_equal(conf->static_rules->track_group, "G");
	assert_true(said("there is no track_group 'G' above"));
}

static void a_sealed_set_knows_the_same_names(void **state)
{
	static const char *const path = "k.conf";
	struct conf_files sealed;
	struct conf_diags diags;
	struct failover_conf *again;
	struct arena arena;
	int fd;

	(void)state;
	assert_non_null(with("10.0.0.0/8 dev eth0 protocol bird no_track", "")->routes);
	fd = conf_files_save(&reading.files);
	conf_files_init(&sealed);
	conf_diags_init(&diags);
	arena_init(&arena, 0);
	assert_int_equal(conf_files_load(&sealed, fd), 0);
	again = failover_conf_parse(&sealed, &path, 1, &arena, &diags, NULL);
	assert_non_null(again->instances->routes);
	assert_int_equal(again->instances->routes->protocol, 12);
	arena_fini(&arena);
	conf_diags_fini(&diags);
	conf_files_fini(&sealed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_usual_routes, teardown),
		cmocka_unit_test_teardown(several_ways, teardown),
		cmocka_unit_test_teardown(all_that_a_route_can_say, teardown),
		cmocka_unit_test_teardown(a_tracked_route_is_of_our_protocol, teardown),
		cmocka_unit_test_teardown(bad_routes_are_left_out_by_name, teardown),
		cmocka_unit_test_teardown(what_is_not_served_is_an_error, teardown),
		cmocka_unit_test_teardown(the_usual_rules, teardown),
		cmocka_unit_test_teardown(rules_without_a_preference_count_down_from_16384,
					  teardown),
		cmocka_unit_test_teardown(bad_rules_are_left_out_by_name, teardown),
		cmocka_unit_test_teardown(static_ones_belong_to_the_file, teardown),
		cmocka_unit_test_teardown(a_sealed_set_knows_the_same_names, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
