/*
 * failover/conf: fence, promote and demote of an instance and their times (hooks_conf.c), and
 * tracked databases (track_database_conf.c, whose words track_database.c reads for both grammars).
 */

#include "../reading.h"
#include "core/base/text.h"

/* An instance that has these lines too. */
static void read_lines(struct reading *r, const char *lines, const char *behind)
{
	char buf[2048];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	text_fmt(&t,
		 "global_defs {\n script_user root\n enable_script_security\n}\n"
		 "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n nopreempt\n"
		 " virtual_ipaddress {\n 192.0.2.10\n }\n%s\n}\n%s",
		 lines, behind);
	reading_start(r, buf);
}

static bool says(const struct reading *r, enum conf_severity severity, const char *text)
{
	for (const struct conf_diag *d = r->diags.first; d; d = d->next)
		if (d->severity == severity && strstr(d->text, text))
			return true;
	conf_diags_print(&r->diags, stdout, true);
	return false;
}

static void hooks_have_words_users_and_times(void **state)
{
	const struct vrrp_hooks_conf *h;
	struct reading r;

	(void)state;
	read_lines(&r,
		   "fence \"/bin/echo 'old one' off\"\npromote /bin/true nobody\n"
		   "demote /bin/false\npromote_timeout 2.5\n",
		   "");
	assert_int_equal(r.diags.n_errors, 0);
	assert_int_equal(r.diags.n_warnings, 0);
	h = &r.conf->instances->hooks;
	assert_string_equal(h->fence.argv[1], "old one");
	assert_string_equal(h->fence.argv[2], "off");
	assert_int_equal(h->fence.uid, 0);
	assert_int_not_equal(h->promote.uid, 0);
	assert_string_equal(h->demote.argv[0], "/bin/false");
	assert_int_equal(h->fence_timeout_us, 10000000);
	assert_int_equal(h->promote_timeout_us, 2500000);
	assert_int_equal(h->demote_timeout_us, 10000000);
	reading_end(&r);
}

static void a_hook_that_cannot_be_run_refuses_the_configuration(void **state)
{
	struct reading r;

	(void)state;
	read_lines(&r, "promote /nowhere/promote\n", "");
	assert_true(says(&r, CONF_ERROR, "'promote' cannot be left out"));
	reading_end(&r);
	read_lines(&r, "demote /bin/true\ndemote /bin/false\n", "");
	assert_true(says(&r, CONF_ERROR, "'demote' is there already"));
	reading_end(&r);
}

static void in_a_group_they_are_refused_by_name(void **state)
{
	struct reading r;

	(void)state;
	read_lines(&r, "promote /bin/true\n",
		   "vrrp_instance VI_2 {\n interface eth0\n virtual_router_id 52\n"
		   " virtual_ipaddress {\n 192.0.2.20\n }\n}\n"
		   "vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n}\n");
	assert_true(says(&r, CONF_ERROR, "not supported in a sync group"));
	reading_end(&r);
}

static void preemption_beside_promote_is_noted(void **state)
{
	struct reading r;

	(void)state;
	read_lines(&r, "promote /bin/true\npreempt\n", "");
	assert_int_equal(r.diags.n_errors, 0);
	assert_true(says(&r, CONF_NOTE, "without 'nopreempt'"));
	reading_end(&r);
}

static void a_database_s_words_may_stand_on_one_line_or_on_several(void **state)
{
	const struct vrrp_track_conf *t;
	const struct vrrp_database_conf *d;
	struct reading r;

	(void)state;
	read_lines(&r,
		   "track_pgsql {\n role primary\n host 192.0.2.41\n port 5433\n user relais\n"
		   " password-file /etc/relais/pg.pass\n dbname shop\n interval 0.25\n"
		   " timeout 750ms\n rise 2\n fall 3\n cold\n}\n"
		   "track_redis { role replica socket /run/redis.sock weight -20 reverse }\n"
		   "track_mysql { role primary galera }\n",
		   "");
	assert_int_equal(r.diags.n_errors, 0);
	t = r.conf->instances->tracks;
	d = t->database;
	assert_int_equal(t->kind, VRRP_TRACK_DATABASE);
	assert_string_equal(t->name, "pgsql primary 192.0.2.41:5433/shop");
	assert_int_equal(t->weight, 0);
	assert_int_equal(d->kind, VRRP_DATABASE_PGSQL);
	assert_false(d->replica);
	assert_true(d->cold);
	assert_string_equal(d->user, "relais");
	assert_string_equal(d->password_file, "/etc/relais/pg.pass");
	assert_int_equal(d->interval_us, 250000);
	assert_int_equal(d->timeout_us, 750000);
	assert_int_equal(d->rise, 2);
	assert_int_equal(d->fall, 3);
	t = t->next;
	assert_string_equal(t->name, "redis replica /run/redis.sock");
	assert_int_equal(t->weight, -20);
	assert_true(t->reverse);
	assert_int_equal(t->database->interval_us, 500000);
	t = t->next;
	assert_string_equal(t->name, "mysql primary");
	assert_true(t->database->galera);
	assert_null(t->next);
	reading_end(&r);
}

static void rows_that_ask_the_same_share_one_database(void **state)
{
	const struct vrrp_instance_conf *i;
	struct reading r;

	(void)state;
	read_lines(&r, "track_pgsql { role primary }\n",
		   "vrrp_instance VI_2 {\n interface eth0\n virtual_router_id 52\n"
		   " virtual_ipaddress {\n 192.0.2.20\n }\n track_pgsql { role primary }\n"
		   " track_pgsql { role primary timeout 3 }\n}\n");
	assert_int_equal(r.diags.n_errors, 0);
	i = r.conf->instances;
	assert_ptr_equal(i->tracks->database, i->next->tracks->database);
	assert_string_equal(i->next->tracks->next->name, "pgsql primary #2");
	assert_int_equal(i->next->tracks->next->database->timeout_us, 3000000);
	reading_end(&r);
}

static void what_is_wrong_with_a_database_is_said(void **state)
{
	static const struct {
		const char *lines, *says;
	} rows[] = {
		{"track_pgsql { host 192.0.2.41 }", "needs 'role primary'"},
		{"track_pgsql { role leader }", "leader"},
		{"track_pgsql { role primary galera }", "'galera' is not understood here"},
		{"track_redis { role primary interval 1ms }", "not a time from 20 ms"},
		{"track_redis { role primary password-file pass }", "no absolute path"},
		{"track_redis { role primary port 70000 }", "70000"},
		{"track_mysql { role primary rise }", "rise"},
		{"track_mysql { role primary passwd x }", "'passwd' is not understood"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reading r;

		read_lines(&r, rows[i].lines, "");
		assert_true(says(&r, CONF_ERROR, rows[i].says));
		reading_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hooks_have_words_users_and_times),
		cmocka_unit_test(a_hook_that_cannot_be_run_refuses_the_configuration),
		cmocka_unit_test(in_a_group_they_are_refused_by_name),
		cmocka_unit_test(preemption_beside_promote_is_noted),
		cmocka_unit_test(a_database_s_words_may_stand_on_one_line_or_on_several),
		cmocka_unit_test(rows_that_ask_the_same_share_one_database),
		cmocka_unit_test(what_is_wrong_with_a_database_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
