/*
 * One server's check at run time: its timer, its connection while one runs, its tally. Private to
 * health/; everything on the checks' thread unless said otherwise.
 */
#ifndef RELAIS_HEALTH_CHECK_H
#define RELAIS_HEALTH_CHECK_H

#include <pthread.h>

#include "balancer/conn/conn.h"
#include "balancer/health/check_match.h"
#include "balancer/health/health.h"
#include "balancer/health/tally.h"
#include "balancer/server/server.h"
#include "balancer/tls/tls_client.h"
#include "core/loop/runner_link.h"
#include "core/sys/shared_page.h"

enum {
	CHECK_ANSWER_MAX = 16384,
	CHECK_PAGE_MAX = 1 << 20,
	CHECK_REQUEST_MAX = 8192,
	CHECK_REASON_MAX = 256
};

enum check_phase { CHECK_IDLE, CHECK_CONNECTING, CHECK_HANDSHAKE, CHECK_TALKING, CHECK_RUNNING };

struct check {
	struct server *server;
	const struct server_conf *conf;
	struct check_conf const *kind;
	const struct check_step *steps; /* NULL = connecting is all */
	struct tally tally;
	struct tally_intervals intervals;
	int64_t connect_us, answer_us; /* timeouts */
	struct list followers;	       /* of check_follower: servers that track this one */
	struct letter observed;	       /* real traffic failed too often; posted once at a time */
	_Atomic bool observed_posted;
	_Atomic(const char *) observed_what; /* static text: the last error */

	/* the one that runs */
	enum check_phase phase;
	struct loop *loop;
	struct loop_timer timer; /* its timeout; between checks, the next start */
	struct conn conn;
	struct tls_client *tls;
	const struct check_step *step;
	bool used_tls, spoke, head_only;
	int64_t started_us;
	char *request; /* what is to be sent, owned while it runs */
	size_t request_len, request_at;
	size_t answer_max; /* CHECK_ANSWER_MAX; CHECK_PAGE_MAX where a digest is taken */
	char *answer;	   /* owned while it runs, answer_max */
	size_t answer_len;
	bool answer_ended;
	int weight;			/* that a script said last; -1 = none yet */
	int weight_more;		/* that a file adds, or takes away */
	struct server_place *place;	/* in the book for the next balancer; NULL = none */
	const struct shared_page *page; /* borrowed; NULL = what failover sees is not known */
	struct runner_link *runner;	/* borrowed; NULL = no external check */
	struct runner_call call;
	bool known;		/* the balancer before has said how its server is */
	bool preserve_env;	/* the program gets ours too */
	struct addr proxy_addr; /* where its proxy listens; len 0 = nowhere */

	/* the last result, for readers on other threads: under lock */
	pthread_mutex_t lock;
	bool has_result;
	struct check_outcome last;
	int64_t last_duration_us;
	int seen_health;
	char reason[CHECK_REASON_MAX];
};

const char *check_result_code(enum check_result r);
const char *check_result_text(enum check_result r);
bool check_result_ok(enum check_result r);

/* check_run.c: begins one check; check_finished comes when it is over. */
void check_begin(struct check *c);
void check_cut(struct check *c); /* ends it without a result */

/* check_external.c: the same by a program, which the runner runs. */
void check_external_init(struct check *c, const struct global_conf *conf,
			 struct runner_link *runner);
void check_external_begin(struct check *c);
void check_external_expired(struct check *c);

/* check_failover.c: the same by a look at the shared page. */
void check_failover_begin(struct check *c);

/* check.c */
void check_finished(struct check *c, const struct check_outcome *outcome);
void check_timer_expired(struct loop *loop, struct loop_timer *timer);
/* check_request.c: the bytes of an http-check send over the backend's defaults. 0 = too long. */
size_t check_request_write(const struct check *c, const struct check_step *step, char *buf,
			   size_t cap, bool *head_only);

#endif
