/*
 * failover/vrrp/packet and admit: golden bytes computed by hand, round trips, and each way in
 * which an advertisement can be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "failover/wire/admit.h"

static struct addr ip(const char *text)
{
	struct addr a;

	assert_true(addr_parse_ip(&a, slice_of(text), 0));
	return a;
}

static struct vrrp_path path_of(const char *src, const char *dst, int ttl)
{
	return (struct vrrp_path){.src = ip(src), .dst = ip(dst), .ttl = ttl};
}

static const uint8_t vip4[] = {192, 0, 2, 10};
static const uint8_t vip6[16] = {0xfe, 0x80, [15] = 1};

/* RFC 3768 5.1; sum of the words: 2133 6401 0101 c000 020a 3131 3131 -> aaa2 -> 555d */
static const uint8_t golden_v2[] = {0x21, 0x33, 0x64, 0x01, 0x01, 0x01, 0x55, 0x5d, 192, 0,
				    2,	  10,	'1',  '1',  '1',  '1',	0,    0,    0,	 0};
/* RFC 9568 5.1; alone 57a3 -> a85c; with 192.0.2.1, 224.0.0.18, 112, 12: fa33 -> 05cc */
static const uint8_t golden_v3_pseudo[] = {0x31, 0x33, 0x64, 0x01, 0x00, 0x64,
					   0x05, 0xcc, 192,  0,	   2,	 10};
static const uint8_t golden_v3_plain[] = {0x31, 0x33, 0x64, 0x01, 0x00, 0x64,
					  0xa8, 0x5c, 192,  0,	  2,	10};
/* from fe80::2 to ff02::12, 10 cs: 91e0 -> 6e1f */
static const uint8_t golden_v3_ipv6[] = {0x31, 0x33, 0x64, 0x01, 0x00, 0x0a, 0x6e, 0x1f,
					 0xfe, 0x80, 0,	   0,	 0,    0,    0,	   0,
					 0,    0,    0,	   0,	 0,    0,    0,	   1};

static struct vrrp_packet packet_v2(void)
{
	return (struct vrrp_packet){.version = 2,
				    .family = AF_INET,
				    .vrid = 51,
				    .priority = 100,
				    .auth_type = 1,
				    .auth = "1111",
				    .advert_us = 1000000,
				    .n_addresses = 1,
				    .addresses = vip4};
}

static struct vrrp_packet packet_v3(void)
{
	return (struct vrrp_packet){.version = 3,
				    .family = AF_INET,
				    .vrid = 51,
				    .priority = 100,
				    .advert_us = 1000000,
				    .n_addresses = 1,
				    .addresses = vip4};
}

static void builds_the_golden_bytes(void **state)
{
	struct vrrp_path v4 = path_of("192.0.2.1", "224.0.0.18", 255);
	struct vrrp_path v6 = path_of("fe80::2", "ff02::12", 255);
	struct vrrp_packet p = packet_v2();
	uint8_t buf[VRRP_PACKET_MAX];

	(void)state;
	assert_int_equal(vrrp_packet_build(buf, sizeof(buf), &p, &v4.src, &v4.dst), 20);
	assert_memory_equal(buf, golden_v2, 20);
	p = packet_v3();
	assert_int_equal(vrrp_packet_build(buf, sizeof(buf), &p, &v4.src, &v4.dst), 12);
	assert_memory_equal(buf, golden_v3_pseudo, 12);
	p.checksum_as_v2 = true;
	assert_int_equal(vrrp_packet_build(buf, sizeof(buf), &p, &v4.src, &v4.dst), 12);
	assert_memory_equal(buf, golden_v3_plain, 12);
	p.family = AF_INET6;
	p.addresses = vip6;
	p.advert_us = 100000;
	assert_int_equal(vrrp_packet_build(buf, sizeof(buf), &p, &v6.src, &v6.dst), 24);
	assert_memory_equal(buf, golden_v3_ipv6, 24); /* never without the pseudo-header */
}

static void parses_the_golden_bytes(void **state)
{
	struct vrrp_path v4 = path_of("192.0.2.1", "224.0.0.18", 255);
	struct vrrp_path v6 = path_of("fe80::2", "ff02::12", 255);
	struct vrrp_packet p;

	(void)state;
	assert_int_equal(vrrp_packet_parse(&p, golden_v2, sizeof(golden_v2), &v4), VRRP_ACCEPT);
	assert_int_equal(p.version, 2);
	assert_int_equal(p.vrid, 51);
	assert_int_equal(p.priority, 100);
	assert_int_equal(p.auth_type, 1);
	assert_memory_equal(p.auth, "1111\0\0\0\0", 8);
	assert_int_equal(p.advert_us, 1000000);
	assert_int_equal(p.n_addresses, 1);
	assert_memory_equal(p.addresses, vip4, 4);

	assert_int_equal(vrrp_packet_parse(&p, golden_v3_pseudo, 12, &v4), VRRP_ACCEPT);
	assert_false(p.checksum_as_v2);
	assert_int_equal(p.advert_us, 1000000);
	assert_int_equal(vrrp_packet_parse(&p, golden_v3_plain, 12, &v4), VRRP_ACCEPT);
	assert_true(p.checksum_as_v2); /* either form is taken, and told apart */

	assert_int_equal(vrrp_packet_parse(&p, golden_v3_ipv6, 24, &v6), VRRP_ACCEPT);
	assert_int_equal(p.advert_us, 100000);
	assert_memory_equal(p.addresses, vip6, 16);
}

static void a_pseudo_checksum_is_bound_to_its_path(void **state)
{
	struct vrrp_path other = path_of("192.0.2.3", "224.0.0.18", 255);
	struct vrrp_path v6 = path_of("fe80::3", "ff02::12", 255);
	struct vrrp_packet p;

	(void)state;
	assert_int_equal(vrrp_packet_parse(&p, golden_v3_pseudo, 12, &other), VRRP_DROP_CHECKSUM);
	assert_int_equal(vrrp_packet_parse(&p, golden_v3_ipv6, 24, &v6), VRRP_DROP_CHECKSUM);
}

/* What Debian's keepalived 2.2.7 sent from 192.0.2.1 to 192.0.2.2 with old_unicast_checksum, 200
 * ms. */
static const uint8_t seen_old[] = {0x31, 5, 150, 1, 0, 20, 0xd3, 0xef, 192, 0, 2, 100};

static void the_old_unicast_checksum_is_for_the_configuration(void **state)
{
	struct vrrp_path path = path_of("192.0.2.1", "192.0.2.2", 255);
	struct vrrp_peer_conf peer = {.address = ip("192.0.2.1")};
	struct vip_conf vip = {.address = ip("192.0.2.100"), .prefix_len = 32};
	struct vrrp_instance_conf conf = {.family = AF_INET,
					  .version = 3,
					  .vrid = 5,
					  .priority = 100,
					  .advert_us = 200000,
					  .vips = &vip,
					  .peers = &peer};
	uint8_t again[sizeof(seen_old)];
	struct vrrp_list list;
	struct vrrp_packet p;
	unsigned notes;

	(void)state;
	vrrp_list_build(&list, &conf);
	assert_int_equal(vrrp_packet_parse(&p, seen_old, sizeof(seen_old), &path), VRRP_ACCEPT);
	assert_true(p.checksum_old);
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_ACCEPT);
	conf.old_checksum = VRRP_OLD_CHECKSUM_NEVER;
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_DROP_CHECKSUM);
	conf.old_checksum = VRRP_OLD_CHECKSUM_AUTO;
	conf.peers = NULL; /* multicast has no old form */
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_DROP_CHECKSUM);
	assert_int_equal(vrrp_packet_build(again, sizeof(again), &p, &path.src, &path.dst),
			 sizeof(seen_old));
	assert_memory_equal(again, seen_old, sizeof(seen_old));
	p.checksum_old = false;
	vrrp_packet_build(again, sizeof(again), &p, &path.src, &path.dst);
	assert_int_equal(again[6] << 8 | again[7], 0xf1ff); /* as it sends without the word */
	assert_int_equal(vrrp_packet_parse(&p, again, sizeof(again), &path), VRRP_ACCEPT);
	assert_false(p.checksum_old);
}

static void whatever_is_built_is_parsed_again(void **state)
{
	static uint8_t list[255 * 16], buf[VRRP_PACKET_MAX];
	int n_done = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(list); i++)
		list[i] = (uint8_t)(i * 37 + 11);
	for (unsigned version = 2; version <= 3; version++)
		for (int family = AF_INET; family <= AF_INET6; family += AF_INET6 - AF_INET)
			for (unsigned n = 0; n <= 255; n += 17) {
				struct vrrp_packet p = packet_v2(), q;
				struct vrrp_path path =
					family == AF_INET ? path_of("192.0.2.1", "224.0.0.18", 255)
							  : path_of("fe80::2", "ff02::12", 255);
				size_t len;

				if (version == 2 && family == AF_INET6)
					continue;
				p.version = version;
				p.family = family;
				p.n_addresses = n;
				p.addresses = list;
				p.priority = n;
				p.vrid = n ? n : 1;
				p.advert_us = version == 2 ? 5000000 : 40950000;
				len = vrrp_packet_build(buf, sizeof(buf), &p, &path.src, &path.dst);
				assert_true(len > 0);
				assert_int_equal(vrrp_packet_parse(&q, buf, len, &path),
						 VRRP_ACCEPT);
				assert_int_equal(q.priority, p.priority);
				assert_int_equal(q.vrid, p.vrid);
				assert_int_equal(q.advert_us, p.advert_us);
				assert_int_equal(q.n_addresses, n);
				assert_memory_equal(q.addresses, list, n * vrrp_family_len(family));
				n_done++;
			}
	assert_int_equal(n_done, 48);
}

/* A golden packet with one byte changed and its checksum mended, unless mend is false. */
static const struct damage {
	const char *what;
	const uint8_t *golden;
	size_t len, cut_to; /* cut_to 0 = whole */
	int at;		    /* -1 = nothing */
	uint8_t value;
	bool mend;
	enum vrrp_drop expect;
} damages[] = {
	{"empty", golden_v2, 20, 1, -1, 0, false, VRRP_DROP_TRUNCATED},
	{"seven bytes", golden_v3_plain, 12, 7, -1, 0, false, VRRP_DROP_TRUNCATED},
	{"header only", golden_v3_plain, 12, 8, -1, 0, false, VRRP_DROP_LENGTH},
	{"half an address", golden_v3_plain, 12, 11, -1, 0, false, VRRP_DROP_LENGTH},
	{"v2 without its authentication data", golden_v2, 20, 12, -1, 0, false, VRRP_DROP_LENGTH},
	{"v2 with part of it", golden_v2, 20, 19, -1, 0, false, VRRP_DROP_LENGTH},
	{"count too high", golden_v3_plain, 12, 0, 3, 2, true, VRRP_DROP_LENGTH},
	{"version 1", golden_v3_plain, 12, 0, 0, 0x11, true, VRRP_DROP_VERSION},
	{"version 4", golden_v3_plain, 12, 0, 0, 0x41, true, VRRP_DROP_VERSION},
	{"type 2", golden_v3_plain, 12, 0, 0, 0x32, true, VRRP_DROP_TYPE},
	{"type 0", golden_v2, 20, 0, 0, 0x20, true, VRRP_DROP_TYPE},
	{"a flipped bit", golden_v3_plain, 12, 0, 11, 11, false, VRRP_DROP_CHECKSUM},
	{"v2: a flipped bit in the password", golden_v2, 20, 0, 12, '3', false, VRRP_DROP_CHECKSUM},
	{"checksum zero", golden_v2, 20, 0, 6, 0, false, VRRP_DROP_CHECKSUM},
	{"VRID 0", golden_v3_plain, 12, 0, 1, 0, true, VRRP_DROP_VRID},
	{"v3: interval 0", golden_v3_plain, 12, 0, 5, 0, true, VRRP_DROP_INTERVAL_ZERO},
	{"v2: interval 0", golden_v2, 20, 0, 5, 0, true, VRRP_DROP_INTERVAL_ZERO},
	{"v3: reserved bits are ignored", golden_v3_plain, 12, 0, 4, 0xf0, true, VRRP_ACCEPT},
	{"priority 0 is good", golden_v2, 20, 0, 2, 0, true, VRRP_ACCEPT},
};

static void mend_checksum(uint8_t *b, size_t len)
{
	uint32_t sum = 0;

	b[6] = b[7] = 0;
	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(b[i] << 8 | b[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	b[6] = (uint8_t)(~sum >> 8);
	b[7] = (uint8_t)~sum;
}

static void each_damage_has_its_name(void **state)
{
	struct vrrp_path path = path_of("192.0.2.1", "224.0.0.18", 255);

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage *d = &damages[i];
		struct vrrp_packet p;
		uint8_t b[32];
		enum vrrp_drop got;

		memcpy(b, d->golden, d->len);
		if (d->at >= 0)
			b[d->at] = d->value;
		if (d->mend)
			mend_checksum(b, d->len);
		got = vrrp_packet_parse(&p, b, d->cut_to ? d->cut_to : d->len, &path);
		if (got != d->expect)
			fail_msg("%s: %s, expected %s", d->what, vrrp_drop_word(got),
				 vrrp_drop_word(d->expect));
	}
}

static void ethernet_padding_is_no_damage(void **state)
{
	struct vrrp_path path = path_of("192.0.2.1", "224.0.0.18", 255);
	struct vrrp_packet p;
	uint8_t b[46] = {0};

	(void)state;
	memcpy(b, golden_v3_pseudo, 12);
	memset(b + 12, 0xee, sizeof(b) - 12);
	assert_int_equal(vrrp_packet_parse(&p, b, sizeof(b), &path), VRRP_ACCEPT);
}

static void version_2_is_not_for_ipv6(void **state)
{
	struct vrrp_path v6 = path_of("fe80::2", "ff02::12", 255);
	struct vrrp_packet p;

	(void)state;
	assert_int_equal(vrrp_packet_parse(&p, golden_v2, 20, &v6), VRRP_DROP_VERSION);
}

static void build_refuses_what_does_not_fit(void **state)
{
	struct vrrp_path v4 = path_of("192.0.2.1", "224.0.0.18", 255);
	struct vrrp_packet p = packet_v3();
	uint8_t buf[64];

	(void)state;
	assert_int_equal(vrrp_packet_build(buf, 11, &p, &v4.src, &v4.dst), 0);
	p.advert_us = 40960000; /* 4096 cs: 13 bits */
	assert_int_equal(vrrp_packet_build(buf, 64, &p, &v4.src, &v4.dst), 0);
	p.advert_us = 9999; /* below a centisecond */
	assert_int_equal(vrrp_packet_build(buf, 64, &p, &v4.src, &v4.dst), 0);
	p = packet_v3();
	p.vrid = 0;
	assert_int_equal(vrrp_packet_build(buf, 64, &p, &v4.src, &v4.dst), 0);
	p = packet_v3();
	p.version = 4;
	assert_int_equal(vrrp_packet_build(buf, 64, &p, &v4.src, &v4.dst), 0);
	p = packet_v3();
	assert_int_equal(vrrp_packet_build(buf, 64, &p, NULL, NULL), 0); /* pseudo needs a path */
	p.checksum_as_v2 = true;
	assert_int_equal(vrrp_packet_build(buf, 64, &p, NULL, NULL), 12);
}

static void a_tie_is_decided_in_network_order(void **state)
{
	struct addr low = ip("10.0.0.200"), high = ip("192.0.2.1");
	struct addr low6 = ip("fe80::1:ff"), high6 = ip("fe80::2:1");

	(void)state;
	assert_true(vrrp_addr_compare(&low, &high) < 0);
	assert_true(vrrp_addr_compare(&high, &low) > 0);
	assert_true(vrrp_addr_compare(&low6, &high6) < 0);
	assert_int_equal(vrrp_addr_compare(&high6, &high6), 0);
}

/* ---- admit ---- */

static struct vip_conf vip_b = {.preferred_lft_s = -1}, vip_a = {.next = &vip_b};

static struct vrrp_instance_conf conf_v3(void)
{
	vip_a.address = ip("192.0.2.10");
	vip_b.address = ip("192.0.2.11");
	return (struct vrrp_instance_conf){.name = "VI",
					   .vrid = 51,
					   .family = AF_INET,
					   .version = 3,
					   .priority = 100,
					   .advert_us = 1000000,
					   .vips = &vip_a};
}

static void multicast_must_come_with_ttl_255(void **state)
{
	struct vrrp_instance_conf conf = conf_v3();
	struct vrrp_path path = path_of("192.0.2.2", "224.0.0.18", 255);

	(void)state;
	assert_int_equal(vrrp_admit_path(&conf, &path), VRRP_ACCEPT);
	path.ttl = 254;
	assert_int_equal(vrrp_admit_path(&conf, &path), VRRP_DROP_TTL);
	path.ttl = -1;
	assert_int_equal(vrrp_admit_path(&conf, &path), VRRP_DROP_TTL);
	path = path_of("192.0.2.2", "192.0.2.1", 255);
	assert_int_equal(vrrp_admit_path(&conf, &path), VRRP_DROP_CARRIAGE);
}

static void unicast_senders_are_checked_when_asked(void **state)
{
	struct vrrp_peer_conf peer = {.address = ip("192.0.2.2")};
	struct vrrp_instance_conf conf = conf_v3();
	struct vrrp_path path = path_of("192.0.2.2", "192.0.2.1", 64);
	struct vrrp_path stranger = path_of("192.0.2.9", "192.0.2.1", 64);
	struct vrrp_path group = path_of("192.0.2.2", "224.0.0.18", 255);

	(void)state;
	conf.peers = &peer;
	assert_int_equal(vrrp_admit_path(&conf, &path), VRRP_ACCEPT); /* any TTL */
	assert_int_equal(vrrp_admit_path(&conf, &stranger), VRRP_ACCEPT);
	assert_int_equal(vrrp_admit_path(&conf, &group), VRRP_DROP_CARRIAGE);
	conf.check_unicast_src = true;
	assert_int_equal(vrrp_admit_path(&conf, &stranger), VRRP_DROP_UNICAST_SOURCE);
	conf.check_unicast_src = false;
	peer.min_ttl = 255; /* turns the check of sources on as well */
	assert_int_equal(vrrp_admit_path(&conf, &path), VRRP_DROP_TTL);
	assert_int_equal(vrrp_admit_path(&conf, &stranger), VRRP_DROP_UNICAST_SOURCE);
	peer.min_ttl = 0;
	peer.max_ttl = 63;
	assert_int_equal(vrrp_admit_path(&conf, &path), VRRP_DROP_TTL);
}

static void the_configuration_must_agree(void **state)
{
	static const uint8_t ours[] = {192, 0, 2, 10, 192, 0, 2, 11};
	struct vrrp_instance_conf conf = conf_v3();
	struct vrrp_packet p = packet_v3();
	struct vrrp_list list;
	unsigned notes;

	(void)state;
	vrrp_list_build(&list, &conf);
	p.n_addresses = 2;
	p.addresses = ours;
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_ACCEPT);
	assert_int_equal(notes, 0);
	p.advert_us = 10000; /* version 3: nodes may differ, and it is only noted */
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_ACCEPT);
	assert_int_equal(notes, 1u << VRRP_DROP_INTERVAL_NOTE);
	p.vrid = 52;
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_DROP_VRID);
	p.vrid = 51;
	p.version = 2;
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_DROP_VERSION);
	conf.version = 2;
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_DROP_INTERVAL);
	p.advert_us = 1000000;
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_ACCEPT);
	conf.auth = VRRP_AUTH_PASS;
	memcpy(conf.auth_pass, "secret", 7);
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_DROP_AUTH_TYPE);
	p.auth_type = 1;
	memcpy(p.auth, "secreT\0\0", 8);
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_DROP_AUTH);
	memcpy(p.auth, "secret\0\0", 8);
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_ACCEPT);
	p.auth_type = 2; /* AH is not ours */
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_DROP_AUTH_TYPE);
}

static void address_lists_strange_and_changing(void **state)
{
	static const uint8_t turned[] = {192, 0, 2, 11, 192, 0, 2, 10};
	static const uint8_t more[] = {192, 0, 2, 10, 192, 0, 2, 11, 192, 0, 2, 12};
	static const uint8_t strange[] = {192, 0, 2, 99};
	struct vrrp_instance_conf conf = conf_v3();
	struct vrrp_packet p = packet_v3();
	struct vrrp_list list;
	unsigned notes;

	(void)state;
	vrrp_list_build(&list, &conf);
	assert_int_equal(list.n, 2);
	p.n_addresses = 2;
	p.addresses = turned; /* order says nothing */
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_ACCEPT);
	assert_int_equal(notes, 0);
	p.n_addresses = 3;
	p.addresses = more; /* our router, one address ahead of us */
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_ACCEPT);
	assert_int_equal(notes, 1u << VRRP_DROP_ADDRESS_NOTE);
	assert_int_equal(vrrp_admit(&conf, &list, &p, true, &notes), VRRP_ACCEPT);
	assert_int_equal(notes, 0);
	p.n_addresses = 1;
	p.addresses = strange; /* another cluster with our VRID */
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_DROP_ADDRESS_LIST);
	p.n_addresses = 0;
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_DROP_COUNT_ZERO);
	conf.vips = NULL; /* without VIPs of our own an empty list is what we send too */
	vrrp_list_build(&list, &conf);
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_ACCEPT);
}

static void two_owners_are_noted(void **state)
{
	struct vrrp_instance_conf conf = conf_v3();
	struct vrrp_packet p = packet_v3();
	struct vrrp_list list;
	unsigned notes;

	(void)state;
	vip_a.next = NULL;
	conf.priority = 255;
	p.priority = 255;
	vrrp_list_build(&list, &conf);
	assert_int_equal(vrrp_admit(&conf, &list, &p, false, &notes), VRRP_ACCEPT);
	assert_int_equal(notes, 1u << VRRP_DROP_OWNER);
	assert_true(vrrp_drop_is_note(VRRP_DROP_OWNER));
	vip_a.next = &vip_b;
}

static void every_row_has_its_words(void **state)
{
	(void)state;
	for (enum vrrp_drop d = VRRP_ACCEPT; d < VRRP_DROP_N; d++) {
		assert_non_null(vrrp_drop_word(d));
		assert_true(strlen(vrrp_drop_text(d)) > 5);
		for (enum vrrp_drop e = VRRP_ACCEPT; e < d; e++)
			assert_string_not_equal(vrrp_drop_word(d), vrrp_drop_word(e));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_the_golden_bytes),
		cmocka_unit_test(parses_the_golden_bytes),
		cmocka_unit_test(a_pseudo_checksum_is_bound_to_its_path),
		cmocka_unit_test(the_old_unicast_checksum_is_for_the_configuration),
		cmocka_unit_test(whatever_is_built_is_parsed_again),
		cmocka_unit_test(each_damage_has_its_name),
		cmocka_unit_test(ethernet_padding_is_no_damage),
		cmocka_unit_test(version_2_is_not_for_ipv6),
		cmocka_unit_test(build_refuses_what_does_not_fit),
		cmocka_unit_test(a_tie_is_decided_in_network_order),
		cmocka_unit_test(multicast_must_come_with_ttl_255),
		cmocka_unit_test(unicast_senders_are_checked_when_asked),
		cmocka_unit_test(the_configuration_must_agree),
		cmocka_unit_test(address_lists_strange_and_changing),
		cmocka_unit_test(two_owners_are_noted),
		cmocka_unit_test(every_row_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
