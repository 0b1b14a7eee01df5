/*
 * The balancer process as the rest of the program sees it.
 */
#ifndef RELAIS_BALANCER_BALANCER_H
#define RELAIS_BALANCER_BALANCER_H

#include "balancer/proxy/proxy.h"
#include "balancer/server/server.h"
#include "core/sys/shared_page.h"

struct stats_page_ops; /* proxy/stats_page.h */

struct balancer_setup { /* from the master, before the fork */
	const struct balancer_conf *conf;
	int master_fd;		  /* channel: DRAIN, STOP; we say READY. -1 = none (tests) */
	int runner_fd;		  /* channel for external-check; -1 = none */
	int tables_fd;		  /* the balancer before saves its stick tables here; -1 = none */
	struct server_book *book; /* what balancers leave to each other; NULL = none (tests) */
	struct shared_page *page; /* heartbeats: slot below; NULL = none (tests) */
	unsigned slot;
	const struct shared_want *wants; /* what VIPs track: kept up to date in the slot */
	unsigned n_wants;
	int seam_fd; /* eventfd: written when such a fact changes; -1 = none */
	/* A connection on a stats socket: admin/ takes it over (fd, listener). NULL = refuse. */
	void (*admin_accept)(struct loop *loop, int fd, const struct listener_conf *l);
	/* The stats page: fills the reply for a request on stats uri; admin/. NULL = 503. */
	const struct stats_page_ops *stats_page;
};

/* One per process; reachable by admin/ through balancer_running(). */
struct balancer {
	const struct balancer_setup *setup;
	const struct balancer_conf *conf;
	struct proxy *proxies;	   /* owned array, order of conf->proxies */
	struct stick_house *stick; /* owned: stick/stick_rules.h */
	unsigned n_proxies, n_threads;
	unsigned maxconn; /* global, as it is in force */
	int64_t started_wall_us, started_us;
	struct balancer_totals totals;
};

struct balancer *balancer_running(void); /* NULL outside a balancer process */
/* Runs until told to stop. Exit status for the process. */
int balancer_main(const struct balancer_setup *setup);

#endif
