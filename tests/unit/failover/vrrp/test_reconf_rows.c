/*
 * failover/vrrp/reconf_rows.c: each change of a configuration is found by its word and asks for
 * what it must; what is the same asks for nothing. Configurations come from text, as an operator
 * would change it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "failover/conf/failover_conf.h"
#include "failover/vrrp/reconf_rows.h"

struct side {
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	const struct vrrp_instance_conf *inst;
};

static void read_side(struct side *s, const char *lines)
{
	static const char *const path = "k.conf";
	char text[1024];

	snprintf(text, sizeof(text),
		 "vrrp_instance A {\n virtual_router_id 51\n interface eth0\n priority 100\n"
		 " virtual_ipaddress { 192.0.2.10 }\n%s\n}\n",
		 lines);
	conf_files_init(&s->files);
	conf_diags_init(&s->diags);
	arena_init(&s->arena, 0);
	conf_files_put(&s->files, path, slice_of(text));
	s->inst = failover_conf_parse(&s->files, &path, 1, &s->arena, &s->diags, NULL)->instances;
	assert_non_null(s->inst);
}

static void free_side(struct side *s)
{
	arena_fini(&s->arena);
	conf_diags_fini(&s->diags);
	conf_files_fini(&s->files);
}

static const struct change {
	const char *from, *to;
	enum vrrp_reconf needs;
	const char *word; /* the only one listed */
	unsigned touches;
} changes[] = {
	{"", "", VRRP_KEPT, NULL, 0},
	{"", "# a comment", VRRP_KEPT, NULL, 0},
	{"", "interface eth1", VRRP_REBUILD, "interface", 0},
	{"", "virtual_router_id 52", VRRP_REBUILD, "virtual_router_id", 0},
	{"", "use_vmac", VRRP_REBUILD, "use_vmac", VRRP_TOUCHES_WIRE | VRRP_TOUCHES_ADDRESSES},
	{"use_vmac", "use_vmac vrrp.51 00:00:5e:00:01:99", VRRP_REBUILD, "use_vmac's MAC address",
	 0},
	{"", "version 3", VRRP_REBUILD, "version", 0},
	{"unicast_peer { 192.0.2.2 }", "unicast_peer { 192.0.2.3 }", VRRP_ADAPTED, "unicast_peer",
	 VRRP_TOUCHES_WIRE},
	{"", "unicast_peer { 192.0.2.2 }", VRRP_REBUILD, "unicast or multicast", VRRP_TOUCHES_WIRE},
	{"", "mcast_dst_ip 224.0.0.19", VRRP_REBUILD, "the multicast group", 0},
	{"", "priority 101", VRRP_ADAPTED, "priority", VRRP_TOUCHES_WIRE},
	{"", "advert_int 2", VRRP_ADAPTED, "advert_int", VRRP_TOUCHES_WIRE},
	{"", "virtual_ipaddress { 192.0.2.11 }", VRRP_ADAPTED, "virtual_ipaddress",
	 VRRP_TOUCHES_WIRE | VRRP_TOUCHES_ADDRESSES},
	{"", "virtual_ipaddress_excluded { 192.0.2.11 }", VRRP_ADAPTED,
	 "virtual_ipaddress_excluded", VRRP_TOUCHES_ADDRESSES},
	{"", "auth_hmac { key 1 0123456789abcdef0123456789abcdef\n }", VRRP_ADAPTED, "auth_hmac",
	 VRRP_TOUCHES_WIRE},
	{"auth_hmac { key 1 0123456789abcdef0123456789abcdeF\n }",
	 "auth_hmac { key 1 0123456789abcdef0123456789abcdef\n }", VRRP_ADAPTED, "auth_hmac",
	 VRRP_TOUCHES_WIRE},
	{"", "nopreempt", VRRP_ADAPTED, "nopreempt", 0},
	{"", "garp_master_delay 1", VRRP_ADAPTED, "garp_*", 0},
	{"", "track_interface { eth1 }", VRRP_ADAPTED, "what is tracked", 0},
	{"", "notify /bin/true", VRRP_ADAPTED, "notify*", 0},
	{"promote /bin/true", "promote /bin/true\n promote_timeout 3", VRRP_ADAPTED,
	 "fence, promote, demote", 0},
	{"", "virtual_routes { 192.0.2.128/25 dev eth0 }", VRRP_ADAPTED, "virtual_routes",
	 VRRP_TOUCHES_ROUTES},
};

static void every_change_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *c = &changes[i];
		const char *words[VRRP_RECONF_WORDS_MAX];
		struct side from, to;
		unsigned n = 0;

		read_side(&from, c->from);
		read_side(&to, c->to);
		print_message("'%s' -> '%s'\n", c->from, c->to);
		assert_int_equal(vrrp_reconf_kind(from.inst, to.inst), c->needs);
		assert_int_equal(vrrp_reconf_touches(from.inst, to.inst), c->touches);
		if (c->word) {
			n = vrrp_reconf_list(from.inst, to.inst, c->needs, words,
					     VRRP_RECONF_WORDS_MAX);
			assert_int_equal(n, 1);
			assert_string_equal(words[0], c->word);
		}
		free_side(&from);
		free_side(&to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_change_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
