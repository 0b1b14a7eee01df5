/*
 * relais-probe: one ICMP, UDP or DNS probe of a server, for PING_CHECK, UDP_CHECK and DNS_CHECK of
 * a keepalived.conf. A program of its own because a raw socket and a mark need rights that the
 * balancer has given up; run by the runner as `option script-check` (failover/virtual/ writes the
 * line, and an operator may). Exit status: 0 the server is there; 1 it is not, or it cannot be
 * known, and a line on stdout says why; 2 usage.
 */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "core/base/addr.h"
#include "helpers/probe_bytes.h"

enum { ANSWER_MAX = 65536, RANDOM_LEN = 32, REPLY_MOST = 255 };

struct probe {
	const char *kind, *interface, *type, *name;
	struct addr to, from;
	unsigned long mark, port, from_port, least, most;
	long timeout_ms;
	bool wants_reply;
	struct probe_bytes payload, reply;
	bool raw; /* of ping: the answer has an IPv4 header, and any process' replies come */
	uint16_t id;
};

static int fail(const char *what, const char *why)
{
	printf("%s: %s\n", what, why);
	return 1;
}

static int usage(void)
{
	fprintf(stderr,
		"relais-probe ping|udp|dns --to ADDRESS [--port N] [--from ADDRESS] [--from-port "
		"N]\n"
		"    [--interface NAME] [--mark N] [--timeout MS] [--payload HEX] [--reply HEX]\n"
		"    [--least N] [--most N] [--type TYPE] [--name NAME]\n");
	return 2;
}

static bool number(const char *text, unsigned long most, unsigned long *out)
{
	char *rest;

	errno = 0;
	*out = strtoul(text, &rest, 10);
	return *text >= '0' && *text <= '9' && !*rest && !errno && *out <= most;
}

static bool take(struct probe *p, int option, const char *text)
{
	unsigned long n = 0;

	switch (option) {
	case 't':
		return addr_parse_ip(&p->to, slice_of(text), 0);
	case 'p':
		return number(text, 65535, &p->port);
	case 'f':
		return addr_parse_ip(&p->from, slice_of(text), 0);
	case 'F':
		return number(text, 65535, &p->from_port);
	case 'i':
		p->interface = text;
		return true;
	case 'm':
		return number(text, UINT32_MAX, &p->mark);
	case 'w':
		p->timeout_ms = number(text, 86400000, &n) ? (long)n : 0;
		return n > 0;
	case 'P':
		return probe_bytes_parse(&p->payload, text, false);
	case 'r':
		p->wants_reply = true;
		return probe_bytes_parse(&p->reply, text, true);
	case 'l':
		return number(text, 65535, &p->least);
	case 'L':
		return number(text, 65535, &p->most);
	case 'T':
		p->type = text;
		return true;
	case 'n':
		p->name = text;
		return true;
	default:
		return false;
	}
}

static bool read_arguments(struct probe *p, int argc, char **argv)
{
	static const struct option options[] = {
		{"to", 1, NULL, 't'},	     {"port", 1, NULL, 'p'},	  {"from", 1, NULL, 'f'},
		{"from-port", 1, NULL, 'F'}, {"interface", 1, NULL, 'i'}, {"mark", 1, NULL, 'm'},
		{"timeout", 1, NULL, 'w'},   {"payload", 1, NULL, 'P'},	  {"reply", 1, NULL, 'r'},
		{"least", 1, NULL, 'l'},     {"most", 1, NULL, 'L'},	  {"type", 1, NULL, 'T'},
		{"name", 1, NULL, 'n'},	     {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take(p, option, optarg ? optarg : ""))
			return false;
	if (optind != argc - 1 || !p->to.len)
		return false;
	p->kind = argv[optind];
	addr_set_port(&p->to, (unsigned)p->port);
	return strcmp(p->kind, "ping") == 0 || strcmp(p->kind, "udp") == 0 ||
	       strcmp(p->kind, "dns") == 0;
}

/* ---- the socket ---- */

static int open_echo(struct probe *p)
{
	int protocol = p->to.sa.sa_family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int fd = socket(p->to.sa.sa_family, SOCK_RAW | SOCK_CLOEXEC, protocol);

	p->raw = fd >= 0;
	if (fd < 0) /* without rights: if net.ipv4.ping_group_range lets us */
		fd = socket(p->to.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, protocol);
	return fd;
}

static const char *prepare(const struct probe *p, int fd, bool echo)
{
	uint32_t mark = (uint32_t)p->mark;
	struct addr from = p->from;

	if (p->interface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, p->interface,
				       (socklen_t)strlen(p->interface)) < 0)
		return "the interface";
	if (mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0)
		return "the mark";
	if (p->from_port && !from.len)
		addr_parse_ip(&from, p->to.sa.sa_family == AF_INET ? SLICE("0.0.0.0") : SLICE("::"),
			      0);
	if (from.len)
		addr_set_port(&from, echo ? 0 : (unsigned)p->from_port);
	if (from.len && addr_is_link_local(&from) && p->interface)
		from.in6.sin6_scope_id = if_nametoindex(p->interface);
	if (from.len && bind(fd, &from.sa, from.len) < 0)
		return "the address that it comes from";
	return connect(fd, &p->to.sa, p->to.len) < 0 ? "connect" : NULL;
}

/* ---- what is sent ---- */

static size_t write_probe(struct probe *p, uint8_t *buf, size_t cap)
{
	if (getrandom(&p->id, sizeof(p->id), 0) < 0)
		p->id = (uint16_t)getpid();
	if (strcmp(p->kind, "ping") == 0) {
		probe_echo_write(buf, p->to.sa.sa_family == AF_INET6, p->id, 1);
		return PROBE_ECHO_LEN;
	}
	if (strcmp(p->kind, "dns") == 0)
		return probe_dns_write(buf, cap, p->id, p->type, p->name);
	if (p->payload.len) {
		memcpy(buf, p->payload.value, p->payload.len);
		return p->payload.len;
	}
	return getrandom(buf, RANDOM_LEN, 0) == RANDOM_LEN ? RANDOM_LEN : 0;
}

/* ---- what comes back ---- */

static enum probe_verdict judge_udp(const struct probe *p, const uint8_t *got, size_t len)
{
	if (!p->wants_reply)
		return PROBE_GOOD;
	if (len >= p->least && len <= p->most && probe_bytes_match(&p->reply, got, len))
		return PROBE_GOOD;
	printf("%zu bytes came back that are not the reply\n", len);
	return PROBE_BAD;
}

static enum probe_verdict judge(const struct probe *p, const uint8_t *got, size_t len)
{
	bool v6 = p->to.sa.sa_family == AF_INET6;
	enum probe_verdict verdict;
	unsigned rcode = 0;
	size_t head = 0;

	if (strcmp(p->kind, "udp") == 0)
		return judge_udp(p, got, len);
	if (strcmp(p->kind, "dns") == 0) {
		verdict = probe_dns_judge(got, len, p->id, &rcode);
		if (verdict == PROBE_BAD)
			printf("DNS answer with code %u\n", rcode);
		return verdict;
	}
	if (p->raw && !v6 && len > 0)
		head = (size_t)(got[0] & 0xf) * 4;
	return head <= len && probe_echo_is_reply(got + head, len - head, v6, p->id, 1, !p->raw)
		       ? PROBE_GOOD
		       : PROBE_NOT_OURS;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* UDP without a reply that is asked for: silence is good, an ICMP error is not. */
static int wait_for_answer(const struct probe *p, int fd)
{
	bool silence_is_good = strcmp(p->kind, "udp") == 0 && !p->wants_reply;
	static uint8_t answer[ANSWER_MAX];
	long until = now_ms() + p->timeout_ms, left;

	while ((left = until - now_ms()) > 0) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		enum probe_verdict verdict;
		ssize_t n;

		if (poll(&pfd, 1, (int)left) <= 0)
			continue;
		n = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return fail(p->kind, strerror(errno));
		verdict = judge(p, answer, (size_t)n);
		if (verdict != PROBE_NOT_OURS)
			return verdict == PROBE_GOOD ? 0 : 1;
	}
	return silence_is_good ? 0 : fail(p->kind, "no answer in time");
}

int main(int argc, char **argv)
{
	static struct probe p = {
		.type = "SOA", .name = ".", .timeout_ms = 5000, .most = REPLY_MOST};
	uint8_t buf[PROBE_BYTES_MAX];
	const char *failed;
	size_t len;
	bool echo;
	int fd;

	if (!read_arguments(&p, argc, argv))
		return usage();
	echo = strcmp(p.kind, "ping") == 0;
	len = write_probe(&p, buf, sizeof(buf));
	if (len == 0)
		return fail(p.kind, "this cannot be asked");
	fd = echo ? open_echo(&p) : socket(p.to.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail("socket", strerror(errno));
	failed = prepare(&p, fd, echo);
	if (failed)
		return fail(failed, strerror(errno));
	if (send(fd, buf, len, 0) < 0)
		return fail("send", strerror(errno));
	return wait_for_answer(&p, fd);
}
