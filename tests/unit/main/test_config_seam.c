/*
 * main/config_seam.c: what the failover half tracks must be in the balancer half; and the rows
 * track_backend, track_frontend, track_server (failover/conf/track/track_service_conf.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "main/config.h"

static const char haproxy[] = "defaults\n mode http\n timeout connect 1s\n timeout client 1s\n"
			      " timeout server 1s\n"
			      "frontend www\n bind 127.0.0.1:8001\n default_backend web\n"
			      "backend web\n server one 127.0.0.1:1\n server two 127.0.0.1:2\n"
			      "listen both\n bind 127.0.0.1:8002\n server x 127.0.0.1:3\n";

static void write_file(char *path, const char *text)
{
	int fd;

	strcpy(path, "/tmp/seam-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* tracks: what stands in the instance, from line 2 on. */
static struct config *load(const char *native, const char *tracks)
{
	static struct args args;
	char text[2048], k[32], h[32];
	struct config *c;

	snprintf(text, sizeof(text),
		 "vrrp_instance VI_1 {\n%s\n interface eth0\n virtual_router_id 51\n"
		 " virtual_ipaddress {\n 192.0.2.10\n }\n}\n",
		 tracks);
	write_file(k, text);
	args = (struct args){.up_fd = -1};
	args.keepalived_files[args.n_keepalived_files++] = k;
	if (native) {
		write_file(h, native);
		args.files[args.n_files++] = h;
	}
	c = config_load(&args);
	unlink(k);
	if (native)
		unlink(h);
	return c;
}

static const char *error_at(const struct config *c, unsigned line)
{
	for (const struct conf_diag *d = c->diags.first; d; d = d->next)
		if (d->severity == CONF_ERROR && d->place.line == line)
			return d->text;
	conf_diags_print(&c->diags, stdout, true);
	return "";
}

static void what_is_tracked_becomes_the_list_of_facts(void **state)
{
	struct config *c = load(haproxy, "track_backend {\n web min 2 weight -60\n both\n}\n"
					 "track_frontend {\n www weight 5 reverse\n}\n"
					 "track_server {\n web/one\n}\n");
	const struct vrrp_track_conf *t;

	(void)state;
	assert_int_equal(c->diags.n_errors, 0);
	assert_int_equal(c->n_wants, 4);
	assert_int_equal(c->wants[0].kind, SHARED_FACT_BACKEND);
	assert_string_equal(c->wants[0].name, "web");
	assert_int_equal(c->wants[3].kind, SHARED_FACT_SERVER);
	assert_string_equal(c->wants[3].name, "web/one");
	t = c->failover->instances->tracks;
	assert_int_equal(t->kind, VRRP_TRACK_BACKEND);
	assert_int_equal(t->min, 2);
	assert_int_equal(t->weight, -60);
	assert_int_equal(t->next->weight, 0);
	assert_int_equal(t->next->min, 1);
	assert_true(t->next->next->reverse);
	config_free(&c);
}

static void a_name_that_is_not_there_is_an_error_with_the_nearest(void **state)
{
	struct config *c = load(haproxy, "track_backend {\n wbe\n www\n}\n"
					 "track_frontend {\n web\n}\n"
					 "track_server {\n web/tow\n nowhere/one\n web\n}\n");

	(void)state;
	assert_string_equal(error_at(c, 3),
			    "the balancer half has no backend 'wbe', did you mean 'web'?");
	assert_non_null(strstr(error_at(c, 4), "no backend 'www'"));
	assert_non_null(strstr(error_at(c, 7), "no frontend 'web'"));
	assert_string_equal(error_at(c, 10),
			    "the balancer half has no server 'tow', did you mean 'two'?");
	assert_non_null(strstr(error_at(c, 11), "no backend 'nowhere'"));
	assert_non_null(strstr(error_at(c, 12), "names no server"));
	assert_int_equal(c->diags.n_errors, 6);
	config_free(&c);
}

static void without_a_balancer_half_nothing_of_it_can_be_tracked(void **state)
{
	struct config *c = load(NULL, "track_backend {\n web\n}\n");

	(void)state;
	assert_non_null(strstr(error_at(c, 3), "no balancer half"));
	config_free(&c);
}

static void words_behind_the_name_are_checked(void **state)
{
	struct config *c = load(haproxy, "track_backend {\n web mni 2\n}\n"
					 "track_server {\n web/one min 2\n}\n"
					 "track_backend {\n both min 7\n}\n");
	bool warned = false;

	(void)state;
	assert_non_null(strstr(error_at(c, 3), "'mni' is not understood"));
	assert_non_null(strstr(error_at(c, 6), "'min' is not understood"));
	for (const struct conf_diag *d = c->diags.first; d; d = d->next)
		warned |= d->place.line == 9 && strstr(d->text, "has 1 servers, never the 7");
	assert_true(warned);
	config_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_tracked_becomes_the_list_of_facts),
		cmocka_unit_test(a_name_that_is_not_there_is_an_error_with_the_nearest),
		cmocka_unit_test(without_a_balancer_half_nothing_of_it_can_be_tracked),
		cmocka_unit_test(words_behind_the_name_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
