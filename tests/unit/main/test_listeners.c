/*
 * main/listeners: sockets that outlive a configuration. Opened, taken over, closed when nobody
 * wants them; all or nothing; a Unix socket is never missing. Real sockets. Covers listeners.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "main/listeners.h"

static struct conf_diags diags;
static bool is_alone;
static char dir[] = "/tmp/relais-test-listen-XXXXXX";

/* A configuration of one proxy with up to two listeners and no stats socket. */
struct house {
	struct balancer_conf conf;
	struct proxy_conf proxy;
	struct listener_conf listener[2];
};

static void house_init(struct house *h)
{
	memset(h, 0, sizeof(*h));
	h->conf.proxies = &h->proxy;
	h->conf.n_proxies = 1;
	h->proxy.name = "web";
	h->proxy.listeners = &h->listener[0];
	for (int i = 0; i < 2; i++) {
		struct listener_conf *l = &h->listener[i];

		*l = (struct listener_conf){.proxy = &h->proxy, .inherited_fd = -1, .fd = -1};
		l->mode = -1;
		l->uid = l->gid = UINT32_MAX;
		l->place = (struct conf_place){"t.cfg", (unsigned)i + 1, 1};
	}
	h->listener[0].next = &h->listener[1];
	assert_true(addr_parse_ip(&h->listener[0].addr, SLICE("127.0.0.1"), 0));
	assert_true(addr_parse_ip(&h->listener[1].addr, SLICE("127.0.0.1"), 0));
}

/* A port nobody has: in a network of our own the next one, else one that is taken and given back.
 */
static unsigned free_port(void)
{
	static unsigned next = 10000;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct addr at;
	unsigned port;

	if (is_alone) {
		close(fd);
		return next++;
	}
	assert_true(addr_parse_ip(&at, SLICE("127.0.0.1"), 0));
	assert_int_equal(bind(fd, &at.sa, at.len), 0);
	assert_int_equal(getsockname(fd, &at.sa, &at.len), 0);
	port = addr_port(&at);
	close(fd);
	return port;
}

static void set_ports(struct house *h, unsigned first, unsigned second)
{
	addr_set_port(&h->listener[0].addr, first);
	addr_set_port(&h->listener[1].addr, second);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

static bool answers(const struct addr *at)
{
	int fd = socket(at->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good = connect(fd, &at->sa, at->len) == 0;

	close(fd);
	return good;
}

static int set_up(void **state)
{
	(void)state;
	conf_diags_init(&diags);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	conf_diags_fini(&diags);
	return 0;
}

static void a_listener_listens_without_blocking(void **state)
{
	struct house h;
	int on = 0;
	socklen_t len = sizeof(on);

	(void)state;
	house_init(&h);
	set_ports(&h, free_port(), free_port());
	assert_true(listeners_open(&h.conf, NULL, &diags));
	assert_true(answers(&h.listener[0].addr));
	assert_true(answers(&h.listener[1].addr));
	assert_true(fcntl(h.listener[0].fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(h.listener[0].fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(getsockopt(h.listener[0].fd, SOL_SOCKET, SO_REUSEADDR, &on, &len), 0);
	assert_int_equal(on, 1);
	listeners_close_unused(&h.conf, NULL);
	assert_int_equal(h.listener[0].fd, -1);
	assert_false(answers(&h.listener[0].addr));
}

static void a_reload_may_widen_and_narrow_an_address(void **state)
{
	struct house narrow, wide;
	unsigned port = free_port();

	(void)state;
	house_init(&narrow);
	house_init(&wide);
	set_ports(&narrow, port, free_port());
	set_ports(&wide, port, addr_port(&narrow.listener[1].addr));
	assert_true(addr_parse_ip(&wide.listener[0].addr, SLICE("0.0.0.0"), port));
	assert_true(listeners_open(&narrow.conf, NULL, &diags));
	assert_true(listeners_open(&wide.conf, &narrow.conf, &diags));
	listeners_close_unused(&narrow.conf, &wide.conf);
	assert_true(answers(&wide.listener[0].addr));
	assert_true(listeners_open(&narrow.conf, &wide.conf, &diags));
	listeners_close_unused(&wide.conf, &narrow.conf);
	assert_true(answers(&narrow.listener[0].addr));
	/* and no stranger gets in beside them */
	assert_false(listeners_open(&wide.conf, NULL, &diags));
	listeners_close_unused(&narrow.conf, NULL);
}

static void a_reload_keeps_the_same_socket(void **state)
{
	struct house was, is;
	unsigned kept = free_port();
	int fd, gone;

	(void)state;
	house_init(&was);
	house_init(&is);
	set_ports(&was, kept, free_port());
	assert_true(listeners_open(&was.conf, NULL, &diags));
	set_ports(&is, free_port(), kept);
	assert_true(listeners_open(&is.conf, &was.conf, &diags));
	fd = is.listener[1].fd;
	gone = was.listener[1].fd;
	assert_int_equal(fd, was.listener[0].fd);
	assert_int_not_equal(is.listener[0].fd, was.listener[1].fd);
	listeners_close_unused(&was.conf, &is.conf);
	assert_true(is_open(fd));
	assert_false(is_open(gone));
	assert_true(answers(&is.listener[1].addr));
	listeners_close_unused(&is.conf, NULL);
}

static void other_options_make_another_socket(void **state)
{
	struct house was, is;

	(void)state;
	house_init(&was);
	house_init(&is);
	was.listener[0].next = is.listener[0].next = NULL;
	assert_true(addr_parse_ip(&was.listener[0].addr, SLICE("::1"), free_port()));
	is.listener[0].addr = was.listener[0].addr;
	is.listener[0].v4v6 = true;
	assert_true(listeners_open(&was.conf, NULL, &diags));
	assert_true(listeners_open(&is.conf, &was.conf, &diags)); /* beside the old one */
	assert_int_not_equal(is.listener[0].fd, was.listener[0].fd);
	listeners_close_unused(&was.conf, &is.conf);
	assert_true(answers(&is.listener[0].addr));
	listeners_close_unused(&is.conf, NULL);
}

static void all_or_nothing(void **state)
{
	struct house was, is;
	unsigned kept = free_port(), free_one = free_port();
	struct addr free_at;
	int taken;

	(void)state;
	house_init(&was);
	house_init(&is);
	was.listener[0].next = NULL;
	set_ports(&was, kept, 0);
	assert_true(listeners_open(&was.conf, NULL, &diags));
	/* another process's port, for what we can tell: bound without REUSEADDR by hand */
	taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(taken, &is.listener[1].addr.sa, is.listener[1].addr.len), 0);
	assert_int_equal(listen(taken, 1), 0);
	assert_int_equal(getsockname(taken, &is.listener[1].addr.sa, &is.listener[1].addr.len), 0);
	addr_set_port(&is.listener[0].addr, free_one);
	free_at = is.listener[0].addr;
	assert_false(listeners_open(&is.conf, &was.conf, &diags));
	assert_int_equal(diags.n_errors, 1);
	assert_int_equal(diags.first->place.line, 2);
	assert_non_null(strstr(diags.first->text, "Address already in use"));
	assert_non_null(strstr(diags.first->text, "another process listens there"));
	assert_false(answers(&free_at));	     /* closed again */
	assert_true(answers(&was.listener[0].addr)); /* and the old one was not touched */
	close(taken);
	listeners_close_unused(&was.conf, NULL);
}

static void an_address_that_is_elsewhere_needs_freebind(void **state)
{
	struct house h;
	int on = 0;
	socklen_t len = sizeof(on);

	(void)state;
	house_init(&h);
	assert_true(addr_parse_ip(&h.listener[0].addr, SLICE("192.0.2.10"), free_port()));
	h.listener[0].next = NULL;
	assert_false(listeners_open(&h.conf, NULL, &diags));
	assert_non_null(strstr(diags.first->text, "no interface has this address"));
	h.listener[0].freebind = true;
	assert_true(listeners_open(&h.conf, NULL, &diags));
	assert_int_equal(getsockopt(h.listener[0].fd, IPPROTO_IP, IP_FREEBIND, &on, &len), 0);
	assert_int_equal(on, 1);
	listeners_close_unused(&h.conf, NULL);
	assert_true(addr_parse_ip(&h.listener[0].addr, SLICE("2001:db8::10"), free_port()));
	assert_true(listeners_open(&h.conf, NULL, &diags));
	listeners_close_unused(&h.conf, NULL);
}

static void a_unix_socket_replaces_the_old_one_in_place(void **state)
{
	struct house h;
	struct stat before, after;
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/admin.sock", dir);
	house_init(&h);
	h.listener[0].next = NULL;
	assert_true(addr_set_unix(&h.listener[0].addr, slice_of(path), false));
	h.listener[0].mode = 0640;
	assert_true(listeners_open(&h.conf, NULL, &diags));
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(before.st_mode & 07777, 0640);
	assert_true(answers(&h.listener[0].addr));
	close(h.listener[0].fd); /* as a master that was killed leaves it: the file is there */
	assert_true(listeners_open(&h.conf, NULL, &diags));
	assert_int_equal(stat(path, &after), 0);
	assert_true(answers(&h.listener[0].addr));
	snprintf(path, sizeof(path), "%s/admin.sock.tmp", dir);
	assert_int_equal(access(path, F_OK), -1);
	listeners_close_unused(&h.conf, NULL);
	assert_int_equal(unlink(h.listener[0].addr.un.sun_path), 0);
}

static void a_unix_socket_in_no_directory_is_an_error(void **state)
{
	struct house h;

	(void)state;
	house_init(&h);
	h.listener[0].next = NULL;
	assert_true(addr_set_unix(&h.listener[0].addr, SLICE("/nowhere/at/all.sock"), false));
	assert_false(listeners_open(&h.conf, NULL, &diags));
	assert_non_null(strstr(diags.first->text, "No such file"));
}

static void an_inherited_socket_is_used_as_it_comes(void **state)
{
	struct house h;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	house_init(&h);
	h.listener[0].next = NULL;
	assert_int_equal(bind(fd, &h.listener[0].addr.sa, h.listener[0].addr.len), 0);
	assert_int_equal(getsockname(fd, &h.listener[0].addr.sa, &h.listener[0].addr.len), 0);
	h.listener[0].inherited_fd = fd;
	assert_true(listeners_open(&h.conf, NULL, &diags));
	assert_int_equal(h.listener[0].fd, fd);
	assert_true(answers(&h.listener[0].addr)); /* it did not listen yet */
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	h.listener[0].inherited_fd = fd;
	assert_false(listeners_open(&h.conf, NULL, &diags));
	assert_non_null(strstr(diags.first->text, "the inherited descriptor: Bad file"));
}

static void a_disabled_proxy_listens_nowhere(void **state)
{
	struct house h;

	(void)state;
	house_init(&h);
	set_ports(&h, free_port(), free_port());
	h.proxy.disabled = true;
	assert_true(listeners_open(&h.conf, NULL, &diags));
	assert_int_equal(h.listener[0].fd, -1);
	assert_false(answers(&h.listener[0].addr));
}

static void stats_sockets_come_and_go_like_others(void **state)
{
	struct house h;
	struct listener_conf stats;

	(void)state;
	house_init(&h);
	stats = h.listener[1];
	stats.proxy = NULL;
	stats.is_stats = true;
	h.listener[0].next = NULL;
	set_ports(&h, free_port(), 0);
	addr_set_port(&stats.addr, free_port());
	h.conf.global.stats_sockets = &stats;
	assert_true(listeners_open(&h.conf, NULL, &diags));
	assert_true(answers(&stats.addr));
	assert_true(answers(&h.listener[0].addr));
	listeners_close_unused(&h.conf, NULL);
	assert_int_equal(stats.fd, -1);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

/* Who moves from Keepalived may have a program where a virtual server would be. */
static void a_virtual_server_leaves_a_taken_address_to_who_has_it(void **state)
{
	struct house taken, h;

	(void)state;
	house_init(&taken);
	set_ports(&taken, free_port(), free_port());
	assert_true(listeners_open(&taken.conf, NULL, &diags));
	house_init(&h);
	set_ports(&h, addr_port(&taken.listener[0].addr), free_port());
	assert_false(listeners_open(&h.conf, NULL, &diags));
	conf_diags_fini(&diags);
	conf_diags_init(&diags);
	h.proxy.is_virtual = true;
	assert_true(listeners_open(&h.conf, NULL, &diags));
	assert_int_equal(diags.n_errors, 0);
	assert_int_equal(diags.n_advices, 1);
	assert_int_equal(h.listener[0].fd, -1);
	assert_true(is_open(h.listener[1].fd));
	listeners_close_unused(&h.conf, NULL);
	listeners_close_unused(&taken.conf, NULL);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		STORY(a_listener_listens_without_blocking),
		STORY(a_reload_may_widen_and_narrow_an_address),
		STORY(a_reload_keeps_the_same_socket),
		STORY(other_options_make_another_socket),
		STORY(all_or_nothing),
		STORY(an_address_that_is_elsewhere_needs_freebind),
		STORY(a_unix_socket_replaces_the_old_one_in_place),
		STORY(a_unix_socket_in_no_directory_is_an_error),
		STORY(an_inherited_socket_is_used_as_it_comes),
		STORY(a_disabled_proxy_listens_nowhere),
		STORY(stats_sockets_come_and_go_like_others),
		STORY(a_virtual_server_leaves_a_taken_address_to_who_has_it),
	};

	is_alone = unshare(CLONE_NEWNET) == 0 && system("ip link set lo up") == 0;
	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
