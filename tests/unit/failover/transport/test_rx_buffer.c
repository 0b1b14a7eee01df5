/*
 * transport/rx_buffer.c: what an instance adds to its socket's receive buffer, by
 * vrrp_rx_bufs_policy and kernel_rx_buf_size, and what the kernel is asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "failover/transport/rx_buffer.h"

static void each_policy_has_its_share(void **state)
{
	struct vip_conf second = {0}, vip = {.next = &second};
	struct vrrp_instance_conf inst = {.family = AF_INET, .vips = &vip};
	struct house_conf house = {.rx_multiplier = 3};

	(void)state;
	assert_int_equal(vrrp_rx_buffer_share(&house, &inst, 1500), 0);
	house.rx_policy = HOUSE_RX_MTU;
	assert_int_equal(vrrp_rx_buffer_share(&house, &inst, 1500), 4500);
	house.rx_policy = HOUSE_RX_BYTES;
	house.rx_bytes = 20000;
	assert_int_equal(vrrp_rx_buffer_share(&house, &inst, 1500), 20000);
	house.rx_policy = HOUSE_RX_ADVERT;
	assert_int_equal(vrrp_rx_buffer_share(&house, &inst, 1500), 3 * (100 + 2 * 4));
	inst.rx_buf_bytes = 70000; /* its own word counts */
	assert_int_equal(vrrp_rx_buffer_share(&house, &inst, 1500), 70000);
}

static int buffer_of(int fd)
{
	int bytes = 0;
	socklen_t len = sizeof(bytes);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len), 0);
	return bytes / 2;
}

static void a_shared_socket_grows_with_each(void **state)
{
	struct vrrp_instance_conf inst = {.family = AF_INET, .rx_buf_bytes = 5000};
	struct house_conf house = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), sum = 0, before = buffer_of(fd);

	(void)state;
	inst.rx_buf_bytes = 0;
	vrrp_rx_buffer_grow(fd, "lo", &house, &inst, &sum);
	assert_int_equal(buffer_of(fd), before); /* nothing is asked for */
	inst.rx_buf_bytes = 5000;
	vrrp_rx_buffer_grow(fd, "lo", &house, &inst, &sum);
	assert_int_equal(buffer_of(fd), 16384); /* the least that is safe */
	for (int i = 0; i < 9; i++)
		vrrp_rx_buffer_grow(fd, "no-such-if", &house, &inst, &sum);
	assert_int_equal(sum, 50000);
	assert_int_equal(buffer_of(fd), 50000);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_policy_has_its_share),
		cmocka_unit_test(a_shared_socket_grows_with_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
