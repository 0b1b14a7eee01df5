/*
 * The bench's client, an exact number of requests each time.
 *   load keep PORT CONNECTIONS REQUESTS    requests on kept connections, each 1 KiB
 *   load close PORT CONNECTIONS REQUESTS   a new connection for each, `Connection: close`
 *   load bulk PORT CONNECTIONS BYTES       BYTES over each of CONNECTIONS, thrown away
 *   load idle PORT CONNECTIONS 0           one request on each, then holds them until stdin ends
 * Prints {"seconds":..,"done":..,"errors":..} (idle: once all are open). One thread, epoll,
 * 127.0.0.1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNS = 20000 };
enum mode { KEEP, CLOSE, BULK, IDLE };

static struct conn {
	int fd;
	long got, want; /* bytes of the reply; want is 0 until its head is here */
	bool asked;
	char head[1024];
	unsigned n_head;
} conn[MAX_CONNS];

static enum mode mode;
static struct sockaddr_in to;
static int epoll;
static long n_left, n_done, n_errors, n_open;
static char request[256];
static size_t request_len;

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void conn_ask(struct conn *c)
{
	c->asked = true;
	c->got = c->want = 0;
	c->n_head = 0;
	if (mode == BULK)
		c->want = n_left;
	if (send(c->fd, request, request_len, MSG_NOSIGNAL) != (ssize_t)request_len)
		n_errors++;
}

static void conn_open(struct conn *c)
{
	memset(c, 0, sizeof(*c));
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (c->fd < 0) {
		perror("load: socket");
		exit(1);
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS)
		n_errors++;
	struct epoll_event ev = {.events = EPOLLOUT, .data.ptr = c};
	epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &ev);
	n_open++;
}

static void conn_close(struct conn *c)
{
	close(c->fd);
	c->fd = -1;
	n_open--;
}

static void conn_done(struct conn *c)
{
	n_done++;
	if (mode == BULK) {
		conn_close(c);
	} else if (mode == IDLE) {
		c->asked = false;
	} else if (mode == KEEP && n_left > 0) {
		n_left--;
		conn_ask(c);
	} else {
		conn_close(c);
		if (mode == CLOSE && n_left > 0) {
			n_left--;
			conn_open(c);
		}
	}
}

static void conn_fail(struct conn *c)
{
	n_errors++;
	conn_close(c);
	if (mode != BULK && mode != IDLE && n_left > 0) {
		n_left--;
		conn_open(c);
	}
}

/* The head has the length; what follows it is only counted. */
static void head_read(struct conn *c, const char *data, size_t n)
{
	size_t room = sizeof(c->head) - 1 - c->n_head, take = n < room ? n : room;
	memcpy(c->head + c->n_head, data, take);
	c->n_head += (unsigned)take;
	c->head[c->n_head] = 0;
	char *end = strstr(c->head, "\r\n\r\n"), *len = strcasestr(c->head, "content-length:");
	if (!end || !len || strncmp(c->head, "HTTP/1.1 200", 12) != 0)
		return;
	c->want = (end + 4 - c->head) + atol(len + 15);
}

static void conn_read(struct conn *c)
{
	static char in[262144];
	ssize_t n = recv(c->fd, in, sizeof(in), mode == BULK ? MSG_TRUNC : 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		conn_fail(c);
		return;
	}
	if (c->want == 0)
		head_read(c, in, (size_t)n);
	c->got += n;
	if (c->want > 0 && c->got >= c->want)
		conn_done(c);
}

static void on_event(struct conn *c, uint32_t events)
{
	if (c->fd < 0)
		return;
	if (events & EPOLLERR) {
		conn_fail(c);
		return;
	}
	if (events & EPOLLOUT) {
		struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
		epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &ev);
		conn_ask(c);
		return;
	}
	conn_read(c);
}

static void loop_until(long total)
{
	while (n_open > 0 && n_done + n_errors < total) {
		struct epoll_event ev[256];
		int n = epoll_wait(epoll, ev, 256, 10000);
		if (n == 0) {
			n_errors += n_open;
			return;
		}
		for (int i = 0; i < n; i++)
			on_event(ev[i].data.ptr, ev[i].events);
	}
}

static void print(double start)
{
	printf("{\"seconds\":%.6f,\"done\":%ld,\"errors\":%ld}\n", now_s() - start, n_done,
	       n_errors);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const char *const modes[] = {"keep", "close", "bulk", "idle"};
	if (argc != 5)
		return 2;
	for (int i = 0; i < 4; i++)
		if (strcmp(argv[1], modes[i]) == 0)
			mode = (enum mode)i;
	long n_conns = atol(argv[3]);
	n_left = atol(argv[4]);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){20000, 20000});
	to.sin_family = AF_INET;
	to.sin_port = htons((uint16_t)atoi(argv[2]));
	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	epoll = epoll_create1(0);
	request_len =
		(size_t)(mode == BULK ? snprintf(request, sizeof(request), "%ld\n", n_left)
				      : snprintf(request, sizeof(request),
						 "GET /page HTTP/1.1\r\nHost: bench.example\r\n"
						 "User-Agent: load\r\nAccept: */*\r\n%s\r\n",
						 mode == CLOSE ? "Connection: close\r\n" : ""));
	double start = now_s();
	long total = mode == KEEP || mode == CLOSE ? n_left : n_conns;
	for (long i = 0; i < n_conns && i < MAX_CONNS; i++) {
		if (mode == KEEP || mode == CLOSE)
			n_left--;
		conn_open(&conn[i]);
		if (mode ==
		    IDLE) /* one after the other: few server connections, as in a quiet hour */
			loop_until(i + 1);
	}
	loop_until(total);
	print(start);
	if (mode == IDLE)
		while (getchar() != EOF)
			;
	return n_errors > 0;
}
