/*
 * failover/wire/ah.c and core/base/hmac.c: packets as Keepalived 2.2.7 sent them (captured here),
 * and what must not pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/base/hmac.h"
#include "failover/wire/ah.h"

/* auth_pass s3cret, two addresses, to the group */
static const uint8_t multicast[] = {
	0x45, 0xc0, 0x00, 0x44, 0x00, 0x01, 0x00, 0x00, 0xff, 0x33, 0x18, 0xb0, 0xc0, 0x00,
	0x02, 0x03, 0xe0, 0x00, 0x00, 0x12, 0x70, 0x04, 0x00, 0x00, 0xc0, 0x00, 0x02, 0x03,
	0x00, 0x00, 0x00, 0x01, 0x3f, 0x71, 0xef, 0xcc, 0xeb, 0x2c, 0x63, 0x2e, 0x39, 0xe8,
	0x9a, 0x97, 0x21, 0x33, 0xc8, 0x02, 0x02, 0x01, 0x90, 0xb2, 0xc0, 0x00, 0x02, 0x0a,
	0xc0, 0x00, 0x02, 0x0b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};
/* the same to a peer, with unicast_ttl 64 */
static const uint8_t unicast[] = {
	0x45, 0xc0, 0x00, 0x44, 0x00, 0x01, 0x00, 0x00, 0x40, 0x33, 0xf5, 0xbe, 0xc0, 0x00,
	0x02, 0x03, 0xc0, 0x00, 0x02, 0x04, 0x70, 0x04, 0x00, 0x00, 0xc0, 0x00, 0x02, 0x03,
	0x00, 0x00, 0x00, 0x01, 0xdc, 0xef, 0xf4, 0xf1, 0x4f, 0x2c, 0x91, 0x84, 0x75, 0xc9,
	0x7f, 0xb3, 0x21, 0x33, 0xc8, 0x02, 0x02, 0x01, 0x90, 0xb2, 0xc0, 0x00, 0x02, 0x0a,
	0xc0, 0x00, 0x02, 0x0b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};
static const char key[8] = "s3cret";

static void as_keepalived_writes_it(void **state)
{
	static const uint8_t *const captured[] = {multicast, unicast};

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint8_t buf[VRRP_AH_PACKET_MAX];
		const uint8_t *message;
		struct vrrp_ah ah;
		size_t len;

		assert_true(vrrp_ah_unwrap(captured[i], sizeof(multicast), &ah, &message, &len));
		assert_int_equal(ah.sequence, 1);
		assert_int_equal(ah.ttl, i ? 64 : 255);
		assert_int_equal(len, 24);
		assert_int_equal(message[1], 51);
		assert_true(vrrp_ah_verify(captured[i], sizeof(multicast), key));
		ah.key = key;
		assert_int_equal(vrrp_ah_wrap(buf, sizeof(buf), &ah, message, len),
				 sizeof(multicast));
		/* all but identification and checksum, which the kernel and we choose: the digest
		 * differs with the identification */
		buf[4] = captured[i][4];
		buf[5] = captured[i][5];
		assert_memory_equal(buf, captured[i], 10);
		assert_memory_equal(buf + 12, captured[i] + 12, 20);
		assert_memory_equal(buf + VRRP_AH_HEAD_LEN, message, len);
	}
}

static void what_we_wrap_is_right(void **state)
{
	struct vrrp_ah ah = {.ttl = 255, .sequence = 70000, .key = "12345678"}, back;
	uint8_t buf[VRRP_AH_PACKET_MAX];
	const uint8_t *message;
	size_t len, back_len;

	(void)state;
	addr_parse_ip(&ah.src, SLICE("192.0.2.1"), 0);
	addr_parse_ip(&ah.dst, SLICE("192.0.2.2"), 0);
	len = vrrp_ah_wrap(buf, sizeof(buf), &ah, multicast + 44, 24);
	assert_int_equal(len, 68);
	assert_true(vrrp_ah_verify(buf, len, "12345678"));
	assert_false(vrrp_ah_verify(buf, len, "12345679"));
	assert_true(buf[4] || buf[5]); /* or the kernel would choose another */
	assert_true(vrrp_ah_unwrap(buf, len, &back, &message, &back_len));
	assert_int_equal(back.sequence, 70000);
	assert_true(addr_eq(&back.src, &ah.src, false) && addr_eq(&back.dst, &ah.dst, false));
	assert_memory_equal(message, multicast + 44, back_len);
	assert_int_equal(vrrp_ah_wrap(buf, 67, &ah, multicast + 44, 24), 0);
}

static void any_changed_byte_is_noticed(void **state)
{
	/* type of service, flags, checksum: may change on the way (RFC 2402 3.3.3.1.1.1) */
	static const uint8_t mutable[] = {1, 6, 7, 10, 11};
	uint8_t copy[sizeof(multicast)];

	(void)state;
	for (size_t i = 0; i < sizeof(copy); i++) {
		bool free_to_change = memchr(mutable, (int)i, sizeof(mutable)) != NULL;

		memcpy(copy, multicast, sizeof(copy));
		copy[i] ^= 0x01;
		assert_int_equal(vrrp_ah_verify(copy, sizeof(copy), key), free_to_change);
	}
	memcpy(copy, unicast, sizeof(copy));
	copy[8] = 63; /* one router further */
	assert_true(vrrp_ah_verify(copy, sizeof(copy), key));
}

static void what_is_no_such_packet(void **state)
{
	uint8_t copy[sizeof(multicast)];
	const uint8_t *message;
	struct vrrp_ah ah;
	size_t len;

	(void)state;
	for (size_t n = 0; n < sizeof(multicast); n++)
		assert_false(vrrp_ah_unwrap(multicast, n, &ah, &message, &len));
	for (size_t i = 0; i < 3; i++) {
		static const uint8_t at[] = {0, 9, 20};

		memcpy(copy, multicast, sizeof(copy));
		copy[at[i]] ^= 0x03;
		assert_false(vrrp_ah_unwrap(copy, sizeof(copy), &ah, &message, &len));
	}
}

/* RFC 2202 2, case 2 */
static void the_digest_of_the_rfc(void **state)
{
	static const uint8_t expected[] = {0x75, 0x0c, 0x78, 0x3e, 0x6a, 0xb0, 0xb5, 0x03,
					   0xea, 0xa8, 0x6e, 0x31, 0x0a, 0x5d, 0xb7, 0x38};
	uint8_t out[HMAC_MD5_LEN];

	(void)state;
	assert_true(hmac_md5(SLICE("Jefe"), SLICE("what do ya want for nothing?"), out));
	assert_memory_equal(out, expected, sizeof(out));
	assert_true(hmac_same(out, expected, sizeof(out)));
	out[15] ^= 1;
	assert_false(hmac_same(out, expected, sizeof(out)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_keepalived_writes_it),
		cmocka_unit_test(what_we_wrap_is_right),
		cmocka_unit_test(any_changed_byte_is_noticed),
		cmocka_unit_test(what_is_no_such_packet),
		cmocka_unit_test(the_digest_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
