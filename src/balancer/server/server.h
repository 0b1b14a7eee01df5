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
	_Atomic uint64_t client_aborts, server_aborts, check_failures, check_downs, down_us, lb_total;
	_Atomic uint64_t connect_new, connect_reused;
};

struct server {
	const struct server_conf *conf;
	struct backend *backend; /* borrowed */
	struct balance_entry entry; /* under backend->lock */
	_Atomic int state;       /* enum server_state */
	_Atomic unsigned admin;
	_Atomic unsigned weight; /* as set at run time; entry.weight is what follows from it */
	_Atomic unsigned current, current_max, queued, queued_max; /* sessions; waiting */
	_Atomic int64_t changed_us; /* monotonic, of the last state change */
	struct server_counters counters;
	struct list queue;       /* of server_waiter, under backend->lock */
	const char *last_reason; /* of the last state change; static or the checker's */
	struct check *check;     /* health/; NULL = not checked */
	struct server_idle *idle; /* per thread array, owned by server_idle.c */
	_Atomic int observe_errors;
};

struct backend {
	struct proxy *proxy; /* borrowed */
	pthread_mutex_t lock;
	struct balance_set set;
	struct server *servers; /* owned array, file order */
	unsigned n_servers;
	_Atomic unsigned n_up, n_up_backup;
	_Atomic int64_t changed_us, down_us, downs;
	struct list queue; /* of server_waiter not bound to one server */
};

enum server_assign_result { SERVER_ASSIGNED, SERVER_QUEUED, SERVER_NONE_UP, SERVER_QUEUE_FULL };

struct server_waiter { /* a member of the stream that waits */
	struct letter letter; /* posted to mailbox when a place is free */
	struct mailbox *mailbox;
	struct list link;
	struct server *server; /* out: the server one was given (its current already counts us) */
	struct server *queued_at; /* NULL = the backend's queue */
	bool queued;
};

struct server_choice { /* in */
	struct balance_request balance;
	struct server *want; /* by cookie or use-server; NULL = free choice */
	bool want_only;      /* option persist: even when it is down */
};

struct backend *backend_new(struct proxy *proxy, unsigned n_threads);
void backend_free(struct backend **backend);

/* Gives a server (counted as a session at once) or a place in the queue. */
enum server_assign_result server_assign(struct backend *b, const struct server_choice *choice,
					struct server_waiter *w);
/* The session is over: counts down and, where somebody waits, hands the place on. */
void server_release(struct server *s);
/* Leaves the queue. false: a server was given meanwhile (the letter is under way or here). */
bool server_waiter_cancel(struct backend *b, struct server_waiter *w);

/* THE door for a server's state: logs, counts, rebuilds the set, hands on the queue. */
void server_state_set(struct server *s, enum server_state to, const char *reason, int64_t now_us);
void server_admin_set(struct server *s, unsigned set, unsigned clear, int64_t now_us);
void server_weight_set(struct server *s, unsigned weight);
bool server_is_usable(const struct server *s);
struct server *backend_find_server(struct backend *b, struct slice name);

/* Idle connections to a server, of one thread. take: NULL when there is none alive. give: the pool
 * owns it from here on (closed when full, expired, or when the server sends or closes). */
struct conn *server_idle_take(struct server *s, unsigned thread, struct loop *loop);
bool server_idle_give(struct server *s, unsigned thread, struct loop *loop, struct conn *c);
void server_idle_close_all(struct server *s, unsigned thread);

/* Real traffic's verdicts, for `observe`; health/ sets the hook at start. */
typedef void server_observe_fn(struct server *s, bool layer7, bool ok, const char *what);
extern server_observe_fn *server_observe_hook;

#endif
