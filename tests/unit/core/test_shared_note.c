/*
 * What one failover process leaves to another: all that it needs to go on, whole; and what another
 * build wrote, or nobody did, neither misleads it nor gets beyond its fields.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/sys/shared_note.h"

struct pages {
	struct shared_page *from, *to;
	char *note;
	size_t len, cap;
};

static int set_up(void **state)
{
	struct pages *p = calloc(1, sizeof(*p));

	p->from = shared_page_new();
	p->to = shared_page_new();
	atomic_store(&p->from->n_vips, 3);
	p->cap = shared_note_cap(p->from);
	p->note = malloc(p->cap);
	*state = p;
	return !p->from || !p->to || !p->note;
}

static int tear_down(void **state)
{
	struct pages *p = *state;

	munmap(p->from, sizeof(*p->from));
	munmap(p->to, sizeof(*p->to));
	free(p->note);
	free(p);
	return 0;
}

static void write_page(struct pages *p)
{
	struct shared_vip *vip = &p->from->vips[2];

	strcpy(p->from->vips[0].name, "VI_1");
	strcpy(vip->name, "VI_3");
	strcpy(vip->interface, "eth0");
	strcpy(vip->state, "MASTER");
	strcpy(vip->lease, "key");
	vip->vrid = 51;
	vip->family = 2;
	vip->version = 3;
	vip->state_mono_us = 123456789;
	vip->auth_sequence = 7;
	vip->signed_sequence = 1ull << 40;
	vip->signers[1].sequence = 9;
	vip->lease_id = 77;
	vip->hold = 2;
	vip->n_moves = 21;
	strcpy(vip->moves[0].reason, "the peer resigned");
	strcpy(vip->peers[3].address, "192.0.2.12");
	p->from->ledger[5] = (struct shared_ledger_entry){.in_use = 1,
							  .ifindex = 2,
							  .family = 2,
							  .prefix_len = 24,
							  .address = {192, 0, 2, 10}};
	memset(p->from->undo[9].bytes, 0xab, 60);
	atomic_store(&p->from->undo[9].len, 60);
	p->len = shared_note_write(p->from, p->note, p->cap);
	assert_true(p->len > 0);
}

static void all_that_is_needed_comes_over(void **state)
{
	struct pages *p = *state;
	const struct shared_vip *vip = &p->to->vips[2];

	write_page(p);
	assert_true(shared_note_read(p->to, p->note, p->len));
	assert_int_equal(atomic_load(&p->to->n_vips), 3);
	assert_string_equal(p->to->vips[0].name, "VI_1");
	assert_string_equal(p->to->vips[1].name, ""); /* it was free */
	assert_string_equal(vip->name, "VI_3");
	assert_string_equal(vip->interface, "eth0");
	assert_string_equal(vip->state, "MASTER");
	assert_string_equal(vip->lease, "key");
	assert_int_equal(vip->vrid, 51);
	assert_int_equal(vip->version, 3);
	assert_int_equal(vip->state_mono_us, 123456789);
	assert_int_equal(vip->auth_sequence, 7);
	assert_true(vip->signed_sequence == 1ull << 40);
	assert_int_equal(vip->signers[1].sequence, 9);
	assert_int_equal(vip->lease_id, 77);
	assert_int_equal(vip->hold, 2);
	assert_int_equal(vip->n_moves, 21);
	assert_string_equal(vip->moves[0].reason, "the peer resigned");
	assert_string_equal(vip->peers[3].address, "192.0.2.12");
	assert_int_equal(p->to->ledger[0].in_use, 1);
	assert_int_equal(p->to->ledger[0].prefix_len, 24);
	assert_int_equal(p->to->ledger[0].address[3], 10);
	assert_int_equal(atomic_load(&p->to->undo[0].len), 60);
	assert_int_equal(p->to->undo[0].bytes[59], 0xab);
}

/* The other build has a field of another size, and one that we have never heard of. */
static void what_another_build_says_otherwise_is_passed_over(void **state)
{
	const uint32_t magic = 0x524c4e01;
	const struct {
		uint32_t magic, vip, vip_len, at;
		uint32_t name, name_len;
		char text[64];
		uint32_t vrid, vrid_len, vrid_value; /* is one byte here */
		uint32_t odd, odd_len, odd_value;
		uint32_t version, version_len;
		char version_value;
	} __attribute__((packed))
	note = {magic, 1, 4, 0, 101, 64, "VI_1", 104, 4, 99, 4711, 4, 1, 106, 1, 3};
	struct pages *p = *state;

	assert_true(shared_note_read(p->to, &note, sizeof(note)));
	assert_string_equal(p->to->vips[0].name, "VI_1");
	assert_int_equal(p->to->vips[0].vrid, 0);
	assert_int_equal(p->to->vips[0].version, 3);
}

static void what_is_cut_off_is_no_note(void **state)
{
	struct pages *p = *state;
	char *exact;

	write_page(p);
	for (size_t len = 0; len < p->len; len += 1 + len / 64) {
		exact = malloc(len ? len : 1);
		memcpy(exact, p->note, len);
		shared_note_read(p->to, exact, len);
		free(exact);
		shared_page_forget(p->to);
	}
	assert_false(shared_note_read(p->to, p->note, p->len - 1));
	assert_false(shared_note_read(p->to, "what is this?", 13));
	assert_int_equal(shared_note_write(p->from, p->note, 100), 0);
}

static void texts_end_within_their_fields(void **state)
{
	struct pages *p = *state;

	write_page(p);
	memset(p->from->vips[2].name, 'x', sizeof(p->from->vips[2].name));
	memset(p->from->vips[2].phase, 'x', sizeof(p->from->vips[2].phase));
	p->len = shared_note_write(p->from, p->note, p->cap);
	assert_true(shared_note_read(p->to, p->note, p->len));
	assert_int_equal(strlen(p->to->vips[2].name), sizeof(p->to->vips[2].name) - 1);
	assert_int_equal(strlen(p->to->vips[2].phase), sizeof(p->to->vips[2].phase) - 1);
}

static void a_page_that_is_forgotten_has_nothing_to_undo(void **state)
{
	struct pages *p = *state;

	write_page(p);
	shared_page_forget(p->from);
	assert_int_equal(atomic_load(&p->from->n_vips), 0);
	assert_int_equal(p->from->ledger[5].in_use, 0);
	assert_int_equal(atomic_load(&p->from->undo[9].len), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_that_is_needed_comes_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_another_build_says_otherwise_is_passed_over,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_cut_off_is_no_note, set_up, tear_down),
		cmocka_unit_test_setup_teardown(texts_end_within_their_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_page_that_is_forgotten_has_nothing_to_undo,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
