/*
 * Choosing servers: every algorithm on entries that live on the stack. Covers
 * balancer/balance/balance.c, balance_roundrobin.c, balance_ring.c, balance_leastconn.c,
 * balance_first.c, balance_random.c.
 */
#include "balancer/balance/balance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX = 8 };

struct room {
	struct balance_entry entries[MAX];
	struct balance_entry *list[MAX];
	struct balance_set set;
	const struct balance_algorithm *algo;
	unsigned chosen[MAX];
	char order[256];
	unsigned n_order;
};

/* A set with these weights (all usable), up to the first negative one. */
static void build(struct room *r, const char *algo, const int *weights)
{
	memset(r, 0, sizeof(*r));
	r->algo = balance_find(slice_of(algo));
	assert_non_null(r->algo);
	r->set.entries = r->list;
	for (unsigned i = 0; i < MAX && weights[i] >= 0; i++) {
		r->list[i] = &r->entries[i];
		r->entries[i] = (struct balance_entry){
			.id = i + 1, .weight = (uint32_t)weights[i], .usable = true};
		r->set.n_entries++;
	}
	balance_set_update(&r->set, r->algo);
}

static int pick_with(struct room *r, struct balance_request req)
{
	struct balance_entry *e = r->algo->pick(&r->set, &req);

	if (!e)
		return -1;
	r->chosen[e - r->entries]++;
	if (r->n_order < sizeof(r->order) - 1)
		r->order[r->n_order++] = (char)('a' + (e - r->entries));
	return (int)(e - r->entries);
}

static int pick(struct room *r)
{
	return pick_with(r, (struct balance_request){0});
}

static void pick_many(struct room *r, unsigned n)
{
	while (n--)
		assert_true(pick(r) >= 0);
}

static void done(struct room *r)
{
	balance_set_fini(&r->set);
}

static void names_are_found_and_others_are_not(void **state)
{
	(void)state;
	for (unsigned i = 0; balance_algorithms[i]; i++) {
		assert_ptr_equal(balance_find(slice_of(balance_algorithms[i]->name)),
				 balance_algorithms[i]);
		assert_true(strlen(balance_algorithms[i]->doc) > 10);
	}
	assert_null(balance_find(slice_of("round")));
	assert_null(balance_find(slice_of("")));
	assert_int_equal(balance_find(slice_of("source"))->key, BALANCE_KEY_SOURCE);
}

static void round_robin_spreads_by_weight(void **state)
{
	static const int weights[] = {5, 1, 1, -1};
	static const char *const both[] = {"roundrobin", "static-rr"};
	struct room r;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		build(&r, both[i], weights);
		pick_many(&r, 7);
		assert_string_equal(r.order, i ? "aaabaac" : "aabacaa");
		pick_many(&r, 693);
		assert_int_equal(r.chosen[0], 500);
		assert_int_equal(r.chosen[1], 100);
		assert_int_equal(r.chosen[2], 100);
		done(&r);
	}
}

/* Orders that HAProxy 2.6 showed for the same weights. */
static void the_ring_is_laid_as_haproxy_lays_it(void **state)
{
	static const struct {
		int weights[5];
		const char *order;
	} rows[] = {
		{{2, 2, 1, -1}, "ababc"},	 {{1, 2, 3, 4, -1}, "abdcdbcdcd"},
		{{7, 3, -1}, "aaabaabaab"},	 {{1, 1, 1, -1}, "abc"},
		{{4, 2, 2, 1, -1}, "abacabacd"}, {{10, 1, -1}, "aaaaaaaaaab"},
		{{3, 1, 2, -1}, "aacabc"},
	};
	struct room r;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		build(&r, "static-rr", rows[i].weights);
		pick_many(&r, (unsigned)strlen(rows[i].order));
		assert_string_equal(r.order, rows[i].order);
		done(&r);
	}
	build(&r, "source", rows[6].weights); /* clients 127.0.0.1 to .6 */
	for (unsigned n = 1; n <= 6; n++)
		pick_with(&r, (struct balance_request){.hash = 0x7f000000u + n, .has_hash = true});
	assert_string_equal(r.order, "caacab");
	done(&r);
}

static void weight_zero_and_unusable_get_nothing(void **state)
{
	static const int weights[] = {0, 2, 2, 2, -1};
	struct room r;

	(void)state;
	for (unsigned i = 0; balance_algorithms[i]; i++) {
		build(&r, balance_algorithms[i]->name, weights);
		r.entries[2].usable = false; /* a backup that is not due, or down */
		balance_set_update(&r.set, r.algo);
		assert_int_equal(r.set.n_usable, 2);
		assert_int_equal(r.set.total_weight, 4);
		for (unsigned n = 0; n < 100; n++)
			pick_with(&r, (struct balance_request){.hash = n, .has_hash = true});
		assert_int_equal(r.chosen[0], 0);
		assert_int_equal(r.chosen[2], 0);
		assert_int_equal(r.chosen[1] + r.chosen[3], 100);
		done(&r);
	}
}

static void nobody_usable_is_nobody(void **state)
{
	static const int weights[] = {1, 1, -1}, none[] = {-1};
	struct room r;

	(void)state;
	for (unsigned i = 0; balance_algorithms[i]; i++) {
		build(&r, balance_algorithms[i]->name, weights);
		r.entries[0].usable = r.entries[1].usable = false;
		balance_set_update(&r.set, r.algo);
		assert_int_equal(pick(&r), -1);
		assert_int_equal(pick_with(&r, (struct balance_request){7, true, NULL}), -1);
		done(&r);
		build(&r, balance_algorithms[i]->name, none);
		assert_int_equal(pick(&r), -1);
		done(&r);
	}
}

static void redispatch_takes_another_if_there_is_one(void **state)
{
	static const int weights[] = {1, 1, 1, -1};
	struct room r;

	(void)state;
	for (unsigned i = 0; balance_algorithms[i]; i++) {
		struct balance_request req = {.has_hash = true};

		build(&r, balance_algorithms[i]->name, weights);
		req.avoid = &r.entries[1];
		for (req.hash = 0; req.hash < 30; req.hash++)
			assert_int_not_equal(pick_with(&r, req), 1);
		r.entries[0].usable = r.entries[2].usable = false;
		balance_set_update(&r.set, r.algo);
		assert_int_equal(pick_with(&r, req), 1);
		done(&r);
	}
}

static void full_servers_are_passed_over(void **state)
{
	static const int weights[] = {1, 1, -1};
	struct room r;

	(void)state;
	for (unsigned i = 0; balance_algorithms[i]; i++) {
		build(&r, balance_algorithms[i]->name, weights);
		r.entries[0].max_served = r.entries[0].served = 3;
		for (unsigned n = 0; n < 10; n++)
			assert_int_equal(pick(&r), 1);
		r.entries[1].max_served = r.entries[1].served = 1;
		assert_int_equal(pick(&r), -1); /* all full: the queue */
		assert_int_equal(r.set.n_usable, 2);
		done(&r);
	}
}

static void round_robin_follows_a_changed_weight(void **state)
{
	static const int weights[] = {1, 1, -1};
	struct room r;

	(void)state;
	build(&r, "roundrobin", weights);
	pick_many(&r, 10);
	r.entries[0].weight = 3;
	balance_set_update(&r.set, r.algo);
	memset(r.chosen, 0, sizeof(r.chosen));
	pick_many(&r, 40);
	assert_int_equal(r.chosen[0], 30);
	assert_int_equal(r.chosen[1], 10);
	done(&r);
}

static void leastconn_fills_by_weight_and_ties_rotate(void **state)
{
	static const int equal[] = {1, 1, 1, -1}, uneven[] = {3, 1, -1};
	struct room r;

	(void)state;
	build(&r, "leastconn", equal);
	pick_many(&r, 6); /* nobody has a session: all take turns */
	assert_string_equal(r.order, "abcabc");
	r.entries[0].served = 2;
	r.entries[1].served = 1;
	r.entries[2].served = 2;
	assert_int_equal(pick(&r), 1);
	done(&r);

	build(&r, "leastconn", uneven);
	for (unsigned n = 0; n < 400; n++)
		r.entries[pick(&r)].served++;
	assert_in_range(r.entries[0].served, 299, 301);
	done(&r);
}

static void first_fills_up_in_order_of_id(void **state)
{
	static const int weights[] = {1, 100, 1, -1};
	struct room r;

	(void)state;
	build(&r, "first", weights);
	r.entries[0].id = 9; /* `id` in the configuration: order is by number, not by place */
	for (unsigned i = 0; i < 3; i++)
		r.entries[i].max_served = 2;
	for (int n = 0; n < 6; n++)
		r.entries[pick(&r)].served++;
	assert_string_equal(r.order, "bbccaa");
	assert_int_equal(pick(&r), -1);
	r.entries[1].served--;
	assert_int_equal(pick(&r), 1);
	done(&r);
}

static void source_keeps_its_server(void **state)
{
	static const int weights[] = {2, 1, 1, -1};
	unsigned hits[3] = {0};
	struct room r;

	(void)state;
	build(&r, "source", weights);
	for (unsigned h = 0; h < 4000; h++) {
		struct balance_request req = {.hash = h, .has_hash = true};
		int one = pick_with(&r, req);

		assert_int_equal(pick_with(&r, req), one);
		hits[one]++;
	}
	assert_int_equal(hits[0], 2000);
	assert_int_equal(hits[1], 1000);
	r.entries[0].max_served = r.entries[0].served = 1; /* full: the client waits for it */
	assert_int_equal(pick_with(&r, (struct balance_request){0, true, NULL}), 0);
	done(&r);
}

static void addresses_have_a_hash(void **state)
{
	struct addr a, b;
	uint64_t ha = 0, hb = 0;

	(void)state;
	assert_true(addr_parse_ip(&a, slice_of("192.0.2.7"), 1234));
	assert_true(balance_hash_address(&a, &ha));
	assert_int_equal(ha, 0xc0000207u);
	addr_set_port(&a, 99); /* the port does not count */
	assert_true(balance_hash_address(&a, &hb));
	assert_int_equal(ha, hb);
	assert_true(addr_parse_ip(&b, slice_of("2001:db8::7"), 1));
	assert_true(balance_hash_address(&b, &hb));
	assert_int_equal(hb, 0x20010db8u ^ 7u);
	assert_true(addr_set_unix(&a, slice_of("/x"), false));
	assert_false(balance_hash_address(&a, &ha));
}

static void random_follows_weight_and_load(void **state)
{
	static const int weights[] = {3, 1, -1};
	struct room r;

	(void)state;
	build(&r, "random", weights);
	r.set.draws = 1;
	r.set.random = 42;
	pick_many(&r, 4000);
	assert_in_range(r.chosen[0], 2850, 3150);
	done(&r);

	build(&r, "random", weights);
	for (unsigned n = 0; n < 4000; n++)
		r.entries[pick(&r)].served++;
	assert_in_range(r.entries[0].served, 2950, 3050); /* two choices keep it even */
	done(&r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_and_others_are_not),
		cmocka_unit_test(round_robin_spreads_by_weight),
		cmocka_unit_test(the_ring_is_laid_as_haproxy_lays_it),
		cmocka_unit_test(weight_zero_and_unusable_get_nothing),
		cmocka_unit_test(nobody_usable_is_nobody),
		cmocka_unit_test(redispatch_takes_another_if_there_is_one),
		cmocka_unit_test(full_servers_are_passed_over),
		cmocka_unit_test(round_robin_follows_a_changed_weight),
		cmocka_unit_test(leastconn_fills_by_weight_and_ties_rotate),
		cmocka_unit_test(first_fills_up_in_order_of_id),
		cmocka_unit_test(source_keeps_its_server),
		cmocka_unit_test(addresses_have_a_hash),
		cmocka_unit_test(random_follows_weight_and_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
