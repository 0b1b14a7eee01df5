/*
 * bfd/bfd_packet.c and bfd/bfd_fsm.c: bytes as RFC 5880 4.1 draws them, what 6.8.6 refuses, and the
 * state table against the RFC's own diagram (6.2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "failover/bfd/bfd_fsm.h"
#include "failover/bfd/bfd_packet.h"

/* What Debian's keepalived 2.2.7 sent as it came up: Up, Poll, 200 ms, 100 ms. */
static const uint8_t seen[BFD_PACKET_LEN] = {
	0x20, 0xe0, 0x03, 0x18, 0x7c, 0xf5, 0xfb, 0x55, 0x46, 0x03, 0xaa, 0x57,
	0x00, 0x03, 0x0d, 0x40, 0x00, 0x01, 0x86, 0xa0, 0x00, 0x00, 0x00, 0x00,
};

static void what_keepalived_sends_is_read_and_written(void **state)
{
	uint8_t again[BFD_PACKET_LEN];
	struct bfd_packet p;

	(void)state;
	assert_int_equal(bfd_packet_parse(&p, seen, sizeof(seen)), BFD_ACCEPT);
	assert_int_equal(p.state, BFD_UP);
	assert_int_equal(p.diag, 0);
	assert_true(p.poll);
	assert_false(p.final);
	assert_false(p.demand);
	assert_int_equal(p.multiplier, 3);
	assert_int_equal(p.mine, 0x7cf5fb55);
	assert_int_equal(p.yours, 0x4603aa57);
	assert_int_equal(p.min_tx_us, 200000);
	assert_int_equal(p.min_rx_us, 100000);
	bfd_packet_build(again, &p);
	assert_memory_equal(again, seen, sizeof(seen));
}

/* One byte of a good packet set, and what stands against it then. */
static void what_is_wrong_has_its_own_row(void **state)
{
	static const struct {
		unsigned at, value;
		enum bfd_drop why;
	} rows[] = {
		{0, 0x00, BFD_DROP_VERSION},	{0, 0x40, BFD_DROP_VERSION},
		{1, 0xe1, BFD_DROP_MULTIPOINT}, {1, 0xe4, BFD_DROP_LENGTH}, /* A needs 26 */
		{1, 0xf0, BFD_DROP_POLL},	{2, 0, BFD_DROP_MULTIPLIER},
		{3, 23, BFD_DROP_LENGTH},	{3, 25, BFD_DROP_TRUNCATED},
		{3, 255, BFD_DROP_TRUNCATED},
	};
	uint8_t bytes[BFD_PACKET_LEN + 4];
	struct bfd_packet p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(bytes, seen, sizeof(seen));
		bytes[rows[i].at] = (uint8_t)rows[i].value;
		assert_int_equal(bfd_packet_parse(&p, bytes, sizeof(seen)), rows[i].why);
	}
	for (size_t len = 0; len < BFD_PACKET_LEN; len++)
		assert_int_equal(bfd_packet_parse(&p, seen, len), BFD_DROP_TRUNCATED);
	memcpy(bytes, seen, sizeof(seen));
	memset(bytes + 4, 0, 4);
	assert_int_equal(bfd_packet_parse(&p, bytes, sizeof(seen)), BFD_DROP_MINE);
	memcpy(bytes, seen, sizeof(seen));
	memset(bytes + 8, 0, 4);
	assert_int_equal(bfd_packet_parse(&p, bytes, sizeof(seen)), BFD_DROP_STATE);
	bytes[1] = 0x40; /* Down needs not know us */
	assert_int_equal(bfd_packet_parse(&p, bytes, sizeof(seen)), BFD_ACCEPT);
	memcpy(bytes, seen, sizeof(seen));
	memset(bytes + sizeof(seen), 0, 4);
	bytes[1] |= 0x04;
	bytes[3] = 28;
	assert_int_equal(bfd_packet_parse(&p, bytes, sizeof(bytes)), BFD_DROP_AUTH);
	for (enum bfd_drop why = 1; why < BFD_DROP_N; why++) {
		assert_true(strlen(bfd_drop_word(why)) > 0);
		assert_true(strlen(bfd_drop_text(why)) > strlen(bfd_drop_word(why)));
	}
}

static void the_table_is_the_diagram_of_the_rfc(void **state)
{
	static const struct {
		enum bfd_state from;
		enum bfd_event event;
		enum bfd_state to;
		enum bfd_diag diag;
	} arrows[] = {
		{BFD_DOWN, BFD_EV_RX_DOWN, BFD_INIT, BFD_DIAG_KEEP},
		{BFD_DOWN, BFD_EV_RX_INIT, BFD_UP, BFD_DIAG_NONE},
		{BFD_INIT, BFD_EV_RX_INIT, BFD_UP, BFD_DIAG_NONE},
		{BFD_INIT, BFD_EV_RX_UP, BFD_UP, BFD_DIAG_NONE},
		{BFD_INIT, BFD_EV_RX_ADMIN_DOWN, BFD_DOWN, BFD_DIAG_NEIGHBOR},
		{BFD_INIT, BFD_EV_EXPIRED, BFD_DOWN, BFD_DIAG_EXPIRED},
		{BFD_UP, BFD_EV_RX_ADMIN_DOWN, BFD_DOWN, BFD_DIAG_NEIGHBOR},
		{BFD_UP, BFD_EV_RX_DOWN, BFD_DOWN, BFD_DIAG_NEIGHBOR},
		{BFD_UP, BFD_EV_EXPIRED, BFD_DOWN, BFD_DIAG_EXPIRED},
		{BFD_DOWN, BFD_EV_DISABLE, BFD_ADMIN_DOWN, BFD_DIAG_ADMIN},
		{BFD_INIT, BFD_EV_DISABLE, BFD_ADMIN_DOWN, BFD_DIAG_ADMIN},
		{BFD_UP, BFD_EV_DISABLE, BFD_ADMIN_DOWN, BFD_DIAG_ADMIN},
		{BFD_ADMIN_DOWN, BFD_EV_ENABLE, BFD_DOWN, BFD_DIAG_NONE},
	};
	const size_t n = sizeof(arrows) / sizeof(arrows[0]);

	(void)state;
	for (enum bfd_state s = 0; s < BFD_STATE_N; s++)
		for (enum bfd_event ev = 0; ev < BFD_EV_N; ev++) {
			const struct bfd_step *step = bfd_fsm_step(s, ev);
			enum bfd_state to = s;
			enum bfd_diag diag = BFD_DIAG_KEEP;

			for (size_t i = 0; i < n; i++)
				if (arrows[i].from == s && arrows[i].event == ev) {
					to = arrows[i].to;
					diag = arrows[i].diag;
				}
			assert_int_equal(step->next, to);
			assert_int_equal(step->diag, diag);
		}
	assert_string_equal(bfd_state_word(BFD_ADMIN_DOWN), "AdminDown");
	assert_string_equal(bfd_diag_text(BFD_DIAG_EXPIRED), "detection time expired");
	assert_string_equal(bfd_diag_text(31), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_keepalived_sends_is_read_and_written),
		cmocka_unit_test(what_is_wrong_has_its_own_row),
		cmocka_unit_test(the_table_is_the_diagram_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
