/*
 * The lab's client: opens a new TCP connection each INTERVAL ms, asks for PATH and notes when the
 * good reply was complete; beside it, -k N connections are kept open and ask every 100 ms, to count
 * how many of them break. tests/lab/netlab.py (Prober) starts it in a host and stops it with
 * SIGTERM.
 *
 *   prober [-i ms] [-k n] [-t timeout_ms] [-s stream_ms] [-R] ADDRESS PORT PATH
 *
 * The last line on stdout is one JSON object: counts, errors by kind with their times, and every
 * gap between good replies that is longer than one and a half intervals, as [from_us, to_us] on
 * CLOCK_MONOTONIC, which is the clock of Python's time.monotonic_ns(). With -s a line of the same
 * kind comes each stream_ms with what happened since the last. -R asks for real-time priority, so
 * that the prober's own lateness is not measured as an outage. One thread, everything static.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_CONNS = 8192,
	MAX_KEEP = 256,
	MAX_NOTED = 65536,
	MAX_NAMES = 16,
	KEEP_INTERVAL_MS = 100
};
enum error { REFUSED, RESET, CLOSED, TIMEOUT, UNREACHABLE, STATUS, OTHER, N_ERRORS };

static const char *const error_names[N_ERRORS] = {"refused",	 "reset",  "closed", "timeout",
						  "unreachable", "status", "other"};

struct conn {
	int fd;
	bool keep, asked;
	int64_t started_us;
	unsigned n_in;
	char in[2048];
};

struct names {
	unsigned n;
	struct {
		char name[24];
		unsigned long count;
	} row[MAX_NAMES];
};

static struct {
	struct sockaddr_storage to;
	socklen_t to_len;
	char request[512], keep_request[512];
	int interval_ms, timeout_ms, stream_ms, n_keep;
	int epoll;
	struct conn conn[MAX_CONNS];
	unsigned free_list[MAX_CONNS], n_free, n_used;
	struct conn keep[MAX_KEEP];
	unsigned long n_started, n_good, n_keep_asked, n_keep_broken, n_keep_closed,
		errors[N_ERRORS];
	int64_t start_us, last_good_us, stream_gap_us;
	int64_t gaps[MAX_NOTED][2];
	unsigned n_gaps;
	struct {
		int64_t us;
		uint8_t kind;
	} noted[MAX_NOTED];
	unsigned n_noted;
	struct names served, database;
} p;

static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void count_name(struct names *names, const char *reply, const char *field)
{
	const char *at = strcasestr(reply, field);
	char name[24] = "";
	if (at)
		sscanf(at + strlen(field), ": %23[^\r\n]", name);
	for (unsigned i = 0; i < MAX_NAMES && name[0]; i++) {
		if (i == names->n)
			memcpy(names->row[names->n++].name, name, sizeof(name));
		if (strcmp(names->row[i].name, name) == 0) {
			names->row[i].count++;
			return;
		}
	}
}

static void note_gap(int64_t now)
{
	int64_t gap = now - p.last_good_us;
	if (gap > p.stream_gap_us)
		p.stream_gap_us = gap;
	if (gap > p.interval_ms * 1500 && p.n_gaps < MAX_NOTED) {
		p.gaps[p.n_gaps][0] = p.last_good_us;
		p.gaps[p.n_gaps++][1] = now;
	}
	p.last_good_us = now;
}

static void note_error(enum error kind)
{
	p.errors[kind]++;
	if (p.n_noted < MAX_NOTED) {
		p.noted[p.n_noted].us = now_us();
		p.noted[p.n_noted++].kind = (uint8_t)kind;
	}
}

static enum error error_of(int err)
{
	switch (err) {
	case ECONNREFUSED:
		return REFUSED;
	case ECONNRESET:
	case EPIPE:
		return RESET;
	case ETIMEDOUT:
		return TIMEOUT;
	case EHOSTUNREACH:
	case ENETUNREACH:
		return UNREACHABLE;
	default:
		return OTHER;
	}
}

static void conn_end(struct conn *c)
{
	close(c->fd);
	c->fd = -1;
	if (!c->keep)
		p.free_list[p.n_free++] = (unsigned)(c - p.conn);
}

static void conn_fail(struct conn *c, enum error kind)
{
	if (c->keep) {
		/* hung up on while nothing was asked: HTTP allows it, a client just opens another
		 */
		if (kind == CLOSED && !c->asked)
			p.n_keep_closed++;
		else
			p.n_keep_broken++;
	} else {
		note_error(kind);
	}
	conn_end(c);
}

static void conn_start(struct conn *c)
{
	c->fd = socket(p.to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	c->n_in = 0;
	c->asked = false;
	c->started_us = now_us();
	if (c->fd < 0) {
		perror("prober: socket");
		exit(1);
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	if (connect(c->fd, (struct sockaddr *)&p.to, p.to_len) < 0 && errno != EINPROGRESS) {
		conn_fail(c, error_of(errno));
		return;
	}
	struct epoll_event ev = {.events = EPOLLIN | (c->keep ? 0U : EPOLLOUT), .data.ptr = c};
	epoll_ctl(p.epoll, EPOLL_CTL_ADD, c->fd, &ev);
}

static bool conn_ask(struct conn *c)
{
	const char *request = c->keep ? p.keep_request : p.request;
	if (send(c->fd, request, strlen(request), MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN || errno == ENOTCONN)
			return true;
		conn_fail(c, error_of(errno));
		return false;
	}
	c->asked = true;
	c->n_in = 0;
	if (c->keep) {
		p.n_keep_asked++;
		c->started_us = now_us();
		return true;
	}
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
	epoll_ctl(p.epoll, EPOLL_CTL_MOD, c->fd, &ev);
	return true;
}

/* A reply is complete when its headers and Content-Length bytes are here. */
static bool is_complete(const struct conn *c)
{
	const char *end = strstr(c->in, "\r\n\r\n"), *at = strcasestr(c->in, "content-length:");
	if (!end || !at || at > end)
		return false;
	return c->n_in >= (unsigned)(end + 4 - c->in) + strtoul(at + 15, NULL, 10);
}

static void conn_reply(struct conn *c)
{
	bool good = strncmp(c->in, "HTTP/1.1 200", 12) == 0;
	c->asked = false;
	if (c->keep) {
		c->n_in = 0;
		c->in[0] = 0;
		if (!good)
			conn_fail(c, STATUS);
		return;
	}
	count_name(&p.served, c->in, "\nx-served-by");
	count_name(&p.database, c->in, "\nx-database");
	if (!good) {
		conn_fail(c, STATUS);
		return;
	}
	p.n_good++;
	note_gap(now_us());
	conn_end(c);
}

static void conn_read(struct conn *c)
{
	ssize_t n = recv(c->fd, c->in + c->n_in, sizeof(c->in) - 1 - c->n_in, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0) {
		conn_fail(c, error_of(errno));
		return;
	}
	c->n_in += (unsigned)n;
	c->in[c->n_in] = 0;
	if (is_complete(c))
		conn_reply(c);
	else if (n == 0)
		conn_fail(c, CLOSED);
	else if (c->n_in == sizeof(c->in) - 1)
		conn_fail(c, OTHER);
}

static void on_event(struct conn *c, uint32_t events)
{
	int err = 0;
	socklen_t len = sizeof(err);
	if (c->fd < 0)
		return;
	if (events & EPOLLERR) {
		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		conn_fail(c, error_of(err));
		return;
	}
	if ((events & EPOLLOUT) && !c->asked && !conn_ask(c))
		return;
	if (events & (EPOLLIN | EPOLLHUP))
		conn_read(c);
}

static void expire(int64_t now)
{
	/* the free list is a stack: connections in use have low numbers, so a quiet scan is short
	 */
	for (unsigned i = 0; i < p.n_used; i++)
		if (p.conn[i].fd >= 0 && now - p.conn[i].started_us > p.timeout_ms * 1000LL)
			conn_fail(&p.conn[i], TIMEOUT);
	for (int i = 0; i < p.n_keep; i++)
		if (p.keep[i].fd >= 0 && p.keep[i].asked && now - p.keep[i].started_us > 10000000)
			conn_fail(&p.keep[i], TIMEOUT);
}

static void keep_ask_all(void)
{
	for (int i = 0; i < p.n_keep; i++)
		if (p.keep[i].fd >= 0 && !p.keep[i].asked)
			conn_ask(&p.keep[i]);
}

static void print_names(const char *title, struct names *names)
{
	printf("\"%s\":{", title);
	for (unsigned i = 0; i < names->n; i++)
		printf("%s\"%s\":%lu", i ? "," : "", names->row[i].name, names->row[i].count);
	printf("},");
}

static void print_counts(int64_t now)
{
	unsigned long n_errors = 0;
	for (int i = 0; i < N_ERRORS; i++)
		n_errors += p.errors[i];
	printf("{\"start_us\":%ld,\"now_us\":%ld,\"started\":%lu,\"good\":%lu,\"failed\":%lu,",
	       p.start_us, now, p.n_started, p.n_good, n_errors);
	printf("\"keep\":{\"open\":%d,\"asked\":%lu,\"broken\":%lu,\"closed\":%lu},\"errors\":{",
	       p.n_keep, p.n_keep_asked, p.n_keep_broken, p.n_keep_closed);
	for (int i = 0; i < N_ERRORS; i++)
		printf("%s\"%s\":%lu", i ? "," : "", error_names[i], p.errors[i]);
	printf("},");
	print_names("served", &p.served);
	print_names("database", &p.database);
	printf("\"max_gap_us\":%ld,\"since_good_us\":%ld", p.stream_gap_us, now - p.last_good_us);
}

static void print_stream(void)
{
	print_counts(now_us());
	printf("}\n");
	fflush(stdout);
	p.stream_gap_us = 0;
}

static void print_result(void)
{
	int64_t now = now_us();
	note_gap(now);
	print_counts(now);
	printf(",\"gaps\":[");
	for (unsigned i = 0; i < p.n_gaps; i++)
		printf("%s[%ld,%ld]", i ? "," : "", p.gaps[i][0], p.gaps[i][1]);
	printf("],\"error_times\":[");
	for (unsigned i = 0; i < p.n_noted; i++)
		printf("%s[%ld,\"%s\"]", i ? "," : "", p.noted[i].us, error_names[p.noted[i].kind]);
	printf("]}\n");
	fflush(stdout);
}

static int timer_new(int ms)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct timespec every = {ms / 1000, ms % 1000 * 1000000L};
	struct itimerspec spec = {.it_interval = every, .it_value = every};
	if (ms > 0)
		timerfd_settime(fd, 0, &spec, NULL);
	return fd;
}

static void watch(int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = (uint64_t)fd};
	epoll_ctl(p.epoll, EPOLL_CTL_ADD, fd, &ev);
}

static bool ticked(int fd)
{
	uint64_t n;
	return read(fd, &n, sizeof(n)) == sizeof(n);
}

static void probe_start(void)
{
	unsigned i = p.free_list[--p.n_free];
	p.n_used = i >= p.n_used ? i + 1 : p.n_used;
	p.n_started++;
	conn_start(&p.conn[i]);
}

static void loop(void)
{
	sigset_t stop;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	int probe = timer_new(p.interval_ms), keep = timer_new(KEEP_INTERVAL_MS);
	int stream = timer_new(p.stream_ms), end = signalfd(-1, &stop, SFD_CLOEXEC);
	watch(probe);
	watch(keep);
	watch(stream);
	watch(end);
	p.start_us = p.last_good_us = now_us();
	for (;;) {
		struct epoll_event ev[256];
		int n = epoll_wait(p.epoll, ev, 256, -1);
		for (int i = 0; i < n; i++) {
			if (ev[i].data.u64 > 0xffff) {
				on_event(ev[i].data.ptr, ev[i].events);
			} else if ((int)ev[i].data.u64 == probe && ticked(probe)) {
				expire(now_us());
				if (p.n_free) {
					probe_start();
				}
			} else if ((int)ev[i].data.u64 == keep && ticked(keep)) {
				keep_ask_all();
			} else if ((int)ev[i].data.u64 == stream && ticked(stream)) {
				print_stream();
			} else if ((int)ev[i].data.u64 == end) {
				return;
			}
		}
	}
}

static bool set_target(const char *address, const char *port)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&p.to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&p.to;
	if (inet_pton(AF_INET, address, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons((uint16_t)atoi(port));
		p.to_len = sizeof(*in4);
		return true;
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)atoi(port));
	p.to_len = sizeof(*in6);
	return inet_pton(AF_INET6, address, &in6->sin6_addr) == 1;
}

static void options(int argc, char **argv)
{
	int opt;
	p.interval_ms = 5;
	p.timeout_ms = 2000;
	while ((opt = getopt(argc, argv, "i:k:t:s:R")) != -1) {
		if (opt == 'i')
			p.interval_ms = atoi(optarg);
		else if (opt == 'k')
			p.n_keep = atoi(optarg) < MAX_KEEP ? atoi(optarg) : MAX_KEEP;
		else if (opt == 't')
			p.timeout_ms = atoi(optarg);
		else if (opt == 's')
			p.stream_ms = atoi(optarg);
		else if (opt == 'R')
			sched_setscheduler(0, SCHED_RR, &(struct sched_param){.sched_priority = 1});
	}
	if (argc - optind != 3 || p.interval_ms < 1 ||
	    !set_target(argv[optind], argv[optind + 1])) {
		fprintf(stderr,
			"usage: prober [-i ms] [-k n] [-t ms] [-s ms] [-R] ADDRESS PORT PATH\n");
		exit(2);
	}
	snprintf(p.request, sizeof(p.request),
		 "GET %s HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n", argv[optind + 2]);
	snprintf(p.keep_request, sizeof(p.keep_request), "GET %s HTTP/1.1\r\nHost: shop\r\n\r\n",
		 argv[optind + 2]);
}

int main(int argc, char **argv)
{
	options(argc, argv);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){MAX_CONNS + 512, MAX_CONNS + 512});
	p.epoll = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned i = 0; i < MAX_CONNS; i++) {
		p.conn[i].fd = -1;
		p.free_list[p.n_free++] = MAX_CONNS - 1 - i;
	}
	for (int i = 0; i < p.n_keep; i++) {
		p.keep[i].keep = true;
		conn_start(&p.keep[i]);
	}
	loop();
	print_result();
	return 0;
}
