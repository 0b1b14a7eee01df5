/*
 * Advice on one node's configuration: the order of the rules, and what this machine's interfaces
 * have. See lint.h. Thread: the master's, at load.
 */
#include "failover/lint/lint.h"

#include <ifaddrs.h>
#include <net/if.h>

static unsigned mask_len(const struct sockaddr *mask)
{
	unsigned n = 0;

	if (mask && mask->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)mask;

		return (unsigned)__builtin_popcount(in->sin_addr.s_addr);
	}
	if (mask && mask->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)mask;

		for (unsigned i = 0; i < 16; i++)
			n += (unsigned)__builtin_popcount(in6->sin6_addr.s6_addr[i]);
	}
	return n;
}

static bool take(struct lint_address *a, const struct ifaddrs *from, struct arena *arena)
{
	int family = from->ifa_addr ? from->ifa_addr->sa_family : AF_UNSPEC;
	socklen_t len =
		family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	if ((family != AF_INET && family != AF_INET6) ||
	    !addr_from_sockaddr(&a->address, from->ifa_addr, len))
		return false;
	a->interface = arena_strdup(arena, from->ifa_name);
	a->prefix_len = mask_len(from->ifa_netmask);
	return true;
}

void lint_host_read(struct lint_host *host, struct arena *arena)
{
	struct lint_address *list;
	struct ifaddrs *all;
	unsigned n = 0;

	*host = (struct lint_host){.list = NULL};
	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		n++;
	list = ARENA_ARRAY(arena, struct lint_address, n + 1);
	host->list = list;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		if (take(&list[host->n], i, arena))
			host->n++;
	freeifaddrs(all);
}

void lint_run(const struct lint *l)
{
	lint_addresses(l);
	lint_weights(l);
}
