/*
 * failover/lint: what Keepalived accepts without a word and relais advises against, one file's
 * rules (lint.c, lint_addresses.c, lint_weights.c) and those of two nodes' files (lint_pair.c). The
 * machine is made up: eth0 and eth2 in 192.0.2.0/24, eth1 elsewhere. Each row has its twin without
 * the fault.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "failover/conf/failover_conf.h"
#include "failover/lint/lint.h"

struct node {
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	struct failover_conf *conf;
};

static struct lint_address addresses[4];
static const struct lint_host machine = {addresses, 4};

static void set_address(unsigned i, const char *interface, const char *text, unsigned len)
{
	addresses[i].interface = interface;
	addresses[i].prefix_len = len;
	assert_true(addr_parse_ip(&addresses[i].address, slice_of(text), 0));
}

static int make_machine(void **state)
{
	(void)state;
	set_address(0, "eth0", "192.0.2.1", 24);
	set_address(1, "eth2", "192.0.2.201", 24);
	set_address(2, "eth1", "203.0.113.1", 24);
	set_address(3, "eth0", "2001:db8::1", 64);
	return 0;
}

static void read_node(struct node *n, const char *path, const char *text)
{
	conf_files_init(&n->files);
	conf_diags_init(&n->diags);
	arena_init(&n->arena, 0);
	conf_files_put(&n->files, path, slice_of(text));
	n->conf = failover_conf_parse(&n->files, &path, 1, &n->arena, &n->diags, NULL);
	if (n->diags.n_errors)
		conf_diags_print(&n->diags, stdout, true);
	assert_int_equal(n->diags.n_errors, 0);
}

static void free_node(struct node *n)
{
	arena_fini(&n->arena);
	conf_diags_fini(&n->diags);
	conf_files_fini(&n->files);
}

static bool says(const struct conf_diags *d, const char *text)
{
	for (const struct conf_diag *g = d->first; g; g = g->next)
		if (strstr(g->text, text)) {
			assert_true(g->place.line > 0);
			return true;
		}
	return false;
}

#define SCRIPT                                                          \
	"global_defs { \n enable_script_security \n script_user root\n" \
	"}\nvrrp_script c {\n script /bin/true\n}\n"
#define INSTANCE(name, vrid, rest) \
	"vrrp_instance " name " {\n interface eth0\n virtual_router_id " vrid "\n" rest "\n}\n"
#define VIPS(list)    "virtual_ipaddress {\n" list "\n}\n"
#define TRACK(weight) "track_script {\n c weight " weight "\n}\n" VIPS("192.0.2.10/24")

struct row {
	const char *text, *fault; /* fault NULL: no advice at all */
};

static const struct row rows[] = {
	{INSTANCE("A", "51", VIPS("192.0.2.10/24")), NULL},
	{INSTANCE("A", "51", VIPS("192.0.2.10")), NULL},
	{INSTANCE("A", "51", VIPS("192.0.2.10/25")), "has /24 there"},
	{INSTANCE("A", "51", VIPS("198.51.100.10")), "in no network of eth0"},
	{INSTANCE("A", "51", VIPS("198.51.100.10/24")), NULL},
	{INSTANCE("A", "51", VIPS("192.0.2.10/24\n192.0.2.10/24")), "twice"},
	{INSTANCE("A", "51", VIPS("192.0.2.10/24")) INSTANCE("B", "52", VIPS("192.0.2.10/24")),
	 "is an address of A too"},
	{INSTANCE("A", "51", VIPS("fe80::10\n2001:db8::10/64")), NULL},
	{INSTANCE("A", "51", VIPS("2001:db8::10/64\nfe80::10")), "no link-local"},
	{INSTANCE("A", "51", "unicast_peer {\n192.0.2.2\n}\n" VIPS("192.0.2.10/24")), NULL},
	{INSTANCE("A", "51", "unicast_peer {\n192.0.2.1\n}\n" VIPS("192.0.2.10/24")),
	 "this node's own address"},
	{INSTANCE("A", "51", "unicast_peer {\n192.0.2.2\n192.0.2.2\n}\n" VIPS("192.0.2.10/24")),
	 "192.0.2.2 twice"},
	{INSTANCE("A", "51", "unicast_peer {\n192.0.2.10\n}\n" VIPS("192.0.2.10/24")),
	 "peers are nodes"},
	{INSTANCE("A", "51", VIPS("192.0.2.10/24"))
		 INSTANCE("B", "51", "interface eth2\n" VIPS("192.0.2.11/24")),
	 "in one network"},
	{INSTANCE("A", "51", VIPS("192.0.2.10/24"))
		 INSTANCE("B", "51", "interface eth1\n" VIPS("203.0.113.10/24")),
	 NULL},
	/* weights */
	{SCRIPT INSTANCE("A", "51", "priority 150\n" TRACK("-60")), NULL},
	{SCRIPT INSTANCE("A", "51", "priority 254\n" TRACK("2")), "can never cause a failover"},
	{SCRIPT INSTANCE("A", "51", "priority 254\n" TRACK("-2")), NULL},
	{SCRIPT INSTANCE("A", "51", "priority 1\n" TRACK("-2")), "can never cause a failover"},
	{SCRIPT INSTANCE("A", "51", "priority 250\n" TRACK("20")), "counts 4 only"},
	{SCRIPT INSTANCE("A", "51", "priority 10\n" TRACK("-20")), "counts 9 only"},
	{SCRIPT INSTANCE("A", "51", "nopreempt\n" TRACK("-20")), "nopreempt beside weights"},
	{SCRIPT INSTANCE("A", "51", "nopreempt\n" TRACK("0")), NULL},
	{SCRIPT INSTANCE("A", "51", VIPS("192.0.2.10/24")), "tracked by nobody"},
};

static void one_node(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct node n;
		unsigned before;

		read_node(&n, "ours.conf", rows[i].text);
		before = n.diags.n_advices;
		lint_run(&(struct lint){n.conf, &machine, &n.diags});
		print_message("row %zu: %s\n", i, rows[i].fault ? rows[i].fault : "nothing");
		if (!rows[i].fault && n.diags.n_advices != before)
			conf_diags_print(&n.diags, stdout, true);
		if (rows[i].fault)
			assert_true(says(&n.diags, rows[i].fault));
		assert_int_equal(n.diags.n_advices - before, rows[i].fault ? 1 : 0);
		free_node(&n);
	}
}

#define OURS(rest)    INSTANCE("A", "51", rest VIPS("192.0.2.10/24"))
#define PRIO(n)	      "priority " n "\n"
#define UNICAST(a, b) "unicast_src_ip " a "\nunicast_peer {\n" b "\n}\n"
#define PASS(p)	      "authentication {\nauth_type PASS\nauth_pass " p "\n}\n"
#define WEIGHT(w)     "track_script {\n c weight " w "\n}\n"

static const struct two {
	const char *ours, *theirs, *fault;
} twos[] = {
	{OURS(PRIO("150")), OURS(PRIO("100")), NULL},
	{OURS(PRIO("100")), OURS(PRIO("100")), "priority 100 on both"},
	{OURS(PRIO("150")), INSTANCE("A", "52", PRIO("100") VIPS("192.0.2.10/24")),
	 "nobody takes over"},
	{OURS(PRIO("150")), OURS(PRIO("100") "version 3\n"), "version 2 and 3"},
	{OURS(PRIO("150")), OURS(PRIO("100") "advert_int 2\n"), "advert_int 1 s and 2 s"},
	{OURS(PRIO("150") PASS("abc")), OURS(PRIO("100") PASS("abd")), "auth_pass differs"},
	{OURS(PRIO("150") PASS("12345678a")), OURS(PRIO("100") PASS("12345678b")), NULL},
	{OURS(PRIO("150") PASS("abc")), OURS(PRIO("100")), "auth_type differs"},
	{OURS(PRIO("150")), INSTANCE("A", "51", PRIO("100") VIPS("192.0.2.11/24")),
	 "the other node has no 192.0.2.10"},
	{OURS(PRIO("150") "state MASTER\n"), OURS(PRIO("100") "state MASTER\n"),
	 "'state MASTER' on both"},
	{OURS(PRIO("150") "nopreempt\n"), OURS(PRIO("100")), "nopreempt on one node only"},
	{OURS(PRIO("150") UNICAST("192.0.2.1", "192.0.2.2")),
	 OURS(PRIO("100") UNICAST("192.0.2.2", "192.0.2.1")), NULL},
	{OURS(PRIO("150") UNICAST("192.0.2.1", "192.0.2.2")),
	 OURS(PRIO("100") UNICAST("192.0.2.3", "192.0.2.1")), "is not in our unicast_peer"},
	{OURS(PRIO("150") UNICAST("192.0.2.1", "192.0.2.2")),
	 OURS(PRIO("100") UNICAST("192.0.2.2", "192.0.2.7")), "is not in its unicast_peer"},
	{OURS(PRIO("150") UNICAST("192.0.2.1", "192.0.2.2")), OURS(PRIO("100")),
	 "one is unicast, the other multicast"},
	{SCRIPT OURS(PRIO("150") WEIGHT("-20")), SCRIPT OURS(PRIO("100") WEIGHT("-20")),
	 "this node's priority is 130 to 150, the other's 80 to 100"},
	{SCRIPT OURS(PRIO("150") WEIGHT("-60")), SCRIPT OURS(PRIO("100") WEIGHT("-60")), NULL},
	{SCRIPT OURS(PRIO("101") WEIGHT("2")), SCRIPT OURS(PRIO("100") WEIGHT("2")), NULL},
	{"global_defs {\nrouter_id x\n}\n" OURS(PRIO("150")),
	 "global_defs {\nrouter_id x\n}\n" OURS(PRIO("100")), "router_id 'x'"},
};

static void two_nodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(twos) / sizeof(twos[0]); i++) {
		struct node ours, theirs;
		unsigned before;

		read_node(&ours, "ours.conf", twos[i].ours);
		read_node(&theirs, "theirs.conf", twos[i].theirs);
		before = ours.diags.n_advices;
		lint_pair(&(struct lint){ours.conf, &machine, &ours.diags}, theirs.conf,
			  "theirs.conf");
		print_message("pair %zu: %s\n", i, twos[i].fault ? twos[i].fault : "nothing");
		if (twos[i].fault)
			assert_true(says(&ours.diags, twos[i].fault));
		else
			assert_int_equal(ours.diags.n_advices, before);
		free_node(&ours);
		free_node(&theirs);
	}
}

/* What an owner's, a group member's and a file's trackers may come to. */
static void ranges(void **state)
{
	static const struct {
		const char *text;
		unsigned least, most;
	} all[] = {
		{SCRIPT OURS(PRIO("100") WEIGHT("-20")), 80, 100},
		{SCRIPT OURS(PRIO("100") WEIGHT("20")), 100, 120},
		{SCRIPT OURS(PRIO("250") WEIGHT("20")), 250, 254},
		{"track_file f {\n file /tmp/x\n}\n" OURS("track_file {\n f\n}\n"), 1, 254},
		{OURS(PRIO("255")), 255, 255},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct node n;
		unsigned least, most;

		read_node(&n, "ours.conf", all[i].text);
		lint_weight_range(n.conf->instances, &least, &most);
		assert_int_equal(least, all[i].least);
		assert_int_equal(most, all[i].most);
		lint_weight_notes(&(struct lint){n.conf, &machine, &n.diags});
		assert_int_equal(says(&n.diags, "--peer FILE"), least != most);
		free_node(&n);
	}
}

static void a_machine_has_lo(void **state)
{
	struct lint_host host;
	struct arena arena;
	bool found = false;

	(void)state;
	arena_init(&arena, 0);
	lint_host_read(&host, &arena);
	for (unsigned i = 0; i < host.n; i++)
		found |= strcmp(host.list[i].interface, "lo") == 0 && host.list[i].prefix_len == 8;
	assert_true(found || host.n == 0); /* a namespace whose lo is down has none */
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_node),
		cmocka_unit_test(two_nodes),
		cmocka_unit_test(ranges),
		cmocka_unit_test(a_machine_has_lo),
	};

	return cmocka_run_group_tests(tests, make_machine, NULL);
}
