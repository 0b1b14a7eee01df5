/*
 * bfd/bfd_conf.c and track_bfd of conf/track/track_conf.c: what a bfd_instance comes to, and a
 * verdict for each row that `keepalived -t` of 2.2.7 was asked about.
 */

#include "../reading.h"

#define ROUTER                                                                              \
	"vrrp_instance V {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n " \
	"192.0.2.100\n }\n"

static void every_word_is_read(void **state)
{
	const struct vrrp_bfd_conf *c;
	struct reading r;

	(void)state;
	reading_start(&r,
		      "bfd_instance b1 {\n neighbor_ip 192.0.2.2\n source_ip 192.0.2.1\n"
		      " interface eth0\n min_rx 100\n min_tx 100.5\n idle_tx 2000\n multiplier 3\n"
		      " passive\n ttl 200\n max_hops 3\n weight -20 reverse\n vrrp\n}\n"
		      "bfd_instance b2 {\n neighbour_ip 2001:db8::2\n checker\n vrrp\n multihop\n "
		      "max_hops 255\n}\n"
		      "bfd_instance b3 {\n neighbor_ip 192.0.2.9\n}\n" ROUTER
		      " track_bfd {\n b1\n b2 weight 7 reverse\n }\n}\n"
		      "vrrp_sync_group G {\n group {\n V\n }\n track_bfd {\n b3\n }\n}\n");
	assert_int_equal(r.diags.n_errors, 0);
	c = r.conf->bfds;
	assert_string_equal(c->name, "b1");
	assert_int_equal(c->min_rx_us, 100000);
	assert_int_equal(c->min_tx_us, 100500);
	assert_int_equal(c->idle_tx_us, 2000000);
	assert_int_equal(c->multiplier, 3);
	assert_true(c->passive && !c->multihop && c->source.len);
	assert_string_equal(c->interface, "eth0");
	assert_int_equal(c->ttl, 200);
	assert_int_equal(c->min_ttl, 197);
	c = c->next;
	assert_true(c->multihop && !c->passive);
	assert_int_equal(c->ttl, 64);
	assert_int_equal(c->min_ttl, 0);
	c = c->next;
	assert_int_equal(c->min_rx_us, 10000);
	assert_int_equal(c->min_tx_us, 10000);
	assert_int_equal(c->idle_tx_us, 1000000);
	assert_int_equal(c->multiplier, 5);
	assert_int_equal(c->ttl, 255);
	assert_int_equal(c->min_ttl, 255);
	assert_null(r.conf->instances->tracks); /* with a weight, in a group: not tracked */
	assert_int_equal(r.conf->groups->tracks->kind, VRRP_TRACK_BFD);
	reading_end(&r);
}

/* n_bfds: how many sessions are left; complains: keepalived -t ends with 5. */
static void each_verdict_is_keepaliveds(void **state)
{
	static const struct {
		const char *text;
		unsigned n_bfds, complains;
	} rows[] = {
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n}", 1, 0},
		{"bfd_instance b {\n source_ip 192.0.2.1\n}", 0, 1},
		{"bfd_instance {\n neighbor_ip 192.0.2.2\n}", 0, 1},
		{"bfd_instance b {\n neighbor_ip foo\n}", 0, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n source_ip bar\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n source_ip 2001:db8::1\n}", 0, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n}\nbfd_instance b {\n neighbor_ip "
		 "192.0.2.3\n}",
		 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n}\nbfd_instance c {\n neighbor_ip "
		 "192.0.2.2\n}",
		 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n source_ip 192.0.2.1\n}\nbfd_instance "
		 "c "
		 "{\n neighbor_ip 192.0.2.2\n source_ip 192.0.2.3\n}",
		 2, 0},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n min_rx 0\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n min_rx 1\n}", 1, 0},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n min_rx 5000000\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n min_rx abc\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n min_rx -3\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n min_rx 3.3125\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n idle_tx 500\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n idle_tx 20000\n}", 1, 0},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n multiplier 0\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n multiplier 255\n}", 1, 0},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n ttl 256\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n hoplimit 64\n}", 1, 0},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n max_hops -1\n}", 1, 0},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n max_hops 256\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n ttl 10\n max_hops 20\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n weight 254\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n weight 10 foo\n}", 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n frobnicate 1\n}", 1, 1},
		{"bfd_instance bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb {\n neighbor_ip 192.0.2.2\n}", 1, 0},
		{"bfd_instance bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb {\n neighbor_ip 192.0.2.2\n}", 0,
		 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n}\n" ROUTER " track_bfd {\n b\n }\n}",
		 1, 0},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n}\n" ROUTER
		 " track_bfd {\n b weight 254\n }\n}",
		 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n}\n" ROUTER
		 " track_bfd {\n b foo\n }\n}",
		 1, 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n}\n" ROUTER
		 " track_bfd {\n b\n b\n }\n}",
		 1, 1},
		{ROUTER " track_bfd {\n b\n }\n}\nbfd_instance b {\n neighbor_ip 192.0.2.2\n}", 1,
		 1},
		{"bfd_instance b {\n neighbor_ip 192.0.2.2\n checker\n}\n" ROUTER
		 " track_bfd {\n b\n }\n}",
		 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reading r;
		unsigned n = 0;

		reading_start(&r, rows[i].text);
		for (const struct vrrp_bfd_conf *c = r.conf->bfds; c; c = c->next)
			n++;
		if (r.diags.n_errors || n != rows[i].n_bfds ||
		    (r.diags.n_warnings > 0) != rows[i].complains) {
			conf_diags_print(&r.diags, stdout, true);
			fail_msg("row %zu: %u sessions, %u warnings, %u errors:\n%s", i, n,
				 r.diags.n_warnings, r.diags.n_errors, rows[i].text);
		}
		reading_end(&r);
	}
}

static void a_short_proof_of_nearness_is_noted(void **state)
{
	struct reading r;
	unsigned notes = 0;

	(void)state;
	reading_start(&r, "bfd_instance b {\n neighbor_ip 2001:db8::2\n}");
	for (const struct conf_diag *d = r.diags.first; d; d = d->next)
		notes += d->severity == CONF_NOTE && strstr(d->text, "only 255") != NULL;
	assert_int_equal(notes, 1);
	reading_end(&r);
	reading_start(&r, "bfd_instance b {\n neighbor_ip fe80::2\n}");
	assert_null(r.conf->bfds); /* on which link? */
	reading_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_is_read),
		cmocka_unit_test(each_verdict_is_keepaliveds),
		cmocka_unit_test(a_short_proof_of_nearness_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
