/*
 * Addresses of bind, server, log and source lines. See value.h. The only part of reading a
 * configuration that may wait for the network: names are looked up here, once, at load.
 */
#include <ctype.h>
#include <netdb.h>
#include <stdlib.h>

#include "core/conf/value.h"

struct prefix {
	const char *text;
	int family; /* AF_UNSPEC: decides otherwise */
	enum { KIND_IP, KIND_UNIX, KIND_ABSTRACT, KIND_FD, KIND_SOCKPAIR, KIND_OTHER } kind;
};

static const struct prefix prefixes[] = {
	{"ipv4@", AF_INET, KIND_IP},
	{"ipv6@", AF_INET6, KIND_IP},
	{"tcp4@", AF_INET, KIND_IP},
	{"tcp6@", AF_INET6, KIND_IP},
	{"tcp@", AF_UNSPEC, KIND_IP},
	{"unix@", AF_UNIX, KIND_UNIX},
	{"uxst@", AF_UNIX, KIND_UNIX},
	{"abns@", AF_UNIX, KIND_ABSTRACT},
	{"abnsz@", AF_UNIX, KIND_OTHER},
	{"fd@", AF_UNSPEC, KIND_FD},
	{"sockpair@", AF_UNSPEC, KIND_SOCKPAIR},
	{"quic4@", AF_INET, KIND_OTHER},
	{"quic6@", AF_INET6, KIND_OTHER},
	{"rhttp@", AF_UNSPEC, KIND_OTHER},
	{"mptcp@", AF_UNSPEC, KIND_OTHER},
	{"ring@", AF_UNSPEC, KIND_OTHER},
	{"", AF_UNSPEC, KIND_IP},
};

struct parse {
	struct conf_ctx *ctx;
	struct conf_place at;
	const char *whole; /* as written */
	unsigned flags;
	struct conf_address *out;
};

static bool wrong(struct parse *p, const char *what)
{
	conf_error(p->ctx->diags, p->at, "address '%s': %s", p->whole, what);
	return false;
}

static bool one_port(struct parse *p, const char *text, const char *end, unsigned *out)
{
	unsigned long long n;

	if (!slice_to_uint((struct slice){text, (size_t)(end - text)}, 65535, &n))
		return wrong(p, "a port is a number up to 65535");
	*out = (unsigned)n;
	return true;
}

static bool port(struct parse *p, const char *text)
{
	struct conf_address *out = p->out;
	const char *dash = strchr(text, '-'), *end = text + strlen(text);

	if (!(p->flags & CONF_ADDRESS_PORT))
		return wrong(p, "no port may stand here");
	if (*text == '+' || *text == '-') {
		unsigned n;

		if (!(p->flags & CONF_ADDRESS_OFFSET))
			return wrong(p, "a relative port may not stand here");
		if (!one_port(p, text + 1, end, &n))
			return false;
		out->is_offset = true;
		out->offset = *text == '-' ? -(int)n : (int)n;
		return true;
	}
	if (dash && !(p->flags & CONF_ADDRESS_RANGE))
		return wrong(p, "a port range may not stand here");
	if (!one_port(p, text, dash ? dash : end, &out->port_low))
		return false;
	out->port_high = out->port_low;
	if (dash && !one_port(p, dash + 1, end, &out->port_high))
		return false;
	if (out->port_high < out->port_low)
		return wrong(p, "the port range ends before it begins");
	if (p->flags & CONF_ADDRESS_PORT_NEEDED && out->port_low == 0)
		return wrong(p, "port 0 cannot be used");
	out->has_port = true;
	return true;
}

static bool look_up(struct parse *p, const char *host, int family)
{
	struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *found = NULL;
	int err;

	p->out->host = arena_strdup(p->ctx->arena, host);
	if (!(p->flags & CONF_ADDRESS_RESOLVE))
		return wrong(p, "an address is expected here, not a name");
	err = p->ctx->offline ? EAI_AGAIN : getaddrinfo(host, NULL, &hints, &found);
	if (!err && found && addr_from_sockaddr(&p->out->addr, found->ai_addr, found->ai_addrlen)) {
		addr_set_port(&p->out->addr, p->out->port_low);
	} else if (p->flags & CONF_ADDRESS_LAZY) {
		p->out->unresolved = true;
	} else {
		conf_error(p->ctx->diags, p->at,
			   "address '%s': the name '%s' cannot be resolved: %s", p->whole, host,
			   err ? gai_strerror(err) : "no address");
	}
	if (found)
		freeaddrinfo(found);
	return p->out->addr.len != 0 || p->out->unresolved;
}

/* host may be "", "*", a literal or a name. */
static bool host_of(struct parse *p, const char *host, int family)
{
	struct addr *a = &p->out->addr;
	unsigned low = p->out->port_low;

	if (!*host || strcmp(host, "*") == 0)
		return addr_parse_ip(a, family == AF_INET6 ? SLICE("::") : SLICE("0.0.0.0"), low);
	if (addr_parse_ip(a, slice_of(host), low)) {
		if (family != AF_UNSPEC && a->sa.sa_family != family)
			return wrong(p, "the address is not of the family before the @");
		return true;
	}
	if (strspn(host, "0123456789.:") == strlen(host))
		return wrong(p, "not an address");
	return look_up(p, host, family);
}

static bool internet(struct parse *p, const char *text, int family)
{
	char *host = arena_strdup(p->ctx->arena, text);
	char *colon = strrchr(host, ':'), *close = strchr(host, ']');

	if (*host == '[') {
		if (!close || (close[1] && close[1] != ':'))
			return wrong(p, "an opening bracket wants ']' and then the port");
		*close = '\0';
		host++;
		colon = close[1] ? close + 1 : NULL;
	} else if (!(p->flags & CONF_ADDRESS_PORT) && colon && strchr(host, ':') != colon) {
		colon = NULL; /* an IPv6 address where no port may stand */
	}
	if (colon) {
		*colon = '\0';
		if (colon[1] && !port(p, colon + 1))
			return false;
	}
	if (p->flags & CONF_ADDRESS_PORT_NEEDED && !p->out->has_port)
		return wrong(p, "the port is missing");
	return host_of(p, host, family);
}

static bool inherited(struct parse *p, const char *text, bool sockpair)
{
	unsigned long long fd;

	if (!(p->flags & CONF_ADDRESS_FD))
		return wrong(p, "an inherited descriptor cannot stand here");
	if (!slice_to_uint(slice_of(text), 1 << 20, &fd))
		return wrong(p, "fd@ wants the number of an inherited descriptor");
	p->out->fd = (int)fd;
	p->out->sockpair = sockpair;
	return true;
}

static bool by_kind(struct parse *p, const struct prefix *prefix, const char *text)
{
	switch (prefix->kind) {
	case KIND_UNIX:
	case KIND_ABSTRACT:
		if (!(p->flags & CONF_ADDRESS_UNIX))
			return wrong(p, "a Unix socket cannot stand here");
		if (!*text ||
		    !addr_set_unix(&p->out->addr, slice_of(text), prefix->kind == KIND_ABSTRACT))
			return wrong(p, "the path is empty or too long for a Unix socket");
		return true;
	case KIND_FD:
		return inherited(p, text, false);
	case KIND_SOCKPAIR:
		return inherited(p, text, true);
	case KIND_OTHER:
		return wrong(p, arena_printf(p->ctx->arena,
					     "addresses with '%s' are known but not served yet",
					     prefix->text));
	case KIND_IP:
		break;
	}
	return internet(p, text, prefix->family);
}

bool conf_address_parse(struct conf_ctx *ctx, struct conf_place at, const char *text,
			unsigned flags, struct conf_address *out)
{
	static const struct prefix path = {"", AF_UNIX, KIND_UNIX};
	struct parse p = {ctx, at, text, flags, out};
	const struct prefix *prefix = prefixes;
	bool dgram = flags & CONF_ADDRESS_DGRAM;

	*out = (struct conf_address){.fd = -1};
	if (strncmp(text, "stream+", 7) == 0) {
		if (dgram)
			return wrong(&p, "a stream cannot stand here");
		text += 7;
	} else if (strncmp(text, "dgram+", 6) == 0) {
		if (!dgram)
			return wrong(&p, "datagrams cannot stand here");
		text += 6;
	} else if (strncmp(text, "udp", 3) == 0 && strchr(text, '@')) {
		if (!dgram)
			return wrong(&p, "datagrams cannot stand here");
		/* udp@, udp4@, udp6@: the same as their stream names from here on */
		text = arena_printf(ctx->arena, "tcp%s", text + 3);
	}
	if (*text == '/')
		return by_kind(&p, &path, text);
	while (strncmp(text, prefix->text, strlen(prefix->text)) != 0)
		prefix++;
	return by_kind(&p, prefix, text + strlen(prefix->text));
}
