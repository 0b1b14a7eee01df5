/*
 * What a VIP tracks of the service, on a simulated clock: a shared page with made-up facts, and a
 * real instance that is asked to follow them (failover/service_facts.h, vrrp/condition.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
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
		.loop = story.facts.loop, .conf = &story.conf, .ops = NULL, .ctx = NULL};
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
		STORY(min_and_weight_count_row_by_row),
		STORY(a_start_waits_for_the_first_check_but_not_for_ever),
		STORY(a_reload_keeps_what_is_known_until_the_new_one_has_checked),
		STORY(a_balancer_that_ends_has_no_say),
		STORY(names_of_another_kind_are_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
