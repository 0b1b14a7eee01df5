/*
 * failover/lint/overhear.c: what is heard of others on the LAN, judged by our configuration.
 * Packets are built as on the wire, IP header and all; the sockets (overhear_socket.c) are in
 * tests/lab/test_check_listen.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "failover/conf/failover_conf.h"
#include "failover/lint/overhear.h"

static struct conf_files files;
static struct conf_diags diags;
static struct arena arena;
static struct lint lint;
static struct overhear o;

static void configure(const char *lines)
{
	static const char *const path = "ours.conf";
	char text[1024];

	snprintf(text, sizeof(text),
		 "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
		 " virtual_ipaddress { 192.0.2.10/24 }\n%s\n}\n",
		 lines);
	conf_files_init(&files);
	conf_diags_init(&diags);
	arena_init(&arena, 0);
	conf_files_put(&files, path, slice_of(text));
	lint.conf = failover_conf_parse(&files, &path, 1, &arena, &diags, NULL);
	lint.diags = &diags;
	assert_int_equal(diags.n_errors, 0);
	o = (struct overhear){.l = &lint, .arena = &arena};
}

static int tear_down(void **state)
{
	(void)state;
	arena_fini(&arena);
	conf_diags_fini(&diags);
	conf_files_fini(&files);
	return 0;
}

static const struct vrrp_packet like_ours = {.version = 2,
					     .family = AF_INET,
					     .vrid = 51,
					     .priority = 90,
					     .advert_us = 1000000,
					     .n_addresses = 1,
					     .addresses = (const uint8_t *)"\xc0\x00\x02\x0a"};

/* Puts an IPv4 header before it and lets it be heard. */
static void hear(const struct vrrp_packet *p, const char *src_text, uint8_t ttl, bool ours)
{
	uint8_t ip[20 + VRRP_PACKET_MAX] = {0x45};
	struct addr src, dst;
	size_t len;

	assert_true(addr_parse_ip(&src, slice_of(src_text), 0));
	assert_true(addr_parse_ip(&dst, SLICE("224.0.0.18"), 0));
	len = 20 + vrrp_packet_build(ip + 20, sizeof(ip) - 20, p, &src, &dst);
	assert_true(len > 20);
	ip[2] = (uint8_t)(len >> 8);
	ip[3] = (uint8_t)len;
	ip[8] = ttl;
	ip[9] = 112;
	memcpy(ip + 12, vrrp_addr_bytes(&src), 4);
	memcpy(ip + 16, vrrp_addr_bytes(&dst), 4);
	overhear_take(&o, "eth0", ip, len, ours);
}

static bool said(enum conf_severity severity, const char *text)
{
	for (const struct conf_diag *d = diags.first; d; d = d->next)
		if (d->severity == severity && strstr(d->text, text))
			return true;
	conf_diags_print(&diags, stdout, true);
	return false;
}

static void who_fits_is_a_note(void **state)
{
	unsigned before;

	(void)state;
	configure("");
	before = diags.n_warnings;
	for (int i = 0; i < 5; i++)
		hear(&like_ours, "192.0.2.2", 255, false);
	overhear_judge(&o);
	assert_int_equal(diags.n_warnings, before);
	assert_int_equal(o.n_heard, 1);
	assert_true(said(CONF_NOTE, "192.0.2.2 on eth0 is master with priority 90: it fits"));
}

static void each_difference_is_named(void **state)
{
	static const struct {
		const char *lines; /* of our instance */
		struct vrrp_packet packet;
		uint8_t ttl;
		const char *text;
	} rows[] = {
		{"", {.version = 3}, 255, "version 3, ours is 2"},
		{"",
		 {.advert_us = 2000000},
		 255,
		 "advert_int 2 s, ours is 1 s: version 2 drops it"},
		{"", {.auth_type = 1}, 255, "auth_type PASS on one side only"},
		{"authentication {\n auth_type PASS\n auth_pass x\n}",
		 {.auth_type = 1, .auth = "y"},
		 255,
		 "another auth_pass"},
		{"authentication {\n auth_type AH\n auth_pass x\n}",
		 {.auth_type = 0},
		 255,
		 "auth_type AH on one side only"},
		{"", {.addresses = (const uint8_t *)"\xc0\x00\x02\x4d"}, 255, "another cluster"},
		{"virtual_ipaddress {\n 192.0.2.11/24\n}",
		 {.version = 2},
		 255,
		 "advertises 1 address, 1 of our 2 among them"},
		{"", {.priority = 100}, 255, "priority 100, as ours"},
		{"", {.version = 2}, 254, "TTL 254"},
		{"unicast_peer {\n 192.0.2.3\n}", {.version = 2}, 255, "is not in unicast_peer"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp_packet p = like_ours;
		unsigned before;

		configure(rows[i].lines);
		before = diags.n_advices;
		p.version = rows[i].packet.version ? rows[i].packet.version : p.version;
		p.priority = rows[i].packet.priority ? rows[i].packet.priority : p.priority;
		p.advert_us = rows[i].packet.advert_us ? rows[i].packet.advert_us : p.advert_us;
		p.addresses = rows[i].packet.addresses ? rows[i].packet.addresses : p.addresses;
		p.auth_type = rows[i].packet.auth_type;
		memcpy(p.auth, rows[i].packet.auth, sizeof(p.auth));
		hear(&p, "192.0.2.2", rows[i].ttl, false);
		overhear_judge(&o);
		print_message("%s\n", rows[i].text);
		assert_true(said(CONF_WARNING, rows[i].text));
		assert_int_equal(diags.n_advices - before, 1);
		if (i + 1 < sizeof(rows) / sizeof(rows[0]))
			tear_down(NULL);
	}
}

static void an_unknown_vrid_is_a_note(void **state)
{
	struct vrrp_packet p = like_ours;

	(void)state;
	configure("");
	p.vrid = 60;
	hear(&p, "192.0.2.2", 255, false);
	overhear_judge(&o);
	assert_int_equal(diags.n_advices, 0);
	assert_true(said(CONF_NOTE, "advertises VRID 60"));
}

/* A takeover while we listen is one turn; two that go on are two masters, also when one is us. */
static void two_masters(void **state)
{
	(void)state;
	configure("");
	hear(&like_ours, "192.0.2.2", 255, false);
	hear(&like_ours, "192.0.2.3", 255, false);
	hear(&like_ours, "192.0.2.3", 255, false);
	overhear_judge(&o);
	assert_int_equal(diags.n_advices, 0);
	hear(&like_ours, "192.0.2.1", 255, true);
	hear(&like_ours, "192.0.2.3", 255, false);
	overhear_judge(&o);
	assert_true(said(CONF_WARNING, "two masters advertise VRID 51 on eth0"));
}

static void what_is_cut_off_is_no_packet(void **state)
{
	static const uint8_t ip[64] = {0x45, 0, 0, 40, 0, 0, 0, 0, 255, 112};

	(void)state;
	configure("");
	for (size_t len = 0; len < sizeof(ip); len++)
		overhear_take(&o, "eth0", ip, len, false);
	assert_int_equal(o.n_heard, 0); /* VRID 0 is nobody's */
	overhear_judge(&o);
	assert_int_equal(diags.n_advices, 0);
}

/* A flood of sources is counted up to a bound. */
static void many_sources(void **state)
{
	(void)state;
	configure("");
	for (unsigned i = 0; i < 2 * OVERHEARD_MAX; i++) {
		char src[32];

		snprintf(src, sizeof(src), "192.0.%u.%u", i / 256, i % 256);
		hear(&like_ours, src, 255, false);
	}
	assert_int_equal(o.n_heard, OVERHEARD_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(who_fits_is_a_note, tear_down),
		cmocka_unit_test_teardown(each_difference_is_named, tear_down),
		cmocka_unit_test_teardown(an_unknown_vrid_is_a_note, tear_down),
		cmocka_unit_test_teardown(two_masters, tear_down),
		cmocka_unit_test_teardown(what_is_cut_off_is_no_packet, tear_down),
		cmocka_unit_test_teardown(many_sources, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
