/*
 * relais -c --diff: what a reload would do, before it is done.
 */
#ifndef RELAIS_CHECK_DIFF_H
#define RELAIS_CHECK_DIFF_H

#include <stdio.h>

#include "main/config.h"

enum diff_move {
	DIFF_STAYS = 0,
	DIFF_MOVES = 2,	   /* exit statuses: an address that is held here would leave */
	DIFF_MAY_MOVE = 3, /* another node might take one over */
};

/* The failover half: a line for each instance and group, then the totals as the reload logs them.
 */
enum diff_move diff_failover(const struct failover_conf *from, const struct failover_conf *to,
			     FILE *out);
/* The balancer half, in short: nothing of it moves a VIP. */
void diff_balancer(const struct config *from, const struct config *to, FILE *out);

#endif
