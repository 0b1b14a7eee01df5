/*
 * A backend's servers at run time: which are up, how many sessions each has, who waits in a queue,
 * and idle connections kept for reuse. Shared by all threads: each backend has one lock, held for
 * the few instructions of a choice; idle connections are per thread.
 */
#ifndef RELAIS_SERVER_SERVER_H
#define RELAIS_SERVER_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "balancer/balance/balance.h"
#include "balancer/conn/conn.h"
#include "balancer/proxy/proxy.h"
#include "core/base/pool.h"
#include "core/loop/mailbox.h"

enum server_state { /* one door writes it: server_state_set */
		    SERVER_STOPPED,
		    SERVER_STARTING, /* slowstart */
		    SERVER_RUNNING,
		    SERVER_STOPPING, /* drain after the last check said so */
};

enum server_admin { /* bits of server.admin: what an operator asked for */
		    SERVER_ADMIN_MAINT = 1 << 0,
		    SERVER_ADMIN_DRAIN = 1 << 1,
		    SERVER_ADMIN_MAINT_CONF = 1 << 2, /* `disabled` in the configuration */
};

struct server_counters { /* atomics, relaxed: several threads add */
	_Atomic uint64_t sessions, bytes_in, bytes_out, responses[6];
	_Atomic uint64_t failed_connects, failed_responses, retries, redispatches;
	_Atomic uint64_t denied_responses;
	_Atomic uint64_t client_aborts, server_aborts, check_failures, check_downs, down_us,
		lb_total;
	_Atomic uint64_t connect_new, connect_reused;
};

struct server_idle;

struct server {
	const struct server_conf *conf;
	struct backend *backend;    /* borrowed */
	struct balance_entry entry; /* under backend->lock */
	_Atomic int state;	    /* enum server_state */
	_Atomic unsigned admin;
	_Atomic unsigned weight; /* as set at run time; entry.weight is what follows from it */
	_Atomic unsigned current, current_max, queued, queued_max; /* sessions; waiting */
	_Atomic int64_t changed_us; /* monotonic, of the last state change */
	_Atomic unsigned kills;	    /* goes up when this server's sessions are to be ended */
	struct server_counters counters;
	struct list queue;	  /* of server_waiter, under backend->lock */
	struct check *check;	  /* health/; NULL = not checked */
	struct server_idle *idle; /* per thread array, owned by server_idle.c */
	_Atomic int observe_errors;
	_Atomic bool unproven; /* checked, and no first result yet */
	_Atomic bool doubtful; /* up, but its last check failed */
};

struct backend {
	struct proxy *proxy; /* borrowed */
	pthread_mutex_t lock;
	struct balance_set set;
	struct server *servers; /* owned array, file order */
	unsigned n_servers, n_threads;
	_Atomic bool has_quorum;     /* proxy_conf.quorum; true without one */
	_Atomic uint64_t weight_up;  /* what the quorum counts */
	bool has_minconn;	     /* bounds move with the backend's load */
	_Atomic unsigned n_starting; /* in slowstart */
	_Atomic unsigned n_up, n_up_backup;
	_Atomic unsigned kills; /* sum over the servers: what threads look at */
	_Atomic int64_t changed_us, down_us, downs;
	struct list queue; /* of server_waiter not bound to one server */
	uint64_t next_ticket;
};

enum server_assign_result { SERVER_ASSIGNED, SERVER_QUEUED, SERVER_NONE_UP, SERVER_QUEUE_FULL };

struct server_waiter {	      /* a member of the stream that waits */
	struct letter letter; /* posted to mailbox when a place is free */
	struct mailbox *mailbox;
	struct list link;
	struct server *server;	  /* out: the server one was given (its current already counts us);
				   * NULL in the letter: its server went down, choose again */
	struct server *queued_at; /* NULL = the backend's queue */
	uint64_t ticket;	  /* place in the order of arrival */
	bool queued;
};

struct server_choice { /* in */
	struct balance_request balance;
	struct server *want; /* by cookie or use-server; NULL = free choice */
	bool want_only;	     /* option persist: even when it is down */
};

struct backend *backend_new(struct proxy *proxy, unsigned n_threads); /* NULL: no memory */
void backend_free(struct backend **backend);
/* Slowstart moves on. From one thread, some times a second. */
void backend_tick(struct backend *b, int64_t now_us);

/* Gives a server (w->server, counted as a session at once) or a place in the queue. */
enum server_assign_result server_assign(struct backend *b, const struct server_choice *choice,
					struct server_waiter *w);
/* The session is over: counts down and, where somebody waits, hands the place on. */
void server_release(struct server *s);
/* Leaves the queue. false: a server was given meanwhile (the letter is under way or here). */
bool server_waiter_cancel(struct backend *b, struct server_waiter *w);

/* THE door for a server's state: logs, counts, rebuilds the set, hands on the queue. */
void server_state_set(struct server *s, enum server_state to, const char *reason, int64_t now_us);
/* Before threads start: as another process left it. Nothing is said or counted. */
void server_state_restore(struct server *s, bool up, int64_t changed_us);
void server_admin_restore(struct server *s, unsigned set); /* bits of enum server_admin */
/* A line about servers: to the operator's log and to the proxy's log targets. */
void server_log(const struct proxy_conf *proxy, enum log_level level, struct slice line);
void server_admin_set(struct server *s, unsigned set, unsigned clear, int64_t now_us);
void server_weight_set(struct server *s, unsigned weight);
/* All sessions of this server end at the next beat of their threads. */
void server_sessions_kill(struct server *s);
bool server_is_usable(const struct server *s);	  /* takes new sessions */
bool server_is_reachable(const struct server *s); /* takes those that belong to it: also in drain */
struct server *backend_find_server(struct backend *b, struct slice name);
struct server *server_of_conf(struct backend *b, const struct server_conf *conf);

/* ---- connections to servers, of one thread ------------------------------------------------- */

struct server_thread { /* one per thread: where connections live */
	struct loop *loop;
	struct pool conns; /* of struct server_conn */
	unsigned index;
	unsigned n_idle;
};

struct server_conn {
	struct conn conn;
	struct server *server; /* borrowed */
	void *owner;	       /* who uses it, for conn.on_event; NULL while idle */
	struct server_thread *thread;
	struct list link; /* while idle */
	int64_t idle_since_us;
	uint32_t n_uses; /* requests it has carried */
};

void server_thread_init(struct server_thread *t, struct loop *loop, unsigned index);
void server_thread_fini(struct server_thread *t);
/* A new connection, under way. NULL with *err = -errno. */
struct server_conn *server_conn_open(struct server *s, struct server_thread *t,
				     const struct conn_target *to, conn_fn *on_event, int *err);
/* The idle connection used last, alive as far as the kernel knows, or NULL. */
struct server_conn *server_conn_take_idle(struct server *s, struct server_thread *t);
/* The pool owns it from here on: closed when full, expired, or when the server sends or closes. */
void server_conn_give_idle(struct server_conn *sc);
void server_conn_close(struct server_conn *sc);
void server_conn_abort(struct server_conn *sc); /* with RST */
/* Closes what has been idle for longer than the server's pool-purge-delay. */
void server_idle_expire(struct server *s, struct server_thread *t, int64_t now_us);
void server_idle_close_all(struct server *s, struct server_thread *t);
unsigned server_idle_count(const struct server *s); /* of all threads, about */

/* Real traffic's verdicts, for `observe`; health/ sets the hook at start. what: static text. */
typedef void server_observe_fn(struct server *s, bool layer7, bool ok, const char *what);
extern server_observe_fn *server_observe_hook;

/* Who may be chosen has been worked out anew, or a server is proven or in doubt; under the
 * backend's lock. */
typedef void backend_changed_fn(struct backend *b);
extern backend_changed_fn *backend_changed_hook;
/* backend.has_quorum has changed; under the backend's lock, on any thread. */
extern backend_changed_fn *backend_quorum_hook;
/* Its first check has a result. */
void server_proven(struct server *s);
void server_doubt(struct server *s, bool doubtful);

#endif
