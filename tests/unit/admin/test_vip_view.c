/*
 * admin/show_vip.c, admin/vip_json.c, admin/metrics.c and admin/vip_metrics.c: a page in words, as
 * JSON, as metrics.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "admin/metrics.h"
#include "admin/vip_view.h"

static struct shared_page *page;
static char *answer;
static size_t answer_len;

static void put(char *at, const char *text)
{
	memcpy(at, text, strlen(text) + 1);
}

static int setup(void **state)
{
	struct shared_vip *v;

	(void)state;
	page = calloc(1, sizeof(*page));
	v = &page->vips[0];
	page->n_vips = 2;
	put(v->name, "VI_1");
	put(v->state, "BACKUP");
	put(v->interface, "eth0");
	put(v->master, "192.0.2.12");
	put(v->reason, "backend \"web\" is down");
	put(v->first_address, "192.0.2.10");
	v->vrid = 51;
	v->version = 3;
	v->priority = 150;
	v->effective_priority = 90;
	v->n_addresses = 2;
	v->n_tracks = 2;
	v->since_wall_us = 1000000;
	put(v->tracks[0].kind, "backend");
	put(v->tracks[0].name, "web");
	put(v->tracks[0].status, "down");
	v->tracks[0].weight = v->tracks[0].adds = -60;
	put(v->tracks[1].kind, "interface");
	put(v->tracks[1].name, "eth1");
	put(v->tracks[1].status, "down");
	v->tracks[1].fault = true;
	v->peers[1] = (struct shared_peer){.priority = 100, .heard_mono_us = 4000000};
	put(v->peers[1].address, "192.0.2.12");
	v->n_moves = 23; /* the ring has gone round */
	for (unsigned i = 3; i < 23; i++) {
		struct shared_move *m = &v->moves[i % SHARED_MOVES_MAX];

		put(m->from, "MASTER");
		put(m->to, "BACKUP");
		m->wall_us = (int64_t)i * 1000000;
		m->lasted_us = 1500000;
		put(m->reason, i == 3 ? "the oldest" : i == 22 ? "the newest" : "between");
	}
	put(page->vips[1].name, "VI_2");
	put(page->vips[1].state, "MASTER");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(page);
	free(answer);
	answer = NULL;
	return 0;
}

static bool show(const char *what)
{
	FILE *out = open_memstream(&answer, &answer_len);
	bool found = vip_print(out, page, what);

	fclose(out);
	return found;
}

static unsigned count(const char *what)
{
	unsigned n = 0;

	for (const char *at = answer; (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void without_a_name_each_has_one_line(void **state)
{
	(void)state;
	assert_true(show(NULL));
	assert_int_equal(count("\n"), 2);
	assert_non_null(strstr(answer, "VI_1 BACKUP eth0 vrid 51 v3 priority 90/150 address "
				       "192.0.2.10 (+1) since 1970-01-01T00:00:01.000Z"));
	assert_non_null(strstr(answer, "VI_2 MASTER"));
}

static void with_a_name_all_that_makes_it_up(void **state)
{
	const char *oldest;

	(void)state;
	assert_true(show("VI_1"));
	assert_null(strstr(answer, "VI_2"));
	assert_non_null(strstr(answer, "150 configured"));
	assert_non_null(strstr(answer, "backend web is down: -60 (weight -60)"));
	assert_non_null(strstr(answer, "interface eth1 is down: a fault"));
	assert_non_null(strstr(answer, "effective: 90"));
	assert_non_null(strstr(answer, "peer: 192.0.2.12 priority 100 heard "));
	assert_null(strstr(answer, "timers:"));
	assert_int_equal(count("MASTER -> BACKUP after 1.500 s: "), 20);
	oldest = strstr(answer, "the oldest");
	assert_non_null(oldest);
	assert_true(strstr(answer, "the newest") > oldest);
}

static void packets_of_no_vip_are_told_below_all(void **state)
{
	(void)state;
	assert_true(show("detail"));
	assert_non_null(strstr(answer, "\n# packets of no VIP here: unknown VRID 0 malformed 0; "
				       "lost as they came too fast 0\n"));
	free(answer);
	page->n_vrrp_unknown = 5;
	page->n_vrrp_overflown = 7;
	assert_true(show(NULL));
	assert_int_equal(count("\n"), 3);
	assert_non_null(strstr(answer, "\n# packets of no VIP here: unknown VRID 5 malformed 0; "
				       "lost as they came too fast 7\n"));
	free(answer);
	assert_true(show("VI_1"));
	assert_null(strstr(answer, "# packets"));
}

static void what_would_mislead_is_said_in_words(void **state)
{
	struct shared_vip *v = &page->vips[0];

	(void)state;
	v->peers[1].priority = 0;
	v->hold = 2;
	v->advert_us = 100000;
	v->down_us = 341406;
	assert_true(show("VI_1"));
	assert_non_null(strstr(answer, "peer: 192.0.2.12 resigned, heard "));
	assert_non_null(strstr(answer, "in maintenance: 1, whatever is tracked"));
	assert_non_null(strstr(answer, "each 0.100 s; 0.341 s of silence to take over"));
}

static void a_name_that_is_not_there_is_not_found(void **state)
{
	(void)state;
	assert_false(show("VI_9"));
	assert_int_equal(answer_len, 0);
}

static void json_is_escaped_and_closed(void **state)
{
	FILE *out = open_memstream(&answer, &answer_len);

	(void)state;
	vip_print_json(out, page, 5000000);
	fclose(out);
	assert_non_null(strstr(answer, "[\n{\"name\":\"VI_1\",\"state\":\"BACKUP\""));
	assert_non_null(strstr(answer, "\"advert_interval\":0.000000,\"down_interval\":0.00"));
	assert_non_null(strstr(answer, "\"reason\":\"backend \\\"web\\\" is down\""));
	assert_non_null(strstr(answer, "\"peers\":[{\"address\":\"192.0.2.12\",\"priority\":100,"
				       "\"age\":1.000000}]"));
	assert_non_null(strstr(answer, "\"kind\":\"backend\",\"name\":\"web\",\"status\":\"down\","
				       "\"weight\":-60,\"adds\":-60,\"fault\":false}"));
	assert_int_equal(count("\"lasted\":1.500000"), 20);
	assert_int_equal(count("{"), count("}"));
	assert_int_equal(count("["), count("]"));
	assert_string_equal(answer + answer_len - 3, "\n]\n");
}

static void metrics_have_a_sample_for_each_state_peer_and_track(void **state)
{
	FILE *out = open_memstream(&answer, &answer_len);

	(void)state;
	put(page->vips[0].drops, "ttl 3, checksum 1");
	page->n_vrrp_malformed = 9;
	metrics_print_vips(out, page, 4500000);
	fclose(out);
	assert_non_null(strstr(answer, "# TYPE relais_vip_state gauge\n"));
	assert_non_null(strstr(answer, "relais_vip_state{vip=\"VI_1\",interface=\"eth0\","
				       "vrid=\"51\",state=\"BACKUP\"} 1\n"));
	assert_non_null(strstr(answer, "vrid=\"51\",state=\"MASTER\"} 0\n"));
	assert_non_null(strstr(answer, "relais_vip_effective_priority{vip=\"VI_1\"} 90\n"));
	assert_non_null(strstr(answer, "relais_vip_advertisement_faults_total{vip=\"VI_1\","
				       "fault=\"checksum\"} 1\n"));
	assert_non_null(strstr(answer, "relais_vip_peer_age_seconds{vip=\"VI_1\","
				       "peer=\"192.0.2.12\"} 0.500\n"));
	assert_non_null(strstr(answer, "relais_vip_track_up{vip=\"VI_1\",kind=\"backend\","
				       "name=\"web\"} 0\n"));
	assert_non_null(strstr(answer, "relais_vip_state{vip=\"VI_2\""));
	assert_non_null(strstr(answer, "\nrelais_vip_packets_unknown_vrid_total 0\n"));
	assert_non_null(strstr(answer, "\nrelais_vip_packets_malformed_total 9\n"));
}

static void metrics_may_be_asked_for_by_scope(void **state)
{
	(void)state;
	assert_int_equal(metrics_scopes_of(SLICE("/metrics")), METRICS_ALL);
	assert_int_equal(metrics_scopes_of(SLICE("/metrics?scope=vip")), METRICS_VIP);
	assert_int_equal(metrics_scopes_of(SLICE("/m?x=1&scope=server&scope=global")),
			 METRICS_SERVER | METRICS_PROCESS);
	assert_int_equal(metrics_scopes_of(SLICE("/m?scope=*")), METRICS_ALL);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(without_a_name_each_has_one_line),
		STORY(with_a_name_all_that_makes_it_up),
		STORY(packets_of_no_vip_are_told_below_all),
		STORY(what_would_mislead_is_said_in_words),
		STORY(a_name_that_is_not_there_is_not_found),
		STORY(json_is_escaped_and_closed),
		STORY(metrics_have_a_sample_for_each_state_peer_and_track),
		STORY(metrics_may_be_asked_for_by_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
