/*
 * What a VIP tracks of the service, on a simulated clock: a shared page with made-up facts, and a
 * real instance that is asked to follow them (failover/service_facts.h, vrrp/condition.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop/loop_sim.h"
#include "failover/service_facts.h"
#include "failover/vrrp/instance.h"

enum { MS = 1000 };

struct story {
	struct service_facts facts; /* first: on_change finds the story by it */
	struct shared_page *page;
	struct vrrp_instance *inst;
	struct vrrp_instance_conf conf;
	struct vrrp_track_conf tracks[4];
	struct vip_conf vip;
	int n_asked;
};

static struct story story;

static void follow(struct service_facts *s)
{
	story.n_asked++;
	vrrp_instance_track_ask(story.inst, service_facts_ask, s);
}

static void set_fact(unsigned slot, unsigned at, enum shared_fact_kind kind, const char *name,
		     uint32_t value)
{
	story.page->slots[slot].facts[at].key = shared_fact_key(kind, name);
	story.page->slots[slot].facts[at].value = value;
	if (story.page->slots[slot].n_facts <= at)
		story.page->slots[slot].n_facts = at + 1;
}

static void serve(unsigned slot)
{
	story.page->slots[slot].state = SHARED_BALANCER_READY;
	story.page->active = slot;
}

static void tell(void) /* as the eventfd does */
{
	follow(&story.facts);
}

static void run_ms(int64_t ms)
{
	loop_sim_advance(story.facts.loop, ms * MS);
}

static struct vrrp_track_conf *track(unsigned at, enum vrrp_track_kind kind, const char *name)
{
	struct vrrp_track_conf *t = &story.tracks[at];

	*t = (struct vrrp_track_conf){.kind = kind, .name = name, .min = 1};
	if (at > 0)
		story.tracks[at - 1].next = t;
	story.conf.tracks = story.tracks;
	return t;
}

static void begin(void)
{
	struct vrrp_instance_params params = {
		.loop = story.facts.loop, .conf = &story.conf, .page = &story.page->vips[0]};
	static const struct vrrp_instance_ops no_ops;
	struct vrrp_link link = {.name = "eth0", .ifindex = 2, .up = true};

	assert_true(addr_parse_ip(&link.ipv4, SLICE("192.0.2.1"), 0));
	params.ops = &no_ops;
	story.inst = vrrp_instance_new(&params);
	vrrp_instance_link_changed(story.inst, &link);
	assert_int_equal(service_facts_start(&story.facts), 0);
	follow(&story.facts);
	vrrp_instance_start(story.inst, 0);
}

static int setup(void **state)
{
	(void)state;
	memset(&story, 0, sizeof(story));
	story.page = calloc(1, sizeof(*story.page));
	story.facts = (struct service_facts){.loop = loop_new(&loop_sim_ops),
					     .page = story.page,
					     .wake.fd = -1,
					     .on_change = follow};
	story.conf = (struct vrrp_instance_conf){.name = "VI_1",
						 .interface = "eth0",
						 .vrid = 51,
						 .family = AF_INET,
						 .version = 3,
						 .priority = 150,
						 .advert_us = 100 * MS,
						 .down_adverts = 3,
						 .vips = &story.vip};
	addr_parse_ip(&story.vip.address, SLICE("192.0.2.10"), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_facts_stop(&story.facts);
	vrrp_instance_free(&story.inst);
	loop_free(&story.facts.loop);
	free(story.page);
	return 0;
}

static enum vrrp_state now_is(void)
{
	return vrrp_instance_state(story.inst);
}

static void a_backend_without_servers_is_a_fault(void **state)
{
	(void)state;
	track(0, VRRP_TRACK_BACKEND, "web");
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", 3);
	serve(0);
	begin();
	run_ms(1000);
	assert_int_equal(now_is(), VRRP_MASTER);
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", 1);
	tell();
	assert_int_equal(now_is(), VRRP_MASTER);
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", 0);
	tell();
	assert_int_equal(now_is(), VRRP_FAULT);
	assert_string_equal(vrrp_instance_reason(story.inst), "backend web is down");
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", 2);
	tell();
	run_ms(1000);
	assert_int_equal(now_is(), VRRP_MASTER);
}

static void servers_in_doubt_are_up_but_may_not_stay_so(void **state)
{
	struct vrrp_track_conf *row = track(0, VRRP_TRACK_BACKEND, "web");

	(void)state;
	row->min = 2;
	serve(0);
	begin();
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", shared_fact_value(3, 0));
	assert_int_equal(service_facts_ask(&story.facts, row), 1);
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", shared_fact_value(3, 1));
	assert_int_equal(service_facts_ask(&story.facts, row), 1); /* two are sure */
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", shared_fact_value(3, 2));
	assert_int_equal(service_facts_ask(&story.facts, row), 2);
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", shared_fact_value(1, 1));
	assert_int_equal(service_facts_ask(&story.facts, row), 0);
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", shared_fact_value(100000, 90000));
	assert_int_equal(service_facts_ask(&story.facts, row), 1); /* not 0 modulo anything */
	run_ms(4000);
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", shared_fact_value(3, 3) | SHARED_FACT_UNPROVEN);
	assert_int_equal(service_facts_ask(&story.facts, row), 2);
}

static void min_and_weight_count_row_by_row(void **state)
{
	(void)state;
	track(0, VRRP_TRACK_BACKEND, "web");
	track(1, VRRP_TRACK_BACKEND, "web")->min = 3;
	story.tracks[1].weight = -60;
	track(2, VRRP_TRACK_SERVER, "db/one")->weight = 7;
	track(3, VRRP_TRACK_FRONTEND, "www");
	story.tracks[3].reverse = true;
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", 3);
	set_fact(0, 1, SHARED_FACT_SERVER, "db/one", 1);
	set_fact(0, 2, SHARED_FACT_FRONTEND, "www", 0);
	serve(0);
	begin();
	run_ms(1000);
	assert_int_equal(now_is(), VRRP_MASTER);
	assert_int_equal(vrrp_instance_priority(story.inst), 157);
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", 2);
	set_fact(0, 1, SHARED_FACT_SERVER, "db/one", 0);
	tell();
	assert_int_equal(vrrp_instance_priority(story.inst), 90);
	assert_int_equal(now_is(), VRRP_MASTER);
	set_fact(0, 2, SHARED_FACT_FRONTEND, "www", 1);
	tell();
	assert_int_equal(now_is(), VRRP_FAULT);
	assert_string_equal(vrrp_instance_reason(story.inst), "frontend www is up (reverse)");
}

static void a_start_waits_for_the_first_check_but_not_for_ever(void **state)
{
	(void)state;
	track(0, VRRP_TRACK_BACKEND, "web");
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", 3 | SHARED_FACT_UNPROVEN);
	serve(0);
	begin();
	run_ms(2900);
	assert_int_equal(now_is(), VRRP_INIT);
	assert_string_equal(vrrp_instance_reason(story.inst),
			    "waiting for the first result of backend web");
	run_ms(200);
	assert_int_equal(now_is(), VRRP_BACKUP);
	run_ms(1000);
	assert_int_equal(now_is(), VRRP_MASTER);
}

static void a_reload_keeps_what_is_known_until_the_new_one_has_checked(void **state)
{
	(void)state;
	track(0, VRRP_TRACK_BACKEND, "web")->weight = -60;
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", 0);
	serve(0);
	begin();
	run_ms(10000);
	assert_int_equal(vrrp_instance_priority(story.inst), 90);
	/* the new balancer takes every server for up until its first check */
	set_fact(1, 0, SHARED_FACT_BACKEND, "web", 3 | SHARED_FACT_UNPROVEN);
	serve(1);
	service_facts_renew(&story.facts);
	assert_int_equal(vrrp_instance_priority(story.inst), 90);
	run_ms(500);
	set_fact(1, 0, SHARED_FACT_BACKEND, "web", 0);
	tell();
	run_ms(5000);
	assert_int_equal(vrrp_instance_priority(story.inst), 90);
	set_fact(1, 0, SHARED_FACT_BACKEND, "web", 1);
	tell();
	assert_int_equal(vrrp_instance_priority(story.inst), 150);
}

static void a_balancer_that_ends_has_no_say(void **state)
{
	(void)state;
	track(0, VRRP_TRACK_BACKEND, "web");
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", 2);
	serve(0);
	begin();
	run_ms(1000);
	story.page->slots[0].state = SHARED_BALANCER_GONE;
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", 0);
	tell();
	assert_int_equal(now_is(), VRRP_MASTER);
	serve(2); /* one that does not know the name: its configuration is older */
	service_facts_renew(&story.facts);
	run_ms(10000);
	assert_int_equal(now_is(), VRRP_MASTER);
}

static void hear(unsigned last_byte, unsigned priority)
{
	struct vrrp_path path = {.ttl = 255};
	struct vrrp_packet p = {.version = 3,
				.family = AF_INET,
				.vrid = 51,
				.priority = priority,
				.advert_us = 100 * MS,
				.n_addresses = 1,
				.addresses = vrrp_addr_bytes(&story.vip.address)};
	uint8_t bytes[VRRP_PACKET_MAX];
	char text[32];
	size_t len;

	snprintf(text, sizeof(text), "192.0.2.%u", last_byte);
	assert_true(addr_parse_ip(&path.src, slice_of(text), 0));
	assert_true(addr_parse_ip(&path.dst, SLICE("224.0.0.18"), 0));
	len = vrrp_packet_build(bytes, sizeof(bytes), &p, &path.src, &path.dst);
	assert_true(len > 0);
	vrrp_instance_receive(story.inst, bytes, len, &path);
}

static void the_page_says_who_was_heard_what_counts_and_what_happened(void **state)
{
	struct shared_vip *v = &story.page->vips[0], before;

	(void)state;
	track(0, VRRP_TRACK_BACKEND, "web")->weight = -60;
	track(1, VRRP_TRACK_SERVER, "web/one");
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", 0);
	set_fact(0, 1, SHARED_FACT_SERVER, "web/one", 1);
	serve(0);
	begin();
	run_ms(100);
	assert_int_equal(v->n_tracks, 2);
	assert_string_equal(v->tracks[0].kind, "backend");
	assert_string_equal(v->tracks[0].status, "down");
	assert_int_equal(v->tracks[0].adds, -60);
	assert_false(v->tracks[0].fault);
	assert_string_equal(v->tracks[1].status, "up");
	for (unsigned i = 0; i < 5; i++) { /* one more than there are places for */
		hear(20 + i, 200 - i);
		run_ms(10);
	}
	hear(24, 180);
	assert_string_equal(v->peers[0].address, "192.0.2.24");
	assert_int_equal(v->peers[0].priority, 180);
	assert_string_equal(v->peers[1].address, "192.0.2.21");
	set_fact(0, 1, SHARED_FACT_SERVER, "web/one", 0);
	tell();
	assert_string_equal(v->tracks[1].status, "down");
	assert_true(v->tracks[1].fault);
	assert_int_equal(v->n_moves, 2);
	assert_string_equal(v->moves[0].from, "INIT");
	assert_string_equal(v->moves[1].from, "BACKUP");
	assert_string_equal(v->moves[1].to, "FAULT");
	assert_string_equal(v->moves[1].reason, "server web/one is down");
	assert_int_equal(v->moves[1].lasted_us, 150 * MS);
	/* another failover process goes on */
	before = *v;
	memset(v, 0, sizeof(*v));
	vrrp_publish_remember(story.inst, &before);
	for (unsigned i = 0; i < SHARED_MOVES_MAX; i++) {
		set_fact(0, 1, SHARED_FACT_SERVER, "web/one", i % 2 == 0);
		tell();
	}
	assert_int_equal(v->n_moves, 2 + SHARED_MOVES_MAX);
	assert_string_equal(v->moves[2].from, "FAULT");
	assert_string_equal(v->peers[1].address, "192.0.2.21");
}

static void names_of_another_kind_are_others(void **state)
{
	uint32_t value = 9;

	(void)state;
	set_fact(0, 0, SHARED_FACT_BACKEND, "web", 2);
	assert_false(
		shared_fact_read(story.page, shared_fact_key(SHARED_FACT_BACKEND, "web"), &value));
	serve(0);
	assert_true(
		shared_fact_read(story.page, shared_fact_key(SHARED_FACT_BACKEND, "web"), &value));
	assert_int_equal(value, 2);
	assert_false(
		shared_fact_read(story.page, shared_fact_key(SHARED_FACT_FRONTEND, "web"), &value));
	assert_false(
		shared_fact_read(story.page, shared_fact_key(SHARED_FACT_BACKEND, "we"), &value));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_backend_without_servers_is_a_fault),
		STORY(servers_in_doubt_are_up_but_may_not_stay_so),
		STORY(min_and_weight_count_row_by_row),
		STORY(a_start_waits_for_the_first_check_but_not_for_ever),
		STORY(a_reload_keeps_what_is_known_until_the_new_one_has_checked),
		STORY(a_balancer_that_ends_has_no_say),
		STORY(the_page_says_who_was_heard_what_counts_and_what_happened),
		STORY(names_of_another_kind_are_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
