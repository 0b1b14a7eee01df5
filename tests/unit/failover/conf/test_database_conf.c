/*
 * failover/conf/hooks_conf.c: fence, promote and demote of an instance, and their times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/base/text.h"
#include "failover/conf/failover_conf.h"

struct reading {
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	struct failover_conf *conf;
};

/* An instance that has these lines too. */
static void read_lines(struct reading *r, const char *lines, const char *behind)
{
	static const char *const path = "k.conf";
	struct failover_conf_options options = {.config_id = "db1"};
	char buf[2048];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	text_fmt(&t,
		 "global_defs {\n script_user root\n enable_script_security\n}\n"
		 "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n nopreempt\n"
		 " virtual_ipaddress {\n 192.0.2.10\n }\n%s\n}\n%s",
		 lines, behind);
	conf_files_init(&r->files);
	conf_diags_init(&r->diags);
	arena_init(&r->arena, 0);
	conf_files_put(&r->files, path, slice_of(buf));
	r->conf = failover_conf_parse(&r->files, &path, 1, &r->arena, &r->diags, &options);
}

static void finish(struct reading *r)
{
	arena_fini(&r->arena);
	conf_diags_fini(&r->diags);
	conf_files_fini(&r->files);
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
	finish(&r);
}

static void a_hook_that_cannot_be_run_refuses_the_configuration(void **state)
{
	struct reading r;

	(void)state;
	read_lines(&r, "promote /nowhere/promote\n", "");
	assert_true(says(&r, CONF_ERROR, "'promote' cannot be left out"));
	finish(&r);
	read_lines(&r, "demote /bin/true\ndemote /bin/false\n", "");
	assert_true(says(&r, CONF_ERROR, "'demote' is there already"));
	finish(&r);
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
	finish(&r);
}

static void preemption_beside_promote_is_noted(void **state)
{
	struct reading r;

	(void)state;
	read_lines(&r, "promote /bin/true\npreempt\n", "");
	assert_int_equal(r.diags.n_errors, 0);
	assert_true(says(&r, CONF_NOTE, "without 'nopreempt'"));
	finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hooks_have_words_users_and_times),
		cmocka_unit_test(a_hook_that_cannot_be_run_refuses_the_configuration),
		cmocka_unit_test(in_a_group_they_are_refused_by_name),
		cmocka_unit_test(preemption_beside_promote_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
