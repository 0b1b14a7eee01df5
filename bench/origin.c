/*
 * The bench's origin server: as little work as possible, so that the proxy in front is what is
 * measured. origin PORT BULKPORT PORT answers each HTTP/1.1 request (head only, no body) with 200
 * and 1 KiB, keep-alive unless asked to close. BULKPORT reads "N\n" and sends N bytes. One thread,
 * epoll, 127.0.0.1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_FDS = 65536 };

static struct {
	bool bulk, asked;
	uint16_t n_in;
	int64_t left;
	char in[1024];
} conn[MAX_FDS];

static char page[1400], block[262144];
static size_t page_len;
static int epoll;

static int listen_open(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 65535) < 0) {
		perror("origin");
		exit(1);
	}
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
	return fd;
}

static void accept_all(int listener, bool bulk)
{
	int fd;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		if (fd >= MAX_FDS) {
			close(fd);
			continue;
		}
		memset(&conn[fd], 0, sizeof(conn[fd]));
		conn[fd].bulk = bulk;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
		struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
	}
}

static void serve_bulk(int fd)
{
	while (conn[fd].left > 0) {
		size_t n = conn[fd].left < (int64_t)sizeof(block) ? (size_t)conn[fd].left
								  : sizeof(block);
		ssize_t sent = send(fd, block, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent < 0)
			break;
		conn[fd].left -= sent;
	}
	close(fd);
}

static void serve_read(int fd)
{
	ssize_t n =
		recv(fd, conn[fd].in + conn[fd].n_in, sizeof(conn[fd].in) - 1 - conn[fd].n_in, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		close(fd);
		return;
	}
	conn[fd].n_in = (uint16_t)(conn[fd].n_in + n);
	conn[fd].in[conn[fd].n_in] = 0;
	if (conn[fd].bulk) {
		conn[fd].left = atoll(conn[fd].in);
		struct epoll_event ev = {.events = EPOLLOUT, .data.fd = fd};
		epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &ev);
		return;
	}
	if (!strstr(conn[fd].in, "\r\n\r\n"))
		return;
	bool end = strcasestr(conn[fd].in, "connection: close") != NULL;
	conn[fd].n_in = 0;
	if (send(fd, page, page_len, MSG_NOSIGNAL) < 0 || end)
		close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){20000, 20000});
	signal(SIGPIPE, SIG_IGN);
	epoll = epoll_create1(0);
	page_len = (size_t)sprintf(page, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
					 "Content-Length: 1024\r\n\r\n");
	memset(page + page_len, 'x', 1024);
	page_len += 1024;
	int http = listen_open(atoi(argv[1])), bulk = listen_open(atoi(argv[2]));
	for (;;) {
		struct epoll_event ev[256];
		int n = epoll_wait(epoll, ev, 256, -1);
		for (int i = 0; i < n; i++) {
			int fd = ev[i].data.fd;
			if (fd == http || fd == bulk)
				accept_all(fd, fd == bulk);
			else if (ev[i].events & EPOLLOUT)
				serve_bulk(fd);
			else
				serve_read(fd);
		}
	}
}
