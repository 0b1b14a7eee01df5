/*
 * Servers that `track` others: up while all of those are. Private to health/; on the checks'
 * thread.
 */
#ifndef RELAIS_HEALTH_FOLLOW_H
#define RELAIS_HEALTH_FOLLOW_H

#include "balancer/health/check.h"

struct follower { /* a server that tracks */
	struct server *server;
	struct check **leaders;
	unsigned n_leaders;
	char reason[CHECK_REASON_MAX]; /* of its last change */
};

struct check_follower { /* its link in a leader's list */
	struct list link;
	struct follower *follower;
};

/* Whom s tracks is looked up among all backends. */
void follow_begin(const struct health_setup *setup, struct arena *arena, struct server *s);
/* After the state of c has turned. */
void follow_apply(struct check *c, int64_t now_us);
/* The states of leaders are as before a reload: theirs follow, without a word. */
void follow_restore(struct check *c);
/* After the weight that c says has changed. */
void follow_weigh(struct check *c);
/* After c has its first result. */
void follow_prove(struct check *c);
/* The leader is in doubt, or no longer. */
void follow_doubt(struct check *c);

#endif
