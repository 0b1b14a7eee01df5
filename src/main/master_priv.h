/*
 * The master's state, shared by master.c (life), reload.c (a new configuration) and watch.c (what
 * becomes of children that fail). One instance, one thread, for the life of the process.
 */
#ifndef RELAIS_MAIN_MASTER_PRIV_H
#define RELAIS_MAIN_MASTER_PRIV_H

#include "core/sys/server_book.h"
#include "core/sys/shared_page.h"
#include "failover/failover.h"
#include "main/children.h"
#include "main/config.h"
#include "main/handover/handover_give.h"
#include "main/handover/handover_take.h"
#include "main/hook_script.h"
#include "main/reload_time.h"

enum {
	BALANCER_START_US = 10 * 1000000, /* a new balancer is ready within this, or given up */
	BALANCER_SHORT_US = 1000000,	  /* two deaths within this: not replaced at once */
	BALANCER_HUNG_US = 2000000,	  /* no beat for so long: killed and replaced */
	FAILOVER_SHORT_US = 10 * 1000000, /* two deaths within this: not resumed, swept */
	FAILOVER_STOP_US = 3000000,	  /* it resigns and removes its addresses within this */
	RESTART_MIN_US = 500000,
	RESTART_MAX_US = 10 * 1000000,
};

enum { OLD_MAX = SHARED_SLOTS };

struct master {
	const struct args *args;
	struct loop *loop;
	struct config *config; /* what runs */
	struct config *next;   /* being started by a reload; NULL otherwise */
	struct shared_page *page;
	struct loop_fd signals;

	struct child *runner, *failover;
	struct child *active;	    /* the balancer that serves */
	struct child *starting;	    /* the one about to */
	struct child *old[OLD_MAX]; /* finishing their connections */

	struct runner_rights *rights; /* what the runner runs for balancers; owned */
	int runner_ends[2]; /* failover's channel to the runner: its ends outlive either process */
	int balancer_runner_ends[SHARED_SLOTS][2]; /* the balancers', each slot's its own */
	int conf_fd;		  /* the configuration that runs, for relais -c --diff; -1 = none */
	struct server_book *book; /* what balancers leave to each other; NULL = no memory */
	int seam_fd;		  /* eventfd: balancers write, failover reads; -1 = none */
	int64_t restart_us;	  /* how long until the next try; doubles */
	int64_t balancer_death_us, failover_death_us; /* of the last unasked end; 0 = none */
	struct loop_timer start_timer, restart_timer, failover_timer, hung_timer, stop_timer;
	bool stopping, drain; /* drain: let connections finish */
	bool said_up;	      /* the first READY was announced (pidfile, systemd, old pids) */
	int packet_fds[FAILOVER_PACKET_N]; /* of the failover processes, in netns; -1 = none */
	char netns[64];			   /* where failover is, "" = where we are */
	bool failover_was_ready;
	int stop_signal;	 /* that ended us; 0 = none */
	bool failed;		 /* exit status 1 */
	struct hook_script hook; /* startup_script, shutdown_script */
	bool stopped;		 /* all has ended, the shutdown_script was run */
	struct reload_time reload_time;
	struct handover *handover;   /* those that we replace, until we serve; borrowed */
	struct handover_giver giver; /* who replaces us */
	unsigned n_heirs;	     /* failover processes of ours that were to take over */
	int heir_ends[2];	     /* of the channel to the one before, at its start; or -1 */
	struct loop_timer heir_timer;
};

static inline const struct house_conf *master_house(const struct master *m)
{
	return m->config->failover ? m->config->failover->house : NULL;
}

/* A failover process is to take over from one of those that we replace. */
static inline bool master_takes_over(const struct master *m)
{
	return m->config->failover && !m->said_up && handover_has_failover(m->handover);
}

/* What the page says of addresses is ours to undo: not while another one still holds them. */
static inline bool master_owns_page(const struct master *m)
{
	return m->n_heirs == 0 || atomic_load(&m->page->heir_took);
}

/* handover/handover_heir.c: starts it; it has ended without having taken over. */
bool master_start_heir(struct master *m);
void master_heir_failed(struct master *m, const char *how);

/* watch.c */
bool master_start_runner(struct master *m);
bool master_start_failover(struct master *m, bool resume);
bool master_start_balancer(struct master *m);
void master_watch_init(struct master *m);
/* Removes what a failover process that is gone has left behind. */
void master_sweep(struct master *m);
void master_tell_failover(struct master *m, unsigned type);

/* kept_packets.c */
void master_packet_keep(struct master *m, struct channel_message *msg);
void master_packets_drop(struct master *m);		/* for another namespace */
void master_packets_lend(struct master *m, bool lends); /* to the child that is forked meanwhile */

/* reload.c */
/* Asks the balancer that serves to save its stick tables for the next one: a memfd, or -1. */
int master_ask_tables(const struct master *m, const struct balancer_conf *next);
void master_reload(struct master *m);
/* The new balancer serves: the new configuration is the one. */
void master_reload_done(struct master *m);
/* It did not come up: the old one stays. */
void master_reload_failed(struct master *m, const char *why);

/* master.c */
void master_stop(struct master *m, bool drain);
/* It cannot start: exit status 1. */
void master_fail(struct master *m);
void master_stop_next(struct master *m); /* a child has ended while stopping */
void master_announce_up(struct master *m);

#endif
