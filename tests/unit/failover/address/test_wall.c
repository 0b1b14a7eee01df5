/*
 * failover/address/wall.c with wall_message.c and undo.c on a real kernel, in a network namespace
 * of the test's own; read back with nft. Skipped where namespaces are not allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "failover/address/undo.h"
#include "failover/address/wall.h"

static bool may_unshare;
static char listing[65536];

struct story {
	struct shared_page *page;
	struct wall wall;
	struct vip_conf four, six, other;
	struct vrrp_instance_conf first, second;
	struct failover_conf conf;
};

static void set_address(struct vip_conf *v, const char *text)
{
	*v = (struct vip_conf){.preferred_lft_s = -1};
	assert_true(addr_parse_ip(&v->address, slice_of(text), 0));
}

static int setup(void **state)
{
	static struct story s;

	s = (struct story){.page = shared_page_new()};
	s.wall.page = s.page;
	set_address(&s.four, "192.0.2.10");
	set_address(&s.six, "2001:db8::10");
	set_address(&s.other, "192.0.2.20");
	s.first = (struct vrrp_instance_conf){.name = "VI_1",
					      .next = &s.second,
					      .priority = 100,
					      .vips = &s.four,
					      .excluded = &s.six};
	s.second = (struct vrrp_instance_conf){
		.name = "VI_2", .priority = 100, .accept = true, .vips = &s.other};
	s.conf = (struct failover_conf){.instances = &s.first, .wall_priority = -1};
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct story *s = *state;

	wall_raze(&s->wall);
	munmap(s->page, sizeof(*s->page));
	return 0;
}

/* What nft says, with single spaces. */
static const char *list(const char *what)
{
	char command[128];
	size_t n = 0;
	FILE *f;
	int c;

	snprintf(command, sizeof(command), "nft list %s 2>/dev/null", what);
	f = popen(command, "r");
	assert_non_null(f);
	while ((c = getc(f)) != EOF && n < sizeof(listing) - 1) {
		if (c == '\t' || c == '\n')
			c = ' ';
		if (c != ' ' || n == 0 || listing[n - 1] != ' ')
			listing[n++] = (char)c;
	}
	listing[n] = '\0';
	pclose(f);
	return listing;
}

static void has(const char *text)
{
	if (!strstr(listing, text))
		fail_msg("no \"%s\" in: %s", text, listing);
}

static int notes(const struct story *s)
{
	int n = 0;

	for (int i = 0; i < SHARED_UNDO_MAX; i++)
		n += s->page->undo[i].len != 0;
	return n;
}

#define STORY(s)                  \
	struct story *s = *state; \
	if (!may_unshare)         \
	skip()

static void closed_addresses_are_dropped_but_never_discovery(void **state)
{
	STORY(s);
	assert_int_equal(wall_set(&s->wall, &s->conf), 0);
	list("table inet relais");
	has("type filter hook input priority filter - 1; policy accept;");
	has("type filter hook output priority filter - 1; policy accept;");
	has("set closed4 { type ipv4_addr elements = { 192.0.2.10 } }");
	has("set closed6 { type ipv6_addr elements = { 2001:db8::10 } }");
	has("ip daddr @closed4 counter packets 0 bytes 0 drop");
	has("ip6 daddr @closed6 counter packets 0 bytes 0 drop");
	has("ip saddr @closed4 counter packets 0 bytes 0 drop");
	has("ip6 saddr @closed6 counter packets 0 bytes 0 drop");
	has("chain in { type filter hook input priority filter - 1; policy accept; icmpv6 type "
	    "133-137 counter packets 0 bytes 0 accept ip daddr");
	has("icmpv6 type 133-137 counter packets 0 bytes 0 accept ip saddr");
	has("oifname @vmacs icmpv6 type nd-router-solicit counter packets 0 bytes 0 drop");
	assert_null(strstr(listing, "192.0.2.20"));
	assert_int_equal(notes(s), 1);
	wall_raze(&s->wall);
	assert_string_equal(list("ruleset"), "");
	assert_int_equal(notes(s), 0);
}

static void where_all_accept_there_is_no_table(void **state)
{
	STORY(s);
	s->first.priority = 255;
	assert_int_equal(wall_set(&s->wall, &s->conf), 0);
	assert_string_equal(list("ruleset"), "");
	assert_int_equal(notes(s), 0);
}

static void a_reload_replaces_it_at_once(void **state)
{
	STORY(s);
	assert_int_equal(wall_set(&s->wall, &s->conf), 0);
	s->second.accept = false;
	s->first.excluded = NULL;
	assert_int_equal(wall_set(&s->wall, &s->conf), 0);
	list("table inet relais");
	has("elements = { 192.0.2.10, 192.0.2.20 }");
	assert_null(strstr(listing, "2001:db8::10"));
	assert_int_equal(notes(s), 1);
	s->conf.wall_table = "of_mine";
	assert_int_equal(wall_set(&s->wall, &s->conf), 0);
	assert_string_equal(list("tables"), "table inet of_mine ");
	s->first.accept = s->second.accept = true;
	assert_int_equal(wall_set(&s->wall, &s->conf), 0);
	assert_string_equal(list("ruleset"), "");
}

static void tables_of_others_are_left_alone(void **state)
{
	STORY(s);
	assert_int_equal(system("nft add table inet theirs"), 0);
	wall_set(&s->wall, &s->conf);
	wall_raze(&s->wall);
	assert_string_equal(list("tables"), "table inet theirs ");
	assert_int_equal(system("nft delete table inet theirs"), 0);
}

static void a_killed_process_is_cleared_up_behind(void **state)
{
	STORY(s);
	assert_int_equal(wall_set(&s->wall, &s->conf), 0);
	s->wall = (struct wall){.page = s->page}; /* as if killed */
	assert_int_equal(undo_sweep(s->page, NULL, NULL), 1);
	assert_string_equal(list("ruleset"), "");
	assert_int_equal(undo_sweep(s->page, NULL, NULL), 0);
}

static void a_successor_takes_it_over(void **state)
{
	STORY(s);
	assert_int_equal(wall_set(&s->wall, &s->conf), 0);
	s->wall = (struct wall){.page = s->page};
	assert_int_equal(wall_set(&s->wall, &s->conf), 0);
	assert_int_equal(notes(s), 1);
	assert_true(wall_claims_slot(&s->wall, s->wall.slot));
	list("table inet relais");
	has("elements = { 192.0.2.10 }");
}

static void five_hundred_addresses(void **state)
{
	static struct vip_conf many[500];

	STORY(s);
	for (int i = 0; i < 500; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), i % 2 ? "10.9.%d.%d" : "2001:db8::%d:%d", i / 250,
			 i % 250);
		set_address(&many[i], ip);
		many[i].next = i < 499 ? &many[i + 1] : NULL;
	}
	s->first.vips = many;
	s->second.accept = false;
	s->second.vips = &many[250]; /* named twice */
	assert_int_equal(wall_set(&s->wall, &s->conf), 0);
	list("table inet relais");
	has("10.9.0.1,");
	has("10.9.1.249 ");
	has("2001:db8::1:248");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(closed_addresses_are_dropped_but_never_discovery),
		TEST(where_all_accept_there_is_no_table),
		TEST(a_reload_replaces_it_at_once),
		TEST(tables_of_others_are_left_alone),
		TEST(a_killed_process_is_cleared_up_behind),
		TEST(a_successor_takes_it_over),
		TEST(five_hundred_addresses),
	};

	may_unshare = unshare(CLONE_NEWNET) == 0 && system("nft list tables") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
