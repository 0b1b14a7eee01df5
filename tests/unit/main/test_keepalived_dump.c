/*
 * main/keepalived_dump.c: the files that keepalived's signals write, as exporters read them.
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

#include "failover/model/house.h"
#include "failover/wire/packet.h"
#include "main/keepalived_dump.h"

static struct vip_conf vip = {.prefix_len = 24};
static struct vrrp_instance_conf two = {.name = "VI_2",
					.interface = "eth1",
					.vrid = 52,
					.priority = 100,
					.version = 3,
					.advert_us = 100000};
static struct vrrp_instance_conf one = {.next = &two,
					.name = "VI_1",
					.interface = "eth0",
					.vrid = 51,
					.priority = 150,
					.version = 2,
					.advert_us = 1000000,
					.accept = true,
					.vips = &vip};
static struct failover_conf conf = {.router_id = "r1", .instances = &one};
static char dir[32], text[16384];

static const char *dumped(const struct shared_page *page, enum keepalived_dump_kind kind,
			  const char *name)
{
	char path[64];
	struct stat st;
	size_t n;
	FILE *f;

	keepalived_dump(&conf, page, kind, dir);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	unlink(path);
	return text;
}

static int setup(void **state)
{
	struct shared_page *page = calloc(1, sizeof(*page));
	struct shared_vip *v = &page->vips[0];

	addr_parse_ip(&vip.address, SLICE("192.0.2.10"), 0);
	page->n_vips = 1;
	strcpy(v->name, "VI_1");
	strcpy(v->state, "MASTER");
	v->effective_priority = 150;
	v->since_wall_us = 1795346757485587;
	v->n_sent = 2;
	v->n_become_master = 1;
	v->dropped[VRRP_DROP_TTL] = 7;
	v->dropped[VRRP_DROP_LENGTH] = 2;
	v->dropped[VRRP_DROP_TRUNCATED] = 1;
	strcpy(dir, "/tmp/ka-dump-XXXXXX");
	assert_non_null(mkdtemp(dir));
	*state = page;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return rmdir(dir);
}

static void json_has_keepaliveds_fields(void **state)
{
	const char *t = dumped(*state, KEEPALIVED_DUMP_JSON, "keepalived.json");

	assert_ptr_equal(strstr(t, "[{\"data\":{\"iname\":\"VI_1\","), t);
	assert_non_null(strstr(t, "\"ifp_ifname\":\"eth0\",\"master_priority\":0,"
				  "\"last_transition\":1795346757.485587,"));
	assert_non_null(strstr(t, "\"vrid\":51,\"base_priority\":150,\"effective_priority\":150,"
				  "\"vipset\":true,"));
	assert_non_null(strstr(t, "\"adver_int\":1,\"master_adver_int\":1,\"accept\":1,"));
	assert_non_null(strstr(t, "\"state\":2,\"wantstate\":2,\"version\":2,"));
	assert_non_null(strstr(t, "\"vips\":[\"192.0.2.10\\/24 dev eth0 scope global set\"],"
				  "\"auth_type\":0},\"stats\":{\"advert_rcvd\":0,\"advert_sent\":2,"
				  "\"become_master\":1,"));
	assert_non_null(strstr(t, "\"packet_len_err\":3,\"ip_ttl_err\":7,\"invalid_type_rcvd\":0,"
				  "\"advert_interval_err\":0,\"addr_list_err\":0,"));
	/* one that has not started yet is there too */
	assert_non_null(strstr(t, "}},{\"data\":{\"iname\":\"VI_2\","));
	assert_non_null(strstr(t, "\"adver_int\":0.1,"));
	assert_string_equal(t + strlen(t) - 4, "}}]\n");
}

static void statistics_are_told_per_instance(void **state)
{
	const char *t = dumped(*state, KEEPALIVED_DUMP_STATS, "keepalived.stats");

	assert_ptr_equal(strstr(t, "VRRP Instance: VI_1\n  Advertisements:\n    Received: 0\n"), t);
	assert_non_null(strstr(t, "    Sent: 2\n  Became master: 1\n  Released master: 0\n"
				  "  Packet Errors:\n    Length: 3\n"));
	assert_non_null(strstr(t, "VRRP Instance: VI_2\n"));
}

static void data_says_who_holds_it_and_a_laid_link_is_not_followed(void **state)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/keepalived.data", dir);
	assert_int_equal(symlink("/nonexistent/elsewhere", path), 0);
	assert_non_null(
		strstr(dumped(*state, KEEPALIVED_DUMP_DATA, "keepalived.data"), "Router ID = r1"));
	assert_non_null(strstr(text, " VRRP Instance = VI_1\n   VRRP Version = 2\n"
				     "   State = MASTER\n"));
	assert_non_null(strstr(text, "VI_1 MASTER"));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void files_are_where_the_house_wants_them(void **state)
{
	char path[64];
	struct house_conf house = {.instance = "one", .data_use_instance = true, .json_dump = path};

	conf.house = &house;
	snprintf(path, sizeof(path), "%s/elsewhere", dir);
	assert_non_null(strstr(dumped(*state, KEEPALIVED_DUMP_DATA, "keepalived.one.data"), "r1"));
	assert_non_null(strstr(dumped(*state, KEEPALIVED_DUMP_STATS, "keepalived.stats"), "VI_1"));
	assert_non_null(strstr(dumped(*state, KEEPALIVED_DUMP_JSON, "elsewhere"), "VI_1"));
	conf.house = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(json_has_keepaliveds_fields),
		STORY(statistics_are_told_per_instance),
		STORY(data_says_who_holds_it_and_a_laid_link_is_not_followed),
		STORY(files_are_where_the_house_wants_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
