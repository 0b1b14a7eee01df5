/*
 * failover/conf/signing_conf.c: auth_type HMAC and auth_hmac, keys and their files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failover/conf/failover_conf.h"

#define HEX  "hex:000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
#define TEXT "0123456789abcdef0123456789abcdef"

struct reading {
	struct conf_files files;
	struct arena arena;
	struct conf_diags diags;
	const struct failover_conf *conf;
	char dir[32], path[64];
};

static void begin(struct reading *r)
{
	conf_files_init(&r->files);
	arena_init(&r->arena, 0);
	conf_diags_init(&r->diags);
	strcpy(r->dir, "/tmp/relais-keys-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->path, sizeof(r->path), "%s/keys", r->dir);
}

static void put_keys(struct reading *r, const char *text, mode_t mode)
{
	FILE *f = fopen(r->path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	fclose(f);
	assert_int_equal(chmod(r->path, mode), 0);
}

/* rest stands in an instance; @ in it is the key file's path. */
static const struct vrrp_instance_conf *read_rest(struct reading *r, const char *rest)
{
	static const char *const paths[] = {"test.conf"};
	char text[2048];
	const char *at = strchr(rest, '@');

	snprintf(text, sizeof(text),
		 "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n advert_int 2\n"
		 " virtual_ipaddress { 192.0.2.1 }\n%.*s%s%s\n}\n",
		 at ? (int)(at - rest) : (int)strlen(rest), rest, at ? r->path : "",
		 at ? at + 1 : "");
	conf_files_put(&r->files, paths[0], slice_of(text));
	r->conf = failover_conf_parse(&r->files, paths, 1, &r->arena, &r->diags, NULL);
	return r->conf->instances;
}

static bool says(const struct reading *r, enum conf_severity severity, const char *part)
{
	for (const struct conf_diag *d = r->diags.first; d; d = d->next)
		if (d->severity == severity && strstr(d->text, part))
			return true;
	return false;
}

static void finish(struct reading *r)
{
	unlink(r->path);
	rmdir(r->dir);
	conf_diags_fini(&r->diags);
	conf_files_fini(&r->files);
	arena_fini(&r->arena);
}

static void keys_of_a_file(void **state)
{
	const struct vrrp_instance_conf *i;
	struct reading r;

	(void)state;
	begin(&r);
	put_keys(&r, "# old and new\n1 " HEX "\r\n\n 9\t" TEXT "\n", 0600);
	i = read_rest(&r, " authentication {\n auth_type HMAC\n key-file @\n }");
	assert_int_equal(r.diags.n_errors, 0);
	assert_false(says(&r, CONF_WARNING, "read by others"));
	assert_non_null(i->signing);
	assert_int_equal(i->auth, VRRP_AUTH_NONE);
	assert_int_equal(i->signing->keys->id, 1);
	assert_int_equal(i->signing->keys->len, 32);
	assert_int_equal(i->signing->keys->bytes[31], 31);
	assert_int_equal(i->signing->keys->next->id, 9);
	assert_memory_equal(i->signing->keys->next->bytes, TEXT, 32);
	assert_ptr_equal(i->signing->active, i->signing->keys);
	assert_int_equal(i->signing->window_us, 6000000); /* three intervals */
	assert_false(i->signing->allow_old || i->signing->send_old);
	finish(&r);
}

static void a_file_that_others_can_read_is_said(void **state)
{
	struct reading r;

	(void)state;
	begin(&r);
	put_keys(&r, HEX "\n", 0640);
	assert_int_equal(read_rest(&r, " authentication {\n auth_type HMAC\n key_file @\n }")
				 ->signing->active->id,
			 1);
	assert_int_equal(r.diags.n_errors, 0);
	assert_true(says(&r, CONF_WARNING, "read by others"));
	finish(&r);
}

static void the_words_of_keepalived(void **state)
{
	const struct vrrp_instance_conf *i;
	struct reading r;

	(void)state;
	begin(&r);
	put_keys(&r, HEX, 0600);
	i = read_rest(&r, " auth_hmac {\n key 1 file:@\n key 2 " TEXT "\n active_key 2\n"
			  " anti_replay time\n time_window 20\n mode permissive\n }");
	assert_int_equal(r.diags.n_errors, 0);
	assert_int_equal(i->signing->active->id, 2);
	assert_int_equal(i->signing->keys->bytes[1], 1);
	assert_int_equal(i->signing->window_us, 20000000);
	assert_true(i->signing->allow_old);
	assert_true(says(&r, CONF_NOTE, "unsigned adverts are taken"));
	finish(&r);
	begin(&r);
	i = read_rest(&r, " auth_hmac {\n key 1 " TEXT "\n time_window 9\n anti_replay monotonic\n"
			  " mode enforce\n }");
	assert_int_equal(r.diags.n_errors, 0);
	assert_int_equal(i->signing->window_us, 0);
	assert_false(i->signing->allow_old);
	finish(&r);
}

static void a_password_beside_it_is_for_old_peers(void **state)
{
	const struct vrrp_instance_conf *i;
	struct reading r;

	(void)state;
	begin(&r);
	i = read_rest(&r, " authentication {\n auth_type HMAC\n key 3 " TEXT "\n auth_pass s3cret\n"
			  " allow-old\n send-old\n }");
	assert_int_equal(r.diags.n_errors, 0);
	assert_int_equal(i->auth, VRRP_AUTH_PASS);
	assert_true(i->signing->allow_old && i->signing->send_old);
	finish(&r);
	begin(&r);
	i = read_rest(&r, " auth_hmac { key 1 " TEXT "\n }\n strict_mode\n version 3\n");
	assert_int_equal(r.diags.n_errors, 0);
	assert_non_null(i->signing);
	assert_int_equal(i->version, 3);
	finish(&r);
	begin(&r);
	i = read_rest(
		&r, " authentication {\n auth_type AH\n auth_pass x\n }\n auth_hmac {\n key 1 " TEXT
		    "\n }");
	assert_int_equal(i->auth, VRRP_AUTH_NONE);
	assert_true(says(&r, CONF_WARNING, "no auth_type AH"));
	finish(&r);
}

static void without_a_good_key_nothing_starts(void **state)
{
	static const struct {
		const char *rest, *error;
	} rows[] = {
		{" authentication {\n auth_type HMAC\n }", "no key"},
		{" authentication {\n auth_type HMAC\n auth_pass x\n }", "no key"},
		{" auth_hmac {\n key 1 short\n }", "32 to 64 bytes"},
		{" auth_hmac {\n key 1 hex:0011\n }", "32 to 64 bytes"},
		{" auth_hmac {\n key 1 " HEX "zz\n }", "pairs of hexadecimal"},
		{" auth_hmac {\n key 1 " HEX "0\n }", "pairs of hexadecimal"},
		{" auth_hmac {\n key 1 " TEXT TEXT "0\n }", "32 to 64 bytes"},
		{" auth_hmac {\n key 0 " TEXT "\n }", "from 1 to 255"},
		{" auth_hmac {\n key 256 " TEXT "\n }", "from 1 to 255"},
		{" auth_hmac {\n key\n }", "no key"},
		{" auth_hmac {\n key 1 " TEXT "\n key 1 " TEXT "\n }", "already"},
		{" auth_hmac {\n key 1 " TEXT "\n active_key 2\n }", "no key 2"},
		{" auth_hmac {\n key 1 file:/nonexistent/x\n }", "/nonexistent/x"},
		{" authentication {\n auth_type HMAC\n key-file /nonexistent/x\n }",
		 "No such file"},
		{" authentication {\n auth_type PASS\n auth_pass x\n key 1 " TEXT "\n }",
		 "without 'auth_type HMAC'"},
	};
	struct reading r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&r);
		read_rest(&r, rows[i].rest);
		if (!says(&r, CONF_ERROR, rows[i].error))
			fail_msg("%s: no error '%s'", rows[i].rest, rows[i].error);
		for (const struct conf_diag *d = r.diags.first; d; d = d->next)
			assert_null(strstr(d->text, "0123456789"));
		finish(&r);
	}
}

/* The failover process reads a reload from what the master read. */
static void a_sealed_set_has_the_keys(void **state)
{
	static const char *const paths[] = {"test.conf"};
	const struct vrrp_instance_conf *i;
	struct conf_files sealed;
	struct conf_diags diags;
	struct reading r;
	int fd;

	(void)state;
	begin(&r);
	put_keys(&r, HEX "\n", 0644);
	read_rest(&r, " auth_hmac {\n key-file @\n }");
	fd = conf_files_save(&r.files);
	assert_true(fd >= 0);
	unlink(r.path);
	conf_files_init(&sealed);
	assert_int_equal(conf_files_load(&sealed, fd), 0);
	close(fd);
	conf_diags_init(&diags);
	i = failover_conf_parse(&sealed, paths, 1, &r.arena, &diags, NULL)->instances;
	assert_int_equal(diags.n_errors, 0);
	assert_int_equal(i->signing->active->bytes[5], 5);
	conf_diags_fini(&diags);
	conf_files_fini(&sealed);
	finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_a_file),
		cmocka_unit_test(a_file_that_others_can_read_is_said),
		cmocka_unit_test(the_words_of_keepalived),
		cmocka_unit_test(a_password_beside_it_is_for_old_peers),
		cmocka_unit_test(without_a_good_key_nothing_starts),
		cmocka_unit_test(a_sealed_set_has_the_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
