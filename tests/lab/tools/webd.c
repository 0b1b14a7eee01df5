/*
 * The lab's web server, and (with -D) the lab's little database.
 *
 *   webd [-n NAME] [-d DBADDR:PORT [-m]] [-w SLOW_MS] ADDRESS PORT     a web server
 *   webd -D [-n NAME] ADDRESS PORT                                   the database: says NAME, hangs
 * up
 *
 * Each page says which server made it and which database node answered for it (also as the fields
 * X-Served-By and X-Database); with -d the database is asked anew for every page, over a connection
 * of its own, as it is (-m: MariaDB's protocol, user "web" without a password, `select
 * @@hostname`). A database that does not answer within a second makes the page a 503. /health never
 * asks it, /size/N is N bytes long. SIGUSR1 makes every answer SLOW_MS late, SIGUSR2 ends that. One
 * thread per connection: plain to read, fast enough for a few thousand requests per second.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static char name[64] = "web";
static struct sockaddr_storage db_to;
static socklen_t db_len;
static bool db_is_mariadb, be_database;
static int slow_ms = 2000;
static volatile sig_atomic_t is_slow;

static void on_signal(int number)
{
	is_slow = number == SIGUSR1;
}

static socklen_t address_parse(struct sockaddr_storage *to, const char *host, const char *port)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, host, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons((uint16_t)atoi(port));
		return sizeof(*in4);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)atoi(port));
	return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1 ? sizeof(*in6) : 0;
}

static void timeout_set(int fd, int ms)
{
	struct timeval t = {ms / 1000, ms % 1000 * 1000};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

static bool read_all(int fd, uint8_t *at, size_t n)
{
	while (n > 0) {
		ssize_t got = recv(fd, at, n, 0);
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

/* One packet of MariaDB's protocol: three bytes of length, one of sequence, the payload. */
static int packet_read(int fd, uint8_t *to, size_t size)
{
	uint8_t head[4];
	if (!read_all(fd, head, 4))
		return -1;
	size_t n = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;
	if (n == 0 || n >= size || !read_all(fd, to, n))
		return -1;
	to[n] = 0;
	return (int)n;
}

static bool packet_write(int fd, uint8_t sequence, const void *payload, size_t n)
{
	uint8_t out[256] = {(uint8_t)n, (uint8_t)(n >> 8), 0, sequence};
	memcpy(out + 4, payload, n);
	return send(fd, out, n + 4, MSG_NOSIGNAL) == (ssize_t)n + 4;
}

static bool mariadb_ask(int fd, char *answer, size_t size)
{
	/* 41 | SECURE_CONNECTION, 16 MiB packets, utf8mb4, 23 zeros, the user, an empty password */
	static const uint8_t login[32 + 5] = {0, 0x82, 0, 0, 0, 0, 0, 1, 45, [32] = 'w', 'e', 'b'};
	static const char query[] = "\x03select @@hostname";
	uint8_t in[2048];
	if (packet_read(fd, in, sizeof(in)) < 0 || in[0] == 0xff)
		return false;
	if (!packet_write(fd, 1, login, sizeof(login)) || packet_read(fd, in, sizeof(in)) < 0 ||
	    in[0] != 0)
		return false;
	if (!packet_write(fd, 0, query, sizeof(query) - 1))
		return false;
	/* a column count, one column, its end, then the row: one string with its length before it
	 */
	for (int i = 0; i < 4; i++)
		if (packet_read(fd, in, sizeof(in)) < 0 || in[0] == 0xff)
			return false;
	snprintf(answer, size, "%.*s", in[0], (char *)in + 1);
	return true;
}

static bool text_ask(int fd, char *answer, size_t size)
{
	ssize_t n = recv(fd, answer, size - 1, 0);
	if (n <= 0)
		return false;
	answer[n] = 0;
	answer[strcspn(answer, "\r\n")] = 0;
	return true;
}

/* A lost SYN is only sent again after a second, so a short try and a new connection, until that
 * time. */
static bool database_ask(char *answer, size_t size)
{
	for (int try = 0; try < 5; try++) {
		int fd = socket(db_to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		timeout_set(fd, 200);
		bool good = connect(fd, (struct sockaddr *)&db_to, db_len) == 0;
		good = good &&
		       (db_is_mariadb ? mariadb_ask(fd, answer, size) : text_ask(fd, answer, size));
		close(fd);
		if (good)
			return true;
		usleep(20000);
	}
	return false;
}

static bool send_all(int fd, const char *at, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		at += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool answer_bytes(int fd, unsigned long size)
{
	static const char block[65536];
	char head[256];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 200 OK\r\nX-Served-By: %s\r\nContent-Length: %lu\r\n\r\n", name,
			 size);
	if (!send_all(fd, head, (size_t)n))
		return false;
	for (; size > sizeof(block); size -= sizeof(block))
		if (!send_all(fd, block, sizeof(block)))
			return false;
	return send_all(fd, block, size);
}

static bool answer_echo(int fd, const char *request)
{
	char head[256];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 200 OK\r\nX-Served-By: %s\r\nContent-Length: %zu\r\n\r\n", name,
			 strlen(request));
	return send_all(fd, head, (size_t)n) && send_all(fd, request, strlen(request));
}

static bool answer_page(int fd, bool with_database, bool head_only)
{
	char database[64] = "none", body[512], out[1024];
	bool good = !with_database || database_ask(database, sizeof(database));
	int n = snprintf(body, sizeof(body), "<h1>The shop</h1><p>page by %s, database %s</p>\n",
			 name, database);
	n = snprintf(out, sizeof(out),
		     "HTTP/1.1 %s\r\nContent-Type: text/html\r\nX-Served-By: %s\r\n"
		     "X-Database: %s\r\nContent-Length: %d\r\n\r\n%s",
		     good ? "200 OK" : "503 Service Unavailable", name, database, n,
		     head_only ? "" : body);
	return send_all(fd, out, (size_t)n);
}

static bool answer(int fd, const char *request)
{
	char path[256] = "/", method[16] = "";
	sscanf(request, "%15s %255s", method, path);
	for (int ms = 0; is_slow && ms < slow_ms; ms += 10)
		usleep(10000);
	if (strncmp(path, "/size/", 6) == 0)
		return answer_bytes(fd, strtoul(path + 6, NULL, 10));
	if (strcmp(path, "/echo") == 0)
		return answer_echo(fd, request);
	bool with_database = db_len > 0 && strcmp(path, "/health") != 0;
	return answer_page(fd, with_database, strcmp(method, "HEAD") == 0) &&
	       !strcasestr(request, "connection: close");
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char in[8192];
	size_t n_in = 0;
	bool going = true;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	if (be_database) {
		dprintf(fd, "%s\n", name);
		going = false;
	}
	while (going) {
		ssize_t n = recv(fd, in + n_in, sizeof(in) - 1 - n_in, 0);
		if (n <= 0)
			break;
		n_in += (size_t)n;
		in[n_in] = 0;
		char *end;
		while (going && (end = strstr(in, "\r\n\r\n"))) {
			*end = 0;
			going = answer(fd, in);
			n_in -= (size_t)(end + 4 - in);
			memmove(in, end + 4, n_in + 1);
		}
		going = going && n_in < sizeof(in) - 1;
	}
	shutdown(fd, SHUT_WR);
	close(fd);
	return NULL;
}

static int listen_open(const char *host, const char *port)
{
	struct sockaddr_storage at;
	socklen_t len = address_parse(&at, host, port);
	int fd = len ? socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 || listen(fd, 1024) < 0) {
		fprintf(stderr, "webd: %s port %s: %s\n", host, port,
			len ? strerror(errno) : "no address");
		exit(1);
	}
	return fd;
}

static void options(int argc, char **argv)
{
	int opt;
	while ((opt = getopt(argc, argv, "n:d:mw:D")) != -1) {
		char *colon = opt == 'd' ? strrchr(optarg, ':') : NULL;
		if (opt == 'n')
			snprintf(name, sizeof(name), "%s", optarg);
		else if (opt == 'm')
			db_is_mariadb = true;
		else if (opt == 'w')
			slow_ms = atoi(optarg);
		else if (opt == 'D')
			be_database = true;
		else if (colon) {
			*colon = 0;
			db_len = address_parse(&db_to, optarg, colon + 1);
		}
	}
	if (argc - optind != 2) {
		fprintf(stderr,
			"usage: webd [-n NAME] [-d DBADDR:PORT [-m]] [-w MS] [-D] ADDRESS PORT\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	options(argc, argv);
	struct sigaction slow = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigaction(SIGUSR1, &slow, NULL);
	sigaction(SIGUSR2, &slow, NULL);
	signal(SIGPIPE, SIG_IGN);
	int listener = listen_open(argv[optind], argv[optind + 1]);
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (;;) {
		pthread_t thread;
		int fd = accept(listener, NULL, NULL);
		if (fd >= 0 && pthread_create(&thread, &attr, serve, (void *)(intptr_t)fd) != 0)
			close(fd);
	}
}
