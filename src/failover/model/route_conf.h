/*
 * Routes and rules of a configuration (virtual_routes, virtual_rules, static_*): plain data in the
 * terms of iproute2, made by failover/conf, read by failover/address. Interfaces are named, since
 * they may come later. Part of vrrp_conf.h.
 */
#ifndef RELAIS_MODEL_ROUTE_CONF_H
#define RELAIS_MODEL_ROUTE_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/conf/diag.h"

enum {
	ROUTE_PROTOCOL = 18,  /* "keepalived" in rt_protos: what is ours in the kernel's tables */
	ROUTE_METRICS_N = 18, /* RTAX_* from 1 to 17 */
};

struct hop_conf { /* one nexthop of several */
	struct hop_conf *next;
	struct addr via; /* len 0 = none */
	const char *dev; /* NULL = the kernel chooses */
	unsigned weight; /* 1..256 */
	bool onlink;
	uint32_t realms;
};

struct route_conf {
	struct route_conf *next;
	const char *text; /* as configured, for logs and for comparing */
	int family;
	uint8_t type, scope, tos, protocol; /* RTN_*, RT_SCOPE_* */
	struct addr to, from;		    /* len 0 = default, any */
	unsigned to_len, from_len;	    /* prefix lengths */
	struct addr via, src;		    /* len 0 = none; via may be of the other family */
	const char *dev;		    /* NULL = the kernel chooses */
	struct hop_conf *hops;		    /* non-NULL = several nexthops */
	uint32_t table, metric, realms;
	uint32_t metrics[ROUTE_METRICS_N];    /* by RTAX_* */
	uint32_t metrics_set, metrics_locked; /* bits 1 << RTAX_* */
	const char *congctl;		      /* NULL = none */
	uint32_t expires_s;		      /* 0 = never */
	int pref, ttl_propagate;	      /* -1 = not said */
	bool onlink, append, no_track;
	const char *track_group; /* NULL = none */
	struct conf_place place;
};

struct rule_conf {
	struct rule_conf *next;
	const char *text;
	int family;
	uint8_t action, tos, protocol, ip_proto; /* FR_ACT_* */
	struct addr from, to;			 /* len 0 = all */
	unsigned from_len, to_len;
	const char *iif, *oif; /* NULL = any */
	uint32_t table, priority, go_to, realms, mark, mask;
	int suppress_prefix_len, suppress_ifgroup; /* -1 = not said */
	uint32_t uid_first, uid_last;
	uint16_t sport_first, sport_last, dport_first, dport_last; /* 0 = any */
	uint64_t tun_id;					   /* 0 = any */
	bool invert, l3mdev, mark_set, uid_set, no_track;
	const char *track_group; /* NULL = none */
	struct conf_place place;
};

#endif
