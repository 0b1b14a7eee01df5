/*
 * Listening sockets at work. They are open already (the master's); every thread watches all of
 * them, the kernel wakes one. Limits (global, frontend, listener) pause accepting: what comes
 * meanwhile waits in the kernel's backlog. A full descriptor table pauses too, and keeps what is
 * open.
 */
#ifndef RELAIS_ACCEPT_ACCEPT_H
#define RELAIS_ACCEPT_ACCEPT_H

#include "balancer/proxy/proxy.h"
#include "core/log/log.h"
#include "core/loop/loop.h"

struct listener { /* one per listener_conf, shared by all threads */
	const struct listener_conf *conf;
	struct proxy *proxy; /* NULL: a stats socket */
	_Atomic unsigned current, current_max;
	_Atomic uint64_t total;
	_Atomic unsigned n_watching; /* threads; the last to stop closes the socket */
};

struct accept_thread;
/* Takes fd over. The connection is counted already: accept_release when it ends. */
typedef void accept_fn(struct accept_thread *t, struct listener *l, int fd,
		       const struct addr *peer);

struct acceptor { /* one per listener and thread */
	struct loop_fd lfd;
	struct listener *listener;
	struct accept_thread *thread;
	bool paused;
};

struct accept_thread {
	struct loop *loop; /* borrowed */
	accept_fn *on_connection;
	void *owner;			/* the worker */
	struct balancer_totals *totals; /* borrowed, shared */
	unsigned maxconn;		/* global; 0 = unlimited */
	unsigned max_accept;		/* per round */
	struct acceptor *acceptors;	/* owned */
	unsigned n_acceptors;
	unsigned n_paused;
	bool stopped;
	struct loop_timer resume;
	struct log_gate gate; /* for "no descriptors left" */
};

/* 0 or -errno. loop, on_connection, owner, totals, maxconn, max_accept are set before. */
int accept_start(struct accept_thread *t, struct listener *listeners, unsigned n_listeners);
/* No more connections, for good. The last thread to stop closes this process' copy of the sockets,
 * so that a port is free as soon as nobody accepts on it, however long the connections last. */
void accept_stop(struct accept_thread *t);
void accept_fini(struct accept_thread *t);
/* A connection that on_connection was given is over. */
void accept_release(struct accept_thread *t, struct listener *l);

#endif
