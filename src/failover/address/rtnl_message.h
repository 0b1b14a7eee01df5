/*
 * rtnetlink messages about links and addresses, built into and read from plain bytes: no socket
 * here. Used by links.c (reads), hold.c (builds), rtnl.c (carries). Pure.
 */
#ifndef RELAIS_ADDRESS_RTNL_MESSAGE_H
#define RELAIS_ADDRESS_RTNL_MESSAGE_H

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/addr.h"

/* Room for messages one after another. What does not fit is left out whole, and full is set. */
struct rtnl_message {
	char *buf; /* borrowed, aligned to 4 */
	size_t cap, len;
	unsigned n;
	bool full;
};

struct rtnl_address {
	int ifindex;
	uint8_t family, prefix_len, scope;
	uint32_t flags;				    /* IFA_F_* */
	uint8_t local[16], peer[16], broadcast[16]; /* 4 bytes used for IPv4 */
	bool has_peer, has_broadcast, has_lifetime;
	uint32_t preferred_s, valid_s;
	char label[IFNAMSIZ]; /* empty = none */
};

struct rtnl_link {
	int ifindex;
	unsigned flags; /* IFF_* */
	uint16_t kind;	/* ARPHRD_* */
	char name[IFNAMSIZ];
	uint8_t mac[8];
	unsigned mac_len; /* 0 when there is none or it is longer */
	uint32_t mtu;
};

void rtnl_message_init(struct rtnl_message *m, void *buf, size_t cap);

/* The pieces a message is made of. begin returns where it stands (head); nl_flags are those beside
 * NLM_F_REQUEST. extend: len more bytes, zeroed; NULL when they do not fit. finish: false, and the
 * message is left out, when something did not fit. */
size_t rtnl_message_begin(struct rtnl_message *m, uint16_t type, uint16_t nl_flags, uint32_t seq);
void *rtnl_message_extend(struct rtnl_message *m, size_t head, size_t len);
void rtnl_message_put(struct rtnl_message *m, size_t head, uint16_t type, const void *data,
		      size_t len);
/* Attributes inside of one: what is put between the two calls. */
size_t rtnl_message_nest(struct rtnl_message *m, size_t head, uint16_t type);
void rtnl_message_unnest(struct rtnl_message *m, size_t at);
bool rtnl_message_finish(struct rtnl_message *m, size_t head);

/* type RTM_NEWADDR or RTM_DELADDR; nl_flags beside NLM_F_REQUEST. False when it does not fit. */
bool rtnl_message_put_address(struct rtnl_message *m, uint16_t type, uint16_t nl_flags,
			      uint32_t seq, const struct rtnl_address *a);
/* A dump of all links (RTM_GETLINK) or all addresses (RTM_GETADDR). */
bool rtnl_message_put_dump(struct rtnl_message *m, uint16_t type, uint32_t seq);

/* False for a message that is too short or lacks what it must have. */
bool rtnl_read_address(const struct nlmsghdr *h, struct rtnl_address *a);
bool rtnl_read_link(const struct nlmsghdr *h, struct rtnl_link *l);

/* Bytes of an address of this family: 4 or 16. */
static inline size_t rtnl_address_len(uint8_t family)
{
	return family == AF_INET6 ? 16 : 4;
}

/* Same family and address; interface and prefix when whole. */
bool rtnl_address_eq(const struct rtnl_address *a, const struct rtnl_address *b, bool whole);
void rtnl_address_to_addr(const struct rtnl_address *a, struct addr *out);
/* The raw bytes of an IPv4 or IPv6 address. */
const uint8_t *rtnl_addr_bytes(const struct addr *a);

#endif
