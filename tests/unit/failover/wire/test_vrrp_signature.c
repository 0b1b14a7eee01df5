/*
 * failover/wire/signature.c: the trailer's bytes, what it binds, and the numbers that never repeat.
 * How instances use it (signing.c) is tests/scenario/scenario_vrrp_signed.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/base/hmac.h"
#include "failover/wire/signature.h"

#define WALL_US (INT64_C(1800000000) * 1000000)

static const struct vrrp_key_conf key = {
	.id = 7, .len = 32, .bytes = "0123456789abcdef0123456789abcdef"};
static const struct vrrp_key_conf other = {
	.id = 7, .len = 33, .bytes = "0123456789abcdef0123456789abcdef0"};

static struct addr ip(const char *text)
{
	struct addr a;

	assert_true(addr_parse_ip(&a, slice_of(text), 0));
	return a;
}

static size_t build(uint8_t *buf, size_t cap, unsigned version, int family, bool as_v2)
{
	static const uint8_t list[16] = {0xfe, 0x80, [15] = 1};
	struct addr src = ip(family == AF_INET ? "192.0.2.1" : "fe80::1");
	struct addr dst = ip(family == AF_INET ? "224.0.0.18" : "ff02::12");
	struct vrrp_packet p = {.version = version,
				.family = family,
				.vrid = 51,
				.priority = 100,
				.advert_us = 1000000,
				.n_addresses = 1,
				.addresses = list,
				.checksum_as_v2 = as_v2};
	size_t len = vrrp_packet_build(buf, cap, &p, &src, &dst);

	assert_true(len > 0);
	return vrrp_signature_put(buf, cap, len, version == 3 && !as_v2, &src, &key,
				  vrrp_sequence_next(0, WALL_US + 123456, 0));
}

static void the_bytes_are_as_the_header_draws_them(void **state)
{
	uint8_t buf[128], text[20 + 12 + 12] = {0}, sum[HMAC_SHA256_LEN];
	const uint8_t *trailer = buf + 12;

	(void)state;
	assert_int_equal(build(buf, sizeof(buf), 3, AF_INET, false), 12 + 28);
	assert_int_equal(trailer[0], 1);
	assert_int_equal(trailer[1], 7);
	/* 1800000000 s, 123456 us, count 0 */
	assert_memory_equal(trailer + 4, ((uint8_t[]){0x6b, 0x49, 0xd2, 0x00, 0x1e, 0x24, 0, 0}),
			    8);
	memcpy(text, (uint8_t[]){192, 0, 2, 1}, 4);
	text[16] = 4;
	text[17] = 3;
	text[18] = 51;
	memcpy(text + 20, buf, 12 + 12);
	memset(text + 20 + 12 + 2, 0, 2);
	assert_true(hmac_sha256((struct slice){(const char *)key.bytes, 32},
				(struct slice){(const char *)text, sizeof(text)}, sum));
	assert_memory_equal(trailer + 12, sum, 16);
	/* RFC 4231, test case 2 */
	assert_true(hmac_sha256(SLICE("Jefe"), SLICE("what do ya want for nothing?"), sum));
	assert_memory_equal(sum, ((uint8_t[]){0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e}), 8);
}

static uint32_t sum_all(const uint8_t *bytes, size_t len, const struct addr *src,
			const struct addr *dst)
{
	size_t n = vrrp_family_len(src->sa.sa_family);
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	for (size_t i = 0; dst && i < n; i++)
		sum += (uint32_t)(vrrp_addr_bytes(src)[i] + vrrp_addr_bytes(dst)[i])
		       << (i & 1 ? 0 : 8);
	sum += dst ? 112 + (uint32_t)len : 0;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void a_checksum_over_all_bytes_is_right_too(void **state)
{
	struct addr src4 = ip("192.0.2.1"), dst4 = ip("224.0.0.18"), src6 = ip("fe80::1"),
		    dst6 = ip("ff02::12");
	uint8_t buf[128];
	size_t len;

	(void)state;
	len = build(buf, sizeof(buf), 2, AF_INET, false);
	assert_int_equal(sum_all(buf, len, &src4, NULL), 0xffff);
	len = build(buf, sizeof(buf), 3, AF_INET, false);
	assert_int_equal(sum_all(buf, len, &src4, &dst4), 0xffff);
	assert_int_equal(sum_all(buf, len - 28, &src4, &dst4), 0xffff);
	len = build(buf, sizeof(buf), 3, AF_INET, true);
	assert_int_equal(sum_all(buf, len, &src4, NULL), 0xffff);
	len = build(buf, sizeof(buf), 3, AF_INET6, false);
	assert_int_equal(sum_all(buf, len, &src6, &dst6), 0xffff);
}

static void every_bit_counts(void **state)
{
	struct addr src = ip("192.0.2.1"), another = ip("192.0.2.2");
	uint8_t buf[128];
	size_t len, message_len;

	(void)state;
	for (unsigned version = 2; version <= 3; version++) {
		len = build(buf, sizeof(buf), version, AF_INET, false);
		message_len = len - 28;
		assert_true(vrrp_signature_is_there(buf, len, message_len));
		assert_true(vrrp_signature_is_right(buf, message_len, &src, &key));
		assert_false(vrrp_signature_is_right(buf, message_len, &another, &key));
		assert_false(vrrp_signature_is_right(buf, message_len, &src, &other));
		for (size_t bit = 0; bit < len * 8; bit++) {
			bool is_balance = bit / 8 == message_len + 2 || bit / 8 == message_len + 3;

			buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(vrrp_signature_is_right(buf, message_len, &src, &key),
					 is_balance);
			buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void only_exactly_such_a_trailer_is_one(void **state)
{
	struct vrrp_path path = {.src = ip("192.0.2.1"), .dst = ip("224.0.0.18"), .ttl = 255};
	struct vrrp_packet p;
	uint8_t buf[128] = {0};
	size_t len = build(buf, sizeof(buf), 3, AF_INET, false);

	(void)state;
	assert_int_equal(vrrp_packet_parse(&p, buf, len, &path), VRRP_ACCEPT);
	assert_true(p.is_signed);
	assert_int_equal(p.len, 12);
	assert_int_equal(vrrp_packet_parse(&p, buf, len - 1, &path), VRRP_ACCEPT);
	assert_false(p.is_signed);
	assert_int_equal(vrrp_packet_parse(&p, buf, len + 1, &path), VRRP_ACCEPT);
	assert_false(p.is_signed);
	assert_int_equal(vrrp_packet_parse(&p, buf, 12, &path), VRRP_ACCEPT);
	assert_false(p.is_signed);
	buf[12] = 2; /* another kind of trailer */
	assert_int_equal(vrrp_packet_parse(&p, buf, len, &path), VRRP_ACCEPT);
	assert_false(p.is_signed);
	assert_int_equal(build(buf, 12 + 27, 3, AF_INET, false), 0);
}

static void numbers_never_repeat(void **state)
{
	uint64_t last = 0, next;

	(void)state;
	for (int i = 0; i < 5000; i++, last = next) { /* more in one microsecond than are counted */
		next = vrrp_sequence_next(last, WALL_US, 5000000);
		assert_true(next > last);
	}
	assert_int_equal(vrrp_sequence_wall_us(last), WALL_US + 1);
	/* set back within the window: it waits for the clock */
	next = vrrp_sequence_next(last, WALL_US - 4000000, 5000000);
	assert_int_equal(next, last + 1);
	/* by more: everybody refused what was sent meanwhile */
	next = vrrp_sequence_next(last, WALL_US - 6000000, 5000000);
	assert_int_equal(vrrp_sequence_wall_us(next), WALL_US - 6000000);
	assert_int_equal(vrrp_sequence_next(last, WALL_US - 6000000, 0), last + 1);
}

static void seconds_that_pass_their_end(void **state)
{
	const int64_t end_us = INT64_C(4294967296) * 1000000; /* 2106 */
	struct addr src = ip("192.0.2.1");
	struct vrrp_signers s = {0};
	uint64_t before = vrrp_sequence_next(0, end_us - 1000000, 5000000);
	uint64_t after = vrrp_sequence_next(before, end_us + 1000000, 5000000);

	(void)state;
	assert_true(after < before);
	assert_int_equal(vrrp_sequence_skew_us(after, end_us - 1000000), 2000000);
	assert_int_equal(vrrp_signers_admit(&s, &src, before, end_us, 5000000), VRRP_ACCEPT);
	assert_int_equal(vrrp_signers_admit(&s, &src, after, end_us, 5000000), VRRP_ACCEPT);
	assert_int_equal(vrrp_signers_admit(&s, &src, before, end_us, 5000000), VRRP_DROP_REPLAY);
}

static void each_sender_has_a_number_of_its_own(void **state)
{
	struct addr a = ip("192.0.2.1"), b = ip("fe80::2"), many;
	uint64_t now = vrrp_sequence_next(0, WALL_US, 0);
	struct vrrp_signers s = {0};

	(void)state;
	assert_int_equal(vrrp_signers_admit(&s, &a, now, WALL_US, 5000000), VRRP_ACCEPT);
	assert_int_equal(vrrp_signers_admit(&s, &a, now, WALL_US, 5000000), VRRP_DROP_REPLAY);
	assert_int_equal(vrrp_signers_admit(&s, &b, now, WALL_US, 5000000), VRRP_ACCEPT);
	assert_int_equal(vrrp_signers_admit(&s, &a, now + 1, WALL_US, 5000000), VRRP_ACCEPT);
	assert_int_equal(vrrp_signers_admit(&s, &a, 0, WALL_US, 0), VRRP_DROP_STALE);
	assert_int_equal(vrrp_signers_admit(&s, &a, now + 2, WALL_US + 6000000, 5000000),
			 VRRP_DROP_STALE);
	assert_null(vrrp_signers_find(&s, &(struct addr){.in4 = {.sin_family = AF_INET}}));
	/* All places taken: nobody is forgotten whose numbers could be shown again. */
	many = a;
	for (unsigned i = 2; i < VRRP_SIGNERS_MAX; i++) {
		many.in4.sin_addr.s_addr = htonl(0xc0000200 + 10 + i);
		assert_int_equal(vrrp_signers_admit(&s, &many, now, WALL_US, 5000000), VRRP_ACCEPT);
	}
	many.in4.sin_addr.s_addr = htonl(0xc0000200 + 99);
	assert_int_equal(vrrp_signers_admit(&s, &many, now, WALL_US, 5000000), VRRP_DROP_REPLAY);
	now = vrrp_sequence_next(0, WALL_US + 60000000, 0);
	assert_int_equal(vrrp_signers_admit(&s, &many, now, WALL_US + 60000000, 5000000),
			 VRRP_ACCEPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bytes_are_as_the_header_draws_them),
		cmocka_unit_test(a_checksum_over_all_bytes_is_right_too),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(only_exactly_such_a_trailer_is_one),
		cmocka_unit_test(numbers_never_repeat),
		cmocka_unit_test(seconds_that_pass_their_end),
		cmocka_unit_test(each_sender_has_a_number_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
