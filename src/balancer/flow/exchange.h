/*
 * One request and its response, or one TCP session: what it knows and the steps it takes. Comes
 * from its worker's pool and goes back when it ends. Room-private; the drawing is in exchange.c.
 */
#ifndef RELAIS_FLOW_EXCHANGE_H
#define RELAIS_FLOW_EXCHANGE_H

#include "balancer/flow/reasons.h"
#include "balancer/flow/session.h"
#include "balancer/flow/way.h"
#include "balancer/h1/parse.h"
#include "balancer/rules/log_format.h"

/* What a step says: NEXT step, JUMP (x->step was set), WAIT for an event or x->deadline_us, DONE,
 * or a failure: FLOW_FAIL + reason. */
typedef unsigned flow_result;
enum { FLOW_NEXT, FLOW_JUMP, FLOW_WAIT, FLOW_DONE, FLOW_FAIL };

struct exchange;
struct flow_step {
	const char *name;
	flow_result (*run)(struct exchange *x);
	char phase; /* the log's second flag when it ends here */
};

enum {
	HTTP_STEP_RECEIVE,
	HTTP_STEP_RULES,
	HTTP_STEP_BACKEND,
	HTTP_STEP_ASSIGN,
	HTTP_STEP_CONNECT,
	HTTP_STEP_SEND,
	HTTP_STEP_ANSWER,
	HTTP_STEP_TRANSFER,
	HTTP_STEP_REPLY,
	HTTP_STEP_TARPIT
};
enum { TCP_STEP_CONTENT, TCP_STEP_BACKEND, TCP_STEP_ASSIGN, TCP_STEP_CONNECT, TCP_STEP_TUNNEL };

extern const struct flow_step http_steps[], tcp_steps[];

#define EXCHANGE_NEVER_US (INT64_MAX / 4)

enum cookie_seen {
	COOKIE_SEEN_NONE,
	COOKIE_SEEN_VALID,
	COOKIE_SEEN_INVALID,
	COOKIE_SEEN_DOWN,
	COOKIE_SEEN_UNUSED,
	COOKIE_SEEN_EXPIRED,
	COOKIE_SEEN_OLD
};

struct exchange {
	struct session *session; /* borrowed; NULL: an orphan that waits for its letter */
	struct worker *worker;
	const struct flow_step *steps;
	uint8_t step;
	uint8_t reason;	      /* enum reason: why it ended */
	uint8_t phase;	      /* of the step it ended in */
	uint8_t cookie_seen;  /* enum cookie_seen */
	char cookie_done;     /* the log's fourth flag; 0 = 'N' */
	uint8_t h1_error;     /* enum h1_error: what was wrong */
	uint8_t armed_for;    /* transfer.c: whom the deadline was worked out for; 0 = not */
	bool expired : 1;     /* the deadline has passed: the step may decide */
	bool waiting : 1;     /* in a queue, or a letter is under way */
	bool counted_be : 1;  /* backend's session count */
	bool reused : 1;      /* the server's connection had carried others before */
	bool never_reuse : 1; /* take a fresh connection */
	bool redispatched : 1;
	bool turn_around : 1;  /* a pause before the next try */
	bool request_sent : 1; /* the head went out */
	bool answered : 1;     /* something was written to the client */
	bool res_keep : 1;     /* the server will keep its connection */
	bool tunnel : 1;       /* no HTTP any more */
	bool up_done : 1, down_done : 1;
	bool logged : 1;
	bool log_wanted : 1;
	bool body_begun : 1; /* bytes of the request's body were taken from the socket */
	bool linger : 1;     /* the client may still be sending: do not reset our last words */
	bool have_addr : 1;  /* client_addr is filled */
	bool edited : 1;     /* the request is as the server is to see it */
	bool no_reuse : 1;   /* the server's connection ends with this exchange */
	bool awaiting : 1;   /* parser and res are ready for the response */
	bool interim_seen : 1;
	bool is_stats : 1;

	struct proxy *frontend, *backend;   /* backend: once chosen */
	struct proxy_counters *fe, *be;	    /* this thread's */
	struct server *server;		    /* assigned: counted as a session there */
	struct server_conn *sc;		    /* owned */
	struct stick_stores *stores;	    /* for stick tables, in the arena; NULL = none */
	const struct balance_entry *avoid;  /* the server that failed last */
	unsigned kills_seen;		    /* server->kills when assigned */
	struct flow_buffer *back;	    /* owned; a response head that is not whole yet */
	struct flow_buffer *next_in;	    /* owned; bytes of the client's next request */
	uint32_t cookie_last, cookie_first; /* dates in the client's cookie, in units of 4 s */
	int retries_left;
	unsigned n_retries;
	int status;

	/* loop time; 0 = not reached */
	int64_t deadline_us;
	int64_t first_byte_us, head_us, assigned_us, connected_us, answered_us, end_us;
	int64_t client_us, server_us; /* last activity at either end */
	int64_t pause_until_us;
	uint64_t bytes_in, bytes_out; /* from and to the client, heads included */
	struct slice request_line;    /* for the log */
	struct slice
		reply; /* local answer's bytes, not yet written: in the arena or configuration */
	const char *log_level;

	struct way up, down; /* client to server, server to client */
	struct server_waiter waiter;
	struct rule_input rules;
	struct arena arena;
	/* not cleared at birth, but for what its own init clears */
	struct h1_parser parser;
	struct addr client_addr, local_addr, source_addr, target_addr;
	struct http_message req, res;
};

void exchange_pool_fini(struct worker *w);
/* Gives back everything without a word to anybody. */
void exchange_abandon(struct exchange *x);
/* NULL: no memory. */
struct exchange *exchange_new(struct session *s);
enum exchange_outcome { EXCHANGE_WAITS, EXCHANGE_OVER };
/* Runs steps until one waits or all are done. After OVER the exchange is gone. */
enum exchange_outcome exchange_run(struct exchange *x);
/* Steps that WAIT say until when. */
static inline void exchange_deadline(struct exchange *x, int64_t at_us)
{
	x->deadline_us = at_us;
	x->armed_for = 0;
}
static inline int64_t exchange_now(const struct exchange *x)
{
	return worker_now_us(x->worker);
}
/* A timeout of milliseconds from a moment; 0 = never. */
static inline int64_t flow_deadline(int64_t from_us, int timeout_ms)
{
	return timeout_ms > 0 ? from_us + (int64_t)timeout_ms * 1000 : EXCHANGE_NEVER_US;
}
static inline flow_result flow_fail(enum reason reason)
{
	return FLOW_FAIL + (flow_result)reason;
}
static inline flow_result flow_jump(struct exchange *x, unsigned step)
{
	x->step = (uint8_t)step;
	return FLOW_JUMP;
}
const struct proxy_timeouts *exchange_client_timeouts(const struct exchange *x);
const struct proxy_timeouts *exchange_server_timeouts(const struct exchange *x);
/* The client's address and its own end's, as struct addr; valid as long as x. */
const struct addr *exchange_client_addr(struct exchange *x);
const struct addr *exchange_local_addr(struct exchange *x);
bool exchange_client_is_gone(const struct exchange *x); /* reset, or closed with abortonclose */
void exchange_set_backend(struct exchange *x, struct proxy *p);

/* connect.c: steps of both tables */
flow_result step_assign(struct exchange *x);
flow_result step_connect(struct exchange *x);
/* transfer.c */
flow_result step_tunnel(struct exchange *x);
flow_result step_transfer(struct exchange *x);
flow_result transfer_upload(struct exchange *x); /* the request's body alone; WAIT or a failure */
/* WAIT until something comes or whoever is waited for has taken too long. */
flow_result transfer_wait(struct exchange *x, bool turn_over);

/* facts.c: what samples may ask of the running program; ctx is the struct flow_house */
extern const struct rule_facts flow_facts;
/* rules at work: rule_input filled as far as is known */
struct rule_input *exchange_rule_input(struct exchange *x);

/* reply.c */
void reply_error(struct exchange *x, enum reason reason); /* x->reply for the reason's status */
void reply_bytes(struct exchange *x, struct slice bytes, int status, bool close);
flow_result step_reply(struct exchange *x);

/* traffic_log.c */
void traffic_log_session_denied(struct session *s);
void traffic_log_write(struct exchange *x, bool early);
void traffic_count_reason(struct exchange *x, enum reason reason);

#endif
