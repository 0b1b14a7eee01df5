/*
 * Instructions of one request parse, by callgrind: parse the same typical request N times
 * (argument, default 100,000). tools that read the count subtract a run with N = 0. See
 * bench/h1_parse.sh.
 */
#include <stdio.h>
#include <stdlib.h>

#include "balancer/h1/parse.h"

static char request[] =
	"GET /images/logo.png?v=3 HTTP/1.1\r\n"
	"Host: www.example.org\r\n"
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101\r\n"
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
	"Accept-Encoding: gzip, deflate, br\r\n"
	"Cookie: session=0123456789abcdef; SRV=s1\r\n"
	"\r\n";

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 100000;
	struct iovec iov[8];
	struct http_message msg;
	struct arena arena;
	size_t runs = 0;

	arena_init(&arena, 0);
	for (long i = 0; i < n; i++) {
		struct h1_parser p = {0};

		http_message_init(&msg, &arena);
		if (h1_parse_request(&p, &msg, request, sizeof(request) - 1) != H1_DONE)
			return 1;
		runs += (size_t)http_message_iov(&msg, iov, 8);
	}
	printf("%zu runs of memory\n", runs);
	arena_fini(&arena);
	return 0;
}
