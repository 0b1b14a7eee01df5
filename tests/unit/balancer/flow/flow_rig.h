/*
 * A balancer in a child process between this test's client and its origin servers: configuration by
 * hand, real sockets on loopback, both ends driven by blocking calls of the test itself, so that a
 * story reads from top to bottom. Reads give up after ten seconds.
 */
#ifndef RELAIS_TEST_FLOW_RIG_H
#define RELAIS_TEST_FLOW_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "balancer/balancer.h"
#include "core/log/log.h"
#include "core/sys/channel.h"
#include "core/sys/message.h"

enum { RIG_SERVERS = 3 };

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define OK2 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

struct rig {
	struct arena arena;
	struct balancer_conf conf;
	struct proxy_conf proxy;
	struct listener_conf listener;
	struct server_conf server[RIG_SERVERS];
	int origin[RIG_SERVERS]; /* listening */
	int log_fd;		 /* reads the traffic log, one datagram a line */
	struct log_target target;
	struct shared_page *page;
	struct balancer_setup setup;
	int master_fd;
	pid_t pid;
};

static inline void rig_patience(int fd)
{
	struct timeval tv = {10, 0};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

/* recv, whatever the end of another child interrupts. */
static inline ssize_t rig_recv(int fd, void *buf, size_t len)
{
	ssize_t n;

	do
		n = recv(fd, buf, len, 0);
	while (n < 0 && errno == EINTR);
	return n;
}

/* All of len bytes. */
static inline bool rig_read(int fd, void *buf, size_t len)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n = rig_recv(fd, (char *)buf + at, len - at);

		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

/* In a network of its own, where it may have one: nobody else takes a port that a story has closed.
 */
static inline void rig_network(void)
{
	static bool asked;

	if (!asked && unshare(CLONE_NEWNET) == 0)
		assert_int_equal(system("ip link set lo up"), 0);
	asked = true;
}

static inline int rig_listen(struct addr *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(addr_parse_ip(at, SLICE("127.0.0.1"), 0));
	assert_int_equal(bind(fd, &at->sa, at->len), 0);
	assert_int_equal(listen(fd, 64), 0);
	at->len = sizeof(at->in4);
	assert_int_equal(getsockname(fd, &at->sa, &at->len), 0);
	rig_patience(fd);
	return fd;
}

static inline void rig_log_target(struct rig *r)
{
	r->log_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(addr_parse_ip(&r->target.addr, SLICE("127.0.0.1"), 0));
	assert_int_equal(bind(r->log_fd, &r->target.addr.sa, r->target.addr.len), 0);
	assert_int_equal(getsockname(r->log_fd, &r->target.addr.sa, &r->target.addr.len), 0);
	rig_patience(r->log_fd);
	r->target.fd = -1;
	r->target.facility = 16;
	r->target.max_level = LOG_LEVEL_DEBUG;
	r->target.wire = LOG_WIRE_RAW;
	r->target.max_len = 1024;
	r->proxy.log_targets = &r->target;
}

/* A proxy with n servers, to be changed before rig_start. */
static inline void rig_init(struct rig *r, enum proxy_mode mode, unsigned n_servers)
{
	static const char *const names[] = {"s1", "s2", "s3"};

	memset(r, 0, sizeof(*r));
	rig_network();
	arena_init(&r->arena, 0);
	r->conf.arena = &r->arena;
	r->conf.global = (struct global_conf){.nbthread = 1,
					      .uid = UINT32_MAX,
					      .gid = UINT32_MAX,
					      .bufsize = 16384,
					      .maxhdr = 101};
	r->conf.global.maxconn = 200;
	r->conf.proxies = &r->proxy;
	r->conf.n_proxies = 1;
	r->proxy = (struct proxy_conf){.name = "web",
				       .id = 1,
				       .sides = PROXY_FRONTEND | PROXY_BACKEND,
				       .mode = mode,
				       .retries = 3,
				       .redispatch_interval = -1,
				       .balance = balance_find(SLICE("roundrobin")),
				       .listeners = &r->listener,
				       .n_servers = n_servers};
	r->proxy.timeout.connect = 5000;
	r->proxy.timeout.client = r->proxy.timeout.server = 20000;
	r->listener = (struct listener_conf){.proxy = &r->proxy, .inherited_fd = -1};
	r->listener.fd = rig_listen(&r->listener.addr);
	for (unsigned i = 0; i < n_servers; i++) {
		struct server_conf *s = &r->server[i];

		*s = (struct server_conf){
			.proxy = &r->proxy, .name = names[i], .id = i + 1, .weight = 1};
		s->pool_max_conn = -1;
		s->pool_purge_ms = 5000;
		r->origin[i] = rig_listen(&s->addr);
		if (i > 0)
			r->server[i - 1].next = s;
	}
	r->proxy.servers = n_servers ? &r->server[0] : NULL;
	rig_log_target(r);
	r->page = shared_page_new();
	assert_non_null(r->page);
}

/* Starts it with what main/ would wire to it. */
/* Mode http, one server, lines as `option httplog` has them. */
static inline void rig_init_http(struct rig *r)
{
	rig_init(r, PROXY_MODE_HTTP, 1);
	r->proxy.options = PROXY_OPT_HTTPLOG;
}

static inline void rig_start_with(struct rig *r, const struct stats_page_ops *stats_page,
				  void (*admin_accept)(struct loop *loop, int fd,
						       const struct listener_conf *l))
{
	struct channel_message *msg = malloc(sizeof(*msg));
	struct pollfd ready;
	int ends[2];

	assert_int_equal(channel_pair(ends), 0);
	r->setup = (struct balancer_setup){.conf = &r->conf,
					   .tables_fd = -1,
					   .master_fd = ends[1],
					   .runner_fd = -1,
					   .page = r->page,
					   .slot = 0,
					   .stats_page = stats_page,
					   .admin_accept = admin_accept};
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid == 0) {
		close(ends[0]);
		log_setup("balancer", LOG_LEVEL_EMERG, true, LOG_NO_SYSLOG);
		_exit(balancer_main(&r->setup));
	}
	close(ends[1]);
	r->master_fd = ends[0];
	ready = (struct pollfd){.fd = r->master_fd, .events = POLLIN};
	assert_int_equal(poll(&ready, 1, 10000), 1);
	assert_int_equal(channel_recv(r->master_fd, msg), 1);
	assert_int_equal(msg->type, MESSAGE_READY);
	assert_int_equal(atomic_load(&r->page->slots[0].state), SHARED_BALANCER_READY);
	free(msg);
}

static inline void rig_start(struct rig *r)
{
	rig_start_with(r, NULL, NULL);
}

static inline int rig_exit_status(struct rig *r)
{
	int status;

	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static inline void rig_stop(struct rig *r)
{
	assert_int_equal(channel_send(r->master_fd, MESSAGE_BALANCER_STOP, NULL, 0), 0);
	assert_int_equal(rig_exit_status(r), 0);
	close(r->master_fd);
	close(r->listener.fd);
	for (unsigned i = 0; i < r->proxy.n_servers; i++)
		if (r->origin[i] >= 0)
			close(r->origin[i]);
	close(r->log_fd);
	arena_fini(&r->arena);
}

static inline int rig_client(struct rig *r)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	rig_patience(fd);
	assert_int_equal(connect(fd, &r->listener.addr.sa, r->listener.addr.len), 0);
	return fd;
}

static inline int rig_accept(struct rig *r, unsigned server)
{
	int fd = accept(r->origin[server], NULL, NULL);

	assert_true(fd >= 0);
	rig_patience(fd);
	return fd;
}

/* How most stories begin: HTTP, one server, and a client that is connected. */
static inline int rig_open(struct rig *r)
{
	rig_init(r, PROXY_MODE_HTTP, 1);
	rig_start(r);
	return rig_client(r);
}

/* And how they end. */
static inline void rig_close(struct rig *r, int client, int server)
{
	close(client);
	close(server);
	rig_stop(r);
}

static inline void rig_say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until text has come, and nothing else. */
/* A client that has said it, and the connection that server 0 got for it. */
static inline int rig_ask(struct rig *r, const char *request, int *server)
{
	int client = rig_client(r);

	rig_say(client, request);
	*server = rig_accept(r, 0);
	return client;
}

static inline void rig_expect(int fd, const char *text)
{
	char buf[4096];
	size_t want = strlen(text), len = 0;

	assert_true(want < sizeof(buf));
	while (len < want) {
		ssize_t n = rig_recv(fd, buf + len, want - len);

		if (n <= 0) {
			buf[len] = '\0';
			print_error("expected \"%s\", got \"%s\" then %s\n", text, buf,
				    n ? strerror(errno) : "the end");
		}
		assert_true(n > 0);
		len += (size_t)n;
	}
	buf[len] = '\0';
	assert_string_equal(buf, text);
}

/* The server gets this request and answers it, the client gets the answer. */
static inline void rig_serve(int client, int server, const char *request)
{
	rig_expect(server, request);
	rig_say(server, OK2);
	rig_expect(client, OK2);
}

/* Reads a head, up to the empty line, into buf. */
static inline char *rig_head(int fd, char buf[static 4096])
{
	size_t len = 0;

	while (len < 4 || memcmp(buf + len - 4, "\r\n\r\n", 4) != 0) {
		ssize_t n = rig_recv(fd, buf + len, 1);

		if (n <= 0) {
			buf[len] = '\0';
			print_error("no whole head: \"%s\" then %s\n", buf,
				    n ? strerror(errno) : "the end");
		}
		assert_true(n > 0 && len < 4090);
		len += (size_t)n;
	}
	buf[len] = '\0';
	return buf;
}

static inline void rig_expect_end(int fd)
{
	char byte;

	assert_int_equal(rig_recv(fd, &byte, 1), 0);
}

static inline char *rig_log_line(struct rig *r, char buf[static 2048])
{
	ssize_t n = rig_recv(r->log_fd, buf, 2047);

	assert_true(n > 0);
	buf[n] = '\0';
	return buf;
}

#endif
