/*
 * The rows heartbeat, heartbeat_key_file, compare and compare_delay (heart_conf.c), `compare` in
 * rows of what is tracked, and witness with its lease (conf/witness_conf.c).
 */

#include "../reading.h"

static const char key_text[] = "0123456789abcdef0123456789abcdef\n";

static void read_text(struct reading *r, const char *text)
{
	reading_init(r);
	conf_files_put(&r->files, "/key", slice_of(key_text));
	conf_files_put(&r->files, "/short", SLICE("abc\n"));
	reading_parse(r, text);
}

static bool said(const struct reading *r, enum conf_severity severity, const char *text)
{
	for (const struct conf_diag *d = r->diags.first; d; d = d->next)
		if (d->severity == severity && strstr(d->text, text))
			return true;
	conf_diags_print(&r->diags, stdout, true);
	return false;
}

#define INSTANCE(name, vrid, rows)                                                      \
	"vrrp_instance " name " {\n interface eth0\n virtual_router_id " vrid "\n" rows \
	"\n virtual_ipaddress {\n 192.0.2." vrid "\n }\n}\n"

static void paths_are_read_with_their_ports(void **state)
{
	struct reading r;
	const struct vrrp_heartbeat_conf *h;

	(void)state;
	read_text(&r, INSTANCE("A", "51",
			       " heartbeat {\n peer 198.51.100.2\n peer 2001:db8::2 port 7000\n "
			       "dev eth1\n }\n"
			       " heartbeat_key_file /key\n compare_delay 0.25\n compare off\n"));
	assert_int_equal(r.diags.n_errors, 0);
	h = r.conf->instances->heartbeats;
	assert_int_equal(h->address.sa.sa_family, AF_INET);
	assert_int_equal(h->port, 5112);
	h = h->next;
	assert_int_equal(h->address.sa.sa_family, AF_INET6);
	assert_int_equal(h->port, 7000);
	h = h->next;
	assert_int_equal(h->address.len, 0);
	assert_string_equal(h->dev, "eth1");
	assert_null(h->next);
	assert_true(
		slice_eq_str(r.conf->instances->heartbeat_key, "0123456789abcdef0123456789abcdef"));
	assert_int_equal(r.conf->instances->compare, 0);
	assert_int_equal(r.conf->instances->compare_delay_us, 250000);
	reading_end(&r);
}

static void global_ones_are_the_default_and_not_mixed_with_own_ones(void **state)
{
	struct reading r;
	const struct vrrp_instance_conf *a, *b;

	(void)state;
	read_text(&r, "global_defs {\n heartbeat {\n dev eth1\n }\n heartbeat_key_file /key\n "
		      "compare on\n}\n" INSTANCE("A", "51", "") INSTANCE(
			      "B", "52", " heartbeat {\n peer 198.51.100.2\n }\n compare off\n"));
	assert_int_equal(r.diags.n_errors, 0);
	a = r.conf->instances;
	b = a->next;
	assert_string_equal(a->heartbeats->dev, "eth1");
	assert_null(a->heartbeats->next);
	assert_int_equal(a->compare, 1);
	assert_null(b->heartbeats->dev);
	assert_null(b->heartbeats->next);
	assert_int_equal(b->compare, 0);
	assert_true(slice_eq(a->heartbeat_key, b->heartbeat_key));
	assert_int_equal(a->compare_delay_us, -1); /* as it fits */
	reading_end(&r);
}

static void what_cannot_be_is_refused(void **state)
{
	struct reading r;

	(void)state;
	read_text(&r, INSTANCE("A", "51",
			       " heartbeat {\n peer example.org\n via eth1\n dev\n dev "
			       "aninterfacenamethatis2long\n }\n"
			       " heartbeat_key_file /none\n"));
	assert_int_equal(r.diags.n_errors, 5);
	assert_true(said(&r, CONF_ERROR, "a heartbeat goes to 'peer ADDRESS [port N]'"));
	assert_true(said(&r, CONF_ERROR, "key file '/none'"));
	reading_end(&r);
	read_text(
		&r,
		INSTANCE(
			"A", "51",
			" heartbeat {\n dev a\n dev b\n dev c\n dev d\n dev e\n dev f\n dev g\n }\n"
			" heartbeat_key_file /short\n"));
	assert_true(said(&r, CONF_ERROR, "more than 6 paths"));
	assert_true(said(&r, CONF_ERROR, "holds 3 bytes, a key has 16 to 1024"));
	reading_end(&r);
	read_text(&r, INSTANCE("A", "51", " heartbeat_key_file /key\n nopreempt\n compare on\n"));
	assert_int_equal(r.diags.n_errors, 0);
	assert_true(said(&r, CONF_WARNING, "there is no heartbeat"));
	assert_int_equal(r.conf->instances->compare, 1);
	reading_end(&r);
	read_text(&r, INSTANCE("A", "51",
			       " nopreempt\n compare on\n"
			       " witness {\n etcd http://192.0.2.21:2379 lease web\n }\n"));
	assert_int_equal(r.diags.n_errors, 0);
	assert_true(
		said(&r, CONF_WARNING, "compare beside nopreempt and a lease needs a heartbeat"));
	assert_int_equal(r.conf->instances->compare, 0);
	reading_end(&r);
}

static void tracked_rows_say_whether_they_are_compared(void **state)
{
	struct reading r;
	const struct vrrp_track_conf *t;

	(void)state;
	read_text(&r,
		  "vrrp_script chk {\n script /bin/true\n}\n" INSTANCE(
			  "A", "51",
			  " track_backend {\n web min 2 compare\n api nocompare weight 5\n db\n }\n"
			  " track_script {\n chk compare\n }\n"));
	assert_int_equal(r.diags.n_errors, 0);
	t = r.conf->instances->tracks;
	assert_int_equal(t->compare, 1);
	assert_int_equal(t->min, 2);
	assert_int_equal(t->next->compare, -1);
	assert_int_equal(t->next->weight, 5);
	assert_int_equal(t->next->next->compare, 0);
	assert_int_equal(t->next->next->next->compare, 1);
	assert_int_equal(r.conf->instances->compare, -1);
	reading_end(&r);
}

static void a_lease_has_one_name_and_some_addresses(void **state)
{
	struct reading r;
	const struct vrrp_lease_conf *lease;

	(void)state;
	read_text(&r,
		  INSTANCE("A", "51",
			   " witness {\n ping 192.0.2.254\n etcd http://192.0.2.7:2379 lease web "
			   "ttl 3\n"
			   " etcd http://[2001:db8::7]:2379 lease web\n tcp 192.0.2.8:80\n }\n"));
	assert_int_equal(r.diags.n_errors, 0);
	lease = r.conf->instances->lease;
	assert_string_equal(lease->name, "web");
	assert_int_equal(lease->ttl_s, 3);
	assert_int_equal(lease->n_endpoints, 2);
	assert_int_equal(addr_port(&lease->endpoints[1]), 2379);
	assert_int_equal(lease->endpoints[1].sa.sa_family, AF_INET6);
	assert_true(r.conf->instances->witnesses->next->tcp);
	assert_null(r.conf->instances->witnesses->next->next);
	reading_end(&r);
}

static void a_lease_that_cannot_be_is_refused(void **state)
{
	static const char *const rows[][2] = {
		{"etcd https://192.0.2.7:2379 lease web", "over http only"},
		{"etcd http://etcd.example:2379 lease web", "a witness is"},
		{"etcd http://192.0.2.7:2379 name web", "a witness is"},
		{"etcd http://192.0.2.7 lease web", "a witness is"},
		{"etcd http://192.0.2.7:1 lease a\n etcd http://192.0.2.7:1 lease b",
		 "has one lease"},
	};
	struct reading r;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), INSTANCE("A", "51", " witness {\n %s\n }\n"),
			 rows[i][0]);
		read_text(&r, text);
		assert_int_equal(r.diags.n_errors, 1);
		assert_true(said(&r, CONF_ERROR, rows[i][1]));
		reading_end(&r);
	}
	read_text(&r,
		  INSTANCE("A", "51",
			   " priority 255\n witness {\n etcd http://192.0.2.7:1 lease a\n }\n")
			  INSTANCE("B", "52", "") "vrrp_sync_group G {\n group {\n A\n B\n }\n}\n");
	assert_true(
		said(&r, CONF_ERROR, "A and B are in one sync group, but have not the same lease"));
	assert_true(said(&r, CONF_ERROR, "it cannot have a lease"));
	reading_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_read_with_their_ports),
		cmocka_unit_test(global_ones_are_the_default_and_not_mixed_with_own_ones),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(tracked_rows_say_whether_they_are_compared),
		cmocka_unit_test(a_lease_has_one_name_and_some_addresses),
		cmocka_unit_test(a_lease_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
