/*
 * Active checks: each checked server gets one struct check with its own timer on the loop of the
 * balancer's first thread. Wire work (check_*.c) and decisions (tally.c) are apart; results go
 * through server_state_set. Also hears of real traffic's errors (`observe`).
 */
#ifndef RELAIS_HEALTH_HEALTH_H
#define RELAIS_HEALTH_HEALTH_H

#include "balancer/proxy/proxy.h"
#include "core/loop/loop.h"
#include "core/log/target.h"

struct server;
struct server_book; /* core/sys/server_book.h */
struct shared_page; /* core/sys/shared_page.h */

struct health_setup {
	struct loop *loop;     /* checks run here; borrowed */
	struct proxy *proxies; /* with their backends built */
	unsigned n_proxies;
	const struct balancer_conf *conf;
	int runner_fd;			/* channel for external checks; -1 = none */
	int master_fd;			/* changes of virtual servers are told there; -1 = nobody */
	const struct shared_page *page; /* what failover sees; NULL = nothing */
	struct server_book *book;	/* of the balancer before and after; NULL = none */
};

/* Starts all checks, spread over their intervals; servers begin as HAProxy's do: up, one failed
 * check from down; but what the balancer before knew of a server holds until its first check. Sets
 * server_observe_hook. 0 or -errno. */
int health_start(const struct health_setup *setup);
void health_stop(void);
/* Everything is ready: the next balancer is to know what is known here. Then: it has taken over. */
void health_lead(void);
void health_hand_over(void);
/* The whole program stops: what is to be run for it. */
void health_last_words(void);

/* Some check is a program's: the process needs a channel to the runner. */
bool health_needs_runner(const struct balancer_conf *conf);

struct check_view {		 /* for show stat, show servers state */
	const char *status;	 /* "L4OK", "L7STS", "INI"...; NULL = never checked */
	const char *description; /* "Layer4 check passed" */
	const char *detail;	 /* last_chk: what the server said; "" = nothing */
	int code;		 /* -1 = none */
	int64_t duration_ms;	 /* -1 = none */
	int rise, fall, health;	 /* health: 0..rise+fall-1, as HAProxy counts */
	bool result_ok;
};

/* false: the server is not checked. From any thread; the strings are static or copied within out.
 */
bool health_view(const struct server *s, struct check_view *out, char detail[static 128]);

#endif
