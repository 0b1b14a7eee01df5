/*
 * The balancer process: beats of all threads, privileges given up, the end that the master wants.
 * Stories of balancer.c, balancer_control.c, balancer_privileges.c.
 */
#include "flow/flow_rig.h"

static void every_thread_beats(void **state)
{
	struct rig r;
	int64_t first[3];

	(void)state;
	rig_init(&r, PROXY_MODE_TCP, 1);
	r.conf.global.nbthread = 3;
	rig_start(&r);
	assert_int_equal(atomic_load(&r.page->slots[0].n_threads), 3);
	assert_int_equal(atomic_load(&r.page->slots[0].pid), r.pid);
	for (int i = 0; i < 3; i++) {
		first[i] = atomic_load(&r.page->slots[0].beat_us[i]);
		assert_true(first[i] > 0);
	}
	for (int i = 0; i < 3; i++)
		while (atomic_load(&r.page->slots[0].beat_us[i]) == first[i])
			usleep(1000);
	rig_stop(&r);
}

static unsigned long long caps_of(pid_t pid, const char *which)
{
	unsigned long long caps = ~0ull;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, which, strlen(which)) == 0)
			caps = strtoull(line + strlen(which), NULL, 16);
	fclose(f);
	return caps;
}

static unsigned uid_of(pid_t pid)
{
	char path[64], line[256];
	unsigned uid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "Uid: %u", &uid);
	fclose(f);
	return uid;
}

static void privileges_are_given_up(void **state)
{
	struct rig r;

	(void)state;
	if (geteuid() != 0)
		skip();
	rig_init(&r, PROXY_MODE_TCP, 1);
	r.conf.global.uid = r.conf.global.gid = 65534;
	rig_start(&r);
	assert_int_equal(caps_of(r.pid, "CapEff:"), 0);
	assert_int_equal(caps_of(r.pid, "CapPrm:"), 0);
	assert_int_equal(uid_of(r.pid), 65534);
	rig_stop(&r);
	rig_init(&r, PROXY_MODE_TCP, 1); /* no user configured: root without rights */
	rig_start(&r);
	assert_int_equal(caps_of(r.pid, "CapEff:"), 0);
	rig_stop(&r);
}

static void hard_stop_after_cuts_what_does_not_end(void **state)
{
	struct rig r;
	int client, server;

	(void)state;
	rig_init(&r, PROXY_MODE_TCP, 1);
	r.conf.global.hard_stop_after_ms = 50;
	rig_start(&r);
	client = rig_client(&r);
	server = rig_accept(&r, 0);
	assert_int_equal(channel_send(r.master_fd, MESSAGE_BALANCER_DRAIN, NULL, 0), 0);
	assert_int_equal(rig_exit_status(&r), 0);
	close(client), close(server), close(r.master_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_thread_beats),
		cmocka_unit_test(privileges_are_given_up),
		cmocka_unit_test(hard_stop_after_cuts_what_does_not_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
