/*
 * Addresses: text to value and back, and networks. Pure; any thread. RFC 4291 for IPv6 text.
 */
#include "core/base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

bool addr_parse_ip(struct addr *a, struct slice text, unsigned port)
{
	char host[INET6_ADDRSTRLEN];

	if (text.len == 0 || text.len >= sizeof(host) || port > 65535)
		return false;
	memcpy(host, text.ptr, text.len);
	host[text.len] = '\0';
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, host, &a->in4.sin_addr) == 1) {
		a->in4.sin_family = AF_INET;
		a->in4.sin_port = htons((uint16_t)port);
		a->len = sizeof(a->in4);
		return true;
	}
	if (inet_pton(AF_INET6, host, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = htons((uint16_t)port);
		a->len = sizeof(a->in6);
		return true;
	}
	memset(a, 0, sizeof(*a));
	return false;
}

bool addr_from_sockaddr(struct addr *a, const struct sockaddr *sa, socklen_t len)
{
	if (len > sizeof(a->un))
		return false;
	memset(a, 0, sizeof(*a));
	memcpy(&a->sa, sa, len);
	a->len = len;
	return true;
}

bool addr_set_unix(struct addr *a, struct slice path, bool abstract)
{
	size_t lead = abstract ? 1 : 0;

	memset(a, 0, sizeof(*a));
	if (path.len == 0 || path.len + lead >= sizeof(a->un.sun_path))
		return false;
	a->un.sun_family = AF_UNIX;
	memcpy(a->un.sun_path + lead, path.ptr, path.len);
	/* an abstract name fills sun_path with NULs: HAProxy's, which must find ours, are so long
	 */
	a->len = (socklen_t)(abstract ? sizeof(a->un)
				      : offsetof(struct sockaddr_un, sun_path) + path.len + 1);
	return true;
}

unsigned addr_port(const struct addr *a)
{
	if (a->len && a->sa.sa_family == AF_INET)
		return ntohs(a->in4.sin_port);
	if (a->len && a->sa.sa_family == AF_INET6)
		return ntohs(a->in6.sin6_port);
	return 0;
}

void addr_set_port(struct addr *a, unsigned port)
{
	if (a->len && a->sa.sa_family == AF_INET)
		a->in4.sin_port = htons((uint16_t)port);
	else if (a->len && a->sa.sa_family == AF_INET6)
		a->in6.sin6_port = htons((uint16_t)port);
}

bool addr_is_any(const struct addr *a)
{
	if (a->len && a->sa.sa_family == AF_INET)
		return a->in4.sin_addr.s_addr == htonl(INADDR_ANY);
	if (a->len && a->sa.sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
	return false;
}

bool addr_is_multicast(const struct addr *a)
{
	if (a->sa.sa_family == AF_INET6)
		return IN6_IS_ADDR_MULTICAST(&a->in6.sin6_addr);
	return a->sa.sa_family == AF_INET && IN_MULTICAST(ntohl(a->in4.sin_addr.s_addr));
}

bool addr_is_link_local(const struct addr *a)
{
	return a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->in6.sin6_addr);
}

bool addr_eq(const struct addr *a, const struct addr *b, bool with_port)
{
	if (a->len == 0 || b->len == 0 || a->sa.sa_family != b->sa.sa_family)
		return a->len == b->len && a->len == 0;
	if (a->sa.sa_family == AF_INET)
		return a->in4.sin_addr.s_addr == b->in4.sin_addr.s_addr &&
		       (!with_port || a->in4.sin_port == b->in4.sin_port);
	if (a->sa.sa_family == AF_INET6)
		return memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, 16) == 0 &&
		       (!with_port || a->in6.sin6_port == b->in6.sin6_port);
	return a->len == b->len && memcmp(&a->un, &b->un, a->len) == 0;
}

static char *put_number(char *at, unsigned n)
{
	char digits[12];
	int len = 0;

	do {
		digits[len++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	while (len > 0)
		*at++ = digits[--len];
	return at;
}

/* In every X-Forwarded-For and log line: inet_ntop would go through printf. */
static char *put_ip4(char *at, const struct in_addr *in)
{
	const unsigned char *byte = (const unsigned char *)&in->s_addr;

	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*at++ = '.';
		at = put_number(at, byte[i]);
	}
	return at;
}

const char *addr_host_text(const struct addr *a, char buf[static ADDR_TEXT_MAX])
{
	buf[0] = '\0';
	if (a->len == 0)
		snprintf(buf, ADDR_TEXT_MAX, "-");
	else if (a->sa.sa_family == AF_INET)
		*put_ip4(buf, &a->in4.sin_addr) = '\0';
	else if (a->sa.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a->in6.sin6_addr, buf, ADDR_TEXT_MAX);
	else
		snprintf(buf, ADDR_TEXT_MAX, "unix");
	return buf;
}

const char *addr_text(const struct addr *a, char buf[static ADDR_TEXT_MAX])
{
	char host[ADDR_TEXT_MAX], *at;
	size_t head = offsetof(struct sockaddr_un, sun_path);

	if (a->len && a->sa.sa_family == AF_INET) {
		at = put_ip4(buf, &a->in4.sin_addr);
		*at++ = ':';
		*put_number(at, addr_port(a)) = '\0';
		return buf;
	}
	addr_host_text(a, host);
	if (a->len && a->sa.sa_family == AF_INET6)
		snprintf(buf, ADDR_TEXT_MAX, "[%.64s]:%u", host, addr_port(a));
	else if (a->len > head && a->un.sun_path[0] == '\0')
		snprintf(buf, ADDR_TEXT_MAX, "abns@%.*s", (int)(a->len - head - 1),
			 a->un.sun_path + 1);
	else if (a->len > head)
		snprintf(buf, ADDR_TEXT_MAX, "unix:%.*s", (int)(a->len - head), a->un.sun_path);
	else
		snprintf(buf, ADDR_TEXT_MAX, "%.64s", host);
	return buf;
}

bool addr_net_parse(struct addr_net *n, struct slice text)
{
	struct slice rest = text;
	struct slice host = slice_cut(&rest, '/');
	unsigned long long bits;
	unsigned max;

	if (!addr_parse_ip(&n->base, host, 0))
		return false;
	max = n->base.sa.sa_family == AF_INET ? 32 : 128;
	n->bits = max;
	if (host.len == text.len)
		return true;
	if (slice_to_uint(rest, max, &bits)) {
		n->bits = (unsigned)bits;
		return true;
	}
	/* the old form with a dotted mask: only contiguous masks are networks */
	struct addr mask;
	if (max != 32 || !addr_parse_ip(&mask, rest, 0) || mask.sa.sa_family != AF_INET)
		return false;
	uint32_t m = ntohl(mask.in4.sin_addr.s_addr);
	if (m & (~m >> 1))
		return false;
	n->bits = (unsigned)__builtin_popcount(m);
	return true;
}

static bool prefix_eq(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned whole = bits / 8, part = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return part == 0 || ((a[whole] ^ b[whole]) >> (8 - part)) == 0;
}

bool addr_net_has(const struct addr_net *n, const struct addr *a)
{
	const unsigned char *bytes;

	if (a->len == 0)
		return false;
	if (n->base.sa.sa_family == AF_INET) {
		if (a->sa.sa_family == AF_INET)
			bytes = (const unsigned char *)&a->in4.sin_addr;
		else if (a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
			bytes = (const unsigned char *)&a->in6.sin6_addr + 12;
		else
			return false;
		return prefix_eq((const unsigned char *)&n->base.in4.sin_addr, bytes, n->bits);
	}
	if (a->sa.sa_family != AF_INET6)
		return false;
	return prefix_eq((const unsigned char *)&n->base.in6.sin6_addr,
			 (const unsigned char *)&a->in6.sin6_addr, n->bits);
}
