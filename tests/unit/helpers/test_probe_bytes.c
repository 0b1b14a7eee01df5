/*
 * helpers/probe_bytes.h: what relais-probe sends, and what it takes for an answer. The format of
 * digits is the example of Keepalived's manual page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "helpers/probe_bytes.h"

static void digits_are_read_as_the_manual_says(void **state)
{
	static const uint8_t expected[] = {0xab, 0x12, 0x0f, 0x03, 0x45, 0x06,
					   0x54, 0x64, 0x43, 0x12, 0x03};
	static struct probe_bytes b;
	static char text[2 * PROBE_BYTES_MAX + 3];

	(void)state;
	assert_true(probe_bytes_parse(&b, "Ab12f 3 456 546443123", false));
	assert_int_equal(b.len, sizeof(expected));
	assert_memory_equal(b.value, expected, sizeof(expected));
	assert_true(probe_bytes_parse(&b, "  ", false));
	assert_int_equal(b.len, 0);
	assert_false(probe_bytes_parse(&b, "4g", false));
	assert_false(probe_bytes_parse(&b, "4x", false));
	memset(text, 'a', 2 * PROBE_BYTES_MAX);
	assert_true(probe_bytes_parse(&b, text, false));
	text[2 * PROBE_BYTES_MAX] = '1';
	assert_false(probe_bytes_parse(&b, text, false));
}

static void a_reply_is_compared_where_it_is_said(void **state)
{
	static struct probe_bytes b;

	(void)state;
	assert_true(probe_bytes_parse(&b, "41 4x X2", true));
	assert_true(probe_bytes_match(&b, (const uint8_t *)"AJr", 3));
	assert_true(probe_bytes_match(&b, (const uint8_t *)"AJrs", 4)); /* over the shorter */
	assert_true(probe_bytes_match(&b, (const uint8_t *)"A", 1));
	assert_false(probe_bytes_match(&b, (const uint8_t *)"BJr", 3));
	assert_false(probe_bytes_match(&b, (const uint8_t *)"AZr", 3));
	assert_false(probe_bytes_match(&b, (const uint8_t *)"AJs", 3));
	assert_true(probe_bytes_parse(&b, "x", true)); /* a digit alone has a 0 before it */
	assert_true(probe_bytes_match(&b, (const uint8_t *)"\x0c", 1));
	assert_false(probe_bytes_match(&b, (const uint8_t *)"A", 1));
}

static void a_question_of_dns(void **state)
{
	static const uint8_t expected[] = {0x12, 0x34, 1,   0,	 0, 1,	 0,   0, 0, 0,	0, 0,
					   3,	 'w',  'w', 'w', 2, 'e', 'x', 0, 0, 28, 0, 1};
	uint8_t buf[512];
	char name[300];

	(void)state;
	assert_int_equal(probe_dns_write(buf, sizeof(buf), 0x1234, "AAAA", "www.ex"),
			 sizeof(expected));
	assert_memory_equal(buf, expected, sizeof(expected));
	assert_int_equal(probe_dns_write(buf, sizeof(buf), 1, "AAAA", "www.ex."), sizeof(expected));
	assert_int_equal(probe_dns_write(buf, sizeof(buf), 1, "SOA", "."), 17);
	assert_int_equal(probe_dns_write(buf, sizeof(buf), 1, "SRV", "."), 0);
	assert_int_equal(probe_dns_write(buf, sizeof(buf), 1, "A", "a..b"), 0);
	assert_int_equal(probe_dns_write(buf, 100, 1, "A", "a"), 0);
	memset(name, 'a', sizeof(name));
	name[64] = '\0';
	assert_int_equal(probe_dns_write(buf, sizeof(buf), 1, "A", name), 0);
	for (unsigned i = 0; i < 250; i++)
		name[i] = i % 2 ? '.' : 'a';
	name[250] = name[251] = name[252] = 'a';
	name[253] = name[254] = 'a';
	name[255] = '\0';
	assert_int_equal(probe_dns_write(buf, sizeof(buf), 1, "A", name), 0); /* 257 bytes */
}

static void an_answer_of_dns(void **state)
{
	uint8_t answer[12] = {0x12, 0x34, 0x81, 0x80, 0, 1};
	unsigned rcode = 0;

	(void)state;
	assert_int_equal(probe_dns_judge(answer, 12, 0x1234, &rcode), PROBE_GOOD);
	assert_int_equal(probe_dns_judge(answer, 11, 0x1234, &rcode), PROBE_NOT_OURS);
	assert_int_equal(probe_dns_judge(answer, 12, 0x1235, &rcode), PROBE_NOT_OURS);
	answer[3] = 0x83;
	assert_int_equal(probe_dns_judge(answer, 12, 0x1234, &rcode), PROBE_BAD);
	assert_int_equal(rcode, 3);
	answer[2] = 1; /* a question */
	assert_int_equal(probe_dns_judge(answer, 12, 0x1234, &rcode), PROBE_NOT_OURS);
}

static void an_echo_and_its_reply(void **state)
{
	uint8_t echo[PROBE_ECHO_LEN];
	uint32_t sum = 0;

	(void)state;
	probe_echo_write(echo, false, 0xbeef, 1);
	for (unsigned i = 0; i < PROBE_ECHO_LEN; i += 2)
		sum += (uint32_t)(echo[i] << 8 | echo[i + 1]);
	assert_int_equal(((sum & 0xffff) + (sum >> 16)) & 0xffff, 0xffff); /* RFC 1071 */
	assert_int_equal(echo[0], 8);
	assert_false(probe_echo_is_reply(echo, sizeof(echo), false, 0xbeef, 1, false));
	echo[0] = 0;
	assert_true(probe_echo_is_reply(echo, sizeof(echo), false, 0xbeef, 1, false));
	assert_false(probe_echo_is_reply(echo, sizeof(echo), false, 0xbee0, 1, false));
	assert_true(probe_echo_is_reply(echo, sizeof(echo), false, 0xbee0, 1, true));
	assert_false(probe_echo_is_reply(echo, sizeof(echo), false, 0xbeef, 2, false));
	assert_false(probe_echo_is_reply(echo, 7, false, 0xbeef, 1, false));
	probe_echo_write(echo, true, 1, 1);
	assert_int_equal(echo[0], 128);
	echo[0] = 129;
	assert_true(probe_echo_is_reply(echo, sizeof(echo), true, 1, 1, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_are_read_as_the_manual_says),
		cmocka_unit_test(a_reply_is_compared_where_it_is_said),
		cmocka_unit_test(a_question_of_dns),
		cmocka_unit_test(an_answer_of_dns),
		cmocka_unit_test(an_echo_and_its_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
