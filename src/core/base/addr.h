/*
 * Socket addresses of the families that relais serves: IPv4, IPv6, Unix paths (also abstract).
 * A value; copy it freely.
 */
#ifndef RELAIS_BASE_ADDR_H
#define RELAIS_BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/base/slice.h"

struct addr {
	socklen_t len; /* 0 = none */
	union {
		struct sockaddr sa;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
};

enum { ADDR_TEXT_MAX = 128 };

/* A literal IPv4 or IPv6 address without port or brackets. port in host order. */
bool addr_parse_ip(struct addr *a, struct slice text, unsigned port);
bool addr_from_sockaddr(struct addr *a, const struct sockaddr *sa, socklen_t len);
/* Path longer than sun_path: false. abstract puts a NUL first. */
bool addr_set_unix(struct addr *a, struct slice path, bool abstract);
unsigned addr_port(const struct addr *a);
void addr_set_port(struct addr *a, unsigned port);
bool addr_is_any(const struct addr *a);
bool addr_is_multicast(const struct addr *a);
bool addr_is_link_local(const struct addr *a); /* IPv6 fe80::/10 */
/* Same family, address and, when with_port, port. */
bool addr_eq(const struct addr *a, const struct addr *b, bool with_port);
/* The bare address ("192.0.2.1", "2001:db8::1", "unix:1" for a Unix peer) into buf. */
const char *addr_host_text(const struct addr *a, char buf[static ADDR_TEXT_MAX]);
/* With port: "192.0.2.1:80", "[2001:db8::1]:80", "unix:/path". */
const char *addr_text(const struct addr *a, char buf[static ADDR_TEXT_MAX]);

/* A network "192.0.2.0/24" or a single address; bits = prefix length. */
struct addr_net {
	struct addr base;
	unsigned bits;
};

bool addr_net_parse(struct addr_net *n, struct slice text);
/* An IPv4-mapped IPv6 address matches IPv4 networks. */
bool addr_net_has(const struct addr_net *n, const struct addr *a);

#endif
