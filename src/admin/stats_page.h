/*
 * The stats page: who holds the VIPs, then every proxy and server, as HTML or (";csv") as CSV.
 */
#ifndef RELAIS_ADMIN_STATS_PAGE_H
#define RELAIS_ADMIN_STATS_PAGE_H

#include "balancer/proxy/stats_page.h"

extern const struct stats_page_ops admin_stats_page;

#endif
