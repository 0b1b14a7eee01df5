/*
 * conf/track/track_group_conf.c: which instances track which static things, and a verdict for each
 * form that `keepalived -t` of 2.2.7 was asked about.
 */

#include "../reading.h"

#define V                                                                                   \
	"vrrp_instance V {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n " \
	"192.0.2.100\n }\n}\n"
#define G1 "track_group G1 {\n group {\n V\n }\n}\n"

static void read_text(struct reading *r, const char *text)
{
	reading_start(r, text);
	assert_int_equal(r->diags.n_errors, 0);
}

static void members_track_what_names_their_group(void **state)
{
	const struct vrrp_static_conf *s;
	const struct vrrp_track_conf *t;
	struct reading r;

	(void)state;
	read_text(&r, V G1 "static_ipaddress {\n 192.0.2.7/24 dev eth1 track_group G1\n"
			   " 192.0.2.8/24 dev eth1\n}\n"
			   "static_routes {\n 192.0.2.64/26 dev eth1 track_group G1\n}\n"
			   "static_rules {\n from 192.0.2.64/26 iif eth1 table 100 preference 99 "
			   "track_group G1\n}\n");
	assert_int_equal(r.diags.n_warnings, 0);
	s = r.conf->statics;
	assert_string_equal(s->name, "192.0.2.7/24");
	assert_ptr_equal(s->vip, r.conf->static_vips);
	assert_ptr_equal(s->next->route, r.conf->static_routes);
	assert_ptr_equal(s->next->next->rule, r.conf->static_rules);
	assert_null(s->next->next->next);
	t = r.conf->instances->tracks;
	assert_int_equal(t->kind, VRRP_TRACK_STATIC);
	assert_string_equal(t->name, "192.0.2.7/24");
	assert_int_equal(t->weight, 0);
	assert_ptr_equal(t->next->name, s->next->name);
	assert_non_null(t->next->next);
	reading_end(&r);
}

static void each_verdict_is_keepaliveds(void **state)
{
	static const struct {
		const char *text;
		unsigned n_tracked;
		bool complains;
	} rows[] = {
		{V G1, 0, false},
		{V "track_group G1 {\n}\n", 0, false},
		{V G1 "static_ipaddress {\n 192.0.2.7/24 dev eth0 track_group G1\n}\n", 1, false},
		{G1 V "static_ipaddress {\n 192.0.2.7/24 dev eth0 track_group G1\n}\n", 1, false},
		{V "static_ipaddress {\n 192.0.2.7/24 dev eth0 track_group G1\n}\n" G1, 0, true},
		{V "static_ipaddress {\n 192.0.2.7/24 dev eth0 track_group G9\n}\n", 0, true},
		{V G1 G1, 0, true},
		{V "track_group {\n group {\n V\n }\n}\n", 0, true},
		{V G1 "static_rules {\n from 192.0.2.64/26 table 100 preference 99 track_group "
		      "G1\n}\n",
		 0, true},
		{V G1 "static_routes {\n 192.0.2.64/26 via 192.0.2.9 track_group G1\n}\n", 0, true},
		{V G1 "static_routes {\n 192.0.2.64/26 dev eth0 track_group G9\n}\n", 0, true},
		{G1 "vrrp_instance V {\n interface eth0\n virtual_router_id 5\n "
		    "virtual_ipaddress {\n 192.0.2.100 track_group G1\n }\n}\n",
		 0, true},
		/* it says nothing, and tracks nothing */
		{V "track_group G1 {\n group {\n W\n }\n}\n", 0, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reading r;
		unsigned n = 0;

		read_text(&r, rows[i].text);
		for (const struct vrrp_static_conf *s = r.conf->statics; s; s = s->next)
			n++;
		if (n != rows[i].n_tracked || (r.diags.n_warnings > 0) != rows[i].complains)
			fail_msg("row %zu: %u tracked, %u warnings", i, n, r.diags.n_warnings);
		reading_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_track_what_names_their_group),
		cmocka_unit_test(each_verdict_is_keepaliveds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
