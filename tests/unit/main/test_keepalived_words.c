/*
 * main/keepalived_words.c and main/keepalived_data.c: each line is what Debian's keepalived 2.2.7
 * wrote for the same words of a configuration (its JSON and SIGUSR1 dumps).
 */
#include "../failover/reading.h"

#include <stdlib.h>

#include "main/keepalived_data.h"
#include "main/keepalived_words.h"

#define INSTANCE                                                                      \
	"vrrp_instance VI_1 {\n interface lo\n virtual_router_id 51\n priority 100\n" \
	" no_accept\n virtual_ipaddress { 192.0.2.10/24 brd + }\n"

static struct reading r;

static int teardown(void **state)
{
	(void)state;
	reading_end(&r);
	return 0;
}

static void addresses(void **state)
{
	static const char *const wanted[] = {
		"192.0.2.17/24 dev v1 scope host label v1:z set nftable_set",
		"192.0.2.18 dev lo scope global set nftable_set",
		"192.0.2.30 dev lo scope global peer 192.0.2.31/32 set nftable_set",
		"192.0.2.61/28 dev v1 scope global home mngtmpaddr no_track set nftable_set",
		"2001:db8::77/64 dev lo scope global preferred_lft forever set nftable_set",
		"2001:db8::78 dev lo scope global deprecated set nftable_set",
		"2001:db8::79 dev lo scope global preferred_lft 60 set nftable_set",
		("2001:db8::81/64 dev v1 scope global noprefixroute preferred_lft forever set "
		 "nftable_set"),
	};
	char buf[KEEPALIVED_WORDS_MAX];
	const struct vip_conf *vip;

	(void)state;
	reading_start(&r, INSTANCE " virtual_ipaddress_excluded {\n"
				   " 192.0.2.17/24 dev v1 label v1:z scope host\n 192.0.2.18/32\n"
				   " 192.0.2.30/32 peer 192.0.2.31\n"
				   " 192.0.2.61/28 dev v1 no_track home mngtmpaddr\n"
				   " 2001:db8::77/64\n 2001:db8::78/128\n"
				   " 2001:db8::79/128 preferred_lft 60\n"
				   " 2001:db8::81/64 dev v1 noprefixroute\n } }\n");
	keepalived_words_vip(buf, r.conf->instances, r.conf->instances->vips, false);
	assert_string_equal(buf, "192.0.2.10/24 brd 192.0.2.255 dev lo scope global");
	vip = r.conf->instances->excluded;
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++, vip = vip->next) {
		assert_non_null(vip);
		keepalived_words_vip(buf, r.conf->instances, vip, true);
		assert_string_equal(buf, wanted[i]);
	}
	assert_null(vip);
}

static void routes(void **state)
{
	static const char *const wanted[] = {
		"prepend 0.0.0.0/0 via inet 192.0.2.2 proto 18 no_track",
		"prepend 198.51.100.0/24 src 192.0.2.10 via inet 192.0.2.2 dev v0 table 100 "
		"proto 18 scope 253 metric 5",
		"prepend 2001:db8:5::/48 via inet6 2001:db8::2 dev v0 proto 18",
		"add unreachable 203.0.113.0/24 table 7 proto 18 no_track",
		"prepend 10.0.0.0/8 proto 18 nexthop via inet 192.0.2.2 dev v0 weight 2 nexthop "
		"via inet 192.0.2.3 dev v0 onlink no_track",
		"append 198.51.100.8 dev v0 proto 18",
	};
	const struct route_conf *route;
	char buf[KEEPALIVED_WORDS_MAX];

	(void)state;
	reading_start(&r, INSTANCE " virtual_routes {\n default via 192.0.2.2\n"
				   " src 192.0.2.10 to 198.51.100.0/24 via 192.0.2.2 dev v0 scope "
				   "link table 100 metric 5\n"
				   " 2001:db8:5::/48 via 2001:db8::2 dev v0\n"
				   " unreachable 203.0.113.0/24 table 7\n"
				   " 10.0.0.0/8 nexthop via 192.0.2.2 dev v0 weight 2 nexthop via "
				   "192.0.2.3 dev v0 onlink\n"
				   " 198.51.100.8/32 dev v0 append\n } }\n");
	route = r.conf->instances->routes;
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++, route = route->next) {
		assert_non_null(route);
		keepalived_words_route(buf, route);
		assert_string_equal(buf, wanted[i]);
	}
}

static void rules(void **state)
{
	static const char *const wanted[] = {
		"from 192.0.2.10 priority 77 tos 0x0 protocol 18 lookup 100",
		"from all to 198.51.100.0/24 priority 16384 tos 0x0 lookup 100 no_track",
		("from 2001:db8::/32 to 2001:db8:1::/48 priority 16384 tos 0x0 iif v0 oif v1 "
		 "protocol 18 lookup 5"),
		"not from 192.0.2.0/24 priority 16383 tos 0x8 fwmark 0x5/0x7 protocol 18 lookup 6",
		"from 192.0.2.9 priority 16382 tos 0x0 protocol 18 type blackhole",
	};
	const struct rule_conf *rule;
	char buf[KEEPALIVED_WORDS_MAX];

	(void)state;
	reading_start(&r, INSTANCE " virtual_rules {\n from 192.0.2.10/32 table 100 priority 77\n"
				   " to 198.51.100.0/24 table 100 no_track\n"
				   " from 2001:db8::/32 to 2001:db8:1::/48 lookup 5 iif v0 oif v1\n"
				   " not from 192.0.2.0/24 fwmark 5/7 table 6 tos 8\n"
				   " from 192.0.2.9 blackhole\n } }\n");
	rule = r.conf->instances->rules;
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++, rule = rule->next) {
		assert_non_null(rule);
		keepalived_words_rule(buf, rule);
		assert_string_equal(buf, wanted[i]);
	}
}

static void the_data_of_a_backup_in_a_group(void **state)
{
	struct shared_page *page = calloc(1, sizeof(*page));
	struct shared_vip *v = &page->vips[0];
	char *answer = NULL;
	size_t len;
	FILE *out = open_memstream(&answer, &len);

	(void)state;
	reading_start(&r, "vrrp_script chk { script \"/bin/true x 'y z'\"\n weight 4 }\n"
			  "vrrp_sync_group G { group { VI_1\n VI_2 }\n"
			  " track_script { chk }\n }\n" INSTANCE
			  " version 3\n advert_int 1\n notify_backup \"/bin/true b\"\n"
			  " track_interface { v1 } }\n"
			  "vrrp_instance VI_2 {\n interface lo\n virtual_router_id 52\n"
			  " virtual_ipaddress { 192.0.2.20 } }\n");
	page->n_vips = 1;
	strcpy(v->name, "VI_1");
	strcpy(v->state, "BACKUP");
	strcpy(v->master, "192.0.2.2");
	strcpy(v->peers[2].address, "192.0.2.2");
	v->peers[2].priority = 200;
	v->advert_us = 200000;
	v->down_us = 721875;
	v->effective_priority = 104;
	assert_int_equal(keepalived_data_master_priority(v), 200);
	assert_false(keepalived_data_holds(v));
	keepalived_data_put(out, r.conf, page);
	fclose(out);
	assert_non_null(strstr(answer, " VRRP Instance = VI_1\n   VRRP Version = 3\n"
				       "   Sync group = G\n   State = BACKUP\n"
				       "   Master router = 192.0.2.2\n   Master priority = 200\n"
				       "   Master advert int = 0.20 sec\n   Wantstate = BACKUP\n"));
	assert_non_null(strstr(answer, "   Master down timer = 721875 usecs\n"));
	assert_non_null(strstr(answer, "   Priority = 100\n   Effective priority = 104\n"));
	assert_non_null(strstr(answer, "   Tracked interfaces :\n     v1 weight 0\n"));
	assert_non_null(strstr(answer, "Backup state transition script = '/bin/true' 'b', uid"));
	assert_non_null(strstr(answer, " VRRP Sync Group = G, INIT\n"
				       "   Num member fault 0, num member init 1\n"
				       "   VRRP member instances :\n     VI_1\n     VI_2\n"));
	assert_non_null(strstr(answer, "   Tracked scripts :\n     chk weight 4\n"));
	free(answer);
	free(page);
}

/* MASTER, and its database is still being promoted. */
static void who_is_promoted_has_no_address_yet(void **state)
{
	struct shared_vip v = {.hooked = true};

	(void)state;
	strcpy(v.state, "MASTER");
	strcpy(v.phase, "promote");
	assert_false(keepalived_data_holds(&v));
	strcpy(v.phase, "serve");
	assert_true(keepalived_data_holds(&v));
}

#define STORY(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(addresses),
		STORY(routes),
		STORY(rules),
		STORY(the_data_of_a_backup_in_a_group),
		cmocka_unit_test(who_is_promoted_has_no_address_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
