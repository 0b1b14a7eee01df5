/*
 * wire/admit.c and instance.c: a hundred and fifty thousand hostile advertisements. Each is counted
 * under its kind, none moves the state, and the log stays readable.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/log/log.h"
#include "core/loop/loop_sim.h"
#include "failover/vrrp/instance.h"

enum { N_PACKETS = 150000, N_KINDS = 13, LINES_MOST = 100 };

static struct addr ip(const char *text)
{
	struct addr a;

	assert_true(addr_parse_ip(&a, slice_of(text), 0));
	return a;
}

static bool send_nothing(void *ctx, struct vrrp_instance *inst, const struct addr *src,
			 const struct addr *dst, const uint8_t *bytes, size_t len)
{
	(void)ctx, (void)inst, (void)src, (void)dst, (void)bytes, (void)len;
	return true;
}

static const struct vrrp_instance_ops ops = {.send_advert = send_nothing};

/* One bad packet of each kind; the rest of it is as good as can be. */
static enum vrrp_drop forge(int kind, struct vrrp_packet *p, struct vrrp_path *path, uint8_t *buf,
			    size_t *len)
{
	static const enum vrrp_drop expected[N_KINDS] = {
		VRRP_DROP_TTL,	   VRRP_DROP_SOURCE,   VRRP_DROP_TRUNCATED,
		VRRP_DROP_VERSION, VRRP_DROP_TYPE,     VRRP_DROP_COUNT_ZERO,
		VRRP_DROP_LENGTH,  VRRP_DROP_CHECKSUM, VRRP_DROP_VRID,
		VRRP_DROP_OWN,	   VRRP_DROP_CARRIAGE, VRRP_DROP_ADDRESS_LIST,
		VRRP_DROP_VERSION,
	};
	static const uint8_t foreign[4] = {10, 9, 8, 7};

	if (kind == 0)
		path->ttl = 64;
	else if (kind == 1)
		path->src = ip("0.0.0.0");
	else if (kind == 5)
		p->n_addresses = 0;
	else if (kind == 8)
		p->vrid = 52;
	else if (kind == 9)
		path->src = ip("192.0.2.1");
	else if (kind == 10)
		path->dst = ip("192.0.2.1");
	else if (kind == 11)
		p->addresses = foreign;
	else if (kind == 12)
		p->version = 2;
	*len = vrrp_packet_build(buf, VRRP_PACKET_MAX, p, &path->src, &path->dst);
	assert_true(*len > 0);
	if (kind == 2)
		*len = 7;
	else if (kind == 3)
		buf[0] = 0x41;
	else if (kind == 4)
		buf[0] = 0x32;
	else if (kind == 6)
		buf[3] = 9;
	else if (kind == 7)
		buf[6] ^= 0x55;
	return expected[kind];
}

static unsigned count_lines(FILE *f)
{
	unsigned n = 0;
	int c;

	rewind(f);
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	return n;
}

static void they_are_counted_and_change_nothing(void **state)
{
	struct vip_conf vip = {.address = ip("192.0.2.10"), .prefix_len = 24};
	struct vrrp_instance_conf conf = {.name = "VI_1",
					  .interface = "eth0",
					  .vrid = 51,
					  .family = AF_INET,
					  .version = 3,
					  .priority = 100,
					  .advert_us = 1000000,
					  .down_adverts = 3,
					  .vips = &vip};
	struct vrrp_link link = {.name = "eth0", .ifindex = 2, .up = true, .ipv4 = ip("192.0.2.1")};
	struct loop *loop = loop_new(&loop_sim_ops);
	struct vrrp_instance_params params = {.loop = loop, .conf = &conf, .ops = &ops};
	struct vrrp_instance *inst = vrrp_instance_new(&params);
	uint64_t expected[VRRP_DROP_N] = {0};
	int stderr_fd = dup(2);
	FILE *log = tmpfile();

	(void)state;
	log_setup("test", LOG_LEVEL_DEBUG, true, LOG_NO_SYSLOG);
	vrrp_instance_link_changed(inst, &link);
	vrrp_instance_start(inst, 0);
	loop_sim_advance(loop, 4000000);
	assert_int_equal(vrrp_instance_state(inst), VRRP_MASTER);
	fflush(stderr);
	dup2(fileno(log), 2);
	for (int i = 0; i < N_PACKETS; i++) {
		struct vrrp_path path = {
			.src = ip("192.0.2.66"), .dst = ip("224.0.0.18"), .ttl = 255};
		struct vrrp_packet p = {.version = 3,
					.family = AF_INET,
					.vrid = 51,
					.priority = 254,
					.advert_us = 1000000,
					.n_addresses = 1,
					.addresses = vrrp_addr_bytes(&vip.address)};
		uint8_t buf[VRRP_PACKET_MAX];
		size_t len;

		expected[forge(i % N_KINDS, &p, &path, buf, &len)]++;
		vrrp_instance_receive(inst, buf, len, &path);
		loop_sim_advance(loop, 100);
	}
	fflush(stderr);
	dup2(stderr_fd, 2);
	close(stderr_fd);
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	for (int i = 1; i < VRRP_DROP_N; i++)
		assert_int_equal(vrrp_instance_stats(inst)->dropped[i], expected[i]);
	assert_int_equal(vrrp_instance_stats(inst)->n_dropped, N_PACKETS);
	assert_int_equal(vrrp_instance_state(inst), VRRP_MASTER);
	assert_int_equal(vrrp_instance_stats(inst)->n_transitions, 2);
	assert_in_range(count_lines(log), 1, LINES_MOST);
	fclose(log);
	vrrp_instance_free(&inst);
	loop_free(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_counted_and_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
